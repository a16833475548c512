"""A program is stopped at whatever bytecode of this package's code, or of `threading`, its threads are: Stop comes back, no lock stays taken, no thread is left."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import helpers
from helpers.running import programs
from helpers.running.group import STOP_TIMEOUT, ThreadGroup
from helpers.running.install import install
from helpers.running.raising import Raiser
from helpers.running.thread_program import ThreadProgram
from helpers.sockets import tapes
from helpers.sockets.owners import Stopped, owner
from helpers.sockets.plain import plain_socket
from tests.support.opcodes import OURS, TRACED, Gate, Met, Once, Opcodes, Place, soon

TURNS = 80
"""Places at which each program is stopped, evenly spread over those that it comes to."""
AT_ONCE = 1.0
"""Seconds in which Stop is back at the latest; when nothing goes wrong it takes some milliseconds, and `STOP_TIMEOUT` when something does."""

PROGRAMS = {
    "sleeps": "import time; time.sleep(60)",
    "prints": "for _ in range(3): print('x', 'y')\nimport time; time.sleep(60)",
    "ends": "print('bye')",
    "falls": "1/0",
    "asks": "input('name? ')",
    "starts a thread": "import threading, time; t = threading.Thread(target=time.sleep, args=(60,)); t.start(); t.join()",
    "starts a daemon": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "counts its threads": "import threading, time; threading.enumerate(); threading.Event().wait(60)",
    "accepts": "import socket\nwith socket.create_server(('127.0.0.1', 0)) as listener: listener.accept()",
    "talks": "import socket\na, b = socket.socketpair()\nwith a, b: a.sendall(b'x'); b.recv(1); b.recv(1)",
    "pool": "from concurrent.futures import ThreadPoolExecutor\nimport time\nwith ThreadPoolExecutor(1) as pool: pool.submit(print).result(); pool.submit(time.sleep, 60)",
    "idle pool": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1); pool.submit(print)",
    "queue": "import queue; q = queue.Queue(); q.put(1); q.get(); q.get()",
    "logs": "import logging, time; logging.getLogger('stopped').error('x'); time.sleep(60)",
    "stops itself": "import helpers; helpers.program('anywhere').stop()",
}


if sys.version_info >= (
    3,
    12,
):  # 3.11 never gets past a call that is traced while an exception waits for another thread
    PROGRAMS["stops another"] = (
        "import helpers\nhelpers.background('input()', 'other').stop()\nimport time; time.sleep(60)"
    )

Subject = Callable[[], ThreadGroup]


def a_program(code: str) -> Subject:
    def begin() -> ThreadGroup:
        # By the name under which it may stop itself; and without waiting for it.
        program = programs._programs["anywhere"] = ThreadProgram(code, "anywhere")
        program.start()
        return program

    return begin


def a_server() -> ThreadGroup:
    """One that is just serving a client."""

    def handle(conn: socket.socket, addr: object) -> None:
        while data := conn.recv(10):
            print(data)

    server = helpers.Server(handle).start()
    with plain_socket() as client:
        client.connect(server.address)  # type: ignore[arg-type]
        client.sendall(b"hello")
    return server


SUBJECTS: dict[str, Subject] = {name: a_program(code) for name, code in PROGRAMS.items()}
SUBJECTS["serves"] = a_server


def use_every_lock(subject: ThreadGroup) -> None:
    """Do what takes the locks that all threads share: our own, and those of the standard library."""
    threading.enumerate()
    logging.getLogger("anywhere").isEnabledFor(logging.DEBUG)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result(AT_ONCE)
    tape = tapes.Tape(1)
    tape.start()
    tape.stop()
    assert subject.error is None or "ZeroDivisionError" in subject.error  # type: ignore[attr-defined]


class Stop(threading.Thread):
    """Somebody who presses Stop when `press` is called. (Started beforehand: to start a thread takes a lock.)"""

    def __init__(self) -> None:
        super().__init__(name="who stops", daemon=True)
        self._pressed = threading.Event()
        self.took = 0.0
        self.error: BaseException | None = None
        self.start()

    def press(self, subject: ThreadGroup) -> None:
        self._subject = subject
        self._pressed.set()

    def run(self) -> None:
        self._pressed.wait()
        begun = time.monotonic()
        try:
            self._subject.stop()  # type: ignore[attr-defined]
        except BaseException as error:
            self.error = error
        self.took = time.monotonic() - begun
        use_every_lock(self._subject)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows each time that a stop looks at a thread, and perhaps raises its exception there."""
    seen: list[int] = []
    plain = Raiser.raise_in

    def raise_in(self: Raiser, ident: int, *args: Any) -> bool:
        seen.append(ident)
        return plain(self, ident, *args)

    monkeypatch.setattr(Raiser, "raise_in", raise_in)
    return seen


