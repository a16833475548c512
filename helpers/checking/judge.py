"""The judge: holds conversations with the learner's function, which runs in a process of its own, and says what went wrong in a sentence.

A scenario is a function of a `Judge`. It starts a call, plays the peer, and looks at what came of it; `Fell` ends it. Nothing here waits for a time: a function
is said to hang when its process has done nothing for `IDLE` seconds though its peer has done all it is going to, however slow the machine is.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from helpers import owners, sockets
from helpers.checking import plain
from helpers.checking.process import PRINTED, Process
from helpers.link.receiver import Receiver
from helpers.recording import Recording

IDLE = 0.4
"""Seconds without any work, on either side, after which a call is said to hang."""
BUSY = 0.6
"""Seconds of the processor that a call may use, unless a scenario gives it more."""
MEMORY = 1 << 30
"""Bytes that its process may have."""
LONGEST = 20.0
"""Seconds after which a scenario ends in any case."""
PATIENCE = 0.3
"""Seconds that a peer waits for a piece to be taken before it sends the next: a function may look at it, and wait for more."""
LOOK = 0.05
"""Seconds between two looks at what the process uses."""

_BREAK_OFF = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


class Fell(Exception):
    """The function did not hold. `sentence`: what happened, and why; `misconception`: its number in the course's table, or None."""

    def __init__(self, sentence: str, misconception: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.misconception = misconception


class NotStarted(Exception):
    """The function is still a stub."""


class Judge:
    """What a scenario has to do with: the function, and peers that talk to it."""

    def __init__(self, process: Process, name: str, chance: random.Random) -> None:
        self.name = name
        self.chance = chance
        """For random input: the seed is in the report."""
        self.calls: list[Call] = []
        self.busy = BUSY
        """Seconds of the processor that the call may use."""
        self.recording = Recording()
        """What the peers and the function say to each other; not how they came to be connected, where that is the judge's doing."""
        self._process = process
        self._peers: list[Peer] = []
        self._stack = contextlib.ExitStack()
        self._records = False

    def call(self, *args: Any, **how: Any) -> Call:
        """Call the function with plain values. `each`: it is a generator, whose items are taken; `iterate`: its last argument is to be an iterator."""
        if not {"connect", "listen"} & how.keys():
            self._record()
        call = Call(self, self._process)
        self.calls.append(call)
        self._process.send(do="call", args=[plain.encode(each) for each in args], **how)
        return call

    def talk(
        self, *args: Any, timeout: float | None = None, options: Iterable[tuple[int, int]] = (), **how: Any
    ) -> tuple[Peer, Call]:
        """Call the function with a connected socket and `args`. The other end is the `Peer`."""
        with self._as("peer"), socket.create_server(("127.0.0.1", 0)) as door:
            call = self.call(*args, connect=list(door.getsockname()), timeout=timeout, options=list(options), **how)
            self.wait(lambda: sockets.is_ready(door, reading=True), call)
            conn, _ = door.accept()
        self._record()
        return self._peer(conn, "peer", call), call

    def listen(self) -> tuple[tuple[str, int], Call]:
        """Call the function with a listening socket. Its address."""
        call = self.call(listen=True)
        self.wait(lambda: call.address is not None, call)
        assert call.address is not None
        self._record()
        return call.address, call

    def connect(self, address: tuple[str, int], call: Call, name: str = "client") -> Peer:
        """A client of the function's server."""
        with self._as(name):
            conn = socket.create_connection(address, timeout=2)
        return self._peer(conn, name, call)

    def serve(self, handler: Callable[[Any, Any], object]) -> tuple[str, int]:
        """A server for the function to talk to; `handler` as for `helpers.Server`."""
        from helpers.servers import Server

        server = self._stack.enter_context(Server(handler))
        assert server.address is not None
        return server.address[0], server.address[1]

    def enter(self, what: contextlib.AbstractContextManager[Any]) -> Any:
        """Enter `what`, until the scenario ends."""
        return self._stack.enter_context(what)

    def _record(self) -> None:
        if not self._records:
            self._records = True
            self.recording.start()

    def close(self) -> None:
        """The scenario has ended."""
        if self._records:
            self.recording.stop()
        for peer in self._peers:
            peer.close()
        self._stack.close()

    def wait(self, ready: Callable[[], bool], call: Call, idle: float = IDLE) -> bool:
        """Wait until `ready()`, or until the call is over; whether it is ready. Fell if the function does what none should, or hangs."""
        watch = _Watch(self._process, call, self.busy, idle)
        while not ready():
            if call.over:
                return ready()
            call.hear(0.0005)
            watch.look()
        return True

    @contextlib.contextmanager
    def _as(self, name: str) -> Iterator[None]:
        with owners.on_behalf_of(owners.Owner(name)):
            yield

    def _peer(self, conn: socket.socket, name: str, call: Call) -> Peer:
        peer = Peer(self, conn, name, call)
        self._peers.append(peer)
        return peer


class Peer:
    """The judge's end of a connection with the function."""

    def __init__(self, judge: Judge, conn: socket.socket, name: str, call: Call) -> None:
        self._judge = judge
        self._conn = conn
        self._owner = owners.Owner(name)
        self._call = call
        self._sent = 0
        conn.settimeout(2)
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._receiver = Receiver(conn)  # type: ignore[arg-type]

    def send(self, *pieces: bytes) -> None:
        """Send the pieces, each when the function has taken the last one."""
        for at, piece in enumerate(pieces):
            if at:
                self.wait_until_taken()
            with owners.on_behalf_of(self._owner), contextlib.suppress(ConnectionError):
                self._conn.sendall(piece)
            self._sent += len(piece)

    def cut(self, data: bytes, size: int) -> None:
        """Send `data` in pieces of `size` bytes."""
        self.send(*(data[at : at + size] for at in range(0, len(data), size)))

    def wait_until_taken(self) -> None:
        """Wait until the function has taken all that was sent; not for ever, since it may wait for more."""
        begun = time.monotonic()

        def taken() -> bool:
            seconds = time.monotonic() - begun
            return seconds > PATIENCE or self._receiver.has_taken(self._sent, seconds)

        self._judge.wait(taken, self._call, idle=LONGEST)

    def end(self) -> None:
        """No more bytes come: FIN."""
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            self._conn.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection off: RST."""
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            self._conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _BREAK_OFF)
            self._conn.close()

    def close(self) -> None:
        with owners.on_behalf_of(self._owner):
            self._conn.close()

    def read(self, size: int) -> bytes:
        """What the function sends, up to `size` bytes; fewer if it ends, or has nothing more to say."""
        data = bytearray()
        with owners.on_behalf_of(self._owner), contextlib.suppress(ConnectionError):
            while len(data) < size and self._judge.wait(self._is_readable, self._call):
                piece = self._conn.recv(min(size - len(data), 1 << 18))
                if not piece:
                    break
                data += piece
        return bytes(data)

    def ended(self) -> bool:
        """Whether the function has ended its stream, with nothing unread. Waits for it."""
        with owners.on_behalf_of(self._owner):
            try:
                return self._judge.wait(self._is_readable, self._call) and not self._conn.recv(1)
            except ConnectionError:
                return True

    def _is_readable(self) -> bool:
        return sockets.is_ready(self._conn, reading=True)


class Call:
    """A call of the function."""

    def __init__(self, judge: Judge, process: Process) -> None:
        self.items: list[Any] = []
        """What it has yielded so far."""
        self.value: Any = None
        """What it has returned."""
        self.error: str | None = None
        """The name of the class of what it has raised."""
        self.kinds: list[str] = []
        """That, and the names of its base classes."""
        self.text = ""
        """What the error says."""
        self.line: int | None = None
        self.over = False
        self.left_open = 0
        """Sockets that it has made and not closed."""
        self.socket: dict[str, Any] | None = None
        """Of a socket that it returned: `type`, `listens`, `address`, or `error`."""
        self.address: tuple[str, int] | None = None
        self.state: dict[str, Any] | None = None
        """What its sockets did, and what it waits for: for a recording."""
        self._judge = judge
        self._process = process

    def finish(self, hangs: Fell | None = None, idle: float = IDLE) -> Call:
        """Wait until it is over. `hangs`: what to say if it never is."""
        try:
            self._judge.wait(lambda: self.over, self, idle)
        except Hangs as error:
            raise hangs or error from None
        return self

    def must_return(self, expected: Any, hangs: Fell | None = None) -> None:
        """Fell unless it returns just this. (`bytes` stand for themselves and for a great many of them.)"""
        self.finish(hangs)
        self.must_not_raise()
        if not same(self.value, expected):
            raise Fell(f"It returned {shown(self.value)} where {shown(expected)} was to come.")

    def must_raise(
        self, kind: type[BaseException], when: str, hangs: Fell | None = None, misconception: int | None = None
    ) -> None:
        """Fell unless it raises such an error. `when`: where that is asked for, such as "the stream ended in mid-message"."""
        self.finish(hangs)
        if self.error is None:
            got = f"yielded {shown(self.items)}" if self.items else f"returned {shown(self.value)}"
            raise Fell(f"It {got} where {when}: that asks for {kind.__name__}.", misconception)
        if kind.__name__ not in self.kinds:
            raise Fell(
                f"It raised {self.error} where {when}: that asks for {kind.__name__}. ({self.text})", misconception
            )

    def must_not_raise(self, misconception: int | None = None) -> None:
        if self.error is not None:
            where = f", in line {self.line} of the cell" if self.line else ""
            raise Fell(f"It raised {self.error}{where}: {self.text or 'without a word'}.", misconception)

    def hear(self, timeout: float) -> None:
        """Take in what the process says."""
        event = self._process.event(timeout)
        if event is None:
            self._ended()
            return
        match event.get("event"):
            case "listening":
                self.address = ("127.0.0.1", int(event["address"][1]))
            case "item":
                self.items.append(_decoded(event.get("value")))
            case "state":
                self.state = event
            case "returned":
                self.over, self.state = True, event
                self.value = _decoded(event.get("value"))
                self.left_open = int(event.get("left_open", 0))
                self.socket = event.get("socket")
            case "raised":
                self.over, self.state = True, event
                self.kinds = [str(kind) for kind in event.get("kinds", [])]
                self.error, self.text, self.line = self.kinds[0], str(event.get("text", "")), event.get("line")
                self._look_at_error()

    def ask_state(self) -> None:
        """Ask what it waits for; for a moment, since its process may be beyond answering."""
        self._process.send(do="state")
        limit = time.monotonic() + 0.2
        before = self.state
        while self.state is before and not self.over and time.monotonic() < limit:
            with contextlib.suppress(Fell):
                self.hear(0.01)

    def waits_in(self) -> str | None:
        """The call of a socket in which it waits, such as "recv"."""
        rows = (self.state or {}).get("entries", [])
        waiting = [row for row in rows if row[3] is None]
        return str(waiting[-1][1]) if waiting else None

    def spins_at_the_end(self) -> bool:
        """Whether the last things that it received were nothing."""
        rows = (self.state or {}).get("entries", [])
        return len(rows) > 1 and all(
            str(row[1]).startswith("recv") and row[6] == 0 and row[3] is not None for row in rows[-2:]
        )

    def _look_at_error(self) -> None:
        if self.error == "NotImplementedError":
            raise NotStarted
        if "SystemExit" in self.kinds:
            raise Fell("It called sys.exit(), which ends the whole program; a function that is done returns.")
        if self.error == "MemoryError":
            raise Fell(f"It asked for more than {MEMORY >> 20} MB of memory.")

    def _ended(self) -> None:
        self.over = True
        deadline = time.monotonic() + 1
        while (code := self._process.exit_code) is None and time.monotonic() < deadline:
            time.sleep(0.001)
        if code is None:
            raise Fell("It closed file descriptors that are not its own, and cut itself off.")
        raise Fell(f"It ended its whole process (exit code {code}), and with it any program that would use it.")


class Hangs(Fell):
    """The call will never come back."""


class _Watch:
    """Looks whether a call does something that none should."""

    def __init__(self, process: Process, call: Call, busy: float, idle: float) -> None:
        self._process = process
        self._call = call
        self._busy = busy
        self._idle = idle
        self._begun = self._last = self._looked = time.monotonic()
        self._used_at_first = self._used = process.seconds()

    def look(self) -> None:
        now = time.monotonic()
        if now < self._looked + LOOK:
            return
        self._looked = now
        if self._process.printed > PRINTED:
            raise Fell(f"It prints without end: more than {PRINTED:,} bytes.")
        if self._process.memory() > MEMORY:
            raise Fell(f"It took more than {MEMORY >> 20} MB of memory.")
        used = self._process.seconds()
        if used > self._used:
            self._used, self._last = used, now
        if used > self._used_at_first + self._busy:
            self._call.ask_state()
            if self._call.spins_at_the_end():
                raise Hangs(
                    "It goes round and round: recv gives b'' again and again, because the stream has ended.", 11
                )
            raise Hangs("It works without end, in a loop that nothing stops.")
        if now > self._last + self._idle or now > self._begun + LONGEST:
            self._call.ask_state()
            if not self._call.over:
                waits = self._call.waits_in()
                raise Hangs(
                    f"It never comes back: it waits in {waits}(), and nothing more will come."
                    if waits
                    else "It never comes back: it waits for something."
                )


def same(value: Any, expected: Any) -> bool:
    """Whether a plain value is just `expected`, types included."""
    if isinstance(value, plain.Digest) and type(expected) is bytes:
        return value == plain.digest(expected)
    if type(value) is not type(expected):
        return False
    if isinstance(value, (list, tuple)):
        return len(value) == len(expected) and all(map(same, value, expected))
    return bool(value == expected) or (value != value and expected != expected)


def shown(value: Any) -> str:
    """A value for a sentence, cut where it is long."""
    if isinstance(value, bytes):
        from helpers.events import shown as shown_bytes

        return shown_bytes(value[:4096] if len(value) <= 4096 else value[:64], len(value), 60)
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:50]}…{text[-20:]}"


def _decoded(coded: Any) -> Any:
    try:
        return plain.decode(coded)
    except ValueError:
        return plain.Odd("something unknown")
