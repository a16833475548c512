"""The lives of the sockets in some recordings: who was in which state, and which call led from one to the next.

Comes in: recordings, one after the other. Goes out: `LifeCycles`, without a word of prose and without a place on a picture. The calls are
counted by kind: three clients that connect are one transition, taken three times.
"""

from __future__ import annotations

import collections
import dataclasses
import socket
from collections.abc import Iterable, Sequence

from helpers.pictures.telling.order import picture_order
from helpers.pictures.telling.relays import through
from helpers.pictures.telling.routes import closes
from helpers.recording.events import End, Event, Recorded

CREATED, BOUND, LISTENING, CONNECTED, CLOSED = "created", "bound", "listening", "connected", "closed"
HALF_CLOSED = "half-closed"
UNKNOWN = "not known"
STATES = (CREATED, BOUND, LISTENING, CONNECTED, HALF_CLOSED, CLOSED)

CLIENT, LISTENER, CONNECTION, SOCKET = "client", "listening socket", "connection", "socket"
"""The kinds of lives, a column each; SOCKET: neither a client's nor a server's, so far."""
COLUMNS = (CLIENT, LISTENER, CONNECTION, SOCKET)

OF_A_SERVER = ("bind", "listen", "accept")
"""What only a listening socket is for."""
_CONNECTING = ("connect", "connect_ex")
_END_OF_STREAM = "recv → b''"
_HOWS = {
    int(socket.SHUT_RD): "SHUT_RD",
    int(socket.SHUT_WR): "SHUT_WR",
    int(socket.SHUT_RDWR): "SHUT_RDWR",
}


@dataclasses.dataclass(frozen=True)
class Transition:
    """A call that took sockets of one column from one state to another, or left them where they were."""

    column: str
    start: str | None
    """None: the socket is made."""
    goal: str
    call: str
    """As a picture names it: shutdown with its argument, a receive at the end of the stream with what it gave."""
    error: str | None = None
    """The name of what it raised."""


@dataclasses.dataclass
class Taken:
    """How often a transition was taken."""

    place: int
    """1 for the transition that was taken first, and so on; the first time counts."""
    count: int = 0
    forgotten: int = 0
    """Of `count`: closed by Python, because nothing referred to the socket any more."""
    resets: int = 0
    """Of `count`: broke the connection off."""


@dataclasses.dataclass
class Life:
    """One socket."""

    column: str
    number: int
    """1 for the first of its column."""
    states: list[str]
    """The states it has been in, in their order."""
    before: str | None = None
    """The state it was in when it was first met, if it was made before."""
    broken: bool = False
    """Whether it learned that its connection is broken."""

    @property
    def state(self) -> str:
        """The state at the end."""
        return self.states[-1]

    def met_in(self, state: str) -> None:
        """It was made before, and is in `state` when it is first met."""
        self.before, self.states = state, [state]

    def move(self, goal: str) -> None:
        """It comes into that state, or stays there."""
        if goal != self.state:
            self.states.append(goal)


@dataclasses.dataclass
class LifeCycles:
    """What all sockets did."""

    taken: dict[Transition, Taken] = dataclasses.field(default_factory=dict)
    """In the order of their places."""
    lives: list[Life] = dataclasses.field(default_factory=list)
    """By column, and there by number."""
    programs: dict[str, set[str | None]] = dataclasses.field(default_factory=lambda: collections.defaultdict(set))
    """For each column the programs that made its sockets; None among them: the notebook."""
    datagram_sockets: int = 0
    """Sockets that have no such life."""
    pair_sockets: int = 0
    """The same, of `socketpair`."""
    dropped: int = 0
    """Calls that were not recorded."""

    def transitions(self, column: str | None, start: str | None, goal: str) -> list[Transition]:
        """Those that led from `start` to `goal`, of one column or (None) of any, in the order of their places."""
        return [
            each
            for each in self.taken
            if column in (None, each.column) and (each.start, each.goal, each.error) == (start, goal, None)
        ]

    def failures(self, column: str, state: str) -> list[Transition]:
        """The calls that raised, tried in `state`."""
        return [each for each in self.taken if each.error and (each.column, each.start) == (column, state)]

    def of(self, column: str) -> list[Life]:
        """The lives of a column."""
        return [life for life in self.lives if life.column == column]

    def in_state(self, state: str, column: str | None = None) -> list[Life]:
        """The sockets that are there at the end."""
        return [life for life in self.lives if life.state == state and column in (None, life.column)]

    def from_before(self, state: str, column: str | None = None) -> list[Life]:
        """The sockets that were made before, and met in that state."""
        return [life for life in self.lives if life.before == state and column in (None, life.column)]

    def visitors(self, state: str) -> set[str]:
        """The columns whose sockets have been in `state`."""
        moved = {each.column for each in self.taken if state in (each.goal, each.start)}
        return moved | {life.column for life in self.lives if state in (life.state, life.before)}


