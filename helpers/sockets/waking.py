"""Wakes whoever is blocked on a socket, from another thread.

Comes in: the socket of a program that is being stopped. Goes out: its blocked call comes back, with an error or the end of the stream; on systems where nothing
does that for a blocked call, whoever waits in a selector is woken, and a `PollingSocket` looks by itself. `running` uses it, and the socket bench.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from typing import Any

from helpers.sockets.addresses import is_every
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


_knocks: dict[Any, float] = {}  # the addresses of those who came to wake somebody, and when
_FRESH = 3.0
"""Seconds in which whoever is woken takes the one who came; afterwards somebody else may have the address."""


def is_knock(address: Any) -> bool:
    """Whether the client at `address`, which has just been accepted, is none: it came from here, to wake whoever accepts. Asked once."""
    came = _knocks.pop(address, None) if _knocks else None
    return came is not None and time.monotonic() < came + _FRESH


def _knock(sock: socket.socket) -> None:
    """Wake a selector that waits for a listening or datagram socket the way a peer would: by coming to its door."""
    address = sock.getsockname()
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or not address[1]:
        return
    if is_every(address[0]):  # on Windows nobody is reached there
        address = ("::1" if sock.family == socket.AF_INET6 else "127.0.0.1", *address[1:])
    with Plain(sock.family, sock.type) as visitor:
        visitor.setblocking(False)
        if sock.type == socket.SOCK_DGRAM:
            visitor.sendto(b"", address)
            return
        visitor.bind((address[0], 0))
        _knocks[visitor.getsockname()] = time.monotonic()
        visitor.connect_ex(address)
