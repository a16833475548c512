"""Pictures tell time truly: what was over long before something else stands above it, and so does every cause. What ran together stands the same way at every run."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers.pictures.life_cycles.diagram import life_cycle
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.sheet import conversation
from helpers.pictures.telling.order import picture_order
from helpers.pictures.telling.relays import through
from helpers.recording.events import Event, Recorded
from helpers.running.install import install
from tests.pictures.sequence.connecting import connected
from tests.pictures.sequence.reading import without_clock, without_times
from tests.pictures.sequence.scripts import Made, Script, echo, relayed, stream
from tests.recording.support import ALL_THE_SAME

LONG = 0.05
"""Seconds between two calls that never stand the other way round."""


def two_of_one_thread(rounds: int = 3) -> Script:
    """A program with one thread for all clients, as with two nested loops; each client in a thread of its own, which does not wait for the others' end."""
    script = Script()
    listener = script.end("listening", "server", local=("127.0.0.1", 50001))
    for number in range(1, rounds + 1):
        one = script.end("client", peer=("127.0.0.1", 50001))
        other = script.end("server", "server", listener=listener + 1)
        script.talks.append((one, other))
        here = f"Thread-{number}"
        script.call(here, one, "socket")
        connect = script.call(here, one, "connect", address=("127.0.0.1", 50001))
        data = b"from %d" % number
        sent = script.send(here, one, data)
        close = script.call(here, one, "close", reset=number == 1)
        script.call("server", listener, "accept", (connect,), accepted=other)
        if number > 1:
            script.recv("server", other, data, {sent: len(data)})
            script.call("server", other, "recv", (close,), asked=1024, offset=len(data))
        else:
            script.call("server", other, "recv", (close,), error="ConnectionResetError", asked=1024)
        script.call("server", other, "close")
    return script


def datagrams() -> Script:
    """Three datagram sockets of three threads: each of two asks the third, which answers."""
    script = Script()
    server = script.end("datagram", "server", local=("127.0.0.1", 50001))
    bind = script.call("server", server, "bind", address=("127.0.0.1", 50001))
    for number in (1, 2):
        client = script.end("datagram", local=("127.0.0.1", 50001 + number))
        script.talks.append((client, server))
        here, data = f"Thread-{number}", b"%d" % number
        sent = script.send(here, client, data, after=(bind,))
        script.recv("server", server, data, {sent: 1})
        answer = script.send("server", server, data * 2)
        script.recv(here, client, data * 2, {answer: 2})
        script.call(here, client, "close")
    return script


SCRIPTS = {
    "echo": echo(rounds=2, clients=3),
    "echo in a program": echo(clients=2, program="server.py"),
    "one thread for all": two_of_one_thread(),
    "datagrams": datagrams(),
    "a link": relayed([5, 5], [3, 7], [3, 7]),
    "a pair": stream([b"one", b"two"], [(b"onet", {0: 3, 1: 1}), (b"wo", {1: 2})]),
}

scripts = st.sampled_from(list(SCRIPTS))
pauses = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.002, 0.03, 0.05, 0.06, 0.2, 2.0]), min_size=60, max_size=60)


def took_place(event: Event) -> float | None:
    """When, on the clock of the tape: a receive and an accept when they came back, whatever else when it was called."""
    return event.ended if event.receives or event.call == "accept" else event.begun


def tells_truly(recording: Recorded) -> None:
    """Compares the drawing with the tape's clock, and with the causes."""
    scene = Scene(recording)
    told = [event for event in scene.told.events if event.ended is not None]
    place = {event.order: at for at, event in enumerate(told)}
    latest = -1.0
    # From the bottom: nothing above may have begun long after this one was over.
    begun = [when if (when := took_place(event)) is not None else -1.0 for event in told]
    for at, event in enumerate(told):
        latest = max(latest, begun[at - 1]) if at else latest
        assert event.ended is not None
        assert event.ended + LONG > latest, f"{event.call} stands below what happened long after it"
    for talk in through(recording).conversations:
        for flow in talk.flows:
            if flow.sent is not None and flow.received is not None:
                assert place[flow.sent.order] < place[flow.received.order]
    threads: dict[int | None, list[Event]] = {}
    for event in told:
        threads.setdefault(event.thread_number, []).append(event)
    for thread in threads.values():
        assert [event.order for event in thread] == sorted(event.order for event in thread)
    accepts = {event.accepted.number: event for event in told if event.accepted is not None}
    for event in told:
        if event.socket.number in accepts:
            assert place[accepts[event.socket.number].order] < place[event.order]
    # The rows and the words stand in that order.
    picture = conversation(recording)
    if not any(" times" in line for line in picture.text.splitlines()):  # what repeats itself is folded
        calls = [line.split(": ", 1)[1] for line in picture.text.splitlines()]
        names = [event.call for event in scene.events]
        assert [call.split("(")[0] for call in calls if "hands over" not in call and "passes" not in call] == names


