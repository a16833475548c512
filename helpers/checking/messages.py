"""What passes between the judge and the learner's process: commands to it, events from it. (What events say of sockets: `recording.carried`.) Plain, typed, immutable:
named tuples, of which the learner's process makes a class in a seventh of the time that a frozen dataclass takes.

As lines of JSON: `wire`. Values that a function is given and returns: `plain`. Who may import it: both sides; so it imports nothing that the learner's process need not
load anyway.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from helpers.checking.plain import Argument, Value
from helpers.recording.carried import SocketCall as SocketCall
from helpers.recording.carried import SocketInfo as SocketInfo
from helpers.recording.fields import Bare
from helpers.recording.fields import Detail as Detail

CUT_OFF, FORKED = 97, 98
"""Exit codes of its process: it cannot speak to the judge any more; it has forked too often."""

Each: TypeAlias = Literal[False, True, "together"]


# Commands: from the judge to its process -------------------------------------------------------------------------------


class Load(NamedTuple):
    """The first command: so many bytes follow the line, which are the function, as cloudpickle writes it."""

    size: int
    token: str
    """To be in each event: the function, which may find the judge's pipe, does not know it."""


class CallFunction(NamedTuple):
    """Call the function. `Judge.call`, `talk` and `listen` say what each of these means."""

    args: tuple[Argument, ...] = ()
    """Behind the socket, if there is one."""
    connect: tuple[str, int] | None = None
    """It is given a socket that is connected to this address."""
    listen: bool = False
    """It is given a listening socket."""
    timeout: float | None = None
    """Of the connected socket."""
    options: tuple[tuple[int, int], ...] = ()
    """Of the connected socket, at the level SOL_SOCKET."""
    sparing: bool = False
    trickling: bool = False
    each: Each = False
    iterate: bool = False
    again: tuple[tuple[Argument, ...], ...] = ()
    rest: bool = False
    keep: bool = False
    streams: bool = False
    refuses: bytes | None = None
    stuttering: bool = False
    """Of the listening socket: its connections take little at once, and no more for a moment."""
    aborting: bool = False
    """Of the listening socket: its first accept raises ConnectionAbortedError."""
    as_left: bool = False
    """It finds its variables as the call before has left them."""
    way: str = ""
    """In which of the `ways` the function is called; "": as it is."""
    attack: tuple[str, int] | None = None
    """It is given a `Target`: the server at this address."""


class TellState(Bare):
    """Say what the sockets of the call have done so far."""


class CountThreads(Bare):
    """Say how many of the function's threads do not come to their end."""


class CountWriters(Bare):
    """Say of how many sockets the function wants to know when they can be written to."""


class TellActivity(Bare):
    """Say whether it sleeps, and what it has done."""


class Rested(NamedTuple):
    """The server that it attacks has been seen to rest since it asked."""

    asked: int
    """The number of that question; earlier ones are answered as well."""


class Release(Bare):
    """Close the sockets that were kept."""


class Say(NamedTuple):
    """For a function with streams: there is one more line for it to say."""

    line: bytes | None
    """None: and no more after those before."""


class Cancel(Bare):
    """Cancel the coroutine."""


Command: TypeAlias = (
    Load | CallFunction | TellState | CountThreads | CountWriters | TellActivity | Rested | Release | Say | Cancel
)


# What its process says of sockets --------------------------------------------------------------------------------------


class Doing(NamedTuple):
    """What the function is at, just now."""

    line: int | None = None
    """Of the cell."""
    pause: float | None = None
    """Seconds of the `time.sleep` in which it is; None if it is in none."""
    pauses: int = 0
    """How often it has slept so far, that time too."""
    longest: float = 0.0
    """Seconds of the longest of these times."""
    asked: bool = False
    """Whether it has called input(): in a check nobody types."""
    thread_error: str | None = None
    """What the first of its threads that fell has raised, and what that says."""
    moved: int = 0
    """Bytes that its sockets have sent and received so far."""
    threads: int = 0
    """Threads of its own that run just now; those of a pool, which are used again, are not among them."""
    connections: int = 0
    """Connections that it has accepted, and not closed."""


class Loop(NamedTuple):
    """An event loop, and what a function with streams has to do with it. What was over when the function was is told as it was then."""

    tasks: int = 0
    """Tasks of its own that are not over."""
    task: str = ""
    """The name of what runs in the first of these, such as "speak"."""
    task_error: str | None = None
    """What a task of its own has raised, and what that says, where nobody has awaited it."""
    never_awaited: str | None = None
    """The name of a coroutine that was made, and thrown away."""
    said: int = 0
    """Lines that it has taken from what it was to say; that no more come counts as one."""
    unread: int = 0
    """Bytes that wait in the fullest of its readers."""
    kept: int = 0
    """Bytes that wait in the fullest of its writers."""
    full: int | None = None
    """The port of the client whose writer that is."""
    writers: int = 0
    """Writers that are not closed, though the coroutine to which they were given is over."""
    coroutines: int = 0
    """Of the function, one for each of its clients, that are not over."""
    at: int | None = None
    """The port of the client for which the loop is at work just now; None: none, or there is no more than one."""
    slept: int | None = None
    """The same of the longest `time.sleep`."""
    drains: tuple[int, int] | None = None
    """The ports of two clients: the coroutine for the first waits until there is room for the second."""
    error: str | None = None
    """What the first coroutine of the function that fell has raised, and what that says, where there is one for each client."""


