"""Colours of a terminal on pages that are light or dark: they can be read, whatever was asked for."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.notebook.colours import CONTRAST, RGB, WHITE, contrast, css
from helpers.running.terminal import PLAIN, Colour, Style
from tests.recording.support import ALL_THE_SAME

DARK: RGB = (0x11 / 255, 0x11 / 255, 0x11 / 255)
"""Behind the outputs, in JupyterLab's dark theme."""
COLOURS = st.one_of(st.integers(0, 255), st.tuples(*[st.integers(0, 255)] * 3))


def rgb(colour: str) -> RGB:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255


@settings(ALL_THE_SAME, max_examples=200)
@given(COLOURS, st.booleans())
def test_letters_are_told_from_a_light_and_from_a_dark_page(colour: Colour, dim: bool) -> None:
    found = re.match("color: (#[0-9a-f]{6}); ", css(Style(colour, dim=dim)))
    assert found is not None
    assert contrast(rgb(found[1]), WHITE) >= CONTRAST
    assert contrast(rgb(found[1]), DARK) >= 4


@settings(ALL_THE_SAME, max_examples=200)
@given(COLOURS, st.one_of(st.none(), COLOURS), st.booleans())
def test_nothing_is_hidden_upon_a_background(background: Colour, letters: Colour | None, swapped: bool) -> None:
    found = re.fullmatch(
        "color: (#[0-9a-f]{6}); background: (#[0-9a-f]{6})", css(Style(letters, background, reversed=swapped))
    )
    assert found is not None
    assert contrast(rgb(found[1]), rgb(found[2])) >= CONTRAST - 0.05  # of what a byte can say


def test_what_is_asked_for_is_kept_where_it_can_be_read() -> None:
    assert css(Style((255, 255, 0), (0, 0, 128))) == "color: #ffff00; background: #000080"
    assert css(Style((0, 0, 0), (0, 0, 0))) == "color: #ffffff; background: #000000"


def test_what_has_no_colour() -> None:
    assert css(PLAIN) == ""
    assert css(Style(bold=True)) == "font-weight: bold"
    assert (
        css(Style(italic=True, underlined=True, struck=True))
        == "font-style: italic; text-decoration: underline line-through"
    )
