"""The kernel's view of the ends of a connection: a row for each step, a column for each end, the states by their names.

Comes in: a `View`, the looks that somebody took at the kernel (`helpers.states(…)` is one). Goes out: a `Picture`. Nothing here asks the kernel.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from helpers.pictures.drawing import (
    BLUE,
    GREEN,
    INK,
    PURPLE,
    QUIET,
    SMALL,
    TEXT,
    TINTS,
    VERMILLION,
    Drawing,
    Picture,
)
from helpers.words import shortened, visible

MEANINGS = {
    "LISTEN": "waits for clients",
    "SYN_SENT": "has asked for a connection, and has no answer yet",
    "SYN_RECV": "has answered a client's request; the handshake is not complete",
    "ESTABLISHED": "connected, both directions are open",
    "FIN_WAIT1": "has closed, or sends no more; the peer's system has not confirmed that yet",
    "FIN_WAIT2": "has closed, or sends no more; the peer has not closed yet",
    "CLOSE_WAIT": "the peer has closed, or sends no more; this end has not closed yet",
    "CLOSING": "both ends have closed at the same time",
    "LAST_ACK": "has closed as the second; the last confirmation is on its way",
    "TIME_WAIT": "closed first; the system keeps the addresses for a while, in case packets are late",
}
"""Each state in a few words."""
_COLOURS = {
    "LISTEN": BLUE,
    "ESTABLISHED": GREEN,
    "FIN_WAIT1": VERMILLION,
    "FIN_WAIT2": VERMILLION,
    "CLOSING": VERMILLION,
    "CLOSE_WAIT": PURPLE,
    "LAST_ACK": PURPLE,
}
_DASHES = {"TIME_WAIT": "6 4", "SYN_SENT": "6 4", "SYN_RECV": "6 4"}
_TITLES = {"listening": "listening socket", "client": "client", "server": "server's connection"}

COLUMNS = 6
"""Ends that are drawn; the text has them all."""
ROWS = 40
"""Steps that are drawn, the first and the last ones."""
_WIDE = 960
_MARGIN = 12
_ROW = 46
"""Height of a step, pixels."""
_HEAD = 58
"""Height of the titles."""
_BOX = 34
"""Height of a state that lasts one step."""
_LABEL = 22
"""Characters of a label that fit into a line."""


class Step(Protocol):
    """One look at the kernel."""

    @property
    def label(self) -> str:
        """When it was taken, in somebody's words."""
        ...

    @property
    def states(self) -> Mapping[str, str | None]:
        """For each end its state, as the kernel names it; None: it lists no such socket.

        The ends are called "listening", "client", "server"; from the second on with a number: "client 2". In every step the same.
        """
        ...


class View(Protocol):
    """What the kernel said, look by look."""

    @property
    def missing(self) -> str:
        """What this system does not show, in words; empty where it shows everything."""
        ...

    def now(self) -> Sequence[Step]:
        """The looks so far; where there is none, a look now. At least one."""
        ...


class _Run(NamedTuple):
    """Steps in a row in which an end is in one state."""

    state: str | None
    first: int
    """The step in which it begins, from 0."""
    last: int


