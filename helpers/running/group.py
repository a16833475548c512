"""A group of threads that can be stopped: what a program in the background and a server have in common.

Python has no way to end a thread from outside. What comes nearest is what is done here: an exception is raised in the thread (as Ctrl-C
does in the main one), and whatever call it is blocked in is woken, so that the exception gets in. The thread's `with` blocks unwind.
"""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable
from typing import Any

from helpers.running.bell import Bell, release
from helpers.running.plain import plain_sleep, start_thread
from helpers.running.raising import Raiser
from helpers.running.rest import WAITS, wait_for_rest
from helpers.sockets import owners
from helpers.sockets.owners import Stopped, came_of_stop
from helpers.sockets.stacks import OtherStacks, handled_in
from helpers.sockets.waiting import socket_in
from helpers.sockets.waking import wake

STOP_TIMEOUT = 2.0
"""Seconds a stop waits for its threads at most; one that is in the middle of C code is given up then, and said so."""

RAISE_AGAIN = 0.1
"""Seconds after which the exception is raised once more in a thread that has swallowed it."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.0005, 0.02
"""Seconds between two looks at threads that are stopped. The short ones are for a thread that stands where no exception can be raised: it will have gone on."""

_groups: weakref.WeakSet[ThreadGroup] = weakref.WeakSet()
_stoppers: set[int] = set()  # threads that are just stopping others


class ThreadGroup(owners.Owner):
    """Threads that are stopped together, the threads they start included, and the sockets that all of them made."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.stopping = Bell()
        self.has_left = False
        """Whether it has ended on the spot (`os._exit`): what its threads still do, on their way out, is not heard."""
        self._numbers = itertools.count(1)
        self._threads: set[threading.Thread] = set()
        self._lasting: set[threading.Thread] = set()  # those that keep it running: the others are daemons
        self._leaving: set[threading.Thread] = set()  # they belong to nobody any more, but have not ended yet
        self._forked: threading.Thread | None = None  # in a process that it forked: the thread that did
        self._due: dict[threading.Thread, float] = {}  # when the exception is raised in each of them at the earliest
        self._raiser = Raiser(self._stoppable)
        self._raises = False  # a stop gives its threads no time to end of themselves
        self._telling: int | None = None  # the thread in which the exception is just being raised
        self._over = threading.Lock()  # taken by the last one that leaves, and never given back
        self.kept: list[socket.socket] = []
        """Twins of sockets in which its threads may be blocked, and which may be closed: to wake them."""
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
            return start_thread(thread)  # which says what is wrong
        with owners.shielded():  # an exception in the middle would lose the new thread
            self._start(thread)

    def dismiss_workers(self) -> None:
        """Let idle workers of its thread pools go when they have done what was submitted, as the end of a script does."""
        with owners.shielded():  # locks are taken on the way
            _dismiss_workers(self.threads(), cancel=False)

    def _start(self, thread: threading.Thread) -> None:
        run = thread.run
        thread.run = lambda: self._run(thread, run)  # type: ignore[method-assign]
        self._threads.add(thread)
        if not thread.daemon:
            if not self._lasting:
                self._over = threading.Lock()
            self._lasting.add(thread)
        try:
            start_thread(thread)
        except Exception:  # not KeyboardInterrupt: after that one it runs
            self._threads.discard(thread)
            self._lasting.discard(thread)
            raise

    def has(self, thread: threading.Thread) -> bool:
        """Whether `thread` is one of its own, from just before it starts to its end."""
        return thread in self._threads

    def begins(self, thread: threading.Thread) -> None:
        """Called in each of its threads, before that does anything."""

    def ends(self, thread: threading.Thread) -> None:
        """Called in each of them when it has done all that it was started for."""

    def unwound(self, error: BaseException) -> None:
        """Called in a thread of the group that ends with `error`, or is stopped: what stands in its frames is lost with that."""

    def fell(self, error: BaseException) -> None:
        """Called in a thread of the group that ends with `error`, and was not stopped."""
        raise NotImplementedError

    def finished(self) -> None:
        """Called when the last thread but daemons has ended, in that thread, which no longer belongs to the group."""

    def sleep(self, seconds: float) -> None:
        """`time.sleep`, in one of its threads: a stop ends it."""
        here, end = threading.get_ident(), time.monotonic() + seconds
        if self._was_told(here):  # in a `finally`, say: it sleeps as after Ctrl-C, until the exception comes again
            while (left := end - time.monotonic()) > 0:
                plain_sleep(min(left, LONGEST_PAUSE))
            return
        self.stopping.wait(seconds)
        # Before the exception has come it does not return: a `finally` would begin as after a whole sleep, and the exception meet it there.
        while self._raises and not self._was_told(here) and (left := end - time.monotonic()) > 0:
            plain_sleep(min(left, SHORTEST_PAUSE))

    def _was_told(self, ident: int) -> bool:
        """Whether the exception was raised in this thread; while it is being raised, that is not known yet."""
        return ident in self._told and ident != self._telling

    def threads(self) -> list[threading.Thread]:
        """Those of its threads that are alive, the running one left out."""
        here = threading.current_thread()
        return [thread for thread in self._threads | self._leaving if thread is not here and thread.is_alive()]

    def wait_for_rest(self, timeout: float) -> None:
        """Wait until each of its threads waits for something: a peer, a time, a line of input; `timeout` seconds at most."""
        wait_for_rest(timeout, lambda: {thread.ident or 0 for thread in self.threads()})

    def stop_threads(self, patience: float = 0, timeout: float = STOP_TIMEOUT) -> bool:
        """End the threads and close what they left open; whether all have ended.

        `patience`: seconds in which they may end of themselves, their sockets being woken, before the exception is raised in them.
        """
        self._raises = not patience
        self.stopping.set()
        with owners.shielded():  # whoever stops others may be stopped meanwhile
            here = threading.get_ident()
            _stoppers.add(here)
            try:
                return self._stop_threads(patience, timeout)
            finally:
                _stoppers.discard(here)

    def _stop_threads(self, patience: float, timeout: float) -> bool:
        for each in before_stopping:
            each(self)
        begun = time.monotonic()
        for thread in self.threads():
            self._due.setdefault(thread, begun + patience)
        pause = SHORTEST_PAUSE
        while True:
            alive = self.threads()
            _dismiss_workers(alive)  # it is these that no exception would reach
            hurry = time.monotonic() > begun + timeout / 2
            unwinding = set() if hurry else self._unwinding(alive)
            deaf = self._raise_in([each for each in alive if each not in unwinding], hurry)
            told = not deaf or time.monotonic() > begun + RAISE_AGAIN
            if owners.owner() is not None:
                alive = [each for each in alive if each.ident not in _stoppers]  # or two would wait for each other
            if not alive or time.monotonic() > begun + timeout:
                break
            # Nobody is woken before: it would go on as at the end of a stream.
            if told:
                for each in while_stopping:
                    each(self)
            waiting = [each for each in alive if each not in unwinding and (told or each not in deaf)]
            woken = _wake_blocked(waiting, self._met(waiting))
            # First only what they are blocked in: a program may want to say goodbye over its other sockets. (On a busy machine, whoever was woken waits for a turn.)
            if told and not unwinding and (patience or not woken or hurry):
                self._wake_sockets()
            alive[0].join(pause)
            pause = min(pause * 2, LONGEST_PAUSE if told else 2 * SHORTEST_PAUSE)
        self._close_sockets()
        for each in when_stopped:
            each(self)
        self._due.clear()
        self._let_go_of_ended()
        return not alive

    def _run(self, thread: threading.Thread, run: Callable[[], None]) -> None:
        owners.own_thread(self, thread)
        self._told.pop(threading.get_ident(), None)  # of another thread, which had its `ident` before
        del thread.run  # whoever calls it from now on gets the plain one
        self.begins(thread)
        try:
            self._let_run(run)
        except Stopped:
            pass  # just before it was shielded
        self.ends(thread)
        while True:
            try:
                self._leave(thread)
                return owners.forget_thread()
            except Stopped:
                continue

    def _let_run(self, run: Callable[[], None]) -> None:
        try:
            self.unshield()
            run()
        except BaseException as error:
            self.unwound(error)
            if not isinstance(error, (Stopped, SystemExit)):
                self.fell(error)
        finally:
            self.shield()

    def _leave(self, thread: threading.Thread) -> None:
        self.shield()  # from here on, no exception comes. (To take one back, that Python has a call for, would make Python 3.11 slow for good.)
        lasted = thread in self._lasting
        # Asked whether that one lives, Python 3.14 would wait for its end, in vain.
        if thread is not self._forked:
            self._leaving.add(thread)
        self._threads.discard(thread)
        self._lasting.discard(thread)
        owners.disown_thread()
        self._let_go_of_ended()
        # Two that leave at the same time may both find that nobody is left.
        if lasted and not self._lasting and self._over.acquire(blocking=False):
            self.finished()

    def _let_go_of_ended(self) -> None:
        """Threads that have ended: their objects may hold descriptors."""
        for each in list(self._leaving):
            if not each.is_alive():
                self._leaving.discard(each)

    def _raise_in(self, threads: list[threading.Thread], hurry: bool) -> set[threading.Thread]:
        """Raise the exception in those whose time has come. Gives back those in which that cannot be done just now; all others have heard of it, or will look for themselves."""
        deaf = set()
        for thread in threads:
            now = time.monotonic()
            # One that is started while the others unwind belongs to their cleaning up: it gets its time.
            if now < self._due.setdefault(thread, now + RAISE_AGAIN):
                continue
            # Not before it runs, nor while it leaves: `threading` itself would break.
            if thread.ident is not None and owners.of(thread.ident) is self:
                self.stopped = True
                self._telling = thread.ident
                if not self._tell(thread.ident, now, hurry):
                    deaf.add(thread)
                self._telling = None
        return deaf

    def _tell(self, ident: int, now: float, hurry: bool) -> bool:
        """Raise the exception in a thread, if nobody has done so of late. False if that cannot be done just now."""
        before = self._told.setdefault(ident, now)
        if before is not now and now < before + RAISE_AGAIN:
            return True
        self._told[ident] = now
        if self._raiser.raise_in(ident, self.instead.get(ident, Stopped), hurry):
            self.instead.pop(ident, None)
            return True
        if before is not now:
            self._told[ident] = before
        else:
            self._told.pop(ident, None)
        return ident not in self._stoppable

    def _unwinding(self, threads: list[threading.Thread]) -> set[threading.Thread]:
        """Those that are on their way out of the exception, in a `finally`, say: as after Ctrl-C, they may do there what they have to."""
        return {each for each in threads if each.ident in self._told and came_of_stop(handled_in(each.ident))}

    def _met(self, threads: list[threading.Thread]) -> set[threading.Thread]:
        """Those of `threads` in which the exception is raised."""
        return {thread for thread in threads if thread.ident in self._told and thread.ident in self._stoppable}

    def raise_in(self, ident: int, kind: type[BaseException]) -> None:
        """Raise this in one of its threads, and nothing in the others, as Ctrl-C does in a process."""
        thread = next((each for each in self.threads() if each.ident == ident), None)
        if thread is None:
            return
        deadline = time.monotonic() + STOP_TIMEOUT
        while not self._raiser.raise_in(ident, kind) and time.monotonic() < deadline:
            with OtherStacks() as frames:
                frame = frames.get(ident)
                in_a_socket = frame is not None and socket_in(frame) is not None
            if frame is None or (in_a_socket and Raiser((ident,)).raise_in(ident, kind)):
                break  # a shielded one waits in `accept`
            thread.join(SHORTEST_PAUSE)
        _wake_blocked([thread], {thread})

    def _keep_this_thread(self) -> None:
        """In a process that was forked: the others are not there."""
        here = threading.current_thread()
        self._threads, self._lasting, self._forked = {here}, {here}, here
        self._leaving.clear()
        self._over = threading.Lock()
        owners.own_thread(self)

    def _wake_sockets(self) -> None:
        for sock in (*self.sockets(), *self.kept):
            wake(sock)

    def _close_sockets(self) -> None:
        for sock in self.sockets():
            wake(sock)
            try:
                sock._trace.left = True  # type: ignore[attr-defined]
                sock._real_close()  # type: ignore[attr-defined]  # not `close`: that waits for files made by `makefile`
            except OSError:
                pass  # closed meanwhile


