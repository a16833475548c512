"""What cannot be a handler, or a program, is refused at once, with a sentence; what can be is not."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

import helpers
from tests.support.waiting import eventually


async def asynchronous(conn: Any, addr: Any) -> None: ...


async def stream(conn: Any, addr: Any) -> Any:
    yield


def generator(conn: Any, addr: Any) -> Any:
    yield


def one(conn: Any) -> None: ...


def three(conn: Any, addr: Any, more: Any) -> None: ...


class Calls:
    async def __call__(self, conn: Any, addr: Any) -> None: ...

    async def method(self, conn: Any, addr: Any) -> None: ...

    def plain(self, conn: Any, addr: Any) -> None: ...

    def short(self, conn: Any) -> None: ...

    @classmethod
    async def of_class(cls, conn: Any, addr: Any) -> None: ...


class Yields:
    def __call__(self, conn: Any, addr: Any) -> Any:
        yield


class Works:
    def __call__(self, conn: Any, addr: Any, more: int = 0) -> None: ...


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (asynchronous, "asyncio.start_server"),
        (functools.partial(asynchronous), "asyncio.start_server"),
        (functools.partial(functools.partial(Calls())), "asyncio.start_server"),
        (Calls(), "asyncio.start_server"),
        (Calls().method, "asyncio.start_server"),
        (Calls.of_class, "asyncio.start_server"),
        (stream, "async def with a yield"),
        (generator, "there is a yield in it"),
        (Yields(), "there is a yield in it"),
        (functools.partial(generator), "there is a yield in it"),
        (Calls, "is a class"),
        (one, r"one is one\(conn\)"),
        (three, r"three\(conn, addr, more\)"),
        (lambda: None, r"<lambda> is <lambda>\(\)"),
        (Calls().short, r"short\(conn\)"),
        (functools.partial(one, 1), "two arguments"),
        (8080, "This is the number 8080"),
        ("handler", "This is str"),
        (None, "This is NoneType"),
    ],
)
def test_a_handler_that_cannot_be_one(handler: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        helpers.Server(handler)


def wrapped(function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def call(*args: Any) -> None:
        function(*args[:1])

    return call


@pytest.mark.parametrize(
    "handler",
    [
        Works(), Calls().plain, functools.partial(three, more=1), functools.partial(three, 1), wrapped(one), print, mock.Mock(),
        lambda *args: None, lambda conn, addr=None: None, lambda conn, /, addr, *, more=1: None,
    ],
)  # fmt: skip
def test_a_handler_that_can(handler: Any) -> None:
    helpers.Server(handler)


def test_a_handler_that_turns_out_to_be_asynchronous() -> None:
    with helpers.Server(lambda conn, addr: asynchronous(conn, addr)) as server:
        with socket.create_connection(server.address or ()) as client:
            assert client.recv(1) == b""
        assert eventually(lambda: server.error and "asyncio.start_server" in server.error)
        server._errors = type(server._errors)()  # else it is printed


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (asynchronous, "asyncio.run"),
        (functools.partial(asynchronous, 1, 2), "asyncio.run"),
        (Calls(), "asyncio.run"),
        (stream, "async def with a yield"),
        (generator, "there is a yield in it"),
        (Calls, "is a class"),
        (one, r"called without arguments.*helpers.background\(lambda: one\(…\)\)"),
        (b"print()", "this is bytes"),
        (3, "this is int"),
        (None, "this is NoneType"),
    ],
)
@pytest.mark.parametrize("process", [False, True])
def test_a_program_that_cannot_be_one(code: Any, says: str, process: bool) -> None:
    with pytest.raises(TypeError, match=says):
        helpers.background(code, "p", process=process)


@pytest.mark.parametrize(
    "code", [functools.partial(one, 1), functools.partial(Calls().plain, 1, 2), print, mock.Mock(), lambda *args: None]
)
def test_a_program_that_can(code: Any) -> None:
    program = helpers.background(code, "p")
    assert program.wait(5) and program.error is None


def test_a_program_that_turns_out_to_be_asynchronous() -> None:
    program = helpers.background(lambda: asynchronous(1, 2), "p")
    assert program.wait(5) and program.error and "asyncio.run" in program.error


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"name": 3}, "name is what its window is called"), ({"typed": 3}, "list of lines"), ({"typed": "x"}, "one str")],
)
def test_what_else_a_program_is_given(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        helpers.background("pass", **{"name": "p", **wrong})


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        ((65431,), TypeError, "host='127.0.0.1', port=65431"),
        (("127.0.0.1", "65431"), TypeError, "a port, which is a number"),
        ((("127.0.0.1", 0),), TypeError, "a host, which is text"),
        (("127.0.0.1", 65536), ValueError, "from 0"),
        (("127.0.0.1", -1), ValueError, "from 0"),
    ],
)
def test_where_a_server_is_to_listen(wrong: tuple[Any, ...], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        helpers.EchoServer(*wrong)
    with pytest.raises(kind, match=says):
        helpers.Link(("127.0.0.1", 80), **dict(zip(("host", "port"), wrong, strict=False)))
