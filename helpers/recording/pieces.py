"""Which pieces of a `sendall` stand together in the stream: those are told as one.

Comes in: the sends of a socket, in the order of its stream, some of which are pieces. Goes out: `Run`s: which call each piece is told as, and what is to be known of that call. Mostly a `sendall` is in one piece
again, and told as it was called. Where bytes of others stand between its pieces, each run of them is told for itself, and the call stands for the last. Who imports it: `history`.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from helpers.recording.streams import Match, Transfer
from helpers.sockets.tapes import KEPT, KEPT_HEAD, KEPT_TAIL, LARGE


class Run(NamedTuple):
    """Pieces of one `sendall` that stand together in the stream."""

    told_as: int
    """The index of the call, or of the piece, that stands for them."""
    whole: bool
    """Whether they are all there are."""
    offset: int
    size: int
    data: bytes
    begun: float
    pieces: Sequence[int]
    """Their indices."""


def runs_of(ordered: Iterable[Transfer], call_of: Mapping[int, int]) -> list[Run]:
    """The runs, in the order of the stream. `call_of`: the call that each piece belongs to, both by their indices."""
    found: dict[int, list[list[Transfer]]] = collections.defaultdict(list)
    for call, run in itertools.groupby(ordered, key=lambda transfer: call_of.get(transfer.call)):
        if call is not None:
            found[call].append(list(run))
    return [
        Run(
            call if run is runs[-1] else run[-1].call,
            len(runs) == 1,
            run[0].start,
            sum(piece.size for piece in run),
            _joined(run),
            run[0].begun,
            [piece.call for piece in run],
        )
        for call, runs in found.items()
        for run in runs
    ]


def renamed(matches: Iterable[Match], told_as: Mapping[int, int]) -> list[Match]:
    """`matches` of the calls that are told: those of pieces that are told as one are one."""
    found: list[Match] = []
    for match in matches:
        sent = told_as.get(match.sent, match.sent) if match.sent is not None else None
        match = match._replace(sent=sent)
        if found and sent is not None and found[-1].sent == sent and found[-1].received == match.received:
            found[-1] = match._replace(size=found[-1].size + match.size)
        else:
            found.append(match)
    return found


def _joined(run: Sequence[Transfer]) -> bytes:
    """What is known of them together, as a tape keeps it of one call."""
    size = sum(piece.size for piece in run)
    head = b""
    for piece in run:
        head += piece.data if len(piece.data) == piece.size else _head(piece)
        if len(piece.data) < piece.size or len(head) >= KEPT:
            break
    if size <= KEPT:
        return head
    if size > LARGE:
        return head[:KEPT]
    tail = b""
    for piece in reversed(run):
        tail = (piece.data if len(piece.data) == piece.size else piece.data[-KEPT_TAIL:]) + tail
        if len(tail) >= KEPT_TAIL:
            break
    return head[:KEPT_HEAD] + tail[-KEPT_TAIL:]


def _head(piece: Transfer) -> bytes:
    """Its first bytes that are known."""
    return piece.data if piece.size > LARGE else piece.data[:KEPT_HEAD]
