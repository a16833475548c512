"""What the tests of maps look at: the letters and the lines of a drawing, and input that is nearly a message."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some

from helpers.pictures import Field, Picture
from helpers.pictures.drawing import VERMILLION
from tests.pictures.legibility import SVG

GET = b"GET /menu HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\nmilk=1&sugar=none"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n8;x=y\r\n Z\xc3\xbcrich\r\n0\r\nA: b\r\n\r\n"
)

QUICKLY = settings(
    derandomize=True, deadline=None, database=None, max_examples=60, suppress_health_check=list(HealthCheck)
)
_PARTS = [
    b"GET", b"HTTP/1.1", b"200", b" ", b"\r\n", b"\n", b"\r", b":", b"/", b"a", b"\0", b"\xff", b"\xe2\x80\xae", b"\x1b[31m", b"\\", b"'", b"<b>", b"5", b"0", b";", b"\t",
    b"Content-Length: 3\r\n", b"content-length: -1\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"x" * 500, b"\x00\x00\x00\x02ok", b"\xff\xff\xff\xff", b"SAY 2\nok", GET, POST, CHUNKED,
]  # fmt: skip
HOSTILE = some.one_of(some.binary(max_size=300), some.lists(some.sampled_from(_PARTS), max_size=12).map(b"".join))
"""Bytes of any kind, and pieces of messages in any order."""


@some.composite
def described(draw: some.DrawFn) -> tuple[bytes, list[Field]]:
    """Bytes, and fields of them, as a function for no sensible protocol might find them."""
    data, fields, at = draw(some.binary(max_size=200)), [], 0
    places = some.none() | some.integers(-5, 250) | some.just(10**30)
    while at < len(data):
        stop = min(at + draw(some.sampled_from([0, 1, 2, 4, 40])), len(data))
        name, meaning, missing = (word * draw(some.sampled_from([0, 0, 3, 90])) for word in "nmx")
        field = Field(
            name, at, stop, meaning, draw(places), "h" * draw(some.integers(0, 20)), missing, draw(some.booleans())
        )
        fields += [field] * draw(some.integers(0, 1))
        at = max(stop, at + 1)
    return data, fields


class Cut(NamedTuple):
    """Where a dashed line crosses a box."""

    x: float
    y: float


def pieces_of(data: bytes, *cuts: int) -> list[bytes]:
    return [data[start:end] for start, end in itertools.pairwise([0, *cuts, len(data)])]


def cuts(picture: Picture) -> list[Cut]:
    """From above to below."""
    found = [line for line in _root(picture).iter(f"{SVG}line") if line.get("stroke") == VERMILLION]
    return [Cut(float(line.attrib["x1"]), float(line.attrib["y1"])) for line in found if line.get("stroke-dasharray")]


def letter_at(picture: Picture, words: str, number: int) -> float:
    """Where the letter of that number of the text `words` begins."""
    text = next(each for each in _root(picture).iter(f"{SVG}text") if each.text == words)
    return float(text.attrib["x"]) + float(text.attrib["textLength"]) * number / len(words)


def heads(picture: Picture) -> list[tuple[float, float]]:
    """The points of the arrows."""
    paths = [path.attrib for path in _root(picture).iter(f"{SVG}path")]
    points = [path["d"].removeprefix("M").partition("L")[0] for path in paths if path["d"].endswith("Z")]
    return [(float(x), float(y)) for x, y in map(str.split, points)]


def rows(picture: Picture) -> Sequence[str]:
    """The lines of its text that tell a row."""
    return [line.strip() for line in picture.text.splitlines()[1:] if line[:6].strip().replace(",", "").isdigit()]


def _root(picture: Picture) -> ET.Element:
    assert isinstance(picture.image, str)
    return ET.fromstring(picture.image.encode())
