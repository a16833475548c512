"""What something costs the processor, on whatever machine: one that is slower, or shares its cores, is given more time in the measure in which it is slow at everything."""

from __future__ import annotations

import time
from collections.abc import Callable

YARDSTICK = 0.002
"""Seconds that the `yardstick` takes on the machine for which the tests' bounds are set."""


def costs_less(seconds: float, what: Callable[[], object], tries: int = 30) -> bool:
    """Whether `what` costs fewer `seconds` of the processor, in one of so many `tries`: whatever disturbs it only makes it dearer."""
    return any(took(what) < seconds * slowness() for _ in range(tries))


def slowness() -> float:
    """How many times longer than there the same work takes here and now; 1 where it takes less."""
    return max(1.0, min(took(yardstick) for _ in range(3)) / YARDSTICK)


def took(what: Callable[[], object]) -> float:
    """Seconds of the processor, for all threads of this process: what others do meanwhile does not count."""
    begun = time.process_time()
    what()
    return time.process_time() - begun


def yardstick() -> None:
    """A piece of work of the kind that is measured: texts, numbers, small objects."""
    words = [f"<text x='{number / 7:.1f}'>{number:,}</text>" for number in range(3000)]
    "".join(sorted(words))
