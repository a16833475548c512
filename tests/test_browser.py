"""The lessons in a real JupyterLab, in a real browser: what a learner sees, types, presses, and must never suffer."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import browsing
from tests.browsing import Lab, Notebook
from tests.grouping import PORT_65431

# One group: the lesson uses the lecture's port, and all share one JupyterLab and one browser.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(PORT_65431)]

SCREENSHOTS = Path(__file__).parent / "screenshots"
LESSON = "notebooks/04-two-command-windows.ipynb"

EVIL = "<script>window.__hacked = 1</script><img src=x onerror='window.__hacked = 2'><b>bold</b>"
"""Were it taken for HTML, it would leave its mark on the page."""

ECHO = "%%background echo.py\nfor number in range(100):\n    print(number, end=' ')\n    print(repr(input('?:')))"

SHOWN_CONTRAST = """(element, pseudo) => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], below) => [r, g, b].map((value, n) => value * a + below[n] * (1 - a));
    const luminance = (color) => color.map((value) => value / 255)
        .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, n) => sum + value * [0.2126, 0.7152, 0.0722][n], 0);
    let below = [255, 255, 255];
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.unshift(getComputedStyle(each).backgroundColor);
    for (const layer of layers) below = over(channels(layer), below);
    const style = getComputedStyle(element, pseudo);
    const [r, g, b, a = 1] = channels(style.color);
    const [dark, light] = [luminance(over([r, g, b, a * style.opacity], below)), luminance(below)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
}"""
"""How well the text of an element stands out from what is behind it, as WCAG reckons it."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    browsing.find_browser()  # without one there is nothing to start it for
    with browsing.lab(tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    # For this module only: as long as it runs, an event loop runs in this thread, which others could not bear.
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


def open_notebook(page: Page, lab: Lab, path: str) -> Notebook:
    """Open it in a workspace of its own, in which no other notebook is open from before."""
    workspace = f"test-{time.monotonic_ns()}"
    page.goto(f"{lab.url}lab/workspaces/{workspace}/tree/{path}?token={lab.token}")
    notebook = Notebook(page)
    notebook.wait_until_idle()
    return notebook


def run_program(page: Page, lab: Lab, name: str, *cells: str) -> Notebook:
    """A notebook of these cells, opened and run."""
    notebook = open_notebook(page, lab, lab.write(name, *cells))
    notebook.run_all()
    return notebook


def picture(page: Page, name: str) -> None:
    """A picture of the page, to look at. Playwright would write it from a thread that stays."""
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / name).write_bytes(page.screenshot())


def test_without_a_browser_the_reader_learns_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "NAMES", ())
    monkeypatch.setattr(browsing, "PLACES", ())
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="sudo apt install chromium"):
        browsing.find_browser()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="sudo apt install chromium"):
        browsing.find_browser()


# The front door ------------------------------------------------------------------------------------------------------


