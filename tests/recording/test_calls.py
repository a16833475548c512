"""Every kind of call, and how it can end."""

from __future__ import annotations

import gc
import selectors
import socket
import weakref
from pathlib import Path

import pytest

import helpers
from tests.recording.support import is_told_whole
from tests.support.connections import ANY, RST_ON_CLOSE, connected


@pytest.mark.usefixtures("each_kind_of_socket")
def test_timeouts() -> None:
    with connected() as (client, _), socket.create_server(ANY) as listener:
        client.settimeout(0.01)
        listener.settimeout(0.02)
        with helpers.watch() as recording:
            with pytest.raises(TimeoutError):
                client.recv(10)
            with pytest.raises(TimeoutError):
                listener.accept()
            with pytest.raises(TimeoutError):
                client.sendall(b"x" * 50_000_000)
    waited, accept, sendall = recording.events
    assert [(each.error, each.timeout) for each in recording.events] == [
        ("TimeoutError", 0.01),
        ("TimeoutError", 0.02),
        ("TimeoutError", 0.01),
    ]
    assert (waited.asked, waited.size, waited.data) == (10, 0, b"")
    assert waited.waited >= 0.009 and accept.accepted is None
    assert 0 < sendall.size < sendall.asked == 50_000_000


def test_a_sendall_that_fails_says_how_far_it_came() -> None:
    for blocking in (False, True):
        with connected() as (client, server):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            client.settimeout(0.01 if blocking else 0)
            with helpers.watch() as recording:
                with pytest.raises((TimeoutError, BlockingIOError)):
                    client.sendall(b"x" * 10_000_000)
                client.shutdown(socket.SHUT_WR)
                size = 0
                while data := server.recv(100_000):
                    size += len(data)
            is_told_whole(recording)
            assert recording.events[0].size == size
            assert not recording.conversations[0].unread


def test_refused_and_would_block() -> None:
    with socket.create_server(ANY) as gone:
        address = gone.getsockname()
    with helpers.watch() as recording, connected(socket.socketpair) as (one, _):
        with socket.socket() as client, pytest.raises(ConnectionRefusedError):
            client.connect(address)
        with socket.socket() as client:
            assert client.connect_ex(address)
        one.setblocking(False)
        with pytest.raises(BlockingIOError):
            one.recv(1)
        with pytest.raises(TypeError):
            one.sendall("text")
    errors = [(event.call, event.error, event.address) for event in recording.events if event.error]
    assert errors == [
        ("connect", "ConnectionRefusedError", address),
        ("connect_ex", "ConnectionRefusedError", address),
        ("recv", "BlockingIOError", None),
        ("sendall", "TypeError", None),
    ]
    assert {event.end for event in recording.events if event.call.startswith("connect")} == {"client"}
    assert len(recording.conversations) == 1


def test_connect_ex_without_blocking() -> None:
    with socket.create_server(ANY) as listener, helpers.watch() as recording, socket.socket() as client:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        with listener.accept()[0] as conn:
            conn.sendall(b"hello")
            conn.shutdown(socket.SHUT_WR)
            with selectors.DefaultSelector() as selector:
                selector.register(client, selectors.EVENT_READ)
                selector.select(5)
            assert client.recv(10) == b"hello"
    (talk,) = recording.conversations
    assert (talk.client.role, talk.server.role) == ("client", "server")  # type: ignore[union-attr]
    assert [size for _, _, size in talk.flows] == [5]


def test_makefile_sendfile_dup_and_detach(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"line one\nline two\n")
    with connected() as (client, server), helpers.watch() as recording:
        with (tmp_path / "file").open("rb") as file:
            assert client.sendfile(file) == 18
        with server.makefile("r") as lines:
            assert lines.readline() == "line one\n"
        twin = client.dup()
        twin.sendall(b"more")
        twin.close()
        moved = socket.socket(fileno=client.detach())
        moved.sendall(b"end")
        moved.shutdown(socket.SHUT_WR)
        assert server.recv(100) == b"moreend"
        assert server.recv(100) == b""
        moved.close()
    del twin, moved
    is_told_whole(recording)
    (talk,) = recording.conversations
    assert [(sent.call, size) for sent, _, size in talk.flows] == [("send", 18), ("sendall", 4), ("sendall", 3)]  # type: ignore[union-attr]
    assert not [event for event in recording.events if event.forgotten or event.reset]
    assert len({event.socket.number for event in talk.events}) == 2


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_socket_and_none_kept_alive() -> None:
    with helpers.watch() as recording:
        client = socket.socket()
        alive = weakref.ref(client)
        del client
        gc.collect()
        assert alive() is None
        closed = socket.socket()
        closed.close()
        del closed
        gc.collect()
    assert [(event.call, event.forgotten) for event in recording.events] == [
        ("socket", False),
        ("close", True),
        ("socket", False),
        ("close", False),
    ]


def test_resets_and_bytes_nobody_read() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        client.sendall(b"hello")
        server.recv(2)
        server.close()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    (talk,) = recording.conversations
    assert [event.reset for event in talk.events if event.call == "close"] == [True]
    assert [(sent.data, size) for sent, _, size in talk.unread] == [(b"hello", 3)]  # type: ignore[union-attr]
    with connected() as (client, server), helpers.watch() as recording:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        server.close()
    assert recording.events[0].reset


def test_urgent_bytes_travel_beside_the_stream() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        client.send(b"!", socket.MSG_OOB)
        client.sendall(b"?", socket.MSG_OOB)
        client.sendall(b"hello")
        assert server.recv(100) == b"hello"
    assert [(sent and sent.data, size) for sent, _, size in recording.conversations[0].flows] == [(b"hello", 5)]
