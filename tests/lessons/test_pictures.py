"""The lessons' pictures, as they are stored: each can be read."""

from __future__ import annotations

import html
import json
import re
import urllib.parse
from pathlib import Path

import pytest

from helpers.course.environment import ROOT
from helpers.pictures.drawing import Picture
from tests.pictures.legibility import faults


@pytest.mark.parametrize("lesson", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem[:2])
def test_nothing_keeps_a_stored_picture_from_being_read(lesson: Path) -> None:
    for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            stored = "".join(output.get("data", {}).get("text/html", ()))
            for source in re.findall(r'src="data:image/svg\+xml,([^"]*)"', stored):
                image = urllib.parse.unquote(html.unescape(source))
                assert not faults(Picture(image, "", "")), cell["id"]
