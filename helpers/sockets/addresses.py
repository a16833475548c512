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


ANY = ("", "0.0.0.0", "::")
"""How the host of a socket is written that is reached at every address of its computer."""


def is_in_figures(host: str) -> bool:
    """Whether a host is written as an address, and is no name."""
    return ":" in host or host.replace(".", "").isdigit()


def reaches(address: Any, local: Any) -> bool:
    """Whether whoever calls `address` may reach the socket at `local`: at that very address, or at any; and a name may stand for each."""
    address, local = plain_address(address), plain_address(local)
    if port_of(address) is None or port_of(local) is None:
        return bool(address) and address == local
    if address[1] != local[1]:
        return False
    return address[0] == local[0] or local[0] in ANY or address[0] in ANY or not is_in_figures(address[0])
