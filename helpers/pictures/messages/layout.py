"""Where everything in a map stands: lines of boxes, a box for each field, and in it a place for each byte.

Comes in: rows of fields, and the bytes. Goes out: `Line`s, from above to below. Nothing is drawn here; pixels from the picture's top left.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from helpers.pictures.drawing import MONO_WIDTH, SMALL, TEXT, width
from helpers.pictures.messages.fields import Field
from helpers.pictures.messages.readings import Reading
from helpers.pictures.messages.rows import Gap, Row
from helpers.pictures.messages.spelling import is_written_as_text, spelled
from helpers.words import many, shortened, times

WIDE = 960
MARGIN = 16
LEFT = 194
"""Where the boxes begin; left of it stand headings and places."""
LETTER = TEXT * MONO_WIDTH
BOX = 28
"""Height of a box."""
PAD = 5
"""Pixels between its border and the bytes."""
READ = 24
"""Height of a bar that says what a parser has read, with its words."""
LINES = 3
"""Lines that a field may take; a longer one is cut in its middle."""
_HEAD, _TAIL = 1.5, 0.6
"""Lines of its beginning and its end that are left then."""
_LABEL = 18
"""Height of the names above boxes."""
_APART = 14
"""Pixels from the end of such a name to the beginning of the next: as wide as it is thought to be, and a short one with an m in it is wider."""
_WORDS = 60
"""Characters of words of others, names and meanings, in a picture."""


class Bytes(NamedTuple):
    """Bytes that are written in a box one behind the other."""

    written: list[str]
    borders: list[tuple[int, float]]
    """The place of each byte, and where it begins; at the end the place behind the last one, and where that ends."""


class Fold(NamedTuple):
    """Bytes that are left out."""

    words: str
    start: int
    stop: int
    x: float
    wide: float


@dataclasses.dataclass
class Segment:
    """The part of a field that stands in one line: a box."""

    field: Field
    x: float
    as_text: bool
    number: int = 0
    """Which of its row's fields it is, delimiters not counted."""
    label: str = ""
    """What stands above it."""
    wide: float = 0
    parts: list[Bytes | Fold] = dataclasses.field(default_factory=list)
    opens: bool = True
    """Whether the field begins here."""
    closes: bool = True

    @property
    def right(self) -> float:
        return self.x + self.wide

    def borders(self) -> list[tuple[int, float]]:
        """Places and where they are, from left to right; the first and the last at the edges of the box."""
        found: list[tuple[int, float]] = []
        for part in self.parts:
            if isinstance(part, Fold):
                found += [(part.start, part.x), (part.stop, part.x + part.wide)]
            else:
                found += part.borders
        return [(found[0][0], self.x), *found[1:-1], (found[-1][0], self.right)]


def x_of(borders: Sequence[tuple[int, float]], place: int) -> float:
    """Where the border before the byte at `place` is; of one that is left out, the middle of the gap."""
    at = min(bisect.bisect_left(borders, (place, -1.0)), len(borders) - 1)
    if borders[at][0] <= place or not at:
        return borders[at][1]
    return (borders[at - 1][1] + borders[at][1]) / 2


class Missing(NamedTuple):
    """What has not come, as an empty box."""

    words: str
    x: float
    wide: float

    @property
    def right(self) -> float:
        return self.x + self.wide


class Read(NamedTuple):
    """A bar below bytes that a parser takes for a name, or for a part of one that begins above."""

    left: float
    right: float
    words: str
    wrong: bool


