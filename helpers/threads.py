"""A group of threads that can be stopped: what a program in the background and a server have in common.

Python has no way to end a thread from outside. What comes nearest is what is done here: an exception is raised in the thread (as Ctrl-C
does in the main one), and whatever call it is blocked in is woken, so that the exception gets in. The thread's `with` blocks unwind.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import selectors
import socket
import sys
import threading
import time
import traceback
import types
import weakref
from collections.abc import Callable
from typing import Any

from helpers import sockets
from helpers.sockets import Stopped as Stopped

STOP_TIMEOUT = 2.0
"""Seconds a stop waits for its threads at most; one that is in the middle of C code is given up then, and said so."""
RAISE_AGAIN = 0.1
"""Seconds after which the exception is raised once more in a thread that has swallowed it."""
LONGEST_PAUSE = 0.02

_start_thread = threading.Thread.start
_sleep = time.sleep
_excepthook = threading.excepthook
_wait_code = threading.Condition.wait.__code__
_groups: weakref.WeakSet[ThreadGroup] = weakref.WeakSet()


class ThreadGroup(sockets.Owner):
    """Threads that are stopped together, the threads they start included, and the sockets that all of them made."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.stopping = threading.Event()
        self._threads: set[threading.Thread] = set()
        self._lasting: set[threading.Thread] = set()  # those that keep it running: the others are daemons
        _groups.add(self)

    def spawn(self, target: Callable[..., object], *args: Any, daemon: bool = False) -> threading.Thread:
        """Run `target(*args)` in a thread of this group; the threads that it starts are daemons if it is one."""
        thread = threading.Thread(target=target, args=args, name=f"helpers: {self.name}", daemon=daemon)
        self.take(thread)
        return thread

    def take(self, thread: threading.Thread) -> None:
        """Start `thread` as one of this group."""
        run = thread.run
        thread.run = lambda: self._run(thread, run)  # type: ignore[method-assign]
        with self._lock:
            self._threads.add(thread)
            if not thread.daemon:
                self._lasting.add(thread)
        try:
            _start_thread(thread)
        except BaseException:
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
            return [thread for thread in self._threads if thread is not here and thread.is_alive()]

    def wait_for_rest(self, timeout: float) -> None:
        """Wait until every thread waits for something: a peer, a time, a line of input; `timeout` seconds at most."""
        deadline = time.monotonic() + timeout
        while (alive := self.threads()) and time.monotonic() < deadline:
            frames = sys._current_frames()
            if all(_rests(frames.get(thread.ident or 0)) for thread in alive):
                return
            alive[0].join(0.001)

    def stop_threads(self, patience: float = 0, timeout: float = STOP_TIMEOUT) -> bool:
        """End the threads and close what they left open; whether all have ended.

        `patience`: seconds in which they may end of themselves, their sockets being woken, before the exception is raised in them.
        """
        self.stopping.set()
        begun = time.monotonic()
        due = dict.fromkeys(self.threads(), begun + patience)  # when the exception is raised in each of them (again)
        pause = 0.0005
        while (alive := self.threads()) and time.monotonic() < begun + timeout:
            self._raise_in(alive, due)
            # First only what they are blocked in: a program may want to say goodbye over its other sockets.
            woken = _wake_blocked(alive)
            if patience or not woken or pause > 0.001:
                self._wake_sockets()
            alive[0].join(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        self._close_sockets()
        return not alive

    def _run(self, thread: threading.Thread, run: Callable[[], None]) -> None:
        sockets.own_thread(self)
        try:
            run()
        except (Stopped, SystemExit):
            pass
        except BaseException as error:
            self.fell(error)
        finally:
            self._leave(thread)

    def _leave(self, thread: threading.Thread) -> None:
        with self._lock:  # under the lock in which exceptions are raised: from here on, none comes
            _set_exception(thread, None)
            self._threads.discard(thread)
            sockets.disown_thread()
            last = not self._lasting & self._threads
            self._lasting.discard(thread)
        if last:
            self.finished()

    def _raise_in(self, threads: list[threading.Thread], due: dict[threading.Thread, float]) -> None:
        now = time.monotonic()
        for thread in threads:
            # One that is started while the others unwind belongs to their cleaning up: it gets its time.
            if now < due.setdefault(thread, now + RAISE_AGAIN):
                continue
            with self._lock:
                # Not before it runs, nor while it leaves: `threading` itself would break.
                if sockets.is_owned(thread, self):
                    self.stopped = True
                    due[thread] = now + RAISE_AGAIN
                    if thread.ident not in self._shielded:
                        _set_exception(thread, Stopped)

    def _wake_sockets(self) -> None:
        for sock in self.sockets():
            sockets.wake(sock)

    def _close_sockets(self) -> None:
        for sock in self.sockets():
            sockets.wake(sock)
            try:
                socket.close(sock.detach())
            except OSError:
                pass  # closed meanwhile


def group() -> ThreadGroup | None:
    """Whose the running thread is."""
    who = sockets.owner()
    return who if isinstance(who, ThreadGroup) else None


def install() -> None:
    """Make threads inherit their starter's group, and `time.sleep` end when a group is stopped. Twice does no harm."""
    sockets.install()
    threading.Thread.start = _start_in_group  # type: ignore[method-assign, assignment]
    threading.excepthook = _quiet_excepthook
    time.sleep = _sleep_in_group  # type: ignore[assignment]


def uninstall() -> None:
    """Put everything back as it was."""
    sockets.uninstall()
    threading.Thread.start = _start_thread  # type: ignore[method-assign]
    threading.excepthook = _excepthook
    time.sleep = _sleep


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


def _wake_blocked(threads: list[threading.Thread]) -> bool:
    """Wake each of `threads` from the call it is blocked in; whether each was in one that is known."""
    frames = sys._current_frames()
    known = True
    for thread in threads:
        frame = frames.get(thread.ident or 0)
        if frame is None:
            continue
        if (sock := sockets.blocked_on(frame)) is not None:
            sockets.wake(sock)
        elif frame.f_code is _wait_code:
            _release(frame.f_locals.get("waiter"))
        else:
            known = False
    return known


def _rests(frame: types.FrameType | None) -> bool:
    if frame is None:
        return True
    waits = frame.f_code is _wait_code or frame.f_code.co_filename == selectors.__file__
    return waits or sockets.blocked_on(frame) is not None


def _release(waiter: Any) -> None:
    """Wake a thread that waits in `threading.Condition.wait` (so: for an Event, a Queue, a Future): this is the lock it waits for."""
    try:
        waiter.release()
    except (AttributeError, RuntimeError):
        pass  # not there yet, or woken meanwhile


def _start_in_group(thread: threading.Thread) -> None:
    mine = group()
    if mine is None:
        return _start_thread(thread)
    mine.take(thread)


@functools.wraps(_sleep)
def _sleep_in_group(seconds: float, /) -> None:
    mine = group()
    if mine is None or not seconds >= 0:  # the plain one says what is wrong
        return _sleep(seconds)
    mine.stopping.wait(seconds)


def _quiet_excepthook(args: Any) -> None:
    # A stop that came when the thread had just ended of itself.
    if not issubclass(args.exc_type, Stopped):
        _excepthook(args)


# A process that ends first waits for its threads, and only then calls what `atexit` holds: programs must be stopped before that wait.
getattr(threading, "_register_atexit", atexit.register)(stop_all)
