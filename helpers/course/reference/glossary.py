"""The glossary: each term with a sentence, the cell that introduces it, and the terms that belong to it. And the index: everything that one may look for, with the lessons in which it matters.

Comes in: the lessons. Goes out: two pages in Markdown. Who may import it: this folder.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from helpers.course.lessons import CHEAT_SHEET, GLOSSARY, INDEX, SEEN, anchor
from helpers.course.reference import calls, seen
from helpers.course.reference.lessons import Cell, Lessons
from helpers.course.reference.terms import TERMS, Term

MATTERS = 2
"""Cells of text in which a lesson has to speak of a thing for the index to name it there."""
MOST = 8
"""Lessons that the index names one by one. What matters in more of them matters nearly everywhere."""


def page(lessons: Lessons, terms: Sequence[Term] = TERMS) -> str:
    """The glossary."""
    lines = [
        "# Glossary",
        "",
        f"The course's terms, the field's own words. Each is linked to the cell that introduces it; where else it matters says the [index]({INDEX}).",
    ]
    for letter, group in itertools.groupby(_sorted(terms), lambda term: term.name[0].upper()):
        lines += ["", f"## {letter}"]
        for term in group:
            lines += ["", f"### {term.name}", "", *_entry(lessons, term)]
    return "\n".join(lines) + "\n"


def _entry(lessons: Lessons, term: Term) -> list[str]:
    also = ", ".join(f"[{name}](#{anchor(name)})" for name in term.see)
    place = f"Lesson {term.lesson}, {lessons.link(term.lesson, term.cell)}."
    return [term.meaning, "", f"{place} See also {also}." if also else place]


class Entry(NamedTuple):
    """A line of the index."""

    name: str
    """What one looks for, in Markdown."""
    spellings: tuple[str, ...]
    places: tuple[tuple[int, str], ...]
    """Cells in which it is introduced, or explained, the first of them first."""
    about: str = ""
    """A link to what is said of it on another page."""
    own_lesson_only: bool = False


def index(lessons: Lessons) -> str:
    """The index."""
    lines = [
        "# Index",
        "",
        "Terms, calls and errors, with the lessons in which they matter. **Bold** is where it is introduced.",
    ]
    for letter, group in itertools.groupby(_in_order(entries()), lambda each: _key(each.name)[:1].upper()):
        lines += ["", f"## {letter}", "", *(f"- {line(lessons, each)}" for each in group)]
    return "\n".join(lines) + "\n"


def entries() -> list[Entry]:
    """Whatever one may look for."""
    terms = [
        Entry(f"[{term.name}]({GLOSSARY}#{anchor(term.name)})", term.spellings, ((term.lesson, term.cell),), own_lesson_only=term.everyday)
        for term in TERMS
    ]  # fmt: skip
    names = {
        name: [call for call in itertools.chain(*calls.CALLS.values()) if call.name == name] for name in _call_names()
    }
    called = [
        Entry(f"`{name}`", (name,), _places(found), f"[cheat sheet]({CHEAT_SHEET})")
        for name, found in names.items()
        if name not in {term.name for term in TERMS}
    ]
    errors = {error.name: [each for each in seen.ERRORS if each.name == error.name] for error in seen.ERRORS}
    raised = [
        Entry(f"`{name}`", (name,), _places(found), f"[what you see]({SEEN}#Errors)") for name, found in errors.items()
    ]
    return [*terms, *called, *raised]


def line(lessons: Lessons, entry: Entry) -> str:
    """A line of the index: what it is, and where."""
    introduced = dict(reversed(entry.places))  # of several in one lesson, the first
    first = min(introduced)
    others = [] if entry.own_lesson_only else _others(lessons, entry, first)
    places = [(lesson, introduced.get(lesson) or cell.id) for lesson, cell in others]
    places += [(lesson, cell) for lesson, cell in introduced.items() if lesson not in dict(others)]
    linked = [_number(lessons, lesson, cell, lesson == first) for lesson, cell in sorted(places)]
    many = len(linked) > MOST
    where = ", ".join(linked[:1] if many else linked) + (", and nearly every lesson after it" if many else "")
    return f"{entry.name}: {where}" + (f" ({entry.about})" if entry.about else "")


def _others(lessons: Lessons, entry: Entry, first: int) -> list[tuple[int, Cell]]:
    """The lessons from the `first` on that speak of it often enough, with the first cell in which they do."""
    cells = (cell for cell in lessons.mentions(entry.spellings) if cell.lesson >= first)
    by_lesson = ((lesson, list(group)) for lesson, group in itertools.groupby(cells, lambda cell: cell.lesson))
    return [(lesson, group[0]) for lesson, group in by_lesson if len(group) >= MATTERS]


def _number(lessons: Lessons, lesson: int, cell: str, is_first: bool) -> str:
    linked = lessons.link(lesson, cell, str(lesson))
    return f"**{linked}**" if is_first else linked


def _call_names() -> dict[str, None]:
    return dict.fromkeys(call.name for call in itertools.chain(*calls.CALLS.values()))


def _places(rows: Iterable[calls.Call | seen.Seen]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted((row.lesson, row.cell) for row in rows))


def _sorted(terms: Iterable[Term]) -> list[Term]:
    return sorted(terms, key=lambda term: _key(term.name))


def _in_order(found: Iterable[Entry]) -> list[Entry]:
    return sorted(found, key=lambda each: _key(each.name))


def _key(name: str) -> str:
    """By which it is sorted: its letters."""
    return name.strip("[`").partition("]")[0].casefold()
