"""One of the two programs of the socket bench, the client's or the server's.

Comes in: a line of code, of a press. Goes out: the same line, with what became of it. The bench has two.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from helpers.panels.benches.line import Line
from helpers.running.group import STOP_TIMEOUT, ThreadGroup
from helpers.sockets.waking import wake


class Side(ThreadGroup):
    """It makes one call at a time, in a thread that is there as long as the call takes."""

    def __init__(self, name: str, ended: Callable[[], None]) -> None:
        super().__init__(name)
        self._ended = ended
        self.line: Line | None = None
        """The one that is under way."""
        self._namespace: dict[str, Any] = {}

    @property
    def busy(self) -> str:
        """Why it can do nothing else now."""
        return f"{self.name} waits in {self.line.name}.{self.line.call}" if self.line is not None else ""

    def begin(self, namespace: dict[str, Any]) -> None:
        """Run `line`, and do not wait for it. RuntimeError where the system gives no more threads."""
        self._namespace = namespace
        try:
            self.spawn(self._run_line, self.line, namespace)
        except BaseException:
            if not self.threads():
                self.line = None
            raise

    def interrupt(self) -> bool:
        """End the call that waits, as an interrupted cell does: its socket stays as it is. Whether it has ended."""
        self.stopped = True
        line = self.line
        if line is not None and line.call == "connect" and line.name in self._namespace:
            wake(self._namespace[line.name])  # on Linux it is one long wait, and the socket of no use without it
        for thread in self.threads():
            thread.join(STOP_TIMEOUT)
        self.stopped = False
        return self.line is None

    def fell(self, error: BaseException) -> None:
        """A line keeps what it raises."""

    def write(self, text: str) -> None:
        """A line prints nothing."""

    def finished(self) -> None:
        self.line = None
        self._ended()

    def _run_line(self, line: Line, namespace: dict[str, Any]) -> None:
        before = {name: each for name, each in namespace.items() if isinstance(each, socket.SocketType)}
        try:
            line.value = (eval if line.call == "recv" else exec)(line.code, namespace) or b""  # one of `CODE`
        except BaseException as error:
            line.fell(error)
        while before:
            name, former = before.popitem()
            if namespace.get(name) is former:
                continue
            if former.fileno() >= 0:
                line.dropped.append(name)
                # Nothing refers to it any more, and Python would close it, with a warning that here nobody could heed.
                socket.close(socket.SocketType.detach(former))
        line.running = False
