"""The lives of sockets as a diagram of states: what a socket can do, and the way the learner's own sockets took.

Comes in: recordings. Goes out: a `Picture`. Both lives begin in one state: a new socket is neither a client's nor a server's. `connect` or `bind`
decides. What `accept` makes begins connected, in a column of its own.
"""

from __future__ import annotations

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
from helpers.pictures.life_cycles.layout import (
    ARROWS,
    BOX,
    COLUMN,
    FAILURE,
    INSET,
    LOOP,
    MARGIN,
    NOTE,
    ROW,
    SPINE,
    WIDE,
    Label,
    Layout,
)
from helpers.pictures.life_cycles.lives import (
    BOUND,
    CLIENT,
    CLOSED,
    COLUMNS,
    CONNECTED,
    CONNECTION,
    CREATED,
    HALF_CLOSED,
    LISTENER,
    LISTENING,
    SOCKET,
    Life,
    LifeCycles,
    Transition,
    follow,
)
from helpers.pictures.life_cycles.wording import NOTHING, alt, describe, heading, in_common, repeated, who
from helpers.recording.events import Recorded

_COLOURS = {CLIENT: BLUE, LISTENER: GREEN, CONNECTION: PURPLE, SOCKET: INK}
_DARK_VERMILLION = "#a34700"
"""For small text: 6:1 on paper."""
_DASHES = "7 5"
"""Of an arrow that only Python took, for sockets that nothing referred to any more."""
_MARK = 11
"""Half the height of the disc with a transition's number."""
_TAKEN, _NOT_TAKEN = 3.5, 1.5
"""Thickness of arrows."""


def life_cycle(*recordings: Recorded) -> Picture:
    """The states of a client's socket, a listening socket and a connection, with the way that the recorded sockets took.

    Several recordings, in the order in which they were made, are taken for one: the cells of a lesson.
    """
    cycles = follow(recordings)
    return Picture(_Diagram(cycles).draw(), alt(cycles), describe(cycles))


