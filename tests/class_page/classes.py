"""A class to be told of: small, with everything in it that a page has to cope with."""

from __future__ import annotations

import dataclasses
from typing import Any

from helpers.class_page.marks import Asked, ClassPage, Mark, Shown, Stuck
from helpers.grading.verdict import FELL, HOLDS, MISSING, NOT_STARTED, UNREADABLE

HOSTILE = '<script>eve</script>" onload="alert(1)'
"""A learner's name."""
SAID = "It returned <img src=x onerror=alert(2)> where `b'hello'` was to come: \x1b[31m{{ page }}."
"""Why a function of hers fell."""
LINES = Asked("read_lines", 8, ("two lines", "a line in two pieces", "an empty line"))
GREET = Asked("greet", 1, ("a friendly server", "one that is slow"))
DRAWN = "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 width=%22800%22 height=%22200%22%3E%3Crect width=%22800%22 height=%22200%22 fill=%22%23fff%22/%3E%3C/svg%3E"
SLICE = Shown(8, "A stream, not messages", "slice", "../notebooks/08-a-stream-not-messages.ipynb", "s.sendall(b'<hello>')", "3", DRAWN, "Five bytes, in three pieces.", 629, "1. two bytes\n2. three bytes")  # fmt: skip


def holds(name: str, exercise: Asked = LINES, **more: Any) -> Mark:
    return Mark(
        name, exercise.key, HOLDS, len(exercise.scenarios), len(exercise.scenarios), page=f"{name}.html", **more
    )


def fell(name: str, at: int, number: int | None = None, exercise: Asked = LINES, **more: Any) -> Mark:
    """In the scenario of that place, from 0."""
    return Mark(name, exercise.key, FELL, at, len(exercise.scenarios), number, exercise.scenarios[at], page=f"{name}.html", **more)  # fmt: skip


CLASS = ClassPage(
    "The class: lesson 08",
    [LINES, GREET],
    [
        holds("ada"),
        holds("ada", GREET),
        holds("ben", flags=("is the course's own answer",)),
        fell("ben", 1, 21, GREET),
        fell("cem", 1, 1, flags=("is alike but for names and comments: dan", "uses helpers"), likeness="abc"),
        Mark("cem", GREET.key, NOT_STARTED),
        fell("dan", 1, 1, flags=("is alike but for names and comments: cem",), likeness="abc"),
        fell("dan", 1, 21, GREET),
        fell("emil", 0, 1),
        Mark("emil", GREET.key, MISSING, sentence="No cell defines greet; there is great."),
        fell(HOSTILE, 2, sentence=SAID),
        Mark(HOSTILE, GREET.key, UNREADABLE, sentence=SAID),
        Mark("faye", LINES.key, MISSING, sentence="No notebook of lesson 08 was handed in.", handed_in=False),
        Mark("faye", GREET.key, MISSING, sentence="No notebook of lesson 01 was handed in.", handed_in=False),
    ],
    [Stuck("cem", LINES.key, LINES.scenarios[1], 7, 12)],
    {1: SLICE},
    "The seed was 3.",
)


def changed(*marks: Mark, **how: Any) -> ClassPage:
    """The same class with these marks alone."""
    return dataclasses.replace(CLASS, marks=marks, **how)
