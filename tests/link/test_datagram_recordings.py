"""Datagrams through a link, as a recording tells and a picture shows them: only what the link says that it did."""

from __future__ import annotations

import contextlib
import queue
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.sequence import scene
from helpers.pictures.telling.relays import through
from helpers.pictures.telling.routes import LOST
from helpers.watching.watcher import Watch
from tests.link.datagrams import Talk, address_of, differing_bits, numbered, talking, udp
from tests.link.support import ANY, FOREVER, ONCE, PATIENCE, UPSTREAM
from tests.support.waiting import undisturbed

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


def exchange(talk: Talk, count: int, expected: int) -> Watch:
    """So many datagrams at once, and the receives of what comes of them."""
    with helpers.watch() as recording:
        for data in numbered(count):
            talk.send(UPSTREAM, data)
        for _ in range(expected):
            talk.server.recv(100)
    return recording


def picture_of(count: int, expected: int, **faults: Any) -> Picture:
    with talking(seed=1, **faults) as talk:
        return exchange(talk, count, expected).draw()


def svg(picture: Picture) -> str:
    """Without its clocks, which are another matter."""
    assert isinstance(picture.image, str)
    return re.sub(r'<g class="clock">.*?</g>', "", picture.image, flags=re.DOTALL)


def test_a_lost_one_ends_in_the_lane_of_the_link() -> None:
    picture = picture_of(3, 2, loss=[2])
    lines = picture.text.splitlines()
    assert "UDP socket 1: sendto(b'2', address) → 1 byte (1 byte lost in the link)" in [
        re.sub("…", "address", line) for line in lines
    ]
    assert [line for line in lines if line.startswith("Link")] == [
        f"Link: hands over b'{n}' to UDP socket 2 (from UDP socket 1's sendto)" for n in (1, 3)
    ]
    assert "one datagram lost in the link" in picture.alt
    assert "a datagram that the link loses" in svg(picture)


def test_what_another_process_sent_and_the_link_lost_is_told() -> None:
    """No call is known beside which it could be drawn."""
    with udp(ANY) as server, helpers.DatagramLink(server.getsockname(), upstream={"loss": [2, 3]}) as link:
        sends = f"import socket; s = socket.socket(type=socket.SOCK_DGRAM); [s.sendto(b'%d' % n, {link.address!r}) for n in range(4)]"
        with helpers.watch() as recording:
            subprocess.run([sys.executable, "-c", sends], check=True)
            assert [server.recv(10), server.recv(10)] == [b"0", b"3"]
    picture = recording.draw()
    assert "Not drawn: 2 datagrams from another process, lost in the link." in picture.text
    assert isinstance(picture.image, str) and "Not drawn: 2 datagrams" in picture.image


def test_a_doubled_one_parts_and_a_flipped_one_says_so() -> None:
    picture = picture_of(3, 4, duplicate=[1], corrupt=[3])
    assert "(received twice)" in picture.text and "sendto, the double)" in picture.text
    assert picture.text.count("one bit flipped") == 2 and "one bit flipped in the link" in picture.text
    assert "one datagram doubled in the link; one datagram with one bit flipped in the link" in picture.alt
    assert {"the double", "one bit flipped"} <= set(re.findall(r">([^<>]+)</text>", svg(picture)))


def test_late_and_reordered_ones_cross() -> None:
    picture = picture_of(3, 3, latency=0.3, reorder=[3])
    handed = re.findall(r"hands over b'(\d)'", picture.text)
    assert handed == ["3", "1", "2"]
    assert picture.text.count("(waited 0.3 s in Link)") == 2


def test_what_waits_in_the_link_is_told() -> None:
    with talking(latency=FOREVER) as talk:
        picture = exchange(talk, 1, 0).draw()
        assert "(1 byte held in the link)" in picture.text and "one datagram held in the link" in picture.alt


@ONCE
def test_empty_ones_are_told_as_well() -> None:
    with talking(loss=[1]) as talk, helpers.watch() as recording:
        talk.send(UPSTREAM, b"")
        talk.send(UPSTREAM, b"")
        assert talk.server.recv(10) == b""
    text = recording.describe()
    assert "(an empty datagram lost in the link)" in text
    assert "Link: hands over an empty datagram to" in text


