"""In which way a function is called, where it is not once, with a socket and plain values alone: what a `handle` is, or a dict of sockets, is made here, in the learner's process; and a function without
sockets is called a great many times at one word of the judge's.

Comes in: the name of a way, and the function. Goes out: another function, which takes plain values, and calls that one. Who may import it: the learner's process; so it imports nothing that it need not load
anyway. The judge knows the ways by their names.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from helpers.checking.special import Sparing, Stuttering, Telling, all_sparing
from helpers.sockets.install import TRACED
from helpers.sockets.plain import Plain, is_ready
from helpers.sockets.reuse import as_in_a_terminal

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


# Clients for `open_tls` -------------------------------------------------------------------------------------------------

TALKS = 10.0
"""Seconds of wall-clock time that a talk by the socket which it returned may take: the server answers at once, or never."""


class _LeftOpen:
    """How many sockets were open where the last call of `open_tls` raised its error: they go with the error, and would be gone before anybody else looks."""

    count = 0


def _open_tls(function: Function) -> Function:
    """Of `open_tls(address, name, ca) -> socket` a function that talks by that socket, too, and closes it. `trusted`: PEM text of a CA that this computer trusts, "" for whom it does."""

    def open_tls(address: tuple[str, int], name: str, ca: str, trusted: str, line: bytes) -> Any:
        """What it returned, if that is no socket; or, as a tuple, its class, its version of TLS (None: no handshake has been), its timeout, how its context verifies, how many CAs that trusts (None: not known),
        what came as the answer to `line` (a line, too), and the error that came instead."""
        before = {id(each) for each in _open_sockets()}
        with _trusting(trusted):
            try:
                conn = function(tuple(address), name, ca)
            except BaseException:
                _LeftOpen.count = sum(id(each) not in before for each in _open_sockets())
                raise
        if not all(hasattr(conn, each) for each in ("recv", "sendall", "close")):
            return conn
        try:
            return _about(conn) + _talked(conn, line)
        finally:
            conn.close()

    return open_tls


def _left_open(_: Function) -> Function:
    return lambda: _LeftOpen.count


@contextlib.contextmanager
def _trusting(ca: str) -> Iterator[None]:
    """Let this computer trust `ca`, and nobody else, for as long: OpenSSL reads whom it is to trust from a file with that name. ("": as ever.)"""
    if not ca:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "trusted.pem")
        with open(file, "w", encoding="ascii") as writer:
            writer.write(ca)
        os.environ["SSL_CERT_FILE"] = file
        try:
            yield
        finally:
            del os.environ["SSL_CERT_FILE"]


def _open_sockets() -> list[Any]:
    """Those of `ssl` too."""
    return [each for each in gc.get_objects() if isinstance(each, Plain) and each.fileno() >= 0]


def _about(conn: Any) -> tuple[Any, ...]:
    context = getattr(conn, "context", None)
    version, timeout = getattr(conn, "version", None), getattr(conn, "gettimeout", None)
    verifies = getattr(getattr(context, "verify_mode", None), "name", "")
    if verifies and not getattr(context, "check_hostname", True):
        verifies += ", check_hostname=False"
    kind = type(conn).__name__ if not hasattr(conn, "fileno") or conn.fileno() >= 0 else "closed"
    get_cas = getattr(context, "get_ca_certs", None)
    trusts = len(get_cas()) if get_cas else None
    return kind, version() if version else None, timeout() if timeout else None, verifies, trusts


def _talked(conn: Any, line: bytes) -> tuple[bytes, str]:
    heard = b""
    try:
        if hasattr(conn, "settimeout"):
            conn.settimeout(TALKS)
        conn.sendall(line)
        while not heard.endswith(b"\n") and (data := conn.recv(1 << 16)):
            heard += data
    except (OSError, ValueError) as error:
        return heard, f"{type(error).__name__}: {error}"
    return heard, ""


# Names ------------------------------------------------------------------------------------------------------------------


def _named(function: Function) -> Function:
    """Of `f(host, port)` a function that is told, too, which addresses `host` has meanwhile, whatever this computer says of it: "::1", "127.0.0.1"… None: nobody knows that name."""

    def named(host: str, port: int, addresses: list[str]) -> Any:
        here: Any = socket
        plain = here.getaddrinfo

        def getaddrinfo(name: Any, service: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
            if name not in (host, host.encode()):
                return plain(name, service, family, type, proto, flags)
            found: list[Any] = []
            for each in addresses:
                with contextlib.suppress(socket.gaierror):  # of another family than is asked for
                    found += plain(each, service, family, type, proto, socket.AI_NUMERICHOST)
            if not found:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return found

        here.getaddrinfo = getaddrinfo
        try:
            return function(host, port)
        finally:
            here.getaddrinfo = plain

    return named


# A port, again ----------------------------------------------------------------------------------------------------------


def _as_in_a_terminal(function: Function) -> Function:
    """The function, whose sockets are as in a Python without the helpers: without SO_REUSEADDR, unless it sets it."""

    def in_a_terminal(*args: Any) -> Any:
        with as_in_a_terminal():
            return function(*args)

    return in_a_terminal


# Functions without sockets ----------------------------------------------------------------------------------------------


def _each(function: Function) -> Function:
    """Of a function one that calls it with each of a list of arguments. What it returned each time."""
    return lambda calls: [function(*args) for args in calls]


def _tried(function: Function) -> Function:
    """Of a function a generator: what came of a call with each of a list of arguments, ("gave", what it returned) or ("raised", the names of the error's class and of its base classes)."""

    def tried(calls: list[tuple[Any, ...]]) -> Iterator[tuple[str, Any]]:
        for args in calls:
            try:
                yield "gave", function(*args)
            except Exception as error:
                yield "raised", [kind.__name__ for kind in type(error).__mro__]

    return tried


def _all_tried(function: Function) -> Function:
    """The same of all the calls at once, which is quicker."""
    return lambda calls: list(_tried(function)(calls))


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


def _sparing(function: Function) -> Function:
    """Whatever it sends with, no more than two thirds are taken at once."""

    def call(*args: Any) -> Any:
        with all_sparing():
            return function(*args)

    return call


_WAYS: dict[str, Callable[[Function], Function]] = {
    "echo": _with_handle(echo),
    "whose": _with_handle(whose),
    "falls": _with_handle(falls),
    "closes": _with_handle(closes),
    "broadcast": _broadcast,
    "open_tls": _open_tls,
    "left open": _left_open,
    "named": _named,
    "as in a terminal": _as_in_a_terminal,
    "sparing": _sparing,
    "each": _each,
    "tried": _tried,
    "all tried": _all_tried,
    "fed": _fed,
    "sums of fed": _sums_of_fed,
}
