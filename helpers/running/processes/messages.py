"""What passes between the notebook and a program in a process of its own: commands to it, events from it, each a line of JSON.

Comes in: a command or an event. Goes out: its line, and on the other side the same again. Whatever comes from the process is looked at for its type and its bounds (`recording.fields`), nothing is unpickled;
what makes no sense is None. Who imports it: both sides; so it imports nothing that the program's process need not load anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from helpers.recording.fields import (
    Bare,
    Damaged,
    Detail,
    Told,
    detail,
    line_of,
    listing,
    object_in,
    plain_detail,
    seconds_or_none,
    text,
    truth,
    whole,
    with_token,
)

if TYPE_CHECKING:
    from helpers.recording.carried import Carried
    from helpers.sockets.tapes import Handover

AT_A_TIME = 500
"""Calls in a line."""
MOST_SOCKETS = 100_000
"""In a line: those of its calls, or all that are open."""
LONGEST_TEXT = 1 << 20


# Commands


class Load(NamedTuple):
    """The first one: so many bytes follow the line, which are the program."""

    name: str
    size: int
    is_source: bool
    """Python source; else a function, as cloudpickle writes it."""
    token: str
    path: str | None
    """What PYTHONPATH is to be."""
    tapes: tuple[tuple[int, int], ...]
    """The recordings that run, each with its limit."""


class TellRest(NamedTuple):
    """Wait until every thread waits for something, so many seconds at most; then answer."""

    ask: int
    seconds: float


class StartTape(NamedTuple):
    """Record, and answer."""

    ask: int
    tape: int
    limit: int


class StopTape(NamedTuple):
    """Say what was recorded, and answer."""

    ask: int
    tape: int


class Stop(Bare):
    """Ctrl-C is on its way: whoever ends because of it is not to wait for its threads."""


Command: TypeAlias = Load | TellRest | StartTape | StopTape | Stop

_COMMANDS: dict[str, type[Load] | type[TellRest] | type[StartTape] | type[StopTape]] = {
    "load": Load, "rest": TellRest, "start": StartTape, "stop tape": StopTape,
}  # fmt: skip


def command_line(command: Command) -> bytes:
    if isinstance(command, Stop):
        return line_of({"do": "stop"})
    name = next(name for name, kind in _COMMANDS.items() if isinstance(command, kind))
    return line_of({"do": name, "fields": command})


def read_command(line: bytes) -> Command:
    """The command that a line is. ValueError, LookupError if it is none, or was cut off."""
    told = object_in(line)
    if told["do"] == "stop":
        return Stop()
    fields = listing(told["fields"])
    return _COMMANDS[text(told["do"])](*fields)  # type: ignore[arg-type]


# Events


class Loaded(Bare):
    """The program begins."""


class Listening(NamedTuple):
    address: Detail


class Asks(NamedTuple):
    """It waits for a line from now on, or no longer."""

    asking: bool
    hidden: bool
    """Whether what is typed is not to be seen."""


class Fell(NamedTuple):
    """Its main thread, or another one, has fallen with this traceback."""

    text: str
    interrupted: bool
    """By Ctrl-C."""


class SaysWhy(Bare):
    """It ends with a message instead of a status."""


class Answer(NamedTuple):
    ask: int
    activity: tuple[int, ...]
    """Numbers that change when its sockets do something."""


class Recorded(NamedTuple):
    """A part of what it has recorded."""

    tape: int
    carried: Carried


class RecordedAll(NamedTuple):
    """There is no more of it, but for calls that were `dropped`."""

    tape: int
    dropped: int


Event: TypeAlias = Loaded | Listening | Asks | Fell | SaysWhy | Answer | Recorded | RecordedAll


def event_line(event: Event, token: str) -> bytes:
    return line_of({**_fields(event), "token": token})


def _fields(event: Event) -> Told:
    match event:
        case Loaded():
            return {"event": "loaded"}
        case Listening():
            return {"event": "listening", "address": plain_detail(event.address)}
        case Asks():
            return {"event": "asks", "asking": event.asking, "hidden": event.hidden}
        case Fell():
            return {"event": "fell", "text": event.text[:LONGEST_TEXT], "interrupted": event.interrupted}
        case SaysWhy():
            return {"event": "says why"}
        case Answer():
            return {"event": "answer", "ask": event.ask, "activity": event.activity}
        case Recorded():
            from helpers.recording import rows  # only who records needs it

            calls, sockets, handed_over = event.carried
            return {"event": "rows", "tape": event.tape, **rows.told(calls, sockets), "handed over": handed_over}
        case RecordedAll():
            return {"event": "rows end", "tape": event.tape, "dropped": event.dropped}


def read_event(line: bytes, token: str) -> Event | None:
    """The event that a line is; None if it is none, or not from the process that knows `token`."""
    told = with_token(line, token)
    try:
        return _event(told) if told is not None else None
    except (ValueError, LookupError):
        return None


def _event(told: Told) -> Event:
    match told["event"]:
        case "loaded":
            return Loaded()
        case "listening":
            return Listening(detail(told["address"]))
        case "asks":
            return Asks(truth(told["asking"]), truth(told["hidden"]))
        case "fell":
            return Fell(text(told["text"], LONGEST_TEXT), truth(told["interrupted"]))
        case "says why":
            return SaysWhy()
        case "answer":
            return Answer(whole(told["ask"]), tuple(whole(each) for each in listing(told["activity"])))
        case "rows":
            from helpers.recording import rows

            carried = rows.read(told, AT_A_TIME, MOST_SOCKETS)
            handed_over = tuple(_handover(each) for each in listing(told["handed over"]))
            return Recorded(whole(told["tape"]), carried._replace(handed_over=handed_over))
        case "rows end":
            return RecordedAll(whole(told["tape"]), whole(told["dropped"]))
    raise Damaged("no event")


def _handover(row: object) -> Handover:
    from helpers.sockets.tapes import Handover

    given, taken, giver, taker = listing(row, 4)
    return Handover(seconds_or_none(given) or 0.0, seconds_or_none(taken) or 0.0, whole(giver), whole(taker))
