"""DNS as a map: what its fields say is what dnspython reads; whatever is missing or malformed is said; where a learner's parser goes wrong is seen."""

from __future__ import annotations

import itertools
import random
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import dns.edns
import dns.exception
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as some

from helpers.pictures import Field, message
from helpers.pictures.messages.dns import fields, fields_of_stream, name_at, places_of_names
from helpers.pictures.messages.fields import in_order
from tests.pictures.legibility import faults, texts
from tests.pictures.made import words
from tests.pictures.messages.support import HOSTILE, QUICKLY, heads, letter_at, rows
from tests.support.costs import costs_less

HEAD = bytes.fromhex("1a2b 8580 0001 0001 0000 0000")
QUESTION = b"\x03www\x07example\x03org\x00\x00\x01\x00\x01"
RECORD = bytes.fromhex("0001 0001 0000003c 0004 7f000001")
ANSWER = HEAD + QUESTION + b"\xc0\x0c" + RECORD
"""An answer, as a name server gives it: its only record's name is a pointer to the question's, at byte 33."""
LOOP = HEAD + QUESTION + b"\xc0\x21" + RECORD
"""The pointer points to itself."""

_LABELS = some.sampled_from([b"www", b"a", b"example", b"org", b"x" * 63, b"\xff\x00.", b"WWW"])
_NAMES = some.lists(_LABELS, max_size=3).map(lambda labels: dns.name.Name([*labels, b""]))
_TEXTS = {
    "A": some.ip_addresses(v=4).map(str),
    "AAAA": some.ip_addresses(v=6).map(str),
    "CNAME": _NAMES.map(str),
    "NS": _NAMES.map(str),
    "PTR": _NAMES.map(str),
    "MX": _NAMES.map(lambda name: f"10 {name}"),
    "SOA": some.tuples(_NAMES, _NAMES).map(lambda names: f"{names[0]} {names[1]} 1 2 3 4 5"),
    "TXT": some.sampled_from(['"hello" "x"', '""', r'"\255\000"']),
    "SRV": _NAMES.map(lambda name: f"1 2 3 {name}"),
}


@some.composite
def messages(draw: some.DrawFn) -> dns.message.Message:
    """Any message that dnspython writes: names that share their ends, records of many types, EDNS or none."""
    made = dns.message.Message(id=draw(some.integers(0, 0xFFFF)))
    made.flags = draw(some.integers(0, 0xFFFF)) & 0x87F0
    for name in draw(some.lists(_NAMES, max_size=2)):
        kind = dns.rdatatype.from_text(draw(some.sampled_from(["A", "AAAA", "ANY"])))
        made.question.append(dns.rrset.RRset(name, dns.rdataclass.IN, kind))
    for section in (made.answer, made.authority, made.additional):
        for type_ in draw(some.lists(some.sampled_from(sorted(_TEXTS)), max_size=3)):
            ttl = draw(some.integers(0, 2**31 - 1))
            section.append(dns.rrset.from_text(draw(_NAMES), ttl, "IN", type_, draw(_TEXTS[type_])))
    if draw(some.booleans()):
        made.use_edns(0, payload=1232, options=[dns.edns.GenericOption(dns.edns.OptionType.make(65001), b"cookie")])
    return made


def values(found: list[Field], name: str) -> list[str]:
    return [field.meaning for field in found if field.name == name]


@QUICKLY
@given(messages())
def test_the_fields_say_what_dnspython_reads(made: dns.message.Message) -> None:
    data = made.to_wire(max_size=65535)
    read = dns.message.from_wire(data, one_rr_per_rrset=True)
    found = list(fields(data))
    assert in_order(found, len(data)) == found and "rest" not in {field.name for field in found}
    assert not any(field.missing for field in found)
    records = [each for section in (read.answer, read.authority, read.additional) for each in section]
    counts = [len(read.question), len(read.answer), len(read.authority), len(read.additional) + (read.edns >= 0)]
    assert [field.meaning for field in found[2:6]] == [str(count) for count in counts]
    types = [dns.rdatatype.to_text(each.rdtype) for each in (*read.question, *records)] + ["OPT"] * (read.edns >= 0)
    assert values(found, "type") == types
    assert values(found, "TTL") == [f"{each.ttl:,} s" for each in records]
    assert values(found, "address") == [
        each[0].to_text() for each in records if each.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
    ]
    owners = [each.name.labels[:-1] for each in (*read.question, *records)]
    places = [
        field.start for field in found if field.heading and not field.heading.startswith(("header", "counts", "data"))
    ]
    assert [tuple(name_at(data, at).labels) for at in places][: len(owners)] == owners


