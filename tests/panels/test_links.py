"""The panel of a link: its runs, what it shows, and what it leaves behind. How it is worked in a browser: tests/browser."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import helpers
from helpers.course import storing
from helpers.link.link import Link
from helpers.notebook.boxes import WIDGET_VIEW
from helpers.notebook.widget import LiveWidget
from helpers.panels import LinkPanel
from helpers.panels.links import panel as links
from helpers.panels.links import runs
from helpers.panels.links.settings import SCALES, SIZES, Settings
from helpers.running.install import install
from tests.support.notebooks import notebook_of, send_to
from tests.support.waiting import eventually

PATIENCE = 10
EVIL = "<script>evil()</script><img src=x onerror='evil()'>\x1b[31m\u202e\x00"


@pytest.fixture
def link() -> Iterator[Link]:
    install()
    with helpers.EchoServer() as server, Link(server.address or (), seed=1) as link:
        yield link


@pytest.fixture
def panel(link: Link) -> Iterator[LinkPanel]:
    """Of a conversation that says hello, and prints each answer."""
    panel = helpers.panels.link(link, greets(link))
    yield panel
    panel.close()


def connect(link: Link, timeout: float | None = PATIENCE) -> socket.socket:
    assert link.address is not None
    return socket.create_connection(link.address[:2], timeout)


def greets(link: Link, data: bytes = b"hello") -> Callable[[], None]:
    def greet() -> None:
        with connect(link) as s:
            s.sendall(data)
            left = len(data)
            while left:
                answer = s.recv(100)
                print(answer)
                left -= len(answer)

    return greet


def waits(link: Link) -> Callable[[], None]:
    """A conversation that waits for its answer, however long it takes."""

    def wait() -> None:
        with connect(link, timeout=None) as s:
            s.sendall(b"hello")
            print("asked")
            print(s.recv(100))

    return wait


def asked(panel: LinkPanel, run: int) -> bool:
    """Wait until the conversation of `waits`, in that run, waits for its answer."""
    return eventually(lambda: panel.status == f"run {run}: running" and panel.output == "asked\n")


def move(panel: LinkPanel, fault: str, value: float) -> None:
    panel.obey({"do": "move", "fault": fault, "place": SCALES[fault].values.index(value)})


# Runs.


def test_it_has_run_when_it_is_made(panel: LinkPanel) -> None:
    assert panel.status == "run 1: ended"
    assert panel.output == "b'hello'\n"
    shown = panel.describe()
    assert "greet: run 1: ended\n| b'hello'\n" in shown
    assert "greet: sendall(b'hello')" in shown
    assert "off: latency, jitter" in shown
    assert '<img alt="' in panel.as_html()


def test_a_slider_that_is_moved_redraws_the_picture(panel: LinkPanel, link: Link) -> None:
    before = panel.as_picture()
    move(panel, "slicer", 2)
    assert panel.wait(PATIENCE)
    assert link.slicer == 2
    assert panel.output == "b'he'\nb'll'\nb'o'\n"
    assert panel.as_picture() != before
    assert "b'll'" in panel.as_picture()["words"]
    assert panel.as_controls()["code"].splitlines()[-1] == "link.slicer = 2"


def test_after_a_slider_was_dragged_the_picture_is_of_where_it_stopped(panel: LinkPanel, link: Link) -> None:
    for step in range(20):
        move(panel, "latency", step / 100)
        threading.Event().wait(0.005)
    assert panel.wait(PATIENCE)
    move(panel, "latency", 0)
    for size in range(1, 5):
        move(panel, "slicer", size)
    assert panel.wait(PATIENCE)
    assert panel.output == "b'hell'\nb'o'\n"
    assert (link.latency, link.slicer) == (0, 4)


def test_faults_change_while_a_conversation_runs(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0  # nothing gets through
    panel = helpers.panels.link(link, waits(link))
    assert asked(panel, 1)
    assert panel.busy
    move(panel, "slicer", 3)
    assert eventually(lambda: "sendall" in panel.as_picture()["words"])  # it is drawn while it goes on
    assert panel.busy
    panel.obey({"do": "switch", "fault": "timeout", "on": False})
    assert panel.wait(PATIENCE)
    assert panel.status == "run 1: ended"  # the same run
    assert panel.output == "asked\nb'hel'\n"


def test_a_run_that_ends_by_a_change_is_not_run_again(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0
    panel = helpers.panels.link(link, waits(link))
    assert asked(panel, 1)
    switch = Settings.switch

    def switch_and_let_it_end(settings: Settings, fault: str, on: bool) -> None:
        switch(settings, fault, on)
        assert panel.wait(PATIENCE)

    monkeypatch.setattr(Settings, "switch", switch_and_let_it_end)
    panel.obey({"do": "switch", "fault": "timeout", "on": False})
    assert panel.wait(PATIENCE)
    assert panel.status == "run 1: ended"


def test_it_can_be_stopped_and_run_again(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0
    panel = helpers.panels.link(link, waits(link))
    assert asked(panel, 1)
    panel.obey({"do": "stop"})
    assert panel.wait(PATIENCE)
    assert panel.status == "run 1: stopped"
    assert "recv(100)" in panel.as_picture()["words"]  # where it was
    panel.obey({"do": "run"})
    assert asked(panel, 2)
    panel.obey({"do": "run"})
    assert asked(panel, 3)
    panel.close()
    assert not panel.busy


def test_bytes_that_are_on_their_way_when_it_ends_are_awaited(link: Link) -> None:
    link.latency = 0.4

    def hang_up() -> None:
        with connect(link) as s:
            s.sendall(b"hello")

    panel = helpers.panels.link(link, hang_up)
    assert panel.wait(PATIENCE)
    assert re.search(r"EchoServer: recv\(\d+\) → b'hello'", panel.as_picture()["words"])
    assert "end of stream" in panel.as_picture()["words"]


def test_bytes_of_an_earlier_run_are_not_in_the_picture(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    monkeypatch.setattr(runs, "REST", 0.01)
    link.latency = 0.2
    panel = helpers.panels.link(link, waits(link))
    for run in range(1, 4):  # each ends the one before it, whose bytes arrive during this one
        assert asked(panel, run)
        panel.run()
    assert panel.wait(PATIENCE)
    words = panel.as_picture()["words"]
    assert words.count("connect(") == words.count("→ b'hello'") / 2 == 1, words


def test_other_programs_are_not_in_the_picture(link: Link) -> None:
    begin, ended = threading.Event(), threading.Event()

    def stranger() -> None:
        begin.wait(PATIENCE)
        with helpers.EchoServer() as server, Link(server.address or ()) as other, connect(other) as s:
            s.sendall(b"private")
            s.recv(100)
        ended.set()

    def talk() -> None:
        begin.set()
        ended.wait(PATIENCE)
        greets(link)()

    thread = threading.Thread(target=stranger)
    thread.start()
    panel = helpers.panels.link(link, talk)
    assert panel.wait(PATIENCE)
    thread.join()
    assert "sendall(b'hello')" in panel.as_picture()["words"]
    assert "private" not in panel.as_picture()["words"]


# The size of recv.


def test_a_slider_for_the_size_of_recv(link: Link) -> None:
    def talk(size: int = 5) -> None:
        with connect(link) as s:
            s.sendall(b"hello")
            left = 5
            while left:
                answer = s.recv(size)
                print(answer)
                left -= len(answer)

    panel = helpers.panels.link(link, talk)
    assert panel.output == "b'hello'\n"
    assert panel.as_controls()["size"] == {"place": SIZES.index(5), "text": "5 bytes"}
    panel.obey({"do": "resize", "place": SIZES.index(2)})
    assert panel.wait(PATIENCE)
    assert panel.output == "b'he'\nb'll'\nb'o'\n"
    assert "recv(2) → b'll'" in panel.as_picture()["words"]
    assert "recv asks for 2 bytes at most" in panel.describe() and "2 bytes" in panel.as_html()
    for place in (-1, len(SIZES), "1", None):
        panel.obey({"do": "resize", "place": place})
    assert panel.as_controls()["size"]["text"] == "2 bytes"


def test_another_size_begins_a_run_that_waits_anew(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0
    sizes = []

    def talk(size: int) -> None:
        sizes.append(size)
        waits(link)()

    panel = helpers.panels.link(link, talk)
    assert asked(panel, 1)
    panel.obey({"do": "resize", "place": 0})
    assert asked(panel, 2)
    assert sizes == [links.SIZE, 1]
    panel.close()


def test_a_talk_that_takes_no_size_has_no_slider_for_it(panel: LinkPanel) -> None:
    assert panel.as_controls()["size"] is None
    panel.obey({"do": "resize", "place": 1})
    assert panel.status == "run 1: ended"


@pytest.mark.parametrize("size", [0, -1, 1.5, "many", True, 10**6])
def test_a_size_that_is_none_gets_a_sentence(link: Link, size: object) -> None:
    def talk(size: object = size) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="the size of its recv, 1 to 65,536 bytes"):
        helpers.panels.link(link, talk)


def test_two_arguments_get_a_sentence(link: Link) -> None:
    with pytest.raises(TypeError, match=r"Write def talk\(\): or def talk\(size\):"):
        helpers.panels.link(link, lambda size, more: None)


# What goes wrong.


def test_what_it_raises_stands_in_the_panel(link: Link, capfd: pytest.CaptureFixture[str]) -> None:
    def fall() -> None:
        connect(link).close()
        print("on the way")
        print(input("? "))

    panel = helpers.panels.link(link, fall)
    assert panel.status == "run 1: fell"
    assert panel.output == "on the way\n? "
    assert panel.error.splitlines()[-1] == "EOFError: nobody types here"
    assert "EOFError" in panel.describe() and "EOFError" in panel.as_html()
    assert capfd.readouterr() == ("", "")
    link.down = True
    panel.run()
    assert panel.wait(PATIENCE)
    assert "ConnectionRefusedError" in panel.error


def test_hostile_text_and_bytes_stay_text(link: Link) -> None:
    def talk() -> None:
        with connect(link) as s:
            s.sendall(EVIL.encode())
            print(s.recv(1000).decode())
        raise ValueError(EVIL)

    talk.__name__ = EVIL
    panel = helpers.panels.link(link, talk)
    assert panel.name == "talk"
    html = panel.as_html()
    assert not re.search(r"<script|<img src=x", html)
    assert "&lt;script&gt;evil()" in html
    shown = [html, panel.describe(), *panel.as_picture().values(), panel.output, panel.error]
    assert not any(character in text for text in shown for character in "\x1b\u202e\x00")


def test_a_link_that_is_stopped(panel: LinkPanel, link: Link) -> None:
    link.stop()
    for message in ({"do": "run"}, {"do": "switch", "fault": "slicer", "on": True}, {"do": "down", "on": True}):
        panel.obey(message)
    assert panel.status.startswith("run 1: ended. The link is stopped")
    assert "call link.start()" in panel.describe()
    assert (link.slicer, link.down) == (SCALES["slicer"].start, True)
    panel.obey({"do": "down", "on": False})
    link.start()
    panel.run()
    assert panel.wait(PATIENCE)
    assert (panel.status, panel.output) == ("run 2: ended", "b'hel'\nb'lo'\n")


def test_a_link_that_is_stopped_in_the_middle(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0
    panel = helpers.panels.link(link, waits(link))
    assert asked(panel, 1)
    link.stop()
    assert panel.wait(PATIENCE)
    assert "The link is stopped" in panel.status


def test_a_link_that_does_not_run_yet() -> None:
    link = Link(("127.0.0.1", 1))
    panel = helpers.panels.link(link, greets(link))
    assert panel.status.startswith("not run yet. The link is stopped")
    assert "The link is stopped" in panel.as_html()


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "dance"},
        {"do": "move", "fault": "latency", "place": -1},
        {"do": "move", "fault": "latency", "place": 10_000},
        {"do": "move", "fault": "latency", "place": "1"},
        {"do": "move", "fault": "lag", "place": 1},
        {"do": "switch", "fault": "latency"},
        {"do": "switch", "fault": "lag", "on": True},
        {"do": "switch", "fault": "__class__", "on": True},
        {"do": "turn", "direction": "sideways"},
        {"do": "down", "on": "yes"},
    ],
)
def test_nonsense_is_overlooked(panel: LinkPanel, link: Link, message: dict[str, Any]) -> None:
    before = panel.as_controls()
    panel.obey(message)
    assert panel.as_controls() == before
    assert panel.wait(PATIENCE) and panel.status == "run 1: ended"


def test_wrong_arguments_get_a_sentence(link: Link) -> None:
    with pytest.raises(TypeError, match=r"write talk, not talk\(\)"):
        helpers.panels.link(link, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="A panel is made for a link"):
        helpers.panels.link(greets(link), link)  # type: ignore[arg-type]


def test_a_picture_that_cannot_be_drawn_ends_nothing(panel: LinkPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(recording: object) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(helpers.pictures, "conversation", fail)
    panel.run()
    assert panel.wait(PATIENCE)
    assert (panel.status, panel.error) == ("run 2: ended", "It cannot be drawn: ZeroDivisionError: no")


@pytest.mark.parametrize("which", ["panel", "greet"])
def test_where_there_are_no_more_threads_it_says_so_and_can_run_later(
    panel: LinkPanel, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    plain = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if which in thread.name:
            raise RuntimeError("can't start new thread")
        plain(thread)

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", start)
        panel.run()
        assert panel.wait(PATIENCE)
    assert "can't start new thread" in panel.error
    assert not panel.busy
    panel.run()
    assert panel.wait(PATIENCE)
    assert (panel.status.split(": ")[1], panel.error) == ("ended", "")


# The widget.


def test_the_widget_shows_what_the_panel_knows_and_says_when_a_message_is_done(
    panel: LinkPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = LiveWidget(panel)
    said: list[object] = []
    monkeypatch.setattr(widget, "send", said.append)
    send_to(widget, do="move", fault="slicer", place=1, id=0.5)
    send_to(widget, do="dance", id=0.6)
    assert said == [{"done": 0.5}, {"done": 0.6}]
    assert panel.wait(PATIENCE)
    assert widget.controls == panel.as_controls() and widget.controls["faults"]["slicer"]["text"] == "2 bytes"
    assert widget.run == {"status": "run 2: ended", "busy": False, "output": "b'he'\nb'll'\nb'o'\n", "error": ""}
    assert widget.picture == panel.as_picture()


def test_a_message_is_done_even_if_what_came_of_it_cannot_be_shown(
    panel: LinkPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the page would wait for it, and pass nothing on any more."""
    widget = LiveWidget(panel)
    said: list[object] = []
    monkeypatch.setattr(widget, "send", said.append)
    with monkeypatch.context() as broken:
        broken.setattr(panel, "seen", lambda: 1 / 0)
        send_to(widget, do="turn", direction="upstream", id=3)
    assert said == [{"done": 3}]


