"""Handouts: a lesson as one page to read and print, and as slides, each in one file that needs no network and no Python. And the pages of the reference, the cheat sheet on one sheet of paper.

They are made from the notebook as it is stored: nothing is run. What the notebook says of its slides (slide, subslide,
fragment, skip, notes) decides the cut. The slides are reveal.js's, which stands in `reveal/`, unchanged.
"""

from __future__ import annotations

import argparse
import base64
import functools
import html
import mimetypes
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter, SlidesExporter
from nbconvert.filters import ansi2html

from helpers import __version__
from helpers.course.environment import Trouble
from helpers.course.lessons import CELL, CHEAT_SHEET, HEADING, NOTEBOOKS, REFERENCE, anchor, find_lessons, read
from helpers.course.slides import cut, is_shown
from helpers.notebook.policy import allowing
from helpers.words import listed, visible

FOLDER = Path("handouts")
"""Where handouts are written, in the folder in which the command is given."""

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
REVEAL = HERE / "reveal"

COLOURED = (
    2000  # escapes in one output, and no more: a traceback has hundreds, and to colour takes time by their square
)

# Widgets and scripts need a kernel or a network; pictures come as HTML, with their alt texts.
SHOWN = ["text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/latex", "text/plain"]

LINK = re.compile(r'<(a href|img src)="([^"]*)"')
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)  # https: and data: are no files
NOTEBOOK = re.compile(rf"([\w.-]+)\.ipynb(?:#(?:{CELL})?(.*))?")
PAGES = "|".join(re.escape(name.removesuffix(".md")) for name in REFERENCE)
PAGE = re.compile(rf"({PAGES})\.md(#.*)?")
TO_PAGE = re.compile(rf'(?<=<a href=")({PAGES})\.md(?=["#])')
"""In what the helpers put out: a report leads to the mistake that was made."""
KINDS = {**dict.fromkeys(REFERENCE, "reference"), CHEAT_SHEET: "reference sheet"}
"""How the style sheet knows a page of the reference, and the one that is printed on one sheet of paper."""
TITLE = re.compile(r"<(h[1-6])>(.*?)</\1>")
"""A heading in HTML; those of the reference are led to."""
FOLD = re.compile(r"\s*<details>\s*<summary>.*?</summary>(.*)</details>\s*", re.DOTALL)

Lesson = Any
"""A notebook, as nbformat reads it."""


def write_handouts(arguments: Sequence[str]) -> int:
    """Write the handouts of the lessons that the command line names, all where it names none."""
    wanted = parse(arguments)
    for path in find_lessons(wanted.lessons):
        page, slides = write_handout(path, wanted.to)
        print(f"{page} written, and as slides {slides.name}", flush=True)
    names = [page.name for page in write_reference(wanted.to)]
    print(f"Beside {'it' if len(wanted.lessons) == 1 else 'them'}, for looking up: {listed(names)}")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers handout",
        description="Write lessons as files that need no network: a page to read and print, and slides.",
    )
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="its number, as in 03, or its file; all if none")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help=f"where to, {FOLDER} if not said")
    return parser.parse_args(arguments)


def write_handout(path: Path, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Write the lesson at `path` into `folder`, which is made: its page and its slides, the files that come back."""
    lesson = read_shown(path)
    page, slides = (write_file(exporter, lesson, path, folder) for exporter in exporters())
    return page, slides


def write_reference(folder: Path = FOLDER, pages: Path = NOTEBOOKS) -> list[Path]:
    """Write the pages of the reference, as they stand in `pages`, into `folder`, which is made: the files come back."""
    return [write_file(exporters()[0], as_notebook(pages / name), pages / name, folder) for name in REFERENCE]


def as_notebook(path: Path) -> Lesson:
    """The page of Markdown at `path` as a notebook of one cell."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise Trouble(f"{path.name} is missing or damaged: `python3 -m helpers reference` writes it anew.") from error
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])


