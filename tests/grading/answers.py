"""The answers of `tests/checking/answers`, put into their lessons as learners would, and graded there.

`python -m tests.grading.answers FOLDER [ONE_IN]` does it with all of them, or with one in so many: it writes submissions into FOLDER, grades them, and says where a verdict is another than the answer's own.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from helpers import exercises
from helpers.checking.exercise import Exercise
from helpers.course.lessons import NOTEBOOKS
from tests.grading.handed_in import grade, hand_in, table

STANDS_THERE = "The class stands in the lesson's cell"
"""What is said of an answer that is wrong anywhere else, and right in its lesson."""


class Answer(NamedTuple):
    """An answer, and what the judge says of it."""

    id: str
    exercise: Exercise
    source: str
    holds: bool
    misconception: int | None = None
    words: str = ""


def answers() -> Iterator[Answer]:
    """All of them: right, then wrong."""
    for exercise in exercises.exercises():
        module = importlib.import_module(f"tests.checking.answers.lesson{exercise.lesson:02}")
        for at, source in enumerate(module.RIGHT.get(exercise.name, [])):
            yield Answer(f"{exercise.name}-{exercise.lesson}-right-{at}", exercise, source, True)
        for at, (source, misconception, words) in enumerate(module.WRONG.get(exercise.name, [])):
            if not words.startswith(STANDS_THERE):
                yield Answer(
                    f"{exercise.name}-{exercise.lesson}-wrong-{at}", exercise, source, False, misconception, words
                )


@cache
def _lesson(number: int) -> tuple[str, str]:
    (path,) = NOTEBOOKS.glob(f"{number:02}-*.ipynb")
    return path.name, path.read_text(encoding="utf-8")


def put_in(answer: Answer) -> tuple[str, bytes]:
    """The name of its lesson's notebook, and what is in it, with this answer in the place of the stub."""
    name, text = _lesson(answer.exercise.lesson)
    notebook = json.loads(text)
    begins = re.compile(rf"^(async )?def {answer.exercise.name}\(", re.MULTILINE)
    for cell in reversed(notebook["cells"]):
        if cell["cell_type"] == "code" and begins.search("".join(cell["source"])):
            cell["source"] = answer.source
            return name, json.dumps(notebook).encode()
    raise LookupError(f"{name} has no cell for {answer.exercise.name}")


def difference(answer: Answer, row: Mapping[str, str]) -> str:
    """What is another verdict in this line of the table; "" where it is the answer's own."""
    state = "holds" if answer.holds else "fell"
    if row["state"] != state or row["misconception"] != str(answer.misconception or ""):
        return f"{answer.id}: {row['state']} {row['misconception']} ({row['sentence']})"
    return "" if answer.words in row["sentence"] else f"{answer.id}: another sentence ({row['sentence']})"


def graded(some: list[Answer], folder: Path) -> list[str]:
    """Grade them, an exercise at a time. What is another verdict, a line each."""
    found = []
    for exercise in exercises.exercises():
        these = [each for each in some if each.exercise.key == exercise.key]
        if not these:
            continue
        for each in these:
            name, content = put_in(each)
            hand_in(folder / exercise.key, each.id, content, name)
        said = grade(
            folder / exercise.key, exercise.key, "--seed", 1, "--out", folder / "marks" / exercise.key, cwd=folder
        )
        assert said.returncode == 0, said.stderr
        rows = table(folder / "marks" / exercise.key)
        found += [difference(each, rows[each.id, exercise.key]) for each in these]
    return [each for each in found if each]


if __name__ == "__main__":
    step = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chosen = list(answers())[::step]
    others = graded(chosen, Path(sys.argv[1]).resolve())
    print(*others, f"{len(chosen) - len(others)} of {len(chosen)} have the verdict that they have there.", sep="\n")
