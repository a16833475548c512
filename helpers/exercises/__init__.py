"""The exercises of the course: `check` attacks the learner's function the way a network would, and says what went wrong.

>>> report = check(receive_exactly)
>>> report.passed

Comes in: a function, or the name of an exercise. Goes out: a report, hints, a solution (to be read, played, or called), the way so far. An exercise and its scenarios stand in the module of its lesson,
or in a file of the lesson's package. Who may import it: the face (`helpers.check` and the others), the course and the panels.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import random
import sys
import time
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from helpers.checking.demonstration import demonstrated, solved
from helpers.checking.display import Progress, say
from helpers.checking.exercise import Exercise
from helpers.checking.mends import remark
from helpers.checking.play import play
from helpers.checking.report import Report
from helpers.checking.stub import is_stub
from helpers.checking.subject import name_of
from helpers.exercises import attempts_file, attempts_shown, progress_file
from helpers.exercises.attempts_shown import Attempts
from helpers.exercises.overview import Overview, overview
from helpers.exercises.titles import titles
from helpers.words import listed, visible

LESSONS = range(1, 21)

hinted: dict[str, int] = {}
"""How many hints were given for an exercise, by its key."""


def exercises() -> Iterator[Exercise]:
    """All of them, in the order of the course."""
    for lesson in LESSONS:
        yield from exercises_of(lesson)


def exercises_of(lesson: int) -> Sequence[Exercise]:
    """Those of one lesson; the modules of the others are not loaded."""
    these: Sequence[Exercise] = importlib.import_module(f"helpers.exercises.lesson{lesson:02}").EXERCISES
    return these


def find(name: str, lesson: int | None = None) -> Exercise:
    """The exercise of that name; of several, the one of that lesson, or the first. LookupError if there is none."""
    found = [each for each in exercises() if each.name == name]
    for each in found:
        if lesson in (None, each.lesson):
            return each
    if found:
        lessons = listed([str(each.lesson) for each in found])
        raise LookupError(
            f"{name} is an exercise of lesson{'s' if len(found) > 1 else ''} {lessons}, and lesson={visible(repr(lesson))[:20]} is none of these: "
            f"helpers.check({name}{found[-1].arguments})."
        )
    names = list(dict.fromkeys(each.name for each in exercises()))
    close = difflib.get_close_matches(name, names, 1)
    raise LookupError(
        f"There is no exercise named {visible(name)[:100]!r}. {f'Is {close[0]} meant? ' if close else ''}"
        f"A function is checked under its exercise's name: {close[0] if close else 'greet'} = your_function, and then "
        f"helpers.check({close[0] if close else 'greet'}). There are: {', '.join(names)}."
    )


def check(
    function: Callable[..., Any], seed: int | None = None, only: int | None = None, lesson: int | None = None
) -> Report:
    """Try `function` in the scenarios of the exercise of that name. `seed`: of an earlier report, for the same random input; `only`: the number of the one scenario to play.
    `lesson`: where several lessons have an exercise of that name, the one that is meant; otherwise it is the first.

    TypeError for what is no function, LookupError for a name that no exercise has, ValueError for a number that no scenario has.
    """
    exercise = find(_name(function, _variables_of_caller()), lesson)
    if only is not None and not 1 <= only <= len(exercise.scenarios):
        raise ValueError(f"{exercise.name} has scenarios 1 to {len(exercise.scenarios)}, and none of number {only}.")
    seed = random.randrange(1_000_000) if seed is None else seed
    progress = Progress(exercise, seed, only)
    begun = time.monotonic()
    try:
        if is_stub(function):
            report = Report(exercise.name, False, [], len(exercise.scenarios), seed, arguments=exercise.arguments)
        else:
            report = play(exercise, function, seed, progress.show, only)
            report = dataclasses.replace(report, remark=remark(exercise, function) if report.passed else "")
        held = report.held if only is None else None
        progress_file.note(exercise.key, report.started, report.passed, held, report.scenarios)
        if report.started:
            attempts_file.note(exercise, report, time.monotonic() - begun)
        return progress.finish(report)
    except KeyboardInterrupt:
        progress_file.note(exercise.key, started=True, passed=False)
        progress.interrupt()
        raise


def hint(exercise: str | Callable[..., Any], lesson: int | None = None) -> None:
    """Show the next hint: there are three, from a nudge to nearly there. `lesson`: as for `check`."""
    this = _meant(exercise, lesson, _variables_of_caller())
    at = min(hinted.get(this.key, 0), len(this.hints) - 1)
    hinted[this.key] = at + 1
    say(f"Hint {at + 1} of {len(this.hints)}: {this.hints[at]}")


def solution(exercise: str | Callable[..., Any], sure: bool = False, lesson: int | None = None) -> None:
    """Show one right answer, why it is written so, and where a picture says more, what it does in one of the scenarios. Without a try of your own it asks first; `sure=True` says that you mean it. `lesson`: as for `check`."""
    this = _meant(exercise, lesson, _variables_of_caller())
    if not sure and not progress_file.tried(this.key):
        more = this.arguments
        say(
            f"You have not tried {this.key} yet. Try it, and `helpers.check({this.name}{more})`; `helpers.hint({this.name!r}{more})` helps. "
            f"If you want the answer all the same: `helpers.solution({this.name!r}{more}, sure=True)`."
        )
        return
    say(this.reasons, code=this.solution.strip())
    if this.shows is not None:
        sentence, picture = demonstrated(this)
        say(sentence, picture=picture)


def sample(exercise: str | Callable[..., Any], lesson: int | None = None) -> Callable[..., Any]:
    """One right answer as a function, unread: to be talked to before one's own holds, and to be compared with it. `lesson`: as for `check`."""
    return solved(_meant(exercise, lesson, _variables_of_caller()))


