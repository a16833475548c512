"""The picture of an encoding: what it says is what Python's codecs do, and it can always be drawn and read."""

import codecs
import encodings.aliases
import random
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.pictures.characters.diagram import encoding
from helpers.pictures.drawing import LEAST
from tests.pictures.legibility import faults, narrowest
from tests.pictures.made import words
from tests.support.costs import costs_less

UNPRINTABLE = "\x00\x1b\r\u0301\u202e\u200b\ud800\ufffe"

WIDE = "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"
CODED = [(character, codec) for character in "A\x7fé€世\uffee😀\U0010ffff" for codec in WIDE]
CODED += [("A", "ascii"), ("\x7f", "ascii"), ("A", "latin-1"), ("\x7f", "latin-1"), ("é", "latin-1")]


@pytest.mark.parametrize(("character", "codec"), CODED)
def test_bits_of_the_code_point_add_up_to_it(character: str, codec: str) -> None:
    text = encoding(character, codec).text
    (sum_line,) = re.findall(r"^ +(?:0x10000 \+ )?([01 ]+) = 0x([0-9A-F]+) = (\d+)$", text, re.M)
    groups, high, decimal = sum_line
    value = int(groups.replace(" ", ""), 2) + (0x10000 if "0x10000 +" in text else 0)
    assert value == int(high, 16) == int(decimal) == ord(character)
    # The same bits stand in brackets under the bytes, in whatever order the bytes have.
    assert sorted(re.findall(r"\[([01]+)\]", text)) == sorted(groups.split())


def test_each_byte_of_utf8_shows_its_marker_bits_apart() -> None:
    picture = encoding("né")
    assert "c3 = 110[00011], a9 = 10[101001]" in picture.text
    assert "00011 101001 = 0xE9 = 233" in picture.text
    assert {"n", "é", "U+00E9", "c3", r"\xc3", "110", "00011", "00011 101001", "0xE9 = 233"} <= set(words(picture))


def test_a_section_for_each_encoding_in_order() -> None:
    picture = encoding("né", "utf-8", "latin-1", "utf-16")
    titles = [word for word in words(picture) if re.match(r"(UTF|Latin).*:", word)]
    assert titles == ["UTF-8: 2 characters, 3 bytes", "Latin-1: 2 characters, 2 bytes", "UTF-16: 2 characters, 6 bytes"]
    assert repr("né".encode("utf-16")) in picture.text


def test_utf16_says_what_the_byte_order_mark_is() -> None:
    mark = "".encode("utf-16").hex(" ")
    text = encoding("a", "utf-16").text
    assert f"its bytes {mark} say" in text
    assert f"{'lower' if sys.byteorder == 'little' else 'higher'} byte first" in text
    assert "BOM" not in encoding("a", "utf-16-le").text
    assert "higher byte first" in encoding(codecs.BOM_UTF16_BE + b"\x00a", "utf-16").text


def test_a_missing_character_stands_with_what_each_handler_makes_of_it() -> None:
    picture = encoding("5€", "latin-1")
    assert "raises UnicodeEncodeError at position 1: ordinal not in range(256)" in picture.text
    assert "errors='ignore' gives b'5': 1 character lost" in picture.text
    assert "errors='replace' gives b'5?'" in picture.text
    assert {"€", "no bytes"} <= set(words(picture))
    assert "instead" in words(encoding("5€", "latin-1", errors="replace"))
    assert "left out" in words(encoding("5€", "latin-1", errors="ignore"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"caf\xc3", "starts a character of 2 bytes, but the bytes end: 1 byte is missing"),
        (b"\xf0\x9f", "starts a character of 4 bytes, but the bytes end: 2 bytes are missing"),
        (b"a\xa9", "is a continuation byte, and there is no start byte for it"),
        (b"\xffa", "never occurs in UTF-8"),
        (b"\xc0\x80", "never occurs in UTF-8"),
        (b"\xe2\x82A", "starts a character of 3 bytes, but b'A' follows"),
        (b"\xed\xa0\x80", "that UTF-8 does not allow"),
    ],
)
def test_broken_utf8_is_marked_and_explained(data: bytes, why: str) -> None:
    picture = encoding(data)
    assert why in picture.text
    assert why in picture.alt
    assert "broken" in words(picture)


