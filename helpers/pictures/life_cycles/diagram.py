"""The lives of sockets as a diagram of states: what a socket can do, and the way the learner's own sockets took.

Both lives begin in one state: a new socket is neither a client's nor a server's. `connect` or `bind` decides. What `accept` makes begins
connected, in a column of its own.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from helpers.pictures.drawing import (
    BLUE,
    GREEN,
    INK,
    PAPER,
    PURPLE,
    QUIET,
    SMALL,
    TEXT,
    TINTS,
    VERMILLION,
    Drawing,
    Picture,
    point,
)
from helpers.pictures.life_cycles.lives import (
    BOUND,
    CLIENT,
    CLOSED,
    CONNECTED,
    CONNECTION,
    CREATED,
    HALF_CLOSED,
    LISTENER,
    LISTENING,
    OF_A_SERVER,
    SOCKET,
    STATES,
    UNKNOWN,
    Life,
    Step,
    Story,
    Taken,
    times,
    told,
)
from helpers.recording.recorder import Recording
from helpers.words import listed

_COLOURS = {CLIENT: BLUE, LISTENER: GREEN, CONNECTION: PURPLE, SOCKET: INK}

_SENDING = ("send", "sendall", "sendmsg", "sendto")

_WIDE = 960
_MARGIN = 12
_COLUMN = 300
_NEXT = 318
"""From one column's left to the next one's."""
_INSET = 22
"""From a column's left to its boxes: the arrows that pass states by run in between."""
_BOX = 140
_SPINE = _INSET + _BOX / 2
_LOOP = 30
"""Pixels for a call that leaves a socket in its state."""
_ROW = 24
_FAILURE = 42
_GAP = 50
_MARK = 11
_ROOM = _COLUMN - _SPINE
"""Pixels to the right of a column's main arrow."""


def life_cycle(*recordings: Recording) -> Picture:
    """The states of a client's socket, a listening socket and a connection, with the way that the recorded sockets took.

    Several recordings, in the order in which they were made, are taken for one: the cells of a lesson.
    """
    story = told(recordings)
    return Picture(_draw(story), _alt(story), _text(story))


# The drawing


