"""The traced socket: a `socket.socket` that can be watched, woken, and stopped with the program that made it.

`install()` puts it in the place of `socket.socket`; a learner's code stays what it would be anywhere. What differs from a plain socket:

- while a `Tape` runs, each call leaves an entry on it; at other times a socket only counts the bytes of its stream, so that a tape that is
  started in the middle of a conversation knows where it came in;
- a socket made by a program or server of this package is remembered by it (its *owner*), so that none is left behind;
- on Linux and macOS every TCP socket starts with SO_REUSEADDR, as those of `asyncio` and `socketserver` do, so that a port is free again as
  soon as its server has ended (`setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)` shows the bare behaviour);
- a refused connection and a taken port carry a note that says what to do.

How a blocked call is woken depends on the system. On Linux `shutdown()` from another thread wakes every one of them, and the methods below cost
a call-through. Elsewhere it does not wake all of them, so `PollingSocket` waits in short turns, between which a thread can be stopped.
"""

from __future__ import annotations

import contextlib
import dis
import errno
import functools
import itertools
import os
import select
import socket
import struct
import sys
import threading
import types
import weakref
from typing import Any

from helpers import owners, tapes
from helpers.owners import Stopped, owner
from helpers.tapes import (
    ASIDE,
    FORGOTTEN,
    KEPT,
    RESET,
    Entry,
    More,
    Trace,
    gave,
    in_stream,
    kept,
    note,
    now,
    plain_address,
    size_of,
    took,
)

_PLAIN = socket.socket
_plain_recv, _plain_send = _PLAIN.recv, _PLAIN.send
_plain_socketpair = socket.socketpair

OWNER_TURN = 0.02
"""Seconds a `PollingSocket` waits at a time in a thread that may be stopped: well within the 50 ms that a stop may take."""
CONNECTED = {"client", "server", "pair"}
"""What a socket is that has, or had, a peer, and cannot accept."""
OTHER_TURN = 0.5
"""Seconds it waits at a time elsewhere: on Windows the longest that an interrupted cell goes on (a blocked call there hears no Ctrl-C)."""

DETACHED = 100
"""Detached sockets that are remembered, the latest ones."""


_live: dict[int, _Reference] = {}  # by the `id` of the reference


class _Reference(weakref.ref):
    """To a live socket that is open. Tells the tapes where one is collected that nobody closed."""

    __slots__ = ("trace",)

    def __new__(cls, sock: Socket) -> _Reference:
        return super().__new__(cls, sock, _collected)

    def __init__(self, sock: Socket) -> None:
        super().__init__(sock, _collected)  # type: ignore[call-arg]
        self.trace = sock._trace


def _collected(reference: _Reference) -> None:
    was_open = _live.pop(id(reference), None) is not None
    if was_open:
        _let_go(reference.trace)
    if was_open and tapes.running:
        note(reference.trace, "close", now(), more=More(detail=FORGOTTEN))


def _let_go(trace: Trace) -> None:
    """One of the sockets that it was is closed."""
    trace.handles -= 1
    trace.finished = trace.finished or trace.handles <= 0


def live_sockets() -> list[Socket]:
    """Every traced socket that is open now."""
    found = [reference() for reference in list(_live.values())]
    return [sock for sock in found if sock is not None and sock.fileno() >= 0]


_steps = itertools.count(1)  # connects and listens
_detached: dict[tuple[int, int], Trace] = {}  # by what the system calls the socket


def _identity(fd: int) -> tuple[int, int] | None:
    """What the system calls a socket, whichever descriptor it has; None where it has no name for it (Windows)."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else None


def meet(sock: Socket) -> None:
    """Note the socket's addresses, as far as it has any now."""
    try:
        local = sock.getsockname()
        if _port(local) != 0:
            sock._trace.local = local
        sock._trace.peer = sock.getpeername()
    except OSError:
        pass  # no peer, or no longer


_listeners: weakref.WeakValueDictionary[int, Trace] = weakref.WeakValueDictionary()  # by their ports


def _listens(sock: Socket) -> None:
    trace = sock._trace
    trace.role = "listening"
    trace.since = trace.since or next(_steps)
    meet(sock)
    if (port := _port(trace.local)) is not None:
        trace.early = weakref.WeakValueDictionary()
        _listeners[port] = trace


