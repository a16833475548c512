"""Datagrams that go through links (`helpers.DatagramLink`), from end to end: each by itself, as the link tells what it did to it.

Comes in: a `Recorded`. Goes out: its conversations through such links, each with its `Route`. Who imports it: `relays`.

A stream's bytes keep their places, and whose they are is read off those. A datagram has none: it may be lost, doubled, changed, and overtaken. So the link leaves the datagram's number where it took
it and wherever it handed it over (`Passage`), and nothing is concluded from what the bytes are.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence

from helpers.pictures.telling.routes import (
    HELD,
    LOST,
    REFUSED,
    UNSENDABLE,
    WHOLE,
    Chunk,
    HopEnd,
    HopFlow,
    Path,
    Relay,
    Route,
    Undelivered,
    closes,
)
from helpers.recording.events import Conversation, End, Event, Flow, Recorded, passages_of
from helpers.sockets.tapes import Passage


def link_sockets(recording: Recorded, ends: dict[int, End]) -> set[int]:
    """The sockets of such links, by their numbers. `ends`: every socket that is known of the recording, by its number."""
    fars = {number: end.across for number, end in ends.items() if end.role == "datagram" and end.across is not None}
    found = {*fars, *filter(None, fars.values())}
    for order, passage in passages_of(recording).items():  # those towards the server may have done nothing yet
        found |= {passage.far, recording.events[order].socket.number}
    return found


def routes(
    first: int, recording: Recorded, talks: Sequence[Conversation], ends: dict[int, End]
) -> Iterator[tuple[Conversation, Route]]:
    """The conversations through such links, each from end to end; the index of the `first` one is given. `ends`: every socket, by its number."""
    known = _Known(recording, talks, ends)
    for at, fars in enumerate(known.chains(), first):
        yield _route(at, fars, known)


class _Known:
    """What the calls of links say, and the conversations on both their sides."""

    def __init__(self, recording: Recorded, talks: Sequence[Conversation], ends: dict[int, End]) -> None:
        self.passages = passages_of(recording)
        self.ends = ends
        self.own = link_sockets(recording, ends)
        self.nears: dict[int, int] = {
            number: end.across for number, end in ends.items() if number in self.own and end.across is not None
        }
        """Of each socket of a link towards a server: the one at which that link is called."""
        self.takes: dict[tuple[int, int], list[tuple[Event, Passage]]] = collections.defaultdict(list)
        """By the socket that took them, and the client's own of the link."""
        self.gives: dict[int, list[tuple[Event, Passage]]] = collections.defaultdict(list)
        """By the number of the datagram."""
        self.source: dict[int, Event] = {}
        """The send of what a link took, by the `order` of the call that took it."""
        self.target: dict[int, Event] = {}
        """The receive of what a link handed over, by the `order` of the call that handed it over."""
        self.untaken: dict[tuple[int, int], list[Event]] = collections.defaultdict(list)
        """What was sent and no link took, by the sender's socket and the link's."""
        self.clients: dict[int, End | None] = {}
        """Of each socket of a link towards a server: the client that it belongs to; None: in another process."""
        self.servers: dict[int, End | None] = {}
        self.of_socket: dict[int, list[Event]] = collections.defaultdict(list)
        for event in recording.events:
            self.of_socket[event.socket.number].append(event)
            if (passage := self.passage(event)) is not None:
                self._add(event, passage)
        for talk in talks:
            self._add_talk(talk)

    def passage(self, event: Event | None) -> Passage | None:
        """None: it is no call of a link."""
        return self.passages.get(event.order) if event is not None else None

    def _add(self, event: Event, passage: Passage) -> None:
        if event.socket.number != passage.far:
            self.nears[passage.far] = event.socket.number
        self.clients.setdefault(passage.far, None)
        self.servers.setdefault(passage.far, None)
        if event.sends:
            self.gives[passage.number].append((event, passage))
        else:
            self.takes[event.socket.number, passage.far].append((event, passage))

    def _add_talk(self, talk: Conversation) -> None:
        for flow in (*talk.flows, *talk.unread):
            sent, received = flow.sent, flow.received
            for mine in (sent, received):
                if mine is not None and (passage := self.passage(mine)) is not None:
                    self._meet(mine, passage, talk)
            if received is not None and sent is not None:
                self.source[received.order] = sent
                self.target[sent.order] = received
            if sent is not None and received is None:
                peer = talk.server if talk.client is not None and talk.client.number == sent.socket.number else talk.client  # fmt: skip
                if peer is not None and peer.number in self.own:
                    self.untaken[sent.socket.number, peer.number].append(sent)

    def _meet(self, mine: Event, passage: Passage, talk: Conversation) -> None:
        """Whom the link's socket that made this call talks with."""
        for end in (talk.client, talk.server):
            if end is not None and end.number != mine.socket.number:
                (self.servers if mine.socket.number == passage.far else self.clients)[passage.far] = end

    def name(self, far: int) -> str:
        """The link's."""
        mine = (self.ends.get(number) for number in (self.nears[far], far))
        return next((end.program for end in mine if end is not None and end.program), "Link")

    def chains(self) -> Iterator[list[int]]:
        """The sockets towards the servers, those of one conversation in one list, from the client to the server."""
        after = {
            (end.number, self.nears[far]): far
            for far, end in self.clients.items()
            if end is not None and end.number in self.own
        }
        for far, end in self.clients.items():
            if end is not None and end.number in self.own:
                continue  # it goes on from another one
            chain = [far]
            while (server := self.servers[chain[-1]]) is not None and (chain[-1], server.number) in after:
                chain.append(after[chain[-1], server.number])
            yield chain


