"""Bytes that went past a socket's methods: through its descriptor (`os.write`), a duplicate of it, another process that has inherited it.

Comes in: a traced socket. Goes out: how many bytes the kernel has moved that its trace has not counted. Linux knows it of TCP, and it costs some microseconds: so it is asked when a
recording begins and ends, and when a socket is closed in between, not at each call. Who asks: the recorder, and the traced socket as it is closed.
"""

from __future__ import annotations

import socket
import struct
import sys
import types
from typing import NamedTuple

from helpers.sockets.kernel import STATES, state
from helpers.sockets.plain import Plain
from helpers.sockets.registry import Traced, open_sockets
from helpers.sockets.stacks import OtherStacks
from helpers.sockets.tapes import Bypassed, Trace

_INFO = 256
_STATE, _RECEIVED, _NOT_SENT, _SENT = 0, 128, 144, 200
"""Places in a tcp_info (`include/uapi/linux/tcp.h`)."""
_AFTER_FIN = {"CLOSE_WAIT", "LAST_ACK", "CLOSING", "TIME_WAIT"}
"""States in which the peer's FIN has come: it counts as a byte."""
_CLOSED = 7
"""The number of the state in which it may have come."""


class Moved(NamedTuple):
    """What the kernel has moved for a socket, in bytes."""

    sent: int
    received: int
    fin: int
    """How many of those received may be the peer's FIN."""


def measure(sock: Traced) -> Bypassed:
    """The bytes that went past the trace of `sock` so far."""
    found = moved(sock) if isinstance(sock, Plain) else None
    if found is None:
        return Bypassed()
    if (tls := sock._trace.tls) is not None and not tls.seen:
        tls.counted = found.sent, found.received
    sent: int | None = found.sent - sock._trace.sent
    received: int | None = found.received - sock._trace.received
    if received and received == found.fin:
        received = 0
    # What a thread has just moved is perhaps not counted yet.
    encrypted = sock._trace.tls is not None  # its records are counted as they pass, and not as a call comes back
    if sent and (sent < 0 or (not encrypted and _is_in_a_call(sock, "send"))):
        sent = None
    if received and (received < 0 or (not encrypted and _is_in_a_call(sock, "recv"))):
        received = None
    return Bypassed(sent, received)


def measure_all() -> dict[int, Bypassed]:
    """The same of every traced socket that is open now, by the numbers of their traces."""
    return {sock._trace.number: measure(sock) for sock in open_sockets()}


def is_still_open(trace: Trace) -> bool:
    """Whether the socket of `trace`, which has just been closed, is open all the same: another object, or another process, has it too."""
    if trace.handles > 0:
        return True
    if trace.kind != socket.SOCK_STREAM or trace.family != socket.AF_INET or not (trace.local and trace.peer):
        return False
    return state(trace.local, trace.peer) in ("ESTABLISHED", "CLOSE_WAIT")


def moved(sock: socket.socket) -> Moved | None:
    """What the kernel has moved for `sock` so far; None: nobody can say."""
    if sys.platform != "linux" or sock.type != socket.SOCK_STREAM or sock.family not in _INTERNET:
        return None
    import fcntl
    import termios

    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO)
        (unread,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.FIONREAD, bytes(4)))
    except (OSError, ValueError):  # it listens, or is closed
        return None
    if len(info) < _SENT + 16:
        return None  # a kernel that does not count them
    (arrived,) = struct.unpack_from("=Q", info, _RECEIVED)
    (not_sent,) = struct.unpack_from("=I", info, _NOT_SENT)
    sent, again = struct.unpack_from("=QQ", info, _SENT)
    fin = int(STATES.get(info[_STATE]) in _AFTER_FIN)
    received = arrived - unread - fin
    return Moved(sent - again + not_sent, received, int(info[_STATE] == _CLOSED))


_INTERNET = (socket.AF_INET, socket.AF_INET6)


def _is_in_a_call(sock: Traced, name: str) -> bool:
    """Whether another thread is in one of the methods of `sock` whose names begin so."""
    with OtherStacks() as frames:
        return any(_stands_in(frame, sock, name) for frame in frames.values())


def _stands_in(innermost: types.FrameType, sock: Traced, name: str) -> bool:
    frame: types.FrameType | None = innermost
    for _ in range(_DEEPEST):
        if frame is None:
            return False
        if frame.f_code.co_name.startswith(name) and frame.f_locals.get("self") is sock:
            return True
        frame = frame.f_back
    return False


_DEEPEST = 4
"""Frames of ours in which a thread stands at most when it waits in a method."""
