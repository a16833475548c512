"""What happens between processes is recorded, and drawn, as what happens between threads."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.running.group import stop_all
from tests.support.untimed import untimed as untimed
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # each starts Pythons

SERVER = """
import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    s.listen()
    while True:
        conn, addr = s.accept()
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data)
"""
THREADED = """
import socket, threading
def serve(conn):
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data.upper())
with socket.create_server(("127.0.0.1", 0)) as s:
    while True:
        conn, addr = s.accept()
        threading.Thread(target=serve, args=(conn,)).start()
"""
UDP = """
import socket
with socket.socket(type=socket.SOCK_DGRAM) as s:
    s.bind(("127.0.0.1", 0))
    while True:
        data, whom = s.recvfrom(1024)
        s.sendto(data[::-1], whom)
"""
CLIENT = """
import socket
with socket.socket() as s:
    s.connect(("127.0.0.1", {port}))
    while text := input("?: "):
        s.sendall(text.encode())
        print(s.recv(1024))
"""
TWO_CLIENTS = """
import socket
a = socket.create_connection(("127.0.0.1", {port}))
b = socket.create_connection(("127.0.0.1", {port}))
with a, b:
    a.sendall(b"first"); print(a.recv(9))
    b.sendall(b"second"); print(b.recv(9))
"""
LEAVES_OPEN = """
import socket
s = socket.create_connection(("127.0.0.1", {port}))
s.sendall(b"hello")
s.recv(5)
"""
FALLS = LEAVES_OPEN + "1 / 0\n"
SLEEPS = """
import socket, time
with socket.create_connection(("127.0.0.1", {port})) as s:
    for _ in range(3):
        s.sendall(b"x"); s.recv(1)
        time.sleep(0.1)
"""
PAIR = "import socket\na, b = socket.socketpair()\nwith a, b:\n    a.sendall(b'x'); b.recv(1)"
ASKS_BY_UDP = """
import socket
with socket.socket(type=socket.SOCK_DGRAM) as s:
    s.sendto(b"abc", ("127.0.0.1", {port}))
    print(s.recvfrom(10)[0])
"""


def test_who_has_just_taken_a_line_does_not_rest() -> None:
    """It has read the last byte, and waits for its turn: nothing more is typed, and it is not at the prompt."""
    code = """
import os, socket, time
read = os.read
def slow(fd, size):
    data = read(fd, size)
    time.sleep(0.05)
    return data
