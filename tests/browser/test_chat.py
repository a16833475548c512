"""The chat of lesson 20 in a page: what is said there is heard by a member that has a socket, and the other way round, straight and through JupyterLab's server."""

from __future__ import annotations

import re
import socket

import nbformat
import pytest
from playwright.sync_api import Page, expect

from helpers.course.lessons import NOTEBOOKS
from tests.lessons.hygiene import code_cells
from tests.support.browsing import Lab, run_program

CAKE = "<img src=x onerror=\"document.title='cake'\"><script>document.title='cake'</script>"


def program() -> list[str]:
    """The lesson's own cells, from the chat to the page, of which the last one says where the chat is, too."""
    (path,) = NOTEBOOKS.glob("20-*.ipynb")
    cells = {cell.id: cell.source for cell in code_cells(nbformat.read(path, nbformat.NO_CONVERT))}
    cells["chat-visit"] += "\nprint('chat at', chat.address[1])"
    web = ["chat-page", "chat-pass", "chat-gateway", "chat-enter", "chat-say", "chat-visit"]
    return ["import socket", cells["chat-sample"], *(cells[each] for each in web)]


@pytest.mark.parametrize("is_through", [False, True], ids=["straight", "through JupyterLab"])
def test_a_page_and_a_socket_talk_with_each_other(is_through: bool, page: Page, lab: Lab) -> None:
    notebook = run_program(page, lab, f"chat-{is_through}", *program())
    port = re.search(r"chat at (\d+)", notebook.cells.nth(-1).inner_text())
    assert port
    shown = notebook.cells.nth(-1).get_by_role("group", name="visit to")
    expect(shown.get_by_role("button", name="Open here")).to_be_enabled()
    shown.get_by_role("checkbox", name="through JupyterLab").set_checked(is_through)
    shown.get_by_role("button", name="Open here").click()
    frame = shown.frame_locator("iframe")
    heard, line = frame.get_by_role("log").locator("p"), frame.get_by_label("Say")

    def say(text: str) -> None:
        line.fill(text)
        line.press("Enter")

    with socket.create_connection(("127.0.0.1", int(port[1])), timeout=20) as ada, ada.makefile("rb") as lines:
        ada.sendall(b"ada\nbefore the page\n")
        assert lines.readline() == b"* ada joined\n"
        say("web")
        expect(heard).to_have_text(["> web", "ada: before the page", "* web joined"])
        assert lines.readline() == b"* web joined\n"

        for text in ("first", CAKE, "last"):
            say(text)
        assert [lines.readline().decode() for _ in range(3)] == [f"web: {text}\n" for text in ("first", CAKE, "last")]
        ada.sendall(f"{CAKE}\n@web psst\n".encode() + b"\xff\n")
        mine = ["> web", "ada: before the page", "* web joined", "> first", f"> {CAKE}", "> last"]
        expect(heard).to_have_text([*mine, f"ada: {CAKE}", "@ada: psst", "ada: �"])
        content = shown.locator("iframe").element_handle().content_frame()
        assert content and content.title() == "Chat"
        shown.get_by_role("button", name="Close").click()  # gone, without a word
        expect(shown.locator("iframe")).to_have_count(0)
        assert lines.readline() == b"* web left\n"
