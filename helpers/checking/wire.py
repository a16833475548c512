"""Messages between the judge and the learner's process, as lines of JSON: the only place that knows how they look there.

Comes in: a command or an event (`messages`). Goes out: its line, and on the other side the same command or event. The judge believes nothing that comes from the learner's
process: each field is looked at for its type and its bounds. What does not fit is `Unreadable`, and a line without the token that only that process knows is None;
no line raises an error. Nothing is unpickled. Who may import it: both sides; so it imports nothing that the learner's process need not load anyway.
"""

from __future__ import annotations

from helpers.checking.limits import LINE, RECORDED
from helpers.checking.messages import (
    Activity,
    Asked,
    Awaited,
    CallFunction,
    Cancel,
    Command,
    Connected,
    CountThreads,
    CountWriters,
    Doing,
    Event,
    Found,
    Item,
    Left,
    Listening,
    Load,
    Loaded,
    Loop,
    Raised,
    Release,
    Rested,
    Returned,
    ReturnedSocket,
    Say,
    State,
    StateNow,
    TellActivity,
    TellState,
    ThreadsLeft,
    Unloadable,
    Unreadable,
    Writers,
)
from helpers.checking.plain import Odd, decode_argument, decode_or_odd, encode
from helpers.recording import rows
from helpers.recording.fields import (
    TEXT,
    Damaged,
    Told,
    line_of,
    listing,
    object_in,
    seconds_or_none,
    text,
    text_or_none,
    truth,
    whole,
    whole_or_none,
    with_token,
)
from helpers.recording.rows import ROLES as ROLES

KINDS = 100
"""Classes of an error, with their bases."""
CONNECTIONS = 1000
"""Of one process, that are looked at."""
SOCKETS = 3 * RECORDED
"""Each call names two at most, and these a listening socket."""

# Commands --------------------------------------------------------------------------------------------------------------

_BARE_COMMANDS: dict[str, Command] = {
    "state": TellState(),
    "threads": CountThreads(),
    "writers": CountWriters(),
    "activity": TellActivity(),
    "release": Release(),
    "cancel": Cancel(),
}


def command_line(command: Command) -> bytes:
    """A command as a line."""
    match command:
        case Load():
            return line_of({"do": "load", "size": command.size, "token": command.token})
        case CallFunction():
            fields = command._asdict()
            fields["args"] = [encode(each) for each in command.args]
            fields["again"] = [[encode(each) for each in args] for args in command.again]
            fields["refuses"] = encode(command.refuses)
            return line_of({"do": "call", **fields})
        case Rested(asked):
            return line_of({"do": "rested", "asked": asked})
        case Say():
            return line_of({"do": "say", "line": encode(command.line)})
    return line_of({"do": next(name for name, each in _BARE_COMMANDS.items() if each == command)})


def read_command(line: bytes) -> Command:
    """The command that a line is. ValueError if it is none, or was cut off."""
    told = object_in(line)
    do = text(told["do"])
    if do == "load":
        return Load(whole(told["size"]), text(told["token"]))
    if do == "call":
        return _call(told)
    if do == "rested":
        return Rested(whole(told["asked"]))
    if do == "say":
        return Say(_bytes_or_none(told["line"]))
    if do in _BARE_COMMANDS:
        return _BARE_COMMANDS[do]
    raise Damaged(f"no command: {do}")


def _call(told: Told) -> CallFunction:
    each = told["each"]
    options = [listing(option, 2) for option in listing(told["options"])]
    return CallFunction(
        args=tuple(decode_argument(value) for value in listing(told["args"])),
        connect=_address_or_none(told["connect"]),
        listen=truth(told["listen"]),
        timeout=seconds_or_none(told["timeout"]),
        options=tuple((whole(option), whole(value)) for option, value in options),
        sparing=truth(told["sparing"]),
        trickling=truth(told["trickling"]),
        each="together" if each == "together" else truth(each),
        iterate=truth(told["iterate"]),
        again=tuple(tuple(decode_argument(value) for value in listing(args)) for args in listing(told["again"])),
        rest=truth(told["rest"]),
        keep=truth(told["keep"]),
        streams=truth(told["streams"]),
        refuses=_bytes_or_none(told["refuses"]),
        stuttering=truth(told["stuttering"]),
        aborting=truth(told["aborting"]),
        as_left=truth(told["as_left"]),
        way=text(told["way"]),
        attack=_address_or_none(told["attack"]),
    )


def _address_or_none(told: object) -> tuple[str, int] | None:
    if told is None:
        return None
    host, port = listing(told, 2)
    return text(host), whole(port)


def _bytes_or_none(told: object) -> bytes | None:
    value = decode_argument(told)
    if value is not None and not isinstance(value, bytes):
        raise Damaged("no bytes")
    return value


# Events ----------------------------------------------------------------------------------------------------------------


def event_line(event: Event, token: str) -> bytes:
    """An event as a line. Of one that would be too long, or that there is no memory for, what is large is left out."""
    try:
        line = line_of({**_event_fields(event), "token": token})
    except MemoryError:
        line = b""
    if line and len(line) <= LINE:
        return line
    return line_of({**_event_fields(_shortened(event)), "token": token})


def _shortened(event: Event) -> Event:
    too_large = Odd("too large to be looked at")
    match event:
        case Item():
            return Item(too_large)
        case Returned():
            return event._replace(value=too_large, state=State())
        case Raised():
            return event._replace(args=too_large, state=State())
        case StateNow():
            return StateNow(State())
    return event


