"""What pictures are drawn from: a recording, or whatever tells its calls in the same way."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from typing import Any

import pytest

import helpers
from helpers.pictures.telling.order import picture_order
from helpers.pictures.telling.relays import through
from helpers.recording.events import Conversation, Event, Recorded


@dataclasses.dataclass(frozen=True)
class Retold:
    """A recording as somebody else may have put it together: immutable, and of no class of ours."""

    events: tuple[Event, ...]
    conversations: tuple[Conversation, ...]
    dropped: int = 0


@pytest.fixture(scope="module", params=[False, True], ids=["directly", "through a link"])
def recording(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    """A question and an answer."""
    with helpers.EchoServer() as server, helpers.watch() as recording:
        if request.param and server.address is not None:
            with helpers.Link(server.address) as link:
                ask(link.address)
        else:
            ask(server.address)
    yield recording


def ask(address: tuple[Any, ...] | None) -> None:
    assert address is not None
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(b"hello")
        assert client.recv(5, socket.MSG_WAITALL) == b"hello"


def test_another_recording_of_the_same_calls_is_told_alike(recording: Recorded) -> None:
    retold = Retold(tuple(recording.events), tuple(recording.conversations))
    assert picture_order(retold) == picture_order(recording)


def test_a_recording_without_its_links_is_a_recording(recording: Recorded) -> None:
    seen = through(recording)
    assert through(seen) is seen
    assert picture_order(seen) == picture_order(recording)
    retold = Retold(tuple(seen.events), tuple(seen.conversations))
    assert [event.order for event in picture_order(retold).events] == [
        event.order for event in picture_order(seen).events
    ]


def test_from_end_to_end_no_call_is_a_links(recording: Recorded) -> None:
    seen = through(recording)
    assert "Link" not in {event.program for event in seen.events}
    (conversation,) = seen.conversations
    assert conversation.client is not None and conversation.client.program is None
    assert conversation.server is not None and conversation.server.program != "Link"
    assert [flow.size for flow in conversation.flows] == [5, 5]
    assert not conversation.unread


def test_every_call_stands_below_what_it_waited_for(recording: Recorded) -> None:
    told = picture_order(recording)
    place = {event.order: at for at, event in enumerate(told.events)}
    assert any(told.awaited.values())
    for order, causes in told.awaited.items():
        assert all(place[cause] < place[order] for cause in causes)
    for order, before in told.previous.items():
        assert place[before.order] < place[order]
