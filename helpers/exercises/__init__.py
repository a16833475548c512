"""The exercises of the course: `check` attacks the learner's function the way a network would, and says what went wrong.

>>> report = check(receive_exactly)
>>> report.passed

Comes in: a function, or the name of an exercise. Goes out: a report, hints, a solution, the way so far. An exercise and its scenarios stand in the module of its lesson,
or in a file of the lesson's package. Who may import it: the face (`helpers.check` and the others), the course and the panels.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator
from typing import Any

from helpers.checking.display import Progress
from helpers.checking.exercise import Exercise
from helpers.checking.play import play
from helpers.checking.report import Report
from helpers.checking.stub import is_stub
from helpers.exercises import progress_file
from helpers.words import visible

LESSONS = range(1, 10)

hinted: dict[str, int] = {}
"""How many hints were given for an exercise, by its name."""


def exercises() -> Iterator[Exercise]:
    """All of them, in the order of the course."""
    for lesson in LESSONS:
        yield from importlib.import_module(f"helpers.exercises.lesson{lesson:02}").EXERCISES


def find(name: str) -> Exercise:
    """The exercise of that name. LookupError if there is none."""
    for each in exercises():
        if each.name == name:
            return each
    names = ", ".join(each.name for each in exercises())
    raise LookupError(f"There is no exercise named {name!r}. There are: {names}.")


def check(function: Callable[..., Any], seed: int | None = None) -> Report:
    """Try `function` in the scenarios of the exercise of that name. `seed`: of an earlier report, for the same random input.

    TypeError for what is no function, LookupError for a name that no exercise has.
    """
    if not callable(function) or not hasattr(function, "__name__"):
        raise TypeError(
            f"check takes the function itself, without parentheses: check(greet). This is {visible(repr(function))[:100]}."
        )
    exercise = find(function.__name__)
    seed = random.randrange(1_000_000) if seed is None else seed
    progress = Progress(exercise)
    if is_stub(function):
        report = Report(exercise.name, False, [], len(exercise.scenarios), seed)
    else:
        try:
            report = play(exercise, function, seed, progress.show)
        except BaseException:  # interrupted, say
            progress.break_off()
            raise
    progress_file.note(exercise.name, report.started, report.passed)
    return progress.finish(report)


def hint(exercise: str | Callable[..., Any]) -> None:
    """Print the next hint: there are three, from a nudge to nearly there."""
    this = find(_name(exercise))
    at = min(hinted.get(this.name, 0), len(this.hints) - 1)
    hinted[this.name] = at + 1
    print(f"Hint {at + 1} of {len(this.hints)}: {this.hints[at]}")


def solution(exercise: str | Callable[..., Any], sure: bool = False) -> None:
    """Print one right answer, and why it is written so. Without a try of your own it asks first; `sure=True` says that you mean it."""
    this = find(_name(exercise))
    if not sure and not progress_file.tried(this.name):
        print(
            f"You have not tried {this.name} yet. Try it, and helpers.check({this.name}); helpers.hint({this.name!r}) helps. "
            f"If you want the answer all the same: helpers.solution({this.name!r}, sure=True)."
        )
        return
    print(f"{this.solution.strip()}\n\n{this.reasons}")


def progress() -> progress_file.Overview:
    """What holds so far, also from earlier days."""
    return progress_file.Overview([(each.lesson, each.name, progress_file.state(each.name)) for each in exercises()])


def _name(exercise: str | Callable[..., Any]) -> str:
    return exercise if isinstance(exercise, str) else getattr(exercise, "__name__", repr(exercise))
