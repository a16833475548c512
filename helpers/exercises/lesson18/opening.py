"""`open_tls`: its task and its scenarios."""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.limits import SILENCE
from helpers.checking.ports import quiet_port
from helpers.checking.verdicts import Fell, Hangs, Spins
from helpers.exercises.lesson18.certificates import new_ca, of_itself, of_server, of_two, pem
from helpers.exercises.lesson18.server import ANSWER, WELCOME, Banner, BreaksOff, Echo, Server, Talk, Tls
from helpers.exercises.lesson18.why import (
    NO_CHECK,
    RIGHT_ONE,
    must_be_a_timeout,
    must_be_no_timeout,
    must_be_refused,
    must_have_left_nothing,
    must_have_talked,
    must_trust_no_other,
    waits_anew,
    was_slow,
)

PATIENT = 5.0
"""Seconds of rest after which nothing bounds its waiting: it has two."""
PACE = 0.2
"""Seconds between two bytes of a handshake that never comes to its end."""
DRIPS = math.ceil(PATIENT / PACE)
"""Bytes of it that a function may take: who bounds the whole takes ten, and who bounds each wait takes them all. They are counted as they are taken, so that a busy machine blames nobody."""

open_tls = Exercise(
    lesson=18,
    signature="open_tls(address, name, ca)",
    brief="Connect to `address`, and speak TLS. Trust the CA whose certificate `ca` is (PEM text, a str), and nobody else; who answers has to be `name`. "
    "If the handshake is not done within two seconds, raise TimeoutError. Return the TLS socket, without a timeout on it. What fails raises ssl.SSLError, or whichever OSError it is, and leaves nothing open.",
    tidies=True,
    hints=(
        "What do you know before the handshake: whom to trust, and who has to answer? Where does each of the two go? And what happens if the other side says nothing?",
        "`ssl.create_default_context(cadata=ca)` trusts `ca` alone, and verifies. `settimeout(2)` before the handshake bounds it, and `wrap_socket(…, server_hostname=name)` does it.",
        "`context = ssl.create_default_context(cadata=ca)`; `sock = socket.create_connection(address, timeout=2)`; in a `try`: `tls = context.wrap_socket(sock, server_hostname=name)`, "
        "and where that raises, `sock.close()` and `raise`. At the end `tls.settimeout(None)`, and `return tls`.",
    ),
    solution="""
import socket
import ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    try:
        tls = context.wrap_socket(sock, server_hostname=name)
    except BaseException:
        sock.close()
        raise
    tls.settimeout(None)
    return tls
""",
    shows="the right server",
    reasons="With `cadata` the context trusts this CA and nobody else: not those whom the system trusts. It comes with both checks switched on, of the certificate and of the name, and `server_hostname` says which name. "
    "The timeout of the socket goes over to the TLS socket, and for a handshake it counts as a whole, however many pieces come; when that is done, it is taken away, since a silent peer is no broken one. "
    "`wrap_socket` takes the descriptor over, and closes it where the handshake fails; `sock.close()` is for whatever fails before.",
)


@open_tls.scenario(1, "the right server")
def _right(judge: Judge) -> None:
    _must_talk(judge, lambda ca, name: of_server(ca, name))


@open_tls.scenario(1, "an impostor: the right name, and a certificate from another CA")
def _another_ca(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(new_ca(), name)),
        "an impostor",
        "Anybody can make a CA, and have it sign any name: only a signature by the CA that one trusts says anything.",
        NO_CHECK,
    )


@open_tls.scenario(1, "an impostor: a certificate from the right CA, for another name")
def _another_name(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(ca, f"not-{name}")),
        "an impostor",
        "Its certificate is in order, and for another name: whoever has a certificate for anything at all gets in so.",
    )


@open_tls.scenario(2, "an impostor whose certificate is signed by itself")
def _itself(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_itself(name)),
        "an impostor",
        "It has signed its certificate itself, and whoever likes to can do that, for any name.",
        NO_CHECK,
    )


