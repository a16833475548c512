"""Addresses of sockets, as `getsockname` gives them: the port of one, and the form in which both ends of a connection write it the same way.

Whatever is no (host, port…) passes through: the path of an AF_UNIX socket, None. Everybody may use it.
"""

from __future__ import annotations

import ipaddress
from typing import Any


def port_of(address: Any) -> int | None:
    return address[1] if isinstance(address, tuple) and len(address) >= 2 else None


def plain_address(address: Any) -> Any:
    """An address as both ends of a connection write it: without scope, and IPv4 as such."""
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    return str(address[0]).removeprefix("::ffff:"), address[1]


EVERY = "0.0.0.0", "::"
"""The host of a socket that is reached at every address of its computer; the second one by IPv6, and mostly by IPv4 too."""


def is_every(host: str) -> bool:
    """Whether it stands for every address of the computer: so `bind` takes it; `connect` takes it for this computer."""
    return host in ("", *EVERY)


def covers(own: str, host: str) -> bool:
    """Whether whoever is bound to `own` is reached at `host`; both in figures. The one of IPv6 that stands for every address stands for those of IPv4, too."""
    return own == host or own == "::" or (own == "0.0.0.0" and ":" not in host)


def is_in_figures(host: str) -> bool:
    """Whether a host is written as an address, and is no name."""
    return ":" in host or host.replace(".", "").isdigit()


def reaches(address: Any, local: Any) -> bool:
    """Whether whoever calls `address` may reach the socket at `local`: at that very address, or at any; and a name may stand for each."""
    if port_of(address) is None or port_of(local) is None:
        return bool(address) and address == local
    (host, port), (own_host, own_port) = plain_address(address), plain_address(local)
    if port != own_port:
        return False
    return host == own_host or is_every(own_host) or is_every(host) or not is_in_figures(host)


def is_group(host: str) -> bool:
    """Whether what is sent there may arrive at many sockets: multicast; broadcast, as far as it can be seen from the address."""
    if ":" in host:
        return host.lower().startswith("ff")
    if host == "<broadcast>" or host.endswith(".255"):
        return True
    first = host.partition(".")[0]
    return is_in_figures(host) and first.isdigit() and 224 <= int(first) < 240


def host_and_port(address: object) -> tuple[str, int]:
    """Of a server's address, as a learner gives it. TypeError, ValueError: it is none, or has a port that no server can have."""
    if address is None:
        raise TypeError(
            "The address of a server is a host and a port. This is None, as of a program that does not listen."
        )
    if (
        not isinstance(address, tuple)
        or len(address) < 2
        or not isinstance(address[0], str)
        or not isinstance(address[1], int)
    ):
        raise TypeError(
            f"The address of a server is a host and a port, such as ('127.0.0.1', 65431); this is {address!r:.100}."
        )
    if not 1 <= address[1] <= 65535:
        raise ValueError(f"A server has a port from 1 to 65535; this is {address[1]}.")
    return address[0], address[1]


def is_loopback(host: str) -> bool:
    """Whether a host in figures is this computer, as it calls itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
