"""The bytes of a message, drawn as a map: a row for each line or part, a box for each field, and where each `recv` cut them.

Comes in: what `message` is given. Goes out: a `Picture`.
"""

from __future__ import annotations

import bisect
import dataclasses
import textwrap
from collections.abc import Iterator

from helpers.pictures.drawing import (
    BLUE,
    BOLD,
    GREEN,
    INK,
    PAPER,
    PURPLE,
    QUIET,
    SANS_WIDTH,
    SMALL,
    TINTS,
    VERMILLION,
    Drawing,
    Picture,
    point,
    width,
)
from helpers.pictures.messages import dns, frames, headed, http
from helpers.pictures.messages.arrows import Arrow, route, width_of
from helpers.pictures.messages.contents import Contents
from helpers.pictures.messages.fields import Field, Fields, in_order
from helpers.pictures.messages.layout import (
    BOX,
    LEFT,
    LETTER,
    MARGIN,
    READ,
    WIDE,
    Bytes,
    Fold,
    Line,
    Segment,
    add_readings,
    below,
    label_pieces,
    lanes_height,
    lines_of,
    stack,
    x_of,
)
from helpers.pictures.messages.readings import Reading, ReadName, readings_of
from helpers.pictures.messages.received import Received, received
from helpers.pictures.messages.recorded import is_recording, of_recording
from helpers.pictures.messages.rows import ROWS, Row
from helpers.pictures.messages.wording import NOTHING, alt, describe, notes, title
from helpers.words import many, shortened

KINDS: dict[str, tuple[str, Fields]] = {
    "http": ("HTTP", http.fields),
    "length": ("A length in front of each message", frames.fields),
    "header": ("A header in front of each message", headed.fields),
    "dns": ("DNS", dns.fields),
    "dns-tcp": ("DNS over TCP", dns.fields_of_stream),
}
"""Each kind that has a name: its title, and what finds its fields."""
_LEAST = 560.0
"""Pixels that a picture is wide at least, for its notes."""
_COLOURS = BLUE, GREEN, PURPLE
_DENSE = 3 * LETTER
"""Pixels between two cuts: where they are so near, they would hide the letters between them, and only their ends are drawn."""
_HEADING = 13
"""Letters of a heading that have room."""


def message(
    what: object,
    kind: str | Fields = "http",
    *,
    used: int | None = None,
    receiver: str | None = None,
    conversation: int | None = None,
    datagram: int | None = None,
    read_name: ReadName | None = None,
    rows: int = ROWS,
) -> Picture:
    """The bytes of a message, or of several one behind the other, as a map of their fields.

    what: bytes; or a list of bytes, as each `recv` returned them, an empty one at the end for the end of the stream; or a recording.
    kind: "http"; "length" (four bytes of length in front of each message); "header" (a line with kind and length in front of each, as in lesson 14); "dns" (one message, as a datagram holds it); "dns-tcp" (each with its length in two bytes in front, as over TCP); or a function that is given the bytes and returns
    `helpers.pictures.Field`s, for a protocol of one's own.
    used: how many bytes, from the first one on, a parser has used already.
    receiver, conversation: of a recording, whose bytes are meant: what the "client" received or the "server", and in which conversation, counted from 1.
    datagram: of those that it received, which one is meant, counted from 1: each is a message.
    read_name: of "dns", a function that is given the message and a place, and gives the name there and the place behind it: a bar below each name says what it gives, dashed where that is wrong.
    rows: how many are drawn at most of a message that has more, at its beginning and its end; and a few more where it was cut between.

    TypeError or ValueError, with a sentence, for what cannot be drawn.
    """
    name, fields = _found(kind)
    came = _came(what, receiver, conversation, datagram)
    if used is not None and not 0 <= _whole("used", used) <= len(came.data):
        raise ValueError(
            f"used={used:,}: the message has {len(came.data):,} bytes, so from 0 to {len(came.data):,} can be used."
        )
    found = in_order(fields(came.data), len(came.data))
    if came.unknown and found:  # what seems to be missing has come
        found[-1] = dataclasses.replace(found[-1], missing=f"{many(came.unknown, 'byte')} not kept")
    if _whole("rows", rows) < 1:
        raise ValueError(f"rows={rows}: at least one row is drawn.")
    contents = Contents(name, came, found, used, _readings(kind, came.data, read_name), rows)
    return Picture(_draw(contents), alt(contents), describe(contents))


def _came(what: object, receiver: str | None, conversation: int | None, datagram: int | None) -> Received:
    numbers = {"conversation": conversation, "datagram": datagram}
    if is_recording(what):
        checked = {name: number if number is None else _whole(name, number) for name, number in numbers.items()}
        return of_recording(what, receiver, **checked)
    if receiver is not None or any(number is not None for number in numbers.values()):
        raise ValueError(
            "receiver, conversation and datagram choose among what a recording has; here the bytes themselves are given."
        )
    return received(what)


