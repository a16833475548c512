"""What an attack is given: a server to connect to, and waits that end when the server has done all that it can do, however long that takes it.

Comes in: an address, and what waits until the server rests. Goes out: sockets, which are ordinary ones but for that: where nothing more will come, `recv` raises TimeoutError. No clock says so, but whoever sees the
server. Who may import it: the learner's process, and `sparring`; so it imports nothing that the former need not load anyway.
"""

from __future__ import annotations

import itertools
import math
import os
import socket
import sys
from collections.abc import Callable
from time import monotonic, sleep  # by name: the function may do what it likes to the modules
from typing import Any, Protocol

from helpers.checking.messages import Activity, Asked, Rested
from helpers.sockets.install import TRACED
from helpers.sockets.pieces import DONTWAIT
from helpers.sockets.plain import is_ready
from helpers.sockets.registry import meet_all

WHOLE = int(getattr(socket, "MSG_WAITALL", 0))
"""The flag of a receive that waits for all that was asked for: the system's own wait would last for ever where no more comes."""
MOST = 100
"""Connections to one server; the backlog of a server that accepts nobody has room for as many."""
ROOM = 1 << 16
"""Bytes that wait for such a socket to read them: a server soon sees that somebody does not read."""
SEGMENT = 1400
"""Bytes, as on an Ethernet."""
SOON = 0.005
"""Seconds in which most answers are there: until then nobody need be asked."""
A_MOMENT = 0.005
"""Seconds between two looks whether whoever was asked has answered."""


class Wait(Protocol):
    """Waits until `came(seconds)`, which itself waits for so long at most, or until the server rests; whether it came."""

    def __call__(self, came: Callable[[float], bool]) -> bool: ...


class Target:
    """A server to be attacked. To an attack it is the judge."""

    def __init__(self, address: tuple[str, int], wait: Wait) -> None:
        self._address = address
        self._wait = wait
        self._made = 0

    def connect(self) -> socket.socket:
        """A socket that is connected to the server. Where it would wait in vain, since the server rests, it raises TimeoutError."""
        self._made += 1
        if self._made > MOST:
            raise RuntimeError(f"that is more than {MOST} connections to one server: fewer show whatever is to be seen")
        conn = Attacking(socket.AF_INET, socket.SOCK_STREAM)
        conn.wait = self._wait
        try:
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)  # before it connects, or it counts for little
            if hasattr(socket, "TCP_MAXSEG") and sys.platform == "linux":  # one segment of loopback's would fill it
                conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
            conn.connect(self._address)
        except BaseException:
            conn.close()
            raise
        return conn

    def rest(self) -> None:
        """Wait until the server has done all that it can do with what it was sent."""
        self._wait(_never)

    def __repr__(self) -> str:
        return "<the judge: connect() and rest()>"


class Attacking(TRACED):  # type: ignore[valid-type,misc]
    """A socket whose calls wait for as long as the server works."""

    __slots__ = ("wait",)
    wait: Wait

    def _recv(self, size: int, flags: int = 0) -> bytes:
        self._await(True, flags)
        data: bytes = super()._recv(size, flags & ~WHOLE)
        while flags & WHOLE and data and len(data) < size and (more := self._more(size - len(data), flags)):
            data += more
        return data

    def _recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        if flags & WHOLE:
            data = self._recv(size or memoryview(buffer).nbytes, flags)
            memoryview(buffer).cast("B")[: len(data)] = data
            return len(data)
        self._await(True, flags)
        got: int = super()._recv_into(buffer, size, flags)
        return got

    def _more(self, size: int, flags: int) -> bytes:
        """What comes behind a part of what MSG_WAITALL waits for; b"" if nothing does."""
        try:
            self._await(True, flags)
            more: bytes = super()._recv(size, flags & ~WHOLE)
        except TimeoutError:
            return b""
        return more

    def _send(self, data: Any, flags: int = 0) -> int:
        self._await(False, flags)
        sent: int = super()._send(data, flags | DONTWAIT)  # as much as there is room for; `sendall` sends the rest
        return sent

    def _wait_for_room(self, begun: float) -> None:
        self._await(False)

    def _await(self, reading: bool, flags: int = 0) -> None:
        """Until the call would not block. TimeoutError: it would for ever, as the server rests; or its own timeout is over."""
        timeout = self.gettimeout()
        if timeout == 0 or flags & DONTWAIT or self.fileno() < 0:
            return
        until = monotonic() + timeout if timeout else math.inf

        def came(seconds: float) -> bool:
            left = max(until - monotonic(), 0)
            return is_ready(self, reading, min(seconds, left)) or not left

        if not came(SOON) and not self.wait(came):
            raise TimeoutError(
                "nothing will come: the server rests" if reading else "the server rests, and reads nothing"
            )
        if not is_ready(self, reading):
            raise TimeoutError("timed out")


def _never(seconds: float) -> bool:
    sleep(seconds)
    return False


class Asking:
    """How the learner's process waits until the server rests: it asks the judge, who sees both."""

    def __init__(self, tell: Callable[[Asked], None]) -> None:
        self._tell = tell
        self._numbers = itertools.count(1)
        self._answered = 0

    def wait(self, came: Callable[[float], bool]) -> bool:
        """A `Wait`."""
        number = next(self._numbers)
        self._tell(Asked(number))
        while not came(A_MOMENT):
            if self._answered >= number:
                return came(0)
        return True

    def take(self, rested: Rested) -> None:
        """The judge has answered."""
        self._answered = rested.asked


class Sleepers:
    """The threads that are in `time.sleep`: from them something is to be expected."""

    def __init__(self) -> None:
        self._asleep: set[int] = set()
        self._slept = itertools.count()
        self._times = 0

    def sleep(self, thread: int, seconds: float) -> None:
        """Sleep, in this thread."""
        self._asleep.add(thread)
        self._times = next(self._slept) + 1
        try:
            sleep(seconds)
        finally:
            self._asleep.discard(thread)

    def activity(self) -> Activity:
        """That of this process, just now."""
        traces = meet_all()
        ends = [(each.local, each.peer) for each in traces if each.role == "client"]
        return Activity(
            len(self._asleep),
            self._times,
            sum(each.sent + each.received for each in traces),
            tuple((local[1], peer[1]) for local, peer in ends if local and peer),
        )


REFUSED = {
    "os.exec", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn", "subprocess.Popen",
}  # fmt: skip
"""What an attack does not do, by the names of Python's audit events."""


def keep_to_sockets(is_under_way: Callable[[], bool]) -> None:
    """While it is under way, let an attack start no process, and end none but its own. (What a hook refuses raises in the line that tried it.)"""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in REFUSED or not is_under_way() or (event == "os.kill" and args[0] == os.getpid()):
            return
        raise PermissionError("an attack talks to the server by its sockets; it starts no process, and ends none")

    sys.addaudithook(hook)
