"""A conversation as a sequence diagram: time runs down, a lane for each participant, and the bytes flow from lane to lane.

Comes in: a recording. Goes out: a `Picture`. First there is a `Scene` (what is to be seen), its `Wording` and its `Layout` (where it stands);
then it is drawn by them, from the back to the front.
"""

from __future__ import annotations

import textwrap

from helpers.pictures.drawing import BLUE, INK, PAPER, PURPLE, QUIET, SMALL, TEXT, TINTS, Drawing, Picture, width
from helpers.pictures.sequence.canvas import Canvas, Sample
from helpers.pictures.sequence.lanes import Lane
from helpers.pictures.sequence.layout import MARGIN, arrange, pill
from helpers.pictures.sequence.ribbons import draw_bytes, draw_chunks
from helpers.pictures.sequence.rows import IN_BACKLOG, LINE, NOTE, STILL_WAITS, WAITS
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.signals import draw_connects, draw_signals
from helpers.pictures.sequence.wording import CLOCK, Wording
from helpers.recording.events import Event, Recorded

_LOOKS: dict[str, tuple[str, str | None]] = {
    WAITS: (QUIET, None),
    STILL_WAITS: (PURPLE, "6 3"),
    IN_BACKLOG: (BLUE, "3 3"),
}
"""The colours and dashes of bars."""


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
    words = wording.nothing()
    drawing.text(MARGIN, 32, words)
    return Picture(drawing.svg(2 * MARGIN + width(words), 52, words), words, words)


def _draw(canvas: Canvas, title: str) -> str:
    """The whole, from the back to the front."""
    _draw_lanes(canvas)
    _occupy_labels(canvas)
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
    layout = canvas.layout
    for lane, name, x, box in zip(canvas.scene.cast.lanes, layout.names, layout.x, layout.titles, strict=True):
        if lane.link:
            _draw_link(canvas, name, x, box)
        else:
            _draw_lane(canvas, lane, name, x, box)


def _draw_lane(canvas: Canvas, lane: Lane, name: str, x: float, box: float) -> None:
    """A program's or a socket's; where it is closed, a dotted line goes on."""
    marks, rows = canvas.marks, canvas.layout.rows
    dash = "6 4" if lane.away else None
    closes = rows.by_call.get(lane.closes) if lane.closes is not None else None
    marks.line(x, 46, x, closes.y if closes is not None else rows.bottom, colour=QUIET, thick=2, dash=dash)
    if closes is not None:
        marks.line(x, closes.y, x, rows.bottom, colour=QUIET, thick=1, dash="2 6")
    line = QUIET if lane.away else INK
    for behind in (8, 4) if lane.crowd is not None else ():
        marks.rect(x - box / 2 + behind, 14 - behind, box, 32, fill=PAPER, line=line, radius=6)
    thick = 3.5 if lane.differs else 1.5
    marks.rect(x - box / 2, 14, box, 32, fill=TINTS[QUIET], line=line, thick=thick, radius=6, dash=dash)
    marks.text(x, 36, name, bold=True, anchor="middle", fit=box - 16)


def _draw_link(canvas: Canvas, name: str, x: float, box: float) -> None:
    marks = canvas.marks
    marks.pipe(x, 46, canvas.layout.rows.bottom)
    marks.rect(x - box / 2, 14, box, 32, fill=PAPER, line=QUIET, thick=2, radius=16)
    marks.text(x, 36, name, bold=True, anchor="middle", fit=box - 20)
    canvas.legend.explain("a link: a piece of the network", lambda marks, x, y: marks.pipe(x + 14, y - 10, y + 10))


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
    if many_of := canvas.wording.times(event):
        _draw_count(canvas, x, y, many_of, event.peek or event.ended is None)
        x += (pill(many_of) / 2 + 13) * canvas.layout.inward(event)
    elif number is not None:
        marks.circle(x, y, 11, event.peek)
        colour = INK if event.peek else PAPER
        marks.text(x, y + 5, str(number), size=SMALL, bold=True, colour=colour, anchor="middle", fit=17)
        which = "conversation" if event.socket.role == "datagram" else "connection"
        legend.explain(f"which {which}", lambda marks, x, y: marks.numbered(x + 14, y))
        x += (canvas.layout.edge + 11) * canvas.layout.inward(event)
    if event.error == "TimeoutError":
        marks.hourglass(x, y)
        legend.explain("gave up waiting", lambda marks, x, y: marks.hourglass(x + 14, y))
    elif event.error:
        marks.cross(x, y)
        legend.explain("an error", lambda marks, x, y: marks.cross(x + 14, y))
    elif event.records:
        marks.record(x, y)
        legend.explain("TLS records", lambda marks, x, y: marks.record(x + 14, y))
    elif number is None and not many_of:
        marks.circle(x, y, 6, event.peek or event.ended is None)