@dataclasses.dataclass
class Line:
    """Boxes beside each other."""

    heading: str = ""
    again: bool = False
    """Whether the row before it is one of the same kind."""
    place: int | None = None
    """Of its first byte, where that is written in front."""
    segments: list[Segment] = dataclasses.field(default_factory=list)
    missing: list[Missing] = dataclasses.field(default_factory=list)
    aside: tuple[float, str] | None = None
    """A meaning to the right of the boxes."""
    gap: str = ""
    """Words instead of boxes: rows are left out."""
    start: int = 0
    stop: int = 0
    labelled: list[tuple[float, str]] = dataclasses.field(default_factory=list)
    """Which piece the bytes came with: words, and where they begin."""
    readings: list[Read] = dataclasses.field(default_factory=list)
    lanes: int = 0
    """Arrows that run below its boxes."""
    top: float = 0
    """Of its boxes."""

    @property
    def has_labels(self) -> bool:
        return any(segment.label for segment in self.segments)

    @property
    def right(self) -> float:
        """Where its last box ends, or its last words."""
        rights = [
            LEFT + width(self.gap, SMALL),
            *(each.right for each in self.segments),
            *(each.right for each in self.missing),
        ]
        if self.aside is not None:
            rights.append(self.aside[0] + width(self.aside[1], SMALL))
        rights += [max(each.right, each.left + width(each.words, SMALL)) for each in self.readings]
        return max([*rights, *(left + width(words, SMALL) for left, words in self.labelled)])

    def add_missing(self, words: str, x: float = LEFT, most: float = WIDE) -> None:
        """An empty box at `x`, as wide as its words, or `most` pixels."""
        self.missing.append(Missing(words, x, min(width(words, SMALL) + 2 * PAD + 4, most)))

    def places(self) -> set[int]:
        """Those whose borders are seen, also those of what is left out."""
        return {place for segment in self.segments for place, _ in segment.borders()}

    def x_of(self, place: int) -> float:
        """As the function of that name, of all its boxes."""
        borders = [border for segment in self.segments for border in segment.borders()]
        if not borders:
            return LEFT
        return x_of(borders, place)


def lines_of(rows: Iterable[Row | Gap], data: bytes, right: float, cuts: Sequence[int] = ()) -> list[Line]:
    """All lines; `right` is where the boxes have to end. `cuts`: the places between two pieces; of those in what is left out the number is said."""
    lines: list[Line] = []
    before: Row | None = None
    for row in rows:
        if isinstance(row, Gap):
            lines.append(Line(gap=_left_out(row.in_words(), row.start, row.stop, cuts), start=row.start, stop=row.stop))
            continue
        alike = before is not None and before.kind == row.kind and _names(before) == _names(row)
        found = _Flow(row, data, right, cuts, labels=not alike).lines()
        found[0].again = before is not None and before.kind == row.kind
        lines += found
        before = row
    return lines


def _left_out(words: str, start: int, stop: int, cuts: Sequence[int]) -> str:
    """What stands for bytes that are left out."""
    number = bisect.bisect_left(cuts, stop) - bisect.bisect_right(cuts, start)
    return f"… {words}{f', cut {times(number)}' if number else ''} …"


def _names(row: Row) -> list[str]:
    return [field.name for field in row.fields if not field.delimiter]


