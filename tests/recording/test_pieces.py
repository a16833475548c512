"""A `sendall` that is taken piece by piece: one call, unless another thread sends in between. Then each piece is told, with whose it is."""

from __future__ import annotations

import socket
import threading

import pytest

import helpers
from helpers.recording.recorder import Recording
from helpers.sockets.pieces import DONTWAIT
from tests.recording.support import is_told_whole
from tests.support.turns import BREAKS, all_send, taking_turns


@pytest.fixture(autouse=True)
def _as_each_system_does(each_kind_of_socket: None) -> None: ...


def test_two_that_send_at_once_are_told_piece_by_piece() -> None:
    turns = [("ada", 3), ("grace", 5), ("ada", 5), ("grace", 2), ("grace", 9), ("ada", 9)]
    with taking_turns(turns) as (little, other), helpers.watch() as recording:
        all_send(little, {"ada": b"ada: hello\n", "grace": b"grace: hi\n"})
        received = other.recv(1024)
    assert received == b"adagrace: hel: hi\nlo\n"
    sends = [event for event in recording.events if event.sends]
    told = [(event.thread, event.data, event.size, event.asked, event.offset) for event in sends]
    assert told == [
        ("ada", b"ada", 3, 11, 0),
        ("grace", b"grace", 5, 10, 3),
        ("ada", b": hel", 5, 11, 8),
        ("grace", b": hi\n", 5, 10, 13),
        ("ada", b"lo\n", 3, 11, 18),
    ]
    (talk,) = recording.conversations
    assert [(flow.sent.thread, flow.size) for flow in talk.flows if flow.sent] == [(e.thread, e.size) for e in sends]
    assert not talk.unsure
    is_told_whole(recording)


def test_alone_it_is_one_call_however_it_is_taken() -> None:
    with taking_turns([("ada", 3), ("ada", 1), ("ada", 99)]) as (little, other), helpers.watch() as recording:
        all_send(little, {"ada": b"ada: hello\n"})
        other.recv(1024)
    (send,) = [event for event in recording.events if event.sends]
    assert (send.data, send.size, send.asked, send.offset, send.error) == (b"ada: hello\n", 11, 11, 0, None)


def test_it_fails_behind_the_pieces_that_were_taken() -> None:
    turns = [("ada", 3), ("grace", 2), ("ada", 4), ("ada", BREAKS)]
    with taking_turns(turns) as (little, other), helpers.watch() as recording:
        all_send(little, {"ada": b"ada: hello\n", "grace": b"hi"})
        other.recv(1024)
    told = [(event.thread, event.data, event.size, event.error) for event in recording.events if event.sends]
    assert told == [
        ("ada", b"ada", 3, None),
        ("grace", b"hi", 2, None),
        ("ada", b": he", 4, "ConnectionResetError"),
    ]


BLOCKING = pytest.param(None, marks=pytest.mark.skipif(not DONTWAIT, reason="Windows takes all of it in one call"))


@pytest.mark.parametrize("timeout", [BLOCKING, 5.0])
def test_every_byte_is_the_thread_s_that_sent_it(timeout: float | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as one:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        one.connect(listener.getsockname())
        one.settimeout(timeout)
        other, _ = listener.accept()
        with other, helpers.watch() as recording:
            stream = _two_send(one, other, 30_000)
    is_told_whole(recording)
    assert _whose(recording) == stream


def _two_send(one: socket.socket, other: socket.socket, size: int) -> bytes:
    """Thread `a` sends nothing but a's, `b` nothing but b's. Gives back what arrives."""
    threads = [
        threading.Thread(target=one.sendall, args=(name.encode() * size,), name=name, daemon=True) for name in "ab"
    ]
    for thread in threads:
        thread.start()
    received = b""
    while len(received) < 2 * size:
        received += other.recv(5000)
    for thread in threads:
        thread.join()
    return received


def _whose(recording: Recording) -> bytes:
    """For every received byte the name of the thread that has sent it, as it is told."""
    (talk,) = recording.conversations
    return b"".join((flow.sent.thread if flow.sent else "?").encode() * flow.size for flow in talk.flows)


def test_a_recording_that_ends_in_the_middle_knows_whose_bytes_came() -> None:
    with taking_turns([("ada", 3), ("grace", 2), ("ada", 4), ("nobody", 0), ("ada", 9)]) as (little, other):
        with helpers.watch() as recording:
            both = threading.Thread(target=all_send, args=(little, {"ada": b"ada: hello\n", "grace": b"hi"}))
            both.start()
            received = b""
            while len(received) < 9:
                received += other.recv(1024)
        little.turns.skip()
        both.join()
    (talk,) = recording.conversations
    assert [(flow.sent.thread, flow.size) for flow in talk.flows if flow.sent] == [("ada", 3), ("grace", 2), ("ada", 4)]


def test_a_recording_that_ends_behind_the_first_piece_knows_it() -> None:
    with taking_turns([("ada", 3), ("nobody", 0), ("ada", 9)]) as (little, other):
        with helpers.watch() as recording:
            ada = threading.Thread(target=all_send, args=(little, {"ada": b"ada: hello\n"}))
            ada.start()
            other.recv(1024)
            little.turns.wait_for("nobody")
        little.turns.skip()
        ada.join()
    (talk,) = recording.conversations
    assert [(flow.sent.thread, flow.size) for flow in talk.flows if flow.sent] == [("ada", 3)]
