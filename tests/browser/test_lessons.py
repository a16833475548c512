"""The lessons, as a learner takes them: opened, run, typed into."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browsing import Lab, Notebook, open_notebook, picture

LESSON = "notebooks/04-two-command-windows.ipynb"


def test_the_lecture_by_hand(page: Page, lab: Lab) -> None:
    """Lesson 4 in full, then what it asks of the learner: take `--type` off the client, and type."""
    notebook = open_notebook(page, lab, LESSON)
    is_whole_unrun(page)
    notebook.run_all()
    assert fallen_cells(page) <= announced(lab.root / LESSON)

    server, client = (number_of(name, lab.root / LESSON) for name in ("server.py", "client.py"))
    notebook.run(server)
    type_nothing_ahead(notebook, client)
    notebook.run(client)
    theirs, ours = notebook.window(server), notebook.window(client)
    expect(ours.status).to_have_text("running, waits for input")
    expect(theirs.output).to_contain_text("Connection from: <socket.socket")

    ours.line.fill("hello from the browser, with é and Ω")
    ours.line.press("Enter")
    expect(ours.line).to_have_value("")
    expect(theirs.output).to_contain_text("hello from the browser, with é and Ω")
    expect(ours.output).to_have_text("?:hello from the browser, with é and Ω\n?:")
    theirs.frame.scroll_into_view_if_needed()
    expect(theirs.frame).to_be_in_viewport()
    picture(page, "lesson-4.png")

    ours.line.press("Enter")  # an empty line ends both
    expect(ours.status).to_have_text("ended")
    expect(theirs.status).to_have_text("ended")
    expect(ours.line).to_be_hidden()

    notebook.run(server)
    expect(theirs.status).to_have_text("running, listens on ('127.0.0.1', 65431)")
    theirs.stop.click()
    expect(theirs.status).to_have_text("stopped")
    expect(theirs.stop).to_be_hidden()
    notebook.run(server)
    expect(theirs.status).to_have_text("running, listens on ('127.0.0.1', 65431)")
    theirs.stop.click()
    expect(theirs.status).to_have_text("stopped")


def is_whole_unrun(page: Page) -> None:
    """JupyterLab does not trust a file from somebody else, and takes from its HTML what it deems dangerous."""
    window = page.locator(".jp-OutputArea-output", has_text="client.py ended").locator("> div")
    expect(window.locator("pre")).to_have_text(re.compile("hello"))
    drawing = page.get_by_role("img", name=re.compile("^A conversation over time")).first
    drawing.scroll_into_view_if_needed()
    expect(drawing).to_be_visible()
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    expect(window).to_have_css("border-top-style", "solid")
    expect(page.get_by_text("model not found")).to_have_count(0)


def type_nothing_ahead(notebook: Notebook, cell: int) -> None:
    """Delete both `--type …` from the cell's first line, as the lesson asks."""
    keyboard = notebook.page.keyboard
    notebook.cells.nth(cell).locator(".cm-line").first.click()
    keyboard.press("End")
    for _ in ' --type "hello" --type ""':
        keyboard.press("Backspace")
    expect(notebook.cells.nth(cell).locator(".cm-line").first).to_have_text("%%background client.py --save client.py")


def fallen_cells(page: Page) -> set[int]:
    """The cells under which an error stands."""
    error = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
    found = page.locator(".jp-Notebook .jp-Cell").evaluate_all(
        "(cells, error) => cells.flatMap((cell, n) => cell.querySelector(error) ? [n] : [])", error
    )
    return set(found)


def announced(path: Path) -> set[int]:
    """The cells that are to fail."""
    return {
        number for number, cell in enumerate(cells_of(path)) if "raises-exception" in cell["metadata"].get("tags", [])
    }


def number_of(program: str, path: Path) -> int:
    """Which code cell runs it."""
    code = ["".join(cell["source"]) for cell in cells_of(path) if cell["cell_type"] == "code"]
    (number,) = [number for number, text in enumerate(code) if text.startswith(f"%%background {program} ")]
    return number


def cells_of(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]  # type: ignore[no-any-return]
