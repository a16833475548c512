"""What sockets did: every call, and which sent byte went into which `recv`.

Comes in: the calls of traced sockets between `start` and `stop`. Goes out: `Recording`, whose events and conversations explain each other: the two ends of a connection are found
by their addresses, and the bytes by their places in the stream, which each socket counts from its birth. They are worked out (`history`) when somebody asks. Who imports it:
`watching`, the judge, and whoever takes what `watch` gives; a picture is content with `events.Recorded`.
"""

from __future__ import annotations

import itertools

from helpers.recording.doubts import BypassedHere
from helpers.recording.events import Conversation, Event
from helpers.recording.history import History, HistoryBuilder
from helpers.sockets import tapes
from helpers.sockets.bypassing import measure_all
from helpers.sockets.registry import meet_all
from helpers.sockets.tapes import Bypassed, Caller, Entry, Tape, Trace
from helpers.sockets.waiting import calls_under_way

EVENTS = 100_000
"""Calls that a recording keeps, the first ones: with up to 64 bytes of data each they take about 40 MB."""


class Recording:
    """What the sockets of a block did."""

    def __init__(self, limit: int = EVENTS) -> None:
        self._tape = Tape(limit)
        self._under_way: list[tuple[Entry, Caller]] = []  # and those of other processes
        self._known: dict[int, Trace] = {}
        self._before: dict[int, Bypassed] = {}
        self._after: dict[int, Bypassed] = {}
        self._stopped = False
        self._history: History | None = None
        self._built_at: tuple[int, bool] | None = None  # how many entries there were then, and whether it was stopped

    @property
    def events(self) -> list[Event]:
        """The calls, causes before effects."""
        return self._up_to_date().events

    @property
    def conversations(self) -> list[Conversation]:
        """Who talked with whom, in the order of their first calls."""
        return self._up_to_date().conversations

    @property
    def dropped(self) -> int:
        """Calls that were not kept, because the recording was full."""
        return self._tape.dropped

    def start(self) -> None:
        """Record from now on. RuntimeError if it was started before: a recording is made once."""
        self._tape.start()
        try:
            self._meet()
            self._before = measure_all()
        except BaseException:  # interrupted
            self._tape.stop()
            raise

    def stop(self) -> None:
        """Record no more."""
        if self._stopped:
            return
        try:
            self._meet()
            self._after = measure_all()
            before = len(self._tape)
            under_way = calls_under_way()
        finally:
            self._tape.stop()
            self._stopped = True
        ended = {_call(entry) for entry in itertools.islice(self._tape.entries(len(self._tape)), before, None)}
        # The system may have given an ident to one thread after the other.
        latest = {thread.ident: thread for thread in self._tape.threads()}
        for entry in under_way:
            if _call(entry) not in ended:
                thread = latest.get(entry.thread.ident, entry.thread)
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

    def _builder(self, length: int) -> HistoryBuilder:
        bypassed = BypassedHere(self._before, self._after if self._stopped else measure_all())
        return HistoryBuilder(self._tape, length, self._under_way, self._known, bypassed)

    def _up_to_date(self) -> History:
        now = len(self._tape), self._stopped
        if self._history is None or self._built_at != now:
            self._history = self._builder(now[0]).build()
            self._built_at = now
        if now[1]:
            self._tape.forget()
            self._under_way, self._known, self._before, self._after = [], {}, {}, {}
        return self._history


def _call(entry: Entry) -> tuple[Trace, str, float | None]:
    return entry.trace, entry.call, entry.begun
