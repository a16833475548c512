"""What you see and what it means: each error is produced and says what the page has, each result comes about, each state is the kernel's, and each mark stands in a picture."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import trustme

from helpers import states
from helpers.course.reference import seen
from helpers.course.reference.lessons import stored
from helpers.course.reference.seen import ERRORS, MARKS, RESULTS, STATES, WAITS, Seen
from helpers.exercises.lesson19.clinic import symptoms
from tests.course.reference.ends import (
    LOOPBACK,
    PATIENCE,
    SHORT,
    beside,
    datagrams,
    listening,
    nobody,
    pair,
    raised_by,
    reset,
    secured,
    silent,
)
from tests.course.reference.layered_calls import no_handshake, properly, streams
from tests.course.reference.plain_calls import after_its_own_end, play_select, play_socket

# Errors --------------------------------------------------------------------------------------------------------------


def connecting(address: Any, seconds: float | None = None) -> BaseException:
    with socket.socket() as s:
        s.settimeout(seconds)
        return raised_by(s.connect, address)


def no_time() -> BaseException:
    with silent() as address:
        return connecting(address, SHORT)


def may_not_wait() -> BaseException:
    with pair() as (client, _):
        client.setblocking(False)
        return raised_by(client.recv, 1)


def broken_off() -> BaseException:
    with pair() as (client, conn):
        reset(conn)
        return raised_by(client.recv, 1)


def taken() -> BaseException:
    with listening() as listener, socket.socket() as s:
        return raised_by(s.bind, listener.getsockname())


def not_ours() -> BaseException:
    with socket.socket() as s:
        return raised_by(s.bind, ("203.0.113.1", 0))


def closed() -> BaseException:
    with socket.socket() as s:
        pass
    return raised_by(s.recv, 1)


def without_a_peer() -> BaseException:
    with socket.socket() as s:
        return raised_by(s.getpeername)


def connected() -> BaseException:
    with pair() as (client, _):
        return raised_by(client.connect, client.getpeername())


def full_of_files() -> BaseException:
    (error,) = play_socket().raised
    return error


def too_long() -> BaseException:
    with datagrams() as (one, other):
        return raised_by(one.sendto, bytes(70_000), other.getsockname())


def no_way_there() -> BaseException:
    """To a machine that is not in this network, without asking a router."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
        return raised_by(s.connect, ("203.0.113.1", 80))


