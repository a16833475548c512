"""The traced socket: a `socket.socket` that can be watched, woken, and stopped with the program that made it.

`install()` puts it in the place of `socket.socket`; a learner's code stays what it would be anywhere. What differs from a plain socket:

- while a `Tape` runs, each call leaves an entry on it; at other times a socket only counts the bytes of its stream, so that a tape that is
  started in the middle of a conversation knows where it came in;
- a socket made by a program or server of this package is remembered by it (its *owner*), so that none is left behind;
- on Linux and macOS every TCP socket starts with SO_REUSEADDR, as those of `asyncio` and `socketserver` do, so that a port is free again as
  soon as its server has ended (`setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)` shows the bare behaviour; `reuse.as_in_a_terminal`, too);
- a refused connection and a taken port carry a note that says what to do.

How a blocked call is woken depends on the system. On Linux `shutdown()` from another thread wakes every one of them, and the methods below cost
a call-through. Elsewhere it does not wake all of them, so `PollingSocket` waits in short turns, between which a thread can be stopped.
"""

from __future__ import annotations

import errno
import socket
import weakref
from collections.abc import Sequence
from typing import Any, ClassVar, TypeGuard

from helpers.sockets import default_timeout, tapes
from helpers.sockets.bypassing import is_still_open, measure
from helpers.sockets.owners import let_a_stop_in, owner, shielded
from helpers.sockets.pieces import DONTWAIT, Pieces
from helpers.sockets.plain import Plain, error_of, is_ready, lingers_not
from helpers.sockets.registry import (
    DETACHED,
    Reference,
    detached,
    find_client,
    find_server,
    identity,
    let_go,
    listens,
    live,
    meet,
    same_socket,
    step,
)
from helpers.sockets.reuse import reuses_address
from helpers.sockets.tapes import (
    ASIDE,
    KEPT,
    LEFT,
    LEFT_AND_RESET,
    RESET,
    SHARED,
    More,
    Trace,
    gave,
    given,
    in_stream,
    kept,
    note,
    now,
    size_of,
    took,
    whole,
)
from helpers.sockets.waking import is_knock


def fell(
    sock: Socket,
    call: str,
    begun: float | None,
    error: BaseException,
    asked: object = 0,
    detail: Any = None,
    data: Any = b"",
) -> None:
    """Called where a call failed; `data`: what it was to send. If it did because its thread is being stopped, that is what the program sees."""
    if tapes.running:
        more = More(type(error).__name__, detail, 0, _timeout(sock, error))
        size = asked if isinstance(asked, int) else 0  # a program may ask for anything
        note(sock._trace, call, begun, given(data), asked=size, more=more)
    if isinstance(error, OSError):
        let_a_stop_in()


def taken(sock: Socket, address: Any) -> str:
    """Who has it, in a sentence."""
    from helpers.sockets import advice  # few need it, and it takes a while

    return advice.taken(sock, address)


def forbidden(address: Any) -> str:
    """Why nobody may have `address`; "" where that is not known."""
    from helpers.sockets import advice

    return advice.forbidden(address)


def refused(address: Any) -> str:
    """Nobody listens there, in a sentence."""
    from helpers.sockets import advice

    return advice.refused(address)


def _joined(buffers: Sequence[Any]) -> bytes:
    """What `sendmsg` was given; nothing if that is no bytes."""
    try:
        return b"".join(buffers)
    except TypeError:
        return b""


def _timeout(sock: Socket, error: BaseException) -> float | None:
    """After how many seconds `sock` gave up, if that is the `error`."""
    return sock.gettimeout() or None if isinstance(error, TimeoutError) and sock.fileno() >= 0 else None


