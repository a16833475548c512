"""Where each `recv` cut a message, and how much of it a parser has used."""

from __future__ import annotations

import re
from typing import Any

import pytest

from helpers.pictures import message
from helpers.pictures.drawing import PAPER
from tests.pictures.made import words
from tests.pictures.messages.support import GET, POST, cuts, letter_at, pieces_of


def test_a_cut_stands_between_the_bytes_that_it_parts() -> None:
    picture = message(pieces_of(POST, 30, 70))
    first, second = cuts(picture)
    assert first.x == pytest.approx(letter_at(picture, "localhost", 2), abs=0.1)
    assert second.x == pytest.approx(letter_at(picture, "milk=1&sugar=none", 9), abs=0.1)
    assert first.y < second.y
    assert [each for each in words(picture) if re.fullmatch(r"recv \d", each)] == ["recv 1", "recv 2", "recv 3"]
    assert "cut before byte 30, within value: recv 2 brought what follows" in picture.text
    assert "78 bytes in 3 pieces" in picture.text and "Cut before bytes 30 and 70." in picture.alt


@pytest.mark.parametrize("at", range(1, len(GET)))
def test_a_cut_anywhere_is_drawn_once_and_told(at: int) -> None:
    picture = message(pieces_of(GET, at))
    assert len(cuts(picture)) == 1
    assert f"cut before byte {at}, " in picture.text


def test_one_piece_has_no_cuts() -> None:
    assert not cuts(message(POST)) and not cuts(message([POST]))
    assert "piece" not in message([POST]).text and "recv 1" not in words(message([POST]))


def test_byte_by_byte_letters_stay_legible() -> None:
    picture = message([bytes([byte]) for byte in POST])
    assert not cuts(picture)  # marks at the edges of the boxes instead
    assert "78 bytes in 78 pieces" in picture.text and "and 15 more cuts in this row" in picture.text


def test_an_empty_piece_is_the_end_of_the_stream() -> None:
    picture = message([POST[:70], b""])
    assert "the stream has ended" in picture.text and "the stream has ended" in picture.alt
    assert "[8 bytes missing]" in picture.text and not cuts(picture)


def test_what_is_used_is_filled_and_what_waits_is_dashed() -> None:
    assert "stroke-dasharray" not in message(POST).image
    assert "stroke-dasharray" not in message(POST, used=len(POST)).image
    picture = message(POST, used=63)
    assert "used up to byte 63, within body" in picture.text and "63 bytes used, 15 waiting" in picture.alt
    assert "63 bytes used, 15 bytes wait." in picture.text
    assert isinstance(picture.image, str)
    assert picture.image.count(f'fill="{PAPER}"') == 2  # the paper, and one part of one box
    assert "Filled: 63 bytes used. Dashed, and not filled: 15 bytes that wait." in words(picture)


@pytest.mark.parametrize("used", [-1, len(POST) + 1])
def test_nobody_uses_what_is_not_there(used: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 78 can be used"):
        message(POST, used=used)


@pytest.mark.parametrize("wrong", [{"used": "all"}, {"used": 1.5}, {"rows": None}])
def test_what_is_counted_is_a_number(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="is a number, without quotes"):
        message(POST, **wrong)


def test_a_frame_says_its_length_and_what_is_missing() -> None:
    data = b"\x00\x00\x00\x05hello\x00\x00\x00\x00\x00\x00\x00\x0btea, pl"
    picture = message(pieces_of(data, 3), "length")
    assert "length 00 00 00 05 (5 bytes), payload b'hello'" in picture.text
    assert "message 2: length 00 00 00 00 (0 bytes), payload\n" in picture.text
    assert "payload b'tea, pl' [4 bytes missing]" in picture.text
    (cut,) = cuts(picture)
    # Hexadecimal digits take three letters for each byte.
    assert cut.x == pytest.approx(letter_at(picture, "00 00 00 05", 0) + 8.5 * 9.68, abs=0.2)
    assert "length 00 00 [2 bytes missing]" in message(b"\0\0", "length").text


def test_a_browser_at_the_wrong_door_is_seen() -> None:
    assert "length b'GET ' (1,195,725,856 bytes)" in message(GET, "length").text


def test_a_header_line_of_lesson_14() -> None:
    picture = message("SAY 7\nZürichSAY 5\ntea".encode(), "header", used=13)
    assert r"message 1: kind b'SAY', blank b' ', length b'7', newline b'\n', text b'Z\xc3\xbcrich'" in picture.text
    assert "text b'tea' [2 bytes missing]" in picture.text
    assert "length b'7' [the end of the header is missing]" in message(b"SAY 7", "header").text
    assert "kind b'SA' [the end of the header is missing]" in message(b"SA", "header").text
    for wrong in (b"SAY 07\ntea", b"say 3\ntea", b"SAY\n", b"SAY 999999\n", b"A" * 30):
        assert "no header, which has a kind and a length" in message(wrong, "header").text
