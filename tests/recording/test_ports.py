"""One port number on several addresses: each is somebody else's."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time

import pytest

import helpers
from helpers.sockets.addresses import is_group, reaches
from tests.support.waiting import once_within

ECHO = """
import socket
with socket.create_server(({host!r}, {port})) as listener:
    while True:
        conn, addr = listener.accept()
        with conn:
            while data := conn.recv(100):
                conn.sendall({answer!r} + data)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="this system has no 127.0.0.2 of its own")


def test_two_listeners_with_one_port_are_told_apart_and_at_rest() -> None:
    first = helpers.background(ECHO.format(host="127.0.0.1", port=0, answer=b"1"), "first")
    assert first.address is not None
    port = first.address[1]
    helpers.background(ECHO.format(host="127.0.0.2", port=port, answer=b"2"), "second")
    begun = time.monotonic()
    times = []
    for number in (1, 2, 1):
        host = f"127.0.0.{number}"
        with helpers.watch() as recording, socket.create_connection((host, port)) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"%dhello" % number
        times.append(time.monotonic() - begun)
        (talk,) = recording.conversations
        assert talk.client and talk.server and talk.server.program == ("first" if number == 1 else "second")
        assert talk.client.listener == talk.server.listener
        assert [flow.size for flow in talk.flows] == [5, 6]

    def watch_nothing() -> None:
        with helpers.watch():
            pass

    assert once_within(0.25, watch_nothing)  # they wait for nothing: half a second, otherwise


def test_who_stands_in_the_backlog_of_which_listener() -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        port = other.getsockname()[1]
        with socket.create_server(("127.0.0.1", port)) as listener, helpers.watch() as recording:
            with socket.create_connection(("127.0.0.2", port)):
                pass
            with contextlib.suppress(BlockingIOError):
                listener.setblocking(False)
                listener.accept()
            other.accept()[0].close()
    assert recording.describe().count("waits in the backlog") == 0
    (talk,) = recording.conversations
    assert talk.server is not None


def test_a_refused_connection_has_nothing_to_do_with_another_address() -> None:
    with helpers.watch() as recording, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=refused, args=("127.0.0.2", port))
        thread.start()
        thread.join()
    assert "ConnectionRefusedError" in recording.describe()


def refused(host: str, port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port))


@pytest.mark.parametrize(
    ("address", "local", "reached"),
    [
        (("127.0.0.1", 5), ("127.0.0.1", 5), True),
        (("127.0.0.1", 5), ("127.0.0.2", 5), False),
        (("127.0.0.1", 5), ("127.0.0.1", 6), False),
        (("127.0.0.1", 5), ("0.0.0.0", 5), True),
        (("localhost", 5), ("127.0.0.1", 5), True),
        (("", 5), ("127.0.0.1", 5), True),
        (("::1", 5, 0, 0), ("::", 5, 0, 0), True),
        (("::ffff:127.0.0.1", 5, 0, 0), ("127.0.0.1", 5), True),
        (("::1", 5, 0, 0), ("127.0.0.1", 5), False),
        ("a path", "a path", True),
        (None, None, False),
    ],
)
def test_who_is_reached(address: object, local: object, reached: bool) -> None:
    assert reaches(address, local) is reached


def test_which_addresses_are_groups() -> None:
    groups = ("224.0.0.1", "239.255.1.1", "255.255.255.255", "127.255.255.255", "<broadcast>", "ff02::1")
    assert all(map(is_group, groups))
    assert not any(map(is_group, ("127.0.0.1", "localhost", "::1", "10.0.0.2", "")))


def test_a_datagram_to_a_group_is_drawn_for_each_receiver() -> None:
    with contextlib.ExitStack() as stack:
        port, receivers = 0, []
        for _ in range(3):
            receivers.append(stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)))
            receivers[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            receivers[-1].bind(("", port))
            membership = socket.inet_aton("224.1.1.1") + socket.inet_aton("127.0.0.1")
            receivers[-1].setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            port = receivers[-1].getsockname()[1]
        sender = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        with helpers.watch() as recording:
            for data in (b"one", b"two"):
                sender.sendto(data, ("224.1.1.1", port))
            for receiver in receivers:
                assert [receiver.recv(10), receiver.recv(10)] == [b"one", b"two"]
    assert len(recording.conversations) == 3
    for talk in recording.conversations:
        assert [(flow.sent and flow.sent.data, flow.received and flow.received.data) for flow in talk.flows] == [
            (b"one", b"one"),
            (b"two", b"two"),
        ]
        assert not talk.unread
    told = recording.describe()
    assert "before the recording" not in told and "parts" not in told