@QUICKLY
@given(messages(), some.data())
def test_a_name_is_what_dnspython_reads_or_wrong(made: dns.message.Message, draw: some.DataObject) -> None:
    """At every place of a message of which some bytes are changed."""
    data = bytearray(made.to_wire(max_size=65535))
    for _ in range(draw.draw(some.integers(0, 4))):
        data[draw.draw(some.integers(0, len(data) - 1))] = draw.draw(
            some.sampled_from([0, 1, 12, 0x3F, 0x40, 0xC0, 0xFF])
        )
    for at in range(0, len(data), 1 + len(data) // 60):
        name = name_at(bytes(data), at)
        try:
            right, size = dns.name.from_wire(bytes(data), at)
        except dns.exception.DNSException:
            assert name.wrong
        else:
            assert (tuple(name.labels), name.next, name.wrong) == (right.labels[:-1], at + size, "")


def test_a_name_of_255_bytes_is_the_longest() -> None:
    for last, is_wrong in ((61, False), (62, True)):
        name = (b"\x3f" + b"x" * 63) * 3 + bytes([last]) + b"y" * last + b"\x00"
        data = HEAD + name + b"\x00\x01\x00\x01"
        assert bool(name_at(data, 12).wrong) == is_wrong
        assert ("a name of more than 255 bytes" in message(data, "dns").text) == is_wrong
    assert "rest" in message(HEAD + b"\x01a" * 200 + b"\x00\x00\x01\x00\x01", "dns").text


def test_an_answer_is_told_row_by_row() -> None:
    picture = message(ANSWER, "dns")
    assert picture.text.splitlines()[0] == "DNS: 49 bytes"
    assert rows(picture) == [
        "0  header: id 1a 2b, flags 85 80 (answer: QR AA RD RA NOERROR)",
        "4  counts: questions 00 01 (1), answers 00 01 (1), authority 00 00 (0), additional 00 00 (0)",
        "12  question: length of www 03, name b'www', length of example 07, label b'example', length of org 03, label b'org', end 00 (www.example.org), type 00 01 (A), class 00 01 (IN)",
        "33  answer: pointer c0 0c (www.example.org; points back to byte 12, in length of www), type 00 01 (A), class 00 01 (IN), TTL 00 00 00 3c (60 s)",
        "43  data: RDLENGTH 00 04 (4 bytes), address 7f 00 00 01 (127.0.0.1)",
    ]
    assert (
        "answer: pointer www.example.org, type A, class IN, TTL 60 s; data: RDLENGTH 4 bytes, address 127.0.0.1"
        in picture.alt
    )
    assert "pointer: www.example.org → 12" in words(picture) and not faults(picture)


def test_headings_of_narrow_boxes_stand_apart() -> None:
    """Also those whose letters are wider than letters are in the mean: `name` above b'www', and the pointer behind it."""
    cname = b"\xc0\x10\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03www\xc0\x10"
    picture = message(ANSWER[:7] + b"\x02" + ANSWER[8:] + cname, "dns")
    assert isinstance(picture.image, str) and "pointer: example.org → 16" in words(picture)
    lines = sorted(texts(ET.fromstring(picture.image), part=1.0), key=lambda line: (line.top, line.left))
    for name, pointer in itertools.pairwise(lines):
        if name.name == "name" and pointer.name.startswith("pointer"):
            assert pointer.left - name.right >= 12
            return
    pytest.fail("there is no such neighbour")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (0x0100, "question: RD"),
        (0x0000, "question"),
        (0x8183, "answer: QR RD RA NXDOMAIN"),
        (0x8380, "answer: QR TC RD RA NOERROR"),
        (0x2000, "question: NOTIFY"),
        (0xAC05, "answer: QR UPDATE AA REFUSED"),
        (0x807F, "answer: QR Z AD CD 15"),
    ],
)
def test_flags_are_spelled(flags: int, said: str) -> None:
    data = b"\x00\x01" + flags.to_bytes(2, "big") + bytes(8)
    assert f"({said})" in message(data, "dns").text


