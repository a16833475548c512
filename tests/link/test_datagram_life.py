"""Beginning and end of a link for datagrams: nothing is left, and nothing stands in the way."""

from __future__ import annotations

import socket
import threading
import time

import pytest

import helpers
from tests.link.datagrams import address_of, numbered, talking, udp
from tests.link.support import ANY, FOREVER, ONCE, UPSTREAM
from tests.support.waiting import AT_ONCE, eventually

pytestmark = pytest.mark.slow  # together; most take a tenth of a second


def test_cycles_leave_nothing() -> None:
    """What is left would be counted around this test."""
    with udp(ANY) as server, udp() as client:
        link = helpers.DatagramLink(server.getsockname())
        for number in range(100):
            link.start()
            client.sendto(b"%d" % number, address_of(link))
            assert server.recv(100) == b"%d" % number
            link.stop()
            assert not link.running


def test_stop_while_datagrams_wait() -> None:
    with talking(latency=FOREVER, duplicate=1) as talk:
        for data in numbered(50):
            talk.send(UPSTREAM, data)
        begun = time.perf_counter()
        talk.link.stop()
        assert time.perf_counter() - begun < AT_ONCE


@ONCE
def test_stop_while_somebody_sends_without_a_pause() -> None:
    with udp(ANY) as server, udp() as client, helpers.DatagramLink(server.getsockname(), latency=0.02) as link:
        over, address = threading.Event(), address_of(link)

        def flood() -> None:
            while not over.is_set():
                client.sendto(b"more", address)

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            eventually(lambda: link.upstream.count > 1000)
            link.stop()
            assert not link.running
        finally:
            over.set()
            thread.join()


@ONCE
def test_what_was_sent_before_the_end_is_handed_over() -> None:
    with udp(ANY) as server, udp() as client:
        for _ in range(20):
            with helpers.DatagramLink(server.getsockname()) as link:
                for data in numbered(30):
                    client.sendto(data, address_of(link))
            assert [server.recv(10) for _ in range(30)] == numbered(30)


@ONCE
def test_faults_set_by_many_threads_while_it_runs() -> None:
    with talking() as talk:
        stop = threading.Event()

        def change() -> None:
            while not stop.is_set():
                talk.link.upstream.set({"latency": 0.001, "duplicate": None})
                talk.link.latency = None

        threads = [threading.Thread(target=change) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            for data in numbered(20):
                talk.send(UPSTREAM, data)
            assert sorted(talk.server.recv(10) for _ in range(20)) == sorted(numbered(20))
        stop.set()
        for thread in threads:
            thread.join()


@ONCE
def test_faults_set_while_it_stops() -> None:
    for _ in range(20):
        with talking() as talk:
            stopping = threading.Thread(target=talk.link.stop)
            stopping.start()
            talk.link.loss = 0.5
            stopping.join()
            assert talk.link.loss == 0.5


@ONCE
def test_by_asyncio_and_by_a_connected_client() -> None:
    with talking() as talk, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.connect(address_of(talk.link))
        client.settimeout(5)
        client.send(b"connected")
        data, back = talk.server.recvfrom(100)
        talk.server.sendto(data.upper(), back)
        assert client.recv(100) == b"CONNECTED"


@ONCE
def test_out_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from helpers.link import datagram_link
    from helpers.sockets import install

    with talking() as talk, udp() as other:
        plain = install.TRACED
        failing = iter([True, False, True, True])

        def make(*args: int) -> socket.socket:
            if next(failing, False):
                raise OSError(errno.EMFILE, "Too many open files")
            return plain(*args)

        monkeypatch.setattr(datagram_link, "TRACED", make)
        other.sendto(b"in the place of another", address_of(talk.link))
        assert talk.server.recv(100) == b"in the place of another"
        assert "forgotten" in talk.link.log[0]
        talk.client.sendto(b"lost", address_of(talk.link))
        assert eventually(lambda: "there is no socket for its sender" in talk.link.log[-1])
        talk.client.sendto(b"again", address_of(talk.link))
        assert talk.server.recv(100) == b"again"
