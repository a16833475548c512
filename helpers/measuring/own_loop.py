"""Whether a server runs in the event loop of the very thread that asks: a notebook's own loop waits for the cell, and such a server would answer nobody until the cell ends.

Comes in: where a server listens. Goes out: yes or no; no also where the loop says nothing of its sockets (Windows). `load` asks before it begins.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

from helpers.sockets.addresses import covers
from helpers.sockets.plain import plain_socket


def runs_in_own_loop(host: str, port: int) -> bool:
    """Whether the server at this address does."""
    return any(own_port == port and covers(own_host, host) for own_host, own_port in _listening())


def _listening() -> Iterator[tuple[str, int]]:
    """Hosts and ports of the listening sockets for which the loop of this thread waits."""
    asyncio: Any = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if asyncio is not None else None
    selector = getattr(loop, "_selector", None)
    for key in list(selector.get_map().values()) if selector is not None else ():
        with contextlib.suppress(OSError):  # no socket
            twin = plain_socket(-1, -1, -1, os.dup(key.fd))
            with twin:
                if twin.family in (socket.AF_INET, socket.AF_INET6) and twin.getsockopt(
                    socket.SOL_SOCKET, socket.SO_ACCEPTCONN
                ):
                    yield twin.getsockname()[:2]