class _Diagram:
    """Draws a story. The rows of states stand at the same height in every column."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.drawing = Drawing()
        self.halves = [column for column in (CLIENT, CONNECTION) if HALF_CLOSED in self._states_of(column)]
        self.lanes = self._lanes()
        self.unbound = story.steps(LISTENER, CREATED, LISTENING)
        """`listen` without `bind`: the system chooses the address."""
        self.tops: dict[str, float] = {}
        self.bottoms: dict[str, float] = {}
        self.high = self._place()

    def _states_of(self, column: str) -> set[str]:
        steps = [step for step in self.story.taken if step.column == column]
        return {step.goal for step in steps} | {life.before or "" for life in self.story.of(column)}

    def _lanes(self) -> list[tuple[str, str]]:
        """(column, state) from which a socket was closed past a state that is drawn below."""
        passing = [(column, CONNECTED) for column in self.halves if self.story.steps(column, CONNECTED, CLOSED)]
        if self.story.steps(LISTENER, BOUND, CLOSED):
            passing.append((LISTENER, BOUND))
        if self.story.steps(None, CREATED, CLOSED):
            passing.append((SOCKET, CREATED))
        return passing

    @property
    def _lane_rows(self) -> int:
        """Those of a bound and of a merely created socket run side by side: their labels need a row each."""
        return 2 if {column for column, _ in self.lanes} >= {LISTENER, SOCKET} else bool(self.lanes)

    # Where everything stands

    def _place(self) -> float:
        """Give every row of states its place; the height of the whole."""
        y = 104.0
        y = self._row(y, self._box_high(CREATED), CREATED)
        gap = max(_GAP, self._below(LISTENER, CREATED))
        bound_high = self._box_high(BOUND)
        next_gap = max(_GAP, self._below(LISTENER, BOUND))
        next_gap = max(next_gap, self._below(CLIENT, CREATED) - gap - bound_high, 300 - y - gap - bound_high)
        y = self._row(y + gap, bound_high, BOUND)
        y = self._row(y + next_gap, max(self._box_high(CONNECTED), self._box_high(LISTENING)), CONNECTED, LISTENING)
        gap = max(self._below(column, state) for column, state in _MIDDLE)
        if self.halves:
            y = self._row(y + gap, self._box_high(HALF_CLOSED), HALF_CLOSED)
            gap = max(self._below(column, HALF_CLOSED) for column in self.halves)
        y = self._row(y + gap + _ROW * self._lane_rows, self._box_high(CLOSED), CLOSED)
        y += max(self._failures_high(column, CLOSED) for column in _COLOURS)
        return y + _MARGIN + (6 + 22 * len(self.story.notes) if self.story.notes else 0)

    def _row(self, y: float, high: float, *states: str) -> float:
        for state in states:
            self.tops[state], self.bottoms[state] = y, y + high
        return y + high

    def _box_high(self, state: str) -> float:
        lines = 1 + bool(self.story.from_before(state)) + bool(self.story.in_state(state))
        loops = max(len(self._loops(column, state)) for column in (CLIENT, CONNECTION))
        return max(22 + 20 * lines, 10 + _LOOP * loops, 48)

    def _below(self, column: str, state: str) -> float:
        """Pixels between a state and the next of its column."""
        labels = len(self._labels(column, state, self._next(column, state)))
        return max(_GAP, 26 + _ROW * labels + self._failures_high(column, state))

    def _failures_high(self, column: str, state: str) -> float:
        return sum(_FAILURE if step.error else _ROW for step in self._rows(column, state))

    def _next(self, column: str, state: str) -> str:
        if state == CREATED:
            return BOUND if column == LISTENER else CONNECTED
        if state == BOUND:
            return LISTENING
        return HALF_CLOSED if state == CONNECTED and column in self.halves else CLOSED

    def _x(self, column: str) -> float:
        return _MARGIN + _NEXT * {CLIENT: 0, LISTENER: 1, CONNECTION: 2, SOCKET: 0}[column]

    @property
    def _middle(self) -> float:
        """Of client and listening socket: the place of a socket that is neither."""
        return (self._x(CLIENT) + self._x(LISTENER)) / 2 + _SPINE

    # What is written where

    def _loops(self, column: str, state: str) -> list[str]:
        """The calls that leave the socket where it is, as they are drawn beside the box."""
        if state not in (CONNECTED, HALF_CLOSED):
            return []
        names = [step.call for step in self.story.steps(column, state, state)]
        if state == CONNECTED and not set(names) & set(_SENDING):
            names.insert(0, "send")
        if not any(name.startswith("recv") for name in names):
            names.append("recv")
        return names

    def _rows(self, column: str, state: str) -> list[Step]:
        """The calls that failed in `state`, and those that changed nothing, as they are written below the box."""
        story = self.story
        if state not in (CREATED, CLOSED):
            quiet = story.steps(column, state, state) if state in (BOUND, LISTENING) else []
            return [step for step in quiet if step.call != "accept"] + story.failures(column, state)
        if column == SOCKET:
            return []
        rows = story.steps(column, state, state) + story.failures(column, state)
        theirs = story.steps(SOCKET, state, state) + story.failures(SOCKET, state)
        return rows + [step for step in theirs if (step.call in OF_A_SERVER) == (column == LISTENER)] * (
            column != CONNECTION
        )

    def _labels(self, column: str, start: str, goal: str) -> list[tuple[int | None, str]]:
        """The lines beside an arrow, each with its number; of an arrow that was not taken one without."""
        lines: list[tuple[int | None, str]] = []
        for step in self.story.steps(None if column == SOCKET else column, start, goal):
            taken = self.story.taken[step]
            lines.append((taken.place, step.call + times(taken.count)))
            if taken.resets:
                lines.append((None, f"broken off (RST){times(taken.resets)}"))
            if taken.forgotten:
                lines.append((None, f"by Python, not by you{times(taken.forgotten)}"))
        return lines or [(None, _CALLS.get(goal, "close"))]

    # Drawing

    def draw(self) -> str:
        self._titles()
        self._entries()
        self._arrows()
        self._accepting()
        self._boxes()
        self._legend()
        for number, note in enumerate(self.story.notes):
            y = self.high - 22 * (len(self.story.notes) - number) + 6
            self.drawing.text(_MARGIN + _INSET, y, note, size=SMALL, colour=QUIET, fit=_WIDE - 2 * _MARGIN - _INSET)
        return self.drawing.svg(_WIDE, self.high, "The lives of these sockets")

    def _titles(self) -> None:
        for column in (CLIENT, LISTENER, CONNECTION):
            y = self.tops[CONNECTED] - 32.0 if column == CONNECTION else 26.0
            x, count = self._x(column) + _INSET, len(self.story.of(column))
            title = column + (f" ({count} sockets)" if count > 1 else "")
            colour = _COLOURS[column] if count else QUIET
            self.drawing.rect(x, y - 13, 14, 14, fill=colour if count else PAPER, line=colour, radius=3)
            self.drawing.text(x + 22, y, title, bold=True, colour=INK if count else QUIET, fit=_COLUMN - 48)
            if words := _subtitle(self.story, column):
                self.drawing.text(x + 22, y + 20, words, size=SMALL, colour=QUIET, fit=_COLUMN - 48)

    def _entries(self) -> None:
        """`socket` leads into the first state."""
        made = [column for column in (CLIENT, LISTENER, SOCKET) if self.story.steps(column, None, CREATED)]
        for column in made or [SOCKET]:
            x = self._middle if column == SOCKET else self._x(column) + _SPINE
            steps = self.story.steps(column, None, CREATED)
            self._arrow(x, 58, self.tops[CREATED], column, bool(steps))
            label = steps[0].call + times(self.story.taken[steps[0]].count) if steps else "socket"
            self._label(x, 74, self.story.taken[steps[0]].place if steps else None, label, column, bool(steps), 90)

    def _arrows(self) -> None:
        for column, state in _WAYS:
            if state == HALF_CLOSED and column not in self.halves:
                continue
            goal = self._next(column, state)
            x, top, bottom = self._x(column) + _SPINE, self.bottoms[state], self.tops[goal]
            taken = bool(self.story.steps(column, state, goal))
            self._arrow(x, top, bottom, column, taken, self._only_forgotten(column, state, goal))
            lines = self._labels(column, state, goal)
            y = bottom - 20 - _ROW * (len(lines) - 1) - _ROW * (self._lane_rows if goal == CLOSED else 0)
            for number, (place, words) in enumerate(lines):
                self._label(x, y + _ROW * number, place, words, column, taken, _ROOM - 24)
        for column in (CLIENT, LISTENER, CONNECTION):
            for state in (CREATED, BOUND, CONNECTED, LISTENING, HALF_CLOSED, CLOSED):
                self._failures(column, state)
        for column, state in self.lanes:
            self._lane(column, state)
        if self.unbound:
            self._past_bound()

    def _only_forgotten(self, column: str | None, start: str, goal: str) -> bool:
        takings = [self.story.taken[step] for step in self.story.steps(column, start, goal)]
        return bool(takings) and all(taken.forgotten == taken.count for taken in takings)

    def _lane(self, column: str, state: str) -> None:
        """From a state straight to the end, past those between."""
        steps = self.story.steps(None if column == SOCKET else column, state, CLOSED)
        colour = _common_colour({step.column for step in steps})
        dash = "7 5" if self._only_forgotten(None if column == SOCKET else column, state, CLOSED) else None
        x, bottom = self._x(column) + 8, self.tops[CLOSED]
        if column == SOCKET:
            x = self._x(LISTENER) - 10
            self.drawing.arrow(x, self.bottoms[state], x, bottom, colour=colour, thick=3.5, dash=dash, head=12)
        else:
            if column == LISTENER and self.unbound:
                x -= 6  # clear of the way past `bound`
            y = self.bottoms[state] - 14  # clear of the arrow of accept
            corner = f"M{point(self._x(column) + _INSET, y)}H{x:g}V{bottom - 12:g}"
            self.drawing.path(corner, line=colour, thick=3.5, dash=dash)
            self.drawing.arrow(x, bottom - 14, x, bottom, colour=colour, thick=3.5, head=12)
        count = sum(self.story.taken[step].count for step in steps)
        words = "close" + times(count)
        y = bottom - 20 - _ROW * (column == SOCKET and self._lane_rows > 1)
        self._mark(x, y - 5, self.story.taken[steps[0]].place, colour)
        if column == SOCKET:
            self.drawing.text(x - 20, y, words, mono=True, size=SMALL, anchor="end", fit=150)
        else:
            self.drawing.text(x + 18, y, words, mono=True, size=SMALL, fit=_SPINE - 28)

    def _past_bound(self) -> None:
        """From the first state to listening, past the box of those that were bound."""
        taken, colour = self.story.taken[self.unbound[0]], _COLOURS[LISTENER]
        x, bottom = self._x(LISTENER) + 10, self.tops[LISTENING]
        end, turn = x + 36, bottom - 28
        self.drawing.path(
            f"M{point(x, self.bottoms[CREATED])}V{turn:g}H{end:g}V{bottom - 12:g}", line=colour, thick=3.5
        )
        self.drawing.arrow(end, bottom - 14, end, bottom, colour=colour, thick=3.5, head=12)
        y = self.tops[BOUND] - 20
        self._mark(x, y - 5, taken.place, colour)
        words = self.unbound[0].call + times(taken.count)
        self.drawing.text(x + 15, y, words, mono=True, size=SMALL, fit=_SPINE - _MARK - 28)

    def _accepting(self) -> None:
        """`accept` leaves the listening socket where it is, and gives a connection."""
        steps = self.story.steps(LISTENER, LISTENING, LISTENING)
        steps = [step for step in steps if step.call == "accept"]
        start, end = self._x(LISTENER) + _INSET + _BOX, self._x(CONNECTION) + _INSET
        y = (self.tops[LISTENING] + self.bottoms[LISTENING]) / 2
        colour = _COLOURS[LISTENER] if steps else QUIET
        self.drawing.arrow(start, y, end, y, colour=colour, thick=3.5 if steps else 1.5, head=12 if steps else 9)
        label = "accept" + (times(self.story.taken[steps[0]].count) if steps else "")
        x = start + 14
        if steps:
            self._mark(x + 6, y - 18, self.story.taken[steps[0]].place, colour)
            x += 24
        self.drawing.text(x, y - 13, label, mono=True, colour=INK if steps else QUIET, fit=end - x - 8)
        self.drawing.text(start + 12, y + 20, "gives a connection", size=SMALL, colour=QUIET)

    def _boxes(self) -> None:
        left, right = self._x(CLIENT) + _INSET, self._x(LISTENER) + _INSET + _BOX
        self._box(CREATED, left, right, (CLIENT, LISTENER, SOCKET))
        self._box(BOUND, self._x(LISTENER) + _INSET, right, (LISTENER,))
        self._box(LISTENING, self._x(LISTENER) + _INSET, right, (LISTENER,))
        for column in (CLIENT, CONNECTION):
            x = self._x(column) + _INSET
            self._box(CONNECTED, x, x + _BOX, (column,))
            self._draw_loops(column, CONNECTED)
            if column in self.halves:
                self._box(HALF_CLOSED, x, x + _BOX, (column,))
                self._draw_loops(column, HALF_CLOSED)
        self._box(CLOSED, self._x(CLIENT), self._x(CONNECTION) + _COLUMN, tuple(_COLOURS))

    def _box(self, state: str, left: float, right: float, columns: tuple[str, ...]) -> None:
        here = [column for column in columns if column in self.story.visitors(state)]
        now = [column for column in columns if self.story.in_state(state, column)]
        colour = _common_colour(set(here)) if here else QUIET
        top, high = self.tops[state], self.bottoms[state] - self.tops[state]
        fill = TINTS[colour] if here else PAPER
        thick = 4.0 if now else 2.5 if here else 1.5
        self.drawing.rect(left, top, right - left, high, fill=fill, line=colour, thick=thick, radius=14)
        lines = 1 + bool(self.story.from_before(state)) + bool(self.story.in_state(state))
        y = top + (high - 20 * lines) / 2 + 16
        title = self._title(state, columns)
        centre = (left + right) / 2
        self.drawing.text(
            centre, y, title, bold=bool(here), anchor="middle", colour=INK if here else QUIET, fit=right - left - 12
        )
        if self.story.from_before(state):
            y += 20
            self._tokens(y, columns, {column: self.story.from_before(state, column) for column in columns}, False)
        if self.story.in_state(state):
            y += 20
            self._tokens(y, columns, {column: self.story.in_state(state, column) for column in columns}, True)

    def _title(self, state: str, columns: tuple[str, ...]) -> str:
        if state != HALF_CLOSED:
            return state
        calls = {step.call for column in columns for step in self.story.taken if step.column == column}
        return "shut down" if "shutdown(SHUT_RDWR)" in calls else HALF_CLOSED

    def _tokens(self, y: float, columns: tuple[str, ...], lives: dict[str, list[Life]], now: bool) -> None:
        """Who is in a state at the end (a dot), or was in it at the beginning (a ring)."""
        for column in columns:
            if not lives[column]:
                continue
            centre = self._middle if column == SOCKET else self._x(column) + _SPINE
            words = self._who(column, lives[column], "now" if now else "from before")
            half = min(len(words) * SMALL * 0.54 / 2, 46)  # its dot stays inside the box
            colour = _COLOURS[column]
            radius = 5.5
            self.drawing.path(
                f"M{point(centre - half - 11, y - 5)}m-{radius} 0a{radius} {radius} 0 1 0 11 0a{radius} {radius} 0 1 0 -11 0Z",
                fill=colour if now else PAPER,
                line=colour,
                thick=2,
            )
            self.drawing.text(centre - half, y, words, size=SMALL, fit=_BOX / 2 + 46 - 8)

    def _who(self, column: str, lives: list[Life], when: str) -> str:
        everybody = self.story.of(column)
        if all(life.broken for life in lives) and when == "now" and lives[0].state != CLOSED:
            when = "now, broken"
        if len(everybody) == 1:
            return when
        when = when.removeprefix("from ")
        if len(lives) == len(everybody):
            return f"{when}: all {len(lives)}"
        if len(lives) > 2 or len(everybody) > 99:
            return f"{len(lives)} of {len(everybody)}"  # the mark beside it tells now from before
        return f"{when}: {', '.join(_ordinal(life.number) for life in lives)}"

    def _draw_loops(self, column: str, state: str) -> None:
        x = self._x(column) + _INSET + _BOX
        names = self._loops(column, state)
        y = (self.tops[state] + self.bottoms[state]) / 2 - _LOOP * (len(names) - 1) / 2
        for name in names:
            taken = self.story.taken.get(Step(column, state, state, name))
            colour = _COLOURS[column] if taken else QUIET
            self.drawing.path(
                f"M{point(x, y - 8)}C{point(x + 32, y - 14)} {point(x + 32, y + 14)} {point(x + 8, y + 9)}",
                line=colour,
                thick=3 if taken else 1.5,
            )
            self.drawing.path(
                f"M{point(x + 1, y + 8)}L{point(x + 12, y + 3)}L{point(x + 10, y + 14)}Z", fill=colour, line=None
            )
            if taken:
                self._mark(x + 26, y, taken.place, colour)
            words = name + (times(taken.count) if taken else "")
            self.drawing.text(
                x + 44,
                y + 5,
                words,
                mono=True,
                size=SMALL,
                colour=INK if taken else QUIET,
                fit=_COLUMN - _INSET - _BOX - 44,
            )
            y += _LOOP

    def _failures(self, column: str, state: str) -> None:
        """Below a state: the calls that led nowhere, each an arrow that runs against a bar."""
        rows = self._rows(column, state)
        if not rows:
            return
        x, y = self._x(column) + _SPINE + 14, self.bottoms[state] + 20
        for step in rows:
            colour = VERMILLION if step.error else _COLOURS[step.column]
            self.drawing.path(f"M{point(x, self.bottoms[state])}V{y:g}H{x + 14:g}", line=colour, thick=2.5)
            taken = self.story.taken[step]
            if step.error:
                self.drawing.line(x + 16, y - 9, x + 16, y + 9, colour=colour, thick=4)
            self._mark(x + 34, y, taken.place, colour)
            room = self._x(column) + _COLUMN - x
            self.drawing.text(x + 51, y + 5, step.call + times(taken.count), mono=True, size=SMALL, fit=room - 51)
            y += _ROW
            if step.error:
                self.drawing.text(
                    x + 20, y, step.error, mono=True, size=SMALL, bold=True, colour="#a34700", fit=room - 20
                )
                y += _FAILURE - _ROW

    def _arrow(self, x: float, top: float, bottom: float, column: str, taken: bool, dashed: bool = False) -> None:
        self.drawing.arrow(
            x,
            top,
            x,
            bottom,
            colour=_COLOURS[column] if taken else QUIET,
            thick=3.5 if taken else 1.5,
            head=12 if taken else 9,
            dash="7 5" if dashed else None,
        )

    def _label(self, x: float, y: float, place: int | None, words: str, column: str, taken: bool, room: float) -> None:
        """Beside an arrow: the call, and on the arrow its number."""
        if place is not None:
            self._mark(x, y - 5, place, _COLOURS[column])
        call = place is not None or not taken
        self.drawing.text(
            x + 20, y, words, mono=call, size=TEXT if call else SMALL, colour=INK if taken else QUIET, fit=room
        )

    def _mark(self, x: float, y: float, place: int, colour: str) -> None:
        """The number of a step, in a disc."""
        wide = 2 * _MARK + 6 * (len(str(place)) - 1)
        self.drawing.rect(x - wide / 2, y - _MARK, wide, 2 * _MARK, fill=colour, line=PAPER, thick=1.5, radius=_MARK)
        self.drawing.text(x, y + 5, str(place), size=SMALL, bold=True, colour=PAPER, anchor="middle")

    def _legend(self) -> None:
        """In the corner that is free, above the connection."""
        x, y = self._x(CONNECTION) + _INSET, 26.0
        story, drawing = self.story, self.drawing
        if not story.taken and not story.lives:
            drawing.text(x, y, "No connection was made here." if story.notes else "No socket call happened.", bold=True)
            return
        lines = ["the steps taken, in their order", "possible, not taken"]
        self._mark(x + 12, y - 5, 1, INK)
        drawing.line(x, y + 19, x + 24, y + 19, colour=QUIET)
        marks: list[tuple[str, str]] = []
        if any(step.error for step in story.taken):
            marks.append(("bar", "a call that failed"))
        if any(life.before for life in story.lives):
            marks.append(("ring", "where it was before"))
        marks.append(("dot", "where it is now"))
        for number, words in enumerate([*lines, *(words for _, words in marks)]):
            drawing.text(x + 34, y + _ROW * number, words, size=SMALL)
        for number, (kind, _) in enumerate(marks, start=2):
            here = y + _ROW * number - 5
            if kind == "bar":
                drawing.line(x, here, x + 18, here, colour=VERMILLION, thick=2.5)
                drawing.line(x + 20, here - 9, x + 20, here + 9, colour=VERMILLION, thick=4)
            else:
                drawing.rect(x + 6.5, here - 5.5, 11, 11, fill=INK if kind == "dot" else PAPER, line=INK, radius=5.5)


_WAYS = (
    (CLIENT, CREATED), (LISTENER, CREATED), (LISTENER, BOUND), (CLIENT, CONNECTED), (LISTENER, LISTENING),
    (CONNECTION, CONNECTED), (CLIENT, HALF_CLOSED), (CONNECTION, HALF_CLOSED),
)  # fmt: skip
_MIDDLE = ((CLIENT, CONNECTED), (LISTENER, LISTENING), (CONNECTION, CONNECTED))
_CALLS = {CREATED: "socket", BOUND: "bind", LISTENING: "listen", CONNECTED: "connect", HALF_CLOSED: "shutdown(SHUT_WR)"}


def _draw(story: Story) -> str:
    return _Diagram(story).draw()


def _common_colour(columns: set[str]) -> str:
    return _COLOURS[columns.pop()] if len(columns) == 1 else INK


# The words


def _alt(story: Story) -> str:
    kinds = [_kind(column, len(story.of(column))) for column in _COLOURS if story.of(column)]
    if not kinds:
        why = " ".join(story.notes) or "No socket call happened."
        return f"The states of a client's socket, a listening socket and a connection. None was reached. {why}"
    ways = "; ".join(_way(story, column) for column in _COLOURS if story.of(column))
    alt = f"The states of sockets, and the way that {listed(kinds)} took through them. {ways[0].upper()}{ways[1:]}."
    failures = [f"{step.call} on a {step.start} socket ({step.error})" for step in story.taken if step.error]
    if len(failures) > 4:
        failures[3:] = [f"{len(failures) - 3} more"]
    return alt + (f" What failed: {listed(failures)}." if failures else "")


def _way(story: Story, column: str) -> str:
    """The states of one column: a clause for the sockets that went the same way."""
    lives = story.of(column)
    ways = Counter(tuple(life.way) for life in lives)
    if len(ways) == 1:
        return f"{_kind(column, len(lives), 'the ')} {_went(lives[0].way, len(lives), everybody=len(lives) > 1)}"
    clauses = []
    for number, (way, count) in enumerate(ways.items()):
        some = str(count) if count > 1 else "another" if number else "one"
        clauses.append(f"{some} of {'them' if number else f'the {_kind(column, len(lives))}'} {_went(way, count)}")
    return "; ".join(clauses)


def _went(way: Sequence[str], count: int, everybody: bool = False) -> str:
    """Of `count` sockets, which states they were in, and are in now."""
    was, are = ("was", "is") if count == 1 else ("were", "are")
    *former, now = way
    if now == UNKNOWN:
        return f"{are} in a state that is not known"
    known = [state for state in former if state != UNKNOWN]
    if not known:
        return f"{are} {now}"
    return f"{was} {', then '.join(known)}, and {'all ' * everybody}{are} {now} now"


def _text(story: Story) -> str:
    if not story.lives and not story.notes:
        return "The lives of sockets: no socket call happened."
    lines = ["The lives of these sockets. The numbers tell in which order the steps were first taken."]
    for column in _COLOURS:
        if story.of(column):
            lines += ["", *_told_column(story, column)]
    if story.notes:
        lines += ["", *story.notes]
    return "\n".join(lines)


def _told_column(story: Story, column: str) -> Iterator[str]:
    lives = story.of(column)
    subtitle = _subtitle(story, column)
    yield f"{column}{f' ({len(lives)} sockets)' if len(lives) > 1 else ''}{', ' + subtitle if subtitle else ''}"
    for state in (*STATES, UNKNOWN):
        if before := story.from_before(state, column):
            yield f"     from before: {state}{_which(story, column, before)}"
    for step, taken in story.taken.items():
        if step.column == column:
            yield f"{taken.place:>4} {_told_step(step, taken)}"
    for state in (*STATES, UNKNOWN):
        if now := story.in_state(state, column):
            broken = [life for life in now if life.broken and state != CLOSED]
            breach = f"; the connection is broken{_which(story, column, broken)}" if broken else ""
            yield f"     now: {state}{_which(story, column, now)}{breach}"
    missed = [state for state in _ROADS[column] if column not in story.visitors(state)]
    if any(life.before for life in lives):
        missed = [state for state in missed if state == CLOSED]
    if missed:
        yield f"     not reached: {', '.join(missed)}"


def _told_step(step: Step, taken: Taken) -> str:
    words = step.call + times(taken.count)
    if step.error:
        return f"{words} failed on a {step.start} socket: {step.error}"
    if step.start == step.goal:
        words += f": stays {step.goal}"
        return words + (", gives a connection" if step.call == "accept" else "")
    words += f": {step.start} → {step.goal}" if step.start else f": {step.goal}"
    if taken.resets:
        words += f", broken off (RST){times(taken.resets)}"
    if taken.forgotten:
        words += f", {'all' if taken.forgotten == taken.count else taken.forgotten} by Python"
    return words


def _which(story: Story, column: str, lives: list[Life]) -> str:
    """Which of them: the 2nd. Nothing where there is no other in the column."""
    if len(story.of(column)) == 1:
        return ""
    if len(story.of(column)) == len(lives):
        return f" (all {len(lives)})"
    return f" (the {listed(list(_ranges(lives)))})"


def _ranges(lives: list[Life]) -> Iterator[str]:
    """Their numbers, three and more in a row as "5th to 8th"."""
    for _, row in itertools.groupby(enumerate(lives), key=lambda each: each[1].number - each[0]):
        numbers = [life.number for _, life in row]
        if len(numbers) > 2:
            yield f"{_ordinal(numbers[0])} to {_ordinal(numbers[-1])}"
        else:
            yield from map(_ordinal, numbers)


def _ordinal(number: int) -> str:
    """1st, 2nd… of the sockets, which nobody takes for a count of them, or for the number of a step."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _subtitle(story: Story, column: str) -> str:
    """What the column's sockets have in common."""
    names = story.programs.get(column, set())
    words = ["made by accept"] if column == CONNECTION else []
    if names and None not in names:
        words.append(f"in {', '.join(sorted(map(str, names)))}")
    return " ".join(words)


_ROADS = {
    CLIENT: (CREATED, CONNECTED, CLOSED),
    LISTENER: (CREATED, BOUND, LISTENING, CLOSED),
    CONNECTION: (CONNECTED, CLOSED),
    SOCKET: (),
}


def _kind(column: str, count: int, article: str = "a ") -> str:
    return article + column if count == 1 else f"{count} {column}s"
