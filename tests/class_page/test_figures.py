"""What marks say together, against what can be counted by hand."""

from __future__ import annotations

from helpers.class_page import figures
from helpers.class_page.marks import Mark, asked
from helpers.class_page.page import as_html
from helpers.grading.verdict import FELL, HOLDS, NO_VERDICT, NOT_STARTED
from tests.class_page.classes import CLASS, GREET, HOSTILE, LINES, changed, fell, holds


def test_who_is_there() -> None:
    assert figures.learners(CLASS) == ["ada", "ben", "cem", "dan", "emil", HOSTILE, "faye"]
    assert figures.handed_in(CLASS) == ["ada", "ben", "cem", "dan", "emil", HOSTILE]
    assert [mark.name for mark in figures.holding_all(CLASS)] == ["ada"]


def test_who_still_stands() -> None:
    lines, greet = figures.staircases(CLASS)
    assert (lines.exercise, lines.of, lines.judged, lines.holding, lines.median) == ("read_lines", 7, 6, 2, 1.5)
    assert [(step.standing, [mark.name for mark in step.fallen]) for step in lines.steps] == [
        (5, ["emil"]),
        (3, ["cem", "dan"]),
        (2, [HOSTILE]),
    ]
    assert lines.states == [("holds", 2), ("fell", 4), ("missing", 1)]
    assert lines.hardest is not None and lines.hardest.title == "a line in two pieces"
    assert (greet.of, greet.judged, [step.standing for step in greet.steps]) == (7, 3, [3, 1])


def test_an_exercise_that_all_hold_has_no_hardest_step() -> None:
    (stairs,) = figures.staircases(changed(holds("ada"), holds("ben")))
    assert stairs.hardest is None and [step.standing for step in stairs.steps] == [2, 2, 2]


def test_what_nobody_began_has_no_median() -> None:
    (stairs,) = figures.staircases(changed(Mark("ada", LINES.key, NOT_STARTED), Mark("ben", LINES.key, NO_VERDICT)))
    assert (stairs.judged, stairs.median, stairs.hardest) == (0, None, None)


def test_who_holds_without_an_extra_stands_at_the_end() -> None:
    """Of extras that are not there fewer scenarios are held, and the exercise holds all the same."""
    (stairs,) = figures.staircases(changed(Mark("ada", LINES.key, HOLDS, 2, 3)))
    assert [step.standing for step in stairs.steps] == [1, 1, 1]


def test_who_fell_before_the_first_scenario_did_not_fall_in_it() -> None:
    page = changed(Mark("ada", LINES.key, FELL, 0, 3, None, "on its way"), fell("ben", 0), holds("cem"))
    (stairs,) = figures.staircases(page)
    assert [(step.number, step.title, step.standing, [mark.name for mark in step.fallen]) for step in stairs.steps] == [
        (0, figures.BEFORE, 2, ["ada"]),
        (1, "two lines", 1, ["ben"]),
        (2, "a line in two pieces", 1, []),
        (3, "an empty line", 1, []),
    ]
    words = " ".join(as_html(page).split())
    assert "</span>before the first scenario" in words and "</span>1. two lines" in words and "0 of 3</td>" in words


def test_mistakes_the_commonest_first() -> None:
    first, second = figures.mistakes(CLASS)
    assert (first.number, first.names, first.shown) == (1, ["cem", "dan", "emil"], CLASS.shown[1])
    assert [(exercise, len(marks)) for exercise, marks in first.where] == [("read_lines", 3)]
    assert (second.number, second.names, second.shown) == (21, ["ben", "dan"], None)


def test_a_learner_is_counted_once_for_a_mistake_in_two_exercises() -> None:
    (met,) = figures.mistakes(changed(fell("ada", 0, 1), fell("ada", 0, 1, GREET), fell("ben", 1, 1, GREET)))
    assert met.names == ["ada", "ben"]
    assert [(exercise, len(marks)) for exercise, marks in met.where] == [("greet", 2), ("read_lines", 1)]


def test_falls_of_several_in_the_same_words() -> None:
    page = changed(
        fell("ada", 0, sentence="It waits."), fell("ben", 0, sentence="It waits."), fell("cem", 1, sentence="It waits.")
    )
    (fall,) = figures.other_falls(page)
    assert (fall.scenario, [mark.name for mark in fall.marks]) == ("two lines", ["ada", "ben"])


def test_what_to_look_at() -> None:
    looks = {
        look.what: [(each.mark.name, each.exercises, each.more) for each in look.entries]
        for look in figures.to_look_at(CLASS)
    }
    assert looks["uses helpers"] == [("cem", ["read_lines"], "")]
    assert not any("alike" in what for what in looks)
    (group,) = figures.alike(CLASS)
    assert (group.exercise, [mark.name for mark in group.marks]) == ("read_lines", ["cem", "dan"])
    assert looks["missing"] == [("emil", ["greet"], "No cell defines greet; there is great.")]
    assert looks["nothing handed in"] == [("faye", ["read_lines", "greet"], "")]


def test_a_stub_beside_something_with_a_name_that_is_near_is_looked_at() -> None:
    near = Mark("ada", LINES.key, NOT_STARTED, sentence="read_lines is still the lesson's stub; there is readlines.")
    (look,) = figures.to_look_at(changed(near, Mark("ben", LINES.key, NOT_STARTED)))
    assert (look.what, [(each.mark.name, each.more) for each in look.entries]) == (
        NOT_STARTED,
        [("ada", near.sentence)],
    )


def test_right_ones_may_be_alike_and_a_flag_that_nobody_can_group_is_told() -> None:
    assert figures.alike(changed(holds("ada", likeness="abc"), holds("ben", likeness="abc"))) == []
    (look,) = figures.to_look_at(changed(fell("ada", 0, flags=("is alike but for names and comments: ben",))))
    assert look.entries[0].more == "ben"


def test_who_is_stuck_where() -> None:
    (place,) = figures.stuck_places(CLASS)
    assert (place.exercise, [each.name for each in place.who]) == ("read_lines", ["cem"])


def test_no_two_scenarios_of_an_exercise_have_one_title() -> None:
    """By which it is known where somebody fell."""
    from helpers.exercises import exercises

    assert [each.key for each in exercises() if len(set(asked(each).scenarios)) < len(each.scenarios)] == []
