"""What the page is made of, as plain values: nothing here is read from a file, or asks anybody.

Comes in: what came of each learner's exercise. Goes out: a `ClassPage`. Who may import it: the rest of the room, and the course.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from helpers.checking.exercise import Exercise
from helpers.grading.marks import page_name
from helpers.grading.outcomes import Outcome


@dataclasses.dataclass(frozen=True)
class Mark:
    """How a learner did in an exercise. What learners wrote may stand in it: it is text, and nothing else."""

    name: str
    """The learner's. No two have the same."""
    exercise: str
    """Its key."""
    state: str
    """One of `grading.verdict.STATES`."""
    held: int = 0
    of: int = 0
    """How many scenarios it held in, of how many."""
    misconception: int | None = None
    """For which it fell; None where it did not fall, or for none of the list."""
    scenario: str = ""
    """The title of the one in which it fell."""
    sentence: str = ""
    """Why it is not well, in a sentence."""
    flags: tuple[str, ...] = ()
    """What somebody should look at."""
    handed_in: bool = True
    """Whether there was something to judge."""
    page: str = ""
    """The file beside this page that says more of the learner; "" where there is none."""
    likeness: str = ""
    """The same for functions of an exercise that are alike but for names and comments; "" where nobody has looked."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """An exercise."""

    key: str
    lesson: int
    scenarios: tuple[str, ...]
    """Their titles, in the order in which they are played, the first that falls being the last."""


@dataclasses.dataclass(frozen=True)
class Stuck:
    """A learner who has tried again and again, and still falls in the same scenario."""

    name: str
    exercise: str
    scenario: str
    tries: int
    minutes: int
    """From the first of them to the last."""
    misconception: int | None = None
    """That the last of them met; None where it is none of the list."""
    hint: int = 0
    """The number of the one to begin with."""


@dataclasses.dataclass(frozen=True)
class Shown:
    """A cell to show again, as its lesson has it stored."""

    lesson: int
    title: str
    """The lesson's."""
    cell: str
    """Its id."""
    link: str
    """To the notebook."""
    code: str
    printed: str = ""
    """What it printed, or gave."""
    picture: str = ""
    """What stands below it, as the address of an image that holds all of it (`data:`); "" if no picture does."""
    alt: str = ""
    """The picture, in a sentence."""
    width: int = 0
    """Pixels that it needs at least: narrower, its letters are too small."""
    told: str = ""
    """The picture again, told from top to bottom."""


@dataclasses.dataclass(frozen=True)
class ClassPage:
    """All that stands on the page."""

    title: str
    exercises: Sequence[Asked]
    marks: Sequence[Mark]
    stuck: Sequence[Stuck] = ()
    shown: Mapping[int, Shown] = dataclasses.field(default_factory=dict)
    """For a misconception's number, the cell to show again."""
    remark: str = ""
    """When and how the marks were made, in a sentence."""
    at_work: bool = False
    """Whether the class is still at it: nothing was handed in."""
    left_out: bool = False
    """Whether exercises are left out, since too few have tried them for a page without names."""


def asked(exercise: Exercise) -> Asked:
    """What the page has to know of an exercise."""
    return Asked(exercise.key, exercise.lesson, tuple(each.title for each in exercise.scenarios))


def marks_of(outcomes: Iterable[Outcome]) -> list[Mark]:
    """What grading has found."""
    return [
        Mark(
            outcome.name, each.exercise, each.state, each.held, each.of, each.misconception, each.scenario, each.sentence, each.flags, each.handed_in, page_name(outcome.name), each.likeness
        )
        for outcome in outcomes
        for each in outcome.verdicts
    ]  # fmt: skip