def progress() -> Overview:
    """What holds so far, what was tried, what is next; also from earlier days."""
    return overview(exercises(), progress_file.known(), titles())


def attempts(keep: bool | None = None, share: bool | None = None) -> Attempts:
    """What is noted of your checks, with the very lines, and who sees them. `keep`: whether they are noted from now on; they are unless you say False. `share`: whether your class's instructor
    sees those that come from now on; nobody does unless you say True, and False takes all of them back.

    LookupError where there is no class to share them with, OSError where a folder does not take what you said, ValueError for what contradicts itself, TypeError for what is neither True nor False.
    """
    for name, said in (("keep", keep), ("share", share)):
        if said is not None and not isinstance(said, bool):  # "no" would be a yes
            raise TypeError(f"{name} is True or False, and not {visible(repr(said))[:100]}: nothing has changed.")
    if share and keep is False:
        raise ValueError("What is not noted cannot be shared: say keep=False alone, or share=True alone.")
    if keep is not None:
        attempts_file.keep(keep)
    if share is not None:
        (attempts_file.share if share else attempts_file.take_back)()
    return attempts_shown.attempts()


def _meant(exercise: str | Callable[..., Any], lesson: int | None, variables: Mapping[str, Any]) -> Exercise:
    return find(exercise if isinstance(exercise, str) else _name(exercise, variables), lesson)


def _name(function: object, variables: Mapping[str, Any]) -> str:
    """The name of the exercise that it is for, or the one that it has. TypeError for what is no function, and for one without any name."""
    if not callable(function):
        raise TypeError(
            f"check takes the function itself, without parentheses: check(greet). This is {visible(repr(function))[:100]}."
        )
    name = name_of(function, [each.name for each in exercises()], variables) or getattr(function, "__name__", None)
    if not isinstance(name, str):
        raise TypeError(
            "check takes the function itself, under its exercise's name: greet = …, and then check(greet). "
            f"This has no name of an exercise: {visible(repr(function))[:100]}."
        )
    return name


def _variables_of_caller() -> Mapping[str, Any]:
    """Those of whoever calls `check`, `hint`, `solution` or `sample`: a function that has no name of its own has one there."""
    caller = sys._getframe(2)
    return ChainMap(caller.f_locals, caller.f_globals)
