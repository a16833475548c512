"""Who talked with whom: whoever made the sockets, and when."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import helpers
from tests.recording.support import SERVER, calls, is_told_whole, lanes
from tests.support.connections import ANY, RST_ON_CLOSE, connected


def test_bytes_from_before_the_recording() -> None:
    with connected() as (client, server):
        client.sendall(b"before")
        with helpers.watch() as recording:
            client.sendall(b"now")
            server.recv(100)
        assert [(sent and sent.data, size) for sent, _, size in recording.conversations[0].flows] == [
            (None, 6),
            (b"now", 3),
        ]


@pytest.mark.usefixtures("each_kind_of_socket")
@pytest.mark.parametrize("made", ["before", "in the block"])
def test_a_program(made: str) -> None:
    program = helpers.background(SERVER, "server") if made == "before" else None
    with helpers.watch() as recording:
        program = program or helpers.background(SERVER, "server")
        with socket.create_connection(program.address) as client:  # type: ignore[arg-type]
            client.sendall(b"hello")
            client.recv(100)
        assert program.wait(5)
    is_told_whole(recording)
    (talk,) = recording.conversations
    assert (talk.client.program, talk.server.program) == (None, "server")  # type: ignore[union-attr]
    found = lanes(recording)
    assert found["server", "server"] == ["recv(5)", "sendall(5)", "recv(0)", "close"]
    made_here = ["socket", "bind", "listen"] if made == "in the block" else []
    assert found["listening", "server"] == [*made_here, "accept", "close"]
    assert found["client", None] == ["socket", "connect", "sendall(5)", "recv(5)", "close"]


class Upper(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.readline().upper())


def test_socketserver() -> None:
    with socketserver.ThreadingTCPServer(ANY, Upper) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        with helpers.watch() as recording:
            with socket.create_connection(server.server_address) as client:  # type: ignore[arg-type]
                client.sendall(b"hello\n")
                assert client.recv(100) == b"HELLO\n"
                assert client.recv(100) == b""
            server.shutdown()
        serving.join()
    is_told_whole(recording)
    (talk,) = recording.conversations
    flows = [(sent.call, received.call, size) for sent, received, size in talk.flows]  # type: ignore[union-attr]
    assert flows[0] == ("sendall", "recv_into", 6) and flows[1][1:] == ("recv", 6)
    assert calls(event for event in talk.events if event.end == "server")[-2:] == ["shutdown", "close"]


def test_a_server_with_selectors() -> None:
    def serve(listener: socket.socket, clients: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            while clients:
                for key, _ in selector.select():
                    sock: Any = key.fileobj
                    if sock is listener:
                        conn, _ = listener.accept()
                        conn.setblocking(False)
                        selector.register(conn, selectors.EVENT_READ)
                    elif data := sock.recv(100):
                        sock.send(data)
                    else:
                        selector.unregister(sock)
                        sock.close()
                        clients -= 1

    with socket.create_server(ANY) as listener, helpers.watch() as recording:
        server = threading.Thread(target=serve, args=(listener, 3), name="selector")
        server.start()
        clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
        for client in reversed(clients):
            client.sendall(b"hello")
        for client in clients:
            assert client.recv(100) == b"hello"
            client.close()
        server.join()
    is_told_whole(recording)
    assert [[flow.size for flow in talk.flows] for talk in recording.conversations] == [[5, 5]] * 3
    assert {event.thread for event in recording.events if event.end == "server"} == {"selector"}


def test_asyncio_and_nothing_of_its_own_sockets() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        async with await asyncio.start_server(echo, *ANY) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello")
            assert await reader.read() == b"hello"
            writer.close()
            await writer.wait_closed()

    with helpers.watch() as recording:
        thread = threading.Thread(target=asyncio.run, args=(main(),))
        thread.start()
        thread.join()
    is_told_whole(recording)
    (talk,) = recording.conversations
    assert [size for _, _, size in talk.flows] == [5, 5]
    assert not [event for event in recording.events if event.end == "pair"]


def test_a_peer_in_another_process() -> None:
    code = (
        "import socket, sys\n"
        "with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:\n"
        "    s.sendall(b'hello'); assert s.recv(9) == b'bye'"
    )
    with helpers.watch() as recording, socket.create_server(ANY) as listener:
        with subprocess.Popen([sys.executable, "-c", code, str(listener.getsockname()[1])]) as other:
            conn, _ = listener.accept()
            with conn:
                conn.recv(100)
                conn.sendall(b"bye")
                conn.recv(100)
        assert other.returncode == 0
    is_told_whole(recording)
    (talk,) = recording.conversations
    assert talk.client is None and talk.server is not None
    assert [(sent and sent.data, received and received.data, size) for sent, received, size in talk.flows] == [
        (None, b"hello", 5)
    ]
    assert not talk.unread


def test_a_connection_reset_before_it_was_accepted_or_watched() -> None:
    with socket.create_server(ANY) as listener:
        client = socket.create_connection(listener.getsockname())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        with helpers.watch() as recording:
            client.close()
            try:
                listener.accept()[0].close()
            except ConnectionAbortedError:  # macOS
                pass
    assert len(recording.conversations) == 1


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this system has no IPv6")
    with listener, helpers.watch() as recording, socket.create_connection(listener.getsockname()[:2]) as client:
        client.sendall(b"hello")
        with listener.accept()[0] as server:
            server.recv(10)
    (talk,) = recording.conversations
    assert talk.client and talk.server and [flow.size for flow in talk.flows] == [5]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_clients_without_addresses_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the whole path would be too long on macOS
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        listener.listen()
        with helpers.watch() as recording, contextlib.ExitStack() as stack:
            one, other = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
            other.connect("socket")
            one.connect("socket")
            for client, data in ((other, b"other"), (one, b"one")):
                conn = stack.enter_context(listener.accept()[0])
                client.sendall(data)
                assert conn.recv(10) == data
    assert sorted(flow.sent.data for talk in recording.conversations for flow in talk.flows) == [b"one", b"other"]  # type: ignore[union-attr]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an address cannot be used again at once")
def test_an_address_used_again_by_connections() -> None:
    with socket.create_server(ANY) as listener, helpers.watch() as recording:
        address: Any = ANY
        for data in (b"one", b"two"):
            with socket.socket() as client:
                client.bind(address)
                address = client.getsockname()
                client.connect(listener.getsockname())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
                with listener.accept()[0] as server:
                    client.sendall(data)
                    server.recv(10)
    assert [[flow.sent.data for flow in talk.flows] for talk in recording.conversations] == [[b"one"], [b"two"]]  # type: ignore[union-attr]
