"""Whatever a program waits in, it stops at once, and nothing of it stays."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import socket
import threading
import time

import pytest

import helpers
from helpers.running import group
from helpers.running import program as programs
from helpers.running.install import install
from helpers.running.thread_program import ThreadProgram
from helpers.sockets.plain import plain_socket
from tests.support.stopping import start, stops_within_promise
from tests.support.waiting import eventually

SENT = 5_000_000
"""Bytes: more than the system takes at once."""

for module in ("asyncio", "concurrent.futures.thread", "http.server", "selectors"):
    importlib.import_module(module)  # a program that is stopped in the middle of its import would leave half of it

# In whatever method of a socket it waits: tests/sockets/test_blocking.py.
WAITING = {
    "makefile": "a, b = socket.socketpair(); b.makefile('r').readline()",
    "a thread pool": """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(); pool.submit(print); pool.submit(time.sleep, 60)
time.sleep(60)""",
    "_thread": "import _thread; _thread.start_new_thread(time.sleep, (60,)); time.sleep(60)",
    "input": "input('name? ')",
    "stdin": "import sys\nfor line in sys.stdin: pass",
    "sleep": "time.sleep(60)",
    "event": "threading.Event().wait()",
    "queue": "import queue; queue.Queue().get()",
    "join": "t = threading.Thread(target=time.sleep, args=(60,)); t.start(); t.join()",
    "threads that go on": "for _ in range(3): threading.Thread(target=time.sleep, args=(60,)).start()",
    "socketserver": """
import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile: self.wfile.write(line)
with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Echo) as server: server.serve_forever()""",
    "http.server": """
import http.server
with http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler) as server: server.serve_forever()""",
    "selectors": """
import selectors
with selectors.DefaultSelector() as selector, socket.create_server(('127.0.0.1', 0)) as listener:
    selector.register(listener, selectors.EVENT_READ)
    while True: selector.select()""",
    "asyncio": """
import asyncio
async def echo(reader, writer):
    while data := await reader.read(100): writer.write(data)
async def main():
    async with await asyncio.start_server(echo, '127.0.0.1', 0) as server: await server.serve_forever()
asyncio.run(main())""",
    "asyncio.sleep": "import asyncio; asyncio.run(asyncio.sleep(60))",
    "swallows Exception": """
a, b = socket.socketpair()
while True:
    try: b.recv(1)
    except Exception: pass""",
    "computes": "while True: pass",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of these programs never listen: their start need not wait for it."""
    monkeypatch.setattr(programs, "PATIENCE", 0.1)


@pytest.mark.usefixtures("each_kind_of_socket")
@pytest.mark.parametrize("what", WAITING)
def test_a_program_that_waits_stops_within_50_ms(what: str) -> None:
    stops_within_promise(lambda: start(WAITING[what], what))


def test_with_blocks_unwind_and_except_exception_does_not_see_the_stop() -> None:
    program = start(
        """
try:
    with socket.create_server(('127.0.0.1', 0)) as listener:
        try:
            listener.accept()
        except Exception:
            print('swallowed')
finally:
    print('closed' if listener.fileno() < 0 else 'open')""",
        "with",
    )
    program.stop()
    assert program.output == "closed\n"


def test_a_program_may_say_goodbye_as_after_ctrl_c() -> None:
    program = start(
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "try: listener.accept()\nexcept KeyboardInterrupt: print('bye')",
        "polite",
    )
    program.stop()
    assert program.output == "bye\n"


CLEANS_UP = """
import asyncio
async def main():
    try:
        print('begun')
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.3)
        print('cleaned up')
asyncio.run(main())"""


def test_one_that_cleans_up_has_the_time_for_it() -> None:
    """As after Ctrl-C: of its coroutines none is left, to be destroyed under somebody else's eyes."""
    program = start(CLEANS_UP, "tidy")
    assert eventually(lambda: program.output)
    program.stop()
    assert (program.output, program.status) == ("begun\ncleaned up\n", "stopped")


@pytest.mark.usefixtures("each_kind_of_socket")
def test_on_its_way_out_calls_do_what_they_do_after_ctrl_c() -> None:
    program = start(
        """
a, b = socket.socketpair()
blocked, _ = socket.socketpair()
try:
    blocked.recv(1)
finally:
    begun = time.monotonic()
    time.sleep(0.2)
    a.sendall(b'x')
    print(b.recv(1), time.monotonic() - begun >= 0.2)
    b.settimeout(0.1)
    try:
        b.recv(1)
    except TimeoutError:
        print('timed out')
    answered = threading.Event()
    print(answered.wait(0.1))""",
        "thorough",
    )
    program.stop()
    assert program.output == "b'x' True\ntimed out\nFalse\n"


IN_A_CIRCLE = "try: 1 / 0\n  except ZeroDivisionError as e: e.__context__ = e; time.sleep(60)"