def follow(recordings: Iterable[Recorded]) -> LifeCycles:
    """The lives in some recordings, one after the other. A socket is the same in all of them if its `End.number` is."""
    once = list({id(recording): recording for recording in recordings}.values())
    seen = [through(recording) for recording in once]  # the sockets of links are not the learner's
    events = [event for recording in seen for event in picture_order(recording).events]
    connected = {
        end.number
        for recording in seen
        for conversation in recording.conversations
        for end in (conversation.client, conversation.server)
        if end is not None
    } | {event.socket.number for event in events if event.size}
    follower = _Follower(_columns(events), connected)
    for event in events:
        if not event.records:  # those are no calls
            follower.follow(event)
    roles = [end.role for end in {event.socket.number: event.socket for event in events}.values()]
    return dataclasses.replace(
        follower.cycles,
        lives=sorted(follower.lives.values(), key=lambda life: (COLUMNS.index(life.column), life.number)),
        datagram_sockets=roles.count("datagram"),
        pair_sockets=roles.count("pair"),
        dropped=sum(recording.dropped for recording in once),
    )


def _columns(events: Sequence[Event]) -> dict[int, str]:
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


class _Follower:
    """Goes through the calls, one by one."""

    def __init__(self, columns: dict[int, str], connected: set[int]) -> None:
        self.cycles = LifeCycles()
        self.lives: dict[int, Life] = {}
        self._columns = columns
        self._connected = connected
        """The sockets that were connected at some time, whatever `connect` said."""

    def follow(self, event: Event) -> None:
        """One call in the life of its socket, and of the socket that it made."""
        if event.socket.number not in self._columns or event.ended is None:
            return
        life = self._met(event)
        if event.error is not None and not self._goes_on(event):
            life.broken = life.broken or (event.broken and life.state in (CONNECTED, HALF_CLOSED))
            self._take(Transition(life.column, life.state, life.state, _name(event), event.error), event)
            return
        goal = _goal(life, event)
        start = None if event.call == "socket" else life.state
        self._take(Transition(life.column, start, goal, _name(event)), event)
        life.move(goal)
        if event.accepted is not None and event.accepted.number not in self.lives:
            self._begin(event.accepted, CONNECTED)

    def _met(self, event: Event) -> Life:
        """The life of the call's socket, which may begin here."""
        life = self.lives.get(event.socket.number)
        if life is None:
            life = self._begin(event.socket, CREATED)
            if event.call != "socket":
                life.met_in(_state_before(event, life.column))
        elif life.state == UNKNOWN:
            life.met_in(_state_before(event, life.column))
        return life

    def _begin(self, end: End, state: str) -> Life:
        column = self._columns[end.number]
        life = Life(column, 1 + sum(other.column == column for other in self.lives.values()), [state])
        self.lives[end.number] = life
        self.cycles.programs[column].add(end.program)
        return life

    def _take(self, transition: Transition, event: Event) -> None:
        taken = self.cycles.taken.setdefault(transition, Taken(len(self.cycles.taken) + 1))
        taken.count += 1
        taken.forgotten += event.forgotten
        taken.resets += event.reset

    def _goes_on(self, event: Event) -> bool:
        """Whether it is a `connect` that goes on by itself, as it does on a socket that does not block, and reaches its goal."""
        under_way = event.call in _CONNECTING and event.error == "BlockingIOError"
        return under_way and event.socket.number in self._connected


def _name(event: Event) -> str:
    if event.call == "shutdown" and event.how is not None:
        return f"shutdown({_HOWS.get(event.how, event.how)})"
    return _END_OF_STREAM if event.call == "recv" and event.error is None and event.end_of_stream else event.call


def _goal(life: Life, event: Event) -> str:
    """The state that the call leads to."""
    if closes(event):
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
