"""Why somebody in the room has not heard what was to come: who waited for whom, as far as the server's sockets and threads show it, in a sentence.

Comes in: a room, and what is missing. Goes out: `Fell`. Who may import it: room and the scenes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from helpers.checking.call import Call
from helpers.checking.limits import RECORDED
from helpers.checking.messages import Doing, SocketCall
from helpers.checking.verdicts import Fell, Hangs, Spins, shown

ALWAYS_WRITABLE = (
    "Nothing comes for a while, and it keeps the processor busy: {sockets} registered for writing, though nothing waits to be sent. A socket can nearly always be written to, "
    "so that select comes back at once, again and again. Ask for EVENT_WRITE only while there is something in the output buffer."
)


class Client(Protocol):
    """What is asked here of a member."""

    @property
    def name(self) -> str: ...
    @property
    def gone(self) -> bool: ...
    @property
    def reads(self) -> bool: ...
    @property
    def is_in(self) -> bool: ...
    @property
    def said(self) -> list[bytes]: ...
    @property
    def rest(self) -> bytes: ...


class House(Protocol):
    """What is asked here of a room."""

    happened: str
    mistake: int | None

    @property
    def call(self) -> Call: ...
    @property
    def members(self) -> Mapping[tuple[str, int], Client]: ...
    def settle(self) -> None: ...


def refused(room: House, name: str) -> Fell:
    """Nobody listens any more."""
    return ended(room) or Fell(f"{name} was refused: the server has closed its listening socket.", about=[name])


def not_served(room: House, error: Hangs, who: Client) -> Fell:
    """The server does not take what somebody sends."""
    return _cause(room, error, who, f"{who.name} has something to say, and nobody takes it", [who]) or error


def unheard(room: House, error: Hangs | None, who: Client, line: bytes, by: Client, lost: Fell | None) -> Fell:
    """Somebody does not hear a line. `error`: nothing happens any more; None: the connection has ended. `lost`: what to say where nothing explains it."""
    doing = f"{by.name} sent {shown(by.said[-1])}" if by.said and not by.gone else f"{by.name} has left"
    about = [who] if who is by else [who, by]
    if error is None:
        room.settle()
        return ended(room) or Fell(
            f"{doing}, and {who.name}, who was to hear {shown(line)}, had her connection closed instead.".replace(
                "her connection", "the connection"
            )
            + (f" {room.happened}." if room.happened else ""),
            room.mistake if room.happened else None,
            [each.name for each in about],
        )
    heard = "nobody answered" if who is by else f"{who.name} never heard of it"
    if fell := _cause(room, error, by, f"{doing}, and {heard}", about):
        return fell
    if lost is not None:
        return Fell(lost.sentence, lost.misconception, lost.about or [each.name for each in about])
    return Fell(
        f"{doing}, and {who.name} was to hear {shown(line)}, but {_instead(who)}.{_after(room)}",
        room.mistake if room.happened else None,
        [each.name for each in about],
    )


def _instead(who: Client) -> str:
    return f"heard only {shown(who.rest)}, without a newline" if who.rest else "heard nothing"


def _after(room: House) -> str:
    return f" {room.happened}." if room.happened else ""


def wrong(room: House, who: Client, got: bytes, want: bytes, by: Client) -> Fell:
    """Somebody hears another line than was to come."""
    names = [who.name] if who is by else [who.name, by.name]
    own = who.name.encode() + b": "
    name = by.name.encode()
    if got.startswith(own) and who.said and got[len(own) :].rstrip(b"\r\n") in who.said[-1]:
        return Fell(
            f"{who.name} heard {shown(got)}, which she had said herself".replace(" she ", " that member ")
            + ": a line goes to all others, not back to who said it.",
            about=names,
        )
    if want.startswith(name + b": ") and got != want:
        text = want[len(name) + 2 :]
        if got == text or (text.endswith(got) and not got.startswith(name)):
            return Fell(
                f"{who.name} heard {shown(got)} where {shown(want)} was to come: of two lines that came in one piece only the first was told whose it is. {_pieces(room)}",
                piece_mistake(room),
                names,
            )
        if got.startswith(name + b": ") and text.startswith(got[len(name) + 2 : -1]):
            return Fell(
                f"{by.name} had sent a part of a line, {who.name} heard it as a whole one: {shown(got)}. {_pieces(room)}",
                piece_mistake(room),
                names,
            )
        if got == want[:-1] + b"\r\n":
            return Fell(
                f"{who.name} heard {shown(got)}: a \\r before the newline, as netcat and telnet send it, is no part of the line.",
                about=names,
            )
    return Fell(
        f"{who.name} heard {shown(got)} where {shown(want)} was to come.{_after(room)}",
        room.mistake if room.happened else None,
        names,
    )


def not_let_go(room: House, error: Hangs, who: Client, why: str, misconception: int | None = None) -> Fell:
    """The server does not end a connection."""
    return _cause(room, error, who, f"{why}", [who]) or Fell(
        f"{why}; and the connection stays open. close() ends it, on every way out.", misconception, [who.name]
    )


def _pieces(room: House) -> str:
    if piece_mistake(room) == 30:
        return "That a socket is readable means that some bytes are there, not one line: keep what came in a buffer for each client, and take the whole lines out of it."
    return "One recv gives what is there: keep it in a buffer for each client, and take the whole lines out of it."


def piece_mistake(room: House) -> int:
    """1: one send is one recv; 30, where one thread waits for many sockets: what is readable is a whole message."""
    return 30 if not doing_of(room).threads and len(room.members) > 1 else 1


def doing_of(room: House) -> Doing:
    """What the server is at, just now."""
    if not room.call.over:
        room.call.ask_state()
    return room.call.doing


def ended(room: House) -> Fell | None:
    """Why the server came to its end, if it did."""
    call = room.call
    if not call.over:
        return None
    if call.error is None:
        return Fell(
            f"{room.happened + ', and it' if room.happened else 'It'} returned. The room is open for ever: only Ctrl-C ends it.",
            room.mistake if room.happened else None,
        )
    where = f", in line {call.line} of the cell" if call.line else ""
    said = f"It raised {call.error}{where}, and that was the end of the room for everybody: {call.text or 'without a word'}."
    last = next((each for each in reversed(call.socket_calls) if each.error), None)
    if call.error == "BlockingIOError" and last is not None and last.method.startswith("send"):
        return Fell(
            f"{said} {last.method} on a socket that does not wait raises BlockingIOError where there is no room, and sendall has sent a part by then. A slow reader must hold up nobody: "
            "put what is to be sent into an output buffer for each client, send what there is room for, and ask for EVENT_WRITE while something is left.",
            29,
            _peer_of(room, last),
        )
    if "ConnectionError" in call.kinds and room.happened:
        return Fell(f"{room.happened}. {said} Catch OSError where one client is served, and let that one go.", 21)
    if call.error == "UnicodeDecodeError":
        return Fell(f"{said} Lines are bytes, and need not be text: pass them on as they are.", 24)
    if fell := call.misuse():
        return fell
    return Fell(f"{room.happened + '. ' if room.happened else ''}{said}", room.mistake if room.happened else None)


def spinning(room: House, error: Fell) -> Fell:
    """It works where it should rest: what for."""
    writers = room.call.writers() if not room.call.over else 0
    if not writers or error.misconception is not None:
        return error
    return Fell(ALWAYS_WRITABLE.format(sockets="a socket is" if writers == 1 else f"{writers} sockets are"), 31)


def two_readers(room: House) -> Fell | None:
    """Whether two threads have waited in recv of one connection at the same time."""
    last: dict[int, SocketCall] = {}
    for call in (each for each in room.call.socket_calls if each.receives):
        before = last.get(call.socket)
        if (
            before is not None
            and before.ident != call.ident
            and call.begun is not None
            and before.ended is not None
            and call.begun < before.ended
        ):
            about = _peer_of(room, call)
            whose = f"{about[0]}'s connection" if about else "one connection"
            return Fell(
                f"Two of its threads were in recv of {whose} at the same time: each takes what comes while it is its turn, and nobody has the whole line. One thread reads from a connection, and gives the others what they need.",
                28,
                about,
            )
        last[call.socket] = call
    return None


Waiting = tuple[SocketCall, Client]


def _cause(room: House, error: Hangs, by: Client, what: str, about: list[Client]) -> Fell | None:
    """Why nothing happens any more, where the server's sockets show it. `what`: the beginning of the sentence."""
    if isinstance(error, Spins):
        return spinning(room, error)
    doing = doing_of(room)
    names = [each.name for each in about]
    if fell := ended(room) or two_readers(room):
        return fell
    if stuck := next(_waiting(room, lambda each: each.sends), None):
        call, slow = stuck
        return Fell(
            f"{what}, while {slow.name}, who does not read, has no room for more: the server waits in {call.method} for {slow.name}, and all wait with it. "
            "A slow reader must hold up nobody: let what is to be sent wait in a queue, or a buffer, for each client.",
            29,
            {*names, slow.name},
        )
    if silent := next(_waiting(room, lambda each: each.receives), None):
        call, other = silent
        if not doing.threads and other is not by:
            backlog = (
                ""
                if _is_accepted(room, by)
                else f" {by.name} is connected, and stands in the backlog: that is no service yet."
            )
            return Fell(
                f"{what}, while {other.name}, who was there before, says nothing: the server waits in {call.method} for {other.name} alone.{backlog} A thread for each client, or one that waits for all of them (select), hears whoever speaks.",
                26,
                {*names, other.name},
            )
    if not _is_accepted(room, by):
        return Fell(
            f"{what}: {by.name} is connected, and nobody has accepted the connection. Who stands in the backlog is not being served: accept goes on, whatever the others do.",
            26,
            names,
        )
    return None


def _waiting(room: House, which: Callable[[SocketCall], bool]) -> Iterator[Waiting]:
    """The calls in which the server waits for one of the clients, with that client."""
    for each in room.call.socket_calls:
        if each.waits and which(each) and (client := _client_of(room, each)) is not None:
            yield each, client


def _client_of(room: House, call: SocketCall) -> Client | None:
    state = room.call.state
    peers = [each.peer for each in state.sockets if each.number == call.socket] if state is not None else []
    return room.members.get(peers[0]) if peers and isinstance(peers[0], tuple) else None  # type: ignore[arg-type]


def _peer_of(room: House, call: SocketCall) -> list[str]:
    client = _client_of(room, call)
    return [client.name] if client is not None else []


def _is_accepted(room: House, who: Client) -> bool:
    """Whether the server has accepted its connection; or whether that is not known, since so much has happened."""
    calls = room.call.socket_calls
    address = next((address for address, each in room.members.items() if each is who), None)
    accepted = [each.detail for each in calls if each.method == "accept" and not each.waits]
    return address in accepted or len(calls) >= RECORDED
