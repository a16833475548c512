"""Every solution, put into its notebook's stub: the whole lesson runs, and its exercises hold.

With it, on Linux, what nbval overlooks because other systems show something else: it is as it was stored.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from helpers import exercises
from helpers.course.lessons import NOTEBOOKS
from helpers.course.storing import read_rules, run, tidy
from tests.lessons.hygiene import is_stub

LESSONS = sorted({each.lesson for each in exercises.exercises()})


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solutions_hold_in_their_lesson(lesson: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETWORKING_COURSE_DATA", str(tmp_path))
    (path,) = NOTEBOOKS.glob(f"{lesson:02}-*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    expected = {each.name: each for each in exercises.exercises() if each.lesson == lesson}
    for exercise in expected.values():
        (stub,) = [cell for cell in notebook.cells if cell.cell_type == "code" and is_stub(cell, exercise.signature)]
        stub.source = exercise.solution.strip()
    stored = {cell.id: as_text(cell) for cell in notebook.cells if is_overlooked(cell)}
    run(notebook, path.parent)
    said = "\n".join(text for cell in notebook.cells for text in shown(cell))
    for name, exercise in expected.items():
        assert f"{name}: it holds, in all {len(exercise.scenarios)} scenarios" in said, said
    if sys.platform == "linux":
        comparable = read_rules(compared=True)
        notebook = tidy(notebook, read_rules())
        for cell in filter(is_overlooked, notebook.cells):
            assert comparable(as_text(cell)) == comparable(stored[cell.id]), cell.id


def is_overlooked(cell: Any) -> bool:
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def shown(cell: Any) -> list[str]:
    return [output.data.get("text/plain", "") for output in cell.get("outputs", []) if "data" in output]


def as_text(cell: Any) -> str:
    """Its outputs, in lines: a clock stands at the end of one."""
    return json.dumps(cell.outputs, sort_keys=True).replace("\\n", "\n")
