"""A socket that takes little, from one thread after the other in an order that is given: what a busy network makes of two `sendall`s, at every run."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

BREAKS = -1
"""In place of how many bytes are taken: the connection is gone."""


class Turns:
    """Whose turn it is, and how many bytes are taken then: threads by their names."""

    def __init__(self, turns: Sequence[tuple[str, int]]) -> None:
        self._turns = list(turns)
        self._at = 0
        self._holds = ""
        self._used = True
        self._changed = threading.Condition()

    def take(self) -> None:
        """Wait for the running thread's next turn. Its last one is over: what was taken then is counted by now."""
        name = threading.current_thread().name
        self.give_back()
        self.wait_for(name)
        with self._changed:
            self._holds = name
            self._used = False

    def use(self) -> int:
        """How many bytes are taken now: in the turn that was taken, or in the next one."""
        if self._holds != threading.current_thread().name or self._used:
            self.take()
        self._used = True
        return self._turns[self._at][1]

    def wait_for(self, name: str) -> None:
        """Wait until it is this one's turn: what was taken in the one before is counted."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._turns[self._at][0] == name, timeout=5), name

    def skip(self) -> None:
        """The turn that is nobody's is over."""
        with self._changed:
            self._at += 1
            self._changed.notify_all()

    def give_back(self) -> None:
        with self._changed:
            if self._holds == threading.current_thread().name:
                self._holds = ""
                self._at += 1
                self._changed.notify_all()


def takes_little(kind: type[socket.socket], turns: Turns) -> type[socket.socket]:
    """A socket of that kind which takes so much at a time as `turns` say."""

    def send(self: Any, data: Any, flags: int = 0) -> Any:
        most = turns.use()
        if most == BREAKS:
            raise ConnectionResetError("by a test")
        return kind._send(self, memoryview(data)[:most], flags)  # type: ignore[attr-defined]

    def wait(self: Any, begun: float) -> None:
        turns.take()

    return type("TakesLittle", (kind,), {"__slots__": (), "_send": send, "_wait_for_room": wait, "turns": turns})


@contextlib.contextmanager
def taking_turns(turns: Sequence[tuple[str, int]]) -> Iterator[tuple[Any, socket.socket]]:
    """A pair of sockets; the first one takes little."""
    one, other = socket.socketpair()
    with one, other:
        little: Any = one
        little.__class__ = takes_little(type(one), Turns(turns))
        yield little, other


def all_send(little: Any, messages: dict[str, bytes]) -> None:
    """Each from a thread of that name, at the same time."""

    def send(data: bytes) -> None:
        with contextlib.suppress(ConnectionResetError):
            little.sendall(data)
        little.turns.give_back()

    threads = [threading.Thread(target=send, args=(data,), name=name) for name, data in messages.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
