"""The order in which a picture tells the calls of a recording: each cause above its effects, and the same at every run.

Comes in: a `Recorded`. Goes out: its calls in that order, a place for each socket and conversation, and who waited for whom. Who imports it: the pictures.

Threads that run at the same time come back in another order every time. What they did is the same, and so is what had to come before what.
So the calls are sorted into *strands* (each the calls of one thread, in their order), and the strands are walked (`walk`) from those causes:
a call that waited for something comes as soon as that has happened.

Why there are two orders: that of a recording (`helpers.recording.ordering`) is the one of a run. It has every call, keeps as near to the tape as causes allow, and so differs from
run to run. This one is the picture's. It leaves out what links did and what only says that a server goes on, knows more causes (that a call was refused, or gave up, because
something had not happened yet), lets each thread go on as far as it can, and is the same at every run whose threads did the same. It begins with the other one: within a
thread, and where a call gave up before what it waited for, only that can say which came first.

Of times two things are asked: what was over long before something else took place (`walk`), and whether calls of one name overlapped, so that it was several threads.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
import functools
import itertools
import math
import re
import socket
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from helpers.pictures.telling.relays import Through, spans_of, through
from helpers.pictures.telling.routes import LOST, Route, closes
from helpers.pictures.telling.routes import ends_sending as ends_sending
from helpers.pictures.telling.walk import TOGETHER, Strand, walk
from helpers.recording.events import Conversation, End, Event, Recorded
from helpers.recording.spans import touching
from helpers.sockets.addresses import reaches

NOTHING_YET = ("TimeoutError", "BlockingIOError")
"""What a call raises that would have had to wait, or to wait longer."""

SYN_AGAIN = 0.5
"""Seconds: a `connect` that lasts longer has waited for room in the backlog. (A system tries again after about a second.)"""

_ONE_AT_A_TIME = ("socket", "socketpair", "bind", "listen", "connect", "connect_ex", "close", "detach")


class Cause(NamedTuple):
    """That one call came before another, both by `Event.order`."""

    before: int
    after: int
    awaited: bool
    """Whether the second waited for the first, if it was there earlier."""


@dataclasses.dataclass(frozen=True)
class PictureOrder:
    """The calls in the order of the picture. Events are named by their `order`, sockets by their `number`."""

    previous: dict[int, Event]
    """The call before it in the same thread."""
    awaited: dict[int, list[int]]
    """The calls, of other threads, that it could not come back without."""
    sockets: dict[int, int]
    """A place for each socket, the same at every run."""
    talks: dict[int, int]
    """The same for each conversation, by its index in `recording.conversations`."""
    talk_of: dict[int, int]
    """The conversation that each call belongs to, by that index; also of calls that are not told."""
    threads: int
    after_hidden: frozenset[int]
    """The calls before which their thread made another one that is left out: what it did meanwhile is not told."""
    known: _Known

    @functools.cached_property
    def events(self) -> list[Event]:
        """From top to bottom."""
        return self.known.walked()

    @property
    def calls(self) -> Iterator[Event]:
        """The same calls, those of each thread in their order."""
        return itertools.chain.from_iterable(self.known.strands)

    def without(self, hidden: Container[int]) -> PictureOrder:
        """The same without these calls. Of threads that did the same another one may be quicker at every run: what is left does not depend on it."""
        strands = [[event for event in strand if event.order not in hidden] for strand in self.known.strands]
        left = dataclasses.replace(self.known, strands=[strand for strand in strands if strand])
        after = frozenset(order for order, before in self.previous.items() if before.order in hidden)
        return dataclasses.replace(self, previous=_previous(left.strands), after_hidden=after, known=left)


@dataclasses.dataclass(frozen=True)
class _Known:
    """What the order is made from."""

    strands: list[Strand]
    causes: list[Cause]
    moments: dict[int, float]

    def walked(self) -> list[Event]:
        told = {event.order for strand in self.strands for event in strand}
        pairs = ((cause.before, cause.after) for cause in self.causes if cause.before in told and cause.after in told)
        return walk(self.strands, pairs, self.moments)


def _previous(strands: Iterable[Strand]) -> dict[int, Event]:
    return {event.order: before for strand in strands for before, event in itertools.pairwise(strand)}


def picture_order(recording: Recorded) -> PictureOrder:
    """The calls of `recording` in their causal order, without those of links, and without what only says that a server goes on."""
    recording = through(recording)
    conversations = recording.conversations
    talk_of = _talks_of_events(conversations)
    strands, sockets, talks = _ranked(list(_strands(recording.events)), talk_of)
    kept = set(map(_order, _taking_part(list(_lasting(recording.events)), talk_of)))
    strands = [strand for each in strands if (strand := [event for event in each if event.order in kept])]
    strand_of = {event.order: at for at, strand in enumerate(strands) for event in strand}
    causes = [
        cause
        for cause in itertools.chain(
            _causes(recording.events, conversations, recording.routes),
            _in_threads(event for strand in strands for event in strand),
        )
        if strand_of.get(cause.before) != strand_of.get(cause.after) and {cause.before, cause.after} <= kept
    ]
    awaited: dict[int, list[int]] = collections.defaultdict(list)
    for cause in causes:
        if cause.awaited:
            awaited[cause.after].append(cause.before)
    held = set(_held_by_links(recording))
    moments = {e.order: _moment(e, e.order in awaited and e.order not in held) for e in recording.events}
    known, previous = _Known(strands, causes, moments), _previous(strands)
    return PictureOrder(previous, dict(awaited), sockets, talks, talk_of, len(strands), frozenset(), known)


def _moment(event: Event, is_explained: bool) -> float:
    """Before when a call cannot have taken place. `is_explained`: whether it is known what it had to wait for, if it did.

    A busy machine lets a thread run late: what it waited for was there before it comes back. So when a call came back is asked only where nothing else is known.
    """
    begun = event.begun if event.begun is not None else -math.inf
    if event.ended is None:
        return begun
    if event.error == "TimeoutError":
        return min(begun + (event.timeout or 0.0), event.ended)
    waits = event.receives or event.call == "accept"
    if (waits and not is_explained) or (connects(event) and event.ended - begun > SYN_AGAIN):
        return event.ended
    return begun


def _held_by_links(recording: Through) -> Iterator[int]:
    """The receives, by their `order`, of what links may have held back: that it was sent long before says nothing."""
    for at, route in recording.routes.items():
        for path in (route.upstream, route.downstream):
            if path.receiver is not None and path.seconds_held >= TOGETHER:
                number = path.receiver.number
                yield from (
                    e.order for e in recording.conversations[at].events if e.socket.number == number and e.receives
                )


def _talks_of_events(talks: Sequence[Conversation]) -> dict[int, int]:
    """The conversation that each call belongs to, by its index. (A datagram socket may take part in several: there, where its bytes go or come from.)"""
    found: dict[int, int] = {}
    for at, talk in enumerate(talks):
        for flow in (*talk.flows, *talk.unread):
            for event in (flow.sent, flow.received):
                if event is not None:
                    found.setdefault(event.order, at)
    for at, talk in enumerate(talks):
        for event in talk.events:
            found.setdefault(event.order, at)
    return found


def ends_of(talk: Conversation) -> Iterator[tuple[End | None, End | None]]:
    """Each end with its peer."""
    yield talk.client, talk.server
    yield talk.server, talk.client


def _order(event: Event) -> int:
    return event.order


def _lasting(events: Sequence[Event]) -> Iterator[Event]:
    """Without the accepts of ready-made servers that bring nobody: such a server always waits for the next client, until it is stopped."""
    own = {(event.socket.number, event.thread) for event in events if event.call == "listen"}
    for event in events:
        vain = event.call == "accept" and event.program is not None and (event.error or event.ended is None)
        if not vain or (event.socket.number, event.thread) in own:
            yield event


def _taking_part(events: list[Event], talk_of: dict[int, int]) -> list[Event]:
    """Without the conversations of which nothing is there but a program's call that waited before the recording and after it."""
    active = {talk_of.get(event.order, -1) for event in events if not _stands_by(event)}
    return [event for event in events if not _stands_by(event) or talk_of.get(event.order, -1) in active] or events


