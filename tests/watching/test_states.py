"""The kernel's view: what it shows is what the kernel says, by the names of the ends."""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
import weakref
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.running.install import install
from helpers.sockets.kernel import KernelSocket, tcp_sockets
from helpers.watching import kernel_view
from helpers.watching.kernel_view import KernelView
from helpers.watching.states import states

linux = pytest.mark.skipif(sys.platform != "linux", reason="here the kernel does not list what belongs to no process")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    install()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(5)
        yield listener


def connected(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname(), timeout=5)


def reached(server: helpers.Server) -> socket.socket:
    assert server.address is not None
    return socket.create_connection(server.address, timeout=5)


def words(picture: Picture) -> list[str]:
    """Every text of the drawing. Fails if it is no XML."""
    assert isinstance(picture.image, str)
    drawn = ET.fromstring(picture.image.encode())
    return ["".join(element.itertext()) for element in drawn.iter("{http://www.w3.org/2000/svg}text")]


@linux
def test_a_conversation_from_listen_to_time_wait() -> None:
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        with states(listener) as kernel:
            kernel.look("bound")
            listener.listen()
            kernel.look("listening")
            client.connect(listener.getsockname())
            kernel.look("before accept")
            conn, _ = listener.accept()
            client.close()
            kernel.look("client closed")
            conn.close()
            assert kernel.wait_for("client", "TIME_WAIT", 5)
            listener.close()
            last = kernel.look("all closed")
        assert [(step.label, *step.states.values()) for step in kernel.steps] == [
            ("bound", None, None, None),
            ("listening", "LISTEN", None, None),
            ("before accept", "LISTEN", "ESTABLISHED", "ESTABLISHED"),
            ("client closed", "LISTEN", "FIN_WAIT2", "CLOSE_WAIT"),
            ("all closed", None, "TIME_WAIT", None),
        ]
        assert kernel.ends == list(last.states) == ["listening", "client", "server"]


@linux
def test_half_closing() -> None:
    reads_to_the_end = helpers.Server(lambda conn, address: conn.recv(10) and conn.recv(10))
    with reads_to_the_end as server, states(server) as kernel, reached(server) as client:
        client.sendall(b"x")
        client.shutdown(socket.SHUT_WR)
        assert kernel.wait_for("client", "TIME_WAIT", 5) and kernel.wait_for("server", None, 5)


def test_who_closed_waits_and_the_other_end_is_told(listener: socket.socket) -> None:
    with connected(listener) as client, listener.accept()[0] as conn:
        client.shutdown(socket.SHUT_WR)  # the socket stays open: every system lists it
        kernel = states(listener)
        assert kernel.wait_for("client", "FIN_WAIT2", 5) and kernel.wait_for("server", "CLOSE_WAIT", 5)
        assert kernel.steps == []  # waiting is no step
        assert kernel.look().states == {"listening": "LISTEN", "client": "FIN_WAIT2", "server": "CLOSE_WAIT"}
        assert conn.recv(1) == b""


