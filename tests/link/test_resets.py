"""A reset arrives as a reset, behind the bytes that were sent before it."""

from __future__ import annotations

import contextlib
import itertools
import socket
from typing import Any

import pytest

import helpers
from tests.link.support import (
    ANY,
    BOTH,
    DOWNSTREAM,
    FOREVER,
    LINUX,
    PATIENCE,
    REPETITIONS,
    UPSTREAM,
    another,
    connected,
    ending,
    joined,
    named,
    passes,
    quiet,
    reset,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


def with_unread_bytes(sock: socket.socket, peer: socket.socket) -> None:
    """Close with bytes waiting: the system breaks the connection off."""
    peer.sendall(b"never read")
    assert not quiet(sock, PATIENCE)
    sock.close()


@pytest.mark.parametrize("faults", [{}, {"slicer": 3}, {"latency": 0.02}], ids=named)
def test_a_reset_arrives_as_one_after_what_came_before_it(faults: dict[str, Any]) -> None:
    for direction, way, before in itertools.product((UPSTREAM, DOWNSTREAM), ("linger", "unread"), (b"", b"last words")):
        with joined(**faults) as talk:
            one, other = talk.ends(direction)
            if before:
                one.sendall(before)
                assert not quiet(other, PATIENCE)  # or it might meet the reset in the system of `one`
            if way == "linger":
                reset(one)
            else:
                with_unread_bytes(one, other)
            assert ending(other) == (before, "reset"), (direction, way)


@LINUX
@pytest.mark.parametrize("faults", [{}, {"slicer": 3}, {"latency": 0.02}, {"coalesce": FOREVER}])
def test_a_reset_at_once_takes_nothing_along(faults: dict[str, Any]) -> None:
    for direction in (UPSTREAM, DOWNSTREAM):
        with joined() as talk:
            one, other = talk.ends(direction)
            passes(one, other)
            talk.set(BOTH, **faults)
            one.sendall(b"last words")
            reset(one)
            assert not quiet(other, PATIENCE)
            assert quiet(talk.listener, 0.01)  # late: the reset has had its time to come
            assert ending(other) == (b"last words", "reset")


@LINUX
def test_a_server_that_answers_and_resets_at_once_is_heard() -> None:
    """Perhaps before the link has noticed that it is connected."""
    for turn in range(REPETITIONS):
        with socket.create_server(ANY) as listener, helpers.Link(listener.getsockname()) as link:
            listener.settimeout(PATIENCE)
            with connected(link) as client:
                server, _ = listener.accept()
                server.sendall(b"last words")
                reset(server)
                assert ending(client) == (b"last words", "reset"), f"turn {turn}"


@LINUX
def test_a_reset_stays_one_when_bytes_come_to_meet_it() -> None:
    """Whoever sends to the broken connection hears of it first; the reset must not look like an end for that."""
    for _ in range(3):
        with joined(upstream={"latency": 0.01}) as talk, contextlib.ExitStack() as stack:
            ends = [another(talk.link, talk.listener) for _ in range(100)]
            for each in itertools.chain(*ends):
                stack.enter_context(each)
            for client, server in ends:
                client.sendall(b"last words")
                server.sendall(b"meets it")
                reset(client)
            assert {ending(server) for _, server in ends} == {(b"last words", "reset")}


def test_a_reset_reaches_a_peer_that_only_sends() -> None:
    with joined() as talk:
        reset(talk.client)
        with pytest.raises(ConnectionError):
            while True:
                talk.server.sendall(b"x" * 1000)


def test_a_server_that_refuses_is_a_reset() -> None:
    with socket.create_server(ANY) as gone:
        address = gone.getsockname()
    with helpers.Link(address) as link:
        for _ in range(3):
            with contextlib.suppress(ConnectionResetError), connected(link) as client:  # `connect` may see it already
                assert ending(client) == (b"", "reset")
        with (
            helpers.EchoServer(port=address[1]),
            connected(link) as client,
        ):
            passes(client, client)