def test_a_loop_is_an_arrow_to_itself() -> None:
    picture = message(LOOP, "dns")
    assert "a loop: the name never ends; points to byte 33, to itself" in picture.text
    assert "pointer points to byte 33, to itself" in picture.alt
    ((x, _),) = heads(picture)
    assert letter_at(picture, "c0 21", 0) <= x <= letter_at(picture, "c0 21", 2)


def test_an_arrow_into_the_middle_of_a_name() -> None:
    data = HEAD + QUESTION + b"\x03ftp\xc0\x10" + RECORD
    picture = message(data, "dns")
    assert "name b'ftp', pointer c0 10 (ftp.example.org; points back to byte 16, in length of example)" in picture.text
    ((x, _),) = heads(picture)
    assert letter_at(picture, "07", 0) <= x <= letter_at(picture, "07", 2)


def test_a_circle_of_pointers() -> None:
    """The one leads to the other, and that one back."""
    two = HEAD[:7] + b"\x02" + HEAD[8:]
    picture = message(two + QUESTION + b"\xc0\x31" + RECORD + b"\xc0\x21" + RECORD, "dns")
    assert picture.text.count("a loop: the name never ends") == 2 and len(heads(picture)) == 2
    assert (
        "points ahead to byte 49, in pointer" in picture.text and "points back to byte 33, in pointer" in picture.text
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"\xc0\x2d", "it leads to where no byte is"),
        (b"\xc3\xff", "points to byte 1,023, which is not there"),
        (b"\xc0\x2b", "but a pointer leads ahead: only back is right"),
        (b"\x80", "neither a length nor a pointer: nobody knows its end"),
        (b"\x40", "neither a length nor a pointer"),
        (b"\xc0\x02", "it runs into bytes that are no name"),
    ],
)
def test_what_is_malformed_is_said(name: bytes, said: str) -> None:
    record = RECORD[:-4] + b"\x01a\x00\x00"
    data = HEAD + QUESTION + name + record
    if said.startswith("it leads to where"):
        data = HEAD + QUESTION + (0xC000 | len(HEAD + QUESTION + name + record)).to_bytes(2, "big") + record
    picture = message(data, "dns")
    assert said in picture.text
    assert said in picture.image or said.startswith("points to")  # not cut off; where it points an arrow shows


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (bytes.fromhex("0001 0001 00000000 0003 7f0000"), "an address has 4 bytes"),
        (bytes.fromhex("0005 0001 00000000 0003 c00c ff"), "data ff (more than such a record has)"),
        (bytes.fromhex("0005 0001 00000000 0001 c0"), "pointer c0 [1 byte missing]"),
        (bytes.fromhex("ffff 0005 00000000 0002 abcd"), "type ff ff (65,535), class 00 05 (5)"),
        (bytes.fromhex("0010 0001 00000000 0003 09 6869"), "text b'hi' [its length says more]"),
        (bytes.fromhex("0001 0001 00000000 0004 7f000001 616263"), "rest b'abc' (the message is over)"),
    ],
)
def test_records_that_are_not_what_they_say(record: bytes, said: str) -> None:
    assert said in message(HEAD + QUESTION + b"\xc0\x0c" + record, "dns").text


def test_every_beginning_is_drawn_and_says_what_is_missing() -> None:
    whole = dns.message.make_response(dns.message.make_query("www.example.org", "MX", use_edns=0))
    whole.answer = [dns.rrset.from_text("www.example.org.", 60, "IN", "MX", "10 a.example.org.", "20 example.org.")]
    whole.authority = [dns.rrset.from_text("example.org.", 60, "IN", "SOA", "ns.example.org. x.example.org. 1 2 3 4 5")]
    data = whole.to_wire()
    for end in range(1, len(data)):
        found = list(fields(data[:end]))
        assert found[-1].missing and in_order(found, end) == found, end
        if end % 7 == 0:
            assert not faults(message(data[:end], "dns"))
    assert "answer 2: answer [2 records missing]" in message(HEAD[:7] + b"\x03" + HEAD[8:] + ANSWER[12:], "dns").text


# Over TCP


def test_over_tcp_the_two_bytes_in_front_are_told() -> None:
    framed = len(ANSWER).to_bytes(2, "big") + ANSWER
    picture = message([framed[:1], framed[1:] + framed[:30]], "dns-tcp")
    assert "DNS over TCP: 81 bytes in 2 pieces" in picture.text
    assert (
        "message 1: length 00 31 (49 bytes)" in picture.text
        and "points back to byte 14, in length of www" in picture.text
    )
    assert "message 2: length 00 31 (49 bytes, of which 28 have come)" in picture.text
    assert "[1 byte missing]" in message(framed[:1], "dns-tcp").text and not faults(picture)


