"""The servers that an attack meets: right ones, in designs that are as different as they may be, and wrong ones, each with one illness and otherwise right.

Comes in: a listening socket. Goes out: Chorus, version 1, or nearly that. Each runs in a process of its own, into which it is brought by its source: so it imports nothing but the standard library, and uses nothing but
what stands here. Who may import it: `planted`.

    line   = count, a blank, text, newline; 1000 bytes at most
    count  = 1 to 4 of the digits 0 to 9
    text   = UTF-8
    answer = the text, count times, and a newline; to any other line one that begins with ?
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator

Socket = socket.socket
Answer = Callable[[bytes], bytes]
AT_ONCE = 1 << 16
"""Bytes of a receive."""


def answer(line: bytes) -> bytes:
    """The right answer to a line."""
    count, blank, text = line.partition(b" ")
    try:
        text.decode()
    except UnicodeDecodeError:
        return b"?\n"
    if not (blank and count.isdigit() and len(count) <= 4):
        return b"?\n"
    return text * int(count) + b"\n"


def lines_of(conn: Socket) -> Iterator[bytes]:
    """Each line, as soon as it is whole."""
    buffer = b""
    while data := conn.recv(AT_ONCE):
        *lines, buffer = (buffer + data).split(b"\n")
        yield from lines


def in_threads(listener: Socket, serve: Callable[[Socket], object]) -> None:
    """A thread for each client."""

    def one(conn: Socket) -> None:
        try:
            with conn:
                serve(conn)
        except (ConnectionError, ValueError):  # a traceback would be nobody's to read
            pass

    while True:
        conn, _ = listener.accept()
        threading.Thread(target=one, args=(conn,), daemon=True).start()


# Right ones -------------------------------------------------------------------------------------------------------------


def threads(listener: Socket) -> None:
    """As lesson 10 has it."""

    def serve(conn: Socket) -> None:
        for line in lines_of(conn):
            conn.sendall(answer(line))

    in_threads(listener, serve)


def in_pieces(listener: Socket) -> None:
    """The first byte of each answer comes alone, the second and third after a moment, and the rest in pieces."""

    def serve(conn: Socket) -> None:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in lines_of(conn):
            data = answer(line)
            for size, at in ((1, 0), (2, 1)):
                conn.sendall(data[at : at + size])
                time.sleep(0.005)
            for at in range(3, len(data), 40_000):
                conn.sendall(data[at : at + 40_000])

    in_threads(listener, serve)


def slow_at_first(listener: Socket) -> None:
    """It needs more than a second before it can answer anybody, as if it had something to load; its clients' lines wait."""
    is_ready = threading.Event()

    def load() -> None:
        time.sleep(1.2)
        is_ready.set()

    def serve(conn: Socket) -> None:
        for line in lines_of(conn):
            is_ready.wait()
            conn.sendall(answer(line))

    threading.Thread(target=load, daemon=True).start()
    in_threads(listener, serve)


def byte_by_byte(listener: Socket) -> None:
    """It reads a byte at a time, and hangs up at a line that is longer than any may be."""

    def serve(conn: Socket) -> None:
        line = b""
        while len(line) <= 1000 and (byte := conn.recv(1)):
            line += byte
            if byte == b"\n":
                conn.sendall(answer(line[:-1]))
                line = b""

    in_threads(listener, serve)


