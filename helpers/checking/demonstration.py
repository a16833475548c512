"""A solution played for whoever looks at it: in one scenario, the one that shows best why it is written so.

Comes in: an exercise that says which scenario that is. Goes out: a sentence, and the conversation as it was just now, drawn. Who may import it: the exercises' front.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from helpers import pictures
from helpers.checking.exercise import Exercise
from helpers.checking.play import play
from helpers.checking.report import Result
from helpers.pictures.drawing import Picture

SEED = 1
"""So that everybody sees the same random input."""


def demonstrated(exercise: Exercise) -> tuple[str, Picture | None]:
    """What is to be seen, and the picture; where the scenario could not be played, the sentence says so, and there is none."""
    number = next(at for at, each in enumerate(exercise.scenarios, start=1) if each.title == exercise.shows)
    where = f"scenario {number} of {len(exercise.scenarios)}, {exercise.shows}"
    played = play(exercise, solved(exercise), SEED, lambda *_: None, only=number, keeps=True)
    result: Result = played.results[0]
    if not result.held or result.recording is None or not result.recording.conversations:
        return f"It was to be shown in {where}; this time it could not be. {result.sentence}".rstrip(), None
    return f"This solution in {where}, played just now:", pictures.conversation(result.recording)


def solved(exercise: Exercise) -> Callable[..., Any]:
    """The solution's, as a cell of a notebook would define it."""
    cell = types.ModuleType("__main__")
    exec(compile(exercise.solution, f"<solution of {exercise.name}>", "exec", dont_inherit=True), cell.__dict__)
    function: Callable[..., Any] = cell.__dict__[exercise.name]
    return function
