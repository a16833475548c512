"""The socket bench: real calls, real errors, what it shows of them, and what it leaves behind. How it is worked in a browser: tests/browser."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

import helpers
from helpers.course import storing
from helpers.notebook.boxes import WIDGET_VIEW
from helpers.notebook.cell import RunOfCell
from helpers.notebook.widget import LiveWidget
from helpers.panels import SocketBench
from helpers.panels.benches import line as bench_line
from helpers.panels.benches import panel as benches
from helpers.panels.benches.line import CODE
from helpers.panels.benches.panel import PRESSES
from helpers.running.install import uninstall
from helpers.sockets import kernel as sock_diag
from tests.lessons.hygiene import passing
from tests.support.notebooks import notebook_of, send_to
from tests.support.waiting import eventually

linux = pytest.mark.skipif(sys.platform != "linux", reason="here the kernel does not list what belongs to no process")

UP = ("server.create", "server.bind", "server.listen")
CONNECTED = (*UP, "client.create", "client.connect", "server.accept")


@pytest.fixture
def bench() -> Iterator[SocketBench]:
    made = helpers.panels.bench()
    yield made
    made.close()


def press(bench: SocketBench, *presses: str) -> str:
    """Press them all. Gives back what became of the last."""
    for each in presses:
        bench.press(each)
    return bench.status


def row(bench: SocketBench, name: str) -> dict[str, str]:
    rows: dict[str, dict[str, str]] = {each["name"]: each for each in bench.seen()["rows"]}
    return rows[name]


def kernel(bench: SocketBench) -> dict[str, str]:
    return {each["name"]: each["kernel"] for each in bench.seen()["rows"]}


def lines(bench: SocketBench) -> list[str]:
    return bench.program.splitlines()[1:]


# A conversation.


@pytest.mark.everywhere
def test_a_conversation(bench: SocketBench) -> None:
    press(bench, *CONNECTED)
    bench.press("client.send", "hi there")
    assert press(bench, "conn.recv") == "conn.recv(1024) → b'hi there'"
    press(bench, "conn.send", "client.recv", "client.close", "conn.recv", "conn.close", "server.close")
    assert bench.program == "\n".join(
        [
            "import socket",
            "server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
            "server.bind(('127.0.0.1', 0))",
            "address = server.getsockname()",
            "server.listen()",
            "client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
            "client.connect(address)",
            "conn, addr = server.accept()  # conn is a new socket",
            "client.sendall(b'hi there')",
            "conn.recv(1024)  # → b'hi there'",
            "conn.sendall(b'hello')",
            "client.recv(1024)  # → b'hello'",
            "client.close()",
            "conn.recv(1024)  # → b'', the end: the peer sends no more",
            "conn.close()",
            "server.close()",
        ]
    )
    words = bench.seen()["picture"]["words"]
    assert "listening socket, in the server's program\n   1 socket: created\n   2 bind: created → bound" in words
    assert "connection, made by accept in the server's program" in words
    assert all(each["stage"] == "closed" for each in bench.seen()["rows"])
    assert bench.program.splitlines()[-1] in bench.describe() and words in bench.describe()
    assert "server.close()" in bench.as_html() and '<img alt="' in bench.as_html()


@linux
@pytest.mark.parametrize("quickly", [True, False])
def test_the_kernels_states_follow(bench: SocketBench, quickly: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not quickly:
        monkeypatch.setattr(sock_diag, "works", lambda: False)
    press(bench, "server.create")
    assert kernel(bench) == {"client": "", "server": "", "conn": ""}
    press(bench, "server.bind")
    assert kernel(bench)["server"] == "not listed"
    press(bench, "server.listen", "client.create", "client.connect")
    assert kernel(bench) == {"client": "ESTABLISHED", "server": "LISTEN", "conn": ""}
    press(bench, "server.accept", "client.close")
    assert kernel(bench) == {"client": "FIN_WAIT2", "server": "LISTEN", "conn": "CLOSE_WAIT"}
    press(bench, "conn.close", "server.close")
    assert kernel(bench) == {"client": "TIME_WAIT", "server": "not listed", "conn": "not listed"}
    assert "client: closed; the kernel: TIME_WAIT (closed first;" in bench.describe()


def test_what_was_pressed_can_be_run_in_a_cell(bench: SocketBench) -> None:
    """One call after the other, though `accept` and `recv` were pressed too early, and waited."""
    press(bench, *UP, "server.accept", "client.create", "client.connect", "conn.recv", "client.send", "client.close")
    assert bench.program.count("# waited; ") == 2
    cell: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        exec(bench.program, cell)
        for name in ("server", "client", "conn"):
            stack.enter_context(cell[name])


def test_a_second_conversation(bench: SocketBench) -> None:
    press(bench, *CONNECTED, "client.close", "conn.close")
    assert press(bench, "client.connect").endswith("a closed socket does nothing any more; create makes a new one")
    press(bench, "client.create", "client.connect", "server.accept", "client.send")
    assert press(bench, "conn.recv") == "conn.recv(1024) → b'hello'"
    assert "client (2 sockets)" in bench.describe()


# Out of order.


@pytest.mark.parametrize(
    ("presses", "error", "reason"),
    [
        (("client.connect",), "NameError", "there is no client yet"),
        (("client.create", "client.connect"), "NameError", "the server's bind gives it one"),
        (("conn.recv",), "NameError", "accept makes one"),
        (
            ("server.create", "server.bind", "client.create", "client.connect"),
            "ConnectionRefusedError",
            "nobody listens",
        ),
        ((*UP, "server.close", "client.create", "client.connect"), "ConnectionRefusedError", "nobody listens"),
        (("server.create", "server.accept"), "OSError", "it does not listen yet"),
        (("server.create", "server.bind", "server.bind"), "OSError", "it has an address already"),
        ((*UP, "server.recv"), "OSError", "a listening socket never talks"),
        (("client.create", "client.recv"), "OSError", "there is nobody to talk to"),
        ((*CONNECTED, "client.connect"), "OSError", "it is connected already"),
        ((*CONNECTED, "conn.accept"), "OSError", "only a listening socket accepts"),
        ((*CONNECTED, "client.listen"), "OSError", "a socket does not listen and talk"),
        ((*CONNECTED, "client.close", "client.send"), "OSError", "a closed socket does nothing any more"),
    ],
)
def test_a_call_out_of_order(bench: SocketBench, presses: tuple[str, ...], error: str, reason: str) -> None:
    status = press(bench, *presses)
    assert f": {error}: " in status and reason in status
    assert status.partition(": ")[2] in lines(bench)[-1]
    assert bench.error.startswith(error)
    assert "[Errno" not in bench.describe() + bench.as_html()  # the number is another on each system


def test_a_refused_connect_is_told_without_the_note_on_cells(bench: SocketBench) -> None:
    status = press(bench, "server.create", "server.bind", "client.create", "client.connect")
    assert status == "client.connect(address): ConnectionRefusedError: nobody listens at this address"
    assert bench.error.startswith("ConnectionRefusedError: [") and "\n" not in bench.error
    assert "run its cell" not in str(bench.seen())
    assert row(bench, "client")["stage"] == "created"
    press(bench, "server.listen")
    assert bench.error == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows wants a bind before listen")
def test_listen_without_bind_gives_an_address_too(bench: SocketBench) -> None:
    press(bench, "server.create", "server.listen", "client.create")
    assert lines(bench)[1:3] == ["server.listen()", bench_line.ADDRESS]
    assert press(bench, "client.connect") == "client.connect(address) has returned"
    assert press(bench, "server.accept").endswith("conn is a new socket")
    assert "2 listen: created → listening" in bench.describe()
    press(bench, "server.listen")
    assert bench.program.count(bench_line.ADDRESS) == 1  # it has not changed


def test_the_listen_that_follows_a_bind_asks_for_no_address_again(bench: SocketBench) -> None:
    press(bench, *UP, "client.create", "client.listen")
    assert bench.program.count(bench_line.ADDRESS) == 1


@linux  # elsewhere such a socket is spent
def test_a_connect_that_was_refused_may_be_tried_again(bench: SocketBench) -> None:
    press(bench, "server.create", "server.bind", "client.create", "client.connect", "server.listen")
    assert press(bench, "client.connect") == "client.connect(address) has returned"


def outcomes(code: list[str]) -> list[str]:
    """What the lines give with plain sockets, one after the other: the first line of what they raise."""
    said = []
    namespace: dict[str, Any] = {"socket": socket}
    with contextlib.ExitStack() as made:
        for line in code:
            try:
                exec(line, namespace)
                said.append("")
            except (OSError, NameError) as error:
                said.append("".join(traceback.format_exception_only(error)).splitlines()[0])
            for each in namespace.values():
                if isinstance(each, socket.socket):
                    made.enter_context(each)
    return said


STAGES = {
    "nothing": (),
    "created": ("server.create",),
    "bound": ("server.create", "server.bind"),
    "listening": UP,
    "connected": (*UP, "client.create", "client.connect", "client.send", "server.accept", "conn.send"),
    "closed": (*UP, "server.close"),
    "closed with a peer": (*CONNECTED, "client.close"),
}


TRIED = [(stage, call) for stage in STAGES for call in CODE if (stage, call) != ("listening", "accept")]  # which waits


@pytest.mark.slow
@pytest.mark.everywhere(one_in=8)
@pytest.mark.parametrize(("stage", "call"), TRIED)
def test_it_raises_what_a_plain_socket_raises(bench: SocketBench, stage: str, call: str) -> None:
    name = "client" if "client.create" in STAGES[stage] else "server"
    press(bench, *STAGES[stage], f"{name}.{call}")
    uninstall()
    code = []
    for who, what in (each.split(".") for each in (*STAGES[stage], f"{name}.{call}")):
        code.append(CODE[what].format(name=who, data=b"hello"))
        if (who, what) == ("server", "bind") and bench_line.ADDRESS not in code:
            code.append(bench_line.ADDRESS)
    assert bench.error.partition("\n")[0] == outcomes(code)[-1]


# Waiting.


@pytest.mark.everywhere
def test_accept_waits_and_connect_lets_it_return(bench: SocketBench) -> None:
    assert press(bench, *UP, "server.accept").startswith("conn, addr = server.accept() waits for a client")
    assert lines(bench)[-1] == "# conn, addr = server.accept()  (waits)"
    assert row(bench, "server")["waits"] == "accept" and row(bench, "conn")["busy"]
    assert "listening, waits in accept" in bench.describe()
    for busy in ("server.close", "conn.recv"):
        assert press(bench, busy) == f"{busy} has to wait its turn: the server's program waits in server.accept"
    status = press(bench, "client.create", "client.connect")
    assert status == "client.connect(address) has returned; conn, addr = server.accept(): waited; conn is a new socket"
    assert lines(bench)[-2:] == [
        "client.connect(address)",
        "conn, addr = server.accept()  # waited; conn is a new socket",
    ]
    assert not row(bench, "server")["busy"]


def test_recv_waits_for_bytes_or_for_the_end(bench: SocketBench) -> None:
    press(bench, *CONNECTED)
    assert press(bench, "conn.recv").startswith("conn.recv(1024) waits for bytes")
    assert press(bench, "client.send").endswith("conn.recv(1024): waited; → b'hello'")
    press(bench, "conn.recv")
    assert press(bench, "client.close").endswith("→ b'', the end: the peer sends no more")


@pytest.mark.parametrize("call", ["accept", "recv"])
def test_a_call_that_is_stopped_leaves_its_socket_as_it_is(bench: SocketBench, call: str) -> None:
    press(bench, *CONNECTED)
    name = "server" if call == "accept" else "conn"
    press(bench, f"{name}.{call}")
    bench.stop_waiting(name)
    assert bench.status.endswith("KeyboardInterrupt: you stopped it while it waited")
    assert f"{call} failed on a" in bench.describe() and "KeyboardInterrupt" in bench.describe()
    assert not row(bench, name)["busy"]
    if call == "accept":
        press(bench, "client.create", "client.connect", "server.accept")
    bench.press("client.send")
    assert press(bench, "conn.recv") == "conn.recv(1024) → b'hello'"


@pytest.mark.everywhere
@linux
def test_a_connect_that_waits_can_be_stopped(bench: SocketBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CODE, "listen", "{name}.listen(0)")
    press(bench, *UP)
    for _ in range(4):
        press(bench, "client.create", "client.connect")
        if row(bench, "client")["waits"]:
            break
    assert row(bench, "client")["waits"] == "connect" and kernel(bench)["client"] in ("SYN_SENT", "")
    bench.stop_waiting("client")
    assert "KeyboardInterrupt" in bench.status


def test_a_stranger_lets_accept_return(bench: SocketBench) -> None:
    press(bench, *UP, "server.accept")
    told = threading.Event()
    bench.watch_for_changes(told.set)
    with socket.create_connection(bench.namespace["address"], timeout=5):
        assert told.wait(5)
        assert eventually(lambda: bench.status == "conn, addr = server.accept(): waited; conn is a new socket")
        assert not row(bench, "server")["busy"]


def test_a_press_that_is_interrupted(bench: SocketBench, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    press(bench, *UP)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("helpers.panels.benches.panel.wait_for_rest", interrupt)
        bench.press("server.accept")
    assert "server.accept()" in press(bench, "client.create", "client.connect")


# What is shown of others, and what is not.


def test_what_others_do_is_not_in_the_picture(bench: SocketBench) -> None:
    other = helpers.panels.bench(*UP, "server.accept")
    press(bench, *UP, "server.accept")
    with helpers.EchoServer() as server, socket.create_connection(server.address or (), timeout=5) as s:
        s.sendall(b"private")
        s.recv(100)
    press(other, "client.create", "client.connect")
    press(bench, "server.close")
    words = bench.seen()["picture"]["words"]
    assert "client" not in words.replace("\n   ", "").partition("listening socket")[0].splitlines()[-1]
    assert "EchoServer" not in words and "sendall" not in words and "connect:" not in words
    other.close()


def test_text_is_only_sent(bench: SocketBench) -> None:
    evil = "'); import os; os.abort() #\n<script>\x1b\u202e\ud800"
    press(bench, *CONNECTED)
    bench.press("client.send", evil)
    press(bench, "conn.recv")
    sent = evil.encode("utf-8", "replace")
    assert lines(bench)[-2:] == [f"client.sendall({sent!r})", f"conn.recv(1024)  # → {sent!r}"]
    assert "<script>" not in bench.as_html()
    bench.press("client.send", "x" * 10_000)
    assert press(bench, "conn.recv") == f"conn.recv(1024) → b'{'x' * bench_line.LONGEST}'"


def test_a_name_that_is_given_again_closes_what_it_was(bench: SocketBench) -> None:
    press(bench, *CONNECTED)
    assert "closes the client of before, to which nothing refers any more" in press(bench, "client.create")
    assert press(bench, "conn.recv").startswith("conn.recv(1024) → b''")
    assert "Python did, when nothing referred to it any more" in bench.describe()
    press(bench, "client.close", "client.create")
    assert lines(bench)[-1] == "client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)"


# What is left.


def listeners(bench: SocketBench) -> int:
    return sum(isinstance(each, socket.socket) and each.fileno() >= 0 for each in bench.namespace.values())


def test_start_over(bench: SocketBench) -> None:
    press(bench, *CONNECTED, "server.accept", "client.recv")
    address = bench.namespace["address"]
    bench.start_over()
    assert bench.program == "import socket"
    assert row(bench, "server")["stage"] == "not there yet" and not row(bench, "server")["busy"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    press(bench, *CONNECTED, "client.send")
    assert press(bench, "conn.recv") == "conn.recv(1024) → b'hello'"


def test_closed_it_does_nothing() -> None:
    bench = helpers.panels.bench(*UP, "server.accept", "client.create")
    bench.close()
    bench.close()
    press(bench, "client.connect", "server.create")
    bench.stop_waiting("server")
    bench.start_over()
    assert bench.status == "closed; run the cell again for a new bench"
    assert bench.seen()["said"]["closed"] and not listeners(bench)


def test_while_nothing_waits_there_is_no_thread(bench: SocketBench) -> None:
    press(bench, *CONNECTED)
    assert not [thread for thread in threading.enumerate() if "program" in thread.name]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_anything_in_any_order(seed: int) -> None:
    dice = random.Random(seed)
    both = [helpers.panels.bench(), helpers.panels.bench(*UP)]
    for _ in range(150):
        bench = dice.choice(both)
        match dice.randrange(20):
            case 0:
                bench.start_over()
            case 1 | 2:
                bench.stop_waiting(dice.choice(["client", "server"]))
            case _:
                bench.press(dice.choice(PRESSES))
        assert "cannot be drawn" not in bench.error
    for bench in both:
        bench.close()
        runs(bench.program)


def runs(program: str) -> None:
    """Copied into a file, it comes to its end: nothing hangs, and what failed is caught."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"{done.stderr}\n{program}"


