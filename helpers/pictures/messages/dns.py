"""The fields of a message of DNS: header, questions and records, with names whose pointers lead to where the rest of them stands (RFC 1035, section 4; RFC 6891 for OPT).

Comes in: bytes, which may end anywhere, and hold anything. Goes out: `Field`s; what is missing or malformed is said, and the rest taken apart as far as anybody can say where it begins.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from helpers.pictures.messages.fields import Field, rest_missing
from helpers.pictures.messages.frames import one_after_another
from helpers.words import many

MOST = 200
"""Records that are taken apart; what follows them is one field."""
LONGEST_NAME, LONGEST_LABEL = 255, 63
"""Bytes: of a name with all its lengths, of a label."""
LABELS = 40
"""Labels of a name that are fields of their own: the name of an address of IPv6 has 34."""
TEXTS = 20
"""Texts of a record that are fields of their own; what follows them is one."""
_JUMPS = 128
"""Pointers that are followed: a name of so many has no room for a label between each two."""
_POINTER = 0xC0
MOST_FIELDS = 4000
"""Of messages one behind the other; what follows them is one field."""

TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 41: "OPT", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY",
    64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR", 255: "ANY", 257: "CAA",
}  # fmt: skip
CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
OPCODES = {0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE"}
RCODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE",
}  # fmt: skip
FLAGS = ((0x8000, "QR"), (0x0400, "AA"), (0x0200, "TC"), (0x0100, "RD"), (0x0080, "RA"), (0x0040, "Z"), (0x0020, "AD"), (0x0010, "CD"))  # fmt: skip
SECTIONS = ("answer", "authority", "additional")
_NAMED = {"NS", "CNAME", "PTR"}
_TIMES = ("serial", "refresh", "retry", "expire", "minimum")


Words = Callable[[int], str]
"""Says what a number means."""


def _named(names: Mapping[int, str]) -> Words:
    return lambda number: names.get(number, f"{number:,}")


def flags_in_words(flags: int) -> str:
    """answer: QR AA RD RA NOERROR; question: RD. The opcode where it is another one than QUERY."""
    opcode, rcode, is_answer = flags >> 11 & 0xF, flags & 0xF, bool(flags & 0x8000)
    words = [name for bit, name in FLAGS if flags & bit]
    if opcode:
        words.insert(is_answer, _named(OPCODES)(opcode))
    if is_answer or rcode:
        words.append(_named(RCODES)(rcode))
    return f"{'answer' if is_answer else 'question'}: {' '.join(words)}".rstrip(": ")


def _extension(number: int) -> str:
    """What OPT has in the place of a TTL."""
    rcode, version, flags = number >> 24, number >> 16 & 0xFF, number & 0xFFFF
    words = [f"version {version}"] + ([f"RCODE + {rcode * 16}"] if rcode else []) + (["DO"] if flags & 0x8000 else [])
    return ", ".join(words)


class _Over(Exception):
    """Nobody can say where the next field begins, or the message has ended."""


def fields(data: bytes) -> Iterator[Field]:
    """Of one message, as a datagram holds it."""
    return iter(_Message(data, 0, len(data)).fields())


def fields_of_stream(data: bytes) -> Iterator[Field]:
    """Of messages over TCP, one after the other, each with its length in two bytes in front."""
    number = at = 0
    for field in one_after_another(data, _framed):
        if number >= MOST_FIELDS and field.heading.startswith("message"):
            yield Field("further messages", at, len(data), heading="and so on")
            return
        yield field
        number, at = number + 1, field.stop


def places_of_names(data: bytes) -> list[int]:
    """Where the names of one message begin."""
    message = _Message(data, 0, len(data))
    message.fields()
    return message.names


def _framed(data: bytes, at: int, heading: str) -> Iterator[Field]:
    behind = at + 2
    if behind > len(data):
        yield Field("length", at, len(data), heading=heading, missing=rest_missing(behind - len(data)), as_text=False)
        return
    size = int.from_bytes(data[at:behind], "big")
    there = min(size, len(data) - behind)
    meaning = many(size, "byte") + (f", of which {there:,} have come" if there < size else "")
    yield Field("length", at, behind, meaning, heading=heading, as_text=False)
    yield from _Message(data, behind, behind + there).fields()


@dataclasses.dataclass
class Name:
    """A name, as it stands at a place of a message."""

    labels: list[bytes]
    next: int
    """The place behind it, where it stands."""
    wrong: str = ""
    """What is malformed, in words."""

    @property
    def words(self) -> str:
        return self.wrong or (spelled(self.labels) if self.labels else "the root")


def spelled(labels: list[bytes]) -> str:
    r"""A name with dots between its labels; the root is a dot. A dot within a label is \. and what cannot be printed \ and three digits."""
    return ".".join("".join(map(_letter, label)) for label in labels) or "."


def _letter(byte: int) -> str:
    if byte in b'.\\"();@$':
        return f"\\{byte:c}"
    return chr(byte) if 33 <= byte <= 126 else f"\\{byte:03d}"


class Part(NamedTuple):
    """A label with its length, a pointer, the end of a name, or what is none of them."""

    start: int
    stop: int
    label: bytes = b""
    points_to: int | None = None
    """From the beginning of the message."""
    is_label: bool = False
    ends: bool = False
    missing: int = 0
    """Bytes that have not come."""
    unknown: bool = False
    too_long: bool = False
    """Whether no name goes on so far."""


def parts_of(data: bytes, at: int, stop: int) -> Iterator[Part]:
    """Those of the name that stands at `at`, up to its end, or to its first pointer, or as far as it has come before `stop`."""
    begun = at
    while True:
        first = data[at] if at < stop else 0
        behind = at + 1 + first
        if at >= stop:
            yield Part(at, at, missing=1)
        elif first >= _POINTER:
            place = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            yield Part(at, at + 2, points_to=place) if at + 2 <= stop else Part(at, stop, missing=1)
        elif first > LONGEST_LABEL:
            yield Part(at, at, unknown=True)
        elif not first:
            yield Part(at, behind, ends=True)
        else:
            too_long = behind - begun >= LONGEST_NAME
            label = data[at + 1 : min(behind, stop)]
            yield Part(at, min(behind, stop), label, is_label=True, missing=max(behind - stop, 0), too_long=too_long)
            if behind <= stop and not too_long:
                at = behind
                continue
        return


def name_at(data: bytes, at: int, start: int = 0, stop: int | None = None) -> Name:
    """The name that stands at `at`, its pointers followed. They count from `start`, where the message begins; at `stop` it ends."""
    stop = len(data) if stop is None else stop
    labels: list[bytes] = []
    begins, behind, size, ahead = [at], 0, 0, False
    while True:
        parts = list(parts_of(data, begins[-1], stop))
        last = parts[-1]
        behind = behind or last.stop
        labels += [part.label for part in parts if part.is_label]
        size += sum(1 + len(part.label) for part in parts if part.is_label)
        if last.unknown or last.missing:
            return Name(labels, behind, "it runs into bytes that are no name" if last.unknown else "its end is missing")
        if size >= LONGEST_NAME:
            return Name(labels, behind, f"a name of more than {LONGEST_NAME} bytes")
        if last.points_to is None:
            return Name(
                labels, behind, f"{spelled(labels)}, but a pointer leads ahead: only back is right" if ahead else ""
            )
        place = start + last.points_to
        if place >= stop:
            return Name(labels, behind, "it leads to where no byte is")
        if place in begins or len(begins) > _JUMPS:
            return Name(labels, behind, "a loop: the name never ends")
        ahead = ahead or place >= begins[-1]
        begins.append(place)


class _Message:
    """A message from `start` to `stop` of `data`, and where in it the next field begins."""

    def __init__(self, data: bytes, start: int, stop: int) -> None:
        self._data = data
        self._start = start
        self._stop = stop
        self._at = start
        self._heading = "header"
        self._found: list[Field] = []
        self.names: list[int] = []
        """Where names begin, of those that have been taken."""

    def fields(self) -> list[Field]:
        try:
            self._take_message()
        except _Over:
            pass
        if self._at < self._stop:
            self._add("rest", self._stop, "the message is over", heading="rest", as_text=None)
        return self._found

    def _take_message(self) -> None:
        if self._start == self._stop:
            return
        self._number("id", 2)
        self._number("flags", 2, flags_in_words)
        questions = self._number("questions", 2, str, heading="counts")
        records = [self._number(name, 2, str) for name in ("answers", "authority", "additional")]
        taken = 0
        for number in range(1, questions + 1):
            self._begin("question", number, questions)
            self._take_question()
            taken = self._counted(taken)
        for section, count in zip(SECTIONS, records, strict=True):
            for number in range(1, count + 1):
                self._begin(section, number, count)
                self._take_record()
                taken = self._counted(taken)

    def _counted(self, taken: int) -> int:
        if taken + 1 < MOST or self._at == self._stop:
            return taken + 1
        self._add("further records", self._stop, heading="and so on", as_text=None)
        raise _Over

    def _begin(self, section: str, number: int, count: int) -> None:
        """A new row. _Over, said, where nothing of it has come."""
        heading = section if count == 1 else f"{section} {number}"
        self._heading = heading
        if self._at == self._stop:
            missing = "missing" if number == count else f"{many(count - number + 1, 'record')} missing"
            self._add(section, self._at, missing=missing)
            raise _Over

    def _take_question(self) -> None:
        self._take_name(self._stop)
        self._number("type", 2, _named(TYPES))
        self._number("class", 2, _named(CLASSES))

    def _take_record(self) -> None:
        """Its name and what it is in one row, what it says in the next."""
        heading = self._heading.replace(self._heading.partition(" ")[0], "data")
        self._take_name(self._stop)
        kind = _named(TYPES)(self._number("type", 2, _named(TYPES)))
        if kind == "OPT":
            self._number("size", 2, lambda size: f"over UDP, {many(size, 'byte')}")
            self._number("extension", 4, _extension)
        else:
            self._number("class", 2, _named(CLASSES))
            self._number("TTL", 4, lambda seconds: f"{seconds:,} s")
        size = self._number("RDLENGTH", 2, lambda size: many(size, "byte"), heading=heading)
        end = self._at + size
        self._take_data(kind, min(end, self._stop), end <= self._stop)
        if end > self._stop:
            self._found[-1] = dataclasses.replace(self._found[-1], missing=rest_missing(end - self._stop))
            raise _Over

    def _take_data(self, kind: str, end: int, whole: bool) -> None:
        """What a record says, up to `end`: RDLENGTH is believed, whatever stands there."""
        try:
            self._take_contents(kind, end, whole)
        except _Over:
            if self._at < end:
                raise
        if self._at < end:
            self._add("data", end, "more than such a record has" if kind in (*_NAMED, "A", "AAAA", "SOA", "MX") else "")

    def _take_contents(self, kind: str, end: int, whole: bool) -> None:
        size = end - self._at
        if kind == "A" and size == 4 or kind == "AAAA" and size == 16:
            self._add("address", end, str(ipaddress.ip_address(self._data[self._at : end])))
        elif kind in ("A", "AAAA"):
            self._add("address", end, f"an address has {4 if kind == 'A' else 16} bytes" if whole else "")
        elif kind in _NAMED and size:
            self._take_name(end)
        elif kind == "MX" and size > 2:
            self._number("preference", 2, str)
            self._take_name(end)
        elif kind == "SOA" and size:
            self._take_name(end, "first server")
            self._take_name(end, "mail")
            for name in _TIMES:
                if self._at + 4 <= end:
                    self._number(name, 4, "{:,}".format if name == "serial" else "{:,} s".format)
        elif kind == "TXT":
            self._take_texts(end)

    def _take_texts(self, end: int) -> None:
        for _ in range(TEXTS):
            if self._at == end:
                return
            stop = self._at + 1 + self._data[self._at]
            self._add("length", self._at + 1, delimiter=True)
            missing = "" if stop <= end else "its length says more"
            self._add("text", min(stop, end), missing=missing, as_text=None)

    def _take_name(self, end: int, name: str = "name") -> None:
        """The fields of a name that has to end at `end`. Its last field says all of it. _Over, said, where it does not end."""
        whole, begun = name_at(self._data, self._at, self._start, self._stop), self._at
        parts = list(parts_of(self._data, begun, end))
        self.names.append(begun)
        for part in parts[:LABELS]:
            self._take_part(part, name if part.start == begun else "label", whole)
        if len(parts) > LABELS:
            if parts[-2].stop > self._at:
                self._add("further labels", parts[-2].stop, as_text=None)
            self._take_part(parts[-1], "label", whole)
        if not (parts[-1].ends or parts[-1].points_to is not None):
            raise _Over

    def _take_part(self, part: Part, name: str, whole: Name) -> None:
        if part.unknown:
            self._add(name, self._stop, "neither a length nor a pointer: nobody knows its end")
        elif part.points_to is not None:
            self._add("pointer", part.stop, whole.words, points_to=self._start + part.points_to)
        elif part.ends:
            self._add("end", part.stop, whole.words, delimiter=True)
        elif part.is_label:
            meaning = whole.wrong if part.too_long else ""
            self._add(f"length of {spelled([part.label])}", part.start + 1, delimiter=True)
            self._add(name, part.stop, meaning, missing=rest_missing(part.missing), as_text=None)
        elif part.stop > part.start:
            self._add("pointer", part.stop, missing=rest_missing(part.missing))
        else:
            self._add(name, part.stop, missing="the rest of the name is missing")

    # Fields

    def _number(self, name: str, size: int, words: Words | None = None, heading: str = "") -> int:
        """The next `size` bytes as a number. _Over, said, where they have not all come."""
        self._heading = heading or self._heading
        stop = min(self._at + size, self._stop)
        if stop < self._at + size:
            self._add(name, stop, missing=rest_missing(self._at + size - stop))
            raise _Over
        number = int.from_bytes(self._data[self._at : stop], "big")
        self._add(name, stop, words(number) if words is not None else "")
        return number

    def _add(
        self,
        name: str,
        stop: int,
        meaning: str = "",
        *,
        points_to: int | None = None,
        heading: str = "",
        missing: str = "",
        delimiter: bool = False,
        as_text: bool | None = False,
    ) -> None:
        """The field from the last one to `stop`; the first of a row gets its heading."""
        heading, self._heading = heading or self._heading, ""
        self._found.append(Field(name, self._at, stop, meaning, points_to, heading, missing, delimiter, as_text))
        self._at = stop
