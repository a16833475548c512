"""Who is stuck, and what the page says while the class works."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from helpers import exercises
from helpers.class_page.marks import ClassPage
from helpers.class_page.page import as_html
from helpers.class_page.working import LATELY, TRIES, working
from helpers.exercises.attempts_file import Attempt

EXACTLY, LINES = exercises.find("receive_exactly"), exercises.find("read_lines")
NOW = 1_796_000_000.0
TITLES = [each.title for each in EXACTLY.scenarios]


def fell(minutes_ago: float, scenario: int = 2, only: int | None = None, misconception: int | None = 2) -> Attempt:
    held = None if only else max(scenario - 1, 0)
    return Attempt(NOW - 60 * minutes_ago, EXACTLY.key, False, held, len(TITLES), scenario, misconception, only, 1, 0.2)


def holds(minutes_ago: float, only: int | None = None) -> Attempt:
    held = None if only else len(TITLES)
    return Attempt(NOW - 60 * minutes_ago, EXACTLY.key, not only, held, len(TITLES), None, None, only, 1, 0.2)


def elsewhere(attempt: Attempt) -> Attempt:
    """The same in another exercise."""
    return dataclasses.replace(attempt, exercise=LINES.key, of=len(LINES.scenarios))


def page(**attempts: Sequence[Attempt]) -> ClassPage:
    return working(attempts, [EXACTLY, LINES], {}, 3, NOW)


STUCK = {
    "often": [fell(4), fell(3), fell(2), fell(1)],
    "long": [fell(11), fell(0.5)],
    "after others": [fell(9, 1), fell(8, 5), fell(4), fell(3), fell(2), fell(1)],
    "by playing it alone": [fell(4), fell(3, only=2), fell(2, only=2), fell(1)],
    "with another one played alone": [fell(4), fell(3), holds(2.5, only=1), fell(2), fell(1)],
    "before the first scenario": [fell(4, 0, None, None), fell(3, 0, None, None), fell(2, 0, None, None), fell(1, 0, None, None)],
    "after another exercise": [elsewhere(holds(6)), fell(4), fell(3), fell(2), fell(1)],
}  # fmt: skip
NOT = {
    "not often": [fell(3), fell(2), fell(1)],
    "once, long ago": [fell(25)],
    "not lately": [fell(LATELY / 60 + minute) for minute in (4, 3, 2, 1)],
    "further": [fell(4), fell(3), fell(2), fell(1), fell(0.5, 3)],
    "back and forth": [fell(5), fell(4, 3), fell(3), fell(2, 3), fell(1)],
    "holds": [fell(4), fell(3), fell(2), fell(1), holds(0)],
    "has held before": [holds(9), fell(4), fell(3), fell(2), fell(1)],
    "holds where it fell": [fell(5), fell(4), fell(3), fell(2), holds(1.5, only=2), fell(1)],
    "gone on to another exercise": [fell(4), fell(3), fell(2), fell(1), elsewhere(fell(0))],
}


@pytest.mark.parametrize("why", STUCK)
def test_who_falls_again_and_again_at_the_same_place_is_stuck(why: str) -> None:
    (stuck,) = page(ada=STUCK[why]).stuck
    where = why if why == "before the first scenario" else TITLES[1]
    assert (stuck.name, stuck.exercise, stuck.scenario) == ("ada", "receive_exactly", where)
    assert (stuck.tries, stuck.minutes) == ((2, 10) if why == "long" else (4, 3))


@pytest.mark.parametrize("why", NOT)
def test_who_does_anything_else_is_not(why: str) -> None:
    assert page(ada=NOT[why]).stuck == []


def test_the_longer_somebody_tries_or_the_further_it_came_the_more_a_hint_says() -> None:
    def hint(scenario: int, tries: int) -> int:
        return page(ada=[fell(tries - n, scenario) for n in range(tries)]).stuck[0].hint

    stages = [each.stage for each in EXACTLY.scenarios]
    assert [hint(stages.index(stage) + 1, TRIES) for stage in (1, 2, 3)] == [1, 2, 3]
    assert [hint(1, tries) for tries in (TRIES, 2 * TRIES, 3 * TRIES, 9 * TRIES)] == [1, 2, 3, 3]


def test_the_last_check_of_all_scenarios_counts_and_what_held_once() -> None:
    marks = {
        each.name: each
        for each in page(
            ada=[fell(3, 5), fell(2, 3), fell(1, 2, only=2)], ben=[holds(3), fell(1)], cem=[fell(1, only=4)]
        ).marks
    }
    assert set(marks) == {"ada", "ben"}, "of one scenario alone nobody knows how far it came"
    ada, ben = marks["ada"], marks["ben"]
    assert (ada.state, ada.held, ada.of, ada.scenario, ada.misconception) == ("fell", 2, len(TITLES), TITLES[2], 2)
    assert (ben.state, ben.held, ben.scenario, ben.misconception) == ("holds", len(TITLES), "", None)


NAMES = ("adelaide", "benjamin", "cecilia", "david")


def test_the_page_names_who_is_stuck_and_the_projectors_nobody() -> None:
    made = page(**dict.fromkeys(NAMES[:3], STUCK["often"]), david=[holds(1)])
    html = as_html(made, refresh=10)
    assert (
        f"receive_exactly, <em>{TITLES[1]}</em>: adelaide (tried 4 times in 3 minutes; mistake 2; hint 1), benjamin ("
        in html
    )
    assert "All that they tried holds of david." in html and "by 4 learners" in html
    assert "handed in" not in html and "look at yourself" not in html
    unnamed = as_html(made, names=False, refresh=10)
    assert f"receive_exactly, <em>{TITLES[1]}</em>: 3 learners" in unnamed
    assert not [name for name in NAMES if name in unnamed]


def test_a_mistake_that_the_list_has_not_is_none() -> None:
    made = page(ada=[fell(minutes, misconception=999) for minutes in (4, 3, 2, 1)])
    assert made.stuck[0].misconception is None and made.marks[0].misconception is None
    assert "999" not in as_html(made)


def test_of_nothing_the_page_says_so() -> None:
    html = as_html(page(), refresh=10)
    assert "by 0 learners" in html and "Nobody, as far as these attempts tell." in html
    assert "No place where 3 or more are, as far as these attempts tell." in as_html(page(), names=False)


def test_a_page_that_is_not_refreshed_has_no_script() -> None:
    assert "script" not in as_html(page(ada=[fell(1)])) and "script-src 'sha256-" in as_html(page(), refresh=10)