def places_of(subject: Subject, folders: tuple[str, ...] = TRACED) -> tuple[list[Place], set[Place]]:
    """Where the threads of `subject` come by, as it starts and as it is stopped; and where only as it is stopped."""
    met = Met()
    with Opcodes(met, folders):
        begun = subject()
        begun.wait_for_rest(0.2)
        before = set(met)
        begun.stop()  # type: ignore[attr-defined]
    return list(met), set(met) - before


def some(places: list[Place]) -> list[Place]:
    """`TURNS` of them at most, evenly spread."""
    return places[:: max(len(places) // TURNS, 1)]


def is_whole(subject: ThreadGroup, stop: Stop, where: str) -> None:
    """Nothing of what was stopped is left, and the locks that all share are free."""
    assert not stop.is_alive() and stop.error is None and stop.took < AT_ONCE, (where, stop.took, stop.error)
    assert not subject.running, where  # type: ignore[attr-defined]
    assert soon(lambda: not subject.threads()), (where, subject.threads())


def stop_at(subject: Subject, place: Place, only_in_stop: bool, rounds: list[int]) -> None:
    """Press Stop while a thread is paused at `place`, and let it go when Stop has looked at it."""
    gate = Gate()
    once = Once(place, gate)
    stop = Stop()
    with Opcodes(once):
        begun = subject()
        if only_in_stop:
            begun.wait_for_rest(0.2)
        else:
            soon(lambda: once.reached or not begun.running, 0.05)  # type: ignore[attr-defined]
        rounds.clear()
        stop.press(begun)
        soon(lambda: (once.reached and len(rounds) > 1) or not stop.is_alive(), 0.05)
        gate.open = True
        stop.join(2 * STOP_TIMEOUT)
    is_whole(begun, stop, f"{place[0].co_qualname} at {place[1]}")


def interrupt_at(subject: Subject, place: Place) -> None:
    """Raise what a stop raises at `place`, where a thread lets it in; then press Stop."""

    def interrupt() -> None:
        who = owner()
        if who is not None and who.shield():
            who.unshield()
            who.stopped = True
            raise Stopped

    once = Once(place, interrupt)
    stop = Stop()
    with Opcodes(once, OURS):
        begun = subject()
        soon(lambda: once.reached or not begun.running, 0.05)  # type: ignore[attr-defined]
        stop.press(begun)
        stop.join(2 * STOP_TIMEOUT)
    is_whole(begun, stop, f"{place[0].co_qualname} at {place[1]}")


@pytest.fixture(autouse=True)
def installed() -> None:
    install()


pytestmark = [
    pytest.mark.slow,  # at every line, at every bytecode
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
        "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    ),
]


@pytest.mark.parametrize("what", SUBJECTS)
def test_stop_comes_back_wherever_a_thread_is(what: str, rounds: list[int]) -> None:
    places, in_stop = places_of(SUBJECTS[what])
    for place in some(places):
        stop_at(SUBJECTS[what], place, place in in_stop, rounds)


@pytest.mark.parametrize("what", SUBJECTS)
def test_an_exception_at_any_bytecode_leaves_nothing_taken(what: str) -> None:
    places, in_stop = places_of(SUBJECTS[what], OURS)
    for place in some([place for place in places if place not in in_stop]):
        interrupt_at(SUBJECTS[what], place)
