"""A name server starts, is stopped, and leaves nothing; others hear what it says: dig, dnspython's resolver, a recording."""

from __future__ import annotations

import shutil
import socket
import subprocess

import dns.resolver
import psutil
import pytest

import helpers
from helpers.pictures import message
from tests.names.support import NAMES, PATIENCE, over_tcp, over_udp, question, said
from tests.support.waiting import eventually


@pytest.mark.everywhere
def test_it_starts_and_stops_again_and_again() -> None:
    server = helpers.NameServer(NAMES)
    for _ in range(3):
        assert server.start() is server.start() is server
        assert len(said(server, "www.example.org")) == 2
        assert repr(server) == f"<NameServer listening on {server.address}>"
        server.stop()
        server.stop()
    assert len(server.log) == 3 and not server.running


def test_a_hundred_starts_and_stops_leave_nothing() -> None:
    """The fixture counts what is left."""
    for _ in range(100):
        with helpers.NameServer(NAMES, delays={"www.example.org": 60}) as server:
            assert server.address is not None
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(question("www.example.org"), server.address)
            over_udp(server, question("shop.example.org"))


@pytest.mark.everywhere
def test_a_stop_ends_who_is_connected_and_who_is_late() -> None:
    server = helpers.NameServer(NAMES, delays={"www.example.org": 60}).start()
    assert server.address is not None
    with (
        socket.create_connection(server.address, timeout=PATIENCE) as silent,
        socket.create_connection(server.address, timeout=PATIENCE) as late,
    ):
        late.sendall(b"\x00\x21" + question("www.example.org"))
        silent.sendall(b"\x00")
        assert eventually(lambda: server.log)
        server.stop()
        assert silent.recv(10) == b""
    assert server.error is None


def test_udp_and_tcp_share_a_port_on_this_computer_alone() -> None:
    with helpers.NameServer(NAMES) as server:
        assert server.address is not None
        bound = [
            (each.type, each.laddr)
            for each in psutil.Process().net_connections("inet")
            if each.laddr.port == server.address[1]
        ]
        assert sorted(bound) == [(socket.SOCK_STREAM, server.address), (socket.SOCK_DGRAM, server.address)]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_is_taken_is_said(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        server = helpers.NameServer(NAMES, port=taken.getsockname()[1])
        with pytest.raises(OSError):
            server.start()
        assert not server.running
    with server:
        assert len(said(server, "www.example.org")) == 2


def test_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this computer has no ::1")
    with (
        helpers.NameServer(NAMES, host="::1", spoofs={"www.example.org"}) as server,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock,
    ):
        assert server.address is not None
        sock.settimeout(PATIENCE)
        sock.sendto(question("www.example.org"), server.address)
        (_, stranger), (_, sender) = sock.recvfrom(512), sock.recvfrom(512)
        assert sender == server.address and stranger[0] == "::1" and stranger != sender


def test_who_breaks_off_or_asks_in_pieces() -> None:
    with helpers.NameServer(NAMES) as server:
        asked = b"\x00\x21" + question("www.example.org")
        assert server.address is not None
        for _ in range(3):
            client = socket.create_connection(server.address)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            client.sendall(asked + asked[:5])
            client.close()
        with socket.create_connection(server.address, timeout=PATIENCE) as client:
            for byte in asked:
                client.sendall(bytes([byte]))
            assert client.recv(2) == b"\x00\x41"
        assert server.error is None


def test_it_can_be_waited_for() -> None:
    with helpers.NameServer(NAMES, silent={"shop.example.org"}) as server:
        assert not server.wait(timeout=0)
        over_udp(server, question("www.example.org"))
        over_tcp(server, question("shop.example.org"))
        assert server.wait(served=2, timeout=PATIENCE)


def test_an_error_of_its_own_is_kept_and_answered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.names.server.answer_to", lambda *_: 1 / 0)
    with helpers.NameServer(NAMES) as server:
        assert said(server, "www.example.org") == ["SERVFAIL"]
        assert server.error and "ZeroDivisionError" in server.error
        assert server.log == ["www.example.org A over UDP: SERVFAIL"]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_resolver_believes_it() -> None:
    with helpers.NameServer(NAMES, truncates={"www.example.org"}) as server:
        resolver = dns.resolver.Resolver(configure=False)
        assert server.address is not None
        resolver.nameservers, resolver.port = [server.address[0]], server.address[1]
        assert [each.to_text() for each in resolver.resolve("www.example.org")] == ["127.0.0.1", "127.0.0.2"]
        assert resolver.resolve("shop.example.org", "AAAA").canonical_name.to_text() == "www.example.org."
        with pytest.raises(dns.resolver.NXDOMAIN):
            resolver.resolve("nosuch.example.org")
        with pytest.raises(dns.resolver.NoAnswer):
            resolver.resolve("www.example.org", "MX")
    assert [line.split(" over ")[1][:3] for line in server.log[:2]] == ["UDP", "TCP"]


def dig(server: helpers.NameServer, *arguments: str) -> str:
    assert server.address is not None
    command = ["dig", "@127.0.0.1", "-p", str(server.address[1]), "+tries=1", "+time=10", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed: apt-get install bind9-dnsutils")
def test_dig_is_content() -> None:
    with helpers.NameServer(NAMES) as server:
        for more in ([], ["+tcp"], ["+noedns"], ["+dnssec", "+padding=128"]):
            for name, status, record in (
                ("www.example.org A", "NOERROR", "www.example.org.\t60\tIN\tA\t127.0.0.2"),
                ("WwW.example.org AAAA", "NOERROR", "WwW.example.org.\t60\tIN\tAAAA\t::1"),
                ("shop.example.org A", "NOERROR", "CNAME\twww.example.org."),
                ("nosuch.example.org A", "NXDOMAIN", "SOA\tns.example.org."),
                ("-x 127.0.0.1", "NOERROR", "PTR\twww.example.org."),
            ):
                said = dig(server, *name.split(), *more)
                assert f"status: {status}" in said and record in said.replace("\t\t", "\t"), said
                for complaint in (
                    "WARNING",
                    "Warning",
                    "malformed",
                    "mismatch",
                    "unexpected",
                    "bad",
                    ";; communications",
                ):
                    assert complaint not in said, said


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed: apt-get install bind9-dnsutils")
def test_dig_sees_what_is_wrong() -> None:
    with helpers.NameServer(NAMES, loops={"www.example.org"}, truncates={"shelf.shop.example.org"}) as server:
        assert "bad compression pointer" in dig(server, "www.example.org", "A")
        said = dig(server, "shelf.shop.example.org", "A")
        assert ";; Truncated, retrying in TCP mode." in said and "127.0.0.3" in said


def test_it_stands_in_a_recording() -> None:
    with helpers.NameServer(NAMES, spoofs={"www.example.org"}) as server, helpers.watch() as recording:
        over_udp(server, question("www.example.org"), count=2)
    calls = {program: [] for program in (None, "NameServer", "stranger")}  # type: dict[str | None, list[tuple[str, int]]]
    for event in recording.events:
        if event.size:
            calls[event.program].append((event.call, event.size))
    assert calls[None] == [("sendto", 33), ("recv", 49), ("recv", 65)]
    assert calls["NameServer"] == [("recvfrom", 33), ("sendto", 65)]
    assert calls["stranger"] == [("sendto", 49)]  # in a lane of its own
    assert message(recording, "dns", conversation=1, receiver="client").text.count("answer ") == 2
