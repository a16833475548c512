"""Characters, their code points, the bytes that an encoding makes of them, and which bits of which byte carry them.

What is worked out stands in `helpers.pictures.coding`; here it is put into words, and drawn.
"""

from __future__ import annotations

import codecs
import itertools
import unicodedata
from collections.abc import Iterator, Sequence

from helpers.pictures.characters.coding import Coding, Outcome, Span, code, convert, cuts_within, decode_incrementally
from helpers.pictures.drawing import (
    BLUE,
    INK,
    MONO_WIDTH,
    PAPER,
    QUIET,
    SANS_WIDTH,
    SMALL,
    TEXT,
    TINTS,
    VERMILLION,
    Drawing,
    Picture,
    point,
)
from helpers.words import many

_MOST = 24
"""Characters that are drawn of a text, for one encoding; half as many where encodings are compared."""
_WIDEST = 960
_MARGIN = 16
_LABELS = 112
"""Pixels for the names of the lines, at the left."""
_BYTE = 92
_GAP = 96
_APART = 8
"""Pixels between two characters."""
_CODE_POINT, _HEX, _IN_PYTHON, _BITS, _TOGETHER, _NUMBER = 66, 105, 130, 157, 187, 207
"""Where the lines of text stand: pixels below the top of a row of characters."""
_TITLES = {"iso8859-1": "Latin-1", "ascii": "ASCII"}
_CONTROLS = {0: "NULL", 7: "BELL", 8: "BACKSPACE", 9: "TAB", 10: "NEWLINE", 13: "CARRIAGE RETURN", 27: "ESCAPE"}
_NOTHING = "Nothing in it: no characters, no bytes."


class _Code(str):
    """A part of a note that is set as code."""

    __slots__ = ()


_Note = tuple[str, ...]


def encoding(text: str | bytes | Sequence[bytes], *encodings: str, errors: str = "strict") -> Picture:
    """How `text` becomes bytes, or bytes become text: a section for each of `encodings`, UTF-8 if none is given.

    For a `str` each character stands with its code point and its bytes; for `bytes` it is shown which of them form which
    character and which are broken; for a list of `bytes`, such as several `recv` brought, where the cuts go through.
    `errors` is the error handler, as for `str.encode` and `bytes.decode`.
    An unknown encoding or error handler raises ValueError, anything but text or bytes TypeError.
    """
    most = _MOST if len(encodings) <= 1 else _MOST // 2
    codings = [code(text, name, errors, most) for name in encodings or ("utf-8",)]
    return Picture(_draw(codings), _alt(codings), _describe(codings))


# Spelling


def _hidden(character: str) -> bool:
    """Whether one could not see it, or not where it stands: controls, marks that combine or turn the direction."""
    return not character.isprintable() or unicodedata.category(character).startswith("M")