def _route(at: int, fars: list[int], known: _Known) -> tuple[Conversation, Route]:
    client, server = known.clients[fars[0]], known.servers[fars[-1]]
    relays = tuple(Relay(known.name(far), known.nears[far], far) for far in fars)
    ways = [(relay.near, relay.far) for relay in relays]
    up = _Direction(at, True, client, server, ways, fars, known)
    down = _Direction(at, False, server, client, [(far, near) for near, far in ways[::-1]], fars[::-1], known)
    paths = up.path(), down.path()
    unseen = up.unseen + down.unseen
    nobody = server is None and not paths[1].hop_flows and all(each.fate for each in paths[0].undelivered)
    is_reached = any(isinstance(each.source, Chunk) for each in paths[0].hop_flows)
    mine = [event for end in (client, server) if end is not None for event in known.of_socket[end.number]]
    conversation = Conversation(
        at + 1,
        client,
        server,
        tuple(sorted(mine, key=lambda event: event.order)),
        tuple(flow for path in paths for flow in path.flows),
        tuple(flow for path in paths for flow in path.unread),
    )
    answers = tuple(Flow(None, take, take.size) for take, _ in known.takes[fars[-1], fars[-1]])
    first = Conversation(at + 1, client, known.ends.get(relays[0].near), (), (), ())
    last = Conversation(at + 1, known.ends.get(relays[-1].far), server, (), answers, ())
    return conversation, Route(
        relays, first, None if nobody and not is_reached else last, *paths, streams=False, unseen=unseen
    )


