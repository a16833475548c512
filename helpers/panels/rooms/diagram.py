"""A room in several designs, drawn: a row for each member, a cell for each line, and beside it where the member's threads wait.

Comes in: outcomes of trials. Goes out: a `Picture`. How it is said stands in `wording`.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.panels.rooms.trial import Outcome, State
from helpers.panels.rooms.wording import MEANINGS, alt, around, beside, describe
from helpers.pictures.drawing import (
    BLUE,
    BOLD,
    GREEN,
    INK,
    PAPER,
    PURPLE,
    QUIET,
    SMALL,
    TINTS,
    VERMILLION,
    Drawing,
    Picture,
    width,
)

_MARGIN = 14
_NAMES = 46
"""Pixels for the names of the members."""
_CELL, _STEP = 26, 30
"""Pixels of a cell, and from one to the next."""
_HEAD = 30
"""Pixels for the title of a design."""
_APART = 22
"""Pixels between two designs."""
_LEGEND = 26
"""Pixels for a line of the legend."""


def draw(outcomes: Sequence[Outcome]) -> Picture:
    """These designs, which were tried with the same setting, one below the other."""
    drawing = Drawing()
    wide = _width(outcomes)
    y: float = _MARGIN
    code_at = _codes(outcomes)
    for outcome in outcomes:
        drawing.text(_MARGIN, y + 16, outcome.design.title, bold=True)
        drawing.text(code_at, y + 16, outcome.design.code, size=SMALL, mono=True, colour=QUIET)
        y = _section(drawing, outcome, y + _HEAD) + _APART
    y = _legend(
        drawing, {state for outcome in outcomes for member in outcome.members for state in member.states}, y, wide
    )
    return Picture(drawing.svg(wide, y + _MARGIN, "A room"), alt(outcomes), describe(outcomes))


def _notes(said: Sequence[tuple[str, bool]]) -> str:
    """What others wait for, or what there is where nobody does."""
    matters = [words for words, is_waited_for in said if is_waited_for]
    return "; ".join(matters or [words for words, _ in said])


def _width(outcomes: Sequence[Outcome]) -> float:
    cells = _MARGIN + _NAMES + _STEP * outcomes[0].setting.lines + 8
    notes = [width(_notes(beside(outcome, member)), SMALL) for outcome in outcomes for member in outcome.members]
    codes = [width(outcome.design.code, SMALL, mono=True) for outcome in outcomes]
    return max(cells + max(notes), _codes(outcomes) + max(codes)) + _MARGIN


def _codes(outcomes: Sequence[Outcome]) -> float:
    """Where the code of each design begins: after the longest title."""
    return _MARGIN + max(width(outcome.design.title) * BOLD for outcome in outcomes) + 8


def _section(drawing: Drawing, outcome: Outcome, y: float) -> float:
    """The members in one design. Gives back where it ends."""
    if threads := around(outcome):
        _note(drawing, _MARGIN, y + 14, threads)
        y += _HEAD - 6
    for member in outcome.members:
        drawing.text(_MARGIN, y + 19, member.name, mono=True)
        for at, state in enumerate(member.states):
            _cell(drawing, _MARGIN + _NAMES + at * _STEP, y, state, str(at + 1))
        _note(drawing, _MARGIN + _NAMES + _STEP * len(member.states) + 8, y + 18, beside(outcome, member))
        y += _STEP
    return y


def _note(drawing: Drawing, x: float, y: float, said: Sequence[tuple[str, bool]]) -> None:
    """Words beside a member; what others wait for stands out."""
    matters = any(each for _, each in said)
    drawing.text(x, y, _notes(said), size=SMALL, colour=INK if matters else QUIET)


def _cell(drawing: Drawing, x: float, y: float, state: State, number: str) -> None:
    """A line as a member has it. No two states differ by their colour alone."""
    colour = INK
    match state:
        case "said":
            drawing.rect(x, y, _CELL, _CELL, fill=TINTS[INK])
        case "heard":
            drawing.rect(x, y, _CELL, _CELL, fill=TINTS[GREEN], line=GREEN)
        case "system":
            drawing.rect(x, y, _CELL, _CELL, fill=TINTS[PURPLE], line=PURPLE, thick=3)
        case "sending":
            drawing.rect(x, y, _CELL / 2, _CELL, fill=TINTS[VERMILLION])
            drawing.rect(x, y, _CELL, _CELL, line=VERMILLION, thick=3)
        case "waiting":
            drawing.rect(x, y, _CELL, _CELL, fill=TINTS[BLUE], line=BLUE, radius=_CELL / 2)
        case "ahead":
            drawing.rect(x, y, _CELL, _CELL, fill=PAPER, line=QUIET, dash="4 4")
            colour = QUIET
        case "never":
            drawing.line(x + 3, y + 3, x + _CELL - 3, y + _CELL - 3, colour=QUIET)
            drawing.line(x + 3, y + _CELL - 3, x + _CELL - 3, y + 3, colour=QUIET)
            return
    drawing.text(x + _CELL / 2, y + 18, number, size=SMALL, anchor="middle", colour=colour)


def _legend(drawing: Drawing, states: set[State], y: float, wide: float) -> float:
    """What the cells mean, of those that there are. Gives back where it ends."""
    x: float = _MARGIN
    for state, meaning in MEANINGS.items():
        if state not in states:
            continue
        needs = _CELL + 6 + width(meaning, SMALL) + 16
        if x > _MARGIN and x + needs > wide:
            x, y = _MARGIN, y + _LEGEND + 6
        _cell(drawing, x, y, state, "")
        drawing.text(x + _CELL + 6, y + 18, meaning, size=SMALL)
        x += needs
    return y + _LEGEND
