"""The fields of a line of JSON that another process has written, each looked at for its type and its bounds.

Comes in: what `json.loads` made of a line. Goes out: the field, of its type, or `Damaged`. Who uses it: `rows`, and whoever reads what else a process says: the judge's `wire`, and
`running.processes.messages`. So it imports nothing that a learner's process need not load anyway.
"""

from __future__ import annotations

import base64
import math
from json import dumps, loads  # by name: what runs in that process may do what it likes to the modules
from typing import TypeAlias

TEXT = 300
"""Characters of a text that travels, such as what an error says; the rest is cut off."""
HEAD = 4096
"""Bytes of a call's data; tapes keep fewer."""
DEEPEST = 3
"""Tuples within tuples, in what a call was given."""

Told: TypeAlias = dict[str, object]

Detail: TypeAlias = "None | str | int | float | tuple[Detail, ...]"
"""What a call of a socket was given or brought, beside bytes: an address, or how `shutdown` and `close` went."""


class Damaged(ValueError):
    """A line, or a part of one, that is not what was agreed."""


class Bare:
    """A message without fields."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def line_of(message: Told) -> bytes:
    return dumps(message).encode("ascii") + b"\n"


def object_in(line: bytes) -> Told:
    told = loads(line)
    if not isinstance(told, dict):
        raise Damaged("no object")
    return told


def with_token(line: bytes, token: str) -> Told | None:
    """The message that a line is; None if it is not from the process that knows `token`."""
    if token.encode() not in line:
        return None
    try:
        told = object_in(line)
    except (ValueError, RecursionError):
        return None
    return told if told.get("token") == token else None


def listing(told: object, length: int | None = None) -> list[object]:
    if not isinstance(told, list) or (length is not None and len(told) != length):
        raise Damaged("no list of that length")
    return told


def truth(told: object) -> bool:
    if not isinstance(told, bool):
        raise Damaged("neither true nor false")
    return told


def text(told: object, most: int = TEXT) -> str:
    if not isinstance(told, str) or len(told) > most:
        raise Damaged("no text of that length")
    return told


def text_or_none(told: object) -> str | None:
    return None if told is None else text(told)


def whole(told: object) -> int:
    """A number that a system counts with. (True is none.)"""
    if type(told) is not int or not -(1 << 63) <= told < 1 << 63:
        raise Damaged("no whole number")
    return told


def whole_or_none(told: object) -> int | None:
    return None if told is None else whole(told)


def seconds_or_none(told: object) -> float | None:
    if told is None:
        return None
    if type(told) is int and abs(told) < 1 << 63:
        return told
    if type(told) is not float or not math.isfinite(told):
        raise Damaged("no time")
    return told


def head(told: object) -> bytes:
    if not isinstance(told, str) or len(told) > 2 * HEAD:
        raise Damaged("no bytes of that length")
    return base64.b64decode(told, validate=True)


def detail(told: object, depth: int = 0) -> Detail:
    if isinstance(told, list) and depth < DEEPEST:
        return tuple(detail(each, depth + 1) for each in told)
    if told is None or (isinstance(told, str) and len(told) <= TEXT):
        return told
    if type(told) is float and math.isfinite(told):
        return told
    return whole(told)


def plain_detail(given: object, depth: int = 0) -> Detail:
    """An address, or another detail, as far as it is plain: a program may call `connect` with anything."""
    if isinstance(given, (tuple, list)) and depth < DEEPEST:
        return tuple(plain_detail(each, depth + 1) for each in given)
    if isinstance(given, str):
        return given[:TEXT]
    if isinstance(given, int) and -(1 << 63) <= given < 1 << 63:
        return int(given)
    return given if isinstance(given, float) and given - given == 0 else None
