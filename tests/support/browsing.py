"""The real JupyterLab in a real browser, for tests: starts both, and does with a notebook what a learner does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Locator, Page, ViewportSize, expect, sync_playwright

from helpers.course import doctor as machine
from helpers.course.doctor import GET_CHROMIUM
from helpers.course.environment import ROOT
from helpers.notebook.learner import FOLDER_VARIABLE

PATIENCE = 30
"""Seconds that anything may take at most, on a busy machine; what takes longer is broken."""

MISSING = f"no Chromium, Chrome or Edge on this machine: {GET_CHROMIUM}"


WITHOUT_WINDOWS = "chromium-headless-shell", "chrome-headless-shell"
"""Chromium without all that has to do with windows, where it is installed as well: a lesson takes a seventh less of the processor in it."""


def find_browser(whole: bool = False) -> str:
    """The program file of an installed browser: if not the `whole` of it is wanted, the one without windows comes first. Without any the test is skipped, but not in CI, where nobody reads of skips."""
    light = None if whole else next(filter(None, map(shutil.which, WITHOUT_WINDOWS)), None)
    if found := light or machine.find_chromium():
        return found
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


SCREENSHOTS = ROOT / "tests" / "screenshots"

SHOWN_CONTRAST = """(element, pseudo) => {
    const channels = (color) => color.match(/[\\d.]+/g).map((value, n) => value * (n < 3 && color.startsWith('color(') ? 255 : 1));
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

UNROLLED = """
    .jp-Notebook .jp-Cell { content-visibility: visible !important; }
    body { overflow: visible !important; }
"""
"""JupyterLab leaves cells that are out of sight undone. And its body is 0 pixels high and hides what is outside of it, so that to axe no text would be visible."""

WITHOUT_CODE = ".jp-CodeCell .jp-Cell-inputWrapper { display: none !important; }"
"""Where outputs and texts alone are looked at: the editors are most of what a page lays out anew when its theme or its width changes."""

ROLL_UP = """styles => {
    for (const each of document.querySelectorAll('style')) if (styles.includes(each.textContent)) each.remove();
}"""

IS_UNROLLED = """() => new Promise(requestAnimationFrame).then(() =>
    document.querySelector('.jp-WindowedPanel-viewport').offsetHeight
        <= document.querySelector('.jp-WindowedPanel-outer').clientHeight)"""

OVERFLOWING = """outputs => {
    const complaints = [];
    const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
    const short = (element) => `<${element.tagName.toLowerCase()}> ${element.textContent.trim().slice(0, 40)}`;
    for (const output of outputs) {
        const cell = output.closest('.jp-Cell');
        const complain = (what) => complaints.push([Number(cell.dataset.windowedListIndex), what]);
        const edge = cell.getBoundingClientRect().right + 1;
        for (const element of [output, ...output.querySelectorAll('*')]) {
            if (element.closest('svg, math') || !element.checkVisibility()) continue;
            if (element.tagName === 'IMG' && (!element.complete || !element.naturalWidth)) complain(`an image does not load: ${element.alt}`);
            // What scrolls by design can be scrolled by keyboard as well: browsers give a picture's box the focus by themselves.
            const designed = element.closest('[tabindex="0"], textarea, input, select, div:has(> img.helpers-picture)');
            if (designed && output.contains(designed) && designed !== output) continue;
            if (element.tagName === 'IMG' && element.getBoundingClientRect().right > edge) complain(`an image is too wide: ${element.alt}`);
            const wide = element.scrollWidth - element.clientWidth;
            if (element.clientWidth && wide > 1 && getComputedStyle(element).overflowX !== 'visible')
                complain(`${wide} pixels are ${scrolls(element) ? 'scrolled' : 'cut off'}: ${short(element)}`);
            if (element.getBoundingClientRect().right > edge) complain(`sticks out: ${short(element)}`);
        }
    }
    return complaints;
}"""
"""Of these elements: what is wider than its cell, and images that do not load; each with the number of its cell."""

SIZE: ViewportSize = {"width": 1280, "height": 900}
"""Of a page, where a test wants no other: JupyterLab on a small laptop."""

CLOSE = """(kept) => {
    for (const each of [...jupyterapp.shell.widgets('main')]) {
        if (each.context?.path === kept) continue;
        // It would ask, and something may change it between here and there: its kernel says what it is, for one.
        if (each.context) Object.defineProperty(each.context.model, "dirty", { get: () => false, set: () => {}, configurable: true });
        each.close();
    }
}"""

OUTPUTS = ".jp-OutputArea-output"
TEXTS = ".jp-MarkdownCell .jp-RenderedMarkdown"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
"""Axe's names for the rules of WCAG 2.1 AA."""
COLOURS = ["color-contrast", "link-in-text-block"]
"""Those of them that hang on the theme: what was looked through in the light need not be held to the others in the dark."""
ONE_OF_EACH = """() => {
    const seen = new Set();
    for (const each of document.querySelectorAll("pre span[class]")) {
        const kind = `${each.closest("div[class]").className} ${each.className}`;
        if (seen.has(kind)) each.replaceWith(...each.childNodes);
        seen.add(kind);
    }
}"""
"""Of words of a program in one colour, one is enough: thousands of them take axe most of its time."""
HEADINGS = {"heading-order": {"enabled": True}, "empty-heading": {"enabled": True}}
"""Beyond them: how a screen reader's user leafs through a lesson."""
OF_JUPYTERLAB = {
    "color-contrast": ".jp-RenderedText pre [class*=ansi-], .jp-RenderedMarkdown pre *",
    "link-in-text-block": ".jp-RenderedMarkdown a",
}
"""What is JupyterLab's doing, by rule: the colours of a traceback and of code, and of links, which it does not underline."""
NO_ALT = ("", "Image", "No description has been provided for this image")
"""What JupyterLab, and nbconvert, put in the place of an alt text where there is none, so that axe finds nothing wrong with it."""
WHOSE = "(element, own) => [Number(element.closest('.jp-Cell').dataset.windowedListIndex), !element.matches(own)]"
"""The number of an element's cell, and whether it is ours: not one of those that are JupyterLab's `own`."""


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """An installed browser, without a window. It has no sandbox: containers and root cannot give it one, and it sees our pages only."""
    program = find_browser()
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=quiet, chromium_sandbox=False) as started,
    ):
        yield started


