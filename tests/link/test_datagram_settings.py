"""What a link for datagrams can be set to, what it refuses, and how its faults read."""

from __future__ import annotations

import math
from typing import Any

import pytest

import helpers
from tests.link.support import DOWNSTREAM, ONCE, SOMEWHERE, UPSTREAM

NO_CHANCE = (-0.1, 1.1, 2, True, "0.3", math.nan, math.inf, [0], [-1], [1.5], [2, 2], ["1"], [True], b"1", {1: 2}, range(0, 3), range(3, -1, -1), 1j)  # fmt: skip
NO_SECONDS = (-1, -0.001, "fast", math.nan, math.inf, [0.1], True)
NONSENSE: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("loss", "duplicate", "reorder", "corrupt"), NO_CHANCE),
    **dict.fromkeys(("latency", "jitter"), NO_SECONDS),
}


@ONCE
@pytest.mark.parametrize("fault", NONSENSE)
def test_nonsense_is_refused_in_a_sentence_and_the_old_value_stays(fault: str) -> None:
    sensible: dict[str, Any] = {"latency": 0.5, "reorder": 0.5, fault: 0.5}
    link = helpers.DatagramLink(SOMEWHERE, **sensible)
    for value in NONSENSE[fault]:
        for whose in (link, link.upstream, link.downstream):
            with pytest.raises(ValueError) as caught:
                setattr(whose, fault, value)
            message = str(caught.value)
            assert message.startswith(f"{fault} is the ") and repr(value) in message and message.endswith(".")
            assert getattr(whose, fault) == 0.5
        for arguments in ({fault: value}, {UPSTREAM: {fault: value}}, {DOWNSTREAM: {fault: value}}):
            with pytest.raises(ValueError, match=fault):
                helpers.DatagramLink(SOMEWHERE, **arguments)


@ONCE
def test_reorder_without_latency_is_refused() -> None:
    """So does tc: whoever is to overtake needs somebody who waits."""
    for reorder in (0.5, [1]):
        for latency in (None, 0):
            with pytest.raises(ValueError, match="reorder needs a latency"):
                helpers.DatagramLink(SOMEWHERE, reorder=reorder, latency=latency)
        with pytest.raises(ValueError, match="reorder needs a latency"):
            helpers.DatagramLink(SOMEWHERE, latency=0.1, upstream={"latency": None, "reorder": reorder})
    link = helpers.DatagramLink(SOMEWHERE, reorder=0, upstream={"latency": 0.1})
    link.upstream.reorder = [1]
    with pytest.raises(ValueError, match="reorder needs a latency"):
        link.reorder = 0.5
    assert (link.upstream.reorder, link.downstream.reorder) == ((1,), 0)  # neither has changed
    with pytest.raises(ValueError, match="take reorder away"):
        link.latency = None
    link.reorder = None
    link.latency = None


@ONCE
def test_unknown_faults_are_refused() -> None:
    arguments: dict[str, Any] = {"lost": [1]}
    with pytest.raises(TypeError, match="lost"):
        helpers.DatagramLink(SOMEWHERE, **arguments)
    with pytest.raises(ValueError, match="'lost' is no fault of a link; there are loss, duplicate"):
        helpers.DatagramLink(SOMEWHERE, upstream=arguments)
    link = helpers.DatagramLink(SOMEWHERE)
    with pytest.raises(AttributeError, match="A link has no 'bandwidth'; its faults are loss,"):
        link.bandwidth = 100
    with pytest.raises(AttributeError, match="A link has no 'bandwidth'; its faults are loss,"):
        link.upstream.bandwidth = 100


@ONCE
def test_a_direction_is_not_replaced() -> None:
    link = helpers.DatagramLink(SOMEWHERE, loss=0.5)
    with pytest.raises(AttributeError, match=r"link\.upstream\.latency = "):
        link.upstream = {"loss": [1]}  # type: ignore[assignment]
    assert link.loss == 0.5


@ONCE
def test_the_address_of_a_socket_that_has_none_yet() -> None:
    with pytest.raises(ValueError, match="Nobody can have port 0, .* bind it first"):
        helpers.DatagramLink(("0.0.0.0", 0))


@ONCE
def test_a_link_in_front_of_itself() -> None:
    with helpers.DatagramLink(SOMEWHERE) as link:
        address = link.address
    assert address is not None
    with pytest.raises(ValueError, match="in front of itself"):
        helpers.DatagramLink(address, port=address[1]).start()


@ONCE
def test_how_faults_read() -> None:
    mine = [5, 2]
    link = helpers.DatagramLink(SOMEWHERE, loss=mine, downstream={"corrupt": 0.25})
    mine.append(9)
    assert link.loss == link.upstream.loss == (2, 5)
    assert link.corrupt == (None, 0.25)
    assert repr(link.downstream) == "<faults: loss=(2, 5), corrupt=0.25>"
    link.loss = None
    assert repr(link.upstream) == "<faults: none>"
    link.upstream.loss = range(1, 10**12)
    assert link.upstream.loss == range(1, 10**12)
    link.loss = {3, 1}
    assert link.upstream.loss == link.downstream.loss == (1, 3)


@ONCE
@pytest.mark.parametrize("wrong", ["127.0.0.1:80", None, 80, ("127.0.0.1",), (1, 2), ("127.0.0.1", "80"), ("127.0.0.1", 70000)])  # fmt: skip
def test_no_address(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"DatagramLink\(server.address\)"):
        helpers.DatagramLink(wrong)


@ONCE
def test_seed_name_host_and_port() -> None:
    with pytest.raises(ValueError, match="seed is a whole number"):
        helpers.DatagramLink(SOMEWHERE, seed=0.5)  # type: ignore[arg-type]
    link = helpers.DatagramLink(SOMEWHERE, name="the radio")
    assert repr(link) == "<the radio not running>"
    with link, pytest.raises(OSError):
        helpers.DatagramLink(SOMEWHERE, port=link.address[1]).start()  # type: ignore[index]
