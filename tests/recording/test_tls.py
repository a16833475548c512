"""TLS on a tape: the plaintext calls of its sockets, and the records that they write and read."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import sys
import threading

import pytest

import helpers
from tests.recording.tls import calls, connected, echo, records, serving, watched
from tests.support.certificates import NAME, Contexts, certificate
from tests.support.stopping import stops_within_promise
from tests.support.waiting import eventually

ANY_KIND = pytest.mark.usefixtures("each_kind_of_socket")


@ANY_KIND
def test_the_calls_have_the_plaintext(either: Contexts) -> None:
    recording = watched(either)
    client = [(event.call, event.data, event.told) for event in calls(recording, "client")]
    assert client == [
        ("wrap_socket", b"", either.version),
        ("sendall", b"password", None),
        ("recv", b"password", None),
        ("unwrap", b"", None),
    ]
    server = [(event.call, event.data, event.told) for event in calls(recording, "server")]
    assert server == [
        ("wrap_socket", b"", either.version),
        ("recv", b"password", None),
        ("sendall", b"password", None),
        ("recv", b"", "close_notify"),
        ("unwrap", b"", None),
    ]


@ANY_KIND
def test_what_one_end_writes_the_other_one_reads(either: Contexts) -> None:
    recording = watched(either)
    for one, other in (("client", "server"), ("server", "client")):
        sent = records(recording, one, "send record")
        assert sent and sent == records(recording, other, "recv record")
    (talk,) = recording.conversations
    assert not talk.unread and not talk.unsure
    assert all(flow.sent is not None and flow.received is not None for flow in talk.flows)
    assert all(flow.sent.order < flow.received.order for flow in talk.flows if flow.sent and flow.received)


def test_a_call_stands_above_what_it_writes_and_below_what_it_reads(contexts: Contexts) -> None:
    recording = watched(contexts)
    client = [event for event in recording.events if event.socket.role == "client"]
    names = [event.call for event in client]
    assert client[names.index("sendall") + 1].call == "send record"
    assert client[names.index("recv") - 1].call == "recv record"
    assert [e.order for e in recording.events] == list(range(len(recording.events)))


def test_records_have_the_header_as_it_stood_on_the_wire(contexts: Contexts) -> None:
    taken = bytearray()

    def relay(conn: socket.socket) -> None:
        with socket.create_connection(behind) as onward:
            while any(ready := select.select([conn, onward], [], [], 10)[0]):
                for one in ready:
                    if not (data := one.recv(65536)):
                        return
                    if one is conn:
                        taken.extend(data)
                    (onward if one is conn else conn).sendall(data)

    with (
        helpers.watch() as recording,
        serving(echo(contexts)) as behind,
        serving(relay) as address,
        connected(contexts, address) as client,
    ):
        client.sendall(b"x" * 40_000)
        left = 40_000
        while left:
            left -= len(client.recv(65536))
        client.unwrap()
    ends = {event.socket.number for event in recording.events if event.call == "wrap_socket"}
    written = [
        record
        for event in recording.events
        if event.socket.number in ends and event.socket.role == "client" and event.call == "send record"
        for record in event.records
    ]
    at, found = 0, []
    while at < len(taken):
        size = 5 + int.from_bytes(taken[at + 3 : at + 5], "big")
        found.append((taken[at], int.from_bytes(taken[at + 1 : at + 3], "big"), size))
        at += size
    assert found == [(record.kind, record.version, record.size) for record in written]


def test_the_handshake_is_told_message_by_message(either: Contexts) -> None:
    recording = watched(either)
    sent = [event for event in recording.events if event.call == "send record"]
    first, second = (event for event in sent if event.records[0].messages in ((1,), (2,)))
    assert first.socket.role == "client" and first.records[0].messages == (1,)  # ClientHello
    messages = [message for record in second.records for message in record.messages]
    assert messages[0] == 2 and 11 in messages  # ServerHello, Certificate
    hidden = [record.encrypted for record in second.records if record.messages == (11,)]
    assert hidden == [either.version == "TLSv1.3"]


@ANY_KIND
def test_a_record_is_not_a_message(contexts: Contexts) -> None:
    with helpers.watch() as recording, serving(echo(contexts)) as address, connected(contexts, address) as client:
        client.sendall(b"one record")
        assert client.recv(3) == b"one"
        assert client.pending() == 7
        assert not select.select([client], [], [], 0)[0]  # it is read already
        assert client.recv(100) == b" record"
        client.unwrap()
    told = [(each.call, each.told) for each in calls(recording, "client")]
    assert ("pending", "7") in told
    assert "pending() → 7" in recording.describe()
    assert "recv(100) → b' record' (what was left of a record)" in recording.describe()


@ANY_KIND
def test_an_end_without_close_notify_is_told_apart(either: Contexts) -> None:
    rude = watched(either, politely=False) if either.version == "TLSv1.2" else None

    def leave(conn: socket.socket) -> None:
        with either.server.wrap_socket(conn, server_side=True) as secure:
            secure.recv(100)

    with helpers.watch() as recording, serving(leave) as address, connected(either, address) as client:
        client.sendall(b"?")
        assert client.recv(100) == b""
    last = calls(recording, "client")[-1]
    assert (last.told, last.end_of_stream) == ("no close_notify", True)
    assert "end of stream, without close_notify" in recording.describe()
    assert rude is None or "without close_notify" in rude.describe()
    polite = next(event for event in calls(watched(either), "server") if event.told == "close_notify")
    assert not polite.end_of_stream


@ANY_KIND
def test_an_end_that_is_an_error(contexts: Contexts) -> None:
    def leave(conn: socket.socket) -> None:
        with contexts.server.wrap_socket(conn, server_side=True) as secure:
            secure.recv(100)

    with helpers.watch() as recording, serving(leave) as address:
        plain = socket.create_connection(address)
        with contexts.client.wrap_socket(plain, server_hostname=NAME, suppress_ragged_eofs=False) as client:
            client.sendall(b"?")
            with pytest.raises(ssl.SSLEOFError):
                client.recv(100)
    assert calls(recording, "client")[-1].error == "SSLEOFError"


@ANY_KIND
@pytest.mark.parametrize("why", ["unable to get local issuer certificate", "Hostname mismatch"])
def test_a_failed_handshake_is_told_at_the_call_that_raised(contexts: Contexts, why: str) -> None:
    def refused(conn: socket.socket) -> None:
        with pytest.raises(OSError):
            contexts.server.wrap_socket(conn, server_side=True)

    trusting = why == "Hostname mismatch"
    client = contexts.client if trusting else ssl.create_default_context()
    with helpers.watch() as recording, serving(refused) as address:
        conn = socket.create_connection(address)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.wrap_socket(conn, server_hostname="other.example" if trusting else NAME)
        assert conn.fileno() == -1
    failed = calls(recording, "client")[-1]
    assert (failed.call, failed.error) == ("wrap_socket", "SSLCertVerificationError")
    assert failed.told is not None and failed.told.startswith(f"certificate verify failed: {why}")
    alert = "bad_certificate" if trusting else "unknown_ca"
    assert f"client: sends alert {alert}" in recording.describe()
    assert f"receives alert {alert}" in recording.describe()


@ANY_KIND
def test_a_server_that_speaks_no_tls(contexts: Contexts) -> None:
    def plainly(conn: socket.socket) -> None:
        conn.recv(1024)
        conn.sendall(b"What?\r\n")

    with helpers.watch() as recording, serving(plainly) as address, pytest.raises(ssl.SSLError):
        connected(contexts, address)
    failed = calls(recording, "client")[-1]
    assert (failed.error, failed.told) == ("SSLError", "wrong version number")
    assert "no TLS record: b'What?'" in recording.describe()


@ANY_KIND
def test_a_listening_socket_that_speaks_tls(contexts: Contexts) -> None:
    def accept() -> None:
        conn, _ = listener.accept()
        with conn:
            conn.sendall(conn.recv(100))
            with contextlib.suppress(OSError):
                conn.unwrap()  # the client leaves as soon as it has heard

    with (
        helpers.watch() as recording,
        socket.create_server(("127.0.0.1", 0)) as plain,
        contexts.server.wrap_socket(plain, server_side=True) as listener,
    ):
        thread = threading.Thread(target=accept)
        thread.start()
        with contexts.client.wrap_socket(socket.socket(), server_hostname=NAME) as client:
            client.connect(listener.getsockname())
            client.send(b"hello")
            assert client.recv(100) == b"hello"
            assert client.recv(100) == b""
        thread.join()
    names = [event.call for event in recording.events if event.socket.role == "listening"]
    assert names == ["socket", "bind", "listen", "accept", "close"] or names == ["bind", "listen", "accept", "close"]
    assert [e.call for e in calls(recording, "client")] == ["do_handshake", "send", "recv", "recv"]
    assert calls(recording, "client")[-1].told == "close_notify"


@ANY_KIND
def test_nothing_waits_where_nothing_may(contexts: Contexts) -> None:
    def slowly(conn: socket.socket) -> None:
        with contexts.server.wrap_socket(conn, server_side=True) as secure:
            secure.recv(10)
            with contextlib.suppress(OSError):
                secure.unwrap()

    with helpers.watch() as recording, serving(slowly) as address, connected(contexts, address) as client:
        client.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            client.recv(10)
        client.settimeout(0.05)
        with pytest.raises(TimeoutError, match="The read operation timed out"):
            client.recv(10)
        assert client.gettimeout() == client.timeout == 0.05
        client.settimeout(None)
        client.sendall(b"x")
        assert client.recv(10) == b""
    told = [(event.call, event.error, event.timeout) for event in calls(recording, "client")]
    assert told[1:3] == [("recv", "SSLWantReadError", None), ("recv", "TimeoutError", 0.05)]


@ANY_KIND
def test_a_handshake_that_stalls_is_seen_as_far_as_it_came(contexts: Contexts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = silent.getsockname()
        with helpers.watch() as recording:
            program = helpers.background(lambda: connected(contexts, address), "client.py")
        assert "client.py: sends handshake" in recording.describe()
        assert "client.py: wrap_socket() (still waits)" in recording.describe()
        program.stop()
        assert program.status == "stopped"


@ANY_KIND
@pytest.mark.parametrize("first", [b"wait", b"send"])
def test_a_program_that_waits_in_tls_is_stopped(contexts: Contexts, first: bytes) -> None:
    def serve() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            contexts.server.wrap_socket(listener.accept()[0], server_side=True) as secure,
        ):
            if secure.recv(4) == b"send":
                secure.sendall(bytes(50_000_000))
            secure.recv(100)

    with contextlib.ExitStack() as clients:

        def waiting() -> helpers.Program:
            program = helpers.background(serve, "server.py")
            assert eventually(lambda: program.address, 30) and program.address
            client = clients.enter_context(connected(contexts, program.address))
            client.sendall(first)
            program.wait_for_rest(5)
            return program

        stops_within_promise(waiting)


def test_a_record_that_is_written_in_part_is_on_the_tape(contexts: Contexts) -> None:
    """Its call waits: nobody reads. What follows finds its place behind it."""
    reads = threading.Event()

    def late(conn: socket.socket) -> None:
        with contexts.server.wrap_socket(conn, server_side=True) as secure:
            assert reads.wait(30)
            left = 8_000_000
            while left:
                left -= len(secure.recv(65536))
            secure.sendall(b"all")

    def send() -> None:
        with connected(contexts, address) as client:
            client.sendall(bytes(8_000_000))
            assert client.recv(3) == b"all"

    with serving(late) as address:
        with helpers.watch() as recording:
            program = helpers.background(send, "client.py")
        with helpers.watch() as rest:
            reads.set()
            assert program.wait(30)
    assert "sendall(8,000,000 bytes) (still waits)" in recording.describe()
    last = [event for event in recording.events if event.call == "send record"][-1]
    assert last.records[-1].inner == 23
    (talk,) = rest.conversations
    assert not talk.unsure
    written = sum(
        size for seen in (recording, rest) for kind, size in records(seen, "client", "send record") if kind == 23
    )
    overhead = written - 8_000_000
    assert 0 < overhead < 8_000_000 // 100


def test_bytes_before_tls_and_after_it_belong_to_the_same_stream(contexts: Contexts) -> None:
    def starttls(conn: socket.socket) -> None:
        assert conn.recv(100) == b"STARTTLS\n"
        conn.sendall(b"ok\n")
        secure = contexts.server.wrap_socket(conn, server_side=True)
        secure.sendall(secure.recv(100))
        with secure.unwrap() as plain:
            assert plain.recv(100) == b"bye\n"

    with helpers.watch() as recording, serving(starttls) as address:
        conn = socket.create_connection(address)
        conn.sendall(b"STARTTLS\n")
        assert conn.recv(3) == b"ok\n"
        secure = contexts.client.wrap_socket(conn, server_hostname=NAME)
        secure.sendall(b"hello")
        assert secure.recv(100) == b"hello"
        with secure.unwrap() as plain:
            plain.sendall(b"bye\n")
    (talk,) = recording.conversations
    assert not talk.unread and not talk.unsure
    assert "recv(100) → b'bye\\n'" in recording.describe()


def test_what_is_kept_of_a_handshake_is_no_secret(contexts: Contexts) -> None:
    from helpers.sockets import tapes

    tape = tapes.Tape(10_000)
    tape.start()
    try:
        watched(contexts)
    finally:
        tape.stop()
    kept = [entry for entry in tape.entries(len(tape)) if entry.call not in ("tls.sendall", "tls.recv")]
    assert kept
    for entry in kept:
        assert len(entry.data) <= 5, "more than the header of a record is kept"
        assert entry.more is None or entry.more.whole is None


def test_a_connection_made_before_the_recording(either: Contexts) -> None:
    with serving(echo(either)) as address, connected(either, address) as client:
        client.sendall(b"before")
        assert client.recv(100) == b"before"
        with helpers.watch() as recording:
            client.sendall(b"within")
            assert client.recv(100) == b"within"
        client.unwrap()
    assert [(e.call, e.data) for e in calls(recording, "client")] == [("sendall", b"within"), ("recv", b"within")]
    known = ": counted, not seen." if sys.platform == "linux" else ": not seen."
    assert "TLS records of" in recording.describe() and known in recording.describe()
    if sys.platform == "linux":
        (talk,) = recording.conversations
        assert len(talk.flows) == 2 and all(flow.sent and flow.received for flow in talk.flows) and not talk.unsure


def test_it_is_what_it_would_be_anywhere(contexts: Contexts) -> None:
    with helpers.watch(), serving(echo(contexts)) as address, connected(contexts, address) as client:
        assert isinstance(client, ssl.SSLSocket) and isinstance(client, socket.socket)
        assert type(contexts.client) is ssl.SSLContext and repr(type(client)) == "<class 'ssl.SSLSocket'>"
        assert client.version() == contexts.version and client.server_hostname == NAME
        certificate = client.getpeercert()
        assert certificate and ("DNS", NAME) in certificate["subjectAltName"]
        with pytest.raises(ValueError, match="non-zero flags not allowed"):
            client.recv(10, socket.MSG_PEEK)
        with pytest.raises(NotImplementedError):
            client.dup()
        with client.makefile("rwb") as file:
            file.write(b"line\n")
            file.flush()
            assert file.readline() == b"line\n"
        buffer = bytearray(10)
        client.write(b"12345")
        assert client.recv_into(buffer) == 5 and buffer[:5] == b"12345"
        client.sendall(memoryview(b"ab"))
        assert client.read(1) == b"a"
        count: object = client.read(10, buffer)  # whose type, as typeshed has it, is bytes
        assert count == 1 and buffer[:1] == b"b"
        client.unwrap()


def test_a_connection_of_an_earlier_recording(either: Contexts) -> None:
    """Its records are seen in the next one, too, whatever passed in between."""
    with helpers.watch(), serving(echo(either)) as address, connected(either, address) as client:
        client.sendall(b"first")
        assert client.recv(100) == b"first"
        client.unwrap()
    with serving(echo(either)) as address:
        with helpers.watch():
            client = connected(either, address)
        with client:
            client.sendall(b"between")
            assert client.recv(100) == b"between"
            with helpers.watch() as recording:
                client.sendall(b"within")
                assert client.recv(100) == b"within"
            client.unwrap()
    (talk,) = recording.conversations
    assert len(talk.flows) == 2 and all(flow.sent and flow.received for flow in talk.flows)
    assert not talk.unread and not talk.unsure
    kinds = {record.inner for event in recording.events for record in event.records}
    assert kinds == {23}


def test_a_context_that_the_hello_has_chosen_tells_of_its_records(contexts: Contexts) -> None:
    chosen = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate().configure_cert(chosen)

    def choose(sock: ssl.SSLSocket, *_: object) -> None:
        sock.context = chosen

    contexts.server.sni_callback = choose  # type: ignore[assignment]
    recording = watched(contexts)
    written = sum(size for _, size in records(recording, "server", "send record"))
    read = sum(size for _, size in records(recording, "client", "recv record"))
    assert written == read > 0
    assert "left of a record" not in recording.describe()


def test_a_record_that_the_system_refuses_was_not_sent(contexts: Contexts) -> None:
    with (
        helpers.watch() as recording,
        serving(echo(contexts, politely=False)) as address,
        connected(contexts, address) as client,
    ):
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        socket.socket.shutdown(client, socket.SHUT_WR)  # beneath TLS, which knows nothing of it
        with pytest.raises(OSError):
            client.sendall(b"more")
    told = recording.describe()
    assert told.count("client: sends application data") == 1
    assert "client: sendall(b'more'): " in told


def test_an_alert_that_the_system_refuses_was_not_sent(contexts: Contexts) -> None:
    """A stream that ends without close_notify has OpenSSL write one, which goes nowhere once the way there is closed."""
    read = threading.Event()

    def say_one_byte(conn: socket.socket) -> None:
        with contexts.server.wrap_socket(conn, server_side=True) as secure:
            secure.sendall(b"x")
            # What it wrote now, an alert of its own for instance, would be answered with a reset.
            assert read.wait(10)

    with (
        helpers.watch() as recording,
        serving(say_one_byte) as address,
        connected(contexts, address) as client,
    ):
        assert client.recv(1) == b"x"
        socket.socket.shutdown(client, socket.SHUT_RDWR)
        try:
            assert client.recv(1) == b""
        except BrokenPipeError:
            pass  # a newer OpenSSL says so when its alert was refused
        finally:
            read.set()
    assert "client: sends alert" not in recording.describe()


def test_what_is_no_tls_is_no_record(contexts: Contexts) -> None:
    def take(conn: socket.socket) -> None:
        with pytest.raises(ssl.SSLError):
            contexts.server.wrap_socket(conn, server_side=True)

    with (
        helpers.watch() as recording,
        serving(take) as address,
        socket.create_connection(address) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert "receives no TLS record: b'GET /', 5 bytes\n" in recording.describe().replace(" (had to wait)", "")


def test_the_kernel_says_the_states_of_its_sockets(contexts: Contexts) -> None:
    with serving(echo(contexts)) as address, connected(contexts, address) as client:
        view = helpers.states(client)
        view.look()
        client.unwrap()
    assert "client: ESTABLISHED" in view.describe()
