"""What the clients of a load waited, as numbers, and these in words.

Comes in: an `Outcome`. Goes out: the waits in order, percentiles, words for seconds. Result and plot use it.

A line that has no answer when the time is over has waited longer than any other, however long that would have been: percentiles count it so, and do not only tell of those that were lucky.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from helpers.measuring.outcome import ASKS, Outcome

NO_ANSWER = "no answer"
MEASURED = "measured: "
"""Before whatever differs from run to run: comparisons of a lesson with its stored outputs overlook it, to the end of the line (`course/sanitize.cfg`)."""


class Waits(NamedTuple):
    """Of all lines that the clients came to say."""

    answered: list[float]
    """Seconds, the shortest first."""
    lines: int
    """How many there were to be."""

    @property
    def unanswered(self) -> int:
        """Lines that have no answer, and those that were never said because of that."""
        return self.lines - len(self.answered)

    def within(self, percent: float) -> float | None:
        """Seconds within which so many of 100 lines were answered; None: so many were not."""
        rank = max(math.ceil(self.lines * percent / 100), 1)
        return self.answered[rank - 1] if rank <= len(self.answered) else None


def waits_of(outcome: Outcome, lines: int) -> Waits:
    """`lines`: that each client was to say."""
    asking = [fate for fate in outcome.fates if fate.does == ASKS]
    return Waits(sorted(wait for fate in asking for wait in fate.waits), lines * len(asking))


def duration(seconds: float | None) -> str:
    """With two digits that count: 0.42 ms, 3.1 ms, 120 ms, 1.3 s."""
    if seconds is None:
        return NO_ANSWER
    number, unit = (seconds, "s") if seconds >= 0.9995 else (seconds * 1000, "ms")
    digits = 2 if number < 0.995 else 1 if number < 9.95 else 0
    return f"{number:.{digits}f} {unit}"
