"""Values on their way between the judge and the learner's process: plain data as JSON, one line a message. Nothing is unpickled on this side.

Only the very types count: an object of a subclass, whose `==` may say anything, arrives as `Odd`.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
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


def digest(data: bytes) -> Digest:
    return Digest(len(data), hashlib.sha256(data).hexdigest())


def encode(value: Any, depth: int = 0) -> Any:
    """`value` as what JSON can hold."""
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return {"v": value}
    if kind is int and value.bit_length() < 4096:
        return {"v": value}
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
            return base64.b64decode(text)
        case {"size": int(size), "sha256": str(sha256)}:
            return Digest(size, sha256)
        case {"l": list(items)}:
            return [decode(each) for each in items]
        case {"t": list(items)}:
            return tuple(decode(each) for each in items)
        case {"odd": str(kind)}:
            return Odd(kind)
    raise ValueError("no plain value")


def line(message: dict[str, Any]) -> bytes:
    """`message` as a line."""
    return json.dumps(message).encode("ascii", "backslashreplace") + b"\n"
