"""What marks say together: who still stands after each scenario, which mistakes were made by how many, what to look at.

Comes in: a `ClassPage`. Goes out: counts, with the learners behind them. Nothing is guessed: a number here is one of marks. Who may import it: page, working.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from helpers.checking.misconceptions import MISCONCEPTIONS, Misconception
from helpers.class_page.marks import Asked, ClassPage, Mark, Shown, Stuck
from helpers.grading.marks import ALIKE
from helpers.grading.verdict import FELL, HOLDS, MISSING, NO_PYTHON, NO_VERDICT, NOT_STARTED, STATES, UNREADABLE

Key = TypeVar("Key")
Value = TypeVar("Value")

TO_LOOK_AT = (MISSING, NO_PYTHON, UNREADABLE, NO_VERDICT)
"""States in which nobody knows yet how good an answer is."""
BEFORE = "before the first scenario"
"""Where a function falls that cannot be called: the lines that define it raise an error, say."""


class Step(NamedTuple):
    """A scenario of a staircase; or what comes before the first, where somebody fell there."""

    number: int
    """Of the scenario, from 1; 0 before the first."""
    title: str
    standing: int
    """Whose functions held in it, and in all before it."""
    fallen: Sequence[Mark]
    """Those that fell in it."""


class Stairs(NamedTuple):
    """How an exercise went."""

    exercise: str
    lesson: int
    of: int
    """Learners of whom it was asked."""
    judged: int
    """Of them, whose functions were tried."""
    scenarios: int
    """How many there are."""
    steps: Sequence[Step]
    states: Sequence[tuple[str, int]]
    """How many in each; of those in which somebody is."""
    median: float | None
    """Of the scenarios held, among those that were judged; None where nobody was."""

    @property
    def holding(self) -> int:
        """Whose functions hold."""
        return dict(self.states).get(HOLDS, 0)

    @property
    def hardest(self) -> Step | None:
        """In which most fell, the first of several; None where nobody fell."""
        step = max(self.steps, key=lambda each: len(each.fallen), default=None)
        return step if step is not None and step.fallen else None


class Met(NamedTuple):
    """A misconception that was made."""

    number: int
    misconception: Misconception
    names: Sequence[str]
    """Of the learners."""
    where: Sequence[tuple[str, Sequence[Mark]]]
    """Exercises, and who fell for it there; the one with most of them first."""
    shown: Shown | None
    """The cell to show again; None where it is not at hand."""


class Fall(NamedTuple):
    """A way to fall that is no mistake of the list."""

    exercise: str
    scenario: str
    sentence: str
    marks: Sequence[Mark]


class Place(NamedTuple):
    """Where somebody is stuck."""

    exercise: str
    scenario: str
    who: Sequence[Stuck]


class Entry(NamedTuple):
    """Whose work it is that somebody has to look at."""

    mark: Mark
    exercises: Sequence[str]
    more: str
    """What else there is to say; "" if nothing is."""


class Alike(NamedTuple):
    """Wrong functions that are one function, but for names and comments."""

    exercise: str
    marks: Sequence[Mark]


class Look(NamedTuple):
    """Something that a person has to look at."""

    what: str
    entries: Sequence[Entry]


def learners(page: ClassPage) -> list[str]:
    """All of them, in order."""
    return list(dict.fromkeys(mark.name for mark in page.marks))


def handed_in(page: ClassPage) -> list[str]:
    """Those of whom there was something to judge."""
    return list(dict.fromkeys(mark.name for mark in page.marks if mark.handed_in))


def holding_all(page: ClassPage) -> list[Mark]:
    """A mark of each learner of whom everything holds."""
    not_all = {mark.name for mark in page.marks if mark.state != HOLDS}
    return list({mark.name: mark for mark in page.marks if mark.name not in not_all}.values())


def staircases(page: ClassPage) -> list[Stairs]:
    """One for each exercise that was asked of somebody."""
    found = [(each, [mark for mark in page.marks if mark.exercise == each.key]) for each in page.exercises]
    return [_stairs(each, marks) for each, marks in found if marks]


def _stairs(asked: Asked, marks: Sequence[Mark]) -> Stairs:
    judged = [mark for mark in marks if mark.state in (HOLDS, FELL)]
    numbers = {title: number for number, title in enumerate(asked.scenarios, start=1)}
    fell = [(mark, numbers.get(mark.scenario, 0)) for mark in judged if mark.state == FELL]
    steps = [
        Step(
            number,
            title,
            len(judged) - sum(place <= number for _, place in fell),
            [mark for mark, place in fell if place == number],
        )
        for number, title in enumerate([BEFORE, *asked.scenarios])
        if number or any(place == 0 for _, place in fell)
    ]
    counts = Counter(mark.state for mark in marks)
    states = [(state, counts[state]) for state in STATES if counts[state]]
    median = statistics.median(mark.held for mark in judged) if judged else None
    return Stairs(asked.key, asked.lesson, len(marks), len(judged), len(asked.scenarios), steps, states, median)


def mistakes(page: ClassPage) -> list[Met]:
    """The misconceptions that were met, the commonest first."""
    found = grouped((mark.misconception, mark) for mark in page.marks if mark.misconception in MISCONCEPTIONS)
    met = [_met(number, marks, page) for number, marks in found.items()]
    return sorted(met, key=lambda each: (-len(each.names), each.number))


def _met(number: int, marks: Sequence[Mark], page: ClassPage) -> Met:
    where = grouped((mark.exercise, mark) for mark in marks)
    names = list(dict.fromkeys(mark.name for mark in marks))
    ordered = sorted(where.items(), key=lambda each: -len(each[1]))
    return Met(number, MISCONCEPTIONS[number], names, ordered, page.shown.get(number))


def other_falls(page: ClassPage) -> list[Fall]:
    """What else several fell for in the same words, the commonest first."""
    found = grouped(
        ((mark.exercise, mark.scenario, mark.sentence), mark)
        for mark in page.marks
        if mark.state == FELL and mark.misconception is None and mark.sentence
    )
    falls = [Fall(*key, marks) for key, marks in found.items() if len(marks) > 1]
    return sorted(falls, key=lambda each: -len(each.marks))


def stuck_places(page: ClassPage) -> list[Place]:
    """Where most are stuck first."""
    found = grouped(((each.exercise, each.scenario), each) for each in page.stuck)
    return sorted((Place(*where, who) for where, who in found.items()), key=lambda each: -len(each.who))


def to_look_at(page: ClassPage) -> list[Look]:
    """What no judge decides: flags first, then what could not be judged. What is the same of several exercises of a learner is said once."""
    there = set(handed_in(page))
    found = grouped(
        (what, ((mark.name, more), mark)) for what, mark, more in [*_flags(page), *_not_judged(page, there)]
    )
    return [
        Look(
            what,
            [Entry(marks[0], [each.exercise for each in marks], more) for (_, more), marks in grouped(whose).items()],
        )
        for what, whose in found.items()
    ]


def alike(page: ClassPage) -> list[Alike]:
    """Those that are alike, the most first. Of right ones nothing is said: there are not so many ways to write them."""
    found = grouped(
        ((mark.exercise, mark.likeness), mark) for mark in page.marks if mark.state == FELL and mark.likeness
    )
    groups = [Alike(exercise, marks) for (exercise, _), marks in found.items() if len(marks) > 1]
    return sorted(groups, key=lambda each: -len(each.marks))


def grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """The values of each key, in their order."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _flags(page: ClassPage) -> Iterator[tuple[str, Mark, str]]:
    for mark in page.marks:
        for flag in mark.flags:
            what, _, more = flag.partition(": ")
            if what != ALIKE or not mark.likeness:  # those are told together
                yield what, mark, more


def _not_judged(page: ClassPage, there: set[str]) -> Iterator[tuple[str, Mark, str]]:
    """In the order of the states; whose notebooks are not there at all come last."""
    for state in TO_LOOK_AT:
        yield from ((state, mark, mark.sentence) for mark in page.marks if mark.state == state and mark.name in there)
    # There is something with a name that is near it.
    yield from (
        (NOT_STARTED, mark, mark.sentence) for mark in page.marks if mark.state == NOT_STARTED and mark.sentence
    )
    yield from (("nothing handed in", mark, "") for mark in page.marks if mark.name not in there)
