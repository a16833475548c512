"""Whether new TCP sockets begin with SO_REUSEADDR. The traced ones do, on Linux and macOS, so that a port is free again as soon as its server has ended; those of a Python in a terminal do not.

Comes in: `as_in_a_terminal()`, a block whose sockets are to be as there. Goes out: `reuses_address()`, which the traced socket asks when it is made. Who may use it: the judge's child, and what shows that illness.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

from helpers.sockets.owners import Owner, PerOwner


class _Choice:
    """That of one owner."""

    def __init__(self, _: Owner | None = None) -> None:
        self.reuses = True


_notebook = _Choice()
_owners = PerOwner(_Choice)

ever_chosen = False
"""Whether anybody has. Until then a new socket need not ask whose it is."""


def reuses_address(sock: socket.socket) -> bool:
    """Whether this new socket is to have the option."""
    # On Windows it would let another program steal the port.
    if os.name != "posix" or sock.type != socket.SOCK_STREAM or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    return not ever_chosen or _here().reuses


@contextlib.contextmanager
def as_in_a_terminal() -> Iterator[None]:
    """Sockets that the running thread's owner makes in this block begin without the option."""
    global ever_chosen
    ever_chosen = True
    choice = _here()
    before, choice.reuses = choice.reuses, False
    try:
        yield
    finally:
        choice.reuses = before


def _here() -> _Choice:
    return _owners.here() or _notebook
