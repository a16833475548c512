"""In which way a function is called, where it is not once, with a socket and plain values alone: what a `handle` is, or a dict of sockets, is made here, in the learner's process; and a function without
sockets is called a great many times at one word of the judge's.

Comes in: the name of a way, and the function. Goes out: another function, which takes plain values, and calls that one. Who may import it: the learner's process; so it imports nothing that it need not load
anyway. The judge knows the ways by their names.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from helpers.checking.special import Sparing, Stuttering, Telling
from helpers.sockets.install import TRACED
from helpers.sockets.plain import Plain, is_ready

Function: TypeAlias = Callable[..., Any]
ENDS = 2.0
"""Seconds that a member has to be gone where it is about to be, and that a thread has to add one."""


def in_its_way(way: str, function: Function) -> Function:
    """The function, as it is called in that way. KeyError for one that there is none of."""
    return _WAYS[way](function) if way else function


# Handlers for `serve_each` ----------------------------------------------------------------------------------------------


def echo(conn: socket.socket, addr: Any) -> None:
    """Give back whatever comes, up to the end of the stream."""
    while data := conn.recv(1024):
        conn.sendall(data)


def whose(conn: socket.socket, addr: Any) -> None:
    """Say which address the client has, as it was told, and no more."""
    conn.sendall(repr(addr).encode())


def falls(conn: socket.socket, addr: Any) -> None:
    """An echo that falls when it hears b"fall"."""
    while data := conn.recv(1024):
        if data == b"fall":
            raise ValueError("the handle has heard 'fall', and raises this error as it was told to")
        conn.sendall(data)


def closes(conn: socket.socket, addr: Any) -> None:
    """Answer once, and close the connection itself."""
    with conn:
        conn.sendall(conn.recv(1024))


def _with_handle(handle: Function) -> Callable[[Function], Function]:
    return lambda function: lambda listener: function(listener, handle)


# Members for `broadcast` ------------------------------------------------------------------------------------------------


def _broadcast(function: Function) -> Function:
    """Of `broadcast(members, line)` a function of plain values: it makes the members, and is called from as many threads as there are lists of lines."""

    def broadcast(
        address: tuple[str, int], names: list[bytes], lines: list[list[bytes]], how: str, timeout: float
    ) -> Any:
        """Members of these names, each connected to `address`. `how`: what is the matter with them, or happens meanwhile. What each call returned, by thread; and whether `members` was changed."""
        members = {name: _member(address, how, timeout) for name in names}
        _prepare(members, how, timeout)
        before = members.copy()
        returned = (
            _in_threads(function, members, lines)
            if len(lines) > 1
            else [[function(members, line) for line in lines[0]]]
        )
        unchanged = all(members.get(name) is conn for name, conn in before.items())
        for conn in members.values():
            conn.close()
        return returned, unchanged

    return broadcast


_KINDS = {"sparing": Sparing, "stuttering": Stuttering, "joins": Telling}


def _member(address: tuple[str, int], how: str, timeout: float) -> Any:
    conn: Any = _KINDS.get(how, TRACED)(socket.AF_INET, socket.SOCK_STREAM)
    if how == "full":  # before it connects: small buffers are soon full
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 12)
    conn.connect(tuple(address))
    conn.settimeout(timeout)
    return conn


def _prepare(members: dict[bytes, Any], how: str, timeout: float) -> None:
    """Of two members or more the second is "closed", "reset" by its peer, or its buffers are "full"; or the last one "joins" while something is sent to another."""
    if how == "joins":
        newcomer = members.popitem()
        for conn in members.values():
            conn.tell = _joining(members, *newcomer)
        newcomer[1].tell = lambda: None
        return
    if len(members) < 2:
        return
    second = list(members.values())[1]
    if how == "closed":
        second.close()
    if how == "reset":
        is_ready(second, reading=True, seconds=ENDS)
    if how == "full":
        second.setblocking(False)
        try:
            while True:
                Plain.send(second, bytes(1 << 16))  # past the tape: nobody need see it
        except BlockingIOError:
            second.settimeout(timeout)


def _joining(members: dict[bytes, Any], name: bytes, conn: Any) -> Callable[[], None]:
    """What adds a member, in a thread of its own."""

    def tell() -> None:
        if name in members:
            return
        other = threading.Thread(target=members.__setitem__, args=(name, conn), daemon=True)
        other.start()
        other.join(ENDS)

    return tell


def _in_threads(function: Function, members: dict[bytes, Any], lines: list[list[bytes]]) -> list[list[Any]]:
    """Call the function with each of the lines: for each list of them a thread, all at the same time."""
    returned: list[list[Any]] = [[] for _ in lines]
    errors: list[BaseException] = []
    together = threading.Barrier(len(lines))

    def call(at: int) -> None:
        try:
            together.wait()
            for line in lines[at]:
                returned[at].append(function(members, line))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(at,), daemon=True) for at in range(len(lines))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if errors:
        raise errors[0]
    return returned


# Functions without sockets ----------------------------------------------------------------------------------------------


def _each(function: Function) -> Function:
    """Of a function one that calls it with each of a list of arguments. What it returned each time."""
    return lambda calls: [function(*args) for args in calls]


def _fed(function: Function) -> Function:
    """Of `feed(buffer, data) -> (messages, rest)` a function of streams, each a list of pieces: it feeds one piece after another, with the rest of the last as the buffer. What each call
    returned, for each stream; the first thing that is no such pair is the last of its stream."""

    def feed_all(streams: list[list[bytes]]) -> list[list[Any]]:
        return [_fed_one(function, pieces) for pieces in streams]

    return feed_all


def _sums_of_fed(function: Function) -> Function:
    """The same, for a great many messages: their number, that of all characters in their texts, and the last rest."""

    def sums(streams: list[list[bytes]]) -> list[Any]:
        return [_sum(_fed_one(function, pieces)) for pieces in streams]

    return sums


def _sum(returned: list[Any]) -> Any:
    if not isinstance(returned[-1], tuple):
        return returned[-1]
    texts = [text for messages, _ in returned for _, text in messages]
    return len(texts), sum(map(len, texts)), returned[-1][1]


def _fed_one(function: Function, pieces: list[bytes]) -> list[Any]:
    returned: list[Any] = []
    buffer = b""
    for piece in pieces:
        result = function(buffer, piece)
        if not (
            isinstance(result, tuple) and len(result) == 2 and type(result[0]) is list and type(result[1]) is bytes
        ):
            return [*returned, result]
        messages, buffer = result
        returned.append((list(messages), buffer))  # a copy: a list that it keeps, and adds to, is seen as it was
    return returned


_WAYS: dict[str, Callable[[Function], Function]] = {
    "echo": _with_handle(echo),
    "whose": _with_handle(whose),
    "falls": _with_handle(falls),
    "closes": _with_handle(closes),
    "broadcast": _broadcast,
    "each": _each,
    "fed": _fed,
    "sums of fed": _sums_of_fed,
}
