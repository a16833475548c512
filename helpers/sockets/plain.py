"""The standard library's socket, kept before the traced one takes its place, and what can be asked of any socket.

For this package's own errands, which no recording should show. Everybody may use it. It is imported before anything replaces `socket.socket`.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import sys
from typing import Any

Plain = socket.socket

plain_recv, plain_send = Plain.recv, Plain.send

plain_socketpair = socket.socketpair
plain_create_server = socket.create_server
plain_getdefaulttimeout = socket.getdefaulttimeout
plain_setdefaulttimeout = socket.setdefaulttimeout

LINGER = "HH" if sys.platform == "win32" else "ii"


def break_off(sock: socket.socket) -> None:
    """Close `sock` with RST, whatever waits in it."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER, 1, 0))
    sock.close()


def is_ready(sock: socket.socket, reading: bool, seconds: float = 0) -> bool:
    """Whether a call would not block, within `seconds`. OSError, ValueError: it is closed."""
    if not hasattr(select, "poll"):
        # Windows reports a connect that failed as an exceptional condition.
        return any(
            select.select([sock] if reading else [], [] if reading else [sock], [] if reading else [sock], seconds)
        )
    poll = select.poll()  # not select: a descriptor may be over 1023
    poll.register(sock, select.POLLIN if reading else select.POLLOUT)
    return bool(poll.poll(seconds * 1000))


def plain_socket(*args: Any) -> socket.socket:
    """A socket that is not traced, for this package's own errands."""
    return Plain(*args)