# Whatever comes


def mutated(count: int) -> Iterator[bytes]:
    """Packets with some bytes changed, left out or put in."""
    chance = random.Random(17)
    whole = dns.message.make_response(dns.message.make_query("www.example.org", "A", use_edns=0, id=1))
    whole.answer = [
        dns.rrset.from_text("www.example.org.", 60, "IN", "CNAME", "a.example.org."),
        dns.rrset.from_text("a.example.org.", 60, "IN", "A", "127.0.0.1"),
    ]
    whole.authority = [dns.rrset.from_text("example.org.", 60, "IN", "SOA", "ns.example.org. x.example.org. 1 2 3 4 5")]
    packet = whole.to_wire(want_shuffle=False)
    for _ in range(count):
        data = bytearray(packet)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data) + 1)
            some_bytes = chance.choice([chance.randbytes(1), b"\xc0" + chance.randbytes(1), b"\xff", b"\x3f", b"\x00"])
            data[at : at + chance.choice([0, 1, 1, 1, 2, 5])] = some_bytes
        yield bytes(data)


@pytest.mark.slow
def test_ten_thousand_mutated_packets_are_taken_apart() -> None:
    worst = 0.0
    for number, data in enumerate(mutated(10_000)):
        begun = time.thread_time()
        found = list(fields(data))
        if number % 500 == 0:
            message(data, "dns"), message(data, "dns-tcp")
        worst = max(worst, time.thread_time() - begun)
        assert sum(field.size for field in found) == len(data)
    assert worst < 1


@QUICKLY
@given(HOSTILE, some.sampled_from([fields, fields_of_stream]))
def test_fields_have_every_byte_once(data: bytes, find: Callable[[bytes], Iterator[Field]]) -> None:
    found = list(find(data))
    assert in_order(found, len(data)) == found
    assert b"".join(data[field.start : field.stop] for field in found) == data


MANY = HEAD[:4] + b"\xff\xff" * 4
LARGE = {
    "pointers": b"\xc0\x0c" * 500_000,
    "zeros": bytes(1_000_000),
    "records": MANY + (b"\xc0\x0c" + RECORD) * 60_000,
    "questions": MANY + b"\xc0\x0c\x00\x01\x00\x01" * 100_000,
    "labels": MANY + b"\x01a" * 500_000,
    "a chain": MANY + b"".join((b"\x01a" + (0xC000 | max(12, 8 * number + 4)).to_bytes(2, "big") + bytes(4)) for number in range(2_000)),
    "texts": MANY[:4] + b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x10\x00\x01" + bytes(4) + b"\xff\xff" + b"\x01x" * 32_767,
    "options": MANY[:4] + bytes(6) + b"\x00\x01\x00\x00\x29" + bytes(6) + b"\xff\xff" + bytes(65_535),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["dns", "dns-tcp"])
@pytest.mark.parametrize("what", LARGE)
def test_a_megabyte_is_folded_in_bounded_time(what: str, kind: str) -> None:
    assert costs_less(2, lambda: message(LARGE[what], kind), tries=3)
    picture = message(LARGE[what], kind)
    assert len(picture.image) < 200_000 and len(picture.text) < 20_000 and len(picture.alt) < 2_000


def test_hostile_names_are_spelled_out() -> None:
    picture = message(HEAD + b"\x07\x1b[31m\r\n\x06<b>.\xe2\x80\x00\x00\x01\x00\x01", "dns")
    assert r"\027[31m\013\010.<b>\.\226\128" in picture.text
    for everything in (picture.text, picture.alt, picture.image):
        assert isinstance(everything, str) and not set(everything) & {"\x1b", "\r", "\u202e"}
    assert "<b>" not in picture.as_html().replace("&lt;b&gt;", "")


# A learner's parser


def read_name(data: bytes, at: int, follow: bool = True) -> tuple[str, int]:
    """A right one."""
    labels: list[str] = []
    behind = 0
    lowest, size = at, 1
    while True:
        if at >= len(data):
            raise ValueError("the message ends within a name")
        first = data[at]
        if first >= 0xC0:
            if at + 1 >= len(data):
                raise ValueError("half a pointer")
            behind = behind or at + 2
            at = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            if at >= lowest:
                raise ValueError("a pointer that does not lead back")
            lowest = at
        elif first > 63 or at + 1 + first > len(data):
            raise ValueError("no label")
        elif not first:
            return ".".join(labels), behind or at + 1
        else:
            labels.append(data[at + 1 : at + 1 + first].decode("latin-1"))
            size += 1 + first
            at += 1 + first
            if size > 255:
                raise ValueError("too long")