def _event_fields(event: Event) -> Told:
    match event:
        case Loaded():
            return {"event": "loaded"}
        case Unloadable():
            return {"event": "unloadable", "text": event.text[:TEXT]}
        case Awaited():
            return {"event": "awaited"}
        case Listening(port):
            return {"event": "listening", "port": port}
        case Connected(port):
            return {"event": "connected", "port": port}
        case Item(value):
            return {"event": "item", "value": encode(value)}
        case StateNow(state):
            return {"event": "state", **_state_fields(state)}
        case ThreadsLeft(threads):
            return {"event": "threads", "threads": threads}
        case Writers(sockets):
            return {"event": "writers", "sockets": sockets}
        case Asked(number):
            return {"event": "asked", "number": number}
        case Activity():
            return {"event": "activity", **event._asdict()}
        case Returned():
            return {
                "event": "returned",
                "value": encode(event.value),
                "left": event.left,
                "rest": encode(event.rest),
                "socket": event.socket,
                "found": event.found,
                **_state_fields(event.state),
            }
        case Raised():
            return {
                "event": "raised",
                "kinds": [kind[:TEXT] for kind in event.kinds[:KINDS]],
                "text": event.text[:TEXT],
                "line": event.line,
                "left": event.left,
                "found": event.found,
                "args": encode(event.args),
                **_state_fields(event.state),
            }
        case Unreadable():
            return {"event": "unreadable"}


def read_event(line: bytes, token: str) -> Event | None:
    """The event that a line is; None if it is not from the process that knows `token`; Unreadable if nothing can be made of it."""
    told = with_token(line, token)
    if told is None:
        return None
    try:
        return _event(told)
    except (ValueError, LookupError):
        return Unreadable()


def _event(told: Told) -> Event:
    match told.get("event"):
        case "loaded":
            return Loaded()
        case "unloadable":
            return Unloadable(text(told["text"]))
        case "awaited":
            return Awaited()
        case "listening":
            return Listening(whole(told["port"]))
        case "connected":
            return Connected(whole(told["port"]))
        case "item":
            return Item(decode_or_odd(told["value"]))
        case "state":
            return StateNow(_state(told))
        case "threads":
            return ThreadsLeft(whole(told["threads"]))
        case "writers":
            return Writers(whole(told["sockets"]))
        case "asked":
            return Asked(whole(told["number"]))
        case "activity":
            connections = [listing(each, 2) for each in listing(told["connections"])]
            return Activity(
                whole(told["asleep"]),
                whole(told["slept"]),
                whole(told["moved"]),
                tuple((whole(here), whole(there)) for here, there in connections[:CONNECTIONS]),
            )
        case "returned":
            return Returned(
                value=decode_or_odd(told["value"]),
                state=_state(told),
                left=_left(told["left"]),
                rest=decode_or_odd(told["rest"]),
                socket=_returned_socket(told["socket"]),
                found=_found(told.get("found")),
            )
        case "raised":
            kinds = listing(told["kinds"])
            if not 0 < len(kinds) <= KINDS:
                raise Damaged("an error of no class")
            return Raised(
                kinds=tuple(text(kind) for kind in kinds),
                text=text(told["text"]),
                line=whole_or_none(told["line"]),
                state=_state(told),
                left=_left(told["left"]),
                found=_found(told.get("found")),
                args=decode_or_odd(told.get("args")),
            )
    return Unreadable()


def _returned_socket(told: object) -> ReturnedSocket | None:
    if told is None:
        return None
    is_open, family, kind, listens, host, port, timeout, called, awaited = listing(told, len(ReturnedSocket._fields))
    return ReturnedSocket(
        truth(is_open),
        whole(family),
        whole(kind),
        truth(listens),
        text(host),
        whole(port),
        seconds_or_none(timeout),
        truth(called),
        truth(awaited),
    )


def _left(told: object) -> Left:
    threads, sockets, default_timeout, alarm = listing(told, len(Left._fields))
    return Left(whole(threads), whole(sockets), seconds_or_none(default_timeout), seconds_or_none(alarm) or 0.0)


def _found(told: object) -> Found | None:
    if told is None:
        return None
    is_open, shut, timeout, at, read_on = listing(told, len(Found._fields))
    return Found(truth(is_open), truth(shut), seconds_or_none(timeout), seconds_or_none(at) or 0.0, truth(read_on))


# What sockets did ----------------------------------------------------------------------------------------------------------


def _state_fields(state: State) -> Told:
    return {**rows.told(state.calls, state.sockets), "doing": state.doing, "loop": state.loop}


def _state(told: Told) -> State:
    found = rows.read(told, 2 * RECORDED, 2 * SOCKETS)
    return State(found.calls, found.sockets, _doing(told.get("doing", [*Doing()])), _loop(told.get("loop")))


def _doing(told: object) -> Doing:
    line, pause, pauses, longest, asked, thread_error, moved, threads, connections = listing(told, len(Doing._fields))
    return Doing(
        whole_or_none(line),
        seconds_or_none(pause),
        whole(pauses),
        seconds_or_none(longest) or 0.0,
        truth(asked),
        text_or_none(thread_error),
        whole(moved),
        whole(threads),
        whole(connections),
    )


def _loop(told: object) -> Loop | None:
    if told is None:
        return None
    fields = listing(told, len(Loop._fields))
    tasks, task, task_error, never_awaited, said, unread, kept, full, writers, coroutines, at, slept, drains, error = (
        fields
    )
    held_up, slow = listing(drains, 2) if drains is not None else (0, 0)
    return Loop(
        whole(tasks),
        text(task),
        text_or_none(task_error),
        text_or_none(never_awaited),
        whole(said),
        whole(unread),
        whole(kept),
        whole_or_none(full),
        whole(writers),
        whole(coroutines),
        whole_or_none(at),
        whole_or_none(slept),
        (whole(held_up), whole(slow)) if drains is not None else None,
        text_or_none(error),
    )
