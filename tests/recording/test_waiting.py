"""Calls that wait when a recording begins or ends, and those that are interrupted. (Each kind of call: tests/sockets/test_blocking.py.)"""

from __future__ import annotations

import os
import signal
import socket
import threading

import pytest

import helpers
from helpers.sockets import tapes
from helpers.sockets.waiting import calls_under_way
from tests.recording.support import SERVER, is_told_whole
from tests.support.connections import ANY, connected
from tests.support.waiting import eventually


@pytest.mark.usefixtures("each_kind_of_socket")
def test_a_server_made_before_that_waits_in_recv_already() -> None:
    with helpers.EchoServer() as server, socket.create_connection(server.address) as client:  # type: ignore[arg-type]
        client.sendall(b"before")
        assert client.recv(100) == b"before"
        with helpers.watch() as recording:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
        is_told_whole(recording)
        (talk,) = recording.conversations
        assert [(sent.call, received.call, size) for sent, received, size in talk.flows] == [  # type: ignore[union-attr]
            ("sendall", "recv", 5),
            ("sendall", "recv", 5),
        ]
        assert [event.begun is None for event in talk.events if event.end == "server"] == [True, False, False]
        assert [event.ended is None for event in talk.events if event.end == "server"] == [False, False, True]
        assert {event.program for event in talk.events if event.end == "server"} == {server.name}
        assert talk.flows[0].sent.offset == 6  # type: ignore[union-attr]
        # The thread that waits for the next client is under way as well.
        assert [event.call for event in recording.events if event.end == "listening"] == ["accept"]


def test_a_recording_that_still_runs_tells_what_waits() -> None:
    with helpers.EchoServer() as server:
        recording = helpers.watch()
        recording.start()
        assert recording.describe() == "No socket call happened."
        with socket.create_connection(server.address):  # type: ignore[arg-type]
            assert eventually(lambda: "recv(…) (still waits)" in recording.describe())
        assert eventually(lambda: "(end of stream" in recording.describe())
        recording.stop()
        assert "still waits" not in recording.describe()


def test_an_interrupted_recv() -> None:
    def interrupt() -> None:
        assert eventually(calls_under_way)
        signal.raise_signal(signal.SIGINT) if os.name == "nt" else os.kill(os.getpid(), signal.SIGINT)

    with connected() as (client, _):
        thread = threading.Thread(target=interrupt)
        with pytest.raises(KeyboardInterrupt), helpers.watch() as recording:
            thread.start()
            client.recv(10)
        thread.join()
    assert [(event.call, event.error) for event in recording.events] == [("recv", "KeyboardInterrupt")]


@pytest.mark.usefixtures("each_kind_of_socket")
def test_a_program_stopped_in_the_block() -> None:
    program = helpers.background(SERVER, "stopped")
    with helpers.watch() as recording, socket.create_connection(program.address) as client:  # type: ignore[arg-type]
        client.sendall(b"hello")
        client.recv(10)
        assert eventually(lambda: "recv" in [entry.call for entry in calls_under_way()])
        program.stop()
        assert client.recv(10) == b""
    is_told_whole(recording)
    server = [event for event in recording.events if event.end == "server"]
    assert [event.call for event in server] == ["recv", "sendall", "recv", "close"]
    assert server[2].error == "Stopped"


def test_a_send_and_an_accept_under_way() -> None:
    with connected() as (client, server), socket.create_server(ANY) as listener:
        accepting = threading.Thread(target=lambda: listener.accept()[0].close())
        sending = threading.Thread(target=client.sendall, args=(b"x" * 20_000_000,))
        with helpers.watch() as recording:
            accepting.start()
            sending.start()
            server.recv(5)
            assert eventually(lambda: len(calls_under_way()) == 2)
        left = 20_000_000 - 5
        while left:
            left -= len(server.recv(1_000_000))
        socket.create_connection(listener.getsockname()).close()
        sending.join()
        accepting.join()
    is_told_whole(recording)
    (talk,) = recording.conversations
    ((sent, received, size),) = talk.flows
    assert sent is not None and received is not None
    assert (sent.call, sent.ended, sent.asked, size) == ("sendall", None, 20_000_000, 5)
    accept = next(event for event in recording.events if event.call == "accept")
    assert (accept.ended, accept.accepted, accept.error) == (None, None, None)


def test_a_sendmsg_that_waits_when_the_recording_begins() -> None:
    if not hasattr(socket.socket, "sendmsg"):
        pytest.skip("this system has no sendmsg")
    with connected(socket.socketpair) as (one, other):
        sent: list[int] = []
        sending = threading.Thread(target=lambda: sent.append(one.sendmsg([b"x" * 3_000_000])))
        sending.start()
        assert eventually(calls_under_way)
        with helpers.watch() as recording:
            left = 3_000_000
            while left:
                left -= len(other.recv(1_000_000))
            sending.join()
    is_told_whole(recording)
    assert sent == [3_000_000]
    assert {flow.sent and flow.sent.size for flow in recording.conversations[0].flows} == {3_000_000}


def test_one_that_is_started_again_under_the_same_name_leaves_none_running() -> None:
    """A cell with `recording.start()` that is run twice; what it has shown is kept by IPython."""
    first, second = helpers.watch(), helpers.watch()
    first.start()
    with helpers.watch() as of_a_block:
        assert first.running
    second.start()
    assert second.running and not first.running and not of_a_block.running
    second.stop()
    assert not tapes.running
