"""Draws what connections are made of beside bytes: the handshakes, and each FIN and RST.

Comes in: a `Canvas`. Goes out: what is drawn on it, which points that occupies, and what the legend must explain.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from helpers.pictures.drawing import QUIET, SMALL, VERMILLION, width
from helpers.pictures.sequence.canvas import Canvas, thickness
from helpers.pictures.sequence.closing import Signal
from helpers.pictures.telling.order import connects
from helpers.recording.events import Event

# Connecting


def draw_connects(canvas: Canvas) -> None:
    """What came of each connect: a handshake, a refusal, or nothing."""
    for event in canvas.layout.rows.events:
        if event.call.startswith("connect") and event.socket.role != "datagram":
            _draw_connect(canvas, event)


def _draw_connect(canvas: Canvas, event: Event) -> None:
    if event.error == "ConnectionRefusedError":
        _draw_refusal(canvas, event)
    elif event.error == "TimeoutError":
        _draw_no_answer(canvas, event)
    elif links := canvas.scene.links_of(event):
        _draw_handshakes_through(canvas, event, links)
    else:
        peer, lane = canvas.scene.cast.peer(event), canvas.scene.lane_of(event)
        if connects(event) and peer is not None and peer != lane:
            _draw_handshake(canvas, lane, peer, canvas.layout.row(event).y)


def _draw_handshake(canvas: Canvas, lane: int, peer: int, y: float) -> None:
    direction, x = 1 if peer > lane else -1, canvas.layout.x
    start, end = x[lane] + (canvas.layout.edge + 2) * direction, x[peer] - 8 * direction
    _draw_there_and_back(canvas, start, end, y)
    canvas.marks.word((x[lane] + x[lane + direction]) / 2, y - 8, "handshake")
    for line in (y, y - 12):
        canvas.occupied.add_line(start, line, end, line)
    _draw_answer(canvas, peer, y)


def _draw_handshakes_through(canvas: Canvas, event: Event, links: tuple[int, ...]) -> None:
    """A handshake with the first link, which then makes a connection of its own to whoever comes next."""
    talk, y, x = canvas.scene.cast.talk[event.order], canvas.layout.row(event).y, canvas.layout.x
    lanes = [canvas.scene.lane_of(event), *links, canvas.scene.cast.ways[talk][1]]
    if canvas.scene.routes[talk].last is None:
        lanes.pop()
    for at, (one, other) in enumerate(itertools.pairwise(lanes)):
        direction = 1 if other > one else -1
        start, end = x[one] + (canvas.layout.edge + 2) * direction, x[other] - 10 * direction
        _draw_there_and_back(canvas, start, end, y)
        for line in (y - 12, y, y + 8):
            canvas.occupied.add_line(start, line, end, line)
        if not at:
            canvas.marks.word((x[one] + x[one + direction]) / 2, y - 8, "handshake")
    for lane in lanes[1:]:
        _draw_answer(canvas, lane, y)


def _draw_there_and_back(canvas: Canvas, start: float, end: float, y: float) -> None:
    canvas.marks.arrow(start, y - 3, end, y - 3, thick=1.5, head=8)
    canvas.marks.arrow(end, y + 4, start, y + 4, thick=1.5, head=8)


def _draw_answer(canvas: Canvas, lane: int, y: float) -> None:
    canvas.marks.diamond(canvas.layout.x[lane], y)
    canvas.legend.explain("the system answers, before accept", lambda marks, x, y: marks.diamond(x + 14, y))


def _draw_no_answer(canvas: Canvas, event: Event) -> None:
    """It goes out, and nothing comes back."""
    marks, direction, y = canvas.marks, canvas.layout.inward(event), canvas.layout.row(event).y
    x = canvas.layout.x[canvas.scene.lane_of(event)] + 14 * direction
    marks.arrow(x, y, x + 48 * direction, y, thick=1.5, head=8)
    for dot in (54, 62, 70):
        marks.line(x + dot * direction, y, x + (dot + 2) * direction, y, colour=QUIET, thick=2)
    marks.text(x, y - 8, "no answer", size=SMALL, anchor="start" if direction > 0 else "end")


def _draw_refusal(canvas: Canvas, event: Event) -> None:
    marks, direction, y = canvas.marks, canvas.layout.inward(event), canvas.layout.row(event).y
    x = canvas.layout.x[canvas.scene.lane_of(event)] + 14 * direction
    wall = x + 64 * direction
    marks.arrow(x, y - 3, wall - 4 * direction, y - 3, thick=1.5, head=8)
    marks.arrow(wall - 4 * direction, y + 5, x, y + 5, colour=VERMILLION, thick=1.5, head=8)
    marks.line(wall, y - 14, wall, y + 14, colour=VERMILLION, thick=4)
    marks.text(wall + 8 * direction, y + 5, "refused", size=SMALL, anchor="start" if direction > 0 else "end")


# Closing


class _Arrow(NamedTuple):
    """Where a signal begins and where it ends."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def direction(self) -> int:
        """-1 to the left, 1 to the right."""
        return 1 if self.x2 > self.x1 else -1


