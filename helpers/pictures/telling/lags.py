"""How long links held bytes back of their own accord: that is time that passes in a picture, and no luck of a busy machine.

Comes in: what was sent on a path, what each of its links took and handed over, and what was received. Goes out: seconds. A link takes bytes when they have come, and hands them over when
it has handed over those before, and, where it cuts, when the receiver has taken those: what it waits beyond that, its faults have told it to. Who imports it: `relays`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helpers.recording.events import Event
from helpers.recording.spans import Span, overlaps

Spans = Sequence[Span[Event]]


def seconds_held(sends: Spans, takes: Sequence[Spans], gives: Sequence[Spans], receives: Spans) -> float:
    """All the time for which the links on a path have held bytes back."""
    arriving, following = [sends, *gives[:-1]], [*takes[1:], receives]
    return sum(_late(*at) for at in zip(takes, arriving, strict=True)) + sum(
        _late(given, taken, after) for given, taken, after in zip(gives, takes, following, strict=True)
    )


def _late(calls: Spans, sources: Spans, following: Spans = ()) -> float:
    """The seconds between the moment when each of a link's `calls` could be made, and that when it was."""
    return sum(max(when - could, 0.0) for when, could in _moments(calls, sources, following))


def _moments(calls: Spans, sources: Spans, following: Spans) -> Iterator[tuple[float, float]]:
    """When each was made, and when it could be: its bytes had come, those before were gone, and (`following`) had been taken."""
    come: dict[int, float] = {}
    for call, source, _, _ in overlaps(calls, sources):
        come[call.start] = max(come.get(call.start, 0.0), source.of.ended or 0.0)
    taken = {span.end: span.of.ended or 0.0 for span in following}
    before = 0.0
    for call in calls:
        yield call.of.begun or 0.0, max(come.get(call.start, 0.0), taken.get(call.start, 0.0), before)
        before = call.of.ended or 0.0


def seconds_end_held(met: Event, passed: Event, gives: Spans, following: Spans) -> float:
    """For how long a link held the end of the stream, which it met, and passed on."""
    last = [(spans[-1].of.ended or 0.0) for spans in (gives, following) if spans]
    return max((passed.begun or 0.0) - max([met.ended or 0.0, *last]), 0.0)
