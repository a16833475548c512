"""The settings of a link, as its panel has them: sliders for its faults, in one direction or both, in words and in code."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from helpers.link.link import FAULTS, Link
from helpers.panels.links.settings import SCALES, Settings, spoken


@pytest.fixture
def link() -> Iterator[Link]:
    with Link(("127.0.0.1", 1)) as link:
        yield link


def place(fault: str, value: float) -> int:
    return SCALES[fault].values.index(value)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_slider_has_values_that_make_sense(fault: str) -> None:
    scale = SCALES[fault]
    assert scale.start in scale.values
    assert list(scale.values) == sorted(set(scale.values))
    for value in scale.values:
        FAULTS[fault].check(value)
        assert re.fullmatch(r"[\d,.]+ (s|bytes?|bytes/s)", spoken(fault, value))


def test_a_slider_sets_both_directions_or_one(link: Link) -> None:
    settings = Settings(link)
    settings.move("latency", place("latency", 0.3))
    assert link.latency == 0.3
    settings.direction = "downstream"
    settings.move("latency", place("latency", 0.5))
    settings.move("slicer", place("slicer", 2))
    assert (link.upstream.latency, link.downstream.latency) == (0.3, 0.5)
    assert (link.upstream.slicer, link.downstream.slicer) == (None, 2)
    assert settings.as_controls()["faults"]["latency"]["text"] == "0.5 s"
    settings.direction = "both"
    latency = settings.as_controls()["faults"]["latency"]
    assert (latency["text"], latency["mixed"], latency["on"]) == ("0.3 s / 0.5 s", True, True)
    assert settings.in_words()[:2] == [
        "latency: 0.3 s to the server, 0.5 s to the client",
        "slicer: off to the server, 2 bytes to the client",
    ]


def test_switched_off_and_on_it_is_as_before(link: Link) -> None:
    settings = Settings(link)
    settings.switch("bandwidth", True)
    assert link.bandwidth == SCALES["bandwidth"].start
    link.bandwidth = 123.0  # from a cell
    settings.switch("bandwidth", False)
    assert link.bandwidth is None
    settings.switch("bandwidth", True)
    assert link.bandwidth == 123.0


def test_it_shows_what_a_cell_has_set(link: Link) -> None:
    link.latency, link.slicer, link.coalesce = 0.123, (2, 5), (0.05, 10)
    faults = Settings(link).as_controls()["faults"]
    shown = {fault: (faults[fault]["text"], SCALES[fault].values[faults[fault]["place"]]) for fault in FAULTS}
    assert shown["latency"] == ("0.123 s", 0.12)
    assert shown["slicer"] == ("2 to 5 bytes", 2)
    assert shown["coalesce"] == ("0.05 s or 10 bytes", 0.05)
    assert shown["jitter"] == ("off", SCALES["jitter"].start)


def test_the_code_sets_another_link_the_same_way(link: Link) -> None:
    settings = Settings(link)
    assert settings.as_code() == "# every fault is off"
    link.latency, link.slicer, link.upstream.limit_data, link.down = 0.2, (1, 5), 100, True
    other = Link(("127.0.0.1", 1))
    exec(settings.as_code(), {"link": other})
    assert Settings(other).as_controls() == settings.as_controls()
    assert settings.as_code().splitlines()[0] == "link.latency = 0.2"


def test_all_off(link: Link) -> None:
    settings = Settings(link)
    for fault in FAULTS:
        settings.switch(fault, True)
    link.downstream.latency, link.down = 0.1, True
    settings.direction = "upstream"
    settings.all_off()
    assert settings.as_code() == "# every fault is off"
    assert not link.down
