"""The designs of a room, as lessons 11 and 12 build them: whoever reads a line passes it on to all others.

Comes in: connections, and how many lines may wait for a member. Goes out: threads that serve them, and which lines wait where. A trial runs one of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar, Protocol

from helpers.panels.rooms.stage import PIECE, Conn, Full, Lock, Queue, Selector, Stage


class Design(Protocol):
    """A server of a room."""

    title: ClassVar[str]
    """What it is, in a few words."""
    code: ClassVar[str]
    """Its heart, in a line."""
    keeps: ClassVar[str]
    """In what lines wait for a member; nothing where there is no such thing."""

    def __init__(self, stage: Stage, most: int, length: int) -> None:
        """`most`: lines that may wait for a member; `length`: bytes of each line that is said."""

    def serve(self, conns: Sequence[Conn]) -> None:
        """Start to serve the clients of these connections, of which each says its name first."""
        ...

    def waiting(self, name: bytes) -> bytes:
        """What waits in the server for the member of that name, and nobody is just sending."""
        ...

    def close(self) -> None:
        """Let go of what it holds, when its threads are gone."""
        ...


class OneLock:
    """Lesson 11: a thread for each client, and a lock around the loop over the members."""

    title: ClassVar[str] = "One lock"
    code: ClassVar[str] = "with lock: each.sendall(line)"
    keeps: ClassVar[str] = ""

    def __init__(self, stage: Stage, most: int, length: int) -> None:
        self._stage = stage
        self._lock = Lock(stage)
        self._members: dict[bytes, Conn] = {}

    def serve(self, conns: Sequence[Conn]) -> None:
        for conn in conns:
            self._stage.start(conn.member, "thread", self._talk, conn)

    def waiting(self, name: bytes) -> bytes:
        return b""

    def close(self) -> None:
        pass

    def _talk(self, conn: Conn) -> None:
        lines = self._stage.lines(conn)
        name = next(lines).strip()
        with self._lock:
            self._members[name] = conn
        self._tell(b"* " + name + b" joined\n")
        for line in lines:
            self._tell(name + b": " + line, but=name)

    def _tell(self, line: bytes, but: bytes = b"") -> None:
        self._stage.carry(line)
        with self._lock:
            for name, conn in self._members.items():
                if name != but:
                    self._stage.sendall(conn, line)


class Queues:
    """Lesson 11: besides, a queue and a writer for each member. Whose queue is full is put out."""

    title: ClassVar[str] = "A queue for each"
    code: ClassVar[str] = "lines.put_nowait(line)"
    keeps: ClassVar[str] = "queue"

    def __init__(self, stage: Stage, most: int, length: int) -> None:
        self._stage = stage
        self._most = most
        self._lock = Lock(stage)
        self._members: dict[bytes, tuple[Conn, Queue]] = {}

    def serve(self, conns: Sequence[Conn]) -> None:
        for conn in conns:
            self._stage.start(conn.member, "thread", self._talk, conn)

    def waiting(self, name: bytes) -> bytes:
        _, lines = self._members.get(name, (None, None))
        return b"".join(lines.items) if lines is not None else b""

    def close(self) -> None:
        pass

    def _talk(self, conn: Conn) -> None:
        said = self._stage.lines(conn)
        name, lines = next(said).strip(), Queue(self._stage, self._most)
        self._stage.start(conn.member, "writer", self._write, conn, lines)
        with self._lock:
            self._members[name] = conn, lines
        self._tell(b"* " + name + b" joined\n")
        for line in said:
            self._tell(name + b": " + line, but=name)
        self._tell(b"* " + name + b" left\n")

    def _write(self, conn: Conn, lines: Queue) -> None:
        while line := lines.get():
            self._stage.carry(line)
            self._stage.sendall(conn, line)

    def _tell(self, line: bytes, but: bytes = b"") -> None:
        self._stage.carry(line)
        with self._lock:
            for name, (conn, lines) in list(self._members.items()):
                if name == but:
                    continue
                try:
                    lines.put_nowait(line)
                except Full:
                    del self._members[name]
                    self._stage.hang_up(conn)


class OneThread:
    """What both designs of lesson 12 have in common: one thread, which waits in a selector alone, or should."""

    def __init__(self, stage: Stage, most: int, length: int) -> None:
        self._stage = stage
        self._most = most * length
        self._selector = Selector(stage)
        self._clients: dict[Conn, _Client] = {}

    def serve(self, conns: Sequence[Conn]) -> None:
        for conn in conns:
            conn.sock.setblocking(False)
            self._clients[conn] = _Client()
            self._selector.register(conn)
        self._stage.start("", "thread", self._loop)

    def waiting(self, name: bytes) -> bytes:
        return b"".join(bytes(each.go) for each in self._clients.values() if each.name == name)

    def close(self) -> None:
        self._selector.close()

    def _loop(self) -> None:
        while True:
            for conn, reads, writes in self._selector.select():
                if writes and conn in self._clients:  # an earlier one's line may have put it out
                    self._give(conn)
                if reads and conn in self._clients:
                    self._take(conn)

    def _take(self, conn: Conn) -> None:
        client = self._clients[conn]
        data = conn.sock.recv(PIECE)
        if not data:
            return self._leave(conn)
        *lines, client.come = (client.come + data).split(b"\n")
        for line in lines:
            conn.lines += 1
            if client.name:
                self._tell(client.name + b": " + line + b"\n", but=conn)
            else:
                client.name = line
                self._tell(b"* " + line + b" joined\n")

    def _tell(self, line: bytes, but: Conn | None = None) -> None:
        self._stage.carry(line)
        for conn, client in list(self._clients.items()):
            if client.name and conn is not but and conn in self._clients:
                self._pass_on(line, conn)

    def _leave(self, conn: Conn) -> None:
        client = self._clients.pop(conn)
        self._selector.unregister(conn)
        self._stage.hang_up(conn)
        if client.name:
            self._tell(b"* " + client.name + b" left\n")

    def _pass_on(self, line: bytes, conn: Conn) -> None:
        raise NotImplementedError

    def _give(self, conn: Conn) -> None:
        raise NotImplementedError


@dataclasses.dataclass
class _Client:
    """What the thread knows of one."""

    name: bytes = b""
    come: bytes = b""
    go: bytearray = dataclasses.field(default_factory=bytearray)


class Loop(OneThread):
    """The mistake: `sendall` in the loop."""

    title: ClassVar[str] = "One thread, sendall"
    code: ClassVar[str] = "each.sendall(line)"
    keeps: ClassVar[str] = ""

    def _pass_on(self, line: bytes, conn: Conn) -> None:
        self._stage.sendall(conn, line)


class Buffers(OneThread):
    """A buffer for each member, and WRITE on demand. Whose buffer is full is put out."""

    title: ClassVar[str] = "One thread, a buffer for each"
    code: ClassVar[str] = "each.go += line"
    keeps: ClassVar[str] = "buffer"

    def _pass_on(self, line: bytes, conn: Conn) -> None:
        client = self._clients[conn]
        if len(client.go) + len(line) > self._most:
            return self._leave(conn)
        client.go += line
        self._selector.ask_for_room(conn, True)

    def _give(self, conn: Conn) -> None:
        client = self._clients[conn]
        count = conn.sock.send(client.go)
        self._stage.note_sent(conn, count)
        del client.go[:count]
        self._selector.ask_for_room(conn, bool(client.go))


DESIGNS: dict[str, type[Design]] = {"lock": OneLock, "queues": Queues, "loop": Loop, "buffers": Buffers}
"""By the names by which a cell asks for them."""
