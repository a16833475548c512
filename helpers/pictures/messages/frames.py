"""Messages with their length in front: four bytes, the largest first, then so many bytes of payload. And the next one.

Comes in: bytes. Goes out: their `Field`s. `headed` uses what takes one message after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helpers.pictures.messages.fields import Field, rest_missing
from helpers.words import many

LENGTH = 4
"""Bytes of a length."""
MOST = 500
"""Messages that are taken apart; what follows them is one field."""


def fields(data: bytes) -> Iterator[Field]:
    """The lengths and payloads; the last message as far as it has come."""
    return one_after_another(data, _message)


def one_after_another(
    data: bytes, message: Callable[[bytes, int, str], Iterator[Field]], no_message: str = ""
) -> Iterator[Field]:
    """The fields of each message, as `message(data, at, heading)` finds them; where it finds none, the rest is one field, which `no_message` explains."""
    at, number = 0, 1
    while at < len(data):
        if number > MOST:
            yield Field("further messages", at, len(data), heading="and so on")
            return
        heading, start = f"message {number}", at
        for field in message(data, at, heading):
            yield field
            at = field.stop
        if at == start:
            yield Field("line, or more", at, len(data), no_message, heading=heading)
            return
        number += 1


def _message(data: bytes, at: int, heading: str) -> Iterator[Field]:
    behind = at + LENGTH
    if behind > len(data):
        yield Field("length", at, len(data), heading=heading, missing=rest_missing(behind - len(data)))
        return
    size = int.from_bytes(data[at:behind], "big")
    yield Field("length", at, behind, many(size, "byte"), heading=heading)
    stop = min(behind + size, len(data))
    yield Field("payload", behind, stop, missing=rest_missing(behind + size - stop))
