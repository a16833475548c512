"""Whose bytes a receive brings: what was sent on a stream, matched with what was received, by the places of the bytes alone.

Comes in: the transfers of a stream's two ends. Goes out: matches, which say which call's bytes went into which, by the indices of the calls. Who imports it: `history`, and
`pairing`, which does the same for datagrams.

No clock is asked for whose bytes they are. Only where several threads have sent (or received) on one socket at the same time, so that either may have been the first, the
times say which orders are possible, and the bytes which one of them it was.
"""

from __future__ import annotations

import bisect
import itertools
import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from helpers.recording.spans import are_adjacent, parts, touching
from helpers.sockets.tapes import KEPT_HEAD, KEPT_TAIL, LARGE

_begun = operator.attrgetter("begun")


class Transfer(NamedTuple):
    """Bytes that a call sent or received: a span of its stream, or a datagram."""

    start: int
    """Place of the first of them in the stream."""
    size: int
    call: int
    """The index of the call."""
    data: bytes
    """What was kept of them."""
    begun: float
    """On the clock of the tape; minus infinity: before any tape ran."""
    ended: float
    address: Any = None
    """Where a datagram went or came from."""

    @property
    def end(self) -> int:
        return self.start + self.size


class Match(NamedTuple):
    """Bytes on their way from one call to another, by the indices of the calls. None: not on the tape."""

    sent: int | None
    received: int | None
    size: int


Fragment = tuple[int, bytes]
"""Bytes that lie together, and the place of the first of them in the stream."""


class Matches(NamedTuple):
    """What became of the bytes of a stream, in its order."""

    flows: list[Match]
    """For every received byte which send it came from."""
    unread: list[Match]
    """What was sent and not received."""
    unsure: list[Match]
    """What was received, or sent, behind the place from which on nobody knows; what was received is among the flows, too."""


def match_stream(sends: Sequence[Transfer], receives: Sequence[Transfer], doubt: float = math.inf) -> Matches:
    """Whose bytes were received by whom, up to the place `doubt`."""
    (sends, sent_later), (receives, received_later) = _cut(sends, doubt), _cut(receives, doubt)
    flows = [
        Match(part.other.call if part.other is not None else None, part.one.call, part.size)
        for part in parts(receives, sends)
    ]
    unread = [Match(part.one.call, None, part.size) for part in parts(sends, receives) if part.other is None]
    strange = [Match(None, each.call, each.size) for each in received_later]
    unsure = [*strange, *(Match(each.call, None, each.size) for each in sent_later)]
    return Matches(flows + strange, unread, unsure)


def _cut(transfers: Sequence[Transfer], place: float) -> tuple[Sequence[Transfer], Sequence[Transfer]]:
    """What lies before `place`, and what lies behind it."""
    if math.isinf(place):
        return transfers, []
    before: list[Transfer] = []
    behind: list[Transfer] = []
    for each in transfers:
        if each.end <= place:
            before.append(each)
        elif each.start >= place:
            behind.append(each)
        else:
            at = int(place)
            before.append(each._replace(size=at - each.start))
            behind.append(each._replace(start=at, size=each.end - at))
    return before, behind


def in_stream_order(transfers: Iterable[Transfer], others: Sequence[Transfer]) -> list[Transfer]:
    """The sends (or receives) of one socket, each at its place in the stream.

    Those of several threads at the same time may be counted in another order than the system had. What the `others`, on the far end of the
    stream, brought (or took) tells them apart, as far as it was kept.
    """
    ordered: list[Transfer] = []
    for group in _at_the_same_time(sorted(transfers, key=lambda transfer: (transfer.start, transfer.call))):
        if len(group) > 1 and are_adjacent(group):
            place = group[0].start
            for transfer in _arranged(group, others):
                ordered.append(transfer._replace(start=place))
                place += transfer.size
        else:
            ordered += group
    return ordered


def _at_the_same_time(transfers: Sequence[Transfer]) -> Iterator[list[Transfer]]:
    """`transfers`, in the order in which they were counted, cut wherever all that follow began after all before had ended."""
    first_begin = list(itertools.accumulate((transfer.begun for transfer in reversed(transfers)), min))[::-1]
    group: list[Transfer] = []
    ended = -math.inf
    for transfer, begin in zip(transfers, first_begin, strict=True):
        if group and begin >= ended:
            yield group
            group = []
        group.append(transfer)
        ended = max(ended, transfer.ended)
    if group:
        yield group


def _arranged(group: list[Transfer], others: Sequence[Transfer]) -> list[Transfer]:
    """`group` in an order that agrees with the times and with what `others` know of the stream; as it is where none is found soon."""
    waiting = sorted(group, key=_begun)
    chosen: list[Transfer] = []
    choices: list[list[Transfer]] = []  # for each place, what was not tried there yet
    place = group[0].start
    for _ in range(20 * len(group) + 1000):
        if not waiting:
            return chosen
        if len(choices) == len(chosen):
            choices.append([transfer for transfer in _could_be_next(waiting) if _agrees(transfer, place, others)])
        if choices[-1]:
            chosen.append(transfer := choices[-1].pop(0))
            waiting.remove(transfer)
            place += transfer.size
        elif chosen:
            choices.pop()
            bisect.insort(waiting, transfer := chosen.pop(), key=_begun)
            place -= transfer.size
        else:
            break
    return group


def _could_be_next(waiting: Sequence[Transfer]) -> list[Transfer]:
    """Those of `waiting`, sorted by their beginnings, that began before any other had ended; the likeliest first."""
    found: list[Transfer] = []
    ended = math.inf
    for transfer in waiting:
        if transfer.begun >= ended:
            break
        found.append(transfer)
        ended = min(ended, transfer.ended)
    return sorted(found, key=lambda transfer: transfer.start)


def _agrees(transfer: Transfer, place: int, others: Sequence[Transfer]) -> bool:
    """Whether `transfer`, if it stood at `place`, would have the same bytes as `others`, sorted by their places, have there."""
    end = place + transfer.size
    mine = fragments(transfer, place)
    return all(agree(fragments(other, other.start), mine) for other in touching(others, place, end))


def agree(ones: Sequence[Fragment], others: Sequence[Fragment]) -> bool:
    """Whether both have the same bytes wherever they overlap."""
    return all(_are_equal(one, other, other_at - at) for at, one in ones for other_at, other in others)


def fragments(transfer: Transfer, place: int) -> list[Fragment]:
    """The bytes of `transfer` that were kept, where they stand in the stream if it begins at `place`."""
    if len(transfer.data) == transfer.size or transfer.size > LARGE:
        return [(place, transfer.data)]
    return [(place, transfer.data[:KEPT_HEAD]), (place + transfer.size - KEPT_TAIL, transfer.data[KEPT_HEAD:])]


def _are_equal(one: bytes, other: bytes, shift: int) -> bool:
    """Whether both agree where they overlap, if `other` begins `shift` bytes after `one`."""
    if shift < 0:
        one, other, shift = other, one, -shift
    size = min(len(one) - shift, len(other))
    return size <= 0 or one[shift : shift + size] == other[:size]