def states(view: View) -> Picture:
    """The looks of `view` from above to below; one that has not looked yet is asked now."""
    steps = view.now()
    ends = list(steps[0].states)
    left_out = max(len(ends) - COLUMNS, 0)
    notes = [f"{left_out} more ends are not drawn; the text has them all."] if left_out else []
    drawn = steps
    if len(steps) > ROWS:
        drawn = [*steps[: ROWS // 2], *steps[-ROWS // 2 :]]
        notes.append(f"{len(steps) - ROWS} steps in the middle are not drawn; the text has them all.")
    notes += [view.missing] if view.missing else []
    image = _draw(drawn, ends[:COLUMNS], notes)
    return Picture(image, _alt(steps, ends, view.missing), _describe(steps, ends, view.missing))


# The drawing


def _draw(steps: Sequence[Step], ends: Sequence[str], notes: Sequence[str]) -> str:
    drawing = Drawing()
    labels = min(max(len(step.label) for step in steps), _LABEL) * TEXT * 0.62 + 24
    left = _MARGIN + max(labels, 110)
    column = min((_WIDE - _MARGIN - left) / max(len(ends), 1), 210)
    for number, end in enumerate(ends):
        _title(drawing, left + column * (number + 0.5), end, column)
    for number, step in enumerate(steps):
        y = _HEAD + _ROW * number
        drawing.line(_MARGIN, y, left + column * len(ends), y, colour="#b5b5b5", thick=1)
        _label(drawing, y, step.label, left - _MARGIN - 10)
    for number, end in enumerate(ends):
        _column(drawing, left + column * number + 6, column - 12, _states_of(end, steps))
    if not ends:
        drawing.text(left, 26, "The kernel lists no TCP socket of this kind.")
    y = _HEAD + _ROW * len(steps) + 12
    y = _meanings(drawing, y, _occurring(steps, ends))
    y += 8 * bool(notes)
    for line in itertools.chain.from_iterable(_wrapped(note, 125) for note in notes):
        y += 22
        drawing.text(_MARGIN, y, line, size=SMALL, colour=QUIET)
    return drawing.svg(_WIDE, y + 18, "The kernel's view of the connection")


def _title(drawing: Drawing, x: float, end: str, column: float) -> None:
    kind, _, number = end.partition(" ")
    *above, last = _TITLES[kind].split()
    drawing.text(x, 24, " ".join(above), bold=True, anchor="middle", fit=column - 4)
    drawing.text(x, 45, f"{last} {number}".rstrip(), bold=True, anchor="middle", fit=column - 4)


def _label(drawing: Drawing, y: float, label: str, room: float) -> None:
    lines = _wrapped(visible(label), _LABEL)
    if len(lines) > 2:
        lines = [lines[0], lines[1][: _LABEL - 1] + "…"]
    for number, line in enumerate(lines):
        drawing.text(_MARGIN, y + _ROW / 2 + 6 - 10 * (len(lines) - 1) + 20 * number, line, fit=room)


def _wrapped(words: str, most: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else shortened(word, most)
    return lines


def _column(drawing: Drawing, x: float, wide: float, states: Sequence[str | None]) -> None:
    """The states of an end: a box from the step where one begins to the last one in which it was seen."""
    middle = x + wide / 2
    for run in _runs(states):
        y = _HEAD + _ROW * run.first + (_ROW - _BOX) / 2
        if run.state is None:
            words = "no longer listed" if any(states[: run.first]) else "not listed"
            drawing.text(middle, y + _BOX / 2 + 5, words, size=SMALL, colour=QUIET, anchor="middle")
            continue
        high = _ROW * (run.last - run.first) + _BOX
        colour, dash = _COLOURS.get(run.state, INK), _DASHES.get(run.state)
        drawing.rect(x, y, wide, high, fill=TINTS[colour], line=colour, thick=2.5, radius=9, dash=dash)
        drawing.text(middle, y + _BOX / 2 + 5.5, run.state, mono=True, bold=True, anchor="middle", fit=wide - 12)


def _meanings(drawing: Drawing, y: int, states: Sequence[str]) -> int:
    """Below the steps, a line for each state; where the lines end."""
    for state in states:
        y += 24
        drawing.text(_MARGIN, y, state, mono=True, size=SMALL, bold=True)
        drawing.text(_MARGIN + 120, y, MEANINGS[state], size=SMALL, fit=_WIDE - 2 * _MARGIN - 120)
    return y


# What is drawn and told


def _states_of(end: str, steps: Sequence[Step]) -> list[str | None]:
    return [step.states[end] for step in steps]


def _runs(states: Sequence[str | None]) -> list[_Run]:
    runs = []
    first = 0
    for state, group in itertools.groupby(states):
        last = first + len(list(group)) - 1
        runs.append(_Run(state, first, last))
        first = last + 1
    return runs


def _occurring(steps: Sequence[Step], ends: Sequence[str]) -> list[str]:
    """The states that somebody was in, in the order of a connection's life."""
    found = {state for end in ends for state in _states_of(end, steps)}
    return [state for state in MEANINGS if state in found]


def _called(end: str) -> str:
    kind, _, number = end.partition(" ")
    return f"{_TITLES[kind]} {number}".rstrip()


# The words


def _alt(steps: Sequence[Step], ends: Sequence[str], missing: str) -> str:
    if not ends:
        return "What the kernel lists of this conversation: no TCP socket."
    named = [f"{_called(end)} {_in_words(_states_of(end, steps))}" for end in ends[:COLUMNS]]
    looks = f" over {len(steps)} steps" if len(steps) > 1 else ""
    alt = f"The kernel's view{looks}: {'; '.join(named)}."
    if len(ends) > COLUMNS:
        alt += f" {len(ends) - COLUMNS} more ends are not drawn."
    return alt + (f" {missing}" if missing else "")


def _in_words(states: Sequence[str | None]) -> str:
    return ", then ".join(run.state or "not listed" for run in _runs(states))


def _describe(steps: Sequence[Step], ends: Sequence[str], missing: str) -> str:
    lines = ["What the kernel says:"]
    for number, step in enumerate(steps, start=1):
        lines.append(f"{number}. {step.label}")
        lines += [f"   {_called(end)}: {step.states[end] or 'not listed'}" for end in ends]
    if not ends:
        lines.append("   no TCP socket of this conversation")
    lines += [f"{state}: {MEANINGS[state]}" for state in _occurring(steps, ends)]
    return "\n".join([*lines, *([missing] if missing else [])])
