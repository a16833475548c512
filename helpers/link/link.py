"""An imperfect network in front of a server: what loopback never does to the bytes, it does.

In: a server's address, faults, and clients that connect. Out: a `Service` that passes on what they send. For learners, and for the panel of a link.

>>> with EchoServer() as server, Link(server.address, slicer=3) as link, socket.create_connection(link.address) as s:
...     s.sendall(b"hello")
...     s.recv(1024)
b'hel'
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import selectors
import socket
from collections.abc import Mapping
from typing import Any

from helpers.link.connection import Connection
from helpers.link.faults import FAULTS as FAULTS
from helpers.link.faults import Faults as Faults
from helpers.link.loop import Loop, now
from helpers.link.service import BothWays, LinkService, family_of
from helpers.running.servers import BACKLOG
from helpers.sockets.install import TRACED
from helpers.sockets.plain import send_at_once
from helpers.sockets.traced import is_traced

ANSWER = 2.0
"""Seconds that going down, or coming up, may take."""
OUT_OF_DESCRIPTORS = 0.05
"""Seconds until the next accept when the system has no descriptor left."""
MOST_CONNECTIONS = 250 if issubclass(selectors.DefaultSelector, selectors.SelectSelector) else 100_000
"""How many there are at once; further clients wait in the backlog. `select`, which is all that Windows has, takes 512 sockets."""


class Link(LinkService):
    """Clients connect to `link.address`; the link connects to the server, and passes on what either end sends, as well as its faults let it.

    Faults have the names of Toxiproxy's toxics; each is off while it is None. They can be set at any time, for both directions (`link.latency = 0.2`)
    or for one (`link.upstream.latency`, from the client to the server; `link.downstream.latency`). Times are in seconds, sizes in bytes:

    - `latency`: everything arrives so much later; `jitter`: give or take so much.
    - `bandwidth`: bytes that pass in a second.
    - `slicer`: what arrives is cut into pieces of that size, or of a size between two. `coalesce`: what arrives within a time, or a time and up to
      a size, is gathered into one piece. A piece is handed over when the receiver has taken the last one: each is a `recv` of its own.
    - `slow_close`: the end of the stream arrives so much later.
    - `timeout`: nothing gets through, and after so much time the connection is closed; 0: never, what was sent arrives when the fault is gone.
    - `reset_peer`: so much time after the first byte the connection is reset; the bytes are lost.
    - `limit_data`: the connection is closed after so many bytes.
    - `down` (the whole link): connections are closed, and new ones refused.

    `seed`: the same chances each time, for each connection in the order in which they come. Otherwise nothing is lost, doubled or out of order.
    """

    settable = f"{', '.join(FAULTS)} and down"
    upstream: Faults
    downstream: Faults

    latency = BothWays[float]()
    jitter = BothWays[float]()
    bandwidth = BothWays[float]()
    slicer = BothWays[int | tuple[int, int]]()
    coalesce = BothWays[float | tuple[float, int]]()
    slow_close = BothWays[float]()
    timeout = BothWays[float]()
    reset_peer = BothWays[float]()
    limit_data = BothWays[int]()

    def __init__(
        self,
        address: tuple[Any, ...],
        *,
        latency: float | None = None,
        jitter: float | None = None,
        bandwidth: float | None = None,
        slicer: int | tuple[int, int] | None = None,
        coalesce: float | tuple[float, int] | None = None,
        slow_close: float | None = None,
        timeout: float | None = None,
        reset_peer: float | None = None,
        limit_data: int | None = None,
        upstream: Mapping[str, object] | None = None,
        downstream: Mapping[str, object] | None = None,
        down: bool = False,
        seed: int | None = None,
        name: str = "Link",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        both = {
            "latency": latency,
            "jitter": jitter,
            "bandwidth": bandwidth,
            "slicer": slicer,
            "coalesce": coalesce,
            "slow_close": slow_close,
            "timeout": timeout,
            "reset_peer": reset_peer,
            "limit_data": limit_data,
        }
        self._connections: dict[Connection, None] = {}
        self._clients = itertools.count(1)
        super().__init__(address, both, upstream, downstream, seed, name, host, port)
        self._down = _flag(down)

    @property
    def down(self) -> bool:
        """Whether it is down: every connection is closed, and nobody listens at its address. (OSError if another program takes that meanwhile.)"""
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        if _flag(down) == self._down:
            return
        self._down = down
        if self._loop is not None:
            with contextlib.suppress(concurrent.futures.CancelledError):  # it ends just now
                self._loop.call(self._go_down if down else self._come_up).result(ANSWER)

    def _directions(self) -> tuple[Faults, Faults]:
        return Faults(self._advance_all), Faults(self._advance_all)

    def _listen(self) -> socket.socket:
        return self._bind(self._wanted)

    def _bind(self, address: Any) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind(address)
            if not self._down:
                listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
        listener.setblocking(False)
        return listener

    def _begin(self, loop: Loop) -> None:
        self._clients = itertools.count(1)
        self._listen_to_clients()

    def _drop_all(self) -> None:
        for connection in list(self._connections):
            connection.drop()

    def _listen_to_clients(self) -> None:
        if self._loop is not None and self._listener is not None and not self._down:
            self._loop.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self, events: int) -> None:
        assert self._loop is not None and self._listener is not None
        if len(self._connections) >= MOST_CONNECTIONS:
            return self._pause_accepting()
        try:
            client, _ = self._listener.accept()
            assert is_traced(client)
        except (BlockingIOError, ConnectionAbortedError):
            return  # it gave up before it was accepted
        except OSError:
            return self._pause_accepting()
        try:
            server = TRACED(family_of(self._server), socket.SOCK_STREAM)
        except OSError:
            return client.close()
        for sock in (client, server):
            sock.setblocking(False)
            send_at_once(sock)  # a segment waits for nothing but what the faults say
        seed = f"{self._seed} {next(self._clients)}"
        connection = Connection(self._loop, client, server, self.upstream, self.downstream, seed, self._connections.pop)
        self._connections[connection] = None
        connection.open(self._server)

    def _pause_accepting(self) -> None:
        """Out of descriptors: trying again at once would only keep the machine busy."""
        assert self._loop is not None and self._listener is not None
        self._loop.register(self._listener, 0, self._accept)
        self._loop.at(now() + OUT_OF_DESCRIPTORS, self._listen_to_clients)

    def _advance_all(self) -> None:
        """A fault has changed."""
        if self._loop is not None:
            self._loop.call(self._advance_now)

    def _advance_now(self) -> None:
        for connection in list(self._connections):
            connection.advance()

    def _go_down(self) -> None:
        """Close everything, and keep the address: a socket that is bound and does not listen refuses whoever comes."""
        assert self._loop is not None and self._listener is not None
        self._loop.register(self._listener, 0, self._accept)
        self._listener.close()
        for connection in list(self._connections):
            connection.close()
        self._listener = self._bind(self.address)

    def _come_up(self) -> None:
        assert self._listener is not None
        self._listener.listen(BACKLOG)
        self._listen_to_clients()


def _flag(down: object) -> bool:
    if not isinstance(down, bool):
        raise ValueError(f"down is True or False. It cannot be {down!r}.")
    return down
