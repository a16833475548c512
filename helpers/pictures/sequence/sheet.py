"""A conversation as a sequence diagram: time runs down, a lane for each participant, and the bytes flow from lane to lane.

Comes in: a recording. Goes out: a `Picture`. First there is a `Scene` (what is to be seen), its `Wording` and its `Layout` (where it stands);
then it is drawn by them, from the back to the front.
"""

from __future__ import annotations

from helpers.pictures.drawing import BLUE, INK, PAPER, PURPLE, QUIET, SMALL, TEXT, TINTS, Drawing, Picture, width
from helpers.pictures.sequence.canvas import Canvas, Sample
from helpers.pictures.sequence.lanes import Lane
from helpers.pictures.sequence.layout import MARGIN, arrange
from helpers.pictures.sequence.ribbons import draw_bytes, draw_chunks
from helpers.pictures.sequence.rows import IN_BACKLOG, LINE, NOTE, STILL_WAITS, WAITS
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.signals import draw_connects, draw_signals
from helpers.pictures.sequence.wording import Wording
from helpers.recording.events import Event, Recorded

_LOOKS: dict[str, tuple[str, str | None]] = {
    WAITS: (QUIET, None),
    STILL_WAITS: (PURPLE, "6 3"),
    IN_BACKLOG: (BLUE, "3 3"),
}
"""The colours and dashes of bars."""
_TITLE = 24
"""Characters of a lane's title."""


def conversation(recording: Recorded) -> Picture:
    """What the sockets of `recording` said to each other, and when each had to wait for the other.

    `recording` has `events`, `conversations` and `dropped`. The same program gives the same picture, whatever the timing of its threads.
    """
    scene = Scene(recording)
    wording = Wording(scene)
    if not scene.events:
        return _nothing(wording)
    alt = wording.alt()
    return Picture(_draw(Canvas(scene, wording, arrange(scene, wording)), alt), alt, wording.text())


def _nothing(wording: Wording) -> Picture:
    drawing = Drawing()
    words = " ".join(["No socket call happened.", *wording.left_out()])
    drawing.text(MARGIN, 32, words)
    return Picture(drawing.svg(2 * MARGIN + width(words), 52, words), words, words)


def _draw(canvas: Canvas, title: str) -> str:
    """The whole, from the back to the front."""
    _draw_lanes(canvas)
    _draw_bars(canvas)
    draw_bytes(canvas)
    draw_connects(canvas)
    draw_signals(canvas)
    _draw_folds(canvas)
    draw_chunks(canvas)
    for event in canvas.layout.rows.events:
        _draw_mark(canvas, event)
        _draw_label(canvas, event)
        _draw_clock(canvas, event)
    high = _draw_legend(canvas, _draw_left_out(canvas))
    return canvas.marks.svg(canvas.layout.wide, high, title)


# Lanes


def _draw_lanes(canvas: Canvas) -> None:
    for lane, x, box in zip(canvas.scene.cast.lanes, canvas.layout.x, canvas.layout.titles, strict=True):
        if lane.link:
            _draw_link(canvas, lane, x, box)
        else:
            _draw_lane(canvas, lane, x, box)


def _draw_lane(canvas: Canvas, lane: Lane, x: float, box: float) -> None:
    """A program's or a socket's; where it is closed, a dotted line goes on."""
    marks, rows = canvas.marks, canvas.layout.rows
    dash = "6 4" if lane.away else None
    closes = rows.by_call.get(lane.closes) if lane.closes is not None else None
    marks.line(x, 46, x, closes.y if closes is not None else rows.bottom, colour=QUIET, thick=2, dash=dash)
    if closes is not None:
        marks.line(x, closes.y, x, rows.bottom, colour=QUIET, thick=1, dash="2 6")
    line = QUIET if lane.away else INK
    marks.rect(x - box / 2, 14, box, 32, fill=TINTS[QUIET], line=line, radius=6, dash=dash)
    marks.text(x, 36, _shortened(lane.title), bold=True, anchor="middle", fit=box - 16)


def _draw_link(canvas: Canvas, lane: Lane, x: float, box: float) -> None:
    marks = canvas.marks
    marks.pipe(x, 46, canvas.layout.rows.bottom)
    marks.rect(x - box / 2, 14, box, 32, fill=PAPER, line=QUIET, thick=2, radius=16)
    marks.text(x, 36, _shortened(lane.title), bold=True, anchor="middle", fit=box - 20)
    canvas.legend.explain("a link: a piece of the network", lambda marks, x, y: marks.pipe(x + 14, y - 10, y + 10))


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"


def _draw_bars(canvas: Canvas) -> None:
    """Those on the line last: the others stand behind them."""
    for bar in sorted(canvas.layout.rows.bars, key=lambda bar: -bar.slot):
        canvas.marks.bar(canvas.layout.x[bar.lane] + bar.shift, bar.top, bar.bottom, _LOOKS[bar.why])
        canvas.legend.explain(bar.why, _sample_bar(_LOOKS[bar.why]))


