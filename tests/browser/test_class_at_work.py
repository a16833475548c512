"""The page of a class that works, as whoever teaches has it open: an attempt comes, and the page has it; its reader stays where they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from helpers.course.at_work import REFRESH
from helpers.notebook.learner import CLASS_VARIABLE, FOLDER_VARIABLE
from tests.browser.test_handouts import opened
from tests.support.browsing import PATIENCE, SIZE, Lab, is_accessible, picture, tab_to
from tests.support.waiting import eventually

CHECKS = """
import sys
import helpers

def receive_exactly(conn, n):
    return conn.recv(n)

helpers.attempts(share=True)
for time in range(int(sys.argv[1])):
    helpers.check(receive_exactly)
"""


class Class:
    """A folder that a class shares, a learner who does, and the pages of it."""

    def __init__(self, folder: Path, out: Path) -> None:
        self._own = folder / "own"
        self._folder = folder / "class"
        (self._folder / "adelaide").mkdir(parents=True)
        self._out = out
        self.file = out / "class.html"
        self._tries = 0

    def checks(self, times: int) -> None:
        """The learner's, in a process of their own; until the page has them."""
        variables = os.environ | {CLASS_VARIABLE: str(self._folder / "adelaide"), FOLDER_VARIABLE: str(self._own)}
        subprocess.run([sys.executable, "-c", CHECKS, str(times)], env=variables, check=True, capture_output=True)
        self._tries += times
        assert eventually(lambda: f"tried {self._tries} times" in self.file.read_text(encoding="utf-8"), PATIENCE)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """`python3 -m helpers class`, until Ctrl-C."""
        command = [
            sys.executable,
            "-m",
            "helpers.course.front_door",
            "class",
            str(self._folder),
            "--out",
            str(self._out),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
            assert started.stdout is not None
            try:
                assert "Ctrl-C ends it." in started.stdout.readline()
                yield
            except BaseException:
                started.kill()
                raise
            started.send_signal(signal.SIGINT)
            assert "The pages stay as they are." in started.stdout.read()
        assert started.returncode == 0


@contextmanager
def with_a_clock(browser: BrowserContext) -> Iterator[BrowserContext]:
    """A context of its own, whose clock can be moved on: all pages of one context have the same."""
    assert browser.browser is not None
    with browser.browser.new_context(viewport=SIZE) as context:
        context.clock.install()
        yield context


def a_while(page: Page) -> None:
    """So long that it is read anew: by the page's clock."""
    page.clock.fast_forward(1000 * REFRESH + 1)


TOP = "heading => heading.getBoundingClientRect().top"
STUCK = "receive_exactly, five bytes in two pieces: adelaide (tried 4 times"


def test_an_attempt_comes_and_the_page_has_it(browser: BrowserContext, tmp_path: Path) -> None:
    room = Class(tmp_path, tmp_path / "out")
    with room.shown(), with_a_clock(browser) as context, opened(context, room.file) as page:
        expect(page.get_by_text("by 0 learners")).to_be_visible()
        is_accessible(page)
        room.checks(4)
        a_while(page)
        expect(page.get_by_role("listitem").filter(has_text=STUCK)).to_be_visible()
        is_accessible(page)
        picture(page, "class-at-work.png")
        stays_where_it_is(page, room)
        stops_and_goes_on(page, room)
    with opened(browser, room.file) as page:
        expect(page.get_by_role("listitem").filter(has_text="tried 7 times")).to_be_visible()
        expect(page.locator("script, button")).to_have_count(0)


def stays_where_it_is(page: Page, room: Class) -> None:
    """Read anew, the page is scrolled as before, and the same control has the focus."""
    tab_to(page, page.get_by_role("link", name="lesson 8"))
    page.evaluate("scrollTo(0, document.getElementById('mistakes').offsetTop - 100)")
    before = page.locator("#mistakes").evaluate(TOP)
    assert before < 400, "it is scrolled"
    room.checks(1)
    a_while(page)
    expect(page.get_by_role("listitem").filter(has_text="tried 5 times")).to_have_count(1)
    expect(page.get_by_role("link", name="lesson 8")).to_be_focused()
    assert abs(page.locator("#mistakes").evaluate(TOP) - before) < 1


def stops_and_goes_on(page: Page, room: Class) -> None:
    """As the button says."""
    page.get_by_role("button", name="Stop refreshing").click()
    room.checks(1)
    a_while(page)
    a_while(page)
    page.reload()
    a_while(page)
    expect(page.get_by_role("listitem").filter(has_text="tried 6 times")).to_have_count(1)  # by its reader's own reload
    room.checks(1)
    a_while(page)
    expect(page.get_by_role("listitem").filter(has_text="tried 6 times")).to_have_count(1)
    page.get_by_role("button", name="Refresh it again").click()
    expect(page.get_by_role("listitem").filter(has_text="tried 7 times")).to_have_count(1)
    expect(page.get_by_role("button", name="Stop refreshing")).to_be_focused()


def test_it_is_read_anew_where_jupyterlab_shows_it(browser: BrowserContext, lab: Lab, tmp_path: Path) -> None:
    """As on a hub: from its folder of files, where a page may not keep anything, in a tab of its own."""
    room = Class(tmp_path, lab.root / "class-at-work")
    with room.shown(), with_a_clock(browser) as context, context.new_page() as page:
        page.goto(f"{lab.url}lab?token={lab.token}")
        key = next(each["value"] for each in context.cookies(lab.url) if each["name"] == "_xsrf")
        page.goto(f"{lab.url}files/class-at-work/class.html?_xsrf={key}")
        expect(page.get_by_text("by 0 learners")).to_be_visible()
        room.checks(4)
        a_while(page)
        expect(page.get_by_role("listitem").filter(has_text=STUCK)).to_be_visible()
        stays_where_it_is(page, room)
