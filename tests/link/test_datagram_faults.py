"""Each fault does to datagrams what netem means by its name: exactly those that were asked for, or by chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.link.datagram_faults import DatagramFaults
from tests.link.datagrams import Talk, differing_bits, numbered, talking, told
from tests.link.support import DOWNSTREAM, ONCE, UPSTREAM

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

WAYS = pytest.mark.parametrize("direction", [UPSTREAM, DOWNSTREAM])
NUMBERS = st.sets(st.integers(1, 12))


@WAYS
def test_exactly_these_are_lost(direction: str) -> None:
    with talking() as talk:
        assert told(talk.through(direction, numbered(6), loss=[2, 5])) == [1, 3, 4, 6]
        for asked in ((1,), {6}, range(1, 7), [], range(2, 7, 2), [100]):
            expected = [number for number in range(1, 7) if number not in asked]
            assert told(talk.through(direction, numbered(6), loss=asked)) == expected
        assert told(talk.through(direction, numbered(6), loss=1)) == []
        assert told(talk.through(direction, numbered(6), loss=0.0)) == [1, 2, 3, 4, 5, 6]


@WAYS
def test_exactly_these_are_doubled(direction: str) -> None:
    with talking() as talk:
        assert told(talk.through(direction, numbered(4), duplicate=[1, 3])) == [1, 1, 2, 3, 3, 4]
        assert told(talk.through(direction, numbered(3), duplicate=1)) == [1, 1, 2, 2, 3, 3]


@WAYS
def test_exactly_one_bit_of_exactly_these_is_flipped(direction: str) -> None:
    data = [bytes(100)] * 40
    with talking() as talk:
        found = talk.through(direction, data, corrupt=range(1, 40))
    assert [differing_bits(*pair) for pair in zip(data, found, strict=True)] == [1] * 39 + [0]
    assert len(set(found)) > 30  # not always the same bit


@ONCE
def test_an_empty_datagram_has_no_bit_to_flip() -> None:
    with talking() as talk:
        assert talk.through(UPSTREAM, [b"", b"x"], corrupt=[1]) == [b"", b"x"]


@ONCE
def test_of_one_that_is_lost_and_doubled_one_passes() -> None:
    """As in netem, which counts one more for the double, and one less for the loss."""
    with talking() as talk:
        assert told(talk.through(UPSTREAM, numbered(3), loss=[2, 3], duplicate=[2])) == [1, 2]


@ONCE
def test_the_double_is_not_flipped_with_the_first() -> None:
    with talking() as talk:
        one, other = talk.through(UPSTREAM, [b"hello"], corrupt=[1], duplicate=[1])
        assert (differing_bits(one, b"hello"), other) == (1, b"hello")


@ONCE
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([UPSTREAM, DOWNSTREAM]), st.lists(st.binary(max_size=50), max_size=12), NUMBERS, NUMBERS, NUMBERS
)
def test_what_is_asked_happens_and_nothing_else(
    direction: str, datagrams: list[bytes], loss: set[int], duplicate: set[int], corrupt: set[int]
) -> None:
    talk = _talk
    found = iter(talk.through(direction, datagrams, loss=loss, duplicate=duplicate, corrupt=corrupt))
    for number, data in enumerate(datagrams, 1):
        for is_double in copies(number, loss, duplicate):
            flipped = number in corrupt and not is_double and data
            assert differing_bits(next(found), data) == (1 if flipped else 0)
    assert list(found) == []


def copies(number: int, loss: set[int], duplicate: set[int]) -> Iterator[bool]:
    """For each that must come of it, whether it is the double."""
    if number not in loss or number in duplicate:
        yield False
    if number in duplicate and number not in loss:
        yield True


_talk: Talk


@pytest.fixture(autouse=True)
def one_talk(request: pytest.FixtureRequest) -> Iterator[None]:
    """For the test that has many examples, one link."""
    global _talk
    if request.function is not test_what_is_asked_happens_and_nothing_else:
        yield
        return
    with talking() as _talk:
        yield


@pytest.mark.parametrize("chance", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("fault", ["loss", "duplicate", "corrupt"])
@ONCE
def test_a_chance_is_one(fault: str, chance: float) -> None:
    count = 600
    with talking(seed=7) as talk:
        found: list[bytes] = []
        for _ in range(count // 100):  # no more than fit into a buffer at once
            found += talk.through(UPSTREAM, [b"0123456789"] * 100, **{fault: chance})
    met = {
        "loss": count - len(found),
        "duplicate": len(found) - count,
        "corrupt": sum(data != b"0123456789" for data in found),
    }[fault]
    assert abs(met / count - chance) < 4 * (chance * (1 - chance) / count) ** 0.5


@ONCE
def test_a_fault_that_is_added_changes_nothing_of_the_others() -> None:
    import random

    def fates(**values: Any) -> list[Any]:
        faults = DatagramFaults()
        faults.set({"loss": 0.5, **values})
        found = []
        for number in range(100):
            faults.count += 1
            found.append([fate.lost for fate in faults.fates(random.Random(number), 10)][:1])
        return found

    assert fates() == fates(corrupt=0.5) == fates(latency=1.0, jitter=0.5, reorder=0.5)


@ONCE
def test_numbers_count_from_when_they_were_set_and_changes_spare_what_was_sent_before() -> None:
    with talking(loss=[1]) as talk:
        for number in range(1, 51):
            talk.send(UPSTREAM, b"%d a" % number)
            talk.send(UPSTREAM, b"%d b" % number)
            talk.link.upstream.loss = [1]  # the next one
        talk.link.upstream.loss = None
        talk.send(UPSTREAM, b"that was all")
        found = []
        while (data := talk.server.recv(100)) != b"that was all":
            found.append(data)
        assert found == [b"%d b" % number for number in range(1, 51)]


@ONCE
def test_each_fault_keeps_its_own_count() -> None:
    with talking(loss=[3]) as talk:
        talk.send(UPSTREAM, b"1")
        talk.send(UPSTREAM, b"2")
        talk.link.upstream.duplicate = [2]
        for data in (b"3", b"4", b"5"):
            talk.send(UPSTREAM, data)
        talk.link.upstream.set({"loss": None, "duplicate": None})
        assert [talk.server.recv(10) for _ in range(5)] == [b"1", b"2", b"4", b"4", b"5"]
