"""Waiting for what comes about by itself, with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from helpers.pictures.drawing import Picture


def eventually(condition: Callable[[], object], timeout: float = 5) -> bool:
    """Wait until `condition()` holds, `timeout` seconds at most. Whether it does."""
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    return bool(condition())


def undisturbed(draw: Callable[[], Picture], tries: int = 5) -> Picture:
    """What `draw` draws, of a conversation in which nobody has to wait: again where a busy machine kept somebody waiting for longer than 50 ms, which a picture rightly tells."""
    for _ in range(tries):
        picture = draw()
        if "(waited " not in picture.text:
            break
    return picture
