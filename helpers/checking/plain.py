"""Values that pass between the judge and the learner's process: plain data, as what JSON can hold. Nothing is unpickled.

Only the very types count, and those of the standard library that are made of them (a named tuple is a tuple, as is any other kind of it, known by its items): an object of any other subclass, whose `==` may say anything, becomes an `Odd`. `simplified` makes a plain value of whatever a function returns;
`encode` and `decode` take it across. Who may import it: `wire`, the learner's process, the judge and the exercises.
"""

from __future__ import annotations

import base64
import collections
import dataclasses
import enum
import random
from pathlib import PosixPath, WindowsPath
from typing import TypeAlias

LARGE = 1 << 20
"""Bytes above which only a digest of what a function returned travels."""
DEEPEST = 20
"""Lists within lists; what lies deeper is odd."""
LONGEST_NAME = 100
"""Characters of the name of a type."""
_KEYS = (bool, int, str, bytes)
_DICTS = (dict, collections.OrderedDict, collections.defaultdict)
_BITS = 4096  # of an int; Python reads no longer ones from text


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
class FilePath:
    """A path of `pathlib`."""

    text: str

    def __repr__(self) -> str:
        return f"Path({self.text!r})"


@dataclasses.dataclass(frozen=True)
class Bulk:
    """A great many bytes for the function. They do not travel: each side makes them for itself."""

    seed: int
    size: int

    def __bytes__(self) -> bytes:
        # Of a length that no program cuts by: a piece that goes astray does not look like another one.
        block = random.Random(self.seed).randbytes(1_000_003)
        return (block * (self.size // len(block) + 1))[: self.size]


Key: TypeAlias = "bool | int | str | bytes"
"""What a dict may have as a key."""
Value: TypeAlias = "None | bool | int | float | str | bytes | list[Value] | tuple[Value, ...] | dict[Key, Value] | FilePath | Digest | Odd"
"""What is known of something that a function returned."""
Argument: TypeAlias = "Value | Bulk"
"""What a function can be given."""


def digest(data: bytes) -> Digest:
    import hashlib  # few need it, and OpenSSL, which comes with it, takes as long to load as all of this package

    return Digest(len(data), hashlib.sha256(data).hexdigest())


def simplified(thing: object, depth: int = 0) -> Value:
    """`thing` as a plain value: itself, as far as it is one; a digest of a great many bytes; Odd for anything else."""
    kind = type(thing)
    if thing is None or kind in (bool, float, str):
        return thing  # type: ignore[return-value]  # isinstance would let subclasses in
    if type(thing) is int and thing.bit_length() < _BITS:
        return thing
    if type(thing) is bytes:
        return digest(thing) if len(thing) > LARGE else thing
    if type(thing) is list and depth < DEEPEST:
        return [simplified(each, depth + 1) for each in thing]
    # Of a NamedTuple as well: whatever its class says, these are its items.
    if isinstance(thing, tuple) and depth < DEEPEST:
        return tuple(simplified(each, depth + 1) for each in tuple.__iter__(thing))
    if isinstance(thing, dict) and kind in _DICTS and depth < DEEPEST and all(type(key) in _KEYS for key in thing):
        return {key: simplified(each, depth + 1) for key, each in thing.items()}
    if type(thing) in (PosixPath, WindowsPath):
        return FilePath(str(thing))
    if isinstance(thing, enum.IntEnum):  # such as `http.HTTPStatus`: a number with a name
        return simplified(int(thing), depth)
    return Odd(kind.__name__[:LONGEST_NAME])


def encode(value: Argument) -> dict[str, object]:
    """A plain value as what JSON can hold."""
    match value:
        case None | bool() | int() | float() | str():
            return {"v": value}
        case bytes():
            return {"b": base64.b64encode(value).decode("ascii")}
        case list():
            return {"l": [encode(each) for each in value]}
        case tuple():
            return {"t": [encode(each) for each in value]}
        case dict():
            return {"d": [[encode(key), encode(each)] for key, each in value.items()]}
        case FilePath():
            return {"path": value.text}
        case Digest():
            return {"size": value.size, "sha256": value.sha256}
        case Odd():
            return {"odd": value.kind}
        case Bulk():
            return {"bulk": value.seed, "size": value.size}


def decode(coded: object, depth: int = 0) -> Value:
    """What was encoded, but for `Bulk`. ValueError if it is no such thing."""
    match coded:
        case {"v": None | bool() | int() | float() | str() as value}:
            return value
        case {"b": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"size": int(size), "sha256": str(sha256)} if 0 <= size < 1 << 63 and len(sha256) == 64:
            return Digest(size, sha256)
        case {"l": list(items)} if depth < DEEPEST:
            return [decode(each, depth + 1) for each in items]
        case {"t": list(items)} if depth < DEEPEST:
            return tuple(decode(each, depth + 1) for each in items)
        case {"odd": str(kind)} if len(kind) <= LONGEST_NAME:
            return Odd(kind)
        case {"d": list(items)} if depth < DEEPEST:
            return dict(_item(item, depth + 1) for item in items)
        case {"path": str(text)}:
            return FilePath(text)
    raise ValueError("no plain value")


def _item(coded: object, depth: int) -> tuple[Key, Value]:
    """A key and its value, of what was encoded. ValueError if it is no such thing."""
    match coded:
        case [key, value]:
            plain = decode(key, depth)
            if isinstance(plain, (bool, int, str, bytes)):
                return plain, decode(value, depth)
    raise ValueError("no item of a dict")


def decode_argument(coded: object) -> Argument:
    """What was encoded, `Bulk` too. ValueError if it is no such thing. (Not for what the learner's process says: `Bulk` may be of any size.)"""
    match coded:
        case {"bulk": int(seed), "size": int(size)}:
            return Bulk(seed, size)
    return decode(coded)


def decode_or_odd(coded: object) -> Value:
    """What was encoded; Odd if it is no such thing."""
    try:
        return decode(coded)
    except ValueError:
        return Odd("something unknown")
