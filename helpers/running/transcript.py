"""What a program has printed, as far as it is kept.

Comes in: text, piece by piece, from the program's threads. Goes out: the whole of it while it is short, then its beginning and its end. Programs and servers keep one.
"""

from __future__ import annotations

from helpers.sockets.owners import Guard

KEPT = 8 * 1024
"""Characters kept of the beginning and of the end of what a program prints."""


class Transcript:
    """The text a program has printed: all of it while it is short, then its beginning and its end."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = Guard()  # an object that is destroyed meanwhile may print as well
        self._head = ""
        self._tail: list[str] = []
        self._tail_size = 0
        self._cut = 0

    def write(self, text: str) -> None:
        with self._lock:
            if room := self._kept - len(self._head):
                self._head += text[:room]
                text = text[room:]
            if not text:
                return
            self._tail.append(text)
            self._tail_size += len(text)
            if self._tail_size > 2 * self._kept:  # twice, so that it isn't cut for every line
                self._shorten()

    def _shorten(self) -> None:
        self._cut += self._tail_size - self._kept
        self._tail = ["".join(self._tail)[-self._kept :]]
        self._tail_size = self._kept

    def __str__(self) -> str:
        with self._lock:
            if self._tail_size > self._kept and self._cut:
                self._shorten()
            tail = "".join(self._tail)
            if not self._cut:
                return self._head + tail
            return f"{self._head}\n… {self._cut:,} characters are left out here …\n{tail}"
