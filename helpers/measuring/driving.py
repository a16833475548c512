"""One thread and one selector for all clients of a load.

Comes in: a plan. Goes out: progress while it runs, and what became of each client. It ends by itself, whatever the server does. Who may import it: `child`, the process in which it runs.

What a client waited ends at the moment at which the selector said that the answer is there. Where the selector had not to be waited for, the answer may have been there while the load was
about other clients: that time is added up, as the load's own.
"""

from __future__ import annotations

import collections
import itertools
import os
import selectors
import time
from collections.abc import Callable, Sequence

from helpers.measuring.clients import Asker, Client, Silent, Slow, now
from helpers.measuring.outcome import Outcome
from helpers.measuring.plan import ROOM, Plan
from helpers.measuring.room import Member, Room, SlowMember

AT_ONCE = 8
"""Clients that connect, or speak, before the next look at what has come: the longer that takes, the more of a wait is the load's own."""
FIRST = 0.25
"""Of the time, how much those that come first have to get in; in a room all of them."""
AFTERWARDS = 1.0
"""Seconds for which the others are looked after once the slow ones read, and the silent ones have gone."""
GOING = 0.25
"""Seconds that the clients have to go, all of them."""
TOLD_EVERY = 0.1
"""Seconds between two words of progress."""
WAITED = 0.00002
"""Seconds in a selector, from which on it has been waited for."""


class Abandoned(Exception):
    """Nobody wants to know any more."""


class Driving:
    """A load, under way."""

    def __init__(self, plan: Plan, tell: Callable[[int, int], None] = lambda answers, open_clients: None) -> None:
        """`tell` is told now and then how many answers there were, and how many clients still wait."""
        self.plan = plan
        self.selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._lines = plan.lines
        self._tell = tell
        self._told = now()
        self._room = Room(self) if plan.kind == ROOM else None
        numbers = itertools.count(1)
        self._holders: list[Client] = [
            *(Silent(next(numbers), self) for _ in range(plan.silent)),
            *(self._slow(next(numbers)) for _ in range(plan.slow)),
        ]
        self._askers = [self._asker(next(numbers)) for _ in range(plan.asking)]
        self._open = plan.asking
        self._next: collections.deque[Client] = collections.deque()
        self._answers = 0
        self._answered = 0.0  # when the last answer was there
        self._is_over = False  # nobody says anything more
        self._own = 0.0
        self._left = now()  # when the selector was last left
        self._lag = 0.0  # how long something that it has just named may have been there

    def run(self) -> Outcome:
        """All of it. Nothing is left open."""
        everybody = [*self._holders, *self._askers]
        try:
            self._turn_until(
                lambda: all(each.settled for each in self._holders), FIRST * self.plan.seconds, self._holders
            )
            begun, used = now(), time.process_time()
            self._serve()
            seconds, busy = now() - begun, time.process_time() - used
            fates = [each.fate() for each in everybody]
            still = self._open > 0 and self._answered > begun + self.plan.seconds / 2
            self._is_over = True
            self._next.clear()
            released = not still and self._release()
            self._go(everybody)
            fates = [fate._replace(afterwards=each.afterwards) for fate, each in zip(fates, everybody, strict=True)]
            return Outcome(tuple(fates), seconds, busy, self._own, _cores() == 1, still, released)
        finally:
            for each in everybody:
                each.close()
            self.selector.close()

    def answered(self, client: Client, moment: float) -> None:
        wait = moment - client.asked
        client.waits.append(wait)
        self._answers += 1
        self._answered = moment
        if self._lag:
            self._own += min(self._lag, wait)
        if len(client.waits) < self._lines:
            self.is_next(client)
        else:
            client.said_all()

    def is_next(self, client: Client) -> None:
        if not self._is_over:
            self._next.append(client)
        elif self._room is None:
            client.leave()

    def finished(self) -> None:
        self._open -= 1

    def abandon(self, events: int, moment: float) -> None:
        """Whoever wanted to know has gone."""
        raise Abandoned

    def _slow(self, number: int) -> Client:
        return Slow(number, self) if self._room is None else SlowMember(number, self)

    def _asker(self, number: int) -> Client:
        return Asker(number, self) if self._room is None else Member(number, self, self._room)

    def _serve(self) -> None:
        """Let all that ask come, and wait until they are served, or the time is over."""
        seconds, room = self.plan.seconds, self._room
        if room is None:
            self._turn_until(lambda: not self._open, seconds, self._askers)
            return
        begun = now()
        self._turn_until(lambda: room.complete, FIRST * seconds, self._askers)
        room.begin()
        self._turn_until(lambda: not self._open, begun + seconds - now())

    def _release(self) -> bool:
        """Let the slow and silent ones go, and see whether those that still wait are answered then. Whether there was reason to."""
        waiting = [(each, len(each.waits)) for each in self._askers if not each.end]
        if not (waiting and self._holders):
            return False
        for holder in self._holders:
            holder.leave()
        self._turn_until(lambda: all(each.end or len(each.waits) > before for each, before in waiting), AFTERWARDS)
        for each, before in waiting:
            each.afterwards = len(each.waits) > before
        return True

    def _go(self, everybody: Sequence[Client]) -> None:
        """Let all go that are still here."""
        for each in everybody:
            each.leave()
        self._turn_until(lambda: all(each.is_gone for each in everybody), GOING)

    def _turn_until(self, over: Callable[[], bool], seconds: float, coming: Sequence[Client] = ()) -> None:
        """Serve whoever is ready, and let those connect that are `coming`, until it is `over`; so many seconds at most."""
        deadline = now() + seconds
        door = iter(coming)
        is_coming = bool(coming)
        while (is_coming or not over()) and (left := deadline - now()) > 0:
            for each in (arrivals := list(itertools.islice(door, AT_ONCE))):
                each.connect()
            is_coming = len(arrivals) == AT_ONCE
            for _ in range(min(len(self._next), AT_ONCE)):
                self._next.popleft().speak()
            self._turn(0 if is_coming or self._next else min(left, TOLD_EVERY))

    def _turn(self, seconds: float) -> None:
        asked = now()
        ready = self.selector.select(seconds)
        moment = now()
        self._lag = asked - self._left if moment - asked < WAITED else 0.0
        self._left = moment
        for key, events in ready:
            key.data(events, moment)
        if moment >= self._told + TOLD_EVERY:
            self._told = moment
            self._tell(self._answers, self._open)


def _cores() -> int:
    """Of the processor, on which this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
