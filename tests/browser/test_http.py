"""The server that lesson 15 ends with, and a browser: what the lesson says of its connections and requests."""

from __future__ import annotations

import ast
import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import BrowserContext

import helpers
from helpers.course.lessons import NOTEBOOKS
from helpers.measuring.result import Load
from tests.lessons.hygiene import code_cells, tree_of
from tests.support.browsing import find_browser
from tests.support.waiting import eventually

DEFINING = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef


def finished(site: Path) -> dict[str, Any]:
    """The lesson's names, as they are at its end, with the page and its picture in the folder `site`."""
    (path,) = NOTEBOOKS.glob("15-*.ipynb")
    cells = {cell.id: cell for cell in code_cells(nbformat.read(path, nbformat.NO_CONVERT))}
    names: dict[str, Any] = {"helpers": helpers, "socket": socket, "contextlib": contextlib, "site": site}
    for cell in cells.values():
        tree = tree_of(cell)
        assert isinstance(tree, ast.Module)
        definitions: list[ast.stmt] = [each for each in tree.body if isinstance(each, DEFINING)]
        exec(compile(ast.Module(definitions, []), cell.id, "exec"), names)
    for each in "request", "page":
        exec(cells[each].source, names)
    return names


def pressed(server: helpers.Server, context: BrowserContext) -> tuple[Load, bool]:
    """The server under a load, which fetches the picture, and whether the browser is shown the page meanwhile."""
    request = b"GET /request.svg HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ThreadPoolExecutor(1) as pool, context.new_page() as page:
        load = pool.submit(helpers.load, server.address, message=request, until=b"</svg>", lines=200, seconds=30)
        assert eventually(lambda: len(server.log) > 50)  # it has begun
        page.goto("http://{}:{}/".format(*server.address or ()))
        shown = page.evaluate("document.images[0].naturalWidth") > 500 and not load.done()
        return load.result(), shown


@pytest.mark.slow
def test_a_browser_asks_twice_and_once_more_under_a_load(browser: BrowserContext, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    server = helpers.Server(finished(tmp_path / "site")["serve"])
    recording = helpers.watch()

    def asked() -> list[tuple[int, bytes]]:
        """By which connection, and what."""
        return [
            (event.socket.number, event.data.partition(b" HTTP/")[0])
            for event in recording.events
            if event.call == "recv_into" and event.data
        ]

    assert browser.browser
    # A profile of its own: in a context of the usual kind, which is a private window, it makes no connection ahead.
    start = browser.browser.browser_type.launch_persistent_context
    with (
        server,
        start(tmp_path / "profile", executable_path=find_browser(whole=True), chromium_sandbox=False) as context,
    ):
        recording.start()
        for time in 1, 2:
            with context.new_page() as page:
                page.goto("http://{}:{}/".format(*server.address or ()))
                assert page.evaluate("document.images[0].naturalWidth") > 500
                assert eventually(lambda: len(asked()) >= 3)
                assert len(asked()) == (3 if time == 1 else 5)
        recording.stop()
        load, shown = pressed(server, context)
    assert shown and load.served == 49
    first, *others = asked()
    page_and_picture = [b"GET /", b"GET /request.svg"]
    assert [target for _, target in (first, *others)] == [*page_and_picture, b"GET /favicon.ico", *page_and_picture]
    assert {connection for connection, _ in others} == {first[0]}  # keep-alive
    accepted = {event.accepted for event in recording.events if event.accepted is not None}
    assert len(accepted) > 1  # and silent
