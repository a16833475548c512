"""One JupyterLab and one browser for all tests of this folder, and for each of them a fresh page."""

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
    with browsing.browser() as started, started.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context


@pytest.fixture
def page(browser: BrowserContext, lab: Lab) -> Iterator[Page]:
    """A fresh page. What goes wrong in its scripts fails the test; afterwards every kernel is gone."""
    errors: list[str] = []
    with browser.new_page() as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    for kernel in lab.ask("GET", "api/kernels"):
        lab.ask("DELETE", f"api/kernels/{kernel['id']}")
    assert not errors
