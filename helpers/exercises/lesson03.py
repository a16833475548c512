"""Lesson 3: opening a listening socket."""

from __future__ import annotations

import socket

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Odd
from helpers.checking.verdicts import Fell, Hangs, shown
from helpers.sockets.tapes import FORGOTTEN

EVERYWHERE = ("0.0.0.0", "::")

open_listener = Exercise(
    lesson=3,
    signature="open_listener()",
    brief="Return a TCP socket that listens on loopback, 127.0.0.1, on a port of the system's choosing. Nobody has called it yet, and it has no timeout: "
    "accept waits for the first client. Whoever calls the function closes the socket.",
    tidies=True,
    hints=(
        "Which stages of the server's life does the socket have behind it when it is handed over, and which are still to come?",
        "Create, bind, listen; accept and close are the caller's. Which port number asks the system to choose? And what would `with` do at the return?",
        "`s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)`, then `s.bind(('127.0.0.1', 0))`, then `s.listen()`, and `return s`.",
    ),
    solution="""
import socket

def open_listener() -> socket.socket:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind(('127.0.0.1', 0))
    s.listen()
    return s
""",
    reasons="127.0.0.1 hears this machine only. Port 0 lets the system choose a free one, so that the function can be called again and again. No `with`, since it "
    "would close the socket at the return; and no `accept`, which would wait for a client.",
)


@open_listener.scenario(1, "a socket that is open, and listens")
def _listens(judge: Judge) -> None:
    _open(judge)


@open_listener.scenario(1, "on loopback")
def _loopback(judge: Judge) -> None:
    host = _open(judge)[1][0]
    if host in EVERYWHERE:
        raise Fell(
            f"It listens on {host}, which means every address of this machine: whoever can reach it may call. Bind 127.0.0.1, and only this machine can.",
            19,
        )
    if host == "::1":
        raise Fell(
            "It listens on ::1, the loopback of IPv6. A client that calls 127.0.0.1 does not find it there: write the address, not the name.",
            18,
        )
    if host != "127.0.0.1":
        raise Fell(f"It listens on {host}. Loopback, where the clients of this course call, is 127.0.0.1.")


@open_listener.scenario(1, "a client comes")
def _client(judge: Judge) -> None:
    call, address = _open(judge)
    try:
        judge.connect(address, call)
    except OSError as error:
        raise Fell(
            f"It looks as if it listens, but a client that called {address} got {type(error).__name__}."
        ) from None


@open_listener.scenario(2, "its first client is the caller's")
def _first(judge: Judge) -> None:
    call, address = _open(judge)
    sock = call.socket
    if sock is not None and sock.called:
        call, address = _open(judge)  # that may have been a stranger, who wants whoever had the port before
        sock = call.socket
    if sock is not None and sock.called:
        raise Fell(
            f"Somebody had connected to {address} before it was handed over: a client of its own waits in the queue, and accept gives that one first, not the caller's. "
            "listen() alone opens the door; nobody needs to try it."
        )
    if sock is not None and sock.awaited:
        raise Fell(
            "A thread that it left behind waits in accept on the socket, and takes the first client away from whoever calls. accept is the caller's."
        )
    if sock is not None and sock.timeout is not None:
        how = "is non-blocking" if sock.timeout == 0 else f"has a timeout of {sock.timeout:g} s"
        raise Fell(
            f"The socket that it returned {how}: accept would raise an error where no client comes at once. A new socket has none, and blocks: leave it so."
        )


@open_listener.scenario(2, "two listening sockets at a time")
def _two(judge: Judge) -> None:
    first = _open(judge)[1]
    call = judge.call(keep=True)
    _finish(call)
    if call.error == "OSError" and "in use" in call.text:
        raise Fell(
            f"Called a second time, it raised OSError: {call.text}. A port is taken as long as one socket listens on it. Port 0 lets the system choose another one."
        )
    if _address(call) == first:
        raise Fell(
            f"It was called twice, and both times gave a socket at {first}. Each call is to open one of its own, on a port of its own."
        )


