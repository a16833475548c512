"""`slicer` and `coalesce` cut exactly, however the receiver reads."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import helpers
from helpers.running.install import uninstall
from helpers.sockets.plain import plain_socket
from tests.link.support import (
    ANY,
    DATA,
    DELAY,
    DOWNSTREAM,
    EARLY,
    FOREVER,
    LINUX,
    ONCE,
    PATIENCE,
    REPETITIONS,
    TEN,
    UPSTREAM,
    connected,
    joined,
    only,
    passes,
    pieces,
    quiet,
)
from tests.support.another_system.likeness import VARIABLE
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

Cuts = tuple[dict[str, Any], list[bytes], list[bytes]]
"""The faults, what is sent, and what is received."""
CUTS: dict[str, Cuts] = {
    "ten sends through slicer=1": ({"slicer": 1}, TEN, TEN),
    "ten sends through coalesce": ({"coalesce": (5, 10)}, TEN, [DATA]),
    "one send through slicer=3": ({"slicer": 3}, [DATA], [b"012", b"345", b"678", b"9"]),
}
MORE_CUTS: list[Cuts] = [
    ({"slicer": (4, 4)}, [DATA], [b"0123", b"4567", b"89"]),
    ({"slicer": 100}, [DATA], [DATA]),
    ({"coalesce": (5, 10)}, TEN * 2, [DATA, DATA]),
]


def at_once(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    found: list[bytes] = []
    total = sum(map(len, sends))
    reader = threading.Thread(target=lambda: found.extend(pieces(receiver, total)))
    reader.start()
    for each in sends:
        sender.sendall(each)
    reader.join()
    return found


def late(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    for each in sends:
        sender.sendall(each)
    assert not quiet(receiver, PATIENCE)
    quiet(sender, 0.01)  # time in which no more may come
    return pieces(receiver, sum(map(len, sends)))


def into_a_buffer(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    for each in sends:
        sender.sendall(each)
    found: list[bytes] = []
    buffer = bytearray(1000)
    while sum(map(len, found)) < sum(map(len, sends)):
        found.append(bytes(buffer[: receiver.recv_into(buffer)]))
    return found


def peeking(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    """Look first, then take: a look takes nothing."""
    for each in sends:
        sender.sendall(each)
    found: list[bytes] = []
    while sum(map(len, found)) < sum(map(len, sends)):
        look = receiver.recv(1000, socket.MSG_PEEK)
        assert quiet(sender, 0.001)
        found.append(receiver.recv(1000))
        assert look == found[-1]
    return found


def without_blocking(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    for each in sends:
        sender.sendall(each)
    receiver.setblocking(False)
    found: list[bytes] = []
    deadline = time.monotonic() + PATIENCE
    while sum(map(len, found)) < sum(map(len, sends)) and time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            found.append(receiver.recv(1000))
    return found


def blocking(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    receiver.settimeout(None)
    return at_once(sender, receiver, sends)


class Collecting(asyncio.Protocol):
    def __init__(self, total: int) -> None:
        self.found: list[bytes] = []
        self.done = asyncio.get_running_loop().create_future()
        self._left = total

    def data_received(self, data: bytes) -> None:
        self.found.append(data)
        self._left -= len(data)
        if self._left <= 0:
            self.done.set_result(None)


def with_asyncio(sender: socket.socket, receiver: socket.socket, sends: list[bytes]) -> list[bytes]:
    async def main() -> list[bytes]:
        loop = asyncio.get_running_loop()
        receiver.setblocking(False)
        transport, protocol = await loop.create_connection(lambda: Collecting(sum(map(len, sends))), sock=receiver)
        for each in sends:
            sender.sendall(each)
        await asyncio.wait_for(protocol.done, PATIENCE)
        transport.close()
        return protocol.found

    return asyncio.run(main())


READERS = [at_once, late, into_a_buffer, peeking, without_blocking, blocking, with_asyncio]


@pytest.mark.parametrize("what", CUTS)
@pytest.mark.parametrize("reader", READERS)
def test_cuts_are_exact(reader: Callable[[socket.socket, socket.socket, list[bytes]], list[bytes]], what: str) -> None:
    faults, sends, expected = CUTS[what]
    for turn in range(REPETITIONS):
        direction = (UPSTREAM, DOWNSTREAM)[turn % 2]
        with joined(**faults) as talk:
            assert reader(*talk.ends(direction), sends) == expected, f"turn {turn}, {direction}"


def test_cuts_are_exact_again_and_again_on_one_connection() -> None:
    with joined(slicer=3) as talk:
        for turn in range(REPETITIONS):
            for direction in (UPSTREAM, DOWNSTREAM):
                sender, receiver = talk.ends(direction)
                sender.sendall(DATA)
                assert pieces(receiver, 10) == [b"012", b"345", b"678", b"9"], f"turn {turn}"
        talk.link.slicer = None
        talk.link.coalesce = (FOREVER, 10)
        for turn in range(REPETITIONS):
            for direction in (UPSTREAM, DOWNSTREAM):
                sender, receiver = talk.ends(direction)
                for each in TEN:
                    sender.sendall(each)
                assert pieces(receiver, 10) == [DATA], f"turn {turn}"


def test_a_reader_with_waitall_gets_all() -> None:
    """It takes each piece, and waits for the next one inside the system."""
    for turn in range(REPETITIONS):
        with joined(slicer=3) as talk:
            sender, receiver = talk.ends((UPSTREAM, DOWNSTREAM)[turn % 2])
            receiver.settimeout(None)
            sender.sendall(DATA)
            assert receiver.recv(9, socket.MSG_WAITALL) == b"012345678"
            assert receiver.recv(1, socket.MSG_WAITALL) == b"9"


def test_one_that_looks_until_all_is_there_sees_all() -> None:
    """It would wait for ever for a piece that waits for it."""
    with joined(slicer=3) as talk:
        talk.client.sendall(DATA)
        assert eventually(lambda: talk.server.recv(100, socket.MSG_PEEK) == DATA)
        assert talk.server.recv(100) == DATA


def test_no_receive_reaches_over_the_end_of_a_piece() -> None:
    for size, expected in ((2, [2, 2, 2, 2, 2]), (3, [3, 1, 3, 1, 2]), (4, [4, 4, 2])):
        with joined(slicer=4) as talk:
            talk.client.sendall(DATA)
            assert [len(piece) for piece in pieces(talk.server, 10, size)] == expected


def test_a_piece_waits_until_the_last_one_is_taken() -> None:
    with joined(slicer=4) as talk:
        talk.client.sendall(DATA)
        assert talk.server.recv(3) == b"012"
        assert quiet(talk.client, 0.01)
        assert talk.server.recv(1000, socket.MSG_PEEK) == b"3"
        assert pieces(talk.server, 7) == [b"3", b"4567", b"89"]


def test_the_end_comes_after_the_last_piece() -> None:
    for _ in range(REPETITIONS):
        with joined(slicer=3) as talk:
            talk.client.sendall(DATA)
            talk.client.shutdown(socket.SHUT_WR)
            assert [*iter(lambda: talk.server.recv(100), b"")] == [b"012", b"345", b"678", b"9"]  # noqa: B023


def test_slicing_begins_and_ends_while_the_connection_lives() -> None:
    with joined() as talk:
        passes(talk.client, talk.server)
        talk.link.slicer = 5
        talk.client.sendall(DATA)
        assert pieces(talk.server, 10) == [b"01234", b"56789"]
        talk.link.upstream.slicer = 2
        talk.client.sendall(DATA)
        assert talk.server.recv(100) == b"01"
        talk.link.slicer = None
        assert b"".join(pieces(talk.server, 8)) == DATA[2:]


@ONCE
def test_slicing_in_one_direction_only() -> None:
    for direction, (faults, sends, expected) in itertools.product((UPSTREAM, DOWNSTREAM), [*CUTS.values(), *MORE_CUTS]):
        with joined(**only(direction, faults)) as talk:
            sender, receiver = talk.ends(direction)
            assert late(sender, receiver, sends) == expected, direction
            receiver.sendall(DATA)
            assert pieces(sender, 10) == [DATA], direction


@ONCE
def test_pieces_wait_for_the_latency_too() -> None:
    with joined(slicer=3, latency=DELAY) as talk:
        begun = time.monotonic()
        talk.client.sendall(DATA)
        assert talk.server.recv(100) == b"012"
        assert time.monotonic() - begun >= DELAY - EARLY
        assert pieces(talk.server, 7) == [b"345", b"678", b"9"]


@ONCE
@LINUX
def test_cuts_are_exact_for_sockets_that_are_not_traced() -> None:
    """Of a program that got hold of the plain class before."""
    uninstall()
    for turn in range(REPETITIONS):
        with plain_socket() as listener:
            listener.bind(ANY)
            listener.listen()
            with helpers.Link(listener.getsockname(), slicer=3) as link, plain_socket() as client:
                client.settimeout(PATIENCE)
                client.connect(link.address)  # type: ignore[arg-type]
                # The standard library's own: its public `accept` would make a traced socket.
                fd, _ = listener._accept()  # type: ignore[attr-defined]
                with plain_socket(-1, -1, -1, fd) as server:
                    server.settimeout(PATIENCE)
                    sender, receiver = ((client, server), (server, client))[turn % 2]
                    assert late(sender, receiver, [DATA]) == [b"012", b"345", b"678", b"9"], f"turn {turn}"


ELSEWHERE = """
import socket, sys, time
def read(sock, turn):
    with sock:
        time.sleep(turn % 2 * 0.01)  # every other time late
        print([len(piece) for piece in iter(lambda: sock.recv(1000), b"")], flush=True)
