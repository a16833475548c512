"""What may come between the judge's looks at a function and its verdict: each interleaving is made to happen, and a right answer holds."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers import exercises
from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.peer import Peer
from helpers.checking.play import play
from helpers.checking.process import Process
from helpers.checking.report import Report
from helpers.checking.verdicts import Hangs
from helpers.exercises import lesson05
from helpers.sockets import kernel
from helpers.sockets.plain import is_ready
from tests.checking.test_exercises import function
from tests.checking.test_kinds import only
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # together; each is a check or several

ECHO = """
def take(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data)
"""


def judged(source: str, scenario: Callable[[Judge], None], serves: bool = False) -> Report:
    made = Exercise(8, "take(conn)", "", ("", "", ""), "", "", serves=serves)
    made.scenario(1, "the one")(scenario)
    return play(made, function(source, "take"), 1, lambda *_: None)


@pytest.mark.skipif(
    not hasattr(socket, "TCP_CORK") or not kernel.works(),
    reason="only Linux says what is on the way, and keeps it there",
)
def test_nobody_waits_in_vain_while_bytes_are_on_their_way() -> None:
    """A packet that was lost, and is sent again after a while: here the kernel keeps it back, for 0.2 s. Client and server are asleep all that time."""

    def late(judge: Judge) -> None:
        address, call = judge.listen()
        client = judge.connect(address, call)
        client.send(b"good ")
        assert client.read(5) == b"good "
        client.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        client.conn.send(b"morning")
        assert judge.wait(lambda: is_ready(client.conn, reading=True), call, idle=0.1)
        assert client.conn.recv(1024) == b"morning"

    report = judged(ECHO, late, serves=True)
    assert report.passed, report.describe()


def test_what_comes_during_the_last_look_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[bool] = []

    def come(self: Call, watched: object) -> bool:
        came.append(True)
        return False

    def at_last(judge: Judge) -> None:
        _, call = judge.talk()
        assert judge.wait(lambda: bool(came), call)

    monkeypatch.setattr(Call, "has_gone_on", come)
    report = judged("def take(conn): conn.recv(10)", at_last)
    assert report.passed, report.describe()


SLOW = """
def take(conn):
    data = b""
    while piece := conn.recv(1):
        sum(range(200_000))
        print(end=".", flush=True)
        data += piece
    return data
"""


def test_one_that_looks_asleep_and_goes_on_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Woken from each wait before the next look, so that every look finds it asleep: its bytes show that it is not."""

    def wakes_and_sleeps(self: Process) -> bool:
        printed = self.printed
        assert eventually(lambda: self.printed > printed or self.printed == 300)
        return True

    def bytes_one_by_one(judge: Judge) -> None:
        peer, call = judge.talk()
        monkeypatch.setattr(Process, "rests", wakes_and_sleeps)
        monkeypatch.setattr(Process, "seconds", lambda self: 0.0)
        peer.send(b"x" * 300)
        peer.end()
        call.must_return(b"x" * 300)

    report = judged(SLOW, bytes_one_by_one)
    assert report.passed, report.describe()


IN_TURN = """
import threading

def turns(mine, other):
    while True:
        mine.acquire()
        sum(range(20))
        other.release()

first, second = threading.Lock(), threading.Lock()
second.acquire()
threading.Thread(target=turns, args=(second, first), daemon=True).start()
print(flush=True)
turns(first, second)
"""


