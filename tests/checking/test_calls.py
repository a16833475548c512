"""Calls of one function, one after another, in the same process: none hears what was said of another."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from helpers.checking.judge import Judge
from helpers.checking.messages import TellState
from helpers.checking.process import Process
from helpers.checking.subject import packed
from tests.checking.test_exercises import function

CLOSES_OR_WAITS = """
import socket
def f(waits):
    one, other = socket.socketpair()
    with one, other:
        if waits:
            one.recv(1)
"""


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process(packed(function(CLOSES_OR_WAITS, "f")))
    yield process
    process.end()


def test_what_a_call_is_answered_too_late_is_not_taken_for_the_next_ones(process: Process) -> None:
    judge = Judge(process, "f", random.Random(1))
    first = judge.call(False).finish()
    process.ask(TellState())  # as by one that ended before its process had answered
    second = judge.call(True)
    judge.wait_for_rest(second)
    assert process.answered == 1 and second.state is None
    second.ask_state()
    assert second.waits_in() == "recv" and first.waits_in() is None
    judge.close()


def test_a_call_that_has_told_how_it_ended_hears_no_more(process: Process) -> None:
    judge = Judge(process, "f", random.Random(1))
    call = judge.call(False).finish()
    process.ask(TellState())
    told = call.state
    while not process.answered:
        call.hear(0.01)
    assert call.state is told is not None
    judge.close()