PREFIX = ROOT / "helpers" / "course" / "prefix"
"""What is laid over an environment in which the course is installed."""

KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "name": "python3"}}
"""What a notebook says of the kernel that it wants."""


class Lab(NamedTuple):
    """A JupyterLab that runs."""

    url: str
    token: str
    root: Path

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What its server answers, from JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            text = response.read()
        return json.loads(text) if text else None

    def end_kernels(self) -> None:
        for kernel in self.ask("GET", "api/kernels"):
            self.ask("DELETE", f"api/kernels/{kernel['id']}")

    def cells(self, path: str) -> list[dict[str, Any]]:
        """The cells of a notebook's file."""
        found: list[dict[str, Any]] = json.loads((self.root / path).read_text(encoding="utf-8"))["cells"]
        return found

    def write(self, name: str, *cells: str) -> str:
        """Make a notebook of these code cells, the course's helpers loaded in the first. Gives back its path."""
        path = f"notebooks/{name}.ipynb"
        notebook = {
            "cells": [code_cell(f"cell-{n}", text) for n, text in enumerate(("%load_ext helpers", *cells))],
            "metadata": KERNEL,
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / path).write_text(json.dumps(notebook), encoding="utf-8")
        return path


def code_cell(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": name, "source": text, "metadata": {}, "outputs": [], "execution_count": None}


ARE_THERE = "count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count"
IS_IDLE = "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"
HAS_RUN = """cell => {
    const prompts = document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt');
    return /^\\[\\d+\\]:$/.test([...prompts].at(cell)?.textContent);
}"""
HAS_THEME = "light => document.body.dataset.jpThemeLight === light && !document.querySelector('#jupyterlab-splash')"
"""What is waited for where a page holds a whole lesson. `expect` would, each time that it looks in vain, write down for its report how a screen reader hears the page: a second of work."""

NEVER_IDLE = "window.requestIdleCallback = (callback) => setTimeout(() => callback({ didTimeout: false, timeRemaining: () => 50 }))"
"""JupyterLab puts a notebook's cells on the page in idle moments, of which a busy machine has few: with this they come at once."""

SPARE_CURSORS = """() => {
    let kind = jupyterapp.shell.currentWidget?.content;
    while (kind && !Object.hasOwn(kind, '_trimSelections')) kind = Object.getPrototypeOf(kind);
    if (kind) kind._trimSelections = () => {};
}"""
"""Whenever another cell becomes the active one, JupyterLab sets the cursor in every other cell, and each editor measures itself anew: half of the work on a way through a lesson's slides. No test looks at those cursors. It lasts until the page is loaded again."""

EXPOSED = "--LabApp.expose_app_in_browser=True"
"""With it a test opens and closes documents as JupyterLab's own commands do."""


@contextlib.contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """JupyterLab as the front door starts it, on a copy of the lessons and with settings of its own, both in `folder`."""
    root = folder / "course"
    shutil.copytree(
        ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    )
    with jupyterlab(["lab", f"--ServerApp.root_dir={root}"], folder, root) as started:
        yield started


@contextlib.contextmanager
def jupyterlab(command: list[str], folder: Path, root: Path) -> Iterator[Lab]:
    """`python3 -m helpers` with such a `command`, one that opens JupyterLab, on the files in `root`; everything that Jupyter keeps of its user is in `folder`."""
    options = ["--no-browser", "--port=0", EXPOSED]
    if sys.platform != "win32" and os.geteuid() == 0:
        options.append("--allow-root")
    log = folder / f"{command[0]}.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-m", "helpers", *command, *options],
            cwd=ROOT,
            env=apart(folder),
            stdout=said,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            started = Lab(**wait_for_server(folder / "runtime", process, log), root=root)
            yield started
            started.ask("POST", "api/shutdown")
            assert process.wait(PATIENCE) == 0, log.read_text()
        finally:
            process.kill()  # does nothing to one that has ended


