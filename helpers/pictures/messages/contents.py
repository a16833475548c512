"""All that a map shows: the bytes, their fields, where they were cut, how many are used.

Comes in: what `message` was given. Goes out: `Contents`, for whoever says it in words or draws it.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence
from functools import cached_property

from helpers.pictures.messages.fields import Field
from helpers.pictures.messages.readings import Reading
from helpers.pictures.messages.received import Received
from helpers.pictures.messages.rows import ROWS, Gap, Row, drawn, rows_of


@dataclasses.dataclass(frozen=True)
class Contents:
    """A message, or several, as far as they have come."""

    what: str
    """Of which kind, as in a title."""
    received: Received
    fields: Sequence[Field]
    """In their order, together all bytes."""
    used: int | None
    """How many bytes, from the first one on, a parser has used; None: nobody asked."""
    readings: Sequence[Reading] = ()
    """What a learner's parser says of the names."""
    most: int = ROWS
    """Rows that are drawn."""

    @property
    def data(self) -> bytes:
        return self.received.data

    @property
    def in_pieces(self) -> bool:
        """Whether there is more than one."""
        return len(self.received.ends) > 1

    @cached_property
    def rows(self) -> list[Row | Gap]:
        """Those that are drawn, and gaps for the others."""
        marks = [*self.received.cuts, *([self.used] if self.used is not None else [])]
        for field in self.fields:
            if field.points_to is not None:
                marks += [field.start + 1, field.points_to + 1]  # within their rows
        marks += [reading.start + 1 for reading in self.readings if reading.instead_of]
        return drawn(rows_of(self.fields), sorted(marks), self.most)

    def cuts_in(self, row: Row | Gap) -> Sequence[int]:
        """The cuts within it, and the one at its beginning."""
        cuts = self.received.cuts
        return cuts[bisect.bisect_left(cuts, row.start) : bisect.bisect_left(cuts, row.stop)]

    def readings_in(self, row: Row | Gap) -> Sequence[Reading]:
        """Those of the names that begin in it."""
        return [reading for reading in self.readings if row.start <= reading.start < row.stop]

    def field_at(self, place: int) -> Field | None:
        """The one that the byte at `place` belongs to; None: there is no such byte."""
        at = bisect.bisect_right(self._stops, place)
        return self.fields[at] if 0 <= place < len(self.data) else None

    @cached_property
    def _stops(self) -> list[int]:
        return [field.stop for field in self.fields]
