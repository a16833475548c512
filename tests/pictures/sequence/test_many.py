"""Many clients: what forty do alike is drawn once, and whoever differs is seen."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Callable, Iterator

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.sequence.gathering import FROM
from helpers.pictures.sequence.sheet import conversation
from helpers.running.install import install
from tests.pictures.legibility import faults
from tests.pictures.sequence.connecting import connected
from tests.pictures.sequence.reading import ribbons, without_clock, words
from tests.pictures.sequence.scripts import Made, Script, echo
from tests.support.costs import costs_less


def lanes(picture: Picture) -> list[str]:
    return [line for line in words(picture) if re.fullmatch(r"client( \d+| ×\d+)?|.*\.py|EchoServer", line)]


def odd(clients: int, differ: Callable[[Script, int], None], at: int = 7) -> Script:
    """An echo with many clients, of which the one with that number (from 1) differs."""
    script = echo(rounds=2, clients=clients)
    differ(script, 2 * at - 1)  # its end: a listening socket, then two for each client
    return script


def drop(script: Script, *ends: int) -> None:
    """Without the bytes of these ends, and without their close."""
    for number, call in enumerate(script.calls):
        if call["end"] in ends and call["call"] not in ("socket", "connect", "accept"):
            call |= {"call": "recv", "size": 0, "data": b"", "after": (), "error": "TimeoutError", "timeout": 1.0}
            script.flows = [flow for flow in script.flows if number not in flow[:2]]
    for call in script.calls:
        call["after"] = tuple(
            n for n in call["after"] if script.calls[n]["call"] != "recv" or not script.calls[n].get("error")
        )


def test_forty_that_do_the_same_are_one_lane() -> None:
    picture = conversation(echo(clients=40).made())
    assert lanes(picture) == ["client ×40", "EchoServer"]
    assert "40 clients did the same, but for the bytes: one is drawn for all, and marked ×40." in picture.alt
    assert "40 clients did the same" in picture.text.splitlines()[0]
    size = sum(len(b"0 from %d" % number) for number in range(1, 41))
    assert f"from client ×40 to EchoServer {size} bytes, back {size} bytes" in picture.alt
    assert "client ×40: send(b'0 from 1')" in picture.text
    assert "EchoServer [×40]: accept() → conn (from client ×40)" in picture.text
    assert "did not fit" not in picture.text
    assert words(picture).count("×40") == 10
    assert not faults(picture)


def test_few_keep_a_lane_each() -> None:
    assert "×" not in conversation(echo(clients=FROM - 1).made()).text
    assert "did not fit" not in conversation(echo(clients=FROM - 1).made()).text


def test_the_one_that_differs_keeps_its_lane_and_its_number() -> None:
    picture = conversation(odd(40, lambda script, end: drop(script, end, end + 1)).made())
    assert lanes(picture) == ["client ×39", "client 7", "EchoServer"]
    assert "client 7 met TimeoutError, unlike the others." in picture.text
    assert "client 7 met TimeoutError, unlike the others." in picture.alt
    assert "EchoServer [connection 7]: accept() → conn (from client 7)" in picture.text
    assert not faults(picture)


@pytest.mark.parametrize("seed", range(4))
def test_the_timing_of_the_threads_changes_nothing(seed: int) -> None:
    script = odd(8, lambda script, end: drop(script, end, end + 1))
    one, other = (conversation(script.made(each, tick=0.0001)) for each in (seed, None))
    assert without_clock(one) == without_clock(other)


def test_what_was_sent_tells_them_apart() -> None:
    def sends_more(script: Script, end: int) -> None:
        for call in script.calls:
            if call["end"] in (end, end + 1) and call.get("data"):
                call |= {"size": 5000, "data": b"x" * 64, "asked": 5000}
        script.flows = [
            (sent, got, 5000 if script.calls[sent]["end"] in (end, end + 1) else size)
            for sent, got, size in script.flows
        ]

    picture = conversation(odd(10, sends_more).made())
    assert lanes(picture) == ["client ×9", "client 7", "EchoServer"]
    assert "client 7 sent 10,000 bytes, the others about 16 each." in picture.text


def test_what_happens_to_those_who_are_not_drawn_is_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    install()
    with helpers.watch() as recording:
        clients = [socket.socket() for _ in range(10)]
        for each in clients:
            with pytest.raises(ConnectionRefusedError):
                each.connect(address)
        for each in clients:
            each.close()
    picture = conversation(recording)
    assert "30 calls" in picture.alt and "ConnectionRefusedError 10 times" in picture.alt
    assert picture.text.count("ConnectionRefusedError") == 1


ONE_AT_A_TIME = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    while True:
        conn, address = listener.accept()
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data)
"""


