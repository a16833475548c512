"""Messages of DNS, right ones and broken ones, and what `read_name` is to give for the names in them.

Comes in: nothing, or bytes. Goes out: messages, with the places at which their names stand; and the `Reading` of a name. Who may import it: the exercise, and its tests.
"""

from __future__ import annotations

import random
import string
import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER = 12
"""Bytes before the first question."""
LONGEST_LABEL, LONGEST_NAME = 63, 255
LIKELY = 8
"""Pointers, one behind the other, that every reader follows. (Some give up after ten, which is no fault.)"""
PLAIN = frozenset((string.ascii_letters + string.digits + "-_").encode())
"""Bytes of a label that stand for themselves."""
TYPE_A, TYPE_NS, TYPE_CNAME, TYPE_SOA, TYPE_MX = 1, 2, 5, 6, 15
TELLING = (0, 1, 3, 12, 63, 64, 127, 128, 191, 192, 193, 255)
"""Values of a byte that mean something to a reader."""


class Place(NamedTuple):
    """A name in a message: what `read_name` is called with."""

    message: bytes
    at: int


class Reading(NamedTuple):
    """What is right for a name in a message."""

    name: str = ""
    next: int = 0
    problem: str = ""
    """Why it is malformed, in a clause; "" if it is not."""
    doubtful: bool = False
    """Whether a reader that refuses it is right as well: a pointer into the header, into its own name, or to bytes that go on into it; more pointers than LIKELY."""


# Reading --------------------------------------------------------------------------------------------------------------


def text_of(label: bytes) -> str:
    """A label as it stands in a name."""
    return "".join(chr(byte) if byte in PLAIN else f"\\{byte:03}" for byte in label)


def read(place: Place) -> Reading:
    """The name that stands there. Terminates for whatever bytes there are."""
    message, at = place
    labels: list[str] = []
    piece, bound, size, after, doubtful = at, len(message), 1, 0, False
    targets: set[int] = set()
    while True:
        if at >= len(message):
            return Reading(problem="the message ends in the middle of the name")
        first = message[at]
        if first == 0:
            doubtful = doubtful or at >= bound
            return Reading(".".join(labels) or ".", after or at + 1, doubtful=doubtful)
        if LONGEST_LABEL < first < 0xC0:
            return Reading(
                problem=f"a length of {first} (0x{first:02x}) is no label's, which has 63 bytes at most, and no pointer's, which begins at 192"
            )
        end = at + (2 if first >= 0xC0 else 1 + first)
        if end > len(message):
            return Reading(problem="the message ends in the middle of the name")
        doubtful = doubtful or end > bound
        if first <= LONGEST_LABEL:
            labels.append(text_of(message[at + 1 : end]))
            size += 1 + first
            at = end
            if size > LONGEST_NAME:
                return Reading(problem="the name has more than 255 bytes")
            continue
        after = after or end
        target = (first & 0x3F) << 8 | message[at + 1]
        if target >= at:
            return Reading(problem=_where(target, at, len(message)))
        if target in targets:
            return Reading(problem="its pointers lead round and round")
        doubtful = doubtful or target < HEADER or target >= piece or len(targets) >= LIKELY
        targets.add(target)
        bound = min(bound, piece)
        piece = at = target


def _where(target: int, at: int, size: int) -> str:
    """What is wrong with a pointer at `at`."""
    if target == at:
        return "its pointer points to itself"
    if target >= size:
        return f"its pointer leads to byte {target}, behind the end of the message"
    return f"its pointer, at byte {at}, leads on to byte {target}: a pointer leads back, to what stood before"


# Writing --------------------------------------------------------------------------------------------------------------


