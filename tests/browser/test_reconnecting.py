"""A page that is opened onto a kernel which still has windows and panels: a reload, a tab closed and opened, a second page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from helpers.notebook.boxes import STORED
from tests.support.browsing import Lab, Notebook, open_notebook, run_program

CELLS = (
    "%%background asks.py\nwhile True:\n    print(repr(input('?:')))",
    "%%background falls.py\ninput('fall?')\n1 / 0",
    "helpers.panels.bench('server.create')",
    "print('before')\npanel = helpers.panels.text()\npanel",
    "helpers.program('asks.py')\n",
)
DIRTY = ".lm-TabBar-tab.jp-mod-current.jp-mod-dirty"


def test_windows_and_panels_come_back_whole(fresh_page: Page, lab: Lab) -> None:
    page = fresh_page
    notebook = run_program(page, lab, "again", *CELLS)
    asks, falls = notebook.window(1), notebook.window(2)
    asks.line.fill("one")
    asks.line.press("Enter")
    expect(asks.output).to_have_text("?:one\n'one'\n?:")
    asks.line.press_sequentially("not yet sent")
    falls.line.fill("")
    falls.line.press("Enter")
    expect(falls.status).to_have_text("fell")
    page.reload()  # nothing of this was saved
    notebook.wait_until_idle()
    expect(asks.line).to_have_value("not yet sent")
    asks.line.press("Enter")
    expect(asks.output).to_have_text("?:one\n'one'\n?:not yet sent\n'not yet sent'\n?:")
    expect(falls.status).to_have_text("fell")
    expect(falls.error).to_contain_text("ZeroDivisionError")
    each_once(notebook)
    page.get_by_role("group", name="socket bench").get_by_role("button", name="server.bind").click()

    notebook.run(4)  # prints something, too
    notebook.run(5)  # shows a second window of the program; what this cell had before is gone
    notebook.save()
    page.reload()
    notebook.wait_until_idle()
    each_once(notebook)
    expect(page.get_by_role("group", name="socket bench").get_by_role("group", name="server")).to_contain_text("bound")
    expect(page.locator(DIRTY)).to_have_count(0)  # what would be saved is what is there
    notebook.choose("File", "Close Tab")
    expect(page.locator(".jp-Notebook")).to_have_count(0)
    notebook = open_notebook(page, lab, "notebooks/again.ipynb")
    each_once(notebook)
    expect(notebook.window(5).status).to_have_text("running, waits for input")
    second_page_and_then_none(page, lab, notebook)


def each_once(notebook: Notebook) -> None:
    """Each stands live under its cell, and there is no other."""
    for number, live in enumerate((0, 1, 1, 1, 1, 1)):
        cell = notebook.cells.nth(number)
        expect(cell.locator(".command-window, .helpers-panel")).to_have_count(live)
    expect(notebook.page.get_by_text(STORED)).to_have_count(0)


def second_page_and_then_none(page: Page, lab: Lab, notebook: Notebook) -> None:
    """The two pages say the same; without the kernel a third says that all of it is stored."""
    with page.context.new_page() as other:
        second = open_notebook(other, lab, "notebooks/again.ipynb").window(1)
        second.line.fill("from the second page")
        second.line.press("Enter")
        expect(notebook.window(1).output).to_contain_text("'from the second page'")
        second.stop.click()
        expect(notebook.window(1).status).to_have_text("stopped")
    lab.end_kernels()
    page.reload()
    notebook.wait_until_idle()
    for number in range(1, 6):
        expect(notebook.cells.nth(number)).to_contain_text(STORED)
        expect(notebook.cells.nth(number)).not_to_contain_text("running")
    expect(page.get_by_text("before", exact=True)).to_be_visible()
    expect(page.locator(DIRTY)).to_have_count(0)
