"""What a recording says is what happened: the oracle is kept by the tests, call by call and byte by byte."""

from __future__ import annotations

import array
import asyncio
import collections
import contextlib
import dataclasses
import gc
import itertools
import os
import random
import selectors
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import helpers
from helpers.recording.events import Conversation, Event
from helpers.recording.recorder import Recording
from helpers.running.install import install
from helpers.running.rest import wait_for_rest
from helpers.sockets.install import TRACED
from helpers.sockets.plain import Plain
from helpers.sockets.traced import Socket
from helpers.sockets.waiting import calls_under_way
from tests.support.polling import wait_in_turns
from tests.support.waiting import eventually

ALL_THE_SAME = settings(
    derandomize=True, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
ANY = ("127.0.0.1", 0)
RST_ON_CLOSE = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
LARGE = 300_000
"""Bytes: more than a socket with a small buffer takes at once."""


@pytest.fixture(autouse=True)
def traced() -> None:
    install()


@pytest.fixture(params=["shutdown", "polling"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of Linux, and that of macOS and Windows."""
    if request.param == "polling":
        wait_in_turns(monkeypatch)
        install()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(ANY) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


@contextlib.contextmanager
def connected(make: Callable[[], tuple[socket.socket, socket.socket]] = tcp_pair) -> Iterator[tuple[Any, Any]]:
    one, other = make()
    with one, other:
        yield one, other


def calls(events: Any) -> list[str]:
    return [event.call for event in events]


def bytes_by_call(flows: Any) -> dict[tuple[int | None, int | None], int]:
    """How many bytes came from which call to which, by their places in the recording."""
    found: collections.Counter[tuple[int | None, int | None]] = collections.Counter()
    for sent, received, size in flows:
        found[sent and sent.order, received and received.order] += size
    return {way: size for way, size in found.items() if size}


def is_told_whole(recording: Recording) -> None:
    """What must hold of every recording."""
    events = recording.events
    assert [event.order for event in events] == list(range(len(events)))
    received: collections.Counter[int] = collections.Counter()
    sent: collections.Counter[int] = collections.Counter()
    for talk in recording.conversations:
        assert all(events[event.order] is event for event in talk.events)
        for flow in talk.flows:
            assert flow.received is not None and flow.size > 0 or flow.received.asked >= 0  # type: ignore[union-attr]
            received[flow.received.order] += flow.size  # type: ignore[union-attr]
            if flow.sent is not None:
                assert flow.sent.order < flow.received.order  # type: ignore[union-attr]
        for flow in (*talk.flows, *talk.unread):
            if flow.sent is not None:
                sent[flow.sent.order] += flow.size
    for event in events:
        if event.receives and not event.peek:
            assert received[event.order] == event.size, event
        if event.sends:
            assert sent[event.order] <= event.size, event


# Random schedules in one thread.


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

    recording: helpers.watching.Watch  # type: ignore[name-defined]
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
        call.data = data[: call.size]
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
        call.data = data[: call.size]
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
                kept = call.data if call.size <= 64 else call.data[:40] + call.data[-24:]
                assert event.data == (kept if call.size <= 4096 else call.data[:64])
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


@settings(ALL_THE_SAME, max_examples=150)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 60))
def test_every_byte_of_a_random_schedule_is_accounted_for(seed: int, steps: int) -> None:
    schedule = Schedule(seed)
    schedule.run(steps)
    for window in schedule.windows:
        schedule.check(window)


# Random schedules with threads.


def start_all(targets: list[Callable[[], None]]) -> None:
    workers = [threading.Thread(target=target) for target in targets]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def send_all(sock: Any, sizes: list[int], seed: int) -> None:
    chance = random.Random(seed)
    for size in sizes:
        data = chance.randbytes(size)
        if chance.random() < 0.5:
            sock.sendall(data)
            continue
        while data:
            data = data[sock.send(data) :]
    sock.shutdown(socket.SHUT_WR)


def receive_all(sock: Any, sizes: list[int]) -> None:
    for size in itertools.cycle(sizes):
        if not sock.recv(size):
            return


def overlaps(sends: list[Event], receives: list[Event]) -> dict[tuple[int | None, int | None], int]:
    """What flowed, if the sends stand one behind the other in the stream, and the receives too."""
    owners = [[event.order for event in side for _ in range(event.size)] for side in (sends, receives)]
    return dict(collections.Counter(zip(*owners, strict=True)))


@settings(ALL_THE_SAME, max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    connections=st.integers(1, 3),
    sends=st.lists(st.integers(1, 3000), min_size=1, max_size=12),
    receives=st.lists(st.integers(1, 5000), min_size=1, max_size=5),
)
def test_senders_and_receivers_in_threads(seed: int, connections: int, sends: list[int], receives: list[int]) -> None:
    with contextlib.ExitStack() as stack:
        pairs = [stack.enter_context(connected(tcp_pair if i % 2 else socket.socketpair)) for i in range(connections)]
        with helpers.watch() as recording:
            start_all(
                [
                    work
                    for i, (one, other) in enumerate(pairs)
                    for work in (
                        lambda one=one, i=i: send_all(one, sends[i:] or [1], seed + i),  # type: ignore[misc]
                        lambda other=other, i=i: send_all(other, sends[::-1], seed - i),  # type: ignore[misc]
                        lambda one=one: receive_all(one, receives),  # type: ignore[misc]
                        lambda other=other: receive_all(other, receives[::-1]),  # type: ignore[misc]
                    )
                ]
            )
    is_told_whole(recording)
    assert len(recording.conversations) == connections
    for talk in recording.conversations:
        assert talk.client is not None and talk.server is not None
        flows: dict[Any, int] = {}
        for sender, receiver in ((talk.client, talk.server), (talk.server, talk.client)):
            sent = [event for event in talk.events if event.sends and event.socket == sender]
            received = [event for event in talk.events if event.receives and event.socket == receiver]
            flows |= overlaps(sent, received)
            end = next(event for event in received if event.end_of_stream)
            shut = next(event for event in talk.events if event.call == "shutdown" and event.socket == sender)
            assert shut.order < end.order
        assert bytes_by_call(talk.flows) == flows
        assert not talk.unread


@settings(ALL_THE_SAME, max_examples=40)
@given(
    senders=st.integers(2, 4),
    each=st.integers(1, 25),
    sizes=st.lists(st.integers(6, 40), min_size=1, max_size=5),
    receives=st.lists(st.integers(1, 60), min_size=1, max_size=5),
)
def test_several_threads_send_on_one_connection(senders: int, each: int, sizes: list[int], receives: list[int]) -> None:
    """The order in which calls come back is not that in which the system took their bytes: what was received tells."""
    size = itertools.cycle(sizes)
    messages = [[f"{who}:{i:03}".encode().ljust(next(size), b".") for i in range(each)] for who in "abcd"[:senders]]
    everything = b"".join(itertools.chain.from_iterable(messages))
    stream = b""

    def receive(sock: Any) -> None:
        nonlocal stream
        for most in itertools.cycle(receives):
            if len(stream) == len(everything):
                return
            stream += sock.recv(most)

    def send(sock: Any, mine: list[bytes]) -> None:
        for message in mine:
            sock.sendall(message)

    with connected() as (client, server), helpers.watch() as recording:
        start_all([lambda: receive(server)] + [lambda mine=mine: send(client, mine) for mine in messages])  # type: ignore[misc]
    is_told_whole(recording)
    (talk,) = recording.conversations
    told: list[bytes] = []
    last = None
    for sent, _, _ in talk.flows:
        assert sent is not None
        if sent is not last:
            told.append(sent.data)
        last = sent
    assert b"".join(told) == stream
    in_stream = sorted((event for event in talk.events if event.sends), key=lambda event: event.offset or 0)
    assert [event.data for event in in_stream] == told


@settings(ALL_THE_SAME, max_examples=20)
@given(count=st.integers(5, 60), seed=st.integers(0, 2**32))
def test_several_threads_receive_on_one_connection(count: int, seed: int) -> None:
    data = random.Random(seed).randbytes(20 * count)
    with connected() as (client, server), helpers.watch() as recording:

        def receive() -> None:
            while server.recv(40):
                pass

        def send() -> None:
            for i in range(count):
                client.sendall(data[20 * i : 20 * i + 20])
            client.shutdown(socket.SHUT_WR)

        start_all([receive, receive, send])
    is_told_whole(recording)
    for sent, received, size in recording.conversations[0].flows:
        assert sent is not None and received is not None
        shared = sent.data if size == 20 else None
        assert shared is None or shared in received.data
    received_in_order = sorted((each for each in recording.events if each.receives), key=lambda each: each.offset or 0)
    assert b"".join(each.data for each in received_in_order) == data


# Datagrams.


@settings(ALL_THE_SAME, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    wildcard=st.booleans(),
    steps=st.lists(st.sampled_from(["send", "send", "recv", "recv", "peek", "connect", "watch"]), max_size=40),
)
def test_every_datagram_is_accounted_for(seed: int, wildcard: bool, steps: list[str]) -> None:
    chance = random.Random(seed)
    with contextlib.ExitStack() as stack:
        ends = [stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(3)]
        for end in ends[1:]:  # the first gets its address by sending
            end.bind(("" if wildcard else "127.0.0.1", 0))
        for end in ends:
            end.setblocking(False)
        addresses = [("127.0.0.1", end.getsockname()[1]) for end in ends]
        connected_to: dict[int, int] = {}
        log: list[tuple[str, bytes]] = []  # each call, and the datagram it moved
        first = 0
        recording = stack.enter_context(helpers.watch())
        for i, step in enumerate(steps):
            who = chance.randrange(3)
            if step == "send":
                other = chance.choice([each for each in (1, 2) if each != who])
                data = b"<%d>" % i + chance.randbytes(chance.choice([0, 1, 60, 1000]))
                if who in connected_to:
                    assert ends[who].send(data) == len(data)
                else:
                    host = chance.choice([addresses[other][0], "localhost"])
                    assert ends[who].sendto(data, (host, addresses[other][1])) == len(data)
                log.append(("send", data))
            elif step == "connect" and who == 0 and not connected_to:
                connected_to[who] = 2
                ends[who].connect(addresses[2])
                log.append(("connect", b""))
            elif step == "watch":
                recording.stop()
                is_told_of_datagrams(recording, log, first)
                first = len(log)
                recording = stack.enter_context(helpers.watch())
            elif step in ("recv", "peek"):
                flags = socket.MSG_PEEK if step == "peek" else 0
                try:
                    data = ends[who].recvfrom(chance.choice([10, 100, 2000]), flags)[0]
                except BlockingIOError:
                    data = b""
                log.append((step, data))
        recording.stop()
        is_told_of_datagrams(recording, log, first)


def is_told_of_datagrams(recording: Recording, log: list[tuple[str, bytes]], first: int) -> None:
    here = log[first:]
    is_told_whole(recording)
    assert [event.size for event in recording.events] == [len(data) for _, data in here]
    expected = {}
    for at, (step, data) in enumerate(here):
        if step == "recv" and data:
            name = data[: data.index(b">") + 1]
            sent = [i for i, (what, whole) in enumerate(here) if what == "send" and whole.startswith(name)]
            expected[sent[0] if sent else None, at] = len(data)
    flows = [flow for talk in recording.conversations for flow in talk.flows]
    assert bytes_by_call(flows) == expected
    arrived = {sent for sent, _ in expected}
    unread = {flow.sent.order for talk in recording.conversations for flow in talk.unread if flow.sent is not None}
    assert unread == {at for at, (step, _) in enumerate(here) if step == "send" and at not in arrived}
    for talk in recording.conversations:
        for sender, receiver, _ in talk.flows:
            assert receiver is not None and receiver.socket in (talk.client, talk.server)
            assert sender is None or sender.socket in (talk.client, talk.server)


def test_an_empty_datagram_is_one() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(ANY)
        with helpers.watch() as recording:
            one.sendto(b"", other.getsockname())
            other.recvfrom(10)
        ((sent, received, size),) = recording.conversations[0].flows
        assert (sent, received, size) == (recording.events[0], recording.events[1], 0)


def test_an_address_used_again_by_datagrams() -> None:
    with helpers.watch() as recording, socket.socket(type=socket.SOCK_DGRAM) as client:
        address: Any = ANY
        for data in (b"one", b"two"):
            with socket.socket(type=socket.SOCK_DGRAM) as server:
                server.bind(address)
                address = server.getsockname()
                client.sendto(data, address)
                server.recvfrom(10)
    assert [[flow.sent.data for flow in talk.flows] for talk in recording.conversations] == [[b"one"], [b"two"]]  # type: ignore[union-attr]


# Whoever made the socket, and when.


def lanes(recording: Recording) -> dict[tuple[str, str | None], list[str]]:
    """The calls of each end, in the order of that end."""
    found: dict[tuple[str, str | None], list[str]] = collections.defaultdict(list)
    for event in recording.events:
        result = event.error or (f"({event.size})" if event.sends or event.receives else "")
        found[event.end, event.program].append(event.call + result)
    return dict(found)


@pytest.mark.usefixtures("each_way")
def test_a_server_made_before_that_waits_in_recv_already() -> None:
    with helpers.EchoServer() as server, socket.create_connection(server.address) as client:  # type: ignore[arg-type]
        client.sendall(b"before")
        assert client.recv(100) == b"before"
        with helpers.watch() as recording:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
        is_told_whole(recording)
        (talk,) = recording.conversations
        assert [(sent.call, received.call, size) for sent, received, size in talk.flows] == [  # type: ignore[union-attr]
            ("sendall", "recv", 5),
            ("sendall", "recv", 5),
        ]
        assert [event.begun is None for event in talk.events if event.end == "server"] == [True, False, False]
        assert [event.ended is None for event in talk.events if event.end == "server"] == [False, False, True]
        assert {event.program for event in talk.events if event.end == "server"} == {server.name}
        assert talk.flows[0].sent.offset == 6  # type: ignore[union-attr]
        # The thread that waits for the next client is under way as well.
        assert [event.call for event in recording.events if event.end == "listening"] == ["accept"]


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


SERVER = """
import socket
with socket.create_server(('127.0.0.1', 0)) as listener:
    conn, addr = listener.accept()
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data)
"""


@pytest.mark.usefixtures("each_way")
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


# Every kind of call, and how it can end.


@pytest.mark.usefixtures("each_way")
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


def test_an_interrupted_recv() -> None:
    def interrupt() -> None:
        assert eventually(calls_under_way)
        signal.raise_signal(signal.SIGINT) if os.name == "nt" else os.kill(os.getpid(), signal.SIGINT)

    with connected() as (client, _):
        thread = threading.Thread(target=interrupt)
        with pytest.raises(KeyboardInterrupt), helpers.watch() as recording:
            thread.start()
            client.recv(10)
        thread.join()
    assert [(event.call, event.error) for event in recording.events] == [("recv", "KeyboardInterrupt")]


@pytest.mark.usefixtures("each_way")
def test_a_program_stopped_in_the_block() -> None:
    program = helpers.background(SERVER, "stopped")
    with helpers.watch() as recording, socket.create_connection(program.address) as client:  # type: ignore[arg-type]
        client.sendall(b"hello")
        client.recv(10)
        assert eventually(lambda: "recv" in [entry.call for entry in calls_under_way()])
        program.stop()
        assert client.recv(10) == b""
    is_told_whole(recording)
    server = [event for event in recording.events if event.end == "server"]
    assert [event.call for event in server] == ["recv", "sendall", "recv", "close"]
    assert server[2].error == "Stopped"


def test_a_send_and_an_accept_under_way() -> None:
    with connected() as (client, server), socket.create_server(ANY) as listener:
        accepting = threading.Thread(target=lambda: listener.accept()[0].close())
        sending = threading.Thread(target=client.sendall, args=(b"x" * 20_000_000,))
        with helpers.watch() as recording:
            accepting.start()
            sending.start()
            server.recv(5)
            assert eventually(lambda: len(calls_under_way()) == 2)
        left = 20_000_000 - 5
        while left:
            left -= len(server.recv(1_000_000))
        socket.create_connection(listener.getsockname()).close()
        sending.join()
        accepting.join()
    is_told_whole(recording)
    (talk,) = recording.conversations
    ((sent, received, size),) = talk.flows
    assert sent is not None and received is not None
    assert (sent.call, sent.ended, sent.asked, size) == ("sendall", None, 20_000_000, 5)
    accept = next(event for event in recording.events if event.call == "accept")
    assert (accept.ended, accept.accepted, accept.error) == (None, None, None)


def test_a_sendmsg_that_waits_when_the_recording_begins() -> None:
    if not hasattr(socket.socket, "sendmsg"):
        pytest.skip("this system has no sendmsg")
    with connected(socket.socketpair) as (one, other):
        sent: list[int] = []
        sending = threading.Thread(target=lambda: sent.append(one.sendmsg([b"x" * 3_000_000])))
        sending.start()
        assert eventually(calls_under_way)
        with helpers.watch() as recording:
            left = 3_000_000
            while left:
                left -= len(other.recv(1_000_000))
            sending.join()
    is_told_whole(recording)
    assert sent == [3_000_000]
    assert {flow.sent and flow.sent.size for flow in recording.conversations[0].flows} == {3_000_000}


def test_urgent_bytes_travel_beside_the_stream() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        client.send(b"!", socket.MSG_OOB)
        client.sendall(b"?", socket.MSG_OOB)
        client.sendall(b"hello")
        assert server.recv(100) == b"hello"
    assert [(sent and sent.data, size) for sent, _, size in recording.conversations[0].flows] == [(b"hello", 5)]


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


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_a_pair_of_datagram_sockets() -> None:
    with helpers.watch() as recording, connected(lambda: socket.socketpair(type=socket.SOCK_DGRAM)) as (one, other):
        one.send(b"hello")
        other.recv(3)
    assert [(flow.sent.data, flow.size) for flow in recording.conversations[0].flows] == [(b"hello", 3)]  # type: ignore[union-attr]


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


# The recording itself.


def test_limit_and_dropped() -> None:
    with connected() as (client, server), helpers.watch(limit=5) as few, helpers.watch() as all_of_them:
        for _ in range(10):
            client.sendall(b"x")
            server.recv(1)
        assert (len(few.events), few.dropped) == (5, 15)
        inner = helpers.watch(limit=2)
        with inner:
            client.sendall(b"y")
        client.sendall(b"z")
    assert (len(few.events), few.dropped) == (5, 17)
    assert (len(all_of_them.events), all_of_them.dropped) == (22, 0)
    assert (len(inner.events), inner.dropped) == (1, 0)
    with connected() as (client, server), helpers.watch(limit=1) as recording:
        client.sendall(b"x")
        server.recv(1)
    assert (calls(recording.events), recording.dropped) == (["sendall"], 1)
    for wrong in (0, -1, "many", None):
        with pytest.raises(ValueError, match="number of calls"):
            helpers.watch(wrong)  # type: ignore[arg-type]


def test_bytes_are_kept_and_shown_in_part() -> None:
    with connected() as (client, server), helpers.watch() as recording:
        for size in (64, 65, 4096, 5000):
            data = bytes(i % 256 for i in range(size))
            client.sendall(data)
            received = bytearray(size)
            left = memoryview(received)
            while left:
                left = left[server.recv_into(left) :]
    sent = {event.size: event for event in recording.events if event.sends}
    assert len(sent[64].data) == 64
    assert sent[65].data == bytes(range(40)) + bytes(range(41, 65))
    assert sent[4096].data == bytes(range(40)) + bytes(range(232, 256))
    assert sent[5000].data == bytes(range(64))


@settings(ALL_THE_SAME, max_examples=100)
@given(data=st.binary(max_size=200), more=st.sampled_from([0, 100, 10_000]), most=st.integers(0, 120))
def test_what_is_shown_is_no_longer_than_asked(data: bytes, more: int, most: int) -> None:
    from helpers.sockets.tapes import kept

    whole = data + bytes(more)
    event = Event(0, "recv", None, None, "", kept(whole, len(whole)), len(whole))  # type: ignore[arg-type]
    text = event.shown(most)
    assert text.isprintable() and text.isascii() or "…" in text
    assert len(text) <= max(most, len(f"b'…' ({len(whole):,} bytes)") + 2)
    assert text == repr(whole) or text.endswith(f" ({len(whole):,} bytes)")


def test_records_are_frozen_and_not_changed_by_what_comes_later() -> None:
    with connected(socket.socketpair) as (one, other):
        with helpers.watch() as recording:
            one.sendall(b"hello")
        before = recording.events, recording.conversations
        other.recv(10)
        assert (recording.events, recording.conversations) == before
    (event,) = recording.events
    (talk,) = recording.conversations
    assert isinstance(talk, Conversation)
    for record, field in ((event, "size"), (event.socket, "role"), (talk, "flows")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, field, None)


def test_a_recording_is_made_once() -> None:
    with helpers.watch() as recording, pytest.raises(RuntimeError, match="made once"), recording:
        pass
    with pytest.raises(RuntimeError, match="made once"), recording:
        pass


def test_a_recording_can_be_read_while_it_grows() -> None:
    ended = threading.Event()
    with connected(socket.socketpair) as (one, other):

        def talk() -> None:
            while not ended.is_set():
                one.sendall(b"x")
                other.recv(1)

        thread = threading.Thread(target=talk)
        recording = helpers.watch()
        recording.start()
        thread.start()
        try:
            for _ in range(100):
                is_told_growing(recording)
        finally:
            ended.set()
            thread.join()
            recording.stop()
    is_told_whole(recording)


def is_told_growing(recording: Recording) -> None:
    orders = [event.order for event in recording.events]
    assert orders == list(range(len(orders)))
    assert len(recording.conversations) <= 1


def test_two_recordings_in_two_threads() -> None:
    found: dict[str, list[int]] = {}
    both = threading.Barrier(2)

    def record(name: str) -> None:
        with connected(socket.socketpair) as (one, other):
            both.wait(5)
            with helpers.watch() as recording:
                for _ in range(50):
                    one.sendall(name.encode())
                    other.recv(1)
            found[name] = [event.size for event in recording.events if event.data == name.encode()]
            is_told_whole(recording)

    start_all([lambda: record("a"), lambda: record("b")])
    assert found == {"a": [1] * 100, "b": [1] * 100}


def test_a_thread_that_has_ended_keeps_its_name() -> None:
    with connected(socket.socketpair) as (one, _), helpers.watch() as recording:
        for name in ("first", "second"):
            thread = threading.Thread(target=one.sendall, args=(b"x",), name=name)
            thread.start()
            thread.join()
    assert [event.thread for event in recording.events] == ["first", "second"]


def round_trip(server: helpers.EchoServer) -> Any:
    with helpers.watch() as recording, socket.create_connection(server.address) as client:  # type: ignore[arg-type]
        client.sendall(b"hello")
        client.recv(100)
    is_told_whole(recording)
    (talk,) = recording.conversations
    ways = [(sent.call, received.call, size) for sent, received, size in talk.flows]  # type: ignore[union-attr]
    return lanes(recording), ways, [event.ended is None for event in talk.events]


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("load", ["idle", "busy"])
def test_the_same_program_gives_the_same_recording(load: str) -> None:
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1 if load == "busy" else 0)
    ]
    try:
        with helpers.EchoServer() as server:
            first = round_trip(server)
            assert first[0]["server", "EchoServer"] == ["recv(5)", "sendall(5)", "recv(0)", "close"]
            assert first[0]["listening", "EchoServer"] == ["accept", "accept"]  # the second is under way
            for _ in range(200 if load == "idle" and TRACED is Socket else 50):
                assert round_trip(server) == first
    finally:
        for each in busy:
            each.kill()
            each.wait()


# What a learner's code gets is what the plain class gives.


def outcome(work: Callable[[Any, Any], Any], kind: type[socket.socket]) -> Any:
    """What came of `work` between two sockets of this kind, and how long it took."""
    with socket.create_server(ANY) as listener, kind(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.connect(listener.getsockname())
        fd, _ = listener._accept()  # type: ignore[attr-defined]
        with kind(fileno=fd) as other:
            other.settimeout(5)
            begun = time.perf_counter()
            try:
                result = work(one, other)
            except OSError as error:
                result = type(error), error.errno, str(error)
            except Exception as error:
                result = type(error)
            return result, time.perf_counter() - begun


def refused(method: str, *args: Any) -> Callable[[Any, Any], Any]:
    return lambda one, _: getattr(one, method)(*args)


def sent(data: Any) -> Callable[[Any, Any], Any]:
    def work(one: Any, other: Any) -> Any:
        result = one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        received = b""
        while piece := other.recv(1000):
            received += piece
        return result, received

    return work


MUCH = b"x" * 20_000_000


def timed_out(one: Any, other: Any) -> Any:
    one.settimeout(0.2)
    one.sendall(MUCH)


def not_blocking(one: Any, other: Any) -> Any:
    one.setblocking(False)
    one.sendall(MUCH)


def flags(one: Any, other: Any) -> Any:
    one.sendall(b"hello")
    return other.recv(3, socket.MSG_PEEK), other.recv(5, socket.MSG_WAITALL)


SEMANTICS: dict[str, Callable[[Any, Any], Any]] = {
    "sendall(str)": refused("sendall", "text"),
    "sendall()": refused("sendall"),
    "sendall(None)": refused("sendall", None),
    "sendall(strided)": refused("sendall", memoryview(b"abcdef")[::2]),
    "send(str)": refused("send", "text"),
    "recv(-1)": refused("recv", -1),
    "recv(str)": refused("recv", "1"),
    "recv_into(bytes)": refused("recv_into", b"immutable"),
    "recv_into(too many)": refused("recv_into", bytearray(1), 2),
    "recv(0)": refused("recv", 0),
    "sendto(nothing)": refused("sendto", b"x"),
    "bind(wrong)": refused("bind", "nowhere"),
    "bind()": refused("bind"),
    "connect()": refused("connect"),
    "connect_ex()": refused("connect_ex"),
    "connect again": lambda one, other: [one.connect(other.getsockname()) for _ in range(2)],
    "listen(str)": refused("listen", "5"),
    "shutdown(7)": refused("shutdown", 7),
    "sendmsg(None)": refused("sendmsg", None) if hasattr(socket.socket, "sendmsg") else refused("send", None),
    "sendmsg([str])": refused("sendmsg", ["a"]) if hasattr(socket.socket, "sendmsg") else refused("send", None),
    "sendall(bytes)": sent(b"hello"),
    "sendall(empty)": sent(b""),
    "sendall(empty bytearray)": sent(bytearray()),
    "sendall(bytearray)": sent(bytearray(b"hello" * 1000)),
    "sendall(memoryview)": sent(memoryview(b"hello")[1:]),
    "sendall(array)": sent(array.array("i", [1, 2, 3])),
    "sendall with a timeout": timed_out,
    "sendall without blocking": not_blocking,
    "flags": flags,
}


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.usefixtures("each_way")
def test_a_traced_socket_does_what_a_plain_one_does(watched: bool) -> None:
    found, expected = {}, {}
    for what, work in SEMANTICS.items():
        expected[what], took = outcome(work, Plain)
        with helpers.watch() if watched else contextlib.nullcontext():
            found[what], traced_took = outcome(work, TRACED)
        assert abs(traced_took - took) < 0.15, what
    assert found == expected


# What it costs.


def one_pair_of_datagram_sockets() -> tuple[socket.socket, socket.socket]:
    one, other = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    one.bind(ANY)
    other.bind(ANY)
    one.connect(other.getsockname())
    return one, other


@pytest.mark.slow
@pytest.mark.parametrize(("make", "count"), [(tcp_pair, 100_000), (one_pair_of_datagram_sockets, 20_000)])
def test_a_hundred_thousand_calls_take_under_64_mib(make: Callable[[], Any], count: int) -> None:
    with connected(make) as (one, other):
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            with helpers.watch() as recording:
                for i in range(count // 2):
                    one.send(b"%064d" % i)
                    other.recvfrom(1024)
            assert len(recording.events) == count
            assert len(recording.conversations[0].flows) == count // 2
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    most = 64 * 2**20 * count / 100_000
    assert peak - before < most
    assert kept - before < most


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_a_hundred_thousand_calls_are_told_soon(threads: int) -> None:
    with connected(socket.socketpair) as (one, other), helpers.watch() as recording:

        def send() -> None:
            for i in range(50_000):
                one.sendall(b"%064d" % i)

        def receive() -> None:
            left = 50_000 * 64
            while left:
                left -= len(other.recv(64))

        if threads == 2:
            start_all([send, receive])
        else:
            for i in range(50_000):
                one.sendall(b"%064d" % i)
                other.recv(64)
    begun = time.process_time()
    assert len(recording.events) >= 90_000
    assert recording.conversations
    assert time.process_time() - begun < 3


def test_who_waits_for_a_thread_is_at_rest() -> None:
    source = "import threading\nt = threading.Thread(target=threading.Event().wait)\nt.start()\nt.join()"
    program = helpers.background(source, "joins")
    begun = time.monotonic()
    wait_for_rest(30)
    assert time.monotonic() - begun < 15
    program.stop()
