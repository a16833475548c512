"""A room that is tried: real connections on loopback, members who say lines in turns, one who stops reading, and what has become of every line when all is at rest.

Comes in: a design, and a setting. Goes out: an `Outcome`: which lines each member has heard, where the others wait, and in which call each thread of the server does.
Nothing of it is guessed: what was heard are bytes that were received, what the system holds is what it took and nobody received. The panel of a room runs it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from helpers.panels.rooms.designs import Design
from helpers.panels.rooms.stage import Call, Conn, Post, Stage
from helpers.sockets.plain import Plain, create_plain_server, pair_of_plain, send_at_once

NAMES = "ada", "bob", "eve", "dan", "ida", "leo", "mia", "tom"
"""Of the members, in the order in which they come."""
PATIENCE = 5.0
"""Seconds that a trial takes at most. Most take ten milliseconds."""
SMALL = 2048
"""Bytes that the system is asked to hold for a member at either end. Linux holds a little more: that is the least it goes down to."""
TIMES = 2.5
"""How often a line is as long as what the system then holds: never is there room for the whole of one, also when the system finds a little more after a while."""
READS = 1
"""Lines that the slow member hears before she stops reading."""
LEAST, MOST = 64, 32_768
"""Bytes of a line."""

State = Literal["said", "heard", "system", "sending", "waiting", "ahead", "never"]
"""What has become of a line, for one member: she has said it herself; has heard it; the system holds it; a part of it is there, and the rest with who sends it; it
waits in the member's queue or buffer; the server has not come to her yet; it never will."""


class Setting(NamedTuple):
    """What can be set."""

    members: int
    lines: int
    queue: int
    """Lines that may wait for a member in the server."""
    slow: str
    """Who does not read; empty: everybody does."""


@dataclasses.dataclass(frozen=True)
class Seen:
    """A member at the end."""

    name: str
    states: tuple[State, ...]
    """Of each line that was said."""
    is_out: bool
    """Whether the server has put her out."""
    unread: tuple[int, ...]
    """Lines of hers that the server has not read yet."""
    farewells: tuple[str, ...]
    """Who has left, as she was told."""

    def lines(self, *states: State) -> list[int]:
        """The numbers of the lines that are in one of these states for her."""
        return [number for number, state in enumerate(self.states, start=1) if state in states]


@dataclasses.dataclass(frozen=True)
class Wait:
    """A thread of the server at the end."""

    member: str
    """Whose it is; empty: everybody's."""
    role: str
    call: Call
    whom: str
    """Whose connection it waits for, in `recv` and `sendall`."""
    line: int
    """Which line it is about to pass on, in `sendall` and for the lock; otherwise 0."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What has become of a trial."""

    design: type[Design]
    setting: Setting
    members: tuple[Seen, ...]
    waits: tuple[Wait, ...]


def run(design: type[Design], setting: Setting) -> Outcome:
    """Try that design. OSError: the system has no connections left to give, or it did not come to rest in time (TimeoutError)."""
    with trial(design, setting) as room:
        return room.outcome()


@contextlib.contextmanager
def trial(design: type[Design], setting: Setting) -> Iterator[Trial]:
    """A room in which all has been said, and everything rests; it is gone after this block."""
    with contextlib.ExitStack() as stack:
        room = Trial(design, setting, stack)
        room.gather()
        room.talk()
        yield room


class _Member:
    """A client."""

    def __init__(self, name: str, sock: socket.socket, conn: Conn) -> None:
        self.name, self.sock, self.conn = name, sock, conn
        self.heard: list[int] = []
        self.said: list[int] = []
        self.farewells: list[str] = []
        self._begun = b""

    def hear(self) -> None:
        data = self.sock.recv(MOST)
        acknowledge_at_once(self.sock)
        self.conn.received += len(data)
        *lines, self._begun = (self._begun + data).split(b"\n")
        self.heard += filter(None, map(number_of, lines))
        self.farewells += (found[1].decode() for line in lines if (found := re.fullmatch(rb"\* ([a-z]+) left", line)))

    def say(self, number: int, length: int) -> None:
        """A line that is so many bytes long when the others hear it."""
        text = f"{number} "
        prefix = f"{self.name}: "
        self.said.append(number)
        self.sock.sendall(text.encode().ljust(length - len(prefix) - 1, b"x") + b"\n")


