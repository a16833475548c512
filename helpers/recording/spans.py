"""Spans of a byte stream: which of them have bytes in common, and which bytes are in none.

A byte's place in its stream is how many came before it. It keeps that place all the way, so whose bytes are where is read off the places alone.

Comes in: sequences of spans, in the order of the stream, of which no two overlap (what one socket sent, say, and what its peer received). Goes out: their parts.
Nothing here knows sockets or calls. Who imports it: `streams`, which finds whose bytes a receive brings; `pictures.telling.relays`, which follows them through links.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar


class Spanning(Protocol):
    """Whatever takes a span of a stream."""

    @property
    def start(self) -> int:
        """The place of its first byte, from 0."""
        ...

    @property
    def end(self) -> int:
        """The place behind its last byte."""
        ...


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
One = TypeVar("One", bound=Spanning)
Other = TypeVar("Other", bound=Spanning)


class Span(NamedTuple, Generic[T_co]):
    """The bytes from `start` up to `end`, and what happened to them there."""

    start: int
    end: int
    of: T_co

    @property
    def size(self) -> int:
        return self.end - self.start


class Part(NamedTuple, Generic[One, Other]):
    """A part of `one`: all of it lies in `other`, or (`other` is None) in none of the others."""

    one: One
    other: Other | None
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


class Overlap(NamedTuple, Generic[One, Other]):
    """The bytes that `one` and `other` have in common."""

    one: One
    other: Other
    start: int
    end: int


def parts(ones: Iterable[One], others: Iterable[Other]) -> Iterator[Part[One, Other]]:
    """Every byte of `ones`, in the order of the stream, with the one of `others` that has it too."""
    rest = iter(others)
    other = next(rest, None)
    for one in ones:
        place = one.start
        while place < one.end:
            while other is not None and other.end <= place:
                other = next(rest, None)
            if other is None or other.start >= one.end:
                yield Part(one, None, place, one.end)
                break
            if place < other.start:
                yield Part(one, None, place, other.start)
                place = other.start
            end = min(one.end, other.end)
            yield Part(one, other, place, end)
            place = end


def overlaps(ones: Iterable[One], others: Iterable[Other]) -> Iterator[Overlap[One, Other]]:
    """What `ones` and `others` have in common, in the order of the stream."""
    for one, other, start, end in parts(ones, others):
        if other is not None:
            yield Overlap(one, other, start, end)


def inside(spans: Iterable[Span[T]], others: Iterable[Spanning]) -> list[Span[T]]:
    """The parts of `spans` that lie in one of `others`."""
    return [Span(part.start, part.end, part.one.of) for part in parts(spans, others) if part.other is not None]


def outside(spans: Iterable[Span[T]], others: Iterable[Spanning]) -> list[Span[T]]:
    """The parts of `spans` that lie in none of `others`."""
    return [Span(part.start, part.end, part.one.of) for part in parts(spans, others) if part.other is None]


def touching(spans: Sequence[One], start: int, end: int) -> Iterator[One]:
    """Those of `spans` with bytes from `start` up to `end`."""
    first = max(bisect.bisect_right(spans, start, key=lambda span: span.start) - 1, 0)
    for span in itertools.islice(spans, first, None):
        if span.start >= end:
            return
        if span.end > start:
            yield span


def are_adjacent(spans: Sequence[Spanning]) -> bool:
    """Whether each begins where the one before it ends."""
    return all(one.end == other.start for one, other in itertools.pairwise(spans))
