"""Ports at which no stranger calls.

The system gives port 0 a number that another program may have had a moment ago, and whose clients may still call there: a kernel of Jupyter's that has ended is called
again and again, several times a second, on the ports that it had. Such a stranger takes the place of the function's peer, or keeps its server busy. So the judge chooses
ports from below those that systems give to programs. Both sides import it.
"""

from __future__ import annotations

import random
import socket

from helpers.sockets.plain import plain_socket

FIRST, LAST = 18_000, 32_000
"""Below what Linux (from 32768), macOS and Windows (from 49152) give for port 0."""
TRIES = 50


def quiet_port(host: str = "127.0.0.1", kind: int = socket.SOCK_STREAM) -> int:
    """A free port of that sort, for sockets of this `kind`; 0, any port, if none is found."""
    chance = random.SystemRandom()  # not the one that a seed repeats
    for _ in range(TRIES):
        port = chance.randrange(FIRST, LAST)
        with plain_socket(socket.AF_INET, kind) as sock:
            try:
                sock.bind((host, port))
            except OSError:
                continue
            return port
    return 0
