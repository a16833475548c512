"""A client's datagrams through a link: taken from one socket, lost, doubled, flipped, held as the faults say, and handed over to another.

In: datagrams, as they come. Out: the same into the sink, and on the tapes that run what was done to each. For `datagram_link`.
"""

from __future__ import annotations

import collections
import errno
import itertools
import random
import socket
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from helpers.link.datagram_faults import DatagramFaults, Fate
from helpers.link.loop import now
from helpers.sockets import tapes
from helpers.sockets.nonblocking import quick_sendto, tell_datagram
from helpers.sockets.tapes import Passage
from helpers.sockets.traced import Socket

AGAIN = 0.001
"""Seconds until the next try when the system has no room for a datagram on its way out."""
TRIES = 3
"""How often a datagram is given to the system that tells, instead of taking it, what became of an earlier one."""
NO_ROOM = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, getattr(errno, "WSAENOBUFS", errno.ENOBUFS)}
"""macOS says ENOBUFS where Linux would let the sender wait."""

_unharmed = [Fate(False, 0.0, None)]
_numbers = itertools.count(1)


class Leaving(NamedTuple):
    """A datagram that is to be handed over."""

    data: bytes
    address: Any
    """Where to; None: the socket is connected."""
    passage: Passage


class Owner(Protocol):
    """What is needed of the link."""

    def hold(self, due: float, size: int, release: Callable[[], None]) -> None:
        """Call `release()` at `due`; `size` bytes wait until then."""

    def say(self, words: str) -> None:
        """Tell whoever asks."""

    def refused(self) -> None:
        """The server's system has said that nobody has the port."""


class Outlet:
    """A socket that datagrams leave by, in the order in which they are given."""

    def __init__(self, sock: Socket, owner: Owner, connected: bool) -> None:
        self.sock = sock
        self._owner = owner
        self._connected = connected
        self.waiting: collections.deque[Leaving] = collections.deque()
        """Those for which the system has no room yet."""

    def give(self, leaving: Leaving) -> None:
        """Hand it over, behind those that wait."""
        if self.waiting or not self._send(leaving):
            self.waiting.append(leaving)
            self._owner.hold(now() + AGAIN, len(leaving.data), self._try_again)

    def _try_again(self) -> None:
        while self.waiting and self._send(self.waiting[0]):
            self.waiting.popleft()
        if self.waiting:
            self._owner.hold(now() + AGAIN, 0, self._try_again)

    def _send(self, leaving: Leaving) -> bool:
        """Whether it is gone: handed over, or refused."""
        begun = now()
        error: OSError | None = None
        for _ in range(TRIES):
            try:
                quick_sendto(self.sock, leaving.data, leaving.address)
            except OSError as caught:
                if caught.errno in NO_ROOM or isinstance(caught, BlockingIOError):
                    return False
                error = caught
                if not is_refusal(error):
                    break
                self._owner.refused()  # an earlier one: this one was not looked at
            else:
                error = None
                break
        if error is not None:
            self._owner.say(f"{len(leaving.data):,} bytes could not be handed over: {error.strerror or error}")
        if tapes.running:
            passage = leaving.passage._replace(refused=error is None and self._is_refused())
            call = "send" if leaving.address is None else "sendto"
            tell_datagram(self.sock, call, begun, leaving.data, leaving.address, passage, error)
        return True

    def _is_refused(self) -> bool:
        """Whether the system there has refused it already: on one computer it does so before `send` is back."""
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if self._connected else 0
        if code:
            self._owner.refused()
        return bool(code)


class DatagramDirection:
    """From one of the two sockets to the other, for one client."""

    def __init__(
        self, source: Socket, outlet: Outlet, address: Any, far: int, faults: DatagramFaults, seed: str, owner: Owner
    ) -> None:
        self._source = source
        self._outlet = outlet
        self._address = address
        self._far = far
        self._faults = faults
        self._seed = seed
        self._owner = owner
        self._taken = 0

    def take(self, data: bytes, begun: float, origin: Any = None) -> None:
        """`data` has come, from `origin` where the source is not connected. `begun`: when it was asked for."""
        self._faults.count += 1
        self._taken += 1
        if not self._faults.none or self._outlet.waiting or tapes.running:
            return self._decide(data, begun, origin)
        try:
            quick_sendto(self._outlet.sock, data, self._address)
        except OSError as error:
            if is_refusal(error):
                self._owner.refused()  # an earlier one
            self._decide(data, begun, origin)

    def _decide(self, data: bytes, begun: float, origin: Any) -> None:
        fates = _unharmed
        if not self._faults.none:
            # A generator for each: which fault was set when one came before does not change what becomes of this one.
            fates = self._faults.fates(random.Random(f"{self._seed} {self._taken}"), len(data))
        moment = now()
        passage = Passage(next(_numbers), self._far)
        if tapes.running:
            call = "recv" if origin is None else "recvfrom"
            tell_datagram(self._source, call, begun, data, origin, passage._replace(lost=all(f.lost for f in fates)))
        for at, fate in enumerate(fates):
            if fate.lost:
                continue
            flipped = data if fate.bit is None else _with_flipped(data, fate.bit)
            leaving = Leaving(
                flipped,
                self._address,
                passage._replace(doubled=at > 0, corrupted=fate.bit is not None, held=fate.delay),
            )
            if fate.delay:
                self._owner.hold(moment + fate.delay, len(data), lambda each=leaving: self._outlet.give(each))  # type: ignore[misc]
            else:
                self._outlet.give(leaving)


def _with_flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def is_refusal(error: OSError) -> bool:
    """Whether it says that nobody had the port to which an earlier datagram went (ICMP).

    Linux and macOS: ECONNREFUSED, at the next call of a connected socket. Windows: WSAECONNRESET (10054), at a later `recv`, once for each such datagram, also of sockets that are not
    connected; SIO_UDP_CONNRESET would turn that off, but Python's `ioctl` does not know it, and what is told is worth knowing.
    """
    return isinstance(error, (ConnectionRefusedError, ConnectionResetError))
