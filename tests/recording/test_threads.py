"""Who received whose bytes, where several threads call at the same time."""

from __future__ import annotations

import collections
import contextlib
import itertools
import random
import socket
import threading
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers.recording.events import Event
from tests.recording.support import ALL_THE_SAME, bytes_by_call, is_told_whole, start_all
from tests.support.connections import connected, tcp_pair


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
                        lambda one=one, i=i: send_all(one, sends[i:] or [1], seed + i),
                        lambda other=other, i=i: send_all(other, sends[::-1], seed - i),
                        lambda one=one: receive_all(one, receives),
                        lambda other=other: receive_all(other, receives[::-1]),
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
