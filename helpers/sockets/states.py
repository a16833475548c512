"""The kernel's list of TCP sockets, and the state of each: LISTEN, ESTABLISHED, TIME_WAIT…"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

Address = tuple[str, int]


class KernelSocket(NamedTuple):
    """A line of the kernel's list."""

    local: Address
    remote: Address | None
    state: str
    descriptor: int


def plain(address: Any) -> Address:
    """Host and port, the host in figures. An IPv4 address that is written as IPv6 is that IPv4 address."""
    host, port = address[0], address[1]
    if host and not host.replace(".", "").isdigit() and ":" not in host:
        try:
            host = socket.gethostbyname(host)
        except OSError:
            raise ValueError(f"There is no host called {host!r}.") from None
    return host.removeprefix("::ffff:"), port


def ask() -> tuple[list[KernelSocket], str]:
    """The kernel's list of TCP sockets, and in words what of it cannot be seen here."""
    import psutil

    missing = ""
    try:
        rows = psutil.net_connections("tcp")
    except (psutil.AccessDenied, PermissionError):
        rows = psutil.Process().net_connections("tcp")
        missing = "Without an administrator's rights this system shows only the sockets of this process. "
    if missing or sys.platform == "darwin":
        # Here the list is made by asking each process for its sockets.
        missing += (
            "A socket that belongs to no process is not listed: after close (FIN_WAIT1, FIN_WAIT2, LAST_ACK, TIME_WAIT), "
            "or while it waits for accept."
        )
    return list(_entries(rows)), missing


def _entries(rows: Any) -> Iterator[KernelSocket]:
    for row in rows:
        if row.laddr:
            remote = plain(row.raddr) if row.raddr else None
            yield KernelSocket(plain(row.laddr), remote, str(row.status), row.fd)
