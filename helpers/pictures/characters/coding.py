"""Which bytes make which character, and what Python's error handlers make of those that make none.

Comes in: a text, bytes, or pieces of bytes, and the names of an encoding and an error handler. Goes out: a `Coding`, for whoever draws it or says what
it is. Python's codecs do all encoding and decoding here; only where the marker bits stand is written down in this module.
"""

from __future__ import annotations

import bisect
import codecs
import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence

from helpers.words import is_or_are, many

LONGEST = 65_536
"""Characters or bytes that are taken apart one by one in reasonable time."""

_BOMS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_BYTES_AT_A_TIME = {
    "ascii": 1,
    "iso8859-1": 1,
    "utf-8": 1,
    "utf-16-le": 2,
    "utf-16-be": 2,
    "utf-32-le": 4,
    "utf-32-be": 4,
}
"""The encodings of which this module knows the bits."""
_BYTES = (bytes, bytearray, memoryview)


@dataclasses.dataclass(frozen=True)
class Span:
    """A stretch of bytes that belong together: those of one character, a byte order mark, or broken ones."""

    text: str
    """The character; '' for a byte order mark and for broken bytes."""
    data: bytes
    """For a character that the encoding does not have: what the error handler writes instead, if anything."""
    start: int
    """The position of the first byte, from 0."""
    codec: str = ""
    """How the bits are to be read; '' where they hold no code point."""
    broken: str = ""
    """Why these bytes are no character, to follow what says which they are; '' where they are one."""
    missing: int = 0
    """Bytes that would have to follow, where UTF-8 ends within a character."""
    lacking: bool = False
    """The encoding does not have this character."""
    bom: bool = False

    @property
    def end(self) -> int:
        """The position behind the last byte."""
        return self.start + len(self.data)

    @property
    def surrogate_pair(self) -> bool:
        """Whether UTF-16 needs two units of two bytes for it."""
        return self.codec.startswith("utf-16") and len(self.data) == 4

    @property
    def split_bits(self) -> list[tuple[str, str]]:
        """For each byte its marker bits, and those that carry the code point ('' where this module does not know)."""
        whole = [f"{byte:08b}" for byte in self.data]
        return [(bits[: 8 - n], bits[8 - n :]) for bits, n in zip(whole, self._carrying(), strict=True)]

    @property
    def bits(self) -> str:
        """The bits of the code point put together, a group for each byte, the highest first; '' where that is not known."""
        if self.broken or self.codec not in _BYTES_AT_A_TIME:
            return ""
        groups = [carrying for _, carrying in self.split_bits]
        if self.codec.endswith("-le"):
            unit = _BYTES_AT_A_TIME[self.codec]
            groups = [group for i in range(0, len(groups), unit) for group in reversed(groups[i : i + unit])]
        return ("0x10000 + " if self.surrogate_pair else "") + " ".join(groups)

    def _carrying(self) -> list[int]:
        """How many bits of each byte carry the code point: in all these encodings the lowest. 0: this is not known."""
        if self.codec == "utf-8":
            return [_utf8_carrying(byte) for byte in self.data]
        if self.codec == "ascii":
            return [7] * len(self.data)
        if self.surrogate_pair:
            return [8, 2, 8, 2] if self.codec.endswith("-le") else [2, 8, 2, 8]
        return [8 if self.codec in _BYTES_AT_A_TIME else 0] * len(self.data)


Item = Span | int
"""What is drawn of a coding: a span; between spans the number of characters of a text, or of bytes, that are left out."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a call gave, or how it failed."""

    gives: str | bytes | None
    raises: str = ""


@dataclasses.dataclass(frozen=True)
class Coding:
    """A text and what one encoding makes of it, or bytes and what they are in one encoding."""

    value: str | bytes
    name: str
    """Of the encoding, as it was asked for."""
    errors: str
    codec: str
    """Of what follows the byte order mark, as Python calls it."""
    pieces: list[bytes]
    """What the bytes were joined of; of a text, none."""
    cuts: list[int]
    """The positions at which one piece ends and the next begins, in order, each once."""
    spans: list[Span]
    shortened: list[Item]
    """The spans for which there is room, and what is left out between them."""

    @property
    def outcome(self) -> Outcome:
        """Of the whole value."""
        return convert(self.value, self.name, self.errors)

    @property
    def drawn(self) -> list[Span]:
        """Those for which there is room."""
        return [item for item in self.shortened if isinstance(item, Span)]

    @property
    def broken(self) -> list[Span]:
        """Those that are no character."""
        return [span for span in self.spans if span.broken]

    @property
    def lost(self) -> int:
        """Characters of a text, or bytes, that the handler 'ignore' leaves out."""
        return _size(self.value, [span for span in self.spans if span.broken or span.lacking])