def write_file(exporter: _Offline, lesson: Lesson, path: Path, folder: Path) -> Path:
    """Write what `exporter` makes of the lesson, which stands at `path`, into `folder`; the file comes back."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Trouble(f"{folder} cannot be a folder, a file has that name: name another, as in --to FOLDER.") from error
    file = folder / (path.stem + exporter.suffix)
    file.write_text(exporter.export(lesson, path), encoding="utf-8", newline="\n")
    return file


def read_shown(path: Path) -> Lesson:
    """The lesson at `path`, which shows something."""
    lesson = read(path)
    if not any(map(is_shown, lesson.cells)):
        raise Trouble(f"{path} has no cell to show.")
    return lesson


class _Offline(HTMLExporter):
    """What the two exporters have in common."""

    def __init__(self, suffix: str, **settings: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # nbconvert says no types here
            extra_template_basedirs=[str(TEMPLATES)],
            exclude_anchor_links=True,
            optimistic_validation=True,  # once before and once after all of nbconvert's steps, and not after each
            **settings,
        )
        self.display_data_priority = SHOWN
        self.suffix = suffix
        self.folder = NOTEBOOKS

    def export(self, lesson: Lesson, path: Path) -> str:
        """The file's text: `lesson`, whose pictures and links are meant from where `path` stands."""
        self.folder = path.resolve().parent
        title = next(headings(lesson.cells, "# "), path.stem)
        resources = {
            "metadata": {"name": path.stem, "path": str(self.folder)},
            "handout": {
                "title": title,
                "kind": KINDS.get(path.name, ""),
                "version": f"Networking with Python {__version__}",
                **self.parts(),
            },
        }
        text, _ = self.from_notebook_node(lesson, resources)
        if path.name in REFERENCE:
            text = TITLE.sub(_with_anchor, text)
        return TO_PAGE.sub(r"\1.html", text)

    def parts(self) -> dict[str, Any]:
        """What the template is to put in besides the cells."""
        return {"policy": allowing()}

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        yield from super().default_filters()  # type: ignore[no-untyped-call]  # nbconvert says no types here
        yield "terminal", terminal

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """As nbconvert does, with links that lead to what a reader of handouts has."""
        # Its own embedding of pictures would close a <details> as soon as it is opened.
        return LINK.sub(self._lead, super().markdown2html(context, source))

    def _lead(self, match: re.Match[str]) -> str:
        """The beginning of a link, to another lesson's handout, or of a link or a picture, with the file in it that it means."""
        start, address = match[1], html.unescape(match[2])
        if lesson := NOTEBOOK.fullmatch(address):
            place = f"#{lesson[2]}" if lesson[2] else ""
            return f'<{start}="{html.escape(lesson[1] + self.suffix + place)}"'
        if page := PAGE.fullmatch(address):  # there are no slides of it
            return f'<{start}="{html.escape(page[1] + ".html" + (page[2] or ""))}"'
        if SCHEME.match(address):
            return match[0]
        file = self._file(unquote(address))
        if file is None:
            return match[0]
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        download = f' download="{html.escape(file.name)}"' if start == "a href" else ""
        return f'<{start}="data:{kind};base64,{encoded(file.read_bytes())}"{download}'

    def _file(self, address: str) -> Path | None:
        """The file beside the lesson, or below, that has this address; None where there is none, or can be none."""
        try:
            file = (self.folder / address).resolve()
            return file if file.is_relative_to(self.folder) and file.is_file() else None
        except (OSError, ValueError):  # too long for a name, or with characters that none has
            return None


def _with_anchor(heading: re.Match[str]) -> str:
    """A heading that a link finds."""
    words = html.unescape(re.sub(r"<[^>]*>", "", heading[2]))
    return f'<{heading[1]} id="{html.escape(anchor(words))}">{heading[2]}</{heading[1]}>'


class Page(_Offline):
    """A lesson as one page."""

    def __init__(self, suffix: str) -> None:
        super().__init__(suffix, template_name="handout")


class Slides(_Offline, SlidesExporter):
    """A lesson as slides."""

    def __init__(self, suffix: str) -> None:
        super().__init__(suffix, template_name="handout-slides")

    def export(self, lesson: Lesson, path: Path) -> str:
        return super().export(prepared(lesson), path)

    def parts(self) -> dict[str, Any]:
        carried = {
            name: (REVEAL / name).read_text(encoding="utf-8")
            for name in ("reveal.js", "notes.js", "reveal.css", "LICENSE")
        }
        own = (TEMPLATES / "handout-slides" / "slides.js").read_text(encoding="utf-8")
        scripts = [within_html(carried["reveal.js"]), within_html(carried["notes.js"]), own]
        return {
            # The speaker's window shows the slides, this file, in frames.
            "policy": f"{allowing(*scripts, speaker_script(carried['notes.js']))}; frame-src 'self' file:",
            "reveal_css": carried["reveal.css"],
            "licence": carried["LICENSE"],
            "scripts": scripts,
        }


@functools.cache
def exporters() -> tuple[Page, Slides]:
    """One of each for all lessons: to make one, which compiles its templates, takes a third of a lesson's time."""
    return Page(".html"), Slides(".slides.html")


def prepared(lesson: Lesson) -> Lesson:
    """`lesson` with a name for each of its slides, and what the speaker is to know laid open before the slide's first fragment.

    A name is the last heading that stands on the slide or before it.
    """
    lesson = nbformat.from_dict(lesson)
    name, cells = "", []
    for slide in cut(lesson.cells):
        name = next(headings(slide), name)
        notes = [cell for cell in slide if not is_shown(cell)]
        first, *others = (cell for cell in slide if is_shown(cell))
        first.metadata["slide_name"] = name
        for cell in notes:
            cell.source = FOLD.sub(r"\1", cell.source)
        cells += [first, *notes, *others]  # inside a fragment, reveal would keep the notes back until that is shown
    lesson.cells = cells
    return lesson


def headings(cells: Sequence[Any], start: str = "#") -> Iterator[str]:
    """The headings in `cells` that begin with `start`, as plain text."""
    for cell in cells:
        if cell.cell_type == "markdown" and is_shown(cell):
            for match in HEADING.finditer(cell.source):
                if match[0].startswith(start):
                    yield re.sub(r"[*`]", "", match[1])


def terminal(text: str) -> str:
    """What a program printed, as HTML: coloured as in a terminal, every other character that would make the page lie spelled out."""
    coloured = ansi2html(text) if text.count("\x1b") <= COLOURED else html.escape(text)
    return visible(str(coloured))


def within_html(script: str) -> str:
    """`script` with nothing in it that would end or nest the element it stands in. It does the same."""
    return re.sub(r"<(?=/?script)", r"\\x3c", script, flags=re.IGNORECASE)


def speaker_script(notes: str) -> str:
    """The script of the speaker's window, which reveal's notes plugin holds as a text and writes into that window."""
    inner = re.search(r"<script>(.*?)<\\/script>", notes, re.DOTALL)
    assert inner, "the notes plugin is another one than that which this was written for"
    return inner[1].replace(r"\\", "\\")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
