"""The judge against answers: each right one passes, however it is written; each wrong one falls, for its own reason."""

from __future__ import annotations

import importlib
import json
import linecache
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from helpers import exercises, pictures
from helpers.checking.exercise import Exercise
from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.checking.report import Report
from helpers.course import doctor as machine
from helpers.course.lessons import NOTEBOOKS
from tests.lessons import misconceptions

pytestmark = pytest.mark.slow  # together; each takes half a second

SEEDS = [1]
"""More of them make the tests slower, not stricter: each scenario has random input of its own."""


def function(source: str, name: str) -> Callable[..., Any]:
    """The function that a cell with this source defines, as a notebook would have it."""
    module = types.ModuleType("__main__")
    file = f"<cell of {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    return module.__dict__[name]  # type: ignore[no-any-return]


def answers(kind: str) -> list[Any]:
    return [
        pytest.param(exercise, answer, id=f"{exercise.key}-{at}")
        for exercise in exercises.exercises()
        for at, answer in enumerate(getattr(_answers_of(exercise), kind).get(exercise.name, []))
    ]


def _answers_of(exercise: Exercise) -> Any:
    return importlib.import_module(f"tests.checking.answers.lesson{exercise.lesson:02}")


def check(exercise: Exercise, source: str, seed: int) -> Report:
    return exercises.check(function(source, exercise.name), seed=seed, lesson=exercise.lesson)


@pytest.mark.everywhere(one_in=4)
@pytest.mark.parametrize("exercise", [pytest.param(each, id=each.key) for each in exercises.exercises()])
def test_the_solution_holds(exercise: Exercise) -> None:
    for seed in SEEDS:
        report = check(exercise, exercise.solution, seed)
        assert report.passed, report.describe()


@pytest.mark.everywhere(one_in=15)
@pytest.mark.parametrize(("exercise", "source"), answers("RIGHT"))
def test_a_right_answer_passes(exercise: Exercise, source: str) -> None:
    for seed in SEEDS:
        report = check(exercise, source, seed)
        assert report.passed, report.describe()


@pytest.mark.everywhere(one_in=40)
@pytest.mark.parametrize(("exercise", "answer"), answers("WRONG"))
def test_a_wrong_answer_falls_for_its_own_reason(exercise: Exercise, answer: tuple[str, int | None, str]) -> None:
    source, misconception, words = answer
    if ("AF_INET6" in source or exercise.name == "mend_6") and "off here" in machine.ipv6().what:
        pytest.skip("this answer is wrong in another way where IPv6 is switched off")
    if words == "It gave up after" and sys.platform == "win32":
        pytest.skip("to be refused takes two seconds there, and nobody can tell one who is impatient")
    if misconception == 17 and sys.platform == "win32":
        pytest.skip("a port is free there as soon as its server has ended")
    if "SO_REUSEPORT" in source and sys.platform == "win32":
        pytest.skip("there is no such option there")
    for seed in SEEDS:
        report = check(exercise, source, seed)
        assert report.started and not report.passed, report.describe()
        fallen = report.results[-1]
        assert fallen.misconception == misconception, report.describe()
        assert words in fallen.sentence, report.describe()
        if shows := getattr(_answers_of(exercise), "PICTURED", {}).get(source):
            assert fallen.recording is not None and shows in pictures.conversation(fallen.recording).describe()


def test_every_exercise_has_its_answers_and_hints() -> None:
    for exercise in exercises.exercises():
        module = _answers_of(exercise)
        assert len(module.RIGHT[exercise.name]) >= 2 and module.WRONG[exercise.name], exercise.name
        assert len(exercise.hints) == 3 and all(exercise.hints) and exercise.brief and exercise.reasons
        assert {wrong[1] for wrong in module.WRONG[exercise.name]} <= {None, *MISCONCEPTIONS}


def test_every_misconception_is_met_and_caught(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{misconceptions.table()}")
    cells = {
        (int(path.name[:2]), cell["id"])
        for path in NOTEBOOKS.glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    }
    caught = {(number, key) for number, key, _ in misconceptions.wrong_answers()}
    order = [each.key for each in exercises.exercises()]
    for number, each in MISCONCEPTIONS.items():
        assert each.cells and set(each.cells) <= cells, number
        assert each.exercises == tuple(key for key in order if (number, key) in caught), number
        assert bool(each.exercises) != bool(each.not_in_code), number
    names = [each.name for each in MISCONCEPTIONS.values()]
    assert len(set(names)) == len(names) and all(0 < len(name) <= 45 for name in names)


def test_a_cell_to_show_again_has_something_to_show() -> None:
    """It was run, and something stands below it."""
    outputs = {
        (int(path.name[:2]), cell["id"]): cell.get("outputs")
        for path in NOTEBOOKS.glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    }
    assert [number for number, each in MISCONCEPTIONS.items() if not outputs[each.cells[0]]] == []