@ONCE
def test_nobody_there() -> None:
    with udp(ANY) as gone:
        address = gone.getsockname()
    with helpers.DatagramLink(address) as link, udp() as client, helpers.watch() as recording:
        client.sendto(b"hello", address_of(link))
    assert recording.describe().endswith("→ 5 bytes (5 bytes refused: nobody is there)")
    assert "another process" not in recording.describe()


@ONCE
def test_what_is_told_is_not_guessed_from_the_bytes() -> None:
    """All are alike: which of them was lost only the link can tell."""
    with talking(loss=[2, 3]) as talk, helpers.watch() as recording:
        for _ in range(4):
            talk.send(UPSTREAM, b"alike")
        assert [talk.server.recv(10), talk.server.recv(10)] == [b"alike"] * 2
    sends = [line for line in recording.describe().splitlines() if "sendto(b'alike'" in line]
    assert ["lost in the link" in line for line in sends] == [False, True, True, False]


def ask_and_answer(link_settings: dict[str, Any], ask: Callable[[socket.socket, Any], None]) -> Picture:
    """`ask` by two clients, of a server in a thread that answers in capitals."""
    with contextlib.ExitStack() as stack:
        addresses: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def serve() -> None:
            with socket.socket(type=socket.SOCK_DGRAM) as server:
                server.bind(ANY)
                addresses.put(server.getsockname())
                while True:
                    data, back = server.recvfrom(100)
                    server.sendto(data.upper(), back)

        program = helpers.background(serve, name="server.py")
        stack.callback(program.stop)
        link = stack.enter_context(helpers.DatagramLink(addresses.get(timeout=5), **link_settings))
        clients = [stack.enter_context(udp()) for _ in range(2)]
        with helpers.watch() as recording:
            for client in clients:
                ask(client, link.address)
        return recording.draw()


def test_one_socket_answers_several_clients() -> None:
    def ask(client: socket.socket, address: Any) -> None:
        client.sendto(b"hello", address)
        assert client.recv(100) == b"HELLO"

    picture = undisturbed(lambda: ask_and_answer({}, ask))
    for number in (1, 2):
        handed = [line for line in picture.text.splitlines() if line.startswith(f"Link [conversation {number}]")]
        assert handed == [
            f"Link [conversation {number}]: hands over b'hello' to server.py (from UDP socket {number}'s sendto)",
            f"Link [conversation {number}]: hands over b'HELLO' to UDP socket {number} (from server.py's sendto)",
        ]
    assert "which conversation" in svg(picture) and "connection" not in picture.text + svg(picture)


@ONCE
def test_one_socket_sends_to_several() -> None:
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(udp())
        servers = [stack.enter_context(udp(ANY)) for _ in range(2)]
        links = [
            stack.enter_context(helpers.DatagramLink(server.getsockname(), name=name, loss=loss))
            for server, name, loss in zip(servers, ("Link A", "Link B"), ([1], None), strict=True)
        ]
        with helpers.watch() as recording:
            for link in (*links, *links):
                client.sendto(b"hello", address_of(link))
            client.sendto(b"straight", servers[1].getsockname())
            assert servers[0].recv(100) == b"hello"
            assert [servers[1].recv(100) for _ in range(3)].count(b"hello") == 2
    text = recording.describe()
    assert [line[:6] for line in text.splitlines() if "hands over" in line].count("Link B") == 2
    assert text.count("lost in the link") == 1 and "[conversation 3]: recv(100) → b'straight'" in text


@ONCE
def test_one_link_behind_the_other() -> None:
    with (
        udp(ANY) as server,
        udp() as client,
        helpers.DatagramLink(server.getsockname(), name="far link", loss=[2]) as far,
        helpers.DatagramLink(address_of(far), name="near link", duplicate=[1], loss=[3]) as near,
        helpers.watch() as recording,
    ):
        for data in numbered(3):
            client.sendto(data, address_of(near))
        assert [server.recv(10), server.recvfrom(10)[0]] == [b"1", b"2"]
    text = recording.describe()
    assert "(1 byte lost in the link (the double))" in text  # the double of the first, in the second link
    assert re.findall("(near|far) link: hands over b'(.)'", text) == [("near", "1"), ("far", "1"), ("near", "2"), ("far", "2")]  # fmt: skip


