"""Addresses, as `getsockname` and a learner write them."""

from __future__ import annotations

from typing import Any


def port_of(address: Any) -> int | None:
    return address[1] if isinstance(address, tuple) and len(address) >= 2 else None


def plain_address(address: Any) -> Any:
    """An address as both ends of a connection write it: without scope, and IPv4 as such."""
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    return str(address[0]).removeprefix("::ffff:"), address[1]
