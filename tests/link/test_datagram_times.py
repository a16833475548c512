"""How late datagrams arrive, and how they overtake each other."""

from __future__ import annotations

import itertools
import socket
import time
from typing import Any

import pytest

from helpers.link import datagram_link
from tests.link.datagrams import address_of, numbered, talking, told
from tests.link.support import DELAY, DOWNSTREAM, EARLY, FOREVER, LINUX, ONCE, UPSTREAM, quiet
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

WAYS = pytest.mark.parametrize("direction", [UPSTREAM, DOWNSTREAM])


def arrivals(direction: str, count: int, **faults: Any) -> list[tuple[int, float]]:
    """Of datagrams that are sent at once: which came, and how many seconds after the first was sent."""
    with talking() as talk:
        getattr(talk.link, direction).set(faults)
        begun = time.perf_counter()
        for data in numbered(count):
            talk.send(direction, data)
        receiver = talk.receiver(direction)
        return [(int(receiver.recv(100)), time.perf_counter() - begun) for _ in range(count)]


@WAYS
def test_latency_keeps_the_order(direction: str) -> None:
    found = arrivals(direction, 20, latency=DELAY)
    assert [number for number, _ in found] == list(range(1, 21))
    assert all(seconds >= DELAY - EARLY for _, seconds in found)


@WAYS
def test_what_is_reordered_goes_on_at_once(direction: str) -> None:
    with talking() as talk:
        getattr(talk.link, direction).set({"latency": FOREVER, "reorder": [2, 4]})
        for data in numbered(4):
            talk.send(direction, data)
        assert told([talk.receiver(direction).recv(10) for _ in range(2)]) == [2, 4]
        assert quiet(talk.receiver(direction))


@ONCE
def test_jitter_reorders() -> None:
    orders = []
    for _ in range(2):
        with talking(seed=4) as talk:
            talk.link.upstream.set({"latency": 0.2, "jitter": 0.2})
            for data in numbered(12):
                talk.send(UPSTREAM, data)
            orders.append(told([talk.server.recv(100) for _ in range(12)]))
    assert sorted(orders[0]) == list(range(1, 13)) != orders[0]
    # A busy machine may send two of them further apart than they have to wait: most are as the seed says.
    places = {number: at for at, number in enumerate(orders[0])}
    later = sum(places[one] < places[other] for one, other in itertools.combinations(orders[1], 2))
    assert later > 60  # of 66


@ONCE
def test_jitter_without_latency_only_makes_late() -> None:
    with talking() as talk:
        begun = time.perf_counter()
        assert len(talk.through(UPSTREAM, numbered(20))) == 20
        talk.link.jitter = DELAY
        for data in numbered(20):
            talk.send(UPSTREAM, data)
        assert sorted(told([talk.server.recv(100) for _ in range(20)])) == list(range(1, 21))
        assert time.perf_counter() > begun


@ONCE
def test_doubles_wait_as_well() -> None:
    found = arrivals(UPSTREAM, 1, latency=DELAY, duplicate=[1])
    assert found[0][1] >= DELAY - EARLY
    with talking() as talk:
        talk.link.upstream.set({"latency": DELAY, "duplicate": 1})
        talk.send(UPSTREAM, b"1")
        assert [talk.server.recv(10), talk.server.recv(10)] == [b"1", b"1"]


@ONCE
def test_a_latency_that_changes_holds_for_those_that_come() -> None:
    with talking(latency=FOREVER) as talk:
        talk.send(UPSTREAM, b"waits")
        talk.link.latency = None
        talk.send(UPSTREAM, b"overtakes")
        assert talk.server.recv(100) == b"overtakes"
        assert quiet(talk.server)


@ONCE
@LINUX
def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not taken waits with the system; where that has no room either, it is lost, and that is told."""
    size = 1000
    for room, is_enough in ((1000, True), (10, False)):
        monkeypatch.setattr(datagram_link, "MOST_HELD", room * (size + datagram_link.OVERHEAD))
        with talking(latency=0.2) as talk:
            talk.client.sendto(bytes(size), address_of(talk.link))
            for _ in range(2 if is_enough else 25):
                talk.send(UPSTREAM, bytes(size))
            for _ in range(3 if is_enough else 26):  # the system's own room is large
                assert talk.server.recv(2000) == bytes(size)
            assert talk.link.log == []
    monkeypatch.setattr(datagram_link, "_enlarge", smallest)
    with talking(latency=0.2) as talk:
        for _ in range(100):
            talk.send(UPSTREAM, bytes(size))
        assert eventually(lambda: talk.link.log)
        assert "came quicker than they could be taken" in talk.link.log[0]


def smallest(sock: socket.socket) -> None:
    """Room for a datagram or two."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
