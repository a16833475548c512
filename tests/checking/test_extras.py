"""Extras: what a function need not have. Where it has not, that is shown, and is no fall; where it has, it has to be right."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from helpers import exercises
from helpers.checking import play
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.report import Report, Result
from helpers.checking.verdicts import Fell, NotThere
from tests.checking.answers.lesson20.serve_files import NO_EXTRAS
from tests.checking.test_exercises import function

HELD = Result("a cup of tea", True, number=1)
MILK = Result("milk", True, extra="milk", number=2)
NO_SUGAR = Result("sugar", False, "No sugar came.", extra="sugar", not_there=True, number=3, again=3)
NO_HONEY = dataclasses.replace(NO_SUGAR, scenario="honey", extra="honey", number=4, again=4)
NO_SECOND_CUP = dataclasses.replace(NO_SUGAR, scenario="more milk", extra="milk", number=5, again=5)
SALT = Result("salt", False, "It was salt.", extra="sugar", number=3, again=3)


def report(*results: Result, **how: Any) -> Report:
    return Report("brew", True, list(results), how.pop("scenarios", len(results)), 1, **how)


@pytest.mark.parametrize(
    ("results", "headline"),
    [
        ([HELD], "brew: it holds, in all 1 scenarios"),
        ([HELD, MILK], "brew: it holds, in all 1 scenarios; extras: milk held"),
        ([HELD, NO_SUGAR], "brew: it holds, in all 1 scenarios; extras: sugar not there yet"),
        ([HELD, MILK, NO_SUGAR, NO_HONEY], "brew: it holds, in all 1 scenarios; extras: milk held, sugar and honey not there yet"),
        ([HELD, MILK, NO_SECOND_CUP], "brew: it holds, in all 1 scenarios; extras: milk held in part"),
    ],
)  # fmt: skip
def test_a_headline_says_which_extras_are_there(results: list[Result], headline: str) -> None:
    assert report(*results).passed
    assert report(*results).headline == headline


def test_what_is_not_there_is_told_and_is_no_fall() -> None:
    found = report(HELD, MILK, NO_SUGAR)
    assert found.describe().splitlines()[1:] == [
        "  held  a cup of tea",
        "  held  milk",
        "  not there yet  sugar",
        "        No sugar came.",
    ]
    assert "not there yet: sugar<br>No sugar came." in found.as_html() and "✗" not in found.as_html()


def test_an_extra_that_is_wrong_is_a_fall() -> None:
    found = report(HELD, MILK, SALT)
    assert not found.passed and "brew: it fell in scenario 3 of 3" in found.describe()
    assert "It was salt." in found.as_html()


def test_of_a_check_that_goes_on_nothing_is_said_too_early() -> None:
    assert report(HELD, NO_SUGAR, scenarios=3).headline == "brew: 1 of 3 scenarios so far"
    assert not report(HELD, NO_SUGAR, scenarios=3).passed


def test_one_extra_alone() -> None:
    found = report(NO_SUGAR, scenarios=4, only=3)
    assert "sugar, an extra, is not there yet in scenario 3, the only one that was played, of 4" in found.headline
    assert "To play all 4" in found.describe()


def exercise(raises: Exception, extra: str = "") -> Exercise:
    """With one scenario, which raises that."""
    made = Exercise(20, "brew(conn)", "", ("", "", ""), "", "")

    @made.scenario(1, "a cup of tea", extra)
    def _raises(judge: Judge) -> None:
        raise raises

    return made


def played(made: Exercise) -> Report:
    return play.play(made, function("def brew(conn):\n    pass\n", "brew"), 1, lambda results, scenario: None)


@pytest.mark.everywhere
def test_a_scenario_of_an_extra_says_that_it_is_not_there() -> None:
    found = played(exercise(NotThere("No sugar came."), extra="sugar"))
    assert found.passed and found.results[0].not_there and found.results[0].sentence == "No sugar came."
    assert not played(exercise(Fell("It was salt."), extra="sugar")).passed


def test_only_an_extra_may_be_missing() -> None:
    with pytest.raises(NotThere):  # whoever wrote the scenario has made a mistake
        played(exercise(NotThere("No tea came.")))


@pytest.mark.slow
def test_a_file_server_without_extras_is_right() -> None:
    serve_files = exercises.find("serve_files")
    numbers = [number for number, each in enumerate(serve_files.scenarios, 1) if each.extra]
    assert numbers and {serve_files.scenarios[number - 1].extra for number in numbers} == {"HEAD", "304", "ranges"}
    for number in numbers:
        found = exercises.check(function(NO_EXTRAS, "serve_files"), seed=1, only=number)
        assert found.results[0].not_there and not found.results[0].fell, found.describe()