def test_it_opens_on_the_first_lesson_without_asking_about_news(page: Page, lab: Lab) -> None:
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda request: None if request.url.startswith((lab.url, "data:", "blob:")) else elsewhere.append(request.url),
    )
    page.goto(f"{lab.url}?token={lab.token}")
    Notebook(page).wait_until_idle()
    expect(page.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel").last).to_have_text("00-start-here.ipynb")
    expect(page.get_by_role("heading", name="Start here")).to_be_visible()
    settings = lab.ask("GET", "lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert settings["schema"]["properties"]["checkForUpdates"]["default"] is False
    expect(page.locator(".Toastify__toast")).to_have_count(0)
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    assert not elsewhere, "it needs the internet"


# A lesson ------------------------------------------------------------------------------------------------------------


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


# Typing --------------------------------------------------------------------------------------------------------------


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


def tab_to(page: Page, label: str, key: str = "Tab") -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(20):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.ariaLabel") == label:
            return
    raise AssertionError(f"Tab does not reach {label!r}")


# A panel -------------------------------------------------------------------------------------------------------------

TALK = """
server = helpers.EchoServer().start()
link = helpers.Link(server.address, seed=1).start()
def talk():
    import socket
    with socket.create_connection(link.address, timeout=10) as s:
        s.sendall(b'hello')
        received = b''
        while len(received) < 5:
            received += s.recv(100)
            print(received)
"""


def test_a_panel_of_a_link_by_mouse_and_by_keyboard(page: Page, lab: Lab) -> None:
    notebook = run_program(page, lab, "panel", TALK, "helpers.panels.link(link, talk)", "link.latency, link.slicer")
    panel = page.get_by_role("group", name="panel of the link")
    expect(panel).to_have_class("link-panel")
    status, output = panel.get_by_role("status"), panel.get_by_label("output of talk")
    image, code = panel.get_by_role("img"), panel.get_by_role("textbox", name="the same in code")
    latency, slicer = (panel.get_by_role("slider", name=name) for name in ("latency", "slicer"))
    expect(status).to_have_text("run 1: ended")
    expect(output).to_have_text("b'hello'\n")
    expect(code).to_have_value("# every fault is off")
    before = image.get_attribute("src")

    panel.get_by_role("checkbox", name="slicer on").click()  # by mouse
    expect(output).to_have_text("b'hel'\nb'hello'\n")
    expect(image).not_to_have_attribute("src", before or "")
    latency.click()
    expect(code).to_have_value(re.compile(r"^link\.latency = 0\.[45]\d?\nlink\.slicer = 3$"))
    panel.get_by_role("button", name="All off").click()
    expect(output).to_have_text("b'hello'\n")
    expect(image).to_have_attribute("src", before or "")  # the same again

    notebook.cells.nth(2).locator(".cm-content").click()
    page.keyboard.press("Escape")  # from here on by keyboard alone
    for name in ("latency on", "latency", "jitter on", "jitter", "bandwidth on", "bandwidth", "slicer on", "slicer"):
        tab_to(page, name)
    for key in ("Home", "ArrowRight"):
        page.keyboard.press(key)
    expect(slicer).to_have_attribute("aria-valuetext", "2 bytes")
    expect(output).to_have_text("b'he'\nb'hell'\nb'hello'\n")
    expect(code).to_have_value("link.slicer = 2")
    page.keyboard.press("a")  # no shortcut of JupyterLab's here
    expect(notebook.cells).to_have_count(4)
    tab_to(page, "latency on", key="Shift+Tab")
    page.keyboard.press("Space")
    expect(code).to_have_value(re.compile(r"^link\.latency = 0\.[45]\d?\nlink\.slicer = 2$"))  # as it was before
    tab_to(page, "latency")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(code).to_have_value("link.latency = 0.01\nlink.slicer = 2")
    expect(latency).to_have_attribute("aria-valuetext", "0.01 s")
    expect(panel.locator(".link-panel-value").first).to_have_text("0.01 s")
    notebook.run(3)
    expect(notebook.cells.nth(3).locator(".jp-OutputArea-output").last).to_have_text("(0.01, 2)")
    expect(image).to_have_attribute("alt", re.compile("talk .* EchoServer"))
    for theme in ("Light", "Dark"):
        notebook.choose("Settings", "Theme", f"JupyterLab {theme}")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        panel.evaluate("panel => panel.scrollIntoView()")
        picture(page, f"panel-{theme.lower()}.png")
        for text in (status, output, code, panel.get_by_text("jitter"), panel.get_by_role("button", name="Run again")):
            assert text.first.evaluate(SHOWN_CONTRAST) >= 4.5, text


# Hostile programs ----------------------------------------------------------------------------------------------------


def test_what_is_printed_stays_text(page: Page, lab: Lab) -> None:
    hostile = EVIL + "\x1b[31mred\x1b]0;title\x07 one\rtwo\b \u202eturned\u2069 \x00"
    name = f'quote" {EVIL}'
    said = EVIL + r"\x1b[31mred\x1b]0;title\x07 one\rtwo\x08 \u202eturned\u2069 \x00"
    notebook = run_program(
        page,
        lab,
        "hostile",
        f"%%background hostile.py\nprint({hostile!r})\nraise ValueError({hostile!r})",
        "%%background long.py\nprint('<i>' * 400_000)",
        f"program = helpers.background('pass', name={name!r})\nprogram.wait(2)\nprogram",
    )
    window, long = notebook.window(1), notebook.window(2)
    expect(window.output).to_have_text(said)
    expect(window.error).to_contain_text("ValueError: " + said)
    beginning, cut, end = long.output.inner_text().splitlines()
    assert (beginning[:7], end[-7:]) == ("<i><i><", "><i><i>")
    assert re.fullmatch(r"… 1,1\d\d,\d\d\d characters are left out here …", cut)
    expect(notebook.window(3).frame).to_have_accessible_name(f"command window of {name}")

    nothing_got_in(page)

    notebook.save()  # then it stands there as HTML
    page.reload()
    notebook.wait_until_idle()
    expect(window.output).to_have_text(said)
    nothing_got_in(page)


def nothing_got_in(page: Page) -> None:
    expect(page.locator(".jp-OutputArea :is(script, img, b, i)")).to_have_count(0)
    assert page.evaluate("window.__hacked") is None


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


def longest_pause(page: Page) -> float:
    """The longest time between two frames of the page, within thirty of them."""
    return page.evaluate(
        """async () => {
            const frames = [];
            while (frames.length < 30) frames.push(await new Promise(requestAnimationFrame));
            return Math.max(...frames.slice(1).map((frame, n) => frame - frames[n])) / 1000;
        }"""
    )


# What is saved -------------------------------------------------------------------------------------------------------


def test_a_saved_lesson_is_whole_without_its_kernel(page: Page, lab: Lab) -> None:
    notebook = run_program(
        page, lab, "saved", "%%background saved.py --type hello\ninput('?:')\nprint('<and goodbye>')\n1 / 0"
    )
    expect(notebook.window(1).frame).to_have_class("command-window")
    notebook.save()
    notebook.run(0)
    notebook.save()  # again, and JupyterLab does not think that somebody else had changed the file
    expect(page.locator(".jp-Dialog")).to_have_count(0)

    for kernel in lab.ask("GET", "api/kernels"):
        lab.ask("DELETE", f"api/kernels/{kernel['id']}")
    page.reload()
    notebook.wait_until_idle()
    window = notebook.window(1)
    expect(window.frame).not_to_have_class("command-window")
    expect(window.frame).to_contain_text("saved.py fell")
    expect(window.output).to_have_text("?:hello\n<and goodbye>\n")
    expect(window.error).to_contain_text("ZeroDivisionError")
    expect(page.get_by_text("model not found")).to_have_count(0)


# How it looks --------------------------------------------------------------------------------------------------------


def test_it_is_legible(page: Page, lab: Lab) -> None:
    """In both of JupyterLab's themes, live and saved. And a picture of each for a look by eye."""
    notebook = run_program(
        page,
        lab,
        "looks",
        "%%background server.py\nimport socket\nlistener = socket.create_server(('127.0.0.1', 0))\nlistener.accept()",
        "%%background client.py --type 'hello'\nwhile True:\n    print('sent:', input('?:'))",
        "%%background fallen.py\nprint('on the way')\n1 / 0",
        "from helpers import command_window\nfrom IPython.display import HTML\n"
        "HTML(command_window.as_html(helpers.program('fallen.py')))",
    )
    window, fallen, saved = notebook.window(2), notebook.window(3), notebook.window(4)
    texts = [window.status, window.stop, window.output, window.line, fallen.status, fallen.error]
    texts += [saved.output, saved.error, *(each.frame.get_by_text(".py") for each in (window, fallen, saved))]
    for theme in ("Light", "Dark"):
        notebook.choose("Settings", "Theme", f"JupyterLab {theme}")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)  # JupyterLab covers the page while it changes
        window.line.focus()
        picture(page, f"windows-{theme.lower()}.png")
        for text in texts:
            assert text.first.evaluate(SHOWN_CONTRAST) >= 4.5, text
        assert window.line.evaluate(SHOWN_CONTRAST, "::placeholder") >= 4.5