class State(NamedTuple):
    """What the sockets of a call have done, and what they wait for."""

    calls: tuple[SocketCall, ...] = ()
    """The first ones, in the order in which they came back; those that wait are the last."""
    sockets: tuple[SocketInfo, ...] = ()
    """Those of the calls, and their listening sockets."""
    doing: Doing = Doing()
    loop: Loop | None = None
    """Of a function with streams."""


class ReturnedSocket(NamedTuple):
    """A socket that the function returned."""

    is_open: bool
    """Without that nothing else is known of it."""
    family: int = 0
    kind: int = 0
    listens: bool = False
    host: str = ""
    port: int = 0
    timeout: float | None = None
    called: bool = False
    """Whether somebody has connected to it already."""
    awaited: bool = False
    """Whether a thread of the function waits in its accept."""


class Found(NamedTuple):
    """How the connected socket that a function was given is found when its call is over."""

    is_open: bool
    shut: bool = False
    """Whether the function has shut one of its directions down, or both."""
    timeout: float | None = None
    at: float = 0.0
    """When its call was over, on the clock of tapes."""
    read_on: bool = False
    """Whether a thread of the function is still in a receive of it."""


class Left(NamedTuple):
    """What a call has left behind, beside the socket that it was given."""

    threads: int = 0
    """Of its own, that were running when it was over."""
    sockets: int = 0
    """That it has made, and neither closed nor returned."""
    default_timeout: float | None = None
    """What new sockets begin with from then on; None: they wait, as they did before."""
    alarm: float = 0.0
    """Seconds until the alarm that it has set (`signal.alarm`, `setitimer`); 0.0: there is none."""


# Events: from its process to the judge ---------------------------------------------------------------------------------


class Loaded(Bare):
    """The function is there."""


class Unloadable(NamedTuple):
    """The function cannot be brought there."""

    text: str


class Awaited(Bare):
    """It has given back a coroutine, which runs from now on."""


class Listening(NamedTuple):
    """The function has been given a socket that listens at this port of 127.0.0.1."""

    port: int


class Connected(NamedTuple):
    """The function has been given a socket that is connected, from this port of 127.0.0.1."""

    port: int


class Item(NamedTuple):
    """It has yielded this; or a call before the last one has returned it."""

    value: Value


class StateNow(NamedTuple):
    """The answer to `TellState`."""

    state: State


class ThreadsLeft(NamedTuple):
    """The answer to `CountThreads`."""

    threads: int


class Writers(NamedTuple):
    """The answer to `CountWriters`."""

    sockets: int


class Asked(NamedTuple):
    """An attack waits: until something comes, or until the server rests."""

    number: int
    """Of the question; each has one of its own."""


class Activity(NamedTuple):
    """The answer to `TellActivity`. Of a process that rests, and whose two answers are the same, nothing more is to be expected."""

    asleep: int = 0
    """Threads that are in `time.sleep`."""
    slept: int = 0
    """Times that one has begun to sleep so far."""
    moved: int = 0
    """Bytes that its sockets have sent and received so far."""
    connections: tuple[tuple[int, int], ...] = ()
    """The ports of both ends of each connection that it has made and holds."""


class Returned(NamedTuple):
    """It has come back."""

    value: Value
    state: State = State()
    left: Left = Left()
    rest: Value = None
    """What it left to be read, if that was asked for; None if it closed the socket."""
    socket: ReturnedSocket | None = None
    """If `value` was one."""
    found: Found | None = None
    """If it was given a connected socket."""


class Raised(NamedTuple):
    """It has raised an error."""

    kinds: tuple[str, ...]
    """The name of its class, and of each base class."""
    text: str = ""
    line: int | None = None
    """Of the cell."""
    state: State = State()
    left: Left = Left()
    found: Found | None = None
    """If it was given a connected socket."""
    args: Value = ()
    """What the error was made with."""


class Unreadable(Bare):
    """Its process has said something that makes no sense."""


Event: TypeAlias = (
    Loaded
    | Unloadable
    | Awaited
    | Listening
    | Connected
    | Item
    | StateNow
    | ThreadsLeft
    | Writers
    | Asked
    | Activity
    | Returned
    | Raised
    | Unreadable
)
