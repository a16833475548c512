"""The history of a chat: what was said to all, as far back as a newcomer hears it; and why somebody heard another one.

Comes in: lines as they are heard, in the order in which they were said. Goes out: those that a newcomer is to hear; `Fell`. Who may import it: place, and the scenes.
"""

from __future__ import annotations

import collections

from helpers.checking.verdicts import Fell, shown
from helpers.words import many

MOST_LINES = 100
"""Lines of the history."""
MOST_BYTES = 1 << 18
"""Bytes of the history, as it is heard: with names and newlines."""
OLDER = 400
"""Lines that are remembered here, so that one which is too old is recognized."""


class History:
    """What was said to all."""

    def __init__(self) -> None:
        self._said: collections.deque[bytes] = collections.deque(maxlen=OLDER)

    def add(self, line: bytes) -> None:
        self._said.append(line)

    def lines(self) -> list[bytes]:
        """Those that a newcomer is to hear: the last ones, as many as there may be."""
        found: list[bytes] = []
        size = 0
        for line in reversed(self._said):
            size += len(line)
            if len(found) == MOST_LINES or size > MOST_BYTES:
                break
            found.append(line)
        return found[::-1]

    def holds(self, line: bytes) -> bool:
        """Whether it was ever said to all, as far as that is remembered."""
        return line in self._said


def mistake(history: History, past: list[bytes], who: str, heard: list[bytes], at: int) -> Fell:
    """Why a newcomer heard something else than it was to hear. `past`: the lines that were to come first. `at`: where what it heard differs for the first time."""
    got, joined = heard[at], b"* %s joined\n" % who.encode()
    told = f"{who} came late, and was to hear {many(len(past), 'line')} that had been said before, and then {shown(joined)}"
    if got == joined:
        return Fell(f"{told}; {_too_early(at, past, heard[at + 1 :])}", about=[who])
    return Fell(f"{told}; {_strange(history, got, past, at)}", about=[who])


def _too_early(at: int, want: list[bytes], after: list[bytes]) -> str:
    if want[at] in after:
        return f"but {shown(want[at])} came after that line: the history comes first, so that the newcomer's own name tells where the past ends."
    if at == 0:
        return "but nothing of what was said before came. Keep the last lines that were said to all, also when those who said them, or all who heard them, have left; and send them before anything else."
    return f"but only {many(at, 'line')} of these came before it, and {shown(want[at])} did not."


def _strange(history: History, got: bytes, want: list[bytes], at: int) -> str:
    """What is wrong with a line in the place of another."""
    if got.startswith(b"* "):
        return f"{shown(got)} was among them: who came and who left is no part of the history, which has only what was said to all."
    if got.startswith(b"@") or b": @" in got:
        return f"{shown(got)} was among them: a private line is for one member, and no part of the history."
    if at == len(want):
        return f"{shown(got)} came in between."
    if got in want[:at]:
        return f"{shown(got)} came twice, or too late: each line once, in the order in which they were said."
    if got in want:
        return f"{shown(want[at])} was missing or came too late, and {shown(got)} stood in its place. The history has the last {MOST_LINES} lines, or as many of the last ones as have {MOST_BYTES:,} bytes together: each once, and the oldest first."
    if history.holds(got):
        return f"{shown(got)} was among them, which is too old: at most {MOST_LINES} lines, and at most {MOST_BYTES:,} bytes of them, names and newlines included. Whatever has no bound grows until the memory is full."
    return f"where {shown(want[at])} was to come, it was {shown(got)}."
