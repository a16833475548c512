"""Real connections for the tests of pictures."""

from __future__ import annotations

import socket
from typing import Any


def connected(address: Any, timeout: float | None = 2) -> socket.socket:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(timeout)
    try:
        s.connect(address)
    except OSError:
        s.close()
        raise
    return s
