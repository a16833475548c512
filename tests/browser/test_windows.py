"""Command windows: typing, stopping, looks."""

from __future__ import annotations

import time

import psutil
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import (
    SHOWN_CONTRAST,
    Lab,
    Notebook,
    from_a_stranger,
    longest_pause,
    picture,
    reopen,
    run_program,
    tab_to,
)

ECHO = "%%background echo.py\nfor number in range(100):\n    print(number, end=' ')\n    print(repr(input('?:')))"

BROKEN_OFF = "The connection to the kernel has broken off: this is what was heard last. If the kernel was restarted, run the cell again."


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
        expect(each.get_by_role("status")).to_have_count(0)  # nothing says what it does now
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


NO_TIME = """(() => {
    const { timeout } = AbortSignal;
    AbortSignal.timeout = (milliseconds) => {
        if (milliseconds !== 2000) return timeout.call(AbortSignal, milliseconds);
        const over = new AbortController();
        queueMicrotask(() => over.abort());
        window.widgetsThatWereLate = (window.widgetsThatWereLate ?? 0) + 1;
        return over.signal;
    };
})()"""
"""On this page anywidget's two seconds for loading a widget are over at once, as they are where a page is busy for that long."""


def test_windows_and_panels_that_the_page_was_slow_to_load_hear_the_kernel(fresh_page: Page, lab: Lab) -> None:
    fresh_page.add_init_script(NO_TIME)
    notebook = run_program(fresh_page, lab, "late", ECHO, "helpers.panels.bench('server.create')")
    window = notebook.window(1)
    expect(window.status).to_have_text("running, waits for input")
    for line in ("tea", "milk"):
        window.line.fill(line)
        window.line.press("Enter")
        expect(window.output).to_contain_text(f"'{line}'")
    window.stop.click()
    expect(window.status).to_have_text("stopped")
    bench = fresh_page.get_by_role("group", name="socket bench")
    bench.get_by_role("button", name="server.bind").click()
    expect(bench.get_by_role("group", name="server")).to_contain_text("bound")
    assert fresh_page.evaluate("window.widgetsThatWereLate") == 2, "anywidget has another time limit now"


def test_a_kernel_that_falls_or_is_shut_down_leaves_no_window_that_pretends(fresh_page: Page, lab: Lab) -> None:
    page = fresh_page
    asks = "%%background asks\ninput('?:')"
    notebook = run_program(page, lab, "fallen-kernel", asks, "helpers.panels.text()", "'safe'")
    window, text = notebook.window(1), page.get_by_role("group", name="panel of bytes and text")
    expect(window.status).to_have_text("running, waits for input")
    for kernel in lab.ask("GET", "api/kernels"):
        process_of(kernel["id"]).kill()
    for frame in (window.frame, text):
        expect(frame.get_by_role("alert")).to_have_text(BROKEN_OFF)
        expect(frame.get_by_role("status")).to_have_count(0)
    page.get_by_role("button", name="Ok", exact=True).click()  # JupyterLab says that it has started another
    notebook.run_all()
    expect(window.status).to_have_text("running, waits for input")
    notebook.choose("Kernel", "Shut Down Kernel")
    expect(window.frame.get_by_role("alert")).to_have_text(BROKEN_OFF)


def process_of(kernel: str) -> psutil.Process:
    for each in psutil.process_iter(["cmdline"]):
        if f"kernel-{kernel}.json" in " ".join(each.info["cmdline"] or ()):
            return each
    raise LookupError(kernel)


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


COLOURFUL = r"""%%background colourful.py
import sys, time
for name, number in zip('black red green yellow blue magenta cyan white'.split(), range(8)):
    print(f'\x1b[{30 + number}m{name:8}\x1b[90m\x1b[{90 + number}m bright  \x1b[0;2;{30 + number}m dim  \x1b[0;{40 + number}m behind \x1b[0;7;{30 + number}m reversed \x1b[m')
print('\x1b[1mbold\x1b[m \x1b[2mdim\x1b[m \x1b[3mitalic\x1b[m \x1b[4munderlined\x1b[m \x1b[9mstruck\x1b[m \x1b[7mreversed\x1b[m '
      '\x1b[30;40mblack on black\x1b[m \x1b[38;5;208morange\x1b[m \x1b[48;2;40;60;90;38;2;255;200;0mof its own\x1b[m')
print('\x1b[32mINFO\x1b[m  12:00:00 listening\n\x1b[33mWARN\x1b[m  12:00:01 slow\n\x1b[1;31mERROR\x1b[m 12:00:02 gone')
print('\x1b[1m' + '=' * 20 + ' test session starts ' + '=' * 20 + '\x1b[0m\ntest_a.py \x1b[32m.\x1b[0m\x1b[32m.\x1b[0m\x1b[31mF\x1b[0m\x1b[31m   [100%]\x1b[0m')
print('\x1b[31m\x1b[1mE       assert 1 == 2\x1b[0m\n\x1b[31m====== \x1b[31m\x1b[1m1 failed\x1b[0m, \x1b[32m2 passed\x1b[0m\x1b[31m in 0.01s\x1b[0m\x1b[31m ======\x1b[0m')
for n in range(101):
    print(f'\r{n:3}% |{"#" * (n // 4):25}|', end='')
input('\n')
print('\x1b[32mthe end')
"""


