"""Who talks to whom, whose bytes a receive brings, and what must have come before what: worked out from the entries of a tape.

Nothing here goes by the clock, except that of two sends of the same socket at the same time, by two threads, either may have been the first.
"""

from __future__ import annotations

import bisect
import collections
import heapq
import itertools
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from helpers.tapes import KEPT_HEAD, Trace

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
            servers[_place(end.local), _place(end.peer)].append(end)
    pairs: list[Pair] = []
    for end in ends:
        if end.role == "pair" and end.mate is not None:
            if end.number < end.mate.number:
                pairs.append((end, end.mate))
        elif end.role == "client" and end.peer is not None:
            same = servers[_place(end.peer), _place(end.local)]  # several, where an address was used again
            pairs.append((end, same.popleft() if same else None))
    return pairs + [(None, end) for same in servers.values() for end in same]


def _place(address: Any) -> Any:
    """An address as both ends of a connection write it: without scope, and IPv4 as such."""
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    return str(address[0]).removeprefix("::ffff:"), address[1]


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


def in_stream_order(sends: Iterable[Piece], receives: Sequence[Piece]) -> list[Piece]:
    """`sends` of one socket, each at its place in the stream. Those of two threads at the same time are told apart by what was received."""
    ordered: list[Piece] = []
    for group in _at_the_same_time(sorted(sends, key=lambda piece: (piece.offset, piece.entry))):
        offset = group[0].offset
        while group:
            chosen = group[0] if len(group) == 1 else _first_of(group, _known(receives, offset))
            group.remove(chosen)
            ordered.append(chosen._replace(offset=offset) if chosen.offset != offset else chosen)
            offset += chosen.size
    return ordered


def _at_the_same_time(sends: Iterable[Piece]) -> Iterator[list[Piece]]:
    group: list[Piece] = []
    ended = 0.0
    for piece in sends:
        if group and (piece.begun is None or piece.begun >= ended):
            yield group
            group = []
        group.append(piece)
        ended = max(ended, piece.ended) if len(group) > 1 else piece.ended
    if group:
        yield group


def _first_of(group: list[Piece], known: bytes) -> Piece:
    """The one that agrees with what is `known` of the stream; where nothing tells, the one that came back first."""
    for piece in group:
        head = piece.data[:KEPT_HEAD]
        if head[: len(known)] == known[: len(head)]:
            return piece
    return group[0]


def _known(receives: Sequence[Piece], place: int) -> bytes:
    """What is known of the stream from `place` on, up to the end of the receive that brought it."""
    i = bisect.bisect_right(receives, place, key=lambda piece: piece.offset) - 1
    if i < 0 or place >= receives[i].offset + receives[i].size:
        return b""
    start = place - receives[i].offset
    head = receives[i].data if receives[i].size == len(receives[i].data) else receives[i].data[:KEPT_HEAD]
    return head[start:]


def datagram_ways(
    ends: Sequence[Trace], sends: dict[int, list[Piece]], receives: dict[int, list[Piece]]
) -> dict[tuple[int, int], tuple[list[Piece], list[Piece]]]:
    """What was sent and received from each datagram socket to each other, by their numbers (0: one in another process), in the order of first calls."""
    at = {_place(end.local): end.number for end in ends if end.local is not None}
    anywhere = {
        place[1]: number for place, number in at.items() if isinstance(place, tuple) and place[0] in ("0.0.0.0", "::")
    }

    def number(address: Any) -> int:
        place = _place(address)
        return at.get(place) or (anywhere.get(place[1], 0) if isinstance(place, tuple) else 0)

    moves = [(piece, end, True) for end in ends for piece in sends[end.number]]
    moves += [(piece, end, False) for end in ends for piece in receives[end.number]]
    ways: dict[tuple[int, int], tuple[list[Piece], list[Piece]]] = collections.defaultdict(lambda: ([], []))
    for piece, end, sent in sorted(moves, key=lambda move: move[0].entry):
        other = number(piece.address if piece.address is not None else end.peer)
        ways[(end.number, other) if sent else (other, end.number)][not sent].append(piece)
    return ways


def match_datagrams(sends: Iterable[Piece], receives: Iterable[Piece]) -> tuple[list[Match], list[Match]]:
    """As `match_stream`, for datagrams from one address to another: each arrives whole, cut at its end, or not at all; loopback keeps their order."""
    under_way = collections.deque(sends)
    flows: list[Match] = []
    lost: list[Match] = []
    for received in receives:
        at = next((i for i, sent in enumerate(under_way) if _is_same(sent, received)), None)
        if at is None:
            flows.append(Match(None, received.entry, received.size))
            continue
        lost += [Match(sent.entry, None, sent.size) for sent in (under_way.popleft() for _ in range(at))]
        flows.append(Match(under_way.popleft().entry, received.entry, received.size))
    return flows, lost + [Match(sent.entry, None, sent.size) for sent in under_way]


def _is_same(sent: Piece, received: Piece) -> bool:
    size = min(sent.size, received.size, KEPT_HEAD)
    return sent.size >= received.size and sent.data[:size] == received.data[:size]


def causal_order(count: int, threads: Iterable[Sequence[int]], causes: Iterable[tuple[int, int]]) -> list[int]:
    """The entries 0 … `count` - 1 so that each thread's stand in their order and each cause before its effect; otherwise as they are."""
    causes = list(causes)
    if all(cause < effect for cause, effect in causes):
        return list(range(count))
    effects: dict[int, list[int]] = collections.defaultdict(list)
    missing = [0] * count
    for before, after in [*causes, *(pair for thread in threads for pair in itertools.pairwise(thread))]:
        effects[before].append(after)
        missing[after] += 1
    ready = [i for i in range(count) if not missing[i]]
    order: list[int] = []
    while ready:
        order.append(first := heapq.heappop(ready))
        for effect in effects[first]:
            missing[effect] -= 1
            if not missing[effect]:
                heapq.heappush(ready, effect)
    # A circle cannot come of what happened. Should a match be wrong, nothing is lost.
    return order + [i for i in range(count) if missing[i]]