def test_its_program_can_be_copied_and_run(bench: SocketBench) -> None:
    press(bench, "client.send", "server.create", "server.accept", "server.bind", "server.listen", "server.accept")
    bench.stop_waiting("server")
    press(bench, "client.create", "client.recv", "client.connect", "server.accept", "client.close", "client.send")
    runs(bench.program)
    assert "# client.sendall(b'hello')  # NameError: there is no client yet; create makes one" in bench.program
    assert (
        "try:\n    conn, addr = server.accept()\nexcept OSError:\n    pass  # OSError: it does not listen yet"
        in bench.program
    )
    assert "# conn, addr = server.accept()  # KeyboardInterrupt: you stopped it while it waited" in bench.program


def test_a_program_has_an_end(bench: SocketBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benches, "LINES", 3)
    assert press(bench, *UP, "server.close") == "3 lines are enough for one program. Start over for more"
    bench.start_over()
    press(bench, "server.create")
    assert len(lines(bench)) == 1


# Around it.


def test_a_wrong_press_gets_the_list() -> None:
    for wrong in ("server.accpet", "conn.create", "server", ""):
        with pytest.raises(
            ValueError, match=r"no button '.*'\. It has: client\.create, client\.bind, .*, conn\.close\.$"
        ):
            helpers.panels.bench("server.create", wrong)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "dance"},
        {"do": "press"},
        {"do": "press", "press": "client.create"},
        {"do": "press", "press": "client.dance", "text": ""},
        {"do": "press", "press": ["client"], "text": ""},
        {"do": "stop", "name": "nobody"},
    ],
)
def test_nonsense_is_overlooked(bench: SocketBench, message: dict[str, Any]) -> None:
    before = bench.seen()
    bench.obey(message)
    assert bench.seen() == before