def _spelled(text: str) -> str:
    """`text` with what is hidden written as Python's escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c.encode("unicode_escape").decode("ascii") if _hidden(c) else c for c in text)


def quoted(value: str | bytes) -> str:
    """As Python code, what is hidden written as escapes."""
    return _spelled(repr(value))


def _shown(value: str | bytes, most: int = 32) -> str:
    """The repr, cut in the middle to about `most` columns of a terminal."""
    if len(value) <= most and _cells(quoted(value)) <= most:
        return quoted(value)
    beginnings, ends = ([value[:n] for n in range(most, 0, -1)], [value[-n:] for n in range(most, 0, -1)])
    head, tail = _first_that_fits(beginnings, most * 2 // 3), _first_that_fits(ends, most // 3)
    return f"{'b' if isinstance(value, bytes) else ''}'{head}…{tail}'"


def _first_that_fits(values: Sequence[str | bytes], room: int) -> str:
    """The repr without its quotes."""
    bare = (quoted(value).removeprefix("b")[1:-1].replace("'", "\\'") for value in values)
    return next(words for words in bare if _cells(words) <= room)


def _cells(words: str) -> int:
    """Columns of a terminal: wide characters (Chinese, emoji) take two."""
    return (
        len(words)
        if words.isascii()
        else len(words) + sum(unicodedata.east_asian_width(character) in "WF" for character in words)
    )


def _unicode_name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "HALF OF A SURROGATE PAIR, no character"
    control = unicodedata.category(character) == "Cc"
    return unicodedata.name(
        character, _CONTROLS.get(ord(character), "CONTROL CHARACTER" if control else "without a name")
    )


def _code_points(text: str) -> str:
    """Of one character; in a few encodings some bytes make two at once."""
    return " ".join(f"U+{ord(character):04X}" for character in text)


def _number(span: Span) -> str:
    return f"0x{ord(span.text):X} = {ord(span.text)}"


# What is said about an encoding


def _encoding_name(coding: Coding) -> str:
    codec = codecs.lookup(coding.name).name
    return _TITLES.get(codec) or (codec.upper() if codec.startswith("utf") else codec)


def _unit(coding: Coding) -> str:
    return "character" if isinstance(coding.value, str) else "byte"


def _title(coding: Coding) -> str:
    title = f"{_encoding_name(coding)}: {many(len(coding.value), _unit(coding))}"
    if coding.cuts:
        title += f" in {many(len(coding.pieces), 'piece')}"
    if coding.outcome.gives is not None:
        title += f", {many(len(coding.outcome.gives), 'byte' if isinstance(coding.value, str) else 'character')}"
    return title


def _heading(coding: Coding) -> _Note:
    if coding.cuts:
        pieces = ", ".join(_shown(piece, 24) for piece in coding.pieces[:3])
        return ("The pieces: ", _Code(f"[{pieces}{', …' if len(coding.pieces) > 3 else ''}]"))
    return (_call(coding, coding.value), "  ", *_result(coding.outcome))


def _call(coding: Coding, value: str | bytes, most: int = 32) -> _Code:
    method = "encode" if isinstance(value, str) else "decode"
    errors = "" if coding.errors == "strict" else f", errors={_shown(coding.errors)}"
    return _Code(f"{_shown(value, most)}.{method}({_shown(coding.name)}{errors})")


def _result(outcome: Outcome) -> _Note:
    return ("raises ", outcome.raises) if outcome.gives is None else ("gives ", _Code(_shown(outcome.gives)))


def _notes(coding: Coding) -> list[_Note]:
    return [*_notes_on_bits(coding), *_notes_on_broken(coding), *(_piecewise if coding.cuts else _handlers)(coding)]


def _notes_on_bits(coding: Coding) -> Iterator[_Note]:
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


def _notes_on_broken(coding: Coding) -> Iterator[_Note]:
    for span in coding.broken[:4]:
        where = f"position {span.start}" if len(span.data) == 1 else f"positions {span.start} to {span.end - 1}"
        yield (f"Broken at {where}: ", _Code(_shown(span.data)), f" {span.broken}")
    if len(coding.broken) > 4:
        yield (f"… and {many(len(coding.broken) - 4, 'more broken place')}",)


def _handlers(coding: Coding) -> Iterator[_Note]:
    """What the error handlers make of it, where there is something to handle."""
    if not convert(coding.value, coding.name, "strict").raises:
        return
    marks = "a ? stands for each that is missing"
    if isinstance(coding.value, bytes):
        marks = "U+FFFD, the replacement character, marks the place"
    remarks = {"ignore": f": {many(coding.lost, _unit(coding))} lost without a word", "replace": f": {marks}"}
    for handler in dict.fromkeys(("strict", "ignore", "replace", coding.errors)):
        result = _result(convert(coding.value, coding.name, handler))
        yield (_Code(f"errors={_shown(handler)}"), " ", *result, remarks.get(handler, ""))


def _piecewise(coding: Coding) -> Iterator[_Note]:
    """What becomes of the pieces one by one, and with a decoder that remembers."""
    shown, more = coding.pieces[:4], len(coding.pieces) - 4
    yield ("Each piece on its own:",)
    for piece in shown:
        yield (_Code(f"  {_call(coding, piece, 24)}"), " ", *_result(convert(piece, coding.name, coding.errors)))
    yield ("An incremental decoder keeps an unfinished character until the next piece comes:",)
    errors = "" if coding.errors == "strict" else repr(coding.errors)
    yield (_Code(f"  decoder = codecs.getincrementaldecoder({_shown(coding.name)})({errors})"),)
    calls = [f"  decoder.decode({_shown(piece, 24)})" for piece in shown]
    outcomes = decode_incrementally(shown, coding.name, coding.errors)
    if more <= 0 and outcomes[-1] != Outcome(""):
        calls.append("  decoder.decode(b'', final=True)")
    for call, outcome in zip(calls, outcomes, strict=False):
        yield (_Code(call), " ", *_result(outcome))
    if more > 0:
        yield (f"… and so on with {many(more, 'more piece')}",)


def _lacking(span: Span, coding: Coding) -> list[str]:
    """What to say of a character that the encoding does not have, in short lines."""
    lines = [f"not in {_encoding_name(coding)}"]
    if span.data:
        return [*lines, "instead", _shown(span.data, 12)]
    return [*lines, "no bytes" if coding.outcome.raises else "left out"]


def _has_markers(codings: list[Coding]) -> bool:
    split = (bits for coding in codings for span in coding.drawn for bits in span.split_bits)
    return any(markers and carrying for markers, carrying in split)


# The alt text


def _alt(codings: list[Coding]) -> str:
    told = [f"{_told(coding)}." for coding in codings]
    if any(span.bits for coding in codings for span in coding.drawn):
        told.append("Under each byte stand its eight bits; those that carry the code point are bold and underlined.")
    return " ".join(told)


def _told(coding: Coding) -> str:
    name, shown, spans = _encoding_name(coding), _shown(coding.value), coding.drawn
    told = f"{shown} read as {name} is "
    if isinstance(coding.value, str):
        told = f"{name} {'cannot encode' if coding.outcome.raises else 'makes bytes of'} {shown}: "
    # The first four, and what is odd among the others, at most six.
    listed = [span for i, span in enumerate(spans) if i < 4 or span.broken or span.lacking][:6]
    told += ", ".join(map(_told_span, listed)) or "nothing"
    told += f", and {len(spans) - len(listed)} more" if len(spans) > len(listed) else ""
    if coding.cuts:
        return "; ".join([told, *_told_cuts(coding)])
    handlers = "; ".join("".join(note) for note in _handlers(coding))
    return f"{told}. The error handlers: {handlers}" if handlers else told


def _told_span(span: Span) -> str:
    data = span.data.hex(" ")
    if span.broken:
        return f"broken {data}, which {span.broken}"
    if span.bom:
        return f"the byte order mark {data}"
    if span.lacking:
        return f"{quoted(span.text)}, which it does not have" + (f" ({_shown(span.data)} instead)" if data else "")
    return f"{quoted(span.text)} {data}"


def _told_cuts(coding: Coding) -> Iterator[str]:
    """For each cut, at most three, what it separates."""
    for cut in coding.cuts[:3]:
        inside = [span for span in coding.drawn if span.start < cut < span.end]
        through = f"goes through {quoted(inside[0].text) if inside[0].text else 'broken bytes'}" if inside else ""
        yield f"the cut before position {cut} {through or 'lies between characters'}"
    if len(coding.cuts) > 3:
        yield f"and {len(coding.cuts) - 3} more cuts"


# The text


def _describe(codings: list[Coding]) -> str:
    lines: list[str] = []
    for coding in codings:
        items = [line for item in coding.shortened for line in _described(item, coding)]
        notes = ["".join(note) for note in [_heading(coding), *_notes(coding)]]
        lines += [_title(coding), *(f"  {line}" for line in [notes[0], *(items or [_NOTHING]), *notes[1:]]), ""]
    if _has_markers(codings):
        lines.append("In square brackets: the bits that carry the code point. The others are marker bits.")
    return "\n".join(lines).rstrip()


def _described(item: Span | int, coding: Coding) -> Iterator[str]:
    if isinstance(item, int):
        yield f"… {many(item, _unit(coding))} left out …"
        return
    if item.start in coding.cuts:
        yield "--- cut ---"
    if item.text:
        yield f"{quoted(item.text)}  {_code_points(item.text)}  {', '.join(map(_unicode_name, item.text))}"
    else:
        yield "BOM, byte order mark" if item.bom else f"broken, position {item.start}: {_shown(item.data)}"
    where, *what = _lacking(item, coding)
    yield "    " + (f"{where}: {' '.join(what)}" if item.lacking else _described_bytes(item, coding.cuts))
    if item.bits:
        yield f"    {item.bits} = {_number(item)}"


def _described_bytes(span: Span, cuts: list[int]) -> str:
    parts = []
    for at, (byte, (markers, carrying)) in enumerate(zip(span.data, span.split_bits, strict=True), span.start):
        cut = "| cut | " if at in cuts_within(span, cuts) else ""
        parts.append(f"{cut}{byte:02x} = {markers}" + (f"[{carrying}]" if carrying else ""))
    return ", ".join(parts)


# The drawing


def _draw(codings: list[Coding]) -> str:
    drawing = Drawing()
    wide = min(_WIDEST, max(map(_section_width, codings)))
    y = float(_MARGIN)
    for number, coding in enumerate(codings):
        if number:
            drawing.line(_MARGIN, y, wide - _MARGIN, y, colour=QUIET, thick=1)
            y += 14
        y = _draw_section(drawing, coding, wide, y)
    y = _draw_names(drawing, codings, wide, y)
    if _has_markers(codings):
        y = _draw_legend(drawing, y)
    return drawing.svg(wide, y + 4, "; ".join(map(_title, codings)))


def _item_width(item: Span | int) -> float:
    if isinstance(item, int):
        return _GAP
    return _BYTE if item.lacking else (len(item.data) + item.missing) * _BYTE


def _rows(coding: Coding) -> list[list[Span | int]]:
    """As many beside each other as there is room for."""
    rows: list[list[Span | int]] = []
    room = 0.0
    for item in coding.shortened:
        if _item_width(item) > room:
            rows.append([])
            room = _WIDEST - 2 * _MARGIN - _LABELS
        rows[-1].append(item)
        room -= _item_width(item) + _APART
    return rows


def _section_width(coding: Coding) -> float:
    """Pixels that it wants: for its rows and its heading. Its notes can be broken into lines."""
    rows = [_LABELS + sum(_item_width(item) + _APART for item in row) for row in _rows(coding)]
    notes = [min(740.0, _note_width(note)) for note in _notes(coding)]
    return max(520.0, _note_width(_heading(coding)), _width(_title(coding), 20), *rows, *notes) + 2 * _MARGIN


def _draw_section(drawing: Drawing, coding: Coding, wide: float, y: float) -> float:
    drawing.text(_MARGIN, y + 18, _title(coding), size=20, bold=True)
    y = _draw_note(drawing, _heading(coding), wide, y + 28) + 8
    for row in _rows(coding):
        y = _draw_row(drawing, coding, row, y + (20 if coding.cuts else 0))
    for note in [*([] if coding.shortened else [(_NOTHING,)]), *_notes(coding)]:
        y = _draw_note(drawing, note, wide, y)
    return y + 12


def _draw_row(drawing: Drawing, coding: Coding, row: list[Span | int], y: float) -> float:
    labels = [("character", 30), ("code point", _CODE_POINT), ("bytes, hex", _HEX), ("in Python", _IN_PYTHON)]
    labels += [("bits", _BITS), ("together", _TOGETHER), ("as a number", _NUMBER)]
    together = any(isinstance(item, Span) and item.bits for item in row)
    for words, below in labels if together else labels[:-2]:
        drawing.text(_MARGIN, y + below, words, size=SMALL, colour=QUIET, fit=_LABELS - 6)
    x = float(_MARGIN + _LABELS)
    for item in row:
        if isinstance(item, int):
            _draw_gap(drawing, item, _unit(coding), x + _GAP / 2, y)
        else:
            _draw_span(drawing, coding, item, x, y)
            _draw_cuts(drawing, coding.cuts, item, x, y)
        x += _item_width(item) + _APART
    return y + (226 if together else 186)


def _draw_gap(drawing: Drawing, number: int, unit: str, middle: float, y: float) -> None:
    drawing.text(middle, y + 30, "…", size=24, anchor="middle")
    drawing.text(middle, y + 66, f"{number:,}", anchor="middle", fit=_GAP)
    drawing.text(middle, y + 86, many(number, unit).split()[1], size=SMALL, anchor="middle", fit=_GAP)
    drawing.text(middle, y + 106, "left out", size=SMALL, anchor="middle")


def _draw_span(drawing: Drawing, coding: Coding, span: Span, x: float, y: float) -> None:
    wide = _item_width(span)
    middle = x + wide / 2
    _draw_face(drawing, span, x, y)
    words = "byte order mark" if span.bom else _code_points(span.text) or "broken"
    drawing.text(middle, y + _CODE_POINT, words, mono=not span.broken, bold=True, anchor="middle", fit=wide)
    if span.lacking:
        drawing.rect(x, y + 82, wide, 84, line=VERMILLION, thick=2, dash="6 4", radius=4)
        lines = _lacking(span, coding)
        for number, line in enumerate(lines):
            below = 118 if len(lines) == 2 else 106
            drawing.text(middle, y + below + 22 * number, line, size=SMALL, anchor="middle", fit=wide - 8)
        return
    _draw_bytes(drawing, span, x, y)
    if span.bits:
        for line, below, bold in ((span.bits, _TOGETHER, False), (_number(span), _NUMBER, True)):
            drawing.text(middle, y + below, line, size=SMALL, mono=True, bold=bold, anchor="middle", fit=wide + 4)


def _draw_face(drawing: Drawing, span: Span, x: float, y: float) -> None:
    """The box at the top, with the character; hatched where there is none."""
    wide = _item_width(span)
    if span.broken:
        drawing.rect(x, y, wide, 46, line=VERMILLION, thick=2, dash="6 4", radius=4)
        drawing.path(_hatching(x + 2, y + 2, wide - 4, 42), line=VERMILLION, thick=1)
        return
    fill, dash = (PAPER, "6 4") if span.lacking or span.bom else (TINTS[QUIET], None)
    line, thick = (VERMILLION, 2.0) if span.lacking else (QUIET, 1.5)
    drawing.rect(x, y, wide, 46, fill=fill, line=line, thick=thick, dash=dash, radius=4)
    face = "BOM" if span.bom else "space" if span.text == " " else _spelled(span.text)
    below, size, mono = (34, 30, False) if len(face) == 1 else (30, 18, True)
    drawing.text(x + wide / 2, y + below, face, size=size, mono=mono, anchor="middle", fit=wide - 8)


def _hatching(x: float, y: float, wide: float, high: float) -> str:
    """Parallel lines at 45° that fill a rectangle, as a path."""
    lines = []
    for foot in range(-int(high) + 10, int(wide), 12):
        left, right = max(foot, 0), min(foot + high, wide)
        lines.append(f"M{point(x + left, y + high - (left - foot))}L{point(x + right, y + high - (right - foot))}")
    return "".join(lines)


def _draw_bytes(drawing: Drawing, span: Span, x: float, y: float) -> None:
    """The bytes beneath a bracket, with boxes for those that are missing."""
    right = x + _item_width(span)
    bracket = ((x + 2, y + 82), (x + 2, y + 75), (right - 2, y + 75), (right - 2, y + 82))
    drawing.path("M" + "L".join(point(*corner) for corner in bracket), line=VERMILLION if span.broken else QUIET)
    if span.broken:
        drawing.rect(x, y + 82, right - x, 89, line=VERMILLION, thick=2, dash="6 4", radius=4)
    for byte, (markers, carrying) in zip(span.data, span.split_bits, strict=True):
        _draw_byte(drawing, byte, markers, carrying, x, y)
        x += _BYTE
    for _ in range(span.missing):
        drawing.rect(x + 7, y + 87, _BYTE - 14, 23, line=QUIET, thick=1, dash="3 3", radius=3)
        drawing.text(x + _BYTE / 2, y + _IN_PYTHON, "missing", size=SMALL, anchor="middle")
        x += _BYTE


def _draw_byte(drawing: Drawing, byte: int, markers: str, carrying: str, x: float, y: float) -> None:
    middle = x + _BYTE / 2
    drawing.rect(x + 3, y + 85, _BYTE - 6, 27, fill=PAPER, line=INK, thick=1, radius=3)
    drawing.text(middle, y + _HEX, f"{byte:02x}", size=19, mono=True, bold=True, anchor="middle")
    spelled = "space" if byte == 0x20 else repr(bytes([byte]))[2:-1]
    drawing.text(middle, y + _IN_PYTHON, spelled, size=SMALL, mono=True, colour=QUIET, anchor="middle")
    if not carrying:
        drawing.text(middle, y + _BITS, markers, mono=True, anchor="middle")
    elif not markers:
        _draw_carrying(drawing, carrying, middle - _bits_width(carrying) / 2, y + _BITS)
    else:
        _draw_markers(drawing, markers, x + 3, y + _BITS)
        _draw_carrying(drawing, carrying, x + 3 + _bits_width(markers), y + _BITS)


def _bits_width(bits: str) -> float:
    return len(bits) * TEXT * MONO_WIDTH + 4.2


def _draw_markers(drawing: Drawing, bits: str, x: float, y: float) -> None:
    drawing.rect(x + 0.5, y - 16.5, _bits_width(bits) - 1, 24, fill=PAPER, line=QUIET, thick=1)
    drawing.text(x + _bits_width(bits) / 2, y, bits, mono=True, colour=QUIET, anchor="middle")


def _draw_carrying(drawing: Drawing, bits: str, x: float, y: float) -> None:
    """Bits of the code point: bold, on a tint, underlined."""
    wide = _bits_width(bits)
    drawing.rect(x, y - 17, wide, 24, fill=TINTS[BLUE])
    drawing.line(x, y + 7.5, x + wide, y + 7.5, colour=BLUE, thick=3)
    drawing.text(x + wide / 2, y, bits, mono=True, bold=True, anchor="middle")


def _draw_cuts(drawing: Drawing, cuts: list[int], span: Span, x: float, y: float) -> None:
    """A dashed line wherever one piece ends and the next begins. It leaves the character itself legible."""
    before = [(x - _APART / 2, [(-3, 172)])] if span.start in cuts else []
    inside = [(x + (cut - span.start) * _BYTE, [(-3, 6), (72, 172)]) for cut in cuts_within(span, cuts)]
    for at, lines in before + inside:
        drawing.text(at, y - 6, "cut", size=SMALL, bold=True, anchor="middle")
        for top, bottom in lines:
            drawing.line(at, y + top, at, y + bottom, colour=VERMILLION, thick=3, dash="7 4")


def _draw_note(drawing: Drawing, note: _Note, wide: float, y: float) -> float:
    """Words and code, broken into lines of the picture's width; what follows the first line is indented."""
    left = x = float(_MARGIN)
    right = wide - _MARGIN
    for is_code, parts in itertools.groupby(note, lambda part: isinstance(part, _Code)):
        rest = "".join(parts)
        while rest:
            line = rest if is_code else _beginning(rest, right - x)
            if x > left and (not line or (is_code and x + _width(line, TEXT, mono=True) > right)):
                left = x = _MARGIN + 28.0
                y += 23
                rest = rest.lstrip()
                continue
            line = line or rest
            # Wide characters are left alone: the estimate of their width is a guess.
            fit = right - x if line.isascii() else None
            drawing.text(x, y + 16, line if is_code else line.rstrip(), mono=is_code, fit=fit)
            x += _width(line, TEXT, mono=is_code)
            rest = rest[len(line) :]
    return y + 24