def _stands_by(event: Event) -> bool:
    return event.program is not None and event.begun is None and event.ended is None


def _strands(events: Sequence[Event]) -> Iterator[Strand]:
    threads: dict[tuple[str | None, str], Strand] = collections.defaultdict(list)
    accepting: dict[int, set[str]] = collections.defaultdict(set)
    # What a program leaves behind is closed in its thread, after its end.
    owners = {event.thread: event.program for event in events if event.program and event.thread != "MainThread"}
    for event in events:
        threads[event.program or owners.get(event.thread), event.thread].append(event)
        if event.call == "accept":
            accepting[event.socket.number].add(event.thread)
    for (program, _), thread in threads.items():
        if program is not None and _overlaps(thread):
            yield from _by_connection(thread)
        else:
            yield from _cut(thread, accepting)


def _overlaps(thread: Strand) -> bool:
    """Whether some calls were made while others had not come back: it was several threads of one name."""
    ended = None
    for event in thread:
        if event.tls:
            continue  # its records were written and read meanwhile
        if ended is not None and (event.begun is None or event.begun < ended):
            return True
        ended = event.ended if ended is None or event.ended is None else max(ended, event.ended)
    return False


def _by_connection(thread: Strand) -> Iterator[Strand]:
    """What such threads do for each connection: they accept it, use it, and use the sockets that they make meanwhile."""
    strands: dict[int, Strand] = {}
    strand: Strand = []
    for event in thread:
        number = event.accepted.number if event.accepted is not None else event.socket.number
        strand = strands.setdefault(number, strand if event.call == "socket" else [])
        strand.append(event)
    yield from {id(strand): strand for strand in strands.values()}.values()