class Trial:
    """See `trial`; `stack` closes what it opens."""

    def __init__(self, design: type[Design], setting: Setting, stack: contextlib.ExitStack) -> None:
        self._deadline = time.monotonic() + PATIENCE
        self._setting = setting
        self._length = line_length()
        self._news, self._bell = (stack.enter_context(end) for end in pair_of_plain())
        self._bell.setblocking(False)
        self._ears = stack.enter_context(selectors.DefaultSelector())
        self._ears.register(self._news, selectors.EVENT_READ, lambda: self._news.recv(MOST))
        self._stage = Stage(self._ring)
        self._design = design(self._stage, setting.queue, self._length)
        stack.callback(self._design.close)
        self.members = self._enter(stack)
        """Those who are there, in the order in which they came."""
        stack.callback(self._end)

    def gather(self) -> None:
        """Let all say their names, one after the other."""
        self._design.serve([member.conn for member in self.members])
        self._settle()
        for member in self.members:
            self._send(member, lambda member=member: member.sock.sendall(member.name.encode() + b"\n"))  # type: ignore[misc]

    def talk(self) -> None:
        """Let all but the slow one say a line each, in turns, until all lines are said. After `READS` of them the slow one stops reading."""
        slow = next((member for member in self.members if member.name == self._setting.slow), None)
        speakers = [member for member in self.members if member is not slow]
        for number in range(1, self._setting.lines + 1):
            speaker = speakers[(number - 1) % len(speakers)]
            self._send(speaker, functools.partial(speaker.say, number, self._length))
            if number == READS and slow is not None:
                self._ears.unregister(slow.sock)
                slow.conn.is_read = False

    def outcome(self) -> Outcome:
        """What has become of everything."""
        waits = tuple(map(_wait_of, self._stage.posts))
        seen = tuple(self._seen(member, waits) for member in self.members)
        return Outcome(type(self._design), self._setting, seen, waits)

    # Within

    def _enter(self, stack: contextlib.ExitStack) -> list[_Member]:
        with create_plain_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE)
            members = []
            for name in NAMES[: self._setting.members]:
                client, sock = (stack.enter_context(end) for end in _connection(listener))
                sock.setblocking(False)
                member = _Member(name, client, Conn(sock, name))
                self._ears.register(client, selectors.EVENT_READ, member.hear)
                members.append(member)
        return members

    def _send(self, member: _Member, send: Callable[[], Any]) -> None:
        self._stage.hand(member.conn)
        send()
        self._settle()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # it has been rung often enough
            self._bell.send(b"\0")

    def _settle(self) -> None:
        """Wait until every thread of the server waits, and all who read have heard what was sent to them."""
        while self._stage.busy or not all(member.conn.is_quiet for member in self.members):
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"it has not come to rest within {PATIENCE:g} seconds")
            for key, _ in self._ears.select(left):
                key.data()

    def _end(self) -> None:
        self._stage.end([member.conn for member in self.members], PATIENCE)

    def _seen(self, member: _Member, waits: Sequence[Wait]) -> Seen:
        conn = member.conn
        missing = [n for n in range(1, self._setting.lines + 1) if n not in {*member.said, *member.heard}]
        whole, part = divmod(conn.taken - conn.received, self._length)
        waiting = map(number_of, self._design.waiting(member.name.encode()).split(b"\n"))
        sending = {wait.line for wait in waits if wait.call == "sendall" and wait.whom == member.name}
        states: dict[int, State] = dict.fromkeys(missing, "never" if conn.gone else "ahead")
        if not conn.gone:
            states.update(dict.fromkeys(filter(None, waiting), "waiting"))
            states.update(dict.fromkeys({*sending, *missing[whole : whole + bool(part)]}, "sending"))
        states.update(dict.fromkeys(missing[:whole], "system"))
        states.update(dict.fromkeys(member.heard, "heard"))
        states.update(dict.fromkeys(member.said, "said"))
        outcome = tuple(states[number] for number in sorted(states))
        read = conn.lines - 1  # the first was the name
        return Seen(member.name, outcome, conn.gone, tuple(member.said[read:]), tuple(member.farewells))


def number_of(line: bytes) -> int:
    """Of a line that a member has said, as the others hear it: which one it is; 0 of any other, and of the rest of one."""
    found = re.match(rb"[a-z]{3}: (\d+) ", line)
    return int(found[1]) if found else 0


def _wait_of(post: Post) -> Wait:
    assert post.call is not None, "a thread works, though all is at rest"
    whom = post.conn.member if post.conn is not None else ""
    line = number_of(post.line) if post.call in ("sendall", "lock") else 0
    return Wait(post.member, post.role, post.call, whom, line)


def acknowledge_at_once(sock: socket.socket) -> None:
    """Let the other end know now what has been received: it sends on only then, and Linux would wait 40 ms, in case there is an answer to go along."""
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _connection(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A client's end and the server's, between which the system holds as little as it can. A stranger who comes to the listener's door is turned away."""
    client = Plain(socket.AF_INET, socket.SOCK_STREAM)
    try:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)  # before it connects: the window is told then
        client.settimeout(PATIENCE)
        client.connect(listener.getsockname())
        conn, address = listener.accept()
        while address != client.getsockname():
            conn.close()
            conn, address = listener.accept()
    except BaseException:
        client.close()
        raise
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    send_at_once(conn)
    send_at_once(client)
    return client, conn


@functools.cache
def line_length() -> int:
    """Bytes of a line, as the others hear it: more than the system holds for a member who does not read. Measured once."""
    with create_plain_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        client, conn = _connection(listener)
    with client, conn:
        conn.setblocking(False)
        held = 0
        with contextlib.suppress(BlockingIOError):
            while held < MOST:
                held += conn.send(bytes(2 * SMALL))
    return min(max(int(TIMES * held), LEAST), MOST)
