"""The programs in processes of their own, as whoever records sees them: asked whether they rest, and recorded together with what happens here.

Comes in: programs, which say that they live (`ProcessProgram` does). Goes out: `wait_for_joint_rest`, `SharedTape`. Who imports it: `watching`, and `program`, which is loaded when the first such program is
started, and not before.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Protocol

from helpers.recording.carried import Rows
from helpers.running.bell import Bell
from helpers.running.rest import wait_for_rest
from helpers.sockets import owners
from helpers.sockets.registry import activity

REST = 0.5
"""Seconds in which all processes come to rest, if they do; most need a few milliseconds."""
ANSWER = 5.0
"""Seconds for an answer: enough for one that works hard on a busy machine."""
SAME = 2
"""Times that all must be found to rest, and to have done nothing since the time before."""


class Ask:
    """Something that a process was asked."""

    def __init__(self) -> None:
        self._answered = Bell()
        self._activity: tuple[int, ...] | None = None

    def answer(self, activity: tuple[int, ...] | None) -> None:
        """None: it has gone."""
        self._activity = activity
        self._answered.set()

    def wait(self, seconds: float) -> tuple[int, ...] | None:
        self._answered.wait(seconds)
        return self._activity


class Neighbour(Protocol):
    """A program in a process of its own."""

    name: str

    def ask_rest(self, seconds: float) -> Ask: ...

    def ask_start(self, tape: SharedTape) -> Ask: ...

    def ask_stop(self, tape: SharedTape) -> Ask: ...


live: dict[Neighbour, None] = {}
"""Those whose processes run, in the order in which they were started."""
tapes: dict[int, SharedTape] = {}
"""Those that run."""


def wait_for_joint_rest(seconds: float, who: Callable[[], set[int]] = lambda: set(owners.everybody())) -> None:
    """Wait until all `who`, threads here, and all programs in processes wait for something; `seconds` at most, and a little longer where there are such programs."""
    if not live:
        wait_for_rest(seconds, who)
        return
    end = time.monotonic() + max(seconds, REST)
    before: list[tuple[int, ...] | None] = []
    same = 0
    for looks in itertools.count():
        left = end - time.monotonic()
        if same == SAME or (left <= 0 and looks > SAME):
            return
        wait_for_rest(left, who)
        # On a busy machine an answer is late, and what was asked of a process later would stand behind it.
        asks = [each.ask_rest(max(left, 0)) for each in list(live)]
        found = [activity(), *(each.wait(ANSWER) for each in asks)]
        same = same + 1 if found == before else 0
        before = found


_numbers = itertools.count(1)


class SharedTape:
    """What is recorded in all the processes there are, and in those that are started meanwhile, from `start` to `stop`."""

    def __init__(self, limit: int) -> None:
        self.number = next(_numbers)
        self.limit = limit
        self.missing: list[str] = []
        """What is not known, a sentence for each program."""
        self._records: set[str] = set()
        self._rows: list[Rows] = []
        self._dropped = 0

    def start(self) -> None:
        tapes[self.number] = self
        for ask in [each.ask_start(self) for each in list(live)]:
            ask.wait(ANSWER)

    def stop(self, since: float, patience: float = ANSWER) -> tuple[list[Rows], int]:
        """Record no more. What was recorded up to `since` on the clock of tapes, and how many calls more there were."""
        tapes.pop(self.number, None)
        for ask in [each.ask_stop(self) for each in list(live)]:
            ask.wait(patience)
        self.missing += [f"What {name} did is not known: it does not answer." for name in sorted(self._records)]
        self._records.clear()
        return [_up_to(since, each) for each in self._rows], self._dropped

    # What the programs say.

    def begins(self, name: str) -> None:
        """Its process records from now on."""
        self._records.add(name)

    def add(self, rows: Rows) -> None:
        self._rows.append(rows)

    def ends(self, name: str, dropped: int) -> None:
        """Its process has said all."""
        self._records.discard(name)
        self._dropped += dropped

    def lost(self, name: str, how: str) -> None:
        """Its process has gone; if it was recorded, and has not said all, that is lost."""
        if name in self._records:
            self._records.discard(name)
            self.missing.append(f"What {name} did is not known: it {how} before it could tell.")


def _up_to(when: float, rows: Rows) -> Rows:
    """What had begun by then; what had not come back by then, as under way."""
    kept = []
    for entry, caller in rows.entries:
        if entry.ended is None or entry.ended <= when:
            kept.append((entry, caller))
        elif entry.begun is not None and entry.begun <= when and not entry.call.startswith(("close", "shutdown")):
            kept.append((entry._replace(ended=None, data=b"", size=0, more=None), caller))
    return rows._replace(entries=kept)
