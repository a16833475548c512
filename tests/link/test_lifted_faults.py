"""Faults that hold bytes back, and let them go when they are lessened or taken away while the connection lives."""

from __future__ import annotations

import itertools
import socket
from typing import Any

import pytest

from tests.link.support import (
    BOTH,
    DATA,
    DIRECTIONS,
    DOWNSTREAM,
    FOREVER,
    ONCE,
    TEN,
    UPSTREAM,
    Joined,
    joined,
    named,
    only,
    passes,
    pieces,
    quiet,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

HOLDING: dict[str, dict[str, Any]] = {
    "latency": {"latency": FOREVER},
    "latency and jitter": {"latency": FOREVER, "jitter": 1},
    "bandwidth": {"bandwidth": 0.01},
    "coalesce": {"coalesce": FOREVER},
    "coalesce to so many bytes": {"coalesce": (FOREVER, 1000)},
    "timeout": {"timeout": FOREVER},
    "timeout without end": {"timeout": 0},
    "several": {"latency": FOREVER, "slicer": 3, "timeout": 0, "coalesce": (FOREVER, 5)},
}


def is_held(talk: Joined, direction: str, data: bytes) -> None:
    """Bytes sent in this direction do not arrive; those in the other do, if the fault is not set for both."""
    sender, receiver = talk.ends(direction)
    sender.sendall(data)
    if direction == BOTH:
        talk.server.sendall(data)
        assert quiet(talk.client, 0.02)
    else:
        for _ in range(2):  # on the second round the link has seen what was sent before the first
            passes(receiver, sender)
    assert quiet(receiver)


def is_let_through(talk: Joined, direction: str, data: bytes) -> None:
    for each in (UPSTREAM, DOWNSTREAM):
        sender, receiver = talk.ends(each)
        if direction in (each, BOTH):
            assert b"".join(pieces(receiver, len(data))) == data
        passes(sender, receiver)


@pytest.mark.parametrize("fault", HOLDING)
def test_what_is_held_passes_when_the_fault_is_taken_away(fault: str) -> None:
    faults = HOLDING[fault]
    for direction in DIRECTIONS:
        with joined(**only(direction, faults)) as talk:
            is_held(talk, direction, DATA)
            talk.set(direction, **dict.fromkeys(faults))
            is_let_through(talk, direction, DATA)
            talk.set(direction, **faults)  # and again, while the connection lives
            is_held(talk, direction, DATA[::-1])
            talk.set(direction, **dict.fromkeys(faults))
            is_let_through(talk, direction, DATA[::-1])


HURRIED: dict[str, tuple[Any, Any]] = {
    "latency": (FOREVER, 0.01),
    "bandwidth": (0.01, 1_000_000),
    "coalesce": (FOREVER, 0.01),
    "coalesce to so many bytes": ((FOREVER, 1000), (FOREVER, len(DATA))),
}


@ONCE
@pytest.mark.parametrize("what", HURRIED)
def test_what_is_held_hurries_when_the_fault_is_lessened(what: str) -> None:
    fault = what.partition(" ")[0]
    long, short = HURRIED[what]
    for direction in DIRECTIONS:
        with joined(**only(direction, {fault: long})) as talk:
            is_held(talk, direction, DATA)
            talk.set(direction, **{fault: short})
            _, receiver = talk.ends(direction)
            assert b"".join(pieces(receiver, len(DATA))) == DATA


@ONCE
@pytest.mark.parametrize("faults", [{"slow_close": FOREVER}, {"latency": FOREVER}, {"timeout": 0}], ids=named)
def test_an_end_that_is_held_comes_when_the_fault_is_taken_away(faults: dict[str, Any]) -> None:
    for direction, after in itertools.product(DIRECTIONS, (None, 0.01)):
        with joined(**only(direction, faults)) as talk:
            sender, receiver = talk.ends(direction)
            sender.shutdown(socket.SHUT_WR)
            if direction == BOTH:
                assert quiet(receiver, 0.02)
            else:
                for _ in range(2):
                    passes(receiver, sender)
            assert quiet(receiver)
            talk.set(direction, **dict.fromkeys(faults, None if "timeout" in faults else after))
            assert receiver.recv(10) == b"", direction


@ONCE
def test_slow_close_lets_bytes_through() -> None:
    with joined(slow_close=FOREVER) as talk:
        passes(talk.client, talk.server)
        talk.client.sendall(b"last words")
        talk.client.shutdown(socket.SHUT_WR)
        assert pieces(talk.server, 10) == [b"last words"]
        assert quiet(talk.server, 0.02)


@ONCE
def test_latency_that_is_taken_away_changes_no_order() -> None:
    with joined() as talk:
        for i in range(100):
            talk.link.latency = FOREVER if i % 2 else 0.001
            talk.client.sendall(b"%02d" % i)
        talk.link.latency = None
        assert b"".join(pieces(talk.server, 200)) == b"".join(b"%02d" % i for i in range(100))


def test_coalesce_ends_with_the_stream() -> None:
    with joined(coalesce=(FOREVER, 100)) as talk:
        for each in TEN:
            talk.client.sendall(each)
        assert quiet(talk.server, 0.02)
        talk.client.shutdown(socket.SHUT_WR)
        assert [talk.server.recv(100), talk.server.recv(100)] == [DATA, b""]
