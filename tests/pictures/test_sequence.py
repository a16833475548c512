"""The picture of a conversation: it tells what happened, in an order that only causes decide, and it can always be drawn and read."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import itertools
import random
import re
import socket
import time
import xml.etree.ElementTree as ET
from types import SimpleNamespace
from typing import Any

import pytest

import helpers
from helpers.pictures.drawing import MONO, Picture, width
from helpers.pictures.sequence.sheet import conversation
from helpers.recording.events import Conversation, End, Event, Flow
from helpers.running.install import install

SVG = "{http://www.w3.org/2000/svg}"


class Script:
    """A recording made by hand: calls of several threads, and what each of them had to come after."""

    def __init__(self) -> None:
        self.ends: list[End] = []
        self.calls: list[dict[str, Any]] = []
        self.flows: list[tuple[int, int | None, int]] = []
        self.talks: list[tuple[int | None, int | None]] = []

    def end(self, role: Any, program: str | None = None, **fields: Any) -> int:
        self.ends.append(End(len(self.ends) + 1, role, program, **fields))
        return len(self.ends) - 1

    def call(self, thread: str, end: int, call: str, after: tuple[int, ...] = (), **fields: Any) -> int:
        self.calls.append({"thread": thread, "end": end, "call": call, "after": after, **fields})
        return len(self.calls) - 1

    def send(self, thread: str, end: int, data: bytes, **fields: Any) -> int:
        return self.call(thread, end, "send", data=data[:64], size=len(data), asked=len(data), offset=0, **fields)

    def recv(self, thread: str, end: int, data: bytes, sources: dict[int, int], asked: int = 1024) -> int:
        """Receives `data`, so many bytes of it from each of the calls in `sources`."""
        fields = {"data": data[:64], "size": len(data), "asked": asked, "offset": 0}
        number = self.call(thread, end, "recv", tuple(sources), **fields)
        self.flows += [(sent, number, size) for sent, size in sources.items()]
        return number

    def made(self, seed: int | None = None, thread_names: dict[str, str] | None = None, dropped: int = 0) -> Any:
        """The recording, in one of the orders that may happen; `seed` chooses which."""
        names = thread_names or {}
        rank: dict[int, int] = {}
        ended: dict[str, float] = {}
        events: dict[int, Event] = {}
        chance = random.Random(seed)
        for order in range(len(self.calls)):
            heads: dict[str, int] = {}
            for number, call in enumerate(self.calls):
                if number not in rank:
                    heads.setdefault(call["thread"], number)
            ready = [number for number in heads.values() if all(each in rank for each in self.calls[number]["after"])]
            number = chance.choice(ready) if seed is not None else min(ready)
            call, rank[number] = dict(self.calls[number]), order
            thread, end = call.pop("thread"), self.ends[call.pop("end")]
            call.pop("after")
            accepted = call.pop("accepted", None)
            fields = {
                "begun": ended.get(thread, 0.0),
                "ended": order / 1000 + 0.001,
                "program": end.program,
                "accepted": self.ends[accepted] if accepted is not None else None,
            }
            events[number] = Event(order=order, socket=end, thread=names.get(thread, thread), **(fields | call))
            ended[thread] = order / 1000 + 0.001
        talks = []
        for at, (one, other) in enumerate(self.talks):
            numbers = {self.ends[end].number for end in (one, other) if end is not None}
            mine = [
                event
                for event in events.values()
                if event.socket.number in numbers or (event.accepted and event.accepted.number in numbers)
            ]
            flows = [
                Flow(events[sent] if sent >= 0 else None, events[got] if got is not None else None, size)
                for sent, got, size in self.flows
                if self.ends[self.calls[sent if sent >= 0 else got or 0]["end"]].number in numbers
            ]
            talks.append(
                Conversation(
                    at + 1,
                    self.ends[one] if one is not None else None,
                    self.ends[other] if other is not None else None,
                    tuple(sorted(mine, key=lambda event: event.order)),
                    tuple(flow for flow in flows if flow.received is not None),
                    tuple(flow for flow in flows if flow.received is None),
                )
            )
        in_order = sorted(events.values(), key=lambda event: event.order)
        return SimpleNamespace(events=in_order, conversations=talks, dropped=dropped)


def echo(rounds: int = 1, clients: int = 1, program: str | None = "EchoServer") -> Script:
    """Clients, each in a thread of the notebook, and a server with a thread for each."""
    script = Script()
    listener = script.end("listening", program, local=("127.0.0.1", 50001))
    for number in range(1, clients + 1):
        here = "MainThread" if number == 1 else f"Thread-{number}"
        there = f"server {number}"
        one = script.end("client", peer=("127.0.0.1", 50001))
        other = script.end("server", program, listener=listener + 1)
        script.talks.append((one, other))
        script.call(here, one, "socket")
        connect = script.call(here, one, "connect", address=("127.0.0.1", 50001))
        script.call(there, listener, "accept", (connect,), accepted=other)
        for turn in range(rounds):
            data = b"%d from %d" % (turn, number)
            sent = script.send(here, one, data)
            script.recv(there, other, data, {sent: len(data)}, 65536)
            answer = script.send(there, other, data)
            script.recv(here, one, data, {answer: len(data)})
        close = script.call(here, one, "close")
        script.call(there, other, "recv", (close,), asked=65536, offset=0)
        script.call(there, other, "close")
    return script


def stream(sends: list[bytes], receives: list[tuple[bytes, dict[int, int]]]) -> Script:
    """One end of a pair sends, and then the other receives: each so many bytes from the sends with these places."""
    script = Script()
    one, other = script.end("pair"), script.end("pair")
    script.talks.append((one, other))
    numbers = [script.send("MainThread", one, data) for data in sends]
    for data, sources in receives:
        script.recv("MainThread", other, data, {numbers[at]: size for at, size in sources.items()})
    return script


def svg(picture: Picture) -> str:
    assert isinstance(picture.image, str)
    return picture.image


def words(picture: Picture) -> list[str]:
    """Every text of the drawing. Fails if it is no XML."""
    return ["".join(element.itertext()) for element in ET.fromstring(svg(picture).encode()).iter(f"{SVG}text")]


def without_clock(picture: Picture) -> str:
    return re.sub(r'<g class="clock">.*?</g>', "", svg(picture))


def without_times(text: str) -> str:
    return re.sub(r" \(waited [^)]*\)$", "", text, flags=re.M)


def overlaps(picture: Picture) -> list[tuple[str, str]]:
    """Pairs of texts that stand on each other."""
    boxes = []
    for element in ET.fromstring(svg(picture).encode()).iter(f"{SVG}text"):
        text, size = "".join(element.itertext()), float(element.attrib["font-size"])
        wide = float(element.get("textLength", 0)) or width(text, size, element.attrib["font-family"] == MONO) * 0.97
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
        boxes.append((text, left, left + wide, y - size * 0.72, y + size * 0.1))
    return [
        (a[0], b[0])
        for a, b in itertools.combinations(boxes, 2)
        if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    ]


def connected(address: Any, timeout: float | None = 2) -> socket.socket:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(timeout)
    try:
        s.connect(address)
    except OSError:
        s.close()
        raise
    return s


@pytest.fixture
def listener() -> Any:
    install()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


# What is told


def test_an_echo_is_told_call_by_call_causes_first() -> None:
    picture = conversation(echo().made())
    assert picture.text.splitlines() == [
        "client: socket()",
        "client: connect(address) (handshake with the system of EchoServer)",
        "EchoServer: accept() → conn (from client)",
        "client: send(b'0 from 1') → 8 bytes",
        "EchoServer: recv(65536) → b'0 from 1' (from client's send; had to wait)",
        "EchoServer: send(b'0 from 1') → 8 bytes",
        "client: recv(1024) → b'0 from 1' (from EchoServer's send; had to wait)",
        "client: close() (FIN to EchoServer)",
        "EchoServer: recv(65536) → b'' (end of stream; had to wait)",
        "EchoServer: close() (FIN to client)",
    ]
    assert {"client", "EchoServer", "accept() → conn", "handshake", "FIN", "end of stream"} <= set(words(picture))
    assert "from client to EchoServer 8 bytes, back 8 bytes" in picture.alt


def test_a_message_cut_in_three_is_said_and_drawn_as_three_ribbons() -> None:
    whole = conversation(stream([b"abcdefghij"], [(b"abcdefghij", {0: 10})]).made())
    cut = conversation(stream([b"abcdefghij"], [(b"abcd", {0: 4}), (b"efgh", {0: 4}), (b"ij", {0: 2})]).made())
    assert {"received in three parts", "2 of 10 bytes"} <= set(words(cut))
    assert "recv(1024) → b'ij' (2 of 10 bytes; from end 1's send)" in cut.text
    assert "one send arrived in several parts" in cut.alt
    assert ribbons(cut) - ribbons(whole) == 2


def ribbons(picture: Picture) -> int:
    """Curved bands; the legend has one more."""
    return len(re.findall(r'<path d="M[^"]*C[^"]*Z"', svg(picture))) - 1


def test_messages_glued_into_one_are_said() -> None:
    picture = conversation(stream([b"a", b"bc", b"d"], [(b"abcd", {0: 1, 1: 2, 2: 1})]).made())
    assert "three sends in one" in words(picture)
    assert ribbons(picture) == 3
    assert "(three sends in one; from end 1's sends)" in picture.text


def test_a_program_that_talks_to_itself_has_one_lane() -> None:
    script = Script()
    one, other = script.end("client", "both.py"), script.end("server", "both.py")
    script.talks.append((one, other))
    sent = script.send("both", one, b"hello")
    script.recv("both", other, b"hello", {sent: 5})
    picture = conversation(script.made())
    assert words(picture).count("both.py") == 1
    assert "from both.py to itself 5 bytes" in picture.alt
    assert ribbons(picture) == 1


def test_bytes_that_nobody_received_end_in_a_stub() -> None:
    script = stream([b"hello"], [(b"he", {0: 2})])
    script.flows.append((0, None, 3))
    picture = conversation(script.made())
    assert {"3 bytes", "not received yet", "2 of 5 bytes"} <= set(words(picture))
    script.call("MainThread", 1, "close", reset=True)
    picture = conversation(script.made())
    assert {"3 bytes", "never received", "broken off"} <= set(words(picture))
    assert "3 bytes never received" in picture.text
    assert "(broken off to end 1)" in picture.text


def test_bytes_from_before_the_recording_come_from_nowhere() -> None:
    script = stream([], [(b"hello", {})])
    script.flows.append((-1, 0, 5))
    picture = conversation(script.made())
    assert {"5 bytes sent", "before this"} <= set(words(picture))
    assert "end 2: recv(1024) → b'hello' (from end 1, sent before the recording)" in picture.text


def test_the_system_answers_before_accept(listener: socket.socket) -> None:
    with helpers.watch() as recording, connected(listener.getsockname()) as s:
        s.sendall(b"early")
        conn, _ = listener.accept()
        conn.close()
    picture = conversation(recording)
    lines = picture.text.splitlines()
    assert lines.index("client: connect(address) (handshake with the system of server)") < lines.index(
        "server: accept() → conn (from client)"
    )
    assert {"in the backlog", "the system answers, before accept"} <= set(words(picture))


def test_a_connection_that_nobody_accepts_waits_in_the_backlog(listener: socket.socket) -> None:
    address = listener.getsockname()
    with helpers.watch() as recording, connected(address) as first, connected(address) as second:
        second.sendall(b"hello")
        conn, _ = listener.accept()
        conn.close()
        first.recv(1)
    picture = conversation(recording)
    assert "client 2: connect(address) (waits in the backlog; handshake with the system of server)" in picture.text
    assert "client 2: sendall(b'hello') (5 bytes not received yet)" in picture.text


def test_errors_are_named(listener: socket.socket) -> None:
    def rude(conn: socket.socket, addr: Any) -> None:
        conn.recv(1)

    closed = socket.create_server(("127.0.0.1", 0))
    nobody = closed.getsockname()
    closed.close()
    with helpers.Server(rude) as server, helpers.watch() as recording:
        with connected(listener.getsockname(), 0.06) as s, pytest.raises(TimeoutError):
            s.recv(10)
        with pytest.raises(ConnectionRefusedError):
            connected(nobody)
        with connected(server.address) as s, pytest.raises(ConnectionResetError):
            s.sendall(b"hello")
            s.recv(10)
        one, other = socket.socketpair()
        with one, other:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(10)
            other.sendall(b"look")
            one.recv(2, socket.MSG_PEEK)
            one.recv(4)
    picture = conversation(recording)
    assert {
        "TimeoutError after 0.06 s",
        "ConnectionRefusedError",
        "refused",
        "ConnectionResetError",
        "RST",
        "BlockingIOError: nothing there yet",
        "looked at, not taken",
        "gave up waiting",
    } <= set(words(picture))
    assert not overlaps(picture)


def test_half_a_close_sends_fin_once(listener: socket.socket) -> None:
    with helpers.watch() as recording, connected(listener.getsockname()) as s:
        conn, _ = listener.accept()
        with conn:
            s.shutdown(socket.SHUT_WR)
            conn.recv(1)
    picture = conversation(recording)
    assert "client: shutdown(SHUT_WR) (FIN to server)" in picture.text
    assert picture.text.count("FIN to server") == picture.text.count("FIN to client") == 1


def test_a_pair_has_no_segments_of_tcp() -> None:
    install()
    with helpers.watch() as recording:
        one, other = socket.socketpair()
        one.close()
        with other:
            other.recv(1)
    picture = conversation(recording)
    assert "FIN" not in picture.text + svg(picture)
    assert "end 1: close() (end of stream to end 2)" in picture.text


def test_whoever_leaves_a_socket_to_python_is_told() -> None:
    script = Script()
    script.call("MainThread", script.end("unconnected"), "close", forgotten=True)
    assert "nobody closed it; Python did" in words(conversation(script.made()))


def test_a_call_that_still_waits_is_told_but_not_a_server_that_waits_for_the_next() -> None:
    script = echo()
    script.call("server 1", 0, "accept", ended=None)
    assert "still waits" not in conversation(script.made()).text
    script.call("MainThread", 1, "recv", asked=10, ended=None)
    assert "client: recv(…) (still waits)" in conversation(script.made()).text


def test_who_only_stands_by_has_no_lane(listener: socket.socket) -> None:
    with helpers.EchoServer() as server, connected(server.address), helpers.watch() as recording:
        connected(listener.getsockname()).close()
    picture = conversation(recording)
    assert "EchoServer" not in words(picture) and "EchoServer" not in picture.text
    assert "client" in words(picture)


def test_what_was_given_to_a_send_that_took_no_bytes_is_left_open() -> None:
    script = Script()
    one, other = script.end("pair"), script.end("pair")
    script.talks.append((one, other))
    script.call("MainThread", one, "sendall", error="TypeError")
    script.call("MainThread", one, "sendall")
    lines = conversation(script.made()).text.splitlines()
    assert lines == ["end 1: sendall(…): TypeError", "end 1: sendall(b'')"]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_socket_with_unread_bytes_breaks_off_and_sends_no_fin(listener: socket.socket) -> None:
    client = connected(listener.getsockname())
    conn, _ = listener.accept()
    with conn:
        conn.sendall(b"hello")
        assert client.recv(1) == b"h"
        conn.settimeout(2)
        with helpers.watch() as recording:
            del client
            gc.collect()
            with pytest.raises(ConnectionResetError):
                conn.recv(1)
    picture = conversation(recording)
    assert "nobody closed it; Python did; RST to server" in picture.text
    assert "FIN" not in picture.text and "FIN" not in words(picture)


def test_a_connection_in_the_backlog_of_an_unseen_listener_is_no_other_process() -> None:
    script = Script()
    client = script.end("client", local=("127.0.0.1", 50002), peer=("127.0.0.1", 50001), listener=7)
    script.talks.append((client, None))
    script.call("MainThread", client, "connect", address=("127.0.0.1", 50001))
    script.send("MainThread", client, b"hello")
    picture = conversation(script.made())
    assert {"client", "server", "waits in the backlog", "not received yet"} <= set(words(picture))
    assert "another process" not in picture.text


def test_a_connect_without_answer_ends_in_nothing() -> None:
    script = Script()
    script.call("MainThread", script.end("client"), "connect", error="TimeoutError", timeout=0.5)
    assert "no answer" in words(conversation(script.made()))


def test_what_a_program_leaves_behind_is_closed_after_what_it_closed() -> None:
    script = Script()
    listener = script.end("listening", "server.py")
    client, conn = script.end("client", "client.py"), script.end("server", "server.py", listener=1)
    script.talks.append((client, conn))
    close = script.call("client", client, "close")
    script.call("server", conn, "recv", (close,), asked=10, offset=0)
    script.call("server", listener, "close")
    script.call("server", conn, "close", program=None)
    lines = conversation(script.made()).text.splitlines()
    assert lines[-2:] == ["server.py: close() (the listening socket)", "server.py: close() (FIN to client.py)"]


def test_a_program_that_was_started_first_stands_first() -> None:
    script = Script()
    listener = script.end("listening", "server.py")
    client, conn = script.end("client", "client.py"), script.end("server", "server.py", listener=1)
    script.talks.append((client, conn))
    script.call("server", listener, "socket")
    listen = script.call("server", listener, "listen")
    script.call("client", client, "socket", (listen,))
    connect = script.call("client", client, "connect")
    script.call("server", listener, "accept", (connect,), accepted=conn)
    lines = conversation(script.made()).text.splitlines()
    assert lines[:3] == ["server.py: socket()", "server.py: listen()", "client.py: socket()"]


def test_the_label_of_a_fin_stands_on_no_arrow() -> None:
    script = Script()
    client, conn = script.end("client"), script.end("server", listener=9)
    script.talks.append((client, conn))
    script.call("MainThread", conn, "close")
    script.call("MainThread", client, "close")
    root = ET.fromstring(svg(conversation(script.made())).encode())
    labels = [each for each in root.iter(f"{SVG}text") if each.text == "FIN"]
    arrows = [each for each in root.iter(f"{SVG}line") if each.get("stroke-dasharray") == "7 4"][:2]
    assert len(labels) == len(arrows) == 2
    for label, arrow in itertools.product(labels, arrows):
        x, y = float(label.attrib["x"]), float(label.attrib["y"])
        x1, y1, x2, y2 = (float(arrow.attrib[each]) for each in ("x1", "y1", "x2", "y2"))
        for at in (x - 12, x, x + 12):
            height = y1 + (y2 - y1) * (at - x1) / (x2 - x1)
            assert not y - 12 < height < y + 2


def test_words_about_unread_bytes_make_room_for_bytes_that_pass() -> None:
    script = Script()
    one, other = script.end("pair"), script.end("pair")
    script.talks.append((one, other))
    late = script.send("MainThread", one, b"taken late")
    lost = script.send("MainThread", one, b"lost")
    script.flows.append((lost, None, 4))
    script.recv("MainThread", other, b"taken late", {late: 10})
    assert "4 bytes not received yet" in words(conversation(script.made()))


# Addresses


def test_a_port_is_shown_only_where_a_program_chose_it() -> None:
    def bound(address: Any) -> Picture:
        script = Script()
        server = script.end("listening", local=("127.0.0.1", 43210), bound=address)
        client, conn = script.end("client", peer=("127.0.0.1", 43210)), script.end("server", listener=1)
        script.talks.append((client, conn))
        script.call("MainThread", server, "bind", address=address)
        script.call("MainThread", server, "listen")
        connect = script.call("MainThread", client, "connect", address=("127.0.0.1", 43210))
        script.call("MainThread", server, "accept", (connect,), accepted=conn, address=("127.0.0.1", 55555))
        return conversation(script.made())

    chosen, given = bound(("127.0.0.1", 0)), bound(("127.0.0.1", 43210))
    assert "bind(('127.0.0.1', 0))" in chosen.text and "connect(address)" in chosen.text
    assert "43210" not in chosen.text + svg(chosen)
    assert "connect(('127.0.0.1', 43210))" in given.text
    assert "55555" not in given.text + svg(given)


# Order


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
    picture = conversation(SimpleNamespace(events=recording.events, conversations=[circle], dropped=0))
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


# Size


def test_what_repeats_is_folded() -> None:
    picture = conversation(echo(rounds=100).made())
    total = sum(len(b"%d from 1" % turn) for turn in range(1, 99)) * 2
    assert f"… the same 4 calls 98 times more, {total:,} bytes …" in words(picture)
    assert f"… the same 4 calls 98 times more, {total:,} bytes …" in picture.text
    assert "b'0 from 1'" in picture.text and "b'99 from 1'" in picture.text and "b'50 from 1'" not in picture.text
    assert len(picture.text.splitlines()) < 20
    few = conversation(echo(rounds=4).made())
    assert "the same" not in few.text


def test_what_does_not_repeat_is_cut_in_the_middle() -> None:
    picture = conversation(unlike(500).made())
    cut = re.search(r"… ([\d,]+) calls are left out here …", picture.text)
    assert cut
    assert len(picture.text.splitlines()) <= 82
    hidden = int(cut[1].replace(",", ""))
    assert hidden > 400
    assert not overlaps(picture)


def unlike(count: int) -> Script:
    """Calls without a pattern."""
    script = Script()
    ends = [script.end("pair"), script.end("pair")]
    script.talks.append((0, 1))
    chance = random.Random(1)
    waiting: dict[int, list[int]] = {0: [], 1: []}
    for turn in range(count):
        mine = chance.choice(ends)
        if waiting[1 - mine] and chance.random() < 0.5:
            taken = waiting[1 - mine][: chance.randrange(1, 4)]
            del waiting[1 - mine][: len(taken)]
            data = b"".join(script.calls[number]["data"] for number in taken)
            script.recv("MainThread", mine, data, {number: script.calls[number]["size"] for number in taken})
        else:
            waiting[mine].append(script.send("MainThread", mine, b"message %d" % turn))
    return script


def test_more_lanes_than_fit_are_counted() -> None:
    picture = conversation(echo(clients=8).made())
    assert {"client 1", "client 4", "EchoServer"} <= set(words(picture))
    assert "client 5" not in words(picture)
    assert "4 more participants did not fit, and 40 calls with them." in words(picture)
    assert "4 more participants did not fit, and 40 calls with them." in picture.text


def test_clients_at_the_same_time_have_a_lane_each() -> None:
    install()
    with helpers.EchoServer() as server, helpers.watch() as recording:
        clients = [connected(server.address) for _ in range(7)]
        for each in clients:
            each.close()
    picture = conversation(recording)
    assert "3 more participants did not fit" in picture.text
    assert "client 4: close()" in picture.text.replace(" [connection 4]", "")


def test_clients_one_after_the_other_share_a_lane() -> None:
    script = echo(clients=9)
    for call in script.calls:
        if call["thread"].startswith("Thread-"):
            call["thread"] = "MainThread"
    picture = conversation(script.made())
    assert "9 clients" in words(picture)
    assert "client 9: socket()" in picture.text.replace(" [connection 9]", "")
    assert "did not fit" not in picture.text


def test_an_empty_recording_says_so() -> None:
    picture = conversation(Script().made())
    assert words(picture) == ["No socket call happened."]
    assert picture.text == picture.alt == "No socket call happened."
    assert "7 more calls" in conversation(Script().made(dropped=7)).text


def test_a_full_recording_is_said() -> None:
    picture = conversation(echo().made(dropped=1234))
    assert "The recording was full: 1,234 more calls are not in it." in words(picture)
    assert "1,234 more calls" in picture.text


@pytest.mark.parametrize(("rounds", "seconds"), [(11, 0.005), (124, 0.03)])
def test_it_is_drawn_in_no_time(rounds: int, seconds: float) -> None:
    recording = echo(rounds).made()
    best = min(timed(recording) for _ in range(7))
    assert best < seconds * 3


def timed(recording: Any) -> float:
    begun = time.perf_counter()
    conversation(recording)
    return time.perf_counter() - begun


# Through a link


def reads(conn: socket.socket, addr: Any) -> None:
    """A handler: receives until the end, or an error."""
    try:
        while conn.recv(1024):
            pass
    except OSError:
        pass


def link_to(server: helpers.Server | helpers.Link, **settings: Any) -> helpers.Link:
    assert server.address is not None
    return helpers.Link(server.address, **settings)


def through_a_link(*sends: bytes, handler: Any = reads, receives: int = 0, **faults: Any) -> Picture:
    """A client connects through a link with these faults, sends, and receives so often."""
    with (
        helpers.Server(handler) as server,
        link_to(server, **faults) as link,
        helpers.watch() as recording,
        connected(link.address) as s,
    ):
        for data in sends:
            s.sendall(data)
        with contextlib.suppress(ConnectionResetError):
            for _ in range(receives):
                s.recv(1024)
    picture = conversation(recording)
    assert not overlaps(picture)
    return picture


def test_a_link_is_a_part_of_the_way_and_has_no_calls() -> None:
    picture = through_a_link(b"hello world", slicer=4)
    assert without_times(picture.text).splitlines() == [
        "client: socket()",
        "client: connect(address) (handshake with Link)",
        "reads: accept() → conn (from client through Link)",
        "client: sendall(b'hello world') (received in three parts)",
        "Link: hands over b'hell' to reads (from client's sendall)",
        "reads: recv(1024) → b'hell' (4 of 11 bytes; from client's sendall; had to wait)",
        "Link: hands over b'o wo' to reads (from client's sendall)",
        "reads: recv(1024) → b'o wo' (4 of 11 bytes; from client's sendall)",
        "Link: hands over b'rld' to reads (from client's sendall)",
        "reads: recv(1024) → b'rld' (3 of 11 bytes; from client's sendall)",
        "client: close() (FIN to Link)",
        "Link: passes the FIN on to reads",
        "reads: recv(1024) → b'' (end of stream; had to wait)",
        "reads: close() (FIN to Link)",
    ]
    shown = words(picture)
    assert shown.count("Link") == 1 and "a link: a piece of the network" in shown
    assert not any(word.startswith(("send(", "socket(", "recv(65536)")) and word != "socket()" for word in shown)
    assert shown.count("socket()") == 1
    assert "which connection" not in shown
    assert ribbons(picture) == 6
    assert "from client to reads through Link 11 bytes, back 0 bytes" in picture.alt


def test_what_a_link_gathers_is_one_piece() -> None:
    picture = through_a_link(b"hello", b"world", coalesce=(5, 10))
    assert "Link: hands over b'helloworld' to reads (from client's sendalls)" in picture.text
    assert "two sends in one" in words(picture)
    assert ribbons(picture) == 3
    assert pieces(picture) == 1


def pieces(picture: Picture) -> int:
    """Marks on the lanes of links; the legend has one more."""
    return len(re.findall(r'<rect [^>]*rx="3" fill="#[^>]*stroke="#1b1b1b"', svg(picture))) - 1


def test_both_directions_of_an_echo_pass_the_link() -> None:
    picture = through_a_link(b"hello", handler=echoes, receives=2, downstream={"slicer": 3})
    assert "Link: hands over b'hello' to echoes (from client's sendall)" in picture.text
    assert "Link: hands over b'hel' to client (from echoes's sendall)" in picture.text
    assert "Link: hands over b'lo' to client (from echoes's sendall)" in picture.text
    assert pieces(picture) == 3


def echoes(conn: socket.socket, addr: Any) -> None:
    while data := conn.recv(1024):
        conn.sendall(data)


def test_how_long_a_link_held_bytes_is_said_as_clocks_are() -> None:
    slow = through_a_link(b"hello", upstream={"latency": 0.07})
    quick = through_a_link(b"hello")
    assert "held 0.07 s" in words(slow) and not any(word.startswith("held") for word in words(quick))
    assert "Link: hands over b'hello' to reads (from client's sendall) (waited 0.07 s in Link)" in slow.text
    assert "Link: passes the FIN on to reads (waited 0.07 s in Link)" in slow.text
    assert without_clock(slow) == without_clock(quick) and without_times(slow.text) == without_times(quick.text)


def test_what_a_link_loses_is_said() -> None:
    picture = through_a_link(b"hello world", receives=1, limit_data=5)
    assert "client: sendall(b'hello world') (6 bytes lost in the link)" in picture.text
    assert {"6 bytes", "lost in the link"} <= set(words(picture))
    assert "Link: closes the connection (FIN to reads)" in picture.text
    assert "Link: closes the connection (FIN to client)" in picture.text
    assert "6 bytes lost in the link" in picture.alt


def test_a_link_breaks_off_after_what_made_it_so() -> None:
    text = through_a_link(b"hello", receives=1, reset_peer=0.01).text
    lines = without_times(text).splitlines()
    sent = lines.index("client: sendall(b'hello') (5 bytes lost in the link)")
    assert sent < lines.index("Link: breaks the connection off (RST to reads)") < len(lines)
    assert sent < lines.index("Link: breaks the connection off (RST to client)")
    assert lines.count("client: close()") == lines.count("reads: close()") == 1  # an RST is followed by no FIN


def test_a_reset_of_one_side_passes() -> None:
    def rude(conn: socket.socket, addr: Any) -> None:
        conn.recv(1)

    text = through_a_link(b"hello", handler=rude, receives=1).text
    assert "client: sendall(b'hello') (4 bytes never received)" in text
    assert "rude: close() (RST to Link)\nLink: passes the RST on to client\nclient: recv(1024): Conn" in text


def test_what_a_link_holds_is_said_and_where_it_came_from_when_it_is_let_go() -> None:
    with helpers.Server(reads) as server, link_to(server, coalesce=(60, 10)) as link, connected(link.address) as s:
        with helpers.watch() as first:
            s.sendall(b"hello")
        with helpers.watch() as second:
            s.sendall(b"world")
    held, glued = conversation(first), conversation(second)
    assert "client: sendall(b'hello') (5 bytes held in the link)" in held.text
    assert {"held in the link", "5 bytes"} <= set(words(held))
    assert "Link: hands over b'helloworld' to reads (from client's sendall)" in glued.text
    assert {"5 bytes sent", "before this"} <= set(words(glued))
    assert not overlaps(held) and not overlaps(glued)


def test_what_passed_a_link_and_was_not_read_stands_behind_it(listener: socket.socket) -> None:
    with helpers.Link(listener.getsockname(), slicer=4) as link, connected(link.address) as s:
        conn, _ = listener.accept()
        with conn, helpers.watch() as recording:
            s.sendall(b"hello world")
            conn.recv(100)
    picture = conversation(recording)
    assert {"4 bytes not received yet", "3 bytes held in the link"} <= set(words(picture))
    assert not overlaps(picture)


def test_a_link_that_is_stopped_behind_its_client_passes_the_same_fin() -> None:
    with (
        helpers.EchoServer() as server,
        helpers.watch() as recording,
        link_to(server) as link,
        connected(link.address) as s,
    ):
        s.sendall(b"hello")
        s.recv(10)
    assert "client: close() (FIN to Link)\nLink: passes the FIN on to EchoServer\nEcho" in conversation(recording).text


def test_two_clients_through_one_link_are_told_apart() -> None:
    with (
        helpers.EchoServer() as server,
        link_to(server) as link,
        helpers.watch() as recording,
        connected(link.address) as one,
        connected(link.address) as other,
    ):
        for each in (one, other):
            each.sendall(b"hello")
            each.recv(10)
    picture = conversation(recording)
    assert "Link [connection 2]: hands over b'hello' to EchoServer (from client 2's sendall)" in picture.text
    assert "EchoServer [connection 3]" not in picture.text
    assert words(picture).count("Link") == 1
    assert not overlaps(picture)


@pytest.mark.parametrize("names", [("Link", "Link 2"), ("Link", "Link"), ("Knife", "Glue")])
def test_two_links_in_a_row_have_a_lane_each(names: tuple[str, str]) -> None:
    with (
        helpers.Server(reads) as server,
        link_to(server, slicer=3, name=names[1]) as near,
        link_to(near, name=names[0]) as far,
        helpers.watch() as recording,
        connected(far.address) as s,
    ):
        s.sendall(b"hello")
    picture = conversation(recording)
    second = "Link 2" if names[1] == "Link" else names[1]
    assert f"{names[0]}: hands over b'hello' to {second} (from client's sendall)" in picture.text
    assert f"{second}: hands over b'hel' to reads (from client's sendall)" in picture.text
    assert f"{second}: hands over b'lo' to reads (from client's sendall)" in picture.text
    assert f"from client to reads through {names[0]} and {second}" in picture.alt
    assert pieces(picture) == 3 and not overlaps(picture)


def relayed(taken: list[int], given: list[int], received: list[int]) -> Script:
    """A client sends b"hello" and b"world"; a link takes, and hands over, pieces of such sizes; the server receives such."""
    script = Script()
    listening = script.end("listening", "server", local=("127.0.0.1", 50001))
    client, near = script.end("client"), script.end("server", "Link", across=4)
    far, server = script.end("client", "Link", across=3), script.end("server", "server", listener=listening + 1)
    script.talks += [(client, near), (far, server)]

    def move(thread: str, end: int, call: str, start: int, size: int, after: tuple[int, ...] = ()) -> int:
        data = b"helloworld"[start : start + size]
        return script.call(thread, end, call, after, data=data, size=size, asked=size, offset=start)

    def sources(moves: list[tuple[int, int, int]], start: int, size: int) -> tuple[int, ...]:
        return tuple(number for number, at, of in moves if at < start + size and start < at + of)

    sends = [(move("MainThread", client, "send", at, 5), at, 5) for at in (0, 5)]
    takes: list[tuple[int, int, int]] = []
    gives: list[tuple[int, int, int]] = []
    for sizes, moves, end, call in ((taken, takes, near, "recv"), (given, gives, far, "send")):
        for start, size in zip(itertools.accumulate(sizes, initial=0), sizes, strict=False):
            after = sources(sends if call == "recv" else takes, start, size)
            moves.append((move("link", end, call, start, size, after), start, size))
    for start, size in zip(itertools.accumulate(received, initial=0), received, strict=False):
        move("server", server, "recv", start, size, sources(gives, start, size))
    return script


@pytest.mark.parametrize("received", [[10], [5, 5], [4, 4, 2], [7, 3], [3, 3, 4]])
def test_it_is_luck_whether_a_link_takes_two_sends_at_once_and_nobody_sees_it(received: list[int]) -> None:
    ways = [([5, 5], [5, 5]), ([10], [10]), ([5, 5], [10])]
    pictures = [conversation(relayed(*way, received).made(seed)) for way in ways for seed in range(10)]
    assert len({(svg(picture), picture.text, picture.alt) for picture in pictures}) == 1


def test_bytes_never_flow_upwards() -> None:
    text = conversation(relayed([5, 5], [5, 5], [4, 4, 2]).made()).text
    assert "Link: hands over b'hello' to server" in text and "Link: hands over b'world' to server" in text
    assert text.index("hands over b'world'") > text.index("client: send(b'world')")


def test_a_piece_that_is_read_in_parts_is_one_piece() -> None:
    picture = conversation(relayed([10], [10], [3, 7]).made())
    assert pieces(picture) == 2  # what begins with the second send begins amid the second receive
    picture = conversation(relayed([5, 5], [5, 5], [2, 3, 5]).made())
    assert "Link: hands over b'hello' to server (from client's send)" in picture.text
    assert pieces(picture) == 2


def test_a_long_stream_through_a_link_is_folded() -> None:
    picture = through_a_link(b"x" * 60, slicer=1)
    assert "… the same call 58 times more, 58 bytes …" in words(picture)
    assert pieces(picture) == 2 and ribbons(picture) == 5


# Legible


CASES = {
    "echo": echo(),
    "two clients": echo(clients=2),
    "five clients": echo(clients=5),
    "cut": stream([b"abcdefghij"], [(b"abcd", {0: 4}), (b"efgh", {0: 4}), (b"ij", {0: 2})]),
    "glued": stream([b"a", b"bc", b"d"], [(b"abcd", {0: 1, 1: 2, 2: 1})]),
    "large": stream([b"x" * 1_000_000], [(b"x" * 1_000_000, {0: 1_000_000})]),
    "hostile": echo(program='<script>alert("\u202e")</script>&' + "x" * 100),
    "hostile bytes": stream([b"<script>\x1b[31m\n\0'\"&]]>"], [("\u202e".encode(), {0: 3})]),
}


@pytest.mark.parametrize("name", CASES)
def test_no_text_stands_on_another(name: str) -> None:
    picture = conversation(CASES[name].made())
    assert not overlaps(picture)
    wide = float(ET.fromstring(svg(picture).encode()).attrib["width"])
    assert wide <= {"two clients": 1150, "five clients": 1700}.get(name, 1000)


@pytest.mark.parametrize("name", ["hostile", "hostile bytes"])
def test_what_comes_from_outside_is_only_text(name: str) -> None:
    picture = conversation(CASES[name].made())
    tags = {element.tag for element in ET.fromstring(svg(picture).encode()).iter()}
    assert tags <= {f"{SVG}{tag}" for tag in ("svg", "title", "rect", "text", "line", "path", "g")}
    assert "\u202e" not in svg(picture) + picture.text + picture.as_html()
    assert "\x1b" not in svg(picture) + picture.text


def test_a_person_who_never_saw_one_finds_each_mark_explained() -> None:
    picture = conversation(echo(clients=2).made())
    assert {"waits", "bytes on their way", "which connection", "FIN: no more bytes come"} <= set(words(picture))
    assert "gave up waiting" not in words(picture)
