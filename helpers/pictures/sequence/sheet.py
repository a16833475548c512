"""A conversation as a sequence diagram: time runs down, a lane for each participant, and the bytes flow from lane to lane."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

from helpers.pictures.drawing import (
    BLUE,
    GREEN,
    INK,
    PAPER,
    PURPLE,
    QUIET,
    SMALL,
    TINTS,
    VERMILLION,
    Drawing,
    Picture,
    width,
)
from helpers.pictures.sequence.closing import Signal
from helpers.pictures.sequence.folding import Fold
from helpers.pictures.sequence.marks import Marks
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.wording import Wording
from helpers.pictures.telling.order import connects
from helpers.pictures.telling.relays import Piece, Place, Strand, Stranded, Way
from helpers.recording.events import Event, Flow, Recorded
from helpers.words import many

_MARGIN = 14
_CLOCK = 112
"""Pixels for how long calls waited, at the left."""
_TOP = 64
"""Where the first row begins, under the titles."""
_ROW = 34
_NOTE = 17
"""What a second line adds to a row."""
_MOST = {1: 44, 2: 36, 3: 27, 4: 23}
"""Characters of a call, by the number of lanes."""
_TITLE = {1: 260, 2: 230, 3: 190}
_WAITS = QUIET, None
_STILL = PURPLE, "6 3"
_BACKLOG = BLUE, "3 3"
_TORN = 30
"""What is added above a row of which some bytes go on, for the words about those that do not."""
_STUB = 58
"""How far bytes go that nobody receives."""
_WORDS = 166.0
"""Room for what is said of them, in two lines; the longest is "not received yet"."""


def conversation(recording: Recorded) -> Picture:
    """What the sockets of `recording` said to each other, and when each had to wait for the other.

    `recording` has `events`, `conversations` and `dropped`. The same program gives the same picture, whatever the timing of its threads.
    """
    scene = Scene(recording)
    wording = Wording(scene)
    if not scene.events:
        return _nothing(wording)
    alt = wording.alt()
    return Picture(_Sheet(scene, wording).draw(alt), alt, wording.text())


def _nothing(wording: Wording) -> Picture:
    drawing = Drawing()
    words = " ".join(["No socket call happened.", *wording.left_out()])
    drawing.text(_MARGIN, 32, words)
    return Picture(drawing.svg(2 * _MARGIN + width(words), 52, words), words, words)


@dataclasses.dataclass
class _Row:
    """Where a call, or a fold, stands."""

    y: float
    """Of the marks."""
    bottom: float
    fold: Fold | None = None


@dataclasses.dataclass(frozen=True)
class _Bar:
    """A time of waiting on a lane."""

    lane: int
    slot: int
    """0 on the lane's line; 1, 2, … beside it, right and left in turn, where several wait at the same time."""
    top: float
    bottom: float
    look: tuple[str, str | None]
    """Its colour and dashes."""

    @property
    def shift(self) -> float:
        return (self.slot + 1) // 2 * 8 * (1 if self.slot % 2 else -1)