def test_it_ends_with_its_widget(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0
    panel = helpers.panels.link(link, waits(link))
    assert asked(panel, 1)
    widget = LiveWidget(panel)
    assert widget.comm is not None
    widget.comm.handle_close({})  # as when the page closes it
    assert not panel.busy
    assert panel.status.startswith("closed") and widget.controls["closed"]


# What is left.


def test_an_interrupted_cell_leaves_nothing(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: runs.Runs, timeout: float) -> None:
        assert eventually(lambda: self.latest is not None and self.latest.output)
        monkeypatch.undo()
        raise KeyboardInterrupt

    link.timeout = 0
    monkeypatch.setattr(runs.Runs, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        helpers.panels.link(link, waits(link))
    assert not [thread for thread in threading.enumerate() if "panel" in thread.name or "wait" in thread.name]


def test_a_second_panel_closes_the_first(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "FIRST", 0.05)
    link.timeout = 0
    first = helpers.panels.link(link, waits(link))
    assert asked(first, 1)
    second = helpers.panels.link(link, waits(link))
    assert first.status.startswith("closed") and first.as_controls()["closed"]
    assert asked(second, 1)
    first.obey({"do": "all off"})
    assert link.timeout == 0
    second.close()
    second.close()
    assert not [thread for thread in threading.enumerate() if "panel" in thread.name or "wait" in thread.name]


def test_while_nothing_runs_there_is_no_thread(panel: LinkPanel) -> None:
    assert not [thread for thread in threading.enumerate() if "panel" in thread.name or "greet" in thread.name]


# In a kernel.

CELL = """
import helpers, socket
server = helpers.EchoServer().start()
link = helpers.Link(server.address, slicer=2, seed=1).start()

def talk():
    with socket.create_connection(link.address, timeout=2) as s:
        s.sendall(b'hello')
        for _ in range(3):
            print(s.recv(100))

helpers.panels.link(link, talk)
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the cell puts out, run again and again."""
    lesson = notebook_of(*[CELL] * 4)
    storing.run(lesson, tmp_path_factory.mktemp("panels"))
    return [output.data for cell in lesson.cells for output in cell.outputs]


@pytest.mark.slow
def test_in_a_notebook_it_is_the_same_at_every_run(shown: list[dict[str, Any]]) -> None:
    rewrite = storing.read_rules(compared=True)
    assert len(shown) == 4
    for kind in ("text/plain", "text/html"):
        assert len({rewrite(data[kind]) for data in shown}) == 1


@pytest.mark.slow
def test_in_a_notebook_it_has_what_a_page_needs_that_has_no_kernel(shown: list[dict[str, Any]]) -> None:
    """And the widget, which is left out of what is stored."""
    data = shown[0]
    assert set(data) == {"text/plain", "text/html", WIDGET_VIEW}
    assert "slicer: 2 bytes" in data["text/html"] and '<img alt="' in data["text/html"]
