"""The clients of a load: those that ask and wait, those that read nothing, those that say nothing. Each is a connection that never blocks.

Comes in: that a socket is ready, and since when at most. Goes out: bytes, and what became of the client. Who may import it: `driving`, and `room`, whose members are clients too. Its sockets are
made in a process in which nothing is traced.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import selectors
import socket
import time
from typing import Protocol

from helpers.measuring.outcome import (
    ASKS,
    BROKEN,
    CLOSED,
    CONNECTING,
    REFUSED,
    SERVED,
    SILENT,
    SLOW,
    WAITING,
    WRONG,
    Fate,
)
from helpers.measuring.plan import Plan
from helpers.sockets.plain import error_of

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

now = time.perf_counter

AT_A_TIME = 1 << 16
SHOWN = 40
"""Bytes of a wrong answer that are kept."""
UNENDED = 1 << 20
"""Bytes of an answer without its end, after which nobody waits for it."""
POURED, POURED_LONG = 1 << 20, 8 << 20
"""Bytes that a slow client sends at most, more than the system holds between it and the server, both ways: where segments are short, and where they cannot be made so."""
SMALL = 2048
"""Bytes of a slow client's receive buffer that it asks the system for; of its send buffer eight times as many."""
SHORT = 536
"""Bytes of a segment that it takes, as over a slow line: the server's own buffer for it then stays as small as it would be there. On loopback it would be megabytes."""


class Driver(Protocol):
    """What a client needs to know of whoever drives it."""

    plan: Plan
    selector: selectors.BaseSelector

    def answered(self, client: Client, moment: float) -> None:
        """What it has `asked` has its answer, which was there by `moment`. It will `speak` again, or has `said_all`."""

    def is_next(self, client: Client) -> None:
        """It has something to `speak`, when its turn comes."""

    def finished(self) -> None:
        """A client that asks has come to its end."""


