"""Bytes that went past a socket's methods: a recording says what it does not know, and never what did not happen."""

from __future__ import annotations

import collections
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers.recording.recorder import Recording
from helpers.watching.watcher import Watch
from tests.recording.support import ALL_THE_SAME, bytes_by_call, is_told_whole
from tests.support.connections import connected

pytestmark = pytest.mark.skipif(os.name != "posix", reason="here a socket is no file")

Steps = list[tuple[str, int]]

steps = st.lists(
    st.tuples(st.sampled_from(["send", "send", "write", "write by dup", "recv", "recv", "read"]), st.integers(1, 5)),
    max_size=16,
)


def play(
    one: socket.socket, other: socket.socket, steps: Steps, letters: str
) -> tuple[Recording, dict[tuple[int, int], int]]:
    """`one` sends, `other` receives, each now and then past its methods. The recording, and how many bytes truly went from which call to which."""
    stream: collections.deque[int | None] = collections.deque()  # for each byte the call that has sent it
    truth: collections.Counter[tuple[int, int]] = collections.Counter()
    twin = os.dup(one.fileno())
    calls = 0
    with helpers.watch() as recording:
        for at, (step, size) in enumerate(steps):
            data = letters[at % len(letters)].encode() * size
            if step == "send":
                one.sendall(data)
                stream.extend([calls] * size)
                calls += 1
            elif step.startswith("write"):
                os.write(twin if "dup" in step else one.fileno(), data)
                stream.extend([None] * size)
            elif stream:
                got = len(other.recv(size) if step == "recv" else os.read(other.fileno(), size))
                for sender in [stream.popleft() for _ in range(got)]:
                    if step == "recv" and sender is not None:
                        truth[sender, calls] += 1
                calls += step == "recv"
    os.close(twin)
    return recording, dict(truth)


@pytest.mark.skipif(sys.platform != "linux", reason="this system does not say how many bytes it has moved")
@settings(ALL_THE_SAME, max_examples=60)
@given(steps=steps, letters=st.sampled_from(["A", "AB", "ABCDEFGHIJKLMNOP"]))
def test_no_byte_is_told_to_come_from_where_it_does_not(steps: Steps, letters: str) -> None:
    with connected() as (one, other):
        recording, truth = play(one, other, steps, letters)
    is_told_whole(recording)
    for talk in recording.conversations:
        told = {(sent, got): size for (sent, got), size in bytes_by_call(talk.flows).items() if sent is not None}
        for (sent, got), size in told.items():
            assert got is not None and truth.get((sent, got), 0) >= size, "a byte that never went that way"
        if all(step in ("send", "recv") for step, _ in steps):
            assert told == truth and not talk.unsure
        # What the recording calls unread, nobody has read.
        read = sum(size for (sent, _), size in truth.items() if sent is not None)
        sent = sum(event.size for event in talk.events if event.sends)
        assert sum(flow.size for flow in talk.unread) <= sent - read


def bytes_in_between(one: socket.socket, other: socket.socket, write: Callable[[bytes], object]) -> Watch:
    with helpers.watch() as recording:
        one.sendall(b"AAAA")
        write(b"BBBB")
        one.sendall(b"CCCC")
        for expected in (b"AAAA", b"BBBB", b"CCCC"):
            assert other.recv(4, socket.MSG_WAITALL) == expected
    return recording


def by_a_child(sock: socket.socket) -> Callable[[bytes], object]:
    def write(data: bytes) -> None:
        code = f"import os; os.write({sock.fileno()}, {data!r})"
        subprocess.run([sys.executable, "-c", code], pass_fds=[sock.fileno()], check=True)

    return write


@pytest.mark.parametrize("how", ["by the descriptor", "by another process"])
@pytest.mark.parametrize("make", [connected, lambda: connected(socket.socketpair)], ids=["TCP", "a pair"])
def test_what_came_between_is_told_as_unknown(how: str, make: Callable[[], object]) -> None:
    with make() as (one, other):  # type: ignore[attr-defined]
        write = by_a_child(one) if "process" in how else lambda data: os.write(one.fileno(), data)
        recording = bytes_in_between(one, other, write)
    (talk,) = recording.conversations
    assert [(flow.sent and flow.sent.data, flow.received and flow.received.data) for flow in talk.flows] == [
        (b"AAAA", b"AAAA"),
        (None, b"BBBB"),
        (None, b"CCCC"),
    ]
    told = recording.describe()
    assert "recv(4) → b'BBBB' (4 bytes from an unknown send)" in told
    assert "sendall(b'CCCC') (4 bytes received by nobody knows whom)" in told
    assert "Bytes that were not recorded came between" in told and "before the recording" not in told


@pytest.mark.parametrize("how", ["fromfd", "dup", "a descriptor"])
def test_another_object_of_a_socket_is_the_same_socket(how: str) -> None:
    with connected() as (one, other):
        twin = {
            "fromfd": lambda: socket.fromfd(one.fileno(), one.family, one.type),
            "dup": one.dup,
            "a descriptor": lambda: socket.socket(fileno=os.dup(one.fileno())),
        }[how]()
        with twin:
            recording = bytes_in_between(one, other, twin.sendall)
        with helpers.watch() as closing:
            one.close()
    (talk,) = recording.conversations
    assert [(flow.sent and flow.sent.data) for flow in talk.flows] == [b"AAAA", b"BBBB", b"CCCC"]
    assert "FIN" in closing.describe()


@pytest.mark.skipif(sys.platform != "linux", reason="this system does not say in which state a socket is")
def test_a_close_that_is_not_the_last_one_sends_no_fin() -> None:
    for twin_of in (lambda sock: sock.dup(), lambda sock: os.fdopen(os.dup(sock.fileno()), "rb")):
        with connected() as (one, _), twin_of(one):
            with helpers.watch() as recording:
                one.close()
            assert "FIN" not in recording.describe()
            assert "stays open: somebody else has it too" in recording.describe()


def test_bytes_that_went_past_before_the_recording_shift_nothing() -> None:
    with connected() as (one, other):
        os.write(one.fileno(), b"zzz")
        os.read(other.fileno(), 3)
        recording = bytes_in_between(one, other, one.sendall)
    (talk,) = recording.conversations
    assert [(flow.sent and flow.sent.data) for flow in talk.flows] == [b"AAAA", b"BBBB", b"CCCC"]


def test_what_went_past_a_socket_through_a_link() -> None:
    with helpers.EchoServer() as server, helpers.Link(server.address) as link, socket.socket() as client:  # type: ignore[arg-type]
        client.connect(link.address)  # type: ignore[arg-type]
        with helpers.watch() as recording:
            for data in (b"AAAA", b"BBBB", b"CCCC"):
                os.write(client.fileno(), data) if data == b"BBBB" else client.sendall(data)
                assert client.recv(4, socket.MSG_WAITALL) == data
    told = recording.describe()
    assert "from client's sendall" in told and "b'BBBB' (4 bytes from an unknown send" in told
    assert told.count("unknown send") == 2


def test_a_datagram_that_nobody_was_seen_to_send() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        one.connect(other.getsockname())
        recording = bytes_in_between(one, other, lambda data: os.write(one.fileno(), data))
    assert "recv(4) → b'BBBB' (4 bytes from an unknown send)" in recording.describe()
    assert "b'CCCC' (from" in recording.describe()
