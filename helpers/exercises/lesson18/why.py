"""What came of a call of `open_tls`, and a sentence for each way in which it was not what it had to be.

Comes in: a call that is over, and what its server heard. Goes out: `Fell`. Who may import it: the scenarios of lesson 18.
"""

from __future__ import annotations

from typing import NamedTuple

from helpers.checking.call import Call
from helpers.checking.plain import Value
from helpers.checking.verdicts import Fell, same, shown
from helpers.exercises.lesson18.server import ANSWER, Server
from helpers.words import noun

RIGHT_ONE = 43
NO_CHECK = 44
SOON = 1.0
"""Seconds: who has two for a handshake, and raises TimeoutError sooner, has not waited for them."""
CLOSED = "closed"
"""In the place of its class, of a socket that is."""


class Opened(NamedTuple):
    """What the function returned, and what a talk by it brought."""

    kind: str
    version: str | None
    timeout: float | None
    verifies: str
    trusts: int | None
    """So many CAs."""
    heard: bytes
    error: str


def opened(value: Value) -> Opened | None:
    """None where that is no connection."""
    match value:
        case (str() as kind, str() | None as version, float() | int() | None as timeout, str() as verifies, int() | None as trusts, bytes() as heard, str() as error):  # fmt: skip
            return Opened(kind, version, timeout, verifies, trusts, heard, error)
    return None


def must_have_talked(call: Call, server: Server, line: bytes, name: str) -> None:
    """It has opened a connection to the right server, which heard `line` and answered."""
    if call.error is not None:
        raise _failed_with_the_right_one(call, name)
    if call.value is None:
        raise Fell(
            "It returned None, and the server is the right one: return the TLS socket, which wrap_socket of a context gives."
        )
    got = opened(call.value)
    if got is None:
        raise Fell(f"It returned {shown(call.value)}, and no socket: what wrap_socket of a context gives is one.")
    if not server.talks:
        raise Fell("It returned a socket, and never connected to the address that it was given.")
    if got.kind == CLOSED:
        raise Fell(
            "The socket that it returned is closed already: a `with` around the return closes it on the way out."
        )
    if not any(talk.speaks_tls for talk in server.talks):
        raise in_the_clear(server, line)
    if got.kind == "socket" or got.version is None and got.kind == "SSLSocket":
        _look_at_what_is_no_tls(got, server)
    if got.timeout is not None:
        left = f"a timeout of {got.timeout:g} s" if got.timeout else "a timeout of 0 (it does not block)"
        raise Fell(
            f"The socket that it returned has {left} left on it: whoever waits longer for an answer meets that. settimeout(None) when the handshake is done."
        )
    if said := next(filter(None, (talk.heard.removesuffix(line) for talk in server.talks)), b""):
        raise Fell(
            f"The server heard {shown(said)} before anything was said through the socket that it returned: the function is to open the connection, and whoever has called it speaks."
        )
    whole = b"".join(ANSWER)
    if not any(talk.heard == line for talk in server.talks) or not same(got.heard, whole):
        raise Fell(
            f"What it returned does not carry what is said: of an answer of {len(whole):,} bytes {len(got.heard):,} came.{_because(got.error)}"
        )


def _look_at_what_is_no_tls(got: Opened, server: Server) -> None:
    if got.kind == "socket":
        raise Fell(
            f"It has spoken TLS, and returned the socket below it, not the one that wrap_socket gave.{_because(got.error)} What is said through that one goes past TLS, in the clear."
        )
    # A handshake that was left for later has come with the talk, which was answered.
    if any(talk.shaken for talk in server.talks) and not same(got.heard, b"".join(ANSWER)):
        raise Fell(
            "It has spoken TLS, and ended that before it returned (shutdown, or unwrap): what is said through the socket goes in the clear now, or nowhere."
        )
    raise Fell(
        "It returned before the handshake was done (do_handshake_on_connect=False, or a socket that is not connected): so nobody has been verified yet, and nothing bounds how long that takes. "
        "do_handshake() before it returns."
    )


def must_trust_no_other(call: Call) -> None:
    """It has opened a connection by a context that trusts one CA."""
    got = opened(call.value)
    others = (got.trusts or 0) - 1 if got is not None else 0
    if others > 0:
        raise Fell(
            f"It got to the right server; but its context trusts {others:,} more {noun(others, 'CA')} beside the one of `ca`, and each of them can vouch for an impostor. Those which others have gathered, be it the system, a browser or certifi, "
            "are for servers of all the world; `ca` alone was to be trusted: create_default_context(cadata=ca), and no other load_verify_locations.",
            RIGHT_ONE,
        )


