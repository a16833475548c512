"""The traced TLS socket: an `ssl.SSLSocket` whose calls, and whose records beneath them, a tape can hold.

Comes in: `SSLContext.wrap_socket`, which makes sockets of `SSLContext.sslsocket_class` (a documented hook). Goes out: entries of two
kinds on the tapes that run. A call (`tls.send`, `tls.recv`, …) has the plaintext that a program gave or got; it moves no byte of the stream. A record (`send record`, `recv record`) has a place in the stream,
its five bytes of header as they stand on the wire, and its size; what is said within it (`tls.message`) is no more than a number, such as that of a ClientHello. Only `install` imports it, once
`ssl` is there.

How records are seen, and what is not kept of them: `tls_records`.
"""

from __future__ import annotations

import ssl
import threading
from typing import Any, ClassVar

from helpers.sockets import bypassing, tapes, waiting
from helpers.sockets.blocking import READ, WRITE, BlockingMethod, examine_tls
from helpers.sockets.owners import let_a_stop_in, owner
from helpers.sockets.plain import Plain
from helpers.sockets.polling import OTHER_TURN, OWNER_TURN, PollingSocket
from helpers.sockets.tapes import (
    CLEAN_END,
    KEPT,
    RAGGED_END,
    More,
    TLSTrace,
    Trace,
    given,
    kept,
    note,
    note_read,
    note_written,
    now,
    secure,
    settle,
    size_of,
    whole,
)
from helpers.sockets.tls_objects import TLSObject
from helpers.sockets.tls_records import watch_records, words_of
from helpers.sockets.traced import Socket, is_traced

_here = threading.local()  # .trace: of the socket of which one is being made in this thread


