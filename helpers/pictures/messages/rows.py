"""The rows of a map: which fields stand beside each other, and which rows are left out where there are too many.

Comes in: fields in their order. Goes out: `Row`s and `Gap`s, which together have every byte once.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from helpers.pictures.messages.fields import Field
from helpers.words import many

ROWS = 12
"""Rows that are drawn of a message that has more, if nobody says otherwise: so many can be read on a slide."""
MARKED = 4
"""Further ones, between those at both ends, in which a mark is."""


class Row(NamedTuple):
    """Fields that stand beside each other."""

    heading: str
    fields: tuple[Field, ...]

    @property
    def start(self) -> int:
        return self.fields[0].start

    @property
    def stop(self) -> int:
        return self.fields[-1].stop

    @property
    def kind(self) -> str:
        """Its heading without its number: message 3 is one of the messages."""
        return re.sub(r"\s*\d+", "", self.heading)


class Gap(NamedTuple):
    """Rows that are left out."""

    rows: tuple[Row, ...]

    @property
    def start(self) -> int:
        return self.rows[0].start

    @property
    def stop(self) -> int:
        return self.rows[-1].stop

    def in_words(self) -> str:
        """How many, and of which kind: 9 headers, 512 bytes."""
        kinds = {row.kind for row in self.rows}
        kind = kinds.pop() if len(kinds) == 1 else ""
        plain = kind and re.fullmatch(r"[a-z ]+[a-rt-z]", kind) and not kind.startswith(("next", "last", "and"))
        return f"{many(len(self.rows), kind if plain else 'row')}, {many(self.stop - self.start, 'byte')}"


def rows_of(fields: Sequence[Field]) -> list[Row]:
    """A new one wherever a field has a heading."""
    rows: list[list[Field]] = []
    for field in fields:
        if field.heading or not rows:
            rows.append([])
        rows[-1].append(field)
    return [Row(row[0].heading, tuple(row)) for row in rows]


def drawn(rows: Sequence[Row], marks: Sequence[int], most: int) -> list[Row | Gap]:
    """The rows that are drawn, and gaps for the others: of more than `most` those at both ends, and between them a few in which a mark lies."""
    if len(rows) <= most + 1:
        return list(rows)
    last = most // 3
    kept = {*range(most - last), *range(len(rows) - last, len(rows))}
    starts = [row.start for row in rows]
    marked: list[int] = []
    for mark in marks:
        at = bisect.bisect_right(starts, mark) - 1
        if len(marked) == MARKED:
            break
        if at not in kept and at not in marked and rows[at].start < mark < rows[at].stop:
            marked.append(at)
    return list(_with_gaps(rows, {*kept, *marked}))


def _with_gaps(rows: Sequence[Row], kept: set[int]) -> Iterator[Row | Gap]:
    for is_kept, group in itertools.groupby(range(len(rows)), kept.__contains__):
        found = [rows[at] for at in group]
        if is_kept or len(found) == 1:
            yield from found
        else:
            yield Gap(tuple(found))
