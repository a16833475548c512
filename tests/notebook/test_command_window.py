"""The command window of a program: what it shows, what it passes on, and at what rate. How it is worked in a browser: tests/browser."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

import helpers
from helpers.notebook import boxes, command_window
from helpers.notebook.colours import css
from helpers.notebook.command_window import BYTES_A_SECOND, FRAME, CommandWindow
from helpers.notebook.painting import Painter
from helpers.notebook.widget import LiveWidget
from helpers.running.program import Program
from helpers.running.terminal import Style
from tests.support.interrupting import interrupted
from tests.support.notebooks import send_to
from tests.support.waiting import eventually

ECHO = "while True:\n    print(repr(input('?:')))"
EVIL = "<script>evil()</script>\x1b[31m\u202e"


@contextlib.contextmanager
def running(source: str, name: str) -> Iterator[Program]:
    """Not a fixture: pytest replaces the standard streams once more when the test itself begins."""
    program = helpers.background(source, name)
    try:
        yield program
    finally:
        program.stop()


def shown(widget: LiveWidget) -> dict[str, Any]:
    return {name: getattr(widget, name) for name in ("label", "name", "status", "output", "error", "running", "reads")}


def test_it_shows_what_there_is_and_what_comes() -> None:
    with running(ECHO, "echo.py") as echo:
        widget = LiveWidget(CommandWindow(echo))
        assert shown(widget) == {
            "label": "command window of echo.py",
            "name": "echo.py",
            "status": "running, waits for input",
            "output": "?:",
            "error": "",
            "running": True,
            "reads": True,
        }
        echo.type("hello")
        assert eventually(lambda: shown(widget)["output"] == "?:hello\n'hello'\n?:")
        echo.stop()
        assert eventually(lambda: (shown(widget)["status"], shown(widget)["running"]) == ("stopped", False))


def test_what_a_page_sends_is_done_and_said_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(ECHO, "echo.py") as echo:
        widget = LiveWidget(CommandWindow(echo))
        said: list[object] = []
        monkeypatch.setattr(widget, "send", said.append)
        send_to(widget, do="type", line="hello", id=1)
        assert eventually(lambda: echo.output == "?:hello\n'hello'\n?:")
        for nonsense in ({}, {"do": "dance"}, {"do": "type"}, {"do": "type", "line": 1}):
            send_to(widget, **nonsense, id=2)
        send_to(widget, do="stop", id=3)
        assert (echo.status, echo.output) == ("stopped", "?:hello\n'hello'\n?:")
        assert shown(widget)["status"] == "stopped"  # at once
        send_to(widget, do="type", line="too late", id=4)
        assert said == [{"done": number} for number in (1, 2, 2, 2, 2, 3, 4)]
        assert shown(widget)["output"] == "?:hello\n'hello'\n?:"


def test_what_cannot_be_done_stands_in_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(ECHO, "echo.py") as echo:

        def stop() -> None:
            raise RuntimeError("It cannot be stopped.")

        with monkeypatch.context() as stuck:
            stuck.setattr(echo, "stop", stop)
            widget = LiveWidget(CommandWindow(echo))
            send_to(widget, do="stop", id=1)
        assert shown(widget)["output"] == "?:It cannot be stopped.\n"


def test_a_program_goes_on_without_its_window() -> None:
    with running(ECHO, "echo.py") as echo:
        widget = LiveWidget(CommandWindow(echo))
        assert widget.comm is not None
        widget.comm.handle_close({})  # as when the page closes it
        echo.type("hello")
        assert eventually(lambda: echo.output == "?:hello\n'hello'\n?:")


def test_one_that_prints_for_ever_is_painted_at_a_rate_that_a_browser_can_take() -> None:
    paintings: list[tuple[float, int]] = []  # when, and how many characters
    with running("while True:\n    print('x' * 1000)", "chatter.py") as program:
        window = CommandWindow(program)
        window.watch_for_changes(lambda: paintings.append((time.monotonic(), len(window.seen()["output"]))))
        assert eventually(lambda: len(paintings) >= 5, timeout=20)
    for (earlier, sent), (later, _) in zip(paintings, paintings[1:], strict=False):
        assert later - earlier >= max(FRAME, sent / BYTES_A_SECOND)


def test_colours_travel_beside_the_text() -> None:
    with running("print('a \\x1b[31m\U0001f600b\\x1b[0m')\ninput()", "red.py") as red:
        widget = LiveWidget(CommandWindow(red))
        assert shown(widget)["output"] == "a \U0001f600b\n"
        plain, coloured, rest = widget.styles
        assert ([2, ""], [3, css(Style(1))], [1, ""]) == (
            list(plain),
            list(coloured),
            list(rest),
        )  # as JavaScript counts
        html = CommandWindow(red).as_html()
        assert f'a <span style="{css(Style(1))}">\U0001f600b</span>\n</pre>' in html
        assert red.describe() == "red.py: running, waits for input\n| a \U0001f600b"


def test_output_without_colours_is_sent_and_stored_as_ever() -> None:
    program = helpers.background("print('<b>\\t\u20ac')", "plain.py")
    assert program.wait(10)
    assert LiveWidget(CommandWindow(program)).styles == []
    assert CommandWindow(program).as_html().endswith(boxes.text("output of plain.py", "<b>\t\u20ac\n") + "</div>")


def test_a_page_is_told_of_a_password_and_ends_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(
        "import getpass, sys\nprint(len(getpass.getpass('? ')))\nprint(sys.stdin.readlines())", "asks.py"
    ) as asks:
        widget = LiveWidget(CommandWindow(asks))
        monkeypatch.setattr(widget, "send", lambda message: None)
        assert (widget.hidden, shown(widget)["reads"]) == (True, True)
        send_to(widget, do="type", line="sesame", id=1)
        assert eventually(lambda: not widget.hidden and asks.status == "running, waits for input")
        send_to(widget, do="type", line="one", id=2)
        send_to(widget, do="end", id=3)
        assert asks.wait(10)
        assert asks.output == "? \n6\none\n['one\\n']\n"
        send_to(widget, do="end", id=4)  # nobody reads any more


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it ends the painter's thread
def test_a_mark_that_is_broken_off_is_made_good_by_the_next() -> None:
    """A thread may be stopped while it marks a window."""
    painter = Painter("a painter of a test")
    painter.start()
    first, second = Painted(), Painted()
    number = 0
    while interrupted(lambda: painter.mark(weakref.ref(first)), number):
        number += 1
        first.painted = second.painted = 0
        painter.mark(weakref.ref(second))
        painter.mark(weakref.ref(first))
        assert eventually(lambda: first.painted and second.painted), number
    assert number > 3
    first.is_last = True
    painter.mark(weakref.ref(first))
    assert eventually(lambda: all(thread.name != "a painter of a test" for thread in threading.enumerate()))


class Painted:
    """Counts how often it was painted; the last time is the end of its painter."""

    painted = 0
    is_last = False

    def paint(self) -> float:
        if self.is_last:
            raise SystemExit
        self.painted += 1
        return 0.0


def painters() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "helpers: command windows"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # it ends the painter's thread
def test_a_window_that_cannot_be_painted_is_not_the_end_of_the_others() -> None:
    with running(ECHO, "echo.py") as echo:
        broken = CommandWindow(echo)

        def fail() -> None:
            fallen.append("fallen")
            raise SystemExit  # ends the thread without a word

        fallen: list[str] = []
        broken.watch_for_changes(fail)
        echo.type("one")
        assert eventually(lambda: fallen and not painters())
        broken.close()
        widget = LiveWidget(CommandWindow(echo))
        echo.type("two")
        assert eventually(lambda: shown(widget)["output"].endswith("'two'\n?:"))


def test_hostile_text_stays_text() -> None:
    program = helpers.background(f"print({EVIL!r})\nraise ValueError({EVIL!r})", EVIL)
    assert program.wait(5)
    html = CommandWindow(program).as_html()
    assert "<script" not in html and "&lt;script&gt;evil()" in html
    widget = LiveWidget(CommandWindow(program))
    texts = [html, *(str(each) for each in shown(widget).values())]
    assert not any(character in text for text in texts for character in "\x1b\u202e")


def test_without_a_kernel_it_is_text_and_html() -> None:
    with running(ECHO, "echo.py") as echo:
        forms = command_window.as_bundle(echo)
        assert forms == {"text/plain": echo.describe(), "text/html": CommandWindow(echo).as_html()}
        assert forms["text/plain"] == "echo.py: running, waits for input\n| ?:"
