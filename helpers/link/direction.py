"""One direction of a connection through a link: bytes arrive, wait as long as the faults say, are gathered and cut, and are handed over.

source -> held (until the latency is over) -> ripe -> block (gathered) -> piece (cut, paced) -> sink
"""

from __future__ import annotations

import collections
import enum
import math
import random
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

from helpers.link.faults import Faults
from helpers.sockets.nonblocking import quick_recv, quick_send
from helpers.sockets.receiver import Receiver
from helpers.sockets.traced import Socket

if TYPE_CHECKING:
    from helpers.link.connection import Connection

MOST_HELD = 262_144
"""Bytes held, or taken at a time, at most: a receiver which stops stops the sender too."""
MOST_CHUNKS = 4096
"""The same in chunks: each costs memory of its own, and may be of one byte."""
TICK = 0.02
"""Seconds between two pieces of a stream whose bandwidth is limited."""
SHORTEST, LONGEST = 0.0001, 0.02
"""Seconds between two looks at a receiver that has not taken its piece yet: a fiftieth of the time that it takes so far, within these bounds."""
PATIENCE = 1.0
"""Seconds without progress after which a reset is passed on, though bytes that came before it are not taken yet."""


class Ending(enum.Enum):
    """How the source's stream ended."""

    FIN = enum.auto()
    RESET = enum.auto()


class Chunk(NamedTuple):
    arrived: float
    luck: float
    """From -1 to 1: how much of the jitter it gets."""
    data: bytes


