"""What a stranger sent stays text, wherever it is shown."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browsing import Lab, run_program

EVIL = "<script>window.__hacked = 1</script><img src=x onerror='window.__hacked = 2'><b>bold</b>"
"""Were it taken for HTML, it would leave its mark on the page."""


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
