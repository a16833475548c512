"""The page while the class works: what came of the attempts that learners share, and who is stuck.

Comes in: attempts, by the learners' names. Goes out: a `ClassPage`. Who may import it: the course.

Nothing is told of whoever shares nothing, and nothing of when somebody last did something: the page is for helping, and not for watching.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from helpers.checking.exercise import Exercise
from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.class_page.figures import BEFORE, grouped
from helpers.class_page.marks import ClassPage, Mark, Shown, Stuck, asked
from helpers.exercises.attempts_file import Attempt
from helpers.grading.verdict import FELL, HOLDS
from helpers.words import many

TRIES = 4
"""Falls in the same scenario, one after another, that make somebody stuck."""
MINUTES = 10
"""From the first of them to the last, after which two are enough."""
LATELY = 30 * 60
"""Seconds. Whose last attempt was longer ago has gone on to something else, or home: of that nothing is told."""


def working(
    attempts: Mapping[str, Sequence[Attempt]],
    exercises: Iterable[Exercise],
    shown: Mapping[int, Shown],
    hours: int,
    now: float,
) -> ClassPage:
    """`attempts`: of each learner one or more, the oldest first; `exercises`: all that are looked at; `shown`: the cells to show again."""
    these = list(exercises)
    marks = [mark for name, theirs in attempts.items() for mark in _marks(name, these, theirs)]
    tried = {mark.exercise for mark in marks}
    stuck = [found for name, theirs in attempts.items() if (found := _stuck(name, these, theirs, now))]
    return ClassPage(
        "The class, as it works",
        [asked(each) for each in these if each.key in tried],
        marks,
        sorted(stuck, key=lambda each: (-each.tries, each.name)),
        shown,
        f"As of {time.strftime('%H:%M', time.localtime(now))}: the attempts of the last {many(hours, 'hour')}, as far as they are shared, by {many(len(attempts), 'learner')}. Whoever shares "
        "nothing is not on this page, and when somebody last did something is not told: the page is for helping, and not for watching.",
        at_work=True,
    )


def _marks(name: str, exercises: Sequence[Exercise], attempts: Sequence[Attempt]) -> list[Mark]:
    """Of a learner, one for each exercise of which all scenarios were checked."""
    whole = grouped((each.exercise, each) for each in attempts if each.held is not None)
    return [_mark(name, each, whole[each.key]) for each in exercises if each.key in whole]


def _mark(name: str, exercise: Exercise, whole: Sequence[Attempt]) -> Mark:
    """How the learner does in it, by the checks of all its scenarios: what held once stays so; else how the last one went."""
    last = next((each for each in whole if each.holds), whole[-1])
    held = last.held or 0
    if last.holds:
        return Mark(name, exercise.key, HOLDS, held, last.of)
    return Mark(name, exercise.key, FELL, held, last.of, _known(last.misconception), _title(exercise, last.scenario))


def _stuck(name: str, exercises: Sequence[Exercise], attempts: Sequence[Attempt], now: float) -> Stuck | None:
    """Whether the learner is, in the exercise of the last attempt."""
    last = attempts[-1]
    exercise = next((each for each in exercises if each.key == last.exercise), None)
    these = [each for each in attempts if each.exercise == last.exercise]
    if exercise is None or last.scenario is None or now - last.time > LATELY or any(each.holds for each in these):
        return None
    falls = _falls(these, last.scenario)
    minutes = int((last.time - falls[0].time) / 60)
    if len(falls) < TRIES and (len(falls) < 2 or minutes < MINUTES):
        return None
    return Stuck(
        name,
        last.exercise,
        _title(exercise, last.scenario) or BEFORE,
        len(falls),
        minutes,
        _known(last.misconception),
        _hint(exercise, last.scenario, len(falls)),
    )


def _falls(attempts: Sequence[Attempt], scenario: int) -> list[Attempt]:
    """The last of them, as far back as all fell in that scenario."""
    falls: list[Attempt] = []
    for each in reversed(attempts):
        if each.scenario == scenario:
            falls.insert(0, each)
        elif each.only in (
            None,
            scenario,
        ):  # it came further, or less far; another scenario alone says nothing of this one
            break
    return falls


def _known(misconception: int | None) -> int | None:
    """None for one that the list has not: a learner may write any number."""
    return misconception if misconception in MISCONCEPTIONS else None


def _title(exercise: Exercise, scenario: int | None) -> str:
    """Of the one in which it fell; "" where it fell before the first, or did not fall."""
    return exercise.scenarios[scenario - 1].title if scenario else ""


def _hint(exercise: Exercise, scenario: int, tries: int) -> int:
    """The number of the hint to begin with: they go from a nudge to nearly there, and so does whoever holds in the first stages, or has tried for long."""
    stage = exercise.scenarios[scenario - 1].stage if scenario else 1
    return min(max(stage, tries // TRIES), len(exercise.hints))