class Direction:
    """From `source` to `sink`, neither of which blocks. All times are on the clock `time.perf_counter`."""

    def __init__(
        self, source: Socket, sink: Socket, faults: Faults, chance: random.Random, connection: Connection
    ) -> None:
        opened = time.perf_counter()
        self.source = source
        self.sink = sink
        self.connection = connection
        self.ending: Ending | None = None
        """How the source ended; None: it has not."""
        self.over = False
        """Whether nothing more will be handed over."""
        self.pending = 0
        """Bytes that have been taken and not handed over."""
        self.wake_at = math.inf
        """When there is something to do, if nothing happens before."""
        self.alarm = math.inf
        """The time for which the loop has set its alarm."""
        self.wants_room = False
        """Whether it waits for the sink to be writable."""
        self.awaits_taker = False
        """Whether it waits for the receiver to take the last piece."""
        self.sent_at = opened
        """When something was handed over last."""
        self.sink_has_ended = False
        """Whether the sink's peer has closed its side: it may be gone altogether, and answer with a reset."""
        self._faults = faults
        self._chance = chance
        self._receiver = Receiver(sink)
        self._opened = opened
        self._passed = 0
        self._held: collections.deque[Chunk] = collections.deque()
        self._ripe = bytearray()
        self._ripe_since = 0.0
        self._block = self._piece = memoryview(b"")
        self._size: int | None = None  # of the piece that is on the line
        self._line_since = self._line_free = opened
        self._ended_at = 0.0
        self._struck_at: float | None = None  # when the first byte came that `reset_peer` answers

    @property
    def wants_bytes(self) -> bool:
        """Whether it takes more from the source."""
        has_room = self.pending < MOST_HELD and len(self._held) < MOST_CHUNKS
        return has_room and self.ending is None and not self.over

    def is_due(self, now: float) -> bool:
        """Whether the receiver it waits for has taken the last piece."""
        return self.awaits_taker and self._receiver.has_taken(self._passed, now - self.sent_at)

    def relay(self) -> bool:
        """Take what has arrived. True if all of it was handed over at once, and nothing has changed."""
        if self.ending is not None:  # it was found broken a moment ago
            return True
        try:
            data = quick_recv(self.source, MOST_HELD - self.pending)
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
        self._take(data, now)
        self.advance(now)
        return False

    def advance(self, now: float) -> None:
        """Hand over what may be handed over by now."""
        self.wants_room = self.awaits_taker = False
        self.wake_at = math.inf
        if not self.over:
            self.wake_at = self._advance(now)

    def reset(self, now: float) -> None:
        """The source is broken: what lies there can still be taken, then comes the reset."""
        try:
            while data := quick_recv(self.source, MOST_HELD):
                self._take(data, now)
        except OSError:
            pass
        self._meet_end(Ending.RESET, now)

    def _take(self, data: bytes, now: float) -> None:
        if self._faults.reset_peer is not None:
            self._struck_at = self._struck_at or now
            return
        self.pending += len(data)
        self._held.append(Chunk(now, self._chance.uniform(-1, 1) if self._faults.jitter else 0.0, data))

    def _meet_end(self, ending: Ending, now: float) -> None:
        self.ending = ending
        self._ended_at = now
        self.connection.ended(self)
        self.advance(now)

    def _advance(self, now: float) -> float:
        """As `advance`. When to look again, unless something happens before."""
        faults = self._faults
        if faults.timeout is not None:
            return self._hold(now)
        if faults.reset_peer is not None and self._struck_at is not None:
            due = self._struck_at + faults.reset_peer
            if now >= due:
                self.connection.break_off()
            return due
        while not self.over:
            when = self._cut(now) if not self._piece else None
            if when is not None:
                return when
            if not self._send(now):
                return self._patience(now)
        return math.inf

    def _hold(self, now: float) -> float:
        if not self._faults.timeout:
            return math.inf
        due: float = max(self._opened, self._faults.timeout_since) + self._faults.timeout
        if now >= due:
            self.connection.close()
        return due

    def _patience(self, now: float) -> float:
        """Until when a reset waits for bytes that came before it to be taken."""
        if self.ending is not Ending.RESET:
            return math.inf
        due = max(self._ended_at, self.sent_at) + PATIENCE
        if now >= due:
            self.connection.break_off()
        return due

    def _cut(self, now: float) -> float | None:
        """Cut the next piece; or when to look again."""
        if not self.pending and self.ending is not None:
            return self._end(now)
        if self._is_exact and self._passed and not self._receiver.has_taken(self._passed, now - self.sent_at):
            self.awaits_taker = True
            return min(self._patience(now), now + min(max((now - self.sent_at) / 50, SHORTEST), LONGEST))
        when = self._gather(now) if not self._block else None
        if when is not None:
            return when
        limit = self._faults.limit_data
        if limit is not None and self._passed >= limit:
            self.connection.close()
            return math.inf
        return self._put_on_line(now)

    @property
    def _is_exact(self) -> bool:
        return self._faults.slicer is not None or self._faults.coalesce is not None

    def _gather(self, now: float) -> float | None:
        """Fill the next block; or when to look again."""
        next_one = self._ripen(now)
        if not self._ripe:
            return next_one
        coalesce = self._faults.coalesce
        if coalesce is None:
            self._block, self._ripe = memoryview(self._ripe), bytearray()
            return None
        seconds, enough = coalesce if isinstance(coalesce, tuple) else (coalesce, MOST_HELD)
        due = self._ripe_since + seconds
        complete = self.ending is not None and not self._held
        if now < due and len(self._ripe) < enough and not complete:
            return min(due, next_one)
        self._block, self._ripe = memoryview(self._ripe)[:enough], self._ripe[enough:]
        self._ripe_since = now
        return None

    def _ripen(self, now: float) -> float:
        """Move on what has waited for its latency. When the next one has."""
        while self._held:
            arrived, luck, data = self._held[0]
            due = arrived + self._delay(luck)
            if now < due:
                return due
            if not self._ripe:
                self._ripe_since = now
            self._ripe += data
            self._held.popleft()
        return math.inf

    def _delay(self, luck: float = 0.0) -> float:
        return max((self._faults.latency or 0.0) + luck * (self._faults.jitter or 0.0), 0.0)

    def _put_on_line(self, now: float) -> float | None:
        """Cut the next piece off the block, when the line has had the time that it takes to carry it."""
        if self._size is None:
            self._size = self._next_size()
            self._line_since = max(now, self._line_free)
        rate = self._faults.bandwidth
        if rate is not None:
            done: float = self._line_since + self._size / rate
            if now < done:
                return done
            self._line_free = done
        self._piece, self._block, self._size = self._block[: self._size], self._block[self._size :], None
        return None

    def _next_size(self) -> int:
        faults = self._faults
        slicer, rate, limit = faults.slicer, faults.bandwidth, faults.limit_data
        size = len(self._block)
        if slicer is not None:
            size = min(size, self._chance.randint(*slicer) if isinstance(slicer, tuple) else slicer)
        elif rate is not None:
            size = min(size, max(int(rate * TICK), 1))
        return size if limit is None else min(size, limit - self._passed)

    def _send(self, now: float) -> bool:
        """Hand over the piece; whether all of it went."""
        sent = self._hand_over(self._piece)
        self._piece = self._piece[sent:]
        self.pending -= sent
        self.sent_at = now if sent else self.sent_at
        if self._faults.limit_data is not None and self._passed >= self._faults.limit_data:
            self.connection.close()
        self.wants_room = bool(self._piece)
        return not self._piece and not self.over

    def _hand_over(self, data: bytes | memoryview) -> int:
        """How many bytes of `data` the sink has room for. If it is gone, this direction is over."""
        try:
            sent = quick_send(self.sink, data)
        except BlockingIOError:
            return 0
        except OSError:
            self.connection.lost(self)
            return 0
        self._passed += sent
        if self.sink_has_ended and self.sink.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.connection.lost(self)
        return sent

    def _end(self, now: float) -> float:
        """Pass the end of the stream on; or when to look again."""
        lingers = self._faults.slow_close if self.ending is Ending.FIN else None
        due = self._ended_at + self._delay() + (lingers or 0.0)
        if now < due:
            return due
        if self.ending is Ending.RESET:
            self.connection.break_off()
            return math.inf
        try:
            self.sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.connection.lost(self)
        else:
            self.over = True
            self.connection.finished(self)
        return math.inf