class _Diagram:
    """Draws what the layout has given its place."""

    def __init__(self, cycles: LifeCycles) -> None:
        self._cycles = cycles
        self._layout = Layout(cycles)
        self._drawing = Drawing()

    def draw(self) -> str:
        """The whole image, as SVG."""
        self._headings()
        self._entries()
        self._arrows()
        self._accepting()
        self._boxes()
        self._legend()
        self._notes()
        return self._drawing.svg(WIDE, self._layout.high, "The lives of these sockets")

    def _headings(self) -> None:
        for column in (CLIENT, LISTENER, CONNECTION):
            y = self._layout.tops[CONNECTED] - 32.0 if column == CONNECTION else 26.0
            x, somebody = self._layout.x(column) + INSET, bool(self._cycles.of(column))
            colour = _COLOURS[column] if somebody else QUIET
            self._drawing.rect(x, y - 13, 14, 14, fill=colour if somebody else PAPER, line=colour, radius=3)
            words, room = heading(self._cycles, column), COLUMN - 48
            self._drawing.text(x + 22, y, words, bold=True, colour=INK if somebody else QUIET, fit=room)
            if words := in_common(self._cycles, column):
                self._drawing.text(x + 22, y + 20, words, size=SMALL, colour=QUIET, fit=room)

    # Arrows from state to state

    def _entries(self) -> None:
        """`socket` leads into the first state."""
        made = [column for column in (CLIENT, LISTENER, SOCKET) if self._cycles.transitions(column, None, CREATED)]
        for column in made or [SOCKET]:
            x = self._layout.between if column == SOCKET else self._layout.x(column) + SPINE
            transitions = self._cycles.transitions(column, None, CREATED)
            self._arrow(x, 58, self._layout.tops[CREATED], column, bool(transitions))
            label = self._label_of(transitions[0]) if transitions else Label(None, "socket")
            self._write(x, 74, label, column, bool(transitions), 90)

    def _arrows(self) -> None:
        for column, state in ARROWS:
            if state != HALF_CLOSED or column in self._layout.half_closing:
                self._main_arrow(column, state)
        for column in (CLIENT, LISTENER, CONNECTION):
            for state in (CREATED, BOUND, CONNECTED, LISTENING, HALF_CLOSED, CLOSED):
                self._below(column, state)
        for column, state in self._layout.bypasses:
            self._bypass(column, state)
        if self._layout.unbound:
            self._past_bound()

    def _main_arrow(self, column: str, state: str) -> None:
        """From a state to the next of its column."""
        layout = self._layout
        goal = layout.next_state(column, state)
        x, bottom = layout.x(column) + SPINE, layout.tops[goal]
        taken = bool(self._cycles.transitions(column, state, goal))
        self._arrow(x, layout.bottoms[state], bottom, column, taken, self._only_forgotten(column, state, goal))
        labels = layout.labels(column, state, goal)
        y = bottom - 20 - ROW * (len(labels) - 1) - ROW * (layout.bypass_rows if goal == CLOSED else 0)
        for number, label in enumerate(labels):
            self._write(x, y + ROW * number, label, column, taken, COLUMN - SPINE - 24)

    def _arrow(self, x: float, top: float, bottom: float, column: str, taken: bool, dashed: bool = False) -> None:
        self._drawing.arrow(
            x,
            top,
            x,
            bottom,
            colour=_COLOURS[column] if taken else QUIET,
            thick=_TAKEN if taken else _NOT_TAKEN,
            head=12 if taken else 9,
            dash=_DASHES if dashed else None,
        )

    def _only_forgotten(self, column: str | None, start: str, goal: str) -> bool:
        takings = [self._cycles.taken[each] for each in self._cycles.transitions(column, start, goal)]
        return bool(takings) and all(taken.forgotten == taken.count for taken in takings)

    def _write(self, x: float, y: float, label: Label, column: str, taken: bool, room: float) -> None:
        """Beside an arrow: the call, and on the arrow its number."""
        if label.place is not None:
            self._mark(x, y - 5, label.place, _COLOURS[column])
        call = label.place is not None or not taken
        size, colour = TEXT if call else SMALL, INK if taken else QUIET
        self._drawing.text(x + 20, y, label.words, mono=call, size=size, colour=colour, fit=room)

    def _label_of(self, transition: Transition) -> Label:
        taken = self._cycles.taken[transition]
        return Label(taken.place, transition.call + repeated(taken.count))

    def _mark(self, x: float, y: float, place: int, colour: str) -> None:
        """The number of a transition, in a disc."""
        wide = 2 * _MARK + 6 * (len(str(place)) - 1)
        self._drawing.rect(x - wide / 2, y - _MARK, wide, 2 * _MARK, fill=colour, line=PAPER, thick=1.5, radius=_MARK)
        self._drawing.text(x, y + 5, str(place), size=SMALL, bold=True, colour=PAPER, anchor="middle")

    # Arrows past states

    def _bypass(self, column: str, state: str) -> None:
        """From a state straight to the end, past those between."""
        whose = None if column == SOCKET else column
        transitions = self._cycles.transitions(whose, state, CLOSED)
        colour = _common_colour({each.column for each in transitions})
        dash = _DASHES if self._only_forgotten(whose, state, CLOSED) else None
        layout, bottom = self._layout, self._layout.tops[CLOSED]
        if column == SOCKET:
            x = layout.x(LISTENER) - 10
            self._drawing.arrow(x, layout.bottoms[state], x, bottom, colour=colour, thick=_TAKEN, dash=dash, head=12)
        else:
            x = layout.x(column) + 8
            if column == LISTENER and layout.unbound:
                x -= 6  # clear of the way past `bound`
            y = layout.bottoms[state] - 14  # clear of the arrow of accept
            corner = f"M{point(layout.x(column) + INSET, y)}H{x:g}V{bottom - 12:g}"
            self._drawing.path(corner, line=colour, thick=_TAKEN, dash=dash)
            self._drawing.arrow(x, bottom - 14, x, bottom, colour=colour, thick=_TAKEN, head=12)
        words = "close" + repeated(sum(self._cycles.taken[each].count for each in transitions))
        y = bottom - 20 - ROW * (column == SOCKET and layout.bypass_rows > 1)
        self._mark(x, y - 5, self._cycles.taken[transitions[0]].place, colour)
        if column == SOCKET:
            self._drawing.text(x - 20, y, words, mono=True, size=SMALL, anchor="end", fit=150)
        else:
            self._drawing.text(x + 18, y, words, mono=True, size=SMALL, fit=SPINE - 28)

    def _past_bound(self) -> None:
        """From the first state to listening, past the box of those that were bound."""
        layout, colour = self._layout, _COLOURS[LISTENER]
        label = self._label_of(layout.unbound[0])
        x, bottom = layout.x(LISTENER) + 10, layout.tops[LISTENING]
        end, turn = x + 36, bottom - 28
        way = f"M{point(x, layout.bottoms[CREATED])}V{turn:g}H{end:g}V{bottom - 12:g}"
        self._drawing.path(way, line=colour, thick=_TAKEN)
        self._drawing.arrow(end, bottom - 14, end, bottom, colour=colour, thick=_TAKEN, head=12)
        y = layout.tops[BOUND] - 20
        self._mark(x, y - 5, self._cycles.taken[layout.unbound[0]].place, colour)
        self._drawing.text(x + 15, y, label.words, mono=True, size=SMALL, fit=SPINE - _MARK - 28)

    def _accepting(self) -> None:
        """`accept` leaves the listening socket where it is, and gives a connection."""
        layout = self._layout
        transitions = self._cycles.transitions(LISTENER, LISTENING, LISTENING)
        accepted = next((each for each in transitions if each.call == "accept"), None)
        start, end = layout.x(LISTENER) + INSET + BOX, layout.x(CONNECTION) + INSET
        y = (layout.tops[LISTENING] + layout.bottoms[LISTENING]) / 2
        x, words, colour, ink, thick, head = start + 14, "accept", QUIET, QUIET, _NOT_TAKEN, 9
        if accepted is not None:
            label = self._label_of(accepted)
            words, colour, ink, thick, head = label.words, _COLOURS[LISTENER], INK, _TAKEN, 12
        self._drawing.arrow(start, y, end, y, colour=colour, thick=thick, head=head)
        if accepted is not None:
            self._mark(x + 6, y - 18, self._cycles.taken[accepted].place, colour)
            x += 24
        self._drawing.text(x, y - 13, words, mono=True, colour=ink, fit=end - x - 8)
        self._drawing.text(start + 12, y + 20, "gives a connection", size=SMALL, colour=QUIET)

    # States

    def _boxes(self) -> None:
        layout = self._layout
        left, right = layout.x(CLIENT) + INSET, layout.x(LISTENER) + INSET + BOX
        self._box(CREATED, left, right, (CLIENT, LISTENER, SOCKET))
        self._box(BOUND, layout.x(LISTENER) + INSET, right, (LISTENER,))
        self._box(LISTENING, layout.x(LISTENER) + INSET, right, (LISTENER,))
        for column in (CLIENT, CONNECTION):
            x = layout.x(column) + INSET
            self._box(CONNECTED, x, x + BOX, (column,))
            self._loops(column, CONNECTED)
            if column in layout.half_closing:
                self._box(HALF_CLOSED, x, x + BOX, (column,))
                self._loops(column, HALF_CLOSED)
        self._box(CLOSED, layout.x(CLIENT), layout.x(CONNECTION) + COLUMN, COLUMNS)

    def _box(self, state: str, left: float, right: float, columns: tuple[str, ...]) -> None:
        cycles = self._cycles
        here = [column for column in columns if column in cycles.visitors(state)]
        colour = _common_colour(set(here)) if here else QUIET
        top, high = self._layout.tops[state], self._layout.bottoms[state] - self._layout.tops[state]
        now = any(cycles.in_state(state, column) for column in columns)
        thick = 4.0 if now else 2.5 if here else 1.5
        fill = TINTS[colour] if here else PAPER
        self._drawing.rect(left, top, right - left, high, fill=fill, line=colour, thick=thick, radius=14)
        lines = 1 + bool(cycles.from_before(state)) + bool(cycles.in_state(state))
        y = top + (high - 20 * lines) / 2 + 16
        ink, room = INK if here else QUIET, right - left - 12
        words = self._name(state, columns)
        self._drawing.text((left + right) / 2, y, words, bold=bool(here), anchor="middle", colour=ink, fit=room)
        if cycles.from_before(state):
            y += 20
            self._occupants(y, {column: cycles.from_before(state, column) for column in columns}, now=False)
        if cycles.in_state(state):
            y += 20
            self._occupants(y, {column: cycles.in_state(state, column) for column in columns}, now=True)

    def _name(self, state: str, columns: tuple[str, ...]) -> str:
        """Of a state, as it stands in its box: who shuts both directions down has not closed the half."""
        if state != HALF_CLOSED:
            return state
        calls = {each.call for each in self._cycles.taken if each.column in columns}
        return "shut down" if "shutdown(SHUT_RDWR)" in calls else HALF_CLOSED

    def _occupants(self, y: float, lives: dict[str, list[Life]], now: bool) -> None:
        """Who of each column is in a state at the end (a dot), or was in it at the beginning (a ring)."""
        for column, of_column in lives.items():
            if not of_column:
                continue
            centre = self._layout.between if column == SOCKET else self._layout.x(column) + SPINE
            words = who(self._cycles, column, of_column, "now" if now else "from before")
            half = min(len(words) * SMALL * 0.54 / 2, 46)  # its dot stays inside the box
            colour = _COLOURS[column]
            circle = "m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0Z"
            at = point(centre - half - 11, y - 5)
            self._drawing.path(f"M{at}{circle}", fill=colour if now else PAPER, line=colour, thick=2)
            self._drawing.text(centre - half, y, words, size=SMALL, fit=BOX / 2 + 46 - 8)

    def _loops(self, column: str, state: str) -> None:
        """Beside a state: the calls that leave a socket in it."""
        x = self._layout.x(column) + INSET + BOX
        calls = self._layout.loops(column, state)
        y = (self._layout.tops[state] + self._layout.bottoms[state]) / 2 - LOOP * (len(calls) - 1) / 2
        for call in calls:
            taken = self._cycles.taken.get(Transition(column, state, state, call))
            colour = _COLOURS[column] if taken else QUIET
            loop = f"M{point(x, y - 8)}C{point(x + 32, y - 14)} {point(x + 32, y + 14)} {point(x + 8, y + 9)}"
            head = f"M{point(x + 1, y + 8)}L{point(x + 12, y + 3)}L{point(x + 10, y + 14)}Z"
            self._drawing.path(loop, line=colour, thick=3 if taken else 1.5)
            self._drawing.path(head, fill=colour, line=None)
            if taken:
                self._mark(x + 26, y, taken.place, colour)
            words, ink = call + (repeated(taken.count) if taken else ""), INK if taken else QUIET
            room = COLUMN - INSET - BOX - 44
            self._drawing.text(x + 44, y + 5, words, mono=True, size=SMALL, colour=ink, fit=room)
            y += LOOP

    def _below(self, column: str, state: str) -> None:
        """Below a state: the calls that led nowhere, each an arrow; of one that failed it runs against a bar."""
        transitions = self._layout.below(column, state)
        if not transitions:
            return
        x, top = self._layout.x(column) + SPINE + 14, self._layout.bottoms[state]
        y, room = top + 20, self._layout.x(column) + COLUMN - x
        for transition in transitions:
            colour = VERMILLION if transition.error else _COLOURS[transition.column]
            self._drawing.path(f"M{point(x, top)}V{y:g}H{x + 14:g}", line=colour, thick=2.5)
            if transition.error:
                self._drawing.line(x + 16, y - 9, x + 16, y + 9, colour=colour, thick=4)
            self._mark(x + 34, y, self._cycles.taken[transition].place, colour)
            words = self._label_of(transition).words
            self._drawing.text(x + 51, y + 5, words, mono=True, size=SMALL, fit=room - 51)
            if transition.error:
                error, ink = transition.error, _DARK_VERMILLION
                self._drawing.text(x + 20, y + ROW, error, mono=True, size=SMALL, bold=True, colour=ink, fit=room - 20)
            y += FAILURE if transition.error else ROW

    # What stands around it

    def _legend(self) -> None:
        """In the corner that is free, above the connection."""
        x, y = self._layout.x(CONNECTION) + INSET, 26.0
        cycles, drawing = self._cycles, self._drawing
        if not cycles.taken and not cycles.lives:
            drawing.text(x, y, "No connection was made here." if self._layout.notes else NOTHING, bold=True)
            return
        lines = ["the steps taken, in their order", "possible, not taken"]
        self._mark(x + 12, y - 5, 1, INK)
        drawing.line(x, y + ROW - 5, x + 24, y + ROW - 5, colour=QUIET)
        marks = []
        if any(each.error for each in cycles.taken):
            marks.append(("bar", "a call that failed"))
        if any(life.before for life in cycles.lives):
            marks.append(("ring", "where it was before"))
        marks.append(("dot", "where it is now"))
        for number, words in enumerate([*lines, *(words for _, words in marks)]):
            drawing.text(x + 34, y + ROW * number, words, size=SMALL)
        for number, (mark, _) in enumerate(marks, start=len(lines)):
            here = y + ROW * number - 5
            if mark == "bar":
                drawing.line(x, here, x + 18, here, colour=VERMILLION, thick=2.5)
                drawing.line(x + 20, here - 9, x + 20, here + 9, colour=VERMILLION, thick=4)
            else:
                drawing.rect(x + 6.5, here - 5.5, 11, 11, fill=INK if mark == "dot" else PAPER, line=INK, radius=5.5)

    def _notes(self) -> None:
        notes, room = self._layout.notes, WIDE - 2 * MARGIN - INSET
        for number, note in enumerate(notes):
            y = self._layout.high - NOTE * (len(notes) - number) + 6
            self._drawing.text(MARGIN + INSET, y, note, size=SMALL, colour=QUIET, fit=room)


def _common_colour(columns: set[str]) -> str:
    """The colour of what several columns may have done."""
    return _COLOURS[columns.pop()] if len(columns) == 1 else INK
