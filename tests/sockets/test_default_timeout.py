"""`socket.setdefaulttimeout`: of a program, of the notebook, of nobody else."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator

import pytest

import helpers
from helpers.running.install import install, uninstall
from helpers.sockets.plain import Plain, plain_getdefaulttimeout, plain_socket
from tests.support.connections import ANY


@pytest.fixture(autouse=True)
def none_is_set() -> Iterator[None]:
    install()
    yield
    socket.setdefaulttimeout(None)


def ends(code: str) -> str:
    """What a program prints that ends by itself."""
    program = helpers.background(f"import socket\n{code}", "program")
    assert program.wait(5) and program.error is None, program.error
    return program.output


PRINTED = """
with socket.socket() as s:
    print(socket.getdefaulttimeout(), s.gettimeout())
"""


def test_that_of_a_program_reaches_its_own_sockets_alone() -> None:
    assert ends(f"socket.setdefaulttimeout(0.25){PRINTED}") == "0.25 0.25\n"
    assert socket.getdefaulttimeout() is None and plain_getdefaulttimeout() is None
    with socket.socket() as mine, plain_socket() as plain:
        assert (mine.gettimeout(), plain.gettimeout()) == (None, None)
    assert ends(PRINTED) == "None None\n"


def test_it_reaches_no_server_of_the_helpers_and_no_link() -> None:
    waits = helpers.background("import socket; socket.setdefaulttimeout(0.01); input()", "waits")
    socket.setdefaulttimeout(0.02)
    with helpers.EchoServer() as server, helpers.Link(server.address or ()) as link:
        with socket.create_connection(link.address or (), timeout=5) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
            assert waits.running and not waits.wait(0.1)  # longer than either timeout
            client.sendall(b"again")
            assert client.recv(100) == b"again"
        assert server.error is None and link.error is None


def test_that_of_the_notebook_reaches_no_program() -> None:
    socket.setdefaulttimeout(0.5)
    with socket.socket() as mine:
        assert mine.gettimeout() == 0.5
    assert ends(PRINTED) == "None None\n"


def test_one_that_was_set_before_is_the_notebooks_and_is_put_back() -> None:
    uninstall()
    socket.setdefaulttimeout(0.5)
    install()
    assert (socket.getdefaulttimeout(), plain_getdefaulttimeout()) == (0.5, None)
    socket.setdefaulttimeout(0.75)
    uninstall()
    assert socket.getdefaulttimeout() == 0.75


@pytest.mark.parametrize("wrong", [-1, "1", float("nan"), 1e300])
def test_what_is_wrong_is_said_as_always(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)) as here:
        socket.setdefaulttimeout(wrong)  # type: ignore[arg-type]
    uninstall()
    with pytest.raises(here.type) as plain:
        socket.setdefaulttimeout(wrong)  # type: ignore[arg-type]
    assert str(here.value) == str(plain.value)


def created() -> socket.socket:
    return socket.socket()


def without_blocking() -> socket.socket:
    return socket.socket(type=socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0))


def duplicated() -> socket.socket:
    with socket.socket() as sock:
        return sock.dup()


def from_descriptor() -> socket.socket:
    with socket.socket() as sock:
        return socket.fromfd(sock.fileno(), sock.family, sock.type)


def adopted() -> socket.socket:
    with Plain() as sock:
        return socket.socket(fileno=sock.detach())


def of_a_pair() -> socket.socket:
    one, other = socket.socketpair()
    other.close()
    return one


def accepted(patience: float | None = 5, given: float | None = None, connecting: bool = False) -> socket.socket:
    with socket.create_server(ANY) as door:
        door.settimeout(patience)
        with socket.create_connection(door.getsockname(), **({} if given is None else {"timeout": given})) as client:  # type: ignore[arg-type]
            conn, _ = door.accept()
            if not connecting:
                return conn
            conn.close()
            return client.dup()


def serving() -> socket.socket:
    return socket.create_server(ANY)


WAYS: dict[str, Callable[[], socket.socket]] = {
    "socket()": created,
    "socket(SOCK_NONBLOCK)": without_blocking,
    "dup": duplicated,
    "fromfd": from_descriptor,
    "socket(fileno=)": adopted,
    "socketpair": of_a_pair,
    "accept": accepted,
    "accept of a listener that blocks": lambda: accepted(None),
    "create_connection": lambda: accepted(connecting=True),
    "create_connection with a timeout": lambda: accepted(given=3, connecting=True),
    "create_server": serving,
}


CONNECTING = {way for way in WAYS if way.startswith(("accept", "create_connection"))}
"""With a timeout of 0 they would not wait for their peer."""


@pytest.mark.parametrize(
    ("way", "default"), [(w, d) for w in WAYS for d in (None, 0.0, 4.0) if d != 0 or w not in CONNECTING]
)
def test_each_way_to_make_a_socket_heeds_it_as_plain_python_does(way: str, default: float | None) -> None:
    found = []
    for put in (uninstall, install):
        put()
        socket.setdefaulttimeout(default)
        with WAYS[way]() as sock:
            blocks = sock.getblocking()
            found.append((sock.gettimeout(), blocks, _of_the_system(sock)))
        socket.setdefaulttimeout(None)
    assert found[0] == found[1]


def _of_the_system(sock: socket.socket) -> bool | None:
    """Whether the descriptor blocks, as the system has it; None: it does not say (Windows, up to Python 3.11)."""
    try:
        return os.get_blocking(sock.fileno())
    except (AttributeError, OSError):
        return None
