"""A page that is given back, as it is opened: from a file, with the picture that broke the function."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from helpers import exercises
from helpers.checking.play import play
from helpers.class_page.page import as_html
from helpers.grading import marks, verdict
from helpers.grading.outcomes import Outcome
from helpers.grading.verdict import MISSING, Verdict
from tests.browser.test_handouts import opened
from tests.class_page.classes import CLASS
from tests.support.browsing import is_accessible, picture


def read_lines(conn: socket.socket) -> Iterator[bytes]:
    print("<img src=x onerror=alert(1)>")
    while data := conn.recv(1024):
        yield data


def test_a_page_to_give_back(browser: BrowserContext, tmp_path: Path) -> None:
    exercise = exercises.find("read_lines")
    report = play(exercise, read_lines, 1, lambda *_: None)
    verdicts = [verdict.of_report(exercise, report, [], "", 1.0), Verdict("greet", MISSING, "No cell defines greet.")]
    with opened(browser, marks.write_page(tmp_path, Outcome("<script>ada</script>", verdicts))) as page:
        expect(page.locator("h1")).to_have_text("<script>ada</script>")
        expect(page.get_by_role("row", name="read_lines fell 0 of 19")).to_be_visible()
        expect(page.locator("img")).to_have_count(1)
        assert page.evaluate("document.images[0].complete && document.images[0].naturalWidth > 0")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            is_accessible(page)
            picture(page, f"marks-{scheme}.png")
        page.set_viewport_size({"width": 360, "height": 720})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_class_on_one_page(browser: BrowserContext, tmp_path: Path) -> None:
    """With names and without, in light and in dark, on a telephone; and printed it loses nothing."""
    for names in (True, False):
        file = tmp_path / ("class.html" if names else "class-no-names.html")
        file.write_text(as_html(CLASS, names), encoding="utf-8")
        with opened(browser, file) as page:
            expect(page.get_by_role("row", name="2. a line in two pieces").first).to_be_visible()
            assert page.evaluate("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
            bars = page.evaluate("[...document.querySelectorAll('.bar')].slice(0, 3).map(each => Math.round(100 * each.offsetWidth / each.parentElement.clientWidth))")  # fmt: skip
            assert bars == [83, 50, 33]
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                is_accessible(page)
                picture(page, f"class-{names}-{scheme}.png")
            page.set_viewport_size({"width": 320, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            page.emulate_media(media="print")
            assert page.evaluate("document.querySelector('.bar').offsetWidth") > 0
