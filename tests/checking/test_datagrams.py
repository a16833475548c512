"""The judge where functions send datagrams: what a busy machine does to a conversation is nobody's fault, and a wait is known for one."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from helpers import exercises
from helpers.checking.datagrams import Datagram, DatagramPeer
from helpers.checking.play import TRIES, play
from helpers.checking.report import Report
from tests.checking.answers.lesson16.ask import but
from tests.checking.answers.lesson16.send_all import THREAD
from tests.checking.test_exercises import function
from tests.checking.test_kinds import only

pytestmark = pytest.mark.slow  # together

STRANGER = "a stranger answers"


def played(source: str, title: str, name: str = "ask") -> Report:
    """How it does in the one scenario with these words in its title."""
    return play(only(exercises.find(name), (title,)), function(source, name), 1, lambda *_: None)


def late(monkeypatch: pytest.MonkeyPatch, times: int) -> Callable[[], int]:
    """Let the judge's next answers come when nobody waits for them any more, so often. How many answers there were, says what it returns."""
    plain, answers = DatagramPeer.answer, 0

    def answer(self: DatagramPeer, datagram: Datagram, data: bytes) -> None:
        nonlocal answers
        answers += 1
        if answers <= times:
            time.sleep(0.3)  # as a judge that gets no processor
        plain(self, datagram, data)

    monkeypatch.setattr(DatagramPeer, "answer", answer)
    return lambda: answers


def test_a_judge_that_answers_late_plays_the_scenario_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = late(monkeypatch, 1)
    report = played(exercises.find("ask").solution, STRANGER)
    assert report.passed, report.describe()
    assert answers() > 1


def test_a_wrong_answer_falls_however_late_the_judge_is(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = late(monkeypatch, TRIES)
    report = played(but(("sender == address and ", "")), STRANGER)
    assert "the answer of a stranger" in report.results[-1].sentence, report.describe()
    assert answers() == TRIES


def test_who_tries_once_more_before_the_answer_is_there_has_done_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    late(monkeypatch, 1)
    for name, title in (("ask", "comes at once"), ("send_all", "all arrive")):
        report = played(exercises.find(name).solution, title, name)
        assert report.passed, report.describe()


WAITING = """
import socket, threading

def ask(address, question, tries):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"ab" + question, address)
        {wait}
"""
WAITS = {
    "s.recvfrom(1024)": "waits in recvfrom(), in line 7 of the cell without a timeout",
    "s.settimeout(60); s.recvfrom(1024)": "for more than 1.2 s nothing has come",
    "threading.Event().wait()": "for more than 1.2 s nothing has come",
    "import select; select.select([s], [], [])": "for more than 1.2 s nothing has come",
    "import time; time.sleep(60)": "It sleeps for 60 s",
}


@pytest.mark.parametrize("wait", WAITS)
def test_who_waits_for_ever_is_told_in_what(wait: str) -> None:
    report = played(WAITING.format(wait=wait), "nothing is answered")
    assert not report.passed and WAITS[wait] in report.results[-1].sentence, report.describe()


LATE = """    import helpers.sockets.traced as traced
    def late(*args, plain=traced.gave, **more):
        threading.Event().wait(0.01)
        traced.gave = plain
        plain(*args, **more)
    traced.gave = late
"""
"""Its own thread loses the processor before its first `sendto` comes back: what another one receives meanwhile is told first."""


def test_an_answer_that_is_received_before_sendto_comes_back_is_one() -> None:
    first_line = "def send_all(address, pieces):\n"
    report = played(THREAD.replace(first_line, first_line + LATE), "all arrive", "send_all")
    assert report.passed, report.describe()
