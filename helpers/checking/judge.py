"""The judge: holds conversations with the learner's function, which runs in a process of its own, and says what went wrong in a sentence.

A scenario is a function of a `Judge`. It starts a call, plays the peer, and looks at what came of it; `Fell` ends it. Nothing here waits for a time: a function
is said to hang when its process has done nothing for `IDLE` seconds though its peer has done all it is going to, however slow the machine is.
"""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from helpers.checking import plain
from helpers.checking.child import CUT_OFF, FORKED
from helpers.checking.process import PRINTED, Process
from helpers.recording import events
from helpers.recording.recorder import Recording
from helpers.running.servers import Server, Service
from helpers.sockets import owners
from helpers.sockets.plain import break_off, is_ready
from helpers.sockets.receiver import Receiver

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
AT_ONCE = 1 << 18
"""Bytes that a peer hands to the system in one call."""
ANSWER = 1.0
"""Seconds that its process has to say what it waits for: enough for one that works hard on a busy machine."""
LOOK = 0.05
"""Seconds between two looks at what the process uses."""


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
        self._servers: list[Service] = []
        self._stack = contextlib.ExitStack()
        self._records = False

    def call(self, *args: Any, **how: Any) -> Call:
        """Call the function with plain values. `each`: it is a generator, whose items are taken; `iterate`: its last argument is to be an iterator.

        `each="together"`, for a great many items: the call returns `repr` of their list, as bytes. With a socket (`talk`): `again=[[5], [3]]`, it is
        called again, twice, with the same socket and these arguments; what the calls before the last return is in `call.items`. `rest`: what it
        leaves to be read is in `call.rest`; the peer has to end the stream. `sparing`: the socket takes only a part of what it is given to send.
        `keep`: the sockets that it has made stay open until the scenario ends.
        """
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
            self.wait(lambda: is_ready(door, reading=True), call)
            conn, _ = door.accept()
        self._record()
        return self._peer(conn, "peer", call), call

    def listen(self, **how: Any) -> tuple[tuple[str, int], Call]:
        """Call the function with a listening socket. Its address. `sparing`: the connections that it accepts take only a part of what is sent."""
        call = self.call(listen=True, **how)
        self.wait(lambda: call.address is not None, call)
        assert call.address is not None
        self._record()
        return call.address, call

    def connect(self, address: tuple[str, int], call: Call, name: str = "client") -> Peer:
        """A client of the function's server."""
        with self._as(name):
            conn = socket.create_connection(address, timeout=2)
        return self._peer(conn, name, call)

    def door(self) -> socket.socket:
        """A listening socket, for the function to connect to, and for `accept`; closed when the scenario ends."""
        with self._as("server"):
            door = socket.create_server(("127.0.0.1", 0))
        return self._stack.enter_context(door)

    def accept(self, door: socket.socket, call: Call) -> Peer:
        """The server's end of a connection that the function has made. Fell if it makes none."""
        if not self.wait(lambda: is_ready(door, reading=True), call):
            call.must_not_raise()
            raise Fell("It never connected to the address that it was given.")
        with self._as("server"):
            conn, _ = door.accept()
        return self._peer(conn, "server", call)

    def seconds(self) -> float:
        """Of the processor, used by the function's process so far."""
        return self._process.seconds()

    def serve(self, handler: Callable[[Any, Any], object]) -> tuple[str, int]:
        """A server for the function to talk to; `handler` as for `helpers.Server`."""
        server = self._stack.enter_context(Server(handler))
        self._servers.append(server)
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
        self._process.send(do="release")
        if self._records:
            self.recording.stop()
        for peer in self._peers:
            peer.close()
        self._stack.close()

    def wait(self, ready: Callable[[], bool], call: Call, idle: float = IDLE) -> bool:
        """Wait until `ready()`, or until the call is over; whether it is ready. Fell if the function does what none should, or hangs."""
        watch = _Watch(self._process, call, self.busy, idle, self._servers_rest)
        while not ready():
            if call.over:
                return ready()
            call.hear(0.0005)
            watch.look()
        return True

    def patience(self) -> _Patience:
        """With the function's process, from now on."""
        return _Patience(self._process)

    def pause(self, seconds: float, call: Call) -> bool:
        """Let the peers say nothing for so many seconds, or until the call is over; whether it is. A slow machine only makes it longer."""
        until = time.monotonic() + seconds
        call.hear(0)
        self.wait(lambda: time.monotonic() >= until, call, idle=LONGEST)
        return call.over

    def _servers_rest(self) -> bool:
        """Whether its servers had nothing to do. If they had, they have done it now."""
        begun = time.monotonic()
        for server in self._servers:
            server.wait_for_rest(2)
        return time.monotonic() < begun + LOOK

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
        self.sent = 0
        """Bytes so far."""
        conn.settimeout(2)
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
            while left and is_ready(self._conn, reading=False):
                left = left[self._conn.send(left[:AT_ONCE]) :]
            return not left

        self._judge.wait(sent, self._call)

    def cut(self, data: bytes, size: int) -> None:
        """Send `data` in pieces of `size` bytes."""
        self.send(*(data[at : at + size] for at in range(0, len(data), size)))

    def keep_little(self, size: int) -> None:
        """Let about `size` bytes be on their way to the function at most, and as many wait for it where its socket has a SO_RCVBUF of that size."""
        self._conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)

    def wait_until_taken(self) -> bool:
        """Wait until the function has taken all that was sent; not for ever, since it may wait for more. Whether it has."""
        begun = time.monotonic()
        patience = self._judge.patience()

        def taken() -> bool:
            return self._receiver.has_taken(self.sent, time.monotonic() - begun) or patience.is_at_its_end()

        self._judge.wait(taken, self._call, idle=LONGEST)
        return self._receiver.has_taken(self.sent, time.monotonic() - begun)

    def end(self) -> None:
        """No more bytes come: FIN. (When the call is over, nobody is there to hear it.)"""
        if self._call.over:
            return
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            self._conn.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection off: RST."""
        with owners.on_behalf_of(self._owner), contextlib.suppress(OSError):
            break_off(self._conn)

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
            while len(data) < size and (piece := self._conn.recv(min(size - len(data), AT_ONCE))):
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
        return is_ready(self._conn, reading=True)


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
        self.rest: Any = None
        """What it left to be read, if that was asked for; None if it closed the socket."""
        self.threads = 0
        """Threads of its own that were running when it came back."""
        self.left_open = 0
        """Sockets that it has made and not closed."""
        self.socket: dict[str, Any] | None = None
        """Of a socket that it returned: `family`, `type`, `listens`, `address`, or `error`."""
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
            self.ended()
            return
        try:
            self._take_in(event)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise Fell(
                "What its process says makes no sense: it has changed something that Python itself needs."
            ) from None

    def _take_in(self, event: dict[str, Any]) -> None:
        match event.get("event"):
            case "listening":
                self.address = ("127.0.0.1", int(event["address"][1]))
            case "item":
                self.items.append(_decoded(event.get("value")))
            case "state":
                self.state = event
            case "unloadable":
                raise Fell(f"It cannot be brought into a process of its own. ({event.get('text')})")
            case "returned":
                self.over, self.state = True, event
                self.left_open = int(event.get("left_open", 0))
                self.value = _decoded(event.get("value"))
                self.rest = _decoded(event.get("rest", {"v": None}))
                self.threads = int(event.get("threads", 0))
                self.socket = event.get("socket")
            case "raised":
                self.over, self.state = True, event
                self.left_open = int(event.get("left_open", 0))
                self.kinds = [str(kind) for kind in event.get("kinds", [])]
                self.error, self.text, self.line = self.kinds[0], str(event.get("text", "")), event.get("line")
                self._look_at_error()

    def ask_state(self) -> None:
        """Ask what it waits for; for a moment, since its process may be beyond answering."""
        self._process.send(do="state")
        limit = time.monotonic() + ANSWER
        before = self.state
        while self.state is before and not self.over and time.monotonic() < limit:
            with contextlib.suppress(Fell):
                self.hear(0.01)

    def waits_in(self) -> str | None:
        """The call of a socket in which it waits, such as "recv"."""
        rows = (self.state or {}).get("entries", [])
        waiting = [row for row in rows if row[3] is None]
        return str(waiting[-1][1]) if waiting else None

    def timeout(self) -> float:
        """The longest timeout, in seconds, of the sockets that it uses just now; 0.0 if they have none."""
        self.ask_state()
        return max((float(each.get("timeout") or 0) for each in (self.state or {}).get("traces", [])), default=0.0)

    def forgot_to_close(self) -> bool:
        """Whether it has left a socket open, or for Python to collect."""
        rows = (self.state or {}).get("entries", [])
        return self.left_open > 0 or any(
            row[1] == "close" and row[9] and row[9]["detail"] == "forgotten" for row in rows
        )

    def saw_the_end(self) -> bool:
        """Whether it has received nothing: the end of the stream. (Of the first calls only, as many as are recorded.)"""
        rows = [row for row in (self.state or {}).get("entries", []) if row[3] is not None]
        return any(str(row[1]).startswith("recv") and row[6] == 0 and row[7] != 0 for row in rows)

    def spins_at_the_end(self) -> bool:
        """Whether the last things that it received were nothing."""
        rows = [row for row in (self.state or {}).get("entries", []) if row[3] is not None]
        return len(rows) > 1 and all(str(row[1]).startswith("recv") and row[6] == 0 for row in rows[-2:])

    def _look_at_error(self) -> None:
        if self.error == "NotImplementedError":
            raise NotStarted
        if "SystemExit" in self.kinds:
            raise Fell("It called sys.exit(), which ends the whole program; a function that is done returns.")
        if self.error == "MemoryError":
            raise Fell(f"It asked for more than {MEMORY >> 20} MB of memory.")

    def ended(self) -> None:
        """Fell: its process has ended, or says no more."""
        self.over = True
        deadline = time.monotonic() + 1
        while (code := self._process.exit_code) is None and time.monotonic() < deadline:
            time.sleep(0.001)
        if code is None or code == CUT_OFF:
            raise Fell("It closed file descriptors that are not its own, and cut itself off.")
        if code == FORKED:
            raise Fell("It starts one process after another, without end.")
        if code < 0:
            raise Fell(f"It was ended by a signal ({_signal(-code)}), and with it any program that would use it.")
        raise Fell(f"It ended its whole process (exit code {code}), and with it any program that would use it.")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


class Hangs(Fell):
    """The call will never come back."""


class Spins(Hangs):
    """Because it works and works."""


class _Patience:
    """How long a process has had the time to do something, and has not: on a busy machine it gets little of the processor, however long that takes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._used_at_first = process.seconds()
        self._looked = time.monotonic()
        self._at_rest = 0.0

    def is_at_its_end(self) -> bool:
        """Whether it has rested, or worked, for PATIENCE seconds. To be asked again and again."""
        now = time.monotonic()
        if now < self._looked + LOOK:
            return False
        self._looked = now
        if self._process.rests():
            self._at_rest += LOOK
        return self._at_rest + self._process.seconds() - self._used_at_first >= PATIENCE


