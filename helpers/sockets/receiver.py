"""Has the receiver taken what was handed over to it? Only then does the next piece follow: that is what makes cuts exact.

Comes in: the sending end of a connection, and how many bytes went into it. Goes out: yes or no, from what the other end has counted where it is in this process, else
from what the kernel says of it. Who asks: the link, and the judge's peers, before they send the next piece.
"""

from __future__ import annotations

from helpers.sockets.kernel import peer_queue
from helpers.sockets.plain import is_ready
from helpers.sockets.traced import Socket, is_traced

SETTLED = 0.002
"""Seconds after which a receiver of this process has taken what is not there to be read any more, though it has not counted it: it waits for more in
the same call (MSG_WAITALL), or reads in a way that is not traced."""
PAUSE = 0.02
"""Seconds between two pieces where nobody can say what the receiver does: it is in another process, and the system is not Linux."""
IN_BACKLOG = 2.0
"""The same where a listening socket of this process has not been seen to accept the connection yet: so long at most."""


class Receiver:
    """Whoever reads what is sent into `sock`."""

    def __init__(self, sock: Socket) -> None:
        self._sock = sock

    def has_taken(self, sent: int, seconds: float) -> bool:
        """Whether it has taken the `sent` bytes of the stream so far, the last of them sent `seconds` ago; or looks at them, and waits for more."""
        trace = self._sock._trace
        mate = trace.mate
        if mate is not None and mate.tls is None and max(mate.received, mate.seen_again) >= sent:
            return True
        if mate is not None and seconds < SETTLED:
            return False
        queue = peer_queue(self._sock)
        if queue is not None:
            return queue.arrived >= sent and not queue.unread
        if mate is not None:
            return not _is_readable(mate.find())
        stands_in_backlog = trace.role == "client" and trace.listener is not None
        return seconds > (IN_BACKLOG if stands_in_backlog else PAUSE)


def _is_readable(sock: object) -> bool:
    if not is_traced(sock) or sock.fileno() < 0:
        return False
    try:
        return is_ready(sock, reading=True)
    except (OSError, ValueError):  # closed meanwhile
        return False
