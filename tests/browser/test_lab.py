"""The front door and the file: how JupyterLab opens, and what is saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from helpers.course import doctor as machine
from helpers.notebook.boxes import STORED
from tests.support import browsing
from tests.support.browsing import Lab, Notebook, run_program


def test_without_a_browser_the_reader_learns_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "WITHOUT_WINDOWS", ())
    monkeypatch.setattr(machine, "CHROMIUM_NAMES", ())
    monkeypatch.setattr(machine, "CHROMIUM_PLACES", ())
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="sudo apt install chromium"):
        browsing.find_browser()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="sudo apt install chromium"):
        browsing.find_browser()


def test_it_opens_on_the_first_lesson_without_asking_about_news(fresh_page: Page, lab: Lab) -> None:
    elsewhere: list[str] = []
    fresh_page.on(
        "request",
        lambda request: None if request.url.startswith((lab.url, "data:", "blob:")) else elsewhere.append(request.url),
    )
    fresh_page.goto(f"{lab.url}?token={lab.token}")
    Notebook(fresh_page).wait_until_idle()
    tab = fresh_page.locator(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel").last
    expect(tab).to_have_text("00-start-here.ipynb")
    expect(fresh_page.get_by_role("heading", name="Start here")).to_be_visible()
    settings = lab.ask("GET", "lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert settings["schema"]["properties"]["checkForUpdates"]["default"] is False
    expect(fresh_page.locator(".Toastify__toast")).to_have_count(0)
    expect(fresh_page.locator(".jp-Dialog")).to_have_count(0)
    assert not elsewhere, "it needs the internet"


def test_a_saved_lesson_is_whole_without_its_kernel(page: Page, lab: Lab) -> None:
    notebook = run_program(
        page, lab, "saved", "%%background saved.py --type hello\ninput('?:')\nprint('<and goodbye>')\n1 / 0"
    )
    expect(notebook.window(1).frame).to_have_class("command-window")
    notebook.save()
    notebook.run(0)
    notebook.save()  # again, and JupyterLab does not think that somebody else had changed the file
    expect(page.locator(".jp-Dialog")).to_have_count(0)

    lab.end_kernels()
    page.reload()
    notebook.wait_until_idle()
    window = notebook.window(1)
    expect(window.frame).not_to_have_class("command-window")
    expect(window.frame).to_contain_text(f"{STORED}saved.py fell")
    expect(window.output).to_have_text("?:hello\n<and goodbye>\n")
    expect(window.error).to_contain_text("ZeroDivisionError")
    expect(page.get_by_text("model not found")).to_have_count(0)
