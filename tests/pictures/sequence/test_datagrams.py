"""What a picture says of datagrams: nothing of connections, which UDP has none of, and nothing that nobody can know."""

from __future__ import annotations

import contextlib
import itertools
import socket
import xml.etree.ElementTree as ET

import helpers
from helpers.pictures.sequence.sheet import conversation
from helpers.running.install import install
from tests.pictures.sequence.reading import SVG, svg, words

NOBODY = ("127.0.0.1", 1)


def udp() -> socket.socket:
    install()
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind(("127.0.0.1", 0))
    end.settimeout(2)
    return end


def test_connect_of_a_datagram_socket_is_no_handshake() -> None:
    with udp() as one, udp() as other, helpers.watch() as recording:
        one.connect(other.getsockname())
        one.send(b"hello")
        other.recvfrom(1024)
    picture = conversation(recording)
    assert {"UDP socket 1", "UDP socket 2", "nothing is sent"} <= set(words(picture))
    assert "UDP socket 1: connect(address) (nothing is sent)" in picture.text
    assert not {"client", "handshake", "waits in the backlog"} & set(words(picture))


def test_whether_somebody_is_there_is_not_known_before_an_answer_comes() -> None:
    with udp() as one, helpers.watch() as recording:
        one.sendto(b"hello", NOBODY)
    assert "nobody?" in words(conversation(recording))


def test_an_error_of_a_connected_socket_is_no_answer_of_anybody() -> None:
    with udp() as one, helpers.watch() as recording:
        one.connect(NOBODY)
        one.send(b"hello")
        with contextlib.suppress(ConnectionError):
            one.recv(1024)
    picture = conversation(recording)
    assert "nobody?" in words(picture) and "handshake" not in picture.text


def test_what_waits_in_the_system_may_be_received_later() -> None:
    with udp() as one, udp() as other:
        with helpers.watch() as recording:
            one.sendto(b"hello", other.getsockname())
        assert other.recv(1024) == b"hello"
    assert "(5 bytes not received)" in conversation(recording).text


def test_the_numbers_of_datagrams_are_none_of_connections() -> None:
    with udp() as one, udp() as other, udp() as third, helpers.watch() as recording:
        for end in one, third:
            end.sendto(b"hello", other.getsockname())
            other.recvfrom(1024)
    picture = conversation(recording)
    assert "which connection" not in words(picture) and "[connection" not in picture.text


def test_the_titles_of_three_lanes_stand_beside_each_other() -> None:
    with udp() as one, udp() as other, udp() as third, helpers.watch() as recording:
        third.connect(other.getsockname())
        one.sendto(b"hello", third.getsockname())
        other.sendto(b"hello", third.getsockname())
        third.recv(1024)
    boxes = [
        (float(box.attrib["x"]), float(box.attrib["width"]))
        for box in ET.fromstring(svg(conversation(recording)).encode()).iter(f"{SVG}rect")
        if box.attrib.get("rx") == "6"
    ]
    assert len(boxes) == 3
    assert all(x + wide < beside for (x, wide), (beside, _) in itertools.pairwise(boxes))


def test_what_a_server_does_for_nobody_tells_its_clients_not_apart() -> None:
    with helpers.watch() as recording, udp() as server, contextlib.ExitStack() as opened:
        clients = [opened.enter_context(udp()) for _ in range(6)]
        for client in clients:
            client.sendto(b"hello", server.getsockname())
        for _ in clients:
            data, whose = server.recvfrom(1024)
            server.sendto(data, whose)
        for client in clients:
            client.recvfrom(1024)
        server.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            server.recvfrom(1024)
    text = conversation(recording).text
    assert "6 UDP sockets did the same: one is drawn for all" in text
    assert "unlike the others" not in text
    alone = ("bind(('127.0.0.1', 0))", "recvfrom(1024): TimeoutError after 0.05 s", "close()")
    assert {f"UDP socket 1: {call}" for call in alone} <= set(text.splitlines())


def test_what_does_not_fit_has_happened_all_the_same() -> None:
    with contextlib.ExitStack() as opened:
        ends = [opened.enter_context(udp()) for _ in range(2)]
        links = [opened.enter_context(helpers.DatagramLink(ends[1].getsockname()))]
        for _ in range(40):
            assert links[-1].address is not None
            links.append(opened.enter_context(helpers.DatagramLink(links[-1].address)))
        assert links[-1].address is not None
        with helpers.watch() as recording:
            ends[0].sendto(b"hello", links[-1].address)
            ends[1].recvfrom(1024)
    picture = conversation(recording)
    assert "No socket call happened" not in picture.text + picture.alt
    assert "did not fit" in picture.text
