"""A picture can be read: no text stands on another, every mark is explained, and what comes from outside is only text."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest

from helpers.pictures.drawing import LEAST, SMALL, SMALLEST, Drawing, Picture
from helpers.pictures.sequence.sheet import conversation
from tests.pictures.legibility import faults, narrowest
from tests.pictures.sequence.reading import SVG, overlaps, svg, words
from tests.pictures.sequence.scripts import Script, differing, echo, lively, relayed, stream

pytestmark = pytest.mark.slow  # together; each draws many a picture

CASES = {
    "echo": echo(),
    "two clients": echo(clients=2),
    "five clients": differing(5),
    "forty clients": echo(clients=40),
    "cut": stream([b"abcdefghij"], [(b"abcd", {0: 4}), (b"efgh", {0: 4}), (b"ij", {0: 2})]),
    "glued": stream([b"a", b"bc", b"d"], [(b"abcd", {0: 1, 1: 2, 2: 1})]),
    "large": stream([b"x" * 1_000_000], [(b"x" * 1_000_000, {0: 1_000_000})]),
    "hostile": echo(program='<script>alert("\u202e")</script>&' + "x" * 100),
    "hostile bytes": stream([b"<script>\x1b[31m\n\0'\"&]]>"], [("\u202e".encode(), {0: 3})]),
}


@pytest.mark.parametrize("name", CASES)
def test_no_text_stands_on_another(name: str) -> None:
    picture = conversation(CASES[name].made())
    assert not overlaps(picture)
    wide = float(ET.fromstring(svg(picture).encode()).attrib["width"])
    assert wide <= {"two clients": 1150, "five clients": 1700}.get(name, 1000)


@pytest.mark.parametrize("name", ["hostile", "hostile bytes"])
def test_what_comes_from_outside_is_only_text(name: str) -> None:
    picture = conversation(CASES[name].made())
    tags = {element.tag for element in ET.fromstring(svg(picture).encode()).iter()}
    assert tags <= {f"{SVG}{tag}" for tag in ("svg", "title", "rect", "text", "tspan", "line", "path", "g")}
    assert "\u202e" not in svg(picture) + picture.text + picture.as_html()
    assert "\x1b" not in svg(picture) + picture.text


def test_a_person_who_never_saw_one_finds_each_mark_explained() -> None:
    picture = conversation(echo(clients=2).made())
    assert {"waits", "bytes on their way", "which connection", "FIN: no more bytes come"} <= set(words(picture))
    assert "gave up waiting" not in words(picture)


def test_the_label_of_a_fin_stands_on_no_arrow() -> None:
    script = Script()
    client, conn = script.end("client"), script.end("server", listener=9)
    script.talks.append((client, conn))
    script.call("MainThread", conn, "close")
    script.call("MainThread", client, "close")
    root = ET.fromstring(svg(conversation(script.made())).encode())
    labels = [each for each in root.iter(f"{SVG}text") if each.text == "FIN"]
    arrows = [each for each in root.iter(f"{SVG}line") if each.get("stroke-dasharray") == "7 4"][:2]
    assert len(labels) == len(arrows) == 2
    for label, arrow in itertools.product(labels, arrows):
        x, y = float(label.attrib["x"]), float(label.attrib["y"])
        x1, y1, x2, y2 = (float(arrow.attrib[each]) for each in ("x1", "y1", "x2", "y2"))
        for at in (x - 12, x, x + 12):
            height = y1 + (y2 - y1) * (at - x1) / (x2 - x1)
            assert not y - 12 < height < y + 2


def test_words_about_unread_bytes_make_room_for_bytes_that_pass() -> None:
    script = Script()
    one, other = script.end("pair"), script.end("pair")
    script.talks.append((one, other))
    late = script.send("MainThread", one, b"taken late")
    lost = script.send("MainThread", one, b"lost")
    script.flows.append((lost, None, 4))
    script.recv("MainThread", other, b"taken late", {late: 10})
    assert "4 bytes not received yet" in words(conversation(script.made()))


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_whatever_happens_nothing_stands_on_another(first: int) -> None:
    for seed in range(first, first + 25):
        picture = conversation(lively(seed).made(seed))
        assert not faults(picture), seed
        assert narrowest(picture) >= SMALLEST - 0.01


@pytest.mark.parametrize("taken", [[5, 5], [10], [3, 3, 4]])
@pytest.mark.parametrize("given", [[5, 5], [10], [4, 6], [5]])
@pytest.mark.parametrize("received", [[10], [4, 4, 2], [5], [2, 2], []])
def test_nor_where_a_link_cuts_gathers_and_holds(taken: list[int], given: list[int], received: list[int]) -> None:
    assert not faults(conversation(relayed(taken, given, received).made()))


@pytest.mark.parametrize(
    ("wide", "letters", "is_reached"),
    [(500, LEAST, False), (1043, LEAST, False), (1148, SMALLEST, False), (1149, LEAST, True)],
)
def test_what_an_ordinary_window_has_to_scroll_the_keyboard_reaches(wide: int, letters: int, is_reached: bool) -> None:
    """One that is only a little too wide for it has smaller letters instead; whatever is scrolled need not."""
    drawing = Drawing()
    drawing.text(0, 20, "the smallest", size=SMALL)
    picture = Picture(drawing.svg(wide, 40, "a picture"), "alt", "text")
    assert letters - 0.01 <= narrowest(picture) < letters + 0.05
    box = ET.fromstring(picture.as_html().replace("></div>", "/></div>"))
    assert (box.get("tabindex"), box.get("role")) == (("0", "region") if is_reached else (None, None))
    assert bool(box.get("aria-label")) == is_reached
