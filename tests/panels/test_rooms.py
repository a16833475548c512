"""The panel of a room: what becomes of every line in each design, whether that is true, what is said of it, and what it leaves behind."""

from __future__ import annotations

import itertools
import re
import selectors
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import helpers
from helpers.panels import RoomPanel
from helpers.panels.rooms import trial
from helpers.panels.rooms.designs import DESIGNS, OneLock
from helpers.panels.rooms.panel import SLIDERS
from helpers.panels.rooms.stage import Conn
from helpers.panels.rooms.trial import NAMES, Outcome, Seen, Setting, run
from helpers.panels.rooms.wording import numbers, verdict
from tests.support.costs import costs_less
from tests.support.waiting import eventually

PATIENCE = 10
USUAL = Setting(4, 6, 5, "bob")


@pytest.fixture
def panel() -> Iterator[RoomPanel]:
    panel = helpers.panels.room()
    yield panel
    panel.close()


def seen(outcome: Outcome, name: str) -> Seen:
    return next(member for member in outcome.members if member.name == name)


def said(panel: RoomPanel) -> dict[str, str]:
    return {each["title"]: each["words"] for each in panel.seen()["said"]}


def receive_the_rest(room: trial.Trial, missing: dict[str, list[int]]) -> dict[str, list[int]]:
    """All members read, the slow one too, until each has what is `missing` or the end. The numbers of the lines that came whole, by names."""
    data = {member.name: b"" for member in room.members}
    with selectors.DefaultSelector() as selector:
        for member in room.members:
            selector.register(member.sock, selectors.EVENT_READ, member.name)
        waiting = {name for name, lines in missing.items() if lines}
        deadline = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < deadline:
            for key, _ in selector.select(PATIENCE):
                piece = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                data[key.data] += piece
                if not piece:
                    selector.unregister(key.fileobj)
                if not piece or len(lines_in(data[key.data])) >= len(missing[key.data]):
                    waiting.discard(key.data)
    return {name: lines_in(each) for name, each in data.items()}


def lines_in(data: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"(?m)^\w{3}: (\d+) x+\n", data)]


# What is told, and what is so.


@pytest.mark.parametrize(
    "setting", [USUAL, Setting(2, 3, 2, "ada"), Setting(5, 9, 10, "ida"), Setting(3, 5, 2, "")], ids=str
)
@pytest.mark.parametrize("design", DESIGNS)
def test_what_has_not_been_heard_waits_and_comes_when_all_read(design: str, setting: Setting) -> None:
    with trial.trial(DESIGNS[design], setting) as room:
        outcome = room.outcome()
        missing = {member.name: member.lines("system", "sending", "waiting", "ahead") for member in outcome.members}
        assert bool(missing[setting.slow] if setting.slow else ()) == bool(setting.slow)
        came = receive_the_rest(room, missing)
    assert {name: sorted(lines) for name, lines in came.items()} == missing
    for sender in outcome.members:  # lines of several may change places
        for lines in came.values():
            of_sender = [line for line in lines if line in sender.lines("said")]
            assert of_sender == sorted(of_sender)


@pytest.mark.parametrize(("design", "lines"), [("buffers", 7), ("queues", 8)])
def test_whoever_has_no_room_left_is_put_out_and_the_others_are_told(design: str, lines: int) -> None:
    """The writer has a line in hand: a queue takes one more than a buffer."""
    before = run(DESIGNS[design], USUAL._replace(lines=lines - 1))
    assert not seen(before, "bob").is_out
    assert seen(before, "bob").lines("waiting") == list(range(3, lines))
    with trial.trial(DESIGNS[design], USUAL._replace(lines=lines)) as room:
        outcome = room.outcome()
        assert seen(outcome, "bob").states == ("heard", *["never"] * (lines - 1))
        assert (
            receive_the_rest(room, {"ada": [], "bob": [2], "eve": [], "dan": []})["bob"] == []
        )  # no whole line, and the end
    for name in ("ada", "eve", "dan"):
        assert seen(outcome, name).farewells == ("bob",)
        assert len(seen(outcome, name).lines("heard", "said")) == lines


