"""An address that is taken: the note says by what. One of our own sockets, another program, a connection that has ended, the file of a socket that has gone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import helpers
from helpers.sockets import holders
from helpers.sockets.plain import plain_socket

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="what the kernel lists, and what it lets bind, is Linux's here"
)
MAIN = sys.modules["__main__"]


def note_of(call: Any) -> str:
    """The note on the error that `call` raises."""
    with pytest.raises(OSError) as caught:
        call()
    (note,) = caught.value.__notes__
    return str(note)


def bind(address: Any, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET, reuse: bool = True) -> None:
    with socket.socket(family, kind) as s:
        if not reuse:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        s.bind(address)


@contextmanager
def another_program(code: str) -> Iterator[str]:
    """A Python of its own that runs `code` until the block ends; what it printed first."""
    program = [sys.executable, "-c", "import socket, sys\n" + code + "\nsys.stdin.read()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        yield process.stdout.readline().strip()
        process.stdin.close()


def conversation(reuse: bool) -> tuple[Any, socket.socket, socket.socket]:
    """The address of a server that listens no more, its end of a connection, and the client's."""
    with socket.socket() as listener, socket.socket() as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        return listener.getsockname(), conn, client.dup()


# Our own -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "", "0.0.0.0", "localhost"])
def test_a_variable_is_named(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(MAIN, "listener", listener, raising=False)
        port = listener.getsockname()[1]
        assert "your own socket `listener`" in note_of(lambda: bind((host, port)))
        assert "`listener.close()`" in note_of(lambda: socket.create_server((host, port)))


def test_an_item_and_an_attribute_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shop:
        def __init__(self, door: socket.socket) -> None:
            self.door = door

    with socket.create_server(("127.0.0.1", 0)) as one:
        monkeypatch.setattr(MAIN, "doors", [None, one], raising=False)
        assert "`doors[1]`" in note_of(lambda: bind(one.getsockname()))
        monkeypatch.delattr(MAIN, "doors")
        monkeypatch.setattr(MAIN, "shop", Shop(one), raising=False)
        assert "`shop.door`" in note_of(lambda: bind(one.getsockname()))


def test_a_socket_without_a_name_is_ours_all_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert "no variable of the notebook names" in note_of(lambda: bind(listener.getsockname()))


def test_a_socket_that_is_bound_and_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as early:
        monkeypatch.setattr(MAIN, "early", early, raising=False)
        early.bind(("127.0.0.1", 0))
        assert "`early`" in note_of(lambda: bind(early.getsockname(), reuse=False))


@LINUX
def test_whoever_listens_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sockets share an address, until one of them listens."""
    with socket.socket() as first, socket.socket() as second:
        monkeypatch.setattr(MAIN, "first", first, raising=False)
        first.bind(("127.0.0.1", 0))
        second.bind(first.getsockname())
        first.listen()
        assert "`first`" in note_of(second.listen)


def test_an_open_connection_keeps_the_port_of_its_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    address, conn, client = conversation(reuse=False)
    with conn, client:
        monkeypatch.setattr(MAIN, "conn", conn, raising=False)
        assert "your own socket `conn`" in note_of(lambda: bind(address))


def test_a_server_and_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with helpers.EchoServer() as server:
        monkeypatch.setattr(MAIN, "server", server, raising=False)
        note = note_of(lambda: bind(server.address))
        assert "'EchoServer', which runs in this notebook" in note and "`server.stop()`" in note


def test_a_program_that_binds_twice() -> None:
    def twice() -> None:
        with socket.create_server(("127.0.0.1", 0)) as door, socket.socket() as again:
            again.bind(door.getsockname())

    program = helpers.background(twice)
    program.wait(10)
    assert program.error and "This program itself holds" in program.error
    program.stop()


# Others' -----------------------------------------------------------------------------------------------------------------

LISTENS = "s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)"
BOUND = "s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)"


@LINUX
def test_another_program() -> None:
    with another_program(LISTENS) as port:
        note = note_of(lambda: bind(("127.0.0.1", int(port))))
    assert note.startswith("Another program on this computer holds 127.0.0.1 port") and "(process " in note


@LINUX
def test_another_program_that_does_not_listen() -> None:
    with another_program(BOUND) as port:
        note = note_of(lambda: bind(("127.0.0.1", int(port))))
    assert "another program has bound it and does not listen yet" in note


def test_a_system_that_does_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "tcp_sockets", lambda: ([], "Only this process's."))
    with another_program(LISTENS) as port:
        note = note_of(lambda: socket.create_server(("127.0.0.1", int(port))))
    assert "Either another program" in note and "TIME_WAIT" in note and "does not show which" in note


def test_a_socket_that_the_helpers_do_not_know() -> None:
    with plain_socket() as untraced:
        untraced.bind(("127.0.0.1", 0))
        untraced.listen()
        note = note_of(lambda: bind(untraced.getsockname()))
    assert "This notebook's own Python" in note


def test_datagrams(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine, socket.create_server(("127.0.0.1", 0)) as stream:
        mine.bind(("127.0.0.1", 0))
        monkeypatch.setattr(MAIN, "mine", mine, raising=False)
        assert "`mine`" in note_of(lambda: bind(mine.getsockname(), socket.SOCK_DGRAM))
        bind(stream.getsockname(), socket.SOCK_DGRAM)  # the ports of TCP are others


# Nobody's ----------------------------------------------------------------------------------------------------------------


@LINUX
@pytest.mark.parametrize(("old", "new", "lacks"), [(False, True, "the old one"), (True, False, "this one")])
def test_time_wait_is_no_program(old: bool, new: bool, lacks: str) -> None:
    address, conn, client = conversation(reuse=old)
    conn.close()
    client.close()
    calls = [lambda: bind(address, reuse=new)]
    if new:
        calls.append(lambda: socket.create_server(address).close())  # it sets the option itself
    for call in calls:
        note = note_of(call)
        assert note.startswith("No program holds") and "TIME_WAIT" in note and lacks in note


@LINUX
def test_a_client_that_has_not_closed() -> None:
    address, conn, client = conversation(reuse=False)
    with client:
        conn.close()
        note = note_of(lambda: bind(address))
        assert f"(127.0.0.1 port {client.getsockname()[1]}) has not closed yet" in note


# Paths -------------------------------------------------------------------------------------------------------------------

UNIX = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no AF_UNIX here")


@UNIX
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_path(tmp_path: Path, kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, kind) as door:
        door.bind("door")
        monkeypatch.setattr(MAIN, "door", door, raising=False)
        written_otherwise = os.path.join("..", tmp_path.name, "door")  # the whole path would be too long on macOS
        assert "your own socket `door`" in note_of(lambda: bind(written_otherwise, kind, socket.AF_UNIX))
    note = note_of(lambda: bind("door", kind, socket.AF_UNIX))
    assert "No program holds 'door'" in note and "`os.unlink('door')`" in note
    os.unlink("door")
    (tmp_path / "door").write_text("a file")
    assert "it is no socket" in note_of(lambda: bind("door", kind, socket.AF_UNIX))


@UNIX
def test_a_path_of_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = "door"
    with another_program(f"s = socket.socket(socket.AF_UNIX); s.bind({path!r}); s.listen(); print(1, flush=True)"):
        assert f"Another program on this computer holds {path!r}" in note_of(lambda: bind(path, family=socket.AF_UNIX))


@UNIX
def test_to_ask_who_holds_a_path_disturbs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = "door"
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        note_of(lambda: bind(path, family=socket.AF_UNIX))
        door.settimeout(0)
        with pytest.raises(BlockingIOError):
            door.accept()


@LINUX
def test_a_name_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("\0a door of the course's tests")
        monkeypatch.setattr(MAIN, "door", door, raising=False)
        assert "`door`" in note_of(lambda: bind(door.getsockname(), family=socket.AF_UNIX))
