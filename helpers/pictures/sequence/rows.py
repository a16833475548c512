"""How high everything stands: a row for each call and each fold, and the bars of waiting between them.

Comes in: a `Scene` and its `Wording`. Goes out: `Rows`, which do not change any more. Only the layout asks here.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from helpers.pictures.drawing import SMALL, width
from helpers.pictures.sequence.folding import Fold
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.wording import MIXED, Wording
from helpers.pictures.telling.order import connects
from helpers.recording.events import Event

WAITS, STILL_WAITS, IN_BACKLOG = "waits", "still waits", "in the backlog"
_TOP = 64
"""Where the first row begins, under the titles."""
_ROW = 34
LINE = 20
"""From a line of a call to the next."""
NOTE = 17
"""The same for what is said below it."""
PART = 17
"""Height of a band with the letter of its sender, where the bytes of several threads are mixed."""
_APART = 11
"""Between the middles of two bars that stand beside each other."""


@dataclasses.dataclass(frozen=True)
class Row:
    """Where a call, or a fold, stands."""

    y: float
    """Of the marks."""
    bottom: float
    fold: Fold | None = None


@dataclasses.dataclass(frozen=True)
class Bar:
    """A time of waiting on a lane."""

    lane: int
    slot: int
    """0 on the lane's line; 1, 2, … beside it, right and left in turn, where several wait at the same time."""
    top: float
    bottom: float
    why: str
    """WAITS, STILL_WAITS or IN_BACKLOG."""

    @property
    def shift(self) -> float:
        """Pixels between its middle and the lane's line."""
        return (self.slot + 1) // 2 * _APART * (1 if self.slot % 2 else -1)


@dataclasses.dataclass(frozen=True)
class Rows:
    """All rows and bars."""

    events: tuple[Event, ...]
    """The calls that have a row of their own, from top to bottom."""
    folds: tuple[Row, ...]
    by_call: Mapping[int, Row]
    """The row of each call by its `order`; of those that a fold leaves out, the fold's."""
    calls: Mapping[int, Sequence[str]]
    """What is written beside each call, in lines, by its `order`; of calls that have a row of their own."""
    notes: Mapping[int, Sequence[str]]
    """What else is said of it, below, in lines; mostly there is nothing."""
    aside: frozenset[int]
    """The sends whose unread bytes are told there: where their bytes end is no room for it."""
    bars: tuple[Bar, ...]
    bottom: float
    """Where the lanes end."""


def place_rows(scene: Scene, wording: Wording, most: int) -> Rows:
    """Give each row of `scene` its height, from top to bottom; `most`: characters in a line of a call."""
    events = tuple(row for row in scene.rows if isinstance(row, Event))
    calls = {event.order: wording.call_lines(event, most) for event in events}
    limit = width("x" * most, mono=True)
    notes = {event.order: _lines(wording.note(event), limit) for event in events}
    rows: dict[int, Row] = {}
    folds: list[Row] = []
    top: float = _TOP
    for each in scene.rows:
        if isinstance(each, Fold):
            row = Row(top + 22, top + 44, each)
            folds.append(row)
            rows |= dict.fromkeys((event.order for event in each.events), row)
        else:
            high = LINE * (len(calls[each.order]) - 1) + NOTE * _notes_of(scene, wording, each, notes, limit)
            more = max(PART * parts_of(scene, each) - _ROW + 6, 0)
            row = rows[each.order] = Row(top + (_ROW + more) / 2, top + _ROW + max(high, more / 2) + more / 2)
        top = row.bottom
    bottom = top + 8
    aside = frozenset(_aside(scene, [event for event in events if event.order in scene.not_received], rows))
    for event in events:
        if event.order in aside:
            notes[event.order] = _lines(_with_unread(wording, event), limit)
    bars = tuple(_bars(scene, events, rows, bottom))
    return Rows(events, tuple(folds), rows, calls, notes, aside, bars, bottom)


