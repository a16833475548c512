"""Frames of other threads, looked at while these run and end, and garbage is collected."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from helpers.course.environment import ROOT
from helpers.sockets.stacks import OtherStacks

IN_CALLS = sys.version_info < (3, 12)
"""Whether any new object may set off a garbage collection on the spot."""

ENDS_MEANWHILE = """
import gc, sys, threading
from helpers.sockets.stacks import OtherStacks

class Circle:
    def __init__(self):
        self.me = self

    def __del__(self):  # anything may happen in another thread meanwhile
        go.set()
        thread.join()

def wait(deep):
    return wait(deep - 1) if deep else go.wait()

def walk(frame):
    while frame is not None:
        frame = frame.f_back

gc.freeze()
for deep in range(100):
    go = threading.Event()
    thread = threading.Thread(target=wait, args=(deep,))
    thread.start()
    with OtherStacks() as frames:
        frame = frames[thread.ident]
        Circle()
        gc.set_threshold(1)
        walk(frame)
        gc.set_threshold(700)
    go.set()
    thread.join()
"""


@pytest.fixture(autouse=True)
def collects_again() -> Iterator[None]:
    yield
    assert gc.isenabled()


def test_one_sees_the_others_and_not_oneself() -> None:
    with OtherStacks() as frames:
        assert threading.get_ident() not in frames
        assert {each.ident for each in threading.enumerate()} - {threading.get_ident()} <= set(frames)


def test_nothing_is_collected_until_the_last_has_looked() -> None:
    looks, enough = threading.Event(), threading.Event()

    def look() -> None:
        with OtherStacks():
            looks.set()
            enough.wait(10)

    other = threading.Thread(target=look)
    with OtherStacks():
        other.start()
        assert looks.wait(10)
    assert gc.isenabled() != IN_CALLS
    enough.set()
    other.join()
    assert gc.isenabled()


def test_who_collects_nothing_still_does_not_afterwards() -> None:
    gc.disable()
    try:
        with OtherStacks():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_who_was_stopped_on_the_way_out_holds_nobody_up() -> None:
    def look() -> None:
        OtherStacks().__enter__()

    other = threading.Thread(target=look)
    other.start()
    other.join()
    with OtherStacks():
        pass
    assert gc.isenabled()


def test_threads_may_end_while_they_are_looked_at() -> None:
    """Python 3.11 died of it."""
    done = subprocess.run([sys.executable, "-c", ENDS_MEANWHILE], cwd=ROOT, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_nobody_looks_at_them_in_another_way() -> None:
    ways = {
        path.name
        for path in (ROOT / "helpers").rglob("*.py")
        if "sys._current_frames" in path.read_text(encoding="utf-8")
    }
    assert ways == {
        "stacks.py",
        "raising.py",
        "threads.py",
    }  # `raising` does it in such a block, and `threads` speaks of it
