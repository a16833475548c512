"""A tape's entries, made into events and conversations that explain each other.

Comes in: a tape, and the calls that had not come back when it stopped. Goes out: a `History`. Who imports it: `recorder`.

The steps: note the calls of each socket (`calls`); find who talks with whom (`pairing`), and whose bytes a receive brought (`streams`); put the calls in an order with causes
before effects (`ordering`); write all that down as `events` has it. Until that last step a call is named by its index, its place on the tape: there may be a hundred thousand.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import heapq
import itertools
import math
import operator
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from helpers.recording.calls import NOTHING_MORE, Calls, Shut, begun
from helpers.recording.doubts import BypassedHere, first_doubt
from helpers.recording.events import LEFT_OPEN, STAYS_OPEN, Conversation, End, Event, Flow, PlaintextCall, RecordRun
from helpers.recording.ordering import causal_order, handovers
from helpers.recording.pairing import match_datagrams, pair_connections
from helpers.recording.pieces import renamed, runs_of
from helpers.recording.records import RECORDS, TELLS_RECORDS, tell_records
from helpers.recording.spans import touching
from helpers.recording.streams import Match, Matches, Transfer, in_stream_order, match_stream
from helpers.sockets import tapes
from helpers.sockets.pieces import PIECE
from helpers.sockets.tapes import (
    FORGOTTEN,
    LEFT,
    LEFT_AND_RESET,
    RESET,
    SHARED,
    TLS,
    Caller,
    Entry,
    Handover,
    Passage,
    Tape,
    Thread,
    Trace,
)

_RESET = RESET, LEFT_AND_RESET
_CLOSED = {LEFT: LEFT_OPEN, LEFT_AND_RESET: LEFT_OPEN, SHARED: STAYS_OPEN}
"""What the detail of a `close` says."""


class History(NamedTuple):
    """What a tape says happened."""

    events: list[Event]
    """Causes before effects."""
    conversations: list[Conversation]
    """In the order of their first calls."""
    whole: dict[int, bytes]
    """All that long receives brought, as far as the tape kept it, by `Event.order`."""
    passages: dict[int, Passage]
    """What links did to datagrams, by `Event.order`."""


class Pairing(NamedTuple):
    """The two ends of a conversation, and its bytes, by the indices of the calls."""

    one: Trace | None
    other: Trace | None
    flows: list[Match]
    unread: list[Match]
    unsure: list[Match]

    @property
    def ends(self) -> list[Trace]:
        """Those that are known."""
        return [end for end in (self.one, self.other) if end is not None]


class Corrected(NamedTuple):
    """What is known better of a call than its entry says."""

    offset: int
    size: int
    data: bytes | None = None
    begun: float | None = None


class HistoryBuilder:
    """Works out the events and conversations of a tape, once."""

    def __init__(
        self,
        tape: Tape,
        length: int,
        under_way: list[tuple[Entry, Caller]],
        known: dict[int, Trace],
        bypassed: BypassedHere,
        handed_over: list[Handover],
    ) -> None:
        self._tape = tape
        self._length = length  # it may still grow
        self._under_way = under_way
        self._bypassed = bypassed
        self._between_threads = handed_over
        self._calls = Calls(known)
        self._corrected: dict[int, Corrected] = {}
        self._told_as: dict[int, int] = {}
        """Of each piece of a `sendall` the call, or the piece, that it is told as."""
        self._untold: set[int] = set()  # pieces that are told as another one
        self._peeked: list[tuple[int, int]] = []  # which send a peek saw
        self._one_by_one: list[tuple[int, int]] = []  # on a socket that several threads used, as the bytes say
        self._handed_over: list[tuple[int, int]] = []  # from one thread to the next
        self._shut: dict[int, Shut] = {}
        """By the call, that its own program has ended it."""
        self._threads: dict[Thread, int] = {}  # their numbers
        self._whole: dict[int, bytes] = {}
        self._passages: dict[int, Passage] = {}
        self._told_rows: Sequence[tuple[Entry, Caller]] | None = None

    def build(self) -> History:
        """The history of the tape's first `length` entries, and of the calls under way."""
        threads: dict[Thread, list[int]] = collections.defaultdict(list)
        numbers: list[int] = []  # of the calls; places are of the same objects, since there may be a great many
        for number, (entry, _) in enumerate(self._rows()):
            self._calls.add(number, entry)
            threads[entry.thread].append(number)
            numbers.append(number)
        pairings = [*self._connections(), *self._datagrams()]
        self._shut = {shut.call: shut for shut in self._ended_by_themselves(pairings)}
        self._handed_over = list(handovers(threads, self._rows(), self._tape.began, self._between_threads))
        self._calls.forget_bytes()
        self._leave_out_pieces()
        place = [0] * len(numbers)
        order = causal_order(len(numbers), threads.values(), self._causes(pairings))
        told = (index for index in order if index not in self._untold) if self._untold else order
        for at, index in zip(numbers, told, strict=not self._untold):
            place[index] = at
        for piece in self._untold:
            place[piece] = place[self._told_as[piece]]
        self._threads = {thread: number for number, thread in enumerate(threads, start=1)}
        del threads, numbers, order
        events = self._events(place)
        return History(events, self._conversations(pairings, place, events), self._whole, self._passages)

    def _taped_rows(self) -> Iterator[tuple[Entry, Caller]]:
        rows = zip(self._tape.entries(self._length), self._tape.callers(self._length), strict=True)
        # What another process has recorded belongs in between: the clock is the same.
        others = sorted((row for row in self._under_way if row[0].ended is not None), key=_when_back)
        waiting = (row for row in self._under_way if row[0].ended is None)
        merged = itertools.chain(heapq.merge(rows, others, key=_when_back) if others else rows, waiting)
        return (row for row in merged if not row[0].trace.inner)

    def _rows(self) -> Iterator[tuple[Entry, Caller]]:
        """Each call, and each run of TLS records."""
        if self._told_rows is None:
            has_records = any(entry.call in TELLS_RECORDS for entry, _ in self._taped_rows())
            self._told_rows = tell_records(self._taped_rows()) if has_records else ()
        return iter(self._told_rows) if self._told_rows else self._taped_rows()

    def _connections(self) -> Iterator[Pairing]:
        calls = self._calls
        for one, other in pair_connections(calls.traces.values()):
            pairing = Pairing(one, other, [], [], [])
            ends = pairing.ends
            if not any(calls.all[end.number] for end in ends) or (other is None and not calls.is_connected(ends[0])):
                continue
            for sender, receiver in ((one, other), (other, one)):
                matches = self._match_direction(sender, receiver)
                pairing.flows.extend(matches.flows)
                if receiver is not None:
                    pairing.unread.extend(matches.unread)
                    pairing.unsure.extend(matches.unsure)
            yield pairing

    def _match_direction(self, sender: Trace | None, receiver: Trace | None) -> Matches:
        """The bytes from one end to the other: as `match_stream`."""
        calls = self._calls
        receives = self._at_their_places(receiver, sent=False) if receiver is not None else []
        sends = self._in_order(self._at_their_places(sender, sent=True), receives) if sender is not None else []
        receives = self._in_order(receives, sends)
        if self._calls.pieces:
            sends = self._with_pieces(sends, receives)
        if sender is not None and receives:
            sends += self._open_send(sender, receives[-1].end)
        for peek in calls.peeks[receiver.number] if receiver is not None else ():
            self._peeked += [(seen.call, peek.call) for seen in touching(sends, peek.start, peek.end)]
        doubt = self._first_doubt(sender, receiver, sends, receives) if sender and receiver else math.inf
        matches = match_stream(sends, receives, doubt)
        return Matches(*(renamed(each, self._told_as) for each in matches)) if self._told_as else matches

    def _with_pieces(self, sends: list[Transfer], receives: list[Transfer]) -> list[Transfer]:
        """The sends of a socket without what of an unfinished one is not told: how far it came beyond what was received is luck."""
        received = receives[-1].end if receives else 0
        unfinished = {index for index, entry in self._calls.open_sends.values() if entry.ended is None}
        ends: dict[int, int] = {}
        for run in runs_of(sends, self._calls.pieces):
            size = run.size
            if run.whole and run.told_as in unfinished:
                size = max(min(received, run.offset + size) - run.offset, 0)
                ends |= dict.fromkeys(run.pieces, run.offset + size)
                self._corrected[run.told_as] = Corrected(run.offset, size)
            elif not run.whole:
                self._corrected[run.told_as] = Corrected(run.offset, size, run.data, run.begun)
            self._told_as |= dict.fromkeys(run.pieces, run.told_as)
        cut = (each._replace(size=min(each.end, ends.get(each.call, each.end)) - each.start) for each in sends)
        return [each for each in cut if each.size > 0]

    def _leave_out_pieces(self) -> None:
        """Those that are told as another one."""
        for piece, call in self._calls.pieces.items():
            if self._told_as.setdefault(piece, call) != piece:
                self._untold.add(piece)

    def _at_their_places(self, end: Trace, sent: bool) -> list[Transfer]:
        """What it sent, or received, in the order of the stream; behind what had gone past it before."""
        transfers = (self._calls.sends if sent else self._calls.receives)[end.number]
        before = self._bypassed.so_far(end)
        shift = (before.sent if sent else before.received) or 0
        moved = [each._replace(start=each.start + shift) for each in transfers] if shift else transfers
        return sorted(moved, key=_start)

    def _first_doubt(self, sender: Trace, receiver: Trace, sends: list[Transfer], receives: list[Transfer]) -> float:
        """From which place on bytes that were not recorded have come between."""
        if {sender.number, receiver.number} & self._calls.urgent:
            return first_doubt(sends, receives, None, None, NEVER)
        unsent, unreceived = self._bypassed.during(sender).sent, self._bypassed.during(receiver).received
        sent_in_all = sends[-1].end if sends else sender.sent + (self._bypassed.so_far(sender).sent or 0)
        return first_doubt(sends, receives, unsent, unreceived, sent_in_all)

    def _in_order(self, transfers: list[Transfer], others: list[Transfer]) -> list[Transfer]:
        ordered = in_stream_order(transfers, others)
        for counted, found in zip(sorted(transfers, key=_call), sorted(ordered, key=_call), strict=True):
            if found.start != counted.start:
                self._corrected[found.call] = Corrected(found.start, found.size)
        if [each.call for each in ordered] != sorted(each.call for each in ordered):
            self._one_by_one += [(one.call, other.call) for one, other in itertools.pairwise(ordered)]
        return ordered

    def _open_send(self, sender: Trace, end: int) -> list[Transfer]:
        """A send that has not come back, or was interrupted, has sent at least what was received, up to `end`."""
        if sender.number not in self._calls.open_sends:
            return []
        index, entry = self._calls.open_sends[sender.number]
        place = entry.offset + entry.size
        if end <= place or any(transfer.start >= place for transfer in self._calls.sends[sender.number]):
            return []
        self._corrected[index] = Corrected(entry.offset, end - entry.offset)
        return [Transfer(place, end - place, index, b"", begun(entry), entry.ended or tapes.now())]

    def _datagrams(self) -> Iterator[Pairing]:
        ends = [trace for trace in self._calls.traces.values() if trace.kind == socket.SOCK_DGRAM]
        sends, receives = (
            sorted(
                ((end, transfer) for end in ends for transfer in transfers[end.number]),
                key=lambda mover: mover[1].call,
            )
            for transfers in (self._calls.sends, self._calls.receives)
        )
        pairings: dict[frozenset[int], Pairing] = {}
        # Who was answered may come back, and be on the tape, after whoever has answered.
        when = {each.call: each.begun for _, each in sends} | {each.call: each.ended for _, each in receives}
        found = match_datagrams(sends, receives, ends)
        matches = sorted(found, key=lambda each: (when[_first(each[2])], _first(each[2])))
        for sender, receiver, match in matches:
            pair = frozenset(end.number if end is not None else 0 for end in (sender, receiver))
            pairing = pairings.setdefault(pair, Pairing(sender, receiver, [], [], []))
            if match.received is not None:
                pairing.flows.append(match)
                if match.sent is None and sender is not None and not self._may_be_from_before(sender, pairing):
                    pairing.unsure.append(match)
            elif receiver is not None:
                pairing.unread.append(match)
        yield from pairings.values()

    def _may_be_from_before(self, sender: Trace, pairing: Pairing) -> bool:
        """Whether a datagram that nobody was recorded to send may have been sent before. (Between two sockets they keep their order.)"""
        sends = self._calls.sends[sender.number]
        sent_before = min(each.start for each in sends) if sends else sender.sent
        return sent_before > 0 and not any(flow.sent is not None for flow in pairing.flows)

    def _ended_by_themselves(self, pairings: list[Pairing]) -> Iterator[Shut]:
        peers = {end.number: peer for one, other, *_ in pairings for end, peer in ((one, other), (other, one)) if end}
        for number in list(self._calls.ended):
            yield from self._calls.shut(self._calls.traces[number], peers.get(number))

    def _causes(self, pairings: list[Pairing]) -> Iterator[tuple[int, int]]:
        """Pairs of calls of which the first must have come before the second."""
        yield from self._peeked
        yield from self._one_by_one
        yield from self._handed_over
        yield from ((shut.by, call) for call, shut in self._shut.items())
        for one, other, flows, _, _ in pairings:
            for flow in flows:
                if flow.sent is not None and flow.received is not None:
                    yield flow.sent, flow.received
            if one is not None and other is not None:
                yield from self._causes_between(one, other)

    def _causes_between(self, one: Trace, other: Trace) -> Iterator[tuple[int, int]]:
        """Those that open and end the connection from `one` to `other`."""
        calls = self._calls
        for end, peer in ((one, other), (other, one)):
            met = (each.call for each in calls.ended.get(peer.number, ()) if each.by_peer)
            first = next((call for call in met if call not in self._shut), None)
            if end.number in calls.ends_sending and first is not None:
                yield calls.ends_sending[end.number].call, first
        connect = calls.connects.get(one.number)
        if connect is None:
            return
        if other.number in calls.accepted:
            yield connect, calls.accepted[other.number]
        if other.listener is not None and other.listener.number in calls.listens:
            yield calls.listens[other.listener.number], connect

    def _events(self, place: list[int]) -> list[Event]:
        ends = {number: _end(trace) for number, trace in self._calls.traces.items()}
        follows: dict[int, list[int]] = collections.defaultdict(list)
        for before, after in self._handed_over:
            follows[self._told_as.get(after, after)].append(place[before])
        events = []
        for index, (entry, caller) in enumerate(self._rows()):
            if index in self._untold:
                continue
            if index in self._corrected:
                entry = _corrected(entry, self._corrected[index])
            if entry.more is not None and entry.more.whole is not None:
                self._whole[place[index]] = entry.more.whole
            if entry.more is not None and entry.more.passage is not None:
                self._passages[place[index]] = entry.more.passage
            events.append(
                _event(
                    place[index],
                    entry,
                    caller,
                    ends,
                    self._tape.began,
                    self._threads[entry.thread],
                    tuple(follows.get(index, ())),
                    self._shut[index].way if index in self._shut else None,
                )
            )
        events.sort(key=_order)
        return events

    def _conversations(self, pairings: list[Pairing], place: list[int], events: list[Event]) -> list[Conversation]:
        def event(index: int | None) -> Event | None:
            return events[place[index]] if index is not None else None

        found = []
        for pairing in pairings:
            one, other, flows, unread, unsure = pairing
            calls = sorted(place[index] for end in pairing.ends for index in self._calls.all[end.number])
            found.append(
                Conversation(
                    0,
                    _end(one) if one is not None else None,
                    _end(other) if other is not None else None,
                    tuple(events[at] for at, _ in itertools.groupby(calls)),
                    tuple(Flow(event(flow.sent), event(flow.received), flow.size) for flow in _taken(flows)),
                    tuple(Flow(event(flow.sent), None, flow.size) for flow in _taken(unread)),
                    tuple(Flow(event(flow.sent), event(flow.received), flow.size) for flow in _taken(unsure)),
                )
            )
        found.sort(key=lambda conversation: conversation.events[0].order)
        return [dataclasses.replace(conversation, number=number) for number, conversation in enumerate(found, start=1)]


