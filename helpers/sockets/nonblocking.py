"""Connect, receive and send for sockets that never block: what a loop of this package (the link's) calls instead of the methods.

Comes in: a traced socket that was set not to block. Goes out: the same entries on the tapes as the methods leave, one for each whole `connect`, at half the cost
while no tape runs.
"""

from __future__ import annotations

import socket
from typing import Any

from helpers.sockets import tapes
from helpers.sockets.plain import Plain, error_of, plain_recv, plain_send
from helpers.sockets.registry import find_server, meet
from helpers.sockets.tapes import (
    More,
    note,
)
from helpers.sockets.traced import Socket, fell


def start_connect(sock: Socket, address: Any) -> None:
    """Begin to connect `sock`, which does not block. When it is writable, `finish_connect` says what became of it."""
    sock._connects()
    try:
        Plain.connect(sock, address)
    except BlockingIOError:
        pass


def finish_connect(sock: Socket, address: Any, begun: float) -> bool:
    """A connect to `address` has come to its end: on a tape it is one call, made when it was `begun`. OSError if it failed.

    False: it succeeded, and the peer has broken the connection off since.
    """
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    error = error_of(code) if code else None
    stands = not isinstance(error, (ConnectionResetError, BrokenPipeError))
    if error and stands:
        fell(sock, "connect", begun, error, detail=address)
        raise error
    sock._trace.peer = address
    meet(sock)
    find_server(sock._trace)
    if tapes.running:
        note(sock._trace, "connect", begun, more=More(detail=address))
    return stands


def quick_recv(sock: Socket, bufsize: int) -> bytes:
    """`sock.recv(bufsize)` for a loop of this package, which never blocks: at half the cost while no tape runs."""
    if tapes.running:
        return sock.recv(bufsize)
    data = plain_recv(sock, bufsize)
    sock._trace.received += len(data)
    return data


def quick_send(sock: Socket, data: bytes | memoryview) -> int:
    """`sock.send(data)`, likewise."""
    if tapes.running:
        return sock.send(data)
    size = plain_send(sock, data)
    sock._trace.sent += size
    return size
