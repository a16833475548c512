"""What a scene says in words: what stands beside a call, its line in the plain text, the sentences for those who do not see the picture.

Comes in: a `Scene`. Goes out: strings; nothing here knows where they stand. The layout and the drawing of `sequence` ask here.
"""

from __future__ import annotations

import collections
import textwrap
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from helpers.pictures.sequence.closing import Signal
from helpers.pictures.sequence.folding import Fold
from helpers.pictures.sequence.lanes import one_of
from helpers.pictures.sequence.mixing import is_piece
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.secured import below_a_label, failure_of, in_a_label, in_a_sentence, note_of
from helpers.pictures.sequence.spelling import bytes_in_one_line, in_lines, in_one_line, spelled
from helpers.pictures.telling.order import connects
from helpers.pictures.telling.routes import HELD, LOST, Chunk
from helpers.recording.events import Event, Flow
from helpers.sockets.addresses import port_of
from helpers.words import counted, listed, many, number, times, visible

WAITED = 0.05
"""Seconds of waiting from which on they are told."""
SPOKEN = 76
"""Characters of a call in the plain text."""
HANDED_OVER = 40
"""Characters of the bytes that a link hands over, in the plain text."""
CLOCK = "waited 0.25 s"
"""As long as any clock."""
MIXED = 8
"""Pieces of several threads that are told of one receive."""
DOUBLE, FLIPPED = "the double", "one bit flipped"
"""What a link did to a datagram."""
_LEFT = "left open; closed as its program ended"
_SHARED = "stays open: somebody else has it too"
_ADDRESS = 24
"""Characters of an address: as many as a line of a picture has room for. Of longer ones the port is said."""


