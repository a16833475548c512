"""Conversations of random chunks between two ends, driven from one thread."""

from __future__ import annotations

import collections
import contextlib
import itertools
import select
import socket
import time
from collections.abc import Callable

from tests.link.support import PATIENCE, reset


class Side:
    """One end: sends its chunks, ends in its way, and takes whatever comes."""

    def __init__(self, sock: socket.socket, chunks: list[bytes], way: str, sizes: list[int]) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.total = b"".join(chunks)
        self.received = b""
        self.end: str | None = None
        """How the stream from the peer ended: "end" (b'') or "reset"; None: not yet."""
        self._chunks = collections.deque(chunks)
        self._way: str | None = way  # half-close, close or reset, when all is sent
        self._sizes = itertools.cycle(sizes)

    @property
    def reads(self) -> bool:
        return self.sock.fileno() >= 0 and self.end is None

    @property
    def writes(self) -> bool:
        return self.sock.fileno() >= 0 and self._way is not None

    def read(self) -> None:
        try:
            data = self.sock.recv(next(self._sizes))
        except BlockingIOError:
            return
        except ConnectionError:
            self._broken_off()
            return
        self.received += data
        if not data:
            self.end = "end"

    def write(self) -> None:
        if not self._chunks:
            return self._finish()
        chunk = self._chunks.popleft()
        try:
            rest = chunk[self.sock.send(chunk) :]
        except BlockingIOError:
            rest = chunk
        except ConnectionError:
            self._broken_off()
            return
        if rest:
            self._chunks.appendleft(rest)

    def _finish(self) -> None:
        way, self._way = self._way, None
        if way == "half-close":
            with contextlib.suppress(OSError):  # broken off meanwhile: `recv` tells
                self.sock.shutdown(socket.SHUT_WR)
        elif way == "close":
            self.sock.close()
        else:
            reset(self.sock)

    def _broken_off(self) -> None:
        self.end = "reset"
        self._way = None


def converse(one: Side, other: Side, changes: list[Callable[[], None]]) -> None:
    """Drive both sides to their ends, with a change to the link every few turns."""
    deadline = time.monotonic() + PATIENCE
    for turn in itertools.count():
        if turn % 5 == 4 and changes:
            changes.pop(0)()
        sides = [one, other]
        reading = {side.sock: side for side in sides if side.reads}
        writing = {side.sock: side for side in sides if side.writes}
        if not reading and not writing:
            return
        ready = select.select([*reading], [*writing], [], max(deadline - time.monotonic(), 0))
        assert any(ready), (
            f"nothing more came: {len(one.received)}/{len(other.total)}, {len(other.received)}/{len(one.total)} bytes"
        )
        for sock in ready[0]:
            reading[sock].read()
        for sock in ready[1]:
            if writing[sock].writes:
                writing[sock].write()
