"""Why a call of the learner's raised an error, where the calls of its sockets show it: a socket that was never connected, connected twice, used after it was closed, or is the wrong one.

And what Python's own errors mean, where a socket's methods are called in a wrong way.

Comes in: what its sockets did, and what the error says. Goes out: a sentence, or nothing where the calls show nothing. Who may import it: call.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence

from helpers.checking.messages import SocketCall, State
from helpers.checking.verdicts import Fell

ENDS = ("send", "recv", "shutdown", "makefile", "getpeername")
"""How methods begin that need a connection."""


def misused(state: State | None, kinds: Sequence[str], text: str, kind: int = socket.SOCK_STREAM) -> Fell | None:
    """What it did with a socket that made it raise this error; None where it cannot be seen. `kind`: of the sockets that it is to use."""
    if state is None or "OSError" not in kinds:
        return None
    at = next((at for at, each in reversed([*enumerate(state.calls)]) if each.error), None)
    if at is None or state.calls[at].error not in kinds:
        return None
    failed = state.calls[at]
    before = [each for each in state.calls[:at] if each.socket == failed.socket]
    said = f"That raised {failed.error}: {text}." if text else f"That raised {failed.error}."
    return (
        _of_another_kind(failed, _kind(state, failed.socket), kind, said)
        or _after_close(failed, before, said)
        or _without_wait(failed, said)
        or _without_address(failed, before, _kind(state, failed.socket), said)
        or _without_connection(failed, before, _role(state, failed.socket), said)
        or _twice(failed, before, said)
        or _not_listening(failed, before, _role(state, failed.socket), said)
        or _bound(failed, _role(state, failed.socket), said)
    )


SLIPS: tuple[tuple[str, str, str], ...] = (
    (
        "TypeError",
        r"(connect|bind)\(\) takes exactly one argument",
        "An address is one thing, host and port in a tuple: {0}((host, port)), or {0}(address).",
    ),
    ("TypeError", r"(recv|recv_into|recvfrom)\(\) missing", "It has to be told how many bytes it may bring at most: {0}(1024)."),
    ("TypeError", r"shutdown\(\) missing", "It has to be told which direction ends: shutdown(socket.SHUT_WR) ends its own."),
    ("AttributeError", r"'tuple' object has no attribute '(recv|send|sendall|close)'", "accept() gives two things, the connection and the client's address: conn, addr = listener.accept()."),
    ("TypeError", r'can only concatenate str \(not "bytes"\)|can\'t concat str to bytes', "Bytes and text do not mix: begin with b'' where bytes are to be added."),
    ("TypeError", r"can't concat int to bytes|unsupported operand type\(s\) for \+: 'int' and 'bytes'", "A number becomes bytes by `to_bytes`: number.to_bytes(2, 'big') has 2 of them."),
    ("OverflowError", r"int too big to convert", "More than its bytes hold: 2 bytes go up to 65,535, and random.randrange(65536) never gives more."),
    ("AttributeError", r"'bytes' object has no attribute 'encode'", "It is bytes already: only text has to be encoded."),
    ("TypeError", r"bytes-like object is required, not 'int'", "Going over bytes one by one gives numbers: a slice, data[at:at + 1], is bytes."),
    ("UnboundLocalError", r"local variable '(\w+)'", "A name that is assigned to in a function is the function's own, also where the notebook has one of that name: give {0} its first value inside."),
    ("TypeError", r"cannot unpack non-iterable", "There is one value on the right, and there are more names than one on the left."),
    ("RuntimeError", r"changed size during iteration", "Others add and remove while a loop goes over it, in other threads, or wherever a coroutine awaits: go over a copy: `list(…)` makes one."),
    ("AttributeError", r"'coroutine' object has no attribute", "A coroutine has run nothing yet: `await` runs it, and gives what it returns."),
    ("TypeError", r"\bcoroutine\b", "A coroutine has run nothing yet: `await` runs it, and gives what it returns."),
    ("TypeError", r"'(?:Async\w+|async_generator)' object is not iterable", "It is an asynchronous iterator, which may wait for its next item: `async for` goes through it."),
    ("TypeError", r"can't be used in 'await'|object can't be awaited", "`await` is for coroutines and tasks; an ordinary function has run when it comes back, and gives nothing to be awaited."),
    ("RuntimeError", r"asyncio\.run\(\) cannot|event loop is already running|Cannot run the event loop", "A loop runs already, and this coroutine runs in it: `await` does here what asyncio.run does for a whole program."),
    ("AttributeError", r"'NoneType' object has no attribute", "Something before it gave None: a function without a return does."),
)  # fmt: skip
"""Errors of Python's own, by class and text, and what they mean here."""


