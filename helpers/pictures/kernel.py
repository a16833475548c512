"""The kernel's view of the ends of a connection: a row for each look, a column for each end, the states by their names."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

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
from helpers.words import visible

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
_HEAD = 58
_BOX = 34
_LABEL = 22
"""Characters of a label that fit into a line."""


class _Run(NamedTuple):
    """Steps in a row in which an end is in one state."""

    state: str | None
    first: int
    last: int


def states(view: Any) -> Picture:
    """The looks of a `KernelView` from above to below; one that has not looked yet is asked now."""
    steps = view.now()
    ends = list(steps[0].states)
    left_out = max(len(ends) - COLUMNS, 0)
    notes = [f"{left_out} more ends are not drawn; the text has them all."] if left_out else []
    shown = steps
    if len(steps) > ROWS:
        shown = [*steps[: ROWS // 2], *steps[-ROWS // 2 :]]
        notes.append(f"{len(steps) - ROWS} steps in the middle are not drawn; the text has them all.")
    notes += [view.missing] if view.missing else []
    return Picture(
        _draw(shown, ends[:COLUMNS], notes), _alt(steps, ends, view.missing), _text(steps, ends, view.missing)
    )


def _draw(steps: list[Any], ends: list[str], notes: list[str]) -> str:
    drawing = Drawing()
    labels = min(max(len(step.label) for step in steps), _LABEL) * TEXT * 0.62 + 24
    left = _MARGIN + max(labels, 110)
    column = min((_WIDE - _MARGIN - left) / max(len(ends), 1), 210)
    for number, end in enumerate(ends):
        _title(drawing, left + column * (number + 0.5), end, column)
    bottom = _HEAD + _ROW * len(steps)
    for number, step in enumerate(steps):
        y = _HEAD + _ROW * number
        drawing.line(_MARGIN, y, left + column * len(ends), y, colour="#b5b5b5", thick=1)
        _label(drawing, y, step.label, left - _MARGIN - 10)
    for number, end in enumerate(ends):
        for run in _runs([step.states[end] for step in steps]):
            _run(
                drawing,
                left + column * number + 6,
                column - 12,
                run,
                run.first > 0 and any(step.states[end] for step in steps[: run.first]),
            )
    if not ends:
        drawing.text(left, 26, "The kernel lists no TCP socket of this kind.")
    y = bottom + 12
    for state in _occurring(steps, ends):
        y += 24
        drawing.text(_MARGIN, y, state, mono=True, size=SMALL, bold=True)
        drawing.text(_MARGIN + 120, y, MEANINGS[state], size=SMALL, fit=_WIDE - 2 * _MARGIN - 120)
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
        lines[-1] += f" {word}" if lines[-1] else word if len(word) <= most else word[: most - 1] + "…"
    return lines


def _runs(column: list[str | None]) -> list[_Run]:
    runs = []
    first = 0
    for state, group in itertools.groupby(column):
        last = first + len(list(group)) - 1
        runs.append(_Run(state, first, last))
        first = last + 1
    return runs


def _run(drawing: Drawing, x: float, wide: float, run: _Run, gone: bool) -> None:
    """A box from the step where the state begins to the last one in which it was seen."""
    y = _HEAD + _ROW * run.first + (_ROW - _BOX) / 2
    high = _ROW * (run.last - run.first) + _BOX
    middle = x + wide / 2
    if run.state is None:
        drawing.text(
            middle,
            y + _BOX / 2 + 5,
            "no longer listed" if gone else "not listed",
            size=SMALL,
            colour=QUIET,
            anchor="middle",
        )
        return
    colour = _COLOURS.get(run.state, INK)
    drawing.rect(x, y, wide, high, fill=TINTS[colour], line=colour, thick=2.5, radius=9, dash=_DASHES.get(run.state))
    drawing.text(middle, y + _BOX / 2 + 5.5, run.state, mono=True, bold=True, anchor="middle", fit=wide - 12)


def _occurring(steps: list[Any], ends: list[str]) -> list[str]:
    found = {step.states[end] for step in steps for end in ends}
    return [state for state in MEANINGS if state in found]


def _alt(steps: list[Any], ends: list[str], missing: str) -> str:
    if not ends:
        return "What the kernel lists of this conversation: no TCP socket."
    named = [f"{_called(end)} {_in_words([step.states[end] for step in steps])}" for end in ends[:COLUMNS]]
    looks = f" over {len(steps)} steps" if len(steps) > 1 else ""
    alt = f"The kernel's view{looks}: {'; '.join(named)}."
    if len(ends) > COLUMNS:
        alt += f" {len(ends) - COLUMNS} more ends are not drawn."
    return alt + (f" {missing}" if missing else "")


def _called(end: str) -> str:
    kind, _, number = end.partition(" ")
    return f"{_TITLES[kind]} {number}".rstrip()


def _in_words(column: list[str | None]) -> str:
    words = [run.state or "not listed" for run in _runs(column)]
    return ", then ".join(words)


def _text(steps: list[Any], ends: list[str], missing: str) -> str:
    lines = ["What the kernel says:"]
    for number, step in enumerate(steps, start=1):
        lines.append(f"{number}. {step.label}")
        lines += [f"   {_called(end)}: {step.states[end] or 'not listed'}" for end in ends]
    if not ends:
        lines.append("   no TCP socket of this conversation")
    lines += [f"{state}: {MEANINGS[state]}" for state in _occurring(steps, ends)]
    return "\n".join([*lines, *([missing] if missing else [])])
