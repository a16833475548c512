"""A part of a recording: what has to do with some of its sockets.

Comes in: a recording, in which everything that happened meanwhile is. Goes out: what a picture draws as it would the whole (a `Recorded`). The bench and the
panel of a link choose the sockets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

from helpers.recording.events import Conversation, End, Event, Recorded


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """A `Recorded`."""

    events: list[Event]
    conversations: list[Conversation]
    dropped: int


def excerpt(recording: Recorded, events: list[Event], sockets: Collection[int]) -> Excerpt:
    """`events`, which are of `recording`, and the conversations that one of `sockets` takes part in, by their numbers."""
    conversations = [each for each in recording.conversations if any(end.number in sockets for end in ends(each))]
    return Excerpt(events, conversations, recording.dropped)


def ends(conversation: Conversation) -> Iterator[End]:
    """Both ends, as far as they are in the recording."""
    return (end for end in (conversation.client, conversation.server) if end is not None)
