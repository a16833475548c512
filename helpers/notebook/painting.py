"""Paints what changes often at a rate that a browser can take: a program may print a hundred thousand times a second.

Comes in: marks, from whatever threads. Goes out: calls of `paint`, from one thread for all. Command windows use it; a panel changes seldom, and is painted at once.
"""

from __future__ import annotations

import threading
import time
import weakref
from typing import Protocol

from helpers.running.bell import Bell


class Paintable(Protocol):
    """What is painted."""

    def paint(self) -> float:
        """Show what there is to see now. Gives back the seconds for which the browser has enough to do."""
        ...


class Painter:
    """Paints what is marked, in the order of the marks, from one thread of its own. What nobody else refers to is left out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._marked: dict[weakref.ref[Paintable], None] = {}  # in the order of the marks
        self._bell = Bell()
        self._thread: threading.Thread | None = None
        self._paints = False

    def mark(self, reference: weakref.ref[Paintable]) -> None:
        """There is something new to see. Called from a program's threads, at every print: it must cost next to nothing.

        A thread that is stopped in the middle leaves a mark, and the next one that marks anything rings.
        """
        self._marked[reference] = None
        self._bell.set()

    def start(self) -> None:
        """Called from the notebook's thread, when something is shown for the first time."""
        # What could not be painted was its end. That it paints no more it says itself: a thread that ends is alive for a moment longer.
        if not self._paints or self._thread is None or not self._thread.is_alive():
            self._bell.set()  # for what was marked until then
            self._paints = True
            self._thread = threading.Thread(target=self._paint, name=self._name, daemon=True)
            self._thread.start()

    def _paint(self) -> None:
        try:
            while True:
                self._bell.wait()
                self._bell.clear()
                for reference in list(self._marked):
                    self._marked.pop(reference, None)
                    pause = _paint(reference)
                    if pause:
                        time.sleep(pause)
        finally:
            self._paints = False


def _paint(reference: weakref.ref[Paintable]) -> float:
    """Not in the loop: while that waits, it must not refer to what was painted last."""
    painted = reference()
    return painted.paint() if painted is not None else 0.0
