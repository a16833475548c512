"""The judge's end of a connection with the learner's function: it sends in exact pieces, reads, ends the stream, or breaks it off.

Comes in: a connected socket of this process, the call that has the other end, and what waits for it (`Wait`). Goes out: bytes, both ways. Who may import it: the judge,
and the exercises for its type.
"""

from __future__ import annotations

import contextlib
import socket
import time

from helpers.checking.bounds import Patience
from helpers.checking.call import Call, Wait
from helpers.checking.limits import AT_ONCE, LONGEST, PEER_WAITS
from helpers.checking.process import Process
from helpers.sockets import owners
from helpers.sockets.plain import break_off, is_ready, send_at_once
from helpers.sockets.receiver import Receiver


class Peer:
    """The judge's end of a connection with the function."""

    def __init__(self, conn: socket.socket, name: str, call: Call, process: Process, wait: Wait) -> None:
        """`name`: its lane in the picture. `call`: the call that it talks to, which runs in `process`."""
        self._process = process
        self._wait = wait
        self.conn = conn
        """The judge's end."""
        self._owner = owners.Owner(name)
        self._call = call
        self.sent = 0
        """Bytes so far."""
        conn.settimeout(PEER_WAITS)
        send_at_once(conn)
        self._receiver = Receiver(conn)  # type: ignore[arg-type]

    def send(self, *pieces: bytes) -> None:
        """Send the pieces, each when the function has taken the last one; and one when its call is over, which shows what it missed."""
        for at, piece in enumerate(pieces):
            if at and self._call.over:
                return
            if at:
                self.wait_until_taken()
            with owners.on_behalf_of(self._owner), contextlib.suppress(ConnectionError):
                self._send(piece)
                self.sent += len(piece)

    def _send(self, piece: bytes) -> None:
        """Send all of it, as fast as it is taken; not what is left when the call is over."""
        left = memoryview(piece)

        def sent() -> bool:
            nonlocal left
            while left and is_ready(self.conn, reading=False):
                left = left[self.conn.send(left[:AT_ONCE]) :]
            return not left

        self._wait(sent, self._call)

    def cut(self, data: bytes, size: int) -> None:
        """Send `data` in pieces of `size` bytes."""
        self.send(*(data[at : at + size] for at in range(0, len(data), size)))

    def wait_until_taken(self) -> bool:
        """Wait until the function has taken all that was sent; not for ever, since it may wait for more. Whether it has."""
        begun, found = time.monotonic(), False
        patience = Patience(self._process)

        def taken() -> bool:
            nonlocal found
            found = self._receiver.has_taken(self.sent, time.monotonic() - begun)
            return found or patience.is_at_its_end()

        self._wait(taken, self._call, idle=LONGEST)
        return found

    def push(self, data: bytes | memoryview) -> int:
        """Send what there is room for just now; how many bytes that was. ConnectionError where the connection is broken."""
        with owners.on_behalf_of(self._owner):
            taken = self.conn.send(data[:AT_ONCE]) if is_ready(self.conn, reading=False) else 0
        self.sent += taken
        return taken

    def take(self) -> bytes | None:
        """What has come by now, some of it; b"" at the end of the stream; None where nothing has come. ConnectionError where the connection is broken."""
        with owners.on_behalf_of(self._owner):
            return self.conn.recv(AT_ONCE) if self._is_readable() else None

    def end(self) -> None:
        """No more bytes come: FIN. (When the call is over, nobody is there to hear it.)"""
        if self._call.over:
            return
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            self.conn.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection off: RST."""
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            break_off(self.conn)

    def close(self) -> None:
        with owners.on_behalf_of(self._owner):
            self.conn.close()

    def read(self, size: int) -> bytes:
        """What the function sends, up to `size` bytes; fewer if it ends, or has nothing more to say."""
        data = bytearray()
        with owners.on_behalf_of(self._owner), contextlib.suppress(ConnectionError):
            while len(data) < size and self._wait(self._is_readable, self._call):
                piece = self.conn.recv(min(size - len(data), AT_ONCE))
                if not piece:
                    break
                data += piece
        return bytes(data)

    def read_all(self, at_most: int) -> bytes:
        """What the function sends until its end, or until the call is over: no more than `at_most` bytes, and one. Fell if it hangs before."""
        data = self.read(at_most + 1)
        if self._call.over:
            data += self._read_rest(at_most + 1 - len(data))
        return data

    def _read_rest(self, size: int) -> bytes:
        """What is still on its way: its process closes the socket after the call, so that it comes to an end."""
        data = bytearray()
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            while len(data) < size and (piece := self.conn.recv(min(size - len(data), AT_ONCE))):
                data += piece
        return bytes(data)

    def ended(self) -> bool:
        """Whether the function has ended its stream, with nothing unread. Waits for it."""
        with owners.on_behalf_of(self._owner):
            try:
                return self._wait(self._is_readable, self._call) and not self.conn.recv(1)
            except ConnectionError:
                return True

    def _is_readable(self) -> bool:
        return is_ready(self.conn, reading=True)