def code(text: str | bytes | Sequence[bytes], name: str, errors: str, most: int) -> Coding:
    """What the encoding called `name` makes of it; at most about `most` characters are to be drawn.

    An unknown encoding or error handler, or more than `LONGEST`, raises ValueError; a wrong type TypeError.
    """
    _check_encoding(name)
    _check_handler(errors)
    pieces = [] if isinstance(text, str) else _pieces(text)
    value = text if isinstance(text, str) else b"".join(pieces)
    if len(value) > LONGEST:
        raise ValueError(
            f"a picture can be made of {LONGEST:,} characters or bytes, not of {len(value):,}: give a part"
        )
    boms = _BOMS.get(codecs.lookup(name).name, ())
    bom = "".encode(name) if isinstance(value, str) else next((bom for bom in boms if value.startswith(bom)), b"")
    codec = _without_bom(name, bom)
    spans = [Span("", bom, 0, bom=True)] if bom else []
    spans += _encoded(value, len(bom), codec, errors) if isinstance(value, str) else _decoded(value, len(bom), codec)
    cuts = sorted(set(itertools.accumulate(map(len, pieces[:-1]))))
    return Coding(value, name, errors, codec, pieces, cuts, spans, _shortened(value, spans, cuts, most))


def convert(value: str | bytes, name: str, errors: str) -> Outcome:
    """The bytes of a text, or the text of bytes."""
    return _attempt(value.encode if isinstance(value, str) else value.decode, name, errors)


def decode_incrementally(pieces: list[bytes], name: str, errors: str) -> list[Outcome]:
    """Of one decoder that gets the pieces one after the other, and is then told that none follows; until it raises."""
    decoder = codecs.getincrementaldecoder(name)(errors)
    outcomes = []
    for piece, final in [*((piece, False) for piece in pieces), (b"", True)]:
        outcomes.append(_attempt(decoder.decode, piece, final))
        if outcomes[-1].raises:
            break
    return outcomes


def _attempt(call: Callable[..., str | bytes], *arguments: object) -> Outcome:
    try:
        return Outcome(call(*arguments))
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        return Outcome(None, f"{type(error).__name__} at position {error.start}: {error.reason}")
    except (TypeError, ValueError) as error:  # an error handler for the other direction
        return Outcome(None, f"{type(error).__name__}: {error}")


def cuts_within(span: Span, cuts: list[int]) -> list[int]:
    """The cuts that go through it."""
    return cuts[bisect.bisect_right(cuts, span.start) : bisect.bisect_left(cuts, span.end)]


def _size(value: str | bytes, spans: list[Span]) -> int:
    """Characters of a text, or bytes."""
    return len(spans) if isinstance(value, str) else sum(len(span.data) for span in spans)


def _shortened(value: str | bytes, spans: list[Span], cuts: list[int], most: int) -> list[Item]:
    """At most `most` of the spans, among these the first that is broken, lacking or cut through."""
    odd = (i for i, span in enumerate(spans) if span.broken or span.lacking or cuts_within(span, cuts))
    items: list[Item] = []
    done = 0
    for index in _chosen(len(spans), most, next(odd, 0)):
        if index > done:
            items.append(_size(value, spans[done:index]))
        items.append(spans[index])
        done = index + 1
    return items


