"""Servers that are ready to be talked to: each has threads of its own, on 127.0.0.1 and a port of the system's choosing unless told.

>>> with EchoServer() as server, socket.create_connection(server.address) as s:
...     s.sendall(b"hello")
...     s.recv(1024)
b'hello'
"""

from __future__ import annotations

import codecs
import collections
import errno
import socket
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from helpers.running.callables import require_handler, require_no_coroutine
from helpers.running.group import ThreadGroup
from helpers.running.install import install
from helpers.running.tracebacks import traceback_of
from helpers.running.transcript import KEPT, Transcript
from helpers.sockets import owners
from helpers.words import visible

Handler = Callable[[socket.socket, Any], object]

BACKLOG = 1024
"""Connections the system holds for the server until it accepts them (the system may cap it)."""
LOGGED = 1000
"""Lines of the log that are kept, the latest."""
GRACE = 0.005
"""Seconds for which a handler may finish of itself when the server stops: its peer is gone, its next `recv` gives b''."""
SPARE = 4
"""Threads that wait for the next connection at most. A thread that serves the next one costs less than one that is made for it."""


class Service(ThreadGroup):
    """What listens at an address, from `start` to `stop`, with threads of its own."""

    def __init__(self, name: str, host: str, port: int) -> None:
        if not isinstance(host, str) or not isinstance(port, int):
            raise TypeError(
                "Where it listens is said with a host, which is text, and a port, which is a number, such as host='127.0.0.1', port=65431. "
                f"These are {host!r} and {port!r}."
            )
        if not 0 <= port <= 65535:
            raise ValueError(f"A port is a number from 0 (the system chooses one) to 65535; {port} is none.")
        super().__init__(name)
        self.maker = owners.owner()
        self._wanted = (host, port)
        self._listener: socket.socket | None = None
        self._errors = Transcript()

    @property
    def running(self) -> bool:
        return self._listener is not None

    @property
    def error(self) -> str | None:
        """The tracebacks of its threads that fell, as text; None if none did."""
        return str(self._errors) or None

    def start(self) -> Self:
        """Bind, listen and serve. OSError if it cannot bind. When it runs already, it does nothing."""
        if self.running:
            return self
        install()
        with owners.on_behalf_of(self):
            self._listener = self._listen()
        self.address = self._listener.getsockname()
        self.stopping.clear()
        self.stopped = False
        self._serve()
        return self

    def stop(self) -> None:
        """Close the listening socket and every connection, and end the threads. If one of them fell, its traceback is printed (stderr)."""
        if not self.running:
            return
        try:
            if not self.stop_threads(patience=GRACE):
                raise RuntimeError(f"{self!r} is inside a call that Python cannot interrupt: restart the kernel.")
        finally:
            self._listener = None
        if self.error:
            print(visible(self.error), end="", file=sys.stderr)
            self._errors = Transcript()

    def fell(self, error: BaseException) -> None:
        self._errors.write(traceback_of(error))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{visible(self.name)} {f'listening on {self.address}' if self.running else 'not running'}>"

    def _serve(self) -> None:
        """Start the threads that serve."""
        raise NotImplementedError

    def _listen(self) -> socket.socket:
        return self._listen_at(socket.AF_INET)

    def _listen_at(self, family: socket.AddressFamily) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.bind(self._wanted)
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
        return listener


