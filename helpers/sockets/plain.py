"""The standard library's socket, kept before the traced one takes its place, and what can be asked of any socket.

For this package's own errands, which no recording should show. Everybody may use it. It is imported before anything replaces `socket.socket`.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import sys
import types
from typing import Any

Plain = socket.socket

plain_recv, plain_send = Plain.recv, Plain.send
plain_recvfrom, plain_sendto = Plain.recvfrom, Plain.sendto
plain_select: Any = select.select

plain_socketpair = socket.socketpair
plain_create_server = socket.create_server
plain_getdefaulttimeout = socket.getdefaulttimeout
plain_setdefaulttimeout = socket.setdefaulttimeout

LINGER = "HH" if sys.platform == "win32" else "ii"


class _Plainest(Plain):
    """Accepts plain sockets too: the plain one accepts whatever stands in the place of `socket.socket`."""

    def accept(self) -> tuple[socket.socket, Any]:
        fd, address = self._accept()  # type: ignore[attr-defined]
        return Plain(self.family, self.type, self.proto, fd), address


def with_plain_sockets(function: Any) -> Any:
    """A function of `socket.py` that makes plain sockets, whatever stands in the place of `socket.socket`."""
    names = {**function.__globals__, "socket": _Plainest}
    plain = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    plain.__kwdefaults__ = function.__kwdefaults__
    return plain


pair_of_plain = with_plain_sockets(plain_socketpair)
"""`socketpair`. Where the system has none (Windows), Python makes a pair of a listening socket and a client: calls that are nobody's, and belong on no tape."""

create_plain_server = with_plain_sockets(plain_create_server)
"""`create_server`, of which also the sockets that it accepts are plain."""


def error_of(code: int) -> OSError:
    """The error of a call that has ended with this code: of the subclass that belongs to it, and in the system's words."""
    if sys.platform == "win32":
        import ctypes

        return ctypes.WinError(code)
    return OSError(code, os.strerror(code))


def lingers_not(sock: socket.socket) -> bool:
    """Whether SO_LINGER says that closing it breaks the connection off."""
    linger = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.calcsize(LINGER))
    is_set, seconds = struct.unpack(LINGER, linger)
    return bool(is_set) and not seconds  # a system of BSD's kind says not 1, but the option's own bit


def send_at_once(sock: socket.socket) -> None:
    """Let no bytes wait in it for more of them. Where both directions have ended already, nothing will be sent: macOS takes no options then, and says EINVAL."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def break_off(sock: socket.socket) -> None:
    """Close `sock` with RST, whatever waits in it."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER, 1, 0))
    sock.close()


def is_ready(sock: socket.socket, reading: bool, seconds: float | None = 0) -> bool:
    """Whether a call would not block, within `seconds` (None: sooner or later). OSError, ValueError: it is closed."""
    if not hasattr(select, "poll"):
        # Windows reports a connect that failed as an exceptional condition.
        return any(plain_select([sock], [], [], seconds) if reading else plain_select([], [sock], [sock], seconds))
    poll = select.poll()  # not select: a descriptor may be over 1023
    poll.register(sock, select.POLLIN if reading else select.POLLOUT)
    return bool(poll.poll(seconds * 1000 if seconds is not None else None))


def plain_socket(*args: Any) -> socket.socket:
    """A socket that is not traced, for this package's own errands."""
    return Plain(*args)
