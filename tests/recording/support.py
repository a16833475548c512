"""What must hold of every recording, and how it is put in short."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Iterable

from hypothesis import HealthCheck, settings

from helpers.recording.events import Event, Flow
from helpers.recording.recorder import Recording

ALL_THE_SAME = settings(
    derandomize=True, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)


def calls(events: Iterable[Event]) -> list[str]:
    return [event.call for event in events]


def bytes_by_call(flows: Iterable[Flow]) -> dict[tuple[int | None, int | None], int]:
    """How many bytes came from which call to which, by their places in the recording."""
    found: collections.Counter[tuple[int | None, int | None]] = collections.Counter()
    for sent, received, size in flows:
        found[sent.order if sent is not None else None, received.order if received is not None else None] += size
    return {way: size for way, size in found.items() if size}


def is_told_whole(recording: Recording) -> None:
    """What must hold of every recording."""
    events = recording.events
    assert [event.order for event in events] == list(range(len(events)))
    received: collections.Counter[int] = collections.Counter()
    sent: collections.Counter[int] = collections.Counter()
    for talk in recording.conversations:
        assert all(events[event.order] is event for event in talk.events)
        for flow in talk.flows:
            assert flow.received is not None
            assert flow.size > 0 or flow.received.size == 0  # an empty datagram
            received[flow.received.order] += flow.size
            if flow.sent is not None:
                assert flow.sent.order < flow.received.order
        for flow in (*talk.flows, *talk.unread):
            if flow.sent is not None:
                sent[flow.sent.order] += flow.size
    for event in events:
        if event.receives and not event.peek:
            assert received[event.order] == event.size, event
        if event.sends:
            assert sent[event.order] <= event.size, event


def lanes(recording: Recording) -> dict[tuple[str, str | None], list[str]]:
    """The calls of each end, in the order of that end."""
    found: dict[tuple[str, str | None], list[str]] = collections.defaultdict(list)
    for event in recording.events:
        result = event.error or (f"({event.size})" if event.sends or event.receives else "")
        found[event.end, event.program].append(event.call + result)
    return dict(found)


def start_all(targets: list[Callable[[], None]]) -> None:
    workers = [threading.Thread(target=target) for target in targets]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


SERVER = """
import socket
with socket.create_server(('127.0.0.1', 0)) as listener:
    conn, addr = listener.accept()
    with conn:
        while data := conn.recv(1024):
            conn.sendall(data)
"""
"""A program that echoes to one client."""
