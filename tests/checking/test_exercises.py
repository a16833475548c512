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
from helpers.checking.misconceptions import MISCONCEPTIONS, PAGE, page
from helpers.checking.report import Report
from helpers.course import doctor as machine
from helpers.course.lessons import NOTEBOOKS, files_of
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
    if "AF_INET6" in source and "off here" in machine.ipv6().what:
        pytest.skip("this answer is wrong in another way where IPv6 is switched off")
    if words == "It gave up after" and sys.platform == "win32":
        pytest.skip("to be refused takes two seconds there, and nobody can tell one who is impatient")
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
    caught = {number for number, _, _ in misconceptions.wrong_answers()}
    for number in MISCONCEPTIONS:
        assert misconceptions.MET[number] and set(misconceptions.MET[number]) <= cells, number
        assert {lesson for lesson, _ in misconceptions.MET[number]} == {*MISCONCEPTIONS[number].lessons}, number
        assert (number in caught) != (number in misconceptions.NOT_IN_CODE), number


def test_the_list_that_a_learner_opens_is_the_one_that_reports_speak_of() -> None:
    assert (NOTEBOOKS / PAGE).read_text(encoding="utf-8") == page(), "python -m tests.lessons.misconceptions --write"
    assert NOTEBOOKS / PAGE in files_of(NOTEBOOKS), "a learner's lessons are copies, and it has to lie beside them"