@ONCE
def test_a_udp_connect_opens_nothing() -> None:
    with talking() as talk, udp() as client, helpers.watch() as recording:
        client.connect(address_of(talk.link))
        client.send(b"hello")
        assert talk.server.recv(100) == b"hello"
    text = recording.describe()
    assert "connect(address) (nothing is sent)" in text and "handshake" not in text + svg(recording.draw())


CHANCE = st.sampled_from([None, 0.3, 0.6])


@ONCE
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 12),
    faults=st.fixed_dictionaries({"loss": CHANCE, "duplicate": CHANCE, "corrupt": CHANCE}),
)
def test_every_datagram_is_told_truly(seed: int, count: int, faults: dict[str, Any]) -> None:
    """Whatever became of each: who sent what was received is known here by its bytes, which differ in many bits."""
    chance = random.Random(seed)
    datagrams = [chance.randbytes(8) for _ in range(count)]
    with talking(seed=seed, **faults) as talk:
        talk.server.settimeout(0.05)
        came = []
        with helpers.watch() as recording:
            for data in datagrams:
                talk.send(UPSTREAM, data)
            with contextlib.suppress(TimeoutError):
                while True:
                    came.append(talk.server.recv(100))
    told = through(recording)
    flows = [flow for conversation in told.conversations for flow in conversation.flows]
    assert [flow.received.data for flow in flows if flow.received is not None] == came
    for flow in flows:
        assert flow.sent is not None and flow.received is not None
        assert differing_bits(flow.sent.data, flow.received.data) <= 1
    gone = [
        each for route in told.routes.values() for each in route.upstream.undelivered if each.fate == LOST
    ]  # not its double
    assert {each.sent.data for each in gone} == set(datagrams) - {flow.sent.data for flow in flows if flow.sent}
    corrupted = [data not in datagrams for data in came]
    assert [chunk.corrupted for route in told.routes.values() for chunk in route.upstream.chunks] == corrupted
    assert helpers.pictures.conversation(recording).text.count("lost in the link") == len(gone)


@pytest.mark.parametrize(
    "faults",
    [{"loss": [2]}, {"duplicate": [2]}, {"loss": 0.5, "duplicate": 0.5, "corrupt": 0.5}, {"latency": 0.3, "reorder": [3]}],
    ids=str,
)  # fmt: skip
def test_the_same_program_gives_the_same_picture(faults: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    # That a busy machine had the receiver wait for longer than this a picture rightly tells.
    monkeypatch.setattr(scene, "TOGETHER", PATIENCE)

    def draw() -> Picture:
        with talking(seed=2, **faults) as talk, helpers.watch() as recording:
            for data in numbered(4):
                talk.send(UPSTREAM, data)
            talk.server.settimeout(0.5)
            with contextlib.suppress(TimeoutError):
                while True:
                    talk.server.recv(100)
        return recording.draw()

    assert len({svg(draw()) for _ in range(4)}) == 1


@ONCE
def test_a_server_of_the_same_port_by_tcp_has_no_part_in_it() -> None:
    """As a name server has."""
    with (
        socket.create_server(ANY) as listener,
        udp(listener.getsockname()) as server,
        helpers.DatagramLink(server.getsockname(), loss=[1]) as link,
        udp() as client,
        udp() as direct,
        helpers.watch() as recording,
    ):
        client.connect(address_of(link))
        client.send(b"lost")
        client.send(b"hello")
        assert server.recv(100) == b"hello"
        direct.connect(server.getsockname())
        direct.send(b"straight")
        assert server.recv(100) == b"straight"
    assert "backlog" not in recording.describe() + svg(recording.draw())
    lanes = {line.partition(" [")[0].partition(":")[0] for line in recording.describe().splitlines()}
    assert len(lanes) == 4  # two clients, the link, the server
