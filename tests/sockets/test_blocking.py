"""Every method of a socket that blocks: a recording tells of it, it counts as rest, and a program in it is stopped at once."""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

import pytest

import helpers
from helpers.running import program as programs
from helpers.running.rest import wait_for_rest
from helpers.sockets.blocking import METHODS, examine
from helpers.sockets.plain import Plain
from helpers.sockets.traced import Socket
from helpers.sockets.waiting import calls_under_way
from tests.support.stopping import start, stops_within_promise
from tests.support.waiting import eventually

DO_NOT_BLOCK = {
    # What it is, and what it is set to:
    "family", "type", "proto", "timeout", "fileno", "getsockname", "getpeername", "getsockopt", "setsockopt",
    "gettimeout", "settimeout", "getblocking", "setblocking", "get_inheritable", "set_inheritable",
    # The system does these at once, and waits for nobody (`close` does if SO_LINGER says so, for as long as that says):
    "bind", "listen", "shutdown", "close",
    # These hand the descriptor on; what is made of it blocks through the methods below:
    "dup", "detach", "makefile",
    "ioctl", "share",  # Windows
    "sendmsg_afalg",  # Linux: the peer is the kernel's own cryptography
}  # fmt: skip

SENT = 5_000_000
"""Bytes: more than the system takes at once."""


class Blocked(NamedTuple):
    """A program that is blocked in a method of `sock`."""

    setup: str
    call: str
    asked: int = 0
    """What the recording says for how many bytes it asked, or how many it was given."""
    told_as: str = ""
    """By the name of another method; "": by its own."""


LISTENING = "sock = socket.create_server(('127.0.0.1', 0))"
CONNECTED = "sock, peer = socket.socketpair()"
DATAGRAM = "sock = socket.socket(type=socket.SOCK_DGRAM); sock.bind(('127.0.0.1', 0))"
TCP = """
listener = socket.create_server(('127.0.0.1', 0)); address = listener.getsockname()
sock = socket.create_connection(address)"""
UNANSWERED = """
listener = socket.socket(); listener.bind(('127.0.0.1', 0)); listener.listen(0); address = listener.getsockname()
waiting = [socket.socket() for _ in range(3)]
for each in waiting: each.setblocking(False); each.connect_ex(address)
sock = socket.socket()"""

BLOCKED = {
    "accept": Blocked(LISTENING, "sock.accept()"),
    "recv": Blocked(CONNECTED, "sock.recv(7)", 7),
    "recv_into": Blocked(CONNECTED, "sock.recv_into(bytearray(7))", 7),
    "recvfrom": Blocked(DATAGRAM, "sock.recvfrom(7)", 7),
    "recvfrom_into": Blocked(DATAGRAM, "sock.recvfrom_into(bytearray(9), 7)", 7),
    "send": Blocked(CONNECTED, f"while True: sock.send(b'x' * {SENT})", SENT),
    "sendall": Blocked(CONNECTED, f"while True: sock.sendall(b'x' * {SENT})", SENT),
    "sendfile": Blocked(CONNECTED, f"import io; sock.sendfile(io.BytesIO(b'x' * {SENT}))", 8192, told_as="send"),
}
if hasattr(Plain, "sendmsg"):  # not on Windows
    BLOCKED["recvmsg"] = Blocked(CONNECTED, "sock.recvmsg(7)", 7)
    BLOCKED["recvmsg_into"] = Blocked(CONNECTED, "sock.recvmsg_into([bytearray(3), bytearray(4)])", 7)
    BLOCKED["sendmsg"] = Blocked(CONNECTED, f"while True: sock.sendmsg([b'x' * {SENT}, bytearray(7)])", SENT + 7)
if sys.platform == "linux":  # what it takes to make these wait differs elsewhere
    BLOCKED["connect"] = Blocked(UNANSWERED, "sock.connect(address)")
    BLOCKED["connect_ex"] = Blocked(UNANSWERED, "sock.connect_ex(address)")
    BLOCKED["sendto"] = Blocked(TCP, f"while True: sock.sendto(b'x' * {SENT}, address)", SENT)

NEEDS_LINUX = {"connect", "connect_ex", "sendto"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of these programs never listen: their start need not wait for it."""
    monkeypatch.setattr(programs, "PATIENCE", 0.02)


def test_every_method_is_known_to_block_or_not_to() -> None:
    """A newer Python may have more of them."""
    methods = {name for name in dir(Plain) if not name.startswith("_")}
    assert methods - DO_NOT_BLOCK == set(BLOCKED) | (methods & NEEDS_LINUX)
    assert {method.name for method in METHODS if hasattr(Plain, method.name)} == methods - DO_NOT_BLOCK - {"sendfile"}


@pytest.mark.usefixtures("each_kind_of_socket")
@pytest.mark.parametrize("timeout", [None, 60])
@pytest.mark.parametrize("method", BLOCKED)
def test_whoever_is_blocked_is_told_of_rests_and_is_stopped(method: str, timeout: float | None) -> None:
    blocked = BLOCKED[method]
    told_as = blocked.told_as or method
    code = f"{blocked.setup}\nsock.settimeout({timeout})\n{blocked.call}"
    with helpers.watch() as recording:
        program = start(code, method)
        assert eventually(lambda: told_as in [entry.call for entry in calls_under_way()]), program.error
        begun = time.monotonic()
        wait_for_rest(30)
        assert time.monotonic() - begun < 15, "it does not count as rest"
    (event,) = [event for event in recording.events if event.ended is None]
    assert (event.call, event.asked, event.program) == (told_as, blocked.asked, method)
    stops_within_promise(lambda: start(code, method))


def test_a_method_that_is_not_as_the_table_says_is_an_error_at_once() -> None:
    """Not a recording that says less, later."""
    (recv,) = [method for method in METHODS if method.name == "recv"]

    class Renamed(Socket):
        def recv(self, size: int, flags: int = 0, /) -> bytes:
            begun = time.perf_counter()
            return self._recv(size, flags) if begun else b""

    class Elsewhere(Socket):
        def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
            begun = time.perf_counter()
            return Plain.recv(self, bufsize, flags) if begun else b""

    with pytest.raises(TypeError, match=r"Renamed\.recv .* has no local variable 'bufsize'"):
        examine([recv], traced=Renamed)
    with pytest.raises(TypeError, match=r"Elsewhere\.recv .* never calls '_recv'"):
        examine([recv], traced=Elsewhere)
    with pytest.raises(TypeError, match="defines no method '_recv'"):
        examine([recv], polling=Renamed)
    with pytest.raises(TypeError, match="has no local variable 'number'"):
        examine([recv._replace(asked="number")])
    with pytest.raises(TypeError, match="never calls '_receive'"):
        examine([recv._replace(waits_in="_receive")])
