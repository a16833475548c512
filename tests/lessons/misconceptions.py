"""The wrong answers that fall for each misconception, beside the cells where the course meets it.

Printed by `python -m tests.lessons.misconceptions`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from helpers import exercises
from helpers.checking.misconceptions import MISCONCEPTIONS


def wrong_answers() -> Iterator[tuple[int, str, int]]:
    """Misconception, exercise, and which of its wrong answers falls for it."""
    for exercise in exercises.exercises():
        module = importlib.import_module(f"tests.checking.answers.lesson{exercise.lesson:02}")
        for at, (_, misconception, _) in enumerate(module.WRONG.get(exercise.name, [])):
            if misconception is not None:
                yield misconception, exercise.key, at


def table() -> str:
    """Misconception, lesson and cell, exercise and wrong answers, a line each."""
    caught: dict[int, list[str]] = {number: [] for number in MISCONCEPTIONS}
    for number, name, at in wrong_answers():
        caught[number].append(f"{name}-{at}")
    lines = []
    for number, each in MISCONCEPTIONS.items():
        cells = ", ".join(f"{lesson:02} {cell}" for lesson, cell in each.cells)
        answers = ", ".join(caught[number]) or f"({each.not_in_code or 'NO WRONG ANSWER'})"
        lines.append(f"{number:2}  {each.mistake}\n    met in {cells}; caught as {answers}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
