"""The pages of the reference are what the code writes, and hold to the lessons: a term that is gone, a cell that is gone, a link that leads nowhere is found."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.course import commands, reference
from helpers.course.environment import Trouble
from helpers.course.lessons import CELL, GLOSSARY, INDEX, NOTEBOOKS, REFERENCE, anchor, files_of
from helpers.course.reference import glossary
from helpers.course.reference.glossary import Entry, line
from helpers.course.reference.lessons import Lessons, read_lessons, spelt, stored
from helpers.course.reference.terms import TERMS, Term
from helpers.exercises import exercises
from tests.lessons.test_words import MET

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
EMPHASIS = re.compile(r"(?<![\w*])(\*{1,2})(?![\s*])([^*\n]+?)(?<!\s)\1(?![\w*])")
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


# The files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFERENCE)
def test_a_page_is_what_is_written(name: str) -> None:
    assert (NOTEBOOKS / name).read_text(encoding="utf-8") == reference.PAGES[name](stored()), (
        "python3 -m helpers reference"
    )


def test_all_pages_lie_beside_a_learners_lessons() -> None:
    assert tuple(reference.PAGES) == REFERENCE
    assert {NOTEBOOKS / name for name in REFERENCE} <= set(files_of(NOTEBOOKS))


def test_the_command_writes_what_has_changed(tmp_path: Path) -> None:
    assert {path.name for path in reference.write(tmp_path)} == set(REFERENCE)
    assert reference.write(tmp_path) == []
    (tmp_path / GLOSSARY).write_text("old")
    assert reference.write(tmp_path) == [tmp_path / GLOSSARY]


def test_the_command_of_the_front_door_takes_no_names() -> None:
    with pytest.raises(Trouble, match="wants no 04"):
        commands.COMMANDS["reference"](["04"])


@pytest.mark.parametrize("name", REFERENCE)
def test_every_link_leads_to_a_cell_or_a_heading(name: str) -> None:
    text = (NOTEBOOKS / name).read_text(encoding="utf-8")
    links = LINK.findall(CODE.sub("", text))
    assert [link for link in links if not leads_somewhere(link, name)] == []
    assert len(links) > 40


def leads_somewhere(link: str, page: str) -> bool:
    file, _, place = link.partition("#")
    path = NOTEBOOKS / (file or page)
    if path.suffix == ".ipynb":
        return path.is_file() and stored().has(int(file[:2]), place.removeprefix(CELL)) and place.startswith(CELL)
    headings = {anchor(match[1]) for match in HEADING.finditer(path.read_text(encoding="utf-8"))}
    return not place or place in headings


@pytest.mark.parametrize(
    "link", ["03-the-life-of-a-socket.ipynb#cell-id=gone", "03-the-life.ipynb#cell-id=first-said", "GLOSSARY.md#backlogs", "#X"]
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert not leads_somewhere(link, INDEX)


# Terms ---------------------------------------------------------------------------------------------------------------


def wrong_with(term: Term, lessons: Lessons) -> str:
    """What keeps a term from being introduced where it says; "" if nothing does."""
    if not lessons.has(term.lesson, term.cell):
        return "no such cell"
    cell = lessons.cell(term.lesson, term.cell)
    return "" if spelt(term.spellings).search(cell.source + cell.shown) else "the cell does not have it"


def test_each_terms_cell_has_it() -> None:
    assert [(term.name, wrong) for term in TERMS if (wrong := wrong_with(term, stored()))] == []
    assert [term.name for term in TERMS if term.name in MET and MET[term.name][0] != term.lesson] == []


def test_a_term_that_its_lesson_has_no_more_is_found(tmp_path: Path) -> None:
    cells = [
        new_markdown_cell("# 3 · Queues\nA queue.", id="title"),
        new_markdown_cell("The **backlogs**.", id="first"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "03-queues.ipynb")
    lessons = read_lessons(tmp_path)
    term = Term("backlog", 3, "first", "A queue.")
    assert wrong_with(term, lessons) == ""
    assert wrong_with(term._replace(name="queue"), lessons) == "the cell does not have it"
    assert wrong_with(term._replace(cell="gone"), lessons) == "no such cell"
    assert glossary.page(lessons, [term]).endswith("Lesson 3, [3 · Queues](03-queues.ipynb#cell-id=first).\n")
    with pytest.raises(LookupError, match="Lesson 3 has no cell 'gone'"):
        glossary.page(lessons, [term._replace(cell="gone")])


def test_terms_are_there_once_and_name_each_other() -> None:
    names = [term.name for term in TERMS]
    assert 80 <= len(names) == len({name.casefold() for name in names}) <= 150
    for term in TERMS:
        assert set(term.see) <= set(names) - {term.name}, term.name
        assert term.meaning.endswith(".") and len(term.meaning) <= 200, term.name


NO_TERMS = {
    *("check", "Shift+Enter", "Networking with Python", "Restart Kernel", "Terminal", "PowerShell", "File", "New"),  # of the course and of JupyterLab
    *("one", "every", "nothing", "each", "whole", "its", "others", "silent", "next", "different", "it", "some", "above", "something", "is"),
    *("maximum", "at most", "new socket", "one direction", "taken", "registered", "not a number"),  # said with weight
    *("Connection from", "No program holds", "Client 1", "Cannot do that", "not there yet"),  # what a program prints
    *("Tell", "kind", "text", "Chat", "private", "Files", "Chorus", "count", "spared", "fallen"),  # words of a specification
}  # fmt: skip
"""What lessons emphasise that is no term of the field."""
WORDS = 3
"""A term has no more."""


def emphasised(lessons: Lessons) -> set[str]:
    """What is marked in the lessons' text and short enough for a term; sentences and menus are none."""
    texts = (CODE.sub("", cell.source) for cell in lessons.cells if cell.is_text)
    marked = {match[2] for text in texts for match in EMPHASIS.finditer(text)}
    return {each for each in marked if len(each.split()) <= WORDS and each[-1] not in ".:?"}


