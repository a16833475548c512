"""Programs in processes of their own as on macOS and on Windows: nobody says who sleeps, nothing waits for a pipe, no signal comes from another process."""

from __future__ import annotations

import os
import socket

import pytest

import helpers
from helpers.running.processes import pipes
from tests.support.another_system.fixtures import SYSTEMS, as_on
from tests.support.waiting import eventually

SERVER = """
import socket
with socket.create_server(('127.0.0.1', 0)) as listener:
    conn, _ = listener.accept()
    with conn:
        while data := conn.recv(100):
            conn.sendall(data)
    print('hello', input('name? '))
    try:
        listener.accept()
    finally:
        print('goodbye')
"""
SLEEPER = "import time\ntry: time.sleep(60)\nfinally: print('goodbye')"


@pytest.mark.parametrize("on", SYSTEMS)
def test_a_program_in_a_process_of_its_own(on: str) -> None:
    with as_on(on):
        server = helpers.background(SERVER, "server.py", process=True)
        assert server.address, server.error
        with helpers.watch() as recording, socket.create_connection(server.address) as s:
            s.sendall(b"hello")
            assert s.recv(5) == b"hello"
        assert eventually(lambda: server.has_asked)
        server.type("you")
        assert eventually(lambda: "hello you" in server.output)
        server.stop()
    (talk,) = recording.conversations
    assert [(sent and sent.call, received and received.call, size) for sent, received, size in talk.flows] == [
        ("sendall", "recv", 5)
    ] * 2
    assert server.output == "name? you\nhello you\ngoodbye\n" and server.error is None


@pytest.mark.parametrize("on", SYSTEMS)
def test_a_program_that_sleeps_says_goodbye(on: str) -> None:
    with as_on(on):
        sleeper = helpers.background(SLEEPER, "sleeper.py", process=True)
        sleeper.stop()
    assert sleeper.output == "goodbye\n" and sleeper.error is None and sleeper.status == "stopped"


def test_a_pipe_is_looked_into_until_there_is_something() -> None:
    there, here = os.pipe()
    looks: list[int] = []

    def holds(fd: int) -> bool:
        looks.append(fd)
        if len(looks) == 3:
            os.write(here, b"x")
        return pipes.is_readable(fd)

    try:
        assert not pipes.in_turns(there, 0, holds) and len(looks) == 1
        assert pipes.in_turns(there, 60, holds) and len(looks) == 3
        assert os.read(there, 1) == b"x" and not pipes.in_turns(there, 0.01, holds)
    finally:
        os.close(there)
        os.close(here)
