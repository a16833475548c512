"""Pictures in the real JupyterLab, as a fresh clone shows them: stored, and not trusted. They can be read at every width, from the keyboard, and in both themes."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from helpers.course.environment import ROOT
from helpers.pictures.characters.diagram import encoding
from helpers.pictures.drawing import LEAST, SMALL
from tests.support.browsing import Lab, code_cell, open_notebook

SCRIPT = ROOT / "helpers/course/prefix/share/jupyter/labextensions/networking-with-python/static/pictures.js"
SHOWN = "images => images.map((image) => image.getBoundingClientRect().width / image.naturalWidth)"


def stored(lab: Lab) -> str:
    """A notebook with a picture, that nobody has run here."""
    path = lab.write("pictures", "helpers.pictures.encoding(text)")
    notebook = json.loads((lab.root / path).read_text(encoding="utf-8"))
    data = encoding("né €😀")._repr_mimebundle_()
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    notebook["cells"][1] = code_cell("picture", "") | {"outputs": [output], "execution_count": 1}
    (lab.root / path).write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_stored_pictures_can_be_read_at_every_width_and_in_both_themes(page: Page, lab: Lab) -> None:
    notebook = open_notebook(page, lab, stored(lab))
    # The environment may be older than the course: what it brings is that of this folder.
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    images = page.locator("img.helpers-picture")
    expect(images).to_have_count(1)
    # Letters stay large enough: on a page of 900 pixels, and on one of 640, which is 1280 at twice the size.
    for wide in (1280, 900, 640):
        page.set_viewport_size({"width": wide, "height": 800})
        assert all(scale * SMALL >= LEAST - 0.05 for scale in images.evaluate_all(SHOWN))
    # What does not fit is scrolled to, from the keyboard too.
    box = images.first.locator("..")
    box.focus()
    assert box.evaluate("box => box === document.activeElement && box.scrollWidth > box.clientWidth")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(images.first).to_have_css("filter", "none")
    notebook.choose("Settings", "Theme", "JupyterLab Dark")
    expect(images.first).to_have_css("filter", "invert(0.93) hue-rotate(180deg)")
    notebook.choose("Settings", "Theme", "JupyterLab Light")
    expect(images.first).to_have_css("filter", "none")
