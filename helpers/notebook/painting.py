"""Paints what changes often at a rate that a browser can take: a program may print a hundred thousand times a second.

Comes in: marks, from whatever threads. Goes out: calls of `paint`, from one thread for all. Command windows use it; a panel changes seldom, and is painted at once.
"""

from __future__ import annotations

import queue
import threading
import time
import weakref
from typing import Protocol


class Paintable(Protocol):
    """What is painted."""

    def paint(self) -> float:
        """Show what there is to see now. Gives back the seconds for which the browser has enough to do."""
        ...


class Painter:
    """Paints what is marked, in the order of the marks, from one thread of its own. What nobody else refers to is left out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._marked: set[weakref.ref[Paintable]] = set()
        self._queue: queue.SimpleQueue[weakref.ref[Paintable]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def mark(self, reference: weakref.ref[Paintable]) -> None:
        """There is something new to see. Called from a program's threads, at every print: it must cost next to nothing."""
        if reference not in self._marked:
            self._marked.add(reference)
            self._queue.put(reference)

    def start(self) -> None:
        """Called from the notebook's thread, when something is shown for the first time."""
        if self._thread is None or not self._thread.is_alive():  # what could not be painted was its end
            self._thread = threading.Thread(target=self._paint, name=self._name, daemon=True)
            self._thread.start()

    def _paint(self) -> None:
        while True:
            reference = self._queue.get()
            self._marked.discard(reference)
            pause = _paint(reference)
            if pause:
                time.sleep(pause)


def _paint(reference: weakref.ref[Paintable]) -> float:
    """Not in the loop: while that waits, it must not refer to what was painted last."""
    painted = reference()
    return painted.paint() if painted is not None else 0.0
