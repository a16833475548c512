"""The judge with many clients: what a server has is counted while it goes on, each scenario starts its program anew, and a picture shows those whom it is about."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

import cloudpickle
import pytest

from helpers import exercises, pictures
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.play import play
from helpers.checking.report import Report
from helpers.checking.subject import packed
from helpers.checking.verdicts import Fell
from helpers.exercises import progress_file
from helpers.exercises.rooms import Room
from tests.checking.test_exercises import function

pytestmark = pytest.mark.slow  # together; each starts a process


def judged(source: str, *scenarios: Callable[[Judge], None]) -> Report:
    """How the function `serve` of this source does."""
    exercise = Exercise(9, "serve(listener)", "", ("", "", ""), "", "", serves=True)
    for number, each in enumerate(scenarios):
        exercise.scenario(1, f"scenario {number}")(each)
    return play(exercise, function(source, "serve"), 1, lambda *_: None)


ECHO = """
import threading

def echo(conn):
    with conn:
        while data := conn.recv(100):
            conn.sendall(data)

def serve(listener):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=echo, args=(conn,)).start()
"""


def test_threads_and_connections_are_counted_while_the_server_goes_on() -> None:
    def many(judge: Judge) -> None:
        address, call = judge.listen()
        peers = [judge.connect(address, call, f"client {number}") for number in range(40)]
        for each in peers:
            each.send(b"hello")
            assert each.read(5) == b"hello"
        call.ask_state()
        assert (call.doing.threads, call.doing.connections) == (40, 40)
        for each in peers[1:]:
            each.close()
        rest = judge.watch_rest()
        judge.wait(rest.is_sure, call)
        call.ask_state()
        assert (call.doing.threads, call.doing.connections) == (1, 1)

    assert judged(ECHO, many).passed


def test_a_picture_shows_those_whom_the_sentence_is_about() -> None:
    def many(judge: Judge) -> None:
        address, call = judge.listen()
        peers = [judge.connect(address, call, f"client {number}") for number in range(10)]
        for each in peers:
            each.send(b"hello")
            each.read(5)
        raise Fell("Something happened to client 3 and client 7.", about=["client 3", "client 7"])

    recording = judged(ECHO, many).results[0].recording
    assert recording is not None
    ends = [end.program for each in recording.conversations for end in (each.client, each.server) if end is not None]
    assert sorted(map(str, ends)) == ["client 3", "client 7", "serve", "serve"]
    told = pictures.conversation(recording).describe()
    assert "client 3" in told and "client 7" in told and "client 4" not in told


def test_each_scenario_starts_the_program_anew() -> None:
    def once(judge: Judge) -> None:
        address, call = judge.listen()
        assert judge.connect(address, call).read(1) == b"1"

    counts = """
seen = []

def serve(listener):
    while True:
        conn, _ = listener.accept()
        seen.append(conn)
        conn.sendall(b"%d" % len(seen))
"""
    assert judged(counts, once, once).passed


def test_what_trickles_is_waited_for() -> None:
    """Between small buffers it does, and nobody works meanwhile."""

    def slow(judge: Judge) -> None:
        Room(judge, *judge.listen()).join("ada")

    trickles = """
import threading, time

def serve_one(conn):
    with conn:
        conn.recv(100)
        conn.sendall(b"* ada j")
        for each in b"oined\\n":
            time.sleep(0.15)
            conn.sendall(bytes([each]))
        conn.recv(100)

def serve(listener):
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve_one, args=(conn,)).start()
"""
    assert judged(trickles, slow).passed


WRITERS = {
    "select.select": ("import select", "select.select([listener], [pair[0], pair[1]], [])"),
    "from select import select": ("from select import select", "select([listener], [pair[0], pair[1]], [])"),
    "a selector": (
        "import selectors",
        "s = selectors.DefaultSelector(); [s.register(each, selectors.EVENT_WRITE) for each in pair]; s.select(); s.close()",
    ),
}


@pytest.mark.parametrize("how", WRITERS)
def test_it_is_known_who_wants_to_write(how: str) -> None:
    """Also by whoever has taken `select` out of its module before."""
    imports, wait = WRITERS[how]
    source = f"import socket\n{imports}\ndef serve(listener):\n    pair = socket.socketpair()\n    while True:\n        {wait}\n"
    counted = []

    def look(judge: Judge) -> None:
        _, call = judge.listen()
        for _ in range(20):  # it is between two turns now and then
            counted.append(call.writers())

    judged(source, look)
    assert max(counted) == 2


def test_a_lock_goes_along_and_is_made_anew() -> None:
    source = """
import queue, selectors, threading, weakref
lock, again, own = threading.Lock(), threading.RLock(), threading.local()
jobs, known, selector = queue.Queue(), weakref.WeakKeyDictionary(), selectors.DefaultSelector()
lock.acquire()

def use():
    assert selector.get_map() is not None and jobs.empty() and own is not None
    return lock, again, known
"""
    use = function(source, "use")
    lock, again, known = cloudpickle.loads(packed(use))()
    assert type(lock) is type(threading.Lock()) and not lock.locked() and type(again) is type(threading.RLock())
    assert type(known) is weakref.WeakKeyDictionary
    use.__globals__["selector"].close()


def test_two_lessons_may_have_an_exercise_of_one_name(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = exercises.find("room_server"), exercises.find("room_server", 12)
    assert (first.lesson, second.lesson) == (11, 12)
    exercises.hinted.clear()
    exercises.hint("room_server", lesson=12)
    exercises.hint("room_server")
    assert [line[:11] for line in capsys.readouterr().out.splitlines() if line.startswith("Hint")] == [
        "Hint 1 of 3"
    ] * 2
    exercises.solution("room_server", lesson=12)
    assert "helpers.check(room_server, lesson=12)" in " ".join(capsys.readouterr().out.split())
    report = exercises.check(function("def room_server(listener): listener.close()", "room_server"), lesson=12)
    assert "helpers.check(room_server, lesson=12, only=1" in report.describe()
    assert (progress_file.state(first.key), progress_file.state(second.key)) == ("not started", "tried")
    for name, lesson, said in (("room_server", 3, "lessons 11 and 12"), ("greet", 12, "lesson 1,")):
        with pytest.raises(LookupError, match=said):
            exercises.find(name, lesson)
