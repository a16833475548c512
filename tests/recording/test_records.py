"""The recording itself: its limit, its records, what it costs, and that the same program gives the same one."""

from __future__ import annotations

import dataclasses
import gc
import os
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers.recording.events import Conversation, Event
from helpers.recording.recorder import Recording
from helpers.sockets.tapes import kept
from helpers.sockets.traced import Socket
from tests.recording.support import ALL_THE_SAME, calls, is_told_whole, lanes, start_all
from tests.support.connections import ANY, connected, tcp_pair


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
    whole = data + bytes(more)
    event = Event(0, "recv", None, None, "", kept(whole, len(whole)), len(whole))  # type: ignore[arg-type]
    text = event.short_repr(most)
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
    turns = threading.Semaphore(0)
    with connected(socket.socketpair) as (one, other):

        def talk() -> None:
            while turns.acquire() and not ended.is_set():
                one.sendall(b"x")
                other.recv(1)

        thread = threading.Thread(target=talk)
        recording = helpers.watch()
        recording.start()
        thread.start()
        try:
            for _ in range(100):
                turns.release(50)
                is_told_growing(recording)
        finally:
            ended.set()
            turns.release()
            thread.join()
            recording.stop()
    is_told_whole(recording)


def is_told_growing(recording: Recording) -> None:
    orders = [event.order for event in recording.events]
    assert orders == list(range(len(orders)))
    assert len(recording.conversations) <= 1


def round_trip(server: helpers.EchoServer) -> Any:
    with helpers.watch() as recording, socket.create_connection(server.address) as client:  # type: ignore[arg-type]
        client.sendall(b"hello")
        client.recv(100)
    is_told_whole(recording)
    (talk,) = recording.conversations
    ways = [(sent.call, received.call, size) for sent, received, size in talk.flows]  # type: ignore[union-attr]
    return lanes(recording), ways, [event.ended is None for event in talk.events]


BUSY = "import os, sys, threading\nthreading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()\nwhile True: pass"
"""It ends with its input, and so with the tests, also where these are killed."""


@pytest.mark.slow
@pytest.mark.usefixtures("each_kind_of_socket")
@pytest.mark.parametrize("load", ["idle", "busy"])
def test_the_same_program_gives_the_same_recording(load: str) -> None:
    busy = [
        subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE)
        for _ in range(os.cpu_count() or 1 if load == "busy" else 0)
    ]
    try:
        with helpers.EchoServer() as server:
            first = round_trip(server)
            assert first[0]["server", "EchoServer"] == ["recv(5)", "sendall(5)", "recv(0)", "close"]
            assert first[0]["listening", "EchoServer"] == ["accept", "accept"]  # the second is under way
            for _ in range(200 if load == "idle" and socket.socket is Socket else 50):
                assert round_trip(server) == first
    finally:
        for each in busy:
            each.communicate()


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
            after, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    mebibytes = 64 if sys.version_info < (3, 13) else 68  # there are eight bytes more in each tuple since
    most = mebibytes * 2**20 * count / 100_000
    assert peak - before < most
    assert after - before < most


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_a_hundred_thousand_calls_are_told_soon(threads: int) -> None:
    """In three seconds of a quick processor; on any, in a time that grows as the calls do: ten times as many would take a hundred times as long, if it grew as their square."""
    few = seconds_to_tell(5_000, threads)
    assert seconds_to_tell(50_000, threads) < max(3, 30 * few)


def seconds_to_tell(rounds: int, threads: int) -> float:
    """Of the processor, for what so many sends and receives did, in one thread or in two."""
    with connected(socket.socketpair) as (one, other), helpers.watch() as recording:

        def send() -> None:
            for i in range(rounds):
                one.sendall(b"%064d" % i)

        def receive() -> None:
            left = rounds * 64
            while left:
                left -= len(other.recv(64))

        if threads == 2:
            start_all([send, receive])
        else:
            for i in range(rounds):
                one.sendall(b"%064d" % i)
                other.recv(64)
    begun = time.process_time()
    assert len(recording.events) >= 1.8 * rounds
    assert recording.conversations
    return time.process_time() - begun
