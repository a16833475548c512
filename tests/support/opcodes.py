"""Threads paused, or interrupted, at a bytecode of this package's own code: what is luck elsewhere comes about when a test wants it."""

from __future__ import annotations

import os
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import helpers
from helpers.running.plain import plain_sleep

Place = tuple[types.CodeType, int]
"""A function, and the place of a bytecode in it."""

_FOLDER = os.path.dirname(helpers.__file__)
OURS = tuple(os.path.join(_FOLDER, room, "") for room in ("running", "sockets"))
TRACED = (*OURS, threading.__file__)
"""Where the code lies whose bytecodes count."""


def soon(condition: Callable[[], object], timeout: float = 0.1) -> bool:
    """Wait until `condition()` holds, which takes no longer than a thread needs to run a little."""
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        plain_sleep(0.0001)
    return bool(condition())


class Opcodes:
    """Calls `meet` at the bytecodes that threads are about to execute which are started while this is installed."""

    def __init__(self, meet: Callable[[Place], None], folders: tuple[str, ...] = TRACED) -> None:
        self._meet = meet
        self._folders = folders

    def __enter__(self) -> Opcodes:
        threading.settrace(self._enter)
        return self

    def __exit__(self, *error: object) -> None:
        threading.settrace(None)

    def _enter(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(self._folders):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._trace

    def _trace(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            self._meet((frame.f_code, frame.f_lasti))
        return self._trace


class Met:
    """Collects the places, each once, in the order in which they are met."""

    def __init__(self) -> None:
        self._places: dict[Place, None] = {}

    def __call__(self, place: Place) -> None:
        self._places.setdefault(place)

    def __iter__(self) -> Iterator[Place]:
        return iter(list(self._places))

    def __len__(self) -> int:
        return len(self._places)


class Once:
    """The first thread that comes to `place` does `what` there."""

    def __init__(self, place: Place, what: Callable[[], None]) -> None:
        self._place = place
        self._what = what
        self._first = threading.Lock()
        self.reached = False

    def __call__(self, place: Place) -> None:
        if place == self._place and self._first.acquire(blocking=False):
            self.reached = True
            self._what()


class Gate:
    """Lets a thread wait in a way in which an exception reaches it."""

    def __init__(self) -> None:
        self.open = False

    def __call__(self) -> None:
        while not self.open:
            plain_sleep(0.0001)