def _cut(thread: Strand, accepting: dict[int, set[str]]) -> Iterator[Strand]:
    """Where several threads accept, it is luck which of them serves the next connection: that begins a strand of its own."""
    strand: Strand = []
    for event in thread:
        served = strand and strand[-1].call == "close" and strand[-1].socket.role == "server"
        if served and event.call == "accept" and len(accepting[event.socket.number]) > 1:
            yield strand
            strand = []
        strand.append(event)
    yield strand


def _ranked(strands: list[Strand], talk_of: dict[int, int]) -> tuple[list[Strand], dict[int, int], dict[int, int]]:
    """The strands in an order that is the same at every run, and a place for each socket and conversation as they come up in it.

    First the notebook's own, then whoever talks with those, and so on.
    """
    sockets: dict[int, int] = {}
    talks: dict[int, int] = {}
    ranked: list[Strand] = []
    talks_in = {id(strand): {talk_of[e.order] for e in strand if e.order in talk_of} for strand in strands}

    def key(strand: Strand) -> tuple[int, str, bool, list[tuple[int, str]], int]:
        first = strand[0]
        known = min((talks[talk] for talk in talks_in[id(strand)] if talk in talks), default=len(talk_of))
        return known, first.program or "", first.thread != "MainThread", _natural(first.thread), first.order

    rest = strands
    chosen = [strand for strand in strands if strand[0].program is None]
    while rest:
        for strand in sorted(chosen or rest, key=key):
            ranked.append(strand)
            for event in strand:
                for end in (event.socket, event.accepted):
                    if end is not None:
                        sockets.setdefault(end.number, len(sockets))
                if event.order in talk_of:
                    talks.setdefault(talk_of[event.order], len(talks))
        done = set(map(id, ranked))
        rest = [strand for strand in rest if id(strand) not in done]
        chosen = [strand for strand in rest if any(talk in talks for talk in talks_in[id(strand)])]
    return ranked, sockets, talks


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts Thread-9 before Thread-10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _in_threads(events: Iterable[Event]) -> Iterator[Cause]:
    """What one thread did after the other, also where its calls are on several strands. (Two threads may have one name.)"""
    threads: dict[int, list[Event]] = collections.defaultdict(list)
    for event in events:
        if event.thread_number is not None:
            threads[event.thread_number].append(event)
    for thread in threads.values():
        for before, after in itertools.pairwise(sorted(thread, key=_order)):
            yield Cause(before.order, after.order, False)


def _causes(
    events: Sequence[Event], conversations: Sequence[Conversation], routes: dict[int, Route]
) -> Iterator[Cause]:
    of_socket: dict[int, list[Event]] = collections.defaultdict(list)
    for event in events:
        if event.ended is not None:
            of_socket[event.socket.number].append(event)
        yield from (Cause(before, event.order, False) for before in event.follows)
    for calls in of_socket.values():
        yield from _own_order(calls)
        yield from _of_shutting_down(calls)
    accepts = {event.accepted.number: event for event in events if event.accepted is not None}
    for number, accept in accepts.items():
        yield from (Cause(accept.order, event.order, False) for event in of_socket[number][:1])
    listening = {event.socket.number: _Listening.of(of_socket[event.socket.number]) for event in accepts.values()}
    for at, talk in enumerate(conversations):
        yield from _of_flows(talk, of_socket)
        yield from _of_peeks(talk, of_socket)
        yield from _of_unsure(talk)
        yield from _of_connecting(talk, of_socket, accepts, listening)
        yield from _of_starting(talk, of_socket, accepts)
        yield from _of_closing(talk, of_socket, routes.get(at))
    yield from _of_refusals(events)


