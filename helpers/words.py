"""How things are said, in every room: characters that would make a screen lie are spelled out, numbers agree with what they count."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence


def visible(text: str) -> str:
    r"""`text` with the characters spelled out that would make a screen lie: escapes, \r, \b, marks that turn the direction of writing.

    Of marks upon one letter four are left: no language has more, and a flood of them grows over the lines above and below.
    """
    spelled = text.translate(_SPELLINGS)
    return spelled if spelled.isascii() else _floods().sub(_dammed, spelled)


MARKS = 4
"""Upon one letter."""


@functools.cache
def _floods() -> re.Pattern[str]:
    """Marks upon one letter, where there are too many of them."""
    marks = [chr(code) for code in range(0x300, 0x20000) if unicodedata.category(chr(code)) in ("Mn", "Me")]
    return re.compile(f"[{''.join(marks)}]{{{MARKS + 1},}}")


def _dammed(flood: re.Match[str]) -> str:
    return flood[0][:MARKS] + flood[0][MARKS:].encode("unicode_escape").decode("ascii")


class _Spellings(dict[int, str]):
    """Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        harmless = character in "\n\t" or character.isprintable()
        self[code] = character if harmless else character.encode("unicode_escape").decode("ascii")
        return self[code]


_SPELLINGS = _Spellings()


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(count: int) -> str:
    """In words as far as ten: three; 1,200."""
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def many(count: int, thing: str) -> str:
    """The number with its noun, in figures: 1 byte, 3,000 bytes."""
    return f"{count:,} {_agreeing(count, thing)}"


def counted(count: int, thing: str) -> str:
    """The number with its noun, in words: one send, three sends."""
    return f"{number(count)} {_agreeing(count, thing)}"


def times(count: int) -> str:
    """How often: once, twice, 3 times."""
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"


def listed(words: Sequence[str]) -> str:
    """a, b and c; nothing where there are none."""
    if not words:
        return ""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _agreeing(count: int, thing: str) -> str:
    return thing if count == 1 else f"{thing}s"
