"""The lessons as the reference reads them: what a reader sees of each cell, the heading that it stands under, and how to link to it.

Comes in: notebooks. Goes out: `Lessons`. Who may import it: the pages of the reference.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helpers.course.lessons import CELL, HEADING, NOTEBOOKS, find_lessons, read, text_of
from helpers.course.slides import slide_type

TITLE = "title"
"""The first cell of every lesson."""


class Cell(NamedTuple):
    """A cell that a reader sees."""

    lesson: int
    id: str
    heading: str
    """Under which it stands, as plain text."""
    is_text: bool
    source: str
    shown: str
    """What it puts out, in plain text: printed, returned, raised."""


class Lessons:
    """All of them."""

    def __init__(self, cells: Sequence[Cell], files: dict[int, str]) -> None:
        self.cells = cells
        self._files = files
        """The names of their notebooks, by their numbers."""
        self._at = {(cell.lesson, cell.id): cell for cell in cells}

    def has(self, lesson: int, cell: str) -> bool:
        return (lesson, cell) in self._at

    def cell(self, lesson: int, cell: str) -> Cell:
        """LookupError where the lesson has no such cell, or shows it to nobody."""
        if (lesson, cell) not in self._at:
            raise LookupError(f"Lesson {lesson} has no cell {cell!r} that a reader sees.")
        return self._at[lesson, cell]

    def address(self, lesson: int, cell: str) -> str:
        """Of a cell, for a link on a page beside the notebooks."""
        return f"{self._files[lesson]}#{CELL}{self.cell(lesson, cell).id}"

    def link(self, lesson: int, cell: str, words: str = "") -> str:
        """A link to a cell, in Markdown. It is called as the heading that the cell stands under."""
        return f"[{words or self.cell(lesson, cell).heading}]({self.address(lesson, cell)})"

    def mentions(self, spellings: Sequence[str]) -> Iterator[Cell]:
        """The cells of text that use one of these, with or without a plural's s; but for titles, which promise."""
        pattern = spelt(spellings)
        texts = (cell for cell in self.cells if cell.is_text and cell.id != TITLE)
        return (cell for cell in texts if pattern.search(cell.source))


def spelt(spellings: Sequence[str]) -> re.Pattern[str]:
    """What finds one of these as a word of its own. A sentence may begin with it."""
    words = {form for each in spellings for form in (each, each[:1].upper() + each[1:])}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})s?(?!\w)")


def read_lessons(folder: Path = NOTEBOOKS) -> Lessons:
    """The lessons in `folder`, in their order."""
    paths = {int(path.name[:2]): path for path in find_lessons([], folder)}
    cells = [cell for number, path in paths.items() for cell in _cells(number, read(path))]
    return Lessons(cells, {number: path.name for number, path in paths.items()})


@functools.cache
def stored() -> Lessons:
    """The course's own, read once."""
    return read_lessons()


def _cells(lesson: int, notebook: Any) -> Iterator[Cell]:
    heading = ""
    for cell in notebook.cells:
        if slide_type(cell) == "notes":
            continue
        is_text = cell.cell_type == "markdown"
        if is_text and (match := HEADING.search(cell.source)):
            heading = match[1]
        shown = "" if is_text else "\n".join(map(text_of, cell.get("outputs", ())))
        yield Cell(lesson, cell.id, heading, is_text, cell.source, shown)
