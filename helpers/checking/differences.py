"""How bytes differ from those that were to come: in words for the mistake that makes such a difference.

Comes in: two bytes objects. Goes out: a clause that says what happened to the bytes. Who may import it: verdicts, and the exercises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helpers.words import many

BLANKS = b" \t\r\n\v\f"

CHANGES: tuple[tuple[Callable[[bytes], bytes], str], ...] = (
    (bytes.lstrip, "the blanks and line ends at its beginning are gone, as strip() or lstrip() takes them off: they are bytes like any other"),
    (bytes.rstrip, "the blanks and line ends at its end are gone, as strip() or rstrip() takes them off: they are bytes like any other"),
    (bytes.strip, "the blanks and line ends at its ends are gone, as strip() takes them off: they are bytes like any other"),
    (lambda data: data.removesuffix(b"\n"), "the newline at its end is gone"),
    (lambda data: data.replace(b"\r\n", b"\n"), "each \\r\\n became \\n: the \\r is a byte like any other"),
    (lambda data: data.replace(b"\n", b""), "the newlines are gone: they are bytes like any other"),
    (lambda data: data.replace(b"\0", b""), "the zero bytes are gone: they are bytes like any other"),
    (bytes.lower, "its letters became small ones"),
    (bytes.upper, "its letters became capitals"),
    (lambda data: data[::-1], "its bytes are in the reverse order"),
    (lambda data: data.decode("utf-8", "ignore").encode(), "the bytes that are no UTF-8 are gone: errors='ignore' throws them away, and bytes need no decoding"),
    (lambda data: data.decode("ascii", "ignore").encode(), "the bytes that are no ASCII are gone: errors='ignore' throws them away, and bytes need no decoding"),
    (lambda data: data.decode("utf-8", "replace").encode(), "the bytes that are no UTF-8 became marks, as errors='replace' makes them: bytes need no decoding"),
    (lambda data: data.decode("latin-1").encode(), "it was decoded as Latin-1 and encoded as UTF-8, which makes other bytes: they need no decoding"),
    (lambda data: str(data).encode(), "str() shows bytes, with the b and the quotes, and makes no text of them"),
    (lambda data: b"'" + data + b"'", "quotes stand around it, as repr() puts them: they are bytes like any other"),
    (lambda data: b'"' + data + b'"', "quotes stand around it, as JSON puts them: they are bytes like any other"),
    (lambda data: data + data, "everything is in it twice"),
    (lambda data: data + b"\n", "a newline was put behind it"),
)  # fmt: skip


def difference(got: bytes, expected: bytes) -> str:
    """What happened to `expected` on its way to become `got`, another one; a clause without a full stop."""
    return next(_clauses(got, expected))


def _clauses(got: bytes, expected: bytes) -> Iterator[str]:
    if not got:
        yield "nothing of it is there"
    for change, words in CHANGES:
        if got == change(expected) and got != b"":
            yield words
    if _without_blanks(got) == _without_blanks(expected):
        yield _blanks(len(got) - len(expected))
    if expected.startswith(got):
        yield f"only the beginning is there, {_missing(len(expected) - len(got), 'last')} missing"
    if expected.endswith(got):
        yield f"only the end is there, {_missing(len(expected) - len(got), 'first')} missing, as where each piece takes the place of the one before"
    if got.startswith(expected):
        yield f"{_more(len(got) - len(expected))} behind it"
    if got.endswith(expected):
        yield f"{_more(len(got) - len(expected))} before it"
    at = _common(got, expected)
    if _is_within(got, expected):
        yield f"bytes are missing in it, the first of them at place {at:,}"
    if _is_within(expected, got):
        yield f"bytes were put into it, the first of them at place {at:,}"
    if len(got) == len(expected) and sorted(got) == sorted(expected):
        yield f"its bytes are in another order, from place {at:,} on"
    yield f"at place {at:,} stands {got[at : at + 1]!r}, and not {expected[at : at + 1]!r}"


def _missing(count: int, which: str) -> str:
    return f"the {which} byte is" if count == 1 else f"the {which} {many(count, 'byte')} are"


def _more(count: int) -> str:
    return f"{many(count, 'byte')} more {'stands' if count == 1 else 'stand'}"


def _blanks(more: int) -> str:
    if more > 0:
        return "blanks or line ends were put into it"
    done = "are gone, as strip() and split() take them off" if more < 0 else "were changed"
    return f"blanks and line ends {done}: they are bytes like any other"


def _without_blanks(data: bytes) -> bytes:
    return data.translate(None, BLANKS)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _is_within(part: bytes, whole: bytes) -> bool:
    """Whether `part` is `whole` without some of its bytes."""
    rest = iter(whole)
    return len(part) < len(whole) and all(each in rest for each in part)
