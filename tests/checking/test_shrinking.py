"""A large input that makes a function fall is made small; and what the report then shows of it."""

from __future__ import annotations

import random

import pytest

from helpers import exercises
from helpers.checking.plain import Odd, Value
from helpers.checking.shrinking import TRIES, shrunk, simpler_texts
from helpers.exercises.lesson14 import misread
from helpers.exercises.lesson14.specification import (
    every_cut,
    read,
    some_cuts,
    some_message,
    some_text,
    stream_of,
)
from tests.checking.test_exercises import function

pytestmark = pytest.mark.slow  # together; each is a check or several

SEEDS = range(40)


@pytest.mark.parametrize(
    ("falls", "smallest"),
    [
        (lambda text: True, {""}),
        (lambda text: "\n" in text, {"\n"}),
        (lambda text: len(text) > 4, {"aaaaa"}),
        (lambda text: len(text.encode()) > len(text), set("äöüßñé世界😀🏳\u0301\ufeff\u2028\x85")),
        (lambda text: text != text.strip(), set(" \n\r\t\x85\x1c\u2028")),
        (lambda text: "b" in text and "c" in text, {"bc", "cb"}),
    ],
)
def test_nothing_simpler_falls(falls: object, smallest: set[str]) -> None:
    assert callable(falls)
    found = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        text = next((text for text in (some_text(chance) for _ in range(200)) if falls(text)), None)
        if text is not None:
            found += 1
            assert shrunk(text, simpler_texts, falls) in smallest
    assert found


def test_it_gives_up_in_time() -> None:
    tried = []

    def falls(number: int) -> bool:
        tried.append(number)
        return True

    assert shrunk(10 * TRIES, lambda number: [number - 1], falls) == 9 * TRIES
    assert len(tried) == TRIES


def test_however_a_stream_is_cut_the_same_is_to_be_read() -> None:
    for seed in SEEDS:
        chance = random.Random(seed)
        messages = [some_message(chance) for _ in range(4)]
        stream = stream_of(messages)
        for pieces in [*every_cut(stream), some_cuts(stream, chance)]:
            assert b"".join(pieces) == stream
            given = read(messages, pieces)
            assert [each for part, _ in given for each in part] == messages
            assert given[-1][1] == b""
            so_far, came = [], b""
            for piece, (whole, rest) in zip(pieces, given, strict=True):
                so_far += whole
                came += piece
                assert stream_of(so_far) + rest == came


def test_whatever_it_gives_there_is_a_sentence_for_it() -> None:
    odd: list[Value] = [None, 3, "", b"", [], (), ("SAY",), ("SAY", "tea"), ("SAY", b"tea"), ("SAY", "te"), ("YAS", "tea"), ("SAY", "teaSAY"), Odd("Flask"), [[]]]  # fmt: skip
    messages = [("SAY", "tea"), ("SAY", "Zürich")]
    stream = stream_of(messages)
    for seed in range(400):
        chance = random.Random(seed)
        pieces = chance.choice(every_cut(stream))
        expected = read(messages, pieces)
        at = chance.randrange(len(pieces))
        got: Value = (chance.choices(odd, k=chance.randrange(3)), chance.choice([b"", stream, *pieces, *odd]))
        results: list[Value] = [*expected[:at], chance.choice([got, got, *odd])]  # type: ignore[list-item]
        if results[at] != expected[at]:
            fell = misread.why(results, expected, pieces, at)
            assert fell.sentence.endswith((".", "?")) and fell.calls


def test_a_report_shows_the_calls_that_led_to_it() -> None:
    source = """
def feed(buffer, data):
    messages, stream = [], buffer + data
    while b"\\n" in stream:
        header, _, text = stream.partition(b"\\n")
        kind, size = header.split()
        if len(text) < int(size):
            break
        stream = text[int(size):]
        messages.append((kind.decode(), text[:int(size)].decode().replace("q", "k")))
    return messages, stream
"""
    report = exercises.check(function(source.replace('"q"', '"ü"'), "feed"), seed=1)
    fallen = report.results[-1]
    assert fallen.calls == (r"feed(b'', b'SAY 7\nZ\xc3\xbcrich') gave ([('SAY', 'Zkrich')], b'')",)
    assert f"| {fallen.calls[0]}" in report.describe()
    assert 'aria-label="How it was called"' in report.as_html() and "Zkrich" in report.as_html()
    report = exercises.check(function(source.replace('"q"', '"x"'), "feed"), seed=1)
    fallen = report.results[-1]
    assert fallen.calls[-1] == r"feed(b'', b'SAY 1\nx') gave ([('SAY', 'k')], b'')", report.describe()