@pytest.mark.parametrize("data", [b"caf\xc3", b"\xe2\x82A\xff", b"abc"])
@pytest.mark.parametrize("codec", ["utf-8", "ascii", "utf-16-le"])
def test_what_decoding_is_said_to_give_is_what_it_gives(data: bytes, codec: str) -> None:
    text = encoding(data, codec).text
    try:
        assert f"gives {data.decode(codec)!r}" in text
    except UnicodeDecodeError as error:
        assert f"raises UnicodeDecodeError at position {error.start}: {error.reason}" in text
        assert f"errors='ignore' gives {data.decode(codec, 'ignore')!r}" in text
        assert f"errors='replace' gives {data.decode(codec, 'replace')!r}" in text


def test_whole_bytes_need_no_handlers() -> None:
    assert "errors=" not in encoding("é".encode(), "utf-8").text


def test_a_cut_goes_through_the_character() -> None:
    picture = encoding([b"caf\xc3", b"\xa9"])
    assert "c3 = 110[00011], | cut | a9 = 10[101001]" in picture.text
    assert "goes through 'é'" in picture.alt
    assert words(picture).count("cut") == 1
    assert r"b'caf\xc3'.decode('utf-8') raises UnicodeDecodeError at position 3" in picture.text
    assert r"decoder.decode(b'\xa9') gives 'é'" in picture.text


def test_a_cut_between_characters_is_told_from_one_through_a_character() -> None:
    picture = encoding([b"caf", b"", "é".encode()])
    assert "| cut |" not in picture.text
    assert picture.text.count("--- cut ---") == 1


def test_an_incremental_decoder_that_is_left_with_bytes_says_so() -> None:
    assert "decoder.decode(b'', final=True) raises UnicodeDecodeError" in encoding([b"a", b"\xc3"]).text


@pytest.mark.parametrize("text", ["", b"", []])
def test_nothing_is_said_to_be_nothing(text: str | bytes | list[bytes]) -> None:
    picture = encoding(text)
    assert "Nothing in it" in picture.text
    assert "Nothing in it: no characters, no bytes." in words(picture)


def test_nothing_in_utf16_has_a_mark_all_the_same() -> None:
    assert "BOM" in words(encoding("", "utf-16"))


def test_what_cannot_be_seen_is_spelled_out() -> None:
    picture = encoding(UNPRINTABLE, "utf-8", "utf-16")
    for everything in (picture.image, picture.text, picture.alt):
        assert not set(UNPRINTABLE) & set(everything)
        everything.encode()  # type: ignore[union-attr]
    assert {r"\u0301", r"\u202e", r"\ud800", "U+D800"} <= set(words(picture))
    assert "COMBINING ACUTE ACCENT" in picture.text


def test_markup_in_a_text_stays_text() -> None:
    assert {"<", "&", '"'} <= set(words(encoding('<&"')))


@pytest.mark.parametrize(
    "text",
    ["ä" * 30_000, b"\xc3\xa4" * 30_000, b"\xff" * 10_000, [b"a"] * 10_000],
    ids=["text", "bytes", "broken", "pieces"],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "latin-1", "gbk"])
def test_a_long_text_is_cut_short(text: str | bytes | list[bytes], codec: str) -> None:
    picture = encoding(text, codec)
    assert "left out" in picture.text
    assert len(picture.text) < 12_000 and len(picture.alt) < 1_200 and len(picture.image) < 120_000
    drawn = ET.fromstring(picture.image)
    assert float(drawn.get("width", "inf")) <= 960


def test_as_many_are_left_out_as_it_says() -> None:
    assert "… 976 characters left out …" in encoding("é" * 1000).text
    assert "… 976 bytes left out …" in encoding(b"e" * 1000).text
    assert "… 59,952 bytes left out …" in encoding("é".encode() * 30_000).text


def test_what_is_far_too_long_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="65,536 characters or bytes, not of 100,000: give a part"):
        encoding(b"a" * 100_000)


def test_a_broken_byte_far_inside_is_drawn() -> None:
    assert "broken" in words(encoding(b"a" * 500 + b"\xff" + b"a" * 500))
    assert r"€" in words(encoding("a" * 500 + "€" + "a" * 500, "latin-1"))