class Server(Service):
    """A TCP server that calls `handler(conn, addr)`, in a thread of its own, for each connection, and closes it afterwards.

    What a handler prints goes into `log`; what it raises is kept in `error`, and shown when the server is stopped.
    """

    def __init__(self, handler: Handler, host: str = "127.0.0.1", port: int = 0) -> None:
        require_handler(handler)
        name = type(self).__name__ if type(self) is not Server else getattr(handler, "__name__", "Server")
        super().__init__(name, host, port)
        self._handler = handler
        self._lines: collections.deque[str] = collections.deque(maxlen=LOGGED)
        self._unfinished: dict[int, str] = {}  # thread -> the beginning of a line it prints
        self._waiting = 0  # threads in accept
        self._accepted = 0
        self._served = 0
        self._progress = threading.Condition()

    @property
    def log(self) -> list[str]:
        """What happened, a line each: connections opened and closed, and whatever the handlers printed."""
        return list(self._lines)

    def stop(self) -> None:
        try:
            super().stop()
        finally:
            self._waiting = 0

    def wait(self, served: int = 1, timeout: float | None = None) -> bool:
        """Wait until `served` connections have been served to their end, at most `timeout` seconds. Whether they have."""
        with self._progress:
            return self._progress.wait_for(lambda: self._served >= served, timeout)

    def write(self, text: str) -> None:
        # Handlers print at the same time, `print` in pieces: a line is logged when it is whole.
        thread = threading.get_ident()
        *whole, rest = (self._unfinished.get(thread, "") + text).split("\n")
        self._lines.extend(whole)
        self._unfinished[thread] = rest[-KEPT:]

    def _serve(self) -> None:
        self._spawn_waiting()

    def _spawn_waiting(self) -> None:
        with self._progress:
            self._waiting += 1
        try:
            self.spawn(self._accept_and_handle, self._listener, daemon=True)
        except RuntimeError:  # no more threads to be had: those that are there go on
            with self._progress:
                self._waiting -= 1
            self._lines.append("the system has no more threads: clients wait in the backlog")

    def _accept_and_handle(self, listener: socket.socket) -> None:
        """Accept and serve, one connection after another, having left somebody else to wait for the next."""
        self.shield()  # a stop raises its exception in handlers only; this loop looks for itself
        while not self.stopping.is_set() and listener.fileno() >= 0:
            try:
                conn, addr = listener.accept()
            except OSError as error:
                # Out of descriptors, say: trying again at once would only keep the machine busy. But a client that gave up
                # before it was accepted is no reason to wait.
                if error.errno != errno.ECONNABORTED:
                    self.stopping.wait(0.05)
                continue
            with self._progress:
                self._waiting -= 1
                alone = not self._waiting
                self._accepted += 1
                number = self._accepted
            if alone:
                self._spawn_waiting()
            self._handle(conn, addr, number)
            with self._progress:
                if self._waiting >= SPARE:
                    return
                self._waiting += 1

    def _handle(self, conn: socket.socket, addr: Any, number: int) -> None:
        self._lines.append(f"connection {number} opened")
        try:
            with conn:
                self._call(conn, addr)
        except Exception as error:
            if isinstance(error, ConnectionError) and self.stopping.is_set():
                return  # the stop broke the connection off, not the handler
            self.fell(error)
            self._lines.append(f"connection {number}: the handler fell with {type(error).__name__}")
        except SystemExit:
            pass  # a handler's way to end
        finally:
            self.shield()  # an exception may have come just before `_call` did it
            if rest := self._unfinished.pop(threading.get_ident(), ""):
                self._lines.append(rest)
            self._lines.append(f"connection {number} closed")
            with self._progress:
                self._served += 1
                self._progress.notify_all()

    def _call(self, conn: socket.socket, addr: Any) -> None:
        self.unshield()
        try:
            require_no_coroutine(self._handler(conn, addr), self._handler)
        finally:
            self.shield()


class EchoServer(Server):
    """Gives back to each client what it sends, until the client closes."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(_echo, host, port)


class PrintServer(Server):
    """The lecture's server, for any number of clients: prints, into its log, the text that it receives."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(_print_text, host, port)


def _echo(conn: socket.socket, addr: Any) -> None:
    try:
        while data := conn.recv(65536):
            conn.sendall(data)
    except ConnectionError:
        pass  # a client that breaks off is no fault of the server's


def _print_text(conn: socket.socket, addr: Any) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace")  # a character may arrive in two pieces
    try:
        while data := conn.recv(1024):
            print(decoder.decode(data), end="")
    except ConnectionError:
        pass
    print(decoder.decode(b"", final=True), end="")
