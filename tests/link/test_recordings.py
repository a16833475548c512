"""A link in recordings: its lane in the picture, and when a recording ends."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.telling.walk import TOGETHER
from helpers.watching.watcher import Watch
from tests.link.support import (
    DATA,
    FOREVER,
    PATIENCE,
    REPETITIONS,
    connected,
    everything,
    joined,
    link_to,
    named,
    pieces,
)
from tests.support.waiting import once_within

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


def lane(recording: Watch, program: str) -> list[str]:
    """The calls of a link, in their order."""
    return [event.call for event in recording.events if event.program == program]


def sizes(recording: Watch, program: str | None, kind: str) -> list[int]:
    found = [event for event in recording.events if event.program == program and getattr(event, kind)]
    return [event.size for event in found if event.size]


def ask(address: Any, question: bytes = DATA) -> bytes:
    """Send, half-close, and read everything."""
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(question)
        client.shutdown(socket.SHUT_WR)
        return everything(client)


def answer(conn: socket.socket, addr: object) -> None:
    """Read everything, and say it backwards."""
    conn.sendall(b"".join(iter(lambda: conn.recv(1000), b""))[::-1])


def answer_ten(conn: socket.socket, addr: object) -> None:
    """The same for ten bytes."""
    conn.sendall(b"".join(pieces(conn, 10))[::-1])
    conn.recv(1)


def lanes_of(recording: Watch) -> list[tuple[str | None, str | None]]:
    return [
        (talk.client.program if talk.client else "?", talk.server.program if talk.server else "?")
        for talk in recording.conversations
    ]


def test_the_lane_of_a_link() -> None:
    with helpers.Server(answer) as server, link_to(server) as link:
        with helpers.watch() as recording:
            assert ask(link.address) == DATA[::-1]
        assert recording.dropped == 0
        assert lanes_of(recording) == [(None, "Link"), ("Link", server.name)]
        assert {event.thread for event in recording.events if event.program == "Link"} != {"MainThread"}
        assert len({event.thread for event in recording.events if event.program == "Link"}) == 1
        assert sizes(recording, "Link", "receives") == sizes(recording, "Link", "sends") == [10, 10]
        for talk in recording.conversations:
            assert [flow.size for flow in talk.flows] == [10, 10]
            assert all(flow.sent and flow.received for flow in talk.flows)
            assert not talk.unread
        assert not [event for event in recording.events if event.error]
        assert lane(recording, "Link").count("accept") >= 1
        assert [call for call in lane(recording, "Link") if call.startswith(("send", "recv", "close"))].count(
            "close"
        ) == 2


@pytest.mark.parametrize("faults", [{"slicer": 3}, {"slicer": 3, "latency": 0.02}, {"slicer": (1, 4), "seed": 1}])
def test_pieces_are_seen(faults: dict[str, Any]) -> None:
    with helpers.Server(answer) as server, link_to(server, **faults) as link:
        with helpers.watch() as recording:
            assert ask(link.address) == DATA[::-1]
        up, down = recording.conversations[1], recording.conversations[0]
        arrived = [flow.size for flow in up.flows if flow.received.socket == up.server]  # type: ignore[union-attr]
        back = [flow.size for flow in down.flows if flow.received.socket == down.client]  # type: ignore[union-attr]
        assert arrived == sizes(recording, server.name, "receives")
        assert back == [event.size for event in recording.events if event.receives and not event.program and event.size]
        if faults["slicer"] == 3:
            assert arrived == back == [3, 3, 3, 1]
        assert sizes(recording, "Link", "sends") == [*arrived, *back]


def test_two_links_in_a_row() -> None:
    with (
        helpers.Server(answer) as server,
        link_to(server, slicer=5, name="far") as far,
        link_to(far, name="near") as near,
    ):
        with helpers.watch() as recording:
            assert ask(near.address) == DATA[::-1]
        assert recording.dropped == 0
        assert lanes_of(recording) == [(None, "near"), ("near", "far"), ("far", server.name)]
        assert sizes(recording, "near", "sends") == [10, 5, 5]
        assert sizes(recording, "far", "sends") == [5, 5, 5, 5]
        picture = recording.draw()
        assert all(name in picture.text and name in str(picture.image) for name in ("near", "far"))


def unclocked(picture: Picture) -> tuple[str, str, str]:
    image = re.sub(r'<g class="clock">.*?</g>', "", str(picture.image))
    texts = [re.sub(r" \(waited [^)\n]*\)", "", text) for text in (picture.alt, picture.text)]
    return image, texts[0], texts[1]


def was_held_up(recording: Watch) -> bool:
    """Whether a busy machine stretched it: then what ran together lay far apart, and the picture shows that, as it should."""
    times = [at for event in recording.events for at in (event.begun, event.ended) if at is not None]
    return max(times) - min(times) >= TOGETHER


def drawn_at_each_run(record: Callable[[], Watch]) -> set[tuple[str, str, str]]:
    """The pictures of some runs, of those that were not held up."""
    recordings: list[Watch] = []
    for _ in range(10 * REPETITIONS):
        recording = record()
        if not was_held_up(recording):
            recordings.append(recording)
        if len(recordings) == REPETITIONS:
            break
    return {unclocked(recording.draw()) for recording in recordings}


def wait_for_answer(address: Any) -> None:
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(DATA)
        assert b"".join(pieces(client, 10)) == DATA[::-1]


@pytest.mark.parametrize("faults", [{"slicer": 3}, {"slicer": (1, 4), "seed": 1}], ids=["sizes", "chances"])
@pytest.mark.parametrize(
    ("handler", "talk"), [(answer_ten, wait_for_answer), (answer, ask)], ids=["waits", "half-closes"]
)
def test_a_conversation_is_recorded_the_same_at_each_run(faults: dict[str, Any], handler: Any, talk: Any) -> None:
    flows = set()

    def record() -> Watch:
        with helpers.Server(handler) as server, link_to(server, **faults) as link, helpers.watch() as recording:
            talk(link.address)
        flows.add(tuple((each.number, flow.size) for each in recording.conversations for flow in each.flows))
        return recording

    pictures = drawn_at_each_run(record)
    assert len(flows) == 1
    assert len(pictures) == 1


def test_a_link_that_is_made_in_the_block() -> None:
    def record() -> Watch:
        with helpers.Server(answer) as server:
            with helpers.watch() as recording, link_to(server, slicer=4) as link:
                ask(link.address)
            assert lanes_of(recording) == [(None, "Link"), ("Link", server.name)]
        return recording

    assert len(drawn_at_each_run(record)) == 1


@pytest.mark.parametrize(
    "faults",
    [{"slicer": 1}, {"latency": 0.05}, {"slicer": 2, "latency": 0.02}, {"coalesce": 0.05}, {"bandwidth": 200}],
    ids=named,
)
def test_a_recording_ends_when_the_pieces_have_arrived(faults: dict[str, Any]) -> None:
    for _ in range(2):
        with helpers.PrintServer() as server, link_to(server, **faults) as link:
            with connected(link) as client:
                with helpers.watch() as recording:
                    client.sendall(DATA)
                assert sum(sizes(recording, "PrintServer", "receives")) == 10
            assert server.wait(timeout=PATIENCE)


def watch_nothing() -> None:
    with helpers.watch():
        pass


def test_a_link_at_rest_does_not_hold_up_a_recording() -> None:
    """Nor one whose next thing to do lies far ahead."""
    for faults in ({}, {"latency": FOREVER}):
        with joined(**faults) as talk:
            talk.client.sendall(DATA)
            assert once_within(1.5, watch_nothing)
