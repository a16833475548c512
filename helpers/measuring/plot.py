"""What the lines of a load waited: all of them in a row, the shortest wait first; a curve for each load.

Comes in: names, and their waits. Goes out: a `Picture`, a plot made with matplotlib, which is loaded when the first one is drawn. `Load` draws with it.

The scale of time is one of powers of ten, as a wait behind somebody is a thousand times as long as another. A curve that ends at the line *no answer* has met it: from there on nobody was
answered.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from helpers.measuring.waits import MEASURED, NO_ANSWER, Waits, duration
from helpers.pictures.drawing import BLUE, GREEN, INK, PAPER, PURPLE, QUIET, TINTS, VERMILLION, Picture
from helpers.words import many, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWN = 6
"""Loads that are drawn; the text has them all."""
MARKED = (50, 99)
"""Of 100 lines, where a curve carries a mark: at the median, and at the 99th percentile."""
_LOOKS = (
    (BLUE, "-", "o"),
    (VERMILLION, "--", "s"),
    (GREEN, "-.", "^"),
    (PURPLE, ":", "D"),
    (INK, "-", "v"),
    (QUIET, "--", "P"),
)
"""Colour, dashes and mark of each curve."""
_LEAST = 1e-6
"""Seconds: nothing is quicker, and a scale of powers knows no nought."""
_INCHES = 9.6
_HIGH = 4.6
_DOTS = 100
"""To the inch: a point of a font is 1.4 pixels."""

_LEVEL = 0.07
"""Of the height, how far above each other those stand that have no answer."""


class Curve(NamedTuple):
    """What is drawn of a load."""

    name: str
    waits: Waits


def plot(curves: Sequence[Curve], text: str) -> Picture:
    """`text`: all of it in words."""
    return Picture(_image(curves[:DRAWN]), _alt(curves[:DRAWN]), text)


def _image(curves: Sequence[Curve]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_INCHES, _HIGH + 0.3 * len(curves)), dpi=_DOTS, facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    answered = [wait for curve in curves for wait in curve.waits.answered] or [0.001, 1.0]
    bottom, top = max(min(answered), _LEAST) / 1.6, max(*answered, _LEAST) * 1.6
    # Whoever has no answer stands above all that have one; beside each other, so that none hides another.
    step = (top / bottom) ** _LEVEL
    levels = [top * step ** (at + 1) for at in range(sum(bool(curve.waits.unanswered) for curve in curves))]
    axes.set_yscale("log")
    axes.set_ylim(bottom, levels[-1] * step if levels else top)
    free = iter(levels)
    for curve, look in zip(curves, _LOOKS, strict=False):
        _draw(axes, curve, next(free) if curve.waits.unanswered else top, look)
    _scales(axes, bottom, top, levels)
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


def _draw(axes: Axes, curve: Curve, level: float, look: tuple[str, str, str]) -> None:
    """`level`: at which its lines stand that were not answered."""
    colour, dashes, mark = look
    waits = curve.waits
    heights = [max(wait, _LEAST) for wait in waits.answered]
    places = [100 * rank / waits.lines for rank in range(1, len(heights) + 1)]
    if waits.unanswered:
        places, heights = [*places, places[-1] if places else 0.0, 100.0], [*heights, level, level]
    axes.plot([0.0, *places], [heights[0], *heights], color=colour, linestyle=dashes, linewidth=3)
    marks = [waits.within(percent) or level for percent in MARKED]
    axes.plot(MARKED, marks, color=colour, linestyle="none", marker=mark, markersize=10, zorder=3)
    # For the legend alone: a line with a mark on it. A dollar would begin a formula.
    label = _label(curve).replace("$", r"\$")
    axes.plot([], [], color=colour, linestyle=dashes, linewidth=3, marker=mark, markersize=10, label=label)


def _label(curve: Curve) -> str:
    waits = curve.waits
    quantiles = {"median": waits.within(50), "99th percentile": waits.within(99)}
    words = [f"{name} {duration(seconds)}" for name, seconds in quantiles.items() if seconds is not None]
    if waits.unanswered:
        words.append(
            f"{waits.unanswered:,} of {waits.lines:,} lines not answered" if waits.answered else "nobody was answered"
        )
    return f"{visible(curve.name)}: {', '.join(words)}"


def _scales(axes: Axes, bottom: float, top: float, levels: Sequence[float]) -> None:
    axes.set_xlim(-1, 101)
    axes.set_xlabel("lines, the one that was answered soonest first", fontsize=13)
    axes.set_xticks([0, 25, 50, 75, 99], labels=["0 %", "25 %", "50 %", "75 %", "99 %"])
    axes.set_ylabel("waited for the answer", fontsize=13)
    powers = [10.0**power for power in range(math.ceil(math.log10(bottom)), math.ceil(math.log10(top)))]
    ticks, names = powers, [_power(each) for each in powers]
    if levels:
        axes.axhspan(top, 10 * levels[-1], color=TINTS[QUIET], zorder=0)
        ticks, names = [*powers, math.sqrt(levels[0] * levels[-1])], [*names, NO_ANSWER]
    axes.set_yticks(ticks, labels=names)
    axes.set_yticks([], minor=True)
    axes.tick_params(labelsize=13, colors=INK)
    axes.grid(color="#dddddd")
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    # Above the axes, where no curve can run through it.
    axes.legend(
        fontsize=12, loc="lower left", bbox_to_anchor=(-0.01, 1.01), frameon=False, borderaxespad=0, handlelength=3
    )


def _power(seconds: float) -> str:
    """A power of ten, as a tick tells it."""
    return f"{seconds:g} s" if seconds > 0.5 else f"{seconds * 1000:g} ms"


def _alt(curves: Sequence[Curve]) -> str:
    names = "; ".join(visible(curve.name) for curve in curves)
    several = f"{many(len(curves), 'curve')}, one each for" if len(curves) > 1 else "the curve of"
    numbers = "; ".join(f"{_label(curve)}, most {duration(curve.waits.within(100))}" for curve in curves)
    return (
        f"What the clients of a load waited, {several} {names}: all lines in a row, the one that was answered soonest first, on a scale of powers of ten. "
        f"{MEASURED}{numbers}."
    )
