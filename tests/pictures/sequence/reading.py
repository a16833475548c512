"""What a picture of a conversation shows, read off its SVG."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from helpers.pictures.drawing import Picture
from tests.pictures.legibility import SVG as SVG
from tests.pictures.legibility import texts


def svg(picture: Picture) -> str:
    assert isinstance(picture.image, str)
    return picture.image


def words(picture: Picture) -> list[str]:
    """Every text of the drawing. Fails if it is no XML."""
    return ["".join(element.itertext()) for element in ET.fromstring(svg(picture).encode()).iter(f"{SVG}text")]


def ribbons(picture: Picture) -> int:
    """Curved bands; the legend has one more."""
    return len(re.findall(r'<path d="M[^"]*C[^"]*Z"', svg(picture))) - 1


def pieces(picture: Picture) -> int:
    """Marks on the lanes of links; the legend has one more."""
    return len(re.findall(r'<rect [^>]*rx="3" fill="#[^>]*stroke="#1b1b1b"', svg(picture))) - 1


def without_clock(picture: Picture) -> str:
    return re.sub(r'<g class="clock">.*?</g>', "", svg(picture))


def without_times(text: str) -> str:
    return re.sub(r" \(waited [^)]*\)$", "", text, flags=re.M)


def overlaps(picture: Picture) -> list[tuple[str, str]]:
    """Pairs of lines of text that stand on each other."""
    lines = texts(ET.fromstring(svg(picture).encode()), 0.97)
    return [(one.name, other.name) for one, other in itertools.combinations(lines, 2) if one.overlaps(other)]
