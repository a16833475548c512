"""The judge against kinds of mistakes, each in every exercise where it can occur: the course's own solution, and around it what a learner may do.

To be quick, each is tried in the one scenario that is there for it, and in what it leaves behind.
"""

from __future__ import annotations

import dataclasses
import signal
import sys

import pytest

from helpers import exercises
from helpers.checking.exercise import LEFT_BEHIND, Exercise
from helpers.checking.play import play
from tests.checking.test_exercises import function

pytestmark = pytest.mark.slow  # together


RECEIVERS = {
    "receive_all": ("conn", "return right(conn)"),
    "receive_within": ("conn, seconds", "return right(conn, seconds)"),
    "receive_exactly": ("conn, n", "return right(conn, n)"),
    "receive_messages": ("conn", "yield from right(conn)"),
    "read_lines": ("conn", "yield from right(conn)"),
}
SENDERS = {"send_everything": ("conn, data", "return right(conn, data)")}
ASKERS = {
    "greet": ("address", "return right(address)"),
    "ask_and_read": ("address, data", "return right(address, data)"),
}

RESET = "bro"  # in the title of the scenario: "breaks off", "broken off", "broke off"
SLOW = "slow", "silent for a while", "takes its time", "pauses"

# Each with the scenario, what is done around the solution, and words of the sentence.
ERRORS = {
    "a reset is told as the end": (RESET, "except ConnectionError:\n    raise EOFError", "it raised EOFError"),
    "a reset is told as silence": (RESET, "except ConnectionError:\n    raise TimeoutError", "it raised TimeoutError"),
    "a reset is swallowed": (RESET, "except Exception:\n    return None", ""),
}  # fmt: skip
SOCKETS = {
    "it is closed": ("", "finally:\n    conn.close()", "had closed the connection"),
    "it is shut down": ("", "finally:\n    conn.shutdown(1)", "had shut down"),
    "it does not block any more": ("", "finally:\n    conn.setblocking(False)", "is now non-blocking"),
    "it has another timeout": ("", "finally:\n    conn.settimeout(3)", "a timeout of 3 s"),
    "another one is left open": ("", "finally:\n    kept.append(conn.dup())", "was left open"),
}  # fmt: skip


def around(name: str, arguments: str, call: str, clauses: str, first: str = "pass") -> str:
    """The solution, with something around it."""
    lines = [
        "import socket, threading, time",
        "kept = []",
        exercises.find(name).solution.replace(f"def {name}(", "def right("),
        f"def {name}({arguments}):",
        f"    {first}",
        "    try:",
        f"        {call}",
        *(f"    {line}" for line in clauses.splitlines()),
    ]
    return "\n".join(lines)


def only(exercise: Exercise, titles: tuple[str, ...]) -> Exercise:
    """The exercise with its first scenario that has one of these words in its title, and what it leaves behind."""
    scenario = next(each for each in exercise.scenarios if any(title in each.title for title in titles))
    return dataclasses.replace(exercise, tidies=False, scenarios=[scenario, LEFT_BEHIND])


def must_fall(name: str, titles: tuple[str, ...], source: str, words: str, misconception: int | None) -> None:
    report = play(only(exercises.find(name), titles), function(source, name), 1, lambda *_: None)
    assert not report.passed, report.describe()
    assert words in report.results[-1].sentence and report.results[-1].misconception == misconception, report.describe()


@pytest.mark.everywhere(one_in=15)
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("name", [*RECEIVERS, *SENDERS, *ASKERS])
def test_the_error_is_the_one_that_the_task_names(name: str, kind: str) -> None:
    arguments, call = {**RECEIVERS, **SENDERS, **ASKERS}[name]
    title, clauses, words = ERRORS[kind]
    must_fall(name, (title, "breaks"), around(name, arguments, call, clauses), words, 21)


@pytest.mark.everywhere(one_in=15)
@pytest.mark.parametrize("kind", SOCKETS)
@pytest.mark.parametrize("name", [*RECEIVERS, *SENDERS])
def test_the_socket_is_left_as_it_was_found(name: str, kind: str) -> None:
    arguments, call = {**RECEIVERS, **SENDERS}[name]
    title, clauses, words = SOCKETS[kind]
    must_fall(name, (title,), around(name, arguments, call, clauses), words, None)


TIDYING = [each for each in exercises.exercises() if each.tidies]
PROGRAMS = {
    "a default timeout": ("socket.setdefaulttimeout(2)", "setdefaulttimeout(2) goes on counting"),
    "sockets that do not block": ("socket.setdefaulttimeout(0)", "is non-blocking"),
    "an alarm": ("signal.alarm(60)", "its alarm is still set"),
}


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("exercise", TIDYING, ids=lambda each: each.key)
def test_nothing_stays_set_for_the_whole_program(exercise: Exercise, kind: str) -> None:
    """Nor is it told of before what matters more: the first scenario holds."""
    line, words = PROGRAMS[kind]
    if "alarm" in line and not hasattr(signal, "alarm"):
        pytest.skip("Windows has no alarms")
    source = "import signal\n" + around(exercise.name, "*given", "return right(*given)", f"finally:\n    {line}")
    one = dataclasses.replace(exercise, tidies=False, scenarios=[exercise.scenarios[0], LEFT_BEHIND])
    report = play(one, function(source, exercise.name), 1, lambda *_: None)
    assert report.results[0].held and words in report.results[-1].sentence, report.describe()