@open_tls.scenario(2, "an impostor whom this computer trusts, and `ca` does not know")
def _trusted_here(judge: Judge) -> None:
    other = new_ca()
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(other, name)),
        "an impostor",
        "Its certificate is from a CA that this computer trusts beside a hundred others, and `ca` is another one: `ca` alone was to be trusted. "
        "load_default_certs() adds those of the computer, and so does create_default_context() where it is not given any.",
        trusted=pem(other),
    )


@open_tls.scenario(2, "a certificate that has expired")
def _expired(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(ca, name, begins=-9, ends=-1)),
        "a server whose certificate expired yesterday",
        "Whoever found its old key may have it now.",
    )


@open_tls.scenario(2, "a certificate that is not valid yet")
def _too_early(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(ca, name, begins=1, ends=9)),
        "a server whose certificate is valid from tomorrow on",
        "The CA vouches for it from then on, and not before.",
    )


@open_tls.scenario(2, "nobody listens")
def _nobody(judge: Judge) -> None:
    call = _call(judge, ("127.0.0.1", quiet_port()), _name(judge), new_ca())
    call.finish(idle=PATIENT)  # Windows takes two seconds to believe it
    must_be_refused(call, Server(judge, call, Talk), _LINE, "nobody at all", "There is no server at that address.")
    _must_have_left_nothing(judge, call, "where nobody listens")


@open_tls.scenario(2, "a server that speaks no TLS, and says so")
def _banner(judge: Judge) -> None:
    _must_refuse(judge, lambda ca, name: Banner, "a server without TLS", "It has said no hello of its own.")


@open_tls.scenario(
    2, "a server that takes the call, and stops in the middle of the handshake, but for a byte now and then"
)
def _drips(judge: Judge) -> None:
    """That it bounds the whole of it: who bounds the wait for the first byte alone, or each wait anew, waits here for ever. (One that says nothing at all would show no more, and take as long.)"""
    _must_give_up(judge, lambda ca, name: _tls(of_server(ca, name), 200))


@open_tls.scenario(2, "a server that closes the connection in the middle of the handshake")
def _closes(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(ca, name), 200, "close"),
        "a server that broke the handshake off",
        "It never came to its end.",
    )


@open_tls.scenario(3, "a server that resets the connection when it hears the hello")
def _resets(judge: Judge) -> None:
    _must_refuse(
        judge,
        lambda ca, name: lambda: BreaksOff("reset"),
        "a server that broke the connection off",
        "There was no handshake.",
    )


@open_tls.scenario(3, "a server that sends back whatever it hears")
def _echo(judge: Judge) -> None:
    _must_refuse(judge, lambda ca, name: Echo, "a server without TLS", "It has only sent the hello back.")


@open_tls.scenario(3, "the right server, which takes its time")
def _slow(judge: Judge) -> None:
    _must_talk(judge, lambda ca, name: of_server(ca, name), slow=SILENCE)


@open_tls.scenario(3, "a machine with two names, and a certificate for each")
def _two_names(judge: Judge) -> None:
    _must_talk(judge, lambda ca, name: of_two(ca, name, f"not-{name}"))


@open_tls.scenario(3, "a certificate for all the names below one")
def _wildcard(judge: Judge) -> None:
    _must_talk(judge, lambda ca, name: of_server(ca, "*." + name.partition(".")[2]))


@open_tls.scenario(3, "a certificate for an address, which is the name")
def _address(judge: Judge) -> None:
    _must_talk(judge, lambda ca, name: of_server(ca, name), name="127.0.0.1")


@open_tls.scenario(3, "a CA that has another one sign for it")
def _chain(judge: Judge) -> None:
    _must_talk(judge, lambda ca, name: of_server(ca.create_child_ca(), name))


@open_tls.scenario(3, "two calls, for two CAs: the second time with a certificate from the first")
def _twice(judge: Judge) -> None:
    first = new_ca()
    _must_talk(judge, lambda ca, name: of_server(ca, name), ca=first)
    _must_refuse(
        judge,
        lambda ca, name: _tls(of_server(first, name)),
        "an impostor",
        "Its certificate is from the CA of the call before, and this call was given another one: make a new context each time, since one that is kept goes on trusting whomever it was told of.",
    )
    must_trust_no_other(_must_talk(judge, lambda ca, name: of_server(ca, name)))


