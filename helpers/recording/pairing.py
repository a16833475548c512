"""Who talks to whom, whose bytes a receive brings, and what must have come before what: worked out from the entries of a tape.

Nothing here goes by the clock, except that of two sends of the same socket at the same time, by two threads, either may have been the first.
"""

from __future__ import annotations

import bisect
import collections
import heapq
import itertools
import math
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from helpers.sockets.addresses import plain_address
from helpers.sockets.tapes import KEPT_HEAD, KEPT_TAIL, LARGE, Trace

Pair = tuple[Trace | None, Trace | None]
"""The two ends of a conversation, the one that connected (or sent) first; None: in another process."""


class Piece(NamedTuple):
    """Bytes that a call sent or received."""

    offset: int
    """Place of the first of them in the stream."""
    size: int
    entry: int
    """Of the call's entry."""
    data: bytes
    """What was kept of them."""
    begun: float | None
    ended: float
    address: Any = None
    """Where a datagram went or came from."""


class Match(NamedTuple):
    """Bytes on their way from one call to another, by the indices of their entries. None: not on the tape."""

    sent: int | None
    received: int | None
    size: int


def pair_connections(traces: Iterable[Trace]) -> list[Pair]:
    """The ends of each stream connection, found by their addresses. An end whose peer is not among `traces` stands alone."""
    ends = sorted((trace for trace in traces if trace.kind == socket.SOCK_STREAM), key=lambda trace: trace.number)
    servers: dict[Any, collections.deque[Trace]] = collections.defaultdict(collections.deque)
    for end in ends:
        if end.role == "server":
            servers[plain_address(end.local), plain_address(end.peer)].append(end)
    pairs: list[Pair] = []
    met = {end.number: end for end in ends}
    for end in ends:
        if end.role == "pair" and end.mate is not None:
            mate = met.get(end.mate.number)
            if mate is None or end.number < mate.number:
                pairs.append((end, mate))
    # Connections with the same addresses (an address was used again; AF_UNIX clients have none) are accepted in the order in which they were made.
    clients = [end for end in ends if end.role == "client" and end.peer is not None]
    for client in sorted(clients, key=lambda end: end.since):
        same = servers[plain_address(client.peer), plain_address(client.local)]
        pairs.append((client, same.popleft() if same and _can_accept(same[0], client) else None))
    return pairs + [(None, end) for same in servers.values() for end in same]


def _can_accept(server: Trace, client: Trace) -> bool:
    """Whether the socket that accepted `server` listened already when `client` connected."""
    return server.listener is None or server.listener.since < client.since


def match_stream(sends: Sequence[Piece], receives: Sequence[Piece]) -> tuple[list[Match], list[Match]]:
    """For every received byte which send it came from; and what was sent and not received. Both in the order of the stream."""
    flows: list[Match] = []
    unread: list[Match] = []
    sending = iter(sends)
    piece = next(sending, None)
    used = 0  # bytes of `piece` that are received already

    def skip_to(place: int) -> None:
        nonlocal piece, used
        while piece is not None and piece.offset + used < place:
            size = min(piece.size - used, place - piece.offset - used)
            unread.append(Match(piece.entry, None, size))
            used += size
            advance()

    def advance() -> None:
        nonlocal piece, used
        while piece is not None and used >= piece.size:
            piece, used = next(sending, None), 0

    advance()
    for received in receives:
        place, end = received.offset, received.offset + received.size
        skip_to(place)
        while place < end:
            if piece is None or piece.offset + used >= end:
                flows.append(Match(None, received.entry, end - place))
                break
            if (start := piece.offset + used) > place:
                flows.append(Match(None, received.entry, start - place))
                place = start
            size = min(piece.size - used, end - place)
            flows.append(Match(piece.entry, received.entry, size))
            place += size
            used += size
            advance()
    while piece is not None:
        skip_to(piece.offset + piece.size)
    return flows, unread


def in_stream_order(pieces: Iterable[Piece], others: Sequence[Piece]) -> list[Piece]:
    """The sends (or receives) of one socket, each at its place in the stream.

    Those of several threads at the same time may be counted in another order than the system had. What the `others`, on the far end of the
    stream, brought (or took) tells them apart, as far as it was kept.
    """
    ordered: list[Piece] = []
    for group in _at_the_same_time(sorted(pieces, key=lambda piece: (piece.offset, piece.entry))):
        if len(group) > 1 and _is_whole(group):
            offset = group[0].offset
            for piece in _arranged(group, others):
                ordered.append(piece._replace(offset=offset))
                offset += piece.size
        else:
            ordered += group
    return ordered


