"""A protocol of one's own: a function that says which fields there are; and arrows from those that point somewhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.pictures import Field, message
from helpers.pictures.drawing import LEAST
from tests.pictures.legibility import faults, narrowest
from tests.pictures.made import words
from tests.pictures.messages.support import heads, letter_at

QUESTION = b"\x03www\x07example\x04test\x00\x00\x01\x00\x01"


def answer(*pointers: int) -> bytes:
    """A DNS message with an answer for each of these places, to which its name points."""
    head = b"\x1a\x2b\x81\x80\x00\x01\x00" + bytes([len(pointers)]) + bytes(4)
    records = (
        (0xC000 | place).to_bytes(2, "big") + bytes.fromhex("00010001 0000012c 0004 7f000001") for place in pointers
    )
    return head + QUESTION + b"".join(records)


def fields(data: bytes) -> Iterator[Field]:
    """Of such a message; the counts of the header are left to nobody."""
    yield Field("id", 0, 2, heading="header")
    yield Field("flags", 2, 4, "answer, no error")
    yield Field("name", 12, 30, "www.example.test", heading="question")
    yield Field("type and class", 30, 34)
    for number, at in enumerate(range(34, len(data), 16), start=1):
        place = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
        yield Field("name", at, at + 2, "pointer", points_to=place, heading=f"answer {number}")
        yield Field("address", at + 12, at + 16, ".".join(map(str, data[at + 12 : at + 16])))


def test_an_arrow_leads_to_the_byte() -> None:
    picture = message(answer(12, 16), fields)
    name = r"\x03www\x07example\x04test\x00"
    (first, _), (second, _) = heads(picture)
    # In the middle of the bytes 03 and 07.
    assert letter_at(picture, name, 0) <= first <= letter_at(picture, name, 4)
    assert letter_at(picture, name, 7) <= second <= letter_at(picture, name, 11)
    assert "(pointer; points back to byte 16, in name)" in picture.text
    assert "name: pointer → 16" in words(picture) and "name points back to byte 12, in name" in picture.alt


def test_one_that_points_to_itself_has_an_arrow_to_itself() -> None:
    picture = message(answer(34), fields)
    assert "points to byte 34, to itself" in picture.text and "name points to byte 34, to itself" in picture.alt
    ((x, y),) = heads(picture)
    assert letter_at(picture, "c0 22", 0) <= x <= letter_at(picture, "c0 22", 2)
    assert y > 100


def test_pointers_ahead_and_to_nowhere_are_drawn() -> None:
    picture = message(answer(50, 999), fields)
    assert (
        "points ahead to byte 50, in name" in picture.text and "points to byte 999, which is not there" in picture.text
    )
    assert "byte 999 is not there" in words(picture) and len(heads(picture)) == 2


def test_many_arrows_are_bounded_and_the_text_has_all() -> None:
    picture = message(answer(*[12] * 30), fields, rows=40)
    assert len(heads(picture)) == 12 and "18 pointers without an arrow: the text has them all." in words(picture)
    assert picture.text.count("points back to byte 12") == 30
    folded = message(answer(*[12] * 30), fields)
    assert "2 pointers without an arrow: the text has them all." in words(folded)
    assert folded.text.count("points back to byte 12") == 14


@pytest.mark.parametrize("pointers", [(12,), (12, 12, 34), (34, 66, 12, 999, 1 << 13)])
def test_nothing_keeps_arrows_from_being_read(pointers: tuple[int, ...]) -> None:
    picture = message(answer(*pointers), fields)
    assert not faults(picture)
    assert narrowest(picture) >= LEAST


def test_bytes_that_no_field_has_are_shown_as_not_named() -> None:
    picture = message(b"abcdef", lambda data: [Field("middle", 2, 4)])
    assert "not named b'ab', middle b'cd', not named b'ef'" in picture.text


def test_a_row_begins_where_a_heading_is() -> None:
    text = message(b"abcd", lambda data: [Field(name, n, n + 1, heading="row") for n, name in enumerate("wxyz")]).text
    assert [line.split()[1] for line in text.splitlines()[1:]] == ["row:"] * 4


@pytest.mark.parametrize(
    ("given", "raised", "sentence"),
    [
        ([Field("a", 0, 3), Field("b", 2, 4)], ValueError, "'a' and 'b' both have byte 2"),
        ([Field("a", 0, 9)], ValueError, "has the bytes from 0 to 9, but the message has 4"),
        ([Field("a", -1, 2)], ValueError, "from -1 to 2"),
        ([Field("a", 3, 2)], ValueError, "ends at 2, before its start at 3"),
        ([("a", 0, 2)], TypeError, "gives helpers.pictures.Field"),
        ([Field("a", 0.5, 2)], TypeError, "are places, numbers"),  # type: ignore[arg-type]
    ],
)
def test_wrong_fields_are_refused_in_a_sentence(given: list[Any], raised: type[Exception], sentence: str) -> None:
    with pytest.raises(raised, match=sentence):
        message(b"abcd", lambda data: given)


@pytest.mark.parametrize(
    ("arguments", "raised", "sentence"),
    [
        ((b"x", "htp"), ValueError, "No kind of message is called 'htp': write 'http' or 'length' or 'header' or 'dns' or 'dns-tcp', or give"),
        (("text",), TypeError, "not from str"),
        ((7,), TypeError, "not from int"),
        (([b"a", "b"],), TypeError, "must be bytes, as recv returns them, not str: encode"),
        (({b"a": 1},), TypeError, "not from dict"),
        ((b"x", ["http"]), ValueError, "No kind of message is called"),
        ((b"x", lambda data: None), TypeError, "yields them, and this one gave None"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_in_a_sentence(
    arguments: tuple[Any, ...], raised: type[Exception], sentence: str
) -> None:
    with pytest.raises(raised, match=sentence):
        message(*arguments)


def test_words_of_others_are_bounded() -> None:
    long = [Field("n\u202e" * 500, 0, 2, "m\x1b" * 500, heading="h" * 500, missing="x" * 500)]
    picture = message(b"abcd", lambda data: long)
    assert len(picture.text) < 2_000 and len(picture.alt) < 2_000
    assert not {"\u202e", "\x1b"} & set(itertools.chain(picture.text, picture.alt, str(picture.image)))
