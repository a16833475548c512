"""Where what was sent and what was received do not fit: bytes that were not recorded have come between.

Bytes may go past a socket's methods (`os.write`, a duplicate of the descriptor, another process): then the places that its trace counts are not those of the stream. Comes in: the
transfers of a stream's two ends, and how many bytes went past each of them, where the kernel says it. Goes out: the first place from which on nobody knows whose bytes are whose.
Who imports it: `history`, before it matches them.

Bytes that would have been received before they were sent do not fit, nor do bytes of which other ones were received, as far as they were kept. Where it is known that some went past, and all fits,
the bytes must say where: a send is certain whose bytes were received nowhere further on.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from helpers.recording.spans import overlaps
from helpers.recording.streams import Transfer, agree, fragments
from helpers.sockets.tapes import Bypassed, Trace

NOTHING = Bypassed(0, 0)
MOST = 1000
"""Transfers that are looked for elsewhere: of more, nobody knows."""


class BypassedHere(NamedTuple):
    """What had gone past each socket, by its number, when the recording began, and at its end."""

    before: Mapping[int, Bypassed]
    after: Mapping[int, Bypassed]

    def so_far(self, trace: Trace) -> Bypassed:
        """What had gone past it before. Whatever was not there yet has lost nothing."""
        return self.before.get(trace.number, NOTHING)

    def during(self, trace: Trace) -> Bypassed:
        """What went past it while it was recorded."""
        before, after = self.so_far(trace), self.after.get(trace.number, trace.bypassed)
        return Bypassed(_difference(after.sent, before.sent), _difference(after.received, before.received))


def _difference(after: int | None, before: int | None) -> int | None:
    return max(after - before, 0) if after is not None and before is not None else None


def first_doubt(
    sends: Sequence[Transfer],
    receives: Sequence[Transfer],
    unsent: int | None,
    unreceived: int | None,
    sent_in_all: int,
) -> float:
    """The place from which on nobody knows whose bytes are whose; infinity: there is none.

    `unsent`, `unreceived`: the bytes that went past the sender and the receiver, as far as that is known. `sent_in_all`: those that the sender has counted.
    """
    if unsent == unreceived == 0:
        return math.inf
    place = next(_misfits(sends, receives), math.inf)
    end = receives[-1].end if receives else 0
    unsent = unsent if unsent is not None else max(end - sent_in_all, 0)
    if unsent:
        place = min(place, _first_that_may_be_elsewhere(sends, receives, unsent), sent_in_all)
    if unreceived:
        place = min(place, _first_that_may_be_elsewhere(receives, sends, unreceived), end)
    return place


def _misfits(sends: Sequence[Transfer], receives: Sequence[Transfer]) -> Iterator[float]:
    """The places where what was received cannot be what was sent."""
    for receive, send, start, _ in overlaps(receives, sends):
        if receive.ended < send.begun or not _may_be_equal(receive, send):
            yield start


def _may_be_equal(one: Transfer, other: Transfer) -> bool:
    """Whether both are the same bytes, where they lie at the same places and were kept."""
    if one.start == other.start and one.size == other.size and len(one.data) == len(other.data):
        return one.data == other.data or not one.data or not other.data
    return agree(fragments(one, one.start), fragments(other, other.start))


def _first_that_may_be_elsewhere(transfers: Sequence[Transfer], others: Sequence[Transfer], most: int) -> float:
    """The place of the first of `transfers` whose bytes stand, among those of `others`, also up to `most` bytes further on."""
    if len(transfers) > MOST:
        return transfers[0].start
    known = list(_joined(others))
    starts = [at for at, _ in known]
    for transfer in transfers:
        head = fragments(transfer, transfer.start)[0][1]
        first = max(bisect.bisect(starts, transfer.start) - 1, 0)
        last = bisect.bisect(starts, transfer.start + most)
        if head and any(_is_found(head, transfer.start, most, at, data) for at, data in known[first:last]):
            return transfer.start
    return math.inf


def _is_found(head: bytes, start: int, most: int, at: int, data: bytes) -> bool:
    """Whether `head` stands in `data`, which begins `at` that place, from 1 to `most` bytes behind `start`."""
    return data.find(head, max(start + 1 - at, 0), max(start + most + len(head) - at, 0)) >= 0


def _joined(transfers: Iterable[Transfer]) -> Iterator[tuple[int, bytes]]:
    """The bytes of `transfers` that were kept, with their places; those that lie together in one piece."""
    place, joined = 0, bytearray()
    for transfer in transfers:
        for at, data in fragments(transfer, transfer.start):
            if joined and at != place + len(joined):
                yield place, bytes(joined)
                joined.clear()
            if not joined:
                place = at
            joined += data
    if joined:
        yield place, bytes(joined)