_LINE = b"the password is 4711\n"
"""What is said by the socket that it returns; an impostor should not come to hear it."""

NewTalk = Callable[[], Talk]
Made = Callable[[Any, str], NewTalk]
"""Of a CA and the name that has to answer: what stands at the door. It is made once, so that a server shows the same certificate to whoever calls twice."""


def _tls(
    context: ssl.SSLContext, most: int | None = None, ends: str = "", answer: Sequence[bytes] = WELCOME
) -> NewTalk:
    return lambda: Tls(context, most, ends, answer)


def _must_talk(judge: Judge, made: Callable[[Any, str], ssl.SSLContext], name: str = "", ca: Any = None, slow: float = 0.0) -> Call:  # fmt: skip
    """It gets to a right server with such a certificate; its call. `slow`: which answers after so many seconds."""
    name, ca = name or _name(judge), ca or new_ca()
    server, door = _meet(judge, lambda ca, name: _tls(made(ca, name), answer=ANSWER), name, ca)
    server.slow = slow
    server.serve(door)
    must_have_talked(server.call, server, _LINE, name)
    return server.call


def _must_refuse(judge: Judge, made: Made, who: str, why: str, number: int = RIGHT_ONE, trusted: str = "") -> None:
    """It gets to `who`, of whom it can be told `why` that is not the right server; and raises an error. `number`: of the misconception, where it does not. `trusted`: as for `_call`."""
    server, door = _meet(judge, made, _name(judge), new_ca(), trusted)
    begun = time.monotonic()
    try:
        server.serve(door)
    except Spins:
        raise
    except Hangs as hangs:
        raise Fell(f"It met {who}, and went on waiting. {hangs.sentence}") from None
    must_be_refused(server.call, server, _LINE, who, why, number)
    must_be_no_timeout(server.call, who, time.monotonic() - begun)
    _must_have_left_nothing(judge, server.call, f"where it met {who}")


def _must_give_up(judge: Judge, made: Made) -> None:
    """It raises TimeoutError where a handshake does not come to its end."""
    server, door = _meet(judge, made, _name(judge), new_ca())
    try:
        _serve_patiently(server, door)
    except Spins:
        raise
    except Hangs:
        raise was_slow(server) from None
    if server.dripped >= DRIPS:
        raise waits_anew(server)
    who = "a server that stops answering"
    must_be_refused(server.call, server, _LINE, who, "Its handshake never came to its end.")
    must_be_a_timeout(server.call, who)
    _must_have_left_nothing(judge, server.call, f"where it met {who}")


def _serve_patiently(server: Server, door: socket.socket) -> None:
    """Let it wait for the end of a handshake that never comes, and send a byte of it now and then. Hangs at once where it waits in a socket that has no timeout, or a long one, and later where nobody can say what may end its waiting."""
    try:
        server.serve(door)
    except Hangs:
        call = server.call
        waits = call.waits()
        if waits is not None and not call.doing.threads and (call.timeout_of(waits) or math.inf) > PATIENT:
            raise
        while server.dripped < DRIPS and server.drip(door, PACE):
            pass
        server.serve(door, idle=PATIENT)


def _meet(judge: Judge, made: Made, name: str, ca: Any, trusted: str = "") -> tuple[Server, socket.socket]:
    """A server, its call, and its door."""
    new_talk, door = made(ca, name), judge.door()
    call = _call(judge, door.getsockname(), name, ca, trusted)
    return Server(judge, call, new_talk), door


def _call(judge: Judge, address: tuple[str, int], name: str, ca: Any, trusted: str = "") -> Call:
    """`trusted`: PEM text of a CA that the function's computer trusts, "" for those that it does."""
    return judge.call(address, name, pem(ca), trusted, _LINE, way="open_tls")


def _must_have_left_nothing(judge: Judge, call: Call, where: str) -> None:
    left = judge.call(way="left open")
    left.finish()
    must_have_left_nothing(call, left.value, where)


def _name(judge: Judge) -> str:
    return f"www{judge.chance.randrange(100, 1000)}.city.example"
