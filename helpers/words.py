"""How things are said, in every room.

Comes in: a text from anywhere, or a count with what it counts. Goes out: words that can be shown. Characters that would make a screen lie are
spelled out, and numbers agree with their nouns. Any room may use it; it uses none. Only English is spoken here, and only nouns whose plural ends in s.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Sequence

MARKS = 4
"""Combining marks upon one letter that are shown: no language has more."""
FIRST_MARK = "\u0300"
"""No character before it is a combining mark."""


# What a screen shows


def visible(text: str) -> str:
    r"""`text` with the characters spelled out that would make a screen lie: escapes, \r, \b, marks that turn the direction of writing.

    Of combining marks upon one letter `MARKS` are left: a flood of them grows over the lines above and below.
    """
    spelled = text.translate(_SPELLINGS)
    # Looked for only where a mark may be: the expression takes a tenth of a second to make.
    return spelled if spelled.isascii() or max(spelled) < FIRST_MARK else _floods().sub(_dammed, spelled)


def in_a_line(text: str) -> str:
    """`text` as it is shown where a line has to stay one: its own ends of lines, and tabs, are spelled out, too."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def shortened(text: str, most: int) -> str:
    """`text` in `most` characters: where it is longer, its end is left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


class _Spellings(dict[int, str]):
    """How each character is shown, by its code point: a table for `str.translate`, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        harmless = character in "\n\t" or character.isprintable()
        self[code] = character if harmless else _escaped(character)
        return self[code]


_SPELLINGS = _Spellings()


@functools.cache
def _floods() -> re.Pattern[str]:
    """More than `MARKS` marks in a row. Made when it is first needed: that takes a tenth of a second."""
    marks = [code for code in range(0x300, 0x20000) if unicodedata.category(chr(code)) in ("Mn", "Me")]
    runs = [[code for _, code in run] for _, run in itertools.groupby(enumerate(marks), lambda each: each[1] - each[0])]
    ranges = "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)
    # The ranges are many, and most characters are below the first: one look at those spares going through all.
    return re.compile(f"(?=[{FIRST_MARK}-\U0001ffff])[{ranges}]{{{MARKS + 1},}}")


def _dammed(flood: re.Match[str]) -> str:
    return flood[0][:MARKS] + _escaped(flood[0][MARKS:])


def _escaped(text: str) -> str:
    """As Python writes it between quotes."""
    return text.encode("unicode_escape").decode("ascii")


# Numbers with their nouns


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(count: int) -> str:
    """In words as far as ten: three; 1,200."""
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def many(count: int, thing: str) -> str:
    """The number with its noun, in figures: 1 byte, 3,000 bytes."""
    return f"{count:,} {noun(count, thing)}"


def counted(count: int, thing: str) -> str:
    """The number with its noun, in words: one send, three sends."""
    return f"{number(count)} {noun(count, thing)}"


def noun(count: int, thing: str) -> str:
    """The noun as the number wants it: byte for 1, bytes for none and for several."""
    return thing if count == 1 else f"{thing}s"


def is_or_are(count: int) -> str:
    """The verb as the number wants it."""
    return "is" if count == 1 else "are"


def times(count: int) -> str:
    """How often: once, twice, 3 times."""
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"


def listed(words: Sequence[str], most: int | None = None) -> str:
    """a, b and c; nothing where there are none. Of more than `most` the first, and how many others: a, b and 3 more."""
    if most is not None and len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    if not words:
        return ""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
