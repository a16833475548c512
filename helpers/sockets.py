"""The traced socket: a `socket.socket` that knows which program made it, so that the program can be woken and stopped.

`install()` puts it in the place of `socket.socket`; a learner's code stays what it would be anywhere. What differs from a plain socket:

- a socket made by a program or server of this package is remembered by it (its *owner*), so that none is left behind;
- on Linux and macOS every TCP socket starts with SO_REUSEADDR, as those of `asyncio` and `socketserver` do, so that a port is free again as
  soon as its server has ended (`setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)` shows the bare behaviour);
- a refused connection and a taken port carry a note that says what to do.

How a blocked call is woken depends on the system. On Linux `shutdown()` from another thread wakes every one of them, and the methods below cost
a call-through. Elsewhere it does not wake all of them, so `PollingSocket` waits in short turns, between which a thread can be stopped.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

# The plain methods, bound once: a call-through that looks its target up again costs twice as much.
_PLAIN = socket.socket
_recv = _PLAIN.recv
_recv_into = _PLAIN.recv_into
_recvfrom = _PLAIN.recvfrom
_send = _PLAIN.send
_sendall = _PLAIN.sendall
_sendto = _PLAIN.sendto
_connect = _PLAIN.connect

OWNER_TURN = 0.02
"""Seconds a `PollingSocket` waits at a time in a thread that may be stopped: well within the 50 ms that a stop may take."""
OTHER_TURN = 0.5
"""Seconds it waits at a time elsewhere: on Windows the longest that an interrupted cell goes on (a blocked call there hears no Ctrl-C)."""


class Stopped(KeyboardInterrupt):
    """Raised in a program that is stopped, as Ctrl-C raises KeyboardInterrupt in one that runs in a terminal."""


class Owner:
    """Somebody who makes sockets in threads of its own, and answers for them: a program, or a server."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.address: tuple[Any, ...] | None = None
        """Where it listens, (host, port) for IPv4; None before it does."""
        self.stopped = False
        """Whether its threads are told to end, with `Stopped`."""
        self._lock = threading.Lock()
        self._shielded: set[int] = set()
        self._sockets: weakref.WeakValueDictionary[int, socket.socket] = weakref.WeakValueDictionary()

    def adopt(self, sock: socket.socket) -> None:
        """Answer for `sock` from now on."""
        self._sockets[id(sock)] = sock

    def sockets(self) -> Iterator[socket.socket]:
        """Its sockets that are open now."""
        for reference in self._sockets.valuerefs():
            sock = reference()
            if sock is not None and sock.fileno() >= 0:
                yield sock

    def listening(self, address: tuple[Any, ...]) -> None:
        """Called by the socket, in the owner's thread, as soon as a peer can reach `address`."""
        self.address = self.address or address

    def shield(self) -> bool:
        """No exception is raised in the running thread from now on: what it is just making would be lost. False if so already."""
        with self._lock:
            fresh = threading.get_ident() not in self._shielded
            self._shielded.add(threading.get_ident())
            return fresh

    def unshield(self) -> None:
        """Exceptions may be raised in the running thread again. Whoever was shielded looks whether it was `stopped`."""
        with self._lock:
            self._shielded.discard(threading.get_ident())

    def write(self, text: str) -> None:
        """Take what one of its threads printed."""
        raise NotImplementedError

    def read_line(self) -> str:
        """The next line typed for it, newline included; '' where there is nobody to type."""
        return ""


_owners: dict[int, Owner] = {}  # thread -> whose it is


def owner() -> Owner | None:
    """Whose the running thread is; None for the notebook's own."""
    return _owners.get(threading.get_ident())


def own_thread(who: Owner) -> None:
    """The running thread belongs to `who` from now on."""
    _owners[threading.get_ident()] = who


def is_owned(thread: threading.Thread, who: Owner) -> bool:
    """Whether `thread` runs, and belongs to `who`."""
    return _owners.get(thread.ident or 0) is who


def disown_thread() -> None:
    """The running thread ends."""
    _owners.pop(threading.get_ident(), None)


@contextlib.contextmanager
def on_behalf_of(who: Owner) -> Iterator[None]:
    """What the running thread prints in this block is `who`'s."""
    before = owner()
    own_thread(who)
    try:
        yield
    finally:
        disown_thread()
        if before is not None:
            own_thread(before)


def forget_owners() -> None:
    """In a process that was forked: its only thread belongs to nobody."""
    _owners.clear()


