"""Without faults every datagram arrives, as it was, in its order, from whom it came and back."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import helpers
from helpers.link import datagram_link
from tests.link.datagrams import address_of, talking, udp
from tests.link.support import ANY, DOWNSTREAM, LINUX, ONCE, UPSTREAM
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

LARGEST = 65_507
WAYS = pytest.mark.parametrize("direction", [UPSTREAM, DOWNSTREAM])


@WAYS
def test_borders_are_kept(direction: str) -> None:
    datagrams = [b"one", b"", b"", b"three" * 100, b"\0", bytes(9000), b"last"]
    with talking() as talk:
        assert talk.through(direction, datagrams) == datagrams


@LINUX
@WAYS
def test_the_largest_datagram(direction: str) -> None:
    with talking() as talk:
        for size in (LARGEST, LARGEST - 1):
            assert talk.through(direction, [bytes(size)]) == [bytes(size)]
        assert talk.link.log == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([UPSTREAM, DOWNSTREAM]), st.binary(max_size=2000)), max_size=40))
def test_any_datagrams_both_ways(sent: list[tuple[str, bytes]]) -> None:
    with talking() as talk:
        for direction, data in sent:
            talk.send(direction, data)
        for direction in (UPSTREAM, DOWNSTREAM):
            assert talk.through(direction, []) == [data for way, data in sent if way == direction]


def test_each_client_is_another_sender_and_gets_its_own_answers() -> None:
    with udp(ANY) as server, helpers.DatagramLink(server.getsockname()) as link, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(udp()) for _ in range(20)]
        senders: dict[tuple[str, int], bytes] = {}
        for number, client in enumerate(clients):
            for _ in range(2):
                client.sendto(b"%d" % number, address_of(link))
                data, sender = server.recvfrom(100)
                assert senders.setdefault(sender, data) == data == b"%d" % number
        assert len(senders) == 20 and address_of(link) not in senders
        for sender, data in reversed(senders.items()):
            server.sendto(data * 2, sender)
        for number, client in enumerate(clients):
            assert client.recvfrom(100) == (b"%d" % number * 2, address_of(link))


@ONCE
def test_strangers_do_not_get_to_the_client() -> None:
    """Only what comes from the server is passed on."""
    with talking() as talk, udp(ANY) as stranger:
        stranger.sendto(b"from elsewhere", talk.back)
        assert talk.through(DOWNSTREAM, [b"from the server"]) == [b"from the server"]


@ONCE
def test_the_client_that_was_silent_for_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram_link, "MOST_CLIENTS", 3)
    with udp(ANY) as server, helpers.DatagramLink(server.getsockname()) as link, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(udp()) for _ in range(4)]
        seen = []
        for number in (0, 1, 2, 0, 3, 0, 2, 1):
            clients[number].sendto(b"hello", address_of(link))
            seen.append(server.recvfrom(100)[1])
        first, second, third = seen[:3]
        assert seen[3] == first == seen[5] and seen[6] == third  # known all the time
        assert seen[7] not in (*seen[:7], second)  # forgotten when the fourth came: another sender
        assert len(link.log) == 2 and all("forgotten" in line for line in link.log)
        server.sendto(b"answer", seen[7])
        assert clients[1].recv(100) == b"answer"


@ONCE
def test_a_server_with_ipv6() -> None:
    try:
        server = udp(("::1", 0), socket.AF_INET6)
    except OSError:
        pytest.skip("this computer has no ::1")
    for host in ("127.0.0.1", "::1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with helpers.DatagramLink(server.getsockname(), host=host) as link, udp(family=family) as client:
            client.sendto(b"hello", address_of(link))
            data, back = server.recvfrom(100)
            server.sendto(data.upper(), back)
            assert client.recv(100) == b"HELLO"
    server.close()


ELSEWHERE = """
import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    s.sendto(*s.recvfrom(70000))
"""


@contextlib.contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Another process, with whatever that starts."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True) as process:  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


@ONCE
def test_in_front_of_another_processs_server() -> None:
    with running(sys.executable, "-c", ELSEWHERE) as process:
        assert process.stdout is not None
        address = "127.0.0.1", int(process.stdout.readline())
        with helpers.DatagramLink(address, downstream={"loss": [2]}) as link, udp() as client:
            for data in (b"", b"lost", b"x" * 5000):
                client.sendto(data, address_of(link))
            assert [client.recv(70_000), client.recv(70_000)] == [b"", b"x" * 5000]


@ONCE
@pytest.mark.skipif(not shutil.which("socat"), reason="socat is not installed")
def test_in_front_of_socat() -> None:
    with udp(ANY) as free:
        port = free.getsockname()[1]
    with (
        running("socat", f"UDP4-RECVFROM:{port},bind=127.0.0.1,fork", "EXEC:cat"),
        helpers.DatagramLink(("127.0.0.1", port)) as link,
        udp() as client,
    ):
        client.settimeout(1)

        def is_answered() -> bool:
            client.sendto(b"are you there", address_of(link))
            with contextlib.suppress(TimeoutError):
                return client.recv(100) == b"are you there"
            return False

        assert eventually(is_answered, timeout=30)


@pytest.mark.parametrize("busy", [False, True])
def test_two_hundred_of_two_hundred(busy: bool, request: pytest.FixtureRequest) -> None:
    """In one go, while the server does not read yet: the link keeps up, or the system keeps them for it."""
    if busy:
        request.getfixturevalue("busy_cores")
    datagrams = [b"%d" % number for number in range(200)]
    for direction in (UPSTREAM, DOWNSTREAM):
        with talking() as talk:
            assert talk.through(direction, datagrams) == datagrams
            assert talk.link.log == []
    asked = [3, 50, 199]
    with talking() as talk:
        rest = [data for number, data in enumerate(datagrams, 1) if number not in asked]
        assert talk.through(UPSTREAM, datagrams, loss=asked) == rest
        twice = itertools.chain.from_iterable(
            [data] * (2 if number in asked else 1) for number, data in enumerate(datagrams, 1)
        )
        assert talk.through(DOWNSTREAM, datagrams, duplicate=asked) == list(twice)
