"""What the sockets of some recordings did, as lives: who was in which state, and which call led from one to the next.

The calls are counted by kind: three clients that connect are one step, taken three times.
"""

from __future__ import annotations

import collections
import dataclasses
import socket
from collections.abc import Iterable

from helpers.pictures.telling.order import tell
from helpers.pictures.telling.relays import through
from helpers.recording.events import End, Event
from helpers.recording.recorder import Recording
from helpers.words import many

CREATED, BOUND, LISTENING, CONNECTED, CLOSED = "created", "bound", "listening", "connected", "closed"
HALF_CLOSED = "half-closed"
UNKNOWN = "not known"
STATES = (CREATED, BOUND, LISTENING, CONNECTED, HALF_CLOSED, CLOSED)

CLIENT, LISTENER, CONNECTION, SOCKET = "client", "listening socket", "connection", "socket"
"""The kinds of lives, a column each; SOCKET: neither a client's nor a server's, so far."""
COLUMNS = (CLIENT, LISTENER, CONNECTION, SOCKET)

OF_A_SERVER = ("bind", "listen", "accept")
_CONNECTING = ("connect", "connect_ex")
_BROKEN = ("ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError")
_END = "recv → b''"


@dataclasses.dataclass(frozen=True)
class Step:
    """A kind of step: sockets of one column took it from one state to another, or stayed where they were."""

    column: str
    start: str | None
    """None: the socket is made."""
    goal: str
    call: str
    error: str | None = None
    """The name of what it raised."""


@dataclasses.dataclass
class Taken:
    """How often a step was taken."""

    place: int
    """1 for the step that was taken first, and so on; the first time counts."""
    count: int = 0
    forgotten: int = 0
    """Of `count`: closed by Python, because nothing referred to the socket any more."""
    resets: int = 0


@dataclasses.dataclass
class Life:
    """One socket."""

    column: str
    number: int
    """1 for the first of its column."""
    way: list[str]
    """The states it has been in, in their order."""
    before: str | None = None
    """The state it was in when it was first met, if it was made before."""
    broken: bool = False

    @property
    def state(self) -> str:
        return self.way[-1]

    def met_in(self, state: str) -> None:
        """It was made before, and is in `state` when it is first met."""
        self.before, self.way = state, [state]

    def move(self, goal: str) -> None:
        if goal != self.state:
            self.way.append(goal)


@dataclasses.dataclass
class Story:
    """What all sockets did."""

    taken: dict[Step, Taken] = dataclasses.field(default_factory=dict)
    lives: list[Life] = dataclasses.field(default_factory=list)
    programs: dict[str, set[str | None]] = dataclasses.field(default_factory=lambda: collections.defaultdict(set))
    notes: list[str] = dataclasses.field(default_factory=list)

    def steps(self, column: str | None = None, start: str | None = None, goal: str | None = None) -> list[Step]:
        """Those that led from `start` to `goal`, of one column or (None) of any, in the order of their numbers."""
        return [
            each
            for each in self.taken
            if (column is None or each.column == column)
            and each.start == start
            and each.goal == goal
            and each.error is None
        ]

    def failures(self, column: str, state: str) -> list[Step]:
        return [each for each in self.taken if each.error and (each.column, each.start) == (column, state)]

    def of(self, column: str) -> list[Life]:
        return [life for life in self.lives if life.column == column]

    def in_state(self, state: str, column: str | None = None) -> list[Life]:
        """The sockets that are there at the end."""
        return [life for life in self.lives if life.state == state and column in (None, life.column)]

    def from_before(self, state: str, column: str | None = None) -> list[Life]:
        return [life for life in self.lives if life.before == state and column in (None, life.column)]

    def visitors(self, state: str) -> set[str]:
        """The columns whose sockets have been in `state`."""
        moved = {step.column for step in self.taken if state in (step.goal, step.start)}
        return moved | {life.column for life in self.lives if state in (life.state, life.before)}


def told(recordings: Iterable[Recording]) -> Story:
    """The lives in some recordings, one after the other. A socket is the same in all of them if its `End.number` is."""
    recordings = list({id(recording): recording for recording in recordings}.values())
    seen = [through(recording) for recording in recordings]  # the sockets of links are not the learner's
    story = Story()
    events = [event for recording in seen for event in tell(recording).events]
    columns = _columns(events)
    connected = {
        end.number
        for recording in seen
        for conversation in recording.conversations
        for end in (conversation.client, conversation.server)
        if end is not None
    } | {event.socket.number for event in events if event.size}
    lives: dict[int, Life] = {}
    for event in events:
        if event.socket.number in columns and event.ended is not None:
            _live(story, lives, event, columns, connected)
    story.lives = sorted(lives.values(), key=lambda life: (COLUMNS.index(life.column), life.number))
    _note_what_is_not_drawn(story, recordings, events)
    return story


def _columns(events: Iterable[Event]) -> dict[int, str]:
    """In which column a socket is, by its number. Datagram sockets and pairs have no such life."""
    columns: dict[int, str] = {}
    for event in events:
        for end in (event.socket, event.accepted):
            if end is not None and end.role not in ("datagram", "pair"):
                columns[end.number] = _column(end, event, columns.get(end.number, SOCKET))
    return columns


