"""One `sendall` that the system does not take at once: its pieces, as others may send on the same socket in between.

Comes in: each piece, from the traced socket's `sendall`, as soon as the system has taken it. Goes out: entries on the tape, one for the whole as long as nobody came between; otherwise one for each piece, whose
`size` is less than what was `asked`. Each is counted in the socket's trace at once, so that bytes have their places in the order in which they went. Who imports it: `traced`, and
`waiting`, which tells how far a `sendall` has come that has not come back.

On a socket that blocks the system would take the pieces by itself, and say nothing of them. So while a tape runs `sendall` asks it for no more than there is room for (`AT_ONCE`), and waits for room as
the system would. (Windows has no such flag: there the bytes themselves must say whose they are.)
"""

from __future__ import annotations

import socket
from typing import Any

from helpers.sockets import tapes
from helpers.sockets.tapes import More, Trace, kept, note, now, size_of

AT_ONCE = int(getattr(socket, "MSG_DONTWAIT", 0))
"""The flag of a call that takes what there is, or gives what there is room for, and does not wait; 0 on Windows, which has none."""


class Pieces:
    """What a `sendall` has given so far. Pieces between which nobody else sent are one."""

    __slots__ = ("_asked", "_begun", "_data", "_ended", "_given", "_trace", "offset", "several", "size")

    def __init__(self, trace: Trace, data: Any, begun: float) -> None:
        self._trace = trace
        self._data = data
        self._asked = size_of(data)
        self._begun = begun
        self._ended = begun
        self._given = 0
        self.offset = trace.sent
        """Of the latest piece: its place in the stream."""
        self.size = 0
        self.several = False
        """Whether somebody else has sent between two of them."""

    def add(self, size: int) -> None:
        """So many bytes more were taken just now."""
        trace = self._trace
        if not self.size:
            self.offset = trace.sent
        elif trace.sent != self.offset + self.size:
            self._begin_another()
        trace.sent += size
        self.size += size
        self._given += size
        self._ended = now()

    @property
    def is_followed(self) -> bool:
        """Whether somebody else has sent behind, or before, the latest piece."""
        return self.several or self._trace.sent != self.offset + self.size

    def finish(self, error: str | None = None, timeout: float | None = None) -> None:
        """All are taken, or it failed: tell what is not told yet."""
        if tapes.running:
            more = More(error, None, 0, timeout) if error else None
            note(self._trace, "sendall", self._begun, self._bytes(), self.size, self._asked, self.offset, more)

    def _begin_another(self) -> None:
        if tapes.running:
            note(
                self._trace,
                "sendall",
                self._begun,
                self._bytes(),
                self.size,
                self._asked,
                self.offset,
                ended=self._ended,
            )
        self.several = True
        self._begun = self._ended
        self.offset = self._trace.sent
        self.size = 0

    def _bytes(self) -> bytes:
        """What a tape keeps of the latest piece."""
        if not self.size and not self._given:
            return tapes.given(self._data)
        view = memoryview(self._data).cast("B")
        return kept(view[self._given - self.size : self._given], self.size)