def apart(folder: Path) -> dict[str, str]:
    """An environment in which Jupyter keeps everything in `folder`: no setting of the machine's user counts, and none changes."""
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        FOLDER_VARIABLE: "progress",  # or a check in a test would count as the learner's own
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    # What the course brings to JupyterLab as it stands here, whatever was installed.
    brought = {
        "JUPYTER_PATH": str(PREFIX / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(PREFIX / "etc" / "jupyter"),
    }
    return kept | brought | {name: str(folder / place) for name, place in folders.items()}


def wait_for_server(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """The address and the token that JupyterLab's server leaves in a file, as soon as it answers: the file is there a little before."""
    deadline = time.monotonic() + 3 * PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        for file in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(ValueError, OSError):  # it is being written; nobody listens yet
                known = json.loads(file.read_text(encoding="utf-8"))
                socket.create_connection(("127.0.0.1", known["port"]), PATIENCE).close()
                return {"url": known["url"], "token": known["token"]}
        time.sleep(0.02)
    raise TimeoutError(log.read_text())


def wait_for(page: Page, condition: str, arg: object = None, patience: float = PATIENCE) -> None:
    """Wait until the page's script says that `condition` holds. It is asked less often than at each frame: a page that is as high as a lesson has better things to do."""
    page.wait_for_function(condition, arg=arg, timeout=patience * 1000, polling=50)


class Notebook:
    """A notebook on a page of the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")

    def wait_until_idle(self) -> None:
        wait_for(self.page, IS_IDLE, patience=3 * PATIENCE)

    def has_run(self, cell: int, patience: float = PATIENCE) -> None:
        """Wait until `cell` has run. Negative numbers count from the end."""
        wait_for(self.page, HAS_RUN, cell, patience)

    def choose(self, menu: str, *entries: str) -> None:
        """Choose from JupyterLab's menus."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        for entry in entries:  # a click on one that leads to further ones opens those
            self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()

    def run_all(self) -> None:
        # A stored lesson has its numbers before it runs: only those count that are written from here on.
        self.cells.locator(".jp-InputPrompt").evaluate_all("prompts => prompts.forEach(each => each.textContent = '')")
        self.choose("Run", "Run All Cells")
        self.has_run(-1, 6 * PATIENCE)  # all of them
        self.wait_until_idle()

    def run(self, cell: int) -> None:
        """Run one cell as a learner does: click into it, Shift+Enter; wait until it has run."""
        prompt = self.cells.nth(cell).locator(".jp-InputPrompt")
        self.cells.nth(cell).locator(".cm-content").click()
        # Its number may be the one that stands there: a kernel that was restarted counts anew.
        prompt.evaluate("prompt => prompt.textContent = ''")
        self.page.keyboard.press("Shift+Enter")
        self.has_run(cell)

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme: Light or Dark."""
        self.choose("Settings", "Theme", f"JupyterLab {name}")
        # What covers the page while it changes has to go, too.
        wait_for(self.page, HAS_THEME, str(name == "Light").lower())

    def unroll(self, wide: int) -> None:
        """Make the browser's window so high that the whole notebook stands in it, every cell laid out. Its width is given in pixels."""
        self.page.add_style_tag(content=UNROLLED)
        self.page.set_viewport_size({"width": wide, "height": 900})
        for _ in range(5):  # each time cells may change their height
            high = self.page.locator(".jp-WindowedPanel-viewport").evaluate("each => Math.ceil(each.offsetHeight)")
            self.page.set_viewport_size({"width": wide, "height": high + 200})
            self.page.wait_for_function(
                "high => document.querySelector('.jp-WindowedPanel-outer').clientHeight >= high", arg=high
            )
            if self.page.evaluate(IS_UNROLLED):
                return
        raise AssertionError("the notebook does not come to rest")

    def window(self, cell: int) -> Window:
        return Window(self.cells.nth(cell).get_by_role("group", name="command window of"))

    def save(self) -> None:
        self.choose("File", "Save Notebook")
        expect(self.page.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_have_count(0)


class Window:
    """The command window of a program, as it stands on the page."""

    def __init__(self, frame: Locator) -> None:
        self.frame = frame
        self.output = frame.get_by_label(re.compile("^output of "))
        self.error = frame.get_by_label(re.compile("^error of "))
        self.status = frame.get_by_role("status")
        self.line = frame.get_by_role("textbox", name=re.compile("^type a line for "))
        self.stop = frame.get_by_role("button", name=re.compile("^Stop "))


def open_notebook(page: Page, lab: Lab, path: str) -> Notebook:
    """Open it in JupyterLab, which shows no other document then: on a fresh page it starts first, in a workspace of its own."""
    notebook = Notebook(page)
    if not page.url.startswith(lab.url):
        page.goto(f"{lab.url}lab/workspaces/test-{time.monotonic_ns()}?token={lab.token}")
        page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
    close_documents(page)
    page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', { path }); }", path)
    # JupyterLab puts a long one there piece by piece.
    page.wait_for_function(ARE_THERE, arg=len(lab.cells(path)), timeout=3 * PATIENCE * 1000)
    notebook.wait_until_idle()
    page.evaluate(SPARE_CURSORS)
    return notebook


def close_documents(page: Page, but: str | None = None) -> None:
    """Close them all, whatever was not saved, `but` for the one of this path."""
    wanted = 0 if but is None else 1
    deadline = time.monotonic() + PATIENCE
    while True:
        page.evaluate(CLOSE, but)
        try:
            return expect(page.locator(".jp-Document")).to_have_count(wanted, timeout=2000)
        except AssertionError:  # JupyterLab has just put one there that was open before the page was loaded
            if time.monotonic() > deadline:
                raise


def tidy_up(page: Page, lab: Lab) -> None:
    """Leave the page as a test found it, and no kernel."""
    close_documents(page)
    lab.end_kernels()
    page.evaluate(ROLL_UP, [UNROLLED, WITHOUT_CODE])
    page.set_viewport_size(SIZE)
    if page.locator("body").get_attribute("data-jp-theme-light") == "false":
        Notebook(page).theme("Light")


def reopen(page: Page, lab: Lab, path: str) -> Notebook:
    """Open what was saved, without the kernel that it had."""
    lab.end_kernels()
    return open_notebook(page, lab, path)


def from_a_stranger(lab: Lab, path: str) -> str:
    """A copy of the notebook that JupyterLab does not trust: nobody has run it here. Gives back its path."""
    notebook = json.loads((lab.root / path).read_text(encoding="utf-8"))
    notebook["metadata"]["author"] = "a stranger"
    copy = path.replace(".ipynb", "-from-a-stranger.ipynb")
    (lab.root / copy).write_text(json.dumps(notebook), encoding="utf-8")
    return copy


TOO_BUSY = "[anywidget] Failed to initialize model."
"""What anywidget says where a page was too busy to load a widget within two seconds. It is none the worse for it: see `hear` in controls.js, and the test of a window that was late."""

KERNEL_GONE = "Error: Canceled future for create_subshell_request message before replies were done"
"""What JupyterLab says (`comm.ts`) where a kernel ends before it has answered that a widget's messages may have a subshell: what was to have one has ended as well, and nobody waits for it. A kernel that begins instead is asked anew."""
HARMLESS = (TOO_BUSY, KERNEL_GONE)


@contextlib.contextmanager
def without_errors(page: Page, but: str | None = None) -> Iterator[None]:
    """What goes wrong in the page's scripts meanwhile fails the test, `but` for what has passed through a function of this name."""
    errors: list[str] = []

    def keep(error: Error) -> None:
        where = error.stack or error.message
        if error.message not in HARMLESS and (but is None or but not in where):
            errors.append(where)

    page.on("pageerror", keep)
    yield
    page.remove_listener("pageerror", keep)
    assert not errors, "\n".join(errors)


def run_program(page: Page, lab: Lab, name: str, *cells: str) -> Notebook:
    """A notebook of these cells, opened and run."""
    notebook = open_notebook(page, lab, lab.write(name, *cells))
    notebook.run_all()
    return notebook


def longest_pause(page: Page) -> float:
    """The longest time between two frames of the page, within thirty of them."""
    return page.evaluate(  # type: ignore[no-any-return]
        """async () => {
            const frames = [];
            while (frames.length < 30) frames.push(await new Promise(requestAnimationFrame));
            return Math.max(...frames.slice(1).map((frame, n) => frame - frames[n])) / 1000;
        }"""
    )


def picture(page: Page, name: str) -> None:
    """A picture of the page, to look at. Playwright would write it from a thread that stays."""
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / name).write_bytes(page.screenshot())


def tab_to(page: Page, control: str | Locator, key: str = "Tab") -> None:
    """Press Tab until that control has the focus, or the one with that aria-label."""
    for _ in range(25):
        page.keyboard.press(key)
        if isinstance(control, str):
            found = page.evaluate("document.activeElement.ariaLabel") == control
        else:
            found = control.evaluate("control => control === document.activeElement")
        if found:
            return
    raise AssertionError(f"Tab does not reach {control!r}")


LATENCIES = """panel => {
    const image = panel.querySelector('img');
    window.latencies = [];
    let begun = null;
    panel.addEventListener('keydown', () => (begun = performance.now()), true);
    image.addEventListener('load', () => {
        if (begun !== null) latencies.push(performance.now() - begun);
        begun = null;
    });
}"""
"""Keeps the milliseconds from each key to the picture that has it."""


def answer_times(panel: Locator, keys: Iterable[str]) -> list[float]:
    """Milliseconds from each of these keys to the picture of what it did, the shortest first. Each is pressed when the picture before it stands there."""
    page = panel.page
    panel.evaluate(LATENCIES)
    for number, key in enumerate(keys, start=1):
        panel.locator("img").first.evaluate("image => image.decode().then(() => new Promise(requestAnimationFrame))")
        page.keyboard.press(key)
        page.wait_for_function("number => latencies.length >= number", arg=number)
    return sorted(page.evaluate("latencies"))


def overflowing(page: Page) -> list[tuple[int, str]]:
    """What is wider than the cell that it stands in, and images that do not load: the number of the cell, and what is wrong."""
    found = page.locator(f"{OUTPUTS}, {TEXTS}").evaluate_all(OVERFLOWING)
    return [(number, what) for number, what in found]


def barriers(page: Page, *places: str, rules: list[str] | None = None) -> list[tuple[int, str]]:
    """What axe finds in these places, or in all outputs and texts, that keeps people out, by the rules of WCAG 2.1 AA: the number of the cell, and what is wrong.

    The notebook has to be unrolled. `rules`: by these of axe's alone.
    """
    here = [place for place in places or (OUTPUTS, TEXTS) if page.locator(place).count()]
    if not here:
        return []
    options = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG},
        "rules": {} if rules else HEADINGS,
    }
    images = page.locator(f":is({', '.join(here)}) img").evaluate_all(
        "(all, empty) => all.filter((each) => empty.includes(each.alt) && each.checkVisibility()).map((each) => [each.closest('.jp-Cell'), each.outerHTML])"
        ".map(([cell, html]) => [Number(cell.dataset.windowedListIndex), `image-alt: ${html.slice(0, 200)}`])",
        NO_ALT,
    )
    found = [(number, what) for number, what in images]
    for violation in Axe().run(page, {"include": [[place] for place in here]}, options).response["violations"]:
        for node in violation["nodes"]:
            (target,) = node["target"]  # there are no frames
            number, is_ours = page.locator(target).first.evaluate(WHOSE, OF_JUPYTERLAB.get(violation["id"], ":not(*)"))
            if is_ours:
                found.append(
                    (number, f"{violation['id']}: {violation['help']}: {target}: {node['html'][:200]}: {reason(node)}")
                )
    return found


def reason(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])


def is_accessible(page: Page, rules: list[str] | None = None, place: str = "html") -> None:
    """Axe finds nothing in this place, by the rules of WCAG 2.1 AA, or by these alone."""
    by: dict[str, Any] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG}
    options = {"resultTypes": ["violations"], "runOnly": by, "preload": False}  # which asks for style sheets by itself
    violations = Axe().run(page, {"include": [[place]]}, options).response["violations"]
    assert [(each["id"], node["html"][:200], reason(node)) for each in violations for node in each["nodes"]] == []


def opens_by_keyboard(fold: Locator, inside: Locator) -> None:
    """A `details` that is folded, with what is to be seen `inside` it."""
    expect(inside).to_be_hidden()
    fold.locator("summary").focus()
    fold.page.keyboard.press("Enter")
    expect(inside).to_be_visible()
