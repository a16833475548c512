"""Where everything stands in the diagram of states, in pixels from its top left corner.

Comes in: `LifeCycles`. Goes out: a `Layout`, which is complete before anything is drawn: how high a box must be depends on what is written in it
and beside it, so the lines of text are gathered here as well. The drawing reads it and changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

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
    OF_A_SERVER,
    SOCKET,
    LifeCycles,
    Transition,
)
from helpers.pictures.life_cycles.wording import notes, repeated

WIDE = 960
MARGIN = 12
COLUMN = 300
_NEXT = 318
"""From one column's left to the next one's."""
INSET = 22
"""From a column's left to its boxes: the arrows that pass states by run in between."""
BOX = 140
SPINE = INSET + BOX / 2
"""From a column's left to its main arrow."""
LOOP = 30
"""Height of a call that leaves a socket in its state."""
ROW = 24
"""Height of a line beside an arrow or below a box."""
FAILURE = 42
"""The same for a call that failed, and what it raised."""
NOTE = 22
"""Height of a line at the foot."""
_GAP = 50
"""Between two boxes, at least."""
_FIRST = 104.0
"""Where the first box begins: below the headings, and the arrow that leads into it."""
_BELOW_LEGEND = 300
"""Where the box of the connections begins at the earliest: above it stand their heading and the legend."""

ARROWS = (
    (CLIENT, CREATED), (LISTENER, CREATED), (LISTENER, BOUND), (CLIENT, CONNECTED), (LISTENER, LISTENING),
    (CONNECTION, CONNECTED), (CLIENT, HALF_CLOSED), (CONNECTION, HALF_CLOSED),
)  # fmt: skip
"""From where the main arrows of the columns lead, each to the next state of its column."""
_MIDDLE = ((CLIENT, CONNECTED), (LISTENER, LISTENING), (CONNECTION, CONNECTED))
"""The states in the row of the connected ones."""
_POSSIBLE = {BOUND: "bind", LISTENING: "listen", CONNECTED: "connect", HALF_CLOSED: "shutdown(SHUT_WR)"}
"""What leads to a state, where no socket went there."""
_SENDING = ("send", "sendall", "sendmsg", "sendto")


class Label(NamedTuple):
    """A line beside an arrow."""

    place: int | None
    """Of the transition that it names; None: it names one that was not taken, or says more of the one above."""
    words: str


