"""Lesson 1: a first conversation."""

from __future__ import annotations

import contextlib
import socket
import threading

from helpers.checking.call import Call
from helpers.checking.differences import difference
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.messages import SocketCall
from helpers.checking.ports import quiet_port
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.slow import must_be_broken, must_wait
from helpers.sockets.plain import plain_socket

greet = Exercise(
    lesson=1,
    signature="greet(address)",
    brief="Connect to the server at `address`, send b'hello', and return the answer, as bytes. Leave no socket open. "
    "If the connection is broken off, let the error through.",
    tidies=True,
    hints=(
        "Which block of this lesson does nearly all of it? Which of its lines would you change?",
        "The block with `with` prints the answer; you return it. A return inside the block still closes the socket.",
        "`with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:` and in it three lines: `s.connect(address)`, `s.sendall(b'hello')`, `return "
        "s.recv(1024)`.",
    ),
    solution="""
import socket

def greet(address) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect(address)
        s.sendall(b'hello')
        return s.recv(1024)
""",
    reasons="Each call makes a socket of its own, since a closed one cannot connect again. `with` closes it at the return, and also when a call raises an error. "
    "One `recv` is enough for a short answer; how to collect a longer one is lesson 5.",
)


@greet.scenario(1, "a server that echoes")
def _echo(judge: Judge) -> None:
    _must_greet(judge, b"hello")


@greet.scenario(1, "another server, with an answer of its own")
def _another(judge: Judge) -> None:
    _must_greet(judge, b"good morning, number %d" % judge.chance.randrange(1000, 10_000))


@greet.scenario(1, "no socket left open")
def _closed(judge: Judge) -> None:
    call = _must_greet(judge, b"hello")
    if call.forgot_to_close():
        raise Fell(
            "It came back, and nobody had closed its socket. close() does, or a `with` block; a return inside the block still closes."
        )


@greet.scenario(2, "an answer that takes its time")
def _late(judge: Judge) -> None:
    answer = b"good morning, and excuse me"
    heard, waited = threading.Event(), threading.Event()

    def server(conn: socket.socket, addr: object) -> None:
        with contextlib.suppress(ConnectionError):
            conn.recv(1024)
            heard.set()
            waited.wait(5)
            conn.sendall(answer)
            conn.recv(1024)

    call = judge.call(judge.serve(server))
    judge.wait(heard.is_set, call)
    must_wait(judge, call, "The server had heard b'hello', and not answered yet")
    waited.set()
    _finish(call, [b"hello"])
    _must_be(call, answer)


@greet.scenario(2, "an answer that is no text")
def _no_text(judge: Judge) -> None:
    _must_greet(judge, b"\n\xff" + judge.chance.randbytes(20) + b"\x80 \n")


@greet.scenario(3, "a server that breaks the connection off")
def _breaks_off(judge: Judge) -> None:
    door = judge.door()
    call = judge.call(door.getsockname())
    peer = judge.accept(door, call)
    peer.read(5)
    peer.reset()
    call.finish()
    must_be_broken(call, "the server broke the connection off before it had answered")
    if call.forgot_to_close():
        raise Fell(
            f"{call.error or 'An error'} came halfway, so close() was never reached, and the socket was left open. `with` closes it in any case."
        )


@greet.scenario(3, "a port on which nobody listens")
def _nobody(judge: Judge) -> None:
    closed = judge.enter(plain_socket(socket.AF_INET, socket.SOCK_STREAM))
    closed.bind(("127.0.0.1", quiet_port()))
    call = judge.call(closed.getsockname()).finish()
    if call.error is None:
        raise Fell(
            f"Nobody listens there, and it returned {shown(call.value)}: connect raised ConnectionRefusedError. Whoever calls has to know; let it through."
        )


