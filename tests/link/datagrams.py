"""Two datagram sockets that talk through a `helpers.DatagramLink`, and what the tests of one have in common."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import helpers
from tests.link.support import ANY, DOWNSTREAM, PATIENCE

MARK = b"that was all"
"""Comes after all others: whatever has not come before it does not come."""


def udp(address: Any = None, family: int = socket.AF_INET) -> socket.socket:
    """A datagram socket, bound to `address` if there is one, that waits no longer than a test does."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    if address is not None:
        sock.bind(address)
    return sock


@dataclasses.dataclass
class Talk:
    """A client and a server, with a link between them that has met the client."""

    link: helpers.DatagramLink
    client: socket.socket
    server: socket.socket
    back: Any
    """Where the server sends what is for the client."""

    def send(self, direction: str, data: bytes) -> None:
        if direction == DOWNSTREAM:
            self.server.sendto(data, self.back)
        else:
            self.client.sendto(data, address_of(self.link))

    def receiver(self, direction: str) -> socket.socket:
        return self.client if direction == DOWNSTREAM else self.server

    def through(self, direction: str, datagrams: Iterable[bytes], **faults: Any) -> list[bytes]:
        """What comes of these, with those faults in that direction. (They are counted from here, and off again afterwards.)"""
        whose = getattr(self.link, direction)
        whose.set(faults)
        for data in datagrams:
            self.send(direction, data)
        whose.set(dict.fromkeys(sorted(faults, key="latency".__eq__)))  # reorder before latency
        self.send(direction, MARK)
        return until_mark(self.receiver(direction))


def until_mark(sock: socket.socket) -> list[bytes]:
    return list(iter(lambda: sock.recv(70_000), MARK))


@contextlib.contextmanager
def talking(**settings: Any) -> Iterator[Talk]:
    """A client that the link has met, with no fault on; then with these settings, which count from here."""
    seed = {name: settings.pop(name) for name in ("seed", "name") if name in settings}
    with udp(ANY) as server, udp() as client, helpers.DatagramLink(server.getsockname(), **seed) as link:
        client.sendto(b"hello", address_of(link))
        _, back = server.recvfrom(100)
        for name, value in settings.items():
            setattr(link, name, value)
        yield Talk(link, client, server, back)


def address_of(link: helpers.DatagramLink) -> Any:
    return link.address


def differing_bits(one: bytes, other: bytes) -> int:
    assert len(one) == len(other)
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(1, count + 1)]


def told(found: Sequence[bytes]) -> list[int]:
    return [int(data) for data in found]
