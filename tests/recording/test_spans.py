"""Spans of a stream, against the bytes themselves: which places has this one, and which has that one."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from helpers.recording.spans import Span, are_adjacent, inside, outside, overlaps, parts, touching
from tests.recording.support import ALL_THE_SAME

MOST = 24


def spans(cuts: list[int], names: str) -> list[Span[str]]:
    """Every second stretch between the cuts, and a neighbour where two cuts are one apart: with gaps and without."""
    found = [Span(start, end, name) for (start, end), name in zip(itertools.pairwise(cuts), names, strict=False)]
    return [span for at, span in enumerate(found) if at % 2 == 0 or span.size == 1]


cut_places = st.sets(st.integers(0, MOST)).map(sorted)
some_spans = cut_places.map(lambda cuts: spans(cuts, "abcdefghijklmnopqrstuvwxyz"))


def by_place(some: list[Span[str]]) -> dict[int, str]:
    return {place: span.of for span in some for place in range(span.start, span.end)}


@ALL_THE_SAME
@given(some_spans, some_spans)
def test_every_byte_is_with_the_one_that_has_it_too(ones: list[Span[str]], others: list[Span[str]]) -> None:
    found = list(parts(ones, others))
    mine, theirs = by_place(ones), by_place(others)
    places = [place for part in found for place in range(part.start, part.end)]
    assert places == sorted(mine)
    for part in found:
        assert part.size > 0
        for place in range(part.start, part.end):
            assert mine[place] == part.one.of
            assert theirs.get(place) == (part.other.of if part.other is not None else None)


@ALL_THE_SAME
@given(some_spans, some_spans)
def test_a_part_is_as_long_as_can_be(ones: list[Span[str]], others: list[Span[str]]) -> None:
    for one, other in itertools.pairwise(parts(ones, others)):
        assert (one.end, one.one, one.other) != (other.start, other.one, other.other)


@ALL_THE_SAME
@given(some_spans, some_spans)
def test_inside_and_outside_are_all(ones: list[Span[str]], others: list[Span[str]]) -> None:
    both = sorted([*inside(ones, others), *outside(ones, others)])
    assert by_place(both) == by_place(ones)
    assert by_place(inside(ones, others)).keys() == by_place(ones).keys() & by_place(others).keys()
    assert by_place(outside(ones, others)).keys() == by_place(ones).keys() - by_place(others).keys()


@ALL_THE_SAME
@given(some_spans, some_spans)
def test_what_two_have_in_common_is_the_same_from_either_side(ones: list[Span[str]], others: list[Span[str]]) -> None:
    there = [(found.one, found.other, found.start, found.end) for found in overlaps(ones, others)]
    back = [(found.other, found.one, found.start, found.end) for found in overlaps(others, ones)]
    assert there == back


@ALL_THE_SAME
@given(some_spans, st.integers(0, MOST), st.integers(1, MOST))
def test_what_touches_a_stretch_has_one_of_its_bytes(some: list[Span[str]], start: int, size: int) -> None:
    stretch = set(range(start, start + size))
    assert list(touching(some, start, start + size)) == [
        span for span in some if stretch & set(range(span.start, span.end))
    ]


def test_spans_are_adjacent_where_no_byte_is_missing() -> None:
    assert are_adjacent([])
    assert are_adjacent([Span(3, 5, "a"), Span(5, 6, "b"), Span(6, 9, "c")])
    assert not are_adjacent([Span(3, 5, "a"), Span(6, 9, "b")])
