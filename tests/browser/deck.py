"""The slides of a lesson in a real browser: walks through all of them, runs each cell on its slide, and says what is cut off.

From the command line: `python -m tests.browser.deck 03 --size 1280x720 --shots FOLDER`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, ViewportSize
from playwright.sync_api import TimeoutError as NotInTime

from helpers.course import presenting
from helpers.course.lessons import find_lessons, read
from tests.support import browsing
from tests.support.browsing import IS_IDLE, PATIENCE, SPARE_CURSORS, Lab, wait_for

CHANGED = "([prompt, before]) => document.querySelector(prompt).textContent !== before"
HAS_RUN = """([prompt, before]) => {
    const now = document.querySelector(prompt).textContent;
    return now !== before && /\\d/.test(now);
}"""
"""Whether a cell's prompt is another one than before; and whether it has a number."""

TRIES, KEY = 3, 10
"""How often a key is pressed, and the seconds within which it is heard."""

RUN = 60
"""Seconds that a cell on a slide may run."""

SIZES: dict[str, ViewportSize] = {
    "1280x720": {"width": 1280, "height": 720},
    "1920x1080": {"width": 1920, "height": 1080},
}

STATE = """() => {
    const cells = [...document.querySelectorAll('.jp-Deck .jp-Notebook .jp-Cell')];
    const marked = (name) => cells.flatMap((cell, n) => cell.classList.contains(name) ? [n] : []);
    return {active: marked('jp-mod-active')[0], onScreen: marked('jp-deck-mod-onscreen'), visible: marked('jp-deck-mod-visible')};
}"""

# Nothing is being loaded, no picture is half there, and nothing has moved for so many frames.
SETTLED = """async (frames) => {
    const deck = document.querySelector('.jp-Deck');
    const frame = () => new Promise(requestAnimationFrame);
    const layout = () => [...deck.querySelectorAll('.jp-deck-mod-onscreen')].map((cell) => cell.getBoundingClientRect().bottom).join();
    const loading = () => [...deck.querySelectorAll('.jp-deck-mod-onscreen')].some((cell) =>
        cell.innerText.includes('Loading widget') || [...cell.querySelectorAll('img')].some((image) => !image.complete));
    for (let still = 0, before = ''; still < (frames ?? 4); await frame()) {
        still = !loading() && layout() === before ? still + 1 : 0;
        before = layout();
    }
}"""

# What sticks out: of the screen, or of a box of its own that would have to be scrolled. In pixels of the screen.
CUT_OFF = """() => {
    const zoom = Number(getComputedStyle(document.documentElement).getPropertyValue('--slide-zoom')) || 1;
    const cells = document.querySelectorAll('.jp-Deck .jp-Notebook .jp-Cell');
    for (let box = cells[0].parentElement; !box.matches('.jp-Deck'); box = box.parentElement) box.scrollTop = 0; // a slide that is too high was scrolled to the active cell
    const found = [];
    cells.forEach((cell, place) => {
        if (!cell.classList.contains('jp-deck-mod-onscreen')) return;
        const say = (what, pixels) => pixels > 1 && found.push({place, what, pixels: Math.round(pixels)});
        const box = cell.getBoundingClientRect();
        say('below the screen', box.bottom - innerHeight);
        say('beside the screen', box.right - innerWidth);
        for (const each of cell.querySelectorAll('*')) {
            const style = getComputedStyle(each);
            if (!each.clientWidth || !each.checkVisibility({visibilityProperty: true}) || style.display === 'inline') continue;
            const name = each.classList[0] || each.tagName.toLowerCase();
            const cuts = (overflow) => overflow !== 'visible' && !(overflow === 'hidden' && each.matches('.lm-Widget, [class*=jp-]'));
            if (cuts(style.overflowY)) say(`scrolls in ${name}`, (each.scrollHeight - each.clientHeight) * zoom);
            if (cuts(style.overflowX)) say(`scrolls sideways in ${name}`, (each.scrollWidth - each.clientWidth) * zoom);
            if (each.matches('img') && !each.naturalWidth) say('picture that does not show', Infinity);
        }
    });
    return found;
}"""


