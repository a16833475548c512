"""What sockets did: every call, and which sent byte went into which `recv`.

Comes in: the calls of traced sockets between `start` and `stop`. Goes out: `Recording`, whose events and conversations explain each other: the two ends of a connection are found
by their addresses, and the bytes by their places in the stream, which each socket counts from its birth. They are worked out (`history`) when somebody asks. Who imports it:
`watching`, the judge, and whoever takes what `watch` gives; a picture is content with `events.Recorded`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from helpers.recording.doubts import BypassedHere
from helpers.recording.events import Conversation, Event
from helpers.recording.history import History, HistoryBuilder
from helpers.recording.taping import Taping
from helpers.sockets import tapes
from helpers.sockets.bypassing import measure_all
from helpers.sockets.tapes import Bypassed, Caller, Entry, Handover, Passage, Trace

EVENTS = 100_000
"""Calls that a recording keeps, the first ones: with up to 64 bytes of data each they take about 40 MB."""


class SoFar(NamedTuple):
    """What a recording holds at one moment, while it goes on."""

    events: list[Event]
    conversations: list[Conversation]
    dropped: int
    missing: list[str]


class Recording:
    """What the sockets of a block did."""

    def __init__(self, limit: int = EVENTS) -> None:
        self.missing: list[str] = []
        """What is not known of it, a sentence each."""
        self._taping = Taping(limit)
        self._added: list[tuple[Entry, Caller]] = []  # of other processes
        self._handed_over: list[Handover] = []  # there
        self._dropped = 0  # there
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
    def whole(self) -> Mapping[int, bytes]:
        """All that receives of more than 64 bytes brought, by `Event.order`: of the first ones, 256 KiB in all, and of this process."""
        return self._up_to_date().whole

    @property
    def passages(self) -> Mapping[int, Passage]:
        """Which datagram each call of a link moved (`helpers.DatagramLink`), and what became of that, by `Event.order`."""
        return self._up_to_date().passages

    @property
    def dropped(self) -> int:
        """Calls that were not kept, because the recording was full."""
        return self._taping.tape.dropped + self._dropped

    @property
    def running(self) -> bool:
        """Whether it was started, and not stopped yet."""
        return bool(self._taping.tape.began) and not self._taping.stopped

    def start(self) -> None:
        """Record from now on. RuntimeError if it was started before: a recording is made once."""
        self._taping.start()

    def stop(self) -> None:
        """Record no more."""
        self._taping.stop()

    def add(
        self,
        rows: list[tuple[Entry, Caller]],
        traces: list[Trace],
        before: Mapping[int, Bypassed] | None = None,
        after: Mapping[int, Bypassed] | None = None,
        handed_over: Iterable[Handover] = (),
        dropped: int = 0,
    ) -> None:
        """What another process has recorded of its own calls, after `stop`: on the same clock, its sockets by their addresses."""
        self._added += rows
        self._taping.known.update((trace.number, trace) for trace in traces)
        self._taping.before.update(before or {})
        self._taping.after.update(after or {})
        self._handed_over += handed_over
        self._dropped += dropped

    def so_far(self) -> SoFar:
        """What a running recording holds now, with the calls that have not come back."""
        under_way = self._taping.under_way_now()
        history = self._builder(len(self._taping.tape), under_way).build()
        return SoFar(history.events, history.conversations, self.dropped, self.missing)

    def threads(self) -> set[int]:
        """The threads, by their `ident`, whose calls were recorded so far."""
        return {thread.ident for thread in self._taping.tape.threads()}

    def _builder(self, length: int, under_way: list[tuple[Entry, Caller]]) -> HistoryBuilder:
        taping = self._taping
        bypassed = BypassedHere(taping.before, taping.after if taping.stopped else measure_all())
        others = [*under_way, *self._added]
        handed_over = [*tapes.handed_over, *self._handed_over]
        return HistoryBuilder(taping.tape, length, others, taping.known, bypassed, handed_over)

    def _up_to_date(self) -> History:
        now = len(self._taping.tape), self._taping.stopped
        if self._history is None or self._built_at != now:
            self._history = self._builder(now[0], self._taping.under_way).build()
            self._built_at = now
        if now[1]:
            self._taping.forget()
            self._added, self._handed_over = [], []
        return self._history
