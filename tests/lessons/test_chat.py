"""The chat of lesson 20 in two real terminals, by what the lesson tells to type there; and its gateway, as a hostile page speaks to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import helpers
from helpers.course.lessons import NOTEBOOKS
from tests.lessons.hygiene import code_cells
from tests.support.terminal import Terminal, needs_terminal

# The chat is stopped while members are there: asyncio, which is stopped where it tells them that others leave, closes nothing, and the garbage collector says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

CTRL_C = "\x03"
CAKE = b"<img src=x onerror=alert(1)>"

Open = Callable[[str], Terminal]


def run(names: dict[str, Any], *ids: str) -> None:
    """Run these cells of the lesson."""
    (path,) = NOTEBOOKS.glob("20-*.ipynb")
    found = {cell.id: cell.source for cell in code_cells(nbformat.read(path, nbformat.NO_CONVERT))}
    for each in ids:
        exec(found[each], names)


@pytest.fixture
def lesson() -> Iterator[dict[str, Any]]:
    """The lesson's names, with the chat running: the course's own, as it is there."""
    names: dict[str, Any] = {"socket": socket}
    run(names, "chat-sample")
    yield names
    names["chat"].stop()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a terminal with a shell that runs what was typed."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    with contextlib.ExitStack() as opened:

        def open_one(line: str) -> Terminal:
            shown = Terminal(["sh", "-c", line], tmp_path)
            opened.callback(shown.close)
            return shown

        yield open_one


class Member:
    """A member of the chat, with a socket of its own."""

    def __init__(self, address: tuple[str, int], name: bytes) -> None:
        self._conn = socket.create_connection(address, timeout=10)
        self._lines = self._conn.makefile("rb")
        self.say(name)
        while self.hear() != b"* %s joined\n" % name:
            pass

    def say(self, line: bytes) -> None:
        self._conn.sendall(line + b"\n")

    def hear(self) -> bytes:
        return self._lines.readline()

    def __enter__(self) -> Member:
        return self

    def __exit__(self, *of_error: object) -> None:
        self._lines.close()
        self._conn.close()


def to_type(lesson: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The two lines that the lesson tells to type."""
    capsys.readouterr()
    run(lesson, "chat-terminals")
    return capsys.readouterr().out.splitlines()


@needs_terminal
@pytest.mark.skipif(shutil.which("nc") is None, reason="nc is not installed: apt-get install netcat-openbsd")
def test_two_terminals_talk_by_what_the_lesson_tells_to_type(
    lesson: dict[str, Any], terminal: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    netcat, python = to_type(lesson, capsys)
    ada = terminal(netcat)
    ada.type("ada\n")
    ada.shows(r"\n\* ada joined\n")
    with Member(lesson["chat"].address, b"eve") as eve:
        ada.type("is anybody here?\n")
        assert eve.hear() == b"ada: is anybody here?\n"
        bob = terminal(python)
        bob.type("bob\n")
        bob.shows(r"b'ada: is anybody here\?\\n'\n(.*\n)?b'\* bob joined\\n'\n")
        ada.shows(r"\n\* bob joined\n")
        bob.type("@ada héllo\n")
        ada.shows(r"\n@bob: héllo\n")
        bob.type("@nobody héllo\n")
        bob.shows(r"\nb'! .*\\n'\n")
        assert eve.hear() == b"* bob joined\n"
        eve.say(b"\x1b[2J\xff")
        bob.shows(re.escape(r"b'eve: \x1b[2J\xff\n'"))
        ada.type(CTRL_C)
        ada.ends()
        bob.shows(r"\nb'\* ada left\\n'\n")
        assert "héllo" not in eve.hear().decode()
        bob.type(CTRL_C)
        bob.ends()
        assert eve.hear() == b"* bob left\n"


@needs_terminal
def test_two_terminals_without_netcat(
    lesson: dict[str, Any], terminal: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on Windows."""
    _, python = to_type(lesson, capsys)
    ada, bob = terminal(python), terminal(python)
    ada.type("ada\n")
    ada.shows(r"b'\* ada joined\\n'\n")
    bob.type("bob\n")
    bob.shows(r"b'\* bob joined\\n'\n")
    bob.type("hello\n")
    ada.shows(r"b'bob: hello\\n'\n")
    bob.type("\x04")  # the end of what is typed
    assert bob.ends() == 0
    ada.shows(r"b'\* bob left\\n'\n")
    lesson["chat"].stop()


class Page:
    """What a browser does that has the gateway's page; whatever it likes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection(*address, timeout=10)
        self._connection.request("GET", "/lines")
        self._events = self._connection.getresponse()
        self.door = self._next("event: door\n")

    def hears(self) -> str:
        return str(json.loads(self._next("")))

    def _next(self, first: str) -> str:
        """The data of the next event, which begins with this line."""
        lines = [self._events.readline().decode() for _ in range(3 if first else 2)]
        assert lines[:-2] == ([first] if first else []) and lines[-1] == "\n", lines
        return lines[-2].removeprefix("data: ").removesuffix("\n")

    def say(self, body: bytes, door: str | None = None, **headers: str) -> int:
        """Say a line. The status of the answer."""
        with contextlib.closing(http.client.HTTPConnection(*self._address, timeout=10)) as connection:
            connection.request(
                "POST",
                f"/say/{self.door if door is None else door}",
                body,
                {k.replace("_", "-"): v for k, v in headers.items()},
            )
            return connection.getresponse().status

    def close(self) -> None:
        self._events.close()
        self._connection.close()


@pytest.fixture
def page(lesson: dict[str, Any]) -> Iterator[Page]:
    """A page of the lesson's gateway, which is a member named web."""
    run(lesson, "chat-page", "chat-pass", "chat-gateway", "chat-enter", "chat-say", "chat-visit")
    opened = Page(lesson["gateway"].address)
    assert opened.say(b"web") == 200
    assert opened.hears() == "* web joined"
    yield opened
    opened.close()
    lesson["gateway"].stop()
    helpers.program("gateway").wait(2)


def test_a_page_hears_hostile_lines_as_they_are_and_says_one_line_at_a_time(lesson: dict[str, Any], page: Page) -> None:
    with Member(lesson["chat"].address, b"eve") as eve:
        assert page.hears() == "* eve joined"
        for line in (CAKE, b"", b"data: no\r\n"[:-2] + b"\rx", b"\xff\x00</script>", b"\\n\\nevent: door"):
            eve.say(line)
            assert page.hears() == "eve: " + line.decode("utf-8", "replace")
        assert page.say(CAKE) == 200
        assert eve.hear() == b"web: " + CAKE + b"\n"
        for body, door in ((b"one\n* eve left", None), (b"hello", "nobodys"), (b"hello", "")):
            assert page.say(body, door) == 400
        assert page.say(b"x" * 100, Content_Length="-1") == 400
        assert page.say(b"x" * 100, Content_Length="1000000") == 400
        assert page.say("Zürich".encode()) == 200
        assert eve.hear() == "web: Zürich\n".encode()
        page.close()  # its tab
        assert eve.hear() == b"* web left\n"
