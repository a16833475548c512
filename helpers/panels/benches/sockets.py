"""The sockets of the socket bench: how they wait, where in their lives they are, and what the kernel says of them.

Goes out: `MODULE`, what the lines know as `socket`; of each socket its stage and its state. The bench uses it.
"""

from __future__ import annotations

import socket
import time
import types
from typing import Any

from helpers.pictures.kernel import MEANINGS
from helpers.running.plain import plain_sleep
from helpers.sockets import kernel as sock_diag
from helpers.sockets.kernel import PASSING, tcp_sockets
from helpers.sockets.polling import PollingSocket
from helpers.sockets.traced import Socket
from helpers.sockets.waking import WOKEN_BY_SHUTDOWN

SETTLED, PAUSE = 0.1, 0.002
"""Seconds for which the kernel's states may go on changing after a press (the peer's system may let the confirmation wait), and between two looks."""


class BenchSocket(PollingSocket):
    """Waits in short turns on every system: an interrupt of its call leaves the socket as it is, as it would in a cell."""

    __slots__ = ()

    if WOKEN_BY_SHUTDOWN:
        _connect = Socket._connect  # after one in turns that was refused, Linux refuses to try again

    # A call that this socket cannot make has nothing to wait for: the system says so at once.

    def _accept(self) -> Any:
        return super()._accept() if self._trace.role == "listening" else socket.SocketType._accept(self)  # type: ignore[attr-defined]

    def _recv(self, *args: Any) -> bytes:
        return super()._recv(*args) if self._has_peer() else socket.SocketType.recv(self, *args)

    def _send(self, *args: Any) -> int:
        return super()._send(*args) if self._has_peer() else socket.SocketType.send(self, *args)

    def _has_peer(self) -> bool:
        return self._trace.peer is not None and self.fileno() >= 0

    def _accepted(self, fd: int, address: Any) -> tuple[Socket, Any]:
        made = type(self)(self.family, self.type, self.proto, fileno=fd)
        made.setblocking(True)  # macOS hands down what the listening one is
        return made, address


BenchSocket.__name__ = BenchSocket.__qualname__ = "socket"
BenchSocket.__module__ = "socket"

MODULE = types.SimpleNamespace(socket=BenchSocket, AF_INET=socket.AF_INET, SOCK_STREAM=socket.SOCK_STREAM)
"""What the lines know as `socket`."""


def stage_of(sock: socket.socket | None) -> str:
    """Where in its life `sock` is; nothing where there is none."""
    if sock is None:
        return ""
    if sock.fileno() < 0:
        return "closed"
    trace = sock._trace  # type: ignore[attr-defined]
    if trace.role == "listening":
        return "listening"
    try:
        if trace.peer is not None:
            return "connected" if sock.getpeername() else ""
    except OSError:
        return "broken off"
    return "bound" if trace.bound is not None else "created"


def kernel_states(made: dict[str, BenchSocket]) -> tuple[dict[str, str], str]:
    """What the kernel says of each socket that it lists, the closed ones too; and in words what it does not show here."""
    ends = {name: (sock._trace.local, sock._trace.peer) for name, sock in made.items() if _may_be_listed(sock)}
    deadline = time.monotonic() + SETTLED
    while True:
        states, missing = _ask_about(ends)
        if not PASSING & set(states.values()) or time.monotonic() >= deadline:
            return states, missing
        plain_sleep(PAUSE)


def _may_be_listed(sock: BenchSocket) -> bool:
    """Whether the kernel may list it: a connection that was closed lives on there."""
    return sock._trace.peer is not None or (sock.fileno() >= 0 and sock._trace.role == "listening")


def _ask_about(ends: dict[str, tuple[Any, Any]]) -> tuple[dict[str, str], str]:
    if not ends:
        return {}, ""
    if sock_diag.works():  # a thousand times quicker than the whole list
        return {name: state for name, end in ends.items() if (state := sock_diag.state(*end))}, ""
    entries, missing = tcp_sockets()
    listed = {(entry.local, entry.remote): entry.state for entry in entries}
    return {name: listed[end] for name, end in ends.items() if listed.get(end) in MEANINGS}, missing