turns, port = int(sys.argv[1]), int(sys.argv[2])
if port:
    for turn in range(turns):
        read(socket.create_connection(("127.0.0.1", port)), turn)
else:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        for turn in range(turns):
            read(listener.accept()[0], turn)
"""


@contextlib.contextmanager
def reader_elsewhere(port: int) -> Iterator[Callable[[], Any]]:
    """A process that receives: what it says, line by line. `port` 0: it is the server."""
    command = [sys.executable, "-c", ELSEWHERE, str(REPETITIONS), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield lambda: json.loads(process.stdout.readline())  # type: ignore[union-attr]
        finally:
            process.kill()


def is_cut(sizes: list[int], expected: list[bytes]) -> None:
    if sys.platform == "linux" and VARIABLE not in os.environ:  # elsewhere nobody says what another process has taken
        assert sizes == [len(piece) for piece in expected]
    assert sum(sizes) == sum(map(len, expected))


@pytest.mark.parametrize("what", CUTS)
def test_cuts_are_exact_for_a_client_in_another_process(what: str) -> None:
    faults, sends, expected = CUTS[what]
    with (
        socket.create_server(ANY) as listener,
        helpers.Link(listener.getsockname(), **faults) as link,
        reader_elsewhere(link.address[1]) as line,  # type: ignore[index]
    ):
        listener.settimeout(PATIENCE)
        for _ in range(REPETITIONS):
            server, _ = listener.accept()
            with server:
                for each in sends:
                    server.sendall(each)
                server.shutdown(socket.SHUT_WR)
                is_cut(line(), expected)


@pytest.mark.parametrize("what", CUTS)
def test_cuts_are_exact_for_a_server_in_another_process(what: str) -> None:
    faults, sends, expected = CUTS[what]
    with reader_elsewhere(0) as line, helpers.Link(("127.0.0.1", line()), **faults) as link:
        for _ in range(REPETITIONS):
            with connected(link) as client:
                for each in sends:
                    client.sendall(each)
                client.shutdown(socket.SHUT_WR)
                is_cut(line(), expected)
