"""An imperfect network in front of a server: what loopback never does to the bytes, it does.

In: a server's address, faults, and clients that connect. Out: a `Service` that passes on what they send. For learners, and for the panel of a link.

>>> with EchoServer() as server, Link(server.address, slicer=3) as link, socket.create_connection(link.address) as s:
...     s.sendall(b"hello")
...     s.recv(1024)
b'hel'
"""

from __future__ import annotations

import itertools
import random
import selectors
import socket
from collections.abc import Mapping
from typing import Any, Generic, Self, overload

from helpers.link.connection import Connection
from helpers.link.faults import FAULTS as FAULTS
from helpers.link.faults import Faults as Faults
from helpers.link.faults import Value
from helpers.link.loop import Loop, now
from helpers.running.group import STOP_TIMEOUT
from helpers.running.servers import BACKLOG, Service
from helpers.sockets import owners
from helpers.sockets.install import TRACED
from helpers.sockets.plain import send_at_once
from helpers.sockets.traced import is_traced

ANSWER = 2.0
"""Seconds that going down, or coming up, may take."""
OUT_OF_DESCRIPTORS = 0.05
"""Seconds until the next accept when the system has no descriptor left."""
MOST_CONNECTIONS = 250 if issubclass(selectors.DefaultSelector, selectors.SelectSelector) else 100_000
"""How many there are at once; further clients wait in the backlog. `select`, which is all that Windows has, takes 512 sockets."""


class BothWays(Generic[Value]):
    """A fault of both directions. Where they differ it reads as a pair: upstream, downstream."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, link: None, owner: type) -> Self: ...
    @overload
    def __get__(self, link: Link, owner: type) -> Value | tuple[Value | None, Value | None] | None: ...
    def __get__(self, link: Link | None, owner: type) -> Self | Value | tuple[Value | None, Value | None] | None:
        if link is None:
            return self
        up, down = getattr(link.upstream, self._name), getattr(link.downstream, self._name)
        return up if up == down else (up, down)

    def __set__(self, link: Link, value: Value | None) -> None:
        FAULTS[self._name].check(value)
        for each in (link.upstream, link.downstream):
            setattr(each, self._name, value)


class Link(Service):
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
        if seed is not None and not isinstance(seed, int):
            raise ValueError(
                f"seed is a whole number, such as 1, or None for another each time. It cannot be {seed!r}."
            )
        self._loop: Loop | None = None
        super().__init__(name, host, port)
        self._server = _checked(address)
        self._connections: dict[Connection, None] = {}
        self.upstream, self.downstream = Faults(self._advance_all), Faults(self._advance_all)
        """The faults of one direction: from the client to the server, and back."""
        for faults, own in ((self.upstream, upstream), (self.downstream, downstream)):
            faults.set({**both, **(own or {})})
        self._seed = random.getrandbits(64) if seed is None else seed
        self._down = _flag(down)
        self._clients = itertools.count(1)

    def __setattr__(self, name: str, value: object) -> None:
        # A fault that is misspelt would be set, and do nothing.
        if not name.startswith("_") and "_clients" in vars(self) and not hasattr(self, name):
            raise AttributeError(f"A link has no {name!r}; its faults are {', '.join(FAULTS)} and down.")
        super().__setattr__(name, value)

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
            self._loop.call(self._go_down if down else self._come_up).result(ANSWER)

    def stop_threads(self, patience: float = 0, timeout: float = STOP_TIMEOUT) -> bool:
        self.stopping.set()
        if self._loop is not None:
            self._loop.call(lambda: None)  # which wakes it
        return super().stop_threads(patience, timeout)

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

    def _serve(self) -> None:
        with owners.on_behalf_of(self):
            self._loop = Loop()
        self._clients = itertools.count(1)
        self._listen_to_clients()
        self.spawn(self._run_loop, self._loop, daemon=True)

    def _run_loop(self, loop: Loop) -> None:
        self.shield()  # a stop raises no exception in this thread: it sets `stopping`, and wakes the loop
        try:
            loop.run(self.stopping)
        finally:
            self._loop = None
            for connection in list(self._connections):
                connection.drop()
            if self._listener is not None:
                self._listener.close()
            loop.close()

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
            server = TRACED(_family(self._server), socket.SOCK_STREAM)
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


def _family(address: tuple[Any, ...]) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def _checked(address: object) -> tuple[Any, ...]:
    if not isinstance(address, tuple) or len(address) < 2 or not isinstance(address[0], str):
        raise TypeError(
            f"A link stands in front of a server that runs: Link(server.address). An address is (host, port); this is {address!r}."
        )
    if not isinstance(address[1], int) or not 0 <= address[1] <= 65535:
        raise TypeError(
            f"A link stands in front of a server that runs: Link(server.address). A port is a number up to 65535; this is {address[1]!r}."
        )
    return address
