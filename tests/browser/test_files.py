"""The file server of lesson 20, and a browser: a page with its style and its pictures, by several connections, and what it has already."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.support.served import DESIGNS, served

BODY_SENT = "performance.getEntriesByType('navigation')[0].transferSize - 300"
"""Bytes of the page's body that came over the network: a browser counts each head as 300 (W3C, Resource Timing)."""


@pytest.mark.parametrize("design", DESIGNS)
def test_a_browser_is_shown_the_page_and_its_pictures(browser: BrowserContext, tmp_path: Path, design: str) -> None:
    with served(design, tmp_path / "site") as site, browser.new_page() as page:
        answers: list[tuple[str, int]] = []
        page.on("response", lambda answer: answers.append((answer.url.removeprefix(site.url), answer.status)))
        page.goto(f"{site.url}/")
        page.click("text=pictures")
        page.wait_for_url("**/Z%C3%BCrich/")
        page.wait_for_load_state("load")
        assert page.inner_text("h1") == "Zürich"
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
        assert page.evaluate("[...document.images].every((each) => each.naturalWidth > 100)")
        wanted = ["/", "/Z%C3%BCrich/", "/style.css", "/Z%C3%BCrich/letters.svg", "/letters.svg"]
        assert sorted(each for each in answers if "favicon" not in each[0]) == sorted((each, 200) for each in wanted)


def test_a_browser_does_not_take_twice_what_has_not_changed(browser: BrowserContext, tmp_path: Path) -> None:
    with served("threads", tmp_path / "site") as site, browser.new_page() as page:
        page.goto(f"{site.url}/")
        first = page.evaluate(BODY_SENT)
        page.reload()
        assert first > 0 and page.evaluate(BODY_SENT) == 0  # 304
        (site.root / "index.html").write_text("<h1>Bern</h1>", encoding="utf-8")
        page.reload()
        assert page.inner_text("h1") == "Bern"
