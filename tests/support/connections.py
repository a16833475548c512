"""Two ends of a connection."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

ANY = ("127.0.0.1", 0)
"""This machine, and a port of the system's choosing."""

RST_ON_CLOSE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
"""For SO_LINGER: `close` breaks the connection off."""


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """The client's end of a connection, and the server's."""
    with socket.create_server(ANY) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


@contextlib.contextmanager
def connected(make: Callable[[], tuple[socket.socket, socket.socket]] = tcp_pair) -> Iterator[tuple[Any, Any]]:
    """What `make` makes, closed at the end of the block."""
    one, other = make()
    with one, other:
        yield one, other
