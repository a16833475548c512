"""The order of a recording: the calls as they came back, except that no effect stands above its cause.

Comes in: how many calls there are, which thread made which, which thread went on from what which had done, and which call came before which. Goes out: their order in `recording.events`. Who imports it: `history`.

A thread that receives may be back, and on the tape, before the thread that has sent is: then the tape has the effect first. Only that is mended here, and all else stays as it
is on the tape. So this order has every call, each thread's in their own order and each cause above its effects, and is otherwise the one in which things happened: as one run
went, and another run may not. Pictures are to be the same at every run, and have an order of their own (`helpers.pictures.telling.order`), which begins with this one.
"""

from __future__ import annotations

import bisect
import collections
import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from helpers.sockets.tapes import EVERYBODY, Entry, Handover, Thread


def handovers(
    threads: Mapping[Thread, Sequence[int]],
    rows: Iterable[tuple[Entry, object]],
    since: float,
    handed_over: Iterable[Handover],
) -> Iterator[tuple[int, int]]:
    """The calls that came before others because one thread has started the other, waited for its end or until it rested, or taken from a queue what that one had put there: the last one before, and the first one after.

    `threads`: the calls of each, by their places among the `rows`. The system may give an `ident` to one thread after the other: so it is the time that counts. `since`: when the tape began.
    `handed_over`: as `tapes.handed_over`, of whichever process.
    """
    met = [each for each in handed_over if each.given >= since]
    if not met or len(threads) < 2:
        return
    times = [
        (-math.inf if entry.begun is None else entry.begun, math.inf if entry.ended is None else entry.ended)
        for entry, _ in rows
    ]
    by_ident: dict[int, list[int]] = collections.defaultdict(list)
    for thread, calls in threads.items():
        by_ident[thread.ident] += calls
    for calls in by_ident.values():
        calls.sort(key=lambda at: times[at])
    for given, taken, giver, taker in met:
        after = by_ident.get(taker, [])
        first = bisect.bisect_left(after, taken, key=lambda at: times[at][0])
        if first == len(after):
            continue
        for each in by_ident.keys() - {taker} if giver == EVERYBODY else {giver}:
            before = by_ident.get(each, [])
            last = bisect.bisect_right(before, given, key=lambda at: times[at][1]) - 1
            if last >= 0 and before[last] < after[first]:
                yield before[last], after[first]


def causal_order(count: int, threads: Iterable[Sequence[int]], causes: Iterable[tuple[int, int]]) -> list[int]:
    """The calls 0 … `count` - 1 so that each thread's stand in their order and each cause before its effect; otherwise as they are."""
    causes = list(causes)
    if all(cause < effect for cause, effect in causes):
        return list(range(count))
    effects: dict[int, list[int]] = collections.defaultdict(list)
    following: list[int | None] = [None] * count  # in the same thread
    missing = [0] * count
    for before, after in causes:
        effects[before].append(after)
        missing[after] += 1
    for thread in threads:
        for before, after in itertools.pairwise(thread):
            following[before] = after
            missing[after] += 1
    ready = [i for i in range(count) if not missing[i]]
    order: list[int] = []
    while ready:
        order.append(first := heapq.heappop(ready))
        for effect in (*effects.pop(first, ()), following[first]):
            if effect is None:
                continue
            missing[effect] -= 1
            if not missing[effect]:
                heapq.heappush(ready, effect)
    # A circle cannot come of what happened. Should a match be wrong, nothing is lost.
    return order + [i for i in range(count) if missing[i]]