# The smallest letters of text and code, in parts of the screen's height. Whether a cell has run is for the speaker alone.
LETTERS = """() => {
    const zoom = Number(getComputedStyle(document.documentElement).getPropertyValue('--slide-zoom'));
    const says = (each) => [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const texts = [...document.querySelectorAll('.jp-Deck .jp-deck-mod-onscreen *')]
        .filter((each) => !each.closest('.jp-InputArea-prompt') && each.checkVisibility() && says(each));
    return Math.min(...texts.map((each) => parseFloat(getComputedStyle(each).fontSize) * zoom / innerHeight));
}"""

PICTURES = """() => [...document.querySelectorAll('.jp-Deck .jp-deck-mod-onscreen .jp-OutputArea img')]
    .filter((image) => image.checkVisibility()).map((image) => image.alt)"""

# In one call each, since there are hundreds of slides: where the deck stands when it has moved, or has not; and all that is looked at on a slide, when what was put out stands where it will stay.
SETTLED_STATE = f"async () => {{ await ({SETTLED})(1); return ({STATE})(); }}"
SEEN = f"async () => {{ await ({SETTLED})(); return {{ cutOff: ({CUT_OFF})(), pictures: ({PICTURES})(), letters: ({LETTERS})() }}; }}"


SHOW = "async (path) => (await jupyterapp.commands.execute('docmanager:open', { path })).revealed"
"""Opens what has this path; waits until its cells stand there."""


ORPHANED = "makeStack"
"""Where the extension complains, at each move, when a document of its has been closed: a fault of its own, which nobody meets who presents one lesson."""


class CutOff(NamedTuple):
    """What is cut off on a slide."""

    cell: str
    what: str
    pixels: int | None


class Slide(NamedTuple):
    """A slide, its cells run and all its fragments shown."""

    number: int
    cells: list[str]
    cut_off: list[CutOff]
    pictures: list[str]
    """What they say of themselves to whoever does not see them."""
    letters: float
    """The smallest of text and code, in parts of the screen's height."""
    shot: bytes
    """A picture of it, PNG; empty where none was asked for."""