def test_what_is_sent_is_a_text_or_bytes(bench: SocketBench) -> None:
    for each in (*UP, "client.create", "client.connect", "server.accept"):
        bench.press(each)
    bench.press("client.send", b"\xff")
    bench.press("client.send", "é")
    bench.press("conn.recv")
    assert bench.status == r"conn.recv(1024) → b'\xff\xc3\xa9'"
    with pytest.raises(TypeError, match=r"bench\.press\('client\.send', b'hello'\)\. This is 5\."):
        bench.press("client.send", 5)  # type: ignore[arg-type]


def test_a_cell_that_runs_again_closes_its_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    def runs(cell: str, run: str) -> None:
        monkeypatch.setattr("helpers.panels.benches.panel.running_cell", lambda: RunOfCell(cell, run))

    runs("this one", "first time")
    first, beside = helpers.panels.bench(*UP), helpers.panels.bench()
    assert not first.closed and not beside.closed
    runs("this one", "again")
    second = helpers.panels.bench()
    assert first.closed and beside.closed and not second.closed
    runs("another", "first time")
    helpers.panels.bench().close()
    assert not second.closed
    second.close()


def test_a_cell_that_is_interrupted_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = SocketBench.press

    def press_and_interrupt(self: SocketBench, press: str) -> None:
        plain(self, press)
        if press == "server.accept":
            raise KeyboardInterrupt

    monkeypatch.setattr(SocketBench, "press", press_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        helpers.panels.bench(*UP, "server.accept")
    assert not [thread for thread in threading.enumerate() if "program" in thread.name]


def test_the_widget(bench: SocketBench, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = LiveWidget(bench)
    said: list[object] = []
    monkeypatch.setattr(widget, "send", said.append)
    for press in (*UP, "server.accept"):
        send_to(widget, do="press", press=press, text="", id=0.5)
    assert said == [{"done": 0.5}] * 4
    assert widget.rows[1]["waits"] == "accept"
    assert widget.program.endswith("(waits)") and "now: listening" in widget.picture["words"]
    send_to(widget, do="stop", name="server", id=1)
    assert "KeyboardInterrupt" in widget.said["status"]
    assert widget.comm is not None
    widget.comm.handle_close({})  # as when the page closes it
    assert bench.closed and widget.said["closed"] and not listeners(bench)


# In a kernel.

CELL = """
import helpers
from helpers.course import storing
helpers.panels.bench(
    "server.create", "server.bind", "client.create", "client.connect", "server.listen", "server.accept", "client.create",
    "client.connect",
    "client.send", "conn.recv", "server.recv", "server.accept",
)
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the cell puts out, run again and again."""
    lesson = notebook_of(*[CELL] * 4)
    storing.run(lesson, tmp_path_factory.mktemp("bench"))
    return [output.data for cell in lesson.cells for output in cell.outputs]


@pytest.mark.slow
def test_in_a_notebook_it_is_the_same_at_every_run(shown: list[dict[str, Any]]) -> None:
    assert len(shown) == 4
    for kind in ("text/plain", "text/html"):
        assert len({data[kind] for data in shown}) == 1
        assert not list(passing(shown[0][kind], CELL))


def test_in_a_notebook_it_has_what_a_page_needs_that_has_no_kernel(shown: list[dict[str, Any]]) -> None:
    data = shown[0]
    assert set(data) == {"text/plain", "text/html", WIDGET_VIEW}
    assert "listening, waits in accept; the kernel: LISTEN" in data["text/html"]
    assert re.search(r"# ConnectionRefusedError: nobody listens", data["text/html"])