def _draw_count(canvas: Canvas, x: float, y: float, words: str, hollow: bool) -> None:
    """How many made the call."""
    canvas.marks.pill(x, y, pill(words), words, hollow)
    canvas.legend.explain("so many of them", lambda marks, x, y: marks.pill(x + 14, y, 30, "×n", False))


def _draw_label(canvas: Canvas, event: Event) -> None:
    """The call, and what else is to be said of it."""
    label, y = canvas.layout.labels[event.order], canvas.layout.row(event).y + 5
    anchor = "end" if label.side < 0 else "start"
    for at, line in enumerate(label.lines):
        _lay_paper(canvas, event, y + LINE * at, width(line, mono=True), TEXT)
    canvas.marks.lines(label.x, y, label.lines, LINE, mono=not event.records, anchor=anchor)
    if not label.notes:
        return
    y += LINE * (len(label.lines) - 1) + NOTE
    for at, line in enumerate(label.notes):
        _lay_paper(canvas, event, y + NOTE * at, width(line, SMALL), SMALL)
    notes = [f"{line} " for line in label.notes]
    canvas.marks.lines(label.x, y, notes, NOTE, size=SMALL, bold=bool(event.error), anchor=anchor)


def _occupy_labels(canvas: Canvas) -> None:
    """What is said between lanes stands beside what is written there."""
    for event in canvas.layout.rows.events:
        label, y = canvas.layout.labels[event.order], canvas.layout.row(event).y
        lines = [(y + LINE * at, width(line, mono=True)) for at, line in enumerate(label.lines)]
        below = lines[-1][0] + NOTE
        lines += [(below + NOTE * at, width(line, SMALL)) for at, line in enumerate(label.notes)]
        if canvas.wording.may_have_clock(event):
            lines.append((y - 16, width(CLOCK, SMALL)))
        for middle, wide in lines:
            canvas.occupy_words(label.x, middle, wide * label.side)


def _lay_paper(canvas: Canvas, event: Event, y: float, wide: float, size: float) -> None:
    """Under a line beside its lane, where arrows pass."""
    label, last = canvas.layout.labels[event.order], len(canvas.layout.x) - 1
    if 0 < canvas.scene.lane_of(event) < last:
        wide = min(wide, canvas.layout.label_limit)
        canvas.marks.plate(label.x, y - size * 0.8, wide, size * 1.1, label.side)


def _draw_clock(canvas: Canvas, event: Event) -> None:
    """Above the call that waited: beside its bar."""
    if clock := canvas.wording.clock(event):
        with canvas.marks.group("clock"):
            label, y = canvas.layout.labels[event.order], canvas.layout.row(event).y - 11
            _lay_paper(canvas, event, y, width(clock, SMALL), SMALL)
            anchor = "end" if label.side < 0 else "start"
            canvas.marks.text(label.x, y, clock, size=SMALL, colour=QUIET, anchor=anchor)


# The foot


def _draw_left_out(canvas: Canvas) -> float:
    """What there is beside what is drawn. Gives back how far down it reaches."""
    y = canvas.layout.rows.bottom + 26
    most = int((canvas.layout.wide - 2 * MARGIN) / width("x"))
    about = [line for words in canvas.wording.about() for line in textwrap.wrap(words, most)]
    for line in [*about, *canvas.wording.left_out()]:
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
