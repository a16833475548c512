"""What there is to be seen in a recording: who sent whose bytes, which call said FIN, where a call had to wait; and the words for it."""

from __future__ import annotations

import collections
import socket
from collections.abc import Iterable
from typing import NamedTuple

from helpers.pictures.sequence.lanes import Cast, cast
from helpers.pictures.telling.order import BROKEN, Told, connects, ends_of, ends_sending, port_of, tell
from helpers.pictures.telling.relays import HELD, LOST, Piece, Route, Strand, Stranded, Way, through
from helpers.recording.events import End, Event, Flow, Recorded, shown
from helpers.words import counted, listed, many, number, times

WAITED = 0.05
"""Seconds of waiting from which on they are told."""
SPOKEN = 76
"""Characters of a call in the plain text."""
_HOW: dict[int | None, str] = {socket.SHUT_RD: "SHUT_RD", socket.SHUT_WR: "SHUT_WR", socket.SHUT_RDWR: "SHUT_RDWR"}


class Signal(NamedTuple):
    """A FIN or an RST on its way, from lane to lane. One of its ends may not be a call: then it is None."""

    reset: bool
    name: str
    sender: int
    """The lane it comes from."""
    receiver: int
    sent: Event | None
    met: Event | None
    """The call that tells of it: a receive that returns b'', or an error."""
    leg: int = 0
    """On its way through links: which part of the way, counted from `sent`."""
    legs: int = 1
    """Into how many parts the way is divided beside `sent`."""
    held: float = 0.0
    """Seconds that a link held it before this part."""
    talk: int | None = None
    """The conversation, if it goes through links."""
    passed_on: bool = False
    """Whether a link passes it on, which it has come to."""


