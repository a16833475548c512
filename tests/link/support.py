"""Two ends that talk through a `helpers.Link`: joined, read, and filled; and what the tests of a link have in common."""

from __future__ import annotations

import contextlib
import dataclasses
import select
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import helpers
from helpers.sockets.plain import break_off
from helpers.sockets.registry import live_sockets

ANY = ("127.0.0.1", 0)
SOMEWHERE = ("127.0.0.1", 9)
"""The address of a server that nobody calls."""
PATIENCE = 10.0
"""Seconds after which a test gives up on what must come."""

UPSTREAM, DOWNSTREAM, BOTH = "upstream", "downstream", "both"
DIRECTIONS = [UPSTREAM, DOWNSTREAM, BOTH]
WAYS = [(UPSTREAM, UPSTREAM), (DOWNSTREAM, DOWNSTREAM), (BOTH, UPSTREAM), (BOTH, DOWNSTREAM)]
"""The direction for which a fault is set, and one in which it must be felt."""
FOREVER = 30
"""Seconds: longer than any test waits."""
DELAY = 0.03
"""Seconds that a fault is set to where a test measures it."""
EARLY = 0.016 if sys.platform == "win32" else 0.001
"""Seconds by which what was measured may fall short: the clock's own steps."""
REPETITIONS = 20
DATA = b"0123456789"
TEN = [b"%d" % i for i in range(10)]

ONCE = pytest.mark.parametrize("each_kind_of_socket", ["here"], indirect=True)
"""For what is the same whichever way sockets wait."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not promise it")


@dataclasses.dataclass
class Joined:
    """A client and the server's end of its connection, with a link between them."""

    link: helpers.Link
    client: socket.socket
    server: socket.socket
    listener: socket.socket

    def ends(self, direction: str) -> tuple[socket.socket, socket.socket]:
        """Who sends in this direction, and who receives."""
        return (self.server, self.client) if direction == DOWNSTREAM else (self.client, self.server)

    def set(self, direction: str, **faults: Any) -> None:
        """Set faults while the link runs."""
        whose = self.link if direction == BOTH else getattr(self.link, direction)
        for fault, value in faults.items():
            setattr(whose, fault, value)


def only(direction: str, faults: dict[str, Any]) -> dict[str, Any]:
    """What the constructor is given for `faults` in this direction."""
    return faults if direction == BOTH else {direction: faults}


@contextlib.contextmanager
def joined(**settings: Any) -> Iterator[Joined]:
    """A connection through a link that is made with these settings."""
    with socket.create_server(ANY) as listener, helpers.Link(listener.getsockname(), **settings) as link:
        listener.settimeout(PATIENCE)
        client, server = another(link, listener)
        with client, server:
            yield Joined(link, client, server, listener)
            for each in (client, server):
                if each.fileno() >= 0:
                    reset(each)  # thousands in TIME_WAIT would make every look at the system's sockets slow


def link_to(server: helpers.Server | helpers.Link, **settings: Any) -> helpers.Link:
    return helpers.Link(server.address, **settings)  # type: ignore[arg-type]  # it runs, and has one


def connected(link: helpers.Link) -> socket.socket:
    return socket.create_connection(link.address, timeout=PATIENCE)  # type: ignore[arg-type]


def another(link: helpers.Link, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """One more connection through the link: the client, and the server's end."""
    client = connected(link)
    server, _ = listener.accept()
    server.settimeout(PATIENCE)
    return client, server


def named(faults: dict[str, Any]) -> str:
    return " and ".join(faults) or "none"


def refused(address: Any) -> bool:
    try:
        socket.create_connection(address, timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def quiet(sock: socket.socket, seconds: float = 0) -> bool:
    """Whether nothing arrives, neither bytes nor the end, for so long."""
    return not select.select([sock], [], [], seconds)[0]


def pieces(sock: socket.socket, total: int, size: int = 65536) -> list[bytes]:
    """What each `recv` brings, until there are `total` bytes, or the end."""
    found: list[bytes] = []
    while sum(map(len, found)) < total and (piece := sock.recv(size)):
        found.append(piece)
    return found


def passes(sender: socket.socket, receiver: socket.socket, data: bytes = b"still there") -> None:
    """Bytes get through."""
    sender.sendall(data)
    assert b"".join(pieces(receiver, len(data))) == data


def everything(sock: socket.socket) -> bytes:
    """All bytes up to the end of the stream."""
    return b"".join(iter(lambda: sock.recv(65536), b""))


def ending(sock: socket.socket) -> tuple[bytes, str]:
    """All that comes, and how it ends: "end" (b'') or "reset"."""
    found = b""
    try:
        while data := sock.recv(65536):
            found += data
    except ConnectionError:
        return found, "reset"
    return found, "end"


def reset(sock: socket.socket) -> None:
    """Break the connection off (RST), if it is not over already: then macOS takes no options."""
    break_off(sock)


def fill(sock: socket.socket, data: bytes, most: int = 48 << 20, patience: float = 0.2) -> int:
    """Send `data` again and again until nothing was taken for `patience` seconds, or `most` bytes were. How many bytes were taken."""
    sock.setblocking(False)
    whole = memoryview(data)
    taken = 0
    while taken < most and select.select([], [sock], [], patience)[1]:
        try:
            taken += sock.send(whole[taken % len(data) :])
        except BlockingIOError:
            pass  # writable, but not for as much as this
    sock.settimeout(PATIENCE)
    return taken


def buffered(sender: socket.socket, receiver: socket.socket, sent: int) -> int:
    """How many of the `sent` bytes a link buffers, those in the system's buffers not counted. On Linux only."""
    import fcntl
    import termios

    def asked(sock: socket.socket, what: int) -> int:
        (count,) = struct.unpack("i", fcntl.ioctl(sock, what, bytes(4)))
        return int(count)

    ours: dict[Any, socket.socket] = {}
    for sock in live_sockets():
        with contextlib.suppress(OSError):  # it has no peer
            ours[sock.getpeername()] = sock
    source, sink = ours[sender.getsockname()], ours[receiver.getsockname()]
    going_out = asked(sender, termios.TIOCOUTQ) + asked(sink, termios.TIOCOUTQ)
    return sent - going_out - asked(source, termios.FIONREAD) - asked(receiver, termios.FIONREAD)