def draw_signals(canvas: Canvas) -> None:
    """Every FIN and RST, and then its name, where nothing else is."""
    found = [(signal, _arrow(canvas, signal)) for signal in canvas.scene.signals]
    arrows = [(signal, arrow) for signal, arrow in found if arrow is not None]
    for signal, arrow in arrows:
        _draw_signal(canvas, signal, arrow)
    for signal, arrow in arrows:
        _name_signal(canvas, signal.name, arrow)


def _arrow(canvas: Canvas, signal: Signal) -> _Arrow | None:
    """None where it is not drawn."""
    rows, x, edge = canvas.layout.rows.by_call, canvas.layout.x, canvas.layout.edge
    sent = rows.get(signal.sent.order) if signal.sent is not None else None
    met = rows.get(signal.met.order) if signal.met is not None else None
    answered = rows.get(signal.answers.order) if signal.answers is not None else None
    seen = answered or sent or met
    if signal.sender == signal.receiver or seen is None or seen.fold is not None:
        return None
    direction = 1 if signal.receiver > signal.sender else -1
    y1 = seen.y + 18 * signal.leg / signal.legs if sent is not None else seen.y - 12
    if signal.answers is not None:
        y1 = seen.y + thickness(signal.answers.size) / 2 + 8  # below the bytes that it answers
    y2 = met.y if met is not None and met.fold is None else y1 + 18 / signal.legs
    return _Arrow(x[signal.sender] + (edge + 2) * direction, y1, x[signal.receiver] - (edge + 2) * direction, y2)


def _draw_signal(canvas: Canvas, signal: Signal, arrow: _Arrow) -> None:
    canvas.occupied.add_line(*arrow)
    if signal.leg:
        canvas.say_held(signal.held, canvas.layout.x[signal.sender], arrow.y1 + 16, arrow.direction)
    if signal.reset:
        canvas.marks.zigzag(*arrow)
        meaning = "RST: broken off" if signal.name == "RST" else signal.name
        canvas.legend.explain(meaning, lambda marks, x, y: marks.zigzag(x, y, x + 28, y))
    else:
        canvas.marks.arrow(*arrow, colour=QUIET, thick=2, dash="7 4")
        meaning = "FIN: no more bytes come" if signal.name == "FIN" else signal.name
        canvas.legend.explain(meaning, lambda marks, x, y: marks.arrow(x, y, x + 28, y, colour=QUIET, dash="7 4"))


def _name_signal(canvas: Canvas, name: str, arrow: _Arrow) -> None:
    """Beside its beginning, or its middle, where nothing else is."""
    half = width(name, SMALL) / 2
    places = _places_for_name(arrow, half)
    inside = [place for place in places if place[1] < canvas.layout.rows.bottom]
    free = (place for taken in (canvas.occupied, canvas.solid) for place in inside if taken.is_free(*place, half))
    x, y = next(free, places[0])
    canvas.marks.text(x, y, name, size=SMALL, anchor="middle")
    canvas.occupy_words(x - half, y - 5, 2 * half)


def _places_for_name(arrow: _Arrow, half: float) -> Sequence[tuple[float, float]]:
    """The best first."""
    x1, y1, x2, y2 = arrow
    beside, x, y = x1 + (12 + half) * arrow.direction, (x1 + x2) / 2, (y1 + y2) / 2
    # Below it there is more room to be kept: it falls.
    under = y1 + 20 + max(y2 - y1, 0) * (12 + 2 * half) / max(abs(x2 - x1), 1)
    places = [(beside, y1 - 6), (beside, under), (x, y - 10), (x, y + 22)]
    for part in (0.7, 0.3, 0.85, 0.6, 0.4, 0.2, 0.1, 0.93):
        x, y = x1 + (x2 - x1) * part, y1 + (y2 - y1) * part
        places += [(x, y - 10), (x, y + 22)]
    return places