def parts_of(scene: Scene, event: Event) -> int:
    """Into how many bands the bytes of a call are divided that carry a letter; 0: they carry none, or are too many."""
    parts = 0
    if scene.sender(event):
        parts = max(len(scene.leaving[event.order]), 1)
    elif scene.is_mixed(event):
        parts = len(scene.arriving[event.order])
    return parts if parts <= MIXED else 0


def _lines(note: str, limit: float) -> list[str]:
    """In as many as it takes: if one will not do, each clause begins another."""
    most = int(limit / width("x", SMALL))
    clauses = note.split("; ") if len(note) > most else [note]
    ends = [";"] * (len(clauses) - 1) + [""]
    return [line for clause, end in zip(clauses, ends, strict=True) for line in textwrap.wrap(clause + end, most)]


def _with_unread(wording: Wording, event: Event) -> str:
    return "; ".join(filter(None, [wording.note(event), wording.unread(event)]))


def _notes_of(scene: Scene, wording: Wording, event: Event, notes: Mapping[int, Sequence[str]], limit: float) -> int:
    """Lines that are kept free under a call: for what is said of it, and of its bytes that nobody received, wherever that stands."""
    lines = len(notes[event.order])
    if event.order in scene.not_received:
        lines = max(len(_lines(_with_unread(wording, event), limit)), len(wording.unread_at_links(event)) - 1)
    return max(lines, 1 if scene.has_loose_bytes(event) else 0)


def _aside(scene: Scene, lost: list[Event], rows: Mapping[int, Row]) -> Iterator[int]:
    """The sends, of those in `lost`, whose words cannot stand at the end of their bytes.

    That is outside the picture, or others go on from there, or come back, or pass.
    """
    passing = [
        ({scene.lane_of(flow.sent), scene.lane_of(flow.received)}, rows[flow.sent.order].y, rows[flow.received.order].y)
        for flow in (scene.flows if lost else ())
        if flow.sent is not None and flow.received is not None
        if flow.sent.order in rows and flow.received.order in rows
    ]
    for event in lost:
        y, between = rows[event.order].y, {scene.lane_of(event), scene.cast.peer(event)}
        outside = bool(scene.at_links(event)) and scene.lane_beyond_links(event) is None
        crossed = any(top < y < bottom and lanes == between for lanes, top, bottom in passing)
        # At a link, what is not received stands below all that is; not so datagrams, of which each goes for itself.
        of_stream = scene.at_links(event) and event.socket.role != "datagram"
        received = scene.received_of(event.socket) if of_stream else ()
        below = any(each.order in rows and rows[each.order].y > y for each, _ in received)
        if outside or crossed or below or scene.leaving[event.order] or event.order in scene.answered:
            yield event.order


def _bars(scene: Scene, events: tuple[Event, ...], rows: Mapping[int, Row], bottom: float) -> list[Bar]:
    """The times of waiting, in the order in which they end."""
    talk = scene.cast.talk
    connect_of = {talk[event.order]: event for event in events if connects(event) and event.order in talk}
    bars: list[Bar] = []
    for event in events:
        lane, row = scene.lane_of(event), rows[event.order]
        before = scene.begun(event)
        if before is not None and before.order in rows:
            end = bottom - 8 if event.ended is None else row.y - 10
            bars += _bar(bars, lane, rows[before.order], end, STILL_WAITS if event.ended is None else WAITS)
        if event.call == "accept" and (connect := connect_of.get(talk.get(event.order, -1))) is not None:
            start = rows[connect.order]
            if row.y - start.bottom > _ROW:
                bars += _bar(bars, lane, start, row.y - 10, IN_BACKLOG)
    return bars


def _bar(bars: list[Bar], lane: int, start: Row, bottom: float, why: str) -> list[Bar]:
    """A bar beside those in `bars`; none where there is no room for it under the row `start`."""
    top = start.bottom - (0 if start.fold is not None else 6)
    if bottom - top < 6:
        return []
    used = {bar.slot for bar in bars if bar.lane == lane and bar.top < bottom and top < bar.bottom}
    slot = next(slot for slot in range(len(used) + 1) if slot not in used)
    return [Bar(lane, slot, top, bottom, why)]