@open_listener.scenario(2, "a port of the system's choosing")
def _chosen(judge: Judge) -> None:
    call, (_, port) = _open(judge)
    bound = (each.detail for each in call.socket_calls if each.method == "bind")
    asked = [address[1] for address in bound if isinstance(address, tuple) and len(address) > 1]
    if port in asked and 0 not in asked:
        raise Fell(
            f"It chose port {port} itself. Another program may have it just then. Port 0 leaves the choice to the system, which knows those that are free."
        )


@open_listener.scenario(3, "ten sockets, and no other left open")
def _ten(judge: Judge) -> None:
    addresses = set()
    for _ in range(10):
        call, address = _open(judge)
        addresses.add(address)
        forgotten = sum(each.method == "close" and each.detail == FORGOTTEN for each in call.socket_calls)
        if call.left.sockets + forgotten:
            raise Fell(
                f"It left {call.left.sockets + forgotten + 1} sockets open, and returned one: nobody can close the others."
            )
    if len(addresses) < 10:
        raise Fell(f"It was called ten times, and gave only {len(addresses)} different ports.")


def _open(judge: Judge) -> tuple[Call, tuple[str, int]]:
    """Call it. Fell unless it returns an open TCP socket that listens. The socket's address."""
    call = judge.call(keep=True)
    _finish(call)
    # One that went well was a call of another socket, which is told of elsewhere.
    if any(each.connects and each.error == call.error for each in call.socket_calls if call.error is not None):
        raise Fell(
            "It called connect, which calls somebody who listens. This socket is to listen itself: bind gives it its address, and listen opens the door."
        )
    if call.error == "OSError" and "in use" in call.text:
        raise Fell(
            f"It raised OSError: {call.text}. Somebody has that port already. Port 0 lets the system choose a free one."
        )
    return call, _address(call)


def _finish(call: Call) -> None:
    try:
        call.finish()
    except Hangs as error:
        if call.waits_in() == "accept":
            raise Fell(
                "It waits in accept() for a client. It is only to open the door: listen() does that, and waits for nobody. accept is the caller's."
            ) from error
        raise


def _address(call: Call) -> tuple[str, int]:
    """Where the socket that it returned listens. Fell if it is no such socket."""
    call.must_not_raise()
    if call.value is None:
        raise Fell("It returned None, where a socket was to come. Is there a return?")
    sock = call.socket
    if sock is None:
        what = repr(call.value) if isinstance(call.value, Odd) else shown(call.value)
        raise Fell(f"It returned {what}, where a socket was to come, and nothing else.")
    if not sock.is_open and not call.socket_calls:
        raise Fell(
            "It returned a socket of an earlier call, which that caller has closed since. Each call is to open one of its own."
        )
    if not sock.is_open:
        raise Fell(
            "The socket that it returned is closed. `with` closes it at the return, before anyone gets it: here the caller closes."
        )
    if sock.kind & 0xF != socket.SOCK_STREAM or sock.family not in (socket.AF_INET, socket.AF_INET6):
        raise Fell("The socket that it returned is none for TCP: that is AF_INET with SOCK_STREAM.")
    if not sock.listens and _is_connected(call, (sock.host, sock.port)):
        raise Fell(
            "The socket that it returned is connected, and does not listen: it is a client's, and accept on it raises an error. The one to be returned is the one on which listen() was called."
        )
    if not sock.listens and not sock.port:
        raise Fell("The socket that it returned is neither bound nor does it listen: it was only created.")
    if not sock.listens:
        raise Fell(
            f"The socket that it returned has its address, port {sock.port}, but does not listen: each client would be refused. The house has its number, and no door yet."
        )
    return sock.host, sock.port


def _is_connected(call: Call, address: tuple[str, int]) -> bool:
    """Whether its socket at this address is one end of a connection."""
    sockets = call.state.sockets if call.state is not None else ()
    return any(each.role in ("client", "server") and each.local == address for each in sockets)


EXERCISES = [open_listener]
