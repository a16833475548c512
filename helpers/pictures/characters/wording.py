"""What is said about an encoding: the notes in the picture, the alt text, and the text that tells the same.

Comes in: `Coding`. Goes out: words, and `Note`, a line of words and code that a picture sets in two fonts.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from helpers.pictures.characters.coding import Coding, Item, Outcome, Span, convert, cuts_within, decode_incrementally
from helpers.pictures.characters.spelling import abridged, code_points, hidden, quoted, unicode_name
from helpers.words import many

NOTHING = "Nothing in it: no characters, no bytes."

_TITLES = {"iso8859-1": "Latin-1", "ascii": "ASCII"}


class Snippet(str):
    """A part of a note that is set as code."""

    __slots__ = ()


Note = tuple[str, ...]
"""The parts of a line; those that are code are a `Snippet`."""


def _encoding_name(coding: Coding) -> str:
    codec = codecs.lookup(coding.name).name
    return _TITLES.get(codec) or (codec.upper() if codec.startswith("utf") else codec)


def unit(coding: Coding) -> str:
    """What the value consists of: character, byte."""
    return "character" if isinstance(coding.value, str) else "byte"


def title(coding: Coding) -> str:
    """Of a section: UTF-8: 2 characters, 3 bytes."""
    words = f"{_encoding_name(coding)}: {many(len(coding.value), unit(coding))}"
    if coding.cuts:
        words += f" in {many(len(coding.pieces), 'piece')}"
    if coding.outcome.gives is not None:
        words += f", {many(len(coding.outcome.gives), 'byte' if isinstance(coding.value, str) else 'character')}"
    return words


def heading(coding: Coding) -> Note:
    """The first line of a section: the call with what it gives, or the pieces."""
    if coding.cuts:
        pieces = ", ".join(abridged(piece, 24) for piece in coding.pieces[:3])
        return ("The pieces: ", Snippet(f"[{pieces}{', …' if len(coding.pieces) > 3 else ''}]"))
    return (_call(coding, coding.value), "  ", *_result(coding.outcome))


def _call(coding: Coding, value: str | bytes, most: int = 32) -> Snippet:
    method = "encode" if isinstance(value, str) else "decode"
    errors = "" if coding.errors == "strict" else f", errors={abridged(coding.errors)}"
    return Snippet(f"{abridged(value, most)}.{method}({abridged(coding.name)}{errors})")


def _result(outcome: Outcome) -> Note:
    return ("raises ", outcome.raises) if outcome.gives is None else ("gives ", Snippet(abridged(outcome.gives)))


def notes(coding: Coding) -> list[Note]:
    """The lines at the end of a section."""
    return [*_notes_on_bits(coding), *_notes_on_broken(coding), *(_piecewise if coding.cuts else _handlers)(coding)]


def _notes_on_bits(coding: Coding) -> Iterator[Note]:
    """What one must know to read the bits of this encoding."""
    little = coding.codec.endswith("-le")
    if coding.spans and coding.spans[0].bom:
        order = "lower byte first (little endian)" if little else "higher byte first (big endian)"
        bom = coding.spans[0].data.hex(" ")
        yield (f"BOM, the byte order mark: its bytes {bom} say that numbers come {order}.",)
    if little and any(span.bits for span in coding.spans):
        yield ("The lower byte comes first. Put together, the bytes change places.",)
    if any(span.surrogate_pair for span in coding.spans):
        yield ("A surrogate pair: 110110 and 110111 mark its halves; their 20 bits count from 0x10000.",)
    if coding.codec == "utf-8" and not all(span.data.isascii() for span in coding.spans):
        ones = "0 stands before a character of one byte; 110 starts a character of 2 bytes, 1110 of 3, 11110 of 4"
        yield (f"Marker bits: {ones}; 10 continues it.",)


def _notes_on_broken(coding: Coding) -> Iterator[Note]:
    for span in coding.broken[:4]:
        where = f"position {span.start}" if len(span.data) == 1 else f"positions {span.start} to {span.end - 1}"
        yield (f"Broken at {where}: ", Snippet(abridged(span.data)), f" {span.broken}")
    if len(coding.broken) > 4:
        yield (f"… and {many(len(coding.broken) - 4, 'more broken place')}",)


def _handlers(coding: Coding) -> Iterator[Note]:
    """What the error handlers make of it, where there is something to handle."""
    if not convert(coding.value, coding.name, "strict").raises:
        return
    marks = "a ? stands for each that is missing"
    if isinstance(coding.value, bytes):
        marks = "U+FFFD, the replacement character, marks the place"
    remarks = {"ignore": f": {many(coding.lost, unit(coding))} lost without a word", "replace": f": {marks}"}
    for handler in dict.fromkeys(("strict", "ignore", "replace", coding.errors)):
        result = _result(convert(coding.value, coding.name, handler))
        yield (Snippet(f"errors={abridged(handler)}"), " ", *result, remarks.get(handler, ""))


def _piecewise(coding: Coding) -> Iterator[Note]:
    """What becomes of the pieces one by one, and with a decoder that remembers."""
    shown, more = coding.pieces[:4], len(coding.pieces) - 4
    yield ("Each piece on its own:",)
    for piece in shown:
        yield (Snippet(f"  {_call(coding, piece, 24)}"), " ", *_result(convert(piece, coding.name, coding.errors)))
    yield ("An incremental decoder keeps an unfinished character until the next piece comes:",)
    errors = "" if coding.errors == "strict" else repr(coding.errors)
    yield (Snippet(f"  decoder = codecs.getincrementaldecoder({abridged(coding.name)})({errors})"),)
    calls = [f"  decoder.decode({abridged(piece, 24)})" for piece in shown]
    outcomes = decode_incrementally(shown, coding.name, coding.errors)
    if more <= 0 and outcomes[-1] != Outcome(""):
        calls.append("  decoder.decode(b'', final=True)")
    for call, outcome in zip(calls, outcomes, strict=False):
        yield (Snippet(call), " ", *_result(outcome))
    if more > 0:
        yield (f"… and so on with {many(more, 'more piece')}",)


def lacking(span: Span, coding: Coding) -> list[str]:
    """What to say of a character that the encoding does not have, in short lines."""
    lines = ["not in", _encoding_name(coding)]
    if span.data:
        return [*lines, "instead", abridged(span.data, 12)]
    return [*lines, "no bytes" if coding.outcome.raises else "left out"]


def code_point(span: Span) -> str:
    """Of one character, as a number: 0xE9 = 233."""
    return f"0x{ord(span.text):X} = {ord(span.text)}"


def names(codings: list[Coding]) -> list[Note]:
    """The names of the drawn characters that one may not know: all beyond ASCII, and the hidden ones; at most six."""
    drawn = dict.fromkeys("".join(span.text for coding in codings for span in coding.drawn))
    foreign = [character for character in drawn if not character.isascii() or hidden(character)]
    lines: list[Note] = [(Snippet(quoted(c)), f" {code_points(c)} {unicode_name(c)}") for c in foreign[:6]]
    more = len(foreign) - len(lines)
    return [*lines, (f"… and {many(more, 'more character')}",)] if more else lines


def has_markers(codings: list[Coding]) -> bool:
    """Whether some byte has marker bits beside those of its code point: then a picture says which are which."""
    split = (bits for coding in codings for span in coding.drawn for bits in span.split_bits)
    return any(markers and carrying for markers, carrying in split)


# The alt text


def alt(codings: list[Coding]) -> str:
    """A sentence for each encoding."""
    sentences = [f"{_alt_of(coding)}." for coding in codings]
    if any(span.bits for coding in codings for span in coding.drawn):
        bits = "those that carry the code point are bold and underlined"
        sentences.append(f"Under each byte stand its eight bits; {bits}.")
    return " ".join(sentences)


def _alt_of(coding: Coding) -> str:
    name, value, spans = _encoding_name(coding), abridged(coding.value), coding.drawn
    words = f"{value} read as {name} is "
    if isinstance(coding.value, str):
        words = f"{name} {'cannot encode' if coding.outcome.raises else 'makes bytes of'} {value}: "
    # The first four, and what is odd among the others, at most six.
    named = [span for i, span in enumerate(spans) if i < 4 or span.broken or span.lacking][:6]
    words += ", ".join(map(_alt_of_span, named)) or "nothing"
    words += f", and {len(spans) - len(named)} more" if len(spans) > len(named) else ""
    if coding.cuts:
        return "; ".join([words, *_alt_of_cuts(coding)])
    handlers = "; ".join("".join(note) for note in _handlers(coding))
    return f"{words}. The error handlers: {handlers}" if handlers else words


def _alt_of_span(span: Span) -> str:
    data = span.data.hex(" ")
    if span.broken:
        return f"broken {data}, which {span.broken}"
    if span.bom:
        return f"the byte order mark {data}"
    if span.lacking:
        return f"{quoted(span.text)}, which it does not have" + (f" ({abridged(span.data)} instead)" if data else "")
    return f"{quoted(span.text)} {data}"


def _alt_of_cuts(coding: Coding) -> Iterator[str]:
    """For each cut, at most three, what it separates."""
    for cut in coding.cuts[:3]:
        inside = [span for span in coding.drawn if span.start < cut < span.end]
        through = f"goes through {quoted(inside[0].text) if inside[0].text else 'broken bytes'}" if inside else ""
        yield f"the cut before position {cut} {through or 'lies between characters'}"
    if len(coding.cuts) > 3:
        yield f"and {len(coding.cuts) - 3} more cuts"


# The text


def describe(codings: list[Coding]) -> str:
    """All that the picture shows, line by line; what it leaves out of a long text is left out here too."""
    lines: list[str] = []
    for coding in codings:
        items = [line for item in coding.shortened for line in _described(item, coding)]
        section = ["".join(heading(coding)), *(items or [NOTHING]), *("".join(note) for note in notes(coding))]
        lines += [title(coding), *(f"  {line}" for line in section), ""]
    if has_markers(codings):
        lines.append("In square brackets: the bits that carry the code point. The others are marker bits.")
    return "\n".join(lines).rstrip()


def _described(item: Item, coding: Coding) -> Iterator[str]:
    if isinstance(item, int):
        yield f"… {many(item, unit(coding))} left out …"
        return
    if item.start in coding.cuts:
        yield "--- cut ---"
    if item.text:
        yield f"{quoted(item.text)}  {code_points(item.text)}  {', '.join(map(unicode_name, item.text))}"
    else:
        yield "BOM, byte order mark" if item.bom else f"broken, position {item.start}: {abridged(item.data)}"
    preposition, where, *what = lacking(item, coding)
    yield "    " + (f"{preposition} {where}: {' '.join(what)}" if item.lacking else _described_bytes(item, coding.cuts))
    if item.bits:
        yield f"    {item.bits} = {code_point(item)}"


def _described_bytes(span: Span, cuts: list[int]) -> str:
    parts = []
    for at, (byte, (markers, carrying)) in enumerate(zip(span.data, span.split_bits, strict=True), span.start):
        cut = "| cut | " if at in cuts_within(span, cuts) else ""
        parts.append(f"{cut}{byte:02x} = {markers}" + (f"[{carrying}]" if carrying else ""))
    return ", ".join(parts)
