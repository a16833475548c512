"""What a picture tells of the calls: in the drawing, in its lines, in the alt text."""

from __future__ import annotations

import gc
import socket
from typing import Any

import pytest

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.sequence.sheet import conversation
from helpers.running.install import install
from tests.pictures.sequence.connecting import connected
from tests.pictures.sequence.reading import overlaps, ribbons, svg, words
from tests.pictures.sequence.scripts import Script, echo, stream


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
    assert {"3 bytes not received yet", "2 of 5 bytes"} <= set(words(picture))
    script.call("MainThread", 1, "close", reset=True)
    picture = conversation(script.made())
    assert {"3 bytes never received", "broken off"} <= set(words(picture))
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
