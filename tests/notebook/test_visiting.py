"""`helpers.visit`: which addresses and paths it takes, what it says, what is stored of it. What the browser does: tests/browser/test_visits.py; how JupyterLab's server passes pages on: tests/course/test_proxy.py."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest

import helpers
from helpers.notebook.visiting import Visit
from helpers.notebook.widget import LiveWidget
from helpers.sockets import kernel
from tests.support.notebooks import send_to

LECTURE = "127.0.0.1", 65431

URLS = {
    ("127.0.0.1", "/"): "http://127.0.0.1:65431/",
    ("localhost", "/a/b.html?q=1&r=2#top"): "http://127.0.0.1:65431/a/b.html?q=1&r=2#top",
    ("", "/"): "http://127.0.0.1:65431/",
    ("0.0.0.0", "/"): "http://127.0.0.1:65431/",
    ("127.0.0.2", "/"): "http://127.0.0.2:65431/",
    ("::1", "/"): "http://[::1]:65431/",
    ("::", "/"): "http://[::1]:65431/",
    ("127.0.0.1", "/Zürich 1.png"): "http://127.0.0.1:65431/Z%C3%BCrich%201.png",
    ("127.0.0.1", "/100%"): "http://127.0.0.1:65431/100%25",
    ("127.0.0.1", "/a%20b%2f"): "http://127.0.0.1:65431/a%20b%2f",
    ("127.0.0.1", "//evil.example/"): "http://127.0.0.1:65431//evil.example/",
    ("127.0.0.1", '/"><script>\r\n\\'): "http://127.0.0.1:65431/%22%3E%3Cscript%3E%0D%0A%5C",
    ("127.0.0.1", "/\ud800"): "http://127.0.0.1:65431/%ED%A0%80",
}


@pytest.mark.parametrize(("host", "path"), URLS)
def test_it_is_a_url(host: str, path: str) -> None:
    assert Visit((host, 65431), path).url == URLS[host, path]


REFUSED: dict[Any, tuple[type[Exception], str]] = {
    (("192.0.2.7", 80), "/"): (ValueError, "a server of this computer"),
    (("example.org", 80), "/"): (ValueError, "a server of this computer"),
    (("127.0.0.1.example.org", 80), "/"): (ValueError, "a server of this computer"),
    (("127.0.0.1", 0), "/"): (ValueError, "a port from 1 to 65535"),
    (("127.0.0.1", "80"), "/"): (TypeError, "a host and a port"),
    ("http://127.0.0.1:80/", "/"): (TypeError, "a host and a port"),
    (None, "/"): (TypeError, "a program that does not listen"),
    (LECTURE, "picture.png"): (ValueError, "begins with a slash"),
    (LECTURE, ""): (ValueError, "begins with a slash"),
    (LECTURE, b"/"): (TypeError, "path is text"),
}


@pytest.mark.parametrize(("address", "path"), REFUSED)
def test_what_is_no_address_of_this_computer_is_refused(address: Any, path: Any) -> None:
    kind, words = REFUSED[address, path]
    with pytest.raises(kind, match=words):
        helpers.visit(address, path)


def test_in_a_script_it_prints_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    with helpers.EchoServer() as server:
        assert server.address
        helpers.visit(server.address, "/a")
        assert (
            capsys.readouterr().out == f"Open http://127.0.0.1:{server.address[1]}/a in a browser on this computer.\n"
        )
        assert server.log == []  # it was not asked
    helpers.visit(server.address)
    assert "Nobody listens at ('127.0.0.1', " in capsys.readouterr().out


def test_it_says_when_nobody_listens_any_more() -> None:
    with socket.create_server(("", 0)) as listener:
        visit = Visit(("127.0.0.1", listener.getsockname()[1]))
        widget = LiveWidget(visit)
        assert widget.trouble == ""
    assert widget.trouble == ""  # nobody has looked since
    send_to(widget, do="look")
    assert "Start your server first" in widget.trouble
    widget.close()


@pytest.mark.parametrize("message", [{}, {"do": "open"}, {"do": None}])
def test_what_makes_no_sense_is_overlooked(message: dict[str, Any]) -> None:
    Visit(LECTURE).obey(message)


def test_where_the_system_does_not_say_who_listens_there_is_no_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "tcp_sockets", lambda: ([], "Only some are listed."))
    assert Visit(("127.0.0.1", 1)).describe().startswith("Open http://127.0.0.1:1/")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_who_listens_at_another_address_is_not_meant() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert kernel.is_listened_at("127.0.0.1", port)
        assert kernel.is_listened_at("::1", port) is not True
        assert kernel.is_listened_at("127.0.0.1", port) is True


def test_what_is_stored_opens_nothing() -> None:
    visit = Visit(LECTURE, "/<b>")
    assert not re.search(r"<(a|iframe|script|img|b)\b|href|src=", visit.as_html())
    assert visit.url in visit.as_html() and visit.url in visit.as_text()


def test_to_a_browser_it_has_another_name_than_jupyterlab() -> None:
    assert Visit(LECTURE).fixed()["hosts"] == ["127.0.0.1", "localhost"]
    assert Visit(("::1", 80)).fixed()["hosts"] == ["[::1]", "localhost"]
    assert Visit(("127.0.0.2", 80)).fixed()["hosts"] == ["127.0.0.2"]