def test_a_state_that_passes_is_waited_out(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between FIN_WAIT1 and FIN_WAIT2 lies the ACK of the FIN: on a busy machine it takes its time."""
    looks = 0

    def late() -> tuple[list[KernelSocket], str]:
        nonlocal looks
        looks += 1
        entries, missing = tcp_sockets()
        early = {"FIN_WAIT2": "FIN_WAIT1"} if looks < 3 else {}
        return [entry._replace(state=early.get(entry.state, entry.state)) for entry in entries], missing

    with connected(listener) as client, listener.accept()[0]:
        kernel = states(listener)
        client.shutdown(socket.SHUT_WR)
        monkeypatch.setattr(kernel_view, "tcp_sockets", late)
        assert kernel.look().states == {"listening": "LISTEN", "client": "FIN_WAIT2", "server": "CLOSE_WAIT"}


@linux
def test_a_state_that_ought_to_pass_and_lasts_is_told(listener: socket.socket) -> None:
    """The FIN waits behind bytes for which the other end has no room."""
    with connected(listener) as client, listener.accept()[0]:
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while client.send(bytes(1_000_000)):
                pass
        client.shutdown(socket.SHUT_WR)
        assert states(listener).look().states["client"] == "FIN_WAIT1"


@pytest.mark.everywhere
def test_clients_are_numbered_in_the_order_in_which_they_came(listener: socket.socket) -> None:
    with contextlib.ExitStack() as stack:
        kernel = states(listener.getsockname())
        clients = [stack.enter_context(connected(listener)) for _ in range(3)]
        conns = [stack.enter_context(listener.accept()[0]) for _ in range(3)]
        assert kernel.look().states["client 3"] == "ESTABLISHED" and len(kernel.ends) == 7
        clients[2].shutdown(socket.SHUT_WR)
        assert kernel.wait_for("client 3", "FIN_WAIT2", 5) and kernel.wait_for("server 3", "CLOSE_WAIT", 5)
        assert {kernel.look().states[end] for end in ("client", "server", "client 2", "server 2")} == {"ESTABLISHED"}
        assert conns[2].recv(1) == b""


@pytest.mark.everywhere
def test_of_a_connected_socket_only_its_own_connection(listener: socket.socket) -> None:
    with connected(listener) as one, connected(listener), listener.accept()[0] as conn:
        assert states(one).look().states == {"client": "ESTABLISHED", "server": "ESTABLISHED"}
        listener.close()
        view = states(conn)  # a traced socket knows that it was accepted, even now that nobody listens
        one.shutdown(socket.SHUT_WR)
        assert view.wait_for("client", "FIN_WAIT2", 5) and view.wait_for("server", "CLOSE_WAIT", 5)


@pytest.mark.everywhere
def test_a_wait_is_bounded_and_its_end_is_named(listener: socket.socket) -> None:
    kernel = states(listener)
    assert not kernel.wait_for("client", "ESTABLISHED", 0)
    assert kernel.wait_for("client 7", None, 0)
    for wrong in ("peer", "client two", ""):
        with pytest.raises(ValueError, match="The ends are called"):
            kernel.wait_for(wrong, "LISTEN", 0)


@pytest.mark.everywhere
def test_programs_and_servers_by_their_address() -> None:
    with helpers.EchoServer() as server:
        kernel = states(server)
        with reached(server) as client:
            kernel.look("connected")
            client.close()
        kernel.look("client closed")
    kernel.look("stopped")
    assert [step.states["listening"] for step in kernel.steps] == ["LISTEN", "LISTEN", None]
    assert [step.states["server"] for step in kernel.steps] == ["ESTABLISHED", None, None]
    program = helpers.background(
        "import socket\nwith socket.socket() as s:\n    s.bind(('127.0.0.1', 0))\n    s.listen()\n    s.accept()",
        name="door",
    )
    assert states(program).look().states == {"listening": "LISTEN"}


@linux
def test_what_ended_before_is_left_out(listener: socket.socket) -> None:
    first = connected(listener)
    conn = listener.accept()[0]
    before = states(listener)
    before.look()
    first.close()
    conn.close()
    assert before.wait_for("client", "TIME_WAIT", 5)
    assert states(listener).look().states == {"listening": "LISTEN"}


@pytest.mark.parametrize("written", ["localhost", "", "0.0.0.0"])
def test_an_address_in_other_words(listener: socket.socket, written: str) -> None:
    assert states((written, listener.getsockname()[1])).look().states == {"listening": "LISTEN"}


def test_ipv4_clients_of_an_ipv6_server() -> None:
    try:
        server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        pytest.skip("no IPv6 here")
    with server, socket.create_connection(("127.0.0.1", server.getsockname()[1])), server.accept()[0]:
        kernel = states(server)
        assert kernel.look().states == {"listening": "LISTEN", "client": "ESTABLISHED", "server": "ESTABLISHED"}


def test_what_has_no_states_is_refused(listener: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram, pytest.raises(ValueError, match="UDP"):
        states(datagram)
    with pytest.raises(ValueError, match="host, port"):
        states(("127.0.0.1", "80"))
    with pytest.raises(TypeError, match="no int"):
        states(50007)
    with pytest.raises(TypeError, match="Say whose"):
        states()


def test_a_socket_is_not_kept_alive() -> None:
    sock = socket.socket()
    kernel, reference = states(sock), weakref.ref(sock)
    sock.close()
    del sock
    gc.collect()
    assert reference() is None and kernel.look().states == {}


def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(kind: str) -> Any:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_without_the_rights_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, platform: str, listener: socket.socket
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    limited(monkeypatch)
    with connected(listener), listener.accept()[0]:
        kernel = states(listener)
        step = kernel.look()
    assert step.states["listening"] == "LISTEN" and step.states["client"] == "ESTABLISHED"
    picture = kernel.draw()
    for text in (kernel.missing, picture.text, picture.alt, " ".join(words(picture))):
        assert "only the sockets of this process" in text and "TIME_WAIT" in text


def test_macos_never_lists_what_belongs_to_no_process(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "belongs to no process" in states(listener).missing
    monkeypatch.setattr(sys, "platform", "linux")
    assert states(listener).missing == ""


def test_no_look_is_a_look_now_and_a_hostile_label_is_text(listener: socket.socket) -> None:
    kernel = states(listener)
    bundle = kernel._repr_mimebundle_()  # what IPython asks for
    assert "LISTEN" in bundle["text/plain"] and "<img" in bundle["text/html"] and kernel.steps == []
    kernel.look("<script>\u202e" * 30)
    picture = kernel.draw()
    assert "<script>" not in picture.as_html() and "\u202e" not in str(picture.image)
    nobody = states(("127.0.0.1", 1)).draw()
    assert "not listed" in nobody.alt


def test_no_ephemeral_port_and_the_same_picture_at_every_run() -> None:
    def run() -> tuple[Picture, set[str]]:
        with helpers.EchoServer() as server:
            kernel = states(server)
            clients = [reached(server) for _ in range(3)]
            kernel.look("connected")
            ports = {str(client.getsockname()[1]) for client in clients} | {str(clients[0].getpeername()[1])}
            for client in clients:
                client.close()
            kernel.look("closed")
        return kernel.draw(), ports

    (one, ports), (other, more_ports) = run(), run()
    assert one == other
    assert not any(port in f"{one.image!r}{one.alt}{one.text}" for port in ports | more_ports)


def test_it_is_a_view_as_the_front_door_names_it() -> None:
    assert isinstance(states(("127.0.0.1", 1)), KernelView)
