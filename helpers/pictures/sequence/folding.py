"""Which calls of a long conversation are drawn: what repeats itself stands there once at its beginning and once at its end.

Comes in: calls, and what makes two of them look the same. Goes out: rows, each a call or a `Fold`. The `Scene` asks here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Sequence

from helpers.recording.events import Event

FOLDED_FROM = 40
"""Rows from which on repetitions are folded."""
LONGEST = 80
"""Rows that are left at most; of more, the middle is left out."""
PERIOD = 12
"""Rows of the longest block that is seen to repeat itself."""
REPEATED = 4
"""How often a block stands in a row before it is folded."""


@dataclasses.dataclass(frozen=True)
class Fold:
    """Calls that are not drawn, in one row's place."""

    events: tuple[Event, ...]
    repeats: int = 0
    """How often the same calls are repeated; 0 where the middle is just left out."""

    @property
    def words(self) -> str:
        count = len(self.events)
        if not self.repeats:
            return f"… {count:,} calls are left out here …"
        size = sum(event.size for event in self.events if event.sends)
        size = size or sum(event.size for event in self.events if event.receives)
        calls = "call" if count == self.repeats else f"{count // self.repeats} calls"
        return f"… the same {calls} {self.repeats:,} times more" + (f", {size:,} bytes …" if size else " …")


def fold(events: Sequence[Event], alike: Callable[[Event], Hashable]) -> list[Event | Fold]:
    """The events to draw, in their order, and a `Fold` where some are left out. Two events look the same where `alike` says the same."""
    if len(events) <= FOLDED_FROM:
        return list(events)
    rows = _without_repetitions(events, alike)
    if len(rows) <= LONGEST:
        return rows
    half = LONGEST // 2
    left_out = [event for row in rows[half:-half] for event in (row.events if isinstance(row, Fold) else (row,))]
    return [*rows[:half], Fold(tuple(left_out)), *rows[-half:]]


def _without_repetitions(events: Sequence[Event], alike: Callable[[Event], Hashable]) -> list[Event | Fold]:
    names: dict[Hashable, int] = {}
    looks = [names.setdefault(alike(event), len(names)) for event in events]
    rows: list[Event | Fold] = []
    at = 0
    while at < len(events):
        period, times = _block(looks, at)
        if not times:
            rows.append(events[at])
            at += 1
            continue
        first, last, end = at + period, at + period * (times - 1), at + period * times
        rows += [*events[at:first], Fold(tuple(events[first:last]), times - 2), *events[last:end]]
        at = end
    return rows


def _block(looks: Sequence[int], at: int) -> tuple[int, int]:
    """The length of the block that begins there and covers most by repeating itself, and how often it stands there; (0, 0) where none does."""
    best = (0, 0)
    for period in range(1, PERIOD + 1):
        end = at + period
        while end < len(looks) and looks[end] == looks[end - period]:
            end += 1
        times = (end - at) // period
        # A fold takes a row itself: it must hide more than one.
        if times >= REPEATED and period * (times - 2) > 1 and times * period > best[0] * best[1]:
            best = period, times
    return best
