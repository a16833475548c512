"""Why somebody in the room has not heard what was to come: who waited for whom, as far as the server's sockets and threads show it, in a sentence.

Comes in: a room, and what is missing. Goes out: `Fell`. Who may import it: room and the scenes, those of a chat too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from helpers.checking.call import Call
from helpers.checking.differences import difference
from helpers.checking.messages import Doing, SocketCall
from helpers.checking.verdicts import Fell, Hangs, Spins, reads_twice, shown, takes_a_part
from helpers.exercises.servers import client_of, is_accepted, no_thread_is_free, waiting, waits_for_a_lock
from helpers.exercises.spinning import what_it_spins_for


class Client(Protocol):
    """What is asked here of a member."""

    @property
    def name(self) -> str: ...
    @property
    def gone(self) -> bool: ...
    @property
    def left(self) -> bool: ...
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


def refused(room: House, name: str) -> Fell:
    """Nobody listens any more."""
    return ended(room) or Fell(f"{name} was refused: the server has closed its listening socket.", about=[name])


def not_served(room: House, error: Hangs, who: Client) -> Fell:
    """The server does not take what somebody sends."""
    return _cause(room, error, who, f"{who.name} has something to say, and nobody takes it", [who]) or error


def unheard(room: House, error: Hangs | None, who: Client, line: bytes, by: Client, lost: Fell | None) -> Fell:
    """Somebody does not hear a line. `error`: nothing happens any more; None: the connection has ended. `lost`: what to say where nothing explains it."""
    doing = f"{by.name} sent {shown(by.said[-1])}" if by.said and not by.left else f"{by.name} has left"
    about = [who] if who is by else [who, by]
    if error is None:
        room.call.settle()
        return ended(room) or Fell(
            f"{doing}, and {who.name}, who was to hear {shown(line)}, had the connection closed instead."
            + _after(room),
            room.mistake if room.happened else None,
            [each.name for each in about],
        )
    heard = "nobody answered" if who is by else f"{who.name} never heard of it"
    if fell := _cause(room, error, by, f"{doing}, and {heard}", about, doing):
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
    name = by.name.encode()
    own = who.name.encode() + b": "
    room.call.doing_now()
    if fell := two_readers(room) or _taken_by_another(room, who, got, want):
        return fell
    if got.startswith(own) and who.said and got[len(own) :].rstrip(b"\r\n") in who.said[-1]:
        return Fell(
            f"{who.name} heard {shown(got)}, which is what {who.name} had said: a line goes to all others, and not back to who said it.",
            about=names,
        )
    for each in room.members.values():
        if not each.is_in and each.said and got == b"* %s joined\n" % each.said[0] != want:
            if each.left:
                return Fell(
                    f"{who.name} heard {shown(got)}: {each.name} had sent {shown(each.said[0])} and closed its connection. What was begun, and not ended by a newline, is no line when the stream ends.",
                    about=[who.name, each.name],
                )
            mistake = f"{who.name} heard {shown(got)}: {each.name} had sent a part of the name, which was taken for the whole."
            return Fell(f"{mistake} {_pieces(room)}", piece_mistake(room), [who.name, each.name])
    if mistake := _part(got, want, name, by, who):
        return Fell(f"{mistake} {_pieces(room)}", piece_mistake(room), names)
    if got in (want[:-1] + b"\r\n", want.replace(b" joined", b"\r joined")):
        return Fell(
            f"{who.name} heard {shown(got)} where {shown(want)} was to come: a \\r before the newline, as netcat and telnet send it, is no part of the line.",
            about=names,
        )
    if by.left and want == b"* %s left\n" % name and got == name + b": \n":
        return Fell(
            f"{who.name} heard {shown(got)} where {shown(want)} was to come: {by.name} has left, and had said no empty line. b'' from recv, or from readline, is the end of the stream, and not a line.",
            11,
            names,
        )
    if want.startswith(name + b": ") and got.startswith(name + b": "):
        changed = difference(got[len(name) + 2 : -1], want[len(name) + 2 : -1])
        return Fell(
            f"{by.name} said {shown(want[len(name) + 2 : -1])}, and {who.name} heard {shown(got)}: {changed}.{_after(room)}",
            None,
            names,
        )
    return Fell(
        f"{who.name} heard {shown(got)} where {shown(want)} was to come.{_after(room)}",
        room.mistake if room.happened else None,
        names,
    )


def _part(got: bytes, want: bytes, name: bytes, by: Client, who: Client) -> str:
    """What became of a line that came in pieces, or together with others; "" if nothing like that did."""
    heard = f"{who.name} heard {shown(got)} where {shown(want)} was to come"
    if got != want and want == b"* %s joined\n" % name and got.endswith(b" joined\n") and name.startswith(got[2:-8]):
        return f"{heard}: {by.name} had sent a part of the name, which was taken for the whole."
    if not want.startswith(name + b": ") or got == want:
        return ""
    text = want[len(name) + 2 :]
    if got == text or (text.endswith(got) and not got.startswith(name)):
        return f"{heard}: of two lines that came in one piece only the first was told whose it is."
    inner = got.removeprefix(name + b": ")
    if inner == got or not inner.strip() or inner.strip() == text.strip():
        return ""
    if text.startswith(inner[:-1]):
        return f"{heard}: {by.name} had sent a part of a line, which was taken for the whole."
    if text.endswith(inner):
        return f"{heard}: the beginning of that line had come in one piece with the end of the one before, and was thrown away."
    return ""


def not_let_go(room: House, error: Hangs, who: Client, why: str, misconception: int | None = None) -> Fell:
    """The server does not end a connection."""
    return _cause(room, error, who, f"{why}", [who]) or Fell(
        f"{why}; and the connection stays open. close() ends it, on every way out.", misconception, [who.name]
    )


def _pieces(room: House) -> str:
    if piece_mistake(room) == 30:
        return "That a socket is readable means that some bytes are there, not one line: keep what came in a buffer for each client, and take the whole lines out of it."
    if room.call.awaits:
        return "One read gives what is there: readline, or readuntil, waits until a line is whole."
    return "One recv gives what is there: keep it in a buffer for each client, and take the whole lines out of it."


def piece_mistake(room: House) -> int:
    """1: one send is one recv; 30, where one thread waits for many sockets: what is readable is a whole message."""
    return 30 if not room.call.doing_now().threads and len(room.members) > 1 and not room.call.awaits else 1


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
    return what_it_spins_for(room.call, error)


def two_readers(room: House) -> Fell | None:
    """Whether two threads have waited in recv of one connection at the same time."""
    call = room.call.read_by_two()
    if call is None:
        return None
    about = _peer_of(room, call)
    return Fell(reads_twice(f"{about[0]}'s connection" if about else "one connection"), 28, about)


def _taken_by_another(room: House, who: Client, got: bytes, want: bytes) -> Fell | None:
    """Whether a line lacks just what another thread has received of it than the one that received the rest. (They were not in recv at the same time: on a busy machine the second one came when the first had it already.)"""
    for each in room.call.read_in_between():
        if each.size == len(each.data) and each.data and _lacks(got, want, each.data):
            about = _peer_of(room, each)
            heard = f"{who.name} heard {shown(got)} where {shown(want)} was to come."
            whose = f"what {about[0]} said" if about else "what came by one connection"
            return Fell(f"{heard} {takes_a_part(whose, each.data)}", 28, {who.name, *about})
    return None


def _lacks(got: bytes, want: bytes, part: bytes) -> bool:
    """Whether that is what was to come, without this part of it."""
    return any(want[:at] + want[at + len(part) :] == got for at in range(len(want)) if want.startswith(part, at))


Waiting = tuple[SocketCall, Client]


def _cause(room: House, error: Hangs, by: Client, what: str, about: list[Client], did: str = "") -> Fell | None:
    """Why nothing happens any more, where the server's sockets show it. `what`: the beginning of the sentence. `did`: what somebody did that nobody has heard."""
    if isinstance(error, Spins):
        return spinning(room, error)
    doing = room.call.doing_now()
    names = [each.name for each in about]
    if fell := ended(room) or two_readers(room) or _fallen_thread(doing, what, names):
        return fell
    if fell := no_thread_is_free(room.call, room.members, by, what):
        return fell
    if stuck := next(waiting(room.call, room.members, lambda each: each.sends), None):
        call, slow = stuck
        return Fell(
            f"{what}, while {slow.name}, who does not read, has no room for more: the server waits in {call.method} for {slow.name}, and all wait with it. "
            "A slow reader must hold up nobody: let what is to be sent wait in a queue, or a buffer, for each client.",
            29,
            {*names, slow.name},
        )
    if silent := next(waiting(room.call, room.members, lambda each: each.receives), None):
        call, other = silent
        if other is not by and (not doing.threads or not is_accepted(room.call, room.members, by)):
            began = f"{did}, and nobody hears of it" if did else what
            return _waits_for_one(room, call, other, by, began, {*names, other.name})
    if not is_accepted(room.call, room.members, by):
        return Fell(
            f"{what}: {by.name} is connected, and nobody has accepted the connection. Who stands in the backlog is not being served: accept goes on, whatever the others do.",
            26,
            names,
        )
    if not by.left and (fell := waits_for_a_lock(room.call, room.members, by, by.name, what)):
        return Fell(fell.sentence, None, names)
    return None


