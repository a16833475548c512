"""A link starts, stops, and leaves nothing behind, whatever state its connections are in."""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import helpers
from helpers.running.group import stop_all
from helpers.running.install import uninstall
from helpers.sockets.registry import live_sockets
from tests.link.support import (
    ANY,
    DATA,
    FOREVER,
    ONCE,
    PATIENCE,
    another,
    connected,
    ending,
    fill,
    joined,
    link_to,
    named,
    passes,
    pieces,
    refused,
    reset,
)
from tests.support.waiting import AT_ONCE, eventually

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


def test_start_stop_start() -> None:
    with helpers.EchoServer() as server:
        link = link_to(server, slicer=3)
        for _ in range(3):
            assert link.start() is link
            address = link.address
            assert link.start() is link
            assert (link.running, link.address) == (True, address)
            with connected(link) as client:
                passes(client, client)
                link.stop()
                assert client.recv(10) == b""
            link.stop()
            assert not link.running
            assert refused(address)


@ONCE
def test_a_block_may_stop_it_itself_or_fall() -> None:
    with helpers.EchoServer() as server:
        with link_to(server).start() as link:
            link.stop()
        with pytest.raises(ZeroDivisionError), link_to(server) as link:
            raise ZeroDivisionError
        assert not link.running


@ONCE
def test_faults_outlast_a_restart() -> None:
    with socket.create_server(ANY) as listener:
        listener.settimeout(PATIENCE)
        link = helpers.Link(listener.getsockname())
        for size in (5, 2):
            link.slicer = size
            with link:
                client, server = another(link, listener)
                with client, server:
                    client.sendall(DATA)
                    assert {len(piece) for piece in pieces(server, 10)} == {size}


@ONCE
def test_a_port_of_ones_own_and_one_that_is_taken() -> None:
    with socket.create_server(ANY) as gone:
        port = gone.getsockname()[1]
    with helpers.EchoServer() as server:
        with link_to(server, port=port) as link:
            assert link.address == ("127.0.0.1", port)
            with pytest.raises(OSError):
                link_to(server, port=port).start()
        with pytest.raises(OSError):
            link_to(server, port=server.address[1]).start()  # type: ignore[index]


def test_it_has_one_thread_however_many_connections() -> None:
    before = threading.active_count()
    with joined() as talk, contextlib.ExitStack() as stack:
        for _ in range(10):
            for each in another(talk.link, talk.listener):
                stack.enter_context(each)
        assert threading.active_count() == before + 1


@ONCE
def test_without_load_ext() -> None:
    uninstall()
    with (
        helpers.EchoServer() as server,
        link_to(server, slicer=2) as link,
        connected(link) as client,
    ):
        passes(client, client, DATA)


def test_cycles_leave_nothing() -> None:
    """The fixture counts what is left."""
    with helpers.EchoServer() as server:
        for _ in range(50):
            with (
                link_to(server, slicer=(1, 3)) as link,
                connected(link) as client,
            ):
                passes(client, client)


def test_connections_that_have_ended_leave_nothing() -> None:
    with helpers.EchoServer() as server, link_to(server) as link:
        before = len(live_sockets())
        for i in range(30):
            with connected(link) as client:
                passes(client, client)
                if i % 3 == 0:
                    reset(client)
                elif i % 3 == 1:
                    client.shutdown(socket.SHUT_WR)
                    assert client.recv(1) == b""
        assert eventually(lambda: len(live_sockets()) <= before)


def test_when_everything_stops_it_does() -> None:
    with helpers.EchoServer() as server:
        link = link_to(server).start()
        stop_all()
        assert refused(link.address)
        link.stop()


def unread(client: socket.socket, server: socket.socket) -> None:
    for each in (client, server):
        each.sendall(DATA)


def gone(end: socket.socket) -> None:
    end.sendall(b"x")
    end.close()


STATES: dict[str, Callable[[socket.socket, socket.socket], object]] = {
    "fresh": lambda client, server: None,
    "half-closed by the client": lambda client, server: client.shutdown(socket.SHUT_WR),
    "half-closed by the server": lambda client, server: server.shutdown(socket.SHUT_WR),
    "with bytes unread": unread,
    "full": lambda client, server: fill(client, bytes(100_000), patience=0.05),
    "left by the client": lambda client, server: gone(client),
    "left by the server": lambda client, server: gone(server),
    "reset by the client": lambda client, server: reset(client),
    "reset by the server": lambda client, server: reset(server),
}


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"slicer": 1},
        *({fault: FOREVER} for fault in ("latency", "coalesce", "slow_close", "reset_peer")),
        {"timeout": 0},
    ],
    ids=named,
)
def test_stop_with_connections_in_every_state(faults: dict[str, Any]) -> None:
    """And while something is to be done in half a minute. The fixture counts what is left."""
    with socket.create_server(ANY) as listener, contextlib.ExitStack() as stack:
        listener.settimeout(PATIENCE)
        link = helpers.Link(listener.getsockname(), **faults).start()
        ends = {state: another(link, listener) for state in STATES}
        for each in itertools.chain(*ends.values()):
            stack.enter_context(each)
        for state, (client, server) in ends.items():
            STATES[state](client, server)
        begun = time.monotonic()
        link.stop()
        assert time.monotonic() - begun < AT_ONCE
        assert not link.running
        assert refused(link.address)
        for each in itertools.chain(*ends.values()):
            if each.fileno() >= 0:
                ending(each)  # comes, one way or the other


def test_stop_with_a_connection_nobody_accepted() -> None:
    with (
        socket.create_server(ANY) as listener,
        helpers.Link(listener.getsockname()) as link,
        connected(link) as client,
    ):
        client.sendall(b"anybody?")
        link.stop()
        assert ending(client)[0] == b""


def test_stop_wakes_a_client_that_waits() -> None:
    with joined() as talk:
        found: list[object] = []
        waiting = threading.Thread(target=lambda: found.append(ending(talk.client)))
        waiting.start()
        talk.link.stop()
        waiting.join(PATIENCE)
        assert found == [(b"", "end")]


@contextlib.contextmanager
def descriptors(wanted: int) -> Iterator[None]:
    """Room for so many open files, where the system sets a lower limit."""
    if sys.platform == "win32":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@ONCE
@pytest.mark.parametrize("faults", [{}, {"latency": 0.01}], ids=named)
def test_a_thousand_connections_at_once(faults: dict[str, Any]) -> None:
    count = 1000 if sys.platform != "win32" else 200  # of sockets in one select, Windows takes 512
    with descriptors(5 * count), joined(**faults) as talk, contextlib.ExitStack() as stack:
        ends = [another(talk.link, talk.listener) for _ in range(count)]
        for each in itertools.chain(*ends):
            stack.enter_context(each)
        for number, (client, server) in enumerate(ends):
            client.sendall(b"to %04d" % number)
            server.sendall(b"by %04d" % number)
        for number, (client, server) in enumerate(ends):
            assert b"".join(pieces(server, 7)) == b"to %04d" % number
            assert b"".join(pieces(client, 7)) == b"by %04d" % number
        for client, _ in ends:
            client.close()
        assert {server.recv(1) for _, server in ends} == {b""}
