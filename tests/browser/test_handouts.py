"""Handouts as they are opened: from a file, in a browser that is refused any network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import BrowserContext, Page, expect

from helpers.course import handouts, slides
from helpers.course.lessons import find_lessons
from tests.support.browsing import ONE_OF_EACH, is_accessible, opens_by_keyboard, picture
from tests.support.waiting import eventually

LESSONS = find_lessons([])
LIFE = "03-the-life-of-a-socket"
WINDOWS = "04-two-command-windows"
FALLS = "02-addresses"  # has tracebacks

ON_THE_SLIDE = """() => {
    const {h, v} = Reveal.getIndices();
    const sheet = Reveal.getCurrentSlide().querySelector(".sheet");
    const frame = sheet.getBoundingClientRect();
    const scrolls = sheet.scrollHeight > sheet.clientHeight;
    const text = parseFloat(getComputedStyle(sheet).fontSize) * sheet.currentCSSZoom * Reveal.getScale();
    return {
        place: [h, v],
        inside: frame.top >= 0 && frame.left >= 0 && frame.right <= innerWidth && frame.bottom <= innerHeight,
        reachable: !scrolls || sheet.tabIndex === 0,
        wide: [...sheet.querySelectorAll("*")]
            .filter((each) => getComputedStyle(each).display !== "inline") // spaces at the end of a line may hang out
            .filter((each) => each.getBoundingClientRect().right > frame.right + 1).map((each) => each.outerHTML),
        text: text / innerHeight,
    };
}"""
EACH_SLIDE = f"places => places.map(([h, v]) => {{ Reveal.slide(h, v, 99); return ({ON_THE_SLIDE})(); }})"
"""Which slide is shown, and whether all of it is: its frame on the screen, nothing wider, what is taller within reach of the
keyboard, and how tall its letters are on a screen of height 1."""


@contextlib.contextmanager
def opened(browser: BrowserContext, file: Path, allowed: str = "nothing") -> Iterator[Page]:
    """`file` on a page. It asks the network for nothing, and its console stays empty but for what says `allowed`."""
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: complaints.append(request.url) if is_elsewhere(request.url) else None)
        page.route(is_elsewhere, lambda route: route.abort())

    browser.on("page", listen)  # the speaker's window is a page, too
    try:
        with browser.new_page() as page:
            page.set_viewport_size({"width": 1280, "height": 720})
            page.goto(file.as_uri())
            if file.name.endswith(".slides.html"):
                expect(page.locator(".reveal.ready")).to_be_visible()
            yield page
    finally:
        browser.remove_listener("page", listen)
    assert [complaint for complaint in complaints if allowed not in complaint] == []


def is_elsewhere(url: str) -> bool:
    return not url.startswith(("file:", "data:", "about:"))


def show(page: Page, slide: str) -> None:
    """Go to the first slide on which the selector `slide` finds something, all of its fragments shown."""
    found = page.evaluate(
        """(selector) => {
            const slide = Reveal.getSlides().find((each) => each.querySelector(selector));
            const {h, v} = Reveal.getIndices(slide);
            Reveal.slide(h, v, 99);
            return Reveal.getCurrentSlide() === slide;
        }""",
        slide,
    )
    assert found


# The page ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_page(browser: BrowserContext, handouts_of_all: Path, path: Path) -> None:
    with opened(browser, handouts_of_all / f"{path.stem}.html") as page:
        picture(page, f"handout-{path.stem}.png")
        page.evaluate(ONE_OF_EACH)
        is_accessible(page)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 720})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        broken = "[...document.images].filter((image) => !image.complete || image.naturalWidth === 0).length"
        assert page.evaluate(broken) == 0


def test_a_page_in_the_dark(browser: BrowserContext, handouts_of_all: Path) -> None:
    with opened(browser, handouts_of_all / f"{FALLS}.html") as page:
        page.emulate_media(color_scheme="dark")
        page.locator(".ansi-red-fg").first.scroll_into_view_if_needed()
        picture(page, "handout-dark.png")
        is_accessible(page)


def test_a_fold_opens_by_keyboard_and_paper_has_no_notes(browser: BrowserContext, handouts_of_all: Path) -> None:
    with opened(browser, handouts_of_all / f"{LIFE}.html") as page:
        fold = page.locator("details").first
        inside = fold.locator("p").first
        opens_by_keyboard(fold, inside)
        page.emulate_media(media="print")
        expect(fold).to_be_hidden()


def test_what_is_copied_is_the_code_alone(browser: BrowserContext, handouts_of_all: Path) -> None:
    lesson = nbformat.read(next(path for path in LESSONS if path.stem == WINDOWS), as_version=4)
    source = next(cell.source for cell in lesson.cells if cell.source.startswith("%%background"))
    select = "(element) => { getSelection().selectAllChildren(element); return String(getSelection()); }"
    for end in (".html", ".slides.html"):
        with opened(browser, handouts_of_all / f"{WINDOWS}{end}") as page:
            block = page.locator(".input").filter(has_text="%%background server.py").first
            if end == ".slides.html":
                page.keyboard.press("PageDown")
            expect(block).to_be_visible()
            assert block.evaluate(select).strip() == source.strip()


# The slides ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_one_key_leads_through_all_slides_and_nothing_is_cut_off(
    browser: BrowserContext, handouts_of_all: Path, path: Path
) -> None:
    kinds = [slides.slide_type(cell) for cell in nbformat.read(path, as_version=4).cells]
    with opened(browser, handouts_of_all / f"{path.stem}.slides.html") as page:
        seen = [page.evaluate(ON_THE_SLIDE)]
        for _ in range(sum(kind in ("slide", "subslide", "fragment") for kind in kinds) - 1):
            page.keyboard.press("PageDown")
            seen.append(page.evaluate(ON_THE_SLIDE))
        assert page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next")
        places = {tuple(slide["place"]) for slide in seen}
        assert len(places) == kinds.count("slide") + kinds.count("subslide")

        page.set_viewport_size({"width": 1920, "height": 1080})
        seen += page.evaluate(EACH_SLIDE, sorted(places))
    for slide in seen:
        assert slide["inside"] and slide["reachable"] and not slide["wide"]
        assert slide["text"] > 0.025, "too small for the back row"


def test_all_keys_of_a_keyboard_and_a_clicker(browser: BrowserContext, handouts_of_all: Path) -> None:
    with opened(browser, handouts_of_all / f"{LIFE}.slides.html") as page:
        place = [page.evaluate("Reveal.getProgress()")]
        for key in ("ArrowRight", "Space", "PageDown"):
            page.keyboard.press(key)
            place.append(page.evaluate("Reveal.getProgress()"))
        assert place == sorted(set(place)), "each of them goes on"
        for key in ("ArrowLeft", "PageUp", "Shift+Space"):
            page.keyboard.press(key)
            place.pop()
            assert page.evaluate("Reveal.getProgress()") == place[-1]
        page.keyboard.press("End")
        assert page.evaluate("Reveal.isLastSlide()")


def test_a_slide_keeps_nobody_out(browser: BrowserContext, handouts_of_all: Path) -> None:
    holds = {"title": "h1", "picture": "img", "window": "[aria-label^='command window']"}
    with opened(browser, handouts_of_all / f"{WINDOWS}.slides.html") as page:
        for name, selector in holds.items():
            show(page, selector)
            picture(page, f"handout-slide-{name}.png")
            is_accessible(page)


def test_the_speaker_has_notes_in_a_window_and_the_room_has_none(
    browser: BrowserContext, handouts_of_all: Path
) -> None:
    with opened(browser, handouts_of_all / f"{LIFE}.slides.html") as page:
        show(page, "aside.notes")
        note = page.locator("section.present section.present aside.notes")
        expect(note).to_be_hidden()
        with browser.expect_page() as window:
            page.keyboard.press("s")
        with window.value as speaker:
            expect(speaker.locator(".speaker-controls-notes .value")).to_have_text(note.text_content() or "")
            before = page.evaluate("Reveal.getProgress()")
            expect(speaker.locator("#current-slide iframe")).to_be_visible()
            speaker.frame_locator("#current-slide iframe").locator("section.present .sheet").wait_for()
            speaker.keyboard.press("ArrowRight")
            assert eventually(lambda: page.evaluate("Reveal.getProgress()") > before)


# What a stranger sent ------------------------------------------------------------------------------------------------

EVIL = "<script>window.__hacked = 1</script><img src=x onerror='window.__hacked = 2'><b>bold</b>"
LONG = "<i>" * 350_000
COLOR = "(element) => getComputedStyle(element).color"


def stream(text: str) -> Any:
    return new_code_cell("print()", outputs=[new_output("stream", name="stdout", text=text)], execution_count=1)


def test_what_a_stranger_sent_stays_text(browser: BrowserContext, tmp_path: Path) -> None:
    hostile = EVIL + "\x1b[31mred\x1b[0m\x1b[8mhidden\x1b]0;title\x07 one\rtwo\b \u202eturned\u2069 \x00"
    said = EVIL + r"redhidden\x1b]0;title\x07 one\rtwo\x08 \u202eturned\u2069 \x00"
    cells = [
        stream(hostile),
        new_code_cell("raise", outputs=[new_output("error", ename="E", evalue="", traceback=[hostile])]),
        stream("\x1b[38;2;255;255;255mwhite on white"),
        stream(LONG),
    ]
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    for file in write(tmp_path, *cells):
        with opened(browser, file) as page:
            printed = page.locator(".printed")
            assert [printed.nth(n).text_content() for n in range(2)] == [said, said]
            assert printed.nth(2).locator("span").evaluate(COLOR) == printed.nth(2).evaluate(COLOR)
            assert printed.nth(3).text_content() == LONG
            expect(page.locator("main :is(script, img, b, i)")).to_have_count(0)
            assert page.evaluate("window.__hacked") is None
            page.keyboard.press("End")  # it still moves
            if file.name.endswith(".slides.html"):
                assert page.evaluate(ON_THE_SLIDE)["place"] == [3, 0]
                assert page.evaluate(ON_THE_SLIDE)["inside"]
                assert eventually(lambda: page.url.endswith("#/3"))
            scrolls_by_keyboard(page)
            picture(page, f"handout-hostile{'-slides' * file.name.endswith('.slides.html')}.png")


def scrolls_by_keyboard(page: Page) -> None:
    """The frame of the long output takes the focus and obeys the arrows; the slide stays."""
    frame = page.get_by_role("group", name="output")
    place = page.url
    frame.focus()
    page.keyboard.press("ArrowDown")
    assert eventually(lambda: frame.evaluate("(frame) => frame.scrollTop") > 0)
    assert page.url == place


def test_no_script_runs_that_is_not_ours(browser: BrowserContext, tmp_path: Path) -> None:
    output = new_output("display_data", data={"text/html": EVIL})  # not escaped, by whoever made it
    for file in write(tmp_path, new_code_cell("show()", outputs=[output])):
        with opened(browser, file, allowed="Content Security Policy") as page:
            expect(page.locator(".output b")).to_be_visible()
            assert page.evaluate("window.__hacked") is None


def write(folder: Path, *cells: Any) -> tuple[Path, Path]:
    """The handouts of a lesson of these cells."""
    path = folder / "made.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return handouts.write_handout(path, folder)
