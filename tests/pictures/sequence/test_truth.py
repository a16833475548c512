"""What a picture of a conversation says is what happened: the bytes that matter, what a call was given, who waited, who closed."""

from __future__ import annotations

import socket
import xml.etree.ElementTree as ET

import pytest

import helpers
from helpers.pictures.drawing import BLUE, GREEN, Picture
from helpers.pictures.sequence.layout import arrange
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.sheet import conversation
from helpers.pictures.sequence.spelling import Call, in_lines, in_one_line
from helpers.pictures.sequence.wording import Wording
from helpers.running.install import install
from tests.pictures.sequence.connecting import connected
from tests.pictures.sequence.reading import SVG, svg, words
from tests.pictures.sequence.scripts import Script, relayed, stream

# The bytes that matter


@pytest.mark.parametrize("most", [19, 22, 24, 26, 40])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"good morning",
        (5).to_bytes(4, "big") + b"hello",
        bytes(range(16)),
        b"it's \\ \"",
        b"\xff" * 9,
    ],
)
def test_short_bytes_are_whole_and_in_lines_that_fit(data: bytes, most: int) -> None:
    lines = in_lines(Call("sendall(", data, len(data), ")"), most)
    assert "".join(lines) == f"sendall({data!r})"
    assert all(len(line.rstrip()) <= most for line in lines)
    assert in_one_line(Call("recv(9) → ", data, len(data)), 20) == f"recv(9) → {data!r}"


@pytest.mark.parametrize("most", [22, 24, 26, 40])
@pytest.mark.parametrize(
    ("first", "last"), [(b"\x00\x00\x01\x00", b"abcd"), (b"text", b"xx\xc3\xa9"), (b"\xff" * 4, b"\xff" * 4)]
)
def test_of_long_bytes_both_ends_are_shown(first: bytes, last: bytes, most: int) -> None:
    data = first + b"x" * 300 + last
    kept = data[:40] + data[-24:]
    shown = "".join(in_lines(Call("recv(1024) → ", kept, len(data)), most))
    assert repr(first)[2:-1] in shown and repr(last)[2:-1] in shown and "308 bytes" in shown


def test_the_character_that_is_cut_is_shown_on_both_sides_of_the_cut() -> None:
    data = b"x" * 1023 + "é".encode()
    install()
    one, other = socket.socketpair()
    with one, other, helpers.watch() as recording:
        one.sendall(data)
        other.recv(1024)
        other.recv(1024)
    picture = conversation(recording)
    for told in (svg(picture), picture.text):
        assert (
            "\\xc3\\xa9'" in told.replace("&#x27;", "'")
            and "x\\xc3'" in told.replace("&#x27;", "'")
            and "b'\\xa9'" in told.replace("&#x27;", "'")
        )


def test_the_bytes_that_come_first_stand_first() -> None:
    script = stream([b"x" * 30], [(b"x" * 10, {0: 10}), (b"x" * 10, {0: 10})])
    script.flows.append((0, None, 10))
    picture = conversation(script.made())
    root = ET.fromstring(svg(picture).encode())
    starts = [
        float(each.attrib["d"].split()[1].partition("C")[0])
        for each in root.iter(f"{SVG}path")
        if "C" in each.attrib["d"]
    ]
    stub = next(float(each.attrib["y"]) for each in root.iter(f"{SVG}rect") if each.get("stroke") == BLUE)
    assert starts[0] < starts[1] < stub


def test_at_a_link_too_what_was_not_received_stands_below() -> None:
    picture = conversation(relayed([10], [10], [4]).made())
    root = ET.fromstring(svg(picture).encode())
    chunks = [float(each.attrib["y"]) for each in root.iter(f"{SVG}rect") if each.get("rx") == "3"][:3]
    *unread, received = chunks  # in the order in which they are drawn: the legend's is the last of all
    assert received < unread[0] < unread[1]
    assert {"1 byte not received yet", "5 bytes", "not received yet"} <= set(words(picture))


def test_what_was_sent_before_the_recording_is_told_beside_what_was_not() -> None:
    script = stream([b"next"], [(b"rest" + b"next", {0: 4})])
    script.flows.append((-1, 1, 4))
    picture = conversation(script.made())
    assert "4 bytes sent before this" in picture.text


# What a call was given


