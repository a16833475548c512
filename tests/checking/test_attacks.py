"""Attacks on planted servers: each wrong one falls for its own illness, each right one is spared, also where the machine is busy; and whatever an attack does, it ends in a sentence, and harms nobody."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from helpers import exercises
from helpers.checking.bout import Outcome
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.play import play
from helpers.checking.report import Report
from helpers.exercises.lesson20.attacker import planted
from helpers.exercises.lesson20.attacker.planted import GROUPS, Wrong
from tests.checking.test_exercises import function

SOLUTION = exercises.find("attack").solution
STEPS = {
    "example": {planted.STRIPS},
    "cut": {planted.PIECES},
    "characters": {planted.PIECES, planted.DECODES},
    "glued": {planted.FIRST_LINE},
    "no_counts": {planted.INT},
    "empty_line": {planted.EMPTY},
    "half_close": {planted.HALF_CLOSE, planted.SEND},
    "breaks_off": {planted.RESET},
    "silent_first": {planted.ONE},
    "two_beginnings": {planted.BUFFER, planted.ONE},
    "long_answer": {planted.SEND},
    "does_not_read": {planted.READERS, planted.ONE},
}
"""Which wrong servers fall to which step of the solution, alone."""
WRONG = [each for group in GROUPS for each in group.wrong]
RIGHT = [group.right for group in GROUPS]


def attacking(steps: list[str]) -> Callable[..., Any]:
    """The solution, with no other steps than these."""
    return function(SOLUTION + f"\nSTEPS = [{', '.join(steps)}]\n", "attack")


def outcomes(attack: Callable[..., Any], servers: list[Any]) -> list[Outcome]:
    """What becomes of these servers."""
    found: list[Outcome] = []

    def bouts(judge: Judge) -> None:
        judge.busy = 3.0
        found.extend(judge.attack(each.serve, lambda _: False) for each in servers)

    exercise = Exercise(20, "attack(judge)", "", ("", "", ""), "", "")
    exercise.scenario(1, "all of them")(bouts)
    report = play(exercise, attack, 1, lambda *_: None)
    assert report.passed, report.describe()
    return found


def check(source: str, seed: int = 1, only: int | None = None) -> Report:
    return exercises.check(function(source, "attack"), seed=seed, only=only)


def test_twelve_are_wrong_and_six_are_right() -> None:
    assert len(WRONG) == len({each.serve for each in WRONG}) == 12
    assert len(RIGHT) == len({each.serve for each in RIGHT}) == 6
    assert {each for fallen in STEPS.values() for each in fallen} == {*WRONG}


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_each_step_fells_those_whose_illness_it_shows_and_no_other(step: str) -> None:
    fell = outcomes(attacking([step]), [*WRONG, *RIGHT])
    assert {each.illness for each, outcome in zip(WRONG, fell, strict=False) if outcome.fell} == {
        each.illness for each in STEPS[step]
    }, fell
    assert not any(outcome.fell for outcome in fell[len(WRONG) :]), fell


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: each.serve.__name__)
def test_without_the_steps_that_show_its_illness_just_that_one_slips_through(wrong: Wrong) -> None:
    left = [step for step, fallen in STEPS.items() if wrong not in fallen]
    fell = outcomes(attacking(left), WRONG)
    blind = {each for each in WRONG if not any(each in STEPS[step] for step in left)}
    assert {each for each, outcome in zip(WRONG, fell, strict=True) if not outcome.fell} == blind
    assert wrong in blind


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Two loops that want the processor all the time."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.wait()


@pytest.mark.slow
def test_a_busy_machine_changes_no_verdict() -> None:
    with busy_machine():
        fell = outcomes(function(SOLUTION, "attack"), [*RIGHT, *WRONG])
    assert [outcome.fell for outcome in fell] == [False] * 6 + [True] * 12, fell


LISTENS = """
import ctypes
import psutil

