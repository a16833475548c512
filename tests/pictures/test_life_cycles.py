"""The picture of the two lives: it shows what the sockets did, and no more than that."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import socket
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.life_cycles.diagram import life_cycle
from helpers.recording.events import Conversation, End, Event, Flow, Recorded
from tests.pictures.made import Made, words
from tests.support.costs import costs_less

CLIENT = End(2, "client", None, local=("127.0.0.1", 54321), peer=("127.0.0.1", 50007))
LISTENING = End(1, "listening", None, local=("127.0.0.1", 50007), bound=("127.0.0.1", 0))
SERVER = End(3, "server", None, local=("127.0.0.1", 50007), peer=("127.0.0.1", 54321), listener=1)
UNCONNECTED = End(9, "unconnected", None)


Fields = dict[str, Any]
"""Of an `Event`."""
Call = tuple[End, str] | tuple[End, str, Fields]
"""Whose method was called, which, and what else is to be said of it."""


def record(*calls: Call, dropped: int = 0) -> Made:
    events = []
    for order, (end, call, *more) in enumerate(calls):
        fields: Fields = {"program": end.program, "thread": end.program or "MainThread", "begun": 0.0, "ended": 0.0}
        fields |= {"asked": 100, "offset": 0} if call.startswith(("recv", "send")) else {}
        events.append(Event(order=order, call=call, socket=end, **(fields | (more[0] if more else {}))))
    return Made(events, conversations(events), dropped)


def conversations(events: list[Event]) -> list[Conversation]:
    """Of what stands above: the client and the connection, if both are there."""
    of_either = tuple(e for e in events if {e.socket.number, e.accepted and e.accepted.number} & {2, 3})
    if not of_either or not any(e.accepted == SERVER or e.socket == SERVER for e in events):
        return []
    sends = [e for e in of_either if e.call.startswith("send") and e.size]
    receives = [e for e in of_either if e.call.startswith("recv") and e.size]
    flows = tuple(Flow(one, other, one.size) for one in sends for other in receives if one.data == other.data)
    return [Conversation(1, CLIENT, SERVER, of_either, flows, ())]


def bytes_(data: bytes) -> Fields:
    return {"data": data, "size": len(data)}


WHOLE: list[Call] = [
    (LISTENING, "socket"),
    (LISTENING, "bind"),
    (LISTENING, "listen"),
    (CLIENT, "socket"),
    (CLIENT, "connect"),
    (LISTENING, "accept", {"accepted": SERVER}),
    (CLIENT, "send", bytes_(b"one")),
    (CLIENT, "send", bytes_(b"two")),
    (SERVER, "recv", bytes_(b"one")),
    (SERVER, "recv", bytes_(b"two")),
    (CLIENT, "close"),
    (SERVER, "recv"),
    (SERVER, "close"),
    (LISTENING, "close"),
]


def steps(picture: Picture) -> list[str]:
    """What the text says of the steps, in their order."""
    lines = [line.strip() for line in picture.text.splitlines()]
    return [
        line.split(" ", 1)[1] for line in sorted((x for x in lines if x[:1].isdigit()), key=lambda x: int(x.split()[0]))
    ]


def test_both_lives_to_their_end() -> None:
    picture = life_cycle(record(*WHOLE))
    assert steps(picture) == [
        "socket: created",
        "bind: created → bound",
        "listen: bound → listening",
        "socket: created",
        "connect: created → connected",
        "accept: stays listening, gives a connection",
        "send ×2: stays connected",
        "recv ×2: stays connected",
        "close: connected → closed",
        "recv → b'': stays connected",
        "close: connected → closed",
        "close: listening → closed",
    ]
    assert picture.text.count("now: closed") == 3
    drawn = words(picture)
    assert {str(number) for number in range(1, 13)} <= set(drawn)  # a mark for each step
    assert {"send ×2", "recv ×2", "recv → b''"} <= set(drawn) and drawn.count("now") == 3
    assert "The client was created, then connected, and is closed now" in picture.alt


def test_a_picture_grows_with_the_cells_of_a_lesson() -> None:
    cells = [record(call) for call in WHOLE[:3]]
    texts = [life_cycle(*cells[: count + 1]).text for count in range(3)]
    states = [next(line.strip() for line in text.splitlines() if "now:" in line) for text in texts]
    assert states == ["now: created", "now: bound", "now: listening"]
    assert "not reached: bound, listening, closed" not in texts[1] and "not reached: listening, closed" in texts[1]
    assert steps(life_cycle(*cells, record(*WHOLE[3:]))) == steps(life_cycle(record(*WHOLE)))
    assert life_cycle(cells[0], cells[0]).text == life_cycle(cells[0]).text


def test_a_new_socket_is_neither_a_client_nor_a_server() -> None:
    picture = life_cycle(record((UNCONNECTED, "socket")))
    assert "way that a socket took" in picture.alt and "The socket is created" in picture.alt
    # What it could become stands there, untaken.
    assert {"client", "listening socket", "connection", "connect", "bind"} <= set(words(picture))
    assert "2" not in words(picture)


@pytest.mark.parametrize(
    ("before", "end", "call", "error", "state"),
    [
        ([], CLIENT, "connect", "ConnectionRefusedError", "created"),
        ([], UNCONNECTED, "send", "BrokenPipeError", "created"),
        ([(LISTENING, "bind")], LISTENING, "accept", "OSError", "bound"),
        ([(CLIENT, "connect")], CLIENT, "recv", "TimeoutError", "connected"),
        ([(CLIENT, "connect"), (CLIENT, "close")], CLIENT, "connect", "OSError", "closed"),
    ],
)
def test_a_call_that_failed_stands_at_the_state_where_it_was_tried(
    before: list[Call], end: End, call: str, error: str, state: str
) -> None:
    picture = life_cycle(record((end, "socket"), *before, (end, call, {"error": error})))
    assert steps(picture)[-1] == f"{call} failed on a {state} socket: {error}"
    assert error in words(picture) and "a call that failed" in words(picture)
    assert f"now: {state}" in picture.text and error in picture.alt


def test_a_socket_from_before_starts_where_it_was() -> None:
    picture = life_cycle(record(*WHOLE[5:]))
    assert "from before: listening" in picture.text and "from before: connected" in picture.text
    assert words(picture).count("from before") == 2  # the connection is made here, by accept
    assert "1" in words(picture) and not any("→ connected" in line for line in steps(picture))


def test_it_does_not_guess_the_state_of_a_socket_from_before() -> None:
    picture = life_cycle(record((CLIENT, "connect", {"error": "OSError"})))
    assert "connect raised OSError on a socket from before, in a state that is not known." in picture.text
    assert any("not known" in each for each in words(picture))
    assert "now: created" not in picture.text and "now: closed" not in picture.text
    refused = dataclasses.replace(CLIENT, peer=None)  # or not yet tried: who knows
    closed = life_cycle(record((refused, "close")))
    assert "from before: not known" in closed.text and "now: closed" in closed.text
    assert "connected" not in steps(closed)[0]


def test_half_closing_is_a_state_where_it_was_taken() -> None:
    shut = record(*WHOLE[:8], (CLIENT, "shutdown", {"how": socket.SHUT_WR}), (CLIENT, "recv"), (CLIENT, "close"))
    picture = life_cycle(shut)
    assert "half-closed" in words(picture) and "half-closed" not in words(life_cycle(record(*WHOLE)))
    assert "shutdown(SHUT_WR): connected → half-closed" in steps(picture)
    assert "recv → b'': stays half-closed" in steps(picture) and "close: half-closed → closed" in steps(picture)
    reads_no_more = life_cycle(record(*WHOLE[:8], (CLIENT, "shutdown", {"how": socket.SHUT_RD})))
    assert "shutdown(SHUT_RD): stays connected" in steps(reads_no_more)


def test_what_python_closed_and_what_was_broken_off_is_told() -> None:
    picture = life_cycle(record(*WHOLE[:8], (CLIENT, "close", {"forgotten": True}), (SERVER, "close", {"reset": True})))
    assert "close: connected → closed, all by Python" in steps(picture)
    assert "close: connected → closed, broken off (RST)" in steps(picture)
    assert "broken off (RST)" in words(picture)
    assert any(each.startswith("Nobody closed a connected client") for each in words(picture))
    reset = life_cycle(record(*WHOLE[:6], (CLIENT, "recv", {"error": "ConnectionResetError"})))
    assert "now: connected; the connection is broken" in reset.text and "now, broken" in words(reset)


def test_several_sockets_share_a_column() -> None:
    clients = [dataclasses.replace(CLIENT, number=10 + each) for each in range(5)]
    picture = life_cycle(
        record(*((client, call) for client in clients for call in ("socket", "connect", "send")), (clients[1], "close"))
    )
    assert {"client (5 sockets)", "socket ×5", "connect ×5", "send ×5", "now: 2nd", "4 of 5"} <= set(words(picture))
    assert "now: connected (the 1st and 3rd to 5th)" in picture.text


@pytest.mark.parametrize("count", [12, 23])
def test_which_socket_it_is_cannot_be_taken_for_a_count(count: int) -> None:
    clients = [dataclasses.replace(CLIENT, number=10 + each) for each in range(count)]
    picture = life_cycle(record(*((client, "socket") for client in clients), (clients[-1], "close")))
    last = {12: "12th", 23: "23rd"}[count]
    assert f"now: {last}" in words(picture) and f"now: closed (the {last})" in picture.text


BARE = dataclasses.replace(LISTENING, bound=None)
BOUND = dataclasses.replace(UNCONNECTED, bound=("127.0.0.1", 0))


def test_a_socket_may_listen_without_bind() -> None:
    picture = life_cycle(record((BARE, "socket"), (BARE, "listen")))
    assert steps(picture) == ["socket: created", "listen: created → listening"]
    assert "not reached: bound, closed" in picture.text
    assert "The listening socket was created, and is listening now." in picture.alt
    assert "2" in words(picture)
    assert words(picture).count("listen") == 2  # the way taken, and the one that leads on from bound
    both = words(life_cycle(record((BARE, "socket"), (BARE, "listen"), (BOUND, "socket"), (BOUND, "bind"))))
    assert {"2", "3"} <= set(both) and both.count("listen") == 2
    assert words(life_cycle(record(*WHOLE[:3]))).count("listen") == 1


def test_the_way_past_bound_leads_from_created_to_listening() -> None:
    """A line from the lower edge of the one box to the upper edge of the other, which touches no box between."""
    image = ET.fromstring(str(life_cycle(record((BARE, "socket"), (BARE, "listen"))).image))
    boxes = [
        (box, float(box.get("y", 0))) for box in image.iter("{http://www.w3.org/2000/svg}rect") if box.get("rx") == "14"
    ]
    bound = next(box for box, y in boxes if sorted({y for _, y in boxes}).index(y) == 1)
    top = float(bound.get("y", 0))
    ways = [path.get("d", "") for path in image.iter("{http://www.w3.org/2000/svg}path") if path.get("fill") == "none"]
    way = next(each for each in ways if "H" in each and "V" in each)
    x, y, turn, end, low = map(float, re.fullmatch(r"M(\S+)[ ,](\S+?)V(\S+)H(\S+)V(\S+)", way).groups())  # type: ignore[union-attr]
    assert y < top < top + float(bound.get("height", 0)) < turn < low
    assert x < float(bound.get("x", 0)) < end


def test_the_alt_text_says_of_each_socket_what_happened_to_it() -> None:
    alt = life_cycle(record((BARE, "socket"), (BARE, "listen"), (BOUND, "socket"), (BOUND, "bind"))).alt
    assert (
        "One of the 2 listening sockets was created, and is listening now; another of them was created, and is bound now."
        in alt
    )
    clients = [dataclasses.replace(CLIENT, number=10 + each) for each in range(4)]
    refused: list[Call] = [
        (clients[0], "socket"),
        (clients[0], "connect", {"error": "ConnectionRefusedError"}),
        (clients[0], "close"),
    ]
    served = [(client, call) for client in clients[1:] for call in ("socket", "connect", "close")]
    alt = life_cycle(record(*refused, *served)).alt
    assert (
        "One of the 4 clients was created, and is closed now; 3 of them were created, then connected, and are closed now."
        in alt
    )
    assert "3 clients were created, then connected, and all are closed now." in life_cycle(record(*served)).alt
    assert "4 clients are created." in life_cycle(record(*((client, "socket") for client in clients))).alt


def test_a_connect_that_goes_on_by_itself_did_not_fail() -> None:
    calls: list[Call] = [(LISTENING, "listen"), (CLIENT, "socket"), (CLIENT, "connect", {"error": "BlockingIOError"})]
    assert "connect: created → connected" in steps(life_cycle(record(*calls, *WHOLE[5:8])))
    assert "connect failed on a created socket: BlockingIOError" in steps(life_cycle(record(*calls)))


def test_a_column_names_its_program() -> None:
    listener = dataclasses.replace(LISTENING, program="EchoServer")
    assert "in EchoServer" in words(life_cycle(record((listener, "listen"), (listener, "close"))))
    mixed = life_cycle(record((listener, "listen"), (dataclasses.replace(LISTENING, number=7), "listen")))
    assert not any("EchoServer" in each for each in words(mixed))


def test_what_has_no_such_life_is_named() -> None:
    calls = [(End(5, "datagram", None), "sendto"), (End(6, "pair", None), "send"), (End(7, "pair", None), "recv")]
    recording = record(*calls, dropped=3)
    text = life_cycle(recording).text
    assert "now:" not in text and "No connection was made here." in words(life_cycle(recording))
    assert (
        "1 datagram socket" in life_cycle(recording).alt and "no socket call" not in life_cycle(recording).alt.lower()
    )
    assert "1 datagram socket (UDP" in text and "2 sockets of a socketpair" in text and "3 more calls" in text
    detached = life_cycle(record((CLIENT, "connect"), (CLIENT, "detach")))
    assert "what became of that client is not known" in detached.text


def test_nothing_happened() -> None:
    picture = life_cycle(record())
    assert "No socket call happened." in words(picture) and "no socket call happened" in picture.text
    assert life_cycle().image == picture.image


def test_the_threads_timing_changes_nothing_and_no_port_is_shown() -> None:
    server = dataclasses.replace(SERVER, program="server.py")
    listener = dataclasses.replace(LISTENING, program="server.py")
    client_side: list[Call] = [
        (CLIENT, "connect"),
        (CLIENT, "send", bytes_(b"one")),
        (CLIENT, "send", bytes_(b"two")),
        (CLIENT, "close"),
    ]
    accept: Call = (listener, "accept", {"accepted": server})
    receive: Call = (server, "recv", bytes_(b"one"))
    one = life_cycle(record(client_side[0], accept, client_side[1], receive, *client_side[2:]))
    other = life_cycle(record(*client_side[:3], accept, client_side[3], receive))
    assert one == other
    shown = f"{one.image!r}{one.alt}{one.text}"
    assert "54321" not in shown and "50007" not in shown


def test_real_sockets_of_many_threads_give_the_same_picture_at_every_run() -> None:
    def run() -> Picture:
        with helpers.watch() as recording, helpers.EchoServer() as server:
            assert server.address is not None
            clients = [socket.create_connection(server.address, timeout=5) for _ in range(3)]
            for client in clients:
                client.sendall(b"hello")
                client.recv(10)
                client.close()
            server.wait(served=3, timeout=5)
        return life_cycle(recording)

    pictures = [run() for _ in range(3)]
    assert pictures[0] == pictures[1] == pictures[2]
    assert {"client (3 sockets)", "connection (3 sockets)", "accept ×3", "listening socket"} <= set(words(pictures[0]))


def test_the_sockets_of_a_link_are_not_the_learners() -> None:
    with helpers.EchoServer() as server, watched_link(server) as (link, recording), client_of(link) as client:
        client.sendall(b"hello")
        client.recv(10)
    picture = life_cycle(recording)
    assert "Link" not in picture.text
    assert "client\n   1 socket: created\n   2 connect: created → connected\n" in picture.text
    assert not any("sockets" in line for line in picture.text.splitlines()[1:])


@contextlib.contextmanager
def watched_link(server: helpers.Server) -> Iterator[tuple[helpers.Link, Recorded]]:
    """A link in front of `server`, and a recording of what is done while it runs."""
    assert server.address is not None
    with helpers.Link(server.address) as link, helpers.watch() as recording:
        yield link, recording


def client_of(link: helpers.Link) -> socket.socket:
    assert link.address is not None
    return socket.create_connection(link.address, timeout=5)


def test_hostile_names_are_text() -> None:
    end = dataclasses.replace(LISTENING, program="<script>\u202e\x1b&")
    picture = life_cycle(
        record((end, "listen"), (dataclasses.replace(CLIENT, number=8), "recv", {"error": "<b>&\u202e"}))
    )
    assert any("<script>\\u202e\\x1b&" in each for each in words(picture))
    assert "<script>" not in picture.as_html() and "\u202e" not in str(picture.image)


def test_it_is_quick() -> None:
    clients = [dataclasses.replace(CLIENT, number=10 + each) for each in range(100)]
    recording = record(
        *((client, call) for client in clients for call in ("socket", "connect", "send", "recv", "close"))
    )
    assert costs_less(0.1, lambda: life_cycle(recording))
