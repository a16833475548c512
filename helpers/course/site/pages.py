"""The course's pages as Sphinx reads them: a folder of notebooks and Markdown, written from the stored lessons.

What a cell puts out is HTML already, by the handouts' own templates. What Markdown cannot say stands in comments, which `book` reads: which cell begins
here, and where the answer to a question begins and ends.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from nbformat.v4 import new_markdown_cell, new_output

from helpers.course.copies import unspoiled
from helpers.course.environment import ROOT
from helpers.course.handouts import SCHEME, SHOWN, exporters
from helpers.course.lessons import CELL as OF_A_CELL
from helpers.course.lessons import HEADING, NOTEBOOKS, find_lessons, read
from helpers.course.slides import NEW_SLIDE, is_shown, slide_type

README = ROOT / "README.md"
FRONT = "index.md"
INSTRUCTORS = "INSTRUCTORS.md"
FOR_THE_KEEPER = ("## Test it", "## The other commands")
"""README's sections for whoever keeps the repository: the site is for those who read the course."""
READ_IT = """\
## Read it

Each lesson stands here as it was when it was last run; [begin with the first](notebooks/00-start-here.ipynb). Where it asks, guess before you go on: the answer is folded below the question, and opens with a click, or with Enter.
To change a line and see what comes of it, [take the course](README.md): it runs on your own computer.

"""
"""The front page's section for whoever has only the site."""
DOWNLOADS = "download"
"""The folder of the site with the lessons as a learner has them, without outputs."""

CELL, ANSWER, END = "cell", "answer", "end of the answer"
"""What the comments say that `book` looks for."""