def _at_the_same_time(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """`pieces`, in the order in which they were counted, cut wherever all that follow began after all before had ended."""
    first_begin = list(itertools.accumulate(map(_begun, reversed(pieces)), min))[::-1]
    group: list[Piece] = []
    ended = -math.inf
    for piece, begin in zip(pieces, first_begin, strict=True):
        if group and begin >= ended:
            yield group
            group = []
        group.append(piece)
        ended = max(ended, piece.ended)
    if group:
        yield group


def _begun(piece: Piece) -> float:
    return -math.inf if piece.begun is None else piece.begun


def _is_whole(group: Sequence[Piece]) -> bool:
    """Whether nothing is missing between the pieces."""
    return all(one.offset + one.size == other.offset for one, other in itertools.pairwise(group))


def _arranged(group: list[Piece], others: Sequence[Piece]) -> list[Piece]:
    """`group` in an order that agrees with the times and with what `others` know of the stream; as it is where none is found soon."""
    waiting = sorted(group, key=_begun)
    chosen: list[Piece] = []
    choices: list[list[Piece]] = []  # for each place, what was not tried there yet
    place = group[0].offset
    for _ in range(20 * len(group) + 1000):
        if not waiting:
            return chosen
        if len(choices) == len(chosen):
            choices.append([piece for piece in _could_be_next(waiting) if _agrees(piece, place, others)])
        if choices[-1]:
            chosen.append(piece := choices[-1].pop(0))
            waiting.remove(piece)
            place += piece.size
        elif chosen:
            choices.pop()
            bisect.insort(waiting, piece := chosen.pop(), key=_begun)
            place -= piece.size
        else:
            break
    return group


def _could_be_next(waiting: Sequence[Piece]) -> list[Piece]:
    """Those of `waiting`, sorted by their beginnings, that began before any other had ended; the likeliest first."""
    found: list[Piece] = []
    ended = math.inf
    for piece in waiting:
        if _begun(piece) >= ended:
            break
        found.append(piece)
        ended = min(ended, piece.ended)
    return sorted(found, key=lambda piece: piece.offset)


def _agrees(piece: Piece, place: int, others: Sequence[Piece]) -> bool:
    """Whether `piece`, if it stood at `place`, would have the same bytes as `others`, sorted by offset, have there."""
    end = place + piece.size
    mine = _fragments(piece, place)
    i = max(bisect.bisect_right(others, place, key=lambda other: other.offset) - 1, 0)
    for other in itertools.islice(others, i, None):
        if other.offset >= end:
            break
        for at, known in _fragments(other, other.offset):
            if any(not _are_equal(known, mine_known, mine_at - at) for mine_at, mine_known in mine):
                return False
    return True


def _fragments(piece: Piece, place: int) -> list[tuple[int, bytes]]:
    """The bytes of `piece` that were kept, where they stand in the stream if it begins at `place`."""
    if len(piece.data) == piece.size or piece.size > LARGE:
        return [(place, piece.data)]
    return [(place, piece.data[:KEPT_HEAD]), (place + piece.size - KEPT_TAIL, piece.data[KEPT_HEAD:])]


def _are_equal(one: bytes, other: bytes, shift: int) -> bool:
    """Whether both agree where they overlap, if `other` begins `shift` bytes after `one`."""
    if shift < 0:
        one, other, shift = other, one, -shift
    size = min(len(one) - shift, len(other))
    return size <= 0 or one[shift : shift + size] == other[:size]


def senders(sends: Sequence[Piece], place: int, size: int) -> Iterator[Piece]:
    """Those of `sends`, in the order of the stream, whose bytes lie at `place` and the `size` - 1 behind it."""
    first = max(bisect.bisect_right(sends, place, key=lambda piece: piece.offset) - 1, 0)
    for piece in itertools.islice(sends, first, None):
        if piece.offset >= place + size:
            return
        if piece.offset + piece.size > place:
            yield piece


Mover = tuple[Trace, Piece]
"""A datagram that was sent or received, and by whom."""


def match_datagrams(
    sends: Iterable[Mover], receives: Iterable[Mover], ends: Sequence[Trace]
) -> Iterator[tuple[Trace | None, Trace | None, Match]]:
    """Sender, receiver, and the match, for each datagram. Sender or receiver is None where it is in another process.

    Each arrives whole, cut at its end, or not at all; between two addresses loopback keeps their order.
    """
    places = _Places(ends)
    under_way: dict[Any, collections.deque[Mover]] = collections.defaultdict(collections.deque)
    for end, piece in sends:
        under_way[places.of(end), places.met(end, piece)].append((end, piece))
    for end, piece in receives:
        source = places.met(end, piece)
        queue = under_way[source, places.of(end)]
        at = next((i for i, (_, sent) in enumerate(queue) if _is_same(sent, piece)), None)
        if at is not None:
            for _ in range(at):
                yield _lost(*queue.popleft(), end)
            sender, sent = queue.popleft()
            yield sender, end, Match(sent.entry, piece.entry, piece.size)
        elif piece.size:  # an empty one that nobody sent: the socket was shut down
            yield places.holder(source), end, Match(None, piece.entry, piece.size)
    for (_, place), queue in under_way.items():
        for end, piece in queue:
            yield _lost(end, piece, places.holder(place))


def _lost(sender: Trace, sent: Piece, receiver: Trace | None) -> tuple[Trace, Trace | None, Match]:
    return sender, receiver, Match(sent.entry, None, sent.size)


class _Places:
    """Where datagram sockets are to be found. A place may have been used again: by one after the other."""

    def __init__(self, ends: Sequence[Trace]) -> None:
        self._holders: dict[Any, Trace] = {}
        self._by_port: dict[Any, Any] = {}
        for end in ends:
            place = self.of(end)
            if place is not None:
                self._holders[place] = end
                self._by_port[_port(place)] = place

    def of(self, end: Trace) -> Any:
        """Its own; None: it has no address."""
        return ("pair", end.number) if end.mate is not None else plain_address(end.local) or None

    def met(self, end: Trace, piece: Piece) -> Any:
        """Where the datagram went, or came from, as the socket there would say it."""
        if end.mate is not None:
            return "pair", end.mate.number
        place = plain_address(piece.address if piece.address is not None else end.peer)
        if place in self._holders or not isinstance(place, tuple):
            return place or None
        here = self._by_port.get(place[1])
        # One that listens on all addresses of this computer, or a name for it such as "localhost".
        return (
            here if here is not None and (_is_any(here[0]) or _is_any(place[0]) or not _is_number(place[0])) else place
        )

    def holder(self, place: Any) -> Trace | None:
        return self._holders.get(place)


def _port(place: Any) -> Any:
    return place[1] if isinstance(place, tuple) and place[0] != "pair" else None


def _is_any(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _is_same(sent: Piece, received: Piece) -> bool:
    size = min(sent.size, received.size, KEPT_HEAD)
    return _begun(sent) < received.ended and sent.size >= received.size and sent.data[:size] == received.data[:size]


def causal_order(count: int, threads: Iterable[Sequence[int]], causes: Iterable[tuple[int, int]]) -> list[int]:
    """The entries 0 … `count` - 1 so that each thread's stand in their order and each cause before its effect; otherwise as they are."""
    causes = list(causes)
    if all(cause < effect for cause, effect in causes):
        return list(range(count))
    effects: dict[int, list[int]] = collections.defaultdict(list)
    following: list[int | None] = [None] * count  # in the same thread
    missing = [0] * count
    for before, after in causes:
        effects[before].append(after)
        missing[after] += 1
    for thread in threads:
        for before, after in itertools.pairwise(thread):
            following[before] = after
            missing[after] += 1
    ready = [i for i in range(count) if not missing[i]]
    order: list[int] = []
    while ready:
        order.append(first := heapq.heappop(ready))
        for effect in (*effects.pop(first, ()), following[first]):
            if effect is None:
                continue
            missing[effect] -= 1
            if not missing[effect]:
                heapq.heappush(ready, effect)
    # A circle cannot come of what happened. Should a match be wrong, nothing is lost.
    return order + [i for i in range(count) if missing[i]]