class Layout:
    """Where everything stands. A state stands at the same height in every column."""

    def __init__(self, cycles: LifeCycles) -> None:
        self.cycles = cycles
        self.notes = notes(cycles)
        """The lines at the foot."""
        self.half_closing = [column for column in (CLIENT, CONNECTION) if HALF_CLOSED in self._states_of(column)]
        """The columns that have the state half-closed."""
        self.unbound = cycles.transitions(LISTENER, CREATED, LISTENING)
        """`listen` without `bind`: the system chooses the address."""
        self.bypasses = self._bypasses()
        """(column, state) from which a socket was closed past a state that is drawn below."""
        self.tops: dict[str, float] = {}
        """Upper edges of the boxes, by state."""
        self.bottoms: dict[str, float] = {}
        self.high = self._place()
        """Of the whole picture."""

    def x(self, column: str) -> float:
        """The column's left."""
        return MARGIN + _NEXT * {CLIENT: 0, LISTENER: 1, CONNECTION: 2, SOCKET: 0}[column]

    @property
    def between(self) -> float:
        """Halfway between client and listening socket: the place of a socket that is neither."""
        return (self.x(CLIENT) + self.x(LISTENER)) / 2 + SPINE

    @property
    def bypass_rows(self) -> int:
        """Rows above the last box for the labels of those that pass states by: of a bound and of a merely created socket they run side by side."""
        return 2 if {column for column, _ in self.bypasses} >= {LISTENER, SOCKET} else bool(self.bypasses)

    def next_state(self, column: str, state: str) -> str:
        """Where the column's main arrow leads from `state`."""
        if state == CREATED:
            return BOUND if column == LISTENER else CONNECTED
        if state == BOUND:
            return LISTENING
        return HALF_CLOSED if state == CONNECTED and column in self.half_closing else CLOSED

    # What is written where

    def loops(self, column: str, state: str) -> list[str]:
        """The calls that leave the socket where it is, as they are drawn beside the box."""
        if state not in (CONNECTED, HALF_CLOSED):
            return []
        names = [each.call for each in self.cycles.transitions(column, state, state)]
        if state == CONNECTED and not set(names) & set(_SENDING):
            names.insert(0, "send")
        if not any(name.startswith("recv") for name in names):
            names.append("recv")
        return names

    def below(self, column: str, state: str) -> list[Transition]:
        """The calls that failed in `state`, and those that changed nothing, as they are written below the box."""
        cycles = self.cycles
        if state not in (CREATED, CLOSED):
            quiet = cycles.transitions(column, state, state) if state in (BOUND, LISTENING) else []
            return [each for each in quiet if each.call != "accept"] + cycles.failures(column, state)
        if column == SOCKET:
            return []
        own = cycles.transitions(column, state, state) + cycles.failures(column, state)
        if column == CONNECTION:
            return own
        # What a socket did that is neither a client's nor a server's stands where it fits better.
        undecided = cycles.transitions(SOCKET, state, state) + cycles.failures(SOCKET, state)
        return own + [each for each in undecided if (each.call in OF_A_SERVER) == (column == LISTENER)]

    def labels(self, column: str, start: str, goal: str) -> list[Label]:
        """The lines beside an arrow; of an arrow that was not taken, the call that would take it."""
        lines = []
        for transition in self.cycles.transitions(None if column == SOCKET else column, start, goal):
            taken = self.cycles.taken[transition]
            lines.append(Label(taken.place, transition.call + repeated(taken.count)))
            if taken.resets:
                lines.append(Label(None, f"broken off (RST){repeated(taken.resets)}"))
            if taken.forgotten:
                lines.append(Label(None, f"by Python, not by you{repeated(taken.forgotten)}"))
        return lines or [Label(None, _POSSIBLE.get(goal, "close"))]

    # How high it must be for that

    def _states_of(self, column: str) -> set[str]:
        goals = {each.goal for each in self.cycles.taken if each.column == column}
        return goals | {life.before or "" for life in self.cycles.of(column)}

    def _bypasses(self) -> list[tuple[str, str]]:
        cycles = self.cycles
        passing = [(column, CONNECTED) for column in self.half_closing if cycles.transitions(column, CONNECTED, CLOSED)]
        if cycles.transitions(LISTENER, BOUND, CLOSED):
            passing.append((LISTENER, BOUND))
        if cycles.transitions(None, CREATED, CLOSED):
            passing.append((SOCKET, CREATED))
        return passing

    def _place(self) -> float:
        """Give every row of states its place; the height of the whole."""
        bound_high = self._box_high(BOUND)
        connected_high = max(self._box_high(CONNECTED), self._box_high(LISTENING))
        y = self._row(_FIRST, self._box_high(CREATED), CREATED)
        gap = max(_GAP, self._gap(LISTENER, CREATED))
        next_gap = max(
            _GAP,
            self._gap(LISTENER, BOUND),
            self._gap(CLIENT, CREATED) - gap - bound_high,  # a client's arrow passes the row of the bound ones
            _BELOW_LEGEND - y - gap - bound_high,
        )
        y = self._row(y + gap, bound_high, BOUND)
        y = self._row(y + next_gap, connected_high, CONNECTED, LISTENING)
        gap = max(self._gap(column, state) for column, state in _MIDDLE)
        if self.half_closing:
            y = self._row(y + gap, self._box_high(HALF_CLOSED), HALF_CLOSED)
            gap = max(self._gap(column, HALF_CLOSED) for column in self.half_closing)
        y = self._row(y + gap + ROW * self.bypass_rows, self._box_high(CLOSED), CLOSED)
        y += max(self._below_high(column, CLOSED) for column in COLUMNS)
        return y + MARGIN + (6 + NOTE * len(self.notes) if self.notes else 0)

    def _row(self, y: float, high: float, *states: str) -> float:
        """The boxes of `states` stand from `y` on; where they end."""
        for state in states:
            self.tops[state], self.bottoms[state] = y, y + high
        return y + high

    def _box_high(self, state: str) -> float:
        lines = 1 + bool(self.cycles.from_before(state)) + bool(self.cycles.in_state(state))
        loops = max(len(self.loops(column, state)) for column in (CLIENT, CONNECTION))
        return max(22 + 20 * lines, 10 + LOOP * loops, 48)

    def _gap(self, column: str, state: str) -> float:
        """Between a state and the next of its column."""
        labels = len(self.labels(column, state, self.next_state(column, state)))
        return max(_GAP, 26 + ROW * labels + self._below_high(column, state))

    def _below_high(self, column: str, state: str) -> float:
        return sum(FAILURE if each.error else ROW for each in self.below(column, state))
