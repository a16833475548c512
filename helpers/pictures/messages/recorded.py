"""What one end of a connection received, as a recording tells it: the bytes, and where each `recv` cut them; or a datagram, which is a message of its own.

Comes in: a `Recorded`, and which end is meant, or which datagram. Goes out: `Received`. A link is a part of the network here: what its sockets received is nobody's message.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from helpers.pictures.messages.received import Received, of_pieces
from helpers.pictures.telling.order import picture_order
from helpers.pictures.telling.relays import through
from helpers.recording.events import Conversation, End, Event, Recorded, whole_of
from helpers.sockets.tapes import CLEAN_END, KEPT_HEAD, LARGE
from helpers.words import listed, many

RECEIVERS = ("server", "client")
_NAMED = 4
"""Streams that a sentence names."""


class _Stream(NamedTuple):
    """The bytes of one direction of a conversation; of datagrams, of a single one."""

    receiver: str
    conversation: int
    """Its number, from 1."""
    receives: Sequence[Event]
    """The calls that brought bytes, in the order of the stream."""
    ended: bool = False
    datagram: int | None = None
    """Which of those that this end received in the conversation, from 1; None: no datagram."""

    def in_words(self) -> str:
        size = sum(event.size for event in self.receives)
        what = "what" if self.datagram is None else f"datagram {self.datagram} that"
        return f"{what} the {self.receiver} received in conversation {self.conversation} ({many(size, 'byte')})"

    def as_arguments(self) -> str:
        words = f"receiver={self.receiver!r}, conversation={self.conversation}"
        return words if self.datagram is None else f"{words}, datagram={self.datagram}"


def is_recording(what: object) -> TypeGuard[Recorded]:
    """Whether it tells calls and conversations."""
    return hasattr(what, "conversations") and hasattr(what, "events")


def of_recording(
    recording: Recorded, receiver: str | None, conversation: int | None, datagram: int | None = None
) -> Received:
    """What one end received. ValueError, with a sentence, where it is not said which, or that one received nothing."""
    if receiver is not None and receiver not in RECEIVERS:
        raise ValueError(f"receiver is 'server' or 'client', whoever received the bytes; this is {receiver!r}.")
    there = list(_streams(recording))
    meant = [
        each
        for each in there
        if receiver in (None, each.receiver)
        and conversation in (None, each.conversation)
        and datagram in (None, each.datagram)
    ]
    if len(meant) == 1:
        return _received(meant[0], whole_of(recording))
    words = listed([each.in_words() for each in (meant or there)[:_NAMED]])
    more = len(meant or there) - _NAMED
    words += f", and {more} more" if more > 0 else ""
    if meant:
        raise ValueError(
            f"Whose bytes? The recording has {words}. Say which: message(recording, {meant[-1].as_arguments()})."
        )
    if there:
        raise ValueError(f"Nothing was received there. The recording has {words}.")
    raise ValueError(
        "The recording has no bytes of a stream that somebody received, and no datagram. What another program received is not recorded: give the bytes themselves."
    )


def _streams(recording: Recorded) -> Iterator[_Stream]:
    """Those that brought bytes, in the order of the picture."""
    seen = through(recording)
    places = picture_order(seen).talks
    talks = sorted(enumerate(seen.conversations), key=lambda each: places.get(each[0], len(places)))
    for number, (_, talk) in enumerate(talks, start=1):
        for receiver in RECEIVERS:
            end: Any = getattr(talk, receiver)
            if end is None:
                continue
            if end.role == "datagram":
                for at, event in enumerate(_datagrams(talk, end), start=1):
                    yield _Stream(receiver, number, [event], datagram=at)
                continue
            mine = [each for each in talk.events if each.socket.number == end.number]
            # Where TLS is spoken, what the program received is what came out of it.
            calls = [each for each in mine if each.tls and each.hears] or [each for each in mine if each.receives]
            receives = [each for each in calls if each.size and not each.peek and each.offset is not None]
            if receives:
                in_order = sorted(receives, key=lambda each: each.offset or 0)
                yield _Stream(
                    receiver, number, in_order, any(each.end_of_stream or each.told == CLEAN_END for each in calls)
                )


def _datagrams(talk: Conversation, end: End) -> Sequence[Event]:
    """The calls that brought one, in their order. What its socket had from others belongs to other conversations."""
    found = {flow.received.order: flow.received for flow in talk.flows if flow.received is not None}
    return [found[order] for order in sorted(found) if found[order].socket.number == end.number]


def _received(stream: _Stream, whole: Mapping[int, bytes]) -> Received:
    pieces: list[bytes] = []
    place = stream.receives[0].offset or 0
    left = sum(event.size for event in stream.receives)
    for event in stream.receives:
        known = _known(event, whole)
        if (event.offset or 0) != place or not known:  # a datagram has no place
            break
        pieces.append(known)
        place, left = place + event.size, left - len(known)
        if len(known) < event.size:
            break
    return dataclasses.replace(of_pieces(pieces), ended=stream.ended, unknown=left)


def _known(event: Event, whole: Mapping[int, bytes]) -> bytes:
    """Of what a call brought, the bytes from the first one on that the recording has."""
    if event.order in whole:
        return whole[event.order]
    if len(event.data) < event.size <= LARGE:
        return event.data[:KEPT_HEAD]
    return event.data
