"""A solution is played when it is shown: in the scenario that its exercise names, with its conversation drawn."""

from __future__ import annotations

import pytest

from helpers import exercises
from helpers.checking.demonstration import demonstrated
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.play import play
from tests.checking.test_checking import RIGHT, function
from tests.pictures.legibility import faults

SHOWN = [each for each in exercises.exercises() if each.shows is not None]
TAKES = f"import socket\ndef take(conn, n):\n    {RIGHT}\n"


def take(solution: str = TAKES) -> Exercise:
    made = Exercise(
        8, "take(conn, n)", "", ("", "", ""), solution, "It waits for all.", shows="five bytes in two pieces"
    )

    @made.scenario(1, "nothing at all")
    def nothing(judge: Judge) -> None:
        judge.talk(5)[1].must_return(b"")

    @made.scenario(2, "five bytes in two pieces")
    def five(judge: Judge) -> None:
        peer, call = judge.talk(5)
        peer.send(b"he")
        peer.send(b"llo")
        call.must_return(b"hello")

    return made


@pytest.mark.parametrize("exercise", SHOWN, ids=lambda each: each.key)
def test_every_solution_that_is_played_holds_and_can_be_read(exercise: Exercise) -> None:
    sentence, picture = demonstrated(exercise)
    assert picture is not None, sentence
    assert f"{exercise.shows}, played just now:" in sentence
    assert faults(picture) == []
    name = exercise.name
    assert name in picture.alt and name in picture.text


def test_only_that_scenario_is_played() -> None:
    sentence, picture = demonstrated(take())
    assert sentence == "This solution in scenario 2 of 2, five bytes in two pieces, played just now:"
    assert picture is not None and "back 5 bytes" in picture.alt
    assert demonstrated(take())[1] == picture, "it is not the same every time"


def test_where_it_cannot_be_played_a_sentence_says_so() -> None:
    sentence, picture = demonstrated(take("def take(conn, n):\n    return conn.recv(3)\n"))
    assert picture is None
    assert sentence.startswith(
        "It was to be shown in scenario 2 of 2, five bytes in two pieces; this time it could not be. It returned"
    )


def test_a_check_keeps_no_conversation_that_held() -> None:
    for keeps in (False, True):
        report = play(take(), function(RIGHT), 1, lambda *_: None, only=2, keeps=keeps)
        assert report.passed is False and report.results[0].held
        assert (report.results[0].recording is not None) == keeps


def test_the_solution_is_shown_with_its_reasons_and_its_picture(capsys: pytest.CaptureFixture[str]) -> None:
    exercises.solution("receive_exactly", sure=True)
    said = capsys.readouterr().out
    order = [
        "def receive_exactly",
        exercises.find("receive_exactly").reasons[:20],
        "This solution in scenario 2",
        "llo",
    ]
    assert sorted(order, key=said.index) == order
    exercises.solution("add_line", sure=True)
    assert "This solution" not in capsys.readouterr().out
