"""Connect, receive and send for sockets that never block: what a loop of this package (the link's) calls instead of the methods.

Comes in: a traced socket that was set not to block. Goes out: the same entries on the tapes as the methods leave, one for each whole `connect`, at half the cost
while no tape runs.
"""

from __future__ import annotations

import socket
from typing import Any

from helpers.sockets import tapes
from helpers.sockets.plain import Plain, error_of, plain_recv, plain_recvfrom, plain_send, plain_sendto
from helpers.sockets.registry import find_server, meet
from helpers.sockets.tapes import More, Passage, kept, note
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


def quick_recvfrom(sock: Socket, bufsize: int) -> tuple[bytes, Any]:
    """`sock.recvfrom(bufsize)`, but whoever calls it says what he does with the datagram, with `tell_datagram`: there is no entry otherwise."""
    data, address = plain_recvfrom(sock, bufsize)
    sock._trace.received += len(data)
    return data, address


def quick_sendto(sock: Socket, data: bytes, address: Any) -> None:
    """`sock.sendto(data, address)`, or (None) `sock.send(data)`, likewise."""
    if address is None:
        plain_send(sock, data)
    else:
        plain_sendto(sock, data, address)
    sock._trace.sent += len(data)


def tell_datagram(
    sock: Socket, call: str, begun: float, data: bytes, address: Any, passage: Passage, error: OSError | None = None
) -> None:
    """Leave an entry on the tapes that run, for a datagram that was moved, or (`error`) was not."""
    size = 0 if error else len(data)
    name = type(error).__name__ if error else None
    note(sock._trace, call, begun, kept(data, len(data)), size, len(data), 0, More(name, address, passage=passage))