def _readings(kind: str | Fields, data: bytes, read_name: ReadName | None) -> list[Reading]:
    if read_name is None:
        return []
    if kind != "dns":
        raise ValueError(
            f"read_name reads the names of one message of DNS: write message(…, 'dns', read_name=…), not {kind!r}."
        )
    if not callable(read_name):
        raise TypeError(f"read_name is a function, without brackets behind it; this is {type(read_name).__name__}.")
    return readings_of(data, read_name)


def _whole(name: str, number: object) -> int:
    """TypeError, with a sentence, where it is no whole number."""
    if not isinstance(number, int):
        raise TypeError(f"{name}={number!r}: {name} is a number, without quotes and without a point.")
    return number


def _found(kind: str | Fields) -> tuple[str, Fields]:
    if callable(kind):
        return "", kind
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(
            f"No kind of message is called {kind!r}: write {' or '.join(map(repr, KINDS))}, or give a function that finds the fields."
        )
    return KINDS[kind]


# The drawing


def _draw(contents: Contents) -> str:
    drawing = Drawing()
    drawing.text(MARGIN, 30, title(contents), size=20, bold=True)
    most = WIDE - MARGIN - width_of(contents.fields)
    lines = lines_of(contents.rows, contents.data, most, contents.received.cuts)
    add_readings(lines, contents.readings, most)
    arrows = route(contents.fields, lines, len(contents.data))
    if contents.in_pieces:
        label_pieces(lines, contents.received.ends, "recv")
    y = stack(lines, 44, contents.in_pieces) + 12
    for line in lines:
        _draw_line(drawing, line, contents)
    for arrow in arrows:
        _draw_arrow(drawing, arrow)
    if not lines:
        drawing.text(MARGIN, 66, NOTHING)
        y = 72
    rights = [*(line.right for line in lines), *(arrow.beside for arrow in arrows)]
    wide = min(max(_LEAST, width(title(contents), 20) * BOLD + MARGIN, *rights) + MARGIN, WIDE)
    for note in [*notes(contents), *_without_arrows(contents, len(arrows))]:
        for words in textwrap.wrap(note, int((wide - 2 * MARGIN) / (SMALL * SANS_WIDTH))):
            y += 20
            drawing.text(MARGIN, y, words, size=SMALL)
    return drawing.svg(wide, y + 18, title(contents))


def _without_arrows(contents: Contents, arrows: int) -> list[str]:
    """Of the pointers that are seen, how many have none."""
    seen = [field for row in contents.rows if isinstance(row, Row) for field in row.fields]
    left_out = sum(field.points_to is not None for field in seen) - arrows
    return [f"{many(left_out, 'pointer')} without an arrow: the text has them all."] if left_out else []


def _draw_line(drawing: Drawing, line: Line, contents: Contents) -> None:
    if line.gap:
        drawing.text(LEFT, line.top + 16, line.gap, size=SMALL, colour=QUIET)
        return
    if line.heading:
        heading, room = shortened(line.heading, _HEADING), LEFT - MARGIN - 58
        drawing.text(
            MARGIN,
            line.top + 19,
            heading,
            size=SMALL,
            bold=not line.again,
            colour=QUIET if line.again else INK,
            fit=room,
        )
    if line.place is not None:
        drawing.text(LEFT - 8, line.top + 19, f"{line.place:,}", size=SMALL, colour=QUIET, anchor="end")
    for segment in line.segments:
        _draw_segment(drawing, segment, line, contents)
    for missing in line.missing:
        drawing.rect(
            missing.x + 2, line.top + 3, missing.wide - 4, BOX - 6, line=QUIET, thick=1.5, dash="3 3", radius=3
        )
        drawing.text(
            missing.x + missing.wide / 2,
            line.top + 19,
            missing.words,
            size=SMALL,
            anchor="middle",
            fit=missing.wide - 8,
        )
    if line.aside is not None:
        drawing.text(line.aside[0], line.top + 19, line.aside[1], size=SMALL)
    if contents.in_pieces:
        _draw_rail(drawing, line, contents)
    _draw_readings(drawing, line, contents.in_pieces)
    _draw_used(drawing, line, contents)


def _draw_segment(drawing: Drawing, segment: Segment, line: Line, contents: Contents) -> None:
    colour = QUIET if segment.field.delimiter else _COLOURS[segment.number % len(_COLOURS)]
    y, right = line.top, segment.right
    drawing.rect(segment.x, y, segment.wide, BOX, fill=TINTS[colour])
    for left, end, is_used in _parts(segment, contents.used):
        if not is_used:
            drawing.rect(left, y, end - left, BOX, fill=PAPER)
        edge = f"M{point(left, y)}L{point(end, y)}M{point(left, y + BOX)}L{point(end, y + BOX)}"
        if segment.opens and left == segment.x:
            edge += f"M{point(left, y)}L{point(left, y + BOX)}"
        if segment.closes and end == right:
            edge += f"M{point(end, y)}L{point(end, y + BOX)}"
        drawing.path(edge, line=colour, thick=1.5, dash=None if is_used else "5 4")
    for part in segment.parts:
        _draw_part(drawing, part, segment, y)
    if segment.label:
        drawing.text(segment.x + 2, y - 5, segment.label, size=SMALL, fit=segment.wide - 4)


