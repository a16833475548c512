"""What the sockets of another process did: from its tape into plain data, and from that into a recording of this process.

Comes in: entries of a tape, and the sockets that live. Goes out: `SocketCall`s and `SocketInfo`s, which travel as `rows`, and on the other side entries again, as the calls of a program.
Both processes read the same clock (`time.perf_counter` counts for the whole system). Who imports it: the judge and its process (`checking.taped`), a program in a process of its own and who watches
it; so it imports nothing that such a process need not load anyway.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from helpers.recording.fields import TEXT, Detail, plain_detail
from helpers.sockets.tapes import Bypassed, Caller, Entry, Handover, More, Thread, Trace

LATER = 1 << 40
"""More bytes than a socket sends."""
_NOTHING_MORE = More()
NOTHING_PAST, NOBODY_KNOWS = Bypassed(0, 0), Bypassed()


class SocketCall(NamedTuple):
    """A call of a socket's method. The same as an entry on a tape, without its objects."""

    socket: int
    """The socket's number in its process."""
    method: str
    begun: float | None
    """Seconds on the clock of tapes, which both processes share."""
    ended: float | None
    """None: it has not come back."""
    thread: str
    data: bytes
    """What tapes keep of it: 64 bytes at most."""
    size: int
    """Bytes sent or received."""
    asked: int
    """Bytes that a send was given, or that a receive asked for at most."""
    offset: int
    error: str | None
    """The name of the class of what it raised."""
    detail: Detail
    """Of an accept the client's address."""
    flags: int
    timeout: float | None
    """Seconds: the socket's, where it raised TimeoutError."""
    accepted: int | None
    """The number of the socket that an accept made."""
    ident: int = 0
    """The thread's, in its process."""

    @property
    def waits(self) -> bool:
        return self.ended is None

    @property
    def receives(self) -> bool:
        return self.method.startswith("recv")

    @property
    def sends(self) -> bool:
        return self.method.startswith("send")

    @property
    def connects(self) -> bool:
        return self.method.startswith("connect")


class SocketInfo(NamedTuple):
    """A socket. The same as `tapes.Trace`, as far as it matters here."""

    number: int
    family: int
    kind: int
    role: str
    local: Detail
    peer: Detail
    bound: Detail
    since: int
    listener: int | None
    timeout: float | None
    """Seconds, just now; None without one, or when it is closed."""
    mate: int | None = None
    """The other end, of a socketpair."""
    sent: int = LATER
    """Bytes that it has counted so far."""
    before: Bypassed = NOTHING_PAST
    """What had gone past it when the tape was started."""
    after: Bypassed = NOBODY_KNOWS
    """What has gone past it so far."""


class Carried(NamedTuple):
    """What a process has recorded."""

    calls: tuple[SocketCall, ...] = ()
    sockets: tuple[SocketInfo, ...] = ()
    handed_over: tuple[Handover, ...] = ()
    """As `tapes.handed_over`."""


class Rows(NamedTuple):
    """The same as a recording takes it."""

    entries: list[tuple[Entry, Caller]]
    traces: list[Trace]
    before: dict[int, Bypassed] = {}
    """What had gone past the sockets when the recording began, by the numbers of their traces."""
    after: dict[int, Bypassed] = {}
    handed_over: list[Handover] = []
    """Between its threads, by the idents that they have here."""


# In the other process


def carried(
    entries: Iterable[Entry],
    live: Iterable[Trace] = (),
    before: Mapping[int, Bypassed] | None = None,
    after: Mapping[int, Bypassed] | None = None,
) -> Carried:
    """The calls of these entries, and the sockets that are named in them or `live`. (Without those that a library keeps for itself.)

    `before` and `after`: what has gone past them, as `bypassing` measures it.
    """
    seen = {trace.number: trace for trace in live if not trace.inner}
    calls = tuple(_call(each, seen) for each in entries if not each.trace.inner)
    for trace in list(seen.values()):
        for other in (trace.listener, trace.mate if trace.role == "pair" else None):
            if other is not None:
                seen.setdefault(other.number, other)
    return Carried(calls, tuple(_info(each, before or {}, after or {}) for each in seen.values()))


