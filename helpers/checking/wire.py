"""Messages between the judge and the learner's process, as lines of JSON: the only place that knows how they look there.

Comes in: a command or an event (`messages`). Goes out: its line, and on the other side the same command or event. The judge believes nothing that comes from the learner's
process: each field is looked at for its type and its bounds. What does not fit is `Unreadable`, and a line without the token that only that process knows is None;
no line raises an error. Nothing is unpickled. Who may import it: both sides; so it imports nothing that the learner's process need not load anyway.
"""

from __future__ import annotations

import base64
import math
from json import dumps, loads  # by name: the function may do what it likes to the modules
from typing import TypeAlias

from helpers.checking.limits import LINE, RECORDED
from helpers.checking.messages import (
    CallFunction,
    Command,
    Connected,
    CountThreads,
    Detail,
    Doing,
    Event,
    Found,
    Item,
    Listening,
    Load,
    Loaded,
    Raised,
    Release,
    Returned,
    ReturnedSocket,
    SocketCall,
    SocketInfo,
    State,
    StateNow,
    TellState,
    ThreadsLeft,
    Unloadable,
    Unreadable,
)
from helpers.checking.plain import Odd, decode_argument, decode_or_odd, encode

TEXT = 300
"""Characters of a text that travels, such as what an error says; the rest is cut off."""
KINDS = 100
"""Classes of an error, with their bases."""
SOCKETS = 3 * RECORDED
"""Each call names two at most, and these a listening socket."""
HEAD = 4096
"""Bytes of a call's data; tapes keep fewer."""
DEEPEST = 3
"""Tuples within tuples, in what a call was given."""
ROLES = frozenset({"client", "server", "listening", "datagram", "pair", "unconnected"})
"""Of a socket, as recordings have them."""

Told: TypeAlias = dict[str, object]


class _Damaged(ValueError):
    """A line, or a part of one, that is not what was agreed."""


# Commands --------------------------------------------------------------------------------------------------------------

_BARE_COMMANDS: dict[str, Command] = {"state": TellState(), "threads": CountThreads(), "release": Release()}


def command_line(command: Command) -> bytes:
    """A command as a line."""
    match command:
        case Load():
            return _line({"do": "load", "size": command.size, "token": command.token})
        case CallFunction():
            fields = command._asdict()
            fields["args"] = [encode(each) for each in command.args]
            fields["again"] = [[encode(each) for each in args] for args in command.again]
            return _line({"do": "call", **fields})
    return _line({"do": next(name for name, each in _BARE_COMMANDS.items() if each == command)})


def read_command(line: bytes) -> Command:
    """The command that a line is. ValueError if it is none, or was cut off."""
    told = _object(loads(line))
    do = _text(told["do"])
    if do == "load":
        return Load(_whole(told["size"]), _text(told["token"]))
    if do == "call":
        return _call(told)
    if do in _BARE_COMMANDS:
        return _BARE_COMMANDS[do]
    raise _Damaged(f"no command: {do}")


def _call(told: Told) -> CallFunction:
    connect, each = told["connect"], told["each"]
    host, port = _list(connect, 2) if connect is not None else ("", 0)
    options = [_list(option, 2) for option in _list(told["options"])]
    return CallFunction(
        args=tuple(decode_argument(value) for value in _list(told["args"])),
        connect=(_text(host), _whole(port)) if connect is not None else None,
        listen=_truth(told["listen"]),
        timeout=_seconds_or_none(told["timeout"]),
        options=tuple((_whole(option), _whole(value)) for option, value in options),
        sparing=_truth(told["sparing"]),
        trickling=_truth(told["trickling"]),
        each="together" if each == "together" else _truth(each),
        iterate=_truth(told["iterate"]),
        again=tuple(tuple(decode_argument(value) for value in _list(args)) for args in _list(told["again"])),
        rest=_truth(told["rest"]),
        keep=_truth(told["keep"]),
    )


# Events ----------------------------------------------------------------------------------------------------------------


