"""The way through the course: each lesson with its exercises, what holds, what was tried and how far it came, what is next.

Comes in: lessons with their exercises, as somebody counted them. Goes out: a `Picture`. Nothing here knows where that is kept; `helpers.progress()` does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from helpers.pictures.drawing import BLUE, GREEN, INK, PAPER, QUIET, SMALL, TINTS, Drawing, Picture, point, width
from helpers.words import listed, many, shortened

HOLDS, TRIED, NOT_STARTED = "holds", "tried", "not started"
"""The states of an exercise."""

COLUMNS = 3
_WIDE = 960
_MARGIN = 12
_GAP = 12
"""Between two columns, pixels."""
_COLUMN = (_WIDE - 2 * _MARGIN - (COLUMNS - 1) * _GAP) / COLUMNS
_TOP = 84
"""Where the columns begin."""
_TITLE = 36
"""Height of a lesson's title, with the room above it."""
_ROW = 25
"""Height of an exercise."""
_NAME, _STATE = 26, 168
"""Where in a column its name begins, and its state."""
_RADIUS = 8.5
"""Of a mark."""
_LONGEST = 16
"""Characters of a name that fit."""


class Exercise(NamedTuple):
    """An exercise, and how far somebody has come."""

    name: str
    state: str
    """HOLDS, TRIED or NOT_STARTED."""
    held: int | None = None
    """Scenarios in which it held at the last try; None: nobody has counted them."""
    scenarios: int = 0
    """Those that there were."""
    day: str = ""
    """Of the last try, such as 2026-11-30; "": not known."""

    @property
    def words(self) -> str:
        """Its state, and how far it has come; whoever holds in all of them need not be told how many these are."""
        if self.held is None or self.state == NOT_STARTED or self.held == self.scenarios:
            return self.state
        return f"{self.state}, {self.held} of {self.scenarios}"

    @property
    def part(self) -> float:
        """The part of the way that it has come, from 0 to 1."""
        return 1 if self.state == HOLDS else (self.held or 0) / max(self.scenarios, 1)


class Lesson(NamedTuple):
    """A lesson that has exercises."""

    title: str
    exercises: Sequence[Exercise]


def progress(lessons: Sequence[Lesson]) -> Picture:
    """All lessons in their order, in columns. What is next is the first exercise that does not hold."""
    return Picture(_draw(lessons), _alt(lessons), describe(lessons))


def next_of(lessons: Sequence[Lesson]) -> tuple[Lesson, Exercise] | None:
    """The first exercise that does not hold, and its lesson; None where all hold."""
    return next(((each, one) for each in lessons for one in each.exercises if one.state != HOLDS), None)


def headline(lessons: Sequence[Lesson]) -> str:
    """How many hold."""
    every = [one for each in lessons for one in each.exercises]
    return f"{sum(one.state == HOLDS for one in every)} of {len(every)} exercises hold"


# The drawing


def _draw(lessons: Sequence[Lesson]) -> str:
    drawing = Drawing()
    drawing.text(_MARGIN, 32, headline(lessons), size=22, bold=True)
    coming = next_of(lessons)
    if coming is None:
        drawing.text(_MARGIN, 62, "Nothing is left to do.")
    else:
        _arrow(drawing, _MARGIN + 2, 56)
        words = f"Next: {coming[1].name}, in {coming[0].title}"
        drawing.text(_MARGIN + 20, 62, words, bold=True, fit=_WIDE - 2 * _MARGIN - 20)
    high = 0.0
    for number, column in enumerate(_columns(lessons)):
        x, y = _MARGIN + (_COLUMN + _GAP) * number, float(_TOP)
        for lesson in column:
            _lesson(drawing, x, y, lesson, coming[1] if coming is not None and lesson is coming[0] else None)
            y += _height(lesson)
        high = max(high, y)
    drawing.line(_MARGIN, high + 14, _WIDE - _MARGIN, high + 14, colour="#b5b5b5", thick=1)
    _legend(drawing, high + 36)
    return drawing.svg(_WIDE, high + 54, "The way through the course")


def _columns(lessons: Sequence[Lesson]) -> list[Sequence[Lesson]]:
    """In their order, cut so that the highest column is as low as can be."""
    cuts = itertools.combinations_with_replacement(range(len(lessons) + 1), COLUMNS - 1)
    ways = [[lessons[a:b] for a, b in itertools.pairwise((0, *cut, len(lessons)))] for cut in cuts]
    return min(ways, key=lambda way: max(sum(map(_height, column)) for column in way))