def _column(end: End, event: Event, so_far: str) -> str:
    if end.role == "server":
        return CONNECTION
    if end.role == "listening":
        return LISTENER
    if end.role == "client" or event.call in _CONNECTING:
        return CLIENT
    return LISTENER if so_far == SOCKET and event.call in OF_A_SERVER else so_far


def _live(story: Story, lives: dict[int, Life], event: Event, columns: dict[int, str], connected: set[int]) -> None:
    """One call in the life of its socket, and of the socket that it made."""
    life = lives.get(event.socket.number)
    if life is None:
        life = _born(story, lives, event.socket, columns)
        if event.call != "socket":
            life.met_in(_state_before(event, life.column))
    elif life.state == UNKNOWN:
        life.met_in(_state_before(event, life.column))
    failed = event.error is not None and not (_under_way(event) and event.socket.number in connected)
    if failed:
        life.broken = life.broken or (event.error in _BROKEN and life.state in (CONNECTED, HALF_CLOSED))
        _take(story, Step(life.column, life.state, life.state, _name(event), event.error), event)
        return
    goal = _goal(life, event)
    _take(story, Step(life.column, None if event.call == "socket" else life.state, goal, _name(event)), event)
    life.move(goal)
    if event.accepted is not None and event.accepted.number not in lives:
        _born(story, lives, event.accepted, columns, CONNECTED)


def _born(story: Story, lives: dict[int, Life], end: End, columns: dict[int, str], state: str = CREATED) -> Life:
    column = columns[end.number]
    life = Life(column, 1 + sum(other.column == column for other in lives.values()), [state])
    lives[end.number] = life
    story.programs[column].add(end.program)
    return life


def _take(story: Story, step: Step, event: Event) -> None:
    taken = story.taken.setdefault(step, Taken(len(story.taken) + 1))
    taken.count += 1
    taken.forgotten += event.forgotten
    taken.resets += event.reset


def _under_way(event: Event) -> bool:
    """Whether it is a `connect` that goes on by itself, as it does on a socket that does not block."""
    return event.call in _CONNECTING and event.error == "BlockingIOError"


def _name(event: Event) -> str:
    if event.call == "shutdown" and event.how is not None:
        return f"shutdown({_HOWS.get(event.how, event.how)})"
    return _END if event.call == "recv" and event.error is None and event.end_of_stream else event.call


_HOWS = {
    int(socket.SHUT_RD): "SHUT_RD",
    int(socket.SHUT_WR): "SHUT_WR",
    int(socket.SHUT_RDWR): "SHUT_RDWR",
}


def _goal(life: Life, event: Event) -> str:
    """The state that the call leads to."""
    if event.call == "close":
        return CLOSED
    if event.call == "detach":
        return UNKNOWN
    if event.call == "bind" and life.column != CLIENT:
        return BOUND
    if event.call == "listen":
        return LISTENING
    if event.call in _CONNECTING:
        return CONNECTED
    if event.call == "shutdown" and event.how != socket.SHUT_RD:
        return HALF_CLOSED
    return life.state


def _state_before(event: Event, column: str) -> str:
    """The state of a socket from before, by the first call that was seen. A bare OSError does not tell: it may be closed already."""
    never_met = column == CLIENT and event.socket.peer is None and event.call in ("close", "detach")
    if event.error == "OSError" or never_met:
        return UNKNOWN
    if event.call in (*_CONNECTING, "bind"):
        return CREATED
    if event.call == "accept":
        return LISTENING
    if column in (CLIENT, CONNECTION):
        return CONNECTED
    if event.call in ("close", "detach") and column == LISTENER and event.socket.role == "listening":
        return LISTENING
    return BOUND if event.socket.bound is not None else CREATED


def _note_what_is_not_drawn(story: Story, recordings: list[Recording], events: list[Event]) -> None:
    ends = {event.socket.number: event.socket.role for event in events}
    if datagram := sum(role == "datagram" for role in ends.values()):
        story.notes.append(f"Not drawn: {many(datagram, 'datagram socket')} (UDP has no connections).")
    if pair := sum(role == "pair" for role in ends.values()):
        story.notes.append(f"Not drawn: {many(pair, 'socket')} of a socketpair, which begin connected.")
    for step, taken in story.taken.items():
        if step.goal == UNKNOWN and step.error:
            story.notes.append(
                f"{step.call} raised {step.error}{times(taken.count)} on a socket from before, in a state that is not known."
            )
        elif step.goal == UNKNOWN:
            story.notes.append(f"detach{times(taken.count)}: what became of that {step.column} is not known.")
    for step, taken in story.taken.items():
        if taken.forgotten:
            story.notes.append(
                f"Nobody closed {_some(taken.forgotten, step)}: Python did, when nothing referred to {'it' if taken.forgotten == 1 else 'them'} any more."
            )
    if dropped := sum(recording.dropped for recording in recordings):
        story.notes.append(f"{many(dropped, 'more call')} were not recorded: the recording was full.")


def _some(count: int, step: Step) -> str:
    thing = step.column if step.column.startswith(str(step.start)) else f"{step.start} {step.column}"
    return f"a {thing}" if count == 1 else f"{count:,} {thing}s"


def times(count: int) -> str:
    """To follow what was done so often; nothing for once."""
    return "" if count == 1 else f" ×{count:,}"
