"""A tape told: the events and conversations that its entries make."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import operator
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from helpers.recording.events import Conversation as Conversation
from helpers.recording.events import End as End
from helpers.recording.events import Event as Event
from helpers.recording.events import Flow as Flow
from helpers.recording.events import Role as Role
from helpers.recording.pairing import (
    Match,
    Piece,
    causal_order,
    in_stream_order,
    match_datagrams,
    match_stream,
    pair_connections,
    senders,
)
from helpers.sockets import tapes
from helpers.sockets.tapes import ASIDE, FORGOTTEN, RESET, Caller, Entry, More, Tape, Thread, Trace, in_stream


class Talk(NamedTuple):
    """A conversation, by the indices of its calls."""

    one: Trace | None
    other: Trace | None
    flows: list[Match]
    unread: list[Match]


class Story(NamedTuple):
    events: list[Event]
    conversations: list[Conversation]


class Moved(NamedTuple):
    """What is known better of a call than its entry says."""

    offset: int
    size: int


class Teller:
    """Works out the events and conversations of a tape, once."""

    def __init__(self, tape: Tape, length: int, under_way: list[tuple[Entry, Caller]], known: dict[int, Trace]) -> None:
        self._tape = tape
        self._length = length  # it may still grow
        self._under_way = under_way
        self._traces = dict(known)
        # By the number of the socket, the indices of calls:
        self._calls: dict[int, list[int]] = collections.defaultdict(list)
        self._made: dict[int, int] = {}
        self._listens: dict[int, int] = {}
        self._connects: dict[int, int] = {}
        self._accepted: dict[int, int] = {}
        self._closes: dict[int, int] = {}  # after this one it sends no more
        self._sees_end: dict[int, int] = {}  # the first that meets the end of the stream, or of the connection
        self._open_sends: dict[int, tuple[int, Entry]] = {}  # it is not known how much this one has sent
        self._shut: dict[int, set[int]] = collections.defaultdict(set)
        self._moved: dict[int, Moved] = {}
        self._peeked: list[tuple[int, int]] = []  # which send a peek saw
        # And the bytes that they moved:
        self._sends: dict[int, list[Piece]] = collections.defaultdict(list)
        self._receives: dict[int, list[Piece]] = collections.defaultdict(list)
        self._peeks: dict[int, list[Piece]] = collections.defaultdict(list)
        self._met: dict[int, Any] = {}  # whom a datagram socket has connected to

    def tell(self) -> Story:
        threads: dict[Thread, list[int]] = collections.defaultdict(list)
        count = 0
        for entry in self._entries():
            self._file(count, entry)
            threads[entry.thread].append(count)
            count += 1
        talks = [*self._connections(), *self._datagrams()]
        for pieces in (self._sends, self._receives, self._peeks):
            pieces.clear()  # they are large
        place = [0] * count
        for at, index in enumerate(causal_order(count, threads.values(), self._causes(talks))):
            place[index] = at
        del threads
        events = self._events(place)
        return Story(events, self._conversations(talks, place, events))

    def _entries(self) -> Iterator[Entry]:
        return (entry for entry, _ in self._rows())

    def _rows(self) -> Iterator[tuple[Entry, Caller]]:
        rows = zip(self._tape.entries(self._length), self._tape.callers(self._length), strict=True)
        return (row for row in itertools.chain(rows, self._under_way) if not row[0].trace.inner)

    def _file(self, index: int, entry: Entry) -> None:
        """Note what the later steps ask for."""
        trace, call, more = entry.trace, entry.call, entry.more or _NOTHING_MORE
        number = trace.number
        self._traces[number] = trace
        self._calls[number].append(index)
        if call.startswith("send") and (entry.ended is None or more.error in _INTERRUPTED):
            self._open_sends[number] = index, entry
        if entry.ended is None:
            return
        if call.startswith(("send", "recv")):
            self._file_bytes(index, entry, more)
        if more.error in _BROKEN and not (call.startswith("send") and socket.SHUT_WR in self._shut[number]):
            self._sees_end.setdefault(number, index)
        if more.error and more.error != "BlockingIOError":
            return
        if call == "accept" and not more.error:
            made = more.detail[0]
            self._traces[made.number] = made
            self._accepted[made.number] = index
            self._calls[made.number].append(index)
        elif call.startswith("connect"):
            self._connects[number] = index
            self._met[number] = more.detail
        elif call == "listen":
            self._listens.setdefault(number, index)
        elif call in ("socket", "socketpair"):
            self._made[number] = index
        elif call == "shutdown":
            both = more.detail == socket.SHUT_RDWR
            self._shut[number] |= {socket.SHUT_RD, socket.SHUT_WR} if both else {more.detail}
        if call == "close" or (call == "shutdown" and more.detail != socket.SHUT_RD):
            self._closes.setdefault(number, index)

    def _file_bytes(self, index: int, entry: Entry, more: More) -> None:
        number, sends = entry.trace.number, entry.call.startswith("send")
        address = more.detail
        is_datagram = entry.trace.kind == socket.SOCK_DGRAM
        if is_datagram and address is None:
            address = self._met.get(number)
        size = in_stream(entry.size, more.flags) if sends else entry.size
        assert entry.ended is not None
        piece = Piece(entry.offset, size, index, entry.data, entry.begun, entry.ended, address)
        if not sends and more.flags & ASIDE:
            if size and more.flags & socket.MSG_PEEK:
                self._peeks[number].append(piece)
        elif size or (is_datagram and not more.error):
            (self._sends if sends else self._receives)[number].append(piece)
        elif not sends and entry.asked and not more.error and socket.SHUT_RD not in self._shut[number]:
            self._sees_end.setdefault(number, index)

    def _connections(self) -> Iterator[Talk]:
        for one, other in pair_connections(self._traces.values()):
            ends = [end for end in (one, other) if end is not None]
            if not any(self._calls[end.number] for end in ends) or (other is None and not self._is_connected(ends[0])):
                continue
            flows, unread = [], []
            for sender, receiver in ((one, other), (other, one)):
                arrived, left = self._way(sender, receiver)
                flows += arrived
                unread += left if receiver is not None else []
            yield Talk(one, other, flows, unread)

    def _way(self, sender: Trace | None, receiver: Trace | None) -> tuple[list[Match], list[Match]]:
        """The bytes from one end to the other: as `match_stream`."""
        receives = sorted(self._receives[receiver.number], key=_offset) if receiver is not None else []
        sends = self._in_order(self._sends[sender.number], receives) if sender is not None else []
        receives = self._in_order(receives, sends)
        if sender is not None and receives:
            sends += self._open_send(sender, receives[-1].offset + receives[-1].size)
        for peek in self._peeks[receiver.number] if receiver is not None else []:
            self._peeked += [(seen.entry, peek.entry) for seen in senders(sends, peek.offset, peek.size)]
        return match_stream(sends, receives)

    def _in_order(self, pieces: list[Piece], others: list[Piece]) -> list[Piece]:
        ordered = in_stream_order(pieces, others)
        for counted, found in zip(sorted(pieces, key=_entry), sorted(ordered, key=_entry), strict=True):
            if found.offset != counted.offset:
                self._moved[found.entry] = Moved(found.offset, found.size)
        return ordered

    def _open_send(self, sender: Trace, end: int) -> list[Piece]:
        """A send that has not come back, or was interrupted, has sent at least what was received, up to `end`."""
        if sender.number not in self._open_sends:
            return []
        index, entry = self._open_sends[sender.number]
        place = entry.offset + entry.size
        if end <= place or any(piece.offset >= place for piece in self._sends[sender.number]):
            return []
        self._moved[index] = Moved(entry.offset, end - entry.offset)
        return [Piece(place, end - place, index, b"", entry.begun, entry.ended or tapes.now())]

    def _is_connected(self, end: Trace) -> bool:
        """Whether a connect that nobody was seen to accept has succeeded: a connection to another process, or one still in the backlog."""
        number = end.number
        return (
            number in self._connects or number not in self._made or bool(self._sends[number] or self._receives[number])
        )

    def _datagrams(self) -> Iterator[Talk]:
        ends = [trace for trace in self._traces.values() if trace.kind == socket.SOCK_DGRAM]
        sends, receives = (
            sorted(((end, piece) for end in ends for piece in pieces[end.number]), key=lambda mover: mover[1].entry)
            for pieces in (self._sends, self._receives)
        )
        talks: dict[frozenset[int], Talk] = {}
        for sender, receiver, match in sorted(match_datagrams(sends, receives, ends), key=lambda way: _first(way[2])):
            pair = frozenset(end.number if end is not None else 0 for end in (sender, receiver))
            talk = talks.setdefault(pair, Talk(sender, receiver, [], []))
            if match.received is not None:
                talk.flows.append(match)
            elif receiver is not None:
                talk.unread.append(match)
        yield from talks.values()

    def _causes(self, talks: list[Talk]) -> Iterator[tuple[int, int]]:
        """Pairs of calls of which the first must have come before the second."""
        yield from self._peeked
        for one, other, flows, _ in talks:
            for flow in flows:
                if flow.sent is not None and flow.received is not None:
                    yield flow.sent, flow.received
            if one is None or other is None:
                continue
            for end, peer in ((one, other), (other, one)):
                if end.number in self._closes and peer.number in self._sees_end:
                    yield self._closes[end.number], self._sees_end[peer.number]
            if one.number not in self._connects:
                continue
            connect = self._connects[one.number]
            if other.number in self._accepted:
                yield connect, self._accepted[other.number]
            if other.listener is not None and other.listener.number in self._listens:
                yield self._listens[other.listener.number], connect

    def _events(self, place: list[int]) -> list[Event]:
        ends = {number: _end(trace) for number, trace in self._traces.items()}
        events: list[Any] = [None] * len(place)
        for index, (entry, caller) in enumerate(self._rows()):
            if index in self._moved:
                entry = entry._replace(**self._moved[index]._asdict())
            events[place[index]] = _event(place[index], entry, caller, ends, self._tape.began)
        return events

    def _conversations(self, talks: list[Talk], place: list[int], events: list[Event]) -> list[Conversation]:
        def event(index: int | None) -> Any:
            return events[place[index]] if index is not None else None

        found = []
        for one, other, flows, unread in talks:
            ends = [end for end in (one, other) if end is not None]
            calls = sorted(place[index] for end in ends for index in self._calls[end.number])
            found.append(
                Conversation(
                    0,
                    _end(one) if one is not None else None,
                    _end(other) if other is not None else None,
                    tuple(events[at] for at, _ in itertools.groupby(calls)),
                    tuple(Flow(event(flow.sent), event(flow.received), flow.size) for flow in _taken(flows)),
                    tuple(Flow(event(flow.sent), None, flow.size) for flow in _taken(unread)),
                )
            )
        found.sort(key=lambda talk: talk.events[0].order)
        return [dataclasses.replace(talk, number=number) for number, talk in enumerate(found, start=1)]


_NOTHING_MORE = More()

_BROKEN = {"BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError"}
"""What a call raises on a connection that its peer has ended."""

_INTERRUPTED = {"KeyboardInterrupt", "Stopped", "SystemExit"}
"""What a call raises that may have done its work: what it returned is lost."""

_offset, _entry = operator.attrgetter("offset"), operator.attrgetter("entry")


def _taken(matches: list[Match]) -> Iterator[Match]:
    """One after the other; the list is empty then. There may be a great many of them."""
    matches.reverse()
    while matches:
        yield matches.pop()


def _first(match: Match) -> int:
    return match.sent if match.sent is not None else match.received or 0


def _end(trace: Trace) -> End:
    listener = trace.listener.number if trace.listener is not None else None
    across = trace.across.number if trace.across is not None else None
    return End(trace.number, trace.role, trace.program, trace.local, trace.peer, trace.bound, listener, across)  # type: ignore[arg-type]


def _event(order: int, entry: Entry, caller: Caller, ends: dict[int, End], began: float) -> Event:
    call, more = entry.call, entry.more or _NOTHING_MORE
    detail, error = more.detail, more.error
    made = None
    if call == "accept" and not error and detail is not None:
        made, detail = detail
    moves = call.startswith(("send", "recv"))
    return Event(
        order=order,
        call=call,
        socket=ends[entry.trace.number],
        program=caller.program,
        thread=caller.thread,
        data=entry.data,
        size=entry.size,
        asked=entry.asked,
        offset=entry.offset if moves and entry.trace.kind == socket.SOCK_STREAM and _has_place(entry) else None,
        begun=entry.begun - began if entry.begun is not None and entry.begun >= began else None,
        ended=entry.ended - began if entry.ended is not None else None,
        error=error,
        timeout=more.timeout,
        address=detail if call not in ("shutdown", "close") else None,
        accepted=ends[made.number] if made is not None else None,
        peek=bool(more.flags & socket.MSG_PEEK),
        how=detail if call == "shutdown" and not error else None,
        reset=call == "close" and detail == RESET,
        forgotten=call == "close" and detail == FORGOTTEN,
    )


def _has_place(entry: Entry) -> bool:
    return entry.ended is not None or entry.size > 0