os.read = slow
input("? ")
one, other = socket.socketpair()
one.send(b"after the prompt")
"""
    program = helpers.background(code, "asks.py", process=True)
    assert program.output == "? "
    with helpers.watch() as recording:
        program.type("x")
    assert program.wait(30) and "after the prompt" in recording.describe()


def started(code: str, name: str, process: bool, *typed: str, port: int = 0) -> helpers.Program:
    program = helpers.background(code.replace("{port}", str(port)), name, typed, process=process)
    assert program.error is None, program.error
    return program


def port_of(program: helpers.Program) -> int:
    assert program.address, program
    return int(program.address[1])


Forms = tuple[str, dict[str, str]]


def forms(picture: Picture) -> Forms:
    return picture.describe(), picture._repr_mimebundle_()


def the_same(ways: Sequence[Callable[[], list[Forms]]]) -> None:
    """All show the same."""
    first, *others = (way() for way in ways)
    for pictures in others:
        assert [text for text, _ in pictures] == [text for text, _ in first]
        assert pictures == first


def a_conversation(process: bool, server: str, client: str, *typed: str) -> Iterator[Picture]:
    """From its first call to its last."""
    program = started(server, "server.py", process)
    with helpers.watch() as recording:
        other = started(client, "client.py", process, *typed, port=port_of(program))
        assert other.wait(30), other
    assert recording.missing == []
    yield recording.draw()


def from_the_middle(process: bool) -> Iterator[Picture]:
    """Each part of it in a recording of its own."""
    program = started(SERVER, "server.py", process)
    client = started(CLIENT, "client.py", process, "before", port=port_of(program))
    assert eventually(lambda: "before'" in client.output)
    for line in ("hello", "world", ""):
        with helpers.watch() as recording:
            client.type(line)
        yield recording.draw()
    with helpers.watch() as recording:
        pass
    yield recording.draw()


def stopped_in_the_middle(process: bool) -> Iterator[Picture]:
    program = started(SERVER, "server.py", process)
    client = started(CLIENT, "client.py", process, "hello", port=port_of(program))
    assert eventually(lambda: "hello'" in client.output)
    with helpers.watch() as recording:
        client.stop()
    yield recording.draw()
    with helpers.watch() as recording:
        program.stop()
    yield recording.draw()


def through_a_link(process: bool) -> Iterator[Picture]:
    program = started(SERVER, "server.py", process)
    with helpers.Link(program.address) as link:  # type: ignore[arg-type]
        assert link.address
        with helpers.watch() as recording:
            started(CLIENT, "client.py", process, "hello", "", port=link.address[1]).wait(30)
        yield recording.draw()


def with_the_notebook(process: bool) -> Iterator[Picture]:
    program = started(SERVER, "server.py", process)
    assert program.address
    with helpers.watch() as recording, socket.create_connection(program.address) as client:
        for text in (b"one", b"two"):
            client.sendall(text)
            client.recv(10)
    yield recording.draw()


SCENES = {
    "a conversation": lambda process: a_conversation(process, SERVER, CLIENT, "hello", "world", ""),
    "threads": lambda process: a_conversation(process, THREADED, TWO_CLIENTS),
    "left open": lambda process: a_conversation(process, SERVER, LEAVES_OPEN),
    "sleeps in between": lambda process: a_conversation(process, SERVER, SLEEPS),
    "datagrams": lambda process: a_conversation(process, UDP, ASKS_BY_UDP),
    "from the middle": from_the_middle,
    "stopped in the middle": stopped_in_the_middle,
    "through a link": through_a_link,
    "with the notebook": with_the_notebook,
}


@pytest.mark.usefixtures("untimed")
@pytest.mark.parametrize("what", SCENES)
def test_the_picture_of_processes_is_that_of_threads(what: str) -> None:
    def run(process: bool) -> list[Forms]:
        pictures = [forms(picture) for picture in SCENES[what](process)]
        stop_all()
        return pictures

    the_same([lambda: run(False), lambda: run(True)])


@pytest.mark.usefixtures("untimed")
def test_a_process_and_a_thread_talk_as_two_threads_do() -> None:
    def run(server: bool, client: bool) -> list[Forms]:
        program = started(SERVER, "server.py", server)
        with helpers.watch() as recording:
            started(CLIENT, "client.py", client, "hello", "", port=port_of(program)).wait(30)
        return [forms(recording.draw())]

    the_same([lambda: run(False, False), lambda: run(False, True), lambda: run(True, False)])


def test_how_long_one_in_a_process_waited_is_told() -> None:
    program = started(SERVER, "server.py", True)
    client = started(CLIENT, "client.py", True, port=port_of(program))
    with helpers.watch() as recording:
        client.type("hello")
        assert eventually(lambda: "hello'" in client.output)
        program.wait_for_rest(5)
        time.sleep(0.06)
        client.type("")
    waits = [event.waited for event in recording.events if event.program == "server.py" and event.call == "recv"]
    assert waits[-1] >= 0.06
    assert re.search(r"server.py: recv\(1024\) → b'' .*\(waited [\d.]+ s\)", recording.draw().describe())


def test_each_byte_is_known_wherever_it_came_from() -> None:
    program = started(SERVER, "server.py", True)
    with helpers.watch() as recording:
        started(CLIENT, "client.py", True, "hello", "", port=port_of(program)).wait(30)
    (conversation,) = recording.conversations
    assert [(flow.sent.program, flow.received.program, flow.size) for flow in conversation.flows] == [  # type: ignore[union-attr]
        ("client.py", "server.py", 5),
        ("server.py", "client.py", 5),
    ]
    assert not conversation.unsure and not conversation.unread
    places = {(event.call, event.program): event.order for event in recording.events}
    assert places["connect", "client.py"] < places["accept", "server.py"]


def test_a_recording_that_begins_in_the_middle_knows_where_it_came_in() -> None:
    program = started(SERVER, "server.py", True)
    client = started(CLIENT, "client.py", True, "before", port=port_of(program))
    assert eventually(lambda: "before'" in client.output)
    with helpers.watch() as recording:
        client.type("hello")
    assert [(event.call, event.offset) for event in recording.events if event.size] == [
        ("sendall", 6), ("recv", 6), ("sendall", 6), ("recv", 6),
    ]  # fmt: skip
    waiting = [(event.call, event.program) for event in recording.events if event.ended is None]
    assert ("recv", "server.py") in waiting


def test_the_same_socket_is_the_same_in_two_recordings() -> None:
    program = started(SERVER, "server.py", True)
    client = started(CLIENT, "client.py", True, "a", port=port_of(program))
    numbers = []
    for line in ("b", "c"):
        with helpers.watch() as recording:
            client.type(line)
        numbers.append({event.socket.number for event in recording.events})
    assert numbers[0] == numbers[1]


def test_two_recordings_at_once() -> None:
    program = started(SERVER, "server.py", True)
    client = started(CLIENT, "client.py", True, port=port_of(program))
    with helpers.watch() as outer:
        client.type("one")
        with helpers.watch() as inner:
            client.type("two")
        client.type("three")
    sent = [
        [event.data for event in each.events if event.sends and event.program == "client.py"] for each in (outer, inner)
    ]
    assert sent == [[b"one", b"two", b"three"], [b"two"]]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_what_a_killed_program_did_is_said_to_be_unknown() -> None:
    program = started(SERVER, "server.py", True)
    with helpers.watch() as recording:
        code = CLIENT + "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        client = started(code, "client.py", True, "hello", "", port=port_of(program))
    assert client.status == "was killed (SIGKILL)"
    assert recording.missing == ["What client.py did is not known: it was killed (SIGKILL) before it could tell."]
    assert recording.missing[0] in recording.draw().describe()
    assert [event.data for event in recording.events if event.receives] == [b"hello", b""]


def test_one_that_falls_is_recorded_to_its_end() -> None:
    program = started(SERVER, "server.py", True)
    with helpers.watch() as recording:
        client = helpers.background(FALLS.replace("{port}", str(port_of(program))), "client.py", process=True)
        assert client.wait(30)
    assert client.status == "fell" and recording.missing == []
    assert [event.call for event in recording.events if event.program == "client.py"][-2:] == ["recv", "close"]


def test_a_great_many_calls_come_over() -> None:
    program = started(SERVER, "server.py", True)
    code = (
        "import socket\nwith socket.create_connection(('127.0.0.1', {port})) as s:\n"
        "    for n in range(2000):\n        s.sendall(b'x')\n        s.recv(1)"
    )
    with helpers.watch() as recording:
        assert started(code, "client.py", True, port=port_of(program)).wait(20)
    assert sum(event.call == "sendall" for event in recording.events) == 4000
    assert len(recording.conversations[0].flows) == 4000
    with helpers.watch(limit=100) as short:
        assert started(code, "client.py", True, port=port_of(program)).wait(20)
    assert short.dropped > 7000


def test_what_the_kernel_says_of_a_process() -> None:
    program = started(SERVER, "server.py", True)
    with helpers.states(program) as view:
        view.look("listens")
        client = started(CLIENT, "client.py", True, port=port_of(program))
        view.look("connected")
        client.stop()
    assert view.steps[0].states["listening"] == "LISTEN"
    assert [view.steps[1].states[end] for end in ("client", "server")] == ["ESTABLISHED", "ESTABLISHED"]


def test_a_block_that_ends_by_an_interrupt_ends_soon() -> None:
    started("while True: pass", "busy", True)
    with pytest.raises(KeyboardInterrupt), helpers.watch():
        raise KeyboardInterrupt


def test_without_processes_nothing_of_them_is_loaded() -> None:
    import subprocess

    code = (
        "import helpers, sys\nwith helpers.watch(): helpers.background('pass')\n"
        "print([each for each in sys.modules if each in ('psutil', 'helpers.running.processes.program')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "[]\n", done.stderr
