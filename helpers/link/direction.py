"""One direction of a connection through a link: bytes arrive, wait as long as the faults say, are gathered and cut, and are handed over.

In: what a socket, the source, has received. Out: the same bytes into another socket, the sink, as late and in such segments as the faults say. For
`connection`, which gives a direction its turns and is told of its ends (`Owner`).

source -> chunks, delayed until their latency is over -> buffer, in which `coalesce` gathers -> batch -> segment, cut off it and paced -> sink

A chunk is what one `recv` took from the source. A segment is what the sink is given at once, and the receiver takes with one `recv` of its own; what is
written for learners calls it a piece.
"""

from __future__ import annotations

import collections
import enum
import math
import random
import socket
import time
from typing import NamedTuple, Protocol

from helpers.link.faults import Faults
from helpers.sockets.nonblocking import quick_recv, quick_send
from helpers.sockets.receiver import Receiver
from helpers.sockets.traced import Socket

MOST_BUFFERED = 262_144
"""Bytes that wait here, or are taken at a time, at most: a receiver which stops stops the sender too."""
MOST_CHUNKS = 4096
"""The same in chunks: each costs memory of its own, and may be of one byte."""
TICK = 0.02
"""Seconds between two segments of a stream whose bandwidth is limited."""
SHORTEST, LONGEST = 0.0001, 0.02
"""Seconds between two looks at a receiver that has not taken its segment yet: a fiftieth of the time that it takes so far, within these bounds."""
PATIENCE = 1.0
"""Seconds without progress after which a reset is passed on, though bytes that came before it are not taken yet."""


class Ending(enum.Enum):
    """How the source's stream ended."""

    FIN = enum.auto()
    RESET = enum.auto()


class Chunk(NamedTuple):
    arrived: float
    deviation: float
    """From -1 to 1: how much of the jitter it gets."""
    data: bytes


class Owner(Protocol):
    """What a direction needs of the connection that it belongs to."""

    def source_ended(self, direction: Direction) -> None:
        """The source of `direction` will send no more."""

    def sink_lost(self, direction: Direction) -> None:
        """Nobody takes what `direction` hands over any more: its sink was reset."""

    def end_passed_on(self, direction: Direction) -> None:
        """`direction` has passed the end of its stream on."""

    def close(self) -> None:
        """End the whole connection: its peers see the end of the stream."""

    def reset(self) -> None:
        """End the whole connection with RST."""


