"""Whether a drawing can be read, found without eyes: of any picture, from its SVG alone."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

from helpers.pictures.drawing import MONO, PAPER, SMALL, SMALLEST, Picture, width

SVG = "{http://www.w3.org/2000/svg}"
SQUEEZED = 0.8
"""How much narrower than estimated a text may be drawn: the estimate is an upper one."""


class Box(NamedTuple):
    """What an element takes up."""

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


def faults(picture: Picture) -> list[str]:
    """What keeps it from being read: texts on each other, on the edge of a box or a bar, outside of the picture, squeezed or too small; bars on each other."""
    assert isinstance(picture.image, str)
    root = ET.fromstring(picture.image.encode())
    whole = Box("picture", 0, 0, float(root.attrib["width"]), float(root.attrib["height"]))
    lines = texts(root)
    boxes = [_box(element) for element in root.iter(f"{SVG}rect") if _is_seen(element)]
    found = [
        f"{one.name!r} on {other.name!r}" for one, other in itertools.combinations(lines, 2) if one.overlaps(other)
    ]
    for text, (at, box) in itertools.product(lines, enumerate(boxes)):
        # A disc with a number, or the words for what is left out, may lie upon a bar.
        if text.overlaps(box) and not any(upper.holds(text) for upper in boxes[at:]):
            found.append(f"{text.name!r} on the edge of {box}")
    found += [f"{text.name!r} outside" for text in lines if not whole.holds(text)]
    bars = [box for box in boxes if abs(box.right - box.left - 8) < 0.01]
    found += [f"{one} on {other}" for one, other in itertools.combinations(bars, 2) if one.overlaps(other)]
    return found + list(_small(root))


def _small(root: ET.Element) -> Iterator[str]:
    for element in root.iter(f"{SVG}text"):
        words, size = "".join(element.itertext()), float(element.attrib["font-size"])
        if size < SMALL:
            yield f"{words!r} too small"
        drawn = float(element.get("textLength", 0))
        if drawn and drawn < width(words, size, element.attrib["font-family"] == MONO) * SQUEEZED:
            yield f"{words!r} squeezed"


def narrowest(picture: Picture) -> float:
    """Pixels of its smallest letters, on however narrow a page."""
    assert isinstance(picture.image, str)
    root = ET.fromstring(picture.image.encode())
    least = float(picture.as_html().partition("min-width: ")[2].partition("px")[0])
    smallest = min(float(element.attrib["font-size"]) for element in root.iter(f"{SVG}text"))
    assert smallest * least / float(root.attrib["width"]) >= SMALLEST - 0.001
    return smallest * least / float(root.attrib["width"])


def texts(root: ET.Element, part: float = 0.95) -> list[Box]:
    """Every line of every text, as wide as that `part` of what its letters may take: what only touches is no fault."""
    return [line for element in root.iter(f"{SVG}text") for line in _lines(element, part)]


def _lines(element: ET.Element, part: float) -> Iterator[Box]:
    size, mono, anchor = (
        float(element.attrib["font-size"]),
        element.attrib["font-family"] == MONO,
        element.get("text-anchor", "start"),
    )
    for line in (element, *element.iter(f"{SVG}tspan")):
        words = (line.text or "").strip()
        if "x" not in line.attrib:
            continue
        wide = float(line.get("textLength", 0)) or width(words, size, mono) * part
        x, y = float(line.attrib["x"]), float(line.attrib["y"])
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        yield Box(words, left, y - size * 0.72, left + wide, y + size * 0.1)


def _box(element: ET.Element) -> Box:
    x, y, wide, high = (float(element.attrib[name]) for name in ("x", "y", "width", "height"))
    return Box(element.get("fill", "box"), x, y, x + wide, y + high)


def _is_seen(element: ET.Element) -> bool:
    """Not the paper, nor what is laid under a text."""
    return element.attrib["width"] != "100%" and (element.get("stroke") is not None or element.get("fill") != PAPER)
