"""An imperfect network for datagrams, in front of a UDP server.

In: a server's address, faults, and whatever datagrams come. Out: a `Service` that passes them on, or not. For learners.

>>> with DatagramLink(server.address, loss=[1]) as link, socket.socket(type=socket.SOCK_DGRAM) as s:
...     s.sendto(b"nobody hears this", link.address)
...     s.sendto(b"but this", link.address)
"""

from __future__ import annotations

import collections
import contextlib
import errno
import math
import selectors
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import Any

from helpers.link.datagram_faults import DatagramFaults, Given, Which
from helpers.link.datagrams import DatagramDirection, Outlet, is_refusal
from helpers.link.loop import Loop, now
from helpers.link.service import BothWays, LinkService, family_of
from helpers.running.group import STOP_TIMEOUT
from helpers.running.servers import LOGGED
from helpers.sockets import owners
from helpers.sockets.install import TRACED
from helpers.sockets.nonblocking import quick_recvfrom
from helpers.sockets.traced import Socket

MOST = 65_535
"""Bytes: no datagram is larger."""
MOST_CLIENTS = 250
"""Each has a socket of its own towards the server. For one more, the one that has been silent for longest is forgotten."""
BUFFER = 2**22
"""Bytes that the system is to hold until they are taken, as far as it lets itself be asked: what comes while this thread waits for its turn."""
MOST_HELD = 2**26
"""Bytes that wait here at most, each datagram counted with `OVERHEAD` more: beyond that nothing is taken, and the system loses what it has no room for."""
OVERHEAD = 1024
MOST_DRAINED = 10_000
"""Datagrams that are taken before a fault changes, or the link ends."""
DRAINING = 0.5
"""Seconds that this takes at most: whoever sends without a pause would go on for ever."""
ANSWER = 2.0
"""Seconds that a change may take."""
_NO_DESCRIPTOR = {errno.EMFILE, errno.ENFILE, getattr(errno, "WSAEMFILE", errno.EMFILE)}
_SO_RCVBUFFORCE, _SO_MEMINFO, _DROPS = 33, 55, 8
"""Linux: more than root's limit; what a socket's memory holds, 9 numbers, and of those the datagrams for which there was no room."""


class _Client:
    """Whoever sends to the link, from one address, and the socket towards the server that is theirs alone."""

    def __init__(self, link: DatagramLink, address: Any, far: Socket, near: Outlet, number: int) -> None:
        self.address = address
        self.far = far
        self.last = 0.0
        """When the last datagram came from there, or for there."""
        trace = far._trace
        seed = f"{link._seed} {number}"
        self.upstream = DatagramDirection(
            near.sock, Outlet(far, link, True), None, trace.number, link.upstream, f"{seed} upstream", link
        )
        self.downstream = DatagramDirection(
            far, near, address, trace.number, link.downstream, f"{seed} downstream", link
        )


class WhichBothWays(BothWays[Which]):
    def __set__(self, link: LinkService, value: Given | None) -> None:
        link.set_both(self._name, value)