def with_words(listener: Socket) -> None:
    """In asyncio; behind its question mark stands why."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (line := await reader.readline()).endswith(b"\n"):
                said = answer(line[:-1])
                writer.write(b"? a count, a blank, a text\n" if said == b"?\n" else said)
                await writer.drain()
        except (ConnectionError, ValueError):  # ValueError: a line that does not end
            pass
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(serve, sock=listener) as server:
            await server.serve_forever()

    asyncio.run(main())


class Client:
    """A client of a server with a selector: what is left of its lines, and what it is still to be told."""

    def __init__(self, conn: Socket) -> None:
        self.conn = conn
        self.buffer = b""
        self.output = bytearray()
        self.has_ended = False


class InOneThread:
    """A server with a selector, which serves all clients in one thread."""

    def __init__(self, listener: Socket) -> None:
        self.selector = selectors.DefaultSelector()
        self.listener = listener
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ)

    def run(self) -> None:
        while True:
            for key, events in self.selector.select():
                if key.data is None:
                    self.accept()
                    continue
                if events & selectors.EVENT_WRITE:
                    self.meet(self.send, key.data)
                if events & selectors.EVENT_READ and key.data.conn.fileno() >= 0:
                    self.meet(self.read, key.data)

    def accept(self) -> None:
        conn, _ = self.listener.accept()
        conn.setblocking(False)
        self.selector.register(conn, selectors.EVENT_READ, Client(conn))

    def meet(self, do: Callable[[Client], None], client: Client) -> None:
        try:
            do(client)
        except ConnectionError:
            self.let_go(client)

    def read(self, client: Client) -> None:
        data = client.conn.recv(AT_ONCE)
        client.has_ended = not data
        *lines, client.buffer = (client.buffer + data).split(b"\n")
        client.output += b"".join(map(answer, lines))  # several answers, one send
        if client.output:
            self.send(client)
        else:
            self.wait_for_more(client)

    def send(self, client: Client) -> None:
        try:
            del client.output[: client.conn.send(client.output[:AT_ONCE])]
        except BlockingIOError:
            pass
        self.wait_for_more(client)

    def wait_for_more(self, client: Client) -> None:
        events = (0 if client.has_ended else selectors.EVENT_READ) | (selectors.EVENT_WRITE if client.output else 0)
        if events:
            self.selector.modify(client.conn, events, client)
        else:
            self.let_go(client)

    def let_go(self, client: Client) -> None:
        if client.conn.fileno() >= 0:
            self.selector.unregister(client.conn)
            client.conn.close()


def in_one_thread(listener: Socket) -> None:
    """As lesson 12 has it: answers to several lines go out together."""
    InOneThread(listener).run()


# Wrong ones -------------------------------------------------------------------------------------------------------------


def answering(listener: Socket, reply: Answer) -> None:
    """With a thread for each client, and this answer to each line. A ValueError of it ends the connection."""

    def serve(conn: Socket) -> None:
        for line in lines_of(conn):
            conn.sendall(reply(line))

    in_threads(listener, serve)


def strips(listener: Socket) -> None:
    def reply(line: bytes) -> bytes:
        count, blank, text = line.partition(b" ")
        return answer(count + blank + text.strip())

    answering(listener, reply)


def trusts_int(listener: Socket) -> None:
    def reply(line: bytes) -> bytes:
        if b" " in line:
            int(line.partition(b" ")[0])
        return answer(line)

    answering(listener, reply)


def ends_at_an_empty_line(listener: Socket) -> None:
    def reply(line: bytes) -> bytes:
        if not line:
            raise ValueError
        return answer(line)

    answering(listener, reply)


def takes_pieces_for_lines(listener: Socket) -> None:
    def serve(conn: Socket) -> None:
        while data := conn.recv(AT_ONCE):
            for line in data.removesuffix(b"\n").split(b"\n"):
                conn.sendall(answer(line))

    in_threads(listener, serve)


def answers_one_line_of_a_piece(listener: Socket) -> None:
    def serve(conn: Socket) -> None:
        buffer = b""
        while data := conn.recv(AT_ONCE):
            line, newline, _ = (buffer + data).partition(b"\n")
            buffer = b"" if newline else line
            if newline:
                conn.sendall(answer(line))

    in_threads(listener, serve)


def decodes_pieces(listener: Socket) -> None:
    def serve(conn: Socket) -> None:
        buffer = ""
        while data := conn.recv(AT_ONCE):
            *lines, buffer = (buffer + data.decode()).split("\n")
            for line in lines:
                conn.sendall(answer(line.encode()))

    in_threads(listener, serve)


def one_at_a_time(listener: Socket) -> None:
    while True:
        conn, _ = listener.accept()
        try:
            with conn:
                for line in lines_of(conn):
                    conn.sendall(answer(line))
        except ConnectionError:
            pass


def one_buffer_for_all(listener: Socket) -> None:
    kept = {"buffer": b""}
    alone = threading.Lock()

    def serve(conn: Socket) -> None:
        while data := conn.recv(AT_ONCE):
            with alone:
                *lines, kept["buffer"] = (kept["buffer"] + data).split(b"\n")
            for line in lines:
                conn.sendall(answer(line))

    in_threads(listener, serve)


def believes_send(listener: Socket) -> None:
    def serve(conn: Socket) -> None:
        conn.settimeout(60)
        for line in lines_of(conn):
            conn.send(answer(line))

    in_threads(listener, serve)


class EndsForAll(InOneThread):
    def meet(self, do: Callable[[Client], None], client: Client) -> None:
        do(client)


def ends_for_all(listener: Socket) -> None:
    EndsForAll(listener).run()


class HangsUpAtTheEnd(InOneThread):
    def read(self, client: Client) -> None:
        super().read(client)
        if client.has_ended:
            self.let_go(client)


def hangs_up_at_the_end(listener: Socket) -> None:
    HangsUpAtTheEnd(listener).run()


class WaitsForReaders(InOneThread):
    def send(self, client: Client) -> None:
        client.conn.setblocking(True)
        client.conn.sendall(client.output)
        client.conn.setblocking(False)
        client.output.clear()
        self.wait_for_more(client)


def waits_for_readers(listener: Socket) -> None:
    WaitsForReaders(listener).run()
