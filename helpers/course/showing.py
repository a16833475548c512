"""Cells of lessons to be shown again: their code, and what stands below them, as the notebooks have it stored. Nothing is run.

In: misconceptions, and the folder in which the page will lie that shows them. Out: a `Shown` for each. For the pages that speak of a class's mistakes.
"""

from __future__ import annotations

import html.parser
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.class_page.marks import Shown
from helpers.course.lessons import NOTEBOOKS, find_lessons, read, text_of
from helpers.pictures.drawing import CLASS

LEAST = re.compile(r"min-width: (\d+)px")


def cells_to_show(numbers: Iterable[int], beside: Path, notebooks: Path = NOTEBOOKS) -> dict[int, Shown]:
    """For each of these misconceptions the first of its cells. `beside`: a folder, from which links lead to the notebooks."""
    wanted = {number: MISCONCEPTIONS[number].cells[0] for number in numbers if number in MISCONCEPTIONS}
    lessons = {lesson for lesson, _ in wanted.values()}
    paths = {int(path.name[:2]): path for path in find_lessons([], notebooks) if int(path.name[:2]) in lessons}
    opened = {lesson: read(path) for lesson, path in paths.items()}
    return {
        number: _shown(opened[lesson], lesson, cell, _link(paths[lesson], beside))
        for number, (lesson, cell) in wanted.items()
        if lesson in opened and any(each.id == cell for each in opened[lesson].cells)
    }


def _link(path: Path, beside: Path) -> str:
    """Relative, so that the folders can be moved together; on Windows they may be on two drives."""
    try:
        return quote(Path(os.path.relpath(path, beside)).as_posix())
    except ValueError:
        return path.as_uri()


def _shown(notebook: Any, lesson: int, cell: str, link: str) -> Shown:
    this = next(each for each in notebook.cells if each.id == cell)
    outputs = this.get("outputs", [])
    # Where there is a picture, the text tells it in words.
    printed = [text_of(each).rstrip() for each in outputs if "text/html" not in each.get("data", {})]
    picture, alt, told, width = next(_pictures(outputs), ("", "", "", 0))
    title = notebook.cells[0].source.partition("\n")[0].lstrip("# ").partition("·")[2].strip()
    return Shown(lesson, title, cell, link, this.source, "\n".join(printed).rstrip(), picture, alt, width, told)


def _pictures(outputs: Iterable[Any]) -> Iterator[tuple[str, str, str, int]]:
    """Address, words for it, the same at length, and the least width in pixels."""
    for each in outputs:
        reader = _Images()
        reader.feed(each.get("data", {}).get("text/html", ""))
        for source, alt, width in reader.found:
            yield source, alt, each.data.get("text/plain", ""), width


class _Images(html.parser.HTMLParser):
    """Pictures of the course in HTML: address, words, and the least width in pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img" and values.get("class") == CLASS and values.get("src", "").startswith("data:image/"):
            least = LEAST.search(values.get("style", ""))
            self.found.append((values["src"], values.get("alt", ""), int(least[1]) if least else 0))