def _find_server(client: Trace) -> None:
    """Called when `client` is connected: who accepts it, or has done so, if that is in this process?"""
    port = _port(client.peer)
    listener = _listeners.get(port) if port is not None else None
    if listener is None or listener.early is None or client.local is None:
        return
    client.listener = listener
    server = listener.early.pop(plain_address(client.local), None)
    if server is None:
        listener.queue[plain_address(client.local)] = client
    else:
        client.mate, server.mate = server, client


def _find_client(server: Trace, listener: Trace) -> None:
    """The same for a connection that was accepted."""
    key = plain_address(server.peer)
    client = listener.queue.pop(key, None)
    if client is not None:
        client.mate, server.mate = server, client
    elif key is not None and listener.early is not None:
        listener.early[key] = server


def _fell(
    sock: Socket, call: str, begun: float | None, error: BaseException, asked: int = 0, detail: Any = None
) -> None:
    """Called where a call failed. If it did because its thread is being stopped, that is what the program sees."""
    if tapes.running:
        note(sock._trace, call, begun, asked=asked, more=More(type(error).__name__, detail, 0, _timeout(sock, error)))
    if isinstance(error, OSError):
        _let_a_stop_in()


def _timeout(sock: Socket, error: BaseException) -> float | None:
    """After how many seconds `sock` gave up, if that is the `error`."""
    return sock.gettimeout() or None if isinstance(error, TimeoutError) and sock.fileno() >= 0 else None


def _breaks_off(sock: Socket) -> bool:
    """Whether closing `sock` sends RST: bytes wait in it unread, or SO_LINGER says so."""
    try:
        if sock.type != socket.SOCK_STREAM or sock._trace.peer is None or sock._trace.handles > 1:
            return False
        if struct.unpack(_LINGER, sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.calcsize(_LINGER))) == (
            1,
            0,
        ):
            return True
        # DONTWAIT: another thread may just have received what was ready.
        look = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)
        return is_ready(sock, reading=True) and bool(_PLAIN.recv(sock, 1, look))
    except (OSError, ValueError):
        return False


_LINGER = "HH" if sys.platform == "win32" else "ii"


