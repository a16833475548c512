"""The sentence that goes with an error of a socket: why it came, and what to do.

Comes in: the address of a `connect` that was refused, or of a `bind` whose port is taken. Goes out: the text that the traced socket adds to the exception as a
note. Only the traced socket uses it.
"""

from __future__ import annotations

from typing import Any

from helpers.sockets import owners
from helpers.sockets.addresses import port_of, reaches


def refused(address: Any) -> str:
    return (
        f"Nobody listens on {_written(address)}. Is the server running? "
        "Start the server first (run its cell), look at the host and the port, then run this again."
    )


def taken(address: Any) -> str:
    holders = {who.name for who in owners.everybody().values() if who.address and reaches(address, who.address)}
    if holders:
        return f"The port is held by {', '.join(sorted(map(repr, holders)))}, which runs in this notebook: stop that first."
    return (
        f"Another program on this computer holds {_written(address)}, perhaps another learner's. Stop it, or choose another "
        "port: 0 lets the system choose a free one; otherwise write the same number in the server and in the client."
    )


def _written(address: Any) -> str:
    return repr(address) if port_of(address) is None else f"{address[0]} port {address[1]}"
