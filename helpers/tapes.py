"""What a call on a traced socket leaves behind: an entry on each tape that runs, and the count of its stream's bytes.

Each call asks `running`; what follows it costs next to nothing while that is False.
"""

from __future__ import annotations

import collections
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from threading import get_ident
from typing import Any, NamedTuple

from helpers import owners


class Caller(NamedTuple):
    """Whoever makes a call."""

    thread: str
    """The thread's name."""
    program: str | None
    """The name of the program or server that the thread belongs to; None: the notebook."""


class Trace:
    """What is remembered of a socket, also after it is gone."""

    __slots__ = (
        "number", "role", "family", "kind", "program", "sent", "received", "open", "local", "peer", "bound", "listener", "mate", "inner"
    )  # fmt: skip

    def __init__(self, family: int, kind: int, program: str | None) -> None:
        self.number = next(_numbers)
        self.role = "unconnected" if kind == socket.SOCK_STREAM else "datagram"
        """client: it has tried to connect. server: made by `accept`. listening, pair, datagram: what they are."""
        self.family = family
        self.kind = kind
        """SOCK_STREAM, SOCK_DGRAM, …"""
        self.program = program
        """Who made it: the name of its owner; None: the notebook."""
        self.sent = 0
        """Bytes sent so far."""
        self.received = 0
        """Bytes received so far, without those that were only looked at."""
        self.open = True
        self.local: Any = None
        """Its address, once a tape has met it."""
        self.peer: Any = None
        self.bound: Any = None
        """What `bind` was given."""
        self.listener: Trace | None = None
        """The listening socket that accepted it."""
        self.mate: Trace | None = None
        """The other one of a `socketpair`."""
        self.inner = False
        """Whether it is a library's own, which no program sees: asyncio wakes its loop through a pair of sockets."""


class Entry(NamedTuple):
    """A call on a tape."""

    trace: Trace
    call: str
    begun: float | None
    """On the clock `now`; None: before any tape ran."""
    ended: float | None
    """None: it had not come back when the tape was stopped."""
    thread: int
    """Its `ident`; `Tape.caller` knows more."""
    data: bytes
    """Of more than KEPT bytes the first KEPT_HEAD and the last KEPT_TAIL, of more than LARGE the first KEPT."""
    size: int
    """Bytes sent or received."""
    asked: int
    """Bytes that a send was given, or that a receive asked for at most; the backlog."""
    offset: int
    """How many bytes the socket had sent, or received, before these."""
    more: More | None


class More(NamedTuple):
    """What few entries have."""

    error: str | None = None
    """The name of the exception's class."""
    detail: Any = None
    """bind, connect, sendto, recvfrom: an address. accept: (trace, address). shutdown: how. close: how it ended. A TimeoutError: the timeout."""
    flags: int = 0


now = time.perf_counter

KEPT_HEAD, KEPT_TAIL = 40, 24
KEPT = KEPT_HEAD + KEPT_TAIL
LARGE = 4096
"""More bytes than that in one call are bulk: of those only the first KEPT are kept, since each slice of them costs a part of what moving them costs."""

RESET, FORGOTTEN = "reset", "forgotten"
"""How a `close` ended: the connection was broken off (RST); nobody closed it, Python collected the socket."""

running = False
"""Whether any tape runs."""

_WIDTH = len(Entry._fields)
# All tapes that run at the same time share one list: the fields of one entry after the other. (An object for each entry would keep the
# garbage collector busy, and a list for each tape would cost a loop at each call.) It takes no more when it has `_full` fields.
_fields: list[Any] = []
_full = 0
_refused = 0  # entries that came when it was full