NEVER = 1 << 60
"""More bytes than anybody sends."""

_start, _call, _order = map(operator.attrgetter, ("start", "call", "order"))


def _when_back(row: tuple[Entry, Caller]) -> float:
    return row[0].ended or 0.0


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


def _corrected(entry: Entry, known: Corrected) -> Entry:
    entry = entry._replace(offset=known.offset, size=known.size)
    if known.data is None:
        return entry
    return entry._replace(data=known.data, begun=known.begun)


def _event(
    order: int,
    entry: Entry,
    caller: Caller,
    ends: dict[int, End],
    began: float,
    thread: int,
    follows: tuple[int, ...],
    shut: int | None,
) -> Event:
    call, more = "sendall" if entry.call == PIECE else entry.call, entry.more or NOTHING_MORE
    if tls := call.startswith(TLS):
        call = call.removeprefix(TLS)
    detail, error = more.detail, more.error
    kind: Callable[..., Event] = Event
    if tls or call in RECORDS:
        kind = functools.partial(PlaintextCall, said_of_it=detail) if tls else functools.partial(RecordRun, run=detail)
        detail = None
    made = None
    if call == "accept" and not error and detail is not None:
        made, detail = detail
    moves = call.startswith(("send", "recv")) or (tls and call in ("read", "write"))
    return kind(
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
        address=detail if call not in ("shutdown", "listen", "close") else None,
        accepted=ends[made.number] if made is not None else None,
        peek=bool(more.flags & socket.MSG_PEEK),
        how=detail if call in ("shutdown", "listen") else _CLOSED.get(detail) if call == "close" else shut,
        reset=call == "close" and detail in _RESET,
        forgotten=call == "close" and detail == FORGOTTEN,
        follows=follows,
        thread_number=thread,
    )


def _has_place(entry: Entry) -> bool:
    return entry.ended is not None or entry.size > 0