class Scene:
    """Everything that a picture of `recording` tells, before it has a place."""

    def __init__(self, recording: Recorded) -> None:
        recording = through(recording)
        self.told: Told = tell(recording)
        self.cast: Cast = cast(recording, self.told)
        self.dropped: int = recording.dropped
        self.events = [event for event in self.told.events if self.cast.of(event) is not None]
        self.clocked = self.told.threads > 1 or any(lane.away for lane in self.cast.lanes)
        """Whether a call may have to wait for another thread, or for another process."""
        self.place = {event.order: at for at, event in enumerate(self.told.events)}
        self.flows: list[Flow] = []
        self.arriving: dict[int, list[Flow]] = collections.defaultdict(list)
        self.leaving: dict[int, list[Flow]] = collections.defaultdict(list)
        self.unread: dict[int, int] = collections.Counter()
        self.signals: list[Signal] = []
        self.routes: dict[int, Route] = {}
        """Of the conversations that go through links, by their indices; those that are drawn."""
        self.strands: list[tuple[Way, Strand]] = []
        self.pieces: dict[int, list[Piece]] = collections.defaultdict(list)
        """What links hand over, by the `order` of the call beside which it stands."""
        self.stranded: dict[int, list[Stranded]] = collections.defaultdict(list)
        """Of a send through links, how far those of its bytes came that nobody received."""
        self._peers: dict[int, int] = {}
        servers = (event for event in self.events if event.socket.role in ("server", "listening"))
        self._accepted = {self.cast.talk.get(event.order) for event in servers}
        self._of_socket: dict[int, list[Event]] = collections.defaultdict(list)
        for event in self.events:
            self._of_socket[event.socket.number].append(event)
        for at, talk in enumerate(recording.conversations):
            if at not in self.cast.ways:
                continue
            route = recording.routes.get(at)
            if route is not None:
                self._through_links(at, route)
            self.flows += talk.flows
            for flow in talk.flows:
                if flow.received is not None:
                    self.arriving[flow.received.order].append(flow)
                if flow.sent is not None:
                    self.leaving[flow.sent.order].append(flow)
            for flow in talk.unread:
                if flow.sent is not None:
                    self.unread[flow.sent.order] += flow.size
            if route is not None:
                continue
            for (end, peer), lanes in zip(ends_of(talk), (self.cast.ways[at], self.cast.ways[at][::-1]), strict=True):
                if end is not None and peer is not None:
                    self._peers[end.number] = peer.number
                if peer is None and end is not None and not self.cast.lanes[lanes[1]].away:
                    self._waiting_in_backlog(end)
                if end is None or end.role != "datagram":
                    self.signals += self._closing(end, peer, *lanes)
        self.signal_of = {each.sent.order: each for each in self.signals if each.sent is not None and not each.leg}
        self.met = {each.met.order: each for each in self.signals if each.met is not None and each.talk is not None}
        """What links pass on, or send of themselves, by the `order` of the call that meets it."""
        self._ports = _ports(recording.events)

    def _through_links(self, at: int, route: Route) -> None:
        self.routes[at] = route
        client, server = self.cast.ways[at]
        links = self.cast.links[at]
        for way, lanes in (
            (route.upstream, (client, *links, server)),
            (route.downstream, (server, *links[::-1], client)),
        ):
            self.strands += [(way, strand) for strand in way.strands]
            for piece in way.pieces:
                self.pieces[piece.row.order].append(piece)
            for each in way.stranded:
                self.stranded[each.sent.order].append(each)
                if way.receiver is None:
                    self.unread[each.sent.order] += each.size
            if way.sender is not None and way.receiver is not None:
                self._peers[way.sender.number] = way.receiver.number
            self.signals += self._passing(way, lanes)

    def _passing(self, way: Way, lanes: tuple[int, ...]) -> Iterable[Signal]:
        """The FIN and the RST of one direction, from lane to lane: each up to where it came."""
        mine = self._of_socket[way.sender.number] if way.sender is not None else []
        theirs = self._of_socket[way.receiver.number] if way.receiver is not None else []
        ended = next((event for event in theirs if event.end_of_stream), None)
        broken = next((event for event in theirs if event.error in BROKEN), None)
        gone = min((self._at(event) for event in mine if event.error in BROKEN), default=len(self.place))
        fin = next((e for e in mine if ends_sending(e) and not e.reset and self._at(e) < gone), None)
        rst = next((event for event in mine if event.reset), None)
        alive = way.receiver is not None and not any(event.call == "close" for event in theirs)
        for reset, name, sent, met, passed, onward in (
            (False, "FIN", fin, ended, way.passes_fin, way.passes_fin),
            (True, "RST", rst, broken if way.closed else None, way.passes_reset, way.resets),
        ):
            reached = len(lanes) - 1 if met is not None or (onward and alive) else 1
            legs = reached - (met is not None)
            first = 0 if lanes[0] != lanes[1] and way.sender is not None else 1
            for leg in range(first, reached) if sent is not None else ():
                last = met if leg == len(lanes) - 2 else None
                held = way.fins[leg - 1] if leg and not reset else None
                yield Signal(
                    reset,
                    name,
                    lanes[leg],
                    lanes[leg + 1],
                    sent if last is None else None,
                    last,
                    leg,
                    legs,
                    held or 0.0,
                    way.talk,
                    passed,
                )
            if sent is None and met is not None:
                held = way.fins[-1] if not reset else None
                yield Signal(
                    reset, name, lanes[-2], lanes[-1], None, met, len(lanes) - 2, 1, held or 0.0, way.talk, passed
                )

    def _waiting_in_backlog(self, end: End) -> None:
        """What was sent on a connection that nobody has accepted waits in the system."""
        for event in self._of_socket[end.number]:
            if event.sends and event.size:
                self.unread[event.order] = event.size

    def _closing(self, end: End | None, peer: End | None, sender: int, receiver: int) -> Iterable[Signal]:
        mine = self._of_socket[end.number] if end is not None else []
        theirs = self._of_socket[peer.number] if peer is not None else []
        ended = next((event for event in theirs if event.end_of_stream), None)
        broken = next((event for event in theirs if event.error in BROKEN), None)
        gone = [self._at(event) for event in mine if event.error in BROKEN]
        gone += [self._at(event) for event in theirs if event.reset]
        fin = next(
            (e for e in mine if ends_sending(e) and not e.reset and self._at(e) < min(gone, default=self._at(e) + 1)),
            None,
        )
        rst = next((event for event in mine if event.reset), None)
        if fin is not None and broken is not None and ended is None and self._breaks_off(fin, broken, theirs):
            fin, rst = None, fin
        # The ends of a pair say the same to each other, but not in segments of TCP.
        pair = (end or peer) is not None and (end or peer).role == "pair"  # type: ignore[union-attr]
        if fin is not None or ended is not None:
            yield Signal(False, "end of stream" if pair else "FIN", sender, receiver, fin, ended)
        closed = end is None or not mine or any(event.call == "close" for event in mine)
        if rst is not None or (broken is not None and closed):
            yield Signal(True, "broken off" if pair else "RST", sender, receiver, rst, broken)

    def _breaks_off(self, close: Event, broken: Event, theirs: list[Event]) -> bool:
        """Whether a close that nobody called left bytes unread: the peer met an RST that no later send of its own had called for."""
        if not close.forgotten or self._at(broken) < self._at(close):
            return False
        sends = [event for event in theirs if event.sends and event.size]
        provoked = any(self._at(close) < self._at(event) < self._at(broken) for event in sends)
        return not provoked or any(self.unread[event.order] for event in sends if self._at(event) < self._at(close))

    def _at(self, event: Event) -> int:
        return self.place[event.order]

    def begun(self, event: Event) -> Event | None:
        """Where a call had to wait: the call after which its thread made it. None where it did not wait."""
        before = self.told.previous.get(event.order)
        if before is None or (event.call == "accept" and event.program is not None and before.call != "listen"):
            return None  # a server always waits for the next client
        if event.ended is None or event.error == "TimeoutError":
            return before
        if any(self.place[cause] > self.place[before.order] for cause in self.told.awaited.get(event.order, ())):
            return before
        peer = self.cast.peer(event)
        from_away = peer is not None and self.cast.lanes[peer].away
        return before if from_away and event.receives and not event.error and not event.peek else None

    def clock(self, event: Event) -> str:
        """How long it waited, where that is worth telling."""
        if not self.clocked or event.error == "TimeoutError" or event.waited <= WAITED:
            return ""
        if self.begun(event) is None and not (event.sends or event.call.startswith("connect")):
            return ""
        return f"waited {_seconds(event.waited)}"

    def held(self, seconds: float) -> str:
        """How long a link held something, where that is worth telling."""
        return f"held {_seconds(seconds)}" if seconds > WAITED else ""

    def call(self, event: Event, most: int) -> str:
        """The call as it is written in Python, with what it returned, in `most` characters."""
        words = self._call(event, most)
        return words if len(words) <= most else words[: most - 1] + "…"

    def _call(self, event: Event, most: int) -> str:
        call = event.call
        if event.sends:
            given = ", …" if call == "sendto" else ""
            if event.error and not event.size and not event.asked:
                return f"{call}(…)"  # what was given is not known: mostly it was no bytes
            result = f" → {event.size:,}" if call != "sendall" and not event.error else ""
            if event.size != event.asked:
                return f"{call}({many(event.asked, 'byte')}{given}){result}"
            return f"{call}({_shown(event, most - len(call + given + result) - 2)}{given}){result}"
        if event.receives:
            if event.ended is None:
                return f"{call}(…)"
            asked = f"{call}({event.asked if '_into' not in call else 'buffer'})"
            if event.error:
                return asked
            return f"{asked} → {_shown(event, most - len(asked) - 3)}"
        if call == "accept":
            return "accept() → conn" if event.accepted is not None else "accept()"
        if call in ("bind", "connect", "connect_ex"):
            return f"{call}({self._address(event, most)})"
        if call == "listen":
            return f"listen({event.asked or ''})"
        if call == "shutdown":
            return f"shutdown({_HOW.get(event.how, event.how)})"
        return f"{call}()"

    def _address(self, event: Event, most: int) -> str:
        """As it was given, unless the system chose the port: that is another one at each run."""
        address, port = event.address, port_of(event.address)
        if port is None:
            return "address"
        shown = (event.call == "bind" or port in self._ports.asked) and port not in self._ports.chosen
        if not shown:
            return "address"
        written = repr(tuple(address[:2]))
        return written if len(event.call + written) + 2 <= most else f"(…, {port})"

    def note(self, event: Event) -> str:
        """What else is to be said of a call, in a few words; mostly nothing."""
        if event.error:
            return _failure(event)
        if event.ended is None:
            return "still waits"
        if event.peek:
            return "looked at, not taken"
        if event.call == "close" and event.socket.role == "listening" and not event.forgotten:
            return "the listening socket"
        if event.forgotten:
            return "nobody closed it; Python did"
        if event.end_of_stream:
            return "end of stream"
        if event.receives:
            return self._taken(event)
        if event.sends and len(self.leaving[event.order]) > 1:
            return f"received in {number(len(self.leaving[event.order]))} parts"
        if event.call == "connect" and self._never_accepted(event):
            return "waits in the backlog"
        return ""

    def _never_accepted(self, event: Event) -> bool:
        talk = self.cast.talk.get(event.order, -1)
        ways = self.cast.ways.get(talk)
        server = self.cast.lanes[ways[1]] if ways is not None else None
        return server is not None and not server.away and not server.link and talk not in self._accepted

    def _taken(self, event: Event) -> str:
        flows = self.arriving[event.order]
        cut = [flow for flow in flows if flow.sent is not None and flow.size < flow.sent.size]
        if len(flows) > 1:
            return f"{number(len(flows))} sends in one" + (", cut" if cut else "")
        if cut:
            rest = ", the rest is lost" if event.socket.role == "datagram" else ""
            return f"{cut[0].size:,} of {many(cut[0].sent.size, 'byte')}{rest}"  # type: ignore[union-attr]
        return ""

    def fate(self, event: Event) -> str:
        """What is to be said of the bytes of a send that nobody received, and that no link holds or has lost."""
        peer = self._peers.get(event.socket.number, -1)
        closed = any(each.call == "close" for each in self._of_socket[peer])
        return "never received" if closed or event.socket.role == "datagram" else "not received yet"

    def mark(self, event: Event) -> int | None:
        """The number of its conversation, where lanes have several."""
        return self.cast.marks.get(self.cast.talk.get(event.order, -1))

    def fates(self, event: Event) -> dict[str, int]:
        """How many of the bytes of a send met which fate, of those that nobody received."""
        fates: dict[str, int] = collections.Counter()
        for each in self.stranded[event.order]:
            fates[each.fate or self.fate(event)] += each.size
        if self.unread[event.order] and not fates:
            fates[self.fate(event)] = self.unread[event.order]
        return fates

    def lane_of(self, piece: Piece) -> int:
        """The lane of the link that hands it over."""
        return self.cast.links[piece.talk][piece.link]

    def lines(self, event: Event) -> list[str]:
        """An event in words, and what links did for it: before a receive, and after a send."""
        handed = [self._handed_over(piece) for piece in self.pieces[event.order]]
        signal = self.met.get(event.order)
        passed = [self._passed_on(signal)] if signal is not None else []
        own = [self.line(event)]
        return [*own, *handed] if event.sends else [*handed, *passed, *own]

    def _handed_over(self, piece: Piece) -> str:
        lanes = (self.cast.ways[piece.talk][0], *self.cast.links[piece.talk], self.cast.ways[piece.talk][1])
        if self.routes[piece.talk].first is None:
            lanes = lanes[1:]
        at = lanes.index(self.lane_of(piece))
        source, target = (lanes[0], lanes[at + 1]) if piece.upstream else (lanes[-1], lanes[at - 1])
        mark = self.cast.marks.get(piece.talk)
        what = shown(piece.data, piece.size, 40) if piece.data is not None else many(piece.size, "byte")
        if len(what) > 40:
            what = many(piece.size, "byte")
        calls = [call + ("s" if piece.sends.count(call) > 1 else "") for call in dict.fromkeys(piece.sends)]
        whom = self._name(source, mark)
        origin = f"from {whom}'s {listed(calls)}" if calls else f"from {whom}"
        clock = f" (waited {_seconds(piece.held)} in {self.title(lanes[at])})" if self.held(piece.held) else ""
        return f"{self._link(lanes[at], mark)}: hands over {what} to {self._name(target, mark)} ({origin}){clock}"

    def _passed_on(self, signal: Signal) -> str:
        mark = self.cast.marks.get(signal.talk or 0)
        link, whom = self._link(signal.sender, mark), self._name(signal.receiver, mark)
        clock = f" (waited {_seconds(signal.held)} in {self.title(signal.sender)})" if self.held(signal.held) else ""
        if signal.passed_on:
            return f"{link}: passes the {signal.name} on to {whom}{clock}"
        return f"{link}: {'breaks the connection off' if signal.reset else 'closes the connection'} ({signal.name} to {whom})"

    def _link(self, lane: int, mark: int | None) -> str:
        return self.title(lane) + (f" [connection {mark}]" if mark is not None else "")

    def line(self, event: Event) -> str:
        """An event in words, without what links did for it."""
        lane, peer = self.cast.of(event), self.cast.peer(event)
        assert lane is not None
        mark = self.mark(event)
        who, whom, next_one = (
            self._name(lane, mark),
            self._name(peer, mark),
            self._name(self.cast.neighbour(event), mark),
        )
        if mark is not None and not who.endswith(f" {mark}"):
            who += f" [connection {mark}]"
        links = listed([self.title(each) for each in self.cast.links.get(self.cast.talk.get(event.order, -1), ())])
        unit = (" byte" if event.size == 1 else " bytes") if event.sends and "→" in self.call(event, SPOKEN) else ""
        asides = [note] if (note := self.note(event)) and not event.error else []
        if event.receives and not event.peek and (flows := self.arriving[event.order]):
            asides.append(_source(flows, whom, peer is not None and self.cast.lanes[peer].away))
        asides += [f"{many(count, 'byte')} {fate}" for fate, count in self.fates(event).items()]
        if connects(event) and not event.error and peer is not None:
            # A link has no system to speak of.
            asides.append(f"handshake with {next_one if links else f'the system of {whom}'}")
        if event.call == "accept" and event.accepted is not None and whom:
            asides.append(f"from {whom}" + (f" through {links}" if links else ""))
        if (signal := self.signal_of.get(event.order)) is not None:
            asides.append(f"{signal.name} to {next_one}")
        if self.begun(event) is not None and event.ended is not None and not event.error:
            asides.append("had to wait")
        failure = f": {_failure(event)}" if event.error else ""
        clock = f" ({clock})" if (clock := self.clock(event)) else ""
        return (
            f"{who}: {self.call(event, SPOKEN)}{unit}{failure}" + (f" ({'; '.join(asides)})" if asides else "") + clock
        )

    def _name(self, lane: int | None, mark: int | None) -> str:
        return f"client {mark}" if lane is not None and self.cast.lanes[lane].shared else self.title(lane)

    def title(self, lane: int | None) -> str:
        return self.cast.lanes[lane].title if lane is not None else ""

    def alt(self) -> str:
        """The whole in at most four sentences."""
        if not self.events:
            return "No socket call happened."
        if not self.cast.ways:
            return f"{listed([lane.title for lane in self.cast.lanes])}, with {counted(len(self.events), 'call')} and no connection. {self._remarkable()}".strip()
        amounts: dict[tuple[int, int], int] = collections.Counter()
        for event in self.events:
            lane, peer = self.cast.of(event), self.cast.peer(event)
            if event.sends and lane is not None and peer is not None:
                amounts[lane, peer] += event.size
        for flow in self.flows:
            if flow.sent is None and flow.received is not None:
                lane, peer = self.cast.of(flow.received), self.cast.peer(flow.received)
                if lane is not None and peer is not None:
                    amounts[peer, lane] += flow.size
        lines = []
        by_way = {way: self.cast.links.get(at, ()) for at, way in reversed(self.cast.ways.items())}
        for one, other in dict.fromkeys(self.cast.ways.values()):
            links = listed([self.title(lane) for lane in by_way[one, other] if lane not in (one, other)])
            there, back = amounts[one, other], amounts[other, one]
            if one == other:
                lines.append(f"from {self.title(one)} to itself {many(there, 'byte')}")
                continue
            whom = self.title(other) + (f" through {links}" if links else "")
            lines.append(f"from {self.title(one)} to {whom} {many(there, 'byte')}, back {many(back, 'byte')}")
        more = f"; and {counted(len(lines) - 3, 'more pair')}" if len(lines) > 3 else ""
        return f"A conversation over time: {'; '.join(lines[:3])}{more}. {self._remarkable()}".strip()

    def _remarkable(self) -> str:
        """What a look at the picture would notice."""
        found = []
        if cut := sum(len(flows) > 1 for flows in self.leaving.values()):
            found.append(f"{counted(cut, 'send')} arrived in several parts")
        if glued := sum(len(flows) > 1 for flows in self.arriving.values()):
            found.append(f"{counted(glued, 'receive')} brought the bytes of several sends")
        if unread := sum(self.unread.values()):
            found.append(f"{many(unread, 'byte')} were not received")
        for fate in (LOST, HELD):
            if size := sum(each.size for some in self.stranded.values() for each in some if each.fate == fate):
                found.append(f"{many(size, 'byte')} {fate}")
        resets = sum(signal.reset for signal in self.signals if signal.talk is None)
        if resets := resets + len({signal.talk for signal in self.signals if signal.reset and signal.talk is not None}):
            found.append(f"{counted(resets, 'connection')} broken off by RST")
        errors = collections.Counter(event.error for event in self.events if event.error)
        found += [f"{error} {times(count)}" for error, count in sorted(errors.items()) if error]
        if waiting := sum(event.ended is None for event in self.events):
            found.append(f"{counted(waiting, 'call')} still waiting at the end")
        return f"Remarkable: {'; '.join(found)}." if found else ""


