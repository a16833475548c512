"""What a check leaves under its cell, in a real browser: words that stay whole, code as code, the list of mistakes to open, and a check that was interrupted."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import Lab, open_notebook, picture

FALLS = """
import helpers
def receive_all(conn):
    print('here')
    return conn.recv(1_000_000)
helpers.check(receive_all, seed=1)"""
RUNS_ON = """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                pass
helpers.check(echo_server)"""
IS_WHOLE = (
    "each => [...each.querySelectorAll('div, li, p')].every(part => getComputedStyle(part).wordBreak === 'normal')"
)


def test_a_report_can_be_read_and_leads_to_the_list(page: Page, lab: Lab) -> None:
    cells = FALLS, "helpers.hint('receive_all')", "helpers.solution(receive_all)", "None"
    notebook = open_notebook(page, lab, lab.write("reports", *cells))
    page.set_viewport_size({"width": 900, "height": 900})
    notebook.run_all()
    report, hint, solution = (_output(notebook.cells.nth(at)) for at in (1, 2, 3))
    expect(report).to_contain_text("it fell in scenario")
    expect(report.locator("code", has_text="helpers.check(receive_all, only=")).to_be_visible()
    expect(report.locator("pre")).to_have_text("here")
    expect(hint).to_contain_text("Hint 1 of 3")
    expect(solution.locator("pre")).to_contain_text("def receive_all(conn) -> bytes:\n")
    assert report.evaluate(IS_WHOLE) and hint.evaluate(IS_WHOLE)
    for theme in "Dark", "Light":
        notebook.theme(theme)
        report.scroll_into_view_if_needed()
        picture(page, f"report-{theme.lower()}.png")
    link = report.get_by_role("link", name="number ")
    expect(link).to_have_css("text-decoration-line", "underline")
    number = link.inner_text().capitalize()
    link.click()
    heading = page.locator(".jp-MarkdownViewer").get_by_role("heading", name=number, exact=True)
    expect(heading).to_be_in_viewport()
    picture(page, "common-mistakes.png")


def test_a_check_that_was_interrupted_says_so(page: Page, lab: Lab) -> None:
    notebook = open_notebook(page, lab, lab.write("interrupted", "import helpers", RUNS_ON))
    notebook.run(0)
    notebook.run(1)
    notebook.cells.nth(2).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    output = notebook.cells.nth(2).locator(".jp-OutputArea-output").first
    expect(output).to_contain_text("now: ")
    notebook.choose("Kernel", "Interrupt Kernel")
    expect(output).to_contain_text("the check was interrupted")
    expect(output).not_to_contain_text("now: ")
    picture(page, "interrupted.png")


def _output(cell: Locator) -> Locator:
    return cell.locator(".jp-OutputArea-output").last