def test_calls_that_fail_keep_what_they_were_given(listener: socket.socket) -> None:
    with helpers.watch() as recording:
        with socket.socket() as s, pytest.raises(OSError):
            s.shutdown(socket.SHUT_WR)
        with socket.socket() as s:
            with pytest.raises(OSError):
                s.send(b"two")
            with pytest.raises(TypeError):
                s.shutdown(None)  # type: ignore[arg-type]
            with pytest.raises(TypeError):
                s.send("text")  # type: ignore[arg-type]
            s.close()
            with pytest.raises(OSError):
                s.listen(3)
    text = conversation(recording).text
    assert "shutdown(SHUT_WR): OSError" in text and "send(b'two'): " in text
    assert "shutdown(…): TypeError" in text and "send(…): TypeError" in text
    assert "listen(3): OSError" in text and "None" not in text


def test_a_backlog_of_none_is_not_no_backlog() -> None:
    install()
    with helpers.watch() as recording, socket.socket() as one, socket.socket() as other:
        for sock in (one, other):
            sock.bind(("127.0.0.1", 0))
        one.listen(0)
        other.listen()
    text = conversation(recording).text
    assert "listen(0)" in text and "listen()" in text


# Who ended it


def test_who_writes_to_somebody_who_has_gone_is_answered_with_rst(listener: socket.socket) -> None:
    with connected(listener.getsockname()) as client:
        conn, _ = listener.accept()
        with helpers.watch() as recording:
            conn.close()
            assert client.send(b"one") == 3
    picture = conversation(recording)
    assert {"FIN", "RST", "3 bytes never received"} <= set(words(picture))
    assert "(3 bytes never received; the system of server answers with RST)" in picture.text
    assert "one connection broken off by RST" in picture.alt


def test_who_is_read_to_the_end_is_not(listener: socket.socket) -> None:
    with connected(listener.getsockname()) as client:
        conn, _ = listener.accept()
        with helpers.watch() as recording:
            client.send(b"one")
            conn.recv(3)
            conn.close()
    assert "RST" not in conversation(recording).text


def test_a_close_that_stands_in_no_code_says_so() -> None:
    program = helpers.background(
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\ns.accept()", name="left.py"
    )
    with helpers.watch() as recording:
        program.stop()
    assert "close() (the listening socket, left open; closed as its program ended)" in conversation(recording).text


def test_what_a_program_has_open_when_it_falls_is_closed_as_it_ends() -> None:
    """As in a terminal, where Python keeps the last error, and so what stands in its frames. It was kept now and then, by whoever looked where the threads are."""

    def careless() -> None:
        conn, _ = listener.accept()
        conn.recv(1024)
        raise OSError("it falls")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        program = helpers.background(careless, "careless")
        with helpers.watch() as recording, socket.create_connection(listener.getsockname()) as s:
            s.sendall(b"hello")
            assert program.wait(5)
    assert "close() (left open; closed as its program ended)" in conversation(recording).text


def test_a_listening_socket_that_somebody_else_has_too_is_not_gone() -> None:
    install()
    with helpers.watch() as recording, socket.create_server(("127.0.0.1", 0)) as listener:
        other = listener.dup()
        listener.close()
        other.close()
    text = conversation(recording).text
    assert "close() (the listening socket, stays open: somebody else has it too)" in text
    assert "close() (the listening socket)" in text


# Who waited, and what height means


def test_the_clock_stands_above_the_call_that_waited() -> None:
    script = Script()
    one, other = script.end("client", "a"), script.end("server", "b")
    script.talks.append((one, other))
    asked = script.send("there", other, b"and?")
    script.recv("here", one, b"and?", {asked: 4})
    sent = script.send("here", one, b"hello")
    received = script.recv("there", other, b"hello", {sent: 5})
    script.calls[received] |= {"begun": 0.0, "ended": 0.5}
    scene = Scene(script.made())
    layout = arrange(scene, Wording(scene))
    picture = conversation(script.made())
    clock = next(
        each
        for each in ET.fromstring(svg(picture).encode()).iter(f"{SVG}text")
        if (each.text or "").startswith("waited")
    )
    event = next(event for event in scene.events if event.receives and event.data == b"hello")
    assert float(clock.attrib["x"]) == pytest.approx(layout.labels[event.order].x, abs=0.1)
    assert layout.row(event).y - 20 < float(clock.attrib["y"]) < layout.row(event).y


def test_the_legend_says_what_height_means_and_has_the_colours_that_are_drawn() -> None:
    def colours(picture: Picture) -> set[str]:
        return {colour for colour in (BLUE, GREEN) if colour in svg(picture)}

    there = stream([b"hello"], [(b"hello", {0: 5})])
    back = Script()
    one, other = back.end("pair"), back.end("pair")
    back.talks.append((one, other))
    sent = back.send("MainThread", other, b"hello")
    back.recv("MainThread", one, b"hello", {sent: 5})
    assert colours(conversation(there.made())) == {BLUE} and colours(conversation(back.made())) == {GREEN}
    assert "Time runs down." in words(conversation(there.made()))