LINK = re.compile(r"(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^()\s]+)\)")
CODE = r"```.*?```|``.*?``|`[^`\n]*`"
CODE_OR_LINK = re.compile(f"{CODE}|{LINK.pattern}", re.DOTALL)
PAGE = re.compile(rf'(?<=<a )href="([\w.-]+)\.(?:ipynb|md)(?=["#])(?:(#)(?:{OF_A_CELL})?)?')
"""The beginning of a link in HTML, as in a stored report, to another page of the course."""
PLACEHOLDER = "OWNER/REPOSITORY"
BINDER = re.compile(r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/")
STUCK = re.compile(r"Stuck\?")
ASIDE = re.compile(r"\([^()]*\)|Decide, then run\.")
"""What may stand behind a question."""

Cell = Any
"""A cell, as nbformat reads it."""


class Source(NamedTuple):
    """Where the pages are to be written to, and what their links may lead to."""

    folder: Path
    repository: str | None
    """OWNER/NAME on GitHub, where known."""

    @property
    def pages(self) -> Path:
        return self.folder / "pages"

    @property
    def downloads(self) -> Path:
        return self.folder / "extra" / DOWNLOADS


def repository_in_readme() -> str | None:
    """The repository that README's link to Binder names, once its owner has written it there."""
    found = BINDER.search(README.read_text(encoding="utf-8"))
    return found[1] if found and found[1] != PLACEHOLDER else None


def write_pages(source: Source) -> int:
    """Write all pages into `source`; how many of them are lessons."""
    source.pages.mkdir(parents=True)
    source.downloads.mkdir(parents=True)
    lessons = find_lessons([])
    for path in lessons:
        text = json.dumps(prepared(source, read(path)))
        (source.pages / path.name).write_text(text, encoding="utf-8")
        (source.downloads / path.name).write_bytes(unspoiled(path.read_bytes()))
    sheets = sorted(NOTEBOOKS.glob("*.md"))
    for path in sheets:
        write_markdown(source, path.name, path.read_text(encoding="utf-8"), path.parent)
    write_markdown(source, FRONT, front(lessons, sheets), ROOT)
    return len(lessons)


# The front page ------------------------------------------------------------------------------------------------------


def front(lessons: Sequence[Path], sheets: Sequence[Path]) -> str:
    """README's text for whoever reads the course, and the order of all pages."""
    sections = re.split(r"^(?=## )", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    head, *others = (section for section in sections if not section.startswith(FOR_THE_KEEPER))
    look_up = [path.name for path in sheets if path.name != INSTRUCTORS]
    return "\n\n".join(
        [
            "".join([head, READ_IT, *others]),
            contents("Lessons", [path.name for path in lessons]),
            contents("To look up", look_up),
            contents("For instructors", [INSTRUCTORS]),
        ]
    )


def contents(caption: str, names: Sequence[str]) -> str:
    """Sphinx's words for: these pages, in this order, stand in the navigation under this caption."""
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```"])


# Markdown ------------------------------------------------------------------------------------------------------------


def write_markdown(source: Source, name: str, text: str, meant_from: Path) -> None:
    """Write a page of Markdown whose links are meant from the folder `meant_from`."""
    paragraphs = [each for each in text.split("\n\n") if PLACEHOLDER not in each]
    (source.pages / name).write_text(led(source, "\n\n".join(paragraphs), meant_from), encoding="utf-8")


def led(source: Source, text: str, meant_from: Path) -> str:
    """Markdown whose links, which are meant from the folder `meant_from`, lead to what the site has."""
    return CODE_OR_LINK.sub(partial(leading, source, meant_from), text)


def leading(source: Source, meant_from: Path, match: re.Match[str]) -> str:
    """A link or a picture of Markdown as it is to stand on the site: it leads to a page, a file that comes along, the repository, the web, or is text."""
    picture, words, address = match[1], match[2], match[3]
    if address is None:
        return match[0]  # code
    words = led(source, words, meant_from) if words else ""
    if SCHEME.match(address):
        return words if picture else f"[{words}]({address})"  # a picture from the web would be a request
    path, _, place = address.partition("#")
    if not path:
        return match[0]
    file = (meant_from / unquote(path)).resolve()
    if file.parent == NOTEBOOKS and file.suffix in (".ipynb", ".md"):
        return f"[{words}]({file.name}{'#' * bool(place)}{place.removeprefix(OF_A_CELL)})"
    if file.is_file() and (picture or file.parent == NOTEBOOKS):
        shutil.copy(file, source.pages)
        return f"{picture}[{words}]({file.name})"
    if source.repository and file.is_relative_to(ROOT):
        return f"[{words}](https://github.com/{source.repository}/blob/HEAD/{file.relative_to(ROOT).as_posix()})"
    return words


# Lessons -------------------------------------------------------------------------------------------------------------


def prepared(source: Source, lesson: Any) -> Any:
    """`lesson` with its outputs as HTML, its links led, a mark where each cell begins, and marks around each answer."""
    cells = [cell for cell in lesson.cells if cell.cell_type != "raw"]
    begins, ends = answers(cells)
    marked: list[Cell] = []
    for number, cell in enumerate(cells):
        before = [comment(CELL, cell.id)] if cell.cell_type == "markdown" else []
        if begins.get(number) == "whole":
            before.insert(0, comment(ANSWER, "whole"))
        after = [comment(END)] * ends[number]
        if begins.get(number) == "output":
            after.insert(0, comment(ANSWER, "output"))
        marked += [*map(new_markdown_cell, before), shown(source, cell), *map(new_markdown_cell, after)]
    for number, cell in enumerate(marked):
        cell["id"] = str(number)  # a mark's own is another one each time
    lesson.cells = marked
    return lesson


def comment(what: str, said: str = "") -> str:
    return f"<!-- {what}: {said} -->"


def shown(source: Source, cell: Cell) -> Cell:
    """The cell as Sphinx is to have it."""
    if cell.cell_type == "code":
        cell.metadata["anchor"] = cell.id
        cell.metadata["tags"] = []
        cell.outputs = [as_html(output) for output in cell.outputs]
        return cell
    cell.source = led(source, cell.source, NOTEBOOKS)
    if slide_type(cell) == "notes":
        cell.source = f'<div class="notes">\n\n{cell.source}\n\n</div>'
    return cell


def as_html(output: Any) -> Any:
    """An output that is HTML, as handouts show it."""
    markup = exporters()[0].environment.get_template("outputs.html.j2").module
    if output.output_type == "stream":
        text = markup.printed(output.text, "output" if output.name == "stdout" else "errors")
    elif output.output_type == "error":
        text = markup.printed("\n".join(output.traceback), "traceback")
    else:
        text = of_data(output, markup)
    return new_output("display_data", data={"text/html": text})


def of_data(output: Any, markup: Any) -> str:
    """The HTML of what an output holds: of the kinds of data that it is stored in, the one that shows most."""
    kind = next((kind for kind in SHOWN if kind in output.data), "text/plain")
    data = output.data.get(kind, "")
    if kind == "text/html":
        return PAGE.sub(r'href="\1.html\2', data)
    if kind == "image/svg+xml":
        return str(markup.picture(output, kind, base64.b64encode(data.encode()).decode()))
    if kind.startswith("image/"):
        return str(markup.picture(output, kind, data))
    return str(markup.printed(data, "output"))


# Questions and their answers -----------------------------------------------------------------------------------------


def answers(cells: Sequence[Cell]) -> tuple[dict[int, str], Counter[int]]:
    """Where answers begin, with the whole of a cell or with its output, and with which cells they end, so many at once.

    A text asks; what the cells below put out, what is revealed in fragments, and the text that says why, answers. An explanation may ask in its turn: the answer to
    that is in the first one, or behind it. A text with a heading belongs to no answer: headings are what a page is found by.
    """
    begins: dict[int, str] = {}
    ends: Counter[int] = Counter()
    for number, cell in enumerate(cells):
        if not asks(cell):
            continue
        places = answering(cells, number)
        begun = next((place for place in places if place not in begins and begins_an_answer(cells[place])), None)
        if begun is not None:
            begins[begun] = begins_an_answer(cells[begun])
            ends[places[-1]] += 1
    return begins, ends


def asks(cell: Cell) -> bool:
    """Whether a text asks for a guess: its last paragraph has a question, below its heading, or its name says so. What explains asks at its end, if at all."""
    if cell.cell_type != "markdown" or not is_shown(cell):
        return False
    text = HEADING.sub("", re.sub(CODE, "", cell.source, flags=re.DOTALL))
    last = STUCK.sub("", text).strip().rpartition("\n\n")[2]
    asked = ASIDE.sub("", last).rstrip().endswith("?") if says_why(cell) else "?" in last
    return asked or cell.id.endswith("-guess")


def answering(cells: Sequence[Cell], question: int) -> list[int]:
    """The cells that answer: those below the question on its slide, and on the slides after it, until a text has explained what came out; as far as a question that is seen with this one.

    Code that puts nothing out, and has nothing of the answer behind it, tidies up or goes on: it is no part of it.
    """
    found: list[int] = []
    came = explained = revealed = elsewhere = False
    for number in range(question + 1, len(cells)):
        cell = cells[number]
        is_text = cell.cell_type == "markdown"
        new_slide = slide_type(cell) in NEW_SLIDE
        is_revealed = slide_type(cell) == "fragment"
        if not is_shown(cell) or (is_text and HEADING.search(cell.source)):
            break
        if new_slide and is_text:  # of a slide that begins with a text, the rest goes on to something else
            explains = came and says_why(cell) and (not explained or stem(cell) == stem(cells[question]))
            found += [number] * explains
            break
        if (new_slide and explained) or (asks(cell) and not revealed and not is_revealed):
            break
        elsewhere = elsewhere or (new_slide and came)
        if elsewhere and is_text and not is_revealed and not says_why(cell):
            break
        found.append(number)
        came = came or bool(begins_an_answer(cell))
        explained = explained or (came and is_text)
        revealed = revealed or is_revealed
    while found and cells[found[-1]].cell_type == "code" and not begins_an_answer(cells[found[-1]]):
        found.pop()
    return found


def says_why(cell: Cell) -> bool:
    """Whether a text explains what came out: its name says so."""
    return bool(cell.id.endswith(("-said", "-why")))


def stem(cell: Cell) -> str:
    """What the name of a question has in common with that of its answer."""
    return str(cell.id.rpartition("-")[0])


def begins_an_answer(cell: Cell) -> str:
    """With what of this cell an answer begins: "whole", its "output", or nothing."""
    if slide_type(cell) == "fragment":
        return "whole"
    return "output" if cell.cell_type == "code" and cell.outputs else ""