class DatagramLink(LinkService):
    """An imperfect network in front of a UDP server: send to `link.address`, and each datagram goes on to `address`; the answers come back.

    What it does to them has the names and meanings of Linux's netem. Each is off while it is None, and can be set at any time, for both directions (`link.loss = 0.3`)
    or for one (`link.upstream.loss`, from the client to the server; `link.downstream.loss`):

    - `loss`: a datagram is lost. `duplicate`: it arrives twice. `corrupt`: one of its bits is flipped. Each is a chance, 0 to 1, or says exactly which: `loss=[2, 5]` are the second and the
      fifth that come in that direction, whoever sent them, counted from when it was set (`link.loss = [1]`: the next one).
    - `latency`: everything arrives so many seconds later; `jitter`: give or take so many, for each datagram by itself, so that they may overtake each other.
    - `reorder`: such a datagram goes on at once, while the others wait out the latency: it needs one. Again a chance, or exactly these.

    `seed`: the same chances each time, for each client (in the order in which they come) and direction. Nothing else is ever lost, doubled or changed here. Each client has a socket of its own
    towards the server, which so tells them apart. `log`: what went wrong that nobody has asked for, such as nobody at the server's address.
    """

    settable = ", ".join(DatagramFaults.named)
    upstream: DatagramFaults
    downstream: DatagramFaults

    loss = WhichBothWays()
    duplicate = WhichBothWays()
    reorder = WhichBothWays()
    corrupt = WhichBothWays()
    latency = BothWays[float]()
    jitter = BothWays[float]()

    def __init__(
        self,
        address: tuple[Any, ...],
        *,
        loss: Given | None = None,
        duplicate: Given | None = None,
        reorder: Given | None = None,
        latency: float | None = None,
        jitter: float | None = None,
        corrupt: Given | None = None,
        upstream: Mapping[str, object] | None = None,
        downstream: Mapping[str, object] | None = None,
        seed: int | None = None,
        name: str = "Link",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        both = {
            "loss": loss,
            "duplicate": duplicate,
            "reorder": reorder,
            "latency": latency,
            "jitter": jitter,
            "corrupt": corrupt,
        }
        self._clients: dict[Any, _Client] = {}
        self._number = 0
        self._held = 0
        self._paused = False
        self._drops = 0
        self._lines: collections.deque[str] = collections.deque(maxlen=LOGGED)
        super().__init__(address, both, upstream, downstream, seed, name, host, port)

    @property
    def log(self) -> list[str]:
        """What went wrong that no fault has asked for, a line each."""
        self._look_for_drops()
        return list(self._lines)

    # What the directions ask for

    def hold(self, due: float, size: int, release: Callable[[], None]) -> None:
        assert self._loop is not None
        self._held += size + OVERHEAD

        def let_go() -> None:
            self._held -= size + OVERHEAD
            release()
            if self._paused and self._held < MOST_HELD:
                self._listen_to_all()

        self._loop.at(due, let_go)

    def say(self, words: str) -> None:
        self._lines.append(words)

    def refused(self) -> None:
        self.say(
            f"nobody is at {self._server[:2]} with a UDP socket: a datagram was refused there (ICMP: port unreachable)"
        )

    # Its beginning and its end

    def _directions(self) -> tuple[DatagramFaults, DatagramFaults]:
        return DatagramFaults(self._change), DatagramFaults(self._change)

    def _listen(self) -> socket.socket:
        near = TRACED(family_of(self._wanted), socket.SOCK_DGRAM)
        try:
            near.bind(self._wanted)
            if near.getsockname()[:2] == self._server[:2]:
                raise ValueError("A link cannot stand in front of itself: the address that it was given is its own.")
            near.setblocking(False)
            _enlarge(near)
        except BaseException:
            near.close()
            raise
        return near

    def _begin(self, loop: Loop) -> None:
        assert isinstance(self._listener, TRACED)
        self._near = Outlet(self._listener, self, False)
        self._number = self._held = self._drops = 0
        self._paused = False
        self._lines.clear()
        for faults in (self.upstream, self.downstream):
            faults.restart()
        self._listen_to_all()

    def stop_threads(self, patience: float = 0, timeout: float = STOP_TIMEOUT) -> bool:
        if self._loop is not None:
            with contextlib.suppress(
                TimeoutError
            ):  # what was sent before the end is handed over, or waits, and is lost
                self._loop.call(self._drain).result(ANSWER)
        return super().stop_threads(patience, timeout)

    def _drop_all(self) -> None:
        self._look_for_drops()
        for client in self._clients.values():
            client.far.close()
        self._clients.clear()

    def _look_for_drops(self) -> None:
        """What came quicker than it was taken, and found no room with the system: only Linux tells."""
        near = self._listener
        if sys.platform != "linux" or near is None or near.fileno() < 0:
            return
        with contextlib.suppress(OSError):
            drops = struct.unpack("9I", near.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36))[_DROPS]
            if drops > self._drops:
                self.say(f"{drops - self._drops:,} datagrams came quicker than they could be taken, and were lost")
                self._drops = drops

    # Datagrams

    def _listen_to_all(self) -> None:
        assert self._loop is not None
        self._paused = False
        self._loop.register(self._near.sock, selectors.EVENT_READ, self._take_upstream)
        for client in self._clients.values():
            self._listen_to(client)

    def _listen_to(self, client: _Client) -> None:
        assert self._loop is not None
        self._loop.register(client.far, selectors.EVENT_READ, lambda events: self._take_downstream(client))

    def _pause(self) -> None:
        """So much waits here that nothing more is taken."""
        assert self._loop is not None
        self._paused = True
        for sock in (self._near.sock, *(client.far for client in self._clients.values())):
            self._loop.register(sock, 0, self._take_upstream)

    def _take_upstream(self, events: int = 0, most: int = 1, until: float = math.inf) -> None:
        near = self._near.sock
        for _ in range(most):
            if (begun := now()) > until:
                return
            try:
                data, address = quick_recvfrom(near, MOST)
            except OSError as error:
                if self._goes_on(error):
                    continue
                return
            if not data and self.stopping.is_set():
                return  # nobody has sent it: the socket was shut down
            client = self._clients.get(address) or self._meet(address)
            if client is not None:
                client.last = begun
                client.upstream.take(data, begun, address)
            if self._held >= MOST_HELD:
                return self._pause()

    def _take_downstream(self, client: _Client, most: int = 1, until: float = math.inf) -> None:
        for _ in range(most):
            if (begun := now()) > until:
                return
            try:
                data, _ = quick_recvfrom(client.far, MOST)
            except OSError as error:
                if self._goes_on(error):
                    continue
                return
            if not data and self.stopping.is_set():
                return
            client.last = begun
            client.downstream.take(data, begun)
            if self._held >= MOST_HELD:
                return self._pause()

    def _goes_on(self, error: OSError) -> bool:
        """What a `recv` raised. Whether another one may bring something: this one has told of a datagram that was sent earlier."""
        if isinstance(error, BlockingIOError) or error.errno == errno.EBADF:
            return False
        if is_refusal(error):
            self.refused()
        else:
            self.say(f"a datagram that was handed over has not arrived: {error.strerror or error}")
        return True

    def _meet(self, address: Any) -> _Client | None:
        """A client that is new here."""
        assert self._loop is not None
        if len(self._clients) >= MOST_CLIENTS:
            self._forget_one()
        try:
            far = self._towards_server()
        except OSError as error:
            self.say(
                f"a datagram was lost, there is no socket for its sender towards {self._server[:2]}: {error.strerror or error}"
            )
            return None
        self._number += 1
        client = self._clients[address] = _Client(self, address, far, self._near, self._number)
        self._listen_to(client)
        return client

    def _towards_server(self) -> Socket:
        """A socket for one more client. OSError if there is none to be had."""
        with owners.on_behalf_of(self):
            try:
                far = TRACED(family_of(self._server), socket.SOCK_DGRAM)
            except OSError as error:
                if error.errno not in _NO_DESCRIPTOR or not self._clients:
                    raise
                self._forget_one()
                far = TRACED(family_of(self._server), socket.SOCK_DGRAM)
        try:
            far._trace.across = self._near.sock._trace
            far.connect(self._server)  # so it gets only what comes from there, and hears when nobody is there
            far.setblocking(False)
            _enlarge(far)
        except BaseException:
            far.close()
            raise
        return far

    def _forget_one(self) -> None:
        """The client that has been silent for longest. If it comes again, the server sees somebody else."""
        assert self._loop is not None
        client = min(self._clients.values(), key=lambda each: each.last)
        del self._clients[client.address]
        self._loop.register(client.far, 0, self._take_upstream)
        client.far.close()
        self.say(f"the client that was silent for longest is forgotten: no more than {MOST_CLIENTS} at once")

    # Faults that change

    def _change(self, apply: Callable[[], None]) -> None:
        """What was sent before a fault changes is treated as it was; what is sent afterwards, otherwise."""
        loop = self._loop
        if loop is None:
            return apply()

        def change() -> None:
            self._drain()
            apply()

        try:
            loop.call(change).result(ANSWER)
        except (TimeoutError, CancelledError):  # the link is stopped just now
            apply()

    def _drain(self) -> None:
        """Take whatever has come by now."""
        until = now() + DRAINING
        self._take_upstream(0, MOST_DRAINED, until)
        for client in list(self._clients.values()):
            self._take_downstream(client, MOST_DRAINED, until)


def _enlarge(sock: socket.socket) -> None:
    """Let the system hold as much for it as it will."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # for root alone
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER)
            return
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        size = BUFFER
        while size >= MOST:
            try:
                sock.setsockopt(socket.SOL_SOCKET, option, size)
                break
            except OSError:  # macOS takes no more than its limit, and refuses the rest
                size //= 2
