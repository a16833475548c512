"""What a learner's code gets is what the plain socket gives."""

from __future__ import annotations

import array
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest

import helpers
from helpers.sockets.plain import Plain
from helpers.sockets.traced import is_traced
from tests.support.connections import ANY

Work = Callable[[Any, Any], Any]


def outcome(work: Work, kind: type[socket.socket]) -> tuple[Any, float]:
    """What came of `work` between two sockets of this kind, and how long it took."""
    with socket.create_server(ANY) as listener, kind(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.connect(listener.getsockname())
        with kind(fileno=listener.accept()[0].detach()) as other:
            other.settimeout(5)
            begun = time.perf_counter()
            try:
                result = work(one, other)
            except OSError as error:
                result = type(error), error.errno, str(error)
            except Exception as error:
                result = type(error)
            return result, time.perf_counter() - begun


def refused(method: str, *args: Any) -> Work:
    return lambda one, _: getattr(one, method)(*args)


def sent(data: Any) -> Work:
    def work(one: Any, other: Any) -> Any:
        result = one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        received = b""
        while piece := other.recv(1000):
            received += piece
        return result, received

    return work


MUCH = b"x" * 20_000_000
TRIES = 5
"""Times that both are tried at most: a busy machine makes one of them late, a fault does so each time."""


def timed_out(one: Any, other: Any) -> Any:
    one.settimeout(0.2)
    one.sendall(MUCH)


def not_blocking(one: Any, other: Any) -> Any:
    one.setblocking(False)
    one.sendall(MUCH)


def flags(one: Any, other: Any) -> Any:
    one.sendall(b"hello")
    return other.recv(3, socket.MSG_PEEK), other.recv(5, socket.MSG_WAITALL)


def connects(
    to: Callable[[socket.socket], Any], timeout: float | None = None, method: str = "connect_ex", times: int = 1
) -> Work:
    """A socket of the kind that is tried connects to an address, several times: what each call returns."""

    def work(one: socket.socket, _: object) -> Any:
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(Plain())
            listener.bind(ANY)
            address = to(listener)
            for _ in range(3 if to is unanswered else 0):
                waiting = stack.enter_context(Plain())
                waiting.setblocking(False)
                waiting.connect_ex(address)
            client = stack.enter_context(type(one)())
            client.settimeout(timeout)
            found = [getattr(client, method)(address) for _ in range(times)]
            assert client.gettimeout() == timeout
            return found

    return work


def listening(listener: socket.socket) -> Any:
    listener.listen()
    return listener.getsockname()


def unanswered(listener: socket.socket) -> Any:
    """Where a client waits for an answer, once others fill the backlog. (On Linux; elsewhere it may be refused, or connect.)"""
    listener.listen(0)
    return listener.getsockname()


def nobody(listener: socket.socket) -> Any:
    return listener.getsockname()


def closed(one: socket.socket, other: socket.socket) -> Any:
    one.close()
    return one.connect_ex(other.getsockname())


def after_close(method: str, *args: Any) -> Work:
    """A call on a socket that is closed."""

    def call(one: socket.socket, other: socket.socket) -> Any:
        one.close()
        return getattr(one, method)(*args)

    return call


CLOSED: dict[str, Work] = {
    f"{method}, closed": after_close(method, *args)
    for method, *args in (
        ("accept",), ("bind", ANY), ("connect", ANY), ("listen",), ("recv", 1), ("recv_into", bytearray(1)), ("recvfrom", 1), ("recvfrom_into", bytearray(1)),
        ("send", b"x"), ("sendall", b"x"), ("sendto", b"x", ANY), ("shutdown", 2), ("getsockname",), ("dup",),
    )
}  # fmt: skip

SEMANTICS: dict[str, Work] = {
    **CLOSED,
    "sendall(str)": refused("sendall", "text"),
    "sendall()": refused("sendall"),
    "sendall(None)": refused("sendall", None),
    "sendall(strided)": refused("sendall", memoryview(b"abcdef")[::2]),
    "send(str)": refused("send", "text"),
    "recv(-1)": refused("recv", -1),
    "recv(str)": refused("recv", "1"),
    "recv_into(bytes)": refused("recv_into", b"immutable"),
    "recv_into(too many)": refused("recv_into", bytearray(1), 2),
    "recv(0)": refused("recv", 0),
    "sendto(nothing)": refused("sendto", b"x"),
    "bind(wrong)": refused("bind", "nowhere"),
    "bind()": refused("bind"),
    "connect()": refused("connect"),
    "connect_ex()": refused("connect_ex"),
    "connect again": lambda one, other: [one.connect(other.getsockname()) for _ in range(2)],
    "connect_ex": connects(listening),
    "connect_ex with a timeout": connects(listening, 5),
    "connect_ex without blocking": connects(listening, 0),
    "connect_ex, and nobody listens": connects(nobody),
    "connect_ex with a timeout, and nobody listens": connects(nobody, 5),
    "connect_ex that times out, again and again": connects(unanswered, 0.05, times=3),
    "connect_ex that gets no answer, without blocking": connects(unanswered, 0, times=2),
    "connect_ex(wrong)": refused("connect_ex", "nowhere"),
    "connect_ex again": lambda one, other: [one.connect_ex(other.getsockname()) for _ in range(2)][-1],
    "connect_ex, closed": closed,
    "connect that times out": connects(unanswered, 0.05, "connect"),
    "connect that gets no answer, without blocking": connects(unanswered, 0, "connect"),
    "listen(str)": refused("listen", "5"),
    "shutdown(7)": refused("shutdown", 7),
    "sendmsg(None)": refused("sendmsg", None) if hasattr(socket.socket, "sendmsg") else refused("send", None),
    "sendmsg([str])": refused("sendmsg", ["a"]) if hasattr(socket.socket, "sendmsg") else refused("send", None),
    "sendall(bytes)": sent(b"hello"),
    "sendall(empty)": sent(b""),
    "sendall(empty bytearray)": sent(bytearray()),
    "sendall(bytearray)": sent(bytearray(b"hello" * 1000)),
    "sendall(memoryview)": sent(memoryview(b"hello")[1:]),
    "sendall(array)": sent(array.array("i", [1, 2, 3])),
    "sendall with a timeout": timed_out,
    "sendall without blocking": not_blocking,
    "flags": flags,
}


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.usefixtures("each_kind_of_socket")
def test_a_traced_socket_does_what_a_plain_one_does(watched: bool) -> None:
    found, expected = {}, {}
    for what, work in SEMANTICS.items():
        for _ in range(TRIES):
            expected[what], took = outcome(work, Plain)
            with helpers.watch() if watched else contextlib.nullcontext():
                found[what], traced_took = outcome(work, socket.socket)
            if abs(traced_took - took) < 0.15:
                break
        else:
            pytest.fail(f"{what}: it took {traced_took:.2f} s, and a plain one {took:.2f}")
    assert found == expected


def test_a_plain_socket_is_a_socket_still() -> None:
    """One that was made before the helpers were loaded, and what `ssl` makes of the plain class."""
    with Plain(socket.AF_INET, socket.SOCK_STREAM) as before, socket.socket() as after:
        assert isinstance(before, socket.socket) and isinstance(after, socket.socket)
        assert not isinstance(before, type("Mine", (socket.socket,), {})) and not isinstance(object(), socket.socket)
        assert issubclass(ssl.SSLSocket, socket.socket) and not issubclass(int, socket.socket)
        assert is_traced(after) and not is_traced(before)
