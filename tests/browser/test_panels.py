"""The panels, worked by mouse and by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browsing import SHOWN_CONTRAST, Lab, picture, run_program, tab_to

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
    expect(panel).to_have_class(re.compile("helpers-panel"))
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