def for_the_administrator() -> BaseException:
    """In a process of somebody who is none. Where everybody may have that port, the kernel is asked for another thing that it forbids."""
    allowed = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    call = "s.bind(('127.0.0.1', 1))" if allowed > 1 else "s.connect(('255.255.255.255', 1))"
    program = f"""
import os, socket
s = socket.socket(type=socket.SOCK_DGRAM)
if os.geteuid() == 0:
    os.setuid(65534)
try:
    {call}
except OSError as error:
    print(type(error).__name__, error.errno)
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    name, number = done.stdout.split()
    error = OSError(int(number), os.strerror(int(number)))
    assert type(error).__name__ == name
    return error


def changed_meanwhile() -> None:
    members = {"ada": 1}
    for _ in members:
        members["bob"] = 2


def a_loop_within() -> BaseException:
    async def main() -> BaseException:
        inner = asyncio.sleep(0)
        try:
            return raised_by(asyncio.run, inner)
        finally:
            inner.close()

    return asyncio.run(main())


def never_awaited() -> BaseException:
    async def forgotten() -> None: ...

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        forgotten()  # type: ignore[unused-coroutine]
    (warning,) = said
    assert isinstance(warning.message, Warning)
    return warning.message


def too_long_a_line() -> BaseException:
    async def main() -> BaseException:
        async with streams() as (reader, _, conn):
            conn.sendall(bytes(70_000))
            try:
                return await asyncio.wait_for(error_within(reader), PATIENCE)
            finally:
                conn.close()

    return asyncio.run(main())


async def error_within(reader: asyncio.StreamReader) -> BaseException:
    try:
        return AssertionError(await reader.readline())
    except ValueError as error:
        return error


def self_signed() -> BaseException:
    """A certificate that is its own CA's: trustme's root."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with authority.cert_pem.tempfile() as cert, authority.private_key_pem.tempfile() as key:
        context.load_cert_chain(cert, key)

    def serve(conn: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(conn, server_side=True).close()

    return no_handshake(serve, trusting=False)


def cut_off() -> BaseException:
    with secured() as (tls, served):
        served.close()
        return raised_by(tls.recv, 1)


def nothing_of_tls_yet() -> BaseException:
    with secured() as (tls, _):
        tls.setblocking(False)
        return raised_by(tls.recv, 1)


def interrupted() -> BaseException:
    with listening() as listener:
        try:
            signal.raise_signal(signal.SIGINT)
            listener.accept()
        except KeyboardInterrupt as error:
            return error
    raise AssertionError("nobody was interrupted")


def beyond_1023() -> BaseException:
    return next(error for error in play_select().raised if "range" in str(error))


def with_a_socket(call: Callable[[socket.socket], Any]) -> BaseException:
    with socket.socket() as s:
        return raised_by(call, s)


PRODUCED: dict[str, Callable[[], BaseException]] = {
    "Connection refused": lambda: connecting(nobody()),
    "timed out": no_time,
    "Resource temporarily unavailable": may_not_wait,
    "Connection reset by peer": broken_off,
    "Broken pipe": lambda: after_its_own_end("send"),
    "Address already in use": taken,
    "Cannot assign requested address": not_ours,
    "Bad file descriptor": closed,
    "Transport endpoint is not connected": without_a_peer,
    "Transport endpoint is already connected": connected,
    "Too many open files": full_of_files,
    "Message too long": too_long,
    "Network is unreachable": no_way_there,
    "Permission denied": for_the_administrator,
    "Name or service not known": lambda: connecting(("no such name", 80)),
    "a bytes-like object is required, not 'str'": lambda: with_a_socket(lambda s: s.send("hello")),  # type: ignore[arg-type]
    "socket.connect() takes exactly one argument (2 given)": lambda: with_a_socket(lambda s: s.connect(LOOPBACK, 80)),  # type: ignore[call-arg]
    "'str' object cannot be interpreted as an integer": lambda: connecting((LOOPBACK, "80")),
    "connect(): port must be 0-65535.": lambda: connecting((LOOPBACK, 70_000)),
    "'utf-8' codec can't decode byte …": lambda: raised_by(b"Z\xfcrich".decode),
    "invalid literal for int() with base 10: …": lambda: raised_by(int, b"3.145"),
    "Timeout value out of range": lambda: with_a_socket(lambda s: s.settimeout(-1)),
    "dictionary changed size during iteration": lambda: raised_by(changed_meanwhile),
    "filedescriptor out of range in select()": beyond_1023,
    "asyncio.run() cannot be called from a running event loop": a_loop_within,
    "coroutine … was never awaited": never_awaited,
    "Separator is not found, and chunk exceed the limit": too_long_a_line,
    "unable to get local issuer certificate": lambda: no_handshake(properly, trusting=False),
    "self-signed certificate": self_signed,
    "Hostname mismatch": lambda: no_handshake(properly, name="shop.example"),
    "EOF occurred in violation of protocol": cut_off,
    "The operation did not complete (read)": nothing_of_tls_yet,
    "": interrupted,
    "name … is not defined": lambda: raised_by(eval, "anwser"),
}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the words and the first numbers are Linux's")


def complaints(row: Seen, error: BaseException) -> list[str]:
    """Where an error is another than its row says."""
    pattern = ".*".join(map(re.escape, row.says.split("…")))
    wrong = []
    if type(error).__name__ != row.name:
        wrong.append(f"it is {type(error).__name__}")
    if not re.search(pattern, str(error)):
        wrong.append(f"it says {error}")
    if row.numbers and getattr(error, "errno", None) != row.numbers[0]:
        wrong.append(f"its number is {getattr(error, 'errno', None)}")
    return wrong


@LINUX
@pytest.mark.parametrize("row", ERRORS, ids=lambda row: f"{row.name} {row.says}")
def test_an_error_says_what_the_page_has(row: Seen) -> None:
    assert complaints(row, PRODUCED[row.says]()) == []


def test_every_error_is_produced() -> None:
    assert [row.says for row in ERRORS] == list(PRODUCED)


def test_an_error_that_says_something_else_is_noticed() -> None:
    row = next(row for row in ERRORS if row.name == "ConnectionRefusedError")
    assert complaints(row, OSError(98, "Address already in use")) == [
        "it is OSError",
        "it says [Errno 98] Address already in use",
        "its number is 98",
    ]


@LINUX
def test_a_send_without_a_peer_says_something_else() -> None:
    (row,) = (row for row in ERRORS if row.says == "Transport endpoint is not connected")
    assert "On Linux `send` says `BrokenPipeError`" in row.elsewhere
    assert isinstance(with_a_socket(lambda s: s.send(b"x")), BrokenPipeError)


@LINUX
def test_what_is_wrong_with_the_bytes_is_told_apart() -> None:
    (row,) = (row for row in ERRORS if row.name == "UnicodeDecodeError")
    assert "invalid start byte" in row.what_to_do and "invalid start byte" in str(raised_by(b"Z\xfcrich".decode))
    assert "unexpected end of data" in row.what_to_do and "unexpected end of data" in str(raised_by(b"Z\xc3".decode))


# Results and waits ---------------------------------------------------------------------------------------------------


def received(*sent: bytes, most: int = 1024) -> bytes:
    with pair() as (client, conn):
        for each in sent:
            client.sendall(each)
        client.shutdown(socket.SHUT_WR)
        while sent and len(conn.recv(1024, socket.MSG_PEEK)) < sum(map(len, sent)):  # all of it is there
            pass
        return conn.recv(most)


def second_answer() -> str:
    with pair() as (client, conn):
        conn.sendall(b"x" * 3000)
        conn.sendall(b"next")
        client.recv(1024)
        return "the answer to the question before" if client.recv(1024) != b"next" else "its own"


FOUND: dict[str, Callable[[], str]] = {
    "b''": lambda: repr(received()),
    "b'he'": lambda: repr(received(b"hello", most=2)),
    "b'teamilk'": lambda: repr(received(b"tea", b"milk")),
    "the answer to the question before": second_answer,
    "ZÃ¼rich": lambda: "Zürich".encode().decode("latin-1"),
    "Z�rich": lambda: "Zürich".encode("latin-1").decode(errors="replace"),
    "\"b'hi'\"": lambda: repr(str(b"hi")),
    "nan": lambda: str(float(b"nan")),
}


@pytest.mark.parametrize("row", RESULTS, ids=lambda row: row.name)
def test_what_looks_odd_comes_about(row: Seen) -> None:
    assert FOUND[row.name]() == row.name
    assert not math.isfinite(float(b"nan"))


def test_all_that_looks_odd_is_tried() -> None:
    assert [row.name for row in RESULTS] == list(FOUND)


def test_two_that_wait_for_each_other_wait() -> None:
    assert "both ends wait in `recv`" in [row.name for row in WAITS]
    with pair() as (client, conn):
        for each in client, conn:  # before one of them waits: a call that waits keeps the timeout that it began with
            each.settimeout(SHORT)
        with beside(lambda: raised_by(conn.recv, 1)):
            assert isinstance(raised_by(client.recv, 1), TimeoutError)
    assert "both ends wait in `sendall`" in [row.name for row in WAITS]
    with pair() as (client, conn):
        for each in client, conn:
            each.settimeout(SHORT)
            assert isinstance(raised_by(each.sendall, bytes(50_000_000)), TimeoutError)


# States and pictures -------------------------------------------------------------------------------------------------


@LINUX
def test_the_kernel_has_these_states() -> None:
    found = set()
    with (
        listening() as listener,
        states(listener) as view,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as conn,
    ):
        found |= set(view.look().states.values())
        client.close()
        assert view.wait_for("server", "CLOSE_WAIT", PATIENCE) and view.wait_for("client", "FIN_WAIT2", PATIENCE)
        found |= set(view.look().states.values())
        conn.close()
        assert view.wait_for("client", "TIME_WAIT", PATIENCE)
        found |= set(view.look().states.values())
    with silent() as address, socket.socket() as s:
        s.setblocking(False)
        s.connect_ex(address)
        found |= {each.status for each in psutil.Process().net_connections("tcp") if each.fd == s.fileno()}
    assert found - {None} == set(STATES)


def test_a_mark_stands_in_the_picture_that_it_is_linked_to() -> None:
    for mark in MARKS:
        cell = stored().cell(mark.lesson, mark.cell)
        name = re.escape(mark.name).replace(re.escape("0.2"), r"[\d.]+")
        assert re.search(name, cell.shown) or (mark.name == "a band" and "The band is bytes" in cell.source), mark.name


# Where it is met -----------------------------------------------------------------------------------------------------


def test_each_row_is_linked_to_a_cell_that_a_reader_sees() -> None:
    assert [row for row in [*ERRORS, *RESULTS, *WAITS, *MARKS] if not stored().has(row.lesson, row.cell)] == []


IN_OTHER_WORDS = {
    "Cannot assign requested address": "the machine that has it",
    "Bad file descriptor": "A closed socket stays closed",
    "Transport endpoint is not connected": "it has no peer to send to",
    "Transport endpoint is already connected": "For another conversation you create another socket",
    "Message too long": "65,507",
    "Network is unreachable": '"unreachable"',
    "Permission denied": "only the administrator may open a port below 1024",
    "filedescriptor out of range in select()": "refuses descriptors above 1023",
    "coroutine … was never awaited": 'a coroutine "was never awaited"',
}
"""How a lesson tells of an error that it does not name."""


def is_told(row: Seen) -> bool:
    """Whether the lesson speaks of the error: by its name, in its words, or in others."""
    said = "\n".join(cell.source + cell.shown for cell in stored().cells if cell.lesson == row.lesson)
    names = [row.name, row.says.replace("…", "").strip(" :"), IN_OTHER_WORDS.get(row.says, "")]
    return any(name and name.casefold() in said.casefold() for name in names if name != "OSError")


def test_the_lesson_speaks_of_each_error() -> None:
    assert [row for row in ERRORS if not is_told(row)] == []
    assert not is_told(ERRORS[0]._replace(lesson=6))


def test_the_ill_are_those_of_the_clinic() -> None:
    page = seen.page(stored())
    for patient in symptoms().patients:
        assert (
            f"| {patient.symptom} | [{patient.illness}](19-the-clinic.ipynb#cell-id=p{patient.number}-chart) |" in page
        )
