"""Which way the arrows take, from fields that point to a byte to where that stands: down from the box, along below its line, up or down to the right of everything, and along
below the other line into the byte, from below. No arrow runs across a box.

Comes in: fields and the `Line`s of a map, before they are stacked. Goes out: `Arrow`s, and each line knows how many run below it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from helpers.pictures.messages.fields import Field
from helpers.pictures.messages.layout import BOX, LETTER, PAD, Line, Segment, lane
from helpers.words import shortened

MOST = 12
"""Arrows that are drawn; the text has them all."""
OUTSIDE = 3
"""Places outside of the message that are drawn."""
_STEP = 9
"""Pixels between two arrows beside each other."""


@dataclasses.dataclass
class Arrow:
    """From a field to a byte."""

    source: Line
    leaves: float
    """Where it leaves the line's boxes, in pixels from the left."""
    target: Line
    enters: float
    to_itself: bool = False
    """Whether it leads back to the field that it comes from."""
    source_lane: int = 0
    target_lane: int = 0
    beside: float = 0
    """Where it runs up or down; 0: it stays below its line."""

    def points(self) -> list[tuple[float, float]]:
        """Its corners, when the lines have been stacked; the last one is its head."""
        along = lane(self.source, self.source_lane)
        start, end = (self.leaves, self.source.top + BOX), (self.enters, self.target.top + BOX)
        if self.source is self.target:
            return [start, (self.leaves, along), (self.enters, along), end]
        there = lane(self.target, self.target_lane)
        return [start, (self.leaves, along), (self.beside, along), (self.beside, there), (self.enters, there), end]


def width_of(fields: Sequence[Field]) -> float:
    """Pixels to the right of everything that arrows may need."""
    targets = {field.points_to for field in fields if field.points_to is not None}
    return 14.0 + _STEP * min(len(targets), MOST) if targets else 0


def route(fields: Sequence[Field], lines: list[Line], size: int) -> list[Arrow]:
    """An arrow for each field that points somewhere, as far as it is drawn. Lines are added for places outside of the `size` bytes."""
    outside = dict.fromkeys(
        field.points_to for field in fields if field.points_to is not None and not 0 <= field.points_to < size
    )
    beyond = {place: _beyond(place) for place in list(outside)[:OUTSIDE]}
    arrows: list[Arrow] = []
    for field in fields:
        if field.points_to is None or len(arrows) == MOST:
            continue
        source = next(_boxes(lines, field), None)
        target = beyond.get(field.points_to) or _line_of(lines, field.points_to)
        if source is not None and target is not None:
            arrows.append(_arrow(field, field.points_to, *source, target))
    used = [line for line in beyond.values() if any(arrow.target is line for arrow in arrows)]
    lines += used
    _give_room(arrows, lines)
    return arrows


def _beyond(place: int) -> Line:
    line = Line(heading="outside", start=place, stop=place)
    line.add_missing(shortened(f"byte {place:,} is not there", 60))
    return line


def _boxes(lines: Sequence[Line], field: Field) -> Iterator[tuple[Line, Segment]]:
    return ((line, segment) for line in lines for segment in line.segments if segment.field is field)


def _line_of(lines: Sequence[Line], place: int) -> Line | None:
    return next((line for line in lines if line.start <= place < line.stop), None)


def _arrow(field: Field, place: int, line: Line, segment: Segment, target: Line) -> Arrow:
    before, behind = target.x_of(place), target.x_of(place + 1)
    enters = min(
        (before + behind) / 2, before + PAD + 2 * LETTER
    )  # in a box that its words make wide, where the bytes are
    leaves = segment.right - min(LETTER, segment.wide / 4)
    if target.gap or not target.segments:
        enters += LETTER
    return Arrow(line, leaves, target, enters, field.start <= place < field.stop)


def _give_room(arrows: Sequence[Arrow], lines: Sequence[Line]) -> None:
    """Each its place below the lines, and beside them. Those that lead to one byte run together; the shorter the way, the nearer to the boxes."""
    together: dict[tuple[int, float], list[Arrow]] = {}
    for arrow in arrows:
        arrow.source_lane = _next_lane(arrow.source)
        if arrow.source is not arrow.target:
            together.setdefault((id(arrow.target), arrow.enters), []).append(arrow)
    order = {id(line): number for number, line in enumerate(lines)}

    def longest(arrows: Sequence[Arrow]) -> int:
        return max(abs(order[id(arrow.source)] - order[id(arrow.target)]) for arrow in arrows)

    right = max((line.right for line in lines), default=0)
    for number, alike in enumerate(sorted(together.values(), key=longest)):
        lane = _next_lane(alike[0].target)
        for arrow in alike:
            arrow.target_lane, arrow.beside = lane, right + 14 + _STEP * number


def _next_lane(line: Line) -> int:
    line.lanes += 1
    return line.lanes - 1
