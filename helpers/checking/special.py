"""Sockets that make it hard for a learner's function, as real ones do at their worst, on every system and at every run.

Comes in: whatever the function does with them. Goes out: the same as of a traced socket, in smaller pieces, or later. Who may import it: the learner's process, and `ways`.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from time import sleep  # by name: the function may do what it likes to the modules
from typing import Any

from helpers.sockets.install import TRACED
from helpers.sockets.plain import error_of

A_MOMENT = 0.001
"""Seconds that a receive takes of a socket that trickles, and each piece of one that stutters."""
STUTTER = 24
"""Bytes that one which stutters takes at once."""


class Sparing(TRACED):  # type: ignore[valid-type,misc]
    """A socket that takes two thirds of what it is given to send, and at least a byte: there may be room for no more at any time, on any system."""

    __slots__ = ()

    def _send(self, data: Any, flags: int = 0) -> int:
        sent: int = super()._send(_part_of(data), flags)
        return sent


def _part_of(data: Any) -> memoryview:
    whole = memoryview(data).cast("B")
    return whole[: max(1, len(whole) * 2 // 3)]


@contextlib.contextmanager
def all_sparing() -> Iterator[None]:
    """Meanwhile all sockets are sparing, also those that the function makes itself."""
    send = TRACED._send

    def send_a_part(sock: Any, data: Any, flags: int = 0) -> int:
        sent: int = send(sock, _part_of(data), flags)
        return sent

    TRACED._send = send_a_part
    try:
        yield
    finally:
        TRACED._send = send


class Stuttering(TRACED):  # type: ignore[valid-type,misc]
    """A socket that takes little, and then has no room for a moment, in which another thread gets its turn: as where the peer reads slowly."""

    __slots__ = ()

    def _send(self, data: Any, flags: int = 0) -> int:
        sent: int = super()._send(memoryview(data).cast("B")[:STUTTER], flags)
        sleep(A_MOMENT)
        return sent


class Telling(TRACED):  # type: ignore[valid-type,misc]
    """A socket that calls `tell` while it sends."""

    __slots__ = ("tell",)
    tell: Callable[[], None]

    def _send(self, data: Any, flags: int = 0) -> int:
        self.tell()
        sent: int = super()._send(data, flags)
        return sent


class Trickling(TRACED):  # type: ignore[valid-type,misc]
    """A socket that gives a byte at a time, and takes a moment for that: however much is there, a reader never comes to its end quickly."""

    __slots__ = ()

    def _recv(self, size: int, flags: int = 0) -> bytes:
        sleep(A_MOMENT)
        data: bytes = super()._recv(min(size, 1), flags)
        return data

    def _recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        sleep(A_MOMENT)
        got: int = super()._recv_into(memoryview(buffer).cast("B")[:1], 0, flags)
        return got


class SparingListener(TRACED):  # type: ignore[valid-type,misc]
    """A listening socket whose connections are sparing."""

    __slots__ = ()

    def _accepted(self, fd: int, address: Any) -> tuple[Any, Any]:
        connection, address = super()._accepted(fd, address)
        connection.__class__ = Sparing
        return connection, address


class StutteringListener(TRACED):  # type: ignore[valid-type,misc]
    """A listening socket whose connections stutter."""

    __slots__ = ()

    def _accepted(self, fd: int, address: Any) -> tuple[Any, Any]:
        connection, address = super()._accepted(fd, address)
        connection.__class__ = Stuttering
        return connection, address


class AbortingListener(TRACED):  # type: ignore[valid-type,misc]
    """A listening socket whose first client has gone before it was accepted: some systems say so by an error of accept, ECONNABORTED."""

    __slots__ = ("aborted",)

    def _accepted(self, fd: int, address: Any) -> tuple[Any, Any]:
        connection, address = super()._accepted(fd, address)
        if not hasattr(self, "aborted"):
            self.aborted = True
            connection.close()
            raise error_of(errno.ECONNABORTED)
        return connection, address
