"""Addresses of sockets, as `getsockname` gives them: the port of one, and the form in which both ends of a connection write it the same way.

Whatever is no (host, port…) passes through: the path of an AF_UNIX socket, None. Everybody may use it.
"""

from __future__ import annotations

from typing import Any


def port_of(address: Any) -> int | None:
    return address[1] if isinstance(address, tuple) and len(address) >= 2 else None


def plain_address(address: Any) -> Any:
    """An address as both ends of a connection write it: without scope, and IPv4 as such."""
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    return str(address[0]).removeprefix("::ffff:"), address[1]