@settings(ALL_THE_SAME, max_examples=40)
@given(name=scripts, pauses=pauses)
def test_what_was_long_before_never_stands_below(name: str, pauses: list[float]) -> None:
    script = SCRIPTS[name]
    tells_truly(script.timed(pauses[: len(script.calls)]))


@settings(ALL_THE_SAME, max_examples=40)
@given(name=scripts, pauses=st.lists(st.floats(0, 0.0005), min_size=60, max_size=60))
def test_what_ran_together_stands_the_same_way_at_every_run(name: str, pauses: list[float]) -> None:
    script = SCRIPTS[name]
    assert seen(script.timed(pauses[: len(script.calls)])) == seen(script.timed([0.0] * len(script.calls)))


@settings(ALL_THE_SAME, max_examples=40)
@given(
    name=scripts,
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.05, 0.1, 1.0]), min_size=60, max_size=60),
    late=st.lists(st.floats(0, 0.00005), min_size=60, max_size=60),
)
def test_a_program_that_sleeps_gives_the_same_picture_at_every_run(
    name: str, pauses: list[float], late: list[float]
) -> None:
    script, count = SCRIPTS[name], len(SCRIPTS[name].calls)
    a_little_later = [pause + more for pause, more in zip(pauses, late, strict=True)]
    assert seen(script.timed(pauses[:count])) == seen(script.timed(a_little_later[:count]))


def seen(recording: Made) -> tuple[str, str]:
    """A picture without its clocks, and its words."""
    picture = conversation(recording)
    return without_clock(picture), without_times(picture.text)


# Real sockets


GREETER = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    while True:
        conn, addr = listener.accept()
        with conn:
            conn.sendall(b"hello")
"""


@pytest.mark.parametrize("with_link", [False, True], ids=["directly", "through a link"])
def test_whoever_closes_first_stands_above(with_link: bool) -> None:
    program = helpers.background(GREETER, "greeter")
    assert program.address is not None
    with (
        helpers.Link(program.address) as link,
        helpers.watch() as recording,
        connected(link.address if with_link else program.address) as s,
    ):
        s.recv(100)
        time.sleep(0.1)
    lines = [line.split(" (")[0] for line in recording.describe().splitlines()]
    assert lines.index("greeter: close()") < lines.index("client: close()")
    tells_truly(recording)
    sections = life_cycle(recording).text.split("\n\n")
    closes = {
        section.splitlines()[0].split(" ")[0].rstrip(","): int(line.split()[0])
        for section in sections
        for line in section.splitlines()
        if "close: connected" in line
    }
    assert closes["connection"] < closes["client"]


def test_one_thread_serves_one_client_after_the_other() -> None:
    """An echo_server without `try`: a client breaks off, and the server, which had a pause, accepts the next one only then."""
    install()
    with helpers.watch() as recording, socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                conn, _ = listener.accept()
                with conn:
                    while conn.recv(100):
                        time.sleep(0.06)

        server = threading.Thread(target=serve)
        server.start()
        clients = [socket.create_connection(listener.getsockname()) for _ in range(2)]
        for client in clients:
            client.sendall(b"hello")
            client.close()
        server.join()
    tells_truly(recording)
    told = [event for event in picture_order(recording).events if event.thread == server.name]
    assert [event.order for event in told] == sorted(event.order for event in told)


def test_what_a_thread_did_before_it_was_joined_stands_above() -> None:
    """Neither closing knows of the other: that the one thread waited for the other's end is what joins them."""
    install()
    with (
        helpers.watch() as recording,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        client.sendall(b"hello")

        def serve() -> None:
            conn, _ = listener.accept()
            with conn:
                conn.recv(100)

        server = threading.Thread(target=serve)
        server.start()
        server.join()
    calls = [(event.call, event.end) for event in picture_order(recording).events]
    assert calls[-3:] == [("close", "server"), ("close", "client"), ("close", "listening")]


def test_what_a_link_handed_over_long_before_it_was_received_stands_there() -> None:
    def late(conn: socket.socket, addr: object) -> None:
        time.sleep(0.2)
        while conn.recv(100):
            pass

    with (
        helpers.Server(late) as server,
        helpers.Link(server.address, slicer=4) as link,  # type: ignore[arg-type]
        helpers.watch() as recording,
        connected(link.address) as client,
    ):
        client.sendall(b"one")
        time.sleep(0.1)
        client.shutdown(socket.SHUT_WR)
        client.recv(1)
    lines = recording.describe().splitlines()
    handed, shut, received = (
        next(at for at, line in enumerate(lines) if words in line)
        for words in ("hands over", "shutdown", "recv(100) → b'one'")
    )
    assert handed < shut < received
