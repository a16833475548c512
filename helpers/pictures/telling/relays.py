"""Conversations that go through links (`helpers.Link`), from end to end: what a link does is no program's call, but a part of the route.

Comes in: a `Recorded`. Goes out: another one, `Through`, without the calls of links, and for each conversation that goes through links its `Route`. Who imports it: the pictures.

Every byte keeps its place in the stream all the way. So what the client sent, what a link took and handed over, and what the server received are
spans of the same stream, and whose bytes are where is read off the places alone.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
import itertools
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from helpers.pictures.telling import datagrams
from helpers.pictures.telling.lags import seconds_end_held, seconds_held
from helpers.pictures.telling.routes import (
    HELD,
    LOST,
    WHOLE,
    Chunk,
    HopEnd,
    HopFlow,
    Path,
    Relay,
    Route,
    Undelivered,
    closes,
    ends_sending,
)
from helpers.recording.events import Conversation, End, Event, Flow, Recorded, missing_of
from helpers.recording.spans import Span, inside, outside, overlaps, parts
from helpers.words import many


@dataclasses.dataclass(frozen=True)
class Through:
    """A recording as its programs would tell it: without the calls of links, and each conversation from end to end. It is a `Recorded` too."""

    events: list[Event]
    conversations: list[Conversation]
    dropped: int
    routes: dict[int, Route]
    """Of the conversations that go through links, by their indices."""
    missing: Sequence[str] = ()
    """What is not known, a sentence each."""


def through(recording: Recorded) -> Through:
    """`recording` with its links seen as what they are: a part of the network."""
    if isinstance(recording, Through):
        return recording
    events, talks = recording.events, recording.conversations
    calls: dict[int, list[Event]] = collections.defaultdict(list)
    sockets: dict[int, End] = {}
    for event in events:
        calls[event.socket.number].append(event)
        sockets[event.socket.number] = event.socket
    sockets |= {end.number: end for talk in talks for end in (talk.client, talk.server) if end is not None}
    of_datagrams = datagrams.link_sockets(recording, sockets)
    links = {n: end for n, end in sockets.items() if end.across is not None and n not in of_datagrams}
    if not links and not of_datagrams:
        return Through(list(events), list(talks), recording.dropped, {}, missing_of(recording))
    names = {end.program for end in links.values()}
    own = links.keys() | of_datagrams | {number for number, end in sockets.items() if _listens_for(end, names)}
    beside = [any(end.number in of_datagrams for end in _known_ends(talk)) for talk in talks]
    joined: list[Conversation] = []
    routes: dict[int, Route] = {}
    for legs in _chains([talk for talk, is_beside in zip(talks, beside, strict=True) if not is_beside], links):
        ends = legs[0].client, legs[-1].server
        if len(legs) == 1 and not any(end is not None and end.number in links for end in ends):
            joined.append(legs[0])
            continue
        route = routes[len(joined)] = _route(len(joined), legs, links, calls)
        both = {event.order: event for leg in legs for event in leg.events if event.socket.number not in own}
        paths = (route.upstream, route.downstream)
        joined.append(
            Conversation(
                legs[0].number,
                route.upstream.sender,
                route.upstream.receiver,
                tuple(both[order] for order in sorted(both)),
                tuple(flow for path in paths for flow in path.flows),
                tuple(flow for path in paths for flow in path.unread),
                tuple(flow for path in paths for flow in path.unsure),
            )
        )
    for talk, route in datagrams.routes(len(joined), recording, list(itertools.compress(talks, beside)), sockets):
        routes[len(joined)] = route
        joined.append(talk)
    missing = [*missing_of(recording), *_unseen(routes.values())]
    return Through([e for e in events if e.socket.number not in own], joined, recording.dropped, routes, missing)


def _unseen(routes: Iterable[Route]) -> Iterator[str]:
    """What became of datagrams that have no place in a picture, a sentence for each fate."""
    for fate, count in sum((route.unseen for route in routes), collections.Counter[str]()).items():
        yield f"Not drawn: {many(count, 'datagram')} from another process, {fate}."


def _known_ends(talk: Conversation) -> Iterator[End]:
    return filter(None, (talk.client, talk.server))


def _listens_for(end: End, names: set[str | None]) -> bool:
    """Whether it is the socket where one of the links with these names listens, or will."""
    return end.role in ("listening", "unconnected") and end.program is not None and end.program in names


def _chains(talks: Sequence[Conversation], links: dict[int, End]) -> Iterator[list[Conversation]]:
    """The conversations, those that links join in one list: from the client to the server."""
    by_client = {talk.client.number: talk for talk in talks if talk.client is not None}
    by_server = {talk.server.number for talk in talks if talk.server is not None}
    for talk in talks:
        if talk.client is not None and talk.client.across in by_server:
            continue  # it goes on from another one
        legs = [talk]
        while (end := legs[-1].server) is not None and end.across in by_client:
            legs.append(by_client[end.across])
        yield legs


def _route(at: int, legs: list[Conversation], links: dict[int, End], calls: dict[int, list[Event]]) -> Route:
    client, server = legs[0].client, legs[-1].server
    doubts = _doubts(legs)
    relays = [_relay(leg.server, False) for leg in legs if leg.server is not None and leg.server.number in links]
    first, last = legs[0], legs[-1]
    starts_at_link = client is not None and client.number in links
    ends_at_link = server is not None and server.number in links
    if starts_at_link:
        relays.insert(0, _relay(client, True))
    one, other = None if starts_at_link else client, None if ends_at_link else server
    leads_away = not ends_at_link and server is None and (last.client is None or last.client.listener is None)
    comes_from_away = not starts_at_link and client is None
    return Route(
        tuple(relays),
        None if starts_at_link else first,
        None if ends_at_link else last,
        _path(
            _Direction(at, True, one, other, [(relay.near, relay.far) for relay in relays], leads_away, doubts), calls
        ),
        _path(
            _Direction(
                at, False, other, one, [(relay.far, relay.near) for relay in relays[::-1]], comes_from_away, doubts
            ),
            calls,
        ),
    )


def _doubts(legs: list[Conversation]) -> dict[int, int]:
    """For each socket the place in the stream to it from which on nobody knows whose bytes are whose."""
    found: dict[int, int] = {}
    for leg in legs:
        for flow in leg.unsure:
            for client, server in ((leg.client, leg.server), (leg.server, leg.client)):
                known = flow.received if flow.sent is None else flow.sent
                mine = server if flow.sent is None else client
                if mine is None or server is None or known is None or known.socket.number != mine.number:
                    continue
                # Its last bytes: what is unsure goes on to the end.
                place = (known.offset or 0) + known.size - flow.size
                found[server.number] = min(place, found.get(server.number, place))
    return found


def _relay(end: End | None, far: bool) -> Relay:
    assert end is not None and end.across is not None
    return Relay(end.program or "Link", *((end.across, end.number) if far else (end.number, end.across)))


class _Direction(NamedTuple):
    """What one direction of a conversation leads through."""

    talk: int
    upstream: bool
    sender: End | None
    receiver: End | None
    relays: list[tuple[int, int]]
    """The socket where each link takes bytes, and the one where it hands them over."""
    away: bool
    """Whether the receiver is in another process."""
    doubts: dict[int, int]
    """For each socket, by its number, the place in the stream to it from which on nobody knows whose bytes are whose; of those that have one."""

    def sure(self) -> Span[None]:
        """What lies before the first such place on the way."""
        receivers = [taking for taking, _ in self.relays] + ([self.receiver.number] if self.receiver else [])
        first = min((self.doubts[number] for number in receivers if number in self.doubts), default=sys.maxsize)
        return Span(0, first, None)

    def link(self, at: int) -> int:
        """Which link that is, counted from the client."""
        return at if self.upstream else len(self.relays) - 1 - at


def _path(direction: _Direction, calls: dict[int, list[Event]]) -> Path:
    sure = [direction.sure()]
    all_sends, all_receives = _spans(calls, direction.sender, sent=True), _spans(calls, direction.receiver, sent=False)
    sends, receives = inside(all_sends, sure), inside(all_receives, sure)
    takes = [inside(spans_of(calls[taking], sent=False), sure) for taking, _ in direction.relays]
    gives = [inside(spans_of(calls[giving], sent=True), sure) for _, giving in direction.relays]
    # What goes to another process stands where it was sent.
    met = inside(sends, gives[-1]) if direction.away else receives
    stages = [_chunks(direction, at, sends, takes[at], gives[at], met) for at in range(len(direction.relays))]
    hop_flows = list(_hop_flows([sends, *stages, receives]))
    if direction.away:
        hop_flows += [HopFlow(span.of, None, span.size) for span in stages[-1]]
    unread = [] if direction.away else outside(sends, receives)
    missing = outside(sends, gives[-1]) if direction.away else unread
    giving = calls[direction.relays[-1][1]]
    undelivered = _undelivered(direction, missing, takes, gives, calls)
    strange = [Flow(None, span.of, span.size) for span in outside(all_receives, sure)]
    fin = all(any(map(_passes_fin, calls[giving])) for _, giving in direction.relays)
    return Path(
        direction.talk,
        direction.sender,
        direction.receiver,
        direction.upstream,
        [span.of for stage in stages for span in stage],
        hop_flows,
        undelivered,
        [*_flows(sends, receives), *strange],
        [Flow(span.of, None, span.size) for span in unread],
        [*strange, *(Flow(span.of, None, span.size) for span in outside(all_sends, sure))],
        fin or _closes_behind(direction, undelivered, calls),
        any(event.broken for event in calls[direction.relays[0][0]]),
        [_held_fin(calls[taking], calls[giving]) for taking, giving in direction.relays],
        any(event.reset for event in giving),
        any(map(closes, giving)),
        seconds_held(sends, takes, gives, receives) + sum(_ends_held(direction, takes, gives, receives, calls)),
    )


def _ends_held(
    direction: _Direction,
    takes: list[list[Span[Event]]],
    gives: list[list[Span[Event]]],
    receives: list[Span[Event]],
    calls: dict[int, list[Event]],
) -> Iterator[float]:
    for (taking, giving), given, following in zip(direction.relays, gives, [*takes[1:], receives], strict=True):
        met, passed = _fin(calls[taking], calls[giving])
        if met is not None and passed is not None:
            yield seconds_end_held(met, passed, given, following)


def _spans(calls: dict[int, list[Event]], end: End | None, sent: bool) -> list[Span[Event]]:
    return spans_of(calls[end.number], sent) if end is not None else []


def spans_of(events: Iterable[Event], sent: bool) -> list[Span[Event]]:
    """The bytes that one socket sent, or received, in the order of the stream."""
    spans = []
    place = 0
    moved = (e for e in events if (e.sends if sent else e.receives) and e.size and e.offset is not None and not e.peek)
    for event in sorted(moved, key=lambda event: event.offset or 0):
        assert event.offset is not None
        start, end = max(event.offset, place), event.offset + event.size  # an urgent byte travels beside the stream
        if end > start:
            spans.append(Span(start, end, event))
            place = end
    return spans


def _flows(sends: list[Span[Event]], receives: list[Span[Event]]) -> Iterator[Flow]:
    for part in parts(receives, sends):
        yield Flow(part.other.of if part.other is not None else None, part.one.of, part.size)


class _Handed(NamedTuple):
    """Bytes that a link handed over with one `send`: those from `start` up to `end`."""

    send: Span[Event]
    start: int
    end: int


def _chunks(
    direction: _Direction,
    at: int,
    sends: list[Span[Event]],
    takes: list[Span[Event]],
    gives: list[Span[Event]],
    met: list[Span[Event]],
) -> list[Span[Chunk]]:
    """What a link hands over, in chunks that the receiver can tell apart."""
    groups = _groups(sends, gives, met)
    arrived = {
        give.start: take.of.ended
        for give, take, start, _ in overlaps(gives, takes)
        if start == give.start and take.of.ended is not None
    }
    handed: dict[int, list[_Handed]] = collections.defaultdict(list)
    for group, give, start, end in overlaps(groups, gives):
        handed[group.start].append(_Handed(give, start, end))
    sources: dict[int, list[str]] = collections.defaultdict(list)
    for group, send, _, _ in overlaps(groups, sends):
        sources[group.start].append(send.of.call)
    return [
        Span(
            span.start,
            span.end,
            Chunk(
                direction.talk,
                direction.link(at),
                direction.upstream,
                span.size,
                _data(handed[span.start], span.size),
                max((_held(each.send, arrived) for each in handed[span.start]), default=0.0),
                span.of,
                tuple(sources[span.start]),
                max((give.send.of.begun or 0.0 for give in handed[span.start]), default=None),
            ),
        )
        for span in groups
        if handed[span.start] or sources[span.start]
    ]


def _groups(sends: list[Span[Event]], gives: list[Span[Event]], met: list[Span[Event]]) -> list[Span[Event]]:
    """The spans that are handed over together, each with the first of those calls, of `met`, beside which it stands.

    Where nothing is cut or gathered, it is luck whether a link takes two sends at once: so they are one chunk if one receive takes them both.
    """
    bounds = sorted({span.start for spans in (sends, gives) for span in spans})
    groups: list[Span[Event]] = []
    for span in met:
        within = bounds[bisect.bisect_right(bounds, span.start) : bisect.bisect_left(bounds, span.end)]
        for start, end in itertools.pairwise([span.start, *within, span.end]):
            goes_on = bool(groups) and groups[-1].end == start
            # Another chunk, unless it begins amid a receive beside which the last one stands.
            if goes_on and (groups[-1].of is span.of or not _has(bounds, start)):
                groups[-1] = groups[-1]._replace(end=end)
            else:
                groups.append(Span(start, end, span.of))
    return groups


def _has(places: list[int], place: int) -> bool:
    at = bisect.bisect_left(places, place)
    return at < len(places) and places[at] == place


def _held(give: Span[Event], arrived: dict[int, float]) -> float:
    begun = give.of.begun
    return begun - arrived[give.start] if begun is not None and give.start in arrived else 0.0


def _data(handed: list[_Handed], size: int) -> bytes | None:
    if size > WHOLE or any(len(send.of.data) != send.size for send, _, _ in handed):
        return None
    data = b"".join(send.of.data[start - send.start : end - send.start] for send, start, end in handed)
    return data if len(data) == size else None


def _hop_flows(stages: Sequence[Sequence[Span[HopEnd]]]) -> Iterator[HopFlow]:
    """What goes from each stage to the next; from nowhere, where the stage before does not have the bytes."""
    for sources, targets in itertools.pairwise(stages):
        for part in parts(targets, sources):
            yield HopFlow(part.other.of if part.other is not None else None, part.one.of, part.size)


def _undelivered(
    direction: _Direction,
    missing: list[Span[Event]],
    takes: list[list[Span[Event]]],
    gives: list[list[Span[Event]]],
    calls: dict[int, list[Event]],
) -> list[Undelivered]:
    """How far came what nobody received."""
    refused = _is_refused(direction, calls)
    found: dict[tuple[int, int | None, str | None], int] = collections.Counter()
    sent = {span.of.order: span.of for span in missing}
    for at in range(len(direction.relays)) if not refused else ():
        rest = outside(missing, gives[at])
        missing = inside(missing, gives[at])
        # Whoever else has the socket: the link hands over no more.
        closed = any(event.call == "close" for event in calls[direction.relays[at][1]])
        unknown = [] if closed or at else outside(rest, takes[at])
        for span in rest if closed or at else inside(rest, takes[at]):
            found[span.of.order, direction.link(at), LOST if closed else HELD] += span.size
        for span in unknown:
            found[span.of.order, None, None] += span.size
    for span in missing:
        found[span.of.order, None if refused else direction.link(len(direction.relays) - 1), None] += span.size
    # The furthest first: so they stand in the stream.
    return [Undelivered(sent[order], size, link, fate) for (order, link, fate), size in reversed(found.items())]


def _is_refused(direction: _Direction, calls: dict[int, list[Event]]) -> bool:
    """Whether the receiver has ended the connection: how far a link had come by then with what followed is luck."""
    if any(event.broken for _, giving in direction.relays for event in calls[giving]):
        return True
    taking, giving = direction.relays[-1]
    by_link = any(map(closes, calls[giving])) and not any(map(_passes_fin, calls[taking]))
    theirs = calls[direction.receiver.number] if direction.receiver is not None else []
    met = any(event.end_of_stream or event.broken for event in theirs)
    return not met and not by_link and any(map(closes, theirs))


def _passes_fin(event: Event) -> bool:
    return event.call == "shutdown" and not event.error and event.how == socket.SHUT_WR


def _closes_behind(direction: _Direction, undelivered: list[Undelivered], calls: dict[int, list[Event]]) -> bool:
    """Whether the link was stopped when the sender had ended and all had passed: for the receiver that is the same FIN."""
    if direction.sender is None or any(each.fate == LOST for each in undelivered):
        return False
    ended = next(filter(ends_sending, calls[direction.sender.number]), None)
    closed = [next(filter(closes, calls[giving]), None) for _, giving in direction.relays]
    return ended is not None and any(event is not None and ended.order < event.order for event in closed)


def _held_fin(taking: list[Event], giving: list[Event]) -> float | None:
    met, passed = _fin(taking, giving)
    if met is None or met.ended is None or passed is None or passed.begun is None:
        return None
    return passed.begun - met.ended


def _fin(taking: list[Event], giving: list[Event]) -> tuple[Event | None, Event | None]:
    """Where a link met the end of the stream, and where it passed that on."""
    return next((event for event in taking if event.end_of_stream), None), next(filter(_passes_fin, giving), None)