class _Sheet:
    """The drawing of a scene: first everything gets its place, then it is drawn from the back to the front."""

    def __init__(self, scene: Scene, wording: Wording) -> None:
        self.scene = scene
        self.wording = wording
        rows = scene.rows
        self.lanes = scene.cast.lanes
        self.drawing = Marks()
        self.most = _MOST.get(len(self.lanes), 19)
        self.events = [row for row in rows if isinstance(row, Event)]
        self.words = {event.order: wording.call(event, self.most) for event in self.events}
        self.connects = {
            scene.cast.talk[event.order]: event
            for event in self.events
            if connects(event) and event.order in scene.cast.talk
        }
        self.notes = {event.order: note for event in self.events if (note := wording.note(event))}
        self.taken: list[tuple[float, float]] = []
        """Points between the lanes where something is drawn: no label is put there."""
        self.words_in_gaps: list[tuple[float, float, str, str]] = []
        self.rows: dict[int, _Row] = {}
        self.folds: list[_Row] = []
        self.edge = 13 if scene.cast.marks else 8
        """How far the marks reach to both sides of a lane."""
        self.legend: dict[str, Callable[[float, float], None]] = {}
        self.bottom = self._place_rows(rows)
        self.aside = {event.order for event in self.events if self._is_crossed(event)}
        self.bars: list[_Bar] = []
        self._place_bars()
        self.x, self.wide = self._place_lanes()

    def _place_rows(self, rows: list[Event | Fold]) -> float:
        top: float = _TOP
        for row in rows:
            if isinstance(row, Fold):
                place = _Row(top + 22, top + 44, row)
                self.folds.append(place)
                self.rows |= dict.fromkeys((event.order for event in row.events), place)
            else:
                high = _ROW + (_NOTE if row.order in self.notes or self._has_stub(row) else 0)
                lower = _TORN if self._is_torn(row) else 0
                high += _NOTE * max(len(self._words_behind(row)) - 2, 0)
                place = self.rows[row.order] = _Row(top + lower + _ROW / 2, top + lower + high)
            top = place.bottom
        return top + 8

    def _has_stub(self, event: Event) -> bool:
        return bool(self.scene.unread[event.order]) or any(map(self._from_nowhere, self.scene.arriving[event.order]))

    def _is_torn(self, event: Event) -> bool:
        """Whether some of its bytes are received and some are not: what is said of these stands higher, out of the way of those."""
        return bool(self.scene.unread[event.order] and self.scene.leaving[event.order] and not self._behind(event))

    def _behind(self, event: Event) -> list[Stranded]:
        """Of its bytes, those that reached a link and nobody received."""
        return [each for each in self.scene.stranded[event.order] if each.link is not None]

    def _words_behind(self, event: Event) -> list[str]:
        """What is said of them beyond the link."""
        behind = self._behind(event)
        if not behind:
            return []
        fates = self.wording.fates(event)
        if len(fates) == 1:
            return [many(size, "byte") for size in fates.values()] + list(fates)
        return [f"{many(size, 'byte')} {fate}" for fate, size in fates.items()]

    def _beyond(self, event: Event) -> int | None:
        """The lane behind the last link that they reached; None: there is none."""
        links = self.scene.cast.links[self.scene.cast.talk[event.order]]
        reached = [each.link for each in self._behind(event) if each.link is not None]
        beyond = links[max(reached) if event.socket.role == "client" else min(reached)] + self._inward(event)
        return beyond if 0 <= beyond < len(self.lanes) else None

    def _is_crossed(self, event: Event) -> bool:
        """Whether other bytes pass where the words about its own would stand; then they stand under the call."""
        if not self.scene.unread[event.order] or event.order in self.notes:
            return False
        y, peer = self.rows[event.order].y, self.scene.cast.peer(event)
        if self._behind(event) and self._beyond(event) is None:
            return True
        return any(
            self.rows[flow.sent.order].y < y < self.rows[flow.received.order].y
            for flow in self.scene.flows
            if flow.sent is not None and flow.received is not None
            if self._is_drawn(flow.sent) and self._is_drawn(flow.received)
            if {self._lane(flow.sent), self._lane(flow.received)} == {self._lane(event), peer}
        )

    def _unread_words(self, event: Event) -> str:
        return "; ".join(f"{many(size, 'byte')} {fate}" for fate, size in self.wording.fates(event).items())

    def _from_nowhere(self, flow: Flow) -> bool:
        """Whether the bytes come from somebody known, who sent them before the recording."""
        peer = self.scene.cast.peer(flow.received) if flow.received is not None else None
        return flow.sent is None and peer is not None and not self.lanes[peer].away

    def _place_lanes(self) -> tuple[list[float], float]:
        """The lines of the lanes, and the width of the whole."""
        last = len(self.lanes) - 1
        left, right = [0.0] * len(self.lanes), [0.0] * len(self.lanes)
        gap = [210.0 if last == 1 else 150.0] * len(self.lanes)
        for one, other in itertools.pairwise(range(len(self.lanes))):
            if self.lanes[one].link or self.lanes[other].link:
                gap[one] = 175.0
        limit = _TITLE.get(len(self.lanes), 140)
        for lane, each in enumerate(self.lanes):
            half = min(width(each.title) * 1.1 + 24, limit) / 2
            left[lane] = right[lane] = half - 12
        for event in self.events:
            lane = self._lane(event)
            note = self._unread_words(event) if event.order in self.aside else self.notes.get(event.order, "")
            needed = max(width(self.words[event.order], mono=True), width(note, SMALL))
            needed = min(needed, self._label_limit()) + self._room(lane, self._side(event)) - 4
            side = left if self._side(event) < 0 else right
            side[lane] = max(side[lane], needed)
            if self._has_stub(event):
                inner = lane if self._inward(event) > 0 else lane - 1
                gap[inner] = max(gap[inner], self.edge + _STUB + _WORDS)
            if self._behind(event) and event.order not in self.aside:
                behind = self._beyond(event)
                assert behind is not None
                inner = behind - 1 if self._inward(event) > 0 else behind
                wide = max(width(words, SMALL) for words in self._words_behind(event))
                gap[inner] = max(gap[inner], self.edge + _STUB + 10 + max(wide, _WORDS))
        for lane, way in self._loose_ends():
            inner = lane if way > 0 else lane - 1
            if 0 <= inner < last:
                gap[inner] = max(gap[inner], self.edge + _STUB + _WORDS)
            else:
                outer = right if way > 0 else left
                outer[lane] = max(outer[lane], self.edge + _STUB + _WORDS)
        clock = _CLOCK if self.scene.clocked else 0
        x = [_MARGIN + clock + left[0] + 14]
        for lane in range(last):
            x.append(x[-1] + max(gap[lane], right[lane] + 36, left[lane + 1] + 36, (right[lane] + left[lane + 1]) / 2))
        beyond = right[last] if last else max(right[0], self.edge + _STUB + _WORDS if self._needs_room() else 0)
        return x, max(x[-1] + beyond + 14 + _MARGIN, 420)

    def _loose_ends(self) -> Iterator[tuple[int, int]]:
        """The lanes of links that hand over what they took before the recording, each with the side on which that is said."""
        for way, strand in self.scene.strands:
            if strand.source is None and isinstance(strand.target, Piece):
                sender, receiver = self._lanes_of(way)
                if not self.lanes[sender].away:
                    yield self._lane_of(strand.target), 1 if sender > receiver else -1

    def _needs_room(self) -> bool:
        return any(event.call.startswith("connect") or self._has_stub(event) for event in self.events)

    def _label_limit(self) -> float:
        return width("x" * self.most, mono=True)

    def _lane(self, event: Event) -> int:
        lane = self.scene.cast.of(event)
        assert lane is not None
        return lane

    def _side(self, event: Event) -> int:
        """On which side of its lane a call is written (-1: left): away from whom it talks with."""
        lane, peer = self._lane(event), self.scene.cast.neighbour(event)
        if lane == 0:
            return -1
        if lane == len(self.lanes) - 1:
            return 1
        if peer is None or peer == lane:
            return 1 if any(lane == server for _, server in self.scene.cast.ways.values()) else -1
        return 1 if peer < lane else -1

    def _inward(self, event: Event) -> int:
        """The side on which its arrows and ribbons are."""
        return -self._side(event)

    def draw(self, title: str) -> str:
        self._draw_lanes()
        self._draw_bars()
        self._draw_ribbons()
        for x, y, words, anchor in self.words_in_gaps:
            self.drawing.text(x, y, words, size=SMALL, anchor=anchor, fit=width(words, SMALL))
        for event in self.events:
            if event.call.startswith("connect"):
                self._draw_connect(event)
        arrows = [(signal, ends) for signal in self.scene.signals if (ends := self._ends_of_signal(signal)) is not None]
        for signal, ends in arrows:
            self._draw_signal(signal, *ends)
        for signal, ends in arrows:
            self._label_signal(signal.name, *ends)
        self._draw_folds()
        self._draw_pieces()
        for event in self.events:
            self._draw_mark(event)
            self._draw_label(event)
        high = self._draw_foot()
        return self.drawing.svg(self.wide, high, title)

    # Lanes

    def _draw_lanes(self) -> None:
        limit = _TITLE.get(len(self.lanes), 140)
        for lane, x in zip(self.lanes, self.x, strict=True):
            box = min(width(lane.title) * 1.1 + 24, limit)
            if lane.link:
                self._draw_link(lane.title, x, box)
                continue
            dash = "6 4" if lane.away else None
            end = self.rows[lane.closes].y if lane.closes in self.rows else None
            self.drawing.line(x, 46, x, end or self.bottom, colour=QUIET, thick=2, dash=dash)
            if end is not None:
                self.drawing.line(x, end, x, self.bottom, colour=QUIET, thick=1, dash="2 6")
            self.drawing.rect(
                x - box / 2, 14, box, 32, fill=TINTS[QUIET], line=QUIET if lane.away else INK, radius=6, dash=dash
            )
            title = lane.title if len(lane.title) <= 24 else lane.title[:23] + "…"
            self.drawing.text(x, 36, title, bold=True, anchor="middle", fit=box - 16)

    def _draw_link(self, title: str, x: float, box: float) -> None:
        self.drawing.pipe(x, 46, self.bottom)
        self.drawing.rect(x - box / 2, 14, box, 32, fill=PAPER, line=QUIET, thick=2, radius=16)
        self.drawing.text(
            x, 36, title if len(title) <= 24 else title[:23] + "…", bold=True, anchor="middle", fit=box - 20
        )
        self._explain("a link: a piece of the network", lambda x, y: self.drawing.pipe(x + 14, y - 10, y + 10))

    def _place_bars(self) -> None:
        for event in self.events:
            lane, row = self._lane(event), self.rows[event.order]
            before = self.scene.begun(event)
            if before is not None and before.order in self.rows:
                end = self.bottom - 8 if event.ended is None else row.y - 10
                self._place_bar(lane, self.rows[before.order], end, _STILL if event.ended is None else _WAITS)
            if event.call == "accept" and (connect := self._connect_of(event)) is not None:
                start = self.rows[connect.order]
                if row.y - start.bottom > _ROW:
                    self._place_bar(lane, start, row.y - 10, _BACKLOG)

    def _place_bar(self, lane: int, start: _Row, bottom: float, look: tuple[str, str | None]) -> None:
        top = start.bottom - (0 if start.fold is not None else 6)
        if bottom - top < 6:
            return
        used = {bar.slot for bar in self.bars if bar.lane == lane and bar.top < bottom and top < bar.bottom}
        slot = next(slot for slot in range(len(used) + 1) if slot not in used)
        self.bars.append(_Bar(lane, slot, top, bottom, look))

    def _connect_of(self, accept: Event) -> Event | None:
        return self.connects.get(self.scene.cast.talk.get(accept.order, -1))

    def _draw_bars(self) -> None:
        """Those on the line last: the others stand behind them."""
        for bar in sorted(self.bars, key=lambda bar: -bar.slot):
            self.drawing.bar(self.x[bar.lane] + bar.shift, bar.top, bar.bottom, bar.look)
            self._explain(
                "in the backlog" if bar.look == _BACKLOG else "still waits" if bar.look == _STILL else "waits",
                lambda x, y, look=bar.look: self.drawing.bar(x + 14, y - 9, y + 9, look),  # type: ignore[misc]
            )

    # Bytes

    def _draw_ribbons(self) -> None:
        starts: dict[Place | int, float] = {}
        ends: dict[Place | int, float] = {}
        for event in self.events:
            if unread := self.scene.unread[event.order]:
                starts[event.order] = self._draw_unread(event, unread)
        for flow in self._flows():
            self._draw_flow(flow, starts, ends)
        for way, strand in sorted(self._strands(), key=lambda each: each[1].source is None):
            self._draw_strand(way, strand, starts, ends)
        for event in self.events:
            if (
                event.sends
                and event.size
                and not self.scene.leaving[event.order]
                and not self.scene.unread[event.order]
                and not self._goes_through_links(event)
            ):
                self._draw_away(event, sent=True)

    def _flows(self) -> Iterable[Flow]:
        """What does not go through links, all that goes from one call into the same fold together, and the other way round."""
        found: dict[object, Flow] = {}
        for flow in self.scene.flows:
            if self._goes_through_links(flow.received):
                continue
            folds = [self._fold_of(flow.sent), self._fold_of(flow.received)]
            ends = [fold or event for fold, event in zip(folds, flow[:2], strict=True)]
            key = tuple(map(id, ends)) if any(folds) else len(found)
            former = found.get(key)
            found[key] = flow if former is None else flow._replace(size=former.size + flow.size)
        return found.values()

    def _strands(self) -> list[tuple[Way, Strand]]:
        """What goes through links, all that comes from one call or piece and goes into the same fold together, and the other way round."""
        found: list[tuple[Way, Strand]] = []
        for way, strand in self.scene.strands:
            last = found[-1][1] if found and found[-1][0] is way else None
            if last is not None and self._is_same_fragment(last, strand):
                found[-1] = way, last._replace(size=last.size + strand.size)
            else:
                found.append((way, strand))
        return found

    def _is_same_fragment(self, one: Strand, other: Strand) -> bool:
        folds = [[self._fold_of(place) for place in strand[:2]] for strand in (one, other)]
        if one.source is other.source:
            return folds[0][1] is not None and folds[0][1] is folds[1][1]
        return one.target is other.target and folds[0][0] is not None and folds[0][0] is folds[1][0]

    def _fold_of(self, place: Place | None) -> Fold | None:
        row = self.rows.get(_row_event(place).order) if place is not None else None
        return row.fold if row is not None else None

    def _goes_through_links(self, event: Event | None) -> bool:
        return event is not None and self.scene.cast.talk.get(event.order) in self.scene.routes

    def _draw_flow(self, flow: Flow, starts: dict[Place | int, float], ends: dict[Place | int, float]) -> None:
        if flow.received is None or not self._is_drawn(flow.received):
            return
        to, row = self._lane(flow.received), self.rows[flow.received.order]
        y2, thick2 = self._slot(flow.received, flow.size, ends)
        if flow.sent is None:
            if row.fold is not None:
                return
            if self._from_nowhere(flow):
                self._draw_nowhere(to, self._inward(flow.received), flow.size, y2, thick2, row.y)
            else:
                self._draw_away(flow.received, sent=False)
            return
        if not self._is_drawn(flow.sent):
            return
        start, lane = self.rows[flow.sent.order], self._lane(flow.sent)
        y1, thick1 = self._slot(flow.sent, flow.size, starts)
        if row.fold is None and start.fold is None:
            self._ribbon(lane, y1, thick1, to, y2, thick2)
        elif row.fold is None:
            self._fragment(to, y2, thick2, lane, arrives=True)
        elif start.fold is None:
            self._fragment(lane, y1, thick1, to, arrives=False)

    def _draw_strand(
        self, way: Way, strand: Strand, starts: dict[Place | int, float], ends: dict[Place | int, float]
    ) -> None:
        """Bytes from a call to a link, from a link to the next one, or to a call."""
        source, target = strand.source, strand.target
        if not all(self._is_drawn(_row_event(place)) for place in (source, target) if place is not None):
            return
        if source is None or target is None:
            return self._draw_loose_end(way, strand, starts, ends)
        row1, row2 = self.rows[_row_event(source).order], self.rows[_row_event(target).order]
        lane1, lane2 = self._lane_of(source), self._lane_of(target)
        y1, thick1 = self._slot(source, strand.size, starts)
        y2, thick2 = self._slot(target, strand.size, ends)
        if row1.fold is None and row2.fold is None:
            self._ribbon(lane1, y1, thick1, lane2, y2, thick2)
        elif row2.fold is None:
            self._fragment(lane2, y2, thick2, lane1, arrives=True)
        elif row1.fold is None:
            self._fragment(lane1, y1, thick1, lane2, arrives=False)

    def _draw_loose_end(
        self, way: Way, strand: Strand, starts: dict[Place | int, float], ends: dict[Place | int, float]
    ) -> None:
        """Bytes that come from nowhere, or from another process, or go there."""
        place = strand.source or strand.target
        assert place is not None
        row = self.rows[_row_event(place).order]
        if row.fold is not None:
            return
        lanes = self._lanes_of(way)
        y, thick = self._slot(place, strand.size, ends if strand.source is None else starts)
        if strand.source is not None:
            self._ribbon(self._lane_of(place), y, thick, lanes[-1], y + 12, thick)
        elif self.lanes[lanes[0]].away:
            self._ribbon(lanes[0], y - 12, thick, self._lane_of(place), y, thick)
        else:
            side = 1 if lanes[0] > lanes[-1] else -1
            below = (
                row.y + 18 if place.size > strand.size else row.y
            )  # out of the way of the others, which come from above
            self._draw_nowhere(self._lane_of(place), side, strand.size, y, thick, below)

    def _lanes_of(self, way: Way) -> tuple[int, ...]:
        """Those of its sender and its receiver."""
        lanes = self.scene.cast.ways[way.talk]
        return lanes if way.upstream else lanes[::-1]

    def _lane_of(self, place: Place) -> int:
        return self.scene.lane_of(place) if isinstance(place, Piece) else self._lane(place)

    def _fragment(self, lane: int, y: float, thick: float, other: int, arrives: bool) -> None:
        """A ribbon whose other end is among the calls that are left out."""
        way = 1 if other >= lane else -1
        near, far = self.x[lane] + self.edge * way, self.x[lane] + (self.edge + 40) * way
        colour = BLUE if (other >= lane) != arrives else GREEN
        ends = (near, y, thick), (far, y + (-14 if arrives else 14), thick)
        self.drawing.ribbon(*(ends[::-1] if arrives else ends), (near + far) / 2, colour)
        self.drawing.line(far, ends[1][1] - thick / 2 - 3, far, ends[1][1] + thick / 2 + 3, colour=QUIET, dash="3 3")

    def _is_drawn(self, event: Event) -> bool:
        return event.order in self.rows and self.scene.cast.of(event) is not None

    def _slot(self, place: Place, size: int, used: dict[Place | int, float]) -> tuple[float, float]:
        """The middle and the thickness of these bytes at the lane: those of one call stand one under the other."""
        row = self.rows[_row_event(place).order]
        whole = _thickness(max(place.size, size))
        thick = max(whole * size / max(place.size, size, 1), 2)
        if row.fold is not None:
            return row.y, thick
        key = place if isinstance(place, Piece) else place.order
        top = used.get(key, row.y - whole / 2)
        used[key] = top + thick
        return top + thick / 2, thick

    def _ribbon(self, one: int, y1: float, thick1: float, other: int, y2: float, thick2: float) -> None:
        """Bytes from lane to lane; those that a program sends to itself go out and come back."""
        x1, x2 = self.x[one], self.x[other]
        way = -1 if x2 < x1 else 1
        start = x1 + self.edge * way
        end = x2 - self.edge * way if one != other else start
        middle = (start + end) / 2 if one != other else start + 60
        self.drawing.ribbon((start, y1, thick1), (end, y2, thick2), middle, BLUE if way > 0 else GREEN)
        for (x, top), (_, bottom) in zip(
            _curve((start, y1 - thick1 / 2), (end, y2 - thick2 / 2), middle),
            _curve((start, y1 + thick1 / 2), (end, y2 + thick2 / 2), middle),
            strict=True,
        ):
            self.taken += [(x, top), (x, (top + bottom) / 2), (x, bottom)]
        self._explain("bytes on their way", self.drawing.sample)

    def _draw_unread(self, event: Event, size: int) -> float:
        """Bytes that nobody receives. Gives back where they end at the lane: the others leave below."""
        behind = self._behind(event)
        if not behind:
            return self._draw_stub(event, size)
        used: dict[Place | int, float] = {}
        way, lane = self._inward(event), self._lane(event)
        links = self.scene.cast.links[self.scene.cast.talk[event.order]]
        ends: list[float] = []
        for each in self.scene.stranded[event.order]:
            y, thick = self._slot(event, each.size, used)
            colour = BLUE if way > 0 else GREEN
            start = self.x[lane] + self.edge * way
            if each.link is None:
                end = start + 20 * way
            else:
                x = self.x[links[each.link]]
                end = x - self.edge * way if each.fate else x + (self.edge + _STUB / 2) * way
            self.drawing.block(start, end, y, thick, colour)
            if each.link is not None and not each.fate:
                for link in links[: each.link + 1] if event.socket.role == "client" else links[each.link :]:
                    self.drawing.piece(self.x[link], y, self.edge, max(thick, 6), colour)
            self.drawing.line(end, y - thick / 2 - 4, end, y + thick / 2 + 4, thick=4)
            self.taken += _straight(start, y, end, y)
            used[event.order] += 5
            ends.append(end)
        self._explain("bytes on their way", self.drawing.sample)
        if event.order not in self.aside:
            furthest = max(ends) if way > 0 else min(ends)
            clear = self.x[links[behind[0].link or 0]] + (self.edge + 2) * way
            furthest = max(furthest, clear) if way > 0 else min(furthest, clear)
            self._lines(furthest + 8 * way, self.rows[event.order].y, way, self._words_behind(event))
        return used[event.order] - 5

    def _draw_pieces(self) -> None:
        for event in self.events:
            for piece in self.scene.pieces[event.order]:
                self._draw_piece(piece, self.rows[event.order].y)

    def _draw_piece(self, piece: Piece, y: float) -> None:
        lane = self.scene.lane_of(piece)
        lanes = self.scene.cast.ways[piece.talk]
        way = 1 if (lanes[0] < lane or lane < lanes[1]) == piece.upstream else -1
        x, thick = self.x[lane], _thickness(piece.size)
        colour = BLUE if way > 0 else GREEN
        self.drawing.piece(x, y, self.edge, max(thick + 2, 18 if self.scene.cast.marks else 10), colour)
        if (number := self.scene.cast.marks.get(piece.talk)) is not None:
            self.drawing.text(x, y + 5, str(number), size=SMALL, bold=True, colour=PAPER, anchor="middle", fit=20)
        self._explain("a piece that the link hands over", lambda x, y: self.drawing.piece(x + 14, y, 8, 14, BLUE))
        self._say_held(piece.held, x, y + thick / 2 + 14, way)

    def _say_held(self, seconds: float, x: float, y: float, way: int) -> None:
        """Beside a link's lane, where something came in."""
        half = width("held 0.00 s", SMALL) / 2
        middle = x - (self.edge + 8 + half) * way
        self.taken += _straight(middle - half, y - 5, middle + half, y - 5)
        if words := self.wording.held(seconds):
            with self.drawing.group("clock"):
                self.drawing.word(middle, y, words)

    def _draw_stub(self, event: Event, size: int) -> float:
        """Bytes that nobody receives. Gives back where they end at the lane: the others leave below."""
        y, thick = self._slot(event, size, {})
        way, x = self._inward(event), self.x[self._lane(event)]
        torn = self._is_torn(event)
        end = x + (self.edge + 2 + (_STUB / 2 if torn else _STUB)) * way
        self.drawing.block(x + self.edge * way, end, y, thick, BLUE if way > 0 else GREEN)
        self.taken += _straight(x, y, end, y)
        self.drawing.line(end, y - thick / 2 - 4, end, y + thick / 2 + 4, thick=4)
        self._explain("bytes on their way", self.drawing.sample)
        if event.order not in self.aside:
            top = self.rows[event.order].y - (_TORN + 2 if torn else 0)
            self._lines(end + 8 * way, top, way, [many(size, "byte"), self.wording.fate(event)])
        return y + thick / 2

    def _draw_nowhere(self, lane: int, way: int, size: int, y: float, thick: float, line: float) -> None:
        """Bytes that were sent before the recording."""
        x = self.x[lane]
        start = x + (self.edge + (_STUB if line - 14 < y else _STUB / 2)) * way
        self.drawing.ribbon((start, y, thick), (x + self.edge * way, y, thick), start, BLUE if way < 0 else GREEN)
        self.drawing.line(start, y - thick / 2 - 4, start, y + thick / 2 + 4, thick=2, dash="3 3")
        self._explain("bytes on their way", self.drawing.sample)
        self._lines(start + 8 * way, line, way, [f"{many(size, 'byte')} sent", "before this"])

    def _draw_away(self, event: Event, sent: bool) -> None:
        """Bytes to or from another process."""
        peer, lane = self.scene.cast.peer(event), self._lane(event)
        if peer is None or peer == lane:
            return
        y, thick = self.rows[event.order].y, _thickness(event.size)
        if sent:
            self._ribbon(lane, y, thick, peer, y + 12, thick)
        else:
            self._ribbon(peer, y - 12, thick, lane, y, thick)

    def _lines(self, x: float, y: float, way: int, lines: list[str]) -> None:
        anchor = "start" if way > 0 else "end"
        for at, words in enumerate(lines):
            line = y + 17 * at
            self.words_in_gaps.append((x, line, words, anchor))
            self.taken += _straight(x, line - 5, x + way * width(words, SMALL), line - 5)

    # Connecting and closing

    def _draw_connect(self, event: Event) -> None:
        lane, peer, y = self._lane(event), self.scene.cast.peer(event), self.rows[event.order].y
        if event.error == "ConnectionRefusedError":
            return self._draw_refusal(event)
        if event.error == "TimeoutError":
            return self._draw_no_answer(event)
        links = self.scene.cast.links.get(self.scene.cast.talk.get(event.order, -1))
        if links:
            return self._draw_connect_through(event, links)
        if not connects(event) or peer is None or peer == lane:
            return
        way = 1 if peer > lane else -1
        x1, x2 = self.x[lane] + (self.edge + 2) * way, self.x[peer] - 8 * way
        self.drawing.arrow(x1, y - 3, x2, y - 3, thick=1.5, head=8)
        self.drawing.arrow(x2, y + 4, x1, y + 4, thick=1.5, head=8)
        self.drawing.word((self.x[lane] + self.x[lane + way]) / 2, y - 8, "handshake")
        self.taken += [*_straight(x1, y, x2, y), *_straight(x1, y - 12, x2, y - 12)]
        self._draw_answer(peer, y)

    def _draw_answer(self, lane: int, y: float) -> None:
        self.drawing.diamond(self.x[lane], y)
        self._explain("the system answers, before accept", lambda x, y: self.drawing.diamond(x + 14, y))

    def _draw_connect_through(self, event: Event, links: tuple[int, ...]) -> None:
        """A handshake with the first link, which then makes a connection of its own to whoever comes next."""
        talk, y = self.scene.cast.talk[event.order], self.rows[event.order].y
        lanes = [self._lane(event), *links, self.scene.cast.ways[talk][1]]
        if self.scene.routes[talk].last is None:
            lanes.pop()
        for at, (one, other) in enumerate(itertools.pairwise(lanes)):
            way = 1 if other > one else -1
            start, end = self.x[one] + (self.edge + 2) * way, self.x[other] - 10 * way
            self.drawing.arrow(start, y - 3, end, y - 3, thick=1.5, head=8)
            self.drawing.arrow(end, y + 4, start, y + 4, thick=1.5, head=8)
            for line in (y - 12, y, y + 8):
                self.taken += _straight(start, line, end, line)
            if not at:
                self.drawing.word((self.x[one] + self.x[one + way]) / 2, y - 8, "handshake")
        for lane in lanes[1:]:
            self._draw_answer(lane, y)

    def _draw_no_answer(self, event: Event) -> None:
        """It goes out, and nothing comes back."""
        way, y = self._inward(event), self.rows[event.order].y
        x = self.x[self._lane(event)] + 14 * way
        self.drawing.arrow(x, y, x + 48 * way, y, thick=1.5, head=8)
        for dot in (54, 62, 70):
            self.drawing.line(x + dot * way, y, x + (dot + 2) * way, y, colour=QUIET, thick=2)
        self.drawing.text(x, y - 8, "no answer", size=SMALL, anchor="start" if way > 0 else "end")

    def _draw_refusal(self, event: Event) -> None:
        way, y = self._inward(event), self.rows[event.order].y
        x = self.x[self._lane(event)] + 14 * way
        wall = x + 64 * way
        self.drawing.arrow(x, y - 3, wall - 4 * way, y - 3, thick=1.5, head=8)
        self.drawing.arrow(wall - 4 * way, y + 5, x, y + 5, colour=VERMILLION, thick=1.5, head=8)
        self.drawing.line(wall, y - 14, wall, y + 14, colour=VERMILLION, thick=4)
        self.drawing.text(wall + 8 * way, y + 5, "refused", size=SMALL, anchor="start" if way > 0 else "end")

    def _ends_of_signal(self, signal: Signal) -> tuple[float, float, float, float] | None:
        """Where it begins and where it ends, x and y; None where it is not drawn."""
        sent = self.rows.get(signal.sent.order) if signal.sent is not None else None
        met = self.rows.get(signal.met.order) if signal.met is not None else None
        if signal.sender == signal.receiver or (sent or met) is None or (sent or met).fold is not None:  # type: ignore[union-attr]
            return None
        way = 1 if signal.receiver > signal.sender else -1
        x1, x2 = self.x[signal.sender] + (self.edge + 2) * way, self.x[signal.receiver] - (self.edge + 2) * way
        y1 = sent.y + 18 * signal.leg / signal.legs if sent is not None else met.y - 12  # type: ignore[union-attr]
        return x1, y1, x2, met.y if met is not None and met.fold is None else y1 + 18 / signal.legs

    def _draw_signal(self, signal: Signal, x1: float, y1: float, x2: float, y2: float) -> None:
        self.taken += _straight(x1, y1, x2, y2)
        if signal.leg:
            self._say_held(signal.held, self.x[signal.sender], y1 + 16, 1 if x2 > x1 else -1)
        if signal.reset:
            self.drawing.zigzag(x1, y1, x2, y2)
            self._explain(
                "RST: broken off" if signal.name == "RST" else signal.name,
                lambda x, y: self.drawing.zigzag(x, y, x + 28, y),
            )
        else:
            self.drawing.arrow(x1, y1, x2, y2, colour=QUIET, thick=2, dash="7 4")
            self._explain(
                "FIN: no more bytes come" if signal.name == "FIN" else signal.name,
                lambda x, y: self.drawing.arrow(x, y, x + 28, y, colour=QUIET, dash="7 4"),
            )

    def _label_signal(self, name: str, x1: float, y1: float, x2: float, y2: float) -> None:
        """Beside its beginning, or its middle, where nothing else is."""
        way, half = 1 if x2 > x1 else -1, width(name, SMALL) / 2
        beside, x, y = x1 + (12 + half) * way, (x1 + x2) / 2, (y1 + y2) / 2
        # Below it there is more room to be kept: it falls.
        under = y1 + 20 + max(y2 - y1, 0) * (12 + 2 * half) / max(abs(x2 - x1), 1)
        places = [(beside, y1 - 6), (beside, under), (x, y - 10), (x, y + 22)]
        x, y = next((place for place in places if self._is_free(*place, half)), places[0])
        self.drawing.text(x, y, name, size=SMALL, anchor="middle")
        self.taken += _straight(x - half, y - 5, x + half, y - 5)

    def _is_free(self, x: float, y: float, half: float) -> bool:
        """Whether a word on the baseline `y` stands on nothing there."""
        return y < self.bottom and not any(abs(x - px) < half + 3 and y - 13 < py < y + 5 for px, py in self.taken)

    # Rows

    def _draw_folds(self) -> None:
        for row in self.folds:
            assert row.fold is not None
            top, bottom, words = row.bottom - 40, row.bottom - 4, row.fold.words
            self.drawing.rect(_MARGIN, top, self.wide - 2 * _MARGIN, bottom - top, fill=TINTS[INK], radius=4)
            for y in (top, bottom):
                self.drawing.line(_MARGIN, y, self.wide - _MARGIN, y, colour=QUIET, dash="8 5")
            self.drawing.text(self.wide / 2, row.y + 6, words, bold=True, anchor="middle", fit=self.wide - 4 * _MARGIN)

    def _draw_mark(self, event: Event) -> None:
        x, y = self.x[self._lane(event)], self.rows[event.order].y
        number = self.scene.mark(event)
        if number is not None:
            self.drawing.circle(x, y, 11, event.peek)
            colour = INK if event.peek else PAPER
            self.drawing.text(x, y + 5, str(number), size=SMALL, bold=True, colour=colour, anchor="middle", fit=17)
            self._explain("which connection", lambda x, y: self.drawing.numbered(x + 14, y))
            x += 24 * self._inward(event)
        if event.error == "TimeoutError":
            self.drawing.hourglass(x, y)
            self._explain("gave up waiting", lambda x, y: self.drawing.hourglass(x + 14, y))
        elif event.error:
            self.drawing.cross(x, y)
            self._explain("an error", lambda x, y: self.drawing.cross(x + 14, y))
        elif number is None:
            self.drawing.circle(x, y, 6, event.peek or event.ended is None)

    def _draw_label(self, event: Event) -> None:
        lane, row, side = self._lane(event), self.rows[event.order], self._side(event)
        x = self.x[lane] + self._room(lane, side) * side
        anchor = "end" if side < 0 else "start"
        words, note = self.words[event.order], self.notes.get(event.order, "")
        note = self._unread_words(event) if event.order in self.aside else note
        limit = self._label_limit()
        if 0 < lane < len(self.lanes) - 1:
            self.drawing.plate(x, row.y - 12, min(width(words, mono=True), limit), 22, side)
            if note:
                self.drawing.plate(x, row.y + 10, min(width(note, SMALL), limit), 16, side)
        self.drawing.text(x, row.y + 5, words, mono=True, anchor=anchor, fit=limit)
        if note:
            self.drawing.text(x, row.y + 22, note, size=SMALL, bold=bool(event.error), anchor=anchor, fit=limit)
        if clock := self.wording.clock(event):
            with self.drawing.group("clock"):
                self.drawing.text(_MARGIN, row.y + 5, clock, size=SMALL, colour=QUIET, fit=_CLOCK - 12)

    def _room(self, lane: int, side: int) -> float:
        """How far from its lane a call is written: beyond the marks and the bars."""
        bars = (bar.shift * side + 9 for bar in self.bars if bar.lane == lane)
        return max([self.edge + 6.0, *bars])

    def _explain(self, words: str, draw: Callable[[float, float], None]) -> None:
        self.legend.setdefault(words, draw)

    def _draw_foot(self) -> float:
        """What is left out, and what the marks mean. The height of the whole."""
        y = self.bottom + 26
        for line in self.wording.left_out():
            self.drawing.text(_MARGIN, y, line, fit=self.wide - 2 * _MARGIN)
            y += 24
        if not self.legend:
            return y - 4
        x: float = _MARGIN
        self.drawing.line(_MARGIN, y - 16, self.wide - _MARGIN, y - 16, colour=QUIET, thick=1)
        y += 6
        for words, draw in list(self.legend.items()):
            needed = 36 + width(words, SMALL)
            if x > _MARGIN and x + needed > self.wide - _MARGIN:
                x, y = _MARGIN, y + 26
            draw(x, y)
            self.drawing.text(x + 36, y + 5, words, size=SMALL, colour=QUIET)
            x += needed + 18
        return y + 22


def _row_event(place: Place) -> Event:
    """The call beside which it stands."""
    return place.row if isinstance(place, Piece) else place


def _straight(x1: float, y1: float, x2: float, y2: float) -> list[tuple[float, float]]:
    """Points of a line, at most 6 pixels apart in x."""
    steps = max(int(abs(x2 - x1) // 6), 1)
    return [(x1 + (x2 - x1) * at / steps, y1 + (y2 - y1) * at / steps) for at in range(steps + 1)]


def _curve(start: tuple[float, float], end: tuple[float, float], middle: float) -> list[tuple[float, float]]:
    """Points of a ribbon's edge."""
    steps = 24
    return [
        (
            start[0] * (1 - t) ** 3 + 3 * middle * t * (1 - t) + end[0] * t**3,
            start[1] * (1 - t) ** 2 * (1 + 2 * t) + end[1] * t**2 * (3 - 2 * t),
        )
        for t in (at / steps for at in range(steps + 1))
    ]


def _thickness(size: int) -> float:
    """Pixels for so many bytes: a thousand times as many are not a thousand times as thick."""
    return min(5 + 2.2 * size.bit_length(), 27) if size else 2
