"""A load on servers that do right and wrong: it says of each what it did, ends by itself, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

import helpers
from helpers.course.storing import read_rules
from helpers.measuring.load import load
from helpers.measuring.result import Load
from helpers.running.processes import copies
from tests.measuring import servers
from tests.measuring.servers import Address
from tests.support.waiting import AT_ONCE

GOOD: dict[str, Callable[[], contextlib.AbstractContextManager[Address]]] = {
    "socketserver": servers.of_socketserver,
    "asyncio": servers.of_asyncio,
}


def serving(handler: Any) -> helpers.Server:
    return helpers.Server(handler)


def words(result: Load) -> str:
    """Without what differs from run to run, as lessons are compared."""
    return read_rules(compared=True)(result.describe())


@pytest.mark.parametrize("kind", GOOD)
def test_a_server_for_many_serves_all_whoever_is_slow_or_silent(kind: str) -> None:
    with GOOD[kind]() as address:
        result = load(address, 20, slow=1, silent=1, lines=5, name=kind)
    assert result.served == 18 and len(result.waits.answered) == 90 and result.waits.unanswered == 0
    assert result.median is not None and result.most is not None and 0 < result.median <= result.most
    assert words(result) == (
        f"{kind}: all 18 clients were served.\n"
        "  Client 1 connected first, and said nothing.\n"
        "  Client 2 connected first, asked for much, and read nothing.\n"
        "  measured: …"
    )


def test_one_client_at_a_time_and_the_first_is_silent() -> None:
    with servers.in_a_thread(servers.one_at_a_time) as address:
        result = load(address, 8, slow=0, silent=1, lines=2, seconds=0.3)
    assert result.never_served == 7 and result.median is None and not result.waits.answered
    assert words(result) == (
        "the server: none of 7 clients was served within 0.3 seconds.\n"
        "  Client 1 connected first, and said nothing.\n"
        "  They waited behind client 1: when, at the end, client 1 had gone, all were answered."
    )


def test_a_loop_with_sendall_and_one_that_does_not_read() -> None:
    with servers.in_a_thread(servers.selecting) as address:
        result = load(address, 8, lines=20, seconds=1)
    assert result.served == 0
    assert "They waited behind client 1: when, at the end, client 1 read what was there, all were answered." in words(
        result
    )


def test_a_server_that_never_accepts() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        begun = time.monotonic()
        result = load(listener.getsockname(), 5, slow=1, seconds=0.3)
        assert time.monotonic() - begun < AT_ONCE
    assert words(result).endswith("Also when, at the end, client 1 read what was there, nobody was answered.")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full backlog refuses")
def test_a_full_backlog() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        result = load(listener.getsockname(), 5, slow=0, seconds=0.3)
    assert result.never_served == 5 and "4 clients never got in, since the backlog was full" in result.describe()


def test_a_server_that_is_slow_is_not_said_to_be_stuck() -> None:
    def answers_late(conn: socket.socket, addr: object) -> None:
        with contextlib.suppress(ConnectionError):
            while data := conn.recv(1024):
                time.sleep(0.01)
                conn.sendall(data)

    with serving(answers_late) as server:
        result = load(server.address, 4, slow=0, silent=1, lines=1000, seconds=0.4)
    told = words(result)
    assert "answers were still coming: in more seconds" in told and "waited behind" not in told
    assert result.median is None, "most lines had no answer, and count as longer than any other"


ENDS = {
    "broken off": (
        servers.breaks_off,
        "3 clients had the connection broken off.\n  The system said: ",
    ),
    "hung up": (servers.hangs_up, "3 clients saw the server end the connection before all answers had come."),
    "shouted": (servers.shouts, "Client 1 got b'CLIENT 1, LINE 1\\n', where b'client 1, line 1\\n' was to come."),
}


@pytest.mark.parametrize("what", ENDS)
def test_what_became_of_the_clients_is_told(what: str) -> None:
    handler, sentence = ENDS[what]
    with serving(handler) as server:
        result = load(server.address, 3, slow=0)
    assert result.served == 0 and sentence in result.describe()


def test_an_answer_for_somebody_else_is_wrong() -> None:
    """All of them get one: so the load ends by itself, however busy the machine is."""
    with serving(servers.Crossed(4)) as server:
        result = load(server.address, 4, slow=0, seconds=servers.PATIENCE)
    assert "got b'client" in result.describe() and result.served == 0


def test_nobody_listens() -> None:
    address = servers.nobody()
    assert load(address, 3).describe() == f"the server: nobody listens at 127.0.0.1:{address[1]}."


def test_an_answer_that_ends_as_agreed() -> None:
    def greets(conn: socket.socket, addr: object) -> None:
        while line := conn.recv(1024):
            conn.sendall(b"hello " + line + b"!")

    with serving(greets) as server:
        assert load(server.address, 5, slow=0, message=b"ada", until=b"!").served == 5
        assert load(server.address, 2, slow=0, message=b"ada!", until=b"!", seconds=0.3).served == 0


def test_a_line_that_does_not_fit_into_the_buffers() -> None:
    with helpers.EchoServer() as server:
        result = load(server.address, 2, slow=0, lines=2, message=bytes(1 << 20))
    assert result.served == 2, result.describe()


def test_a_room_has_heard_a_line_when_all_have() -> None:
    with serving(servers.Room()) as server:
        assert load(server.address, 12, slow=0, lines=5, kind="room").served == 12


def test_a_room_that_loses_a_newline() -> None:
    with serving(servers.Room(ending=b"")) as server:
        result = load(server.address, 4, slow=0, lines=5, kind="room", seconds=0.3)
    assert result.never_served == 4


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's buffers hold all of it")
def test_a_room_that_waits_for_a_member_that_does_not_read() -> None:
    with serving(servers.Room()) as server:
        result = load(server.address, 20, lines=20, message=bytes(4000), kind="room", seconds=1)
    assert "They waited behind client 1" in result.describe(), result.describe()


def test_ctrl_c_ends_it_and_leaves_nothing() -> None:
    ended = threading.Event()

    def interrupts(conn: socket.socket, addr: object) -> None:
        conn.recv(1024)
        signal.raise_signal(signal.SIGINT) if sys.platform == "win32" else os.kill(os.getpid(), signal.SIGINT)
        with contextlib.suppress(ConnectionError):
            while conn.recv(1024):
                pass
        ended.set()

    with serving(interrupts) as server:
        with pytest.raises(KeyboardInterrupt):
            load(server.address, 1, slow=0, seconds=20)
        assert ended.wait(5), "its connection is still open"
    assert {each.pid for each in psutil.Process().children()} <= {*copies.lasting()}


def test_what_it_does_stands_in_no_recording() -> None:
    with helpers.EchoServer() as server, helpers.watch() as recording:
        load(server.address, 3, slow=0, lines=2)
    assert len(recording.conversations) == 3
    assert all(each.client is None for each in recording.conversations)


def test_it_is_named_after_the_program_that_listens() -> None:
    source = 'import socket\nwith socket.create_server(("127.0.0.1", 0)) as listener:\n    listener.accept()[0].close()'
    program = helpers.background(source, name="<b>server.py")
    result = load(program.address, 1, slow=0)
    assert result.name == "<b>server.py" and "&lt;b&gt;server.py" in result.as_html() and "<b>" not in result.as_html()


def test_in_a_terminal_a_line_is_written_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        load(listener.getsockname(), 1, slow=0, seconds=0.3)
    shown = capsys.readouterr().out
    assert shown.startswith("\rthe server: a load of 1 client\rthe server: a load of 1 client, 0 answers so far, 1 not")
    assert shown.rpartition("\r")[2].startswith("the server: none of 1 client was served")


def test_in_a_notebook_the_line_says_at_last_what_it_said_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    updates: list[str] = []

    class Handle:
        def update(self, bundle: dict[str, str], raw: bool) -> None:
            updates.append(bundle["text/plain"])

    def display(bundle: dict[str, str], **how: Any) -> Handle:
        shown.append(bundle["text/plain"])
        return Handle()

    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=True))
    monkeypatch.setattr("IPython.display.display", display)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = load(listener.getsockname(), 1, slow=0, seconds=0.3)
    assert shown == ["the server: a load of 1 client", result.describe()]
    assert updates[-1] == shown[0] and updates[0] == f"{shown[0]}, 0 answers so far, 1 not served to the end yet"


@pytest.mark.skipif(sys.platform == "win32", reason="a loop there says nothing of its sockets")
def test_a_server_in_the_loop_of_the_cell_itself() -> None:
    async def main() -> None:
        async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0) as server:
            with pytest.raises(RuntimeError, match="%%background"):
                load(server.sockets[0].getsockname(), 1, slow=0)

    asyncio.run(main())


HERE = ("127.0.0.1", 65431)
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (("192.168.0.1", 80), {}, "may be somebody else's"),
    (("example.com", 80), {}, "may be somebody else's"),
    (("", 80), {}, "stands for every address"),
    (("127.0.0.1", 0), {}, "a port from 1"),
    ("127.0.0.1:80", {}, "a host and a port"),
    (None, {}, "does not listen"),
    (HERE, {"clients": 1001}, "clients at most"),
    (HERE, {"clients": 1}, "nobody is left to be measured"),
    (HERE, {"seconds": 1000}, "seconds is a time"),
    (HERE, {"message": "hello"}, "message is bytes"),
    (HERE, {"kind": "chat"}, "'echo'"),
    (HERE, {"kind": "room", "message": b"one\ntwo\n"}, "one line"),
    (HERE, {"lines": 10_000}, "lines at most"),
    (HERE, {"message": bytes(1 << 20)}, "MiB at most"),
    (HERE, {"name": 3}, "name is what"),
]


@pytest.mark.parametrize("address, how, sentence", REFUSED)
def test_what_is_refused_is_told_why(address: Any, how: dict[str, Any], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        load(address, **how)