class _Direction:
    """What the datagrams of one direction of a conversation lead through, and what becomes of them."""

    def __init__(
        self,
        talk: int,
        upstream: bool,
        sender: End | None,
        receiver: End | None,
        relays: list[tuple[int, int]],
        fars: list[int],
        known: _Known,
    ) -> None:
        """`relays`: the socket where each link takes datagrams, and the one where it hands them over; `fars`: the client's own in each."""
        self._talk = talk
        self._upstream = upstream
        self._sender, self._receiver = sender, receiver
        self._relays, self._fars = relays, fars
        self._known = known
        self._chunks: list[Chunk] = []
        self._hop_flows: list[HopFlow] = []
        self._undelivered: list[Undelivered] = []
        self.unseen: collections.Counter[str] = collections.Counter()
        """Datagrams from another process that came no further than a link, by their fates: there is no call beside which they could stand."""
        self._flows: list[Flow] = []

    def path(self) -> Path:
        for take, passage in self._known.takes[self._relays[0][0], self._fars[0]]:
            sent = self._known.source.get(take.order)
            self._follow(sent, sent, take, passage, 0)
        if self._sender is not None:
            sent_here = self._known.untaken[self._sender.number, self._relays[0][0]]
            self._undelivered += [Undelivered(sent, sent.size, None, None) for sent in sent_here]
        unread = [Flow(each.sent, None, each.size) for each in self._undelivered] if self._receiver is not None else []
        return Path(
            self._talk,
            self._sender,
            self._receiver,
            self._upstream,
            self._chunks,
            self._hop_flows,
            self._undelivered,
            self._flows,
            unread,
            unsure=[],
            passes_fin=False,
            passes_reset=False,
            fins=[None] * len(self._relays),
            resets=False,
            closed=False,
            seconds_held=sum(chunk.held for chunk in self._chunks),
        )

    def _follow(self, sent: Event | None, source: HopEnd | None, take: Event, passage: Passage, at: int, doubled: bool = False) -> None:  # fmt: skip
        """The datagram (`doubled`: or its double) that the link at `at` took, which comes from `source`, and at first from `sent`."""
        gives = self._known.gives[passage.number]
        if passage.lost:
            return self._ends(sent, take, at, LOST, doubled)
        if not gives:
            closed = any(map(closes, self._known.of_socket[self._relays[at][1]]))
            return self._ends(sent, take, at, LOST if closed else HELD, doubled)
        for give, how in gives:
            is_double = doubled or how.doubled
            if give.error or how.refused:
                self._ends(sent, take, at, REFUSED if how.refused else UNSENDABLE, is_double)
            else:
                self._hand_over(sent, source, give, how, at, is_double)

    def _hand_over(self, sent: Event | None, source: HopEnd | None, give: Event, how: Passage, at: int, doubled: bool) -> None:  # fmt: skip
        met = self._known.target.get(give.order)
        away = self._receiver is None and met is None
        row = self._row(give) or (sent if away else None)
        onward = self._known.passage(met)
        if row is None and met is not None and onward is not None:
            return self._follow(sent, source, met, onward, at + 1, doubled)  # lost further on
        if row is None:
            return self._ends(sent, give, at, None, doubled)
        chunk = Chunk(
            self._talk,
            self._link(at),
            self._upstream,
            give.size,
            give.data if give.size == len(give.data) and give.size <= WHOLE else None,
            how.held,
            row,
            (sent.call,) if sent is not None else (),
            give.begun,
            how.doubled,
            how.corrupted,
            how.number,
        )
        self._chunks.append(chunk)
        self._hop_flows.append(HopFlow(source, chunk, give.size))
        if met is None:
            self._hop_flows.append(HopFlow(chunk, None, give.size))
        elif onward is not None:
            self._follow(sent, chunk, met, onward, at + 1, doubled)
        else:
            self._hop_flows.append(HopFlow(chunk, met, met.size))
            self._flows.append(Flow(sent, met, met.size))

    def _row(self, give: Event) -> Event | None:
        """The receive, in a program, of what a link handed over; of what another link made two of, the first. None: nobody has received it."""
        met = self._known.target.get(give.order)
        passage = self._known.passage(met)
        if passage is None:
            return met
        rows = (self._row(onward) for onward, _ in self._known.gives[passage.number])
        return next((row for row in rows if row is not None), None)

    def _ends(self, sent: Event | None, where: Event, at: int, fate: str | None, doubled: bool) -> None:
        if sent is None and self._sender is None and fate is not None:
            self.unseen[fate] += 1
        elif sent is not None:
            self._undelivered.append(Undelivered(sent, where.size or sent.size, self._link(at), fate, doubled))

    def _link(self, at: int) -> int:
        """Which link that is, counted from the client."""
        return at if self._upstream else len(self._relays) - 1 - at
