"""Puts the calls of several threads into one order: as far apart as they were they stay, and what ran together stands the same way at every run.

Comes in: strands of calls, the causes that join them, and before which moment each call cannot have taken place. Goes out: the calls from top to bottom. Who imports it: `order`.

Three things are held to. Each strand keeps its order. A cause stands above its effects. And what was over `TOGETHER` before something else can have taken place stands above it, even
if no cause is known that joins them. Between calls that ran together none of this decides, and the clock is not asked: there the strands are walked, each as far as it goes.

No call takes place before its causes did. So the causes and the times never make a circle.
"""

from __future__ import annotations

import collections
import heapq
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence

from helpers.recording.events import Event

TOGETHER = 0.045
"""Seconds: two calls that lie further apart stand in the order in which they happened. What is promised are 50 ms. It is a little less, so that
a program which sleeps for just as long as that gives the same picture at every run."""

Strand = list[Event]
Pair = tuple[int, int]
"""A cause and its effect, by `Event.order`."""


def walk(strands: Sequence[Strand], causes: Iterable[Pair], moments: Mapping[int, float]) -> list[Event]:
    """Programs first, as far as they go; then the notebook. Whoever a call sets free goes on at once, as far as it goes.

    `moments`: before when each call, by its `order`, cannot have taken place, as far as it can be told from that call alone.
    """
    causes = list(dict.fromkeys(causes))
    begin = sorted(range(len(strands)), key=lambda at: (strands[at][0].program is None, at))
    # A call that is still waiting stands at the end; unless something has come of it: some of the bytes were received.
    effective = {before for before, _ in causes}
    finished = [[each for each in strand if each.ended is not None or each.order in effective] for strand in strands]
    told = {event.order for strand in finished for event in strand}
    still_waiting = [event for strand in strands for event in strand if event.order not in told]
    return _Walk(finished, causes, _no_sooner_than_causes(finished, causes, moments)).ordered(begin) + still_waiting


def _no_sooner_than_causes(
    strands: Sequence[Strand], causes: Sequence[Pair], moments: Mapping[int, float]
) -> dict[int, float]:
    """`moments`, where a call cannot have taken place before what had to come before it."""
    effects: dict[int, list[int]] = collections.defaultdict(list)
    following = ((before.order, after.order) for strand in strands for before, after in itertools.pairwise(strand))
    for before, after in itertools.chain(following, causes):
        effects[before].append(after)
    found = {event.order: moments[event.order] for strand in strands for event in strand}
    for order in sorted(found):  # in a recording causes come first
        for effect in effects[order]:
            if effect in found:
                found[effect] = max(found[effect], found[order])
    return found


def _over(event: Event) -> float:
    return event.ended if event.ended is not None else math.inf


class _Walk:
    """Takes one call after the other from the beginnings of the strands."""

    def __init__(self, strands: Sequence[Strand], causes: Iterable[Pair], moments: Mapping[int, float]) -> None:
        self._queues = [collections.deque(strand) for strand in strands]
        self._strand_of = {event.order: at for at, strand in enumerate(strands) for event in strand}
        self._effects: dict[int, list[int]] = collections.defaultdict(list)
        self._missing: collections.Counter[int] = collections.Counter()
        """How many causes of each call have not been told yet."""
        for before, after in causes:
            self._effects[before].append(after)
            self._missing[after] += 1
        self._moments = moments
        self._ends = sorted((_over(event), event.order) for strand in strands for event in strand)
        self._told: set[int] = set()
        self._ahead = 0  # in `_ends`: all before it are told
        self._asleep: list[tuple[float, int]] = []
        """Strands whose next call took place long after one that is not told yet, and when it did."""
        self._active: collections.deque[int] = collections.deque()
        """Strands that may go on; the last one does."""

    def ordered(self, begin: Sequence[int]) -> list[Event]:
        """All calls. The strands start in the order of `begin`."""
        self._active.extend(reversed(begin))
        events: list[Event] = []
        while len(events) < len(self._strand_of):
            event = self._next()
            events.append(event)
            self._told.add(event.order)
            self._active.extend(sorted(self._freed_by(event), reverse=True))
            self._wake()
        return events

    def _next(self) -> Event:
        while self._active:
            at = self._active[-1]
            queue = self._queues[at]
            if queue and not self._missing[queue[0].order]:
                moment = self._moments[queue[0].order]
                if moment <= self._horizon():
                    return queue.popleft()
                heapq.heappush(self._asleep, (moment, at))
            self._active.pop()
        # A circle, which cannot come of what happened: nothing is lost all the same.
        at = min((queue[0].order, at) for at, queue in enumerate(self._queues) if queue)[1]
        self._active.append(at)
        self._missing[self._queues[at][0].order] = 0
        return self._queues[at].popleft()

    def _horizon(self) -> float:
        """What took place later must wait for a call that is not told yet."""
        return self._ends[self._ahead][0] + TOGETHER

    def _freed_by(self, event: Event) -> list[int]:
        """The strands that go on now that `event` is told."""
        freed = []
        for effect in self._effects[event.order]:
            self._missing[effect] -= 1
            at = self._strand_of.get(effect)
            if at is not None and not self._missing[effect] and self._queues[at][0].order == effect:
                freed.append(at)
        return freed

    def _wake(self) -> None:
        """Strands whose time has come go on after those that could before."""
        while self._ahead < len(self._ends) and self._ends[self._ahead][1] in self._told:
            self._ahead += 1
        woken = []
        while self._asleep and self._ahead < len(self._ends) and self._asleep[0][0] <= self._horizon():
            woken.append(heapq.heappop(self._asleep)[1])
        self._active.extendleft(sorted(woken))
