"""Every solution, put into its notebook's stub: the whole lesson runs, and its exercises hold.

With it, on Linux, what nbval overlooks because other systems show something else: it is as it was stored.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from helpers import exercises
from helpers.course import doctor
from helpers.course.lessons import NOTEBOOKS
from helpers.course.storing import read_rules, run, tidy
from tests.lessons.hygiene import is_stub

LESSONS = sorted({each.lesson for each in exercises.exercises()})
WITH_LOOPBACK6 = ("p6-chart", "p6-vitals", "mend-6-check")
"""Cells of lesson 19 that are as they are stored where there is ::1; elsewhere they say what is missing."""
WHOLE_ANSWER = "files-exchange"
"""A cell of lesson 20 that shows an answer of the learner's server: all of it, in however many pieces it came."""
SICK = sorted({each.lesson for each in exercises.exercises() if each.sick})
"""Those whose stubs are programs that fall, so that the checks there are run as they stand."""


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
    stored = {cell.id: as_text(cell) for cell in notebook.cells if is_overlooked(cell) and not is_check(cell)}
    run(notebook, path.parent)
    said = "\n".join(text for cell in notebook.cells for text in shown(cell))
    for name, exercise in expected.items():
        assert f"{name}: it holds, in all {sum(not each.extra for each in exercise.scenarios)} scenarios" in said, said
    for cell in notebook.cells:
        if cell.id == WHOLE_ANSWER:
            assert "missing" not in "\n".join(shown(cell))
    if sys.platform == "linux":
        must_be_as_stored(notebook, stored)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="what the kernel says, and how a program falls, is stored as on Linux"
)
@pytest.mark.parametrize("lesson", SICK)
def test_what_is_sick_falls_as_it_is_stored(lesson: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nbval knows only what a cell shows first, and a check shows its scenarios one by one."""
    monkeypatch.setenv("NETWORKING_COURSE_DATA", str(tmp_path))
    (path,) = NOTEBOOKS.glob(f"{lesson:02}-*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    stored = {cell.id: as_text(cell) for cell in notebook.cells if is_overlooked(cell)}
    assert any(map(is_check, notebook.cells))
    run(notebook, path.parent)
    must_be_as_stored(notebook, stored)


def must_be_as_stored(notebook: Any, stored: Mapping[str, str]) -> None:
    comparable = read_rules(compared=True)
    for cell in tidy(notebook, read_rules()).cells:
        if cell.id in stored and not (cell.id in WITH_LOOPBACK6 and "off here" in doctor.ipv6().what):
            assert comparable(as_text(cell)) == comparable(stored[cell.id]), cell.id


def is_check(cell: Any) -> bool:
    return str(cell.source).startswith("helpers.check(")


def is_overlooked(cell: Any) -> bool:
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def shown(cell: Any) -> list[str]:
    return [output.data.get("text/plain", "") for output in cell.get("outputs", []) if "data" in output]


def as_text(cell: Any) -> str:
    """Its outputs, in lines: a clock stands at the end of one."""
    return json.dumps(cell.outputs, sort_keys=True).replace("\\n", "\n")
