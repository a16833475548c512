"""What is on its way between the judge's ends and the function's: sent, and not yet there. While something is, nobody waits in vain.

Comes in: connected sockets of the judge's, or addresses. Goes out: yes or no, as far as the kernel says. A system may take half a second and more for a few bytes on loopback: of a packet that is dropped it hears nothing, and
sends it again after 0.2 s, then 0.4 s. Who may import it: the judge, and bout.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from typing import Any

from helpers.sockets.kernel import queues


def is_on_the_way(ends: Iterable[socket.socket]) -> bool:
    """Whether something is between one of these ends and its other end, either way: bytes, or the end of the stream."""
    return any(_is_between(each) for each in ends)


def _is_between(sock: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        return is_between(sock.family, sock.getsockname(), sock.getpeername())
    return False


def is_between(family: int, here: Any, there: Any) -> bool:
    """The same of a connection between these addresses, whosever ends they are."""
    ours, theirs = queues(family, here, there), queues(family, there, here)
    if ours is None or theirs is None:
        return False
    # Where the receiver has something that it does not read, there may be no room for the rest, and that it is kept back is no delay.
    return bool((ours.unconfirmed and not theirs.unread) or (theirs.unconfirmed and not ours.unread))