def _call(entry: Entry, seen: dict[int, Trace]) -> SocketCall:
    more = entry.more or _NOTHING_MORE
    detail, made = more.detail, None
    if entry.call == "accept" and isinstance(detail, tuple):
        made, detail = detail
    for trace in (entry.trace, made):
        if trace is not None:
            seen[trace.number] = trace
    return SocketCall(
        entry.trace.number, entry.call, entry.begun, entry.ended, entry.thread.name[:TEXT], entry.data, entry.size, _bounded(entry.asked), entry.offset,
        more.error, plain_detail(detail), int(more.flags), more.timeout, made.number if made is not None else None, entry.thread.ident,
    )  # fmt: skip


def _bounded(asked: int) -> int:
    """What a program asked for: any number, or True."""
    return max(-(1 << 63), min(int(asked), (1 << 63) - 1))


def _info(trace: Trace, before: Mapping[int, Bypassed], after: Mapping[int, Bypassed]) -> SocketInfo:
    listener, mate = trace.listener, trace.mate if trace.role == "pair" else None
    return SocketInfo(
        trace.number, int(trace.family), int(trace.kind), trace.role, plain_detail(trace.local), plain_detail(trace.peer), plain_detail(trace.bound), trace.since,
        listener.number if listener is not None else None, _timeout(trace.find()), mate.number if mate is not None else None,
        trace.sent, before.get(trace.number, NOTHING_PAST), after.get(trace.number, trace.bypassed),
    )  # fmt: skip


def _timeout(sock: socket.socket | None) -> float | None:
    return sock.gettimeout() if sock is not None and sock.fileno() >= 0 else None


# Here


class Reader:
    """Makes entries of `program` from what its process has recorded. The same socket, and the same thread, is the same in all that is read."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._traces: dict[int, Trace] = {}
        self._threads: dict[tuple[str, int], Thread] = {}
        self._idents: dict[int, int] = {}

    def rows(self, told: Carried) -> Rows:
        """The calls as entries, each with its caller, and the sockets: what `Recording.add` takes."""
        for info in told.sockets:
            self._update(info)
        for info in told.sockets:
            trace = self._traces[info.number]
            trace.listener = self._traces.get(info.listener) if info.listener is not None else None
            trace.mate = self._traces.get(info.mate) if info.mate is not None else None
        numbers = {info.number: self._traces[info.number].number for info in told.sockets}
        return Rows(
            [self._row(call) for call in told.calls],
            [self._traces[number] for number in numbers],
            {numbers[info.number]: info.before for info in told.sockets},
            {numbers[info.number]: info.after for info in told.sockets},
            [each._replace(giver=self._ident(each.giver), taker=self._ident(each.taker)) for each in told.handed_over],
        )

    def _update(self, info: SocketInfo) -> None:
        trace = self._traces.get(info.number)
        if trace is None:
            trace = self._traces[info.number] = Trace(info.family, info.kind, self._program)
        trace.role, trace.local, trace.peer, trace.bound = info.role, info.local, info.peer, info.bound
        trace.sent, trace.since = info.sent, info.since

    def _row(self, call: SocketCall) -> tuple[Entry, Caller]:
        thread = self._thread(call)
        detail = call.detail if call.accepted is None else (self._traces[call.accepted], call.detail)
        entry = Entry(
            self._traces[call.socket], call.method, call.begun, call.ended, thread, call.data, call.size, call.asked, call.offset,
            More(call.error, detail, call.flags, call.timeout),
        )  # fmt: skip
        return entry, Caller(thread.name, self._program)

    def _thread(self, call: SocketCall) -> Thread:
        key = call.thread, call.ident
        if key not in self._threads:
            # No thread of this process, nor of another one: those have other numbers, and names of their own.
            own = call.thread == "MainThread"
            name = f"helpers: {self._program} (1)" if own else f"{call.thread} of {self._program}"
            self._threads[key] = Thread(self._ident(call.ident), name)
        return self._threads[key]

    def _ident(self, there: int) -> int:
        """That of a thread here, by the one that it has there."""
        if there not in self._idents:
            self._idents[there] = -next(_idents)
        return self._idents[there]


_idents = itertools.count(1)
