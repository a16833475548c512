"""The colours of a terminal, so that they can be read on any page: a light one, a dark one, a stored one.

Comes in: a style of a program's output. Goes out: CSS for a `style` attribute, of our own making alone. Command windows use it, live and stored.

A program asks for red; how light a red is seen well, it does not know. So every colour of letters gets the same lightness, one that can be told from white (4.5:1) and from
JupyterLab's black (4:1), and then a little of the page's own colour for letters, which makes both better. What has a background gets letters that can be read upon it,
whatever was asked for: nothing is hidden by writing it in black on black.
"""

from __future__ import annotations

import functools

from helpers.running.terminal import Colour, Style

RGB = tuple[float, float, float]
"""Red, green, blue, from 0 to 1."""

LIGHTNESS = 0.178
"""Of letters: their relative luminance, as WCAG reckons it."""
OWN = 80
"""Percent of a colour that are its own; the others are the page's."""
CONTRAST = 4.5
"""Of letters and what is behind them, at least."""

_BASIC = (
    "000000", "cd3131", "0dbc79", "e5e510", "2472c8", "bc3fbc", "11a8cd", "e5e5e5",
    "666666", "f14c4c", "23d18b", "f5f543", "3b8eea", "d670d6", "29b8db", "ffffff",
)  # fmt: skip
"""The first 16 colours, which each terminal chooses for itself."""
BLACK, DARK_GREY, GREY, WHITE = (0.0,) * 3, (0.35,) * 3, (0.5,) * 3, (1.0,) * 3
_STEPS = (0, 95, 135, 175, 215, 255)
"""Of red, green and blue in the next 216 colours. The last 24 are greys."""


@functools.lru_cache(maxsize=1024)
def css(style: Style) -> str:
    """How it looks; empty if it is plain."""
    letters, behind = _rgb(style.foreground), _rgb(style.background)
    if style.reversed:
        letters, behind = behind, letters or DARK_GREY
    parts = []
    if behind:
        parts += _on(behind, letters)
    elif style.dim:
        parts += _letters(_mixed(letters or GREY, GREY))
    elif letters:
        parts += _letters(letters)
    parts += ["font-weight: bold"] * style.bold + ["font-style: italic"] * style.italic
    lines = ["underline"] * style.underlined + ["line-through"] * style.struck
    return "; ".join(parts + [f"text-decoration: {' '.join(lines)}"] * bool(lines))


def _letters(colour: RGB) -> list[str]:
    """On the page itself. Where a page knows no mixing, or a sanitizer does not let it pass, the first holds."""
    own = _hex(_lit(colour, LIGHTNESS))
    return [f"color: {own}", f"color: color-mix(in srgb, {own} {OWN}%, currentcolor)"]


def _on(behind: RGB, letters: RGB | None) -> list[str]:
    if letters is None or contrast(letters, behind) < CONTRAST:
        letters = max(BLACK, WHITE, key=lambda each: contrast(each, behind))
    return [f"color: {_hex(letters)}", f"background: {_hex(behind)}"]


def contrast(one: RGB, other: RGB) -> float:
    """How well they can be told apart, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: RGB) -> float:
    """How light it is, from 0 to 1."""
    red, green, blue = map(_linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: Colour | None) -> RGB | None:
    if colour is None:
        return None
    if isinstance(colour, tuple):
        red, green, blue = colour
    elif colour < 16:
        red, green, blue = bytes.fromhex(_BASIC[colour])
    elif colour < 232:
        red, green, blue = (_STEPS[(colour - 16) // size % 6] for size in (36, 6, 1))
    else:
        red = green = blue = 8 + 10 * (colour - 232)
    return red / 255, green / 255, blue / 255


def _lit(colour: RGB, light: float) -> RGB:
    """The same colour, darker or with more white in it, so that its luminance is `light`."""
    before = luminance(colour)
    if before > light:
        red, green, blue = (_linear(each) * light / before for each in colour)
    else:
        white = (light - before) / (1 - before)
        red, green, blue = (_linear(each) * (1 - white) + white for each in colour)
    return _gamma(red), _gamma(green), _gamma(blue)


def _mixed(one: RGB, other: RGB) -> RGB:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2, (one[2] + other[2]) / 2


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _gamma(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)


def _hex(colour: RGB) -> str:
    return "#" + "".join(f"{round(255 * each):02x}" for each in colour)