def break_off(sock: socket.socket) -> None:
    """Close `sock` with RST, whatever waits in it."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
    sock.close()


def is_ready(sock: socket.socket, reading: bool, seconds: float = 0) -> bool:
    """Whether a call would not block, within `seconds`. OSError, ValueError: it is closed."""
    if not hasattr(select, "poll"):
        # Windows reports a connect that failed as an exceptional condition.
        return any(
            select.select([sock] if reading else [], [] if reading else [sock], [] if reading else [sock], seconds)
        )
    poll = select.poll()  # not select: a descriptor may be over 1023
    poll.register(sock, select.POLLIN if reading else select.POLLOUT)
    return bool(poll.poll(seconds * 1000))


class Socket(_PLAIN):
    """A `socket.socket`, traced. Everything that is not said here is as in the standard library.

    The methods repeat themselves where a wrapper could be shared: every byte of every lesson goes through them, and whoever wants to wake a
    thread sees, by the frame of the method, which socket it waits for.
    """

    __slots__ = ("_trace", "_reference")

    # What the methods call in the end; those of a `PollingSocket` wait in another way.
    _connect = _PLAIN.connect
    _recv = _PLAIN.recv
    _recv_into = _PLAIN.recv_into
    _recvfrom = _PLAIN.recvfrom
    _recvfrom_into = _PLAIN.recvfrom_into
    _send = _PLAIN.send
    _sendto = _PLAIN.sendto

    def __init__(
        self,
        family: socket.AddressFamily | int = -1,
        type: socket.SocketKind | int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        who = owner()
        trace = _detached.pop(_identity(fileno), None) if fileno is not None and _detached else None  # type: ignore[arg-type]
        trace = trace or Trace(self.family, self.type, who.name if who is not None else None)
        self._be(trace)
        if who is not None:
            who.adopt(self)
        if fileno is not None:
            return
        if _reuses_address(self):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if tapes.running:
            note(trace, "socket", now())

    def _be(self, trace: Trace) -> None:
        self._trace = trace
        trace.find = weakref.ref(self)
        self._reference = _Reference(self)
        _live[id(self._reference)] = self._reference

    def accept(self) -> tuple[Socket, Any]:
        begun = now() if tapes.running else None
        who = owner()
        fresh = who is not None and who.shield()  # or a connection that is only a descriptor yet would be lost
        try:
            connection, address = self._accepted(*self._accept())  # type: ignore[attr-defined]  # as the standard library's own
            connection._trace.listener = self._trace
            connection._trace.role = "server"
            connection._trace.peer = address
            meet(connection)  # watched or not: once the connection is broken, its addresses are gone
            _find_client(connection._trace, self._trace)
            if tapes.running:
                note(self._trace, "accept", begun, more=More(detail=(connection._trace, address)))
        except BaseException as error:
            _fell(self, "accept", begun, error)
            raise
        finally:
            if who is not None and fresh:
                who.unshield()
        if who is not None and who.stopped:
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
        begun = now() if tapes.running else None
        try:
            super().bind(*address)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                error.add_note(_taken(*address))
            _fell(self, "bind", begun, error, detail=address and address[0])
            raise
        self._trace.bound = address[0]
        if tapes.running:
            meet(self)
            note(self._trace, "bind", begun, more=More(detail=address[0]))
        if self.type == socket.SOCK_DGRAM:
            self._tell_owner()

    def listen(self, *backlog: int) -> None:
        begun = now() if tapes.running else None
        try:
            super().listen(*backlog)
        except BaseException as error:
            _fell(self, "listen", begun, error)
            raise
        _listens(self)
        if tapes.running:
            note(self._trace, "listen", begun, asked=backlog[0] if backlog else 0)
        self._tell_owner()

    def connect(self, *address: Any) -> None:
        begun = now() if tapes.running else None
        self._connects()
        try:
            self._connect(*address)
        except BaseException as error:
            if isinstance(error, ConnectionRefusedError):
                error.add_note(_refused(*address))
            if isinstance(error, BlockingIOError):
                self._is_under_way(*address)
            _fell(self, "connect", begun, error, detail=address and address[0])
            raise
        meet(self)
        self._trace.peer = self._trace.peer or address[0]  # a reset may have come already
        _find_server(self._trace)
        if tapes.running:
            note(self._trace, "connect", begun, more=More(detail=address[0]))

    def connect_ex(self, *address: Any) -> int:
        begun = now() if tapes.running else None
        self._connects()
        code = super().connect_ex(*address)
        if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._is_under_way(*address)
        if tapes.running:
            error = type(OSError(code, "")).__name__ if code else None  # the subclass that belongs to the code
            note(self._trace, "connect_ex", begun, more=More(error, address[0]))
        return code

    def _connects(self) -> None:
        self._trace.since = next(_steps)
        if self._trace.role == "unconnected":
            self._trace.role = "client"

    def _is_under_way(self, address: Any) -> None:
        """A connect that does not block may succeed later, without another call."""
        meet(self)
        self._trace.peer = self._trace.peer or address
        _find_server(self._trace)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        begun = now() if tapes.running else None
        try:
            data = self._recv(bufsize, flags)
        except BaseException as error:
            _fell(self, "recv", begun, error, bufsize)
            raise
        trace = self._trace
        offset = trace.received
        size = len(data)
        if not flags or not flags & ASIDE:
            trace.received = offset + size
        else:
            trace.look(offset + size)
        if tapes.running:
            note(
                trace,
                "recv",
                begun,
                data if size <= KEPT else kept(data, size),
                size,
                bufsize,
                offset,
                More(flags=flags) if flags else None,
            )
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        begun = now() if tapes.running else None
        asked = nbytes or size_of(buffer)
        try:
            size = self._recv_into(buffer, nbytes, flags)
        except BaseException as error:
            _fell(self, "recv_into", begun, error, asked)
            raise
        took(self._trace, "recv_into", begun, buffer, size, asked, flags)
        return size

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        begun = now() if tapes.running else None
        try:
            data, address = self._recvfrom(bufsize, flags)
        except BaseException as error:
            _fell(self, "recvfrom", begun, error, bufsize)
            raise
        took(self._trace, "recvfrom", begun, data, len(data), bufsize, flags, address)
        return data, address

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        begun = now() if tapes.running else None
        asked = nbytes or size_of(buffer)
        try:
            size, address = self._recvfrom_into(buffer, nbytes, flags)
        except BaseException as error:
            _fell(self, "recvfrom_into", begun, error, asked)
            raise
        took(self._trace, "recvfrom_into", begun, buffer, size, asked, flags, address)
        return size, address

    def send(self, data: Any, flags: int = 0, /) -> int:
        begun = now() if tapes.running else None
        try:
            size = self._send(data, flags)
        except BaseException as error:
            _fell(self, "send", begun, error, size_of(data))
            raise
        trace = self._trace
        moved = size if not flags else in_stream(size, flags)
        offset = trace.sent
        trace.sent = offset + moved
        if tapes.running:
            more = More(flags=int(flags)) if flags else None
            note(trace, "send", begun, kept(data, size), size, size_of(data), offset, more)
        return size

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        # The standard library's own would not tell how far it came before an error.
        begun = now()
        taken = 0
        try:
            taken = self._send(data, flags)
            if type(data) is not bytes or taken < len(data):
                rest = memoryview(data).cast("B")
                while taken < len(rest):
                    self._wait_for_room(begun)
                    taken += self._send(rest[taken:], flags)
        except BaseException as error:
            gave(self._trace, "sendall", begun, data, taken, type(error).__name__, None, flags, _timeout(self, error))
            if isinstance(error, OSError):
                _let_a_stop_in()
            raise
        trace = self._trace
        moved = taken if not flags else in_stream(taken, flags)
        offset = trace.sent
        trace.sent = offset + moved
        if tapes.running:
            more = More(flags=int(flags)) if flags else None
            note(trace, "sendall", begun, kept(data, taken), taken, taken, offset, more)

    def _wait_for_room(self, begun: float) -> None:
        """Before the rest is sent: the timeout is for the whole of it. A socket without one waits in `send` itself."""
        timeout = self.gettimeout()
        if timeout and not is_ready(self, reading=False, seconds=max(begun + timeout - now(), 0)):
            raise TimeoutError("timed out")

    def sendto(self, data: Any, *flags_and_address: Any) -> int:
        begun = now() if tapes.running else None
        try:
            size = self._sendto(data, *flags_and_address)
        except BaseException as error:
            _fell(self, "sendto", begun, error, size_of(data), flags_and_address and flags_and_address[-1])
            raise
        if tapes.running and self._trace.local is None:
            meet(self)  # the first datagram gives it its address
        gave(self._trace, "sendto", begun, data, size, detail=flags_and_address[-1])
        return size

    if hasattr(_PLAIN, "sendmsg"):  # not on Windows
        _sendmsg = _PLAIN.sendmsg
        _recvmsg = _PLAIN.recvmsg
        _recvmsg_into = _PLAIN.recvmsg_into

        def sendmsg(self, buffers: Any, *args: Any) -> int:
            begun = now() if tapes.running else None
            buffers = list(buffers)
            try:
                size = self._sendmsg(buffers, *args)
            except BaseException as error:
                _fell(self, "sendmsg", begun, error, sum(map(size_of, buffers)))
                raise
            address = args[2] if len(args) > 2 else None
            if tapes.running and address is not None and self._trace.local is None:
                meet(self)
            data = b"".join(buffers) if tapes.running else b""
            gave(self._trace, "sendmsg", begun, data, size, detail=address)
            return size

        def recvmsg(self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /) -> Any:
            begun = now() if tapes.running else None
            try:
                message = self._recvmsg(bufsize, ancbufsize, flags)
            except BaseException as error:
                _fell(self, "recvmsg", begun, error, bufsize)
                raise
            took(self._trace, "recvmsg", begun, message[0], len(message[0]), bufsize, flags, message[3])
            return message

        def recvmsg_into(self, buffers: Any, ancbufsize: int = 0, flags: int = 0, /) -> Any:
            begun = now() if tapes.running else None
            buffers = list(buffers)
            asked = sum(map(size_of, buffers))
            try:
                message = self._recvmsg_into(buffers, ancbufsize, flags)
            except BaseException as error:
                _fell(self, "recvmsg_into", begun, error, asked)
                raise
            data = b"".join(buffers) if tapes.running else b""
            took(self._trace, "recvmsg_into", begun, data, message[0], asked, flags, message[3])
            return message

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        # Through `send`, as the standard library does where the system has no faster way: that one would not be seen.
        return self._sendfile_use_send(file, offset, count)  # type: ignore[attr-defined]

    def shutdown(self, how: int, /) -> None:
        begun = now() if tapes.running else None
        try:
            super().shutdown(how)
        except BaseException as error:
            _fell(self, "shutdown", begun, error, detail=how)
            raise
        if how != socket.SHUT_RD:
            self._trace.finished = True
        if tapes.running:
            note(self._trace, "shutdown", begun, more=More(detail=how))

    def _real_close(self, *args: Any) -> None:
        # Here, and not in `close`: a file made by `makefile` keeps the connection open until it is closed as well.
        _live.pop(id(self._reference), None)
        was_open = self.fileno() >= 0
        begun = now()
        how = RESET if was_open and tapes.running and _breaks_off(self) else None
        super()._real_close(*args)  # type: ignore[misc]
        if not was_open:
            return
        _let_go(self._trace)
        if not tapes.running:
            return
        note(self._trace, "close", begun, more=More(detail=how))

    def detach(self) -> int:
        if self.fileno() >= 0:
            if tapes.running:
                note(self._trace, "detach", now())
            if (name := _identity(self.fileno())) is not None:
                _detached[name] = self._trace  # a socket made of the descriptor is the same one
                if len(_detached) > DETACHED:
                    del _detached[next(iter(_detached))]
        _live.pop(id(self._reference), None)
        return super().detach()

    def dup(self) -> Socket:
        twin: Socket = super().dup()  # type: ignore[assignment]
        del _live[id(twin._reference)]
        self._trace.handles += 1
        twin._be(self._trace)  # one stream, whichever of them sends or receives
        return twin

    def _tell_owner(self) -> None:
        who = owner()
        if who is not None:
            who.listening(self.getsockname())


class PollingSocket(Socket):
    """The traced socket where `shutdown()` does not wake every blocked call: it waits in short turns instead.

    Between two turns Python is back in charge, so that a stop, or an interrupt of the kernel, gets in.
    """

    __slots__ = ()

    def _accept(self) -> Any:
        if self._trace.role not in CONNECTED or self.gettimeout() is not None:
            self._wait(reading=True, accepting=True)
        return super()._accept()  # type: ignore[misc]

    def _listens(self) -> bool:
        return self._trace.role == "listening"

    def _connect(self, *address: Any) -> None:
        timeout = self.gettimeout()
        if timeout == 0:
            return super()._connect(*address)
        self.setblocking(False)
        try:
            super()._connect(*address)
        except BlockingIOError:
            self._wait(reading=False, timeout=timeout)
            self._raise_failure()
        finally:
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def _raise_failure(self) -> None:
        """Raise what became of a connect that was under way, if it failed."""
        code = self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))  # of the subclass that belongs to the code

    # A call with a wrong argument, or one that asks for nothing, does not wait for bytes before it says so.

    def _recv(self, bufsize: Any, *args: Any) -> bytes:
        if _is_size(bufsize) and bufsize:
            self._wait(reading=True)
        return super()._recv(bufsize, *args)

    def _recv_into(self, buffer: Any, nbytes: Any = 0, *args: Any) -> int:
        if _takes(buffer, nbytes) and size_of(buffer):
            self._wait(reading=True)
        return super()._recv_into(buffer, nbytes, *args)

    def _recvfrom(self, bufsize: Any, *args: Any) -> tuple[bytes, Any]:
        if _is_size(bufsize):
            self._wait(reading=True)
        return super()._recvfrom(bufsize, *args)

    def _recvfrom_into(self, buffer: Any, nbytes: Any = 0, *args: Any) -> tuple[int, Any]:
        if _takes(buffer, nbytes):
            self._wait(reading=True)
        return super()._recvfrom_into(buffer, nbytes, *args)

    if hasattr(_PLAIN, "sendmsg"):

        def _sendmsg(self, *args: Any) -> int:
            self._wait(reading=False)
            return super()._sendmsg(*args)

        def _recvmsg(self, *args: Any) -> Any:
            self._wait(reading=True)
            return super()._recvmsg(*args)

        def _recvmsg_into(self, *args: Any) -> Any:
            self._wait(reading=True)
            return super()._recvmsg_into(*args)

    def _send(self, data: Any, flags: int = 0) -> int:
        if self.gettimeout() is not None or not _is_plain_buffer(data):
            self._wait(reading=False)  # one wait, one try: what plain Python does as well
            return super()._send(data, flags)
        # A blocking send waits inside the system until everything is taken. This socket keeps its timeout: another thread may receive.
        rest = memoryview(data).cast("B")  # first: it may raise
        twin = _PLAIN(self.family, self.type, self.proto, fileno=self.fileno())
        try:
            twin.setblocking(False)
            while rest:
                self._wait(reading=False)
                try:
                    rest = rest[twin.send(rest, flags) :]
                except BlockingIOError:
                    continue  # writable, but not for as much as this
        finally:
            twin.detach()
            if self.fileno() >= 0:
                self.setblocking(True)
        return size_of(data)

    def _sendto(self, *args: Any) -> int:
        self._wait(reading=False)
        return super()._sendto(*args)

    def _wait_for_room(self, begun: float) -> None:
        timeout = self.gettimeout()
        if timeout:
            self._wait(reading=False, timeout=max(begun + timeout - now(), 0.000001))

    def _wait(self, reading: bool, timeout: float | None = -1, accepting: bool = False) -> None:
        """Wait until the call would not block, at most `timeout` seconds (None: for ever; -1: the socket's own)."""
        if timeout == -1:
            timeout = self.gettimeout()
        if timeout == 0 or self.fileno() < 0:
            return
        if timeout is None and self._listens() and not accepting:
            return  # it has no peer: the call falls, and would have waited for a client first
        deadline = None if timeout is None else now() + timeout
        turn = OWNER_TURN if owner() else OTHER_TURN
        while True:
            _let_a_stop_in()
            if is_ready(self, reading, turn if deadline is None else min(turn, max(deadline - now(), 0))):
                return
            if deadline is not None and now() >= deadline:
                raise TimeoutError("timed out")


def _is_plain_buffer(data: Any) -> bool:
    return isinstance(data, (bytes, bytearray)) or (isinstance(data, memoryview) and data.c_contiguous)


def _is_size(number: Any) -> bool:
    return hasattr(number, "__index__") and number.__index__() >= 0


def _takes(buffer: Any, nbytes: Any) -> bool:
    """Whether `nbytes` bytes (0: as many as there is room for) can be received into `buffer`."""
    try:
        view = memoryview(buffer)
    except TypeError:
        return False
    return not view.readonly and _is_size(nbytes) and nbytes <= view.nbytes


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
    socket.socketpair = _socketpair


def uninstall() -> None:
    """Put the plain one back; sockets made in between stay traced."""
    socket.socket = _PLAIN  # type: ignore[misc]
    socket.socketpair = _plain_socketpair


_INNER = ("asyncio.", "helpers.")
"""Modules whose pairs of sockets wake a loop, and are no part of anybody's conversation."""


@functools.wraps(_plain_socketpair)
def _socketpair(*args: Any, **kwargs: Any) -> Any:
    pair: Any = _plain_socketpair(*args, **kwargs)
    one, other = pair
    if not isinstance(one, Socket) or not isinstance(other, Socket):
        return pair
    one._trace.mate, other._trace.mate = other._trace, one._trace
    one._trace.role = other._trace.role = "pair"
    one._trace.inner = other._trace.inner = sys._getframe(1).f_globals.get("__name__", "").startswith(_INNER)
    if tapes.running:
        for each in pair:
            note(each._trace, "socketpair", now())
    return pair


def start_connect(sock: Socket, address: Any) -> None:
    """Begin to connect `sock`, which does not block. When it is writable, `finish_connect` says what became of it."""
    sock._connects()
    try:
        _PLAIN.connect(sock, address)
    except BlockingIOError:
        pass


def finish_connect(sock: Socket, address: Any, begun: float) -> bool:
    """A connect to `address` has come to its end: on a tape it is one call, made when it was `begun`. OSError if it failed.

    False: it succeeded, and the peer has broken the connection off since.
    """
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    error = OSError(code, os.strerror(code)) if code else None  # of the subclass that belongs to the code
    stands = not isinstance(error, (ConnectionResetError, BrokenPipeError))
    if error and stands:
        _fell(sock, "connect", begun, error, detail=address)
        raise error
    sock._trace.peer = address
    meet(sock)
    _find_server(sock._trace)
    if tapes.running:
        note(sock._trace, "connect", begun, more=More(detail=address))
    return stands


def quick_recv(sock: Socket, bufsize: int) -> bytes:
    """`sock.recv(bufsize)` for a loop of this package, which never blocks: at half the cost while no tape runs."""
    if tapes.running:
        return sock.recv(bufsize)
    data = _plain_recv(sock, bufsize)
    sock._trace.received += len(data)
    return data


def quick_send(sock: Socket, data: bytes | memoryview) -> int:
    """`sock.send(data)`, likewise."""
    if tapes.running:
        return sock.send(data)
    size = _plain_send(sock, data)
    sock._trace.sent += size
    return size


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
    this = frame.f_locals.get("sock" if frame.f_code is is_ready.__code__ else "self")
    return this if isinstance(this, _PLAIN) else None


def waits(frame: types.FrameType) -> bool:
    """Whether `frame` is one of the blocking calls, and still in the line that waits: what it brings may be there, with the thread not yet at work on it."""
    lines = _BLOCKING.get(frame.f_code)
    return lines is not None and (not lines or frame.f_lineno in lines)


def is_ready_for(frame: types.FrameType) -> bool:
    """Whether the blocking call in `frame` need wait no longer, and its thread is about to run."""
    sock = socket_in(frame)
    if sock is None or sock.fileno() < 0:
        return False
    while frame.f_code not in _CALLS and frame.f_back is not None:
        frame = frame.f_back
    call = frame.f_code.co_name
    reads = call.startswith(("accept", "recv"))
    if isinstance(sock, Socket) and _is_due(sock._trace, call):
        return True
    try:
        return is_ready(sock, reading=reads)
    except (OSError, ValueError):  # closed meanwhile
        return False


def _is_due(trace: Trace, call: str) -> bool:
    """Whether something is on its way to `call`: the system says nothing of what a thread has taken already, but not come back with."""
    if call == "accept":
        return bool(trace.queue)
    if not call.startswith("recv") or trace.mate is None or trace.ended:
        return False
    return trace.mate.sent > trace.received or trace.mate.finished


def calls_under_way() -> list[Entry]:
    """An entry, without an end, for each blocking call that has not come back; where several threads wait in the same call, one."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found: dict[tuple[Trace, str], Entry] = {}
    for ident, innermost in sys._current_frames().items():
        frame: types.FrameType | None = innermost if waits(innermost) else None
        while frame is not None and frame.f_code not in _CALLS:
            frame = frame.f_back
        sock = frame.f_locals.get("self") if frame is not None else None
        if frame is None or not isinstance(sock, Socket):
            continue
        call, begun = frame.f_code.co_name, frame.f_locals.get("begun")
        thread = tapes.Thread(ident, names.get(ident, "a thread without a name"))
        entry = Entry(sock._trace, call, begun, None, thread, b"", 0, _asked(frame), sock._trace.sent, None)
        found.setdefault((entry.trace, entry.call), entry)
    return sorted(found.values(), key=lambda entry: entry.trace.number)


def _asked(frame: types.FrameType) -> int:
    """How many bytes the call in `frame` was given to send, or asked for."""
    known = frame.f_locals
    if "data" in known:
        return size_of(known["data"])
    if "buffers" in known:
        return sum(map(size_of, known["buffers"]))
    return known.get("asked", known.get("bufsize", 0))


_CALLS = {
    getattr(Socket, name).__code__
    for name in (
        "accept", "connect", "recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into",
        "send", "sendall", "sendto", "sendmsg",
    )
    if hasattr(Socket, name)
}  # fmt: skip


_WAITING = {"_accept", "_connect", "_recv", "_recv_into", "_recvfrom", "_recvfrom_into", "_recvmsg", "_recvmsg_into", "_send", "_sendto", "_sendmsg"}  # fmt: skip


def _waiting_lines(code: types.CodeType) -> set[int]:
    """The lines of a blocking call in which it is the system that keeps it waiting."""
    found = {each.positions.lineno for each in dis.get_instructions(code) if each.argval in _WAITING and each.positions}
    return {line for line in found if line is not None}


# Of two threads that a `PollingSocket` has told of the same client, or the same bytes, one finds nothing, and waits in the system.
_LATE = {vars(PollingSocket)[name].__code__ for name in _WAITING & set(vars(PollingSocket))}

_BLOCKING: dict[types.CodeType, set[int]] = {code: _waiting_lines(code) for code in _CALLS | _LATE} | {
    code: set()
    for code in (
        PollingSocket._wait.__code__,
        _PLAIN.accept.__code__,
        Socket._wait_for_room.__code__,
        is_ready.__code__,
    )
}


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
    holders = {who.name for who in owners.everybody().values() if port is not None and _port(who.address) == port}
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