@pytest.mark.parametrize("name", [*RECEIVERS, *SENDERS])
def test_silence_is_not_the_end(name: str) -> None:
    arguments, call = {**RECEIVERS, **SENDERS}[name]
    if name == "receive_within":  # which sets timeouts itself
        call = call.replace("seconds)", "0.2)")
    end = "return" if call.startswith("yield") else "return b''"
    source = around(name, arguments, call, f"except TimeoutError:\n    {end}", first="conn.settimeout(0.2)")
    report = play(only(exercises.find(name), SLOW), function(source, name), 1, lambda *_: None)
    assert not report.passed and not report.results[0].held, report.describe()


BUSY = """
class Busy:
    def __init__(self, conn):
        self.conn = conn
    def __getattr__(self, name):
        return getattr(self.conn, name)
    def _now(self, method, *args):
        before = self.conn.gettimeout()
        self.conn.setblocking(False)
        try:
            while True:
                try:
                    return method(*args)
                except BlockingIOError:
                    pass
        finally:
            self.conn.settimeout(before)
    def recv(self, n):
        return self._now(self.conn.recv, n)
    def send(self, data):
        return self._now(self.conn.send, data)
"""


@pytest.mark.parametrize("name", [*RECEIVERS, *SENDERS])
def test_who_waits_does_not_work(name: str) -> None:
    arguments, call = {**RECEIVERS, **SENDERS}[name]
    source = BUSY + around(name, arguments, call.replace("conn", "Busy(conn)"), "finally:\n    pass")
    must_fall(name, SLOW, source, "keeps the processor busy", None)


@pytest.mark.parametrize(
    ("name", "title"),
    [("receive_exactly", "one piece"), ("receive_within", "says nothing"), ("send_everything", "five bytes")],
)
def test_no_thread_reads_on(name: str, title: str) -> None:
    arguments, call = {**RECEIVERS, **SENDERS}[name]
    left = "finally:\n    threading.Thread(target=conn.recv, args=(1,), daemon=True).start(); time.sleep(0.05)"
    must_fall(name, (title,), around(name, arguments, call, left), "will take the next bytes", None)


ECHO = """
{imports}
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        {first}
        try:
            while data := {recv}:
                {each}
                conn.sendall(data)
            {last}
        except {error}:
            pass
        finally:
            {finally_}
"""
RIGHT_ECHO = {
    "imports": "import select", "first": "pass", "recv": "conn.recv(1024)", "each": "pass", "last": "pass", "error": "ConnectionError", "finally_": "conn.close()",
}  # fmt: skip
WRONG_ECHO = {
    "never closes": ({"finally_": "pass"}, "reads to the end", "has not closed the connection"),
    "closes where all went well": ({"finally_": "pass", "last": "conn.close()"}, "bytes unread", "keeps a file descriptor"),
    "takes a slow client for a dead one": ({"first": "conn.settimeout(0.1)", "error": "OSError"}, "a long time", "took a slow client for a dead one"),
    "looks for a moment only": ({"recv": "select.select([conn], [], [], 0.2)[0] and conn.recv(1024)"}, "a long time", "took a slow client for a dead one"),
    "swallows Ctrl-C": ({"error": "BaseException"}, "Ctrl-C", "Ctrl-C was pressed"),
    "ends at quit": ({"each": "if data.strip() == b'quit': return"}, "mean nothing", "the server ended"),
    "closes at an empty line": ({"each": "if not data.strip(): break"}, "mean nothing", "closed the connection"),
    "never rests": (
        {"first": "conn.setblocking(False)", "recv": "read(conn)", "imports": "def read(conn):\n    while True:\n        try: return conn.recv(1024)\n        except BlockingIOError: pass"},
        "a long time", "keeps the processor busy",
    ),
}  # fmt: skip


def test_the_echo_server_is_right_otherwise() -> None:
    report = play(exercises.find("echo_server"), function(ECHO.format(**RIGHT_ECHO), "echo_server"), 1, lambda *_: None)
    assert report.passed, report.describe()


@pytest.mark.parametrize("kind", WRONG_ECHO)
def test_an_echo_server_that_is_wrong_in_one_place(kind: str) -> None:
    if kind == "swallows Ctrl-C" and sys.platform == "win32":
        pytest.skip("nothing interrupts a blocked call on Windows")
    changes, title, words = WRONG_ECHO[kind]
    exercise = only(exercises.find("echo_server"), (title,))
    report = play(exercise, function(ECHO.format(**{**RIGHT_ECHO, **changes}), "echo_server"), 1, lambda *_: None)
    assert not report.passed and words in report.results[-1].sentence, report.describe()