class _Ports(NamedTuple):
    """The ports that stand in a recording."""

    asked: set[int | None]
    """Those that a program asked for by their numbers."""
    chosen: set[int | None]
    """Those that the system chose, for sockets that a peer can come to."""


def _ports(events: Iterable[Event]) -> _Ports:
    ports = _Ports(set(), set())
    for end in {event.socket.number: event.socket for event in events}.values():
        if port_of(end.bound):
            ports.asked.add(port_of(end.bound))
        elif end.role in ("listening", "datagram", "unconnected"):
            ports.chosen.add(port_of(end.local))
    return ports


def _shown(event: Event, most: int) -> str:
    shown = event.shown(most)
    return shown if len(shown) <= most or not event.size else many(event.size, "byte")


def _failure(event: Event) -> str:
    if event.error == "TimeoutError" and event.timeout:
        return f"TimeoutError after {event.timeout:g} s"
    if event.error == "BlockingIOError":
        what = (
            "no room yet" if event.sends else "under way" if event.call.startswith("connect") else "nothing there yet"
        )
        return f"BlockingIOError: {what}"
    return f"{event.error} after {many(event.size, 'byte')}" if event.size else str(event.error)


def _source(flows: list[Flow], whom: str, away: bool) -> str:
    calls = list(dict.fromkeys(flow.sent.call for flow in flows if flow.sent is not None))
    if not calls:
        return f"from {whom}" + ("" if away else ", sent before the recording")
    sends = [flow for flow in flows if flow.sent is not None]
    plural = "s" if len(sends) > 1 else ""
    return f"from {whom}'s {listed([call + plural for call in calls])}"


def _seconds(seconds: float) -> str:
    # A wait for another's half second begins a little after it: that is half a second as well.
    seconds *= 1.02
    digits = f"{seconds:.0e}"
    exponent = int(digits.partition("e")[2])
    # Rounded down, to one digit: a machine is never exactly in time.
    return f"{_floor(seconds, exponent):g} s"


def _floor(seconds: float, exponent: int) -> float:
    unit = 10.0**exponent
    if unit > seconds:  # rounding went over the next power of ten
        unit /= 10
    return int(seconds / unit + 1e-9) * unit
