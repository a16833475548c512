"""What every drawing has in common: its colours stand out on light paper, and where a page's style sheet turns light into dark."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from helpers.course.environment import ROOT
from helpers.pictures.drawing import BLUE, CLASS, GREEN, INK, PAPER, PURPLE, QUIET, TINTS, VERMILLION

Colour = tuple[float, float, float]
_HALF_TURN = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))
"""What CSS means by hue-rotate(180deg)."""


def light(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def dark(colour: str) -> Colour:
    """The same as a dark page shows it: invert(0.93) hue-rotate(180deg)."""
    inverted = [0.93 - 0.86 * channel for channel in light(colour)]
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, inverted, strict=True)), 0.0), 1.0) for row in _HALF_TURN
    )
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """As WCAG reckons it."""

    def luminance(colour: Colour) -> float:
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour]
        return sum(part * each for part, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("shown", [light, dark])
@pytest.mark.parametrize("colour", [BLUE, VERMILLION, GREEN, PURPLE, INK, QUIET])
def test_every_colour_stands_out_in_both_themes(colour: str, shown: Callable[[str], Colour]) -> None:
    least = 4.5 if colour in (INK, QUIET) else 3  # of letters
    assert contrast(shown(colour), shown(PAPER)) >= least
    assert contrast(shown(INK), shown(TINTS[colour])) >= 4.5


def test_pages_know_a_picture_by_its_class() -> None:
    prefix = ROOT / "helpers/course/prefix/share/jupyter/labextensions/networking-with-python/static/pictures.js"
    handout = ROOT / "helpers/course/handouts/templates/handout/page.css"
    for style in (prefix, handout):
        text = style.read_text(encoding="utf-8")
        assert CLASS in text and re.search(r"filter: invert\(0\.93\) hue-rotate\(180deg\)", text)
