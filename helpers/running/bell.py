"""An event that a stop cannot break, and how a thread that waits for a lock is woken.

Whatever may be waited for by a thread that is stopped is a `Bell`, not an Event: `running` itself, and the panels.
"""

from __future__ import annotations

import threading
from typing import Any


class Bell:
    """An Event whose waiters share no lock: one that is stopped just when it holds that would lock out all others, the notebook too."""

    def __init__(self) -> None:
        self._rung = False
        self._waiters: set[Any] = set()

    def is_set(self) -> bool:
        return self._rung

    def set(self) -> None:
        self._rung = True
        for waiter in list(self._waiters):
            release(waiter)

    def clear(self) -> None:
        self._rung = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, at most `timeout` seconds (None: for ever). Whether it is."""
        waiter = threading.Lock()
        waiter.acquire()
        try:
            self._waiters.add(waiter)
            if not self._rung:
                waiter.acquire(timeout=-1 if timeout is None else min(timeout, threading.TIMEOUT_MAX))
        finally:
            self._waiters.discard(waiter)
        return self._rung


def release(waiter: Any) -> None:
    """Wake the thread that waits for this lock."""
    try:
        waiter.release()
    except (AttributeError, RuntimeError):
        pass  # not there yet, or woken meanwhile
