"""One JupyterLab and one browser for all tests of this folder, and one page, which each of them finds empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support import browsing
from tests.support.browsing import Lab


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    browsing.find_browser()  # without one there is nothing to start it for
    with browsing.lab(tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[BrowserContext]:
    # For this folder only: as long as it runs, an event loop runs in this thread, which others could not bear.
    expect.set_options(timeout=browsing.PATIENCE * 1000)
    with browsing.browser() as started, started.new_context(viewport=browsing.SIZE) as context:
        context.add_init_script(browsing.NEVER_IDLE)
        yield context


@pytest.fixture(scope="package")
def desk(browser: BrowserContext, lab: Lab) -> Iterator[Page]:
    """The page on which JupyterLab stays open: that it starts takes longer than what most tests do with it."""
    with browser.new_page() as page:
        yield page


@pytest.fixture
def page(desk: Page, lab: Lab) -> Iterator[Page]:
    """A page without a document, as JupyterLab is found. What goes wrong in its scripts fails the test; afterwards every kernel is gone."""
    with browsing.without_errors(desk):
        yield desk
        browsing.tidy_up(desk, lab)


@pytest.fixture
def fresh_page(browser: BrowserContext, lab: Lab) -> Iterator[Page]:
    """A page on which nothing has been opened yet, for a test that listens to it, or leaves its mark on it."""
    with browser.new_page() as page, browsing.without_errors(page):
        yield page
        lab.end_kernels()
