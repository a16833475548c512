"""What a learner's parser says of the names in a message of DNS, beside what stands there: where it goes wrong is seen.

Comes in: the bytes, and a function `read_name(message, at)` that gives a name and the place behind it, or raises. Goes out: `Reading`s. The function runs here, in so many steps at most; whatever it raises, but for KeyboardInterrupt, is a reading.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any, NamedTuple

from helpers.pictures.messages import dns
from helpers.words import shortened, visible

STEPS = 100_000
"""Lines of a parser that are executed for one name; longer runs only what never ends."""
_WORDS = 50
ReadName = Callable[[bytes, int], object]


class Reading(NamedTuple):
    """What a parser says of the name at a place."""

    start: int
    stop: int
    """As far as the name goes, as the parser says; where it says nothing that can be, the place behind the first byte."""
    gives: str
    """'www.example.org', 33; or what it raises."""
    instead_of: str
    """What is right; "" if the parser is."""

    @property
    def in_words(self) -> str:
        return f"{self.gives}, not {self.instead_of}" if self.instead_of else self.gives


class _Endless(BaseException):
    """Raised in a parser that goes on and on."""


def readings_of(data: bytes, read_name: ReadName) -> list[Reading]:
    """One for each name, in their order."""
    return [_reading(data, at, read_name) for at in dns.places_of_names(data)]


def _reading(data: bytes, at: int, read_name: ReadName) -> Reading:
    there = dns.name_at(data, at)
    right = f"ValueError ({there.wrong})" if there.wrong else f"{dns.spelled(there.labels)!r}, {there.next}"
    try:
        given = _in_steps(read_name, data, at)
        words = ", ".join(map(repr, given)) if isinstance(given, tuple) else repr(given)
    except _Endless:
        return Reading(at, at + 1, f"nothing: it never ends ({STEPS:,} lines, and still at work)", right)
    except Exception as error:
        may_refuse = there.wrong or not b"".join(there.labels).isascii()
        refuses = may_refuse and isinstance(error, ValueError)
        return Reading(at, at + 1, _shown(f"{type(error).__name__}: {error}"), "" if refuses else right)
    name, behind = given if isinstance(given, tuple) and len(given) == 2 else (None, None)
    is_right = not there.wrong and behind == there.next and _is_name(name, there.labels)
    stop = behind if isinstance(behind, int) and at < behind <= len(data) else at + 1
    return Reading(at, stop, _shown(words), "" if is_right else right)


def _shown(words: str) -> str:
    return shortened(" ".join(visible(words).split()), _WORDS)


def _is_name(name: object, labels: list[bytes]) -> bool:
    """Whether text says these labels, with a dot at its end or without, odd bytes written in any of the usual ways."""
    if not isinstance(name, str):
        return False
    joined = b".".join(labels)
    spellings = {
        dns.spelled(labels),
        joined.decode("latin-1"),
        joined.decode("utf-8", "replace"),
        joined.decode("ascii", "backslashreplace"),
    }
    return name in spellings or name.removesuffix(".") in spellings or (not labels and name in ("", "."))


def _in_steps(function: ReadName, *arguments: Any) -> object:
    """What it gives. _Endless where that takes more than `STEPS` lines of Python: then it is ended in the midst of one."""
    left = STEPS

    def trace(frame: types.FrameType, event: str, argument: object) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Endless
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return function(*arguments)
    finally:
        sys.settrace(before)
