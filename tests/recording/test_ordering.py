"""The order of a recording: each thread's calls in their order, each cause above its effects, and otherwise as the calls came back."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from helpers.recording.ordering import causal_order
from tests.recording.support import ALL_THE_SAME


@ALL_THE_SAME
@given(st.integers(0, 12), st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_effect_stands_above_its_cause(count: int, number: int, chance: random.Random) -> None:
    happened = chance.sample(range(count), count)  # what came first in truth; the numbers say who was back first
    threads: list[list[int]] = [[] for _ in range(number)]
    for call in range(count):
        threads[chance.randrange(number)].append(call)
    # A thread's calls come back in the order in which they happened.
    happened = _agreeing(happened, threads)
    causes = [pair for pair in itertools.combinations(happened, 2) if chance.random() < 0.3]
    order = causal_order(count, threads, causes)
    assert sorted(order) == list(range(count))
    place = {call: at for at, call in enumerate(order)}
    for before, after in itertools.chain(causes, *map(itertools.pairwise, threads)):
        assert place[before] < place[after]


def _agreeing(calls: list[int], threads: list[list[int]]) -> list[int]:
    """`calls` so that each thread's stand in their order, at the places where some of that thread stood."""
    thread_of = {call: at for at, thread in enumerate(threads) for call in thread}
    rest = [iter(thread) for thread in threads]
    return [next(rest[thread_of[call]]) for call in calls]


def test_what_no_cause_moves_stays_as_it_came_back() -> None:
    assert causal_order(4, [[0, 2], [1, 3]], [(0, 1), (1, 2)]) == [0, 1, 2, 3]
    # The receive, 0, was back before the send, 2, was; 1 and 3 have to do with neither.
    assert causal_order(4, [[0], [1, 3], [2]], [(2, 0)]) == [1, 2, 0, 3]


def test_a_circle_loses_no_call() -> None:
    assert sorted(causal_order(3, [[0], [1], [2]], [(0, 1), (1, 0)])) == [0, 1, 2]
