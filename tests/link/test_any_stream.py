"""Whatever is sent, however it is sent: it comes out as it went in."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.link.conversing import Side, converse
from tests.link.support import (
    DIRECTIONS,
    DOWNSTREAM,
    UPSTREAM,
    joined,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

ALL_THE_SAME = settings(
    derandomize=True, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)

SIZES = st.lists(st.sampled_from([1, 1, 2, 10, 40, 1000, 70_000]), max_size=8)
GENTLE = st.fixed_dictionaries(
    {},
    optional={
        "latency": st.floats(0, 0.01),
        "jitter": st.floats(0, 0.01),
        "bandwidth": st.sampled_from([5e6, 1e8]),
        "slicer": st.sampled_from([1, 3, (1, 9), (500, 5000), 60_000]),
        "coalesce": st.sampled_from([0.003, (0.01, 7), (0.005, 1000), (0.005, 60_000)]),
        "slow_close": st.floats(0, 0.01),
    },
)
READS = st.lists(st.sampled_from([1, 3, 100, 5000, 100_000]), min_size=1, max_size=4).filter(
    lambda some: max(some) > 50
)


def is_fine(faults: dict[str, Any]) -> bool:
    """Whether it makes small pieces, so that much data would take long."""
    slicer, coalesce = faults.get("slicer"), faults.get("coalesce")
    sizes = [slicer[0] if isinstance(slicer, tuple) else slicer, coalesce[1] if isinstance(coalesce, tuple) else None]
    return any(size is not None and size < 100 for size in sizes)


def chunks(sizes: list[int], seed: int, small: bool) -> list[bytes]:
    chance = random.Random(seed)
    return [chance.randbytes(min(size, 40) if small else size) for size in sizes]


@settings(ALL_THE_SAME, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    faults=st.tuples(GENTLE, GENTLE),
    changes=st.lists(st.tuples(st.sampled_from(DIRECTIONS), GENTLE), max_size=3),
    sends=st.tuples(SIZES, SIZES),
    reads=READS,
)
def test_nothing_is_lost_doubled_or_reordered(
    seed: int, faults: Any, changes: list[tuple[str, dict[str, Any]]], sends: Any, reads: list[int]
) -> None:
    small = any(map(is_fine, [*faults, *(each for _, each in changes)]))
    with joined(upstream=faults[0], downstream=faults[1], seed=seed) as talk:
        one = Side(talk.client, chunks(sends[0], seed, small), "half-close", reads)
        other = Side(talk.server, chunks(sends[1], seed + 1, small), "half-close", reads[::-1])
        converse(one, other, [lambda each=each: talk.set(each[0], **each[1]) for each in changes])  # type: ignore[misc]
    assert (other.received == one.total, other.end) == (True, "end")
    assert (one.received == other.total, one.end) == (True, "end")


@settings(ALL_THE_SAME, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    faults=st.tuples(GENTLE, GENTLE),
    sends=st.tuples(SIZES, SIZES),
    reads=READS,
    way=st.sampled_from(["close", "reset"]),
    direction=st.sampled_from([UPSTREAM, DOWNSTREAM]),
)
def test_an_end_arrives_as_what_it_was(
    seed: int, faults: Any, sends: Any, reads: list[int], way: str, direction: str
) -> None:
    """A reset overtakes nothing, and a close with bytes unread, or still to come, is one."""
    small = any(map(is_fine, faults))
    with joined(upstream=faults[0], downstream=faults[1], seed=seed) as talk:
        ends = talk.ends(direction)
        one = Side(ends[0], chunks(sends[0], seed, small), way, reads)
        other = Side(ends[1], chunks(sends[1], seed + 1, small), "half-close", reads[::-1])
        converse(one, other, [])
    assert one.total.startswith(other.received)
    assert other.total.startswith(one.received)
    if way == "reset":
        assert other.end == "reset"
    elif not other.total:
        assert (other.received == one.total, other.end) == (True, "end")
    else:
        assert other.end in ("end", "reset")


LOSSY = st.one_of(
    st.fixed_dictionaries({"limit_data": st.integers(0, 2000)}),
    st.fixed_dictionaries({"timeout": st.floats(0.001, 0.02)}),
    st.fixed_dictionaries({"reset_peer": st.floats(0, 0.02)}),
)


@settings(ALL_THE_SAME, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    gentle=GENTLE,
    lossy=LOSSY,
    sends=st.tuples(SIZES, SIZES),
    direction=st.sampled_from([UPSTREAM, DOWNSTREAM]),
)
def test_what_loses_bytes_loses_them_from_the_end(
    seed: int, gentle: dict[str, Any], lossy: dict[str, Any], sends: Any, direction: str
) -> None:
    small = is_fine(gentle)
    with joined(**gentle, **{direction: lossy}, seed=seed) as talk:
        ends = talk.ends(direction)
        one = Side(ends[0], chunks(sends[0], seed, small), "half-close", [70_000])
        other = Side(ends[1], chunks(sends[1], seed + 1, small), "half-close", [70_000])
        converse(one, other, [])
    assert one.total.startswith(other.received)
    assert other.total.startswith(one.received)
    if "limit_data" in lossy:
        assert other.received == one.total[: lossy["limit_data"]]
    elif one.total:
        assert other.received == b""
    if "reset_peer" in lossy:
        assert other.end == ("reset" if one.total else "end")
