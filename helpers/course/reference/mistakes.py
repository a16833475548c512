"""The list of common mistakes, as it stands beside the lessons: what is believed, what is so, the cells that show it, the exercises that catch it.

Comes in: the lessons, for the links. Goes out: the page in Markdown. Who may import it: this folder.
"""

from __future__ import annotations

from helpers.checking.misconceptions import MISCONCEPTIONS, Misconception
from helpers.course.reference.lessons import Lessons
from helpers.exercises import exercises
from helpers.words import listed, many

MOST = 6
"""Exercises that are named; of more the others are counted."""


def page(lessons: Lessons) -> str:
    """The list."""
    lines = [
        "# Common mistakes",
        "",
        "What is written here in bold is **wrong**, and many believe it, or do it, when they begin with sockets. What is so stands below. `helpers.check` says a mistake's number where an answer falls for it; some numbers are not in use.",
    ]
    for number, each in MISCONCEPTIONS.items():
        lines += ["", f"## Number {number}", "", f"The mistake is **{each.mistake}**.", "", each.truth, ""]
        lines += [f"Seen in {_seen(lessons, each)}. {_caught(lessons, each)}"]
    return "\n".join(lines) + "\n"


def _seen(lessons: Lessons, each: Misconception) -> str:
    """The lessons, each with the cells that show it; the first is the one to look at first."""
    places: dict[int, dict[str, str]] = {}
    for lesson, cell in each.cells:  # two below one heading are one place
        places.setdefault(lesson, {}).setdefault(lessons.cell(lesson, cell).heading, lessons.link(lesson, cell))
    return listed([f"lesson {lesson} ({', '.join(linked.values())})" for lesson, linked in places.items()])


def _caught(lessons: Lessons, each: Misconception) -> str:
    """The exercises that catch it, or why none does."""
    if not each.exercises:
        return f"No exercise catches it: {each.not_in_code}."
    named = [_exercise(lessons, key) for key in each.exercises[:MOST]]
    left = len(each.exercises) - len(named)
    return f"Caught by {listed([*named, many(left, 'other')] if left else named)}."


def _exercise(lessons: Lessons, key: str) -> str:
    """The exercise's name, linked to its check."""
    (exercise,) = (each for each in exercises() if each.key == key)
    (check,) = (
        cell for cell in lessons.cells if cell.lesson == exercise.lesson and cell.source.startswith(f"helpers.check({exercise.name}")
    )  # fmt: skip
    return lessons.link(exercise.lesson, check.id, f"`{exercise.name}`")