def _beginning(words: str, room: float) -> str:
    """As many of the words as there is room for."""
    if _width(words.rstrip(), TEXT) <= room:
        return words
    return words[: words.rfind(" ", 0, max(0, int(room / (TEXT * SANS_WIDTH))) + 1) + 1]


def _width(words: str, size: float, mono: bool = False) -> float:
    return _cells(words) * size * (MONO_WIDTH if mono else SANS_WIDTH)


def _note_width(note: _Note) -> float:
    return sum(_width(part, TEXT, mono=isinstance(part, _Code)) for part in note)


def _draw_names(drawing: Drawing, codings: list[Coding], wide: float, y: float) -> float:
    """The names of the characters that one may not know: all beyond ASCII, and the hidden ones."""
    drawn = dict.fromkeys("".join(span.text for coding in codings for span in coding.drawn))
    foreign = [character for character in drawn if not character.isascii() or _hidden(character)]
    notes = [(_Code(quoted(c)), f" {_code_points(c)} {_unicode_name(c)}") for c in foreign[:6]]
    more = [(f"… and {many(len(foreign) - 6, 'more character')}",)] if len(foreign) > 6 else []
    for note in [*notes, *more]:
        y = _draw_note(drawing, note, wide, y)
    return y + 6 if foreign else y


def _draw_legend(drawing: Drawing, y: float) -> float:
    _draw_markers(drawing, "110", _MARGIN, y + 17)
    drawing.text(_MARGIN + 42, y + 17, "marker bits", size=SMALL)
    _draw_carrying(drawing, "00011", _MARGIN + 158, y + 17)
    drawing.text(_MARGIN + 218, y + 17, "bits of the code point, put together below", size=SMALL)
    return y + 36
