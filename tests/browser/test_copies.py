"""A learner's copy of a lesson, as JupyterLab opens and saves it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from helpers.course import copies
from helpers.course.lessons import find_lessons
from tests.support.browsing import OUTPUTS, PATIENCE, Lab, open_notebook
from tests.support.waiting import eventually


def test_a_learners_lesson_opens_without_answers_and_unchanged_and_keeps_what_is_run(page: Page, lab: Lab) -> None:
    path = "notebooks/00-copy.ipynb"
    file = lab.root / path
    file.write_bytes(copies.unspoiled(find_lessons(["00"])[0].read_bytes()))
    before, written = file.read_bytes(), file.stat().st_mtime_ns
    changed = page.locator(".lm-TabBar-tab.jp-mod-dirty")

    notebook = open_notebook(page, lab, path)
    expect(page.locator(OUTPUTS)).to_have_count(0)
    expect(changed).to_have_count(0)
    notebook.save()
    assert eventually(lambda: file.stat().st_mtime_ns != written, PATIENCE)
    assert eventually(lambda: file.read_bytes() == before)  # JupyterLab has nothing to add

    code = [cell["source"] for cell in lab.cells(path) if cell["cell_type"] == "code"]
    answer = code.index(["answer = 6 * 7\n", "answer"])
    notebook.run(answer)
    expect(changed).not_to_have_count(0)
    notebook.save()
    page.reload()
    notebook.wait_until_idle()
    expect(notebook.cells.nth(answer).locator(OUTPUTS)).to_have_text("42")
    expect(changed).to_have_count(0)
    assert copies.fingerprint(file.read_bytes()) != copies.fingerprint(before)
