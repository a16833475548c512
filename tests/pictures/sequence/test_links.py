"""Conversations through a link (`helpers.Link`), which is a part of the way and makes no calls."""

from __future__ import annotations

import contextlib
import re
import socket
from typing import Any

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.sequence.sheet import conversation
from helpers.recording.events import STAYS_OPEN
from helpers.running.rest import wait_for_rest
from tests.pictures.sequence.connecting import connected
from tests.pictures.sequence.reading import overlaps, pieces, ribbons, svg, without_clock, without_times, words
from tests.pictures.sequence.scripts import Script, relayed
from tests.support.untimed import untimed as untimed


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


def through_a_link(
    *sends: bytes, handler: Any = reads, receives: int = 0, waits: bool = False, **faults: Any
) -> Picture:
    """A client connects through a link with these faults, sends, and receives so often. `waits`: it closes when all has arrived, and not at once."""
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
        if waits:
            wait_for_rest(30)
    picture = conversation(recording)
    assert not overlaps(picture)
    return picture


@pytest.mark.usefixtures("untimed")
def test_a_link_is_a_part_of_the_way_and_has_no_calls() -> None:
    picture = through_a_link(b"hello world", waits=True, slicer=4)
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


def test_both_directions_of_an_echo_pass_the_link() -> None:
    picture = through_a_link(b"hello", handler=echoes, receives=2, downstream={"slicer": 3})
    assert "Link: hands over b'hello' to echoes (from client's sendall)" in picture.text
    assert "Link: hands over b'hel' to client (from echoes's sendall)" in picture.text
    assert "Link: hands over b'lo' to client (from echoes's sendall)" in picture.text
    assert pieces(picture) == 3


def echoes(conn: socket.socket, addr: Any) -> None:
    while data := conn.recv(1024):
        conn.sendall(data)


def clocks(picture: Picture) -> list[float]:
    """Seconds for which a link held something, as the picture says."""
    return [float(word.split()[1]) for word in words(picture) if word.startswith("held")]


def test_how_long_a_link_held_bytes_is_said_as_clocks_are() -> None:
    slow = through_a_link(b"hello", upstream={"latency": 0.07})
    quick = through_a_link(b"hello")
    # How much longer than it should a busy machine makes it hold them: and so the quick one too may have held some.
    assert len(clocks(slow)) >= 2 and all(seconds >= 0.07 for seconds in clocks(slow))
    assert all(seconds >= 0.05 for seconds in clocks(quick))
    text = re.sub(r"waited 0\.\d+ s", "waited … s", slow.text)
    assert "Link: hands over b'hello' to reads (from client's sendall) (waited … s in Link)" in text
    assert "Link: passes the FIN on to reads (waited … s in Link)" in text
    # How long it was changes nothing. (The quick one may differ: the client closes when all is received.)
    slower = through_a_link(b"hello", upstream={"latency": 0.14})
    assert without_clock(slow) == without_clock(slower) and without_times(slow.text) == without_times(slower.text)
    assert slow.text.index("client: close") < slow.text.index("reads: recv")


def test_what_a_link_loses_is_said() -> None:
    picture = through_a_link(b"hello world", receives=1, limit_data=5)
    assert "client: sendall(b'hello world') (6 bytes lost in the link)" in picture.text
    assert "6 bytes lost in the link" in words(picture)
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


def test_a_send_that_gave_up_says_so_beside_what_a_link_without_a_server_holds() -> None:
    script = Script()
    client, near = script.end("client"), script.end("server", "Link", across=3)
    script.end("client", "Link", across=2)
    script.talks.append((client, near))
    partly: dict[str, Any] = {
        "data": b"hello",
        "size": 5,
        "asked": 10,
        "offset": 0,
        "error": "TimeoutError",
        "timeout": 0.5,
    }
    sent = script.call("MainThread", client, "sendall", **partly)
    script.call("link", near, "recv", (sent,), data=b"hello", size=5, asked=65536, offset=0)
    picture = conversation(script.made())
    assert "TimeoutError after 0.5 s; 5 bytes held in the link" in words(picture)
    assert not overlaps(picture)


def test_what_passed_a_link_and_was_not_read_stands_behind_it(listener: socket.socket) -> None:
    with helpers.Link(listener.getsockname(), slicer=4) as link, connected(link.address) as s:
        conn, _ = listener.accept()
        with conn, helpers.watch() as recording:
            s.sendall(b"hello world")
            conn.recv(100)
    picture = conversation(recording)
    assert {"4 bytes not received yet; 3 bytes held in the link", "4 of 11 bytes"} <= set(words(picture))
    assert not overlaps(picture)


def test_who_is_accepted_by_a_link_waits_in_no_backlog_though_the_link_does(listener: socket.socket) -> None:
    with helpers.Link(listener.getsockname()) as link, helpers.watch() as recording, connected(link.address) as s:
        s.sendall(b"hello")
        wait_for_rest(30)
    picture = conversation(recording)
    assert "backlog" not in picture.text
    assert "client: sendall(b'hello') (5 bytes not received yet)" in picture.text
    assert "Remarkable: 5 bytes were not received." in picture.alt


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


def test_whoever_closes_what_somebody_else_has_too_ends_nothing() -> None:
    script = relayed([10], [5], [4])
    script.call("server", 4, "close", how=STAYS_OPEN)
    picture = conversation(script.made())
    assert "close() (stays open: somebody else has it too)" in picture.text
    assert "5 bytes held in the link" in picture.text and "never received" not in picture.text
    script = relayed([10], [10], [10])
    closed = script.call("MainThread", 1, "close")
    script.call("link", 3, "close", (closed,), how=STAYS_OPEN)
    assert words(conversation(script.made())).count("FIN") == 1  # from the client to the link


@pytest.mark.usefixtures("untimed")
def test_a_long_stream_through_a_link_is_folded() -> None:
    picture = through_a_link(b"x" * 60, waits=True, slicer=1)
    assert "… the same call 58 times more, 58 bytes …" in words(picture)
    assert pieces(picture) == 2 and ribbons(picture) == 5
