"""Which bytes came, and where each `recv` cut them.

Comes in: bytes, or the pieces that `recv` returned. Goes out: `Received`. (Of a recording: `recorded`.)
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence, Set

BYTES = (bytes, bytearray, memoryview)


@dataclasses.dataclass(frozen=True)
class Received:
    """The bytes of a message, or of several, as far as they have come."""

    data: bytes
    ends: tuple[int, ...]
    """The place behind the last byte of each piece; one piece: nobody said how they came."""
    ended: bool = False
    """Whether a `recv` brought b'': no more will come."""
    unknown: int = 0
    """Bytes behind these that came as well, and that the recording did not keep."""

    @property
    def cuts(self) -> tuple[int, ...]:
        """The places between two pieces."""
        return self.ends[:-1]

    @property
    def starts(self) -> tuple[int, ...]:
        """The place of the first byte of each piece."""
        return (0, *self.ends[:-1])


def received(what: object) -> Received:
    """Bytes are one piece; an empty one at the end is the end of the stream. TypeError for what is neither bytes nor pieces of bytes."""
    if isinstance(what, BYTES):
        return Received(bytes(what), (len(what),))
    if isinstance(what, Iterable) and not isinstance(what, (str, Mapping, Set)):
        return of_pieces(list(what))
    raise TypeError(
        f"A message is drawn from bytes, from a list of the bytes that each recv returned, or from a recording, not from {_named(what)}."
    )


def _named(what: object) -> str:
    """What it is instead of bytes."""
    return "str: encode() makes bytes of it" if isinstance(what, str) else type(what).__name__


def of_pieces(pieces: Sequence[object]) -> Received:
    """Each is what a `recv` returned."""
    found = []
    for piece in pieces:
        if not isinstance(piece, BYTES):
            raise TypeError(f"Each piece of a message must be bytes, as recv returns them, not {_named(piece)}.")
        found.append(bytes(piece))
    ended = bool(found) and not found[-1]
    filled = [piece for piece in found if piece]
    ends = tuple(itertools.accumulate(map(len, filled))) or (0,)
    return Received(b"".join(filled), ends, ended)
