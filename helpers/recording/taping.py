"""A tape from its start to its stop, and what is to be known beside it: the calls under way, the sockets that lived, what had gone past them.

Comes in: the calls of this process. Goes out: what a `Recording` tells of them, or what a process says to whoever watches it. Who imports it: `recorder`, and a program's `child`; so it
imports nothing that such a process need not load anyway.
"""

from __future__ import annotations

import itertools

from helpers.sockets import tapes
from helpers.sockets.bypassing import measure_all
from helpers.sockets.registry import meet_all
from helpers.sockets.tapes import Bypassed, Caller, Entry, Tape, Trace
from helpers.sockets.waiting import calls_under_way


class Taping:
    """What is recorded in this process from `start` to `stop`."""

    def __init__(self, limit: int) -> None:
        self.tape = Tape(limit)
        self.under_way: list[tuple[Entry, Caller]] = []
        """The calls that had not come back when it was stopped."""
        self.known: dict[int, Trace] = {}
        """The sockets that lived when it was started, or stopped, by their numbers."""
        self.before: dict[int, Bypassed] = {}
        self.after: dict[int, Bypassed] = {}
        self.stopped = False

    def start(self) -> None:
        """Record from now on. RuntimeError if it was started before."""
        self.tape.start()
        try:
            self._meet()
            self.before = measure_all()
        except BaseException:  # interrupted
            self.tape.stop()
            raise

    def stop(self) -> None:
        """Record no more."""
        if self.stopped:
            return
        try:
            self._meet()
            self.after = measure_all()
            before, begun = len(self.tape), calls_under_way()
        finally:
            self.tape.stop()
            self.stopped = True
        self.under_way = self._not_ended(before, begun)

    def under_way_now(self) -> list[tuple[Entry, Caller]]:
        """While it runs: the calls that have not come back."""
        tapes.settle_all()
        before, begun = len(self.tape), calls_under_way()
        return self._not_ended(before, begun)

    def _not_ended(self, before: int, begun: list[Entry]) -> list[tuple[Entry, Caller]]:
        """Which of the calls `begun` are on the tape neither, where it goes on after so many entries `before`."""
        ended = {_call(entry) for entry in itertools.islice(self.tape.entries(len(self.tape)), before, None)}
        # The system may have given an ident to one thread after the other.
        latest = {thread.ident: thread for thread in self.tape.threads()}
        return [
            (entry._replace(thread=latest.get(entry.thread.ident, entry.thread)), tapes.caller(entry.thread))
            for entry in begun
            if _call(entry) not in ended
        ]

    def forget(self) -> None:
        """Let go what it has kept; how many calls there were stays known."""
        self.tape.forget()
        self.under_way, self.known, self.before, self.after = [], {}, {}, {}

    def _meet(self) -> None:
        # An end that calls nothing may still be somebody's peer. And a connection's addresses are gone when it breaks.
        self.known.update((trace.number, trace) for trace in meet_all())


def _call(entry: Entry) -> tuple[Trace, str, float | None]:
    return entry.trace, entry.call, entry.begun
