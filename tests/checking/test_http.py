"""Lesson 15's read_request, held to h11: what one of the two takes and the other refuses, or reads in another way, is an error, or one of the differences that are named here, with the section that allows it."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any, NamedTuple

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.exercises.lesson15.requests import read_request

SOLUTION = types.ModuleType("solution")
exec(read_request.solution, SOLUTION.__dict__)


class Stream:
    """What `recv` takes bytes from: all that a client sent before it closed."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def recv(self, size: int) -> bytes:
        data, self.left = self.left[:size], self.left[size:]
        return data


Outcome = tuple[Any, ...]
"""("read", request, what is left), ("refused",), or ("incomplete",)."""


def ours(raw: bytes) -> Outcome:
    stream = Stream(raw)
    try:
        request = SOLUTION.read_request(stream)
    except SOLUTION.BadRequest as error:
        assert error.args[0] in (400, 413, 431, 501, 505) and len(error.args) == 2
        return ("refused",)
    except EOFError:
        return ("incomplete",)
    return ("incomplete",) if request is None else ("read", request, stream.left)


def h11s(raw: bytes) -> Outcome:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    body = b""
    try:
        request = connection.next_event()
        if not isinstance(request, h11.Request):
            return ("incomplete",)
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                return ("incomplete",)
            body += event.data
    except h11.RemoteProtocolError:
        return ("refused",)
    headers: dict[str, str] = {}
    for name, value in ((name.decode(), value.decode("latin-1")) for name, value in request.headers):
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return ("read", (request.method.decode(), request.target.decode(), headers, body), connection.trailing_data[0])


class Difference(NamedTuple):
    """Something that the two see in different ways."""

    why: str
    """Which section of RFC 9112 (HTTP/1.1) or 9110 (HTTP) says what of it, and what each does."""
    is_in: Callable[[bytes], object]
    """Whether it is in these bytes: all up to the blank line."""
    shown: bytes
    """A request with it."""
    ours: str
    h11s: str

    def explains(self, raw: bytes, ours: str, h11s: str) -> bool:
        """Whether it is why the one that refuses its example refuses these bytes too."""
        refuses = ours if self.ours == "refused" else h11s
        return refuses == "refused" and bool(self.is_in(_head(raw)))


def has(pattern: bytes) -> Callable[[bytes], object]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL).search


HOST = b"\r\nHost: a\r\n"
DIFFERENCES = [
    Difference("9112, 2.2: a server SHOULD ignore at least one empty line before a request. We do, h11 refuses.",
               has(rb"^\r\n"), b"\r\nGET / HTTP/1.1" + HOST + b"\r\n", "read", "refused"),
    Difference("9112, 2.2: a recipient MAY take a single LF for the end of a line. h11 does, we refuse, since who stands before us may not.",
               has(rb"(?<!\r)\n"), b"GET / HTTP/1.1\nHost: a\n\n", "refused", "read"),
    Difference("9112, 5.2: of a folded line a server MUST reject the message, or put a blank in its place. We do the first, h11 the second.",
               has(rb"\r\n[ \t]"), b"GET / HTTP/1.1" + HOST + b"X: a\r\n b\r\n\r\n", "refused", "read"),
    Difference("9112, 7.1: a recipient MUST be able to read chunks, and h11 is. The exercise asks for less, and says so: 501 for each transfer coding, which is what 6.1 has for one that is not understood (6.3 has 411 as well).",
               has(rb"\r\ntransfer-encoding:"), b"POST / HTTP/1.1" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "refused", "read"),
    Difference("9110, 8.6: where a list of equal lengths came, a recipient MAY reject the message, or take it for one. We do the first, h11 the second.",
               has(rb"\r\ncontent-length:(.*\r\ncontent-length:|[^\r]*,)"), b"POST / HTTP/1.1" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "refused", "read"),
    Difference("9110, 15.6.6: 505 is for a major version that a server does not support. h11 takes any, and asks HTTP/1.1 alone for a Host (9112, 3.2: each request of HTTP/1.1; 9110, 2.5: a higher minor version is to be treated as the highest that is known).",
               has(rb"^[^\r]* HTTP/([02-9]\.[0-9]|1\.[2-9])\r\n"), b"GET / HTTP/2.0" + HOST + b"\r\n", "refused", "read"),
    Difference("9110, 5.5: control characters are invalid in a value, and MAY be kept where that is safe. We refuse, h11 keeps them, but for NUL and white space.",
               has(rb"[\x01-\x08\x0e-\x1f\x7f]"), b"GET / HTTP/1.1" + HOST + b"X: a\x01b\r\n\r\n", "refused", "read"),
    Difference("9112, 3.2: a server MUST answer 400 to an invalid Host. We refuse one with a blank or a comma (two, joined), h11 looks at none.",
               has(rb"\r\nhost:[ \t]*[^\r ]+[ ,]+[^\r \t]|\r\nhost:[^\r]*,"), b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "refused", "read"),
    Difference("9110, 2.3 leaves limits to each: we take 1 MiB at most, and say 413; h11 gives a body away in pieces.",
               has(rb"\r\ncontent-length:[ \t]*0*[0-9]{7,}"), b"POST / HTTP/1.1" + HOST + b"Content-Length: 1048577\r\n\r\na", "refused", "incomplete"),
    Difference("Neither forbidden nor asked for: h11 refuses what does not begin as a request could without waiting for the blank line.",
               has(rb"^(?!\r\n)[\x00-\x20]"), b" GET", "incomplete", "refused"),
]  # fmt: skip


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.why[:30])
def test_a_difference_is_one(difference: Difference) -> None:
    assert difference.is_in(_head(difference.shown))
    assert (ours(difference.shown)[0], h11s(difference.shown)[0]) == (difference.ours, difference.h11s)
    others = [each for each in DIFFERENCES if each is not difference and each.is_in(_head(difference.shown))]
    assert not others


