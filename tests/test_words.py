"""How things are said: nothing on a screen lies, and numbers agree with what they count."""

from __future__ import annotations

import unicodedata

import pytest

from helpers.words import MARKS, counted, is_or_are, listed, many, noun, number, times, visible
from tests.support.costs import costs_less

ACUTE = "\u0301"


@pytest.mark.parametrize("text", ["", "plain", "Zürich, 世界 😀", "two\nlines\tand a tab", "e\u0301\u0323", "\\x1b"])
def test_what_can_be_seen_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("\x1b[2J", r"\x1b[2J"),  # clears a terminal
        ("50%\r100%", r"50%\r100%"),  # writes over what stands there
        ("abc\b\b", r"abc\x08\x08"),
        ("\x00\x7f\x85", r"\x00\x7f\x85"),
        ("exe.\u202etxt", r"exe.\u202etxt"),  # turns the direction of writing
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),  # takes no room
        ("\ud800", r"\ud800"),  # cannot be encoded
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_what_would_make_a_screen_lie_is_spelled_out(text: str, spelled: str) -> None:
    assert visible(text) == spelled
    assert visible(spelled) == spelled


def test_whatever_the_character_it_can_be_written() -> None:
    everything = "".join(map(chr, range(0x11000)))
    shown = visible(everything)
    shown.encode()
    assert all(character.isprintable() or character in "\n\t" for character in shown)


def test_a_flood_of_marks_is_dammed() -> None:
    assert visible("e" + ACUTE * MARKS) == "e" + ACUTE * MARKS
    assert visible("e" + ACUTE * (MARKS + 2) + "f") == "e" + ACUTE * MARKS + r"\u0301\u0301f"
    assert visible(("e" + ACUTE) * 100) == ("e" + ACUTE) * 100  # each letter has its own
    mixed = "e" + "\u0301\u0323\u20dd\u0489\u0308"
    assert visible(mixed) == mixed[:-1] + r"\u0308"


def test_every_language_keeps_its_marks() -> None:
    for word in ("Việt Nam", "हिन्दी", "ภาษาไทย", "עִבְרִית", "العَرَبِيَّة"):
        decomposed = unicodedata.normalize("NFD", word)
        assert visible(decomposed) == decomposed


def test_a_megabyte_is_seen_at_once() -> None:
    visible("warm " + ACUTE)
    assert costs_less(1, lambda: visible("é\x1b" * 500_000), tries=3)


@pytest.mark.parametrize(
    ("count", "in_words"), [(0, "no"), (1, "one"), (2, "two"), (10, "ten"), (11, "11"), (1200, "1,200")]
)
def test_numbers_are_words_as_far_as_ten(count: int, in_words: str) -> None:
    assert number(count) == in_words


def test_a_number_agrees_with_its_noun() -> None:
    assert [many(count, "byte") for count in (0, 1, 2, 3000)] == ["0 bytes", "1 byte", "2 bytes", "3,000 bytes"]
    assert [counted(count, "send") for count in (0, 1, 3, 12)] == ["no sends", "one send", "three sends", "12 sends"]
    assert [noun(count, "more call") for count in (0, 1, 2)] == ["more calls", "more call", "more calls"]


def test_a_verb_agrees_with_its_number() -> None:
    assert [f"{many(count, 'byte')} {is_or_are(count)} missing" for count in (0, 1, 2)] == [
        "0 bytes are missing",
        "1 byte is missing",
        "2 bytes are missing",
    ]


def test_how_often() -> None:
    assert [times(count) for count in (1, 2, 3, 4000)] == ["once", "twice", "3 times", "4,000 times"]


def test_a_list_is_read_aloud() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(("a", "b", "c")) == "a, b and c"
    assert listed(("a", "b", "c"), 3) == "a, b and c"
    assert listed(("a", "b", "c", "d"), 2) == "a, b and 2 more"
