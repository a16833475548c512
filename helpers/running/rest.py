"""Waits until everything in the background waits for something itself: the moment at which a recording begins, and ends.

Comes in: which threads to look at (those of all programs and servers, unless told). Goes out: nothing but the moment. A thread rests if its innermost frame is one that
is known to wait (a call of a socket, a lock, a join, a selector, the loop of a link), and what it waits for has not come yet. In any other frame it may wait in C code (a worker of
a pool for work, a `SimpleQueue`, a pipe, another process): it rests if it stands where it stood at the look before, and the system says that it sleeps and has not run since.
"""

from __future__ import annotations

import selectors
import sys
import threading
import time
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from helpers.running.bell import Bell
from helpers.running.plain import plain_sleep, start_thread
from helpers.sockets import owners
from helpers.sockets.blocking import require_locals
from helpers.sockets.kernel import awaits_its_turn, naps, time_queued, time_run, time_run_is_told
from helpers.sockets.selecting import is_ready_in, select_in_turns
from helpers.sockets.stacks import OtherStacks
from helpers.sockets.waiting import has_mate, is_ready_for, waits


def wait_for_rest(timeout: float, who: Callable[[], set[int]] = lambda: set(owners.everybody())) -> bool:
    """Wait until each of `who`, threads by their `ident` (those of all programs and servers), waits for something: whether they do.

    `timeout` seconds at most, and longer where the machine is so busy that they wait for their turn on the processor.
    """
    patience = _Patience(timeout)
    quiet = 0
    before: dict[int, _Standing] = {}
    others: set[int] = set()
    while quiet < len(LOOKS) and patience.lasts(others):
        others = who() - {threading.get_ident()}
        with OtherStacks() as frames:
            found = {ident: _rests(frames.get(ident)) for ident in others}
            unknown = [ident for ident, rests in found.items() if rests is None]
            now = _standing(unknown, frames)
        sleeping = all(ident in now and now[ident] == before.get(ident) for ident in unknown)
        quiet = quiet + 1 if sleeping and False not in found.values() else 0
        if quiet == len(LOOKS) and any(awaits_its_turn(owners.native_id(ident) or 0) for ident in others):
            quiet = 0
        before = now
        if not others:
            return True
        plain_sleep(LOOKS[quiet - 1])
    return quiet == len(LOOKS)


class _Patience:
    """For how long threads are waited for: `seconds` of the clock; but those do not count in which this thread came late to its look, nor, as far as the system tells, those in which the others could have run and had no turn. At most `BUSY` times as long.

    On a busy machine each of them may come late by some 20 ms, and what a cell sets off wakes ten of them in a row.
    """

    def __init__(self, seconds: float) -> None:
        begun = time.monotonic()
        self._end = begun + seconds
        self._last = begun + seconds * BUSY
        self._asks = begun + seconds * UNASKED
        self._looked = begun
        self._queued: dict[int, float] | None = None

    def lasts(self, others: set[int]) -> bool:
        """Whether there is time left for `others`."""
        now = time.monotonic()
        self._end += max(now - self._looked - LATE, 0.0)
        self._looked = now
        if now >= self._asks and (self._queued is None or now >= self._end):
            self._count(others)
        return now < min(self._end, self._last)

    def _count(self, others: set[int]) -> None:
        """Add what they have waited for their turn since it was counted last."""
        queued = {ident: time_queued(owners.native_id(ident) or 0) for ident in others}
        if self._queued is not None:
            late = sum(seconds - self._queued.get(ident, 0.0) for ident, seconds in queued.items())
            self._end += max(late, 0.0)
        self._queued = queued


BUSY = 4
"""Times as long as on a quiet machine that is waited on a busy one."""
LATE = 0.02
"""Seconds from one look to the next, at most, where nothing keeps this thread: some 5 ms for each turn of a program that computes."""
UNASKED = 0.1
"""Part of the time in which the system is not asked who waits for a turn: mostly all rest before that."""


class _Standing(NamedTuple):
    """Where a thread sleeps: if it is the same twice, it has not moved in between."""

    frame: int
    instruction: int
    ran: str
    """For how long it has run so far, as the system says it."""


