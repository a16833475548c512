"""Who received which datagram."""

from __future__ import annotations

import contextlib
import random
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers.recording.recorder import Recording
from tests.recording.support import ALL_THE_SAME, bytes_by_call, is_told_whole
from tests.support.connections import ANY, connected


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


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no AF_UNIX")
def test_a_pair_of_datagram_sockets() -> None:
    with helpers.watch() as recording, connected(lambda: socket.socketpair(type=socket.SOCK_DGRAM)) as (one, other):
        one.send(b"hello")
        other.recv(3)
    assert [(flow.sent.data, flow.size) for flow in recording.conversations[0].flows] == [(b"hello", 3)]  # type: ignore[union-attr]