def _parts(segment: Segment, used: int | None) -> Iterator[tuple[float, float, bool]]:
    """From where to where its box is used, and from where to where it waits."""
    left, right = segment.x, segment.right
    borders = segment.borders()
    if used is None or used >= borders[-1][0]:
        yield left, right, True
    elif used <= borders[0][0]:
        yield left, right, False
    else:
        between = x_of(borders, used)
        yield left, between, True
        yield between, right, False


def _draw_part(drawing: Drawing, part: Bytes | Fold, segment: Segment, y: float) -> None:
    if isinstance(part, Fold):
        drawing.text(
            part.x + part.wide / 2, y + 19, part.words, size=SMALL, colour=QUIET, anchor="middle", fit=part.wide - 4
        )
        return
    if not part.written:
        return
    x, wide = part.borders[0][1], part.borders[-1][1] - part.borders[0][1]
    if segment.as_text:
        drawing.text(x, y + 20, "".join(part.written), mono=True, exactly=wide)
        _draw_spaces(drawing, part, segment.field, y)
        return
    drawing.text(x + LETTER / 2, y + 20, " ".join(part.written), mono=True, exactly=wide - LETTER)
    for _, border in part.borders[1:-1]:
        drawing.line(border, y + 4, border, y + BOX - 4, colour=QUIET, thick=0.75)


def _draw_spaces(drawing: Drawing, part: Bytes, field: Field, y: float) -> None:
    """A space between two fields, or at an edge of one, is a byte like any other: a bracket that lies on its back."""
    for written, (place, x) in zip(part.written, part.borders, strict=False):
        if written == " " and (field.delimiter or place in (field.start, field.stop - 1)):
            corners = (x + 1.5, y + 16), (x + 1.5, y + 20), (x + LETTER - 1.5, y + 20), (x + LETTER - 1.5, y + 16)
            drawing.path("M" + "L".join(point(*corner) for corner in corners), line=QUIET, thick=1.25)


def _draw_rail(drawing: Drawing, line: Line, contents: Contents) -> None:
    """Below the boxes, which piece the bytes came with; across them, where one ended."""
    if line.start == line.stop:
        return
    y = line.top + BOX + lanes_height(line) + 5
    ends = contents.received.ends
    seen = line.places()
    pieces = sorted({bisect.bisect_right(ends, place) for place in seen if place < line.stop})
    for piece in pieces:
        start, stop = max(ends[piece - 1] if piece else 0, line.start), min(ends[piece], line.stop)
        left, right = line.x_of(start), line.x_of(stop)
        drawing.line(left + 1.5, y, max(right - 1.5, left + 2), y, colour=VERMILLION if piece % 2 else INK, thick=3)
        if stop == ends[piece] and piece + 1 < len(ends) and stop in seen:
            near = [
                line.x_of(end) for end in (start, ends[piece + 1]) if line.start < end <= line.stop and end != ends[-1]
            ]
            _draw_cut(drawing, right, line.top, y, dense=any(abs(right - x) < _DENSE for x in near))
    for left, words in line.labelled:
        drawing.text(left + 1, y + 15, words, size=SMALL)


def _draw_cut(drawing: Drawing, x: float, top: float, rail: float, dense: bool) -> None:
    if not dense:
        drawing.line(x, top - 2, x, rail + 4, colour=VERMILLION, thick=2.5, dash="6 3")
        return
    for above, beneath in ((top - 1, top + 6), (top + BOX - 6, rail + 4)):
        drawing.line(x, above, x, beneath, colour=VERMILLION, thick=2)


def _draw_readings(drawing: Drawing, line: Line, in_pieces: bool) -> None:
    """Below everything else."""
    y = line.top + BOX + below(line, in_pieces) - READ * len(line.readings) + 6
    for read in line.readings:
        colour, dash = (VERMILLION, "5 3") if read.wrong else (INK, None)
        drawing.line(read.left + 1.5, y, max(read.right - 1.5, read.left + 8), y, colour=colour, thick=3, dash=dash)
        drawing.text(read.left + 1, y + 14, read.words, size=SMALL)
        y += READ


def _draw_arrow(drawing: Drawing, arrow: Arrow) -> None:
    colour = VERMILLION if arrow.to_itself else INK
    *corners, before, end = arrow.points()
    drawing.path("M" + "L".join(point(*corner) for corner in (*corners, before)), line=colour, thick=2)
    drawing.arrow(*before, *end, colour=colour)


def _draw_used(drawing: Drawing, line: Line, contents: Contents) -> None:
    if contents.used is None or not line.start < contents.used <= line.stop:
        return
    x = line.x_of(contents.used)
    top, bottom = line.top - 3, line.top + BOX + 3
    if contents.used in line.places():
        drawing.line(x, top, x, bottom, colour=INK, thick=3.5)
        return
    for one, other in (
        (top, line.top + 6),
        (line.top + BOX - 5, bottom),
    ):  # above and below the words for what is left out
        drawing.line(x, one, x, other, colour=INK, thick=3.5)
