"""What a load has found: percentiles that count those who waited in vain, and a plot whose alt text tells them."""

from __future__ import annotations

import pytest

from helpers.course.storing import read_rules
from helpers.measuring.outcome import ASKS, SERVED, SLOW, WAITING, Fate, Outcome
from helpers.measuring.plan import plan
from helpers.measuring.result import Load
from helpers.measuring.waits import Waits, duration
from tests.pictures.test_stairs import size_of


@pytest.fixture(autouse=True, scope="module")
def fonts_are_open() -> None:
    """matplotlib keeps the files of its fonts open: no test has left those behind."""
    made("threads", (0.1, 0.2)).plot()


def made(name: str, *waits: tuple[float, ...], lines: int = 2, one_core: bool = False) -> Load:
    """Of clients with these waits, and a slow one."""
    ends = [SERVED if len(each) == lines else WAITING for each in waits]
    fates = [Fate(number, ASKS, end, each) for number, (end, each) in enumerate(zip(ends, waits, strict=True), start=2)]
    outcome = Outcome((Fate(1, SLOW, WAITING), *fates), 2.0, 0.5, 0.001, one_core, still=False, released=False)
    wanted = plan(("127.0.0.1", 1), len(waits) + 1, 1, 0, lines, None, None, "echo", 5)
    return Load(name, wanted, outcome)


def test_who_waited_in_vain_waited_longest() -> None:
    waits = Waits([0.1, 0.2, 0.3], lines=6)
    assert [waits.within(percent) for percent in (1, 17, 50, 51, 100)] == [0.1, 0.2, 0.3, None, None]
    assert waits.unanswered == 3


def test_seconds_are_told_with_two_digits() -> None:
    told = [duration(each) for each in (0.00042, 0.0031, 0.12, 0.9999, 1.26, 12.4, None)]
    assert told == ["0.42 ms", "3.1 ms", "120 ms", "1.0 s", "1.3 s", "12 s", "no answer"]


def test_an_outcome_comes_through_json() -> None:
    load = made("threads", (0.1, 0.2), ())
    assert Outcome.of_json(load.outcome.as_json()) == load.outcome
    assert type(load.plan).of_json(load.plan.as_json()) == load.plan


def test_its_own_share_is_told() -> None:
    assert made("threads", (0.004, 0.006)).own_share == pytest.approx(0.1)
    alone = made("threads", (0.004, 0.006), one_core=True)
    assert alone.own_share == 0.25, "on a single core the server rests while the load works"
    assert "Of the waiting at most 25 % is the load's own doing: compare" in alone.describe()


def test_several_stand_in_one_plot() -> None:
    threads, loop = made("threads", (0.001, 0.002), (0.003, 0.004)), made("$loop$ <i>", (0.1,), ())
    picture = threads.beside(loop, made("none", (), ()))
    assert size_of(picture)[0] == 960
    assert "threads (1 slow): median 2.0 ms, 99th percentile 4.0 ms, most 4.0 ms" in picture.alt
    assert "$loop$ <i> (1 slow): 3 of 4 lines not answered, most no answer" in picture.alt
    assert "none (1 slow): nobody was answered" in picture.alt
    assert picture.text.splitlines()[0] == "threads: all 2 clients were served."
    assert "<i>" not in picture.as_html()
    with pytest.raises(TypeError, match="another one"):
        threads.beside("loop")  # type: ignore[arg-type]


def test_a_comparison_overlooks_what_was_measured() -> None:
    one, other = made("threads", (0.001, 0.002)), made("threads", (0.003, 0.005))
    overlook = read_rules(compared=True)
    assert one.describe() != other.describe() and overlook(one.describe()) == overlook(other.describe())
    assert one.as_html() != other.as_html() and overlook(one.as_html()) == overlook(other.as_html())
    html, other_html = one.plot().as_html(), other.plot().as_html()
    assert html != other_html and overlook(html) == overlook(other_html)