def text_encodings() -> Iterator[str]:
    for codec in sorted(set(encodings.aliases.aliases.values()) | {"idna", "punycode", "utf_8_sig", "unicode_escape"}):
        try:
            "".encode(codec)
        except (LookupError, ValueError):
            continue
        yield codec


@pytest.mark.slow
def test_text_encodings_of_python_can_be_drawn_or_are_refused_in_a_sentence() -> None:
    samples: list[str | bytes | list[bytes]] = [
        "né π世😀",
        "né π世😀".encode(),
        bytes(range(0x70, 0x100, 5)),
        [b"a\xc3", b"\xa9"],
    ]
    refused = []
    for codec in text_encodings():
        try:
            encoding("a", codec)
        except ValueError as error:
            assert f"cannot tell which bytes make which character in {codec!r}: write" in str(error)
            refused.append(codec)
            continue
        for sample in samples:
            for errors in ("strict", "replace", "backslashreplace"):
                words(encoding(sample, codec, errors=errors))
    assert {codec.partition("2022")[0] for codec in refused} == {
        "hz",
        "idna",
        "iso",
        "punycode",
        "unicode_escape",
        "utf_7",
        "utf_8_sig",
    }


def test_what_utf8_makes_of_random_bytes_is_what_python_makes() -> None:
    random_bytes = random.Random(1)
    for _ in range(200):
        data = bytes(random_bytes.choices(b"a\x80\xa9\xc3\xe2\x82\xed\xf0\x9f\xf4\xff", k=8))
        text = encoding(data).text
        assert len(re.findall(r"^  broken, position", text, re.M)) == data.decode(errors="replace").count("\ufffd")


@pytest.mark.parametrize(
    ("arguments", "errors", "raised", "sentence"),
    [
        (("a", "utf8x"), "strict", ValueError, "no text encoding named 'utf8x': write 'utf-8'"),
        (("a", "rot13"), "strict", ValueError, "no text encoding named 'rot13'"),
        (("a", "utf-7"), "strict", ValueError, "which bytes make which character in 'utf-7': write 'utf-8'"),
        (("a", "utf-8\0"), "strict", ValueError, "no text encoding"),
        (("a", "utf-8"), "skip", ValueError, "no error handler named 'skip': write 'strict'"),
        ((7,), "strict", TypeError, "not int"),
        ((["a"],), "strict", TypeError, "must be bytes, not str"),
        (("a", 8), "strict", TypeError, "not int"),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(
    arguments: tuple[Any, ...], errors: str, raised: type[Exception], sentence: str
) -> None:
    with pytest.raises(raised, match=re.escape(sentence)):
        encoding(*arguments, errors=errors)


def test_no_text_lies_on_another() -> None:
    """Estimated with the widest of the fonts, for the texts whose places follow from the columns."""
    drawn = ET.fromstring(encoding("né €😀" * 4, "utf-8", "latin-1").image)
    rows: dict[str, list[tuple[float, float]]] = {}
    for element in drawn.iter("{http://www.w3.org/2000/svg}text"):
        if element.get("text-anchor") != "middle":
            continue
        size, middle = float(element.get("font-size", 0)), float(element.get("x", 0))
        wide = float(element.get("textLength", 0)) or len("".join(element.itertext())) * size * 0.605
        rows.setdefault(element.get("y", ""), []).append((middle - wide / 2, middle + wide / 2))
    for places in rows.values():
        places.sort()
        assert all(left[1] <= right[0] for left, right in zip(places, places[1:], strict=False))


def test_the_same_text_gives_the_same_picture() -> None:
    assert encoding("né😀", "utf-8", "utf-16") == encoding("né😀", "utf-8", "utf-16")


def test_a_short_text_is_drawn_at_once() -> None:
    assert costs_less(0.02, lambda: encoding("Grüße, Welt!"))  # a frame of the screen


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("né €😀", ("utf-8", "utf-16", "latin-1")),
        ("a b", ()),
        ("straße €", ("latin-1", "cp1252")),
        ("x" * 40, ()),
        ("", ()),
        (b"\xc3\xa9\xff", ()),
        ([b"h\xc3", b"\xa9llo"], ()),
    ],
)
def test_nothing_keeps_it_from_being_read(text: str | bytes | list[bytes], encodings: tuple[str, ...]) -> None:
    picture = encoding(text, *encodings)
    assert not faults(picture)
    assert narrowest(picture) >= LEAST
