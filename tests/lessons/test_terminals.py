"""The lecture's two programs in two real terminals, with plain Python: what lesson 4 promises of them."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from helpers.course.environment import ROOT
from tests.support.grouping import PORT_65431
from tests.support.terminal import Terminal
from tests.support.waiting import eventually

if sys.platform == "win32":
    pytest.skip("Python can open no pseudo-terminal on Windows: try lesson 4 by hand there", allow_module_level=True)

pytestmark = pytest.mark.xdist_group(PORT_65431)

PATIENCE = 10
LECTURE_PORT = 65431
CTRL_C = "\x03"

Open = Callable[[str], Terminal]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the lecture's programs, to the letter: but if its port is taken, with another one, as the lesson says."""
    for name in ("server.py", "client.py"):
        shutil.copy(ROOT / "notebooks" / name, tmp_path)
    if not is_free(LECTURE_PORT):  # after a server that closed first, it is taken for a minute
        use_another_port(tmp_path)
    return tmp_path


@pytest.fixture
def terminal(programs: Path) -> Iterator[Open]:
    """Opens a terminal for one of the programs."""
    opened: list[Terminal] = []

    def open_one(name: str) -> Terminal:
        opened.append(Terminal([sys.executable, name], programs))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def is_free(port: int) -> bool:
    """Whether a program that sets no option can listen there."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def use_another_port(programs: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for program in programs.glob("*.py"):
        text = program.read_text(encoding="utf-8")
        changed, times = re.subn(r"^PORT = \d+\b", f"PORT = {port}", text, flags=re.MULTILINE)
        assert times == 1
        program.write_text(changed, encoding="utf-8")


def starts_server(terminal: Open) -> Terminal:
    """The server, in a terminal of its own, once it listens. To connect and see would be to become its one client."""
    server = terminal("server.py")
    process = psutil.Process(server.process.pid)
    assert eventually(
        lambda: any(each.status == psutil.CONN_LISTEN for each in process.net_connections("inet")), PATIENCE
    ), server.shown
    return server


def test_what_is_typed_in_one_terminal_appears_in_the_other(terminal: Open) -> None:
    server = starts_server(terminal)
    assert server.shown == ""
    client = terminal("client.py")
    server.shows(r"Connection from: <socket\.socket fd=\d+, .*laddr=\('127\.0\.0\.1', \d+\), raddr=.*>\n")
    client.shows(r"^\?:$")
    server.shows(r"\n\?:\n")  # the client sends its prompt first
    client.type("hello\n")
    server.shows(r"\nhello\n")
    client.shows(r"^\?:hello\n\?:$")
    client.type("héllo, Ω\n")
    server.shows(r"\nhéllo, Ω\n")
    client.shows(r"Ω\n\?:$")

    client.type("\n")
    assert client.ends() == 0
    assert server.ends() == 0
    assert client.shown == "?:hello\n?:héllo, Ω\n?:\n"
    assert "Traceback" not in server.shown


def test_lines_typed_at_once_arrive_in_their_order(terminal: Open) -> None:
    server, client = starts_server(terminal), terminal("client.py")
    lines = [f"line {number}" for number in range(50)]
    client.type("".join(f"{line}\n" for line in lines) + "\n")
    assert (client.ends(), server.ends()) == (0, 0)
    _, _, received = server.shown.partition("\n")
    assert received.replace("\n", "") == "?:" + "".join(lines)  # where it is cut, nobody promises


def test_a_second_client_waits_in_the_backlog(terminal: Open) -> None:
    """It connects, prompts and sends, and its lines arrive nowhere."""
    server, first = starts_server(terminal), terminal("client.py")
    server.shows("Connection from")
    second = terminal("client.py")
    second.shows(r"\?:")
    second.type("into the void\n")
    second.shows(r"void\n\?:")
    first.type("\n")
    assert (first.ends(), server.ends()) == (0, 0)
    assert "void" not in server.shown


def test_the_client_first_is_refused(terminal: Open) -> None:
    client = terminal("client.py")
    assert client.ends() == 1
    assert re.search(r"\nConnectionRefusedError: \[Errno \d+\] Connection refused\n$", client.shown)


@pytest.mark.parametrize("connected", [False, True], ids=["in accept", "in recv"])
def test_ctrl_c_ends_the_server(terminal: Open, programs: Path, connected: bool) -> None:
    if connected:
        use_another_port(programs)  # the server closes first: its port is taken for a minute
    server = starts_server(terminal)
    if connected:
        client = terminal("client.py")
        server.shows(r"\n\?:\n")
    server.type(CTRL_C)
    assert server.ends() != 0
    assert server.shown.endswith("\nKeyboardInterrupt\n")
    if connected:
        client.type("\n")
        client.ends()
        again = terminal("server.py")
        assert again.ends() == 1
        assert re.search(r"OSError: \[Errno \d+\] Address already in use\n$", again.shown)
    else:
        starts_server(terminal)
