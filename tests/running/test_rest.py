"""When everything in the background waits for something."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import hashlib
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import helpers
from helpers.running import rest
from helpers.running.install import install
from helpers.running.rest import wait_for_rest
from helpers.sockets import kernel
from tests.support.waiting import eventually


def test_who_waits_for_a_thread_is_at_rest() -> None:
    source = "import threading\nt = threading.Thread(target=threading.Event().wait)\nt.start()\nt.join()"
    program = helpers.background(source, "joins")
    begun = time.monotonic()
    wait_for_rest(30)
    assert time.monotonic() - begun < 15
    program.stop()


@contextlib.contextmanager
def a_pool() -> Iterator[None]:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(str, range(9)))
        yield


@contextlib.contextmanager
def a_timer() -> Iterator[None]:
    timer = threading.Timer(60, print)
    timer.start()
    yield
    timer.cancel()
    timer.join()


@contextlib.contextmanager
def a_thread(target: Callable[[], object], release: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=target)
    thread.start()
    yield
    release()
    thread.join()


@contextlib.contextmanager
def a_loop() -> Iterator[None]:
    loop = asyncio.new_event_loop()
    with a_thread(loop.run_forever, lambda: loop.call_soon_threadsafe(loop.stop)):
        yield
    loop.close()


@contextlib.contextmanager
def a_pipe() -> Iterator[None]:
    reading, writing = os.pipe()
    with a_thread(lambda: os.read(reading, 1), lambda: os.write(writing, b"x")):
        yield
    os.close(reading)
    os.close(writing)


def a_queue(kind: type[Any]) -> contextlib.AbstractContextManager[None]:
    queue = kind()
    return a_thread(queue.get, lambda: queue.put(None))


def a_lock() -> contextlib.AbstractContextManager[None]:
    lock = threading.Lock()
    lock.acquire()
    return a_thread(lock.acquire, lock.release)


@pytest.mark.skipif(sys.platform != "linux", reason="this system does not say which threads sleep")
@pytest.mark.parametrize(
    "idle",
    [a_pool, a_timer, a_loop, a_pipe, a_lock, lambda: a_queue(queue.Queue), lambda: a_queue(queue.SimpleQueue)],
    ids=["pool", "timer", "loop", "pipe", "lock", "queue", "simple queue"],
)
def test_whoever_waits_for_what_nobody_gives_is_at_rest(
    idle: Callable[[], contextlib.AbstractContextManager[None]],
) -> None:
    before = {thread.ident or 0 for thread in threading.enumerate()}
    with idle():
        begun = time.monotonic()
        wait_for_rest(30, lambda: {thread.ident or 0 for thread in threading.enumerate()} - before)
        assert time.monotonic() - begun < 15


def a_worker() -> contextlib.AbstractContextManager[None]:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            hashlib.sha256(bytes(100_000)).digest()

    return a_thread(work, done.set)


def test_whoever_works_is_not_at_rest() -> None:
    with a_worker():
        begun = time.monotonic()
        wait_for_rest(0.2, lambda: {thread.ident or 0 for thread in threading.enumerate()})
        assert time.monotonic() - begun >= 0.2


def test_where_threads_wait_for_their_turn_the_time_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where nobody gets a turn: there is more patience, and an end to it."""
    monkeypatch.setattr(rest, "time_queued", lambda _: time.monotonic())
    with a_worker():
        begun = time.monotonic()
        wait_for_rest(0.03, lambda: {thread.ident or 0 for thread in threading.enumerate()})
        assert time.monotonic() - begun >= 0.03 * rest.BUSY


def test_a_machine_that_stood_still_has_not_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks nobody ran, this thread neither: the others have had no time to come to rest."""
    looks = []

    def stands_still(seconds: float) -> None:
        looks.append(seconds)
        time.sleep(0.1)

    monkeypatch.setattr(rest, "plain_sleep", stands_still)
    with a_worker():
        wait_for_rest(0.06, lambda: {thread.ident or 0 for thread in threading.enumerate()})
    assert len(looks) > 2


def test_a_thread_that_was_woken_and_has_no_turn_yet_is_not_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its frame and its lock look as before: on a busy machine it may have no turn during all the looks."""
    woken = iter([True, True, False])
    monkeypatch.setattr(rest, "awaits_its_turn", lambda _: next(woken))
    over = threading.Event()
    before = set(threading.enumerate())
    with a_thread(over.wait, over.set):
        (waiting,) = set(threading.enumerate()) - before
        assert wait_for_rest(10, lambda: {waiting.ident or 0})
    assert list(woken) == []


@pytest.mark.skipif(not kernel.time_run_is_told(), reason="only Linux says whether a thread waits for its turn")
def test_the_system_says_which_thread_waits_for_its_turn() -> None:
    over = threading.Event()
    before = set(threading.enumerate())
    with a_thread(over.wait, over.set):
        (waiting,) = set(threading.enumerate()) - before
        assert eventually(lambda: not kernel.awaits_its_turn(waiting.native_id or 0))
        assert kernel.awaits_its_turn(threading.get_native_id())  # who asks runs, and is ready to


def test_whoever_sleeps_goes_on_and_is_recorded() -> None:
    """A thread of the notebook's own that sleeps a little, and then sends."""
    install()
    one, other = socket.socketpair()
    with one, other, helpers.watch() as recording:
        noted = threading.Event()

        def later() -> None:
            one.send(b"x")
            noted.set()
            time.sleep(0.05)
            one.send(b"y")

        thread = threading.Thread(target=later)
        thread.start()
        noted.wait()
    thread.join()
    assert [event.data for event in recording.events if event.call == "send"] == [b"x", b"y"]
