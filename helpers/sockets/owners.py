"""Which program or server a thread belongs to; None: to the notebook itself.

Comes in: threads that say, as they begin and end, whose they are. Goes out: `owner()`, which the traced socket, the standard streams and `time.sleep` ask at each
call; `Owner`, what a program or server must be able to do for that; and `Stopped`, which ends a program. `running` makes owners; everybody may ask.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import socket
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from helpers.sockets.stacks import stack_of

PROCESS_MARK = "NETWORKING_COURSE_PROCESS"
"""An environment variable that a program in a process of its own has, and all that it starts, wherever it hides: a token, which begins with the id of the notebook's process."""
PROGRAM_NAME = "NETWORKING_COURSE_PROGRAM"
"""Another one: what the program is called."""


class Stopped(KeyboardInterrupt):
    """Raised in a program that is stopped, as Ctrl-C raises KeyboardInterrupt in one that runs in a terminal."""


class Owner:
    """Somebody who makes sockets in threads of its own, and answers for them: a program, or a server."""

    has_window = False
    """Whether what it prints is shown as a terminal shows it, and somebody may type there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.address: tuple[Any, ...] | None = None
        """Where it listens, (host, port) for IPv4; None before it does."""
        self.stopped = False
        """Whether its threads are told to end, with `Stopped`."""
        self.instead: dict[int, type[BaseException]] = {}
        """What ends a thread that is stopped, if it is not `Stopped`; by its `ident`."""
        self.own: dict[object, Any] = {}
        """What it has for itself of what there is once for a process: see `PerOwner`."""
        self.maker: Owner | None = None
        """Of a server: in whose thread it was made. What its handlers do is done by that program's code."""
        # No lock: a thread that is stopped while it holds one would leave it taken. Each thread changes only what is its own here.
        self._stoppable: set[int] = set()  # threads in which an exception may be raised now
        self._told: dict[int, float] = {}  # threads in which `Stopped` was raised, and when
        self._sockets: weakref.WeakValueDictionary[int, socket.socket] = weakref.WeakValueDictionary()

    def adopt(self, sock: socket.socket) -> None:
        """Answer for `sock` from now on."""
        self._sockets[id(sock)] = sock

    def sockets(self) -> Iterator[socket.socket]:
        """Its sockets that are open now."""
        for reference in self._sockets.valuerefs():
            sock = reference()
            if sock is not None and sock.fileno() >= 0:
                yield sock

    def listening(self, address: tuple[Any, ...]) -> None:
        """Called by the socket, in the owner's thread, as soon as a peer can reach `address`."""
        self.address = self.address or address

    def shield(self) -> bool:
        """No exception is raised in the running thread from now on: what it is just making would be lost. False if so already."""
        here = threading.get_ident()
        fresh = here in self._stoppable
        try:
            self._stoppable.discard(here)
        except Stopped:  # it was on its way already
            self._stoppable.add(here)
            raise
        return fresh

    def unshield(self) -> None:
        """Exceptions may be raised in the running thread again. Whoever was shielded calls `let_a_stop_in`, or looks whether it was `stopped`."""
        self._stoppable.add(threading.get_ident())

    def let_a_stop_in(self) -> None:
        """Raise `Stopped` if it is stopped, and the running thread has not been told so yet."""
        now = time.monotonic()
        if self.stopped and self._told.setdefault(threading.get_ident(), now) is now:
            raise self.instead.pop(threading.get_ident(), Stopped) from None

    def name_of(self, thread: threading.Thread) -> str:
        """What a recording calls a thread of its own."""
        return thread.name

    def write(self, text: str) -> None:
        """Take what one of its threads printed."""
        raise NotImplementedError

    def read_line(self, hidden: bool = False) -> str:
        """The next line typed for it, newline included; '' where there is nobody to type. `hidden`: it is not shown."""
        return ""


_owners: dict[int, Owner] = {}  # thread -> whose it is
_begun: dict[int, tuple[Owner, threading.Thread]] = {}  # thread -> whose it has been from its beginning to its end
changes: collections.deque[tuple[float, int, str | None]] = collections.deque(maxlen=20_000)
"""The latest changes of owners: when (time.perf_counter), which thread, its owner's name. For a tape, which notes of its calls only the thread."""


def _change(who: Owner | None) -> None:
    changes.append((time.perf_counter(), threading.get_ident(), who.name if who is not None else None))


_everywhere: Owner | None = None


def own_process(who: Owner) -> None:
    """Every thread of this process belongs to `who`, unless it says that it belongs to somebody else."""
    global _everywhere
    _everywhere = who


def owner() -> Owner | None:
    """Whose the running thread is; None for the notebook's own."""
    return _owners.get(threading.get_ident(), _everywhere)


def one_of_several() -> Owner | None:
    """Whose the running thread is, where that is somebody beside others; None for the notebook's own, and for whoever has the process to itself."""
    who = owner()
    return who if who is not _everywhere else None


