"""When bytes arrive: never too early. How late, a busy machine decides, and `tests/benchmarks` says for an idle one."""

from __future__ import annotations

import contextlib
import itertools
import math
import select
import socket
import time
from typing import Any

import pytest

import helpers
from tests.link.support import (
    ANY,
    DATA,
    DELAY,
    EARLY,
    ONCE,
    PATIENCE,
    TEN,
    WAYS,
    another,
    joined,
    named,
    only,
    pieces,
    quiet,
)
from tests.support.waiting import once_within

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


def time_to_end(sender: socket.socket, receiver: socket.socket) -> float:
    begun = time.monotonic()
    sender.shutdown(socket.SHUT_WR)
    assert receiver.recv(10) == b""
    return time.monotonic() - begun


TIMED: dict[str, dict[str, Any]] = {
    "latency": {"latency": DELAY},
    "latency of several faults": {"latency": DELAY, "slicer": 100, "bandwidth": 1e9},
    "coalesce": {"coalesce": DELAY},
    "coalesce to so many bytes": {"coalesce": (DELAY, 100)},
    "jitter": {"latency": 2 * DELAY, "jitter": DELAY},
    "bandwidth": {"bandwidth": len(DATA) / DELAY},
}


@ONCE
@pytest.mark.parametrize("fault", TIMED)
def test_bytes_are_never_too_early(fault: str) -> None:
    """However many pieces they come in, the last one is late enough; and the best of a few not very late."""
    latest = DELAY * 3 + 0.3
    for direction, way in WAYS:
        with joined() as talk:
            talk.set(direction, **TIMED[fault])
            sender, receiver = talk.ends(way)
            times: list[float] = []
            while not times or (times[-1] >= latest and len(times) < 5):
                begun = time.monotonic()
                sender.sendall(DATA)
                assert b"".join(pieces(receiver, len(DATA))) == DATA
                times.append(time.monotonic() - begun)
            assert min(times) >= DELAY - EARLY, direction
            assert times[-1] < latest, direction


@ONCE
@pytest.mark.parametrize(
    "faults", [{"slow_close": DELAY}, {"latency": DELAY}, {"latency": DELAY, "slow_close": DELAY}], ids=named
)
def test_an_end_is_never_too_early(faults: dict[str, Any]) -> None:
    for direction, way in WAYS:
        with joined(**only(direction, faults)) as talk:
            late = time_to_end(*talk.ends(way))
            assert sum(faults.values()) - EARLY <= late < PATIENCE / 2, direction


@ONCE
def test_latency_delays_each_byte_not_the_stream() -> None:
    """Ten bytes that are sent at once need no longer than one."""
    latency = 0.2
    with joined(latency=latency) as talk:

        def pass_ten() -> None:
            begun = time.monotonic()
            for each in TEN:
                talk.client.sendall(each)
            pieces(talk.server, 10)
            assert time.monotonic() - begun >= latency - EARLY

        assert once_within(5 * latency, pass_ten)


def delays(seed: int | None, latency: float | None, jitter: float, count: int = 8) -> list[float]:
    """Of a byte on each of so many connections."""
    with socket.create_server(ANY) as listener, contextlib.ExitStack() as stack:
        listener.settimeout(PATIENCE)
        link = stack.enter_context(helpers.Link(listener.getsockname(), latency=latency, jitter=jitter, seed=seed))
        ends = [another(link, listener) for _ in range(count)]
        for each in itertools.chain(*ends):
            stack.enter_context(each)
        begun = []
        for client, _ in ends:
            begun.append(time.monotonic())
            client.sendall(b"x")
        found = [0.0] * count
        waiting = {server: i for i, (_, server) in enumerate(ends)}
        while waiting:
            ready, _, _ = select.select([*waiting], [], [], PATIENCE)
            assert ready
            for server in ready:
                assert server.recv(10) == b"x"
                i = waiting.pop(server)
                found[i] = time.monotonic() - begun[i]
        return found


@ONCE
def test_jitter_is_by_chance_and_within_its_bounds() -> None:
    found = delays(1, 0.2, 0.1)
    assert min(found) >= 0.1 - EARLY
    assert max(found) < 0.3 + PATIENCE / 2
    assert max(found) - min(found) > 0.02
    assert min(delays(1, None, 0.1)) >= 0


@ONCE
def test_jitter_repeats_itself_with_the_seed() -> None:
    def alike(one: list[float], other: list[float]) -> bool:
        return all(math.isclose(a, b, abs_tol=0.02) for a, b in zip(one, other, strict=True))

    first = delays(7, 0.1, 0.1)
    # What is late for another reason is so by chance: one of several tries comes without.
    assert any(alike(delays(7, 0.1, 0.1), first) for _ in range(5)) or alike(delays(7, 0.1, 0.1), delays(7, 0.1, 0.1))
    assert not alike(delays(8, 0.1, 0.1), first)
    assert not alike(delays(None, 0.1, 0.1), delays(None, 0.1, 0.1))


@ONCE
def test_jitter_changes_no_order() -> None:
    with joined(jitter=0.01, seed=3) as talk:
        sent = b""
        for i in range(200):
            talk.client.sendall(b"%03d" % i)
            sent += b"%03d" % i
        assert b"".join(pieces(talk.server, len(sent))) == sent


@ONCE
@pytest.mark.parametrize("chunks", [1, 10])
def test_bandwidth_is_never_exceeded(chunks: int) -> None:
    rate, size = 300_000, 15_000
    for direction, way in WAYS:
        with joined(**only(direction, {"bandwidth": rate})) as talk:
            sender, receiver = talk.ends(way)
            begun = time.monotonic()
            for _ in range(chunks):
                sender.sendall(bytes(size // chunks))
            received = 0
            while received < size:
                received += len(receiver.recv(65536))
                assert received <= rate * (time.monotonic() - begun + EARLY) + 1
            assert time.monotonic() - begun < size / rate + PATIENCE / 2


@ONCE
def test_a_pause_earns_no_bandwidth() -> None:
    """What was not used in a quiet time is not to be had afterwards."""
    rate, size = 200_000, 10_000
    with joined(bandwidth=rate) as talk:
        for _ in range(2):
            assert quiet(talk.server, 0.1)
            begun = time.monotonic()
            talk.client.sendall(bytes(size))
            received = 0
            while received < size:
                received += len(talk.server.recv(65536))
                assert received <= rate * (time.monotonic() - begun + EARLY) + 1
