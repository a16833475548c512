"""The ready-made servers, as a learner uses them."""

from __future__ import annotations

import socket
import threading

import psutil
import pytest

import helpers
from tests.support.waiting import eventually


def connected(server: helpers.Server) -> socket.socket:
    return socket.create_connection(server.address, timeout=5)  # type: ignore[arg-type]


def asked(server: helpers.Server, question: bytes) -> bytes:
    """Send, half-close, and read everything."""
    with connected(server) as client:
        client.sendall(question)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.everywhere
def test_echo() -> None:
    with helpers.EchoServer() as server:
        host, port = server.address or ("", 0)
        assert host == "127.0.0.1" and port > 1023 and server.running
        assert asked(server, b"hello") == b"hello"
        assert server.wait(served=1, timeout=5)  # or the second is there before the first is told to be over
        assert asked(server, b"") == b""
        assert repr(server) == f"<EchoServer listening on {server.address}>"
    assert not server.running
    assert server.log == ["connection 1 opened", "connection 1 closed", "connection 2 opened", "connection 2 closed"]


@pytest.mark.everywhere
def test_many_clients_at_once_and_one_after_another() -> None:
    with helpers.EchoServer() as server:
        clients = [connected(server) for _ in range(100)]
        for number, client in enumerate(clients):
            client.sendall(b"%d" % number)
        assert [client.recv(10) for client in clients] == [b"%d" % number for number in range(100)]
        for client in clients:
            client.close()
        assert server.wait(served=100, timeout=5)
        assert [asked(server, b"%d" % number) for number in range(100)] == [b"%d" % number for number in range(100)]


def test_threads_are_used_again() -> None:
    with helpers.EchoServer() as server:
        for number in range(1, 200):
            assert asked(server, b"?") == b"?"
            assert server.wait(served=number, timeout=5)
        assert len([thread for thread in threading.enumerate() if thread.name == "helpers: EchoServer"]) <= 6


@pytest.mark.everywhere
def test_stop_with_clients_connected_lets_them_see_the_end() -> None:
    server = helpers.EchoServer().start()
    with connected(server) as client, connected(server) as silent:
        client.sendall(b"hello")
        assert client.recv(10) == b"hello"
        assert eventually(lambda: "connection 2 opened" in server.log)  # one still in the backlog would see a reset
        server.stop()
        assert (client.recv(10), silent.recv(10)) == (b"", b"")
    with pytest.raises(ConnectionRefusedError):
        connected(server)


def test_start_stop_start() -> None:
    server = helpers.EchoServer()
    for _ in range(3):
        assert server.start() is server
        assert server.start() is server
        assert asked(server, b"x") == b"x"
        server.stop()
        server.stop()


@pytest.mark.slow
def test_a_thousand_starts_and_stops_leave_nothing() -> None:
    """The fixture counts what is left."""
    for _ in range(1000):
        with helpers.EchoServer() as server, connected(server) as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"


def test_a_bind_that_fails_raises_here() -> None:
    with helpers.EchoServer() as first:
        with pytest.raises(OSError) as caught:
            helpers.EchoServer(port=first.address[1]).start()  # type: ignore[index]
        assert "held by 'EchoServer'" in caught.value.__notes__[0]


def test_a_handler_that_falls_is_shown_to_who_stops_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(conn: socket.socket, addr: object) -> None:
        conn.sendall(b"%d" % int(conn.recv(10)))

    server = helpers.Server(handler).start()
    assert asked(server, b"12") == b"12"
    assert server.error is None
    assert asked(server, b"abc") == b""
    assert server.wait(served=2, timeout=5)
    assert "connection 2: the handler fell with ValueError" in server.log
    assert server.error and "ValueError: invalid literal for int() with base 10: b'abc'" in server.error
    assert asked(server, b"13") == b"13"  # it goes on serving
    server.stop()
    shown = capsys.readouterr()
    assert "ValueError: invalid literal" in shown.err and "helpers" not in shown.err
    assert shown.out == ""


def test_what_a_handler_prints_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    with helpers.Server(lambda conn, addr: print("somebody", "came\nand", end="")) as server:
        assert asked(server, b"") == b""
        assert server.wait(timeout=5)
        assert server.log == ["connection 1 opened", "somebody came", "and", "connection 1 closed"]
    assert capsys.readouterr().out == ""


def test_the_print_server_prints_text_whatever_the_cuts() -> None:
    with helpers.PrintServer() as server:
        with connected(server) as client:
            for byte in "né ✓\n<b>".encode() + b"\xff":
                client.sendall(bytes([byte]))
        assert server.wait(timeout=5)
        assert server.log == ["connection 1 opened", "né ✓", r"<b>\xff", "connection 1 closed"]


@pytest.mark.everywhere
def test_a_client_that_breaks_off_does_not_end_the_server() -> None:
    with helpers.EchoServer() as server:
        client = connected(server)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.sendall(b"x")
        client.close()  # with a reset
        assert asked(server, b"still there") == b"still there"
        assert server.wait(served=2, timeout=5) and server.error is None


@pytest.mark.everywhere
def test_a_handler_that_waits_for_something_else_is_stopped() -> None:
    entered = threading.Event()

    def handler(conn: socket.socket, addr: object) -> None:
        entered.set()
        threading.Event().wait()

    with helpers.Server(handler) as server, connected(server):
        assert entered.wait(5)


def test_it_listens_on_loopback_only() -> None:
    with helpers.EchoServer() as server:
        listening = [
            each.laddr for each in psutil.Process().net_connections("inet") if each.status == psutil.CONN_LISTEN
        ]
        assert server.address in listening
        assert {address.ip for address in listening} == {"127.0.0.1"}


def test_out_of_descriptors_it_waits_and_serves_again() -> None:
    resource = pytest.importorskip("resource", reason="Windows sets no limit on descriptors")
    with helpers.EchoServer() as server:
        clients = [socket.socket() for _ in range(3)]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(client.fileno() for client in clients) + 1, hard))
            for client in clients:
                client.settimeout(5)
                client.connect(server.address)  # type: ignore[arg-type]  # the backlog takes it; the server has no descriptor for it
                client.sendall(b"?")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for client in clients:
            with client:
                assert client.recv(1) == b"?"


def test_a_handler_that_exits_has_served() -> None:
    with helpers.Server(lambda conn, addr: exit()) as server:
        assert asked(server, b"") == b""
        assert server.wait(timeout=5)
        assert (server.log[-1], server.error) == ("connection 1 closed", None)


def test_a_handler_that_waits_is_not_answered_by_the_stop() -> None:
    """It is ended: what it waits for has not come."""
    went_on: list[bool] = []
    entered = threading.Event()

    def handler(conn: socket.socket, addr: object) -> None:
        entered.set()
        went_on.append(threading.Event().wait())

    with helpers.Server(handler) as server, connected(server):
        assert entered.wait(5)
    assert went_on == []
