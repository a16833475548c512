"""Has the receiver taken what was handed over to it? Only then does the next piece follow: that is what makes cuts exact."""

from __future__ import annotations

from helpers import sockets
from helpers.link.sock_diag import peer_queue
from helpers.sockets import Socket

SETTLED = 0.002
"""Seconds after which a receiver of this process has taken what is not there to be read any more, though it has not counted it: it waits for more in
the same call (MSG_WAITALL), or reads in a way that is not traced."""
PAUSE = 0.02
"""Seconds between two pieces where nobody can say what the receiver does: it is in another process, and the system is not Linux."""


class Receiver:
    """Whoever reads what is sent into `sock`."""

    def __init__(self, sock: Socket) -> None:
        self._sock = sock

    def has_taken(self, sent: int, seconds: float) -> bool:
        """Whether it has taken, or at least seen, the `sent` bytes of the stream so far, the last of them sent `seconds` ago."""
        trace = self._sock._trace
        mate = trace.mate
        if mate is not None:
            return max(mate.received, mate.seen) >= sent or (seconds > SETTLED and not _is_readable(mate.find()))
        if trace.role == "client" and trace.listener is not None:
            return False  # it stands in the backlog there: nobody has accepted it yet
        queue = peer_queue(self._sock)
        return seconds > PAUSE if queue is None else queue.arrived >= sent and not queue.unread


def _is_readable(sock: object) -> bool:
    if not isinstance(sock, Socket) or sock.fileno() < 0:
        return False
    try:
        return sockets.is_ready(sock, reading=True)
    except (OSError, ValueError):  # closed meanwhile
        return False