T = TypeVar("T")


class PerOwner(Generic[T]):
    """Something of which each owner has one of its own, made by `make` when it is first asked for. It goes with its owner."""

    def __init__(self, make: Callable[[Owner], T]) -> None:
        self._make = make

    def here(self) -> T | None:
        """That of the running thread's owner; None: it has none, and is the notebook's, or belongs to whoever has a process to itself, and needs no other."""
        who = one_of_several()
        return self.of(who) if who is not None else None

    def of(self, who: Owner) -> T:
        try:
            return who.own[self]  # type: ignore[no-any-return]
        except KeyError:
            return who.own.setdefault(self, self._make(who))  # type: ignore[no-any-return]


of = _owners.get
"""Whose the thread with this `ident` is; None: the notebook's."""


def native_id(ident: int) -> int | None:
    """What the system calls the thread with this `ident`, where that has an owner, or has been met by `threading`."""
    _, thread = _thread_of(ident)
    return thread.native_id if thread is not None else None


def thread_here() -> threading.Thread | None:
    """The running thread, if it began as an owner's."""
    return _begun.get(threading.get_ident(), (None, None))[1]


def name_of(ident: int) -> str:
    """What the thread with this `ident` is called where those of all programs are told apart."""
    who, thread = _thread_of(ident)
    if thread is None:
        return "a thread without a name"
    return thread.name if who is None else who.name_of(thread)


def _thread_of(ident: int) -> tuple[Owner | None, threading.Thread | None]:
    """The thread with this `ident`, if it began as an owner's, or `threading` has met it. (`threading.enumerate` takes a lock, and `current_thread` would invent one that stays.)"""
    return _begun.get(ident) or (None, threading._active.get(ident))  # type: ignore[attr-defined]


def everybody() -> dict[int, Owner]:
    """The threads that have an owner now, with it."""
    return dict(_owners)


def own_thread(who: Owner, thread: threading.Thread | None = None) -> None:
    """The running thread belongs to `who` from now on. `thread`: that, if it has just begun."""
    _owners[threading.get_ident()] = who
    if thread is not None:
        _begun[threading.get_ident()] = who, thread
    _change(who)


def forget_thread() -> None:
    """The running thread, which was somebody's, is about to end."""
    _begun.pop(threading.get_ident(), None)


def disown_thread() -> None:
    """The running thread ends."""
    _owners.pop(threading.get_ident(), None)
    _change(None)


class shielded:
    """`with shielded():` no exception is raised in the running thread in this block. A stop that comes meanwhile gets in at its end."""

    __slots__ = ("_who",)  # no generator: each print goes through it

    def __enter__(self) -> None:
        who = owner()
        self._who = who if who is not None and who.shield() else None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        who = self._who
        if who is None:
            return
        who.unshield()
        if kind is None:
            who.let_a_stop_in()


class Guard:
    """A lock for whatever threads of programs share: whoever has it is shielded, so that a stop leaves it taken nowhere. A thread may take it twice."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._blocks: list[shielded] = []

    def __enter__(self) -> None:
        block = shielded()
        block.__enter__()
        self._lock.acquire()
        self._blocks.append(block)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        block = self._blocks.pop()
        self._lock.release()
        block.__exit__(kind)


@contextlib.contextmanager
def on_behalf_of(who: Owner) -> Iterator[None]:
    """What the running thread prints in this block is `who`'s."""
    with shielded():
        before = owner()
        own_thread(who)
        try:
            yield
        finally:
            disown_thread()
            if before is not None:
                own_thread(before)


def forget_owners() -> None:
    """In a process that was forked: its only thread belongs to nobody."""
    _owners.clear()
    _begun.clear()
    _change(None)


def let_a_stop_in() -> None:
    """Called where a blocking call failed: if it did because its thread is being stopped, that is what the program sees."""
    who = owner()
    if who is not None and who.stopped:
        who.let_a_stop_in()
        # What fails in its `finally` has a reason of its own; but a connection that is broken there may have been by the stop.
        if isinstance(sys.exception(), ConnectionError) or not _handles_a_stop():
            raise Stopped from None


def _handles_a_stop() -> bool:
    """Whether some function further up handles a stop. (C code may have swallowed one as well, on its way to another error.)"""
    above = set(itertools.dropwhile(_is_of_a_socket, stack_of(sys._getframe())))
    caught = (each.__traceback__ for each in _stops_behind(sys.exception()))
    return any(each is not None and each.tb_frame in above for each in caught)


def _is_of_a_socket(frame: types.FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith("helpers.sockets.")


def came_of_stop(error: BaseException | None) -> bool:
    """Whether it is a stop, or was raised while one was handled."""
    return any(_stops_behind(error))


def _stops_behind(error: BaseException | None) -> Iterator[Stopped]:
    """Those among the error, what was handled when it was raised, and so on: a chain that a program may have made a circle."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, Stopped):
            yield error
        error = error.__context__
