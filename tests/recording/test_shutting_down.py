"""Calls that a socket's own program ends, from another thread or before: the `shutdown` is their cause, and not what the peer does later."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import helpers
from helpers.pictures.sequence.sheet import conversation
from helpers.recording.events import Event
from helpers.recording.recorder import Recording
from helpers.sockets import tapes, traced
from helpers.sockets.polling import PollingSocket
from helpers.sockets.waiting import calls_under_way
from tests.recording.support import calls, is_told_whole
from tests.support.connections import ANY, connected, tcp_pair
from tests.support.waiting import eventually

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux wakes each call by shutdown")


@contextlib.contextmanager
def blocked(call: Callable[[], Any]) -> Iterator[list[Any]]:
    """A thread that waits in `call` in the block, and is back at its end: what it brought, or raised."""
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(call())
        except OSError as error:
            came.append(error)

    thread = threading.Thread(target=run, name="blocked")
    thread.start()
    assert eventually(calls_under_way)
    yield came
    thread.join(5)
    assert not thread.is_alive()


def one(recording: Recording, call: str) -> Event:
    (event,) = (event for event in recording.events if event.call == call and event.thread == "blocked")
    return event


def told(recording: Recording) -> list[str]:
    """The lines of the picture, without who made the call."""
    return [line.partition(": ")[2] for line in conversation(recording).text.splitlines()]


@pytest.fixture(autouse=True)
def _on_the_tape_whoever_was_woken_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """As luck may have it: it comes back before the call that woke it."""
    note = tapes.note

    def late(trace: Any, call: str, *args: Any, **more: Any) -> None:
        if call in ("shutdown", "close") and threading.current_thread().name != "blocked":
            eventually(lambda: not calls_under_way())
        note(trace, call, *args, **more)

    monkeypatch.setattr(traced, "note", late)


@LINUX
@pytest.mark.parametrize("make", [tcp_pair, socket.socketpair])
@pytest.mark.parametrize("how", [socket.SHUT_RD, socket.SHUT_RDWR])
def test_a_recv_that_its_own_program_ends_comes_after_the_shutdown(make: Any, how: int) -> None:
    with connected(make) as (client, server), helpers.watch() as recording:
        with blocked(lambda: server.recv(100)) as came:
            server.shutdown(how)
        client.close()
    assert came == [b""]
    is_told_whole(recording)
    assert calls(recording.events) == ["shutdown", "recv", "close"]
    recv = one(recording, "recv")
    assert recv.shut and recv.how == socket.SHUT_RD and not recv.end_of_stream
    lines = told(recording)
    assert [line.partition("(")[0] for line in lines] == ["shutdown", "recv", "close"]
    assert lines[1] == "recv(100) → b'' (reading shut down)"


@LINUX
def test_where_the_peer_was_first_it_is_the_cause() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        with blocked(lambda: server.recv(100)):
            client.close()
        server.shutdown(socket.SHUT_RD)
        assert server.recv(100) == b""
    assert [event.end_of_stream for event in recording.events if event.receives] == [True, True]
    assert told(recording)[:2] == ["close() (FIN to server)", "recv(100) → b'' (end of stream)"]


def test_bytes_that_come_all_the_same_are_no_end() -> None:
    with connected(socket.socketpair) as (client, server), helpers.watch() as recording:
        client.sendall(b"late")
        server.shutdown(socket.SHUT_RD)
        assert server.recv(100) + server.recv(100) == b"late"
    assert [event.shut for event in recording.events if event.receives] == [False, True]


@LINUX
def test_an_accept_that_a_shutdown_of_the_listening_socket_ends() -> None:
    with socket.create_server(ANY) as listener, helpers.watch() as recording, blocked(listener.accept) as came:
        listener.shutdown(socket.SHUT_RDWR)
    assert isinstance(came[0], OSError)
    assert calls(recording.events) == ["shutdown", "accept"]
    assert one(recording, "accept").shut
    assert [line.partition("(")[0] for line in told(recording)] == ["shutdown", "accept"]


@LINUX
def test_a_sendall_that_its_own_program_ends_is_not_broken_off_by_the_peer() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        with blocked(lambda: client.sendall(b"x" * 20_000_000)) as came:
            client.shutdown(socket.SHUT_WR)
        server.close()
    assert isinstance(came[0], BrokenPipeError)
    sendall = one(recording, "sendall")
    assert sendall.shut and not sendall.broken
    assert [event.call for event in recording.events][:2] == ["shutdown", "sendall"]
    lines = told(recording)
    assert lines[0].startswith("shutdown(SHUT_WR)") and lines[1].startswith("sendall") and "RST" not in lines[1]


def test_who_has_shut_down_and_sends_is_not_broken_off() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        client.shutdown(socket.SHUT_WR)
        with pytest.raises(OSError):
            client.sendall(b"more")
        server.close()
        assert client.recv(10) == b""
    assert not any(event.broken for event in recording.events)
    assert "RST" not in conversation(recording).text


def test_who_waits_on_a_socket_that_is_closed_meanwhile_comes_after_the_close() -> None:
    """Where calls wait in turns, each turn finds the socket gone. (On Linux nothing wakes them.)"""
    with connected() as (client, server):
        server.__class__ = PollingSocket
        with helpers.watch() as recording, blocked(lambda: server.recv(100)) as came:
            server.close()
    assert isinstance(came[0], OSError)
    assert calls(recording.events) == ["close", "recv"]
    assert not one(recording, "recv").shut


@LINUX
def test_in_an_event_loop() -> None:
    async def main(server: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        waiting = asyncio.ensure_future(loop.sock_recv(server, 100))
        await asyncio.sleep(0)
        server.shutdown(socket.SHUT_RDWR)
        return await waiting

    with connected() as (client, server):
        server.setblocking(False)
        with helpers.watch() as recording:
            assert asyncio.run(main(server)) == b""
            client.close()
    _, shutdown, recv, close = told(recording)
    assert shutdown == "shutdown(SHUT_RDWR) (FIN to client)"
    assert recv == "recv(100) → b'' (reading shut down)"
    assert close.startswith("close()")
