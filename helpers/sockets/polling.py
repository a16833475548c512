"""The traced socket where `shutdown()` does not wake every blocked call (macOS, Windows): it waits in short turns instead.

Each inner method of `Socket` that blocks (the table in `blocking` names them) has one of the same name here, which waits until the call would not block, and then
makes it. Between two turns Python is in charge, so that a stop, or an interrupt of the kernel, gets in. It works on Linux as well: that is how the tests try it.
"""

from __future__ import annotations

import errno
import socket
import sys
from typing import Any

from helpers.sockets.owners import let_a_stop_in, owner
from helpers.sockets.pieces import DONTWAIT
from helpers.sockets.plain import Plain, error_of, is_ready
from helpers.sockets.tapes import (
    now,
    size_of,
)
from helpers.sockets.traced import Socket, call_it_socket

OWNER_TURN = 0.02
"""Seconds a `PollingSocket` waits at a time in a thread that may be stopped: well within the 50 ms that a stop may take."""

CONNECTED = {"client", "server", "pair"}
"""What a socket is that has, or had, a peer, and cannot accept."""

IN_PROGRESS = errno.EWOULDBLOCK if sys.platform == "win32" else errno.EINPROGRESS
"""With this error a connect that does not block goes on by itself."""

OTHER_TURN = 0.5
"""Seconds it waits at a time elsewhere: on Windows the longest that an interrupted cell goes on (a blocked call there hears no Ctrl-C)."""


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
        except BlockingIOError as error:
            if not _is_under_way(error.errno, timeout):
                raise
            self._wait(reading=False, timeout=timeout)
            if code := self._failure():
                raise error_of(code) from None
        finally:
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def _connect_ex(self, *address: Any) -> int:
        timeout = self.gettimeout()
        if timeout == 0 or self.fileno() < 0:
            return super()._connect_ex(*address)
        self.setblocking(False)
        try:
            code = super()._connect_ex(*address)
            if not _is_under_way(code, timeout):
                return code
            self._wait(reading=False, timeout=timeout)
            return self._failure()
        except TimeoutError:
            return errno.EWOULDBLOCK  # as the plain one says it
        finally:
            if self.fileno() >= 0:
                self.settimeout(timeout)

    def _failure(self) -> int:
        """The code of the error with which a connect that was under way failed; 0: it succeeded."""
        return self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    # A call with a wrong argument, or one that asks for nothing, does not wait for bytes before it says so.

    def _recv(self, bufsize: Any, *args: Any) -> bytes:
        if DONTWAIT and not any(args) and self.gettimeout() is None:
            try:
                return super()._recv(bufsize, DONTWAIT)  # to ask first would cost three times as much as the call
            except BlockingIOError:
                pass
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

    if hasattr(Plain, "sendmsg"):

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
        if DONTWAIT and flags == DONTWAIT and self.gettimeout() is None:
            return super()._send(data, flags)
        if self.gettimeout() is not None or self.fileno() < 0 or not _is_plain_buffer(data):
            self._wait(reading=False)  # one wait, one try: what plain Python does as well
            return super()._send(data, flags)
        # A blocking send waits inside the system until everything is taken. This socket keeps its timeout: another thread may receive.
        rest = memoryview(data).cast("B")  # first: it may raise
        twin = Plain(self.family, self.type, self.proto, fileno=self.fileno())
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
        if timeout is None:
            self._wait(reading=False)
        elif timeout:
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
            let_a_stop_in()
            if is_ready(self, reading, turn if deadline is None else min(turn, max(deadline - now(), 0))):
                return
            if deadline is not None and now() >= deadline:
                raise TimeoutError("timed out")


call_it_socket(PollingSocket)


def _is_under_way(code: int | None, timeout: float | None) -> bool:
    """Whether a connect that ended with this error, while the socket did not block, is one to wait for: with a timeout, only if it is the first one."""
    return code == IN_PROGRESS or (code == errno.EALREADY and timeout is None)


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