def trusting(data: bytes, at: int) -> tuple[str, int]:
    """Follows every pointer, and forgets where it came from."""
    labels = []
    while data[at]:
        if data[at] >= 0xC0:
            at = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            continue
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(labels), at + 1


def test_a_right_parser_is_right_at_every_name() -> None:
    for data in (ANSWER, LOOP, *mutated(60)):
        picture = message(data, "dns", read_name=read_name)
        number = len(places_of_names(data))
        assert f"read_name is right at {number} of {number} name" in picture.alt or not number, data
    assert not faults(message(ANSWER, "dns", read_name=read_name))


@pytest.mark.parametrize("root", ["", "."])
@pytest.mark.parametrize("dot", ["", "."])
def test_names_may_be_written_in_any_usual_way(root: str, dot: str) -> None:
    def mine(data: bytes, at: int) -> tuple[str, int]:
        name, behind = read_name(data, at)
        return (name + dot if name else root), behind

    data = HEAD[:11] + b"\x01" + ANSWER[12:] + bytes.fromhex("00 0029 04d0 00000000 0000")
    assert "right at 3 of 3 names" in message(data, "dns", read_name=mine).alt


def test_where_a_parser_goes_wrong_is_seen() -> None:
    picture = message(ANSWER, "dns", read_name=trusting)
    assert "read_name(message, 12) gives 'www.example.org', 29: right" in picture.text
    assert "read_name(message, 33) gives 'www.example.org', 29: wrong, it is 'www.example.org', 35" in picture.text
    assert "read_name is right at 1 of 2 names. At byte 33 it gives 'www.example.org', 29, not" in picture.alt
    shown = words(picture)
    assert "'www.example.org', 29" in shown and "'www.example.org', 29, not 'www.example.org', 35" in shown
    assert any("dashed where that is wrong" in each for each in shown) and not faults(picture)


def test_a_parser_that_never_ends_is_ended() -> None:
    def patient(data: bytes, at: int) -> Any:
        while True:
            try:
                return trusting(data, at)
            except Exception:
                pass

    for endless in (trusting, patient):
        picture = message(LOOP, "dns", read_name=endless)
        assert (
            "gives nothing: it never ends (100,000 lines, and still at work): wrong, it is ValueError (a loop"
            in picture.text
        )
        assert not faults(picture)


WRONG: list[tuple[Callable[..., Any], str]] = [
    (lambda data, at: None, "gives None: wrong"),
    (lambda data, at: ("www.example.org",), "gives 'www.example.org': wrong"),
    (lambda data, at: (b"www.example.org", 29), "gives b'www.example.org', 29: wrong"),
    (lambda data, at: ("www.example.org", 10**30), "wrong, it is 'www.example.org', 29"),
    (lambda data, at: ("\x1b[31m\u202e<b>" * 50, -5), r"gives '\x1b[31m\u202e<b>"),
    (lambda data, at: data[1_000], "gives IndexError: index out of range: wrong"),
    (lambda data: None, "gives TypeError: "),
    (lambda data, at: ("www.example.org", len(data)), "gives 'www.example.org', 49: wrong"),
    (lambda data, at: (["www", "example", "org"], 29), "gives ['www', 'example', 'org'], 29: wrong"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_whatever_a_parser_gives_is_told(number: int) -> None:
    mine, said = WRONG[number]
    picture = message(ANSWER, "dns", read_name=mine)
    assert said in picture.text and not faults(picture)
    assert isinstance(picture.image, str) and not set(picture.image + picture.text + picture.alt) & {"\x1b", "\u202e"}


def test_who_reads_names_is_a_function_and_reads_dns() -> None:
    with pytest.raises(ValueError, match="read_name reads the names of one message of DNS"):
        message(ANSWER, "dns-tcp", read_name=read_name)
    with pytest.raises(TypeError, match="read_name is a function, without brackets behind it; this is tuple"):
        message(ANSWER, "dns", read_name=read_name(ANSWER, 12))  # type: ignore[arg-type]
