"""A small input instead of the large one for which a function was found to fall: what hypothesis calls shrinking, for a function that is in another process.

Comes in: an input, what would be simpler than it, and whether the function falls for something. Goes out: an input for which it falls, and nothing simpler does. Who may import it: the exercises.

hypothesis itself is for tests: it decides which input to try next inside its own loop, one at a time, keeps a database on the disk, and takes half a second to import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

TRIES = 300
"""Inputs that are tried at most: each costs a word to the function's process and back, about a millisecond."""


def shrunk(large: T, simpler: Callable[[T], Iterable[T]], falls: Callable[[T], bool]) -> T:
    """An input for which the function falls, as `large` is, and for nothing that is `simpler`; or the best one after TRIES. The first candidates should be the simplest."""
    tries = TRIES
    candidates = iter(simpler(large))
    while tries and (candidate := next(candidates, None)) is not None:
        tries -= 1
        if falls(candidate):
            large, candidates = candidate, iter(simpler(candidate))
    return large


def simpler_texts(text: str, plain: str = "a") -> Iterator[str]:
    """First those whose characters are all `plain`; then shorter ones, without a half, a quarter, down to a single character; at last those with one `plain` character more."""
    if text != plain * len(text):
        yield plain * len(text)
        yield plain * len(text.encode())
    size = (len(text) + 1) // 2
    while size:
        yield from (text[:at] + text[at + size :] for at in range(0, len(text), size))
        size //= 2
    yield from (text[:at] + plain + text[at + 1 :] for at in range(len(text)) if text[at] != plain)