@pytest.fixture
def server() -> Iterator[helpers.Program]:
    install()
    program = helpers.background(ONE_AT_A_TIME, name="server.py")
    yield program
    program.stop()


def test_ten_wait_for_one_that_is_silent(server: helpers.Program) -> None:
    with helpers.watch() as recording:
        silent = connected(server.address)
        waiting = [connected(server.address) for _ in range(10)]
        for each in waiting:
            each.sendall(b"hello")
    picture = conversation(recording)
    for each in (silent, *waiting):
        each.close()
    assert lanes(picture) == ["client 1", "client ×10", "server.py"]
    assert "client 1 sent nothing, unlike the others." in picture.text
    assert "client ×10: connect(address) (waits in the backlog" in picture.text
    assert "50 bytes were not received" in picture.alt


def test_who_is_held_up_much_longer_stands_apart() -> None:
    script = echo(rounds=2, clients=10)
    quick = conversation(script.timed([0.001] * len(script.calls)))
    assert lanes(quick) == ["client ×10", "EchoServer"]
    sends = [number for number, call in enumerate(script.calls) if call["end"] == 13 and call["call"] == "send"]
    slow = conversation(script.timed([0.5 if number == sends[1] else 0.001 for number in range(len(script.calls))]))
    assert lanes(slow) == ["client ×9", "client 7", "EchoServer"]
    assert "client 7 took longer, unlike the others." in slow.text


def room(members: int) -> Made:
    """The first member says something, and the room tells it to all others."""
    script = Script()
    listener = script.end("listening", "room.py", local=("127.0.0.1", 50001))
    ends = [
        (script.end("client", peer=("127.0.0.1", 50001)), script.end("server", "room.py", listener=listener + 1))
        for _ in range(members)
    ]
    script.talks += ends
    said = script.send("MainThread", ends[0][0], b"hello\n")
    script.recv("room", ends[0][1], b"hello\n", {said: 6})
    for client, conn in ends[1:]:
        told = script.send("room", conn, b"ada: hello\n")
        script.recv("MainThread", client, b"ada: hello\n", {told: 11})
    return script.made()


def test_what_a_room_tells_to_all_is_one_broad_ribbon() -> None:
    picture = conversation(room(40))
    assert lanes(picture) == ["client 1", "client ×39", "room.py"]
    assert ribbons(picture) == 2
    assert "from client ×39 to room.py 0 bytes, back 429 bytes" in picture.alt
    assert "client 1 sent 6 bytes, the others nothing." in picture.text
    assert ribbons(conversation(room(3))) == 3
    assert not faults(picture)


def test_many_connections_of_one_program_are_one() -> None:
    script = echo(clients=12)
    for number, end in enumerate(script.ends):
        if end.role == "client":
            script.ends[number] = end.__class__(end.number, "client", "client.py", peer=end.peer)
    picture = conversation(script.made())
    assert lanes(picture) == ["client.py", "EchoServer"]
    assert "12 connections did the same" in picture.text
    assert len(picture.text.splitlines()) == 11


@pytest.mark.slow
@pytest.mark.parametrize(("clients", "rounds", "seconds"), [(40, 2, 0.03), (200, 4, 0.2)])
def test_many_are_drawn_in_no_time(clients: int, rounds: int, seconds: float) -> None:
    recording = lively_echo(clients, rounds)
    assert costs_less(seconds, lambda: conversation(recording))


def lively_echo(clients: int, rounds: int) -> Made:
    """As `echo`, in an order that may happen."""
    chance = random.Random(1)
    made = echo(rounds, clients)
    return made.timed([chance.random() / 1000 for _ in made.calls])
