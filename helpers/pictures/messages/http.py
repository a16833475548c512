"""HTTP/1.1, for the eye: the parts of requests and answers, one behind the other, as far as they have come, and also where they are malformed.

Comes in: bytes. Goes out: their `Field`s. This is no parser to rely on: where a server has to refuse, this one goes on, and says what is wrong.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import NamedTuple

from helpers.pictures.messages.fields import Field, rest_missing
from helpers.words import many

MOST = 200
"""Lines of a head, chunks of a body, messages that are taken apart; what follows them is one field."""
DIGITS = 18
"""Of a length: one with more is no number of bytes that anybody has."""
_LINE_MISSING = "the end of the line is missing"

_EMPTY = re.compile(rb"(?:\r\n(?=.))*", re.DOTALL)


class _Line(NamedTuple):
    """A line of a head."""

    start: int
    end: int
    """Behind its last byte."""
    stop: int
    """Behind the line's end."""
    whole: bool
    """Whether that has come."""


def fields(data: bytes) -> Iterator[Field]:
    """The parts of each message in `data`; the last one as far as it has come."""
    at = 0
    answers = data.lstrip(b"\r\n").startswith(b"HTTP/")  # a stream has requests, or it has answers
    for number in range(MOST):
        if at >= len(data):
            return
        message = _Message(data, number, answers)
        for field in message.fields(at):
            at = field.stop
            yield field
    if at < len(data):
        yield Field("further messages", at, len(data), heading="and so on")


