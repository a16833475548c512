"""The pages of the reference where they are read: in JupyterLab, beside the handouts, and the cheat sheet on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers.course import handouts
from helpers.course.lessons import REFERENCE
from tests.support.browsing import OUTPUTS, Lab, is_accessible, open_notebook

SMALLEST = 7.5
"""Points of a letter on paper."""
LETTERS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const style = getComputedStyle(walker.currentNode.parentElement);
        if (walker.currentNode.data.trim() && style.visibility === 'visible') found.push([parseFloat(style.fontSize) * 0.75, style.color]);
    }
    return found;
}"""
"""Of each text that is seen: how tall its letters are, in points, and their colour."""
A4 = (210, 297)


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the pages as they lie beside handouts."""
    folder = tmp_path_factory.mktemp("sheets")
    handouts.write_reference(folder)
    return folder


def test_the_cheat_sheet_is_one_sheet_of_paper(browser: BrowserContext, sheets: Path) -> None:
    with browser.new_page() as page:
        page.goto((sheets / "CHEAT-SHEET.html").as_uri())
        pdf = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
        (box,) = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
        assert tuple(round(float(side) / 72 * 25.4) for side in box) == A4
        page.emulate_media(media="print", color_scheme="dark")
        letters = page.evaluate(LETTERS)
        assert len(letters) > 200
        assert min(size for size, _ in letters) >= SMALLEST
        assert {colour for _, colour in letters} == {"rgb(0, 0, 0)"}
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("name", REFERENCE)
def test_a_page_keeps_nobody_out(browser: BrowserContext, sheets: Path, name: str) -> None:
    """In the light and in the dark; and nothing is wider than the page of a telephone, but what scrolls."""
    with browser.new_page() as page:
        page.goto((sheets / name.replace(".md", ".html")).as_uri())
        for scheme in "light", "dark":
            page.emulate_media(color_scheme=scheme)
            is_accessible(page)
        page.set_viewport_size({"width": 320, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_report_leads_to_its_mistake_and_that_to_the_cell_that_shows_it(page: Page, lab: Lab) -> None:
    code = "import socket\ndef greet(address):\n    with socket.create_connection(address) as s:\n        s.send('hello')\nhelpers.check(greet)"
    notebook = open_notebook(page, lab, lab.write("leads", code))
    notebook.run_all()
    page.locator(OUTPUTS).get_by_role("link", name="number 7").click()
    mistakes = page.locator(".jp-MarkdownViewer:visible")
    expect(mistakes.get_by_role("heading", name="Number 7", exact=True)).to_be_in_viewport()
    wanted = page.locator(".jp-Notebook:visible .jp-RenderedMarkdown").get_by_text(
        "the socket wants bytes, and it will not guess"
    )
    to_the_cell = mistakes.locator('a[href*="cell-id=send-str-why"]')
    to_the_cell.click()
    count = len(lab.cells("notebooks/06-bytes-and-strings.ipynb"))
    expect(page.locator(".jp-Notebook:visible .jp-Cell")).to_have_count(count)
    # JupyterLab has gone to the cell, and then put there those above it, which move it away: the link is followed again.
    page.get_by_role("tab", name="COMMON-MISTAKES.md").click()
    to_the_cell.click()
    expect(wanted).to_be_in_viewport()
    notebook.wait_until_idle()  # it has a kernel by then, and can be closed
