"""Messages with their length in front: four bytes, the largest first, then so many bytes of payload. And the next one.

Comes in: bytes. Goes out: their `Field`s.
"""

from __future__ import annotations

from collections.abc import Iterator

from helpers.pictures.messages.fields import Field
from helpers.words import many

LENGTH = 4
"""Bytes of a length."""
MOST = 500
"""Messages that are taken apart; what follows them is one field."""


def fields(data: bytes) -> Iterator[Field]:
    """The lengths and payloads; the last message as far as it has come."""
    at, number = 0, 1
    while at < len(data):
        if number > MOST:
            yield Field("further messages", at, len(data), heading="and so on")
            return
        heading = f"message {number}"
        start, at = at, at + LENGTH
        if at > len(data):
            yield Field("length", start, len(data), heading=heading, missing=f"{many(at - len(data), 'byte')} missing")
            return
        size = int.from_bytes(data[start:at], "big")
        yield Field("length", start, at, f"{many(size, 'byte')}", heading=heading)
        stop = min(at + size, len(data))
        if missing := size - (stop - at):
            yield Field("payload", at, stop, missing=f"{many(missing, 'byte')} missing")
        else:
            yield Field("payload", at, stop)
        at, number = stop, number + 1
