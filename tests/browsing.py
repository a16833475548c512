"""The real JupyterLab in a real browser, for tests: starts both, and does with a notebook what a learner does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from helpers.environment import ROOT

PATIENCE = 20
"""Seconds that anything may take at most, on a busy machine; what takes longer is broken."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
)

MISSING = (
    "no Chromium, Chrome or Edge on this machine: on Debian and Ubuntu `sudo apt install chromium`,"
    " elsewhere install Google Chrome from google.com/chrome"
)


def find_browser() -> str:
    """The program file of an installed browser. Without one the test is skipped, but not in CI, where nobody reads of skips."""
    on_path = (shutil.which(name) for name in NAMES)
    in_place = (path for place in PLACES if Path(path := os.path.expandvars(os.path.expanduser(place))).is_file())
    for found in (*on_path, *in_place):
        if found:
            return found
    if os.environ.get("CI"):
        pytest.fail(MISSING)
    pytest.skip(MISSING)


SCREENSHOTS = ROOT / "tests" / "screenshots"

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


class Lab(NamedTuple):
    """A JupyterLab that runs."""

    url: str
    token: str
    root: Path

    def ask(self, method: str, path: str) -> Any:
        """What its server answers, from JSON."""
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            text = response.read()
        return json.loads(text) if text else None

    def write(self, name: str, *cells: str) -> str:
        """Make a notebook of these code cells, the course's helpers loaded in the first. Gives back its path."""
        path = f"notebooks/{name}.ipynb"
        notebook = {
            "cells": [code_cell(f"cell-{n}", text) for n, text in enumerate(("%load_ext helpers", *cells))],
            "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / path).write_text(json.dumps(notebook), encoding="utf-8")
        return path


def code_cell(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": name, "source": text, "metadata": {}, "outputs": [], "execution_count": None}


@contextlib.contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """JupyterLab as the front door starts it, on a copy of the lessons and with settings of its own, both in `folder`."""
    root = folder / "course"
    shutil.copytree(
        ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    )
    command = [sys.executable, "-m", "helpers", "lab", "--no-browser", "--port=0", f"--ServerApp.root_dir={root}"]
    if sys.platform != "win32" and os.geteuid() == 0:
        command.append("--allow-root")
    log = folder / "jupyterlab.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(command, cwd=ROOT, env=apart(folder), stdout=said, stderr=subprocess.STDOUT) as process,
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
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    return kept | {name: str(folder / place) for name, place in folders.items()}


def wait_for_server(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """The address and the token that JupyterLab's server leaves in a file as soon as it answers."""
    deadline = time.monotonic() + 3 * PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        for file in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(ValueError, OSError):  # it is being written
                known = json.loads(file.read_text(encoding="utf-8"))
                return {"url": known["url"], "token": known["token"]}
        time.sleep(0.02)
    raise TimeoutError(log.read_text())


class Notebook:
    """A notebook on a page of the browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")

    def wait_until_idle(self) -> None:
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("| Idle", timeout=3 * PATIENCE * 1000)

    def has_run(self, cell: int) -> None:
        """Wait until `cell` has run. Negative numbers count from the end."""
        expect(self.cells.nth(cell).locator(".jp-InputPrompt")).to_have_text(re.compile(r"^\[\d+\]:$"))

    def choose(self, menu: str, *entries: str) -> None:
        """Choose from JupyterLab's menus."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        for entry in entries:  # a click on one that leads to further ones opens those
            self.page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()

    def run_all(self) -> None:
        self.choose("Run", "Run All Cells")
        self.has_run(-1)
        self.wait_until_idle()

    def run(self, cell: int) -> None:
        """Run one cell as a learner does: click into it, Shift+Enter; wait until it has run."""
        prompt = self.cells.nth(cell).locator(".jp-InputPrompt")
        self.cells.nth(cell).locator(".cm-content").click()
        before = prompt.inner_text()
        self.page.keyboard.press("Shift+Enter")
        expect(prompt).not_to_have_text(before)
        self.has_run(cell)

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


def tab_to(page: Page, label: str, key: str = "Tab") -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(20):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.ariaLabel") == label:
            return
    raise AssertionError(f"Tab does not reach {label!r}")
