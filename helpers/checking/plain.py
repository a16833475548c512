"""Values on their way between the judge and the learner's process: plain data as JSON, one line a message. Nothing is unpickled on this side.

Only the very types count: an object of a subclass, whose `==` may say anything, arrives as `Odd`.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import random
from json import dumps
from typing import Any

LARGE = 1 << 20
"""Bytes above which only a digest travels."""
DEEPEST = 20


@dataclasses.dataclass(frozen=True)
class Odd:
    """Something that is no plain value: only the name of its type is known here."""

    kind: str

    def __repr__(self) -> str:
        return f"an object of type {self.kind}"


@dataclasses.dataclass(frozen=True)
class Digest:
    """A great many bytes."""

    size: int
    sha256: str

    def __repr__(self) -> str:
        return f"{self.size:,} bytes"


@dataclasses.dataclass(frozen=True)
class Bulk:
    """A great many bytes for the function. They do not travel: each side makes them for itself."""

    seed: int
    size: int

    def __bytes__(self) -> bytes:
        # Of a length that no program cuts by: a piece that goes astray does not look like another one.
        block = random.Random(self.seed).randbytes(1_000_003)
        return (block * (self.size // len(block) + 1))[: self.size]


def digest(data: bytes) -> Digest:
    return Digest(len(data), hashlib.sha256(data).hexdigest())


def encode(value: Any, depth: int = 0) -> Any:
    """`value` as what JSON can hold."""
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return {"v": value}
    if kind is int and value.bit_length() < 4096:
        return {"v": value}
    if kind is Bulk:
        return {"bulk": value.seed, "size": value.size}
    if kind is bytes and len(value) > LARGE:
        return {"size": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if kind is bytes:
        return {"b": base64.b64encode(value).decode("ascii")}
    if kind in (list, tuple) and depth < DEEPEST:
        return {"l" if kind is list else "t": [encode(each, depth + 1) for each in value]}
    return {"odd": kind.__name__[:100]}


def decode(coded: Any) -> Any:
    """What was encoded. ValueError if it is no such thing."""
    match coded:
        case {"v": None | bool() | int() | float() | str() as value}:
            return value
        case {"b": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"size": int(size), "sha256": str(sha256)}:
            return Digest(size, sha256)
        case {"l": list(items)}:
            return [decode(each) for each in items]
        case {"t": list(items)}:
            return tuple(decode(each) for each in items)
        case {"odd": str(kind)}:
            return Odd(kind)
    raise ValueError("no plain value")


def argument(coded: Any) -> Any:
    """What was encoded for the function, as it is given to it."""
    match coded:
        case {"bulk": int(seed), "size": int(size)}:
            return bytes(Bulk(seed, size))
    return decode(coded)


def line(message: dict[str, Any]) -> bytes:
    """`message` as a line."""
    return dumps(message).encode("ascii", "backslashreplace") + b"\n"
