"""What a picture of a conversation shows, read off its SVG."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from helpers.pictures.drawing import MONO, Picture, width

SVG = "{http://www.w3.org/2000/svg}"


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
    """Pairs of texts that stand on each other."""
    boxes = []
    for element in ET.fromstring(svg(picture).encode()).iter(f"{SVG}text"):
        text, size = "".join(element.itertext()), float(element.attrib["font-size"])
        wide = float(element.get("textLength", 0)) or width(text, size, element.attrib["font-family"] == MONO) * 0.97
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
        boxes.append((text, left, left + wide, y - size * 0.72, y + size * 0.1))
    return [
        (a[0], b[0])
        for a, b in itertools.combinations(boxes, 2)
        if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    ]