def event_line(event: Event, token: str) -> bytes:
    """An event as a line. Of one that would be too long, or that there is no memory for, what is large is left out."""
    try:
        line = _line({**_event_fields(event), "token": token})
    except MemoryError:
        line = b""
    if line and len(line) <= LINE:
        return line
    return _line({**_event_fields(_shortened(event)), "token": token})


def _shortened(event: Event) -> Event:
    too_large = Odd("too large to be looked at")
    match event:
        case Item():
            return Item(too_large)
        case Returned():
            return event._replace(value=too_large, state=State())
        case Raised():
            return event._replace(state=State())
        case StateNow():
            return StateNow(State())
    return event


def _event_fields(event: Event) -> Told:
    match event:
        case Loaded():
            return {"event": "loaded"}
        case Unloadable(text):
            return {"event": "unloadable", "text": text[:TEXT]}
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
        case Returned():
            return {
                "event": "returned",
                "value": encode(event.value),
                "threads": event.threads,
                "left_open": event.left_open,
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
                "left_open": event.left_open,
                "found": event.found,
                **_state_fields(event.state),
            }
        case Unreadable():
            return {"event": "unreadable"}


def read_event(line: bytes, token: str) -> Event | None:
    """The event that a line is; None if it is not from the process that knows `token`; Unreadable if nothing can be made of it."""
    if token.encode() not in line:
        return None
    try:
        told = loads(line)
        if not isinstance(told, dict) or told.get("token") != token:
            return None
    except (ValueError, RecursionError):
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
            return Unloadable(_text(told["text"]))
        case "listening":
            return Listening(_whole(told["port"]))
        case "connected":
            return Connected(_whole(told["port"]))
        case "item":
            return Item(decode_or_odd(told["value"]))
        case "state":
            return StateNow(_state(told))
        case "threads":
            return ThreadsLeft(_whole(told["threads"]))
        case "returned":
            return Returned(
                value=decode_or_odd(told["value"]),
                state=_state(told),
                threads=_whole(told["threads"]),
                left_open=_whole(told["left_open"]),
                rest=decode_or_odd(told["rest"]),
                socket=_returned_socket(told["socket"]),
                found=_found(told.get("found")),
            )
        case "raised":
            kinds = _list(told["kinds"])
            if not 0 < len(kinds) <= KINDS:
                raise _Damaged("an error of no class")
            return Raised(
                kinds=tuple(_text(kind) for kind in kinds),
                text=_text(told["text"]),
                line=_whole_or_none(told["line"]),
                state=_state(told),
                left_open=_whole(told["left_open"]),
                found=_found(told.get("found")),
            )
    return Unreadable()


def _returned_socket(told: object) -> ReturnedSocket | None:
    if told is None:
        return None
    is_open, family, kind, listens, host, port, timeout, called, awaited = _list(told, len(ReturnedSocket._fields))
    return ReturnedSocket(
        _truth(is_open),
        _whole(family),
        _whole(kind),
        _truth(listens),
        _text(host),
        _whole(port),
        _seconds_or_none(timeout),
        _truth(called),
        _truth(awaited),
    )


def _found(told: object) -> Found | None:
    if told is None:
        return None
    is_open, shut, timeout, at, read_on = _list(told, len(Found._fields))
    return Found(_truth(is_open), _truth(shut), _seconds_or_none(timeout), _seconds_or_none(at) or 0.0, _truth(read_on))


# What sockets did: a row for each call and each socket, in the order of the fields, since there may be thousands ------------


def _state_fields(state: State) -> Told:
    return {
        "calls": [
            (*call[:4], call.thread[:TEXT], base64.b64encode(call.data).decode("ascii"), *call[6:9], call.error and call.error[:TEXT], *call[10:])
            for call in state.calls
        ],
        "sockets": state.sockets,
        "doing": state.doing,
    }  # fmt: skip


