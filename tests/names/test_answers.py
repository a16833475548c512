"""What a name server answers that tells the truth."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import pytest

import helpers
from tests.names.support import NAMES, answer, is_silent, over_tcp, over_udp, question, said


@pytest.fixture
def server() -> Iterator[helpers.NameServer]:
    with helpers.NameServer(NAMES) as server:
        yield server
        assert server.error is None


@pytest.mark.everywhere
def test_addresses_over_udp_and_tcp(server: helpers.NameServer) -> None:
    assert said(server, "www.example.org") == ["127.0.0.1", "127.0.0.2"]
    assert said(server, "www.example.org", "AAAA") == ["::1"]
    asked = question("www.example.org")
    assert over_tcp(server, asked, asked) == over_udp(server, asked) * 2
    assert server.log == [
        "www.example.org A over UDP: 127.0.0.1 and 127.0.0.2",
        "www.example.org AAAA over UDP: ::1",
        "www.example.org A over TCP: 127.0.0.1 and 127.0.0.2",
        "www.example.org A over TCP: 127.0.0.1 and 127.0.0.2",
        "www.example.org A over UDP: 127.0.0.1 and 127.0.0.2",
    ]


def test_the_bytes_are_those_of_the_standard(server: helpers.NameServer) -> None:
    """By hand, with struct; its answer's name is a pointer to the question's."""
    asked = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + b"\x04shOP\x07example\x03org\x00" + struct.pack("!2H", 28, 1)
    (data,) = over_udp(server, asked)
    head = struct.pack("!6H", 7, 0x8580, 1, 2, 0, 0)  # QR AA RD RA
    alias = b"\xc0\x0c" + struct.pack("!2HIH", 5, 1, 60, 6) + b"\x03www\xc0\x11"
    address = b"\xc0\x2e" + struct.pack("!2HIH", 28, 1, 60, 16) + bytes(15) + b"\x01"
    assert data == head + asked[12:] + alias + address


def test_the_question_keeps_its_letters(server: helpers.NameServer) -> None:
    message = answer(server, "wWw.eXample.ORG")
    assert message.question[0].name.to_text() == message.answer[0].name.to_text() == "wWw.eXample.ORG."
    assert server.log == ["wWw.eXample.ORG A over UDP: 127.0.0.1 and 127.0.0.2"]


def test_an_alias_is_followed_as_far_as_this_server_knows(server: helpers.NameServer) -> None:
    assert said(server, "shop.example.org") == ["www.example.org.", "127.0.0.1", "127.0.0.2"]
    assert said(server, "shop.example.org", "CNAME") == ["www.example.org."]
    server.names["far.example.org"] = "www.example.net"
    server.names["nowhere.example.org"] = "nosuch.example.org"
    server.names["one.example.org"], server.names["other.example.org"] = "other.example.org", "one.example.org"
    assert said(server, "far.example.org") == ["www.example.net."]
    assert said(server, "nowhere.example.org") == ["NXDOMAIN", "nosuch.example.org."]
    assert said(server, "one.example.org") == ["other.example.org.", "one.example.org."]


@pytest.mark.parametrize(
    ("name", "kind", "code", "start"),
    [
        ("nosuch.example.org", "A", "NXDOMAIN", True),
        ("www.example.org", "MX", "NOERROR", True),
        ("example.org", "A", "NOERROR", True),  # it exists, as others stand below it
        ("shelf.shop.example.org", "AAAA", "NOERROR", True),
        ("9.0.0.127.in-addr.arpa", "PTR", "NXDOMAIN", True),
        ("0.127.in-addr.arpa", "PTR", "NOERROR", True),
        ("www.python.org", "A", "REFUSED", False),
        ("org", "A", "REFUSED", False),
        ("www.example.org", "AXFR", "REFUSED", False),
    ],
)
def test_what_there_is_not(server: helpers.NameServer, name: str, kind: str, code: str, start: bool) -> None:
    message = answer(server, name, kind)
    assert dns.rcode.to_text(message.rcode()) == code and not message.answer
    assert [rrset.rdtype.name for rrset in message.authority] == ["SOA"] * start
    assert bool(message.flags & dns.flags.AA) == (code != "REFUSED")


def test_names_of_addresses(server: helpers.NameServer) -> None:
    assert said(server, "1.0.0.127.in-addr.arpa", "PTR") == ["www.example.org."]
    assert said(server, dns.reversename.from_address("::1").to_text(), "PTR") == ["www.example.org."]


def test_everything_there_is(server: helpers.NameServer) -> None:
    assert said(server, "www.example.org", "ANY") == ["127.0.0.1", "127.0.0.2", "::1"]
    assert said(server, "example.org", "SOA")[0].startswith("ns.example.org. hostmaster.example.org.")


def test_other_classes_are_refused(server: helpers.NameServer) -> None:
    assert answer(server, "www.example.org", rdclass="CH").rcode() == dns.rcode.REFUSED


def test_edns(server: helpers.NameServer) -> None:
    plain, extended = answer(server, "www.example.org"), answer(server, "www.example.org", use_edns=0)
    assert (plain.edns, extended.edns, extended.payload) == (-1, 0, 1232)
    assert answer(server, "www.example.org", use_edns=1).rcode() == dns.rcode.BADVERS


def test_what_is_too_large_is_truncated_over_udp(server: helpers.NameServer) -> None:
    server.names["many.example.org"] = [f"10.0.0.{number}" for number in range(200)]
    sizes: list[tuple[dict[str, Any], int]] = [
        ({}, 512),
        ({"use_edns": 0, "payload": 1000}, 1000),
        ({"use_edns": 0, "payload": 9000}, 1232),
    ]
    for more, most in sizes:
        (data,) = over_udp(server, question("many.example.org", **more))
        assert len(data) <= most and dns.message.from_wire(data).flags & dns.flags.TC
    (whole,) = over_tcp(server, question("many.example.org"))
    message = dns.message.from_wire(whole)
    assert len(message.answer[0]) == 200 and not message.flags & dns.flags.TC
    assert server.log[-2:] == [
        "many.example.org A over UDP: 10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3 and 196 more (truncated)",
        "many.example.org A over TCP: 10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3 and 196 more",
    ]


# What is no question


def test_other_opcodes(server: helpers.NameServer) -> None:
    for opcode in (1, 2, 4, 5, 15):
        asked = struct.pack("!6H", 9, opcode << 11 | 0x0100, 1, 0, 0, 0) + b"\x01x\x00\x00\x01\x00\x01"
        assert over_udp(server, asked) == [struct.pack("!6H", 9, 0x8184 | opcode << 11, 0, 0, 0, 0)]
    assert server.log[-1] == "over UDP: 19 bytes with opcode 15: NOTIMP"


@pytest.mark.parametrize(
    "rest",
    [b"", b"\x03www", b"\x03www\x00\x00\x01", b"\xc0\x0c\x00\x01\x00\x01", b"\x40www\x00\x00\x01\x00\x01", b"\x01x\x00\x00\x01\x00\x01more"],
    ids=["no question", "half a label", "half a question", "a loop", "an odd label", "more behind it"],
)  # fmt: skip
def test_garbage_is_a_format_error(server: helpers.NameServer, rest: bytes) -> None:
    asked = struct.pack("!6H", 9, 0x0100, 1, 0, 0, 0) + rest
    formerr = struct.pack("!6H", 9, 0x8181, 0, 0, 0, 0)
    assert over_udp(server, asked) == over_tcp(server, asked) == [formerr]
    assert server.log[0] == f"over UDP: {len(asked)} bytes that are no question: FORMERR"


def test_two_questions_and_none_are_a_format_error(server: helpers.NameServer) -> None:
    one = b"\x01x\x00\x00\x01\x00\x01"
    for count in (0, 2):
        (data,) = over_udp(server, struct.pack("!6H", 9, 0, count, 0, 0, 0) + one * count)
        assert dns.message.from_wire(data).rcode() == dns.rcode.FORMERR


def test_an_answer_is_not_answered(server: helpers.NameServer) -> None:
    """Or two servers would go on for ever."""
    (data,) = over_udp(server, question("www.example.org"))
    assert is_silent(server, data)
    assert server.log[1] == f"over UDP: {len(data)} bytes that are an answer: no answer"


def test_less_than_a_header_is_not_answered(server: helpers.NameServer) -> None:
    assert is_silent(server, b"") and is_silent(server, bytes(11))
    assert server.log[2] == "over UDP: 11 bytes, fewer than a header has: no answer"


def test_it_goes_on_whatever_comes(server: helpers.NameServer) -> None:
    """Each of a thousand questions with some bytes changed is answered, or left unanswered, and the next one is answered rightly."""
    chance = random.Random(1)
    asked = question("www.example.org", use_edns=0)
    for _ in range(1000):
        data = bytearray(asked)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 0x3F, 0x40, 0xC0, 0xFF, chance.randrange(256)))
        del data[chance.randrange(12, 2 * len(data)) :]
        over_udp(server, bytes(data)) if not data[2] & 0x80 else is_silent(server, bytes(data))
    assert said(server, "www.example.org") == ["127.0.0.1", "127.0.0.2"]


def test_hostile_names_are_spelled_out_in_the_log(server: helpers.NameServer) -> None:
    name = dns.name.Name([b"\x1b[31m<b>", b"a.b\r\n", b"example", b"org", b""])
    (data,) = over_udp(server, dns.message.make_query(name, "A").to_wire())
    assert dns.message.from_wire(data).rcode() == dns.rcode.NXDOMAIN
    assert server.log == [r"'\\027[31m<b>.a\\.b\\013\\010.example.org' A over UDP: NXDOMAIN"]