class TLSSocket(ssl.SSLSocket, Socket):  # type: ignore[misc]  # as in the standard library, where an SSLSocket is a socket whose methods ask for other things
    """An `ssl.SSLSocket`, traced. Everything that is not said here is as in the standard library."""

    _sslobj: Any
    """The standard library's: what OpenSSL knows of it; None where nothing is encrypted."""
    _speaks_tls: ClassVar[bool] = True
    _made: ClassVar[bool] = False
    """Whether `wrap_socket` is done with it: until then its calls are those of `wrap_socket`."""

    @classmethod
    def _create(cls, sock: Any, *args: Any, context: Any = None, **kwargs: Any) -> TLSSocket:
        trace = _here.trace = sock._trace if is_traced(sock) else None
        if trace is not None:
            secure(trace, watch_records(context))
        try:
            made: TLSSocket = super()._create(sock, *args, context=context, **kwargs)  # type: ignore[misc]
        except BaseException:
            if trace is not None and sock.fileno() >= 0:
                trace.tls = None  # it stays a plain one
            raise
        finally:
            _here.trace = None
        if made._trace.tls is None:
            secure(made._trace, watch_records(context))
        made._made = True  # type: ignore[misc]
        return made

    def _known_as(self, fileno: int) -> Trace | None:
        """That of the socket that it is made of, which ceases to be. (Nobody else need be asked, nor waited for.)"""
        known: Trace | None = getattr(_here, "trace", None)
        return known or super()._known_as(fileno)

    # The inner methods, in whose frames a thread waits.

    def _read(self, size: Any, buffer: Any = None) -> Any:
        """As `ssl.SSLSocket.read`, but that the end is told apart: the peer has said that it ends (close_notify), or not."""
        try:
            return self._sslobj.read(size) if buffer is None else self._sslobj.read(size, buffer)
        except ssl.SSLError as error:
            if error.args[0] != ssl.SSL_ERROR_EOF or not self.suppress_ragged_eofs:  # type: ignore[attr-defined]
                raise
            self._tls.ragged = True
            return b"" if buffer is None else 0

    def _write(self, data: Any) -> int:
        size: int = self._sslobj.write(data)
        return size

    def _shake(self, block: bool) -> None:
        super().do_handshake(block)

    def _shut(self) -> Any:
        return super().unwrap()

    @property
    def _tls(self) -> TLSTrace:
        tls = self._trace.tls
        if tls is None:
            tls = self._trace.tls = TLSTrace(False)
        return tls

    # What a program calls. Where nothing is encrypted (not connected yet, unwrapped, shut down), and where it is wrong, it is as with `ssl`'s own. While no tape runs it costs what that costs.

    def do_handshake(self, block: bool = False) -> None:
        begun = now() if tapes.running else None
        call = "tls.do_handshake" if self._made else "tls.wrap_socket"
        try:
            self._shake(block)
        except BaseException as error:
            self._fell(call, begun, error)
            raise
        if tapes.running:
            note(self._trace, call, begun, more=More(detail=self.version()))

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if self._sslobj is None or flags:
            return super().recv(buflen, flags) if self._made else Plain.recv(self, buflen, flags)
        begun = now() if tapes.running else None
        try:
            data: bytes = self._read(buflen)
        except BaseException as error:
            self._fell("tls.recv", begun, error, buflen)
            raise
        if tapes.running:
            size = len(data)
            if 0 < size <= KEPT and (tls := self._trace.tls) is not None and tls.seen:
                note_read(self._trace, tls, "tls.recv", begun, data, size, buflen)
            else:
                self._took("tls.recv", begun, data, size, buflen)
        return data

    def read(self, len: int = 1024, buffer: Any = None) -> Any:
        if self._sslobj is None:
            return super().read(len, buffer)
        begun = now() if tapes.running else None
        try:
            found = self._read(len, buffer)
        except BaseException as error:
            self._fell("tls.read", begun, error, len)
            raise
        if tapes.running:
            data, size = (found, memoryview(found).nbytes) if buffer is None else (buffer, found)
            self._took("tls.read", begun, data, size, len)
        return found

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        if self._sslobj is None or flags or buffer is None:
            return super().recv_into(buffer, nbytes, flags)
        asked = nbytes if nbytes is not None else (size_of(buffer) or 1024)
        begun = now() if tapes.running else None
        try:
            size: int = self._read(asked, buffer)
        except BaseException as error:
            self._fell("tls.recv_into", begun, error, asked)
            raise
        if tapes.running:
            self._took("tls.recv_into", begun, buffer, size, asked)
        return size

    def send(self, data: Any, flags: int = 0) -> int:
        if self._sslobj is None or flags:
            return super().send(data, flags)
        begun = now() if tapes.running else None
        try:
            size = self._write(data)
        except BaseException as error:
            self._fell("tls.send", begun, error, size_of(data), data)
            raise
        if tapes.running:
            self._gave("tls.send", begun, data, size)
        return size

    def write(self, data: Any) -> int:
        if self._sslobj is None:
            return super().write(data)
        begun = now() if tapes.running else None
        try:
            size = self._write(data)
        except BaseException as error:
            self._fell("tls.write", begun, error, size_of(data), data)
            raise
        if tapes.running:
            self._gave("tls.write", begun, data, size)
        return size

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self._sslobj is None or flags:
            return super().sendall(data, flags)
        begun = now() if tapes.running else None
        taken = 0
        try:
            if type(data) is bytes and data:
                taken = self._write(data)  # of most that is all: views of it would cost a third of the call
            if type(data) is not bytes or taken < len(data):
                with memoryview(data) as view, view.cast("B") as rest:
                    while taken < len(rest):
                        taken += self._write(rest[taken:])
        except BaseException as error:
            self._fell("tls.sendall", begun, error, size_of(data), data, taken)
            raise
        if tapes.running:
            if taken <= KEPT and type(data) is bytes and (tls := self._trace.tls) is not None and tls.seen:
                note_written(self._trace, tls, "tls.sendall", begun, data, taken)
            else:
                self._gave("tls.sendall", begun, data, taken)

    def pending(self) -> int:
        count = super().pending()
        if tapes.running and self._made and self._sslobj is not None:
            note(self._trace, "tls.pending", now(), more=More(detail=str(count)))
        return count

    def unwrap(self) -> Any:
        begun = now() if tapes.running else None
        try:
            sock = self._shut()
        except BaseException as error:
            self._fell("tls.unwrap", begun, error)
            raise
        if tapes.running:
            note(self._trace, "tls.unwrap", begun)
        return sock

    def connect(self, address: Any) -> None:
        self._is_watched()
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        self._is_watched()
        return super().connect_ex(address)

    def _is_watched(self) -> None:
        """Called before the connection is made that TLS will be spoken on."""
        secure(self._trace, watch_records(self.context))

    @property
    def context(self) -> ssl.SSLContext:
        return super().context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        watch_records(context)  # one that a name in the hello has chosen (`sni_callback`): from here on it is asked
        ssl.SSLSocket.context.fset(self, context)  # type: ignore[attr-defined]

    # What is noted of it, while a tape runs

    def _count(self, tls: TLSTrace) -> None:
        """Of records that nobody tells of: that they were written, or read, since the call before, the kernel's counters say, and how many bytes they have."""
        found, before = bypassing.moved(self) if self.fileno() >= 0 else None, tls.counted
        if found is None:
            return
        tls.counted = found.sent, found.received
        if before is None:
            return
        trace, when = self._trace, now()
        if (size := found.sent - before[0]) > 0:
            note(trace, "send record", when, b"", size, size, trace.sent)
            trace.sent += size
        if (size := found.received - before[1]) > 0:
            note(trace, "recv record", when, b"", size, size, trace.received)
            trace.received += size

    def _took(self, call: str, begun: float | None, data: Any, size: int, asked: int) -> None:
        trace = self._trace
        tls = trace.tls or self._tls
        if not tls.seen:
            self._count(tls)
        more = None
        if not size and asked:
            trace.ended = True
            more = More(detail=RAGGED_END if tls.ragged else CLEAN_END)
        elif size > KEPT and (all_of_it := whole(data, size)) is not None:
            more = More(whole=all_of_it)
        if more is None:
            return note_read(trace, tls, call, begun, kept(data, size), size, asked)
        settle(trace)
        note(trace, call, begun, kept(data, size), size, asked, more=more)

    def _gave(self, call: str, begun: float | None, data: Any, size: int) -> None:
        trace = self._trace
        tls = trace.tls or self._tls
        if not tls.seen:
            self._count(tls)
        note_written(trace, tls, call, begun, kept(data, size), size)

    def _fell(
        self, call: str, begun: float | None, error: BaseException, asked: object = 0, data: Any = b"", size: int = 0
    ) -> None:
        """Called where a call failed. If it did because its thread is being stopped, that is what the program sees."""
        if tapes.running:
            tls = self._tls
            if tls.seen:
                settle(self._trace)
            else:
                self._count(tls)
            timeout = None
            if isinstance(error, TimeoutError) and self.fileno() >= 0:
                timeout = self.gettimeout() or None
            more = More(type(error).__name__, words_of(error), 0, timeout)
            shown = kept(data, size) if size else given(data)
            note(self._trace, call, begun, shown, size, asked if isinstance(asked, int) else 0, 0, more)
        if isinstance(error, OSError):
            let_a_stop_in()


