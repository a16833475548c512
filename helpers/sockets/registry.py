"""Which traced sockets live, who listens where, and which two of them are the ends of one connection.

Comes in: the traced socket says when it is made, listens, connects, has accepted, is closed. Goes out: every live socket; and in each `Trace` its addresses and its
`mate`, the other end of the connection, as soon as both ends are known, whichever of `connect` and `accept` came back first. Recordings and the judge ask for
the live sockets; the rest is the traced socket's.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import weakref
from typing import Any, Protocol

from helpers.sockets import tapes
from helpers.sockets.addresses import EVERY, covers, plain_address, port_of
from helpers.sockets.plain import Plain
from helpers.sockets.tapes import FORGOTTEN, SHARED, More, Trace, note, now


class Traced(Protocol):
    """What is asked here of a traced socket."""

    _trace: Trace

    def fileno(self) -> int: ...

    def getsockname(self) -> Any: ...

    def getpeername(self) -> Any: ...

    def close(self) -> None: ...


DETACHED = 100
"""Detached sockets that are remembered, the latest ones."""

live: dict[int, Reference] = {}  # by the `id` of the reference


class Reference(weakref.ref[Traced]):
    """To a live socket that is open. Tells the tapes where one is collected that nobody closed."""

    __slots__ = ("trace",)

    def __new__(cls, sock: Traced) -> Reference:
        return super().__new__(cls, sock, _collected)

    def __init__(self, sock: Traced) -> None:
        super().__init__(sock, _collected)  # type: ignore[call-arg]
        self.trace = sock._trace


def _collected(reference: Reference) -> None:
    was_open = live.pop(id(reference), None) is not None
    if was_open:
        let_go(reference.trace)
    if was_open and tapes.running:
        note(reference.trace, "close", now(), more=More(detail=SHARED if reference.trace.handles > 0 else FORGOTTEN))


def let_go(trace: Trace) -> None:
    """One of the sockets that it was is closed."""
    trace.handles -= 1
    trace.finished = trace.finished or trace.handles <= 0


def live_sockets() -> list[socket.socket]:
    """Every traced socket that is open now."""
    return [sock for sock in open_sockets() if isinstance(sock, Plain)]


def meet_all() -> list[Trace]:
    """Note the addresses of every traced socket that is open now. Their traces."""
    found = open_sockets()
    for sock in found:
        meet(sock)
    return [sock._trace for sock in found]


def open_sockets() -> list[Traced]:
    """Every traced socket that is open now, as this package sees it."""
    found = [reference() for reference in list(live.values())]
    return [sock for sock in found if sock is not None and sock.fileno() >= 0]


def activity() -> tuple[int, ...]:
    """Numbers that are others as soon as a traced socket has done something."""
    traces = [sock._trace for sock in open_sockets()]
    moved = sum(trace.sent for trace in traces), sum(trace.received for trace in traces)
    return *moved, len(traces), max((trace.number for trace in traces), default=0), tapes.noted()


def step() -> int:
    """A place among all connects and listens, of whichever process: the system's clock."""
    return time.perf_counter_ns()


detached: dict[Any, Trace] = {}  # by what the socket is called


def identity(fd: int) -> Any:
    """What no other socket is called, whichever descriptor it has; None where that is not known."""
    return _name(fd) or _ends(fd)


def _name(fd: int) -> tuple[int, int] | None:
    """What the system calls it; None where it has no name for a socket."""
    if sys.platform == "win32":
        return None  # a socket's number there is none of a file's, but may be the same
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else None


def _ends(fd: int) -> tuple[Any, Any] | None:
    """The addresses of both ends of the connection; None: it is none."""
    try:
        sock = Plain(fileno=fd)
    except (OSError, ValueError):  # closed, or detached, meanwhile
        return None
    try:
        is_a_connection = sock.type == socket.SOCK_STREAM and sock.family in (socket.AF_INET, socket.AF_INET6)
        return (sock.getsockname(), sock.getpeername()) if is_a_connection else None
    except OSError:
        return None
    finally:
        sock.detach()


def same_socket(fd: int) -> Trace | None:
    """The trace of the socket that this descriptor is, if an object of it lives, or was detached: `fromfd`, or `os.dup`, gives another one of the same."""
    name = identity(fd)
    if name is None:
        return None
    if name in detached:
        return detached.pop(name)
    for sock in open_sockets():
        if identity(sock.fileno()) == name:
            sock._trace.handles += 1
            return sock._trace
    return None


def meet(sock: Traced) -> None:
    """Note the socket's addresses, as far as it has any now."""
    try:
        local = sock.getsockname()
        if port_of(local) != 0:
            sock._trace.local = local
        sock._trace.peer = sock.getpeername()
    except OSError:
        pass  # no peer, or no longer


_listeners: weakref.WeakValueDictionary[Any, Trace] = weakref.WeakValueDictionary()  # by their addresses


def listens(sock: Traced) -> None:
    trace = sock._trace
    trace.role = "listening"
    meet(sock)
    if port_of(trace.local) is not None:
        trace.early = weakref.WeakValueDictionary()
        _listeners[plain_address(trace.local)] = trace


def find_server(client: Trace) -> None:
    """Called when `client` is connected: who accepts it, or has done so, if that is in this process? (A datagram socket is accepted by nobody, whoever listens at that port by TCP.)"""
    listener = _listener_at(client.peer) if client.kind == socket.SOCK_STREAM else None
    if listener is None or listener.early is None or client.local is None:
        return
    client.listener = listener
    server = listener.early.pop(plain_address(client.local), None)
    if server is None:
        listener.queue[plain_address(client.local)] = client
    else:
        client.mate, server.mate = server, client


def _listener_at(address: Any) -> Trace | None:
    """Who is reached at `address`: whoever listens at that very address, otherwise whoever listens at all of this computer's."""
    port = port_of(address)
    if port is None:
        return None
    host, _ = plain_address(address)
    places = [host, *(every for every in EVERY if covers(every, host))]
    return next((found for place in places if (found := _listeners.get((place, port))) is not None), None)


def find_client(server: Trace, listener: Trace) -> None:
    """The same for a connection that was accepted."""
    key = plain_address(server.peer)
    client = listener.queue.pop(key, None)
    if client is not None:
        client.mate, server.mate = server, client
    elif key is not None and listener.early is not None:
        listener.early[key] = server