def _head(raw: bytes) -> bytes:
    """Up to the first blank line after the first line, where ours ends it."""
    start = len(raw) - len(re.sub(rb"^(\r\n)+", b"", raw))
    return raw[: raw.find(b"\r\n\r\n", start) + 4 if b"\r\n\r\n" in raw[start:] else len(raw)]


NAMES = st.sampled_from([b"Host", b"Content-Length", b"Transfer-Encoding", b"Accept", b"X", b"Cookie", b"Connection"])
VALUES = st.sampled_from([b"a", b"", b"127.0.0.1:80", b"3", b"chunked", b"close", b"a, b", b"\xc3\xbc", b"100-continue", b"websocket"])  # fmt: skip
FIELD = st.tuples(NAMES, st.sampled_from([b": ", b":", b":\t "]), VALUES).map(b"".join)
ODD = [
    b"content-LENGTH:3", b"Content-Length: 03 \t", b"Content-Length: 0", b"Content-Length: +3", b"Content-Length: -3", b"Content-Length: 1_0", b"Content-Length: \xb3", b"Content-Length: 3, 3",
    b"Content-Length : 3", b"Content-Length:", b"Transfer-Encoding: identity", b"X: a\x85b", b"X: \x85a\xa0", b"X: a\x1cb", b"X: a\rb", b"X : a", b"X:a:b", b"Expect: 100-continue",
]  # fmt: skip
FIELDS = st.tuples(st.lists(FIELD, max_size=2), st.lists(st.sampled_from(ODD), max_size=1)).map(
    lambda each: each[0] + each[1]
)
FIRST = st.tuples(
    st.sampled_from([b"GET", b"POST", b"get", b"CONNECT", b"M-SEARCH"]),
    st.sampled_from([b"/", b"/a?b=c", b"*", b"http://a/b", b"/%C3%BC", b"a:80"]),
    st.sampled_from([b"HTTP/1.1"] * 12 + [b"HTTP/1.0"] * 4 + [b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1.10"]),
).map(b" ".join)
BODIES = [
    b"",
    b"tea",
    b"t\xc3\xbcb",
    b"3\r\ntea\r\n0\r\n\r\n",
    b"tea\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
    b"\n\n",
]
HOSTILE = [
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\r\n ", b" ", b"\t", b":", b",", b"\0", b"\x01", b"\x0b", b"\x0c", b"\x1c", b"\x7f", b"\x85", b"\xa0", b"+", b"-", b"_", b"1", b"\xb2", b"/",
    b"HTTP/1.1", b"\r\nHost: b", b"\r\nContent-Length: 3",
]  # fmt: skip
CHANGE = st.tuples(st.floats(0, 1), st.integers(0, 2), st.sampled_from(HOSTILE))
CHANGES = st.lists(CHANGE, max_size=2)


def _made(
    first: bytes, fields: list[bytes], with_host: bool, body: bytes, changes: list[tuple[float, int, bytes]]
) -> bytes:
    lines = [first, *([b"Host: a"] if with_host else []), *fields]
    raw = b"\r\n".join(lines) + b"\r\n\r\n" + body
    for where, taken, added in changes:
        at = int(where * len(raw))
        raw = raw[:at] + added + raw[at + taken :]
    return raw


REQUESTS = st.builds(_made, FIRST, FIELDS, st.integers(0, 9).map(bool), st.sampled_from(BODIES), CHANGES)


def _must_agree(raw: bytes) -> None:
    mine, its = ours(raw), h11s(raw)
    if mine == its:
        return
    assert mine[0] != its[0], (mine, its)  # read by both, and in two ways
    assert any(each.explains(raw, mine[0], its[0]) for each in DIFFERENCES), (raw, mine, its)


@pytest.mark.parametrize("field", ODD, ids=ascii)
def test_an_odd_header_is_read_as_h11_reads_it(field: bytes) -> None:
    for body in BODIES:
        _must_agree(_made(b"POST / HTTP/1.1", [field], True, body, []))


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(REQUESTS)
def test_the_solution_reads_as_h11_does(raw: bytes) -> None:
    _must_agree(raw)
