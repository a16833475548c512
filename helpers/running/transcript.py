"""What a program has printed, as far as it is kept.

Comes in: text, piece by piece, from the program's threads. Goes out: the whole of it while it is short, then its beginning and its end: exactly as it was printed
(`Transcript`), or as a terminal shows it (`TerminalTranscript`). Programs and servers keep one.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterable
from typing import TypeVar

from helpers.running.terminal import PLAIN, Run, Terminal
from helpers.sockets.owners import Guard

KEPT = 8 * 1024
"""Characters kept of the beginning and of the end of what a program prints."""
MOST_NEW = 64 * 1024
"""Characters that lie there unread at most; then whoever prints has to read them itself."""
PIECE = 64
"""For how many characters a piece counts, beside its own: that it is kept costs as much."""


T = TypeVar("T")


class Transcript:
    """The text a program has printed: all of it while it is short, then its beginning and its end.

    It is written by threads that may be stopped at any moment. So they lay down what they print, which is done or not done, and the work is the reader's.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._new: collections.deque[str] = collections.deque()
        self._size = 0  # of what is new; roughly, as several threads count
        self._lock = Guard()  # an object that is destroyed meanwhile may print as well
        self._reading = False
        self._exact = _Kept(kept)

    def write(self, text: str) -> None:
        self._new.append(text)
        self._size += len(text) + PIECE
        if self._size > MOST_NEW:
            self._read(lambda: None)

    @property
    def exact(self) -> str:
        """What was printed, character by character."""
        return self._read(lambda: _text(self._exact.runs()))

    def __str__(self) -> str:
        return self.exact

    def _read(self, what: Callable[[], T]) -> T:
        """`what`, of all that has been printed until now."""
        with self._lock:
            if not self._reading:
                self._reading = True
                try:
                    self._take_new()
                finally:
                    self._reading = False
            return what()

    def _take_new(self) -> None:
        self._size = 0
        new = "".join([self._new.popleft() for _ in range(len(self._new))])
        if new:
            self._take(new)

    def _take(self, text: str) -> None:
        self._exact.add([Run(text, PLAIN)])


class TerminalTranscript(Transcript):
    """The same as a terminal shows it. What a line had before it was overwritten stands in `exact` alone."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(kept)
        self._terminal = Terminal()
        self._shown = _Kept(kept)

    @property
    def runs(self) -> list[Run]:
        """What stands on the screen, and in which style."""
        return self._read(lambda: self._shown.runs(self._terminal.line()))

    def __str__(self) -> str:
        return _text(self.runs)

    def _take(self, text: str) -> None:
        super()._take(text)
        self._shown.add(self._terminal.feed(text))


class _Kept:
    """The beginning and the end of what is added."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._head: list[Run] = []
        self._room = kept  # in the head
        self._tail: list[Run] = []
        self._tail_size = 0
        self._cut = 0

    def add(self, runs: Iterable[Run]) -> None:
        for text, style in runs:
            if self._room:
                self._head.append(Run(text[: self._room], style))
                text = text[self._room :]
                self._room -= len(self._head[-1].text)
            if text:
                self._tail.append(Run(text, style))
                self._tail_size += len(text)
        if self._tail_size > 2 * self._kept:  # twice, so that it isn't cut for every line
            self._shorten()

    def runs(self, last: Iterable[Run] = ()) -> list[Run]:
        """All that is kept, and after it the `last` ones, which are not added."""
        whole = _Kept(self._kept)
        whole._head, whole._room = self._head[:], self._room
        whole._tail, whole._tail_size, whole._cut = self._tail[:], self._tail_size, self._cut
        whole.add(last)
        if not whole._cut:
            return _joined(whole._head + whole._tail)
        whole._shorten()
        return _joined([*whole._head, Run(f"\n… {whole._cut:,} characters are left out here …\n", PLAIN), *whole._tail])

    def _shorten(self) -> None:
        """Leave the beginning of the tail out."""
        tail: collections.deque[Run] = collections.deque()
        room = self._kept
        while room and self._tail:
            text, style = self._tail.pop()
            tail.appendleft(Run(text[-room:], style))
            room -= len(tail[0].text)
        self._cut += self._tail_size - (self._kept - room)
        self._tail, self._tail_size = _joined(tail), self._kept - room


def _joined(runs: Iterable[Run]) -> list[Run]:
    """Those beside each other that look the same are one."""
    return [Run(_text(same), style) for style, same in itertools.groupby(runs, lambda run: run.style)]


def _text(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)
