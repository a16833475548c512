"""Messages with a header line in front: a kind, a blank, the length of the text in bytes, a newline, and so many bytes of text. The protocol of lesson 14.

Comes in: bytes. Goes out: their `Field`s, also of what keeps to no protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from helpers.pictures.messages.fields import Field, rest_missing
from helpers.pictures.messages.frames import one_after_another

HEADER = 22
"""Bytes of the longest header, without its newline: 16 letters, a blank, five digits."""
_KIND, _LENGTH = re.compile(rb"[A-Z]{1,16}"), re.compile(rb"0|[1-9][0-9]{0,4}")
_NO_HEADER = "no header, which has a kind and a length"


def fields(data: bytes) -> Iterator[Field]:
    """The kinds, lengths and texts; the last message as far as it has come. Behind what is no header nobody can say where a message begins."""
    return one_after_another(data, _message, _NO_HEADER)


def _message(data: bytes, at: int, heading: str) -> Iterator[Field]:
    """Its fields; none where it has no header."""
    end = data.find(b"\n", at, at + HEADER + 1)
    if end < 0:
        yield from _unfinished(data, at, heading)
        return
    kind, blank, length = data[at:end].partition(b" ")
    if not (blank and _KIND.fullmatch(kind) and _LENGTH.fullmatch(length)):
        return
    behind, size = at + len(kind), int(length)
    yield Field("kind", at, behind, heading=heading)
    yield Field("blank", behind, behind + 1, delimiter=True)
    yield Field("length", behind + 1, end)
    yield Field("newline", end, end + 1, delimiter=True)
    stop = min(end + 1 + size, len(data))
    yield Field("text", end + 1, stop, missing=rest_missing(end + 1 + size - stop))


def _unfinished(data: bytes, at: int, heading: str) -> Iterator[Field]:
    """A header whose newline has not come."""
    kind, blank, length = data[at:].partition(b" ")
    if not _KIND.fullmatch(kind) or (length and not _LENGTH.fullmatch(length)):
        return
    behind = at + len(kind)
    missing = "the end of the header is missing"
    yield Field("kind", at, behind, heading=heading, missing="" if blank else missing)
    if blank:
        yield Field("blank", behind, behind + 1, delimiter=True)
        yield Field("length", behind + 1, len(data), missing=missing)
