"""The map of what one end of a connection received, from a recording of what its sockets did."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import helpers
from helpers.pictures import message
from helpers.running.install import install
from helpers.sockets.tapes import AT_ONCE, WHOLE
from tests.pictures.made import words
from tests.pictures.messages.support import GET, POST, cuts

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture(autouse=True)
def traced() -> None:
    install()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as server,
    ):
        yield client, server


def test_what_the_server_received_and_where_it_was_cut(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    with helpers.watch() as recording:
        client.sendall(POST)
        got = [server.recv(30), server.recv(40, socket.MSG_PEEK), server.recv(1024)]
    picture = message(recording)
    assert picture == message([got[0], got[2]])
    assert len(cuts(picture)) == 1 and "cut before byte 30, within value" in picture.text


def test_longer_messages_are_whole(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    request = GET[:-2] + b"Cookie: " + b"x" * 3000 + b"\r\n\r\n" + POST
    buffer = bytearray(5000)
    with helpers.watch() as recording:
        client.sendall(request)
        size = server.recv_into(buffer)
    assert message(recording) == message(request[:size])


def test_where_both_received_one_says_who_is_meant(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    with helpers.watch() as recording:
        client.sendall(GET)
        server.recv(1024)
        server.sendall(ANSWER)
        client.recv(1024)
    with pytest.raises(
        ValueError, match="what the server received in conversation 1 .39 bytes. and what the client"
    ) as error:
        message(recording)
    assert "Say which: message(recording, receiver='client', conversation=1)" in str(error.value)
    assert message(recording, receiver="client") == message(ANSWER)
    assert message(recording, receiver="server", conversation=1) == message(GET)
    with pytest.raises(ValueError, match="Nothing was received there. The recording has what the server"):
        message(recording, conversation=2)
    with pytest.raises(ValueError, match="receiver is 'server' or 'client'"):
        message(recording, receiver="browser")
    with pytest.raises(TypeError, match="conversation='1': conversation is a number"):
        message(recording, conversation="1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="choose among what a recording has"):
        message(GET, receiver="server")


def test_the_end_of_the_stream_is_told(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    with helpers.watch() as recording:
        client.sendall(POST[:70])
        client.shutdown(socket.SHUT_WR)
        while server.recv(1024):
            pass
    assert message(recording) == message([POST[:70], b""])


def test_a_link_is_no_receiver() -> None:
    with (
        helpers.EchoServer() as server,
        helpers.Link(server.address, slicer=10) as link,  # type: ignore[arg-type]
        helpers.watch() as recording,
        socket.create_connection(link.address) as client,  # type: ignore[arg-type]
    ):
        client.sendall(GET)
        client.shutdown(socket.SHUT_WR)
        while client.recv(1024):
            pass
    picture = message(recording, receiver="server")
    assert "39 bytes in 4 pieces" in picture.text and "cut before byte 30" in picture.text


def test_nothing_received_is_said() -> None:
    with helpers.watch() as recording:
        pass
    with pytest.raises(ValueError, match="no bytes of a stream that somebody received"):
        message(recording)


def test_what_was_not_kept_is_counted(ends: tuple[socket.socket, socket.socket]) -> None:
    """Of bulk only the beginning is known."""
    client, server = ends
    head, size = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", AT_ONCE + 1
    with helpers.watch() as recording:
        client.sendall(head + bytes(size))
        server.recv(len(head))
        server.recv(size, socket.MSG_WAITALL)
    picture = message(recording)
    assert f"{size - 64:,} more bytes came, which the recording did not keep." in picture.text
    assert f"[{size - 64:,} bytes not kept]" in picture.text and f"{size - 64:,} bytes not kept" in words(picture)


def test_a_recording_keeps_no_more_than_it_says(ends: tuple[socket.socket, socket.socket]) -> None:
    client, server = ends
    with helpers.watch() as recording:
        for _ in range(WHOLE // AT_ONCE + 2):
            client.sendall(bytes(AT_ONCE))
            server.recv(AT_ONCE, socket.MSG_WAITALL)
    assert sum(map(len, recording.whole.values())) == WHOLE


# Datagrams


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two for UDP; the second one has an address."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        other.bind(("127.0.0.1", 0))
        for each in (one, other):
            each.settimeout(5)
        yield one, other


def test_a_datagram_is_a_message(sockets: tuple[socket.socket, socket.socket]) -> None:
    client, server = sockets
    with helpers.watch() as recording:
        client.sendto(GET, server.getsockname())
        _, sender = server.recvfrom(1024)
        for answer in (ANSWER, ANSWER[:20], b"", POST * 20):
            server.sendto(answer, sender)
            client.recv(4096)
    assert message(recording, receiver="server") == message(GET)
    for number, answer in ((1, ANSWER), (2, ANSWER[:20]), (3, b""), (4, POST * 20)):
        assert message(recording, receiver="client", datagram=number) == message(answer)
    assert message(recording, datagram=2) == message(ANSWER[:20])
    with pytest.raises(
        ValueError,
        match=r"The recording has datagram 1 that the client received in conversation 1 \(43 bytes\), datagram 2",
    ):
        message(recording, receiver="client")
    with pytest.raises(ValueError, match="Say which: message.recording, receiver='client', conversation=1, datagram=1"):
        message(recording, datagram=1)
    with pytest.raises(ValueError, match="Nothing was received there"):
        message(recording, datagram=5)
    with pytest.raises(TypeError, match="datagram='1': datagram is a number"):
        message(recording, datagram="1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="receiver, conversation and datagram choose"):
        message(GET, datagram=1)


def test_what_comes_from_another_sender_is_another_conversation(sockets: tuple[socket.socket, socket.socket]) -> None:
    client, server = sockets
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger, helpers.watch() as recording:
        client.sendto(GET, server.getsockname())
        _, sender = server.recvfrom(1024)
        stranger.sendto(POST, ("127.0.0.1", sender[1]))
        client.recv(1024)
        server.sendto(ANSWER, sender)
        client.recv(1024)
    assert message(recording, conversation=1, receiver="client") == message(ANSWER)
    assert message(recording, conversation=2) == message(POST)


def test_of_a_datagram_that_is_cut_what_came_is_drawn(sockets: tuple[socket.socket, socket.socket]) -> None:
    client, server = sockets
    with helpers.watch() as recording:
        client.sendto(POST, server.getsockname())
        server.recv(1024, socket.MSG_PEEK)
        server.recvfrom_into(bytearray(10))
    assert message(recording) == message(POST[:10])
