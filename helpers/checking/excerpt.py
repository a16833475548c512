"""A part of a recording: the conversations of those whom a sentence is about. Of two hundred clients the two that matter can be looked at.

Comes in: a recording, and names of programs. Goes out: another `Recorded`. Who may import it: play.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from helpers.recording.events import Conversation, Event, Recorded, missing_of


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """Some of the conversations of a recording, with their calls. It is a `Recorded` too."""

    events: list[Event]
    conversations: list[Conversation]
    dropped: int
    missing: Sequence[str] = ()


def excerpt(recording: Recorded, names: Collection[str]) -> Recorded:
    """Those conversations in which one of these takes part; the whole recording where there are none."""
    talks = [each for each in recording.conversations if any(_is_of(end, names) for end in (each.client, each.server))]
    if not talks:
        return recording
    kept = {event.order for each in talks for event in each.events}
    events = [event for event in recording.events if event.order in kept]
    return Excerpt(events, talks, recording.dropped, missing_of(recording))


def _is_of(end: object, names: Collection[str]) -> bool:
    return getattr(end, "program", None) in names
