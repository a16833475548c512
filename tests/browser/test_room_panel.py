"""The panel of a room, worked by mouse and by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.support.browsing import Lab, answer_times, picture, run_program, tab_to

FULL = re.compile("no room for one more line in bob's queue \\(five fit\\): bob was put out")


def test_a_room_by_mouse_and_by_keyboard(page: Page, lab: Lab) -> None:
    notebook = run_program(page, lab, "room", "1 + 1", "helpers.panels.room()")
    panel = page.get_by_role("group", name="panel of the room")
    image, status = panel.get_by_role("img"), panel.get_by_role("status")
    members, slow, lines, queue = panel.get_by_role("slider").all()
    expect(status).to_contain_text("lines 3 to 6 wait in bob's queue")
    expect(image).to_have_attribute("alt", re.compile("ada's and dan's threads wait for the lock"))
    before = image.get_attribute("src") or ""
    lines.click()  # the middle
    expect(lines).to_have_attribute("aria-valuetext", re.compile("1[01] lines"))
    expect(status).to_contain_text(FULL)
    expect(image).not_to_have_attribute("src", before)

    notebook.cells.nth(1).locator(".cm-content").click()
    page.keyboard.press("Escape")  # from here on by keyboard alone
    tab_to(page, "members")
    page.keyboard.press("Home")
    expect(members).to_have_attribute("aria-valuetext", "2 members")
    tab_to(page, "who does not read")
    page.keyboard.press("Home")
    expect(slow).to_have_attribute("aria-valuetext", "nobody")
    expect(image).to_have_attribute("alt", re.compile("One lock: Everybody has heard everything"))
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("ada does not read")
    tab_to(page, "size of the queue")
    page.keyboard.press("End")
    expect(queue).to_have_attribute("aria-valuetext", "10 lines")
    expect(status).to_contain_text("wait in ada's queue (room for ten)")
    tab_to(page, panel.get_by_role("button", name="Run again"))
    page.keyboard.press("Enter")
    tab_to(page, panel.locator("summary"))
    page.keyboard.press("Enter")
    expect(panel.get_by_label("the picture in words")).to_contain_text("ada: heard: 1")
    expect(notebook.cells).to_have_count(3)  # no key was a shortcut of JupyterLab's

    lines.focus()
    times = answer_times(panel, ["ArrowRight", "ArrowLeft"] * 6)
    # Milliseconds: the best, while another page works on the same two cores; alone it is about 40.
    assert times[0] < 250, times
    picture(page, "room-light.png")
    page.set_viewport_size({"width": 640, "height": 900})
    picture(page, "room-narrow.png")
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth + 1")
    page.set_viewport_size({"width": 1280, "height": 900})
