"""Sockets as those of a Python in a terminal: a block of the learner's process has them, and nobody else meanwhile."""

from __future__ import annotations

import os
import socket

import pytest

from helpers.running.programs import background
from helpers.sockets.reuse import as_in_a_terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no socket begins with the option on Windows")


def reuses() -> bool:
    with socket.socket() as s:
        return bool(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))


def test_a_block_has_sockets_without_the_option(each_kind_of_socket: str) -> None:
    assert reuses()
    with as_in_a_terminal():
        assert not reuses()
        with as_in_a_terminal():
            assert not reuses()
        assert not reuses()
        with socket.socket() as s:  # who sets it has it
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            assert s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    assert reuses()


def test_an_error_ends_the_block_as_well(each_kind_of_socket: str) -> None:
    with pytest.raises(ValueError), as_in_a_terminal():
        raise ValueError
    assert reuses()


def test_other_programs_keep_it(each_kind_of_socket: str) -> None:
    with as_in_a_terminal():
        program = background(
            "import socket\nwith socket.socket() as s:\n    print(s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) > 0)",
            name="other",
        )
        program.wait(10)
    assert program.output.strip() == "True"


def test_a_port_waits_with_its_connection(each_kind_of_socket: str) -> None:
    with as_in_a_terminal():
        with socket.create_connection(serve_one()) as client:
            assert client.recv(10) == b""
            address = client.getpeername()
        with socket.socket() as again, pytest.raises(OSError, match="in use"):
            again.bind(address)


def serve_one() -> tuple[str, int]:
    """Somebody who accepts a client, and closes first. Where that was."""
    program = background(serve_and_close, name="server")
    assert program.address is not None
    return program.address[0], program.address[1]


def serve_and_close() -> None:
    with as_in_a_terminal(), socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        conn, _ = listener.accept()
        conn.close()