class _Flow:
    """The fields of a row, one behind the other, in as many lines as they need."""

    def __init__(self, row: Row, data: bytes, right: float, cuts: Sequence[int], labels: bool) -> None:
        self._row = row
        self._data = data
        self._right = right
        self._cuts = cuts
        self._labels = labels
        self._x = float(LEFT)
        self._lines: list[Line] = []

    def lines(self) -> list[Line]:
        spoken = [field for field in self._row.fields if field.meaning]
        last = spoken[0] if len(spoken) == 1 and self._is_last(spoken[0]) else None
        found = self._flow(beside=last)
        if last is not None and found[-1].aside is None:
            found = self._flow(beside=None)
        found[0].heading, found[0].place = self._row.heading, self._row.start
        return found

    def _is_last(self, field: Field) -> bool:
        """Whether nothing but delimiters stands behind it."""
        return all(other.delimiter for other in self._row.fields if other.start >= field.stop)

    def _flow(self, beside: Field | None) -> list[Line]:
        """`beside`: the field whose meaning is to stand to the right of the row, if there is room."""
        self._x, self._lines = float(LEFT), [Line(start=self._row.start, stop=self._row.start)]
        number = 0
        for field in self._row.fields:
            self._add(field, number, "" if field is beside else shortened(field.meaning, _WORDS))
            number += not field.delimiter
        line = self._lines[-1]
        if beside is not None and len(self._lines) == 1:
            words = shortened(beside.meaning, _WORDS)
            if self._x + 14 + width(words, SMALL) <= self._right:
                line.aside = self._x + 14, words
        return self._lines

    def _add(self, field: Field, number: int, meaning: str) -> None:
        as_text = is_written_as_text(field, self._data)
        label, room = self._label(field, meaning), self._right - LEFT
        least = width(label, SMALL) + _APART if label else 0
        atoms = list(_atoms(field, self._data, as_text, room - 2 * PAD, self._cuts))
        needed, left = max(sum(atom.wide for atom in atoms) + 2 * PAD, least), self._right - self._x
        if self._x > LEFT and needed > left and (needed <= room or left < max(room / 3, least)):
            self._new_line()
        if field.size or label or not field.missing:
            self._fill(Segment(field, self._x, as_text, number, label), atoms, least)
        if field.missing:
            self._add_missing(field.missing)

    def _label(self, field: Field, meaning: str) -> str:
        """What stands above the box of a field; it has room on a line of its own."""
        label = "" if field.delimiter or not (self._labels or meaning) else shortened(field.name, _WORDS // 2)
        label += f": {meaning}" if label and meaning else meaning
        arrow = f" → {shortened(f'{field.points_to:,}', _WORDS // 4)}" if field.points_to is not None else ""
        return shortened(label, int((self._right - LEFT - _APART) / width("x", SMALL)) - len(arrow)) + arrow

    def _fill(self, segment: Segment, atoms: Sequence[_Atom], least: float) -> None:
        """`least`: how wide the first box is at least."""
        x = self._x + PAD
        for atom in atoms:
            if x + atom.wide + PAD > self._right and segment.parts:
                segment.closes = False
                self._close(segment, max(x + PAD, segment.x + least))
                self._new_line()
                segment = Segment(segment.field, self._x, segment.as_text, segment.number, opens=False)
                x, least = self._x + PAD, 0
            _write(segment, atom, x)
            x += atom.wide
        if not atoms:
            segment.parts.append(Bytes([], [(segment.field.start, x)]))
        self._close(segment, max(x + PAD, segment.x + least))

    def _close(self, segment: Segment, right: float) -> None:
        segment.wide = right - segment.x
        line = self._lines[-1]
        line.segments.append(segment)
        line.stop = max(place for place, _ in segment.borders())
        self._x = right

    def _add_missing(self, missing: str) -> None:
        words, room = shortened(missing, _WORDS), self._right - LEFT
        if self._x + width(words, SMALL) + 2 * PAD + 4 > self._right:
            self._new_line()
        self._lines[-1].add_missing(words, self._x, room)
        self._x = self._lines[-1].missing[-1].right

    def _new_line(self) -> None:
        stop = self._lines[-1].stop
        self._lines.append(Line(start=stop, stop=stop))
        self._x = LEFT


# The bytes of a field


class _Atom(NamedTuple):
    """What is not broken over two lines: a byte, or the words for what is left out."""

    words: str
    start: int
    stop: int
    wide: float
    fold: bool = False


def _atoms(field: Field, data: bytes, as_text: bool, line: float, cuts: Sequence[int]) -> Iterator[_Atom]:
    """Those of all its bytes; of too many for `LINES` lines of that many pixels those at both ends."""
    most = int(LINES * line / LETTER)
    part = data[field.start : field.stop]
    if len(part) <= most:
        atoms = _bytes(part, field.start, as_text)
        if sum(atom.wide for atom in atoms) <= LINES * line:
            yield from atoms
            return
    head = list(_within(_bytes(part[:most], field.start, as_text), _HEAD * line))
    tail = list(_within(reversed(_bytes(part[-most:], field.stop - len(part[-most:]), as_text)), _TAIL * line))
    start, stop = head[-1].stop, tail[-1].start
    words = _left_out(many(stop - start, "byte"), start, stop, cuts)
    yield from head
    yield _Atom(words, start, stop, width(words, SMALL) + 8, fold=True)
    yield from reversed(tail)


def _bytes(part: bytes, start: int, as_text: bool) -> list[_Atom]:
    return [
        _Atom(words, at, at + 1, LETTER * (len(words) if as_text else 3))
        for at, words in enumerate(spelled(part, as_text), start)
    ]


def _within(atoms: Iterable[_Atom], room: float) -> Iterator[_Atom]:
    """As many as have room."""
    for atom in atoms:
        room -= atom.wide
        if room < 0:
            return
        yield atom


def _write(segment: Segment, atom: _Atom, x: float) -> None:
    if atom.fold:
        segment.parts.append(Fold(atom.words, atom.start, atom.stop, x, atom.wide))
        return
    if not segment.parts or isinstance(segment.parts[-1], Fold):
        segment.parts.append(Bytes([], [(atom.start, x)]))
    part = segment.parts[-1]
    assert isinstance(part, Bytes)
    part.written.append(atom.words)
    part.borders.append((atom.stop, x + atom.wide))


# From above to below


def stack(lines: Sequence[Line], top: float, in_pieces: bool) -> float:
    """Give each line its place, the first at `top`; where they end. `in_pieces`: below the boxes a rail says which piece they came with."""
    y = top
    for line in lines:
        y += 10 if line.heading or line.gap else 5
        y += _LABEL if line.has_labels else 0
        line.top = y
        y += BOX if not line.gap else 22
        y += below(line, in_pieces)
    return y


def below(line: Line, in_pieces: bool) -> float:
    """Pixels that a line needs below its boxes."""
    high = lanes_height(line)
    if in_pieces and not line.gap:
        high += 9 + (15 if line.labelled else 0)
    return high + READ * len(line.readings)


def lanes_height(line: Line) -> float:
    """Pixels for the arrows below its boxes."""
    return 11 + 7.0 * line.lanes if line.lanes else 0


def lane(line: Line, number: int) -> float:
    """Where an arrow runs below a line: the first one where there is room for its head."""
    return line.top + (22 if line.gap else BOX) + 11 + 7 * number


def label_pieces(lines: Sequence[Line], ends: Sequence[int], name: str) -> None:
    """Say of each piece that is seen, once, which it is: in the first line where there is room for its name, or else its number."""
    seen: set[int] = set().union(*(line.places() for line in lines))
    for piece in sorted({bisect.bisect_right(ends, place) for place in seen}):
        if piece == len(ends):
            continue
        start = ends[piece - 1] if piece else 0
        for words in (f"{name} {piece + 1}", f"{piece + 1}"):
            if _label_piece(lines, start, ends[piece], words):
                break


def _label_piece(lines: Sequence[Line], start: int, stop: int, words: str) -> bool:
    for line in lines:
        if line.gap or not line.segments or line.stop <= start or line.start >= stop:
            continue
        left, right = line.x_of(max(start, line.start)), line.x_of(min(stop, line.stop))
        if right - left >= width(words, SMALL):
            line.labelled.append((left, words))
            return True
    return False


def add_readings(lines: Sequence[Line], readings: Sequence[Reading], most: float) -> None:
    """Bars for what a parser says, in all lines that it takes for the name; its words in the first one, left of `most`."""
    for reading in readings:
        words = reading.in_words
        for line in lines:
            if line.gap or not line.segments or line.stop <= reading.start or line.start >= reading.stop:
                continue
            left, right = line.x_of(max(reading.start, line.start)), line.x_of(min(reading.stop, line.stop))
            room = int((most - left) / width("x", SMALL))
            line.readings.append(Read(left, right, shortened(words, room), bool(reading.instead_of)))
            words = ""
