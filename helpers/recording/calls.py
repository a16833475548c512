"""What the entries of a tape say of each socket: which call made it, which connected it, which bytes it moved.

Comes in: the entries, one after the other. Goes out: `Calls`, where the later steps look up a socket's calls by its number; a call is named by its index, its place on the
tape. Who imports it: `history`.
"""

from __future__ import annotations

import collections
import math
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from helpers.recording.events import BROKEN
from helpers.recording.records import is_ragged
from helpers.recording.streams import Transfer
from helpers.sockets.pieces import PIECE
from helpers.sockets.tapes import ASIDE, SHARED, URGENT, Entry, More, Thread, Trace, in_stream

NOTHING_MORE = More()

_INTERRUPTED = {"KeyboardInterrupt", "Stopped", "SystemExit"}
"""What a call raises that may have done its work: what it returned is lost."""


class Placed(NamedTuple):
    """A call that ends something, and when it began."""

    call: int
    begun: float


class Ended(NamedTuple):
    """A call that met an end: of the stream, of the connection, of its own socket."""

    call: int
    begun: float
    ended: float
    way: int | None
    """SHUT_RD, SHUT_WR: it may be that its own program had shut down that direction. None: it cannot."""
    error: str | None = None

    @property
    def by_peer(self) -> bool:
        """Whether it may be the peer that has ended it."""
        return self.error != "OSError"


class Shut(NamedTuple):
    """That a socket's own program ended a call of it, from another thread or before."""

    by: int
    """The `shutdown`, or the `close`."""
    call: int
    way: int | None
    """SHUT_RD, SHUT_WR: the direction that was shut down. None: the socket was closed."""


