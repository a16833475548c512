"""The site as it is opened: from a folder and from a server, in a browser that is refused any other network."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from helpers.course.lessons import NOTEBOOKS, REFERENCE, find_lessons
from tests.support.browsing import COLOURS, ONE_OF_EACH, is_accessible, opens_by_keyboard, picture, tab_to

PAGES = sorted([path.stem for path in [*find_lessons([]), *NOTEBOOKS.glob("*.md")]] + ["index", "search"])
LIFE = "03-the-life-of-a-socket.html"
FALLS = "02-addresses.html"  # has tracebacks
SHOWN = [FALLS, "index.html", "04-two-command-windows.html", "08-a-stream-not-messages.html", "COMMON-MISTAKES.html"]
"""Those of which pictures are kept, to look at."""

OPEN = "for (const fold of document.querySelectorAll('details')) fold.open = true"
BROKEN = "[...document.images].filter((image) => !image.complete || image.naturalWidth === 0).map((image) => image.alt)"
OUT_OF_REACH = """[...document.querySelectorAll("article *")].filter((each) => {
    const style = getComputedStyle(each);
    const scrolls = (/auto|scroll/.test(style.overflowX) && each.scrollWidth > each.clientWidth + 1)
        || (/auto|scroll/.test(style.overflowY) && each.scrollHeight > each.clientHeight + 1);
    return scrolls && each.tabIndex !== 0;
}).map((each) => each.outerHTML.slice(0, 200))"""
"""What is scrolled in a box of its own that no keyboard reaches."""
SHEET = re.compile(rb"/Type\s*/Page\b(?!s)")
"""Of paper, in a PDF."""
WIDE_TABLES = """[...document.querySelectorAll("article table")].filter(
    (each) => each.scrollWidth > each.closest("section").clientWidth
).map((each) => each.outerHTML.slice(0, 200))"""


@contextlib.contextmanager
def opened(browser: BrowserContext, url: str, home: str) -> Iterator[Page]:
    """`url` on a page of its own. It asks nobody for anything but `home`, and complains of nothing."""
    complaints: list[str] = []
    with browser.new_page() as page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("request", lambda request: complaints.append(request.url) if is_elsewhere(request.url, home) else None)
        page.route(lambda url: is_elsewhere(url, home), lambda route: route.abort())
        page.goto(url)
        yield page
    assert complaints == []


def is_elsewhere(url: str, home: str) -> bool:
    return not url.startswith((home, "data:"))


@contextlib.contextmanager
def from_folder(browser: BrowserContext, site: Path, name: str) -> Iterator[Page]:
    with opened(browser, f"{site.as_uri()}/{name}", site.as_uri()) as page:
        yield page


@contextlib.contextmanager
def from_server(browser: BrowserContext, site: Path, name: str) -> Iterator[Page]:
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(site)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout
            port = server.stdout.readline().partition(" port ")[2].split()[0]
            with opened(browser, f"http://127.0.0.1:{port}/{name}", f"http://127.0.0.1:{port}/") as page:
                yield page
        finally:
            server.terminate()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_nobody_out(browser: BrowserContext, the_site: Path, name: str) -> None:
    with from_folder(browser, the_site, f"{name}.html") as page:
        page.evaluate(OPEN)
        page.evaluate(ONE_OF_EACH)
        assert page.evaluate(BROKEN) == []
        is_accessible(page)
        page.emulate_media(color_scheme="dark")
        is_accessible(page, COLOURS, "html" if name in ("index", "search") else "article")
        page.set_viewport_size({"width": 320, "height": 640})  # as at 400 % on a laptop
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(OUT_OF_REACH) == []
        if f"{name}.md" in REFERENCE:
            assert page.evaluate(WIDE_TABLES) == []


@pytest.mark.parametrize("name", SHOWN)
def test_pictures_to_look_at(browser: BrowserContext, the_site: Path, name: str) -> None:
    with from_folder(browser, the_site, name) as page:
        page.evaluate(OPEN)
        page.locator("article img, article .highlight, article h2").nth(2).scroll_into_view_if_needed()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            drawing = page.locator("img.helpers-picture")
            if drawing.count():
                is_inverted = "invert" in drawing.first.evaluate("each => getComputedStyle(each).filter")
                assert is_inverted == (theme == "dark")
            picture(page, f"site-{name.removesuffix('.html')}-{theme}.png")


def test_search_finds_it_from_a_folder_and_from_a_server(browser: BrowserContext, the_site: Path) -> None:
    for place in (from_folder, from_server):
        with place(browser, the_site, "index.html") as page:
            page.get_by_role("textbox", name="Search").or_(page.get_by_role("searchbox")).fill("backlog")
            page.keyboard.press("Enter")
            result = found(page, "3 · The life of a socket")
            expect(result).to_be_visible()
            if place is from_server:
                expect(result.locator(".context")).to_contain_text("backlog")
            is_accessible(page, place="article")
            result.get_by_role("link").first.click()
            expect(page.locator("h1")).to_contain_text("The life of a socket")
            word = page.locator("article details .highlighted").first  # in an answer, which it opens
            expect(word).to_have_text(re.compile("backlog", re.IGNORECASE))
            expect(word).to_be_visible()


def found(page: Page, title: str) -> Locator:
    """The result that is this page."""
    return page.locator("#search-results li").filter(has=page.locator("a", has_text=title)).first


def test_search_finds_what_a_picture_says(browser: BrowserContext, the_site: Path) -> None:
    with from_folder(browser, the_site, f"{LIFE}") as page:
        alt = page.locator("img.helpers-picture").first.get_attribute("alt") or ""
        shown = page.locator("article").text_content() or ""
        word = next(word for word in alt.lower().split() if word.isalpha() and word not in shown.lower())
        page.goto(f"{the_site.as_uri()}/search.html?q={word}")
        expect(found(page, "3 · The life of a socket")).to_be_visible()


def test_an_answer_opens_by_keyboard_and_by_a_link_and_paper_has_it(browser: BrowserContext, the_site: Path) -> None:
    with from_folder(browser, the_site, LIFE) as page:
        fold = page.locator("details.answer").first
        inside = fold.locator(":scope > :not(summary)").first
        opens_by_keyboard(fold, inside)
        page.keyboard.press("Enter")
        expect(inside).to_be_hidden()

        anchor = fold.locator("[id]").first.get_attribute("id")
        page.goto(f"{the_site.as_uri()}/{LIFE}#{anchor}")
        expect(inside).to_be_visible()

        last = page.locator("details.answer").last.locator(":scope > :not(summary)").first
        page.emulate_media(media="print")
        expect(last).to_be_visible()
        expect(page.locator(".notes").first).to_be_hidden()
        for kept_off in (".sidebar-drawer", ".skip-to-content", ".run"):
            expect(page.locator(kept_off)).to_be_hidden()
        picture(page, "site-on-paper.png")


def test_the_cheat_sheet_is_one_sheet_of_paper(browser: BrowserContext, the_site: Path) -> None:
    with from_folder(browser, the_site, "CHEAT-SHEET.html") as page:
        assert len(SHEET.findall(page.pdf(prefer_css_page_size=True))) == 1


def test_the_navigation_of_a_narrow_page_opens_by_keyboard(browser: BrowserContext, the_site: Path) -> None:
    with from_folder(browser, the_site, LIFE) as page:
        page.set_viewport_size({"width": 320, "height": 640})
        link = page.locator(".sidebar-drawer").get_by_role("link", name="5 · Waiting")
        expect(link).not_to_be_in_viewport()
        tab_to(page, page.locator("#__navigation"))
        page.keyboard.press("Space")
        expect(link).to_be_in_viewport()
        link.focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Waiting")


def test_a_theme_that_is_chosen_holds(browser: BrowserContext, the_site: Path) -> None:
    with from_folder(browser, the_site, FALLS) as page:
        toggle = page.get_by_role("button", name="Toggle Light / Dark / Auto color theme").locator("visible=true")
        drawing = page.locator("img.helpers-picture").first
        for _ in range(3):  # automatic, and two that are chosen
            toggle.click()
            if page.locator("body").get_attribute("data-theme") == "dark":
                break
        assert "invert" in drawing.evaluate("each => getComputedStyle(each).filter")
        page.reload()
        expect(page.locator("body")).to_have_attribute("data-theme", "dark")
        page.evaluate("localStorage.removeItem('theme')")  # the other pages of the folder share it
