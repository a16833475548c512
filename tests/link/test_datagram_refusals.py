"""Nobody at the server's address, or what the system does not take: told, and no harm to the link."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import Any

import pytest

import helpers
from helpers.link import datagram_link, datagrams
from helpers.sockets import nonblocking
from tests.link.datagrams import address_of, talking, udp
from tests.link.support import ANY, LINUX, ONCE, UPSTREAM
from tests.support.waiting import eventually


def test_nobody_there_and_then_somebody() -> None:
    with udp(ANY) as server:
        address = server.getsockname()
    with helpers.DatagramLink(address) as link, udp() as client:
        for _ in range(5):
            client.sendto(b"is anybody there?", address_of(link))
        assert eventually(lambda: link.log)
        assert f"nobody is at {address}" in link.log[0] and "port unreachable" in link.log[0]
        with udp(address) as server:
            for number in range(20):
                client.sendto(b"%d" % number, address_of(link))
            came = iter(
                lambda: server.recv(100), b"19"
            )  # some of the first five may have been on their way for so long
            assert [data for data in came if data.isdigit()] == [b"%d" % number for number in range(19)]
        assert link.running and link.error is None


@ONCE
def test_a_server_that_goes_and_comes_back() -> None:
    """The one datagram that tells of an earlier one's refusal is not lost with it."""
    with talking() as talk:
        address = talk.server.getsockname()
        for turn in range(10):
            talk.server.close()
            talk.send(UPSTREAM, b"refused")
            talk.server = udp(address)
            talk.send(UPSTREAM, b"%d" % turn)
            found = iter(lambda: talk.server.recv(100), b"%d" % turn)
            assert all(data == b"refused" for data in found)  # it may have been on its way for so long
        talk.server.close()


@ONCE
def test_a_client_that_is_gone_harms_nobody() -> None:
    with talking() as talk, udp() as other:
        talk.client.close()
        talk.server.sendto(b"too late", talk.back)
        other.sendto(b"hello", address_of(talk.link))
        assert talk.server.recv(100) == b"hello"


@ONCE
@pytest.mark.parametrize("call", ["quick_recvfrom", "quick_sendto"])
def test_as_windows_tells_of_it(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """WSAECONNRESET, of a `recv` or a `send` that has nothing to do with it, and once for each datagram."""
    module = datagram_link if call == "quick_recvfrom" else datagrams
    plain: Any = getattr(module, call)
    told = [ConnectionResetError(errno.ECONNRESET, "forcibly closed")] * 2

    def tells(*args: Any) -> Any:
        if told:
            raise told.pop()
        return plain(*args)

    with talking() as talk:
        monkeypatch.setattr(module, call, tells)
        talk.send(UPSTREAM, b"hello")
        assert talk.server.recv(100) == b"hello"
        assert eventually(lambda: len(talk.link.log) == 2)
        assert talk.link.error is None


@LINUX
@ONCE
def test_what_ipv4_cannot_carry_is_told() -> None:
    with contextlib.ExitStack() as stack:
        try:
            client = stack.enter_context(udp(("::1", 0), socket.AF_INET6))
        except OSError:
            pytest.skip("this computer has no ::1")
        server = stack.enter_context(udp(ANY))
        link = stack.enter_context(helpers.DatagramLink(server.getsockname(), host="::1"))
        client.sendto(bytes(65_527), address_of(link))
        client.sendto(b"still there", address_of(link))
        assert server.recv(100) == b"still there"
        assert "65,527 bytes could not be handed over" in link.log[0]


@ONCE
def test_no_room_is_waited_for_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = nonblocking.quick_sendto
    refusals = iter([BlockingIOError(errno.EAGAIN, "full"), OSError(errno.ENOBUFS, "full"), *[None] * 2, BlockingIOError()])  # fmt: skip

    def full(*args: Any) -> None:
        if (error := next(refusals, None)) is not None:
            raise error
        plain(*args)

    with talking() as talk:
        monkeypatch.setattr(datagrams, "quick_sendto", full)
        sent = [b"%d" % number for number in range(30)]
        assert talk.through(UPSTREAM, sent) == sent
        assert talk.link.log == []