class Calls:
    """By the number of the socket, the indices of its calls, and the bytes that they moved."""

    def __init__(self, known: dict[int, Trace]) -> None:
        self.traces = dict(known)
        """The sockets themselves."""
        self.all: dict[int, list[int]] = collections.defaultdict(list)
        """All its calls, and the `accept` that made it."""
        self.made: dict[int, int] = {}
        self.listens: dict[int, int] = {}
        self.connects: dict[int, int] = {}
        self.accepted: dict[int, int] = {}
        """Of a socket that `accept` made, that call."""
        self.ends_sending: dict[int, Placed] = {}
        """The first after which it sends no more: `close`, or `shutdown`."""
        self.ended: dict[int, list[Ended]] = collections.defaultdict(list)
        """Those that met an end, whoever made it."""
        self.open_sends: dict[int, tuple[int, Entry]] = {}
        """The last of which it is not known how much it has sent."""
        self.sends: dict[int, list[Transfer]] = collections.defaultdict(list)
        self.receives: dict[int, list[Transfer]] = collections.defaultdict(list)
        self.peeks: dict[int, list[Transfer]] = collections.defaultdict(list)
        self.pieces: dict[int, int] = {}
        """Of each piece of a `sendall` the call: that which came back, or waits, in its thread next."""
        self._pieces: dict[tuple[int, Thread], list[int]] = collections.defaultdict(
            list
        )  # of calls that are not met yet
        self.urgent: set[int] = set()
        """The sockets that moved bytes beside the stream: the kernel counts them, and a trace does not."""
        self._closes: dict[int, Placed] = {}
        self._shutdowns: dict[tuple[int, int], Placed] = {}  # by the direction, too: the first
        self._connected_to: dict[int, Any] = {}  # the address, for datagrams

    def add(self, index: int, entry: Entry) -> None:
        """Note what the later steps ask for."""
        call, more, number = entry.call, entry.more or NOTHING_MORE, entry.trace.number
        self.traces[number] = entry.trace
        self.all[number].append(index)
        if call == PIECE:
            self._pieces[number, entry.thread].append(index)
            self.pieces[index] = index
            return self._add_bytes(index, entry, entry.ended or 0.0, more)
        pieces = self._pieces.pop((number, entry.thread), ()) if call == "sendall" and self._pieces else ()
        self.pieces.update(dict.fromkeys(pieces, index))
        sends = call.startswith("send")
        if sends and (entry.ended is None or more.error in _INTERRUPTED):
            self.open_sends[number] = index, entry
        if entry.ended is None:
            return
        if (sends and not pieces) or call.startswith("recv"):
            self._add_bytes(index, entry, entry.ended, more)
        if is_ragged(entry):
            self.ended[number].append(Ended(index, begun(entry), entry.ended, socket.SHUT_RD))
        if more.error in BROKEN or more.error == "OSError":
            self.ended[number].append(Ended(index, begun(entry), entry.ended, _way(call, more.error), more.error))
        if not more.error or more.error == "BlockingIOError":
            self._add_success(Placed(index, begun(entry)), call, number, more)

    def _add_success(self, placed: Placed, call: str, number: int, more: More) -> None:
        """A call that raised nothing, or goes on after it returned."""
        index = placed.call
        if call == "accept" and not more.error:
            made = more.detail[0]
            self.traces[made.number] = made
            self.accepted[made.number] = index
            self.all[made.number].append(index)
        elif call.startswith("connect"):
            self.connects[number] = index
            self._connected_to[number] = more.detail
        elif call == "listen":
            self.listens.setdefault(number, index)
        elif call in ("socket", "socketpair"):
            self.made[number] = index
        elif call == "shutdown":
            both = more.detail == socket.SHUT_RDWR
            for way in (socket.SHUT_RD, socket.SHUT_WR) if both else (more.detail,):
                self._shutdowns.setdefault((number, way), placed)
        elif call == "close":
            self._closes.setdefault(number, placed)
        if (call == "close" and more.detail != SHARED) or (call == "shutdown" and more.detail != socket.SHUT_RD):
            self.ends_sending.setdefault(number, placed)

    def _add_bytes(self, index: int, entry: Entry, ended: float, more: More) -> None:
        number, sends = entry.trace.number, entry.call.startswith("send")
        address = more.detail
        if more.flags & URGENT:
            self.urgent.add(number)
        is_datagram = entry.trace.kind == socket.SOCK_DGRAM
        if is_datagram and address is None:
            address = self._connected_to.get(number)
        size = in_stream(entry.size, more.flags) if sends else entry.size
        transfer = Transfer(entry.offset, size, index, entry.data, begun(entry), ended, address)
        if not sends and not size and entry.asked and not more.error and not is_datagram:
            self.ended[number].append(Ended(index, transfer.begun, ended, socket.SHUT_RD))
        elif not sends and more.flags & ASIDE:
            if size and more.flags & socket.MSG_PEEK:
                self.peeks[number].append(transfer)
        elif size or (is_datagram and not more.error):
            (self.sends if sends else self.receives)[number].append(transfer)

    def is_connected(self, end: Trace) -> bool:
        """Whether a connect that nobody was seen to accept has succeeded: a connection to another process, or one still in the backlog."""
        number = end.number
        return number in self.connects or number not in self.made or bool(self.sends[number] or self.receives[number])

    def shut(self, end: Trace, peer: Trace | None) -> Iterator[Shut]:
        """The calls of `end` that its own program has ended: a receive brought b'', an `accept` or a send raised.

        The thread that was woken may be back, and on the tape, before the `shutdown` is. Where the peer had ended its direction first, a receive has met that.
        """
        fin = self.ends_sending.get(peer.number) if peer is not None else None
        closed = self._closes.get(end.number)
        for each in self.ended.get(end.number, ()):
            shutdown = self._shutdowns.get((end.number, each.way)) if each.way is not None else None
            if shutdown is not None and each.way == socket.SHUT_RD and fin is not None and fin.begun < shutdown.begun:
                shutdown = None
            if shutdown is not None and shutdown.begun < each.ended:
                yield Shut(shutdown.call, each.call, each.way)
            elif closed is not None and not each.by_peer and each.begun < closed.begun < each.ended:
                yield Shut(closed.call, each.call, None)

    def forget_bytes(self) -> None:
        """Let go what the calls moved: it is large."""
        for transfers in (self.sends, self.receives, self.peeks):
            transfers.clear()


def begun(entry: Entry) -> float:
    """When the call began, on the clock of the tape; minus infinity: before any tape ran."""
    return -math.inf if entry.begun is None else entry.begun


def _way(call: str, error: str | None) -> int | None:
    """Which direction a call needs open that raises this where it is not."""
    if call == "accept" and error == "OSError":
        return socket.SHUT_RD
    return socket.SHUT_WR if call.startswith("send") and error == "BrokenPipeError" else None
