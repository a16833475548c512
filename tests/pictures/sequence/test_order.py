"""The order of a picture: causes stand above effects, and the timing of threads changes nothing."""

from __future__ import annotations

import dataclasses

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.sequence.sheet import conversation
from helpers.recording.events import Flow
from tests.pictures.sequence.connecting import connected
from tests.pictures.sequence.reading import svg, without_clock, without_times, words
from tests.pictures.sequence.scripts import Made, Script, echo, stream


@pytest.mark.slow
@pytest.mark.parametrize("clients", [1, 2, 3])
def test_the_timing_of_threads_changes_nothing(clients: int) -> None:
    script = echo(rounds=2, clients=clients)
    first = conversation(script.made())
    # Which thread of a server serves whom is luck as well, and so is what it is called.
    one_name = {f"server {number}": "helpers: EchoServer" for number in range(1, 4)}
    for seed in range(40):
        for names in ({}, one_name) if clients > 1 else ({},):
            again = conversation(script.made(seed, names))
            assert without_times(again.text) == without_times(first.text)
            assert without_clock(again) == without_clock(first)


def test_one_thread_of_a_server_may_serve_two_clients_or_two_threads_one_each() -> None:
    def served(by: tuple[str, str]) -> Picture:
        script = echo(clients=2)
        for call in script.calls:
            call["thread"] = {"server 1": by[0], "server 2": by[1], "Thread-2": "MainThread"}.get(
                call["thread"], call["thread"]
            )
        # The third accept shows that there are two threads.
        script.call("other", 0, "accept", ended=None)
        return conversation(script.made())

    assert svg(served(("one", "one"))) == svg(served(("one", "other")))


def test_a_real_server_with_two_clients_gives_the_same_picture_every_time() -> None:
    pictures = []
    with helpers.EchoServer() as server:
        port = str(server.address[1])  # type: ignore[index]
        for _ in range(5):
            with helpers.watch() as recording:
                first, second = connected(server.address), connected(server.address)
                with first, second:
                    first.sendall(b"first")
                    second.sendall(b"second")
                    assert second.recv(10) + first.recv(10) == b"secondfirst"
            pictures.append(conversation(recording))
            assert port not in svg(pictures[-1])
    assert len({without_clock(picture) for picture in pictures}) == 1
    assert len({without_times(picture.text) for picture in pictures}) == 1


def test_bytes_that_came_after_a_timeout_are_told_after_it() -> None:
    script = Script()
    listener = script.end("listening", "server.py")
    client, conn = script.end("client"), script.end("server", "server.py", listener=1)
    script.talks.append((client, conn))
    connect = script.call("MainThread", client, "connect")
    script.call("server", listener, "accept", (connect,), accepted=conn)
    vain = script.call("MainThread", client, "recv", asked=10, error="TimeoutError", timeout=0.3)
    late = script.send("server", conn, b"late", after=(vain,))
    script.recv("MainThread", client, b"late", {late: 4})
    lines = [line.partition(" (")[0] for line in conversation(script.made()).text.splitlines()]
    assert lines[2:] == [
        "client: recv(10): TimeoutError after 0.3 s",
        "server.py: send(b'late') → 4 bytes",
        "client: recv(1024) → b'late'",
    ]


def test_a_circle_of_causes_does_not_hang() -> None:
    script = stream([b"a"], [(b"a", {0: 1})])
    script.send("other", 1, b"b")
    recording = script.made()
    talk = recording.conversations[0]
    sends = [event for event in recording.events if event.call == "send"]
    receive = next(event for event in recording.events if event.call == "recv")
    wrong = Flow(sends[1], dataclasses.replace(sends[0], call="recv"), 1)
    circle = dataclasses.replace(talk, flows=(*talk.flows, wrong, Flow(receive, sends[0], 1)))
    picture = conversation(Made(recording.events, [circle]))
    assert len(picture.text.splitlines()) == 3


def test_the_clock_stands_apart() -> None:
    def waiting(seconds: float) -> Picture:
        script = echo()
        for call in script.calls:
            if call["call"] == "recv" and call["thread"] == "MainThread":
                call |= {"begun": 0.0, "ended": seconds}
        return conversation(script.made())

    short, long = waiting(0.01), waiting(0.27)
    assert "waited 0.2 s" in words(long)
    assert "(waited 0.2 s)" in long.text
    assert svg(short) != svg(long)
    assert without_clock(short) == without_clock(long)
    assert without_times(short.text) == without_times(long.text)
