"""What macOS and Windows do in another way than Linux, each as their documentation has it: sockets, selectors and loops meet it."""

from __future__ import annotations

import asyncio
import errno
import select
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

import helpers
from helpers.running.install import install
from helpers.running.rest import wait_for_rest
from helpers.sockets import advice, kernel, loops, registry
from helpers.sockets.plain import Plain, break_off, error_of, is_ready, plain_select
from helpers.sockets.waking import is_knock
from tests.support.another_system.fixtures import SYSTEMS, as_on
from tests.support.another_system.likeness import MAC, WINDOWS
from tests.support.connections import connected
from tests.support.stopping import start, stops_within_promise

ACCEPTS = "with socket.create_server(('{host}', 0)) as listener: listener.accept()"
SELECTS = """
import selectors
with selectors.DefaultSelector() as selector, socket.create_server(('{host}', 0)) as listener:
    selector.register(listener, selectors.EVENT_READ)
    while True: selector.select()"""


@pytest.fixture
def windows() -> Iterator[None]:
    with as_on(WINDOWS):
        install()
        yield


# Whoever is waked by a visitor


@pytest.mark.parametrize("program", [ACCEPTS, SELECTS], ids=["accept", "selector"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])
@pytest.mark.parametrize("on", [MAC, WINDOWS])
def test_a_server_at_any_address_is_stopped(on: str, host: str, program: str) -> None:
    with as_on(on):
        stops_within_promise(lambda: start(program.format(host=host), "server"))


@pytest.mark.parametrize("on", SYSTEMS)
def test_whoever_comes_to_wake_a_server_is_no_client(on: str) -> None:
    with as_on(on):
        server = helpers.EchoServer().start()
        with helpers.watch() as recording:
            server.stop()
            program = start(ACCEPTS.format(host="127.0.0.1"), "server")
            program.stop()
        assert server.log == []
        assert not recording.conversations, recording.conversations


def test_another_client_with_the_address_of_a_visitor_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from helpers.sockets import waking

    monkeypatch.setattr(waking, "_knocks", {("127.0.0.1", 50_000): time.monotonic() - 60})
    assert not is_knock(("127.0.0.1", 50_000)) and not is_knock(("127.0.0.1", 50_001))


# Options


def test_linger_is_known_by_whatever_number_the_system_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """BSD's answer is not 1, but the option's bit."""
    install()
    monkeypatch.setattr(Plain, "getsockopt", lambda self, *_: b"\x80\0\0\0\0\0\0\0", raising=False)
    with connected() as (client, conn), helpers.watch() as recording:
        client.close()
        conn.close()
    closes = [event.reset for event in recording.events if event.call == "close"]
    assert closes == [True, True]


def test_a_client_that_is_gone_before_a_link_takes_it_ends_no_link() -> None:
    """macOS takes no options for such a connection: EINVAL."""
    with as_on(MAC), helpers.EchoServer() as server, helpers.Link(server.address) as link:  # type: ignore[arg-type]
        for _ in range(5):
            gone = Plain()
            gone.connect(link.address)  # type: ignore[arg-type]
            break_off(gone)
        with socket.create_connection(link.address) as s:  # type: ignore[arg-type]
            s.sendall(b"hello")
            assert s.recv(5) == b"hello"
        assert link.error is None


def test_errors_are_of_the_class_that_belongs_to_their_code() -> None:
    assert isinstance(error_of(errno.ECONNREFUSED), ConnectionRefusedError)
    assert error_of(errno.ECONNREFUSED).errno == errno.ECONNREFUSED


# Pairs that Python makes


@pytest.mark.usefixtures("windows")
def test_a_pair_that_python_makes_of_two_clients_is_told_as_a_pair() -> None:
    with helpers.watch() as recording:
        one, other = socket.socketpair()
        with one, other:
            one.sendall(b"hello")
            assert other.recv(5) == b"hello"
    assert {event.call for event in recording.events} == {"socketpair", "sendall", "recv", "close"}
    (talk,) = recording.conversations
    assert [size for _, _, size in talk.flows] == [5]


@pytest.mark.usefixtures("windows")
def test_the_pair_that_wakes_a_loop_is_nobodys_conversation() -> None:
    with helpers.watch() as recording:
        asyncio.SelectorEventLoop().close()
    assert not recording.events


# Windows: select


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    "program",
    [
        "import select\na, b = socket.socketpair()\nwhile True: select.select([a], [], [])",
        "import select\na, b = socket.socketpair()\nselect.select([a], [], [], 60)",
        "import selectors\na, b = socket.socketpair()\ns = selectors.DefaultSelector(); s.register(a, selectors.EVENT_READ); s.select()",
    ],
    ids=["select", "with a timeout", "selectors"],
)
def test_a_select_that_nothing_wakes_is_stopped(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plain, "shutdown", lambda self, how: None)  # which need not wake a select there
    stops_within_promise(lambda: start(program, "waits"))


