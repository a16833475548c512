"""How bytes are written in a map: each for itself, so that a cut between two of them can be drawn where it is.

Comes in: bytes. Goes out: what stands for each of them. Text is spelled as Python spells bytes (`\\r`, `\\xfc`); what is mostly no text in hexadecimal digits.
"""

from __future__ import annotations

import codecs

from helpers.pictures.messages.fields import Field

_SPELLINGS = [repr(bytes([code]))[2:-1] for code in range(256)]
_SAMPLE = 2000
"""Bytes of a field that say what kind it is."""


def is_text(data: bytes) -> bool:
    """Whether bytes are better read as text: of what UTF-8 makes of them, three of four characters can be printed, or end a line. Its last one may be cut."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data[:_SAMPLE])
    odd = sum(not (character.isprintable() or character in "\t\r\n") or character == "\ufffd" for character in text)
    return 4 * odd <= len(text)


def is_written_as_text(field: Field, data: bytes) -> bool:
    """Whether its bytes are, of `data`."""
    return is_text(data[field.start : field.stop]) if field.as_text is None else field.as_text


def spelled(data: bytes, as_text: bool) -> list[str]:
    """What is written for each byte."""
    return [_SPELLINGS[byte] for byte in data] if as_text else [f"{byte:02x}" for byte in data]


def in_words(data: bytes, most: int, as_text: bool | None = None) -> str:
    """Bytes for a line of words, in about `most` characters: as Python writes them, or in hex; of long ones both ends, and how many are between."""
    as_text = is_text(data) if as_text is None else as_text
    if len(data) <= most and (len(written := _joined(data, as_text)) <= most + 3 or len(data) <= 4):
        return written
    head = _fitting(data[:most], as_text, most * 2 // 3)
    tail = _fitting(data[: -most - 1 : -1], as_text, most // 3)
    left_out = len(data) - head - tail
    return f"{_joined(data[:head], as_text)} … {left_out:,} bytes … {_joined(data[len(data) - tail :], as_text)}"


def _joined(data: bytes, as_text: bool) -> str:
    if not as_text:
        return data.hex(" ")
    written = "".join(spelled(data, True)).replace("'", "\\'")
    return f"b'{written}'"


def _fitting(data: bytes, as_text: bool, room: int) -> int:
    """How many bytes, from the first one on, have room in so many characters."""
    if not as_text:
        return min(room // 3, len(data))
    for count, byte in enumerate(data):
        room -= len(_SPELLINGS[byte])
        if room < 0:
            return count
    return len(data)