def _standing(idents: Iterable[int], frames: Mapping[int, types.FrameType]) -> dict[int, _Standing]:
    """Where these threads stand, of those that sleep, as far as the system tells."""
    if not idents:
        return {}
    found: dict[int, _Standing] = {}
    for ident in idents:
        frame, native = frames.get(ident), owners.native_id(ident)
        if frame is None or native is None:
            continue
        ran = time_run(native) or ("idle" if is_idle_worker(frame) else None)
        if ran is not None and not naps(native):
            found[ident] = _Standing(id(frame), frame.f_lasti, ran)
    return found


def is_idle_worker(frame: types.FrameType) -> bool:
    """Whether it is that of a worker of a `ThreadPoolExecutor` for which there is nothing to do: where the system does not say who sleeps."""
    worker = getattr(sys.modules.get("concurrent.futures.thread"), "_worker", None)
    queue = frame.f_locals.get("work_queue") if worker is not None and frame.f_code is worker.__code__ else None
    return queue is not None and bool(queue.empty())


LOOKS = 0.0003, 0.0005, 0.0002, 0.0004
"""Seconds after each look that finds all at rest. A thread that has just been woken, and not run yet, looks as if it were still waiting; and while one
is looked at, another may hand it something. That is why it takes several looks, not evenly spaced: what happens in turns would stay in step with them.
On a busy machine a thread that was woken may have no turn during all of them: at the last one the system is asked."""


def _rests(frame: types.FrameType | None) -> bool | None:
    """Whether a thread, in this frame, waits for something that has not come yet; None: this frame says nothing of that."""
    if frame is None:
        return True
    if frame.f_code in WAITS:
        waiter = frame.f_locals.get("waiter")
        return (waiter is None or waiter.locked()) and not _starts_a_thread(frame)
    if frame.f_code in _JOINS:
        return bool(frame.f_locals["self"].is_alive())
    if frame.f_code in sleeps:
        return False
    if (loop := _loop_around(frame)) is not None:
        return loops[loop.f_code](loop.f_locals["self"])
    if frame.f_code is select_in_turns.__code__:
        return not is_ready_in(frame)
    if frame.f_code.co_filename == selectors.__file__:
        return not is_ready(frame.f_locals.get("self"))
    if not waits(frame):
        return None
    if is_ready_for(frame):
        return False
    # What another process has sent may be taken, and its thread not back yet: only the system knows whether it has run.
    return None if across_processes and _TELLS and not has_mate(frame) else True


across_processes = False
"""Whether there are programs in processes of their own: this is one, or has started one."""
_TELLS = time_run_is_told()


loops: dict[types.CodeType, Callable[[Any], bool]] = {}
"""Methods in which the thread of a loop waits for whatever comes next, each with a function that says of its `self` whether it rests there."""


def _loop_around(frame: types.FrameType) -> types.FrameType | None:
    """The frame of one of `loops`, if its thread waits in its selector: on Windows that is made of several functions."""
    found: types.FrameType | None = frame
    for _ in range(_DEEPEST):
        if found is None or found.f_code in loops:
            return found
        found = found.f_back
    return None


_DEEPEST = 5
"""Frames from a loop's own to the one in which it waits, at most."""

sleeps: set[types.CodeType] = set()
"""Functions in which a thread sleeps that goes on by itself."""


def _starts_a_thread(frame: types.FrameType) -> bool:
    """Whether this wait is the one in `Thread.start`, for the new thread to run: on a busy machine that takes a while, and it is no rest."""
    above = frame.f_back and frame.f_back.f_back  # Condition.wait, Event.wait, Thread.start
    return above is not None and above.f_code is start_thread.__code__


def is_ready(selector: Any) -> bool:
    """Whether there is something to do for whoever waits in `selector`."""
    try:
        with selectors.DefaultSelector() as twin:
            for key in list(selector.get_map().values()):
                twin.register(key.fd, key.events)
            return bool(twin.select(0))
    except (AttributeError, OSError, RuntimeError, ValueError):
        return False  # it is being changed, or closed: not a sign of rest, or of none


_JOINS = {
    method.__code__
    for name in ("join", "_wait_for_tstate_lock")  # the second up to Python 3.12
    if (method := getattr(threading.Thread, name, None)) is not None
}

WAITS = {threading.Condition.wait.__code__, Bell.wait.__code__}
"""Where Python code waits for a lock of its own, which is called `waiter` there (so: for an Event, a Queue, a Future, a Bell, a time)."""

require_locals(select_in_turns.__code__, "wanted")
for _code in WAITS:
    require_locals(_code, "waiter")
for _code in _JOINS:
    require_locals(_code, "self")
