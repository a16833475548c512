"""What the entries of a tape say of each socket: which call made it, which connected it, which bytes it moved.

Comes in: the entries, one after the other. Goes out: `Calls`, where the later steps look up a socket's calls by its number; a call is named by its index, its place on the
tape. Who imports it: `history`.
"""

from __future__ import annotations

import collections
import math
import socket
from typing import Any

from helpers.recording.streams import Transfer
from helpers.sockets.pieces import PIECE
from helpers.sockets.tapes import ASIDE, SHARED, URGENT, Entry, More, Thread, Trace, in_stream

NOTHING_MORE = More()

_BROKEN = {"BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError"}
"""What a call raises on a connection that its peer has ended."""

_INTERRUPTED = {"KeyboardInterrupt", "Stopped", "SystemExit"}
"""What a call raises that may have done its work: what it returned is lost."""


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
        self.ends_sending: dict[int, int] = {}
        """The first after which it sends no more: `close`, or `shutdown`."""
        self.meets_end: dict[int, int] = {}
        """The first that meets the end of the stream, or of the connection."""
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
        self._shut: dict[int, set[int]] = collections.defaultdict(set)  # in which directions
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
        if more.error in _BROKEN and not (sends and socket.SHUT_WR in self._shut[number]):
            self.meets_end.setdefault(number, index)
        if not more.error or more.error == "BlockingIOError":
            self._add_success(index, call, number, more)

    def _add_success(self, index: int, call: str, number: int, more: More) -> None:
        """A call that raised nothing, or goes on after it returned."""
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
            self._shut[number] |= {socket.SHUT_RD, socket.SHUT_WR} if both else {more.detail}
        if (call == "close" and more.detail != SHARED) or (call == "shutdown" and more.detail != socket.SHUT_RD):
            self.ends_sending.setdefault(number, index)

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
        if not sends and more.flags & ASIDE:
            if size and more.flags & socket.MSG_PEEK:
                self.peeks[number].append(transfer)
        elif size or (is_datagram and not more.error):
            (self.sends if sends else self.receives)[number].append(transfer)
        elif not sends and entry.asked and not more.error and socket.SHUT_RD not in self._shut[number]:
            self.meets_end.setdefault(number, index)

    def is_connected(self, end: Trace) -> bool:
        """Whether a connect that nobody was seen to accept has succeeded: a connection to another process, or one still in the backlog."""
        number = end.number
        return number in self.connects or number not in self.made or bool(self.sends[number] or self.receives[number])

    def forget_bytes(self) -> None:
        """Let go what the calls moved: it is large."""
        for transfers in (self.sends, self.receives, self.peeks):
            transfers.clear()


def begun(entry: Entry) -> float:
    """When the call began, on the clock of the tape; minus infinity: before any tape ran."""
    return -math.inf if entry.begun is None else entry.begun