def group() -> ThreadGroup | None:
    """Whose the running thread is."""
    who = owners.owner()
    return who if isinstance(who, ThreadGroup) else None


def groups() -> list[ThreadGroup]:
    """All that there are."""
    return list(_groups)


def forget_all() -> ThreadGroup | None:
    """In a process that was forked: it has none of the threads but the one that forked, and must not shut down its parent's connections when it ends. Gives back whose that one is."""
    mine = group()
    for each in list(_groups):
        each._sockets.clear()
    _groups.clear()
    owners.forget_owners()
    if mine is not None:
        mine._keep_this_thread()
    return mine


before_stopping: list[Callable[[ThreadGroup], object]] = []
while_stopping: list[Callable[[ThreadGroup], object]] = []
when_stopped: list[Callable[[ThreadGroup], object]] = []
"""What else is done when the threads of a group are stopped: before, again and again while some of them have not ended, and afterwards."""

endings: list[Callable[[], None]] = []
"""What else is to be ended with them."""


def stop_all() -> None:
    """End every program and server: the process ends."""
    for end in endings:
        end()
    for each in list(_groups):
        each.stop_threads()


def _wake_blocked(threads: list[threading.Thread], met: set[threading.Thread]) -> bool:
    """Wake each of `threads` from the call it is blocked in; whether each was in one that is known.

    One that waits for a lock is woken only where an exception has `met` it: otherwise it would take it for an answer.
    """
    known = True
    with OtherStacks() as frames:
        for thread in threads:
            frame = frames.get(thread.ident or 0)
            if frame is None:
                continue
            if (sock := socket_in(frame)) is not None:
                wake(sock)
            elif frame.f_code in WAITS:
                if thread in met:
                    release(frame.f_locals.get("waiter"))
            else:
                known = False
    return known


def _dismiss_workers(threads: list[threading.Thread], cancel: bool = True) -> None:
    """Let the idle threads of a ThreadPoolExecutor go, as the end of a process does: they wait in C code, and swallow what is raised."""
    module = sys.modules.get("concurrent.futures.thread")
    if module is None:
        return
    for executor in _executors(threads, module._worker.__code__):
        # The lock is the program's: if it is taken, a thread has to go on first.
        if executor is not None and not executor._shutdown and not executor._shutdown_lock.locked():
            executor.shutdown(wait=False, cancel_futures=cancel)


def _executors(workers: list[threading.Thread], work: types.CodeType) -> list[Any]:
    """Of each of these threads that is a worker, which runs in `work`: for whom."""
    found = []
    with OtherStacks() as frames:
        for thread in workers:
            frame = frames.get(thread.ident or 0)
            while frame is not None and frame.f_code is not work:
                frame = frame.f_back
            if frame is not None:
                found.append(frame.f_locals["executor_reference"]())
    return found
