"""An answer of HTTP/1.1, read as strictly as the specification has it: whole or not yet, and what is wrong with it.

Comes in: bytes that a server has sent. Goes out: an `Answer`, or `Fell`. Who may import it: server, why, and the scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from helpers.checking.verdicts import Fell, shown

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9]) [\t -~\x80-\xff]*")
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")
LENGTH = re.compile("[0-9]{1,20}")
LONGEST_HEAD = 16 * 1024
BLANK = b"\r\n\r\n"
BODILESS = (204, 304)
"""Statuses whose answer ends with its head (RFC 9110, 6.4.1)."""


class Head(NamedTuple):
    """All before the body."""

    size: int
    """In bytes, with the blank line."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    first: str
    """The status line."""

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def get(self, name: str) -> str:
        """All values of that name, as one; "" if there is none."""
        return ", ".join(self.all(name))

    @property
    def last_words(self) -> str:
        """Where it closes: by what a client knows that."""
        if self._is_old:
            return f"the answer begins with {self.first!r}: behind an answer in HTTP/1.0 the connection ends"
        return f"the answer {self.first!r} says Connection: close"

    @property
    def _is_old(self) -> bool:
        """Whether it is one of HTTP/1.0, behind which a connection ends unless it says otherwise (RFC 9112, 9.3)."""
        return self.first.startswith("HTTP/1.0") and "keep-alive" not in self._connection

    @property
    def closes(self) -> bool:
        """Whether it says that the connection ends behind this answer."""
        return "close" in self._connection or self._is_old

    @property
    def _connection(self) -> list[str]:
        return [each.strip().lower() for each in self.get("connection").split(",")]


class Answer(NamedTuple):
    head: Head
    body: bytes

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def told(self) -> str:
        """For a sentence."""
        return repr(self.head.first)


def head_of(data: bytes, asked: str) -> Head | None:
    """The head that the data begins with; None if it is not whole yet. Fell if it is none. `asked`: the beginning of a sentence."""
    if not data.startswith(b"HTTP/1."[: len(data)]):
        raise Fell(
            f"{asked}, and the answer begins with {shown(data[:40])}. Its first line is b'HTTP/1.1', a blank, the status, a blank, its reason."
        )
    end = data.find(BLANK)
    if end < 0:
        if b"\n\n" in data[:LONGEST_HEAD]:
            raise Fell(
                f"{asked}, and lines of the answer's head end in b'\\n': in HTTP they end in b'\\r\\n', the blank line too."
            )
        if len(data) > LONGEST_HEAD:
            raise Fell(
                f"{asked}, and after {LONGEST_HEAD:,} bytes of the answer no blank line has come: b'\\r\\n\\r\\n' ends the head."
            )
        return None  # fmt: skip
    first, *lines = data[:end].split(b"\r\n")
    found = STATUS_LINE.fullmatch(first)
    if not found:
        raise Fell(f"{asked}, and the first line of the answer is {shown(first)}: b'HTTP/1.1', a status of three digits, and its reason, with a blank between them.")  # fmt: skip
    return Head(end + len(BLANK), int(found[1]), tuple(_headers(lines, asked)), first.decode("latin-1"))


def _headers(lines: Iterable[bytes], asked: str) -> Iterable[tuple[str, str]]:
    for line in lines:
        found = HEADER.fullmatch(line)
        if not found:
            raise Fell(f"{asked}, and among the headers of the answer is {shown(line)}: a header is a name, a colon, a value.")  # fmt: skip
        yield found[1].decode().lower(), found[2].decode("latin-1")


def length_of(head: Head, asked: str) -> int:
    """Of its body, in bytes. Fell where Content-Length does not say it."""
    lengths = head.all("content-length")
    if head.all("transfer-encoding"):
        raise Fell(f"{asked}, and the answer has a Transfer-Encoding: here Content-Length says how long a body is, and nothing else does.")  # fmt: skip
    if not lengths:
        raise Fell(f"{asked}, and the answer {head.first!r} has no Content-Length: whoever asks does not know where it ends, and waits. Answers without a body have 0.")  # fmt: skip
    if len(lengths) > 1 or not LENGTH.fullmatch(lengths[0]):
        raise Fell(f"{asked}, and the Content-Length of the answer is {', '.join(lengths)!r}: it stands there once, as digits.")  # fmt: skip
    return int(lengths[0])