def _must_greet(judge: Judge, answer: bytes) -> Call:
    """Let it talk to a server that gives this answer."""
    got: list[bytes] = []

    def server(conn: socket.socket, addr: object) -> None:
        with contextlib.suppress(ConnectionError):
            while data := conn.recv(1024):
                got.append(data)
                if len(got) == 1:
                    conn.sendall(answer)

    address = judge.serve(server)
    call = judge.call(address)
    _finish(call, got)
    judge.let_servers_rest()  # the function may be over before the server has read all
    _must_have_called(call, address)
    if call.error is None and call.value is None and not got:
        raise Fell("It returned None, and the server heard nothing from it: connect, sendall, recv, and a return.")
    _must_be(call, answer)
    if not got:
        raise Fell("It returned an answer, but it never spoke to the server at `address`.")
    if b"".join(got) != b"hello":
        raise Fell(f"The server got {shown(b''.join(got))}, where b'hello' was to be sent.")
    return call


def _finish(call: Call, got: list[bytes]) -> None:
    """Wait until it is over. `got`: what the server has heard."""
    try:
        call.finish()
    except Spins:
        raise
    except Hangs as error:
        if call.waits_in() is None or not str(call.waits_in()).startswith("recv"):
            raise
        if not got:
            raise Fell("It waits for an answer, but the server has heard nothing. Send b'hello' first.") from error
        raise Fell(
            "It has the answer, and waits in recv for more: for the end of the stream, perhaps. The server stays on the line as long as you do, so both wait for ever.",
            12,
        ) from error


def _must_have_called(call: Call, address: tuple[str, int]) -> None:
    """Fell if it did not come as far as the end of a conversation with the server at `address`; in words for why."""
    if call.error is None:
        return
    if call.error == "TypeError" and "bytes-like" in call.text:
        raise Fell(f"It raised TypeError: {call.text}. A socket carries bytes: b'hello', with the b in front.", 7)
    failed = _failed(call)
    if failed is None or "OSError" not in call.kinds:
        return
    where = failed.detail
    if failed.connects and isinstance(where, tuple) and where and where != address:
        raise Fell(
            f"It called {where} and got {call.error}. The server was at `address`, {address}, another one at each check."
        )
    if _was_closed(call, failed):
        raise Fell(
            "It used its socket after that was closed. "
            + (
                "A closed socket stays closed: make a new one for each conversation."
                if failed.connects
                else "Inside the `with` block it is still open."
            ),
            22 if failed.connects else None,
        )


def _failed(call: Call) -> SocketCall | None:
    """The last call of a socket that raised an error."""
    return next((each for each in reversed(call.socket_calls) if each.error), None)


def _was_closed(call: Call, failed: SocketCall) -> bool:
    """Whether the socket of that call was closed before it, now or in an earlier call of the function."""
    mine = [each.method for each in call.socket_calls if each.socket == failed.socket]
    return "close" in mine[: mine.index(failed.method)] or "Bad file descriptor" in call.text or "10038" in call.text


def _must_be(call: Call, answer: bytes) -> None:
    """Fell unless it returned the answer."""
    call.must_not_raise()
    if same(call.value, answer):
        return
    if call.value is None:
        raise Fell(
            f"It returned None, where the answer, {shown(answer)}, was to come: print shows it, and return gives it back."
        )
    if isinstance(call.value, str):
        raise Fell(
            f"It returned {shown(call.value)}, a str. The answer came as bytes, {shown(answer)}, and is to be given back so."
        )
    if isinstance(call.value, bytes) and call.value and answer.startswith(call.value):
        raise Fell(
            f"It returned {shown(call.value)}, only the beginning of {shown(answer)}: recv(n) gives at most n bytes."
        )
    if call.value == b"hello":
        raise Fell(f"It returned b'hello', which was the greeting. The answer was {shown(answer)}.")
    how = f": {difference(call.value, answer)}" if isinstance(call.value, bytes) else ""
    raise Fell(f"It returned {shown(call.value)}, where the answer was {shown(answer)}{how}.")


EXERCISES = [greet]