def _state(told: Told) -> State:
    calls, sockets = _list(told["calls"]), _list(told["sockets"])
    if len(calls) > 2 * RECORDED or len(sockets) > 2 * SOCKETS:
        raise _Damaged("too many calls")
    state = State(
        tuple(_socket_call(each) for each in calls),
        tuple(_socket_info(each) for each in sockets),
        _doing(told.get("doing", [*Doing()])),
    )
    known = {each.number for each in state.sockets}
    for call in state.calls:
        if call.socket not in known or (call.accepted is not None and call.accepted not in known):
            raise _Damaged("a call of a socket that nothing is known of")
        if call.method == "accept" and call.accepted is None and not call.waits and call.error is None:
            raise _Damaged("an accept that made no socket")
    return state


def _doing(told: object) -> Doing:
    line, pause, pauses, longest, asked, thread_error, moved = _list(told, len(Doing._fields))
    return Doing(
        _whole_or_none(line),
        _seconds_or_none(pause),
        _whole(pauses),
        _seconds_or_none(longest) or 0.0,
        _truth(asked),
        _text(thread_error) if thread_error is not None else None,
        _whole(moved),
    )


def _socket_call(told: object) -> SocketCall:
    (
        number, method, begun, ended, thread, data, size, asked, offset, error, detail, flags, timeout, accepted
    ) = _list(told, len(SocketCall._fields))  # fmt: skip
    return SocketCall(
        _whole(number),
        _text(method),
        _seconds_or_none(begun),
        _seconds_or_none(ended),
        _text(thread),
        _head(data),
        _whole(size),
        _whole(asked),
        _whole(offset),
        _text(error) if error is not None else None,
        _detail(detail),
        _whole(flags),
        _seconds_or_none(timeout),
        _whole_or_none(accepted),
    )


def _socket_info(told: object) -> SocketInfo:
    number, family, kind, role, local, peer, bound, since, listener, timeout = _list(told, len(SocketInfo._fields))
    if _text(role) not in ROLES:
        raise _Damaged("a socket of no role")
    return SocketInfo(
        _whole(number),
        _whole(family),
        _whole(kind),
        _text(role),
        _detail(local),
        _detail(peer),
        _detail(bound),
        _whole(since),
        _whole_or_none(listener),
        _seconds_or_none(timeout),
    )


# Fields ----------------------------------------------------------------------------------------------------------------


def _line(message: Told) -> bytes:
    return dumps(message).encode("ascii") + b"\n"


def _object(told: object) -> Told:
    if not isinstance(told, dict):
        raise _Damaged("no object")
    return told


def _list(told: object, length: int | None = None) -> list[object]:
    if not isinstance(told, list) or (length is not None and len(told) != length):
        raise _Damaged("no list of that length")
    return told


def _truth(told: object) -> bool:
    if not isinstance(told, bool):
        raise _Damaged("neither true nor false")
    return told


def _text(told: object) -> str:
    if not isinstance(told, str) or len(told) > TEXT:
        raise _Damaged("no text of that length")
    return told


def _whole(told: object) -> int:
    """A number that a system counts with. (True is none.)"""
    if type(told) is not int or not -(1 << 63) <= told < 1 << 63:
        raise _Damaged("no whole number")
    return told


def _whole_or_none(told: object) -> int | None:
    return None if told is None else _whole(told)


def _seconds_or_none(told: object) -> float | None:
    if told is None:
        return None
    if type(told) is int and abs(told) < 1 << 63:
        return told
    if type(told) is not float or not math.isfinite(told):
        raise _Damaged("no time")
    return told


def _head(told: object) -> bytes:
    if not isinstance(told, str) or len(told) > 2 * HEAD:
        raise _Damaged("no bytes of that length")
    return base64.b64decode(told, validate=True)


def _detail(told: object, depth: int = 0) -> Detail:
    if isinstance(told, list) and depth < DEEPEST:
        return tuple(_detail(each, depth + 1) for each in told)
    if told is None or (isinstance(told, str) and len(told) <= TEXT):
        return told
    if type(told) is float and math.isfinite(told):
        return told
    return _whole(told)
