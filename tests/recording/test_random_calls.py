"""Random calls, in one thread: a recording says what happened. The oracle is kept by the tests, call by call and byte by byte."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
import random
import socket
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from tests.recording.support import ALL_THE_SAME, bytes_by_call, calls, is_told_whole
from tests.support.connections import ANY, RST_ON_CLOSE

LARGE = 300_000
"""Bytes: more than a socket with a small buffer takes at once."""


@dataclasses.dataclass
class Call:
    """What the oracle saw of a call."""

    name: str
    sock: int
    size: int = 0
    asked: int = 0
    data: bytes = b""
    error: str | None = None
    offset: int | None = None
    peek: bool = False


@dataclasses.dataclass
class Window:
    """A recording, and what was there when it began and ended."""

    recording: helpers.watching.Watch
    first: int
    last: int = 0
    known: set[int] = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class Connection:
    ends: list[Any]
    numbers: list[int]
    # For each direction (by the sending end): which call sent each byte, and which received it.
    senders: list[list[int]]
    receivers: list[list[int]]


class Schedule:
    """Makes random calls, and remembers what each really did."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.log: list[Call] = []
        self.belongs: list[set[int]] = []  # which sockets a call is about
        self.connections: list[Connection] = []
        self.backlog: list[Connection] = []
        self.windows: list[Window] = []
        self.running: list[Window] = []
        self.numbers = itertools.count()
        self.open: dict[int, Any] = {}
        self.listener = socket.create_server(ANY)

    def note(self, call: Call, *others: int) -> int:
        self.log.append(call)
        self.belongs.append({call.sock, *others})
        return len(self.log) - 1

    def run(self, steps: int) -> None:
        try:
            self.connect()
            for _ in range(steps):
                kinds = ["send"] * 6 + ["receive"] * 6 + ["watch", "unwatch", "close", "shutdown", "connect", "accept"]
                getattr(self, self.random.choice(kinds))()
            for window in list(self.running):
                self.end(window)
        finally:
            for window in self.running:
                window.recording.stop()
            self.listener.close()
            for sock in self.open.values():
                sock.close()

    def watch(self) -> None:
        if len(self.running) < 2:
            recording = helpers.watch()
            self.running.append(Window(recording, len(self.log), known=set(self.open)))
            recording.__enter__()

    def unwatch(self) -> None:
        if self.running:
            self.end(self.random.choice(self.running))

    def end(self, window: Window) -> None:
        window.recording.__exit__(None, None, None)
        window.last = len(self.log)
        window.known |= set(self.open)
        self.running.remove(window)
        self.windows.append(window)

    def connect(self) -> None:
        if len(self.connections) + len(self.backlog) >= 3:
            return
        if self.random.random() < 0.5:
            pair = socket.socketpair()
            numbers = [self.take(sock) for sock in pair]
            for number in numbers:
                self.note(Call("socketpair", number))
            self.connections.append(Connection(list(pair), numbers, [[], []], [[], []]))
            return
        client = socket.socket()
        number = self.take(client)
        self.note(Call("socket", number))
        client.connect(self.listener.getsockname())
        self.note(Call("connect", number))
        fresh = Connection([client, None], [number, -1], [[], []], [[], []])
        self.connections.append(fresh)
        self.backlog.append(fresh)

    def accept(self) -> None:
        if self.backlog:
            connection = self.backlog.pop(0)
            connection.ends[1], _ = self.listener.accept()
            connection.numbers[1] = self.take(connection.ends[1])
            self.note(Call("accept", -2), connection.numbers[1])

    def take(self, sock: Any) -> int:
        number = next(self.numbers)
        self.open[number] = sock
        sock.settimeout(5)
        if self.random.random() < 0.4:
            with contextlib.suppress(OSError):  # macOS takes no options where both directions are over
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return number

    def any_end(self) -> tuple[Connection, int] | None:
        ends = [
            (each, end)
            for each in self.connections
            for end in (0, 1)
            if each.ends[end] is not None and each.numbers[end] in self.open
        ]
        return self.random.choice(ends) if ends else None

    def send(self) -> None:
        if (found := self.any_end()) is None:
            return
        connection, end = found
        sock, stream = connection.ends[end], connection.senders[end]
        name = self.random.choice(["send", "sendall", "sendmsg", "sendto"])
        if name == "sendmsg" and not hasattr(sock, "sendmsg"):
            name = "send"
        if name == "sendto" and not (sys.platform == "linux" and sock.family == socket.AF_INET):
            name = "send"  # other systems want no address where there is a connection
        size = self.random.choice([0, 1, 5, 64, 65, 200, 4096, 5000, LARGE])
        if name == "sendall":
            size = min(size, 200)  # what is always taken: how far one comes that fails has a test of its own
        data = self.random.randbytes(size)
        sock.setblocking(False)
        call = Call(name, connection.numbers[end], asked=size, offset=len(stream))
        try:
            if name == "sendmsg":
                call.size = sock.sendmsg([data[: size // 3], bytearray(data[size // 3 :])])
            elif name == "sendto":
                call.size = sock.sendto(data, self.listener.getsockname())
            elif name == "sendall":
                sock.sendall(memoryview(data))
                call.size = size
            else:
                call.size = sock.send(self.random.choice([bytes, bytearray, memoryview])(data))
        except OSError as error:
            call.error = type(error).__name__
            if name == "sendall" and isinstance(error, BlockingIOError):
                return self.finish(connection, end, call, data)
        call.data = data[: call.size] if call.size else data  # of one that sent nothing, what it was given
        stream += [self.note(call)] * call.size

    def finish(self, connection: Connection, end: int, call: Call, data: bytes) -> None:
        """After a sendall that stopped half-way the far end is asked how much came."""
        place = self.note(call)
        sock, peer = connection.ends[end], connection.ends[1 - end]
        before = len(connection.senders[end]) - len(connection.receivers[end])
        connection.senders[end] += [place] * len(data)  # at most
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
            self.note(Call("shutdown", connection.numbers[end]))
        taken = 0
        if peer is not None and connection.numbers[1 - end] in self.open:
            peer.settimeout(5)
            while True:
                try:
                    got = peer.recv(100_000)
                except OSError as error:
                    self.note(Call("recv", connection.numbers[1 - end], asked=100_000, error=type(error).__name__))
                    break
                offset = len(connection.receivers[end])
                at = self.note(Call("recv", connection.numbers[1 - end], len(got), 100_000, got, offset=offset))
                connection.receivers[end] += [at] * len(got)
                taken += len(got)
                if not got:
                    break
        call.size = max(taken - before, 0)
        call.data = data[: call.size] if call.size else data
        del connection.senders[end][before + len(connection.receivers[end]) - taken + call.size :]

    def receive(self) -> None:
        if (found := self.any_end()) is None:
            return
        connection, end = found
        sock, number, stream = connection.ends[end], connection.numbers[end], connection.receivers[1 - end]
        ways = ["recv", "recv_into", "recvfrom", "recvfrom_into"]
        ways += ["recvmsg", "recvmsg_into"] if hasattr(sock, "recvmsg") else []
        name = self.random.choice(ways)
        size = self.random.choice([1, 3, 64, 65, 100, 1000, 5000, 100_000])
        peek = self.random.random() < 0.2
        flags = socket.MSG_PEEK if peek else 0
        sock.setblocking(False)
        call = Call(name, number, asked=size, offset=len(stream), peek=peek)
        buffer = bytearray(size)
        try:
            if name in ("recv_into", "recvfrom_into"):
                got = getattr(sock, name)(buffer, 0, flags)
                call.data = bytes(buffer[: got if isinstance(got, int) else got[0]])
            elif name == "recvmsg_into":
                half = memoryview(buffer)
                got = sock.recvmsg_into([half[: size // 2], half[size // 2 :]], 0, flags)
                call.data = bytes(buffer[: got[0]])
            elif name == "recvmsg":
                call.data = sock.recvmsg(size, 0, flags)[0]
            else:
                got = getattr(sock, name)(size, flags)
                call.data = got if name == "recv" else got[0]
        except OSError as error:
            call.error = type(error).__name__
        call.size = len(call.data)
        call.peek = peek and call.error is None
        at = self.note(call)
        if not peek:
            stream += [at] * call.size

    def shutdown(self) -> None:
        if self.random.random() < 0.5 or (found := self.any_end()) is None:
            return
        connection, end = found
        call = Call("shutdown", connection.numbers[end])
        try:
            connection.ends[end].shutdown(self.random.choice([socket.SHUT_WR, socket.SHUT_WR, socket.SHUT_RDWR]))
        except OSError as error:
            call.error = type(error).__name__
        self.note(call)

    def close(self) -> None:
        if self.random.random() < 0.6 or (found := self.any_end()) is None:
            return
        connection, end = found
        sock = connection.ends[end]
        if self.random.random() < 0.3:
            with contextlib.suppress(OSError):  # macOS takes no options where both directions are over
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        sock.close()
        del self.open[connection.numbers[end]]
        self.note(Call("close", connection.numbers[end]))

    def check(self, window: Window) -> None:
        recording = window.recording
        is_told_whole(recording)
        expected = self.log[window.first : window.last]
        assert calls(recording.events) == [call.name for call in expected]
        for event, call in zip(recording.events, expected, strict=True):
            assert event.error == call.error, (event, call)
            if event.sends or event.receives:
                seen = (event.size, event.asked, event.peek)
                assert seen == (call.size, call.asked, call.peek), (event, call)
                kept = call.data if len(call.data) <= 64 else call.data[:40] + call.data[-24:]
                assert event.data == (kept if len(call.data) <= 4096 else call.data[:64])
                if call.error is None:
                    assert event.offset == call.offset
        talks = [self.expected(connection, window) for connection in self.connections]
        found = [
            ({event.order for event in talk.events}, bytes_by_call(talk.flows), bytes_by_call(talk.unread))
            for talk in recording.conversations
        ]
        assert found == sorted((talk for talk in talks if talk is not None), key=lambda talk: min(talk[0]))

    def expected(self, connection: Connection, window: Window) -> Any:
        def place(at: int) -> int | None:
            return at - window.first if window.first <= at < window.last else None

        numbers = {number for number in connection.numbers if number >= 0}
        about = {i - window.first for i in range(window.first, window.last) if self.belongs[i] & numbers}
        if not about:
            return None
        known = window.known.union(*self.belongs[window.first : window.last])
        flows: collections.Counter[Any] = collections.Counter()
        unread: collections.Counter[Any] = collections.Counter()
        for end in (0, 1):
            for sender, receiver in itertools.zip_longest(connection.senders[end], connection.receivers[end]):
                sent, received = place(sender), place(receiver) if receiver is not None else None
                if received is not None:
                    flows[sent, received] += 1
                elif sent is not None and connection.numbers[1 - end] in known:
                    unread[sent, None] += 1
        return about, dict(flows), dict(unread)


@pytest.mark.slow
@settings(ALL_THE_SAME, max_examples=150)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 60))
def test_every_byte_of_a_random_schedule_is_accounted_for(seed: int, steps: int) -> None:
    schedule = Schedule(seed)
    schedule.run(steps)
    for window in schedule.windows:
        schedule.check(window)
