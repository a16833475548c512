"""Faults that end the connection: `timeout`, `reset_peer`, `limit_data`, and the whole link `down`."""

from __future__ import annotations

import contextlib
import random
import socket
import time

import pytest

import helpers
from tests.link.support import (
    BOTH,
    DATA,
    DELAY,
    DOWNSTREAM,
    EARLY,
    FOREVER,
    ONCE,
    UPSTREAM,
    WAYS,
    another,
    connected,
    ending,
    everything,
    joined,
    link_to,
    only,
    passes,
    pieces,
    quiet,
    refused,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


@ONCE
@pytest.mark.parametrize("live", [False, True])
def test_timeout_closes(live: bool) -> None:
    for direction, way in WAYS:
        begun = time.monotonic()
        with joined(**({} if live else only(direction, {"timeout": DELAY}))) as talk:
            if live:
                begun = time.monotonic()
                talk.set(direction, timeout=DELAY)
            sender, receiver = talk.ends(way)
            sender.sendall(b"lost")
            assert ending(receiver) == (b"", "end"), direction
            assert time.monotonic() - begun >= DELAY - EARLY
            assert ending(sender)[0] == b""


@pytest.mark.parametrize("seconds", [0, DELAY])
@pytest.mark.parametrize("live", [False, True])
def test_reset_peer_breaks_off(seconds: float, live: bool) -> None:
    for direction, way in WAYS:
        with joined(**({} if live else only(direction, {"reset_peer": seconds}))) as talk:
            sender, receiver = talk.ends(way)
            if live:
                passes(sender, receiver)
                talk.set(direction, reset_peer=seconds)
            if direction != BOTH:
                passes(receiver, sender)  # no byte in the direction that has the fault
            begun = time.monotonic()
            sender.sendall(b"lost")
            assert ending(receiver) == (b"", "reset"), direction
            assert ending(sender) == (b"", "reset"), direction
            assert time.monotonic() - begun >= seconds - EARLY


@ONCE
def test_reset_peer_waits_for_a_byte() -> None:
    with joined(reset_peer=0) as talk:
        assert quiet(talk.client, 0.02) and quiet(talk.server)
        talk.client.shutdown(socket.SHUT_WR)
        assert talk.server.recv(10) == b""


def test_a_reset_that_was_taken_back_does_not_come() -> None:
    with joined(reset_peer=FOREVER) as talk:
        talk.client.sendall(b"perhaps lost")
        talk.link.reset_peer = None
        passes(talk.server, talk.client)
        talk.client.sendall(b"!")
        talk.client.shutdown(socket.SHUT_WR)
        assert everything(talk.server).endswith(b"!")


@pytest.mark.parametrize(("limit", "sends"), [(10, [25]), (10, [4, 4, 4, 4]), (10, [10]), (10, [200_000]), (1, [1])])
def test_limit_data_is_exact(limit: int, sends: list[int]) -> None:
    data = random.Random(1).randbytes(sum(sends))
    for direction, way in WAYS:
        with joined(**only(direction, {"limit_data": limit})) as talk:
            sender, receiver = talk.ends(way)
            if direction != BOTH:
                for _ in range(3):
                    passes(receiver, sender)  # does not count
            at = 0
            for size in sends:
                with contextlib.suppress(ConnectionError):  # closed meanwhile
                    sender.sendall(data[at : at + size])
                at += size
            assert ending(receiver) == (data[:limit], "end"), direction
            found, how = ending(sender)
            assert found == b""
            if len(data) <= limit:  # what comes to a closed connection is answered by a reset
                assert how == "end", direction


@ONCE
def test_limit_data_leaves_shorter_streams_alone() -> None:
    with joined(limit_data=11) as talk:
        for way in (UPSTREAM, DOWNSTREAM):
            passes(*talk.ends(way), DATA)
        talk.client.shutdown(socket.SHUT_WR)
        assert talk.server.recv(10) == b""
        passes(talk.server, talk.client, b"x"[:0])
        talk.server.close()
        assert talk.client.recv(10) == b""


@ONCE
def test_limit_data_counts_by_connection() -> None:
    with joined(limit_data=10) as talk:
        passes(talk.client, talk.server, b"012345678")
        client, server = another(talk.link, talk.listener)
        with client, server:
            passes(client, server, b"012345678")
            client.sendall(b"9!")
            assert ending(server) == (b"9", "end")
        talk.client.sendall(b"9")
        assert ending(talk.server) == (b"9", "end")


@ONCE
def test_a_limit_of_nothing_lets_nothing_through() -> None:
    for direction in (UPSTREAM, DOWNSTREAM):
        with joined(**only(direction, {"limit_data": 0})) as talk:
            sender, receiver = talk.ends(direction)
            with contextlib.suppress(ConnectionError):
                sender.sendall(b"lost")
            assert ending(receiver) == (b"", "end")
            assert ending(sender)[0] == b""


@ONCE
def test_limit_data_and_slicer() -> None:
    with joined(limit_data=10, slicer=3) as talk:
        talk.client.sendall(b"x" * 25)
        assert pieces(talk.server, 25) == [b"xxx", b"xxx", b"xxx", b"x"]


def test_down_and_up_again() -> None:
    with joined() as talk:
        passes(talk.client, talk.server)
        address = talk.link.address
        for _ in range(3):
            talk.link.down = True
            assert talk.link.down is True
            assert refused(address)
            assert ending(talk.client) == (b"", "end")
            assert ending(talk.server) == (b"", "end")
            assert (talk.link.running, talk.link.address) == (True, address)
            talk.link.down = True
            talk.link.down = False
            assert talk.link.down is False
            talk.link.down = False
            client, server = another(talk.link, talk.listener)
            with client, server:
                passes(client, server)
                passes(server, client)


def test_down_with_bytes_in_every_place() -> None:
    with joined(latency=FOREVER) as talk:
        talk.client.sendall(b"on its way")
        talk.link.down = True
        assert ending(talk.server)[0] == ending(talk.client)[0] == b""


def test_down_from_the_beginning() -> None:
    with helpers.EchoServer() as server, link_to(server, down=True) as link:
        assert link.down is True
        assert refused(link.address)
        link.down = False
        with connected(link) as client:
            passes(client, client)
        link.down = True
        link.stop()
        link.stop()
