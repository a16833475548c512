"""Raises an exception in another thread, as Ctrl-C does in the main one; but not where that would break what all threads share.

Comes in: a thread, and which threads let an exception in. Goes out: whether it was raised; if not, the thread stands where a lock would be left taken for ever, and whoever
asked tries again when it has gone on. The stop of a program uses it, and its `_thread.interrupt_main`.
"""

from __future__ import annotations

import bisect
import concurrent.futures
import ctypes
import dis
import enum
import functools
import itertools
import logging
import operator
import sys
import threading
import time
import types
from collections.abc import Collection
from typing import Any

from helpers.running.per_program.whose_code import is_library
from helpers.running.rest import WAITS, is_idle_worker
from helpers.sockets import owners
from helpers.sockets.kernel import time_run
from helpers.sockets.stacks import OtherStacks, stack_of

LOOK = 0.002
"""Seconds that count between two looks at most: a machine that is busy may let nobody run for longer."""

LATE = sys.version_info >= (3, 14)
"""Whether a thread that waits for its turn to run gets an exception not where it stands, but where it could lose its turn the next time (up to Python 3.13: where it stands)."""

STUCK, PERHAPS_STUCK = 0.02, 0.2
"""Seconds after which a thread that stands where it stood waits for something else than its turn, and gets the exception there: where the system says that it has slept all the time
(whoever waits for its turn asks for it every 5 ms), and where it does not."""


LOOKS = "RESUME", "JUMP_BACKWARD"
"""How the instructions are called at which Python looks for exceptions from other threads, beside calls."""


class Raiser:
    """Raises exceptions in threads that are among the `stoppable` ones, which may change at any time."""

    def __init__(self, stoppable: Collection[int]) -> None:
        self._stoppable = stoppable
        # By thread: where it stood, for how long, and when that was seen.
        self._stood: dict[int, tuple[tuple[object, ...], float, float]] = {}

    def raise_in(self, ident: int, kind: type[BaseException], hurry: bool = False) -> bool:
        """Raise `kind` in a thread, if it stands where that breaks nothing. Whether it was done.

        In a `hurry`: even while it imports a library, half of which may stay.
        """
        with OtherStacks() as frames:
            frame = frames.get(ident)
            return frame is not None and ident in self._stoppable and self._raise(frame, ident, kind, hurry)

    def _raise(self, frame: types.FrameType, ident: int, kind: type[BaseException], hurry: bool) -> bool:
        if is_idle_worker(frame):
            return False
        place = _place(frame)  # first: it may go on meanwhile
        at = place[1]
        if _leaves_a_lock(frame, at) or (_imports_a_library(frame) and not hurry):
            return False
        if LATE and not hurry and not self._is_stuck(ident, frame, at) and _may_lock_next(frame, at):
            return False
        self._stood.pop(ident, None)
        return _raise_at(place, ident, kind, self._stoppable)

    def _is_stuck(self, ident: int, frame: types.FrameType, at: int) -> bool:
        now = time.monotonic()
        ran = time_run(owners.native_id(ident) or 0)
        place = id(frame), at, ran
        before, stood, seen = self._stood.get(ident, (place, 0.0, now))
        stood = stood + min(now - seen, LOOK) if place == before else 0.0
        self._stood[ident] = place, stood, now
        return stood >= (STUCK if ran else PERHAPS_STUCK)


_place = operator.attrgetter("f_code", "f_lasti", "f_back")
"""Where a thread stands, from its innermost frame."""

_set_exception = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)


def _raise_at(place: tuple[Any, ...], ident: int, kind: type[BaseException], stoppable: Collection[int]) -> bool:
    """Raise `kind` in the thread if it still stands in that place, and is `stoppable`. Whether it was so.

    All of this happens in one call of C code (of `any`), so that no thread has its turn between the look and the exception: nobody needs a lock for that.
    """
    frames = map(operator.itemgetter(ident), map(operator.call, (sys._current_frames,)))
    stands = map(place.__eq__, map(_place, frames))
    willing = filter(stoppable.__contains__, (ident,))
    try:
        return any(map(_set_exception, itertools.compress(willing, stands), (kind,)))
    except KeyError:
        return False  # it has ended


def _leaves_a_lock(frame: types.FrameType, at: int) -> bool:
    """Whether an exception `at` a bytecode of `frame`, the innermost one of its thread, would leave a lock taken that has no guard yet, or no longer; or have one released that is not taken."""
    if frame.f_code in WAITS:
        return at not in _places_that_wait(frame.f_code)
    if at in _calls_that_lock(frame.f_code) or any(each.f_code in _LOCKING for each in stack_of(frame)):
        return True
    return any(
        each.f_code.co_filename == threading.__file__
        and _is_about_to_lock(each.f_code, at if each is frame else each.f_lasti)
        for each in stack_of(frame)
    )


@functools.lru_cache(4096)
def _is_about_to_lock(code: types.CodeType, at: int) -> bool:
    """Whether a function stands where an exception would come between it and a lock that it has to give back. Only one that is traced, as a debugger does it, stands there."""
    instructions = _instructions(code)
    here = _index(instructions, at)
    if here == len(instructions):
        return False
    if instructions[here].offset != at or instructions[here].opname == "CALL":
        return _locks(instructions, here)  # it prepares that call, or has not made it yet
    return not instructions[here].opname.startswith(LOOKS) and _ahead(code, at) is Ahead.LOCKS