@pytest.mark.usefixtures("windows")
def test_select_does_what_the_plain_one_does() -> None:
    def done(call: Any, *args: Any) -> object:
        try:
            return call(*args)
        except Exception as error:
            return type(error), str(error)

    with connected() as (one, other):
        one.send(b"x")
        assert is_ready(other, reading=True, seconds=5)
        for args in [
            ([other], [other], [], None),
            (iter([other]), [], [], 1),
            ([one], [], [], 0),
            ([one], [], [], 0.01),
            ([], [], [one], -1),
            ([one], [], [], "soon"),
            (1, [], []),
            (),
            ([None], [], [], 1),
        ]:
            assert done(select.select, *map(again, args)) == done(plain_select, *map(again, args)), args
        begun = time.monotonic()
        assert select.select([one], [], [], 0.7) == ([], [], [])  # more than one turn
        assert 0.65 < time.monotonic() - begun < 5


def again(argument: Any) -> Any:
    """The same argument for another call."""
    return argument if not hasattr(argument, "__next__") else list(argument.__reduce__()[1][0])


@pytest.mark.usefixtures("windows")
def test_whoever_waits_in_select_is_at_rest_until_something_comes() -> None:
    with connected() as (one, other), selectors.DefaultSelector() as selector:
        selector.register(other, selectors.EVENT_READ)
        thread = threading.Thread(target=selector.select)
        thread.start()
        begun = time.monotonic()
        wait_for_rest(5, lambda: {thread.ident or 0})
        assert time.monotonic() - begun < 4
        one.send(b"x")
        thread.join()


@pytest.mark.usefixtures("windows")
def test_a_link_that_holds_bytes_back_is_not_at_rest() -> None:
    """There a selector's `select` is made of several functions: the loop is found above them."""
    with (
        helpers.EchoServer() as server,
        helpers.Link(server.address, latency=0.03) as link,  # type: ignore[arg-type]
        socket.create_connection(link.address) as s,  # type: ignore[arg-type]
    ):
        s.sendall(b"hello")
        assert s.recv(5) == b"hello"
        with helpers.watch() as recording:
            s.sendall(b"again")
    answers = [event.data for event in recording.events if event.call == "sendall" and event.program == "EchoServer"]
    assert answers == [b"again"]


# Windows: loops of asyncio

ECHO = """
import asyncio
async def echo(reader, writer):
    while data := await reader.read(100):
        writer.write(data)
        await writer.drain()
    writer.close()
async def main():
    async with await asyncio.start_server(echo, '127.0.0.1', 0) as server: await server.serve_forever()
asyncio.run(main())"""


def test_on_windows_a_loop_is_one_whose_sockets_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def overlapped() -> Any:
        raise AssertionError("a loop whose bytes nobody sees")

    monkeypatch.setattr(asyncio.events, "new_event_loop", overlapped)
    with as_on(WINDOWS):
        program = start(ECHO, "loop.py")
        assert program.address, program.error
        with helpers.watch() as recording, socket.create_connection(program.address) as s:
            s.sendall(b"hello")
            assert s.recv(5) == b"hello"
        program.stop()
    (talk,) = recording.conversations
    assert all(sent and received for sent, received, _ in talk.flows) and len(talk.flows) == 2
    loops.uninstall()
    assert asyncio.new_event_loop is loops.plain_new_event_loop


# What the kernel says


@pytest.mark.parametrize("error", [psutil.AccessDenied(), OSError(102, "Operation not supported on socket")])
def test_the_list_is_had_though_looking_at_a_socket_that_is_being_closed_fails(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """github.com/giampaolo/psutil/issues/1512 and 1901."""
    plain, left = psutil.Process.net_connections, [error, error]

    def fails_at_first(self: Any, kind: str) -> Any:
        if left:
            raise left.pop()
        return plain(self, kind)

    monkeypatch.setattr(psutil.Process, "net_connections", fails_at_first)
    with as_on(MAC), Plain() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        found, missing = kernel.tcp_sockets()
    assert "only the sockets of this process" in missing
    assert [each.state for each in found if each.local[1] and each.state == "LISTEN"]


def test_where_nothing_can_be_listed_nothing_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> Any:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "net_connections", denied)
    with as_on(MAC):
        assert kernel.tcp_sockets()[0] == []
        install()
        with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as s, pytest.raises(OSError) as caught:
            s.bind(taken.getsockname())
    monkeypatch.undo()
    assert "held by" in caught.value.__notes__[0]


def test_a_number_of_a_socket_is_none_of_a_file_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", WINDOWS)
    with connected() as (one, other):
        assert (
            registry.identity(one.fileno())
            == (one.getsockname(), one.getpeername())
            != registry.identity(other.fileno())
        )
    with Plain() as alone:
        assert registry.identity(alone.fileno()) is None
    assert registry.identity(0) is None


@pytest.mark.parametrize(
    ("platform", "address", "words"),
    [
        (WINDOWS, ("127.0.0.1", 65431), "excludedportrange"),
        ("linux", ("127.0.0.1", 80), "Ports below 1024"),
        (MAC, ("127.0.0.1", 65431), ""),
        ("linux", "/a/path", ""),
    ],
)
def test_a_port_that_nobody_may_have(monkeypatch: pytest.MonkeyPatch, platform: str, address: Any, words: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    text = advice.forbidden(address)
    assert words in text and bool(text) == bool(words)
    install()
    monkeypatch.setattr("helpers.sockets.traced.forbidden", lambda *_: text)

    def denied(self: Any, *_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Plain, "bind", denied, raising=False)
    with socket.socket() as s, pytest.raises(PermissionError) as caught:
        s.bind(address)
    assert getattr(caught.value, "__notes__", []) == ([text] if text else [])