def labels(name: str) -> bytes:
    """The labels of a plain name, each with its length in front; no zero behind them."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)


def pointer(target: int) -> bytes:
    return struct.pack("!H", 0xC000 | target)


def header(answers: int = 0) -> bytes:
    """Of an answer to one question, or of the question itself."""
    return struct.pack("!6H", 0x1D2C, 0x8180 if answers else 0x0100, 1, answers, 0, 0)


def question(name: bytes, kind: int = TYPE_A) -> bytes:
    """A question for a name as it stands in the message."""
    return name + struct.pack("!2H", kind, 1)


def record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack("!2HLH", kind, 1, 300, len(data)) + data


def asks(name: str) -> bytes:
    """A message that asks for the addresses of a name."""
    return header() + question(labels(name) + b"\0")


class Real(NamedTuple):
    """A message as servers send them."""

    message: bytes
    names: tuple[tuple[int, str, int], ...]
    """Each name in it: where it stands, what it is, and where it ends."""

    def places(self) -> list[Place]:
        return [Place(self.message, at) for at, _, _ in self.names]


def _real(*parts: bytes | tuple[bytes, str]) -> Real:
    """A message made of these parts; those that are names are told what they are."""
    message, names = b"", []
    for part in parts:
        piece, name = part if isinstance(part, tuple) else (part, "")
        if name:
            names.append((len(message), name, len(message) + len(piece)))
        message += piece
    return Real(message, tuple(names))


def _record(name: tuple[bytes, str], kind: int, *data: bytes | tuple[bytes, str]) -> list[bytes | tuple[bytes, str]]:
    size = sum(len(each[0] if isinstance(each, tuple) else each) for each in data)
    return [name, struct.pack("!2HLH", kind, 1, 300, size), *data]


_TO_QUESTION = pointer(HEADER)
REAL = (
    _real(header(), (labels("www.example.org") + b"\0", "www.example.org"), b"\0\1\0\1"),
    _real(
        header(3),
        (labels("www.example.org") + b"\0", "www.example.org"),
        b"\0\1\0\1",
        *_record((_TO_QUESTION, "www.example.org"), TYPE_CNAME, (labels("web") + pointer(HEADER + 4), "web.example.org")),
        *_record((pointer(45), "web.example.org"), TYPE_A, bytes([192, 0, 2, 1])),
        *_record((pointer(45), "web.example.org"), TYPE_A, bytes([192, 0, 2, 192])),
    ),
    _real(
        header(2),
        (labels("example.org") + b"\0", "example.org"),
        struct.pack("!2H", TYPE_MX, 1),
        *_record((_TO_QUESTION, "example.org"), TYPE_MX, b"\0\x0a", (labels("mail-1") + _TO_QUESTION, "mail-1.example.org")),
        *_record((_TO_QUESTION, "example.org"), TYPE_MX, b"\0\x14", (labels("mail.Example") + pointer(HEADER + 8), "mail.Example.org")),
    ),
    _real(
        header(2),
        (b"\0", "."),
        struct.pack("!2H", TYPE_NS, 1),
        *_record((b"\0", "."), TYPE_NS, (labels("a.root-servers.net") + b"\0", "a.root-servers.net")),
        *_record(
            (b"\0", "."), TYPE_SOA, (pointer(28), "a.root-servers.net"), (labels("_n") + pointer(30), "_n.root-servers.net"), struct.pack("!5L", 1, 2, 3, 4, 5),
        ),
    ),
)  # fmt: skip
"""A question, and answers with pointers: to a whole name, to the end of one, and to one that ends in a pointer."""


# At random ------------------------------------------------------------------------------------------------------------


def some_place(chance: random.Random) -> Place:
    """A name that is right, in a message that is: its own labels, and mostly a pointer to another name before it."""
    message = header(1)
    starts: list[int] = []
    for _ in range(chance.randrange(1, 5)):
        begin = len(message)
        for _ in range(chance.randrange(4)):
            starts.append(len(message))
            label = _some_label(chance)
            message += bytes([len(label)]) + label
        before = [each for each in starts if each < begin]
        message += pointer(chance.choice(before)) if before and chance.random() < 0.8 else b"\0"
        message += chance.randbytes(chance.randrange(6))
    return Place(message + chance.randbytes(4), begin)


def _some_label(chance: random.Random) -> bytes:
    size = chance.choice([1, 2, 3, 3, 5, 8, 13])
    if chance.random() < 0.1:
        return chance.randbytes(size)
    return bytes(chance.choices(b"abcdefgxyzABCXYZ0123456789-_", k=size))


class Mutant(NamedTuple):
    """A message with bytes changed."""

    place: Place
    changes: tuple[tuple[int, int], ...]
    """Where, and to which value."""
    cut: int = 0
    """Bytes that are missing at its end."""

    def made(self) -> Place:
        message = bytearray(self.place.message)
        for at, value in self.changes:
            message[at] = value
        return Place(bytes(message[: len(message) - self.cut]), self.place.at)


def some_mutant(chance: random.Random) -> Mutant:
    """A real message, or one at random, with up to four bytes changed, near the name or anywhere; now and then cut off."""
    place = chance.choice(chance.choice(REAL).places()) if chance.random() < 0.7 else some_place(chance)
    if chance.random() < 0.1:
        place = place._replace(at=chance.randrange(HEADER, len(place.message)))
    changes = tuple(_some_change(chance, place) for _ in range(chance.randrange(1, 5)))
    return Mutant(place, changes, chance.randrange(len(place.message) - HEADER) if chance.random() < 0.2 else 0)


def _some_change(chance: random.Random, place: Place) -> tuple[int, int]:
    size = len(place.message)
    at = min(place.at + chance.randrange(4), size - 1) if chance.random() < 0.5 else chance.randrange(HEADER, size)
    if chance.random() < 0.2:
        return at, chance.randrange(size)  # as the second byte of a pointer: somewhere in the message
    return at, chance.choice(TELLING) if chance.random() < 0.6 else chance.randrange(256)


def simpler_mutants(mutant: Mutant) -> Iterator[Mutant]:
    """Those with all of the message, or with one change less."""
    if mutant.cut:
        yield mutant._replace(cut=0)
    for at in range(len(mutant.changes)):
        yield mutant._replace(changes=mutant.changes[:at] + mutant.changes[at + 1 :])
