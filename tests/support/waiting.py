"""Waiting for what comes about by itself, with a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], timeout: float = 5) -> bool:
    """Wait until `condition()` holds, `timeout` seconds at most. Whether it does."""
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    return bool(condition())