def _own_order(calls: list[Event]) -> Iterator[Cause]:
    """Of one socket, which several threads may use: one may send while another receives, but each of the two goes on in its order."""
    last: Event | None = None
    since: dict[str, Event] = {}  # kind -> the latest call
    for event in calls:
        if event.call in _ONE_AT_A_TIME:
            for before in since.values() or filter(None, [last]):
                yield Cause(before.order, event.order, False)
            last, since = event, {}
            continue
        # Of several accepts none waits for the other: one thread's may come back later than the next one's.
        kind = (
            "recv" if event.receives or event.hears else f"accept {event.order}" if event.call == "accept" else "send"
        )
        before_it = since.get(kind) or last
        if before_it is not None:
            yield Cause(before_it.order, event.order, False)
        since[kind] = event


def _of_shutting_down(calls: list[Event]) -> Iterator[Cause]:
    """A call that the socket's own program has ended, mostly in another thread."""
    shutdowns = [event for event in calls if event.call == "shutdown" and not event.error]
    for event in calls if shutdowns else ():
        if event.shut:
            by = [each for each in shutdowns if each.how in (event.how, socket.SHUT_RDWR)]
            yield from (Cause(each.order, event.order, True) for each in by[:1])


def _of_flows(talk: Conversation, of_socket: dict[int, list[Event]]) -> Iterator[Cause]:
    sources: dict[int, list[Event]] = collections.defaultdict(list)  # of each receive
    for flow in talk.flows:
        if flow.sent is not None and flow.received is not None:
            yield Cause(flow.sent.order, flow.received.order, True)
            sources[flow.received.order].append(flow.sent)
            if flow.received.socket.role == "datagram":
                yield from _of_binding(of_socket[flow.received.socket.number], flow.sent)
    # A receive that gave up before them shows that they were not sent yet.
    for end, peer in ends_of(talk):
        vain: Event | None = None
        for event in of_socket[end.number] if end is not None else ():
            if event.receives and event.error in NOTHING_YET:
                vain = event
                continue
            sent = sources.get(event.order)
            if vain is not None and (sent or event.end_of_stream):
                fin = filter(ends_sending, of_socket[peer.number]) if peer is not None else iter(())
                yield from _later(vain, sent or itertools.islice(fin, 1))
                vain = None
        if vain is not None and peer is not None:
            unread = [flow.sent for flow in talk.unread if flow.sent and flow.sent.socket.number == peer.number]
            yield from _later(vain, unread)
            yield from _later(vain, itertools.islice(filter(ends_sending, of_socket[peer.number]), 1))


def _of_binding(calls: list[Event], sent: Event) -> Iterator[Cause]:
    """A datagram arrives only where somebody has the address already."""
    bind = next((event for event in calls if event.call == "bind" and not event.error), None)
    if bind is not None and bind.order < sent.order:
        yield Cause(bind.order, sent.order, False)


def _of_unsure(talk: Conversation) -> Iterator[Cause]:
    """Where nobody knows whose bytes they are, nothing is received before what was sent before it."""
    sends = sorted(flow.sent.order for flow in talk.unsure if flow.sent is not None)
    for flow in talk.unsure:
        at = bisect.bisect(sends, flow.received.order) if flow.received is not None else 0
        if flow.received is not None and at:
            yield Cause(sends[at - 1], flow.received.order, False)


def _of_peeks(talk: Conversation, of_socket: dict[int, list[Event]]) -> Iterator[Cause]:
    """Whoever looks at bytes, and leaves them, sees what was sent before. (A datagram: the one that is taken next.)"""
    taken_from = {flow.received.order: flow.sent for flow in talk.flows if flow.received and flow.sent}
    for end, peer in ends_of(talk):
        looks = [event for event in of_socket[end.number] if event.peek and event.size] if end is not None else []
        if not looks or end is None or peer is None:
            continue
        sends = spans_of(of_socket[peer.number], sent=True)
        taken = [event.order for event in of_socket[end.number] if event.order in taken_from]
        for look in looks:
            if look.offset is not None:
                seen = [span.of for span in touching(sends, look.offset, look.offset + look.size)]
            else:
                seen = [taken_from[order] for order in taken[bisect.bisect(taken, look.order) :][:1]]
            yield from (Cause(sent.order, look.order, True) for sent in seen if sent.order < look.order)