def _chosen(number: int, most: int, middle: int) -> list[int]:
    """Indexes, `most` of `number`: a third around `middle`, a third at the end, the others at the beginning."""
    third = most // 3
    around = range(middle - third // 2, middle - third // 2 + third)
    chosen = {*around, *range(number - third, number)} & set(range(number))
    rest = (index for index in range(number) if index not in chosen)
    return sorted([*chosen, *itertools.islice(rest, most - len(chosen))])


# What may be asked for


def _pieces(data: object) -> list[bytes]:
    pieces = [data] if isinstance(data, _BYTES) else data
    if not isinstance(pieces, Sequence):
        raise TypeError(f"encoding() takes a text, bytes, or a list of bytes, not {type(data).__name__}")
    for piece in pieces:
        if not isinstance(piece, _BYTES):
            raise TypeError(f"each piece of a list must be bytes, not {type(piece).__name__}")
    return [bytes(piece) for piece in pieces]


def _check_encoding(name: str) -> None:
    """Refuses what Python does not know, and what does not give each character a few bytes of its own (UTF-7, IDNA)."""
    sample = "éé世世"
    why = f"a picture cannot tell which bytes make which character in {name!a}"
    try:
        codec = _without_bom(name, b"")
        each = [character.encode(codec, "ignore") for character in sample]
        if sample.encode(codec, "ignore") == b"".join(each) and max(map(len, each)) <= 4:
            return
    except UnicodeError:
        pass
    except (LookupError, ValueError):
        why = f"Python knows no text encoding named {name!a}"
    raise ValueError(f"{why}: write 'utf-8', 'latin-1', 'ascii' or 'utf-16'")


def _check_handler(errors: str) -> None:
    try:
        codecs.lookup_error(errors)
    except (LookupError, ValueError):
        known = "write 'strict', 'ignore' or 'replace'"
        raise ValueError(f"Python knows no error handler named {errors!a}: {known}") from None


def _without_bom(name: str, bom: bytes) -> str:
    """The codec of what follows the byte order mark; without one, the order is this machine's."""
    codec = codecs.lookup(name).name
    if codec not in _BOMS:
        return codec
    little = bom.startswith(codecs.BOM_UTF16_LE) if bom else sys.byteorder == "little"
    return codec + ("-le" if little else "-be")


# The two directions


def _encoded(text: str, start: int, codec: str, errors: str) -> Iterator[Span]:
    for character in text:
        try:
            span = Span(character, character.encode(codec), start, codec)
        except UnicodeEncodeError:
            instead = convert(character, codec, errors).gives
            span = Span(character, instead if isinstance(instead, bytes) else b"", start, lacking=True)
        yield span
        start = span.end


def _decoded(data: bytes, start: int, codec: str) -> Iterator[Span]:
    """Which bytes form which character. A broken stretch is as long as Python's codec finds it to be."""
    while start < len(data):
        rest = data[start:]
        try:
            rest.decode(codec)
        except UnicodeDecodeError as error:
            yield from _characters(rest[: error.start], start, codec)
            yield _broken(rest, start, codec, error)
            start += error.end
        else:
            yield from _characters(rest, start, codec)
            return


def _characters(data: bytes, start: int, codec: str) -> Iterator[Span]:
    """The decoder gets the bytes one by one, and gives a character when it has the whole of it."""
    decoder = codecs.getincrementaldecoder(codec)()
    begun = 0
    for end in range(1, len(data) + 1):
        text = decoder.decode(data[end - 1 : end], end == len(data))
        if text:
            yield Span(text, data[begun:end], start + begun, codec)
            begun = end


def _broken(rest: bytes, start: int, codec: str, error: UnicodeDecodeError) -> Span:
    data, after = rest[error.start : error.end], rest[error.end : error.end + 1]
    start += error.start
    if codec == "utf-8":
        missing = 0 if after else max(0, _utf8_length(data[0]) - len(data))
        return Span("", data, start, codec, _why_utf8(data[0], after, missing), missing)
    why = f"is no character: {error.reason}"
    if codec.startswith("utf-16"):
        why = "is half of a surrogate pair, without the other half"
        if error.reason == "truncated data":
            why = "is one byte, where UTF-16 takes two at a time"
    return Span("", data, start, broken=why)


# UTF-8


def _why_utf8(first: int, after: bytes, missing: int) -> str:
    """Why no character begins with the byte `first`, in more words than Python's."""
    if _continues(first):
        return "is a continuation byte, and there is no start byte for it"
    if not _utf8_length(first):
        return "never occurs in UTF-8"
    starts = f"starts a character of {_utf8_length(first)} bytes"
    if missing:
        return f"{starts}, but the bytes end: {many(missing, 'byte')} {is_or_are(missing)} missing"
    if _continues(after[0]):  # but it is none that may stand here
        return f"{starts} that UTF-8 does not allow: {after!r} may not follow it"
    return f"{starts}, but {after!r} follows, which is no continuation byte"


def _continues(byte: int) -> bool:
    return 0x80 <= byte <= 0xBF


def _utf8_length(first: int) -> int:
    """Bytes of the character, if this byte starts one of several bytes; otherwise 0."""
    return 2 + (first >= 0xE0) + (first >= 0xF0) if 0xC2 <= first <= 0xF4 else 0


def _utf8_carrying(byte: int) -> int:
    """How many bits follow the ones, and the zero, that say what kind of byte it is."""
    ones = 8 - (byte ^ 0xFF).bit_length()
    return 7 - ones if ones <= 4 else 0