class Started(Process):
    """A process that is there already."""

    def __init__(self, pid: int) -> None:
        self.pid = pid


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is seen in what a process uses of the processor")
def test_threads_that_wake_each_other_in_turn_do_not_rest() -> None:
    """Each may be asleep when it is looked at, and one of them runs all the time."""
    with subprocess.Popen([sys.executable, "-c", IN_TURN], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.readline()
        try:
            assert not any(Started(program.pid).rests() for _ in range(2000))
        finally:
            program.kill()


def test_one_that_asks_the_same_again_and_again_does_not_go_on() -> None:
    def silent(judge: Judge) -> None:
        _, call = judge.talk()
        with pytest.raises(Hangs):
            call.finish()

    source = """
def take(conn):
    conn.settimeout(0.05)
    while True:
        try: return conn.recv(10)
        except TimeoutError: pass
"""
    assert judged(source, silent).passed


@pytest.fixture
def strangers() -> Iterator[list[socket.socket]]:
    came: list[socket.socket] = []
    yield came
    for each in came:
        each.close()


@pytest.mark.parametrize(("times", "passes"), [(1, True), (99, False)])
def test_a_stranger_who_calls_the_server_is_no_fault_of_it(
    strangers: list[socket.socket], times: int, passes: bool
) -> None:
    """Any program of the machine may call, and say nothing: the server serves it, and the judge's client waits. The scenario is played anew."""
    plays = itertools.count(1)

    def visited(judge: Judge) -> None:
        address, call = judge.listen()
        if next(plays) <= times:
            strangers.append(socket.create_connection(address))
        client = judge.connect(address, call)
        client.send(b"hello")
        assert client.read(5) == b"hello"

    report = judged(ECHO, visited, serves=True)
    assert report.passed is passes, report.describe()
    assert next(plays) == min(times + 2, 4)


def test_a_stranger_who_calls_the_judges_server_is_no_fault_of_the_function(strangers: list[socket.socket]) -> None:
    plays = itertools.count(1)

    def serves_one(judge: Judge) -> None:
        callers: list[socket.socket] = []

        def only_the_first(conn: socket.socket, _: object) -> None:
            callers.append(conn)
            if len(callers) == 1:
                conn.sendall(b"good morning")

        address = judge.serve(only_the_first)
        if next(plays) == 1:
            strangers.append(socket.create_connection(address))
            assert strangers[0].recv(100) == b"good morning"
        judge.call(address).must_return(b"good morning")

    source = """
import socket
def take(address):
    with socket.create_connection(address) as s:
        return s.recv(100)
"""
    report = judged(source, serves_one)
    assert report.passed, report.describe()
    assert next(plays) == 3


TWICE = """
import select
def receive_within(conn, seconds):
    if not select.select([conn], [], [], 2 * seconds)[0]:
        raise TimeoutError
    return conn.recv(100)
"""


@pytest.mark.parametrize(("twice", "passes"), [(False, True), (True, False)])
def test_a_machine_that_is_late_is_no_function_that_is(
    twice: bool, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    took = lesson05._took  # what no public name gives: a machine that comes late each time
    monkeypatch.setattr(lesson05, "_took", lambda call, begun: took(call, begun) + 0.2)
    exercise = exercises.find("receive_within")
    silent = [each for each in exercise.scenarios if "says nothing" in each.title]
    source = TWICE if twice else exercise.solution
    report = play(
        dataclasses.replace(exercise, tidies=False, scenarios=silent),
        function(source, "receive_within"),
        1,
        lambda *_: None,
    )
    assert report.passed is passes, report.describe()


def test_slow_is_not_said_to_be_endless() -> None:
    def bytes_one_by_one(judge: Judge) -> None:
        peer, call = judge.talk()
        peer.send(b"x" * 300)
        peer.end()
        call.finish()

    report = judged(SLOW.replace("200_000", "2_000_000"), bytes_one_by_one)
    assert re.match(r"It is too slow: .*, it was in line [456] of the cell\.", report.results[-1].sentence)  # its loop


ACCEPTING = """
import threading, time

def {name}:
    kind, plain = type(listener), type(listener)._accepted
    def late(self, *args):
        kind._accepted = plain
        threading.Event().wait(0.05)
        return plain(self, *args)
    kind._accepted = late
    for _ in range(2):
        threading.Thread(target=accepts, args=(listener, {more}), daemon=True).start()
    accepts(listener, {more})

def accepts(listener, more):
    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:
            continue
        threading.Thread(target={serve}, daemon=True).start()
"""
"""Several threads accept; the one that has accepted the first client loses the processor before it gets to see the connection."""
SERVE_EACH = """
def serve(handle, conn, addr):
    with conn:
        handle(conn, addr)
"""


@pytest.mark.parametrize("name", ["serve_each", "serve_files"])
def test_the_first_client_is_the_one_who_is_gone_though_another_thread_accepts(name: str) -> None:
    exercise = exercises.find(name)
    if name == "serve_each":
        accepting = ACCEPTING.format(
            name=f"{name}(listener, handle)", more="handle", serve="serve, args=(more, conn, addr)"
        )
        source = accepting + SERVE_EACH
    else:
        old = exercise.solution.partition("def serve_files(")[2].partition("def serve(")[0]
        accepting = ACCEPTING.format(name=f"{name}(listener, root)", more="root", serve="serve, args=(conn, more)")
        source = exercise.solution.replace(f"def serve_files({old}", accepting)
    report = play(only(exercise, ("gone before it was accepted",)), function(source, name), 1, lambda *_: None)
    assert report.passed, report.describe()


GREETS = """
import socket

def greet(address):
    with socket.create_connection(address) as s:
        s.sendall(b"hello")
        return {returns}
"""


@pytest.mark.parametrize(
    ("returns", "sentence"),
    [
        ("None", "It returned None"),  # not: the server heard nothing
        ("b'hello'", "It returned b'hello'"),  # not: it never spoke to the server
    ],
)
def test_a_server_of_the_judge_that_reads_late_has_heard_it_all_the_same(
    returns: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function is over before the server's thread has had its turn."""
    serve = Judge.serve

    def late(judge: Judge, handler: Callable[[socket.socket, object], object]) -> tuple[str, int]:
        def waits(conn: socket.socket, addr: object) -> object:
            until = time.monotonic() + 10
            while not judge.calls[-1].over and time.monotonic() < until:
                pass  # one that waits for its turn does not sleep either
            return handler(conn, addr)

        return serve(judge, waits)

    monkeypatch.setattr(Judge, "serve", late)
    source = GREETS.format(returns=returns)
    report = play(only(exercises.find("greet"), ("no text",)), function(source, "greet"), 1, lambda *_: None)
    fell = report.results[-1].sentence
    assert fell.startswith(sentence) and "never spoke" not in fell and "heard nothing" not in fell


def test_a_reset_that_comes_before_connect_has_come_back_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server accepts and breaks off, before the client has had its turn."""
    connect = Judge.connect

    def reset(judge: Judge, *args: Any, **options: Any) -> Peer:
        connect(judge, *args, **options).close()
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setattr(Judge, "connect", reset)
    exercise = exercises.find("mend_8")
    report = exercises.check(function(exercise.solution, "mend_8"), seed=1)
    assert report.results[-1].misconception == 21 and "broken off (RST)" in report.results[-1].sentence


def test_what_one_tells_too_late_is_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the midst of a single call, it gives no other thread of its process a turn: the answer comes afterwards, and is of how far it had come before."""
    monkeypatch.setattr("helpers.checking.call.ANSWER", 0.1)
    source = """
def take(conn):
    while conn.recv(1) != b"!":
        pass
    sum(range(100_000_000))
    conn.recv(1)
"""

    def twenty_bytes(judge: Judge) -> None:
        judge.busy = 20.0
        peer, call = judge.talk()
        peer.send(b"x")
        call.ask_state()
        peer.send(b"x" * 20 + b"!")
        peer.wait_until_taken()
        call.ask_state()
        until = time.monotonic() + 4
        assert not call.has_gone_on(lambda: time.monotonic() < until)

    assert judged(source, twenty_bytes).passed
