"""Characters, their code points, the bytes that an encoding makes of them, and which bits of which byte carry them.

Comes in: a text, bytes, or pieces of bytes. Goes out: a `Picture`, a section for each encoding. What is worked out stands in `coding`, how it is said
in `wording`; here it is drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from helpers.pictures.characters.coding import Coding, Item, Span, code, cuts_within
from helpers.pictures.characters.spelling import cells, code_points, spelled
from helpers.pictures.characters.wording import (
    NOTHING,
    Note,
    Snippet,
    alt,
    code_point,
    describe,
    has_markers,
    heading,
    lacking,
    names,
    notes,
    title,
    unit,
)
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
from helpers.words import noun

_MOST = 24
"""Characters that are drawn of a text, for one encoding; half as many where encodings are compared."""
_WIDEST = 960
_MARGIN = 16
_LABELS = 112
"""Pixels for the names of the lines, at the left."""
_BYTE = 92
"""Pixels for a byte; a character is as wide as its bytes."""
_GAP = 96
"""Pixels for what is left out."""
_LEGEND = 590.0
"""Pixels for the legend."""
_APART = 8
"""Pixels between two characters."""
_CODE_POINT, _HEX, _IN_PYTHON, _BITS, _TOGETHER, _NUMBER = 66, 105, 130, 157, 187, 207
"""Where the lines of text stand: pixels below the top of a row of characters."""


def encoding(text: str | bytes | Sequence[bytes], *encodings: str, errors: str = "strict") -> Picture:
    """How `text` becomes bytes, or bytes become text: a section for each of `encodings`, UTF-8 if none is given.

    For a `str` each character stands with its code point and its bytes; for `bytes` it is shown which of them form which
    character and which are broken; for a list of `bytes`, such as several `recv` brought, where the cuts go through.
    `errors` is the error handler, as for `str.encode` and `bytes.decode`.
    An unknown encoding or error handler raises ValueError, anything but text or bytes TypeError.
    """
    most = _MOST if len(encodings) <= 1 else _MOST // 2
    codings = [code(text, name, errors, most) for name in encodings or ("utf-8",)]
    return Picture(_draw(codings), alt(codings), describe(codings))


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
    foreign = names(codings)
    for note in foreign:
        y = _draw_note(drawing, note, wide, y)
    y += 6 * bool(foreign)
    if has_markers(codings):
        y = _draw_legend(drawing, y)
    return drawing.svg(wide, y + 4, "; ".join(map(title, codings)))


def _item_width(item: Item) -> float:
    if isinstance(item, int):
        return _GAP
    return _BYTE if item.lacking else (len(item.data) + item.missing) * _BYTE


def _rows(coding: Coding) -> list[list[Item]]:
    """As many beside each other as there is room for."""
    rows: list[list[Item]] = []
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
    lines = [min(740.0, _note_width(note)) for note in notes(coding)]
    return max(_LEGEND, _note_width(heading(coding)), _width(title(coding), 20), *rows, *lines) + 2 * _MARGIN


def _draw_section(drawing: Drawing, coding: Coding, wide: float, y: float) -> float:
    """All of one encoding from `y` on. Where it ends, as all that give a number here say."""
    drawing.text(_MARGIN, y + 18, title(coding), size=20, bold=True)
    y = _draw_note(drawing, heading(coding), wide, y + 28) + 8
    for row in _rows(coding):
        y = _draw_row(drawing, coding, row, y + (20 if coding.cuts else 0))
    for note in [*([] if coding.shortened else [(NOTHING,)]), *notes(coding)]:
        y = _draw_note(drawing, note, wide, y)
    return y + 12


def _draw_row(drawing: Drawing, coding: Coding, row: list[Item], y: float) -> float:
    labels = [("character", 30), ("code point", _CODE_POINT), ("bytes, hex", _HEX), ("in Python", _IN_PYTHON)]
    labels += [("bits", _BITS), ("together", _TOGETHER), ("as a number", _NUMBER)]
    together = any(isinstance(item, Span) and item.bits for item in row)
    for words, below in labels if together else labels[:-2]:
        drawing.text(_MARGIN, y + below, words, size=SMALL, colour=QUIET, fit=_LABELS - 6)
    x = float(_MARGIN + _LABELS)
    for item in row:
        if isinstance(item, int):
            _draw_gap(drawing, item, unit(coding), x + _GAP / 2, y)
        else:
            _draw_span(drawing, coding, item, x, y)
            _draw_cuts(drawing, coding.cuts, item, x, y)
        x += _item_width(item) + _APART
    return y + (226 if together else 186)


def _draw_gap(drawing: Drawing, number: int, unit: str, middle: float, y: float) -> None:
    drawing.text(middle, y + 30, "…", size=24, anchor="middle")
    drawing.text(middle, y + 66, f"{number:,}", anchor="middle", fit=_GAP)
    drawing.text(middle, y + 86, noun(number, unit), size=SMALL, anchor="middle", fit=_GAP)
    drawing.text(middle, y + 106, "left out", size=SMALL, anchor="middle")


def _draw_span(drawing: Drawing, coding: Coding, span: Span, x: float, y: float) -> None:
    wide = _item_width(span)
    middle = x + wide / 2
    _draw_face(drawing, span, x, y)
    words = "byte order mark" if span.bom else code_points(span.text) or "broken"
    drawing.text(middle, y + _CODE_POINT, words, mono=not span.broken, bold=True, anchor="middle", fit=wide)
    if span.lacking:
        drawing.rect(x, y + 82, wide, 84, line=VERMILLION, thick=2, dash="6 4", radius=4)
        lines = lacking(span, coding)
        first = y + 128 - 9.5 * (len(lines) - 1)
        for number, line in enumerate(lines):
            drawing.text(middle, first + 19 * number, line, size=SMALL, anchor="middle", fit=wide - 8)
        return
    _draw_bytes(drawing, span, x, y)
    if span.bits:
        for line, below, bold in ((span.bits, _TOGETHER, False), (code_point(span), _NUMBER, True)):
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
    face = "BOM" if span.bom else "space" if span.text == " " else spelled(span.text)
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


def _draw_note(drawing: Drawing, note: Note, wide: float, y: float) -> float:
    """Words and code, broken into lines of the picture's width; what follows the first line is indented."""
    left = x = float(_MARGIN)
    right = wide - _MARGIN
    for is_code, parts in itertools.groupby(note, lambda part: isinstance(part, Snippet)):
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
    return cells(words) * size * (MONO_WIDTH if mono else SANS_WIDTH)


def _note_width(note: Note) -> float:
    return sum(_width(part, TEXT, mono=isinstance(part, Snippet)) for part in note)


def _draw_legend(drawing: Drawing, y: float) -> float:
    _draw_markers(drawing, "110", _MARGIN, y + 17)
    drawing.text(_MARGIN + 42, y + 17, "marker bits", size=SMALL)
    _draw_carrying(drawing, "00011", _MARGIN + 158, y + 17)
    drawing.text(_MARGIN + 218, y + 17, "bits of the code point, put together below", size=SMALL)
    return y + 36