def _later(vain: Event, events: Iterable[Event]) -> Iterator[Cause]:
    return (Cause(vain.order, event.order, False) for event in events if event.order > vain.order)


class _Listening(NamedTuple):
    """What is asked of a listening socket for each of its connections."""

    listens: list[Event]
    vain: list[Event]
    """The accepts that met nobody."""

    @staticmethod
    def of(calls: Iterable[Event]) -> _Listening:
        calls = list(calls)
        vain = [event for event in calls if event.call == "accept" and event.error in NOTHING_YET]
        return _Listening([event for event in calls if event.call == "listen"], vain)


def _of_connecting(
    talk: Conversation,
    of_socket: dict[int, list[Event]],
    accepts: dict[int, Event],
    listening: dict[int, _Listening],
) -> Iterator[Cause]:
    calls = of_socket[talk.client.number] if talk.client is not None else []
    connect = next((event for event in calls if connects(event)), None)
    accept = accepts.get(talk.server.number) if talk.server is not None else None
    if connect is None or accept is None:
        return
    yield Cause(connect.order, accept.order, True)
    listens, vain = listening[accept.socket.number]
    yield from (Cause(event.order, connect.order, False) for event in listens)
    before = bisect.bisect_left(vain, accept.order, key=_order)
    if before:
        yield from _later(vain[before - 1], [connect])


def _of_starting(talk: Conversation, of_socket: dict[int, list[Event]], accepts: dict[int, Event]) -> Iterator[Cause]:
    """A program is started, and listens, before the next one is started: `background` waits for that."""
    accept = accepts.get(talk.server.number) if talk.server is not None else None
    calls = of_socket[talk.client.number] if talk.client is not None else []
    if accept is None or not calls or accept.program == calls[0].program:
        return
    listen = next((event for event in of_socket[accept.socket.number] if event.call == "listen"), None)
    if listen is not None:
        yield from _later(listen, calls[:1])


def connects(event: Event) -> bool:
    """Whether it opens a connection, or begins to. (Of a datagram socket it only notes an address.)"""
    opens = event.call.startswith("connect") and event.socket.role != "datagram"
    return opens and event.error in (None, "BlockingIOError")


def _of_closing(talk: Conversation, of_socket: dict[int, list[Event]], route: Route | None) -> Iterator[Cause]:
    paths = (route.upstream, route.downstream) if route is not None else (None, None)
    for (end, peer), path in zip(ends_of(talk), paths, strict=True):
        calls, effects = (of_socket[each.number] if each is not None else [] for each in (end, peer))
        close = next(filter(closes, calls), None)
        for cause, effect, passed in (
            (
                next(filter(ends_sending, calls), None),
                next((e for e in effects if e.end_of_stream), None),
                path is None or path.passes_fin,
            ),
            (
                close,
                next((e for e in effects if e.broken), None),
                path is None or path.passes_reset,
            ),
        ):
            if effect is None:
                continue
            causes = [cause] if passed or route is None else _first_lost(route)
            yield from (Cause(e.order, effect.order, True) for e in causes if e is not None and e.order < effect.order)


def _first_lost(route: Route) -> list[Event]:
    """What may have made a link end the connection: in each direction the first send of which it has lost something."""
    lost = (
        [each.sent for each in path.undelivered if each.fate == LOST] for path in (route.upstream, route.downstream)
    )
    return [min(sends, key=lambda event: event.offset or 0) for sends in lost if sends]


def _of_refusals(events: Sequence[Event]) -> Iterator[Cause]:
    """Nobody listened: not yet, or no longer."""
    listening = [e for e in events if e.socket.role == "listening" and e.call in ("listen", "close")]
    for refused in events:
        if refused.error != "ConnectionRefusedError" or not refused.call.startswith("connect"):
            continue
        for event in listening:
            if not reaches(refused.address, event.socket.local):
                continue
            if closes(event) and event.order < refused.order:
                yield Cause(event.order, refused.order, False)
            if event.call == "listen" and event.order > refused.order:
                yield Cause(refused.order, event.order, False)
