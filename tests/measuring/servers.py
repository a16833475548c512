"""Servers for a load: good ones as others write them, and some that do wrong. Each is a handler or a loop, and is run by `helpers.Server`, or in a thread with a listener."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.connections import ANY, RST_ON_CLOSE

PATIENCE = 20.0
"""Seconds of wall-clock time for what is there at once, unless the machine is busy."""

Address = tuple[Any, ...]


def echo(conn: socket.socket, addr: object = None) -> None:
    with contextlib.suppress(ConnectionError):
        while data := conn.recv(1024):
            conn.sendall(data)


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        echo(self.request)


class Threading(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 100


@contextlib.contextmanager
def of_socketserver() -> Iterator[Address]:
    with Threading(ANY, Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def of_asyncio() -> Iterator[Address]:
    """As its documentation has it, in a thread."""
    started, loop, over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    where: list[Address] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1024):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(handle, *ANY) as server:
            where.append(server.sockets[0].getsockname())
            started.set()
            await over.wait()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        started.wait(5)
        yield where[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@contextlib.contextmanager
def in_a_thread(serve: Callable[[socket.socket], None], backlog: int = 100) -> Iterator[Address]:
    """`serve(listener)` until the end of the block, where its listener is shut down. A timeout keeps nobody for ever."""
    with socket.create_server(ANY, backlog=backlog) as listener:
        listener.settimeout(20)
        thread = threading.Thread(target=_until_it_ends, args=(serve, listener))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            with contextlib.suppress(OSError), socket.create_connection(listener.getsockname(), 1) as last:
                last.sendall(END)
                last.shutdown(socket.SHUT_WR)
                thread.join()


END = b"end\n"


def _until_it_ends(serve: Callable[[socket.socket], None], listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        serve(listener)


def one_at_a_time(listener: socket.socket) -> None:
    """As in lesson 04, again and again."""
    while True:
        conn, _ = listener.accept()
        with conn, contextlib.suppress(ConnectionError):
            while data := conn.recv(1024):
                if data == END:
                    return
                conn.sendall(data)


def selecting(listener: socket.socket) -> None:
    """One thread for all, and a `sendall` that waits for whoever does not read."""
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    conn, _ = listener.accept()
                    selector.register(stack.enter_context(conn), selectors.EVENT_READ)
                    continue
                conn = key.fileobj  # type: ignore[assignment]
                data = conn.recv(1024)
                if data == END:
                    return
                if data:
                    conn.sendall(data)
                else:
                    selector.unregister(conn)
                    conn.close()


def breaks_off(conn: socket.socket, addr: object) -> None:
    conn.recv(1024)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)


def hangs_up(conn: socket.socket, addr: object) -> None:
    conn.recv(1024)


def shouts(conn: socket.socket, addr: object) -> None:
    with contextlib.suppress(ConnectionError):
        while data := conn.recv(1024):
            conn.sendall(data.upper())


class Crossed:
    """Answers somebody else, each of its clients the next one. It begins when all are here."""

    def __init__(self, clients: int) -> None:
        self._conns: list[socket.socket] = []
        self._all_here = threading.Barrier(clients, timeout=PATIENCE)

    def __call__(self, conn: socket.socket, addr: object) -> None:
        self._conns.append(conn)
        self._all_here.wait()
        other = self._conns[self._conns.index(conn) - 1]
        with contextlib.suppress(OSError):
            while data := conn.recv(1024):
                other.sendall(data)


class Room:
    """A right one: a thread and a lock. `members` get whole lines, each with its newline."""

    def __init__(self, ending: bytes = b"\n") -> None:
        self._members: dict[bytes, socket.socket] = {}
        self._lock = threading.Lock()
        self._ending = ending

    def __call__(self, conn: socket.socket, addr: object) -> None:
        with conn.makefile("rb") as lines:
            name = lines.readline().rstrip(b"\r\n")
            with self._lock:
                self._members[name] = conn
                self._tell(b"* %b joined\n" % name)
            with contextlib.suppress(ConnectionError):
                for line in lines:
                    with self._lock:
                        self._tell(b"%b: %b" % (name, line.removesuffix(b"\n") + self._ending), but=name)
            with self._lock:
                del self._members[name]
                self._tell(b"* %b left\n" % name)

    def _tell(self, line: bytes, but: bytes = b"") -> None:
        for name, member in self._members.items():
            if name != but:
                with contextlib.suppress(OSError):
                    member.sendall(line)


def nobody() -> Address:
    """An address at which nobody listens."""
    with socket.create_server(ANY) as listener:
        return listener.getsockname()  # type: ignore[no-any-return]