def _height(lesson: Lesson) -> float:
    return _TITLE + _ROW * len(lesson.exercises)


def _lesson(drawing: Drawing, x: float, y: float, lesson: Lesson, coming: Exercise | None) -> None:
    drawing.text(x, y + 26, lesson.title, bold=True, fit=_COLUMN)
    y += _TITLE
    for one in lesson.exercises:
        middle = y + _ROW / 2
        if one is coming:
            drawing.rect(x, y + 0.5, _COLUMN, _ROW - 1, fill=TINTS[BLUE], line=BLUE, thick=2, radius=6)
        _mark(drawing, x + 13, middle, one)
        quiet = QUIET if one.state == NOT_STARTED and one is not coming else INK
        name = shortened(one.name, _LONGEST)
        drawing.text(x + _NAME, middle + 5, name, mono=True, size=SMALL, colour=quiet, fit=_STATE - _NAME - 4)
        drawing.text(x + _STATE, middle + 5, one.words, size=SMALL, colour=quiet, fit=_COLUMN - _STATE)
        y += _ROW


def _mark(drawing: Drawing, x: float, y: float, one: Exercise) -> None:
    """A full disc with a tick; a ring, as full as the part that held; a broken ring. Each is told by its shape."""
    if one.state == NOT_STARTED:
        drawing.path(_ring(x, y), line=QUIET, thick=1.5, dash="3 3")
        return
    if one.state == HOLDS:
        drawing.path(_ring(x, y), fill=GREEN, line=GREEN, thick=2)
        tick = f"M{point(x - 4, y)}L{point(x - 1, y + 3.5)}L{point(x + 4.5, y - 3.5)}"
        drawing.path(tick, line=PAPER, thick=2.5)
        return
    drawing.path(_ring(x, y), fill=PAPER, line=BLUE, thick=2)
    if one.part:
        turn = 2 * math.pi * min(one.part, 0.99)
        end = point(x + _RADIUS * math.sin(turn), y - _RADIUS * math.cos(turn))
        arc = f"A{point(_RADIUS, _RADIUS)} 0 {int(turn > math.pi)} 1 {end}"
        drawing.path(f"M{point(x, y)}L{point(x, y - _RADIUS)}{arc}Z", fill=BLUE, line=None)


def _ring(x: float, y: float) -> str:
    half = f"A{point(_RADIUS, _RADIUS)} 0 1 1 "
    return f"M{point(x, y - _RADIUS)}{half}{point(x, y + _RADIUS)}{half}{point(x, y - _RADIUS)}Z"


def _arrow(drawing: Drawing, x: float, y: float) -> None:
    drawing.path(f"M{point(x, y - 7)}L{point(x + 12, y)}L{point(x, y + 7)}Z", fill=BLUE, line=None)


def _legend(drawing: Drawing, y: float) -> None:
    """What the marks say, and the frame."""
    x: float = _MARGIN
    marks = (
        (Exercise("", HOLDS), "holds"),
        (Exercise("", TRIED, 2, 3), "tried: as full as scenarios held"),
        (Exercise("", NOT_STARTED), "not started"),
    )
    for one, words in marks:
        _mark(drawing, x + 10, y - 5, one)
        drawing.text(x + 26, y, words, size=SMALL)
        x += 26 + 0.8 * width(words, SMALL) + 36
    drawing.rect(x, y - 15, 30, 20, fill=TINTS[BLUE], line=BLUE, thick=2, radius=6)
    drawing.text(x + 38, y, "next", size=SMALL)


# The words


def describe(lessons: Sequence[Lesson]) -> str:
    """All of it in plain text."""
    lines = [headline(lessons)]
    if (coming := next_of(lessons)) is not None:
        lines.append(f"next: {coming[1].name}, in {coming[0].title}")
    for lesson in lessons:
        lines.append(lesson.title)
        lines += [f"  {one.name:18} {one.words}{_when(one)}" for one in lesson.exercises]
    return "\n".join(lines)


def _when(one: Exercise) -> str:
    return f" (last tried on {one.day})" if one.day and one.state == TRIED else ""


def _alt(lessons: Sequence[Lesson]) -> str:
    parts = [f"The way through {many(len(lessons), 'lesson')}: {headline(lessons)}"]
    every = [one for each in lessons for one in each.exercises]
    if tried := [f"{one.name}{one.words.removeprefix(TRIED)}" for one in every if one.state == TRIED]:
        parts.append(f"tried: {listed(tried)}")
    if (coming := next_of(lessons)) is not None:
        parts.append(f"next: {coming[1].name}, in {coming[0].title}")
    return "; ".join(parts) + "."
