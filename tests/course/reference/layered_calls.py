"""The calls of TLS and of asyncio, each played against real sockets: what it gives, whether it waits, what it raises."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tests.course.reference.ends import (
    LOOPBACK,
    PATIENCE,
    SHORT,
    Found,
    beside,
    listening,
    nobody,
    pair,
    raised_by,
    reset,
    secured,
    silent,
    timed_out,
    waits_until_readable,
)
from tests.support.certificates import NAME, contexts_for

# TLS -----------------------------------------------------------------------------------------------------------------


def no_handshake(
    what_it_does: Callable[[socket.socket], object], name: str = NAME, trusting: bool = True
) -> BaseException:
    """What `wrap_socket` raises at a server that does `what_it_does`, which a stranger has, or nobody trusts."""
    context = contexts_for().client if trusting else ssl.create_default_context()
    with pair() as (client, conn), beside(lambda: what_it_does(conn)):
        client.settimeout(PATIENCE if what_it_does is not silently else SHORT)
        return raised_by(lambda: context.wrap_socket(client, server_hostname=name))


def silently(conn: socket.socket) -> None:
    """It says nothing."""


def breaking_off(conn: socket.socket) -> None:
    conn.recv(1)
    reset(conn)


def properly(conn: socket.socket) -> None:
    with contextlib.suppress(ssl.SSLError):
        contexts_for().server.wrap_socket(conn, server_side=True).close()


def play_wrap_socket() -> Found:
    late = no_handshake(silently)
    errors = [
        late,
        no_handshake(lambda conn: conn.sendall(b"220 welcome to a server without TLS\r\n")),
        no_handshake(breaking_off),
        no_handshake(properly, trusting=False),
        no_handshake(properly, name="shop.example"),
    ]
    with secured() as (tls, _):
        return Found(tls, timed_out(late), errors)


def play_tls_recv() -> Found:
    with secured() as (tls, served):
        served.sendall(bytes(20_000))
        came = tls.recv(50_000)
        assert len(came) == 16_384, "a record"
        tls.recv(50_000)
        tls.settimeout(SHORT)
        late = raised_by(tls.recv, 1)
        tls.setblocking(False)
        nothing_yet = raised_by(tls.recv, 1)
        tls.settimeout(PATIENCE)
        served.close()  # without close_notify
        return Found(came, timed_out(late), [late, nothing_yet, raised_by(tls.recv, 1)])


def play_pending() -> Found:
    with secured() as (tls, served):
        served.sendall(b"0123456789")
        assert tls.recv(4) == b"0123"
        assert tls.pending() == 6
        tls.setblocking(False)
        with contextlib.suppress(ssl.SSLWantReadError):  # tickets, which no program reads
            while len(tls.recv(1)):
                pass
        served.sendall(b"0123456789")
        assert waits_until_readable(tls)
        assert tls.recv(4) == b"0123"
        assert (tls.pending(), select.select([tls], [], [], 0)[0]) == (6, [])
        return Found(tls.pending())


def play_unwrap() -> Found:
    with secured() as (tls, served):
        tls.settimeout(SHORT)
        late = raised_by(tls.unwrap)
    with secured() as (tls, served), beside(lambda: served.unwrap().sendall(b"in the clear")):
        plain = tls.unwrap()
        assert plain is tls
        assert (plain.cipher(), plain.recv(1024)) == (None, b"in the clear")
        return Found(plain, timed_out(late), [late])


# asyncio -------------------------------------------------------------------------------------------------------------


async def error_of(waited: Awaitable[Any]) -> BaseException:
    try:
        await asyncio.wait_for(waited, PATIENCE)
    except Exception as error:
        return error
    raise AssertionError("it raised nothing")


async def is_late(waited: Awaitable[Any]) -> bool:
    """Whether it has not come back within a moment."""
    try:
        await asyncio.wait_for(waited, SHORT)
    except TimeoutError:
        return True
    return False


@contextlib.asynccontextmanager
async def streams(**options: Any) -> Any:
    """A reader, a writer, and the peer's plain socket."""
    with pair() as (client, conn):
        reader, writer = await asyncio.open_connection(sock=client, **options)
        try:
            yield reader, writer, conn
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def played(play: Callable[[], Coroutine[Any, Any, Found]]) -> Callable[[], Found]:
    return lambda: asyncio.run(play())


@played
async def play_start_server() -> Found:
    called = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        writer.close()

    async with await asyncio.start_server(serve, LOOPBACK, 0) as server:
        address = server.sockets[0].getsockname()
        taken = await error_of(asyncio.start_server(serve, *address))
        with socket.create_connection(address):
            await asyncio.wait_for(called.wait(), PATIENCE)
        return Found(server, raised=[taken])


@played
async def play_open_connection() -> Found:
    with listening() as listener, silent() as nowhere:
        found = await asyncio.open_connection(*listener.getsockname())
        found[1].close()
        await found[1].wait_closed()
        late = await is_late(asyncio.open_connection(*nowhere))
        return Found(found, late, [await error_of(asyncio.open_connection(*nobody()))])


@played
async def play_read() -> Found:
    async with streams() as (reader, _, conn):
        conn.sendall(b"hello")
        came = await reader.read(2)
        assert (came, await reader.read(1024)) == (b"he", b"llo")
        late = await is_late(reader.read(1))
        conn.shutdown(socket.SHUT_WR)
        assert await reader.read(1) == b""
    async with streams() as (reader, _, conn):
        reset(conn)
        return Found(came, late, [await error_of(reader.read(1))])


@played
async def play_async_readline() -> Found:
    async with streams() as (reader, _, conn):
        conn.sendall(b"tea\nmi")
        line = await reader.readline()
        late = await is_late(reader.readline())
        conn.shutdown(socket.SHUT_WR)
        assert (line, await reader.readline(), await reader.readline()) == (b"tea\n", b"mi", b"")
    async with streams() as (reader, _, conn):
        with beside(lambda: conn.sendall(bytes(70_000) + b"\nnext\n")):
            too_long = await error_of(reader.readline())
        line_after = await reader.readline()
        while line_after != b"next\n":  # what had not come yet when the error was raised
            assert len(line_after) < 70_000, "it is not lost"
            line_after = await reader.readline()
    async with streams() as (reader, _, conn):
        reset(conn)
        return Found(line, late, [too_long, await error_of(reader.readline())])


@played
async def play_write() -> Found:
    async with streams() as (_, writer, _peer):
        returned = writer.write(bytes(50_000_000))
        assert writer.transport.get_write_buffer_size() > 0
        return Found(returned)


@played
async def play_drain() -> Found:
    async with streams() as (_, writer, conn):
        writer.write(b"hello")
        returned = await writer.drain()
        writer.write(bytes(50_000_000))
        late = await is_late(writer.drain())
        reset(conn)
        return Found(returned, late, [await error_of(writer.drain())])


@played
async def play_wait_for() -> Found:
    future = asyncio.get_running_loop().create_future()
    returned = await asyncio.wait_for(asyncio.sleep(0, "a result"), PATIENCE)
    late = await error_of(asyncio.wait_for(future, SHORT))
    assert future.cancelled()
    return Found(returned, timed_out(late), [late])
