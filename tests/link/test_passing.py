"""A link without a fault, and what passes through any: bytes in both directions, half-closes, ends."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import helpers
from tests.link.support import (
    DOWNSTREAM,
    ONCE,
    PATIENCE,
    SOMEWHERE,
    UPSTREAM,
    ending,
    everything,
    joined,
    link_to,
    passes,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

FAULTS = "latency", "jitter", "bandwidth", "slicer", "coalesce", "slow_close", "timeout", "reset_peer", "limit_data"


def test_it_passes_everything_in_both_directions() -> None:
    with helpers.EchoServer() as server, link_to(server) as link:
        assert link.running
        assert link.address and link.address[0] == "127.0.0.1" and link.address != server.address
        with socket.create_connection(link.address, timeout=PATIENCE) as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            assert everything(client) == b"hello"
    assert not link.running


@ONCE
def test_all_faults_are_off() -> None:
    link = helpers.Link(SOMEWHERE)
    for fault in FAULTS:
        assert getattr(link, fault) is None
        assert getattr(link.upstream, fault) is None
        assert getattr(link.downstream, fault) is None
    assert link.down is False
    assert not link.running


@pytest.mark.parametrize("faults", [{}, {"slicer": 2}, {"latency": 0.01}, {"coalesce": 0.01}])
def test_half_close_passes_in_each_direction(faults: dict[str, Any]) -> None:
    for direction in (UPSTREAM, DOWNSTREAM):
        with joined(**faults) as talk:
            one, other = talk.ends(direction)
            one.sendall(b"question")
            one.shutdown(socket.SHUT_WR)
            assert everything(other) == b"question"
            for answer in (b"an", b"answer"):
                passes(other, one, answer)
            other.shutdown(socket.SHUT_WR)
            assert one.recv(10) == b""


def test_a_close_is_an_end() -> None:
    for direction in (UPSTREAM, DOWNSTREAM):
        with joined() as talk:
            one, other = talk.ends(direction)
            one.sendall(b"last words")
            one.close()
            assert ending(other) == (b"last words", "end")
