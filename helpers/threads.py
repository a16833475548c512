"""A group of threads that can be stopped: what a program in the background and a server have in common.

Python has no way to end a thread from outside. What comes nearest is what is done here: an exception is raised in the thread (as Ctrl-C
does in the main one), and whatever call it is blocked in is woken, so that the exception gets in. The thread's `with` blocks unwind.
"""

from __future__ import annotations

import _thread
import atexit
import ctypes
import functools
import itertools
import os
import selectors
import sys
import threading
import time
import traceback
import types
import weakref
from collections.abc import Callable
from typing import Any

from helpers import owners, sockets
from helpers.owners import Stopped as Stopped

STOP_TIMEOUT = 2.0
"""Seconds a stop waits for its threads at most; one that is in the middle of C code is given up then, and said so."""
RAISE_AGAIN = 0.1
"""Seconds after which the exception is raised once more in a thread that has swallowed it."""
LONGEST_PAUSE = 0.02

_start_thread = threading.Thread.start
_start_new_thread = _thread.start_new_thread
plain_sleep = time.sleep
"""The one that a stop does not end."""
_excepthook = threading.excepthook
_groups: weakref.WeakSet[ThreadGroup] = weakref.WeakSet()


class Bell:
    """An Event whose waiters share no lock: one that is stopped just when it holds that would lock out all others, the notebook too."""

    def __init__(self) -> None:
        self._rung = False
        self._waiters: set[Any] = set()

    def is_set(self) -> bool:
        return self._rung

    def set(self) -> None:
        self._rung = True
        for waiter in list(self._waiters):
            _release(waiter)

    def clear(self) -> None:
        self._rung = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, at most `timeout` seconds (None: for ever). Whether it is."""
        waiter = threading.Lock()
        waiter.acquire()
        self._waiters.add(waiter)
        try:
            if not self._rung:
                waiter.acquire(timeout=-1 if timeout is None else min(timeout, threading.TIMEOUT_MAX))
        finally:
            self._waiters.discard(waiter)
        return self._rung


class ThreadGroup(owners.Owner):
    """Threads that are stopped together, the threads they start included, and the sockets that all of them made."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.stopping = Bell()
        self._numbers = itertools.count(1)
        self._threads: set[threading.Thread] = set()
        self._lasting: set[threading.Thread] = set()  # those that keep it running: the others are daemons
        self._leaving: set[threading.Thread] = set()  # they belong to nobody any more, but have not ended yet
        self._due: dict[threading.Thread, float] = {}  # when the exception is raised in each of them (again)
        _groups.add(self)

    def spawn(self, target: Callable[..., object], *args: Any, daemon: bool = False) -> threading.Thread:
        """Run `target(*args)` in a thread of this group; the threads that it starts are daemons if it is one."""
        name = f"helpers: {self.name} ({next(self._numbers)})"  # a recording tells threads apart by their names
        thread = threading.Thread(target=target, args=args, name=name, daemon=daemon)
        self.take(thread)
        return thread

    def take(self, thread: threading.Thread) -> None:
        """Start `thread` as one of this group."""
        if not getattr(thread, "_initialized", False) or thread.ident is not None:
            return _start_thread(thread)  # which says what is wrong
        starter = owners.owner()
        stopped = starter is None or starter.stopped
        fresh = starter is not None and starter.shield()  # an exception in the middle would lose the new thread
        try:
            self._start(thread)
        finally:
            if starter is not None and fresh:
                starter.unshield()
        if starter is not None and starter.stopped and not stopped:
            raise Stopped

    def dismiss_workers(self) -> None:
        """Let idle workers of its thread pools go when they have done what was submitted, as the end of a script does."""
        _dismiss_workers(self.threads(), cancel=False)

    def _start(self, thread: threading.Thread) -> None:
        run = thread.run
        thread.run = lambda: self._run(thread, run)  # type: ignore[method-assign]
        with self._lock:
            self._threads.add(thread)
            if not thread.daemon:
                self._lasting.add(thread)
        try:
            _start_thread(thread)
        except Exception:  # not KeyboardInterrupt: after that one it runs
            with self._lock:
                self._threads.discard(thread)
                self._lasting.discard(thread)
            raise

    def fell(self, error: BaseException) -> None:
        """Called in a thread of the group that ends with `error`."""
        raise NotImplementedError

    def finished(self) -> None:
        """Called when the last thread but daemons has ended, in that thread, which no longer belongs to the group."""

    def threads(self) -> list[threading.Thread]:
        """Those of its threads that are alive, the running one left out."""
        here = threading.current_thread()
        with self._lock:
            return [thread for thread in self._threads | self._leaving if thread is not here and thread.is_alive()]

    def wait_for_rest(self, timeout: float) -> None:
        """Wait until each of its threads waits for something: a peer, a time, a line of input; `timeout` seconds at most."""
        wait_for_rest(timeout, lambda: {thread.ident or 0 for thread in self.threads()})

    def stop_threads(self, patience: float = 0, timeout: float = STOP_TIMEOUT) -> bool:
        """End the threads and close what they left open; whether all have ended.

        `patience`: seconds in which they may end of themselves, their sockets being woken, before the exception is raised in them.
        """
        self.stopping.set()
        begun = time.monotonic()
        for thread in self.threads():
            self._due.setdefault(thread, begun + patience)
        pause = 0.0005
        while (alive := self.threads()) and time.monotonic() < begun + timeout:
            _dismiss_workers(alive)
            self._raise_in(alive)
            # First only what they are blocked in: a program may want to say goodbye over its other sockets.
            woken = _wake_blocked(alive, self._met(alive))
            if patience or not woken or pause > 0.001:
                self._wake_sockets()
            alive[0].join(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        self._close_sockets()
        self._due.clear()
        return not alive

    def _run(self, thread: threading.Thread, run: Callable[[], None]) -> None:
        owners.own_thread(self)
        del thread.run  # type: ignore[misc]  # whoever calls it from now on gets the plain one
        try:
            run()
        except (Stopped, SystemExit):
            pass
        except BaseException as error:
            self.fell(error)
        finally:
            while True:
                try:
                    self._leave(thread)
                    break
                except Stopped:  # it was on its way already
                    continue

    def _leave(self, thread: threading.Thread) -> None:
        with self._lock:  # under the lock in which exceptions are raised: from here on, none comes
            _set_exception(thread, None)
            self._threads.discard(thread)
            self._leaving = {each for each in self._leaving if each.is_alive()} | {thread}
            self._shielded.discard(threading.get_ident())
            owners.disown_thread()
            last = thread in self._lasting and len(self._lasting) == 1
            self._lasting.discard(thread)
        if last:
            self.finished()

    def _raise_in(self, threads: list[threading.Thread]) -> None:
        now = time.monotonic()
        for thread in threads:
            # One that is started while the others unwind belongs to their cleaning up: it gets its time.
            if now < self._due.setdefault(thread, now + RAISE_AGAIN):
                continue
            with self._lock:
                # Not before it runs, nor while it leaves: `threading` itself would break.
                if owners.is_owned(thread, self):
                    self.stopped = True
                    self._due[thread] = now + RAISE_AGAIN
                    if thread.ident not in self._shielded:
                        _set_exception(thread, Stopped)

    def _met(self, threads: list[threading.Thread]) -> set[threading.Thread]:
        """Those of `threads` in which the exception is raised."""
        return {thread for thread in threads if self.stopped and thread.ident not in self._shielded}

    def _wake_sockets(self) -> None:
        for sock in self.sockets():
            sockets.wake(sock)

    def _close_sockets(self) -> None:
        for sock in self.sockets():
            sockets.wake(sock)
            try:
                sock._real_close()  # type: ignore[attr-defined]  # not `close`: that waits for files made by `makefile`
            except OSError:
                pass  # closed meanwhile


def group() -> ThreadGroup | None:
    """Whose the running thread is."""
    who = owners.owner()
    return who if isinstance(who, ThreadGroup) else None


def forget_all() -> None:
    """In a process that was forked: it has none of the threads, and must not shut down its parent's connections when it ends."""
    for each in list(_groups):
        each._sockets.clear()
    _groups.clear()
    owners.forget_owners()


def install() -> None:
    """Make threads inherit their starter's group, and `time.sleep` end when a group is stopped. Twice does no harm."""
    sockets.install()
    threading.Thread.start = _start_in_group  # type: ignore[method-assign, assignment]
    _thread.start_new_thread = _start_new_in_group
    threading.excepthook = _quiet_excepthook
    time.sleep = _sleep_in_group  # type: ignore[assignment]


def uninstall() -> None:
    """Put everything back as it was."""
    sockets.uninstall()
    threading.Thread.start = _start_thread  # type: ignore[method-assign]
    _thread.start_new_thread = _start_new_thread
    threading.excepthook = _excepthook
    time.sleep = plain_sleep


def stop_all() -> None:
    """End every program and server: the process ends."""
    for each in list(_groups):
        each.stop_threads()


def drop_our_frames(error: BaseException) -> None:
    """Leave, in the traceback of `error` and of those that led to it, only the frames of others: the learner's code."""
    for link in (error.__cause__, error.__context__):
        if link is not None:
            drop_our_frames(link)
    above = error.__traceback__
    while above is not None and above.tb_next is not None:
        if above.tb_next.tb_frame.f_code.co_filename.startswith(_FOLDER):
            above.tb_next = above.tb_next.tb_next
        else:
            above = above.tb_next


def told(error: BaseException) -> str:
    """The traceback of `error` as the learner's own: without the frames of this package, without folders."""
    try:
        return _told(error)
    except Exception:  # an error that cannot even be shown
        return f"{type(error).__name__}: it cannot be shown\n"


def _told(error: BaseException) -> str:
    story = traceback.TracebackException.from_exception(error)
    links: list[traceback.TracebackException | None] = [story]
    while links:
        link = links.pop()
        if link is None:
            continue
        link.stack = traceback.StackSummary.from_list([_shown(frame) for frame in link.stack if not _is_ours(frame)])
        links += [link.__cause__, link.__context__]
    return "".join(story.format())


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename == threading.__file__ or frame.filename.startswith(_FOLDER)


def _shown(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    folder, _, name = frame.filename.rpartition(os.sep)
    # A cell's code has a file name made up by the kernel, another one each time.
    frame.filename = "<cell>" if "ipykernel" in folder or name.startswith("<ipython") else name
    return frame


_FOLDER = os.path.dirname(__file__) + os.sep


def _set_exception(thread: threading.Thread, kind: type[BaseException] | None) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(kind) if kind else ctypes.c_void_p()
        )


def _wake_blocked(threads: list[threading.Thread], met: set[threading.Thread]) -> bool:
    """Wake each of `threads` from the call it is blocked in; whether each was in one that is known.

    One that waits for a lock is woken only where an exception has `met` it: otherwise it would take it for an answer.
    """
    frames = sys._current_frames()
    known = True
    for thread in threads:
        frame = frames.get(thread.ident or 0)
        if frame is None:
            continue
        if (sock := sockets.socket_in(frame)) is not None:
            sockets.wake(sock)
        elif frame.f_code in _WAITS:
            if thread in met:
                _release(frame.f_locals.get("waiter"))
        else:
            known = False
    return known


def _dismiss_workers(threads: list[threading.Thread], cancel: bool = True) -> None:
    """Let the idle threads of a ThreadPoolExecutor go, as the end of a process does: they wait in C code, and swallow what is raised."""
    module = sys.modules.get("concurrent.futures.thread")
    if module is None:
        return
    frames = sys._current_frames()
    for thread in threads:
        frame = frames.get(thread.ident or 0)
        while frame is not None and frame.f_code is not module._worker.__code__:
            frame = frame.f_back
        if frame is None:
            continue
        executor = frame.f_locals["executor_reference"]()
        if executor is not None and not executor._shutdown:
            executor.shutdown(wait=False, cancel_futures=cancel)


def wait_for_rest(timeout: float, who: Callable[[], set[int]] = lambda: set(owners.everybody())) -> None:
    """Wait until each of `who`, threads by their `ident` (those of all programs and servers), waits for something; `timeout` seconds at most."""
    deadline = time.monotonic() + timeout
    quiet = 0
    while quiet < len(LOOKS) and time.monotonic() < deadline:
        frames = sys._current_frames()
        others = who() - {threading.get_ident()}
        quiet = quiet + 1 if all(_rests(frames.get(ident)) for ident in others) else 0
        if not others:
            return
        plain_sleep(LOOKS[quiet - 1])


LOOKS = 0.0003, 0.0005, 0.0002, 0.0004
"""Seconds after each look that finds all at rest. A thread that has just been woken, and not run yet, looks as if it were still waiting; and while one
is looked at, another may hand it something. That is why it takes several looks, not evenly spaced: what happens in turns would stay in step with them."""


def _rests(frame: types.FrameType | None) -> bool:
    """Whether a thread, in this frame, waits for something that has not come yet."""
    if frame is None:
        return True
    if frame.f_code in _WAITS:
        waiter = frame.f_locals.get("waiter")
        return (waiter is None or waiter.locked()) and not _starts_a_thread(frame)
    if frame.f_code in _JOINS:
        return frame.f_locals["self"].is_alive()
    loop = frame if frame.f_code in loops else frame.f_back
    if loop is not None and loop.f_code in loops:
        return loops[loop.f_code](loop.f_locals["self"])
    if frame.f_code.co_filename == selectors.__file__:
        return not is_ready(frame.f_locals.get("self"))
    return sockets.waits(frame) and not sockets.is_ready_for(frame)


loops: dict[types.CodeType, Callable[[Any], bool]] = {}
"""Methods in which the thread of a loop waits for whatever comes next, each with a function that says of its `self` whether it rests there."""


def _starts_a_thread(frame: types.FrameType) -> bool:
    """Whether this wait is the one in `Thread.start`, for the new thread to run: on a busy machine that takes a while, and it is no rest."""
    above = frame.f_back and frame.f_back.f_back  # Condition.wait, Event.wait, Thread.start
    return above is not None and above.f_code is _start_thread.__code__


def is_ready(selector: Any) -> bool:
    """Whether there is something to do for whoever waits in `selector`."""
    try:
        with selectors.DefaultSelector() as twin:
            for key in list(selector.get_map().values()):
                twin.register(key.fd, key.events)
            return bool(twin.select(0))
    except (
        AttributeError,
        OSError,
        RuntimeError,
        ValueError,
    ):  # it is being changed, or closed: not a sign of rest, or of none
        return False


_JOINS = {
    method.__code__
    for name in ("join", "_wait_for_tstate_lock")  # the second up to Python 3.12
    if (method := getattr(threading.Thread, name, None)) is not None
}
_WAITS = {threading.Condition.wait.__code__, Bell.wait.__code__}
"""Where Python code waits for a lock of its own, which is called `waiter` there (so: for an Event, a Queue, a Future, a Bell, a time)."""


def _release(waiter: Any) -> None:
    """Wake the thread that waits for this lock."""
    try:
        waiter.release()
    except (AttributeError, RuntimeError):
        pass  # not there yet, or woken meanwhile


def _start_in_group(thread: threading.Thread) -> None:
    mine = group()
    if mine is None:
        return _start_thread(thread)
    mine.take(thread)


def _start_new_in_group(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, /
) -> int:
    mine = group()
    if mine is None:
        return _start_new_thread(function, args, kwargs or {})
    thread = threading.Thread(target=function, args=args, kwargs=kwargs, daemon=True)
    mine.take(thread)
    return thread.ident or 0


@functools.wraps(plain_sleep)
def _sleep_in_group(seconds: float, /) -> None:
    mine = group()
    if mine is None or not isinstance(seconds, (int, float)) or not seconds > 0:  # the plain one says what is wrong
        return plain_sleep(seconds)
    mine.stopping.wait(seconds)


def _quiet_excepthook(args: Any) -> None:
    # A stop that came when the thread had just ended of itself.
    if not issubclass(args.exc_type, Stopped):
        _excepthook(args)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_all)

# A process that ends first waits for its threads, and only then calls what `atexit` holds: programs must be stopped before that wait.
getattr(threading, "_register_atexit", atexit.register)(stop_all)
