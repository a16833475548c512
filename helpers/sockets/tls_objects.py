"""TLS without a socket: the traced `ssl.SSLObject`, by which asyncio speaks it.

Comes in: `SSLContext.wrap_bio`, which makes objects of `SSLContext.sslobject_class` (a documented hook). Goes out: entries of the plaintext calls, and where the records lie in the stream of the socket beneath.
Only `tls` imports it.
"""

from __future__ import annotations

import ssl
import sys
import types
from typing import Any

from helpers.sockets import tapes
from helpers.sockets.tapes import (
    CLEAN_END,
    TLS_RECORD,
    More,
    Trace,
    given,
    kept,
    note,
    now,
    size_of,
    size_of_record,
    whole,
)
from helpers.sockets.tls_records import note_message, watch_records, words_of
from helpers.sockets.traced import is_traced


class TLSObject(ssl.SSLObject):
    """An `ssl.SSLObject`, traced: TLS without a socket, as asyncio has it, whose transports send and receive what it wrote and is to read.

    Those calls are on the tape already, with what is on the wire; here are the plaintext, and where the records lie in the stream. Whose stream it is, only asyncio knows.
    """

    _beneath: Trace
    """That of the socket on which it is spoken. (Not `_trace`: its records do not wait for its calls.)"""
    _sent = _received = 0

    @classmethod
    def _create(cls, *args: Any, context: Any = None, **kwargs: Any) -> TLSObject:
        watch_records(context)
        made: TLSObject = super()._create(*args, context=context, **kwargs)  # type: ignore[misc]
        return made

    _found = False
    """Whether it is known on which socket it is spoken."""

    @property
    def context(self) -> ssl.SSLContext:
        return super().context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        watch_records(context)
        ssl.SSLObject.context.fset(self, context)  # type: ignore[attr-defined]

    def _find_socket(self, frame: types.FrameType) -> None:
        """Once, at the first call of whoever speaks through it."""
        trace = _trace_beneath(frame)
        if trace is not None:
            self._beneath, self._sent, self._received = trace, trace.sent, trace.received
            self._found = True

    def meet(self, written: bool, kind: int, message: int, data: bytes) -> None:
        """A message, or a record, at its place in the stream of the socket beneath."""
        if not self._found:
            return
        if kind != 256:
            return note_message(self._beneath, written, kind, message, data)
        when, size = now(), size_of_record(data)
        place = self._sent if written else self._received
        note(self._beneath, TLS_RECORD, when, data, size, int(written), place, None, when)
        if written:
            self._sent += size
        else:
            self._received += size

    def do_handshake(self) -> None:
        begun = now()
        if not self._found:
            self._find_socket(sys._getframe(1))
        try:
            super().do_handshake()
        except BaseException as error:
            self._fell("tls.do_handshake", begun, error)
            raise
        self._note("tls.do_handshake", begun, told=self.version())

    def unwrap(self) -> None:
        begun = now()
        try:
            super().unwrap()
        except BaseException as error:
            self._fell("tls.unwrap", begun, error)
            raise
        self._note("tls.unwrap", begun)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:
        begun = now()
        try:
            found: Any = super().read(len) if buffer is None else super().read(len, buffer)
        except BaseException as error:
            self._fell("tls.read", begun, error, len)
            raise
        if tapes.running and self._found:
            data: Any = found if buffer is None else buffer
            size: int = memoryview(data).nbytes if buffer is None else found
            more = More(detail=CLEAN_END) if not size and len else More(whole=whole(data, size))
            note(self._beneath, "tls.read", begun, kept(data, size), size, len, more=more)
        return found

    def write(self, data: Any) -> int:
        begun = now()
        try:
            size = super().write(data)
        except BaseException as error:
            self._fell("tls.write", begun, error, size_of(data), data)
            raise
        if tapes.running and self._found:
            note(self._beneath, "tls.write", begun, kept(data, size), size, size_of(data))
        return size

    def _note(self, call: str, begun: float, told: str | None = None) -> None:
        if tapes.running and self._found:
            note(self._beneath, call, begun, more=More(detail=told))

    def _fell(self, call: str, begun: float, error: BaseException, asked: int = 0, data: Any = b"") -> None:
        """Called where a call failed. That there is nothing yet is no failure: asyncio asks until it hears that."""
        if not tapes.running or not self._found or isinstance(error, ssl.SSLWantReadError):
            return
        more = More(type(error).__name__, words_of(error))
        note(self._beneath, call, begun, given(data), 0, asked, 0, more)


_DEEPEST = 4
"""Frames between asyncio's and that in which an object is made."""


def _trace_beneath(frame: types.FrameType | None) -> Trace | None:
    """That of the socket whose transport, one of asyncio's, makes an object in this frame, or in one around it."""
    for _ in range(_DEEPEST):
        if frame is None:
            return None
        transport: Any = getattr(frame.f_locals.get("self"), "_transport", None)
        if hasattr(transport, "get_extra_info"):
            sock = transport.get_extra_info("socket")
            sock = getattr(sock, "_sock", sock)
            return sock._trace if is_traced(sock) else None
        frame = frame.f_back
    return None