@dataclasses.dataclass
class _Message:
    """One request or answer: what its head has said so far of its body."""

    data: bytes
    number: int
    """How many came before it."""
    answer: bool
    bodiless: bool = False
    """Whether it is an answer that never has a body, whatever its head says."""
    length: int | None = None
    chunked: bool = False
    encoded: bool = False
    """Whether it has a Transfer-Encoding, of whatever kind."""
    doubt: str = ""
    """Why nobody can say where its body ends."""

    def fields(self, at: int) -> Iterator[Field]:
        """From `at` to the end of its body, or of the data."""
        data = self.data
        if empty := _EMPTY.match(data, at)[0]:  # type: ignore[index]  # it always matches
            yield Field(
                "empty lines", at, at + len(empty), "ignored before a request", heading="empty lines", delimiter=True
            )
            at += len(empty)
        if self.answer and self.number and not b"HTTP/".startswith(data[at : at + 5]):
            yield Field("left over", at, len(data), "no status line, but read as one", heading="next answer")
            return
        line = self._line(at)
        yield from self._start_line(line)
        for _ in range(MOST):
            if not line.whole:
                return
            line = self._line(line.stop)
            if line.end == line.start:
                break
            yield from self._header(line, "header")
        else:
            yield from self._further_headers(line.stop)
            return
        yield from self._blank_line(line, self._conclusion())
        if line.whole:
            yield from self._body(line.stop)

    def _further_headers(self, at: int) -> Iterator[Field]:
        """A head of so many lines is not taken apart any further; nor is what follows it."""
        yield Field("further headers", at, len(self.data), "and whatever follows them", heading="and so on")

    def _blank_line(self, line: _Line, meaning: str) -> Iterator[Field]:
        if line.whole:
            yield Field("blank line", line.start, line.stop, meaning, heading="blank line", delimiter=True)
        else:
            missing = "\\n is missing" if line.start < line.stop else "missing"
            yield Field("blank line", line.start, line.stop, heading="blank line", missing=missing, delimiter=True)

    def _line(self, start: int) -> _Line:
        newline = self.data.find(b"\n", start)
        stop = newline + 1 or len(self.data)
        end = newline if newline >= 0 else stop
        if end > start and self.data[end - 1 : end] == b"\r":
            end -= 1
        return _Line(start, end, stop, newline >= 0)

    def _end_of(self, line: _Line, value_end: int | None = None) -> Iterator[Field]:
        """The bytes that end a line, with the spaces before them."""
        end = line.end if value_end is None else value_end
        if end == line.stop:
            return
        missing = "" if line.whole else "\\n is missing"
        bare = "a newline alone" if line.whole and self.data[line.end : line.stop] == b"\n" else ""
        yield Field("end of line", end, line.stop, bare, missing=missing, delimiter=True)

    # The first line

    def _start_line(self, line: _Line) -> Iterator[Field]:
        kind = "status line" if self.answer else "request line"
        names = ("version", "status", "reason") if self.answer else ("method", "target", "version")
        heading = kind if not self.number else "next answer" if self.answer else "next request"
        content = self.data[line.start : line.end]
        words = content.split(b" ", 2) if self.answer else content.split(b" ")
        fitting = len(words) == 3 if line.whole and not self.answer else len(words) <= 3
        if not fitting or not all(words[:2]):
            meaning = f"no {kind}, which has {names[0]}, {names[1]} and {names[2]}"
            yield Field(
                "line", line.start, line.end, meaning, heading=heading, missing="" if line.whole else _LINE_MISSING
            )
            yield from self._end_of(line)
            return
        status = words[1] if self.answer and len(words) > 1 else b""
        self.bodiless = status[:1] == b"1" or status in (b"204", b"304")
        at = line.start
        for place, (name, word) in enumerate(zip(names, words, strict=False)):
            if place:
                yield Field("space", at, at + 1, delimiter=True)
                at += 1
            last = place == len(words) - 1
            missing = _LINE_MISSING if last and line.stop == line.end and not line.whole else ""
            yield Field(name, at, at + len(word), heading="" if place else heading, missing=missing)
            at += len(word)
        yield from self._end_of(line)

    # Headers

    def _header(self, line: _Line, heading: str) -> Iterator[Field]:
        content = self.data[line.start : line.end]
        name, colon, value = content.partition(b":")
        missing = _LINE_MISSING if line.stop == line.end and not line.whole else ""
        if not colon or content[:1] in b" \t":
            meaning = "" if not line.whole else "no header: it has no colon"
            if content[:1] in b" \t":
                meaning = "begins with a space: the line before went on so, in old HTTP"
            yield Field("name" if missing else "line", line.start, line.end, meaning, heading=heading, missing=missing)
            yield from self._end_of(line)
            return
        after = line.start + len(name)
        spaced = "a space before the colon: to be refused" if name != name.rstrip(b" \t") else ""
        yield Field("name", line.start, after, spaced, heading=heading)
        start = line.end - len(value.lstrip(b" \t"))
        end = max(start, line.start + len(content.rstrip(b" \t"))) if line.whole else line.end
        yield Field("colon", after, start, delimiter=True, missing="" if start < line.end else missing)
        if start < line.end or line.whole:
            meaning = self._take(name.strip().lower(), self.data[start:end]) if line.whole else ""
            yield Field("value", start, end, meaning, missing=missing)
        yield from self._end_of(line, value_end=end)

    def _take(self, name: bytes, value: bytes) -> str:
        """What a header says of the body, in words; nothing where it says nothing of it."""
        if name == b"transfer-encoding":
            self.encoded = True
            self.chunked = value.rpartition(b",")[2].strip().lower() == b"chunked"
            return "the body comes in chunks" if self.chunked else "the body is encoded, and not in chunks"
        if name != b"content-length":
            return ""
        if not value.isdigit() or len(value) > DIGITS:
            self.doubt = "Content-Length is no number of bytes"
            return "no number of bytes"
        before, self.length = self.length, int(value)
        if before is not None and before != self.length:
            self.doubt = "two lengths, and nobody knows which is meant"
            return "another length: which is meant?"
        return "the same again" if before is not None else f"{many(self.length, 'byte')} of body"

    def _conclusion(self) -> str:
        """What the head, now that it is whole, says of the body."""
        head = "the head ends; "
        if self.bodiless:
            return head + "no body"
        if self.chunked:
            return head + ("chunks follow, the length does not count" if self.length is not None else "chunks follow")
        if self.encoded or self.doubt:
            return head + "where the body ends cannot be told"
        if self.length:
            return head + f"{many(self.length, 'byte')} of body follow" + "s" * (self.length == 1)
        return head + ("the body lasts until the stream ends" if self.answer and self.length is None else "no body")

    # The body

    def _body(self, at: int) -> Iterator[Field]:
        left = len(self.data) - at
        if self.bodiless:
            return
        if self.chunked:
            yield from self._chunks(at)
        elif self.encoded or self.doubt:
            if left:
                meaning = self.doubt or "where it ends is not said"
                yield Field("body, or more", at, len(self.data), meaning, heading="the rest")
        elif self.length is not None:
            come = min(self.length, left)
            missing = rest_missing(self.length - come)
            if self.length:
                yield Field("body", at, at + come, heading="body", missing=missing)
        elif self.answer:
            yield Field("body", at, len(self.data), heading="body", missing="it lasts until the stream ends")

    def _chunks(self, at: int) -> Iterator[Field]:
        for _ in range(MOST):
            if at == len(self.data):
                yield Field("size", at, at, heading="chunk", missing="missing")
                return
            line = self._line(at)
            size = self._size_of(line)
            if size is None and line.whole:
                meaning = "no size of a chunk: hexadecimal digits were to stand here"
                yield Field("body, or more", at, len(self.data), meaning, heading="the rest")
                return
            yield from self._size_line(line, size, "last chunk" if size == 0 and line.whole else "chunk")
            if size is None or not line.whole:
                return
            at = line.stop
            if not size:
                yield from self._trailer(at)
                return
            for field in self._chunk_data(at, size):
                at = field.stop
                yield field
        yield Field("further chunks", at, len(self.data), heading="and so on")

    def _size_of(self, line: _Line) -> int | None:
        digits = self.data[line.start : line.end].partition(b";")[0].rstrip(b" \t")
        if not digits or len(digits) > DIGITS or digits.strip(b"0123456789abcdefABCDEF"):
            return None
        return int(digits, 16)

    def _size_line(self, line: _Line, size: int | None, heading: str) -> Iterator[Field]:
        digits, semicolon, _ = self.data[line.start : line.end].partition(b";")
        after = line.start + len(digits)
        missing = _LINE_MISSING if line.stop == line.end and not line.whole else ""
        meaning = f"{many(size, 'byte')}" if size is not None and line.whole else ""
        yield Field("size", line.start, after, meaning, heading=heading, missing="" if semicolon else missing)
        if semicolon:
            yield Field("extension", after, line.end, missing=missing)
        yield from self._end_of(line)

    def _chunk_data(self, at: int, size: int) -> Iterator[Field]:
        stop = min(at + size, len(self.data))
        missing = rest_missing(at + size - stop)
        yield Field("data", at, stop, missing=missing)
        end = self.data[stop : stop + 2]
        if stop == len(self.data):
            return
        if end == b"\r\n":
            yield Field("end of chunk", stop, stop + 2, delimiter=True)
        elif end == b"\r":
            yield Field("end of chunk", stop, stop + 1, missing="\\n is missing", delimiter=True)
        else:
            meaning = "the data does not end here, as its size says"
            yield Field("body, or more", stop, len(self.data), meaning, heading="the rest")

    def _trailer(self, at: int) -> Iterator[Field]:
        """Headers behind the last chunk, and the blank line."""
        for _ in range(MOST):
            line = self._line(at)
            if line.end == line.start:
                yield from self._blank_line(line, "the body ends")
                return
            yield from self._header(line, "trailer")
            if not line.whole:
                return
            at = line.stop
        yield Field("further headers", at, len(self.data), heading="and so on")