def slipped(kinds: Sequence[str], text: str, line: int | None) -> Fell | None:
    """What is wrong with a line of it, where Python's own words need some more; None where they say it all."""
    if not kinds:
        return None
    where = f", in line {line} of the cell" if line else ""
    if kinds[0] == "TypeError" and line is None and re.match(r"\w+\(\) (takes|missing|got)", text):
        return Fell(
            f"It cannot be called as the task says: {text}. Between the parentheses of its def stand just the names that the task has there."
        )
    if said := advice(kinds[0], text):
        return Fell(f"It raised {kinds[0]}{where}: {text}. {said}")
    return None


def advice(error: str, text: str) -> str:
    """What an error of Python's own means here; "" where its own words say it all."""
    for kind, pattern, words in SLIPS:
        if error == kind and (found := re.search(pattern, text)):
            return words.format(found[1] if found.re.groups else "")
    return ""


def _role(state: State, number: int) -> str:
    return next((each.role for each in state.sockets if each.number == number), "")


def _kind(state: State, number: int) -> int:
    return next((each.kind for each in state.sockets if each.number == number), 0) & 0xF


def _of_another_kind(failed: SocketCall, kind: int, wanted: int, said: str) -> Fell | None:
    if kind == wanted or kind not in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        return None
    if kind == socket.SOCK_DGRAM:
        return Fell(
            f"Its socket is none for TCP: SOCK_DGRAM sends datagrams, which make no connection. {failed.method} needs SOCK_STREAM here. {said}"
        )
    return Fell(
        f"Its socket is none for UDP: SOCK_STREAM makes connections, and nobody listens for one here. SOCK_DGRAM sends datagrams. {said}"
    )


def _without_address(failed: SocketCall, before: Sequence[SocketCall], kind: int, said: str) -> Fell | None:
    if kind != socket.SOCK_DGRAM or any(each.connects for each in before):
        return None
    if failed.method in ("listen", "accept"):
        return Fell(
            f"It called {failed.method} on a datagram socket: there are no connections to wait for. recvfrom brings what comes. {said}"
        )
    if failed.method in ("send", "sendall"):
        return Fell(
            f"It called {failed.method} on a datagram socket that knows no address: sendto(data, address) says to whom each datagram goes. {said}"
        )
    return None


def _bound(failed: SocketCall, role: str, said: str) -> Fell | None:
    if failed.method != "bind":
        return None
    if role == "listening":
        return Fell(
            f"It called bind on a socket that listens already: its address is given, accept() comes next. {said}"
        )
    return Fell(
        f"It called bind with an address that it cannot have: bind takes an address for its own socket; connect calls whoever is there. {said}"
    )


def _after_close(failed: SocketCall, before: Sequence[SocketCall], said: str) -> Fell | None:
    if not any(each.method == "close" for each in before):
        return None
    if failed.connects:
        return Fell(
            f"It called connect on a socket that it had closed. A closed socket stays closed: make a new one. {said}",
            22,
        )
    return Fell(f"It called {failed.method} on a socket that it had closed before: close it when all is done. {said}")


def _without_wait(failed: SocketCall, said: str) -> Fell | None:
    if failed.error != "BlockingIOError":
        return None
    return Fell(
        f"Its socket does not wait: with setblocking(False), or a timeout of 0, {failed.method} raises an error where nothing is there yet. {said}"
    )


def _without_connection(failed: SocketCall, before: Sequence[SocketCall], role: str, said: str) -> Fell | None:
    if not failed.method.startswith(ENDS):
        return None
    if role == "listening":
        return Fell(
            f"It called {failed.method} on the listening socket, which carries no bytes: accept() gives the connection with the client. {said}"
        )
    if role in ("server", "pair", "datagram") or any(each.connects for each in before) or role == "client":
        return None
    return Fell(f"It called {failed.method} on a socket that was never connected: connect(address) comes first. {said}")


def _twice(failed: SocketCall, before: Sequence[SocketCall], said: str) -> Fell | None:
    if not failed.connects:
        return None
    if not any(each.connects and not each.error and not each.waits for each in before):
        return None
    return Fell(f"It called connect twice on one socket, which was connected already: once is enough. {said}")


def _not_listening(failed: SocketCall, before: Sequence[SocketCall], role: str, said: str) -> Fell | None:
    if failed.method != "accept" or role == "listening" or any(each.method == "listen" for each in before):
        return None
    return Fell(f"It called accept on a socket that does not listen: bind and listen() come first. {said}")
