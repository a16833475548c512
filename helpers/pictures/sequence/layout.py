"""Where everything of a conversation stands, before anything is drawn.

Comes in: a `Scene` and its `Wording`. Goes out: a `Layout`, computed once, which does not change any more. All figures are pixels, the
origin at the top left. `sheet`, `ribbons` and `signals` draw by it.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from helpers.pictures.drawing import BOLD, SMALL, width
from helpers.pictures.sequence.folding import Fold
from helpers.pictures.sequence.lanes import Lane
from helpers.pictures.sequence.rows import Bar, Row, Rows, place_rows
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.wording import CLOCK, Wording
from helpers.pictures.telling.routes import Chunk, HopEnd
from helpers.recording.events import Event
from helpers.words import shortened

MARGIN = 14
STUB = 58
"""How far bytes go that nobody receives."""
_WORDS = 166.0
"""Room for what is said of them, in two lines; the longest is "not received yet"."""
_MOST = {1: 40, 2: 26, 3: 24}
"""Characters in a line of a call, by the number of lanes with calls."""
_TITLE = {1: 300, 2: 290, 3: 230}
"""The width of a title, by the number of lanes."""
_BETWEEN_TITLES = 14.0
_AROUND = 24
"""What its box adds to that of its words."""
_Where = TypeVar("_Where")


@dataclasses.dataclass(frozen=True)
class Label:
    """What stands beside the mark of a call."""

    lines: Sequence[str]
    notes: Sequence[str]
    """In the lines below; mostly there are none."""
    side: int
    """Of its lane: -1 left, 1 right."""
    x: float
    """Where it begins, or (left of the lane) ends."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where everything stands."""

    rows: Rows
    labels: Mapping[int, Label]
    """For each call with a row of its own, by its `order`."""
    names: tuple[str, ...]
    """The title of each lane."""
    titles: tuple[float, ...]
    """The width of its box."""
    x: tuple[float, ...]
    """The line of each lane."""
    wide: float
    """The whole picture."""
    edge: float
    """How far the marks reach to both sides of a lane."""
    label_limit: float
    """The width of a label."""

    def row(self, place: HopEnd) -> Row:
        """The row of a call, or of that beside which a chunk stands."""
        return self.rows.by_call[_call(place).order]

    def fold_of(self, place: HopEnd | None) -> Fold | None:
        """The fold that leaves it out; None: there is none."""
        row = self.rows.by_call.get(_call(place).order) if place is not None else None
        return row.fold if row is not None else None

    def has_row(self, place: HopEnd) -> bool:
        return _call(place).order in self.rows.by_call

    def inward(self, event: Event) -> int:
        """The side of its lane on which its arrows and ribbons are: opposite its label."""
        return -self.labels[event.order].side


def arrange(scene: Scene, wording: Wording) -> Layout:
    """Give everything in `scene` its place."""
    count = len(scene.cast.lanes)
    most = _MOST.get(sum(not lane.link for lane in scene.cast.lanes), 22)
    rows = place_rows(scene, wording, most)
    edge = _edge(scene)
    rooms = [{side: _room(rows.bars, lane, side, edge) for side in (-1, 1)} for lane in range(count)]
    longest = int((_TITLE.get(count, 180) - _AROUND) / (width("x") * BOLD))
    titles = [shortened(lane.title, longest) for lane in scene.cast.lanes]
    contents = _Contents(
        scene,
        wording,
        rows,
        {event.order: scene.cast.outer_side(event) for event in rows.events},
        rooms,
        tuple(width(title) * BOLD + _AROUND for title in titles),
        edge,
        width("x" * most, mono=True),
    )
    x, wide = _place_lanes(contents)
    labels = {event.order: _label(contents, event, x) for event in rows.events}
    return Layout(rows, labels, tuple(titles), contents.titles, x, wide, edge, contents.label_limit)


def _edge(scene: Scene) -> float:
    """How far marks reach: a dot, the number of a connection, or how many made the call."""
    most = max((crowd.count for crowd in scene.cast.everybody()), default=0)
    if most:
        return pill(f"×{most:,}") / 2 + 2
    return 13.0 if scene.cast.marks else 8.0


def pill(words: str) -> float:
    """The width of a mark that says how many made a call."""
    return width(words, SMALL) + 10


@dataclasses.dataclass(frozen=True)
class _Contents:
    """What the lanes must make room for."""

    scene: Scene
    wording: Wording
    rows: Rows
    sides: Mapping[int, int]
    rooms: Sequence[Mapping[int, float]]
    """How far from each lane calls are written, on both sides."""
    titles: tuple[float, ...]
    edge: float
    label_limit: float

    @property
    def stub(self) -> float:
        """The width of bytes that end, or begin, beside a lane, with what is said of them."""
        return self.edge + STUB + _WORDS


def _call(place: HopEnd) -> Event:
    """The call beside which it stands."""
    return place.row if isinstance(place, Chunk) else place


