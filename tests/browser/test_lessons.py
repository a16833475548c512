"""The lessons, as a learner takes them: opened, run, typed into."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from helpers.course.lessons import find_lessons
from tests.support import grouping
from tests.support.browsing import (
    COLOURS,
    OUTPUTS,
    WITHOUT_CODE,
    Lab,
    Window,
    barriers,
    open_notebook,
    overflowing,
    picture,
    run_program,
    tidy_up,
    without_errors,
)

LESSON = "notebooks/04-two-command-windows.ipynb"
LESSONS = [
    pytest.param(f"notebooks/{path.name}", id=path.name[:2], marks=grouping.of_a_lesson("lessons", path))
    for path in find_lessons([])
]
WIDE, NARROW = 1280, 900
"""Pixels: JupyterLab on a small laptop, and beside another window."""


class Taken(NamedTuple):
    """What was seen of a lesson that was opened, and run from its first cell to its last. Complaints begin with the id of the cell."""

    lost: list[str]
    """What of the stored outputs is not on the page of somebody who has run nothing."""
    fell: set[str]
    announced: set[str]
    """The cells that fell, and those that the lesson says do: their ids."""
    overflows: list[str]
    barriers: list[str]


@pytest.fixture(scope="module", params=LESSONS)
def taken(request: pytest.FixtureRequest, desk: Page, lab: Lab) -> Taken:
    """Each lesson is taken once, for all tests that ask what was seen."""
    with without_errors(desk):
        seen = take(desk, lab, request.param)
        tidy_up(desk, lab)
    return seen


def take(page: Page, lab: Lab, path: str) -> Taken:
    ids = [cell["id"] for cell in lab.cells(path)]

    def named(when: str, found: Iterable[tuple[int, str]]) -> list[str]:
        return [f"{ids[number]}, {when}: {what}" for number, what in found]

    notebook = open_notebook(page, lab, path)
    notebook.unroll(WIDE)
    lost = named("unrun", lost_outputs(page, lab, path))
    found = named("unrun", barriers(page, OUTPUTS))

    notebook.run_all()
    fell = {ids[number] for number in fallen_cells(page)}
    notebook.unroll(WIDE)
    overflows = named(f"in a window of {WIDE} pixels", overflowing(page))
    picture(page, f"lesson-{path.removeprefix('notebooks/')[:2]}.png")
    page.add_style_tag(content=WITHOUT_CODE)
    found += named("run", barriers(page))
    notebook.theme("Dark")
    found += named("run, dark", barriers(page, OUTPUTS, rules=COLOURS))
    notebook.unroll(NARROW)
    overflows += named(f"in a window of {NARROW} pixels", overflowing(page))
    return Taken(lost, fell, announced(lab, path), overflows, found)


def test_unrun_it_is_whole(taken: Taken) -> None:
    assert not taken.lost


def test_run_it_falls_where_it_says_so(taken: Taken) -> None:
    assert taken.fell == taken.announced


def test_nothing_overflows_its_cell(taken: Taken) -> None:
    assert not taken.overflows


def test_it_keeps_nobody_out(taken: Taken) -> None:
    assert not taken.barriers


def test_what_overflows_is_found(page: Page, lab: Lab) -> None:
    """The same function, where something is wrong. What scrolls by keyboard too is not."""
    line = "a line that goes on and on " * 50
    good = [f'<pre tabindex="0" style="overflow: auto; white-space: pre">{line}</pre>']
    bad = [
        '<div style="width: 3000px">wide</div>',
        f'<pre style="white-space: pre">{line}</pre>',
        f'<div style="overflow: hidden; white-space: nowrap">{line}</div>',
        '<img alt="broken" src="data:image/png;base64,AAAA">',
        "<img alt='wide' style='max-width: none; width: 3000px' src='data:image/svg+xml,"
        '<svg xmlns="http://www.w3.org/2000/svg"/>\'>',
    ]
    shown = ["from IPython.display import HTML", *(f"HTML({html!r})" for html in (*good, *bad))]
    notebook = run_program(page, lab, "overflowing", *shown)
    notebook.unroll(NARROW)
    assert {number for number, _ in overflowing(page)} == set(range(3, 3 + len(bad)))


@pytest.mark.xdist_group(grouping.PORT_65431)
def test_the_lecture_by_hand(page: Page, lab: Lab) -> None:
    """Lesson 4 in full, then what it asks of the learner: to type, with both windows in view."""
    notebook = open_notebook(page, lab, LESSON)
    is_whole_unrun(page)
    notebook.run_all()

    page.set_viewport_size({"width": 1280, "height": 800})
    together = [cell["id"] for cell in lab.cells(LESSON) if cell["cell_type"] == "code"].index("together")
    notebook.run(together)
    both = notebook.cells.nth(together).get_by_role("group", name="command window of")
    theirs, ours = Window(both.first), Window(both.last)
    expect(ours.status).to_have_text("running, waits for input")
    expect(theirs.output).to_contain_text("Connection from: <socket.socket")

    ours.line.fill("hello from the browser, with é and Ω")
    ours.line.press("Enter")
    expect(ours.line).to_have_value("")
    expect(theirs.output).to_contain_text("hello from the browser, with é and Ω")
    expect(ours.output).to_have_text("?:hello from the browser, with é and Ω\n?:")
    ours.frame.scroll_into_view_if_needed()
    for each in (theirs, ours):
        expect(each.frame).to_be_in_viewport(ratio=1)
    picture(page, "lesson-4.png")

    ours.line.press("Enter")  # an empty line ends both
    expect(ours.status).to_have_text("ended")
    expect(theirs.status).to_have_text("ended")
    expect(ours.line).to_be_hidden()

    server = number_of("server.py", lab)
    theirs = notebook.window(server)
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
    window = page.locator(".jp-OutputArea-output", has_text="client.py ended").filter(has_text="hello").locator("> div")
    expect(window.locator("pre")).to_have_text(re.compile("hello"))
    drawing = page.get_by_role("img", name=re.compile("^A conversation over time")).first
    drawing.scroll_into_view_if_needed()
    expect(drawing).to_be_visible()
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    expect(window).to_have_css("border-top-style", "solid")
    expect(page.get_by_text("model not found")).to_have_count(0)


def fallen_cells(page: Page) -> set[int]:
    """The cells under which an error stands."""
    error = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
    found = page.locator(".jp-Notebook .jp-Cell").evaluate_all(
        "(cells, error) => cells.flatMap((cell, n) => cell.querySelector(error) ? [n] : [])", error
    )
    return set(found)


def announced(lab: Lab, path: str) -> set[str]:
    """The cells that are to fail, or to write on stderr."""
    marks = {"raises-exception", "stderr"}
    return {cell["id"] for cell in lab.cells(path) if marks & set(cell["metadata"].get("tags", []))}


def number_of(program: str, lab: Lab) -> int:
    """Which code cell runs it."""
    code = ["".join(cell["source"]) for cell in lab.cells(LESSON) if cell["cell_type"] == "code"]
    (number,) = [number for number, text in enumerate(code) if text.startswith(f"%%background {program} ")]
    return number


LOST = """(cells, stored) => {
    // A style or an attribute less may be; the words, the pictures and what a screen reader says have to stand there.
    const told = (root) => [...root.querySelectorAll('*')].flatMap((each) =>
        ['alt'].filter((name) => each.hasAttribute(name))
            .map((name) => `${name}: ${each.getAttribute(name)}`));
    const words = (root) => root.textContent.replaceAll(/\\s+/g, ' ').trim();
    const complaints = [];
    for (const [number, texts] of stored) {
        const shown = [...cells[number].querySelectorAll('.jp-OutputArea-output[data-mime-type="text/html"]')];
        if (shown.length !== texts.length) complaints.push([number, `${texts.length} outputs are ${shown.length}`]);
        shown.forEach((output, n) => {
            const whole = new DOMParser().parseFromString(texts[n], 'text/html').body;
            if (words(whole) !== words(output)) complaints.push([number, `${words(whole)} is ${words(output)}`]);
            const heard = told(output);
            for (const each of told(whole)) if (!heard.includes(each)) complaints.push([number, `gone: ${each}`]);
        });
    }
    for (const [number, cell] of cells.entries()) {
        if (cell.textContent.includes('model not found')) complaints.push([number, 'a widget without its kernel']);
        for (const image of cell.querySelectorAll('img'))
            if (!image.complete || !image.naturalWidth) complaints.push([number, `does not load: ${image.alt}`]);
    }
    return complaints;
}"""
"""Of these cells: what of the HTML that is stored, as [number of the cell, texts], does not stand in them."""


def lost_outputs(page: Page, lab: Lab, path: str) -> Iterable[tuple[int, str]]:
    """JupyterLab does not trust a file from somebody else, and takes from its HTML what it deems dangerous. Too much?"""
    stored = [
        (
            number,
            [
                "".join(output["data"]["text/html"])
                for output in cell["outputs"]
                if "text/html" in output.get("data", {})
            ],
        )
        for number, cell in enumerate(lab.cells(path))
        if cell["cell_type"] == "code"
    ]
    return [(number, what) for number, what in page.locator(".jp-Notebook .jp-Cell").evaluate_all(LOST, stored)]