@pytest.mark.everywhere
@pytest.mark.parametrize("design", ["lock", "loop"])
def test_a_slow_reader_freezes_a_room_that_sends_to_all_in_one_place(design: str) -> None:
    outcome = run(DESIGNS[design], USUAL)
    assert [member.lines("heard") for member in outcome.members] == [[2], [1], [1], [1]]
    assert [wait.whom for wait in outcome.waits if wait.call == "sendall"] == ["bob"]
    unread = sorted(line for member in outcome.members for line in member.unread)
    assert unread == ([5, 6] if design == "lock" else [3, 4, 5, 6])


@pytest.mark.everywhere
@pytest.mark.parametrize("design", ["queues", "buffers"])
def test_a_slow_reader_harms_nobody_where_each_has_a_place_of_its_own(design: str) -> None:
    outcome = run(DESIGNS[design], USUAL)
    for name in ("ada", "eve", "dan"):
        assert seen(outcome, name).lines("heard", "said") == [1, 2, 3, 4, 5, 6]
    assert seen(outcome, "bob").states == ("heard", "sending", *["waiting"] * 4)


@pytest.mark.parametrize("setting", [USUAL._replace(slow=""), USUAL._replace(lines=1)], ids=["nobody", "one line"])
def test_nothing_waits_where_all_read(setting: Setting) -> None:
    for design in DESIGNS.values():
        outcome = run(design, setting)
        assert verdict(outcome) == "Everybody has heard everything."
        assert {wait.call for wait in outcome.waits} <= {"recv", "queue", "select"}


def test_the_same_setting_ends_the_same_way() -> None:
    for design in DESIGNS.values():
        first, *others = (run(design, Setting(3, 5, 2, "bob")) for _ in range(5))
        assert {(each.members, frozenset(each.waits)) for each in others} == {(first.members, frozenset(first.waits))}


# What is said.


def test_it_says_who_waits_where(panel: RoomPanel) -> None:
    assert said(panel) == {
        "One lock": "eve's thread holds the lock and waits in sendall with line 2: bob does not read. ada's and dan's threads wait for the lock. "
        "The server has not read lines 5 and 6 yet. ada has heard line 2, dan has not. Nobody has heard lines 3 to 6.",
        "A queue for each": "A part of line 2 lies in the system's buffers. bob's writer waits in sendall with the rest, and lines 3 to 6 wait in "
        "bob's queue (room for five). All others have heard everything.",
        "One thread, a buffer for each": "A part of line 2 lies in the system's buffers. The rest and lines 3 to 6 wait in bob's buffer (room for "
        "five), and the thread waits in select. All others have heard everything.",
    }
    for words in said(panel).values():
        assert words in panel.describe()
        assert words in panel.seen()["picture"]["alt"]
    assert (
        "  - dan: said by the member: 3 and 6; heard: 1; not sent to the member yet: 2, 4 and 5; thread waits for the lock (line 3)"
        in panel.describe()
    )


def test_it_stands_on_a_page_without_a_kernel(panel: RoomPanel) -> None:
    html = panel.as_html()
    assert "Stored as the cell left it" in html
    assert "bob stops reading after line 1" in html
    assert '<img alt="One lock: eve' in html
    assert "<strong>A queue for each.</strong> A part of line 2" in html


def test_numbers_are_said_briefly() -> None:
    assert numbers([1, 3, 4, 5, 8, 9]) == "1, 3 to 5, 8 and 9"


# The sliders.


def test_a_slider_that_is_moved_tries_again(panel: RoomPanel) -> None:
    panel.obey({"do": "move", "slider": "lines", "place": 7})
    assert (
        "no room for one more line in bob's queue (five fit): bob was put out, and the others were told"
        in said(panel)["A queue for each"]
    )
    panel.obey({"do": "move", "slider": "queue", "place": 4})
    assert "lines 3 to 8 wait in bob's queue (room for six)" in said(panel)["A queue for each"]
    panel.obey({"do": "move", "slider": "slow", "place": 4})
    assert "dan does not read" in said(panel)["One lock"]
    panel.obey({"do": "move", "slider": "members", "place": 1})  # dan is no longer there
    assert panel.seen()["controls"]["sliders"]["slow"] == {"place": 0, "texts": ["nobody", *NAMES[:3]]}
    assert set(said(panel).values()) == {"Everybody has heard everything."}