class PollingTLSSocket(TLSSocket, PollingSocket):  # type: ignore[misc]
    """The same where `shutdown()` does not wake every blocked call: it waits in short turns instead.

    TLS cannot be waited for from outside: a record may have come in part, or one that brings nothing. So the system's timeout of the socket becomes
    that of a turn, and what the program has set is kept here. A call of OpenSSL that has timed out may be made again, and goes on where it was.
    """

    _timeout: float | None = None

    def settimeout(self, value: float | None) -> None:
        super().settimeout(value)
        self._timeout = super().gettimeout()

    def gettimeout(self) -> float | None:
        return self._timeout

    @property
    def timeout(self) -> float | None:
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def getblocking(self) -> bool:
        return self._timeout != 0

    def _read(self, size: Any, buffer: Any = None) -> Any:
        return self._in_turns(super()._read, size, buffer)

    def _write(self, data: Any) -> int:
        size: int = self._in_turns(super()._write, data)
        return size

    def _shake(self, block: bool) -> None:
        self._in_turns(super()._shake, block)

    def _shut(self) -> Any:
        try:
            return self._in_turns(super()._shut)
        finally:
            if self.fileno() >= 0:
                Plain.settimeout(self, self._timeout)

    def _in_turns(self, call: Any, *args: Any) -> Any:
        timeout = self._timeout
        if timeout == 0:
            return call(*args)
        deadline = None if timeout is None else now() + timeout
        turn = OWNER_TURN if owner() else OTHER_TURN
        while True:
            let_a_stop_in()
            if self.fileno() >= 0:
                Plain.settimeout(self, turn if deadline is None else min(turn, max(deadline - now(), 0.000001)))
            try:
                return call(*args)
            except TimeoutError:
                if deadline is not None and now() >= deadline:
                    raise


for _kind, _name in ((TLSSocket, "SSLSocket"), (PollingTLSSocket, "SSLSocket"), (TLSObject, "SSLObject")):
    _kind.__name__ = _kind.__qualname__ = _name
    _kind.__module__ = "ssl"

METHODS = (
    BlockingMethod("do_handshake", "_shake", READ),
    BlockingMethod("recv", "_read", READ, "buflen"),
    BlockingMethod("read", "_read", READ, "len"),
    BlockingMethod("recv_into", "_read", READ, "asked"),
    BlockingMethod("send", "_write", WRITE, "data", size_of),
    BlockingMethod("sendall", "_write", WRITE, "data", size_of),
    BlockingMethod("write", "_write", WRITE, "data", size_of),
    BlockingMethod("unwrap", "_shut", READ),
)
"""Those of a TLS socket that block; a tape knows each by its name with "tls." before it."""

waiting.know(examine_tls(METHODS, TLSSocket, PollingTLSSocket, ssl.SSLSocket))

_PLAIN, _PLAIN_OBJECT = ssl.SSLContext.sslsocket_class, ssl.SSLContext.sslobject_class


def install(in_turns: bool) -> None:
    """Have every context make traced sockets, but those to which another class was given. `in_turns`: such as wait in short turns."""
    if ssl.SSLContext.sslsocket_class in (_PLAIN, TLSSocket, PollingTLSSocket):
        ssl.SSLContext.sslsocket_class = PollingTLSSocket if in_turns else TLSSocket
    if ssl.SSLContext.sslobject_class is _PLAIN_OBJECT:
        ssl.SSLContext.sslobject_class = TLSObject


def uninstall() -> None:
    if ssl.SSLContext.sslsocket_class in (TLSSocket, PollingTLSSocket):
        ssl.SSLContext.sslsocket_class = _PLAIN
    if ssl.SSLContext.sslobject_class is TLSObject:
        ssl.SSLContext.sslobject_class = _PLAIN_OBJECT