class Deck:
    """A lesson's slides on a page of the browser."""

    def __init__(self, page: Page, lesson: Path) -> None:
        self.page = page
        cells = presenting.ready_for_slides(read(lesson))["cells"]
        self.ids = [cell["id"] for cell in cells]
        self.code = {n for n, cell in enumerate(cells) if cell["cell_type"] == "code"}

    @property
    def state(self) -> dict[str, Any]:
        """Where it stands: the places of the active cell, of those on the slide, and of those that can be seen."""
        state: dict[str, Any] = self.page.evaluate(STATE)
        return state

    @property
    def visible(self) -> list[str]:
        """The ids of the cells that the room sees."""
        return [self.ids[place] for place in self.state["visible"]]

    def wait_until_shown(self) -> None:
        """Wait for the first slide, and for a kernel to run its cells."""
        self.page.locator(".jp-Deck .jp-deck-mod-visible").first.wait_for(timeout=3 * PATIENCE * 1000)
        wait_for(self.page, IS_IDLE, patience=3 * PATIENCE)  # where it stands is hidden, and kept up to date
        self.page.evaluate(SPARE_CURSORS)

    def press(self, key: str) -> bool:
        """Press a key that moves; whether it moved."""
        before = self.state
        return self._state_after(key) != before

    def _state_after(self, key: str) -> dict[str, Any]:
        """Press it; where the deck stands then."""
        self.page.keyboard.press(key)
        state: dict[str, Any] = self.page.evaluate(SETTLED_STATE)
        return state

    def go_to(self, cell: str) -> None:
        """Press the right arrow until that cell is the active one."""
        while self.ids[self.state["active"]] != cell:
            assert self.press("ArrowRight"), f"there is no way to {cell}"

    def run(self) -> None:
        """Run the active cell as a speaker does, and wait for its output."""
        prompt = ".jp-Deck .jp-Cell.jp-mod-active .jp-InputArea-prompt"
        before = self.page.locator(prompt).text_content()
        for _ in range(TRIES):
            self.page.keyboard.press("Shift+Enter")
            with contextlib.suppress(NotInTime):  # a key is lost where the deck has not taken the focus yet
                self.page.wait_for_function(CHANGED, arg=[prompt, before], timeout=KEY * 1000)
                break
        self.page.wait_for_function(HAS_RUN, arg=[prompt, before], timeout=RUN * 1000)

    def walk(self, shots: bool = False) -> Iterator[Slide]:
        """Go from slide to slide to the end, and run every code cell on the way. `shots`: with a picture of each slide."""
        number = 1
        before, state = None, self.state
        while state != before:
            assert state["visible"], f"a blank slide after {number - 1}"
            if state["active"] in self.code:
                self.run()
            if state["active"] == max(state["onScreen"]):
                yield self.slide(number, state["onScreen"], shots)
                number += 1
            before, state = state, self._state_after("ArrowRight")

    def slide(self, number: int, places: list[int], shots: bool) -> Slide:
        seen = self.page.evaluate(SEEN)
        shot = self.page.screenshot() if shots else b""
        cut_off = [CutOff(self.ids[each["place"]], each["what"], each["pixels"]) for each in seen["cutOff"]]
        return Slide(number, [self.ids[place] for place in places], cut_off, seen["pictures"], seen["letters"], shot)


@contextlib.contextmanager
def present(lesson: str, folder: Path) -> Iterator[Lab]:
    """`python3 -m helpers present LESSON`, everything that Jupyter keeps of its user in `folder`."""
    with browsing.jupyterlab(["present", lesson], folder, folder) as started:
        yield started


def open_slides(page: Page, lab: Lab, lesson: Path) -> Deck:
    """Open the address that `present` opens by itself; wait for the first slide."""
    page.goto(f"{lab.url}?token={lab.token}")
    deck = Deck(page, lesson)
    deck.wait_until_shown()
    return deck


def change_slides(page: Page, lab: Lab, lesson: Path) -> Deck:
    """Show another lesson, which lies beside the one that is shown: a copy of it, as nobody has opened it before."""
    path = lab.ask("POST", "api/contents", {"copy_from": lesson.name})["path"]
    page.evaluate(SHOW, path)
    browsing.close_documents(page, but=path)
    deck = Deck(page, lesson)
    deck.wait_until_shown()
    return deck


def main() -> int:
    """Say which slides of a lesson are cut off, and by how many pixels; the exit status is 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.deck", description=main.__doc__)
    parser.add_argument("lesson", help="its number or its file")
    parser.add_argument("--size", choices=SIZES, default="1280x720")
    parser.add_argument("--shots", type=Path, help="a folder for a picture of every slide")
    options = parser.parse_args()
    lesson = find_lessons([options.lesson])[0]
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    bad = total = 0
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        present(str(lesson), Path(folder)) as lab,
        browsing.browser() as browser,
        browser.new_page(viewport=SIZES[options.size]) as page,
    ):
        for slide in open_slides(page, lab, lesson).walk(shots=bool(options.shots)):
            total += 1
            bad += bool(slide.cut_off)
            print(f"{slide.number:3} {'CUT OFF' if slide.cut_off else 'ok':8} {' '.join(slide.cells)}", flush=True)
            for each in slide.cut_off:
                print(f"      {each.cell}: {each.what}: {each.pixels} px", flush=True)
            if options.shots:
                (options.shots / f"{lesson.name[:2]}-{slide.number:03}.png").write_bytes(slide.shot)
    print(f"{bad} of {total} slides of {lesson.name} are cut off at {options.size}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
