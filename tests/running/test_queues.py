"""What a thread takes from a queue comes after what was done before it was put there, in recordings and in pictures."""

from __future__ import annotations

import queue
import socket

import pytest

import helpers

ROOM = """
import queue, socket, threading
def write(conn, lines):
    while line := lines.get():
        conn.sendall(line)
def read(conn, lines):
    with conn:
        while line := conn.recv(100):
            lines.put(b"ada: " + line)
        lines.put(b"")
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    ada, _ = listener.accept()
    bob, _ = listener.accept()
    lines = queue.Queue()
    writer = threading.Thread(target=write, args=(bob, lines))
    writer.start()
    read(ada, lines)
    writer.join()
    bob.close()
"""


def said(process: bool) -> str:
    """What a picture tells of a line that goes through a queue to another client."""
    room = helpers.background(ROOM, "room.py", process=process)
    assert room.address
    with (
        socket.create_connection(room.address, timeout=5) as ada,
        socket.create_connection(room.address, timeout=5) as bob,
    ):
        with helpers.watch() as recording:
            for line in (b"hi", b"there"):
                ada.sendall(line)
                assert bob.recv(100) == b"ada: " + line
        ada.close()
        assert bob.recv(100) == b"" and room.wait(5)
    text: str = recording.draw().text
    return text


@pytest.mark.parametrize("process", [False, True])
def test_who_sends_what_was_in_a_queue_sends_it_after_it_was_received(process: bool) -> None:
    texts = {said(process) for _ in range(4)}
    assert len(texts) == 1, texts
    lines = texts.pop().splitlines()
    for word in ("hi", "there"):
        received = next(at for at, line in enumerate(lines) if f"recv(100) → b'{word}'" in line)
        sent = next(at for at, line in enumerate(lines) if f"sendall(b'ada: {word}')" in line)
        assert received < sent


def test_a_queue_is_what_it_was() -> None:
    """Also one that somebody empties in another way while it is recorded."""
    with helpers.watch():
        lines: queue.Queue[object] = queue.Queue(2)
        item = object()
        lines.put("before")
        lines.queue.clear()
        lines.put(item)
        assert lines.qsize() == 1 and list(lines.queue) == [item] and lines.get() is item
        with pytest.raises(queue.Empty):
            lines.get_nowait()