class Client:
    """One connection."""

    does = ASKS

    def __init__(self, number: int, driver: Driver) -> None:
        self.number = number
        self.driver = driver
        self.end = ""  # while it goes on
        self.detail = ""
        self.waits: list[float] = []
        self.afterwards = False
        self.is_connected = False
        self._is_leaving = False
        self.asked = 0.0
        self._left = memoryview(b"")  # of what it says, and has not sent yet
        self._waits_for = WRITE
        self.sock = socket.socket(socket.AF_INET6 if ":" in driver.plan.host else socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setblocking(False)

    @property
    def settled(self) -> bool:
        """Whether it is in, or never will be."""
        return self.is_connected or bool(self.end)

    @property
    def is_gone(self) -> bool:
        """Whether its socket is closed."""
        return self.sock.fileno() < 0

    def connect(self) -> None:
        """Begin to. Whoever is refused at once learns of it as those who are refused later do."""
        plan = self.driver.plan
        self.asked = now()
        self._prepare()
        code = self.sock.connect_ex((plan.host, plan.port))
        if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._fails(code)
            return
        self.driver.selector.register(self.sock, WRITE, self.ready)

    def ready(self, events: int, moment: float) -> None:
        """The socket is ready for `events`, and was by `moment`."""
        try:
            if not self.is_connected:
                self._is_through()
                return
            if events & READ:
                self.readable(events, moment)
            if events & WRITE and not self.is_gone:  # what came may have been the end
                self._write()
        except OSError as error:
            self._fails(error.errno or 0)

    def readable(self, events: int, moment: float) -> None:
        """There is something to be read, and was by `moment`: what nearly every turn brings, and is to cost as little as can be."""
        try:
            data = self.sock.recv(AT_A_TIME)
        except BlockingIOError:
            return  # it only seemed so
        except OSError as error:
            self._fails(error.errno or 0)
            return
        if not data:
            self.finish(CLOSED)
        elif not self._is_leaving:
            self._take(data, moment)

    def speak(self) -> None:
        """Its turn has come."""

    def said_all(self) -> None:
        """Its last line has its answer."""

    def finish(self, end: str, detail: str = "") -> None:
        """This became of it; its socket is closed."""
        if self.end:
            return
        self.end, self.detail = end, detail
        self.close()
        if self.does == ASKS:
            self.driver.finished()

    def leave(self) -> None:
        """Say no more, read whatever comes, and go when the server ends the connection: one that is closed unread is broken off, and takes many a server with it."""
        if self.is_gone:
            return
        if not self.is_connected:
            self.close()
            return
        self._is_leaving = True
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self._fails(error.errno or 0)
            return
        self._wait_for(READ)

    def close(self) -> None:
        """Close the socket, whatever is under way."""
        with contextlib.suppress(KeyError, ValueError):
            self.driver.selector.unregister(self.sock)
        self.sock.close()

    def fate(self) -> Fate:
        """What became of it, if this is the end."""
        end = self.end or (WAITING if self.is_connected else CONNECTING)
        return Fate(self.number, self.does, end, tuple(self.waits), self.detail, self.afterwards)

    def say(self, data: bytes) -> None:
        """Send `data`, now or as soon as there is room."""
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fails(error.errno or 0)
            return
        if sent < len(data):
            self._left = memoryview(data)[sent:]
            self._wait_for(READ | WRITE)

    def _prepare(self) -> None:
        """Set what must be set before it connects."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _is_through(self) -> None:
        if code := self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._fails(code)
            return
        self.is_connected = True
        self._wait_for(READ)
        self._begin()

    def _begin(self) -> None:
        """It is connected."""

    def _take(self, data: bytes, moment: float) -> None:
        """These bytes have come, by `moment`."""

    def _write(self) -> None:
        if self._left:
            with contextlib.suppress(BlockingIOError):
                self._left = self._left[self.sock.send(self._left) :]
        self._wait_for(READ | WRITE if self._left else READ)

    def _wait_for(self, events: int) -> None:
        """For what it is to be `ready`; 0: for nothing any more."""
        if events == self._waits_for:
            return
        self._waits_for, before = events, self._waits_for
        called = self.readable if events == READ else self.ready
        if not events:
            self.driver.selector.unregister(self.sock)
        elif before:
            self.driver.selector.modify(self.sock, events, called)
        else:
            self.driver.selector.register(self.sock, events, called)

    def _fails(self, code: int) -> None:
        refused = code in (errno.ECONNREFUSED, getattr(errno, "WSAECONNREFUSED", errno.ECONNREFUSED))
        self.finish(REFUSED if refused else BROKEN, "" if refused else str(error_of(code).strerror))


class Asker(Client):
    """Says a line, waits for the answer, says the next."""

    def __init__(self, number: int, driver: Driver) -> None:
        super().__init__(number, driver)
        self._line = b""
        self._plan = driver.plan
        self._until = driver.plan.until
        self._answer = bytearray()

    def _begin(self) -> None:
        asked = self.asked
        self.speak()
        self.asked = asked  # the first wait began with the call of `connect`

    def speak(self) -> None:
        self._line = line = self._plan.line(self.number, len(self.waits) + 1)
        self.asked = now()
        self.say(line)

    def said_all(self) -> None:
        self.finish(SERVED)

    def _take(self, data: bytes, moment: float) -> None:
        # The whole echo in one piece is what nearly all are.
        if data != self._line or self._answer or self._until:
            self._answer += data
            whole = self._is_whole_until(self._until) if self._until else self._is_whole_echo()
            if not whole or self.end:
                return
            self._answer.clear()
        self.driver.answered(self, moment)

    def _is_whole_echo(self) -> bool:
        if not self._line.startswith(self._answer):
            self._is_wrong()
        return len(self._answer) >= len(self._line)

    def _is_whole_until(self, until: bytes) -> bool:
        place = self._answer.find(until)
        if place < 0 and len(self._answer) > UNENDED:
            self.finish(WRONG, f"{len(self._answer):,} bytes, and no {until!r} among them")
        elif 0 <= place < len(self._answer) - len(until):
            self.finish(WRONG, f"{bytes(self._answer[-SHOWN:])!r}, which goes on behind {until!r}")
        return place >= 0

    def _is_wrong(self) -> None:
        """The answer is not what was said: both are shown, from a little before the place where they part."""
        alike = (one == other for one, other in zip(self._answer, self._line, strict=False))
        begin = max(len(list(itertools.takewhile(bool, alike))) - SHOWN // 2, 0)
        got, wanted = bytes(self._answer[begin : begin + SHOWN]), self._line[begin : begin + SHOWN]
        self.finish(WRONG, f"{got!r}, where {wanted!r} was to come" + (f", from byte {begin:,} on" if begin else ""))


class Silent(Client):
    """Connects, and says nothing. What comes, it takes."""

    does = SILENT


class Slow(Client):
    """Asks for much, and reads nothing: what the server has for it fills its buffers, and then the server's own."""

    does = SLOW

    def __init__(self, number: int, driver: Driver) -> None:
        super().__init__(number, driver)
        self._poured = 0
        self._most = POURED_LONG

    def _prepare(self) -> None:
        super()._prepare()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * SMALL)
        with contextlib.suppress(AttributeError, OSError):  # a system that has no such option
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SHORT)
            self._most = POURED

    def fate(self) -> Fate:
        if not self.end and (code := self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            self._fails(code)  # nobody waited for that
        return super().fate()

    def leave(self) -> None:
        if not self.is_gone:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, AT_A_TIME)
        super().leave()

    def _begin(self) -> None:
        line = self.driver.plan.line(self.number, 1)
        self._block = memoryview(line * max(AT_A_TIME // len(line), 1))
        self._write()

    def _write(self) -> None:
        self._left = self._left or self._block
        with contextlib.suppress(BlockingIOError):
            sent = self.sock.send(self._left)
            self._poured += sent
            self._left = self._left[sent:]
        self._wait_for(WRITE if self._poured < self._most else 0)
