r"""What a terminal does within a line: overwriting after `\r` and `\b`, erasing, colours.

Comes in: text as it was printed, cut anywhere. Goes out: `Run`s, what then stands on the screen and in which style. `transcript` uses it; the notebook turns styles into CSS.

Only what stays inside its line is obeyed. Whatever else a control character asks for (go up, clear the screen, set a title, ring, hide) is done nowhere, and spelled out: who
prints what a stranger sent sees it, and nothing in the same line can hide it again. The bell too: a window that neither rings nor shows it would hide it.
"""

from __future__ import annotations

import copy
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from helpers.words import visible

WIDTH = 80
"""Columns of a terminal whose width nobody knows: as far to the right as the cursor can be sent."""
TAB = 8
ROW = 4096
"""Columns that can still be overwritten. A longer line goes on in a next row, as on any terminal's screen, and `\r` goes to the beginning of that: memory stays bounded."""

Colour = int | tuple[int, int, int]
"""One of the 256 of a terminal, by its number, or red, green and blue."""


class Style(NamedTuple):
    """How characters look."""

    foreground: Colour | None = None
    background: Colour | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underlined: bool = False
    reversed: bool = False
    struck: bool = False


PLAIN = Style()


class Run(NamedTuple):
    """Characters beside each other that look the same."""

    text: str
    style: Style


