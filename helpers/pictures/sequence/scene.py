"""What there is to be seen in a recording: who takes part, which calls are drawn, who sent whose bytes, who said FIN, and which call had to wait.

Comes in: a recording. Goes out: a `Scene`, in which nothing has a place or a wording yet. `Wording` tells it, `arrange` gives it its places.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from helpers.pictures.sequence.closing import Calls, Signal, closing, passing
from helpers.pictures.sequence.folding import Fold, fold
from helpers.pictures.sequence.lanes import Cast, cast
from helpers.pictures.sequence.mixing import Mixed, mixed
from helpers.pictures.sequence.secured import is_counted
from helpers.pictures.telling.order import PictureOrder, ends_of, picture_order
from helpers.pictures.telling.relays import through
from helpers.pictures.telling.routes import Chunk, HopEnd, HopFlow, Path, Route, Undelivered, closes
from helpers.pictures.telling.walk import TOGETHER
from helpers.recording.events import Conversation, End, Event, Flow, Recorded


class Unseen(NamedTuple):
    """How often something happened to those of a crowd who are not drawn."""

    cut: int
    """Sends that arrived in several parts."""
    glued: int
    """Receives that brought the bytes of several sends."""
    unread: int
    """Bytes that were not received."""
    broken: int
    """Connections that were broken off."""
    waiting: int
    errors: collections.Counter[str]


def _several(orders: Iterable[int]) -> int:
    return sum(count > 1 for count in collections.Counter(orders).values())


class Scene:
    """Everything that a picture of `recording` tells. It does not change any more once it is made.

    What is kept by the `order` of a call is empty, or 0, for a call of which there is nothing to be said.
    """

    def __init__(self, recording: Recorded) -> None:
        recording = through(recording)
        self.recorded: list[Event] = recording.events
        """Every call but those of links."""
        self.cast: Cast
        self.told: PictureOrder
        self.cast, self.told = cast(recording, picture_order(recording))
        self.dropped: int = recording.dropped
        self.missing = recording.missing
        self.events = [event for event in self.told.events if self.cast.of(event) is not None]
        self.mixed: Mixed = mixed(self.events)
        self.rows: list[Event | Fold] = fold(self.events, self._look)
        """The calls that are drawn, in the order of the picture, and folds in place of those that are left out."""
        self.clocked = self.told.threads > 1 or any(lane.away for lane in self.cast.lanes)
        """Whether a call may have to wait for another thread, or for another process."""
        self.flows: list[Flow] = []
        self.arriving: dict[int, list[Flow]] = collections.defaultdict(list)
        self.leaving: dict[int, list[Flow]] = collections.defaultdict(list)
        self.unread: dict[int, int] = collections.Counter()
        """How many bytes of a send nobody received, as far as is known."""
        self.not_received: set[int] = set()
        """The sends of which nobody has received something, by their `order`; also of an empty datagram."""
        self.unsure: dict[int, int] = collections.Counter()
        """Of how many bytes of a call nobody knows who received or sent them: others that were not recorded came between."""
        self.routes: dict[int, Route] = {}
        """Of the conversations that go through links, by their indices; those that are drawn."""
        self.hop_flows: list[tuple[Path, HopFlow]] = []
        self.chunks: dict[int, list[Chunk]] = collections.defaultdict(list)
        """What links hand over, by the `order` of the call beside which it stands."""
        self.early: set[int] = set()
        """Those of them, by their `id`, that were handed over long before they were received: they stand where that happened, behind the call."""
        self.twins: dict[int, Chunk] = {}
        """Of a doubled datagram, for the one of the two that stands below, by its `id`, the other: there, in the link, they part."""
        self.undelivered: dict[int, list[Undelivered]] = collections.defaultdict(list)
        """Of a send through links, how far those of its bytes came that nobody received."""
        self.signals: list[Signal] = []
        self._rank = {event.order: at for at, event in enumerate(self.told.events)}
        self._begun = list(itertools.accumulate(((event.begun or 0.0) for event in self.events), max))
        """The latest beginning of a call up to each, in the order of the picture."""
        self._peers: dict[int, int] = {}
        """The socket at the other end, both by their numbers."""
        self._of_socket: dict[int, list[Event]] = collections.defaultdict(list)
        for event in self.events:
            self._of_socket[event.socket.number].append(event)
        self._with_records = {event.socket.number for event in self.events if event.records}
        servers = (event for event in self.events if event.socket.role in ("server", "listening"))
        self._accepted = {self.cast.talk.get(event.order) for event in servers}
        for at, talk in enumerate(recording.conversations):
            if at in self.cast.ways:
                self._add(at, talk, recording.routes.get(at))
        self.unseen = self._look_aside(recording.conversations)
        """What is remarkable of those for whom another one is drawn."""
        self.signal_of = {each.sent.order: each for each in self.signals if each.sent is not None and not each.leg}
        """The signal that a call sends."""
        self.answered = {each.answers.order: each for each in self.signals if each.answers is not None}
        """The RST that answers a send, by the `order` of the send."""
        self.met = {each.met.order: each for each in self.signals if each.met is not None and each.talk is not None}
        """What links pass on, or send of themselves, by the `order` of the call that meets it."""

    def _add(self, at: int, talk: Conversation, route: Route | None) -> None:
        calls = Calls(self._of_socket, self._rank, self.unread)
        if route is not None:
            self._add_route(at, route, calls)
        self._add_flows(talk)
        if route is None:
            self._add_ends(at, talk, calls)

    def _add_route(self, at: int, route: Route, calls: Calls) -> None:
        """What goes through links, in both directions."""
        self.routes[at] = route
        client, server = self.cast.ways[at]
        links = self.cast.links[at]
        for way, lanes in (
            (route.upstream, (client, *links, server)),
            (route.downstream, (server, *links[::-1], client)),
        ):
            early = {id(chunk): replaced for chunk in way.chunks if (replaced := self._at_its_time(chunk)) is not None}
            for chunk in way.chunks:
                shown = early.get(id(chunk), chunk)
                self.chunks[shown.row.order].append(shown)
            self.early |= set(map(id, early.values()))
            self.twins |= self._parted([early.get(id(chunk), chunk) for chunk in way.chunks])
            for source, target, size in way.hop_flows:
                hop_flow = HopFlow(early.get(id(source), source), early.get(id(target), target), size)
                self.hop_flows.append((way, hop_flow))
            for each in way.undelivered:
                self.undelivered[each.sent.order].append(each)
                self.not_received.add(each.sent.order)
                if way.receiver is None and not way.unread:  # those are added with the flows
                    self.unread[each.sent.order] += each.size
            if way.sender is not None and way.receiver is not None:
                self._peers[way.sender.number] = way.receiver.number
            if route.streams:
                self.signals += passing(way, lanes, calls)

    def _parted(self, chunks: Iterable[Chunk]) -> dict[int, Chunk]:
        """As `twins`."""
        pairs: dict[tuple[int | None, int], list[Chunk]] = collections.defaultdict(list)
        for chunk in chunks:
            if chunk.datagram is not None:
                pairs[chunk.datagram, chunk.link].append(chunk)
        ordered = (sorted(pair, key=lambda chunk: self._rank[chunk.row.order]) for pair in pairs.values())
        return {id(pair[1]): pair[0] for pair in ordered if len(pair) > 1 and pair[0].row is not pair[1].row}

    def _at_its_time(self, chunk: Chunk) -> Chunk | None:
        """`chunk`, where the link had handed it over long before it was received, and something happened in between: beside the call before that. None: it stands where it is received."""
        row = chunk.row
        if chunk.given is None or row.ended is None or not row.receives or row.ended < chunk.given + TOGETHER:
            return None
        later = bisect.bisect_left(self._begun, chunk.given + TOGETHER)
        if not 0 < later < len(self.events) or self._rank[self.events[later].order] >= self._rank[row.order]:
            return None
        return dataclasses.replace(chunk, row=self.events[later - 1])

    def _add_flows(self, talk: Conversation) -> None:
        self.flows += talk.flows
        for flow in talk.flows:
            if flow.received is not None:
                self.arriving[flow.received.order].append(flow)
            if flow.sent is not None:
                self.leaving[flow.sent.order].append(flow)
        for flow in talk.unread:
            if flow.sent is not None:
                self.unread[flow.sent.order] += flow.size
                self.not_received.add(flow.sent.order)
        for flow in talk.unsure:
            event = flow.sent or flow.received
            if event is not None:
                self.unsure[event.order] += flow.size

    def _add_ends(self, at: int, talk: Conversation, calls: Calls) -> None:
        """What the two ends of a conversation without links do to each other."""
        client, server = self.cast.ways[at]
        for (end, peer), lanes in zip(ends_of(talk), ((client, server), (server, client)), strict=True):
            if end is not None and peer is not None:
                self._peers[end.number] = peer.number
            if peer is None and end is not None and not self.cast.lanes[lanes[1]].away:
                self._wait_in_backlog(end)
            if end is None or end.role != "datagram":
                self.signals += closing(end, peer, lanes, calls)

    def _wait_in_backlog(self, end: End) -> None:
        """What was sent on a connection that nobody has accepted waits in the system."""
        for event in self._of_socket[end.number]:
            if event.sends and event.size:
                self.unread[event.order] = event.size
                self.not_received.add(event.order)

    def _look_aside(self, talks: Sequence[Conversation]) -> Unseen:
        cut = glued = unread = 0
        for crowd in self.cast.everybody():
            never_accepted = any(map(self.is_never_accepted, crowd.drawn.calls))
            for party in crowd.hidden if crowd.drawn.talk is not None else ():
                talk = talks[party.talk or 0]
                streams = [flow for flow in talk.flows if flow.received and flow.received.socket.role != "datagram"]
                cut += _several(flow.sent.order for flow in streams if flow.sent)
                glued += _several(flow.received.order for flow in streams if flow.sent and flow.received)
                unread += sum(flow.size for flow in talk.unread)
                unread += sum(event.size for event in party.calls if event.sends) if never_accepted else 0
        parties = [party for crowd in self.cast.everybody() for party in crowd.hidden]
        calls = [event for party in parties for event in party.calls]
        broken = sum(any(event.reset or event.broken for event in party.calls) for party in parties)
        errors = collections.Counter(event.error for event in calls if event.error)
        return Unseen(cut, glued, unread, broken, sum(event.ended is None for event in calls), errors)

    def _look(self, event: Event) -> tuple[object, ...]:
        """What makes two calls look the same."""
        sender = self.mixed.senders.get(event.order)
        return self.cast.of(event), event.call, event.error, event.peek, event.end_of_stream, sender

    # Where it happens

    def lane_of(self, place: HopEnd) -> int:
        """The lane of a call that is drawn, or of the link that hands over a chunk."""
        if isinstance(place, Chunk):
            return self.cast.links[place.talk][place.link]
        lane = self.cast.of(place)
        assert lane is not None
        return lane

    def lanes_of(self, way: Path) -> tuple[int, int]:
        """The lanes of its sender and its receiver."""
        client, server = self.cast.ways[way.talk]
        return (client, server) if way.upstream else (server, client)

    def links_of(self, event: Event) -> tuple[int, ...]:
        """The lanes of the links that its conversation goes through, from the client to the server."""
        return self.cast.links.get(self.cast.talk.get(event.order, -1), ())

    def mark(self, event: Event) -> int | None:
        """The number of its conversation, where lanes have several."""
        return self.cast.marks.get(self.cast.talk.get(event.order, -1))

    def count(self, event: Event) -> int:
        """How many there are that all made such a call."""
        crowd = self.cast.crowd(event)
        return crowd.count if crowd is not None else 1

    def goes_through_links(self, event: Event) -> bool:
        return self.cast.talk.get(event.order) in self.routes

    # What happens to bytes

    def has_records(self, end: End) -> bool:
        """Whether TLS records of a socket were seen."""
        return end.number in self._with_records

    def without_records(self) -> set[int]:
        """The lanes on which plaintext is sent or received, and no records are seen."""
        calls = (each for each in self.events if each.tls and (each.says or each.hears))
        return {self.lane_of(each) for each in calls if not self.has_records(each.socket)}

    def with_counted_records(self) -> set[int]:
        """The lanes of sockets of whose records no more is known than how many bytes they have."""
        return {self.lane_of(each) for each in self.events if each.records and is_counted(each)}

    def sender(self, place: HopEnd | None) -> str:
        """The letter of the thread that sent, where the bytes of several are mixed; otherwise empty."""
        return self.mixed.senders.get(place.order, "") if isinstance(place, Event) else ""

    def is_mixed(self, event: Event) -> bool:
        """Whether a receive brought bytes of threads that are mixed."""
        return any(self.sender(flow.sent) for flow in self.arriving[event.order])

    def at_links(self, event: Event) -> list[Undelivered]:
        """Of its bytes, those that reached a link and nobody received."""
        return [each for each in self.undelivered[event.order] if each.link is not None]

    def lane_beyond_links(self, event: Event) -> int | None:
        """The lane behind the last link that they reached; None: there is none."""
        links, reached = self.links_of(event), [each.link for each in self.at_links(event) if each.link is not None]
        last = max(reached) if self.cast.is_client(event) else min(reached)
        beyond = links[last] - self.cast.outer_side(event)
        return beyond if 0 <= beyond < len(self.cast.lanes) else None

    def received_of(self, end: End) -> list[tuple[Event, int]]:
        """The receives that took bytes which a socket sent, each with how many it took."""
        flows = (flow for flow in self.flows if flow.sent is not None and flow.sent.socket.number == end.number)
        return [(flow.received, flow.size) for flow in flows if flow.received is not None]

    def is_from_before(self, flow: Flow) -> bool:
        """Whether the bytes come from somebody known, who sent them before the recording."""
        peer = self.cast.peer(flow.received) if flow.received is not None else None
        known = peer is not None and not self.cast.lanes[peer].away
        return flow.sent is None and known and not self.is_unsure(flow)

    def is_unsure(self, flow: Flow) -> bool:
        """Whether nobody knows whose bytes they are, because others that were not recorded came between."""
        return flow.sent is None and flow.received is not None and bool(self.unsure[flow.received.order])

    def sent_before(self, event: Event) -> int:
        """How many of the bytes of a receive were sent before the recording, where others were not."""
        before = sum(flow.size for flow in self.arriving[event.order] if self.is_from_before(flow))
        return before if before < event.size else 0

    def has_loose_bytes(self, event: Event) -> bool:
        """Whether some of its bytes were not received, or were sent before the recording."""
        return event.order in self.not_received or any(map(self.is_from_before, self.arriving[event.order]))

    def is_never_received(self, event: Event) -> bool:
        """Whether it is too late to receive what nobody has received of its bytes, and no link holds."""
        peer = self._peers.get(event.socket.number, -1)
        return any(map(closes, self._of_socket[peer]))

    # Waiting

    def begun(self, event: Event) -> Event | None:
        """Where a call had to wait: the call after which its thread made it. None where it did not wait."""
        before = self.told.previous.get(event.order)
        if before is None or (event.call == "accept" and event.program is not None and before.call != "listen"):
            return None  # a server always waits for the next client
        if event.ended is None or event.error == "TimeoutError":
            return before
        if event.order in self.told.after_hidden:
            return None
        over = self._over_before(event)
        if any(self._rank[cause] > self._rank[before.order] for cause in self.told.awaited.get(event.order, ()) if cause not in over):  # fmt: skip
            return before
        peer = self.cast.peer(event)
        from_away = peer is not None and self.cast.lanes[peer].away
        return before if from_away and event.receives and not event.error and not event.peek else None

    def _over_before(self, event: Event) -> set[int]:
        """The calls, by their `order`, that were over before it was made: its thread had waited for the end of theirs, or until they rested. It cannot have waited for those."""
        over: set[int] = set()
        for order in event.follows:
            over.add(order)
            while (before := self.told.previous.get(order)) is not None:
                order = before.order
                over.add(order)
        return over

    def is_never_accepted(self, event: Event) -> bool:
        """Whether the connection that it belongs to waits in the backlog of a server. (One to a link does not: behind it the link's own may.)"""
        talk = self.cast.talk.get(event.order, -1)
        if talk in self._accepted or talk in self.routes or talk not in self.cast.ways:
            return False
        server = self.cast.lanes[self.cast.ways[talk][1]]
        return not server.away and not server.link
