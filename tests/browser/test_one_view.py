"""What belongs together stands in one view of a small laptop, 1280 by 800 pixels: a panel, with all that is set in it and all that comes of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import Lab, picture, run_program

TALK = """
import socket
server = helpers.EchoServer().start()
wire = helpers.Link(server.address, seed=1).start()
wire.slicer = 3
def talk(size=100):
    with socket.create_connection(wire.address, timeout=10) as s:
        s.sendall(b'hello')
        received = b''
        while len(received) < 5:
            received += s.recv(size)
            print(received)
"""
ROUND = (
    "server.create",
    "server.bind",
    "server.listen",
    "client.create",
    "client.connect",
    "server.accept",
    "client.send",
    "conn.recv",
)
BESIDE = "(image, button) => image.getBoundingClientRect().left >= button.getBoundingClientRect().right"


@pytest.mark.slow
def test_each_panel_is_seen_whole(page: Page, lab: Lab) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    bench = f"helpers.panels.bench(*{ROUND})"
    run_program(
        page,
        lab,
        "one-view",
        TALK,
        bench,
        "helpers.panels.text()",
        "helpers.panels.link(wire, talk)",
        "helpers.panels.room()",
    )
    calls, text, link, room = (
        page.get_by_role("group", name=name, exact=True)
        for name in ("socket bench", "panel of bytes and text", "panel of the link", "panel of the room")
    )
    is_in_one_view(page, calls)
    last = calls.get_by_role("button", name="conn.accept").element_handle()
    assert calls.get_by_role("img").evaluate(BESIDE, last)  # the map and the buttons
    is_in_one_view(page, text)
    text.get_by_role("button", name="bc at position 2: drop").click()
    expect(text.get_by_role("img", name="broken c3")).to_be_visible()
    is_in_one_view(page, text)
    is_in_one_view(page, link)
    is_in_one_view(page, room)
    assert room.get_by_role("img").evaluate(BESIDE, room.get_by_role("slider").last.element_handle())
    for name, meaning in (("slicer", "what arrives is cut into pieces"), ("down", "nobody can connect")):
        control = link.get_by_role("checkbox", name=name).first
        expect(control).to_have_accessible_description(meaning_of(link, meaning))
    expect(link.get_by_role("textbox", name="the same in code")).to_have_value("wire.slicer = 3")


def is_in_one_view(page: Page, panel: Locator) -> None:
    panel.evaluate("panel => panel.scrollIntoView()")
    picture(page, "one-view.png")
    room = page.locator(".jp-WindowedPanel-outer").evaluate("each => each.clientHeight")
    assert panel.evaluate("panel => panel.offsetHeight") <= room


def meaning_of(link: Locator, words: str) -> str:
    """The explanation that holds these words, which stands there to be read."""
    meaning = link.locator(".link-panel-meaning", has_text=words)
    expect(meaning).to_be_visible()
    return meaning.inner_text()
