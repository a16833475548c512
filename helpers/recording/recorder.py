"""What sockets did: every call, and which sent byte went into which `recv`.

`Recording` turns the entries of a tape into records that explain each other: the two ends of a connection are found by their addresses, and the bytes
by their places in the stream, which each socket counts from its birth. Nothing is guessed from times.
"""

from __future__ import annotations

import itertools

from helpers.recording.events import Conversation as Conversation
from helpers.recording.events import End as End
from helpers.recording.events import Event as Event
from helpers.recording.events import Flow as Flow
from helpers.recording.events import Role as Role
from helpers.recording.teller import Story, Teller
from helpers.sockets import tapes
from helpers.sockets.registry import meet_all
from helpers.sockets.tapes import Caller, Entry, Tape, Trace
from helpers.sockets.waiting import calls_under_way

EVENTS = 100_000
"""Calls that a recording keeps, the first ones: with up to 64 bytes of data each they take about 40 MB."""


class Recording:
    """What the sockets of a block did."""

    def __init__(self, limit: int = EVENTS) -> None:
        self._tape = Tape(limit)
        self._under_way: list[tuple[Entry, Caller]] = []  # and those of other processes
        self._known: dict[int, Trace] = {}
        self._stopped = False
        self._story: Story | None = None
        self._told: tuple[int, bool] | None = None

    @property
    def events(self) -> list[Event]:
        """The calls, causes before effects."""
        return self._tell().events

    @property
    def conversations(self) -> list[Conversation]:
        """Who talked with whom, in the order of their first calls."""
        return self._tell().conversations

    @property
    def dropped(self) -> int:
        """Calls that were not kept, because the recording was full."""
        return self._tape.dropped

    def start(self) -> None:
        """Record from now on. RuntimeError if it was started before: a recording is made once."""
        self._tape.start()
        try:
            self._meet()
        except BaseException:  # interrupted
            self._tape.stop()
            raise

    def stop(self) -> None:
        """Record no more."""
        if self._stopped:
            return
        try:
            self._meet()
            before = len(self._tape)
            under_way = calls_under_way()
        finally:
            self._tape.stop()
            self._stopped = True
        ended = {_call(entry) for entry in itertools.islice(self._tape.entries(len(self._tape)), before, None)}
        lanes = {thread.ident: thread for thread in self._tape.threads()}  # the latest one that has this ident
        for entry in under_way:
            if _call(entry) not in ended:
                thread = lanes.get(entry.thread.ident, entry.thread)
                self._under_way.append((entry._replace(thread=thread), tapes.caller(entry.thread)))

    def add(self, rows: list[tuple[Entry, Caller]], traces: list[Trace]) -> None:
        """What another process has recorded of its own calls, after `stop`: on the same clock, its sockets by their addresses."""
        self._under_way += rows
        self._known.update((trace.number, trace) for trace in traces)

    def threads(self) -> set[int]:
        """The threads, by their `ident`, whose calls were recorded so far."""
        return {thread.ident for thread in self._tape.threads()}

    def _meet(self) -> None:
        # An end that calls nothing may still be somebody's peer. And a connection's addresses are gone when it breaks.
        self._known.update((trace.number, trace) for trace in meet_all())

    def _tell(self) -> Story:
        now = len(self._tape), self._stopped
        if self._story is None or self._told != now:
            self._story, self._told = Teller(self._tape, now[0], self._under_way, self._known).tell(), now
        if now[1]:
            self._tape.forget()
            self._under_way, self._known = [], {}
        return self._story


def _call(entry: Entry) -> tuple[Trace, str, float | None]:
    return entry.trace, entry.call, entry.begun