def attack(judge):
    port = judge.connect().getpeername()[1]
    for each in psutil.net_connections():
        if each.status == 'LISTEN' and each.laddr.port == port:
            ctypes.CDLL(None).kill(each.pid, 9)
    judge.rest()
"""
TELLS = """
import gc
from helpers.checking.messages import *

def attack(judge):
    (child,) = [each for each in gc.get_objects() if type(each).__name__ == 'Child']
    judge.connect()
    child._tell(FORGED)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only there anybody may look at the sockets of all processes")
def test_a_server_that_was_ended_from_outside_is_nobody_s_victory() -> None:
    sentence = check(LISTENS, only=1).results[-1].sentence
    assert "The server's process has been ended, from outside" in sentence


@pytest.mark.slow
@pytest.mark.parametrize("forged", ["Returned(None)", "Returned(True)", "StateNow(None)", "Asked(10**18)", "Listening(-5)", "Activity(0, 0, 0, ((1, 2),) * 5000)"])  # fmt: skip
def test_what_an_attack_forges_fells_nobody(forged: str) -> None:
    """With the token, which it finds in its own process, an attack can say for itself whatever it likes: of its server it says nothing that way."""
    report = check(TELLS.replace("FORGED", forged), only=1)
    assert not report.passed and report.results[-1].sentence, report.describe()


SERVERS = {
    "spins": ("listener.accept()\n    while True: pass", True),
    "is silent": ("conn, _ = listener.accept()\n    conn.recv(100)\n    conn.recv(100)", True),
    "has gone": ("return", True),
    "sleeps": ("conn, _ = listener.accept()\n    time.sleep(0.8)\n    conn.sendall(b'hahaha\\n')\n    conn.recv(100)", False),
    "sleeps in a thread, again and again": ("conn, _ = listener.accept()\n    def say():\n        for each in b'hahaha\\n':\n            time.sleep(0.1)\n            conn.send(bytes([each]))\n    threading.Thread(target=say).start()\n    conn.recv(100)\n    conn.recv(100)", False),
    "works": ("conn, _ = listener.accept()\n    for _ in range(60): sum(range(200_000))\n    conn.sendall(b'hahaha\\n')\n    conn.recv(100)", False),
}  # fmt: skip
"""What a server does, and whether it falls to an attack that waits for an answer."""


@pytest.mark.slow
@pytest.mark.parametrize("what", SERVERS)
def test_who_works_or_sleeps_is_waited_for_and_nobody_else(what: str) -> None:
    does, falls = SERVERS[what]
    server = function(f"import threading, time\ndef server(listener):\n    {does}\n", "server")
    attack = function(
        "def attack(judge):\n    s = judge.connect()\n    s.sendall(b'3 ha\\n')\n    assert s.makefile('rb').readline() == b'hahaha\\n'\n",
        "attack",
    )
    (outcome,) = outcomes(attack, [Wrong(server, what)])
    assert outcome.fell is falls, outcome


@pytest.mark.slow
def test_nothing_is_left_of_eighteen_servers() -> None:
    check("def attack(judge):\n    kept.append(judge.connect())\nkept = []\n", only=1)
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    assert check(SOLUTION).passed
    assert {each.pid for each in psutil.Process().children(recursive=True)} <= before


def test_the_sentence_says_who_slipped_through_and_who_fell_wrongly() -> None:
    report = check(
        "def attack(judge):\n    s = judge.connect()\n    s.sendall(b'2 ho\\n')\n    assert s.recv(9) == b'hoho\\n'\n"
    )
    fallen = report.results[-1]
    assert fallen.sentence == "One that strips the blanks at the ends of a text, which belong to it slipped through."
    assert fallen.recording is not None
    told = report.as_html() + report.describe()
    assert "strips(" not in told and "servers.py" not in told, "its code is nobody's business"
    assert {each.server.program for each in fallen.recording.conversations if each.server} == {"server"}