def test_both_ends_of_every_slider_can_be_tried(panel: RoomPanel) -> None:
    for slider in SLIDERS:
        texts = panel.seen()["controls"]["sliders"][slider]["texts"]
        for place in (0, len(texts) - 1):
            panel.obey({"do": "move", "slider": slider, "place": place})
            assert panel.seen()["controls"]["sliders"][slider]["place"] == place
            assert (panel.error, len(panel.outcomes)) == ("", 3)


def test_what_makes_no_sense_is_overlooked(panel: RoomPanel) -> None:
    before = panel.seen()
    for slider, place in (("lines", 20), ("lines", -1), ("lines", "1"), ("noise", 0)):
        panel.obey({"do": "move", "slider": slider, "place": place})
    panel.obey({"do": "dance"})
    panel.obey({})
    assert panel.seen() == before


def test_a_closed_one_does_nothing_and_says_so(panel: RoomPanel) -> None:
    before = panel.outcomes
    panel.close()
    panel.obey({"do": "run"})
    panel.run()
    assert panel.outcomes is before
    assert "closed; run the cell again" in panel.describe()


REFUSED: list[tuple[list[str], dict[str, Any], str]] = [
    (["<b>"], {}, "There is no design '<b>'. There is: lock, queues, loop, buffers."),
    ([], {"members": 9}, "members is a number from 2 to 8. This is 9."),
    ([], {"lines": True}, "lines is a number from 1 to 20. This is True."),
    ([], {"queue": 1}, "queue is a number from 2 to 10. This is 1."),
    ([], {"members": 2, "slow": "eve"}, "slow is one of the members, ada and bob, or empty. This is 'eve'."),
]


def test_what_no_slider_has_is_refused() -> None:
    for designs, options, sentence in REFUSED:
        with pytest.raises(ValueError, match=re.escape(sentence)):
            helpers.panels.room(*designs, **options)


def test_a_cell_chooses_the_designs() -> None:
    assert [outcome.design for outcome in helpers.panels.room("loop", "lock", "loop").outcomes] == [
        DESIGNS["loop"],
        DESIGNS["lock"],
    ]


# What it costs, and leaves behind. Threads and descriptors are counted around every test.


def test_a_key_is_soon_answered(panel: RoomPanel) -> None:
    places = itertools.cycle((4, 5))
    assert costs_less(0.1, lambda: panel.move("lines", next(places)))  # about 15 ms


def test_no_recording_has_it(panel: RoomPanel) -> None:
    with helpers.watch() as recording:
        panel.run()
    assert recording.events == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not bound a process's descriptors")
def test_without_descriptors_it_says_so(panel: RoomPanel) -> None:
    import resource

    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open("/dev/null") as lowest:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest.fileno() + 8, hard))
        try:
            panel.run()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    assert re.match(r"The room could not be tried: .*Too many open files\. Run it again\.", panel.error)
    assert panel.seen()["picture"]["image"] == ""
    assert "Too many open files" in panel.as_html()
    panel.run()
    assert panel.error == ""


class NeverAtRest(OneLock):
    """Its threads have always something to do."""

    over = threading.Event()

    def serve(self, conns: Sequence[Conn]) -> None:
        for conn in conns:
            self._stage.start(conn.member, "thread", self._work)

    def _work(self) -> None:
        self.over.wait()


def test_a_room_that_does_not_come_to_rest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    trial.line_length()
    monkeypatch.setattr(trial, "PATIENCE", 0.1)
    before = threading.active_count()
    panel = RoomPanel([NeverAtRest], USUAL)
    panel.run()
    assert panel.error == "The room could not be tried: it has not come to rest within 0.1 seconds. Run it again."
    NeverAtRest.over.set()
    assert eventually(lambda: threading.active_count() <= before)
