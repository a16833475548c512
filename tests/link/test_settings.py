"""What faults can be set to, what they refuse, and how they read."""

from __future__ import annotations

import math
from typing import Any

import pytest

import helpers
from tests.link.support import (
    DATA,
    DOWNSTREAM,
    ONCE,
    SOMEWHERE,
    UPSTREAM,
    joined,
    pieces,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

NO_SECONDS = (-1, -0.001, "fast", "1", math.nan, math.inf, [0.1], b"1", 1j)
NONSENSE: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("latency", "jitter", "slow_close", "timeout", "reset_peer"), NO_SECONDS),
    "bandwidth": (0, -5, "1k", math.nan, [1]),
    "slicer": (0, -1, 2.5, "3", (5, 2), (0, 3), (-2, 3), (1, 2, 3), (1,), (), math.nan, (1.5, 3), ("1", "2")),
    "coalesce": (0, -1, "1", math.nan, (0, 10), (1, 0), (1, -1), (1, 2.5), (1, 2, 3), (), ("a", 1), (math.nan, 1)),
    "limit_data": (-1, 2.5, "10", math.nan, (1, 2)),
}
UNITS = {"bandwidth": "bytes", "slicer": "bytes", "limit_data": "bytes"}


def says_what_would_do(error: BaseException, fault: str, value: object) -> None:
    message = str(error)
    assert fault in message and repr(value) in message and UNITS.get(fault, "seconds") in message
    assert message.endswith(".") and len(message) < 300


@ONCE
@pytest.mark.parametrize("fault", NONSENSE)
def test_nonsense_is_refused_and_the_old_value_stays(fault: str) -> None:
    good: Any = 5
    link = helpers.Link(SOMEWHERE, **{fault: good})
    for value in NONSENSE[fault]:
        for whose in (link, link.upstream, link.downstream):
            with pytest.raises(ValueError) as caught:
                setattr(whose, fault, value)
            says_what_would_do(caught.value, fault, value)
            assert getattr(whose, fault) == good
        for arguments in ({fault: value}, {UPSTREAM: {fault: value}}, {DOWNSTREAM: {fault: value}}):
            with pytest.raises(ValueError) as caught:
                helpers.Link(SOMEWHERE, **arguments)
            says_what_would_do(caught.value, fault, value)


@ONCE
def test_nonsense_while_connections_live_changes_nothing() -> None:
    with joined(slicer=5) as talk:
        with pytest.raises(ValueError):
            talk.link.slicer = 0
        talk.client.sendall(DATA)
        assert pieces(talk.server, 10) == [b"01234", b"56789"]


@ONCE
def test_unknown_faults_are_refused() -> None:
    with pytest.raises(TypeError, match="lag"):
        helpers.Link(SOMEWHERE, lag=1)  # type: ignore[call-arg]
    for direction in (UPSTREAM, DOWNSTREAM):
        for fault in ("lag", "down"):
            arguments: dict[str, Any] = {direction: {fault: 1}}
            with pytest.raises(ValueError, match=fault):
                helpers.Link(SOMEWHERE, **arguments)
    link = helpers.Link(SOMEWHERE)
    for whose, fault in ((link, "lag"), (link.upstream, "lag"), (link.downstream, "down")):
        with pytest.raises((ValueError, AttributeError), match=fault):
            setattr(whose, fault, 1)


@ONCE
def test_down_is_true_or_false() -> None:
    link = helpers.Link(SOMEWHERE)
    for value in ("yes", 2, 0.5):
        wrong: Any = value
        with pytest.raises(ValueError, match="down"):
            link.down = wrong
        assert link.down is False
        with pytest.raises(ValueError, match="down"):
            helpers.Link(SOMEWHERE, down=wrong)


@ONCE
def test_a_seed_is_a_whole_number() -> None:
    for value in ("one", 1.5):
        wrong: Any = value
        with pytest.raises(ValueError, match="seed"):
            helpers.Link(SOMEWHERE, seed=wrong)


GOOD: dict[str, list[Any]] = {
    "latency": [0, 0.2, 1],
    "jitter": [0, 0.2],
    "bandwidth": [1, 0.5, 1e6],
    "slicer": [1, 3, (1, 1), (2, 5)],
    "coalesce": [0.1, 2, (2, 10)],
    "slow_close": [0, 0.2],
    "timeout": [0, 0.2],
    "reset_peer": [0, 0.2],
    "limit_data": [0, 10],
}


@ONCE
def test_values_are_read_as_they_were_set() -> None:
    for fault, values in GOOD.items():
        link = helpers.Link(SOMEWHERE)
        for value in [*values, None]:
            setattr(link, fault, value)
            assert getattr(link, fault) == getattr(link.upstream, fault) == getattr(link.downstream, fault) == value
            assert getattr(helpers.Link(SOMEWHERE, **{fault: value}), fault) == value
        one, other = values[:2]
        setattr(link.upstream, fault, one)
        assert getattr(link, fault) == (one, None)
        setattr(link.downstream, fault, other)
        assert getattr(link, fault) == (one, other)
        setattr(link, fault, None)
        assert (getattr(link.upstream, fault), getattr(link.downstream, fault)) == (None, None)


@ONCE
def test_directions_in_the_constructor() -> None:
    link = helpers.Link(
        SOMEWHERE, latency=0.1, slicer=3, upstream={"latency": 0.2}, downstream={"slicer": None, "timeout": 0}
    )
    assert (link.latency, link.slicer, link.timeout) == ((0.2, 0.1), (3, None), (None, 0))
    given_to = {"latency": 0.1}
    link = helpers.Link(SOMEWHERE, downstream=given_to)
    link.downstream.latency = 0.3
    assert given_to == {"latency": 0.1}
    assert (link.upstream.latency, link.downstream.latency) == (None, 0.3)