@pytest.mark.parametrize(
    "last", ["b.recv(1)", "threading.Event().wait()", "time.sleep(60)", "while True: pass", IN_A_CIRCLE]
)
def test_one_that_would_clean_up_for_ever_is_stopped_all_the_same(last: str) -> None:
    program = start(
        f"import threading\na, b = socket.socketpair()\ntry: b.recv(1)\nfinally:\n  print('begun')\n  {last}",
        "endless",
    )
    begun = time.monotonic()
    program.stop()
    assert (program.status, program.output) == ("stopped", "begun\n")
    assert time.monotonic() - begun < group.STOP_TIMEOUT


def test_one_that_swallows_everything_is_stopped_all_the_same() -> None:
    program = start("for _ in range(3):\n  try: time.sleep(60)\n  except: print('no')\ntime.sleep(60)", "stubborn")
    program.stop()
    assert program.status == "stopped"


def test_what_it_left_open_is_closed_when_it_ends() -> None:
    program = start("listener = socket.create_server(('127.0.0.1', 0)); keep = [listener]", "careless")
    assert program.wait(10) and program.address
    with plain_socket() as visitor, pytest.raises(ConnectionRefusedError):
        visitor.connect(program.address)


def test_a_function_that_waits_for_a_socket_of_the_notebook_is_woken() -> None:
    install()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stops_within_promise(lambda: helpers.background(lambda: theirs.recv(1), "borrower"))


def test_it_can_stop_itself() -> None:
    program = helpers.background("import helpers\nhelpers.program('self').stop()\nprint('not reached')", "self")
    assert program.wait(10)
    assert (program.status, program.output) == ("stopped", "")


@pytest.mark.usefixtures("each_kind_of_socket")
def test_a_stop_that_meets_a_client_loses_no_descriptor() -> None:
    """Between the system's accept and Python's socket, the connection is nothing but a number."""
    for _ in range(200):
        program = start(
            "with socket.create_server(('127.0.0.1', 0)) as listener:\n  conn, _ = listener.accept()", "met"
        )
        with plain_socket() as client:
            client.connect(program.address)  # type: ignore[arg-type]
            program.stop()


@pytest.mark.slow
def test_a_thousand_starts_and_stops_leave_nothing() -> None:
    """The fixture counts what is left."""
    for _ in range(1000):
        program = start("listener = socket.create_server(('127.0.0.1', 0)); listener.accept()", "again")
        assert program.address
        program.stop()
    assert not [thread for thread in threading.enumerate() if "again" in thread.name]


# Stopped between making a socket and giving it a name, Python closes it itself, and says so in a warning.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_starts_and_stops_that_race_leave_nothing() -> None:
    """Stopped at whatever point of its life it is."""
    install()
    for turn in range(200):
        program = ThreadProgram(
            "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\nlistener.accept()", "race"
        )
        program.start()
        for _ in range(turn * 20):
            pass
        program.stop()
        assert not program.running
        assert program.error is None


def test_stopped_while_it_starts_threads_it_leaves_none() -> None:
    install()
    before = set(threading.enumerate())
    code = "import threading, time\nfor _ in range(10): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    for turn in range(200):
        program = ThreadProgram(code, "starter")
        program.start()
        for _ in range(turn * 50):
            pass
        program.stop()
        assert not set(threading.enumerate()) - before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking a process with threads: what is tried here
def test_a_forked_process_that_ends_leaves_its_parents_connections_alone() -> None:
    with helpers.EchoServer() as server, plain_socket() as client:
        client.connect(server.address)  # type: ignore[arg-type]
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        child = multiprocessing.get_context("fork").Process(target=int)
        child.start()
        child.join(10)
        child.close()
        client.settimeout(5)
        client.sendall(b"b")
        assert client.recv(1) == b"b"


@pytest.mark.usefixtures("each_kind_of_socket")
@pytest.mark.parametrize("wrong", ["listener.recv(10)", "listener.send(b'x')", "client.accept()"])
def test_a_call_that_a_socket_cannot_make_does_not_wait(wrong: str) -> None:
    program = helpers.background(
        "import socket\nwith socket.create_server(('127.0.0.1', 0)) as listener:\n"
        f"  with socket.create_connection(listener.getsockname()) as client:\n    {wrong}",
        "wrong",
    )
    assert program.wait(10)
    assert re.search("OSError|BrokenPipeError", program.error or ""), program.status


@pytest.mark.usefixtures("each_kind_of_socket")
def test_one_thread_receives_while_another_sends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        received: list[object] = []

        def receive() -> None:
            try:
                received.append(ours.recv(1))
            except OSError as error:
                received.append(error)

        sender = threading.Thread(target=ours.sendall, args=(b"x" * SENT,))
        receiver = threading.Thread(target=receive)
        sender.start()
        receiver.start()
        theirs.sendall(b"!")
        left = SENT  # exactly: one more `recv` would wait for ever
        while left:
            left -= len(theirs.recv(1_000_000))
        sender.join()
        receiver.join()
        assert received == [b"!"]
