"""Command windows: typing, stopping, looks."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.support.browsing import SHOWN_CONTRAST, Lab, longest_pause, picture, run_program, tab_to

ECHO = "%%background echo.py\nfor number in range(100):\n    print(number, end=' ')\n    print(repr(input('?:')))"

BROKEN_OFF = "The connection to the kernel has broken off. If the kernel was restarted, run the cell again."


def test_after_a_restart_of_the_kernel_windows_and_panels_say_so(page: Page, lab: Lab) -> None:
    """Nothing that is typed is lost, and the cell that is run again works."""
    cells = ["%%background asks\ninput('?:')", "helpers.panels.bench('server.create')", "helpers.panels.text()"]
    notebook = run_program(page, lab, "restarted", *cells)
    window, bench = notebook.window(1), page.get_by_role("group", name="socket bench")
    expect(window.status).to_have_text("running, waits for input")
    notebook.choose("Kernel", "Restart Kernel…")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    text = page.get_by_role("group", name="panel of bytes and text")
    for each in (window.frame, bench, text):
        expect(each.get_by_role("alert")).to_have_text(BROKEN_OFF)
    expect(window.frame).to_have_attribute("data-state", "lost")
    window.line.fill("typed in vain")
    window.line.press("Enter")
    window.stop.click()
    expect(window.line).to_have_value("typed in vain")
    text.get_by_role("textbox", name="text", exact=True).fill("Bern")
    expect(text.get_by_role("textbox", name="text", exact=True)).to_have_value("Bern")
    bench.get_by_role("button", name="client.create").click()
    expect(bench.get_by_role("alert")).to_have_count(1)
    notebook.wait_until_idle()
    notebook.run(0)
    notebook.run(2)
    expect(bench.get_by_role("alert")).to_have_count(0)
    bench.get_by_role("button", name="client.create").click()
    expect(bench.get_by_role("status")).to_contain_text("client = socket.socket(")


def test_the_keyboard_alone_is_enough_and_a_fast_typist_loses_nothing(page: Page, lab: Lab) -> None:
    """Among the lines an empty one, and one of keys that are JupyterLab's shortcuts outside of a text field."""
    notebook = run_program(page, lab, "typing", ECHO)
    window = notebook.window(1)
    notebook.cells.nth(1).locator(".cm-content").click()
    page.keyboard.press("Escape")  # out of the code, in which Tab indents
    tab_to(page, "Stop echo.py")
    tab_to(page, "output of echo.py")
    tab_to(page, "type a line for echo.py, then Enter")

    lines = [f"line {number}" for number in range(10)] + ["", "ddxabmyr 00", "  kept  ", "<b>\\n"]
    page.keyboard.type("".join(f"{line}\n" for line in lines))
    page.keyboard.type("by habit")
    page.keyboard.press("Shift+Enter")  # here it is Enter, and does not run the cell again
    lines.append("by habit")
    said = "".join(f"{number} ?:{line}\n{line!r}\n" for number, line in enumerate(lines))
    expect(window.output).to_have_text(f"{said}{len(lines)} ?:")
    expect(window.line).to_be_focused()

    tab_to(page, "Stop echo.py", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(window.status).to_have_text("stopped")
    expect(window.frame).to_be_focused()  # not lost with the button that is gone
    expect(notebook.cells).to_have_count(2)

    notebook.run(1)
    window.stop.focus()
    page.keyboard.press("Space")
    expect(window.status).to_have_text("stopped")


def test_one_that_prints_for_ever_leaves_the_browser_alone(page: Page, lab: Lab) -> None:
    notebook = run_program(
        page, lab, "for-ever", "%%background chatter.py\nn = 0\nwhile True:\n    print('x' * 1000, n := n + 1)", "6 * 7"
    )
    window = notebook.window(1)
    seen = window.output.inner_text()
    expect(window.output).not_to_have_text(seen)  # it goes on
    assert longest_pause(page) < 1
    begun = time.monotonic()
    notebook.run(2)
    expect(notebook.cells.nth(2).locator(".jp-OutputArea-output").last).to_have_text("42")
    assert time.monotonic() - begun < 5
    window.stop.click()
    expect(window.status).to_have_text("stopped")


def test_it_is_legible(page: Page, lab: Lab) -> None:
    """In both of JupyterLab's themes, live and saved. And a picture of each for a look by eye."""
    notebook = run_program(
        page,
        lab,
        "looks",
        "%%background server.py\nimport socket\nlistener = socket.create_server(('127.0.0.1', 0))\nlistener.accept()",
        "%%background client.py --type 'hello'\nwhile True:\n    print('sent:', input('?:'))",
        "%%background fallen.py\nprint('on the way')\n1 / 0",
        "from helpers.notebook import command_window\nfrom IPython.display import HTML\n"
        "HTML(command_window.CommandWindow(helpers.program('fallen.py')).as_html())",
    )
    window, fallen, saved = notebook.window(2), notebook.window(3), notebook.window(4)
    texts = [window.status, window.stop, window.output, window.line, fallen.status, fallen.error]
    texts += [saved.output, saved.error, *(each.frame.get_by_text(".py") for each in (window, fallen, saved))]
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        window.line.focus()
        picture(page, f"windows-{theme.lower()}.png")
        for text in texts:
            assert text.first.evaluate(SHOWN_CONTRAST) >= 4.5, text
        assert window.line.evaluate(SHOWN_CONTRAST, "::placeholder") >= 4.5
