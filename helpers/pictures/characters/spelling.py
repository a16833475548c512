"""How characters and bytes are spelled, so that whatever stands in a text is seen: hidden ones as Python's escapes, long ones cut in the middle.

Comes in: a text or bytes. Goes out: a text to show. For the pictures of an encoding, and for the panel of texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_CONTROLS = {0: "NULL", 7: "BELL", 8: "BACKSPACE", 9: "TAB", 10: "NEWLINE", 13: "CARRIAGE RETURN", 27: "ESCAPE"}


def hidden(character: str) -> bool:
    """Whether one could not see it, or not where it stands: controls, marks that combine or turn the direction."""
    return not character.isprintable() or unicodedata.category(character).startswith("M")


def spelled(text: str) -> str:
    """`text` with what is hidden written as Python's escapes: more than `words.visible` does, which keeps a letter's own marks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c.encode("unicode_escape").decode("ascii") if hidden(c) else c for c in text)


def quoted(value: str | bytes) -> str:
    """As Python code, what is hidden written as escapes."""
    return spelled(repr(value))


def abridged(value: str | bytes, most: int = 32) -> str:
    """The repr, cut in the middle to about `most` columns of a terminal."""
    if len(value) <= most and cells(quoted(value)) <= most:
        return quoted(value)
    beginnings, ends = ([value[:n] for n in range(most, 0, -1)], [value[-n:] for n in range(most, 0, -1)])
    head, tail = _first_that_fits(beginnings, most * 2 // 3), _first_that_fits(ends, most // 3)
    return f"{'b' if isinstance(value, bytes) else ''}'{head}…{tail}'"


def _first_that_fits(values: Sequence[str | bytes], room: int) -> str:
    """The repr without its quotes."""
    bare = (quoted(value).removeprefix("b")[1:-1].replace("'", "\\'") for value in values)
    return next(words for words in bare if cells(words) <= room)


def cells(words: str) -> int:
    """Columns of a terminal: wide characters (Chinese, emoji) take two."""
    wide = 0 if words.isascii() else sum(unicodedata.east_asian_width(character) in "WF" for character in words)
    return len(words) + wide


def unicode_name(character: str) -> str:
    """Of a control character, which has none in Unicode, what ASCII calls it."""
    if "\ud800" <= character <= "\udfff":
        return "HALF OF A SURROGATE PAIR, no character"
    nameless = "CONTROL CHARACTER" if unicodedata.category(character) == "Cc" else "without a name"
    return unicodedata.name(character, _CONTROLS.get(ord(character), nameless))


def code_points(text: str) -> str:
    """Of one character; in a few encodings some bytes make two at once."""
    return " ".join(f"U+{ord(character):04X}" for character in text)