def _waits_for_one(room: House, call: SocketCall, other: Client, by: Client, what: str, names: Iterable[str]) -> Fell:
    """It has one thread, which waits for one client alone."""
    if not is_accepted(room.call, room.members, by):
        return Fell(
            f"{what}, while {other.name}, who was there before, says nothing: the server waits in {call.method} for {other.name} alone, and {by.name} stands in the backlog, connected and not served. "
            "A thread for each client, or one that waits for all of them (select), hears whoever speaks.",
            26,
            names,
        )
    if other.said and not other.said[-1].endswith(b"\n"):
        return Fell(
            f"{what}, while {other.name} had sent {shown(other.said[-1])}, and no newline yet: the server waits in {call.method} for the rest of that line, and hears nobody else. That a socket is readable means that some bytes are there, "
            "not a whole line: take what is there, keep it in a buffer for that client, and go back to wait for all.",
            30,
            names,
        )
    return Fell(
        f"{what}, while {other.name} says nothing: the server waits in {call.method} for {other.name} alone. Receive only from a socket that select calls ready, and once for each time.",
        30,
        names,
    )


def _fallen_thread(doing: Doing, what: str, names: Iterable[str]) -> Fell | None:
    """A thread has raised an error, which ended that thread: one that has a meaning here."""
    error = doing.thread_error or ""
    for kind, sentence, misconception in FALLEN:
        if kind in error:
            return Fell(
                f"{what}: one of the server's threads had fallen, with {error.rstrip('.')}. {sentence}",
                misconception,
                names,
            )
    return None


FALLEN = (
    ("UnicodeDecodeError", "Lines are bytes, and need not be text: pass them on as they are.", 24),
    (
        "ConnectionResetError",
        "A client that breaks off is met like that, by recv and by sendall: catch OSError where one client is served, and let it go as at the end of its stream.",
        21,
    ),
    (
        "changed size during iteration",
        "One thread goes over the members while another one changes them: a lock for both, or a copy, list(members.items()), to go over.",
        None,
    ),
)


def _peer_of(room: House, call: SocketCall) -> list[str]:
    client = client_of(room.call, room.members, call)
    return [client.name] if client is not None else []