class Wording:
    """The words for a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._cast = scene.cast
        self._ports = _ports(scene.recorded)

    # Beside a call

    def may_have_clock(self, event: Event) -> bool:
        """Whether it may be told how long it waited. That it is, or not, moves nothing else."""
        if not self.scene.clocked or event.error == "TimeoutError":
            return False
        return self.scene.begun(event) is not None or event.sends or event.says or event.call.startswith("connect")

    def clock(self, event: Event) -> str:
        """How long it waited, where that is worth telling."""
        return f"waited {_seconds(event.waited)}" if self.may_have_clock(event) and event.waited > WAITED else ""

    def times(self, event: Event) -> str:
        """How many there are that all made such a call, as it stands in its mark; empty: one."""
        count = self.scene.count(event)
        return f"×{count:,}" if count > 1 else ""

    def held(self, seconds: float) -> str:
        """How long a link held something, where that is worth telling."""
        return f"held {_seconds(seconds)}" if seconds > WAITED else ""

    def call(self, event: Event) -> str:
        """The call as it is written in Python, with what it returned, in one line; of TLS records, what they are."""
        if event.records:
            return in_a_sentence(event)
        return in_one_line(spelled(event, self._address(event)), SPOKEN)

    def call_lines(self, event: Event, most: int) -> list[str]:
        """The same in lines of at most `most` characters."""
        if event.records:
            return in_a_label(event, most)
        return in_lines(spelled(event, self._address(event, most - len(event.call) - 1)), most)

    def _address(self, event: Event, most: int = SPOKEN) -> str:
        """As it was given, unless the system chose the port: that is another one at each run."""
        address, port = event.address, port_of(event.address)
        if port is None:
            return "address"
        asked = event.call == "bind" or port in self._ports.asked
        if not asked or port in self._ports.chosen:
            return "address"
        written = repr(tuple(address[:2]))
        return written if len(written) < max(most, _ADDRESS) else f"(…, {port})"

    def note(self, event: Event) -> str:
        """What else is to be said of a call, in a few words; mostly nothing."""
        if event.error:
            return failure_of(event) if event.tls and event.told else _failure(event)
        if event.ended is None:
            return "still waits"
        if event.peek:
            return "looked at, not taken"
        if event.records:
            return "; ".join(filter(None, [below_a_label(event), self._unknown(event), self._in_parts(event)]))
        if event.tls:
            return note_of(event) or self._kept(event)
        if event.call == "close" and event.socket.role == "listening" and not event.forgotten:
            more = _LEFT if event.left else _SHARED if event.shared else ""
            return ", ".join(filter(None, ["the listening socket", more]))
        if event.shared:
            return _SHARED
        if event.forgotten:
            return "nobody closed it; Python did"
        if event.left:
            return _LEFT
        if event.end_of_stream:
            return "end of stream"
        if event.shut:
            return "reading shut down"
        if event.receives:
            return "; ".join(filter(None, [self._taken(event), self._changed(event), self._unknown(event)]))
        if sender := self.scene.sender(event):
            piece = f", {event.size:,} of {event.asked:,}" if is_piece(event) else ""
            return f"thread {sender}{piece}"
        if event.sends and self.scene.unsure[event.order]:
            return self._unknown(event)
        if parts := self._in_parts(event):
            return parts
        if event.call == "connect" and event.socket.role == "datagram":
            return "nothing is sent"
        if event.call == "connect" and self.scene.is_never_accepted(event):
            return "waits in the backlog"
        return ""

    def _in_parts(self, event: Event) -> str:
        """Whether what it sent was received in several parts; a datagram, which arrives whole: by several, or again."""
        count = len(self.scene.leaving[event.order])
        if not event.sends or count < 2:
            return ""
        if event.socket.role != "datagram":
            return f"received in {number(count)} parts"
        # By each member of a group, or again, if a link has doubled it.
        who = {flow.received.socket.number for flow in self.scene.leaving[event.order] if flow.received is not None}
        return f"received by {number(count)}" if len(who) > 1 else f"received {times(count)}"

    def _changed(self, event: Event) -> str:
        """Whether a link has changed the datagram that it brought."""
        corrupted = any(chunk.corrupted and chunk.row is event for chunk in self.scene.chunks[event.order])
        return FLIPPED + " in the link" if corrupted else ""

    def _kept(self, event: Event) -> str:
        """Whether a receive of plaintext brought what an earlier one had left of a record."""
        if not event.call.startswith("recv") or not event.size or not self.scene.has_records(event.socket):
            return ""
        before = self.scene.told.previous.get(event.order)
        fresh = before is not None and before.records and before.socket == event.socket
        return "" if fresh else "what was left of a record"

    def _taken(self, event: Event) -> str:
        """Whether it took the bytes of several sends, or only a part of one."""
        flows = [flow for flow in self.scene.arriving[event.order] if not self.scene.is_unsure(flow)]
        wholes = [flow.sent.size for flow in flows if flow.sent is not None and flow.size < flow.sent.size]
        if self.scene.is_mixed(event):
            return self._whose(event, flows)
        if before := self.scene.sent_before(event):
            return f"{many(before, 'byte')} sent before this, {many(event.size - before, 'byte')} after"
        if len(flows) > 1:
            return f"{number(len(flows))} sends in one" + (", cut" if wholes else "")
        if wholes:
            rest = ", the rest is lost" if event.socket.role == "datagram" else ""
            return f"{flows[0].size:,} of {many(wholes[0], 'byte')}{rest}"
        return ""

    def _whose(self, event: Event, flows: list[Flow]) -> str:
        """Which of its bytes came from which thread."""
        place, parts = 0, []
        for flow in flows:
            data = event.data[place : place + flow.size]
            known = len(event.data) == event.size and len(flows) > 1
            sender = self.scene.sender(flow.sent) or "?"
            parts.append(f"{sender}: {data!r}" if known else f"{sender}: {many(flow.size, 'byte')}")
            place += flow.size
        more = [f"{len(parts) - MIXED:,} pieces more"] if len(parts) > MIXED else []
        return "; ".join(parts[:MIXED] + more)

    def _unknown(self, event: Event) -> str:
        """How many of its bytes nobody knows more of, because others that were not recorded came between."""
        size = self.scene.unsure[event.order]
        if not size:
            return ""
        return f"{many(size, 'byte')} {'from an unknown send' if event.receives else 'received by nobody knows whom'}"

    # Bytes that nobody received

    def fate(self, event: Event) -> str:
        """What is to be said of the bytes of a send that nobody received, and that no link holds or has lost."""
        if event.socket.role == "datagram":
            return "not received"  # thrown away, or it waits: nobody is told which
        return "never received" if self.scene.is_never_received(event) else "not received yet"

    def fates(self, event: Event) -> dict[str, int]:
        """How many of the bytes of a send met which fate, of those that nobody received."""
        fates: dict[str, int] = collections.Counter()
        for each in self.scene.undelivered[event.order]:
            fates[(each.fate or self.fate(event)) + (" (the double)" if each.doubled else "")] += each.size
        if event.order in self.scene.not_received and not fates:
            fates[self.fate(event)] = self.scene.unread[event.order]
        return fates

    def unread(self, event: Event) -> str:
        """The same in one line."""
        return "; ".join(f"{amount(size)} {fate}" for fate, size in self.fates(event).items())

    def unread_at_links(self, event: Event) -> list[str]:
        """The same in lines of their own, to stand beyond the last link that some of them reached. Empty: none reached one."""
        if not self.scene.at_links(event):
            return []
        fates = self.fates(event)
        if len(fates) == 1:
            return [amount(size) for size in fates.values()] + list(fates)
        return [f"{amount(size)} {fate}" for fate, size in fates.items()]

    # A line of the plain text

    def lines(self, event: Event) -> list[str]:
        """An event in words, and what links did for it: before a receive, and after a send."""
        chunks, early = self.scene.chunks[event.order], self.scene.early
        handed = [self._handed_over(chunk) for chunk in chunks if id(chunk) not in early]
        behind = [self._handed_over(chunk) for chunk in chunks if id(chunk) in early]
        signal = self.scene.met.get(event.order)
        passed = [self._passed_on(signal)] if signal is not None else []
        own = [self.line(event)]
        return [*own, *handed, *behind] if event.sends else [*handed, *passed, *own, *behind]

    def _handed_over(self, chunk: Chunk) -> str:
        lanes = (self._cast.ways[chunk.talk][0], *self._cast.links[chunk.talk], self._cast.ways[chunk.talk][1])
        if self.scene.routes[chunk.talk].first is None:
            lanes = lanes[1:]
        at = lanes.index(self.scene.lane_of(chunk))
        source, target = (lanes[0], lanes[at + 1]) if chunk.upstream else (lanes[-1], lanes[at - 1])
        mark = self._cast.marks.get(chunk.talk)
        what = amount(chunk.size)
        if chunk.data:
            what = bytes_in_one_line(chunk.data, chunk.size, HANDED_OVER)
        calls = [call + ("s" if chunk.sends.count(call) > 1 else "") for call in dict.fromkeys(chunk.sends)]
        whom = self._name(source, mark)
        origin = f"from {whom}'s {listed(calls)}" if calls else f"from {whom}"
        clock = f" (waited {_seconds(chunk.held)} in {self.title(lanes[at])})" if self.held(chunk.held) else ""
        done = "".join(f", {words}" for words in self.done(chunk))
        link = self._link(lanes[at], mark, not self.scene.routes[chunk.talk].streams)
        return f"{link}: hands over {what} to {self._name(target, mark)} ({origin}{done}){clock}"

    def done(self, chunk: Chunk) -> list[str]:
        """What a link has done to a datagram, beside holding it."""
        return [words for words, is_so in ((DOUBLE, chunk.doubled), (FLIPPED, chunk.corrupted)) if is_so]

    def _passed_on(self, signal: Signal) -> str:
        mark = self._cast.marks.get(signal.talk or 0)
        link, whom = self._link(signal.sender, mark), self._name(signal.receiver, mark)
        clock = f" (waited {_seconds(signal.held)} in {self.title(signal.sender)})" if self.held(signal.held) else ""
        if signal.passed_on:
            return f"{link}: passes the {signal.name} on to {whom}{clock}"
        return f"{link}: {'breaks the connection off' if signal.reset else 'closes the connection'} ({signal.name} to {whom})"

    def _link(self, lane: int, mark: int | None, of_datagrams: bool = False) -> str:
        return self.title(lane) + _numbered(mark, of_datagrams)

    def line(self, event: Event) -> str:
        """An event in words, without what links did for it."""
        mark = self.scene.mark(event)
        who = self._name(self.scene.lane_of(event), mark)
        of_datagrams = event.socket.role == "datagram"
        if mark is not None and (of_datagrams or not who.endswith(f" {mark}")):
            who += _numbered(mark, of_datagrams)
        elif (many_of := self.times(event)) and not who.endswith(many_of):
            who += f" [{many_of}]"
        call = self.call(event)
        unit = (" byte" if event.size == 1 else " bytes") if event.says and "→" in call else ""
        failure = f": {self.note(event)}" if event.error else ""
        aside = f" ({'; '.join(asides)})" if (asides := self._asides(event, mark)) else ""
        clock = f" ({clock})" if (clock := self.clock(event)) else ""
        return f"{who}: {call}{unit}{failure}{aside}{clock}"

    def _asides(self, event: Event, mark: int | None) -> list[str]:
        """What is said of it in brackets."""
        peer = self._cast.peer(event)
        whom, next_one = self._name(peer, mark), self._name(self._cast.neighbour(event), mark)
        links = listed([self.title(each) for each in self.scene.links_of(event)])
        asides = [note] if (note := self.note(event)) and not event.error and not event.records else []
        if event.receives and not event.peek and (flows := self.scene.arriving[event.order]):
            known = [flow for flow in flows if not self.scene.is_unsure(flow)]
            known = [] if event.records and all(flow.sent is not None for flow in known) else known
            asides += [_source(known, whom, peer is not None and self._cast.lanes[peer].away)] if known else []
        asides += [f"{amount(size)} {fate}" for fate, size in self.fates(event).items()]
        if event.order in self.scene.answered:
            asides.append(f"the system of {whom} answers with RST")
        if connects(event) and not event.error and peer is not None:
            # A link has no system to speak of.
            asides.append(f"handshake with {next_one if links else f'the system of {whom}'}")
        if event.call == "accept" and event.accepted is not None and whom:
            asides.append(f"from {whom}" + (f" through {links}" if links else ""))
        if (signal := self.scene.signal_of.get(event.order)) is not None:
            asides.append(f"{signal.name} to {next_one}")
        if self.scene.begun(event) is not None and event.ended is not None and not event.error:
            asides.append("had to wait")
        return asides

    def _name(self, lane: int | None, mark: int | None) -> str:
        """Whoever has that lane, in the conversation with the number `mark`."""
        return f"client {mark}" if lane is not None and self._cast.lanes[lane].shared else self.title(lane)

    def title(self, lane: int | None) -> str:
        return self._cast.lanes[lane].title if lane is not None else ""

    # The whole

    def text(self) -> str:
        """The plain text: a line for each call and each fold."""
        lines: list[str] = self.about()
        for row in self.scene.rows:
            lines += [row.words] if isinstance(row, Fold) else self.lines(row)
        return "\n".join(lines + self.left_out())

    def height(self, most: int) -> list[str]:
        """What height means in the picture, in lines of at most `most` characters."""
        meanwhile = "; what ran at the same time stands in a fixed order" if self.scene.clocked else ""
        return textwrap.wrap(f"Time runs down{meanwhile}.", most)

    def about(self) -> list[str]:
        """For whom one is drawn, how the others differ, and who is meant by letters."""
        lines = [crowd.words(one_of(crowd)) for crowd in self._cast.everybody()]
        differing: dict[str, list[str]] = collections.defaultdict(list)
        for lane in self._cast.lanes:
            if lane.differs:
                differing[lane.differs].append(lane.title)
        lines += [f"{listed(titles)} {how}." for how, titles in differing.items()]
        return lines + self.scene.mixed.words()

    def left_out(self) -> list[str]:
        """What there is beside what is drawn."""
        scene = self.scene
        lines = []
        for lanes, how in ((scene.without_records(), "not seen"), (scene.with_counted_records(), "counted, not seen")):
            if lanes:
                whose = listed([self.title(lane) for lane in sorted(lanes)])
                lines += [f"TLS records of {whose}: {how}.", "(The connection was made before the recording.)"]
        if scene.unsure:
            lines.append("Bytes that were not recorded came between: whose the bytes are from there on is not known.")
        if self._cast.missing:
            calls = len(scene.told.events) - len(scene.events)
            lines.append(f"{self._cast.missing:,} more participants did not fit, and {calls:,} calls with them.")
        lines += map(visible, scene.missing)
        if scene.dropped:
            lines.append(f"The recording was full: {scene.dropped:,} more calls are not in it.")
        return lines

    def nothing(self) -> str:
        """What stands there where nothing is drawn."""
        happened = [] if self.scene.told.events else ["No socket call happened."]
        return " ".join([*happened, *self.left_out()])

    def alt(self) -> str:
        """The whole in a few sentences."""
        if not self.scene.events:
            return self.nothing()
        if self._cast.ways:
            secured = "Encrypted, as records of TLS." if any(event.tls for event in self.scene.events) else ""
            what = f"A conversation over time: {self._who_sent_how_much()}."
            sentences = (what, secured, *self.about(), self._remarkable())
            return " ".join(filter(None, sentences))
        who = listed([lane.title for lane in self._cast.lanes])
        calls = counted(sum(map(self.scene.count, self.scene.events)), "call")
        return f"{who}, with {calls} and no connection. {self._remarkable()}".strip()

    def _who_sent_how_much(self) -> str:
        amounts = self._amounts()
        lines = []
        by_way = {way: self._cast.links.get(at, ()) for at, way in reversed(self._cast.ways.items())}
        for one, other in dict.fromkeys(self._cast.ways.values()):
            links = listed([self.title(lane) for lane in by_way[one, other] if lane not in (one, other)])
            there, back = amounts[one, other], amounts[other, one]
            if one == other:
                lines.append(f"from {self.title(one)} to itself {many(there, 'byte')}")
                continue
            whom = self.title(other) + (f" through {links}" if links else "")
            lines.append(f"from {self.title(one)} to {whom} {many(there, 'byte')}, back {many(back, 'byte')}")
        more = f"; and {counted(len(lines) - 3, 'more pair')}" if len(lines) > 3 else ""
        return "; ".join(lines[:3]) + more

    def _amounts(self) -> dict[tuple[int, int], int]:
        """The bytes that went from one lane to another."""
        amounts: dict[tuple[int, int], int] = collections.Counter()
        for at, crowd in self._cast.crowds.items():
            if at in self._cast.ways:
                one, other = self._cast.ways[at]
                there, back = crowd.sent()
                amounts[one, other] += there
                amounts[other, one] += back
        for event in self.scene.events:
            lane, peer = self._cast.of(event), self._cast.peer(event)
            if self.scene.count(event) == 1 and event.sends and lane is not None and peer is not None:
                amounts[lane, peer] += event.size
        for flow in self.scene.flows:
            if flow.sent is None and flow.received is not None and self.scene.count(flow.received) == 1:
                lane, peer = self._cast.of(flow.received), self._cast.peer(flow.received)
                if lane is not None and peer is not None:
                    amounts[peer, lane] += flow.size
        return amounts

    def _remarkable(self) -> str:
        """What a look at the picture would notice."""
        found, unseen = [], self.scene.unseen
        if cut := unseen.cut + sum(
            len(flows) > 1 and not _is_datagram(flows[0]) for flows in self.scene.leaving.values()
        ):
            found.append(f"{counted(cut, 'send')} arrived in several parts")
        if glued := unseen.glued + sum(
            sum(flow.sent is not None for flow in flows) > 1 for flows in self.scene.arriving.values()
        ):
            found.append(f"{counted(glued, 'receive')} brought the bytes of several sends")
        if unread := unseen.unread + sum(self.scene.unread.values()):
            found.append(f"{many(unread, 'byte')} were not received")
        found += self._at_links()
        if self.scene.unsure:
            found.append("bytes that were not recorded came between others")
        resets = [signal.talk for signal in self.scene.signals if signal.reset]
        if broken := unseen.broken + resets.count(None) + len({talk for talk in resets if talk is not None}):
            found.append(f"{counted(broken, 'connection')} broken off by RST")
        errors = unseen.errors + collections.Counter(event.error for event in self.scene.events if event.error)
        found += [f"{error} {times(count)}" for error, count in sorted(errors.items()) if error]
        if waiting := unseen.waiting + sum(event.ended is None for event in self.scene.events):
            found.append(f"{counted(waiting, 'call')} still waiting at the end")
        return f"Remarkable: {'; '.join(found)}." if found else ""

    def _at_links(self) -> Iterator[str]:
        """What links did: to bytes, and to datagrams."""
        ends = [each for some in self.scene.undelivered.values() for each in some if each.fate is not None]
        sizes: dict[str, int] = collections.Counter()
        datagrams: dict[str, int] = collections.Counter()
        for each in ends:
            if each.sent.socket.role == "datagram":
                datagrams[each.fate or ""] += 1
            else:
                sizes[each.fate or ""] += each.size
        chunks = [chunk for some in self.scene.chunks.values() for chunk in some]
        if doubled := sum(chunk.doubled for chunk in chunks) + sum(each.doubled for each in ends):
            datagrams["doubled in the link"] = doubled
        if corrupted := sum(chunk.corrupted for chunk in chunks):
            datagrams[f"with {FLIPPED} in the link"] = corrupted
        for fate in (LOST, HELD):
            if sizes[fate]:
                yield f"{many(sizes[fate], 'byte')} {fate}"
        yield from (f"{counted(count, 'datagram')} {fate}" for fate, count in datagrams.items())


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


def _failure(event: Event) -> str:
    """The error that it raised, and what is known of it."""
    if event.error == "TimeoutError" and event.timeout:
        return f"TimeoutError after {event.timeout:g} s"
    if event.error == "BlockingIOError":
        what = (
            "no room yet" if event.sends else "under way" if event.call.startswith("connect") else "nothing there yet"
        )
        return f"BlockingIOError: {what}"
    return f"{event.error} after {many(event.size, 'byte')}" if event.size else str(event.error)


def _numbered(mark: int | None, of_datagrams: bool) -> str:
    """Which of several it is: datagrams know no connections."""
    return f" [{'conversation' if of_datagrams else 'connection'} {mark}]" if mark is not None else ""


def amount(size: int) -> str:
    """So many bytes, which may be those of a datagram: that may be empty."""
    return many(size, "byte") if size else "an empty datagram"


def _is_datagram(flow: Flow) -> bool:
    return flow.sent is not None and flow.sent.socket.role == "datagram"


def _source(flows: list[Flow], whom: str, away: bool) -> str:
    """Where the bytes of a receive come from."""
    calls = list(dict.fromkeys(flow.sent.call for flow in flows if flow.sent is not None))
    if not calls:
        return f"from {whom}" + ("" if away else ", sent before the recording")
    sends = [flow for flow in flows if flow.sent is not None]
    plural = "s" if len(sends) > 1 else ""
    return f"from {whom}'s {listed([call + plural for call in calls])}"


def _seconds(seconds: float) -> str:
    """One digit of them."""
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