class Socket(_PLAIN):
    """A `socket.socket`, traced. Everything that is not said here is as in the standard library."""

    __slots__ = ()

    def __init__(
        self,
        family: socket.AddressFamily | int = -1,
        type: socket.SocketKind | int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        who = _owners.get(threading.get_ident())
        if who is not None:
            who.adopt(self)
        if fileno is None and _reuses_address(self):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def accept(self) -> tuple[Socket, Any]:
        who = _owners.get(threading.get_ident())
        if who is None:
            return self._accepted(*self._accept())  # type: ignore[attr-defined]  # as the standard library's own accept does
        fresh = who.shield()  # or a connection that is only a descriptor yet would be lost
        try:
            connection, address = self._accepted(*self._accept())  # type: ignore[attr-defined]
        except OSError:
            _let_a_stop_in()
            raise
        finally:
            if fresh:
                who.unshield()
        if who.stopped:
            connection.close()
            raise Stopped
        return connection, address

    def _accepted(self, fd: int, address: Any) -> tuple[Socket, Any]:
        connection = TRACED(self.family, self.type, self.proto, fileno=fd)
        if socket.getdefaulttimeout() is None and self.gettimeout():
            connection.setblocking(True)
        return connection, address

    # `bind` and `connect` take one address; the plain ones say, as they always do, when there are more or none.

    def bind(self, *address: Any) -> None:
        try:
            super().bind(*address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                error.add_note(_taken(*address))
            raise
        if self.type == socket.SOCK_DGRAM:
            self._tell_owner()

    def listen(self, *backlog: int) -> None:
        super().listen(*backlog)
        self._tell_owner()

    def connect(self, *address: Any) -> None:
        try:
            _connect(self, *address)
        except ConnectionRefusedError as error:
            error.add_note(_refused(*address))
            raise
        except OSError:
            _let_a_stop_in()
            raise

    # Each blocking call has a frame of its own, so that whoever wants to wake a thread sees there which socket it waits for.

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        try:
            return _recv(self, bufsize, flags)
        except OSError:
            _let_a_stop_in()
            raise

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        try:
            return _recv_into(self, buffer, nbytes, flags)
        except OSError:
            _let_a_stop_in()
            raise

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        try:
            return _recvfrom(self, bufsize, flags)
        except OSError:
            _let_a_stop_in()
            raise

    def send(self, data: Any, flags: int = 0, /) -> int:
        try:
            return _send(self, data, flags)
        except OSError:
            _let_a_stop_in()
            raise

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        try:
            return _sendall(self, data, flags)
        except OSError:
            _let_a_stop_in()
            raise

    def sendto(self, data: Any, *flags_and_address: Any) -> int:
        try:
            return _sendto(self, data, *flags_and_address)
        except OSError:
            _let_a_stop_in()
            raise

    def _tell_owner(self) -> None:
        who = owner()
        if who is not None:
            who.listening(self.getsockname())


class PollingSocket(Socket):
    """The traced socket where `shutdown()` does not wake every blocked call: it waits in short turns instead.

    Between two turns Python is back in charge, so that a stop, or an interrupt of the kernel, gets in.
    """

    __slots__ = ()

    def accept(self) -> tuple[Socket, Any]:
        self._wait(reading=True)
        return super().accept()

    def connect(self, *address: Any) -> None:
        timeout = self.gettimeout()
        if timeout == 0:
            return super().connect(*address)
        self.setblocking(False)
        try:
            super().connect(*address)
        except BlockingIOError:
            self._wait(reading=False, timeout=timeout)
            self._raise_failure(*address)
        finally:
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def _raise_failure(self, address: Any) -> None:
        """Raise what became of a connect that was under way, if it failed."""
        code = self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not code:
            return
        error = OSError(code, os.strerror(code))  # of the subclass that belongs to the code
        if isinstance(error, ConnectionRefusedError):
            error.add_note(_refused(address))
        raise error

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        self._wait(reading=True)
        return _recv(self, bufsize, flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self._wait(reading=True)
        return _recv_into(self, buffer, nbytes, flags)

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        self._wait(reading=True)
        return _recvfrom(self, bufsize, flags)

    def send(self, data: Any, flags: int = 0, /) -> int:
        timeout = self.gettimeout()
        if timeout is not None:  # one wait, one try: what plain Python does as well
            self._wait(reading=False)
            return _send(self, data, flags)
        self.sendall(data, flags)  # a blocking send takes everything
        return memoryview(data).nbytes

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        timeout = self.gettimeout()
        if timeout == 0 or not isinstance(data, (bytes, bytearray, memoryview)):
            return _sendall(self, data, flags)  # also says what is wrong with a str, as it always does
        deadline = None if timeout is None else time.monotonic() + timeout
        rest = memoryview(data).cast("B")
        # A blocking send waits inside the system until everything is taken. This socket keeps its timeout: another thread may receive.
        twin = _PLAIN(self.family, self.type, self.proto, fileno=self.fileno())
        try:
            twin.setblocking(False)
            while rest:
                left = None if deadline is None else max(deadline - time.monotonic(), 0)
                self._wait(reading=False, timeout=left)
                try:
                    rest = rest[_send(twin, rest, flags) :]
                except BlockingIOError:
                    continue  # writable, but not for as much as this
        finally:
            twin.detach()
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def sendto(self, data: Any, *flags_and_address: Any) -> int:
        self._wait(reading=False)
        return _sendto(self, data, *flags_and_address)

    def _wait(self, reading: bool, timeout: float | None = -1) -> None:
        """Wait until the call would not block, at most `timeout` seconds (None: for ever; -1: the socket's own)."""
        if timeout == -1:
            timeout = self.gettimeout()
        if timeout == 0 or self.fileno() < 0:
            return
        deadline = None if timeout is None else time.monotonic() + timeout
        turn = OWNER_TURN if owner() else OTHER_TURN
        while True:
            _let_a_stop_in()
            left = turn if deadline is None else min(turn, max(deadline - time.monotonic(), 0))
            # Windows reports a connect that failed as an exceptional condition.
            ready = select.select([self] if reading else [], [] if reading else [self], [] if reading else [self], left)
            if any(ready):
                return
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError("timed out")


# A learner who prints a socket, or reads a traceback, sees what any other Python would show.
for _class in (Socket, PollingSocket):
    _class.__name__ = _class.__qualname__ = "socket"
    _class.__module__ = "socket"

WOKEN_BY_SHUTDOWN = sys.platform == "linux"
"""Whether `shutdown()` wakes every blocked call here (Linux: also `accept`, `connect`, and a datagram socket's `recvfrom`)."""
TRACED: type[Socket] = Socket if WOKEN_BY_SHUTDOWN else PollingSocket


def install() -> None:
    """Put the traced socket in the place of `socket.socket`. Once is enough, twice does no harm."""
    socket.socket = TRACED  # type: ignore[misc]


def uninstall() -> None:
    """Put the plain one back; sockets made in between stay traced."""
    socket.socket = _PLAIN  # type: ignore[misc]


def plain_socket(*args: Any) -> socket.socket:
    """A socket that is not traced, for this package's own errands."""
    return _PLAIN(*args)


def _let_a_stop_in() -> None:
    """Called where a blocking call failed: if it did because its thread is being stopped, that is what the program sees."""
    who = owner()
    if who is not None and who.stopped:
        raise Stopped from None


def wake(sock: socket.socket) -> None:
    """Make whoever is blocked on `sock`, or waits for it in a selector, go on; the socket is of no further use."""
    gone = contextlib.suppress(OSError, ValueError)  # not connected, closed meanwhile, nobody there: nothing waits
    with gone:
        _PLAIN.shutdown(sock, socket.SHUT_RDWR)
    with gone:
        if sock.type == socket.SOCK_DGRAM:
            sock.setblocking(False)  # with a timeout, Python's C code would try again and again
    if not WOKEN_BY_SHUTDOWN:
        with gone:
            _knock(sock)


def _knock(sock: socket.socket) -> None:
    """Wake a selector that waits for a listening or datagram socket the way a peer would: by coming to its door."""
    address = sock.getsockname()
    if sock.family not in (socket.AF_INET, socket.AF_INET6) or not address[1]:
        return
    with _PLAIN(sock.family, sock.type) as visitor:
        visitor.setblocking(False)
        if sock.type == socket.SOCK_DGRAM:
            visitor.sendto(b"", address)
        else:
            visitor.connect_ex(address)


def socket_in(frame: types.FrameType) -> socket.socket | None:
    """The socket in whose method `frame`, a thread's innermost one, stands: ours, or the standard library's (`ssl`)."""
    this = frame.f_locals.get("self")
    return this if isinstance(this, _PLAIN) else None


def waits(frame: types.FrameType) -> bool:
    """Whether `frame` is one of the blocking calls."""
    return frame.f_code in _BLOCKING


def _codes(*methods: Callable[..., Any]) -> set[Any]:
    return {method.__code__ for method in methods}


_BLOCKING = {
    code
    for kind in (Socket, PollingSocket)
    for code in _codes(
        kind.accept, kind.connect, kind.recv, kind.recv_into, kind.recvfrom, kind.send, kind.sendall, kind.sendto
    )
} | _codes(PollingSocket._wait, _PLAIN.accept)


def _reuses_address(sock: socket.socket) -> bool:
    # On Windows the option would let another program steal the port.
    return os.name == "posix" and sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM


def _refused(address: Any) -> str:
    return (
        f"Nobody listens on {_written(address)}. Is the server running? "
        "Start the server first (run its cell), look at the host and the port, then run this again."
    )


def _taken(address: Any) -> str:
    port = _port(address)
    holders = {who.name for who in set(_owners.values()) if port is not None and _port(who.address) == port}
    if holders:
        return f"The port is held by {', '.join(sorted(map(repr, holders)))}, which runs in this notebook: stop that first."
    return (
        f"Another program on this computer holds {_written(address)}, perhaps another learner's. Stop it, or choose another "
        "port: 0 lets the system choose a free one; otherwise write the same number in the server and in the client."
    )


def _port(address: Any) -> int | None:
    return address[1] if isinstance(address, tuple) and len(address) >= 2 else None


def _written(address: Any) -> str:
    return repr(address) if _port(address) is None else f"{address[0]} port {address[1]}"
