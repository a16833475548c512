"""Waiting for what comes about by itself, with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from helpers.pictures.drawing import Picture

AT_ONCE = 15.0
"""Seconds within which, on the busiest machine, something has ended that waits for nothing. What it must not wait for takes a minute, or for ever."""


def eventually(condition: Callable[[], object], timeout: float = 20) -> bool:
    """Wait until `condition()` holds, `timeout` seconds at most. Whether it does."""
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    return bool(condition())


def once_within(seconds: float, what: Callable[[], object], tries: int = 10) -> bool:
    """Whether `what` takes less than so many `seconds`, once in so many `tries`: a busy machine makes it longer, and nothing makes it shorter."""
    for _ in range(tries):
        begun = time.monotonic()
        what()
        if time.monotonic() - begun < seconds:
            return True
    return False


def undisturbed(draw: Callable[[], Picture], tries: int = 5) -> Picture:
    """What `draw` draws, of a conversation in which nobody has to wait: again where a busy machine kept somebody waiting for longer than 50 ms, which a picture rightly tells."""
    for _ in range(tries):
        picture = draw()
        if "(waited " not in picture.text:
            break
    return picture