def _sample_bar(look: tuple[str, str | None]) -> Sample:
    return lambda marks, x, y: marks.bar(x + 14, y - 9, y + 9, look)


# Rows


def _draw_folds(canvas: Canvas) -> None:
    marks, wide = canvas.marks, canvas.layout.wide
    for row in canvas.layout.rows.folds:
        assert row.fold is not None
        top, bottom = row.bottom - 40, row.bottom - 4
        marks.rect(MARGIN, top, wide - 2 * MARGIN, bottom - top, fill=TINTS[INK], radius=4)
        for y in (top, bottom):
            marks.line(MARGIN, y, wide - MARGIN, y, colour=QUIET, dash="8 5")
        marks.text(wide / 2, row.y + 6, row.fold.words, bold=True, anchor="middle", fit=wide - 4 * MARGIN)


def _draw_mark(canvas: Canvas, event: Event) -> None:
    """On its lane: the number of its connection, or what went wrong; both, one beside the other; mostly a dot."""
    marks, legend = canvas.marks, canvas.legend
    x, y = canvas.layout.x[canvas.scene.lane_of(event)], canvas.layout.row(event).y
    number = canvas.scene.mark(event)
    if number is not None:
        marks.circle(x, y, 11, event.peek)
        colour = INK if event.peek else PAPER
        marks.text(x, y + 5, str(number), size=SMALL, bold=True, colour=colour, anchor="middle", fit=17)
        legend.explain("which connection", lambda marks, x, y: marks.numbered(x + 14, y))
        x += 24 * canvas.layout.inward(event)
    if event.error == "TimeoutError":
        marks.hourglass(x, y)
        legend.explain("gave up waiting", lambda marks, x, y: marks.hourglass(x + 14, y))
    elif event.error:
        marks.cross(x, y)
        legend.explain("an error", lambda marks, x, y: marks.cross(x + 14, y))
    elif number is None:
        marks.circle(x, y, 6, event.peek or event.ended is None)


def _draw_label(canvas: Canvas, event: Event) -> None:
    """The call, and what else is to be said of it."""
    label, y = canvas.layout.labels[event.order], canvas.layout.row(event).y + 5
    for line in label.lines:
        _write(canvas, event, y, line, mono=True)
        y += LINE
    y += NOTE - LINE
    for line in label.notes:
        _write(canvas, event, y, line, size=SMALL, bold=bool(event.error))
        y += NOTE


def _write(
    canvas: Canvas,
    event: Event,
    y: float,
    line: str,
    *,
    size: float = TEXT,
    mono: bool = False,
    bold: bool = False,
    colour: str = INK,
) -> None:
    """A line beside its lane; on paper, where arrows pass."""
    marks, label, limit = canvas.marks, canvas.layout.labels[event.order], canvas.layout.label_limit
    if 0 < canvas.scene.lane_of(event) < len(canvas.layout.x) - 1:
        marks.plate(label.x, y - size * 0.8, min(width(line, size, mono), limit), size * 1.1, label.side)
    anchor = "end" if label.side < 0 else "start"
    marks.text(label.x, y, line, size=size, mono=mono, bold=bold, colour=colour, anchor=anchor, fit=limit)


def _draw_clock(canvas: Canvas, event: Event) -> None:
    """Above the call that waited: beside its bar."""
    if clock := canvas.wording.clock(event):
        with canvas.marks.group("clock"):
            _write(canvas, event, canvas.layout.row(event).y - 11, clock, size=SMALL, colour=QUIET)


# The foot


def _draw_left_out(canvas: Canvas) -> float:
    """What there is beside what is drawn. Gives back how far down it reaches."""
    y = canvas.layout.rows.bottom + 26
    for line in canvas.wording.left_out():
        canvas.marks.text(MARGIN, y, line, fit=canvas.layout.wide - 2 * MARGIN)
        y += 24
    return y


def _draw_legend(canvas: Canvas, y: float) -> float:
    """What the marks mean. Gives back the height of the whole picture."""
    entries = canvas.legend.entries()
    marks, right = canvas.marks, canvas.layout.wide - MARGIN
    x: float = MARGIN
    marks.line(MARGIN, y - 16, right, y - 16, colour=QUIET, thick=1)
    y += 6
    for words, sample in entries:
        needed = 36 + width(words, SMALL)
        if x > MARGIN and x + needed > right:
            x, y = MARGIN, y + 26
        sample(marks, x, y)
        marks.text(x + 36, y + 5, words, size=SMALL, colour=QUIET)
        x += needed + 18
    for line in canvas.wording.height(int((right - MARGIN) / width("x", SMALL))):
        y += 26 if x > MARGIN else 0
        x = MARGIN + 1
        marks.text(MARGIN, y + 5, line, size=SMALL, colour=QUIET)
    return y + 22
