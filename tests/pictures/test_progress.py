"""The way through the course as a picture: it says what is known, in shapes and in words, and can be read."""

from __future__ import annotations

import pytest

from helpers import exercises
from helpers.pictures.drawing import LEAST, Picture
from helpers.pictures.progress import HOLDS, NOT_STARTED, TRIED, Exercise, Lesson, progress
from tests.pictures.legibility import faults, narrowest
from tests.pictures.made import words

BEGUN = [
    Lesson("01 · A first conversation", [Exercise("greet", HOLDS, 8, 8, "2026-10-05")]),
    Lesson(
        "08 · A stream, not messages",
        [
            Exercise("receive_exactly", TRIED, 4, 14, "2026-11-30"),
            Exercise("receive_messages", TRIED),
            Exercise("read_lines", NOT_STARTED),
        ],
    ),
    Lesson("20 · Capstones", [Exercise("serve_files", HOLDS, 17, 20)]),
]


def test_it_says_what_holds_what_was_tried_and_what_is_next() -> None:
    picture = progress(BEGUN)
    drawn = words(picture)
    assert drawn[:2] == ["2 of 5 exercises hold", "Next: receive_exactly, in 08 · A stream, not messages"]
    assert drawn[2:12] == [
        "01 · A first conversation", "greet", "holds",
        "08 · A stream, not messages", "receive_exactly", "tried, 4 of 14", "receive_messages", "tried", "read_lines", "not started",
    ]  # fmt: skip
    assert drawn[12:15] == ["20 · Capstones", "serve_files", "holds, 17 of 20"]
    assert "  receive_exactly    tried, 4 of 14 (last tried on 2026-11-30)\n" in picture.text
    assert "next: receive_exactly, in 08 · A stream, not messages\n" in picture.text
    assert picture.alt == (
        "The way through 3 lessons: 2 of 5 exercises hold; tried: receive_exactly, 4 of 14 and receive_messages; "
        "next: receive_exactly, in 08 · A stream, not messages."
    )


def test_each_state_has_a_shape_of_its_own() -> None:
    """Without colours: a disc with a tick, a ring with a sector, a ring, a broken ring."""
    shapes = [
        len(marks(progress([Lesson("1", [each])]))) - len(marks(progress([Lesson("1", [])])))
        for each in (Exercise("a", TRIED, 1, 2), Exercise("a", TRIED, 0, 2), Exercise("a", NOT_STARTED))
    ]
    assert shapes == [3, 2, 2]  # with the arrow that leads to what is next
    assert broken(progress([Lesson("1", [Exercise("a", NOT_STARTED)])])) == 2  # one in the legend
    assert broken(progress([Lesson("1", [Exercise("a", TRIED)])])) == 1


def marks(picture: Picture) -> list[str]:
    return str(picture.image).split("<path")[1:]


def broken(picture: Picture) -> int:
    return sum("stroke-dasharray" in mark for mark in marks(picture))


def test_when_all_hold_nothing_is_next() -> None:
    picture = progress([Lesson("1", [Exercise("greet", HOLDS, 8, 8)])])
    assert "Nothing is left to do." in words(picture) and "next:" not in picture.text + picture.alt
    assert words(picture).count("next") == 1  # in the legend


@pytest.mark.parametrize("state", [HOLDS, TRIED, NOT_STARTED])
def test_the_whole_course_can_be_read(state: str) -> None:
    overview = exercises.progress()
    lessons = [
        Lesson(each.title, [Exercise(one.name, state, 28, 30) for one in each.exercises]) for each in overview.lessons
    ]
    picture = progress(lessons)
    assert faults(picture) == []
    assert narrowest(picture) >= LEAST - 0.01
    drawn = words(picture)
    assert [word for word in drawn if word in {each.title for each in lessons}] == [each.title for each in lessons]


def test_columns_are_about_as_high_as_each_other() -> None:
    many = [Lesson(str(number), [Exercise("a", HOLDS)] * (8 if number == 19 else 2)) for number in range(1, 21)]
    high = float(str(progress(many).image).partition('height="')[2].partition('"')[0])
    everything = sum(36 + 25 * len(each.exercises) for each in many)
    assert high < everything / 3 + 36 + 8 * 25 + 140


def test_names_that_are_too_long_and_no_lessons_at_all() -> None:
    long = [Lesson("lesson " + "1" * 60, [Exercise("x" * 40, TRIED, 100, 999)])]
    assert "x" * 15 + "…" in words(progress(long)) and "x" * 40 in progress(long).text
    assert "0 of 0 exercises hold" in words(progress([]))
