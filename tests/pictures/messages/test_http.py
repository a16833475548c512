"""The map of an HTTP message: each part has its name, also where the message is not whole, or not right."""

from __future__ import annotations

import pytest

from helpers.pictures import message
from tests.pictures.made import words
from tests.pictures.messages.support import CHUNKED, GET, POST, rows


def test_a_request_is_told_part_by_part() -> None:
    picture = message(POST)
    assert rows(picture) == [
        r"0  request line: method b'POST', space b' ', target b'/order', space b' ', version b'HTTP/1.1', end of line b'\r\n'",
        r"22  header: name b'Host', colon b': ', value b'localhost', end of line b'\r\n'",
        r"39  header: name b'Content-Length', colon b': ', value b'17' (17 bytes of body), end of line b'\r\n'",
        r"59  blank line: blank line b'\r\n' (the head ends; 17 bytes of body follow)",
        r"61  body: body b'milk=1&sugar=none'",
    ]
    assert {"method", "target", "version", "name", "value", "POST", "/order", "localhost", r"\r\n"} <= set(
        words(picture)
    )
    assert "request line b'POST /order HTTP/1.1'" in picture.alt and "body b'milk=1&sugar=none'" in picture.alt


def test_what_follows_the_body_is_the_next_request() -> None:
    assert "78  next request: method b'GET'" in message(POST + GET).text
    assert "next request" in words(message(POST + GET))


def test_each_chunk_has_its_size_and_its_data() -> None:
    text = message(CHUNKED).text
    assert r"chunk: size b'5' (5 bytes), end of line b'\r\n', data b'hello', end of chunk b'\r\n'" in text
    assert r"chunk: size b'8' (8 bytes), extension b';x=y', end of line b'\r\n', data b' Z\xc3\xbcrich'" in text
    assert r"last chunk: size b'0'" in text and "trailer: name b'A'" in text and "the body ends" in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (POST[:-5], "body b'milk=1&sugar' [5 bytes missing]"),
        (POST[:61], "body [17 bytes missing]"),
        (POST[:60], r"blank line b'\r' [\n is missing]"),
        (POST[:59], "blank line [missing]"),
        (POST[:45], "header: name b'Conten' [the end of the line is missing]"),
        (POST[:9], "method b'POST', space b' ', target b'/ord' [the end of the line is missing]"),
        (CHUNKED[: CHUNKED.index(b"lo\r\n")], "data b'hel' [2 bytes missing]"),
        (CHUNKED[: CHUNKED.index(b"8;")], "chunk: size [missing]"),
        (b"HTTP/1.0 200 OK\r\n\r\nhel", "body b'hel' [it lasts until the stream ends]"),
    ],
)  # fmt: skip
def test_what_has_not_come_is_said(data: bytes, said: str) -> None:
    assert said in message(data).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GET  / HTTP/1.1\r\n\r\n", "no request line, which has method, target and version"),
        (b"GET / HTTP/1.1\nHost: x\r\n\r\n", "a newline alone"),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", "a space before the colon: to be refused"),
        (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", "no header: it has no colon"),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "begins with a space"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\nhello", "no number of bytes"),
        (b"GET / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nhello", "no number of bytes"),
        (b"GET / HTTP/1.1\r\nContent-Length: 4\r\ncontent-LENGTH: 5\r\n\r\nhello", "two lengths, and nobody knows which is meant"),
        (b"GET / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "chunks follow, the length does not count"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", "no size of a chunk"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", "the data does not end here, as its size says"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "the head ends; no body"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    assert said in message(data).text


def test_length_is_the_number_of_bytes() -> None:
    body = "Zürich".encode()
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
    assert r"body b'Z\xc3\xbcrich'" in message(whole % (len(body), body)).text
    # One too small: the last byte is left over, and the next answer begins with it.
    picture = message(whole % (len("Zürich"), body))
    assert "next answer: left over b'h' (no status line, but read as one)" in picture.text
    assert "left over" in words(picture)


def test_what_never_has_a_body_has_none() -> None:
    assert (
        "next answer" in message(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").text
    )


def test_many_headers_are_folded_and_counted() -> None:
    data = b"GET / HTTP/1.1\r\n" + b"".join(b"H%03d: x\r\n" % n for n in range(50)) + b"\r\n"
    folded = message(data)
    assert "… 40 headers, 360 bytes …" in folded.text and "… 40 headers, 360 bytes …" in words(folded)
    assert len(rows(message(data, rows=60))) == 52
