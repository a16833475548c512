"""One `sendall` that the system does not take at once: its pieces, as others may send on the same socket in between.

Comes in: each piece, from the traced socket's `sendall`, as soon as the system has taken it. Goes out: an entry (`PIECE`) for each of several on the tape, and at the end that of the whole. Each is counted
in the socket's trace at once. `recording.pieces` finds out whether anybody came between; if not, the whole is all that is told. Who imports it: `traced`, and whoever reads a tape.

On a socket that blocks the system would take the pieces by itself, and say nothing of them. So while a tape runs `sendall` asks it for no more than there is room for (`DONTWAIT`), and waits for room as
the system would. (Windows has no such flag: there only the bytes that were received can say whose they are.)
"""

from __future__ import annotations

import socket
from typing import Any

from helpers.sockets import owners, tapes
from helpers.sockets.plain import is_ready
from helpers.sockets.tapes import LARGE, More, Trace, kept, note, now, size_of

DONTWAIT = int(getattr(socket, "MSG_DONTWAIT", 0))
"""The flag of a call that takes what there is, or gives what there is room for, and does not wait; 0 on Windows, which has none."""


PIECE = "sendall, a piece"
"""The name of an entry that is none of a call, but of a part of one."""


MOST = 1 << 20
"""Up to that place in what a `sendall` was given, more is kept of each piece (of `LARGE` bytes all) than of a call: by it the threads are told apart whose first pieces came at the same time."""

_one_at_a_time = owners.Guard()


class Pieces:
    """What a `sendall` has given so far."""

    __slots__ = ("_begun", "_data", "_offset", "_rest", "_since", "_trace", "asked", "given")

    def __init__(self, trace: Trace, data: Any, begun: float) -> None:
        self._trace = trace
        self._data = data
        self._rest = memoryview(data).cast("B")
        self.asked = size_of(data)
        self._begun = self._since = begun
        self.given = 0
        """How many bytes were taken so far."""
        self._offset = trace.sent

    def __enter__(self) -> Pieces:
        self._trace.piecemeal += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._trace.piecemeal -= 1

    def send(self, sock: Any, flags: int) -> None:
        """As much of the rest as there is room for now; perhaps nothing. It is counted before another thread sends a piece: so the count has the order of the stream."""
        with _one_at_a_time:
            # With a timeout it would wait, if another thread was faster.
            if flags == 0 and sock.gettimeout() != 0 and not is_ready(sock, reading=False):
                return
            try:
                self.add(sock._send(self._rest[self.given :], flags))
            except BlockingIOError:
                if not flags:
                    raise

    def add(self, size: int) -> None:
        """So many bytes more were taken just now."""
        if not size:
            return
        trace, before, ended = self._trace, self.given, now()
        offset = trace.sent
        trace.sent = offset + size
        self.given = before + size
        if not before:
            self._offset = offset
        if before or size < self.asked:  # all at once is no piece
            self._note(self._since, ended, before, size, offset)
        self._since = ended

    def finish(self, error: str | None = None, timeout: float | None = None) -> None:
        """All are taken, or it failed: tell of the whole."""
        if not tapes.running:
            return
        given, more = self.given, More(error, None, 0, timeout) if error else None
        data = kept(self._data, given) if given else tapes.given(self._data)
        note(self._trace, "sendall", self._begun, data, given, self.asked, self._offset, more)

    def _note(self, begun: float, ended: float, place: int, size: int, offset: int) -> None:
        """Tell of a piece: `size` bytes of the data, from `place` on."""
        if tapes.running:
            data = (
                bytes(self._rest[place : place + min(size, LARGE)])
                if place < MOST
                else kept(self._rest[place : place + size], size)
            )
            note(self._trace, PIECE, begun, data, size, self.asked, offset, None, ended)
