"""How the tests ask a name server: over UDP and TCP, with what dnspython makes of a question and reads in an answer."""

from __future__ import annotations

import socket
from typing import Any

import dns.message
import dns.rcode

import helpers

PATIENCE = 20.0
"""Seconds for an answer that comes."""
NAMES = {
    "www.example.org": ["127.0.0.1", "127.0.0.2", "::1"],
    "shop.example.org": "www.example.org",
    "shelf.shop.example.org": ["127.0.0.3"],
}


def question(name: str, kind: str = "A", **more: Any) -> bytes:
    return dns.message.make_query(name, kind, id=0x1A2B, **more).to_wire()


def over_udp(server: helpers.NameServer, data: bytes, count: int = 1) -> list[bytes]:
    """Send a datagram, and wait for so many."""
    assert server.address is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(data, server.address)
        return [sock.recv(65535) for _ in range(count)]


def over_tcp(server: helpers.NameServer, *messages: bytes) -> list[bytes]:
    """Send messages, each with its length in front, and no more; wait for the end."""
    assert server.address is not None
    with socket.create_connection(server.address, timeout=PATIENCE) as sock:
        sock.sendall(b"".join(len(each).to_bytes(2, "big") + each for each in messages))
        sock.shutdown(socket.SHUT_WR)
        data = b"".join(iter(lambda: sock.recv(65535), b""))
    found = []
    while data:
        size = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + size])
        data = data[2 + size :]
    return found


def answer(server: helpers.NameServer, name: str, kind: str = "A", **more: Any) -> dns.message.Message:
    """What the server answers over UDP, as dnspython reads it."""
    (data,) = over_udp(server, question(name, kind, **more))
    return dns.message.from_wire(data)


def said(server: helpers.NameServer, name: str, kind: str = "A") -> list[str]:
    """The answer's code, if it is another one than NOERROR, and what its records say."""
    message = answer(server, name, kind)
    code = [] if message.rcode() == dns.rcode.NOERROR else [dns.rcode.to_text(message.rcode())]
    return code + [record.to_text() for rrset in message.answer for record in rrset]


def is_silent(server: helpers.NameServer, data: bytes) -> bool:
    """Whether nothing comes to `data`: what is asked behind it is answered first."""
    assert server.address is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(data, server.address)
        behind = dns.message.make_query("behind.example.org", "A", id=0x7777).to_wire()
        sock.sendto(behind, server.address)
        return sock.recv(65535)[:2] == b"\x77\x77"