def in_the_clear(server: Server, line: bytes) -> Fell:
    """What came to the server is no TLS."""
    came = next((talk.first for talk in server.talks if talk.first and not talk.speaks_tls), b"")
    if line in came:
        return Fell(
            f"It returned a socket without TLS: what was said through it, {shown(line)}, came in the clear, as whoever stands in between could read it. wrap_socket of a context gives the one to return."
        )
    return Fell(
        f"What it sent first is {shown(came[:20])}, and no TLS: a TLS client says hello before anything else. Is the socket wrapped?"
    )


def must_be_refused(call: Call, server: Server, line: bytes, who: str, why: str, number: int = RIGHT_ONE) -> None:
    """It has raised an error, and left nothing open. `who`: "an impostor"; `why`: what is wrong with that, as a sentence."""
    if call.error is not None:
        _must_be_an_error_of_the_connection(call, who)
        return
    if any(line in talk.heard for talk in server.talks):
        raise _let_in(call, server, line, who, why, number)
    got = opened(call.value)
    if any(line in talk.first for talk in server.talks):
        raise in_the_clear(server, line)
    if got is not None and got.kind == "SSLSocket" and got.version is None:
        _look_at_what_is_no_tls(got, server)
    raise Fell(
        f"It returned {'a socket' if got else shown(call.value)} where it met {who}: {why} Let the error through that says so; who gets a value believes that all is well."
    )


def _let_in(call: Call, server: Server, line: bytes, who: str, why: str, number: int) -> Fell:
    got = opened(call.value)
    verifies = got.verifies if got else ""
    read = f"It let in {who}, who read {shown(line)}. {why}"
    if len(server.talks) > 1 and not server.talks[0].shaken and verifies.startswith("CERT_NONE"):
        return Fell(
            f"{read} It had refused the certificate at first, and then called again without a check: so the check stops nobody.",
            NO_CHECK,
        )
    if verifies.startswith("CERT_NONE"):
        return Fell(
            f"{read} Its context verifies nothing (CERT_NONE): the error is gone, and so is all that would tell an impostor from the right one.",
            NO_CHECK,
        )
    if len(server.talks) > 1:
        return Fell(
            f"{read} It had called before, to be shown the certificate that it then trusted: whoever answers is trusted so. `ca` alone says whom to trust.",
            RIGHT_ONE,
        )
    return Fell(f"{read}{_which_check(verifies, number)}", number)


def _which_check(verifies: str, number: int) -> str:
    if verifies.endswith("check_hostname=False") and number == RIGHT_ONE:
        return " Its context does not compare names (check_hostname=False)."
    return ""


def _must_be_an_error_of_the_connection(call: Call, who: str) -> None:
    if "OSError" in call.kinds:
        return
    if call.error == "UnboundLocalError":
        raise Fell(
            f"It raised UnboundLocalError where it met {who}: an `except` of its own has taken the error that says so, and the function went on without a socket. `raise` at the end of the `except` lets it through."
        )
    if fell := call.misuse():
        raise fell
    raise Fell(
        f"It raised {call.error} where it met {who}: ssl.SSLError or another OSError is asked for, as ssl and socket raise it.{_remark(call)}"
    )


def must_have_left_nothing(call: Call, left: Value, where: str) -> None:
    """`left`: how many sockets were open when it raised its error."""
    if call.error is not None and isinstance(left, int) and left > 0:
        raise Fell(
            f"It raised {call.error} {where}, and left a socket open: nobody else can close it. `with` does, or `except: sock.close(); raise`."
        )


def _failed_with_the_right_one(call: Call, name: str) -> Fell:
    """It has raised an error where all was well."""
    said = f"It raised {call.error}, and the server is the right one{_remark(call)}."
    for words, advice, number in ADVICE:
        if words in call.text or words == call.error:
            return Fell(f"{said} {advice.format(name=repr(name))}", number)
    if fell := call.misuse():
        return fell
    return Fell(f"{said[:-1]}, in line {call.line} of the cell." if call.line else said)


def _remark(call: Call) -> str:
    """What its error says, without the line of Python's own source."""
    text = call.text.partition(" (_ssl.c")[0].partition("\n")[0]
    return f" ({text[:200]})" if text else ""


