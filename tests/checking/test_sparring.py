"""A judge for a server of the learner's own: an attack is tried in the notebook, with the same verdicts as in a check."""

from __future__ import annotations

import socket
import time

import pytest

import helpers
from helpers import exercises
from helpers.exercises.lesson20.attacker import servers
from tests.checking.test_exercises import function

attack = function(exercises.find("attack").solution, "attack")


def run(serve: object) -> None:
    """The solution, on this server."""

    def program() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serve(listener)  # type: ignore[operator]

    running = helpers.background(program, name="sparring partner")
    try:
        attack(helpers.sparring(running))
    finally:
        running.stop()


@pytest.mark.slow
def test_a_right_server_of_ones_own_is_spared() -> None:
    run(servers.threads)


@pytest.mark.slow
@pytest.mark.parametrize("serve", [servers.takes_pieces_for_lines, servers.one_at_a_time, servers.believes_send])
def test_a_wrong_one_falls(serve: object) -> None:
    with pytest.raises((AssertionError, OSError)):
        run(serve)


def test_where_nothing_will_come_nobody_waits() -> None:
    with helpers.Server(lambda conn, addr: conn.recv(100)) as server:
        judge = helpers.sparring(server)
        with judge.connect() as s:
            begun = time.monotonic()
            with pytest.raises(TimeoutError, match="the server rests"):
                s.recv(100)
            assert time.monotonic() < begun + 5


def test_what_comes_in_pieces_is_received_whole_where_that_is_asked_for() -> None:
    def in_two(conn: socket.socket, addr: object) -> None:
        for piece in b"ab", b"cd", b"e":
            conn.sendall(piece)
            conn.recv(1)

    with helpers.Server(in_two) as server, helpers.sparring(server).connect() as s:
        s.sendall(b"123")
        assert s.recv(4, socket.MSG_WAITALL) == b"abcd"
        buffer = bytearray(4)
        assert s.recv_into(buffer, 0, socket.MSG_WAITALL) == 1
        assert buffer[:1] == b"e"


def test_a_socket_that_does_not_wait_does_not() -> None:
    with helpers.Server(lambda conn, addr: conn.recv(100)) as server, helpers.sparring(server).connect() as s:
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.recv(100)
        s.settimeout(0.01)
        with pytest.raises(TimeoutError):
            s.recv(100)


def test_what_is_no_server_is_said_so() -> None:
    with pytest.raises(TypeError, match="sparring takes a program or a server"):
        helpers.sparring(("127.0.0.1", 80))
    program = helpers.background("x = 1", name="no server")
    try:
        with pytest.raises(RuntimeError, match="does not listen"):
            helpers.sparring(program)
    finally:
        program.stop()


def test_what_came_before_the_server_rested_was_not_waited_for() -> None:
    with helpers.EchoServer() as server, helpers.watch() as recording, helpers.sparring(server).connect() as s:
        s.sendall(b"tea")
        helpers.sparring(server).rest()
        s.recv(100)
    (said,) = [line for line in recording.describe().splitlines() if line.startswith("client: recv(100)")]
    assert "had to wait" not in said