def _room(bars: Iterable[Bar], lane: int, side: int, edge: float) -> float:
    """Beyond the marks and the bars."""
    return max([edge + 6.0, *(bar.shift * side + 9 for bar in bars if bar.lane == lane)])


def _label(contents: _Contents, event: Event, x: Sequence[float]) -> Label:
    lane, side = contents.scene.lane_of(event), contents.sides[event.order]
    return Label(
        contents.rows.calls[event.order],
        contents.rows.notes[event.order],
        side,
        x[lane] + contents.rooms[lane][side] * side,
    )


def _place_lanes(contents: _Contents) -> tuple[tuple[float, ...], float]:
    """The lines of the lanes, and the width of the whole."""
    scene = contents.scene
    last = len(scene.cast.lanes) - 1
    beside = _widest(itertools.chain(_beside_lanes(contents), _loose_ends_outside(contents)))
    gap = _widest(_between_lanes(contents))
    left, right = [beside[lane, -1] for lane in range(last + 1)], [beside[lane, 1] for lane in range(last + 1)]
    x = [MARGIN + left[0] + 14]
    for lane in range(last):
        x.append(x[-1] + max(gap[lane], right[lane] + 36, left[lane + 1] + 36, (right[lane] + left[lane + 1]) / 2))
    beyond = right[last] if last else max(right[0], contents.stub if _has_marks_inward(contents) else 0)
    return tuple(x), max(x[-1] + beyond + 14 + MARGIN, 420)


def _widest(needs: Iterable[tuple[_Where, float]]) -> dict[_Where, float]:
    """The most that is needed at each place."""
    widest: dict[_Where, float] = collections.defaultdict(float)
    for where, needed in needs:
        widest[where] = max(widest[where], needed)
    return widest


def _beside_lanes(contents: _Contents) -> Iterator[tuple[tuple[int, int], float]]:
    """What titles and labels need, on each side of each lane."""
    for lane, title in enumerate(contents.titles):
        for side in (-1, 1):
            yield (lane, side), title / 2 - 12
    for event in contents.rows.events:
        lane, side = contents.scene.lane_of(event), contents.sides[event.order]
        lines = [width(line, mono=True) for line in contents.rows.calls[event.order]]
        lines += [width(line, SMALL) for line in contents.rows.notes[event.order]]
        if contents.wording.may_have_clock(event):
            lines.append(width(CLOCK, SMALL))
        yield (lane, side), min(max(lines), contents.label_limit) + contents.rooms[lane][side] - 4


def _between_lanes(contents: _Contents) -> Iterator[tuple[int, float]]:
    """What titles, arrows and loose bytes need between each lane and the next."""
    scene = contents.scene
    yield from _least_gaps(scene.cast.lanes)
    for lane, (one, other) in enumerate(itertools.pairwise(contents.titles)):
        yield lane, (one + other) / 2 + _BETWEEN_TITLES
    for event in contents.rows.events:
        inward = -contents.sides[event.order]
        if scene.has_loose_bytes(event):
            yield _gap(scene.lane_of(event), inward), contents.stub
        if (words := contents.wording.unread_at_links(event)) and event.order not in contents.rows.aside:
            beyond = scene.lane_beyond_links(event)
            assert beyond is not None  # otherwise they would stand aside
            wide = max(width(line, SMALL) for line in words)
            yield _gap(beyond, -inward), contents.edge + STUB + 10 + max(wide, _WORDS)
    for lane, side in _loose_ends(scene):
        yield _gap(lane, side), contents.stub


def _least_gaps(lanes: Sequence[Lane]) -> Iterator[tuple[int, float]]:
    least = 210.0 if len(lanes) == 2 else 150.0
    for at, (one, other) in enumerate(itertools.pairwise(lanes)):
        yield at, 175.0 if one.link or other.link else least


def _gap(lane: int, side: int) -> int:
    """The gap on that side of a lane, by the lane to its left."""
    return lane if side > 0 else lane - 1


def _loose_ends_outside(contents: _Contents) -> Iterator[tuple[tuple[int, int], float]]:
    """Those at the left of the first lane, or at the right of the last."""
    last = len(contents.scene.cast.lanes) - 1
    for lane, side in _loose_ends(contents.scene):
        if not 0 <= _gap(lane, side) < last:
            yield (lane, side), contents.stub


def _loose_ends(scene: Scene) -> Iterator[tuple[int, int]]:
    """The lanes of links that hand over what they took before the recording, each with the side on which that is said."""
    for way, hop_flow in scene.hop_flows:
        if hop_flow.source is None and isinstance(hop_flow.target, Chunk):
            sender, receiver = scene.lanes_of(way)
            if not scene.cast.lanes[sender].away:
                yield scene.lane_of(hop_flow.target), 1 if sender > receiver else -1


def _has_marks_inward(contents: _Contents) -> bool:
    """Whether something stands at the right of a lane that is alone."""
    events = contents.rows.events
    return any(event.call.startswith("connect") or contents.scene.has_loose_bytes(event) for event in events)