KNOWS_NO_CA = "Its context does not know the CA: `ca` is the text of its certificate, which load_verify_locations(cadata=ca) takes, and so does ssl.create_default_context(cadata=ca)."
NO_FILE = "`ca` is PEM text, and no file's name: cadata=ca."
FOR_SERVERS = "Its context is one for servers (PROTOCOL_TLS_SERVER, or Purpose.CLIENT_AUTH): a client's is PROTOCOL_TLS_CLIENT, and create_default_context makes one unless it is told otherwise."
OLD = "Its context allows none but old versions of TLS, which nobody speaks any more. Leave them as they come: TLS 1.2 and 1.3."
ADVICE: tuple[tuple[str, str, int | None], ...] = (
    ("mismatch", "The certificate is for {name}: that is the name to verify, server_hostname={name}, whatever the address is.", None),
    ("in client mode", "It wraps the socket as a server does (server_side=True), and here it is the client.", None),
    ("verify_mode to CERT_NONE", "Python does not switch the one check off while the other is on; and neither is to be: they are what tells the right server from any other.", NO_CHECK),
    ("wrap_socket() got an unexpected", "ssl.wrap_socket knows no name, and verified nothing (it is gone since Python 3.12): wrap_socket of a context takes its place.", None),
    ("server_hostname", "wrap_socket is to be told whom it is to find at the other end: server_hostname=name.", None),
    ("has no attribute 'wrap_socket'", "ssl.wrap_socket verified nothing, and is gone since Python 3.12: wrap_socket of a context takes its place.", None),
    ("unable to get", KNOWS_NO_CA, None),
    ("self-signed", KNOWS_NO_CA, None),
    ("self signed", KNOWS_NO_CA, None),  # OpenSSL 1.1
    ("BEGIN CERTIFICATE", "The first argument of create_default_context says what the context is for, not whom it trusts: cadata=ca.", None),
    ("only stream sockets", "TLS wants a stream beneath it: SOCK_STREAM, and connected to `address`, as create_connection makes it.", None),
    ("Can't dup()", "There are no two of a TLS socket: return the one that wrap_socket gives.", None),
    ("Bad file descriptor", "wrap_socket takes the descriptor over: whatever comes after it, such as settimeout, is for the socket that it returns.", None),
    ("FileNotFoundError", NO_FILE, None),
    ("File name too long", NO_FILE, None),
    ("Address family", "The address is one of IPv4: its family is AF_INET, and create_connection finds that out itself.", None),
    ("socket.gaierror", "`address` is where to connect to; {name} is who has to be there. The two need have nothing to do with each other.", None),
    ("does not contain a certificate", "`ca` is PEM text, as a str: cadata=ca takes it as it is, and bytes are something else to it (DER).", None),
    ("PROTOCOL_TLS_SERVER", FOR_SERVERS, None),
    ("NO_PROTOCOLS_AVAILABLE", OLD, None),
    ("NO_CIPHERS_AVAILABLE", OLD, None),
    ("[SSL] internal error", OLD, None),  # what OpenSSL 3.6 says of that
    ("TimeoutError", "It has two seconds for the handshake, and this server took less.", None),
)  # fmt: skip
"""Words of an error, or its class; what is to be said about it; the number of the misconception."""


def _because(error: str) -> str:
    return f" ({error})" if error else ""


def must_be_a_timeout(call: Call, who: str) -> None:
    if "TimeoutError" not in call.kinds:
        raise Fell(f"It raised {call.error} where it met {who}: that asks for TimeoutError.{_remark(call)}")


def must_be_no_timeout(call: Call, who: str, took: float) -> None:
    """Fell where it says that the time was over, which it was not. `took`: seconds from its call to its end."""
    if "TimeoutError" in call.kinds and took < SOON:
        raise Fell(
            f"It raised TimeoutError where it met {who}, which has answered at once: whoever calls takes that for a slow server, and tries again. Let the error through that says what was wrong.{_remark(call)}"
        )


def waits_anew(server: Server) -> Fell:
    """It bounds each wait, and not the handshake; or it calls again and again."""
    if len(server.talks) > 1:
        return Fell(
            f"The server sent its part of the handshake byte by byte, with pauses, and it called {len(server.talks)} times: whoever is not done in two seconds the first time asks for TimeoutError then, and for no second call, which costs as much again."
        )
    return Fell(
        f"The server sent its part of the handshake byte by byte, with pauses, and it took {server.dripped} of them before it gave up, if at all: each wait has a bound of its own, and a server that sends a byte in time keeps it for ever. "
        "Two seconds are for the whole: a deadline before the handshake, and wait for what is left of it. do_handshake of a socket with a timeout counts so by itself."
    )


def was_slow(server: Server) -> Fell:
    """It waits for a handshake that does not come, and nothing ends that, or nothing ends it soon."""
    waits = server.call.waits()
    where = f" in {waits.method.removeprefix('tls.')}" if waits else ""
    still = f"The server takes the call, and stops answering. It waits{where}:"
    if timeout := server.call.timeout_of(waits):
        return Fell(f"{still} its socket's timeout of {timeout:g} s ends that, and two seconds are asked for. settimeout(2), in seconds, before the handshake.")  # fmt: skip
    return Fell(
        f"{still} the handshake never comes to an end, and nothing bounds the waiting. A timeout that ended with connect, or was taken away before the "
        "handshake, does not help: settimeout(2) before wrap_socket, which gives the TLS socket the same one, and settimeout(None) when it is done."
    )