class Tape:
    """The entries of all calls from `start` to `stop`, up to `limit` of them; `dropped` is how many more there were."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.began = 0.0
        """When it was started, on the clock `now`."""
        self._fields: list[Any] = []
        self._first = 0
        self._last: int | None = None
        self._refused = 0
        self._owners: dict[int, str | None] = {}
        self._threads: dict[int | None, str] = {}

    def start(self) -> None:
        """Record from now on."""
        global running, _fields, _full
        with _lock:
            if not _running:
                _fields = []
            _running.append(self)
            self._fields, self._first, self._refused = _fields, len(_fields), _refused
            _full = max(tape._first + tape.limit * _WIDTH for tape in _running)
            self._owners = {thread: who.name for thread, who in owners.everybody().items()}
            self._meet_threads()
            self.began = now()
            running = True

    def stop(self) -> None:
        """Record no more."""
        global running
        with _lock:
            if self not in _running:
                return
            _running.remove(self)
            running = bool(_running)
            self._meet_threads()
            self._last, self._refused = self._end(), _refused - self._refused

    @property
    def dropped(self) -> int:
        refused = self._refused if self._last is not None else _refused - self._refused
        return refused + max((self._end() - self._first) // _WIDTH - self.limit, 0)

    def __len__(self) -> int:
        """How many entries there are so far."""
        return min((self._end() - self._first) // _WIDTH, self.limit)

    def entries(self) -> Iterator[Entry]:
        """What has been recorded so far, in the order in which calls came back."""
        fields = iter(self._fields[self._first : self._first + len(self) * _WIDTH])
        return map(Entry._make, zip(*[fields] * _WIDTH, strict=True))

    def threads(self) -> set[int]:
        """The threads, by their `ident`, that made the calls."""
        column = Entry._fields.index("thread")
        return set(self._fields[self._first + column : self._first + len(self) * _WIDTH : _WIDTH])

    def callers(self) -> Iterator[Caller]:
        """Who made the call, for each of the `entries`."""
        changes = collections.deque(change for change in list(owners.changes) if change[0] >= self.began)
        names = dict(self._owners)
        for entry in self.entries():
            while changes and entry.ended is not None and changes[0][0] <= entry.ended:
                _, thread, name = changes.popleft()
                names[thread] = name
            yield Caller(self._threads.get(entry.thread, _ENDED), names.get(entry.thread))

    def caller(self, thread: int) -> Caller:
        """Whose a thread is now."""
        who = owners.of(thread)
        return Caller(self._threads.get(thread, _ENDED), who.name if who is not None else None)

    def _meet_threads(self) -> None:
        self._threads |= {thread.ident: thread.name for thread in threading.enumerate()}

    def _end(self) -> int:
        return len(self._fields) if self._last is None else self._last


_ENDED = "a thread that has ended"
_running: list[Tape] = []
_lock = threading.Lock()
_numbers = itertools.count(1)


def note(
    trace: Trace,
    call: str,
    begun: float | None,
    data: bytes = b"",
    size: int = 0,
    asked: int = 0,
    offset: int = 0,
    more: More | None = None,
) -> None:
    """Leave an entry on the tapes that run."""
    global _refused
    if len(_fields) >= _full:
        _refused += 1
        return
    _fields.extend((trace, call, begun, now(), get_ident(), data, size, asked, offset, more))


def took(
    trace: Trace, call: str, begun: float | None, data: Any, size: int, asked: int, flags: int, address: Any = None
) -> None:
    """Called when `size` bytes, the first of `data`, were received."""
    offset = trace.received
    if not flags & ASIDE:
        trace.received = offset + size
    if running:
        note(trace, call, begun, kept(data, size), size, asked, offset, More(None, address, int(flags)))


def gave(trace: Trace, call: str, begun: float | None, data: Any, size: int, error: str | None, detail: Any) -> None:
    """Called when `size` bytes, the first of `data`, were sent, perhaps before an error."""
    offset = trace.sent
    trace.sent = offset + size
    if running:
        note(trace, call, begun, kept(data, size), size, size_of(data), offset, More(error, detail))


def kept(data: Any, size: int) -> bytes:
    """What a tape keeps of the first `size` bytes of `data`."""
    if type(data) is not bytes:
        if not size:
            return b""
        data = (
            memoryview(data).cast("B")[: LARGE if size <= LARGE else KEPT].tobytes()
        )  # not all of it: it may be large
    if size > LARGE:
        return data[:KEPT]
    if size > KEPT:
        return data[:KEPT_HEAD] + data[size - KEPT_TAIL : size]
    return data[:size]


def size_of(data: Any) -> int:
    """How many bytes a send is given; 0 for what cannot be sent."""
    if type(data) is bytes:
        return len(data)
    try:
        return memoryview(data).nbytes
    except TypeError:
        return 0


URGENT = int(socket.MSG_OOB)
ASIDE = int(socket.MSG_PEEK | socket.MSG_OOB | getattr(socket, "MSG_ERRQUEUE", 0))
"""Flags of a receive that leaves the stream where it is."""