class Terminal:
    """A screen of one line: what has left it can no longer change."""

    def __init__(self) -> None:
        self._row = _Row()
        self._style = PLAIN
        self._unfinished = ""  # the beginning of an escape sequence
        self._done: list[Run] = []

    def feed(self, text: str) -> list[Run]:
        """Take what was printed. Gives back what is finished by it."""
        text, self._unfinished = self._unfinished + text, ""
        for token in _TOKENS.finditer(text):
            match token.lastgroup:
                case "text":
                    self._print(token[0])
                case "letter":
                    if not self._obey(token["numbers"], token["letter"]):
                        self._spell(token[0])
                case "unfinished":
                    self._unfinished = token[0]
                case "other":
                    if not self._move(token[0]):
                        self._spell(token[0])
        done, self._done = self._done, []
        return done

    def line(self) -> list[Run]:
        """The line that the cursor is in, as it stands now."""
        if not self._unfinished:
            return self._row.runs()
        row = copy.deepcopy(self._row)  # what may become an escape sequence yet is text until then
        row.put(1, visible(self._unfinished), self._style)
        return row.runs()

    def _print(self, text: str) -> None:
        first, newline, rest = text.partition("\n")
        self._write(first)
        if not newline:
            return
        whole, end, last = rest.rpartition("\n")
        self._leave_row()
        # Lines that nothing can change any more: at once, however many.
        self._done.append(Run(newline + whole + end, self._style))
        self._write(last)

    def _write(self, text: str) -> None:
        for width, characters in _by_width(text):
            if not width:
                self._row.mark(characters, self._style)
            else:
                self._put(self._row.to_tab() if width == TAB else width, characters)
            if self._row.is_full():
                self._leave_row()

    def _put(self, width: int, characters: str) -> None:
        while len(characters) > (room := self._row.room(width)):
            self._row.put(width, characters[:room], self._style)
            self._leave_row()
            rest = len(characters) - (len(characters) - room) % (ROW // width)
            if rest > room:
                self._done.append(Run(characters[room:rest], self._style))  # whole rows
            characters = characters[rest:]
        self._row.put(width, characters, self._style)

    def _leave_row(self) -> None:
        self._done += self._row.runs()
        self._row = _Row()

    def _spell(self, control: str) -> None:
        self._print(visible(control))
        self._row.is_fixed = True

    def _move(self, control: str) -> bool:
        """Whether what it asks for is done."""
        if control not in "\r\b" or self._row.is_fixed:
            return False
        self._row.column = 0 if control == "\r" else max(self._row.column - 1, 0)
        return True

    def _obey(self, numbers: str, letter: str) -> bool:
        """The same, of an escape sequence."""
        if letter == "m":
            style = _restyled(self._style, numbers)
            self._style = style or self._style
            return style is not None
        if self._row.is_fixed:
            return False
        number = int(numbers.partition(";")[0] or 0)
        match letter:
            case "C":
                self._row.go(self._row.column + max(number, 1))
            case "D":
                self._row.go(self._row.column - max(number, 1))
            case "G":
                self._row.go(max(number, 1) - 1)
            case _:
                return self._row.erase(number)
        return True


_TOKENS = re.compile(
    r"""(?P<text>  [^\x00-\x08\x0b-\x1f\x7f-\x9f]+ )
      | \x1b\[ (?P<numbers> [0-9;]{0,64} ) (?P<letter> [CDGKm] )
      | (?P<unseen> \x1b\[\?25[hl] | \x1b\(B )  # show or hide the cursor, of which there is none; the usual letters
      | (?P<unfinished> \x1b (?: \[ (?: [0-9;]{0,64} | \?2?5? ) | \( )? \Z )
      | (?P<other> . )""",
    re.VERBOSE | re.DOTALL,
)
"""Each is tried at every place, from the first on. `text` has its tabs and newlines."""

_FILLER = ""
"""In the cells that the character before them takes as well: one that is wide, or a tab."""


class _Row:
    """Characters in cells, one for each column: as soon as one is overwritten. Until then, what was written one after the other."""

    def __init__(self) -> None:
        self.column = 0
        self.is_fixed = False  # the cursor stays where it is: something was spelled out here, which nothing may hide
        self._columns = 0
        self._cells: list[str] = []
        self._styles: list[Style] = []
        self._after: list[
            tuple[int, str, Style]
        ] = []  # what stands after the cells: how wide each character is, text, style
        self._marks = 0  # at most so many characters take no cell of their own

    def room(self, width: int) -> int:
        """For how many characters of that width there is room."""
        return max((ROW - self.column) // width, 1)

    def to_tab(self) -> int:
        """Columns to the next tab stop."""
        return TAB - self.column % TAB

    def is_full(self) -> bool:
        if self._columns + self._marks < ROW:
            return False
        self._marks = sum(len(cell) - 1 for cell in self._cells if len(cell) > 1)  # some may have been overwritten
        return self._columns + self._marks >= ROW

    def put(self, width: int, characters: str, style: Style) -> None:
        """Write from the cursor on, over what stands there. A tab changes nothing there."""
        begin, self.column = self.column, self.column + width * len(characters)
        if begin > self._columns:
            self._add(1, " " * (begin - self._columns), PLAIN)
        if begin == self._columns:
            self._add(width, characters, style)
        elif characters != "\t":
            self._replace(begin, _cells(width, characters), style)

    def mark(self, marks: str, style: Style) -> None:
        """Put `marks` onto the character before the cursor: in its style, or they would stand alone."""
        self._spread()
        place = self.column - 1
        while 0 <= place < self._columns and self._cells[place] == _FILLER:
            place -= 1
        if 0 <= place < self._columns:
            self._cells[place] += marks
        else:
            self.put(1, marks[0], style)
            self._spread()
            self._cells[self.column - 1] += marks[1:]
        self._marks += len(marks)

    def go(self, column: int) -> None:
        self.column = max(0, min(column, max(WIDTH - 1, self._columns)))

    def erase(self, part: int) -> bool:
        """From the cursor to the end (0), from the beginning to the cursor (1), all (2). Whether it is one of these."""
        if part not in (0, 1, 2):
            return False
        begin = self.column if part == 0 else 0
        end = min(self.column + 1, self._columns) if part == 1 else self._columns
        if begin < end:
            self._replace(begin, [" "] * (end - begin), PLAIN)
        if part != 1:
            self._cut(begin)
        return True

    def runs(self) -> list[Run]:
        """What stands here."""
        found, begin = [], 0
        for style, same in itertools.groupby(self._styles):
            end = begin + len(list(same))
            found.append(Run("".join(self._cells[begin:end]), style))
            begin = end
        return found + [Run(text, style) for _, text, style in self._after]

    def _add(self, width: int, characters: str, style: Style) -> None:
        self._after.append((width, characters, style))
        self._columns += width * len(characters)

    def _spread(self) -> None:
        """Have everything in cells."""
        for width, characters, style in self._after:
            self._cells += _cells(width, characters)
            self._styles += [style] * (width * len(characters))
        self._after.clear()

    def _replace(self, begin: int, cells: list[str], style: Style) -> None:
        self._spread()
        end = begin + len(cells)
        self._split(begin)
        self._split(end)
        self._cells[begin:end] = cells
        self._styles[begin:end] = [style] * len(cells)
        self._columns = len(self._cells)

    def _cut(self, end: int) -> None:
        if end < self._columns:
            del self._cells[end:], self._styles[end:]
            self._columns = end

    def _split(self, column: int) -> None:
        """What stands on both sides of this edge, one half of which is going to be overwritten, is gone."""
        if column >= len(self._cells) or self._cells[column] != _FILLER:
            return
        while self._cells[column] == _FILLER:
            column -= 1
        self._cells[column] = " "
        for filler in itertools.takewhile(lambda at: self._cells[at] == _FILLER, range(column + 1, len(self._cells))):
            self._cells[filler] = " "


def _by_width(text: str) -> Iterator[tuple[int, str]]:
    """`text` in pieces of characters that take the same number of cells; each tab by itself, as if it took `TAB`."""
    if text.isascii() and "\t" not in text:
        if text:
            yield 1, text
        return
    for width, same in itertools.groupby(text, _width):
        characters = "".join(same)
        yield from ((TAB, tab) for tab in characters) if width == TAB else ((width, characters),)


@functools.cache
def _width(character: str) -> int:
    if character == "\t":
        return TAB
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cells(width: int, characters: str) -> list[str]:
    if width == 1:
        return list(characters)
    return [each for character in characters for each in (character, *[_FILLER] * (width - 1))]


_CHANGES: dict[int, dict[str, Any]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underlined": True},
    7: {"reversed": True},
    9: {"struck": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underlined": False},
    27: {"reversed": False},
    29: {"struck": False},
    39: {"foreground": None},
    49: {"background": None},
    **dict.fromkeys(
        (5, 6, 25, 26, 28), {}
    ),  # what blinks stands still here: it would distract from all else on the page
    **{begin + n: {"foreground": n + bright} for begin, bright in ((30, 0), (90, 8)) for n in range(8)},
    **{begin + n: {"background": n + bright} for begin, bright in ((40, 0), (100, 8)) for n in range(8)},
}
"""What each number of `ESC[…m` changes."""


@functools.lru_cache(maxsize=1024)
def _restyled(style: Style, numbers: str) -> Style | None:
    """`style` after `ESC[numbers m`; None where one of them is not known."""
    rest = iter([int(number or 0) for number in numbers.split(";")])
    for number in rest:
        if number == 0:
            style = PLAIN
        elif number in (38, 48):
            colour = _colour(rest)
            if colour is None:
                return None
            style = style._replace(foreground=colour) if number == 38 else style._replace(background=colour)
        elif number in _CHANGES:
            style = style._replace(**_CHANGES[number])
        else:
            return None
    return style


def _colour(numbers: Iterator[int]) -> Colour | None:
    """The colour that follows 38 or 48: `5;n`, or `2;red;green;blue`."""
    kind = next(numbers, None)
    values = list(itertools.islice(numbers, {5: 1, 2: 3}.get(kind or 0, 0)))
    if not values or any(value > 255 for value in values):
        return None
    if kind == 5:
        return values[0]
    return (values[0], values[1], values[2]) if len(values) == 3 else None