class _Watch:
    """Looks whether a call does something that none should."""

    def __init__(self, process: Process, call: Call, busy: float, idle: float, others_rest: Callable[[], bool]) -> None:
        self._process = process
        self._call = call
        self._busy = busy
        self._idle = idle
        self._others_rest = others_rest
        self._begun = self._looked = time.monotonic()
        self._used_at_first = self._used = process.seconds()
        self._at_rest = 0.0  # seconds for which it has been seen to do nothing

    def _look_at_output(self, most: int) -> None:
        if self._process.printed > most:
            raise Fell(f"It prints without end: more than {most:,} bytes.")

    def look(self) -> None:
        now = time.monotonic()
        if now < self._looked + LOOK:
            return
        self._looked = now
        self._look_at_output(PRINTED)
        if self._process.memory() > MEMORY:
            raise Fell(f"It took more than {MEMORY >> 20} MB of memory.")
        used = self._process.seconds()
        if used > self._used:
            self._used, self._at_rest = used, 0.0
        elif self._process.rests():
            self._at_rest += (
                LOOK  # not what has passed: on a busy machine that may be time in which nobody could do anything
            )
        if used > max(self._used_at_first, self._process.start_up) + self._busy:
            self._call.ask_state()
            if self._call.spins_at_the_end():
                raise Spins(
                    "It goes round and round: recv gives b'' again and again, because the stream has ended.", 11
                )
            self._look_at_output(PRINTED // 10)  # so much was read so far; a busy machine is not quick at it
            raise Spins("It works without end, in a loop that nothing stops.")
        if self._at_rest >= self._idle and not self._others_rest():
            self._at_rest = 0.0
        if self._at_rest >= self._idle or now > self._begun + LONGEST:
            self._call.ask_state()
            if self._process.exit_code is not None:  # and something that it has started keeps its pipes open
                self._call.ended()
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
        return events.short_repr(value[:4096] if len(value) <= 4096 else value[:64], len(value), 60)
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:50]}…{text[-20:]}"


def _decoded(coded: Any) -> Any:
    try:
        return plain.decode(coded)
    except ValueError:
        return plain.Odd("something unknown")
