"""What a name server does that is told to lie, to loop, to be silent; and what it cannot be told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.name
import pytest

import helpers
from tests.names.support import NAMES, PATIENCE, answer, is_silent, over_tcp, over_udp, question, said


@pytest.fixture
def server() -> Iterator[helpers.NameServer]:
    with helpers.NameServer(NAMES) as server:
        yield server
        assert server.error is None


def addresses(data: bytes) -> list[str]:
    return [record.to_text() for rrset in dns.message.from_wire(data).answer for record in rrset]


def test_it_can_be_told_at_the_start() -> None:
    with helpers.NameServer(
        NAMES, ttl=5, lies={"WWW.example.org.": ["203.0.113.1"]}, silent={"shop.example.org"}
    ) as server:
        message = answer(server, "www.example.org")
        assert message.answer[0].ttl == 5 and message.answer[0][0].to_text() == "203.0.113.1"
        assert is_silent(server, question("shop.example.org"))


def test_what_it_knows_may_change_while_it_runs(server: helpers.NameServer) -> None:
    server.names["new.example.org"] = "192.0.2.1"
    assert said(server, "new.example.org") == ["192.0.2.1"]
    del server.names["NEW.example.org"]
    assert said(server, "new.example.org") == ["NXDOMAIN"]
    server.names = {"a.example.net": ["::1"]}
    assert said(server, "a.example.net", "AAAA") == ["::1"] and said(server, "www.example.org") == ["REFUSED"]
    server.ttl = 0
    assert answer(server, "a.example.net", "AAAA").answer[0].ttl == 0


def test_lies(server: helpers.NameServer) -> None:
    server.lies["www.example.org"] = ["203.0.113.1"]
    server.lies["nosuch.example.org"] = ["203.0.113.2"]
    assert said(server, "www.example.org") == ["203.0.113.1"] and said(server, "nosuch.example.org") == ["203.0.113.2"]
    assert said(server, "shop.example.org") == ["www.example.org.", "203.0.113.1"]
    assert server.log[0] == "www.example.org A over UDP: 203.0.113.1 (a lie)"
    server.lies.clear()
    assert said(server, "www.example.org") == ["127.0.0.1", "127.0.0.2"]


def test_loops(server: helpers.NameServer) -> None:
    """The pointer is the first byte of the name that it points to."""
    server.loops |= {"www.example.org", "shop.example.org"}
    for name, at in (("www.example.org", 33), ("shop.example.org", 34 + 12)):
        for asked in (question(name), question(name, use_edns=0)):
            (data,) = over_udp(server, asked)
            assert data[at : at + 2] == bytes([0xC0, at]) and data[6:8] == b"\x00\x01"
            assert over_tcp(server, asked) == [data]
            with pytest.raises(dns.name.BadPointer):
                dns.message.from_wire(data)
    assert server.log[0] == "www.example.org A over UDP: 127.0.0.1 and 127.0.0.2 (a loop)"
    assert said(server, "shelf.shop.example.org") == ["127.0.0.3"]


def test_truncates(server: helpers.NameServer) -> None:
    server.truncates.add("www.example.org")
    (short,), (whole,) = over_udp(server, question("www.example.org")), over_tcp(server, question("www.example.org"))
    assert dns.message.from_wire(short).flags & dns.flags.TC and addresses(short) == []
    assert not dns.message.from_wire(whole).flags & dns.flags.TC and len(addresses(whole)) == 2
    assert server.log[0].endswith("(truncated)") and not server.log[1].endswith(")")


def test_silence(server: helpers.NameServer) -> None:
    server.silent = "www.example.org"
    assert is_silent(server, question("www.example.org"))
    assert over_tcp(server, question("www.example.org")) == []
    assert server.log[0] == "www.example.org A over UDP: silence"
    server.silent.discard("www.example.org")
    assert len(said(server, "www.example.org")) == 2


def test_delays(server: helpers.NameServer) -> None:
    """Others are answered meanwhile."""
    server.delays["www.example.org"] = 0.3
    assert server.address is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        begun = time.monotonic()
        sock.sendto(question("www.example.org"), server.address)
        sock.sendto(question("shelf.shop.example.org"), server.address)
        assert [addresses(sock.recv(512))[0] for _ in range(2)] == ["127.0.0.3", "127.0.0.1"]
        assert time.monotonic() - begun >= 0.3
    begun = time.monotonic()
    assert len(over_tcp(server, question("www.example.org"))) == 1 and time.monotonic() - begun >= 0.3
    assert server.log[0] == "www.example.org A over UDP: 127.0.0.1 and 127.0.0.2 (0.3 s late)"


def test_cuts(server: helpers.NameServer) -> None:
    (whole,) = over_udp(server, question("www.example.org"))
    for cut in (0, 1, 20, len(whole), 1000, -3):
        server.cuts["www.example.org"] = cut
        assert over_udp(server, question("www.example.org")) == [whole[:cut]]
        assert over_tcp(server, question("www.example.org")) == [whole[:cut]]
    assert f"(cut after {len(whole) - 3} bytes)" in server.log[-1]


def test_an_answer_from_elsewhere_comes_first(server: helpers.NameServer) -> None:
    server.spoofs["www.example.org"] = ["203.0.113.9"]
    assert server.address is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(question("www.example.org"), server.address)
        (false, stranger), (true, sender) = sock.recvfrom(512), sock.recvfrom(512)
    assert sender == server.address and stranger[0] == "127.0.0.1" and stranger != sender
    assert false[:2] == true[:2] and addresses(false) == ["203.0.113.9"] and len(addresses(true)) == 2
    assert len(over_tcp(server, question("www.example.org"))) == 1
    assert server.log[0].endswith("(and before it 203.0.113.9 from another port)")


def test_an_answer_with_another_id_comes_first(server: helpers.NameServer) -> None:
    server.wrong_ids = {"www.example.org"}
    false, true = over_udp(server, question("www.example.org"), count=2)
    assert false[:2] != true[:2] == b"\x1a\x2b" and addresses(false) == ["203.0.113.66"] and len(addresses(true)) == 2


def test_what_is_false_comes_before_what_is_late(server: helpers.NameServer) -> None:
    server.spoofs, server.wrong_ids = {"www.example.org"}, {"www.example.org"}
    server.delays["www.example.org"] = 0.05
    found = over_udp(server, question("www.example.org"), count=3)
    assert [addresses(data)[0] for data in found] == ["203.0.113.66", "203.0.113.66", "127.0.0.1"]


def test_who_is_silent_may_be_spoofed(server: helpers.NameServer) -> None:
    server.silent.add("www.example.org")
    server.spoofs["www.example.org"] = ["203.0.113.9"]
    assert addresses(over_udp(server, question("www.example.org"))[0]) == ["203.0.113.9"]


def test_tables_read_as_they_were_written(server: helpers.NameServer) -> None:
    assert server.names == {
        **NAMES,
        "www.example.org": ("127.0.0.1", "127.0.0.2", "::1"),
        "shelf.shop.example.org": ("127.0.0.3",),
    }
    server.loops.add("www.example.org")
    assert repr(server.loops) == "{'www.example.org'}" and "WWW.EXAMPLE.ORG." in server.loops
    assert repr(server.names).startswith("{'www.example.org': ('127.0.0.1',")


def test_threads_may_tell_it_something_at_the_same_time(server: helpers.NameServer) -> None:
    def tell(number: int) -> None:
        for count in range(100):
            server.names[f"{number}.example.org"] = ["127.0.0.9"]
            server.silent.add(f"{number}.example.org")
            server.silent.discard(f"{number}.example.org")
            if count < 99:
                del server.names[f"{number}.example.org"]

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        assert len(said(server, "www.example.org")) == 2
    for thread in threads:
        thread.join()
    assert len(server.names) == len(NAMES) + 4 and not server.silent


NONSENSE: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"names": ["www.example.org"]}, TypeError, "is a dict, with the names as its keys"),
    ({"names": {"www.example.org": ["localhost"]}}, ValueError, "'localhost' is no address"),
    ({"names": {"www.example.org": ["127.0.0.256"]}}, ValueError, "'127.0.0.256' is no address"),
    ({"names": {"www.example.org": [127]}}, ValueError, "127 is no address"),
    ({"names": {"www.example.org": 127}}, TypeError, "a list of addresses"),
    ({"names": {"www..example.org": ["::1"]}}, ValueError, "cannot be a name"),
    ({"names": {"": ["::1"]}}, ValueError, "is no name that a server could have"),
    ({"names": {"x" * 64 + ".org": ["::1"]}}, ValueError, "cannot be a name"),
    ({"names": {b"www": ["::1"]}}, TypeError, "A name is text"),
    ({"ttl": -1}, ValueError, "ttl is a whole number of seconds"),
    ({"ttl": 1.5}, ValueError, "ttl is a whole number of seconds"),
    ({"silent": 7}, TypeError, "Names are given as a set"),
    ({"loops": {7}}, TypeError, "A name is text"),
    ({"delays": {"www.example.org": "long"}}, ValueError, "A delay is a number of seconds"),
    ({"delays": {"www.example.org": float("nan")}}, ValueError, "A delay is a number of seconds"),
    ({"delays": {"www.example.org"}}, TypeError, "is a dict"),
    ({"cuts": {"www.example.org": 2.5}}, ValueError, "A cut is a number of bytes"),
    ({"lies": {"www.example.org"}}, TypeError, "is a dict"),
    ({"port": 70000}, ValueError, "70000 is none"),
    ({"host": 1}, TypeError, "a host, which is text"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "raised", "sentence"), NONSENSE)
def test_nonsense_is_refused_in_a_sentence(told: dict[str, Any], raised: type[Exception], sentence: str) -> None:
    with pytest.raises(raised, match=sentence):
        helpers.NameServer(told.pop("names", NAMES), **told)


def test_what_is_misspelt_is_refused(server: helpers.NameServer) -> None:
    with pytest.raises(TypeError, match="has no 'lie'; it is told names, lies, spoofs.*host, port"):
        helpers.NameServer(NAMES, lie={})  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="has no 'lie'; it is told names, lies, spoofs"):
        server.lie = {}
    with pytest.raises(ValueError, match="is no address"):
        server.lies["www.example.org"] = ["nowhere"]
    assert len(said(server, "www.example.org")) == 2
