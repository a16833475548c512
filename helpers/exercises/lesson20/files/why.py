"""Why a client has not got what it asked for: who waited for whom, as far as the server's sockets show it, in a sentence.

Comes in: a server, and what is missing. Goes out: `Fell`. Who may import it: server and the scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from helpers.checking.call import Call
from helpers.checking.differences import difference
from helpers.checking.verdicts import Fell, Hangs, Spins, reads_twice, shown
from helpers.exercises.lesson15.folders import Folder
from helpers.exercises.lesson20.files.answers import Answer
from helpers.exercises.servers import is_accepted, no_thread_is_free, patience, waiting, waits_for_a_lock
from helpers.exercises.spinning import what_it_spins_for

LONGEST_SILENCE = 30
"""Seconds after which a server may hang up."""


class Asking(Protocol):
    """What is asked here of a client."""

    heard: bytearray
    said: bytes
    asked: str
    owed: bool

    @property
    def name(self) -> str: ...
    @property
    def gone(self) -> bool: ...


class House(Protocol):
    """What is asked here of a server."""

    happened: str
    mistake: int | None
    waits_for_a_file: bool

    @property
    def call(self) -> Call: ...
    @property
    def clients(self) -> Mapping[tuple[str, int], Asking]: ...
    @property
    def place(self) -> Folder: ...


def refused(server: House, name: str) -> Fell:
    """Nobody listens any more."""
    return ended(server) or Fell(f"{name} was refused: the server has closed its listening socket.", about=[name])


def ended(server: House) -> Fell | None:
    """Why the server came to its end, if it did."""
    call = server.call
    if not call.over:
        return None
    happened = f"{server.happened}. " if server.happened else ""
    if call.error is None:
        return Fell(f"{happened}It returned. A server goes on for ever: only Ctrl-C ends it.", server.mistake)
    where = f", in line {call.line} of the cell" if call.line else ""
    text = (call.text or "without a word").replace(str(server.place.beside), "…")
    said = f"{happened}It raised {call.error}{where}, and that was the end of the server for everybody: {text}."
    if "ConnectionError" in call.kinds and server.happened:
        return Fell(f"{said} Catch OSError where one client is served, and let that one go.", 21)
    if call.error == "BlockingIOError":
        return Fell(f"{said} A socket that does not wait raises that where there is no room, and sendall has sent a part by then: keep what is left, and ask for EVENT_WRITE.", 29)  # fmt: skip
    return call.misuse() or Fell(said, server.mistake)


def spinning(server: House, error: Fell) -> Fell:
    """It works where it should rest: what for."""
    busy = any(each.owed for each in server.clients.values())  # who asks for room to write has a reason then
    fell = error if busy else what_it_spins_for(server.call, error)
    return fell if fell is not error else Fell(f"{error.sentence}{_after(server)}", error.misconception)


def not_heard(server: House, error: Hangs, who: Asking) -> Fell:
    """The server does not take what a client sends."""
    return _cause(server, error, who, f"{who.name} has something to ask, and nobody takes it") or error


def not_answered(server: House, error: Hangs, who: Asking) -> Fell:
    """A client waits for an answer, or for the rest of one."""
    what = f"{who.asked}, and nobody answers"
    if who.heard:
        what = f"{who.asked}, and of the answer only the beginning has come, {shown(bytes(who.heard[:64]))}: the rest never does"
    if fell := _cause(server, error, who, what):
        return fell
    if server.happened:
        return Fell(f"{what}. {server.happened}.", server.mistake, [who.name])
    if who.heard:
        return Fell(f"{what}. Content-Length says just how many bytes follow the blank line.", None, [who.name])  # fmt: skip
    return Fell(f"{what}: it waits for more, though all of the request has come. The blank line ends a request, and Content-Length its body.", 12, [who.name])  # fmt: skip


def hung_up(server: House, who: Asking) -> Fell:
    """The connection has ended before an answer."""
    server.call.settle()
    if fell := ended(server):
        return fell
    after = f" {server.happened}." if server.happened else ""
    what = f"{who.asked}, and the connection was closed without an answer"
    if who.heard:
        what = (
            f"{who.asked}, and the connection was closed in the middle of the answer's head, {shown(bytes(who.heard))}"
        )
    error = server.call.doing_now().thread_error
    waited = patience(server.call, server.clients, who)
    if waited is not None and waited < LONGEST_SILENCE:  # on a busy machine that may happen in any scenario
        return Fell(f"{what}: {who.name} had said nothing for {waited:g} s, and the server hung up. It may do so after {LONGEST_SILENCE} s: a client is quiet while its user reads.", None, [who.name])  # fmt: skip
    if error:
        after = f" A thread had ended with {_hidden(server, error)}.{after}"
    return Fell(f"{what}.{after} Whatever is asked, there is a status for it.", server.mistake, [who.name])


def cut(server: House, who: Asking, got: int, size: int) -> Fell:
    """The connection has ended in the middle of a body."""
    server.call.settle()
    what = f"{who.asked}, and got {got:,} of {size:,} bytes, as many as Content-Length says, when the connection was closed."
    if fell := ended(server):
        return fell
    if error := server.call.doing_now().thread_error:
        return Fell(
            f"{what} A thread had ended with {_hidden(server, error)}.{_after(server)}", server.mistake, [who.name]
        )
    if server.happened:
        return Fell(f"{what}{_after(server)}", server.mistake, [who.name])
    return Fell(
        f"{what} `send` need not take all that it is given: it says how much, and `sendall` goes on until all is sent.",
        6,
        [who.name],
    )


def another_status(server: House, who: Asking, answer: Answer, file: str, because: str) -> Fell:
    """The answer is not 200."""
    return Fell(f"{who.asked}, and was answered {answer.told}. That is the file {file!r} of root, and asks for 200{because}.{_after(server)}", server.mistake, [who.name])  # fmt: skip


def another_body(server: House, who: Asking, answer: Answer, file: str, wanted: bytes, because: str) -> Fell:
    """The answer has other bytes than the file."""
    said = f"{who.asked}, and got {shown(answer.body)} where {file!r} of root has {shown(wanted)}"
    if fell := two_readers(server):
        return fell
    if len(answer.body) < len(wanted) and wanted.startswith(answer.body):
        return Fell(f"{said}: Content-Length says {len(answer.body):,}, and the file has {len(wanted):,} bytes. It counts bytes, all of them.{_after(server)}", 35 if not wanted.isascii() else server.mistake, [who.name])  # fmt: skip
    return Fell(f"{said}{because}. {difference(answer.body, wanted).capitalize()}.{_after(server)}", server.mistake, [who.name])  # fmt: skip


def _hidden(server: House, error: str) -> str:
    """An error, without where the folder happens to lie."""
    return error.replace(str(server.place.beside), "…").rstrip(".")


def not_let_go(server: House, error: Hangs, who: Asking, because: str, misconception: int | None = None) -> Fell:
    """The server does not end a connection."""
    return _cause(server, error, who, because) or Fell(
        f"{because}, and that ends the connection; but it stays open, and {who.name} waits for an end that does not come. close() ends it.", misconception, [who.name]
    )  # fmt: skip


def two_readers(server: House) -> Fell | None:
    """Whether two threads have waited in recv of one connection at the same time."""
    server.call.doing_now()
    return Fell(reads_twice("one connection"), 28) if server.call.read_by_two() is not None else None


def _after(server: House) -> str:
    return f" {server.happened}." if server.happened else ""


def _cause(server: House, error: Hangs, who: Asking, what: str) -> Fell | None:
    """Why nothing happens any more, where the server's sockets show it. `what`: the beginning of the sentence."""
    if isinstance(error, Spins):
        return spinning(server, error)
    server.call.doing_now()
    if fell := ended(server) or two_readers(server):
        return fell
    if fell := no_thread_is_free(server.call, server.clients, who, what):
        return fell
    stuck = next(
        (
            (call, other)
            for call, other in waiting(server.call, server.clients, lambda each: each.sends)
            if other is not who
        ),
        None,
    )
    alone = not server.call.doing.threads or not is_accepted(server.call, server.clients, who)
    if stuck and alone:
        call, slow = stuck
        return Fell(
            f"{what}, while {slow.name}, who does not read, has no room for more: the server waits in {call.method} for {slow.name}, and all wait with it. A slow reader must hold up nobody.",
            29,
            {who.name, slow.name},
        )
    silent = next(
        (
            (call, other)
            for call, other in waiting(server.call, server.clients, lambda each: each.receives)
            if other is not who
        ),
        None,
    )
    if silent and alone:
        call, other = silent
        if not is_accepted(server.call, server.clients, who):
            return Fell(
                f"{what}, while {other.name}, who was there before, says nothing: the server waits in {call.method} for {other.name} alone, and {who.name} stands in the backlog, connected and not served.",
                26,
                {who.name, other.name},
            )
        return Fell(
            f"{what}, while {other.name} says nothing more: the server waits in {call.method} for {other.name} alone. That a socket is readable means that some bytes are there, not a whole request.",
            30,
            {who.name, other.name},
        )
    if not is_accepted(server.call, server.clients, who):
        return Fell(f"{what}: {who.name} is connected, and nobody has accepted the connection. Who stands in the backlog is not being served: accept goes on, whatever the others do.", 26, [who.name])  # fmt: skip
    return None if server.waits_for_a_file else waits_for_a_lock(server.call, server.clients, who, who.name, what)