class Direction:
    """From `source` to `sink`, neither of which blocks. All times are on the clock `time.perf_counter`."""

    def __init__(self, source: Socket, sink: Socket, faults: Faults, chance: random.Random, owner: Owner) -> None:
        opened = time.perf_counter()
        self.source = source
        self.sink = sink
        self.ending: Ending | None = None
        """How the source ended; None: it has not."""
        self.over = False
        """Whether nothing more will be handed over."""
        self.pending = 0
        """Bytes that have been taken and not handed over."""
        self.wake_at = math.inf
        """When there is something to do, if nothing happens before."""
        self.wants_room = False
        """Whether it waits for the sink to be writable."""
        self.sent_at = opened
        """When something was handed over last."""
        self.sink_has_ended = False
        """Whether the sink's peer has closed its side: it may be gone altogether, and answer with a reset."""
        self._faults = faults
        self._chance = chance
        self._owner = owner
        self._receiver = Receiver(sink)
        self._awaits_receiver = False  # which has not taken the last segment
        self._opened = opened
        self._handed_over = 0
        self._delayed: collections.deque[Chunk] = collections.deque()
        self._buffer = bytearray()
        self._buffered_since = 0.0
        self._batch = self._segment = memoryview(b"")
        self._next_size: int | None = None  # of the segment that is being transmitted, as `bandwidth` has it
        self._transmitting_since = self._transmitted_at = opened
        self._ended_at = 0.0
        self._first_byte_at: float | None = None  # when the first byte came that `reset_peer` answers

    @property
    def wants_bytes(self) -> bool:
        """Whether it takes more from the source."""
        has_room = self.pending < MOST_BUFFERED and len(self._delayed) < MOST_CHUNKS
        return has_room and self.ending is None and not self.over

    def has_work(self) -> bool:
        """Whether anything would come of going on now, when `wake_at` has come: not if that is one more look at a receiver that takes its time."""
        return not self._awaits_receiver or self._receiver_is_done(time.perf_counter())

    def relay(self) -> bool:
        """Take what has arrived. True if all of it was handed over at once, and nothing has changed."""
        if self.ending is not None:  # it was found broken a moment ago
            return True
        try:
            data = quick_recv(self.source, MOST_BUFFERED - self.pending)
        except BlockingIOError:
            return True
        except OSError:
            self._meet_end(Ending.RESET, time.perf_counter())
            return False
        if not data:
            self._meet_end(Ending.FIN, time.perf_counter())
            return False
        if self._faults.none and not self.pending:
            sent = self._hand_over(data)
            if sent == len(data):
                return True
            if self.over:
                return False
            data = data[sent:]
        now = time.perf_counter()
        self._enqueue(data, now)
        self.advance(now)
        return False

    def advance(self, now: float) -> None:
        """Hand over what may be handed over by now."""
        self.wants_room = self._awaits_receiver = False
        self.wake_at = math.inf
        if not self.over:
            self.wake_at = self._advance(now)

    def meet_reset(self, now: float) -> None:
        """The source is broken: what lies there can still be taken, then comes the reset."""
        try:
            while data := quick_recv(self.source, MOST_BUFFERED):
                self._enqueue(data, now)
        except OSError:
            pass
        self._meet_end(Ending.RESET, now)

    def _enqueue(self, data: bytes, now: float) -> None:
        if self._faults.reset_peer is not None:
            self._first_byte_at = self._first_byte_at or now
            return
        self.pending += len(data)
        self._delayed.append(Chunk(now, self._chance.uniform(-1, 1) if self._faults.jitter else 0.0, data))

    def _meet_end(self, ending: Ending, now: float) -> None:
        self.ending = ending
        self._ended_at = now
        self._owner.source_ended(self)
        self.advance(now)

    def _advance(self, now: float) -> float:
        """As `advance`. When to look again, unless something happens before."""
        faults = self._faults
        if faults.timeout is not None:
            return self._time_out(now)
        if faults.reset_peer is not None and self._first_byte_at is not None:
            due = self._first_byte_at + faults.reset_peer
            if now >= due:
                self._owner.reset()
            return due
        while not self.over:
            when = self._prepare_segment(now) if not self._segment else None
            if when is not None:
                return when
            if not self._send(now):
                return self._reset_in_time(now)
        return math.inf

    def _time_out(self, now: float) -> float:
        """Close the connection if its time is over; or when to look again."""
        if not self._faults.timeout:
            return math.inf
        due = max(self._opened, self._faults.timeout_since) + self._faults.timeout
        if now >= due:
            self._owner.close()
        return due

    def _reset_in_time(self, now: float) -> float:
        """Pass a reset on if it has waited long enough for the bytes before it to be taken; or when to look again."""
        if self.ending is not Ending.RESET:
            return math.inf
        due = max(self._ended_at, self.sent_at) + PATIENCE
        if now >= due:
            self._owner.reset()
        return due

    def _prepare_segment(self, now: float) -> float | None:
        """Make the next segment; or when to look again."""
        if not self.pending and self.ending is not None:
            return self._pass_end_on(now)
        if self._is_exact and self._handed_over and not self._receiver_is_done(now):
            self._awaits_receiver = True
            return min(self._reset_in_time(now), now + min(max((now - self.sent_at) / 50, SHORTEST), LONGEST))
        when = self._fill_batch(now) if not self._batch else None
        if when is not None:
            return when
        limit = self._faults.limit_data
        if limit is not None and self._handed_over >= limit:
            self._owner.close()
            return math.inf
        return self._cut_segment(now)

    @property
    def _is_exact(self) -> bool:
        return self._faults.slicer is not None or self._faults.coalesce is not None

    def _receiver_is_done(self, now: float) -> bool:
        """Whether the receiver has taken all that was handed over."""
        return self._receiver.has_taken(self._handed_over, now - self.sent_at)

    def _fill_batch(self, now: float) -> float | None:
        """Fill the next batch; or when to look again."""
        next_chunk = self._end_delays(now)
        if not self._buffer:
            return next_chunk
        coalesce = self._faults.coalesce
        if coalesce is None:
            self._batch, self._buffer = memoryview(self._buffer), bytearray()
            return None
        seconds, enough = coalesce if isinstance(coalesce, tuple) else (coalesce, MOST_BUFFERED)
        due = self._buffered_since + seconds
        complete = self.ending is not None and not self._delayed
        if now < due and len(self._buffer) < enough and not complete:
            return min(due, next_chunk)
        self._batch, self._buffer = memoryview(self._buffer)[:enough], self._buffer[enough:]
        self._buffered_since = now
        return None

    def _end_delays(self, now: float) -> float:
        """Move the chunks whose latency is over into the buffer. When that of the next one is."""
        while self._delayed:
            arrived, deviation, data = self._delayed[0]
            due = arrived + self._delay(deviation)
            if now < due:
                return due
            if not self._buffer:
                self._buffered_since = now
            self._buffer += data
            self._delayed.popleft()
        return math.inf

    def _delay(self, deviation: float = 0.0) -> float:
        return max((self._faults.latency or 0.0) + deviation * (self._faults.jitter or 0.0), 0.0)

    def _cut_segment(self, now: float) -> float | None:
        """Cut the next segment off the batch, once the time has passed that its transmission takes; or when that is."""
        if self._next_size is None:
            self._next_size = self._choose_size()
            self._transmitting_since = max(now, self._transmitted_at)
        rate = self._faults.bandwidth
        if rate is not None:
            done = self._transmitting_since + self._next_size / rate
            if now < done:
                return done
            self._transmitted_at = done
        size, self._next_size = self._next_size, None
        self._segment, self._batch = self._batch[:size], self._batch[size:]
        return None

    def _choose_size(self) -> int:
        faults = self._faults
        slicer, rate, limit = faults.slicer, faults.bandwidth, faults.limit_data
        size = len(self._batch)
        if slicer is not None:
            size = min(size, self._chance.randint(*slicer) if isinstance(slicer, tuple) else slicer)
        elif rate is not None:
            size = min(size, max(int(rate * TICK), 1))
        return size if limit is None else min(size, limit - self._handed_over)

    def _send(self, now: float) -> bool:
        """Hand over the segment; whether all of it went."""
        sent = self._hand_over(self._segment)
        self._segment = self._segment[sent:]
        self.pending -= sent
        self.sent_at = now if sent else self.sent_at
        if self._faults.limit_data is not None and self._handed_over >= self._faults.limit_data:
            self._owner.close()
        self.wants_room = bool(self._segment)
        return not self._segment and not self.over

    def _hand_over(self, data: bytes | memoryview) -> int:
        """How many bytes of `data` the sink has room for. If it is gone, this direction is over."""
        try:
            sent = quick_send(self.sink, data)
        except BlockingIOError:
            return 0
        except OSError:
            self._owner.sink_lost(self)
            return 0
        self._handed_over += sent
        if self.sink_has_ended and self.sink.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._owner.sink_lost(self)
        return sent

    def _pass_end_on(self, now: float) -> float:
        """Pass the end of the stream on; or when to look again."""
        lingers = self._faults.slow_close if self.ending is Ending.FIN else None
        due = self._ended_at + self._delay() + (lingers or 0.0)
        if now < due:
            return due
        if self.ending is Ending.RESET:
            self._owner.reset()
            return math.inf
        try:
            self.sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._owner.sink_lost(self)
        else:
            self.over = True
            self._owner.end_passed_on(self)
        return math.inf
