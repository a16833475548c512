"""Two ends that talk through a `helpers.Link`: joined, read, filled, and driven from one thread."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import helpers
from helpers.sockets.registry import live_sockets

ANY = ("127.0.0.1", 0)
PATIENCE = 10.0
"""Seconds after which a test gives up on what must come."""
RST_ON_CLOSE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)

UPSTREAM, DOWNSTREAM, BOTH = "upstream", "downstream", "both"


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


def quiet(sock: socket.socket, seconds: float = 0) -> bool:
    """Whether nothing arrives, neither bytes nor the end, for so long."""
    return not select.select([sock], [], [], seconds)[0]


def pieces(sock: socket.socket, total: int, size: int = 65536) -> list[bytes]:
    """What each `recv` brings, until there are `total` bytes, or the end."""
    found: list[bytes] = []
    while sum(map(len, found)) < total and (piece := sock.recv(size)):
        found.append(piece)
    return found


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
    """Break the connection off (RST)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
    sock.close()


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


def held(sender: socket.socket, receiver: socket.socket, sent: int) -> int:
    """How many of the `sent` bytes a link holds, those in the system's buffers not counted. On Linux only."""
    import fcntl
    import termios

    def asked(sock: socket.socket, what: int) -> int:
        return struct.unpack("i", fcntl.ioctl(sock, what, bytes(4)))[0]

    ours: dict[Any, socket.socket] = {}
    for sock in live_sockets():
        with contextlib.suppress(OSError):  # it has no peer
            ours[sock.getpeername()] = sock
    source, sink = ours[sender.getsockname()], ours[receiver.getsockname()]
    going_out = asked(sender, termios.TIOCOUTQ) + asked(sink, termios.TIOCOUTQ)
    return sent - going_out - asked(source, termios.FIONREAD) - asked(receiver, termios.FIONREAD)


# Conversations driven from one thread.


class Side:
    """One end: sends its chunks, ends in its way, and takes whatever comes."""

    def __init__(self, sock: socket.socket, chunks: list[bytes], way: str, sizes: list[int]) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.total = b"".join(chunks)
        self.received = b""
        self.end: str | None = None
        """How the stream from the peer ended: "end" (b'') or "reset"; None: not yet."""
        self._chunks = collections.deque(chunks)
        self._way: str | None = way  # half-close, close or reset, when all is sent
        self._sizes = itertools.cycle(sizes)

    @property
    def reads(self) -> bool:
        return self.sock.fileno() >= 0 and self.end is None

    @property
    def writes(self) -> bool:
        return self.sock.fileno() >= 0 and self._way is not None

    def read(self) -> None:
        try:
            data = self.sock.recv(next(self._sizes))
        except BlockingIOError:
            return
        except ConnectionError:
            self._broken_off()
            return
        self.received += data
        if not data:
            self.end = "end"

    def write(self) -> None:
        if not self._chunks:
            return self._finish()
        chunk = self._chunks.popleft()
        try:
            rest = chunk[self.sock.send(chunk) :]
        except BlockingIOError:
            rest = chunk
        except ConnectionError:
            self._broken_off()
            return
        if rest:
            self._chunks.appendleft(rest)

    def _finish(self) -> None:
        way, self._way = self._way, None
        if way == "half-close":
            with contextlib.suppress(OSError):  # broken off meanwhile: `recv` tells
                self.sock.shutdown(socket.SHUT_WR)
        elif way == "close":
            self.sock.close()
        else:
            reset(self.sock)

    def _broken_off(self) -> None:
        self.end = "reset"
        self._way = None


def converse(one: Side, other: Side, changes: list[Callable[[], None]]) -> None:
    """Drive both sides to their ends, with a change to the link every few turns."""
    deadline = time.monotonic() + PATIENCE
    for turn in itertools.count():
        if turn % 5 == 4 and changes:
            changes.pop(0)()
        sides = [one, other]
        reading = {side.sock: side for side in sides if side.reads}
        writing = {side.sock: side for side in sides if side.writes}
        if not reading and not writing:
            return
        ready = select.select([*reading], [*writing], [], max(deadline - time.monotonic(), 0))
        assert any(ready), (
            f"nothing more came: {len(one.received)}/{len(other.total)}, {len(other.received)}/{len(one.total)} bytes"
        )
        for sock in ready[0]:
            reading[sock].read()
        for sock in ready[1]:
            if writing[sock].writes:
                writing[sock].write()