def _imports_a_library(frame: types.FrameType) -> bool:
    """Whether it runs code of a library for an import. (A module of the learner's own may run for ever.)"""
    for each in stack_of(frame):
        if each.f_code.co_filename.startswith("<frozen importlib"):
            return True
        if not is_library(each):
            return False
    return False


@functools.cache
def _places_that_wait(code: types.CodeType) -> frozenset[int]:
    """The places in a function that waits at which it does, and is ready for an exception."""
    lines = [(each.positions and each.positions.lineno, each) for each in dis.get_instructions(code)]
    waiting = {line for line, each in lines if each.argval == "acquire"}
    return frozenset(each.offset for line, each in lines if line in waiting)  # not by `f_lineno`: a debugger moves that


@functools.lru_cache(4096)
def _calls_that_lock(code: types.CodeType) -> frozenset[int]:
    """The places of the calls, in a function, that may take a lock before anything guards it: `lock.acquire()`, and, since Python 3.14, the head of a `with`."""
    found = set()
    for before, each in itertools.pairwise(_instructions(code)):
        if each.opname == "CALL" and _name(before) in ("acquire", "__enter__"):
            found.add(each.offset)
    return frozenset(found)


def _may_lock_next(frame: types.FrameType, at: int) -> bool:
    """Whether the next call of the thread may take a lock, or give one back: the exception would get in when that has been done, or just before."""
    for each in stack_of(frame):
        ahead = _ahead(each.f_code, at if each is frame else each.f_lasti)
        if ahead is not Ahead.RETURNS:
            return ahead is Ahead.LOCKS
    return False


class Ahead(enum.Enum):
    """What a function does next of all that matters here."""

    LOCKS = enum.auto()
    """It may take a lock, or give one back."""
    RETURNS = enum.auto()
    """Perhaps it returns to its caller first."""
    GOES_ON = enum.auto()
    """It calls something else, or begins anew with a loop."""


@functools.lru_cache(4096)
def _ahead(code: types.CodeType, place: int) -> Ahead:
    """What may come first after the instruction at `place`."""
    instructions = _instructions(code)
    found = Ahead.GOES_ON
    ways, seen = _next(instructions, _index(instructions, place)), set[int]()
    while ways:
        at = ways.pop()
        if at in seen:
            continue
        seen.add(at)
        each = instructions[at]
        if each.opname in ("RAISE_VARARGS", "RERAISE", "WITH_EXCEPT_START") or _locks(instructions, at):
            return Ahead.LOCKS
        if each.opname.startswith("RETURN_") or each.opname == "YIELD_VALUE":
            found = Ahead.RETURNS
        elif not each.opname.startswith("CALL") and each.opname != "JUMP_BACKWARD":
            ways += _next(instructions, at)
    return found


def _next(instructions: tuple[dis.Instruction, ...], at: int) -> list[int]:
    """Where a function may go on after the instruction `at`."""
    each = instructions[at]
    found = [] if each.opname.startswith(("JUMP_", "RETURN_")) else [at + 1]
    if each.opcode in dis.hasjrel or each.opcode in dis.hasjabs:
        found.append(_index(instructions, each.argval))
    return [there for there in found if there < len(instructions)]


def _index(instructions: tuple[dis.Instruction, ...], place: int) -> int:
    return bisect.bisect_left(instructions, place, key=lambda each: each.offset)


def _locks(instructions: tuple[dis.Instruction, ...], at: int) -> bool:
    """Whether the instruction `at` is a call that may take a lock, or give one back: also at the end of a `with`."""
    if not instructions[at].opname.startswith("CALL"):
        return False
    before = instructions[max(at - 3, 0) : at]
    ends_a_with = len(before) == 3 and all(each.opname == "LOAD_CONST" and each.argval is None for each in before)
    return ends_a_with or (bool(before) and _name(before[-1]) in _LOCKS)


@functools.lru_cache(1024)
def _instructions(code: types.CodeType) -> tuple[dis.Instruction, ...]:
    """Those of a function, without the ones that only make room."""
    return tuple(each for each in dis.get_instructions(code) if each.opname not in ("PRECALL", "PUSH_NULL"))


def _name(instruction: dis.Instruction) -> str:
    """What an instruction that loads something loads."""
    return instruction.argval if isinstance(instruction.argval, str) else instruction.argrepr


_LOCKS = {"acquire", "release", "__enter__", "__exit__", "_acquireLock", "_releaseLock"}


def _code(place: object, name: str) -> types.CodeType | None:
    return getattr(getattr(place, name, None), "__code__", None)


_LOCKING = {
    _code(place, name)
    for place, names in (
        (threading, ("enumerate", "active_count")),
        (threading.Thread, ("is_alive", "_stop")),
        (threading.Condition, ("__enter__", "__exit__", "_release_save", "_acquire_restore", "_is_owned")),
        (logging, ("_acquireLock", "_releaseLock", "basicConfig", "addLevelName")),  # the first two: up to Python 3.12
        (logging.Handler, ("acquire", "release", "createLock", "setFormatter", "set_name")),
        (logging.Logger, ("isEnabledFor", "addHandler", "removeHandler", "getChildren")),
        (logging.Manager, ("getLogger", "_clear_cache")),
        (concurrent.futures.ThreadPoolExecutor, ("submit",)),
    )
    for name in names
} - {None}
"""Functions of the standard library that take or give back a lock, most of them one that all threads share. None of them takes long."""