def _breaks_off(sock: Socket) -> bool:
    """Whether closing `sock` sends RST: bytes wait in it unread, or SO_LINGER says so."""
    try:
        if sock.type != socket.SOCK_STREAM or sock._trace.peer is None or sock._trace.handles > 1:
            return False
        if lingers_not(sock):
            return True
        # DONTWAIT: another thread may just have received what was ready.
        look = socket.MSG_PEEK | DONTWAIT
        return is_ready(sock, reading=True) and bool(Plain.recv(sock, 1, look))
    except (OSError, ValueError):
        return False


class _Kind(type):
    """The class of the traced classes. A plain socket is a `socket.socket` too: one that was made before, or by `ssl`, whose own class is made of the plain one."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Plain) if cls is socket.socket else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, Plain) if cls is socket.socket else super().__subclasscheck__(subclass)


class Socket(Plain, metaclass=_Kind):
    """A `socket.socket`, traced. Everything that is not said here is as in the standard library.

    The methods repeat themselves where a wrapper could be shared: every byte of every lesson goes through them, and whoever wants to wake a
    thread sees, by the frame of the method, which socket it waits for.
    """

    __slots__ = ("_trace", "_reference")

    _class_of_connections: ClassVar[type[Socket]]
    """Of what `accept` makes: not always that of the listening socket, as with the plain one."""

    _speaks_tls: ClassVar[bool] = False
    """Whether it is one of `ssl`: what it is made of, `wrap_socket` detaches."""

    # What the methods call in the end; those of a `PollingSocket` wait in another way.
    _connect = Plain.connect
    _connect_ex = Plain.connect_ex
    _recv = Plain.recv
    _recv_into = Plain.recv_into
    _recvfrom = Plain.recvfrom
    _recvfrom_into = Plain.recvfrom_into
    _send = Plain.send
    _sendto = Plain.sendto

    def __init__(
        self,
        family: socket.AddressFamily | int = -1,
        type: socket.SocketKind | int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        if default_timeout.ever_set:
            self._take_default_timeout()
        self._begin(self._known_as(fileno) if fileno is not None else None)
        if fileno is not None:
            return
        if reuses_address(self):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if tapes.running:
            note(self._trace, "socket", now())

    def _known_as(self, fileno: int) -> Trace | None:
        """The trace of the socket that this descriptor is, if it is known."""
        return same_socket(fileno)

    def _begin(self, trace: Trace | None = None) -> None:
        """Belong to whoever makes it; `trace`: of the socket that it is, if it is another object of the same."""
        who = owner()
        self._be(trace or Trace(self.family, self.type, who.name if who is not None else None))
        if who is not None:
            who.adopt(self)

    def _be(self, trace: Trace) -> None:
        self._trace = trace
        trace.find = weakref.ref(self)
        self._reference = Reference(self)
        live[id(self._reference)] = self._reference

    def _take_default_timeout(self) -> None:
        timeout = default_timeout.of_new_sockets()
        if timeout is not None and self.gettimeout() is None:  # with SOCK_NONBLOCK it has one
            Plain.settimeout(self, timeout)

    def accept(self) -> tuple[Socket, Any]:
        begun = now() if tapes.running else None
        who = owner()
        fresh = who is not None and who.shield()  # or a connection that is only a descriptor yet would be lost
        try:
            fd, address = self._accept()  # type: ignore[attr-defined]  # as the standard library's own
            if is_knock(address):
                socket.close(fd)
                raise error_of(errno.ECONNABORTED)  # as where a client has gone before it was accepted
            connection, address = self._accepted(fd, address)
            connection._trace.listener = self._trace
            connection._trace.role = "server"
            connection._trace.peer = address
            meet(connection)  # watched or not: once the connection is broken, its addresses are gone
            find_client(connection._trace, self._trace)
            if tapes.running:
                note(self._trace, "accept", begun, more=More(detail=(connection._trace, address)))
        except BaseException as error:
            fell(self, "accept", begun, error)
            raise
        finally:
            if who is not None and fresh:
                who.unshield()
        try:
            let_a_stop_in()
        except BaseException:
            connection.close()
            raise
        return connection, address

    def _accepted(self, fd: int, address: Any) -> tuple[Socket, Any]:
        kind = self._class_of_connections
        connection = kind.__new__(kind)
        Plain.__init__(connection, self.family, self.type, self.proto, fd)
        connection._begin()  # it is new: no other object is the same socket
        if default_timeout.ever_set:
            connection._take_default_timeout()
        if connection.gettimeout() is None and self.gettimeout():
            connection.setblocking(True)
        return connection, address

    # `bind` and `connect` take one address; the plain ones say, as they always do, when there are more or none.

    def bind(self, *address: Any) -> None:
        begun = now() if tapes.running else None
        try:
            super().bind(*address)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                error.add_note(taken(self, *address))
            elif isinstance(error, PermissionError) and (advice := forbidden(*address)):
                error.add_note(advice)
            fell(self, "bind", begun, error, detail=address and address[0])
            raise
        self._trace.bound = address[0]
        if tapes.running:
            meet(self)
            note(self._trace, "bind", begun, more=More(detail=address[0]))
        if self.type == socket.SOCK_DGRAM:
            self._tell_owner()

    def listen(self, *backlog: int) -> None:
        begun = now() if tapes.running else None
        self._trace.since = self._trace.since or step()  # before: another process may connect as soon as it listens
        try:
            super().listen(*backlog)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                error.add_note(taken(self, self.getsockname()))
            fell(self, "listen", begun, error, detail=backlog[0] if backlog else None)
            raise
        listens(self)
        if tapes.running:
            note(
                self._trace,
                "listen",
                begun,
                asked=backlog[0] if backlog else 0,
                more=More(detail=backlog[0]) if backlog else None,
            )
        self._tell_owner()

    def connect(self, *address: Any) -> None:
        begun = now() if tapes.running else None
        self._connects()
        try:
            self._connect(*address)
        except BaseException as error:
            if isinstance(error, ConnectionRefusedError):
                error.add_note(refused(*address))
            if isinstance(error, BlockingIOError):
                self._is_under_way(*address)
            fell(self, "connect", begun, error, detail=address and address[0])
            raise
        self._trace.since = step()  # afterwards: it may have waited for whoever was to listen
        meet(self)
        self._trace.peer = self._trace.peer or address[0]  # a reset may have come already
        find_server(self._trace)
        if tapes.running:
            note(self._trace, "connect", begun, more=More(detail=address[0]))

    def connect_ex(self, *address: Any) -> int:
        begun = now() if tapes.running else None
        self._connects()
        try:
            code = self._connect_ex(*address)
        except BaseException as error:
            fell(self, "connect_ex", begun, error, detail=address and address[0])
            raise
        if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            self._is_under_way(*address)
        if tapes.running:
            failed = type(OSError(code, "")).__name__ if code else None  # the subclass that belongs to the code
            note(self._trace, "connect_ex", begun, more=More(failed, address[0]))
        if code:
            let_a_stop_in()
        return code

    def _connects(self) -> None:
        self._trace.since = step()
        if self._trace.role == "unconnected":
            self._trace.role = "client"

    def _is_under_way(self, address: Any) -> None:
        """A connect that does not block may succeed later, without another call."""
        meet(self)
        self._trace.peer = self._trace.peer or address
        find_server(self._trace)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        begun = now() if tapes.running else None
        try:
            data = self._recv(bufsize, flags)
        except BaseException as error:
            fell(self, "recv", begun, error, bufsize)
            raise
        trace = self._trace
        offset = trace.received
        size = len(data)
        if not flags or not flags & ASIDE:
            trace.received = offset + size
        else:
            trace.look(offset + size)
        if tapes.running:
            more = More(flags=flags) if flags else None
            if size <= KEPT:
                note(trace, "recv", begun, data, size, bufsize, offset, more)
                return data
            if (all_of_it := whole(data, size)) is not None:
                more = More(flags=flags, whole=all_of_it)
            note(trace, "recv", begun, kept(data, size), size, bufsize, offset, more)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        begun = now() if tapes.running else None
        asked = nbytes or size_of(buffer)
        try:
            size = self._recv_into(buffer, nbytes, flags)
        except BaseException as error:
            fell(self, "recv_into", begun, error, asked)
            raise
        took(self._trace, "recv_into", begun, buffer, size, asked, flags)
        return size

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        begun = now() if tapes.running else None
        try:
            data, address = self._recvfrom(bufsize, flags)
        except BaseException as error:
            fell(self, "recvfrom", begun, error, bufsize)
            raise
        took(self._trace, "recvfrom", begun, data, len(data), bufsize, flags, address)
        return data, address

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        begun = now() if tapes.running else None
        asked = nbytes or size_of(buffer)
        try:
            size, address = self._recvfrom_into(buffer, nbytes, flags)
        except BaseException as error:
            fell(self, "recvfrom_into", begun, error, asked)
            raise
        took(self._trace, "recvfrom_into", begun, buffer, size, asked, flags, address)
        return size, address

    def send(self, data: Any, flags: int = 0, /) -> int:
        begun = now() if tapes.running else None
        try:
            size = self._send(data, flags)
        except BaseException as error:
            fell(self, "send", begun, error, size_of(data), data=data)
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
        # The standard library's own would not tell how far it came before an error, nor which bytes of others went in between.
        begun = now()
        taken = 0
        recorded = tapes.running and not flags
        how = DONTWAIT if recorded and self.gettimeout() is None else flags
        try:
            if not (recorded and self._trace.piecemeal and type(data) is bytes):
                taken = self._send(data, how)
            if not recorded and (type(data) is not bytes or taken < len(data)):
                rest = memoryview(data).cast("B")
                while taken < len(rest):
                    self._wait_for_room(begun)
                    taken += self._send(rest[taken:], flags)
        except BaseException as error:
            # If there is only no room yet, that is waited for below.
            if how == flags or not isinstance(error, BlockingIOError):
                name, timeout = type(error).__name__, _timeout(self, error)
                gave(self._trace, "sendall", begun, data, taken, name, None, flags, timeout)
                if isinstance(error, OSError):
                    let_a_stop_in()
                raise
        if recorded and (type(data) is not bytes or taken < len(data)):
            return self._send_pieces(data, how, begun, taken)
        trace = self._trace
        moved = taken if not flags else in_stream(taken, flags)
        offset = trace.sent
        trace.sent = offset + moved
        if tapes.running:
            more = More(flags=int(flags)) if flags else None
            note(trace, "sendall", begun, kept(data, taken), taken, taken, offset, more)

    def _send_pieces(self, data: Any, how: int, begun: float, taken: int) -> None:
        """The rest of a `sendall`, while a tape runs; `taken`: how many bytes were taken already."""
        with Pieces(self._trace, data, begun) as pieces:
            pieces.add(taken)
            try:
                while pieces.given < pieces.asked:
                    self._wait_for_room(begun)
                    pieces.send(self, how)
            except BaseException as error:
                pieces.finish(type(error).__name__, _timeout(self, error))
                if isinstance(error, OSError):
                    let_a_stop_in()
                raise
            pieces.finish()

    def _wait_for_room(self, begun: float) -> None:
        """Before the rest is sent: the timeout is for the whole of it. None: for ever."""
        timeout = self.gettimeout()
        if timeout is None:
            is_ready(self, reading=False, seconds=None)
        elif timeout and not is_ready(self, reading=False, seconds=max(begun + timeout - now(), 0)):
            raise TimeoutError("timed out")

    def sendto(self, data: Any, *flags_and_address: Any) -> int:
        begun = now() if tapes.running else None
        try:
            size = self._sendto(data, *flags_and_address)
        except BaseException as error:
            fell(self, "sendto", begun, error, size_of(data), flags_and_address and flags_and_address[-1], data)
            raise
        if tapes.running and self._trace.local is None:
            meet(self)  # the first datagram gives it its address
        gave(self._trace, "sendto", begun, data, size, detail=flags_and_address[-1])
        return size

    if hasattr(Plain, "sendmsg"):  # not on Windows
        _sendmsg = Plain.sendmsg
        _recvmsg = Plain.recvmsg
        _recvmsg_into = Plain.recvmsg_into

        def sendmsg(self, buffers: Any, *args: Any) -> int:
            begun = now() if tapes.running else None
            buffers = list(buffers)
            address = args[2] if len(args) > 2 else None
            try:
                size = self._sendmsg(buffers, *args)
            except BaseException as error:
                unsent = _joined(buffers) if tapes.running else b""
                fell(self, "sendmsg", begun, error, sum(map(size_of, buffers)), address, unsent)
                raise
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
                fell(self, "recvmsg", begun, error, bufsize)
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
                fell(self, "recvmsg_into", begun, error, asked)
                raise
            data = b"".join(buffers) if tapes.running else b""
            took(self._trace, "recvmsg_into", begun, data, message[0], asked, flags, message[3])
            return message

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        # Through `send`, as the standard library does where the system has no faster way: that one would not be seen.
        sent: int = self._sendfile_use_send(file, offset, count)  # type: ignore[attr-defined]
        return sent

    def shutdown(self, how: int, /) -> None:
        begun = now() if tapes.running else None
        try:
            super().shutdown(how)
        except BaseException as error:
            fell(self, "shutdown", begun, error, detail=how)
            raise
        if how != socket.SHUT_RD:
            self._trace.finished = True
        if tapes.running:
            note(self._trace, "shutdown", begun, more=More(detail=how))

    def _real_close(self, *args: Any) -> None:
        # Here, and not in `close`: a file made by `makefile` keeps the connection open until it is closed as well.
        live.pop(id(self._reference), None)
        was_open = self.fileno() >= 0
        begun = now()
        how = LEFT if self._trace.left else None
        if was_open and tapes.running:
            if _breaks_off(self):
                how = LEFT_AND_RESET if how else RESET
            self._trace.bypassed = measure(self)
        super()._real_close(*args)  # type: ignore[misc]
        if not was_open:
            return
        let_go(self._trace)
        if tapes.running:
            if how is None and is_still_open(self._trace):
                how = SHARED
            note(self._trace, "close", begun, more=More(detail=how))

    def detach(self) -> int:
        becomes_tls = self._trace.tls is not None and not self._speaks_tls
        if self.fileno() >= 0 and not becomes_tls:
            if tapes.running:
                note(self._trace, "detach", now())
            if (name := identity(self.fileno())) is not None:
                detached[name] = self._trace  # a socket made of the descriptor is the same one
                if len(detached) > DETACHED:
                    del detached[next(iter(detached))]
        live.pop(id(self._reference), None)
        return super().detach()

    def dup(self) -> Socket:
        with shielded():  # for a moment it is only a descriptor
            twin = super().dup()
        if twin._trace is not self._trace:  # where the system has no name for a socket
            del live[id(twin._reference)]
            self._trace.handles += 1
            twin._be(self._trace)  # one stream, whichever of them sends or receives
        return twin

    def _tell_owner(self) -> None:
        who = owner()
        if who is not None:
            who.listening(self.getsockname())


def call_it_socket(kind: type[Socket]) -> None:
    """A learner who prints a socket, or reads a traceback, sees what any other Python would show."""
    kind.__name__ = kind.__qualname__ = "socket"
    kind.__module__ = "socket"
    kind._class_of_connections = kind


call_it_socket(Socket)


def is_traced(sock: object) -> TypeGuard[Socket]:
    """`isinstance` says so of plain sockets, too, while `Socket` stands in the place of theirs."""
    return Socket in type(sock).__mro__
