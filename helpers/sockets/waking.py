"""Wakes whoever is blocked on a socket, from another thread.

Comes in: the socket of a program that is being stopped. Goes out: its blocked call comes back, with an error or the end of the stream; on systems where nothing
does that for a blocked call, whoever waits in a selector is woken, and a `PollingSocket` looks by itself. `running` uses it, and the socket bench.
"""

from __future__ import annotations

import contextlib
import socket
import sys

from helpers.sockets.plain import Plain

WOKEN_BY_SHUTDOWN = sys.platform == "linux"
"""Whether `shutdown()` wakes every blocked call here (Linux: also `accept`, `connect`, and a datagram socket's `recvfrom`)."""


def wake(sock: socket.socket) -> None:
    """Make whoever is blocked on `sock`, or waits for it in a selector, go on; the socket is of no further use."""
    gone = contextlib.suppress(OSError, ValueError)  # not connected, closed meanwhile, nobody there: nothing waits
    with gone:
        Plain.shutdown(sock, socket.SHUT_RDWR)
    with gone:
        if sock.type == socket.SOCK_DGRAM:
            sock.setblocking(False)  # with a timeout, Python's C code would try again and again
    if not WOKEN_BY_SHUTDOWN:
        with gone:
            _knock(sock)


def _knock(sock: socket.socket) -> None:
    """Wake a selector that waits for a listening or datagram socket the way a peer would: by coming to its door."""
    address = sock.getsockname()
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or not address[1]:
        return
    with Plain(sock.family, sock.type) as visitor:
        visitor.setblocking(False)
        if sock.type == socket.SOCK_DGRAM:
            visitor.sendto(b"", address)
        else:
            visitor.connect_ex(address)
