"""TLS that a program speaks by something else than a socket of its own: asyncio, urllib, a process."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import socket
import urllib.request

import helpers
from tests.recording.tls import calls, connected, records, serving
from tests.support.certificates import NAME, Contexts, certificate
from tests.support.waiting import eventually


def test_asyncio_speaks_it_through_plain_sockets(contexts: Contexts) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def talk() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=contexts.server) as server:
            host, port = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(host, port, ssl=contexts.client, server_hostname=NAME)
            writer.write(b"hello\n")
            assert await reader.readline() == b"HELLO\n"
            writer.close()
            await writer.wait_closed()

    with helpers.watch() as recording:
        asyncio.run(talk())
    assert [e.data for e in calls(recording, "client") if e.call == "write"] == [b"hello\n"]
    assert [e.data for e in calls(recording, "server") if e.call == "read" and e.data] == [b"hello\n"]
    for one, other in (("client", "server"), ("server", "client")):
        sent = records(recording, one, "send record")
        assert {22, 23} <= {kind for kind, _ in sent}
        received = records(recording, other, "recv record")
        assert sent[: len(received)] == received
    told = recording.describe()
    assert "client: sends handshake, " in told and "do_handshake() (TLS 1" in told
    assert "hello" not in "".join(line for line in told.splitlines() if "record" in line)


def test_asyncio_upgrades_a_connection(contexts: Contexts) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"ok\n")
        await writer.start_tls(contexts.server)
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def talk() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"ok\n"
            await writer.start_tls(contexts.client, server_hostname=NAME)
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()

    with helpers.watch() as recording:
        asyncio.run(talk())
    told = recording.describe()
    assert "send(b'STARTTLS\\n')" in told and "write(b'hello\\n')" in told
    assert records(recording, "client", "send record")[0][0] == 22


def test_https_through_urllib(contexts: Contexts) -> None:
    def answer(conn: socket.socket) -> None:
        with contexts.server.wrap_socket(conn, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            with contextlib.suppress(OSError):
                secure.unwrap()

    with helpers.watch() as recording, serving(answer) as (_, port):
        contexts.client.check_hostname = False
        with urllib.request.urlopen(f"https://127.0.0.1:{port}/", context=contexts.client, timeout=10) as response:
            assert response.read() == b"hi"
    sent = b"".join(event.data for event in calls(recording, "client") if event.says)
    assert sent.startswith(b"GET / HTTP/1.1\r\n")


def test_programs_in_processes_of_their_own(contexts: Contexts, tmp_path: pathlib.Path) -> None:
    """What travels to the notebook's process is what a tape has: plaintext of the calls, headers of the records; no key."""
    key = pathlib.Path(tmp_path / "server.pem")
    certificate().private_key_and_cert_chain_pem.write_to_path(key)
    source = f"""
import socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain({str(key)!r})
with socket.create_server(("127.0.0.1", 0)) as listener:
    while True:
        conn, _ = listener.accept()
        with context.wrap_socket(conn, server_side=True) as secure:
            while data := secure.recv(1024):
                secure.sendall(data)
            secure.unwrap()
"""
    program = helpers.background(source, "server.py", process=True)
    assert eventually(lambda: program.address, 30) and program.address
    with helpers.watch() as recording, connected(contexts, program.address) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        client.unwrap()
    program.stop()
    assert [e.data for e in calls(recording, "server") if e.call in ("recv", "sendall") and e.data] == [b"hello"] * 2
    sent = records(recording, "server", "send record")
    assert sent and sent == records(recording, "client", "recv record")
    (talk,) = recording.conversations
    assert not talk.unsure
