"""What somebody else puts in the place of the standard library's stays there, also when programs start."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import helpers
from helpers.running.install import install, uninstall


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    install()
    kept = [
        (where, name, getattr(where, name))
        for where, name in ((socket, "socket"), (time, "sleep"), (threading.Thread, "start"), (socket, "create_server"))
    ]
    yield
    for where, name, value in kept:
        setattr(where, name, value)


def test_a_class_of_somebody_elses_stays_in_the_place_of_socket() -> None:
    made: list[str] = []

    class Mine(socket.socket):
        def connect(self, address: Any) -> None:
            made.append("connects")
            super().connect(address)

    socket.socket = Mine  # type: ignore[misc]
    with helpers.EchoServer() as server, socket.create_connection(server.address or ("", 0)) as client:
        assert type(client) is Mine and made == ["connects"]
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"
    helpers.background("pass", "another").wait(10)
    assert socket.socket is Mine
    uninstall()
    assert socket.socket is Mine


def test_in_a_program_too() -> None:
    source = """
import socket
class Mine(socket.socket):
    pass
plain = socket.socket
socket.socket = Mine
try:
    with socket.create_server(('127.0.0.1', 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        import threading
        threading.Thread(target=print, args=('a thread',)).start()
        print(type(client) is Mine, socket.socket is Mine)
finally:
    socket.socket = plain
"""
    program = helpers.background(source, "patches.py")
    assert program.wait(5) and program.error is None and "True True\n" in program.output


def test_functions_of_somebody_elses_stay() -> None:
    slept: list[float] = []
    plain, ours = threading.Thread.start, time.sleep

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        ours(0)

    def start(self: threading.Thread) -> None:
        slept.append(0)
        plain(self)

    time.sleep = sleep  # type: ignore[assignment]
    threading.Thread.start = start  # type: ignore[method-assign]
    program = helpers.background(
        "import time, threading\ntime.sleep(7)\nt = threading.Thread(target=print, args=(1,))\nt.start(); t.join()",
        "sleeps",
    )
    assert program.wait(5) and program.output == "1\n" and 7 in slept and 0 in slept
    install()
    uninstall()
    assert (time.sleep, threading.Thread.start) == (sleep, start)
