"""Whatever comes, it is drawn: every byte once, legible, bounded in size, and nothing of it is markup."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from helpers.pictures import Field, message
from helpers.pictures.drawing import LEAST
from helpers.pictures.messages import frames, headed, http
from helpers.pictures.messages.fields import Fields, in_order
from helpers.pictures.messages.layout import Fold, lines_of
from helpers.pictures.messages.rows import drawn, rows_of
from tests.pictures.legibility import faults, narrowest
from tests.pictures.made import words
from tests.pictures.messages.support import CHUNKED, GET, HOSTILE, POST, QUICKLY, described, pieces_of

KINDS: dict[str, Fields] = {"http": http.fields, "length": frames.fields, "header": headed.fields}


@QUICKLY
@given(HOSTILE, some.sampled_from(list(KINDS)))
def test_fields_have_every_byte_once(data: bytes, kind: str) -> None:
    given_fields = list(KINDS[kind](data))
    found = in_order(given_fields, len(data))
    assert found == given_fields  # nothing is out of order, and nothing is left without a name
    assert b"".join(data[field.start : field.stop] for field in found) == data


@QUICKLY
@given(HOSTILE)
def test_every_byte_is_drawn_once_or_counted_as_left_out(data: bytes) -> None:
    lines = lines_of(drawn(rows_of(in_order(http.fields(data), len(data))), [], 6), data, 944)
    places: list[int] = []
    for line in lines:
        if line.gap:
            places += range(line.start, line.stop)
        for part in itertools.chain.from_iterable(segment.parts for segment in line.segments):
            places += range(part.start, part.stop) if isinstance(part, Fold) else [at for at, _ in part.borders[:-1]]
    assert places == list(range(len(data)))


@QUICKLY
@given(HOSTILE, some.sampled_from(list(KINDS)), some.data())
def test_anything_can_be_drawn_and_read(data: bytes, kind: str, draw: some.DataObject) -> None:
    cut = sorted(draw.draw(some.sets(some.integers(1, max(len(data) - 1, 1)), max_size=3)))
    used = draw.draw(some.none() | some.integers(0, len(data)))
    pieces = pieces_of(data, *cut) if len(data) > 1 else data
    picture = message(pieces, kind, used=used)
    assert not faults(picture)
    assert message(pieces, kind, used=used) == picture
    for everything in (picture.text, picture.alt, picture.image):
        assert isinstance(everything, str)
        assert not set(everything) & {"\0", "\x1b", "\r", "\u202e"}


@QUICKLY
@given(described())
def test_any_fields_can_be_drawn_and_read(what: tuple[bytes, list[Field]]) -> None:
    data, found = what
    assert not faults(message([data[:50], data[50:]], lambda _: found, used=len(data) // 2))


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nCookie: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 170_000 + b"\r\n",
        b"x" * 1_000_000,
        b"\r\n" * 500_000,
        GET * 10_000,
        CHUNKED[: CHUNKED.index(b"5\r\n")] + b"1\r\nx\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\n\r\n\x89PNG" + bytes(range(256)) * 4_000,
        bytes(1_000_000),
    ],
    ids=["a long header", "many headers", "no line", "empty lines", "requests", "chunks", "an image", "zeros"],
)
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_megabyte_is_folded(data: bytes, kind: str) -> None:
    picture = message(data, kind)
    assert len(picture.image) < 100_000 and len(picture.text) < 10_000 and len(picture.alt) < 1_500
    assert "bytes …" in picture.text or "further" in picture.text
    assert narrowest(picture) >= LEAST


def test_a_megabyte_in_single_bytes_is_drawn() -> None:
    picture = message([b"x"] * 200_000)
    assert len(picture.image) < 200_000 and len(picture.text) < 2_000


def test_markup_stays_text() -> None:
    assert "<b>&" in words(message(b"GET <b>& HTTP/1.1\r\n\r\n"))
    assert "<b>&" not in message(b"GET <b>& HTTP/1.1\r\n\r\n").as_html()


@pytest.mark.parametrize("data", [b"", [], [b""]])
def test_nothing_is_said_to_be_nothing(data: bytes | list[bytes]) -> None:
    picture = message(data)
    assert "No bytes." in picture.text and "No bytes." in words(picture)


def test_every_beginning_of_a_message_can_be_read() -> None:
    for whole, end in itertools.product((POST, CHUNKED), range(0, len(POST), 3)):
        assert not faults(message(whole[:end]))
