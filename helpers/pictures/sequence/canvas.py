"""What is shared while a conversation is drawn: the drawing itself, which points are occupied, and which marks the legend must explain.

Comes in: a scene, its wording and its layout. Goes out: a `Canvas`, which `sheet`, `ribbons` and `signals` draw on, from the back to the front.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterable

from helpers.pictures.drawing import BLUE, GREEN, PURPLE, SMALL, VERMILLION, width
from helpers.pictures.sequence.layout import Layout
from helpers.pictures.sequence.marks import Marks
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.wording import Wording

Point = tuple[float, float]
Sample = Callable[[Marks, float, float], None]
"""Draws a mark for the legend, 28 pixels wide, from a point at its left on."""


class Occupied:
    """Points between the lanes where something is drawn: the words for a FIN or an RST avoid them."""

    def __init__(self) -> None:
        self._points: dict[int, list[Point]] = collections.defaultdict(list)
        """By how far down they are, in steps of `_STEP` pixels."""

    def _add(self, x: float, y: float) -> None:
        self._points[int(y // _STEP)].append((x, y))

    def add_line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """At most 6 pixels apart in x."""
        steps = max(int(abs(x2 - x1) // 6), 1)
        for at in range(steps + 1):
            self._add(x1 + (x2 - x1) * at / steps, y1 + (y2 - y1) * at / steps)

    def add_ribbon(self, start: tuple[float, float, float], end: tuple[float, float, float], middle: float) -> None:
        """As `Marks.ribbon` draws it: both edges, and midway between them."""
        (x1, y1, thick1), (x2, y2, thick2) = start, end
        above = _curve((x1, y1 - thick1 / 2), (x2, y2 - thick2 / 2), middle)
        below = _curve((x1, y1 + thick1 / 2), (x2, y2 + thick2 / 2), middle)
        for (x, top), (_, bottom) in zip(above, below, strict=True):
            for y in (top, (top + bottom) / 2, bottom):
                self._add(x, y)

    def is_free(self, x: float, y: float, half: float) -> bool:
        """Whether words on the baseline `y`, `half` as wide to both sides of `x`, stand on nothing there."""
        top, bottom = y - 16, y + 8
        near = (self._points.get(step, ()) for step in range(int(top // _STEP), int(bottom // _STEP) + 1))
        points = itertools.chain.from_iterable(near)
        return not any(abs(x - px) < half + 3 and top < py < bottom for px, py in points)


_STEP = 24


class Legend:
    """The marks that were drawn, each once, in the order in which they came up first."""

    def __init__(self) -> None:
        self._samples: dict[str, Sample] = {}

    def explain(self, words: str, sample: Sample) -> None:
        """Say in the legend what a mark means."""
        self._samples.setdefault(words, sample)

    def entries(self) -> Iterable[tuple[str, Sample]]:
        return self._samples.items()


@dataclasses.dataclass(frozen=True)
class Canvas:
    """What is drawn on, and what is drawn."""

    scene: Scene
    wording: Wording
    layout: Layout
    marks: Marks = dataclasses.field(default_factory=Marks)
    occupied: Occupied = dataclasses.field(default_factory=Occupied)
    solid: Occupied = dataclasses.field(default_factory=Occupied)
    """Where words stand already, and bytes that end in a gap: the last places for other words."""
    legend: Legend = dataclasses.field(default_factory=Legend)
    letters: list[tuple[float, float, str]] = dataclasses.field(default_factory=list)
    """Those of senders, each with its place: they stand upon all bands."""
    directions: dict[int, None] = dataclasses.field(default_factory=dict)
    """Those in which bytes go: -1 left, 1 right. Each has its colour."""

    def occupy_words(self, x: float, y: float, wide: float) -> None:
        """Words stand from `x` on; `y`: a little above their baseline."""
        self.occupied.add_line(x, y, x + wide, y)
        self.solid.add_line(x, y, x + wide, y)

    def explain_bytes(self, direction: int) -> None:
        """Say in the legend what the bands are, in the colours that are drawn."""
        self.directions.setdefault(direction)
        self.legend.explain("bytes on their way", lambda marks, x, y: marks.sample(x, y, self._colours()))

    def explain_chunks(self, direction: int, of_stream: bool) -> None:
        """The same of what links hand over: pieces of a stream, or datagrams."""
        self.directions.setdefault(direction)
        words = f"a {'piece' if of_stream else 'datagram'} that the link hands over"
        self.legend.explain(words, lambda marks, x, y: marks.chunks(x, y, [colour for _, colour in self._colours()]))

    def _colours(self) -> list[tuple[int, str]]:
        return [(direction, colour_of(direction)) for direction in self.directions]

    def say_held(self, seconds: float, x: float, y: float, direction: int) -> None:
        """How long a link held something, beside its lane at `x`, where that came in; `direction`: where it goes, -1 left, 1 right."""
        half = width("held 0.00 s", SMALL) / 2
        middle = x - (self.layout.edge + 8 + half) * direction
        # Occupied even if nothing is said: the clock decides nothing about the rest.
        self.occupied.add_line(middle - half, y - 5, middle + half, y - 5)
        if words := self.wording.held(seconds):
            with self.marks.group("clock"):
                self.marks.word(middle, y, words)

    def say_done(self, words: str, x: float, y: float, direction: int) -> None:
        """What else a link did to it, where it goes out."""
        half = width(words, SMALL) / 2
        middle = x + (self.layout.edge + 8 + half) * direction
        self.occupied.add_line(middle - half, y - 5, middle + half, y - 5)
        self.marks.word(middle, y, words)


def colour_of(direction: int, sender: str = "") -> str:
    """Of bytes that go to the left (-1) or to the right (1); `sender`: the letter of one of several threads, each of which has its own."""
    own = BLUE if direction > 0 else GREEN
    return (own, VERMILLION, PURPLE)[(ord(sender) - ord("A")) % 3] if sender else own


def thickness(size: int) -> float:
    """Pixels for so many bytes: a thousand times as many are not a thousand times as thick."""
    return min(5 + 2.2 * size.bit_length(), 27) if size else 2


def _curve(start: Point, end: Point, middle: float) -> list[Point]:
    """Points of a ribbon's edge."""
    steps = 24
    return [
        (
            start[0] * (1 - t) ** 3 + 3 * middle * t * (1 - t) + end[0] * t**3,
            start[1] * (1 - t) ** 2 * (1 + 2 * t) + end[1] * t**2 * (3 - 2 * t),
        )
        for t in (at / steps for at in range(steps + 1))
    ]