def test_colours_and_bars_are_seen_as_in_a_terminal(page: Page, lab: Lab) -> None:
    """In both themes; live, stored, and as a stranger's file. What stands there already stays the same when more comes."""
    notebook = run_program(page, lab, "colourful", COLOURFUL)
    window = notebook.window(1)
    expect(window.output).to_contain_text(f"100% |{'#' * 25}|")
    expect(window.output).not_to_contain_text("99%")
    assert weak(window.output, notebook, "live", 4.5) == []
    first = window.output.locator("span").first.element_handle()
    window.line.press("Enter")
    expect(window.output).to_contain_text("the end")
    assert first.evaluate("span => span.isConnected && span.textContent") == "black   "
    notebook.save()
    path = "notebooks/colourful.ipynb"
    for name, where, least in (("stored", path, 4.5), ("from-a-stranger", from_a_stranger(lab, path), 4)):
        notebook = reopen(page, lab, where)
        output = notebook.cells.nth(1).locator(".jp-OutputArea-output pre")  # a sanitizer takes its names off
        expect(output.get_by_text("ERROR", exact=True)).to_have_css("font-weight", "700")
        assert weak(output, notebook, name, least) == []


def weak(output: Locator, notebook: Notebook, name: str, least: float) -> list[str]:
    """What stands out less from what is behind it, in one of the themes."""
    found = []
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        output.scroll_into_view_if_needed()
        picture(notebook.page, f"colours-{name}-{theme.lower()}.png")
        for span in output.locator("span").all():
            if (contrast := span.evaluate(SHOWN_CONTRAST)) < least:
                found.append(f"{theme}: {contrast:.1f}: {span.evaluate('span => span.outerHTML')}")
    return found


ASKS = """%%background asks.py
import getpass, sys
for n in range(30): print('line', n)
print(len(getpass.getpass()))
print(repr(input('name? ')))
print(sys.stdin.read().split())
print(len(getpass.getpass('again: ')))
"""


def test_a_password_is_not_seen_and_control_d_ends_the_input(page: Page, lab: Lab) -> None:
    notebook = run_program(page, lab, "password", ASKS)
    window = notebook.window(1)
    field = window.frame.locator("input")
    secret = window.frame.get_by_label("type a password for asks.py, which is not shown, then Enter")
    expect(secret).to_have_attribute("type", "password")
    secret.press_sequentially("sesame")
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        window.frame.scroll_into_view_if_needed()
        picture(page, f"password-{theme.lower()}.png")
    assert field.evaluate(SHOWN_CONTRAST, "::placeholder") >= 4.5
    assert "sesame" not in page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    secret.press("Enter")
    expect(window.output).to_contain_text("6\nname? ")
    expect(window.line).to_be_focused()  # the same field, with another name
    expect(window.line).to_have_attribute("type", "text")
    expect(window.line).to_have_value("")
    window.line.press_sequentially("Ada")
    assert "Ada" in page.evaluate("JSON.stringify(sessionStorage)")
    window.line.press("Control+d")  # in a line that is not empty it ends nothing
    window.line.press("Enter")
    window.line.press_sequentially("one\ntwo three\n")
    window.line.press("Control+d")
    expect(window.output).to_contain_text("name? Ada\n'Ada'\none\ntwo three\n['one', 'two', 'three']\nagain: ")
    expect(secret).to_be_focused()
    secret.press_sequentially("half of it")
    window.stop.click()
    expect(window.status).to_have_text("stopped")
    expect(field).to_have_value("")
    expect(window.output).not_to_contain_text("sesame")
