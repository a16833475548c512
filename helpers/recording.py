"""What sockets did: every call, and which sent byte went into which `recv`.

`Recording` turns the entries of a tape into records that explain each other: the two ends of a connection are found by their addresses, and the bytes
by their places in the stream, which each socket counts from its birth. Nothing is guessed from times.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from helpers import sockets
from helpers.events import Conversation as Conversation
from helpers.events import End as End
from helpers.events import Event as Event
from helpers.events import Flow as Flow
from helpers.events import Role as Role
from helpers.pairing import (
    Match,
    Piece,
    causal_order,
    datagram_ways,
    in_stream_order,
    match_datagrams,
    match_stream,
    pair_connections,
)
from helpers.tapes import ASIDE, FORGOTTEN, RESET, Caller, Entry, More, Tape, Trace

EVENTS = 100_000
"""Calls that a recording keeps, the first ones: with up to 64 bytes of data each they take about 40 MB."""


class Recording:
    """What the sockets of a block did."""

    def __init__(self, limit: int = EVENTS) -> None:
        self._tape = Tape(limit)
        self._under_way: list[tuple[Entry, Caller]] = []
        self._known: dict[int, Trace] = {}
        self._story: _Story | None = None
        self._told = -1

    @property
    def events(self) -> list[Event]:
        """The calls, causes before effects."""
        return self._tell().events

    @property
    def conversations(self) -> list[Conversation]:
        """Who talked with whom, in the order of their first calls."""
        return self._tell().conversations

    @property
    def dropped(self) -> int:
        """Calls that were not kept, because the recording was full."""
        return self._tape.dropped

    def start(self) -> None:
        """Record from now on."""
        self._tape.start()
        self._meet()

    def stop(self) -> None:
        """Record no more."""
        self._meet()
        self._tape.stop()
        self._under_way = [(entry, self._tape.caller(entry.thread)) for entry in sockets.calls_under_way()]

    def threads(self) -> set[int]:
        """The threads, by their `ident`, whose calls were recorded so far."""
        return self._tape.threads()

    def _meet(self) -> None:
        # An end that calls nothing may still be somebody's peer. And a connection's addresses are gone when it breaks.
        for sock in sockets.live_sockets():
            sockets.meet(sock)
            self._known[sock._trace.number] = sock._trace

    def _tell(self) -> _Story:
        length = len(self._tape) + len(self._under_way)
        if self._story is None or length != self._told:
            self._story, self._told = _Story(self._tape, self._under_way, self._known), length
        return self._story


class _Talk(NamedTuple):
    """A conversation, by the indices of its calls."""

    one: Trace | None
    other: Trace | None
    flows: list[Match]
    unread: list[Match]


class _Story:
    """The events and conversations of a tape, worked out once."""

    def __init__(self, tape: Tape, under_way: list[tuple[Entry, Caller]], known: dict[int, Trace]) -> None:
        self._tape = tape
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
        self._sends: dict[int, list[Piece]] = collections.defaultdict(list)
        self._receives: dict[int, list[Piece]] = collections.defaultdict(list)
        threads: dict[int, list[int]] = collections.defaultdict(list)
        count = 0
        for entry in self._entries():
            self._file(count, entry)
            threads[entry.thread].append(count)
            count += 1
        talks = [*self._connections(), *self._datagrams()]
        order = causal_order(count, threads.values(), self._causes(talks))
        self.events = self._events(order)
        self.conversations = self._conversations(talks, order)

    def _entries(self) -> Iterator[Entry]:
        return (entry for entry, _ in self._rows())

    def _rows(self) -> Iterator[tuple[Entry, Caller]]:
        rows = zip(self._tape.entries(), self._tape.callers(), strict=True)
        return (row for row in itertools.chain(rows, self._under_way) if not row[0].trace.inner)

    def _file(self, index: int, entry: Entry) -> None:
        """Note what the later steps ask for."""
        trace, call, more = entry.trace, entry.call, entry.more or More()
        number = trace.number
        self._traces[number] = trace
        self._calls[number].append(index)
        if entry.ended is None:
            return
        if entry.size:
            if not more.flags & ASIDE:
                piece = Piece(entry.offset, entry.size, index, entry.data, entry.begun, entry.ended, more.detail)
                (self._sends if call.startswith("send") else self._receives)[number].append(piece)
        elif call.startswith("recv") and (entry.asked or more.error in _BROKEN):
            if more.error is None or more.error in _BROKEN:
                self._sees_end.setdefault(number, index)
        elif more.error in _BROKEN:
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
        elif call == "listen":
            self._listens.setdefault(number, index)
        elif call in ("socket", "socketpair"):
            self._made[number] = index
        elif call == "close" or (call == "shutdown" and more.detail != socket.SHUT_RD):
            self._closes.setdefault(number, index)

    def _connections(self) -> Iterator[_Talk]:
        for one, other in pair_connections(self._traces.values()):
            ends = [end for end in (one, other) if end is not None]
            if not any(self._calls[end.number] for end in ends) or (other is None and not self._is_connected(ends[0])):
                continue
            flows, unread = [], []
            for sender, receiver in ((one, other), (other, one)):
                receives = self._receives[receiver.number] if receiver is not None else []
                sends = in_stream_order(self._sends[sender.number], receives) if sender is not None else []
                arrived, left = match_stream(sends, receives)
                flows += arrived
                unread += left if receiver is not None else []
            yield _Talk(one, other, flows, unread)

    def _is_connected(self, end: Trace) -> bool:
        """Whether a connect that nobody was seen to accept has succeeded: a connection to another process, or one still in the backlog."""
        number = end.number
        return (
            number in self._connects or number not in self._made or bool(self._sends[number] or self._receives[number])
        )

    def _datagrams(self) -> Iterator[_Talk]:
        ends = [
            trace for trace in self._traces.values() if trace.kind == socket.SOCK_DGRAM and trace.role == "datagram"
        ]
        ways = datagram_ways(ends, self._sends, self._receives)
        for one, other in list(ways):
            if (one, other) not in ways:
                continue  # it was the other direction of one before
            flows, unread = [], []
            for way in ((one, other), (other, one)):
                arrived, left = match_datagrams(*ways.pop(way, ([], [])))
                flows += arrived
                unread += left if way[1] else []
            yield _Talk(self._traces.get(one), self._traces.get(other), flows, unread)

    def _causes(self, talks: list[_Talk]) -> Iterator[tuple[int, int]]:
        """Pairs of calls of which the first must have come before the second."""
        for one, other, flows, _ in talks:
            for flow in flows:
                if flow.sent is not None and flow.received is not None:
                    yield flow.sent, flow.received
            for end, peer in ((one, other), (other, one)):
                if (
                    end is not None
                    and peer is not None
                    and end.number in self._closes
                    and peer.number in self._sees_end
                ):
                    yield self._closes[end.number], self._sees_end[peer.number]
            if one is None or other is None or one.number not in self._connects:
                continue
            connect = self._connects[one.number]
            if other.number in self._accepted:
                yield connect, self._accepted[other.number]
            if other.listener is not None and other.listener.number in self._listens:
                yield self._listens[other.listener.number], connect

    def _events(self, order: list[int]) -> list[Event]:
        place = [0] * len(order)
        for at, index in enumerate(order):
            place[index] = at
        ends = {number: _end(trace) for number, trace in self._traces.items()}
        events: list[Any] = [None] * len(order)
        for at, (entry, caller) in zip(place, self._rows(), strict=True):
            events[at] = _event(at, entry, caller, ends, self._tape.began)
        return events

    def _conversations(self, talks: list[_Talk], order: list[int]) -> list[Conversation]:
        event = dict(zip(order, self.events, strict=True)).get
        found = []
        for one, other, flows, unread in talks:
            indices = {index for end in (one, other) if end is not None for index in self._calls[end.number]}
            calls = sorted((event(index) for index in indices), key=lambda each: each.order)  # type: ignore[union-attr]
            found.append(
                Conversation(
                    0,
                    _end(one) if one is not None else None,
                    _end(other) if other is not None else None,
                    tuple(calls),  # type: ignore[arg-type]
                    tuple(Flow(event(flow.sent), event(flow.received), flow.size) for flow in flows),  # type: ignore[arg-type]
                    tuple(Flow(event(flow.sent), None, flow.size) for flow in unread),  # type: ignore[arg-type]
                )
            )
        found.sort(key=lambda talk: talk.events[0].order)
        return [dataclasses.replace(talk, number=number) for number, talk in enumerate(found, start=1)]


_BROKEN = {"BrokenPipeError", "ConnectionResetError", "ConnectionAbortedError"}
"""What a call raises on a connection that its peer has ended."""


def _end(trace: Trace) -> End:
    listener = trace.listener.number if trace.listener is not None else None
    return End(trace.number, trace.role, trace.program, trace.local, trace.peer, trace.bound, listener)  # type: ignore[arg-type]


def _event(order: int, entry: Entry, caller: Caller, ends: dict[int, End], began: float) -> Event:
    call, more = entry.call, entry.more or More()
    detail, error = more.detail, more.error
    waited_for_it = error == "TimeoutError"
    made = None
    if call == "accept" and detail is not None:
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
        offset=entry.offset if moves and entry.trace.kind == socket.SOCK_STREAM and entry.ended is not None else None,
        begun=entry.begun - began if entry.begun is not None and entry.begun >= began else None,
        ended=entry.ended - began if entry.ended is not None else None,
        error=error,
        timeout=detail if waited_for_it else None,
        address=detail if not waited_for_it and call not in ("shutdown", "close") else None,
        accepted=ends[made.number] if made is not None else None,
        peek=bool(more.flags & ASIDE),
        how=detail if call == "shutdown" and not error else None,
        reset=call == "close" and detail == RESET,
        forgotten=call == "close" and detail == FORGOTTEN,
    )