def test_what_a_lesson_marks_as_a_term_is_in_the_glossary() -> None:
    known = spelt([spelling for term in TERMS for spelling in term.spellings])
    marked = emphasised(stored())
    assert {each for each in marked if not known.fullmatch(each)} == NO_TERMS


# The index and the mistakes ------------------------------------------------------------------------------------------


def test_the_index_names_the_lessons_in_which_a_thing_matters(tmp_path: Path) -> None:
    for number, mentions in (3, 1), (4, 1), (5, 2), (2, 5):
        texts = [new_markdown_cell(f"The backlog, {n}.", id=f"b{n}") for n in range(mentions)]
        nbformat.write(new_notebook(cells=[new_markdown_cell("# 1 · The backlog", id="title"), *texts]), tmp_path / f"{number:02}-x.ipynb")  # fmt: skip
    entry = Entry("backlog", ("backlog",), ((3, "b0"),))
    assert line(read_lessons(tmp_path), entry) == "backlog: **[3](03-x.ipynb#cell-id=b0)**, [5](05-x.ipynb#cell-id=b0)"
    alone = entry._replace(own_lesson_only=True, about="[sheet](S.md)")
    assert line(read_lessons(tmp_path), alone) == "backlog: **[3](03-x.ipynb#cell-id=b0)** ([sheet](S.md))"


def test_the_index_has_every_term_call_and_error() -> None:
    text = (NOTEBOOKS / INDEX).read_text(encoding="utf-8")
    for term in TERMS:
        assert f"- [{term.name}]({GLOSSARY}#{anchor(term.name)}): **[{term.lesson}](" in text
    for name in "accept", "recvfrom", "wrap_socket", "BrokenPipeError", "SSLEOFError":
        assert f"- `{name}`: " in text
    letters = re.findall(r"^## (.)$", text, re.MULTILINE)
    assert letters == sorted(set(letters))


def test_the_list_names_the_cells_that_show_a_mistake_and_the_exercises_that_catch_it() -> None:
    parts = (NOTEBOOKS / REFERENCE[0]).read_text(encoding="utf-8").split("\n## Number ")[1:]
    assert len(parts) == len(MISCONCEPTIONS)
    names = {each.key: each.name for each in exercises()}
    for part, (number, each) in zip(parts, MISCONCEPTIONS.items(), strict=True):
        assert part.startswith(f"{number}\n")
        assert each.mistake in part and each.truth in part
        assert stored().address(*each.cells[0]) in part
        assert f"[`{names[each.exercises[0]]}`](" in part if each.exercises else each.not_in_code in part
