"""Whether a pipe can be read from: on Windows, whose `select` takes sockets alone, it is looked into every now and then.

Comes in: the descriptor of a pipe's end. Goes out: yes or no, within a time. Who imports it: `process`, and `streams`, on the other side.
"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable

from helpers.running.plain import plain_sleep

TURN = 0.005
"""Seconds between two looks into a pipe."""


def in_turns(fd: int, seconds: float, holds: Callable[[int], bool]) -> bool:
    """Whether it `holds` something to read, within `seconds`. Between two looks an interrupt gets in, which a blocked read keeps out on Windows."""
    end = time.monotonic() + seconds
    while not holds(fd):
        if time.monotonic() >= end:
            return False
        plain_sleep(min(TURN, seconds))
    return True


if sys.platform == "win32":
    import _winapi
    import msvcrt

    def _holds(fd: int) -> bool:
        try:
            return bool(_winapi.PeekNamedPipe(msvcrt.get_osfhandle(fd), 0)[0])
        except OSError:  # nobody writes into it any more: its end can be read
            return True

    def is_readable(fd: int, seconds: float = 0) -> bool:
        """Whether a read would not block, within `seconds`."""
        return in_turns(fd, seconds, _holds)

else:

    def is_readable(fd: int, seconds: float = 0) -> bool:
        """Whether a read would not block, within `seconds`."""
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
