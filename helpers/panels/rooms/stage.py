"""The threads of one room, and for what each of them waits: a lock, a queue and the calls of sockets that do what Python's do, and say so besides.

Comes in: what the threads of a design do. Goes out: who works and who waits, exactly: whoever hands something to a thread that waits counts it as working from that
moment on, so that "all wait" is never said too early. Whatever waits can be ended at once. The designs use it, and the trial, which looks at it.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from helpers.running.plain import start_thread
from helpers.sockets import waking
from helpers.sockets.plain import is_ready

Call = Literal["recv", "sendall", "lock", "queue", "select"]
"""What a thread can wait in."""

TURN = 0.02
"""Seconds for which a thread waits for a socket before it looks whether it has been ended. Where `shutdown` wakes it, it need not look."""
PIECE = 65_536
"""Bytes that a `recv` asks for."""


class Ended(Exception):
    """Raised in a thread that waits, or is about to, when its room is ended."""


class Conn:
    """The server's end of a member's connection, with what is known of both ends."""

    def __init__(self, sock: socket.socket, member: str) -> None:
        self.sock = sock
        self.member = member
        self.taken = 0
        """Bytes that the system has taken from the server, for this member."""
        self.received = 0
        """Bytes that the member has received."""
        self.is_read = True
        """Whether the member reads."""
        self.wants_room = False
        """Whether something waits in the server until there is room."""
        self.gone = False
        """Whether the server has hung up."""
        self.lines = 0
        """Lines that the server has read from it."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is on its way to the member, or will be by itself."""
        return self.gone or not self.is_read or (self.taken == self.received and not self.wants_room)


@dataclasses.dataclass
class Post:
    """A thread of the server."""

    member: str
    """Whose it is; nothing if it is everybody's."""
    role: str
    """thread or writer."""
    go_on: threading.Condition
    call: Call | None = None
    """What it waits in; None: it works."""
    conn: Conn | None = None
    """On which connection."""
    line: bytes = b""
    """Which line it is about to pass on."""


class Stage:
    """`rings` is called, in whatever thread, when the last one that worked waits."""

    def __init__(self, rings: Callable[[], None]) -> None:
        self._rings = rings
        self._guard = threading.RLock()
        self._posts: dict[int, Post] = {}  # by threads
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self.ended = False
        """Whether nobody is to wait for anything any more."""

    # For whoever looks

    @property
    def busy(self) -> bool:
        """Whether one of the threads works, or has been handed something to do."""
        with self._guard:
            return self._busy > 0

    @property
    def posts(self) -> list[Post]:
        """The threads that there are, in the order in which they began."""
        with self._guard:
            return list(self._posts.values())

    def start(self, member: str, role: str, do: Callable[..., None], *arguments: Any) -> None:
        """A thread for `member` that does this."""
        post = Post(member, role, threading.Condition(self._guard))
        thread = threading.Thread(
            target=self._run, args=(post, do, arguments), name=f"helpers: room ({member} {role})", daemon=True
        )
        with self._guard:
            self._busy += 1
        start_thread(thread)
        self._threads.append(thread)

    def hand(self, conn: Conn) -> None:
        """Something is about to come on `conn`: whoever waits for that works from now on."""
        self._resume(conn, ("recv",))

    def end(self, conns: Iterable[Conn], seconds: float) -> bool:
        """Let nobody wait any more, for whatever of these connections; whether all threads are gone, within so many seconds."""
        with self._guard:
            self.ended = True
            for post in self._posts.values():
                post.go_on.notify_all()
        for conn in conns:
            _shut_down(conn)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    # For the threads

    def carry(self, line: bytes) -> None:
        """The running thread is about to pass this line on."""
        self._here().line = line

    def lines(self, conn: Conn) -> Iterator[bytes]:
        """The lines that come on `conn`, each with its newline, until its end."""
        begun = b""
        while data := self._recv(conn):
            *whole, begun = (begun + data).split(b"\n")
            for line in whole:
                conn.lines += 1
                yield line + b"\n"

    def sendall(self, conn: Conn, line: bytes) -> None:
        """Send all of `line`: a piece, a wait for room, the next piece."""
        left = memoryview(line)
        while left:
            try:
                count = conn.sock.send(left)
            except BlockingIOError:
                self._wait_for(conn, "sendall")
                continue
            self.note_sent(conn, count)
            left = left[count:]

    def note_sent(self, conn: Conn, count: int) -> None:
        """The system has taken so many bytes more from the server."""
        with self._guard:
            conn.taken += count

    def hang_up(self, conn: Conn) -> None:
        """End the connection. Whoever waits on it is woken."""
        with self._guard:
            conn.gone = True
            self._resume(conn, ("recv", "sendall"))
        _shut_down(conn)

    @contextlib.contextmanager
    def waits(self, call: Call, conn: Conn | None = None) -> Iterator[None]:
        """The running thread waits in this block."""
        with self._guard:
            self._waits(call, conn)
        try:
            yield
        finally:
            with self._guard:
                self._works(self._here())
        if self.ended:
            raise Ended

    def wait_until(self, call: Call, is_due: Callable[[Post], bool]) -> None:
        """Let the running thread wait until it has been handed what it waits for. Called under `turn`."""
        here = self._here()
        self._waits(call, None)
        here.go_on.wait_for(lambda: is_due(here) or self.ended)
        self._works(here)
        if self.ended:
            raise Ended

    @contextlib.contextmanager
    def turn(self) -> Iterator[Post]:
        """In this block no other thread hands over or takes anything. Gives the running one's post."""
        with self._guard:
            yield self._here()

    def wake(self, post: Post) -> None:
        """Hand something over to a thread that waits in `wait_until`. Called under `turn`."""
        self._works(post)
        post.go_on.notify()

    # Within

    def _run(self, post: Post, do: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        here = threading.get_ident()
        with self._guard:
            self._posts[here] = post
        try:
            with contextlib.suppress(Ended, OSError):  # ended, or the member has been put out
                do(*arguments)
        finally:
            with self._guard:
                del self._posts[here]
                self._rest()

    def _here(self) -> Post:
        return self._posts[threading.get_ident()]

    def _recv(self, conn: Conn) -> bytes:
        while True:
            try:
                return conn.sock.recv(PIECE)
            except BlockingIOError:
                self._wait_for(conn, "recv")

    def _wait_for(self, conn: Conn, call: Literal["recv", "sendall"]) -> None:
        sends = call == "sendall"
        with self.waits(call, conn):
            while not is_ready(conn.sock, not sends, _patience()) and not self.ended and not conn.gone:
                pass

    def _waits(self, call: Call, conn: Conn | None) -> None:
        if self.ended:
            raise Ended
        here = self._here()
        here.call, here.conn = call, conn
        if conn is not None and call == "sendall":
            conn.wants_room = True
        self._rest()

    def _works(self, post: Post) -> None:
        if post.call is None:
            return  # it has been handed something, and counts already
        if post.conn is not None and post.call == "sendall":
            post.conn.wants_room = False
        post.call = post.conn = None
        self._busy += 1

    def _rest(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._rings()

    def _resume(self, conn: Conn, calls: tuple[Call, ...]) -> None:
        with self._guard:
            for post in self._posts.values():
                if post.call == "select" or (post.conn is conn and post.call in calls):
                    self._works(post)


def _patience() -> float:
    return 3600 if waking.WOKEN_BY_SHUTDOWN else TURN


def _shut_down(conn: Conn) -> None:
    with contextlib.suppress(OSError):  # the member has broken it off
        conn.sock.shutdown(socket.SHUT_RDWR)


class Lock:
    """As `threading.Lock`: one thread holds it, and the others wait, first come, first served."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._waiting: collections.deque[Post] = collections.deque()
        self._holder: Post | None = None

    def __enter__(self) -> None:
        with self._stage.turn() as here:
            if self._holder is None:
                self._holder = here
                return
            self._waiting.append(here)
            self._stage.wait_until("lock", lambda post: self._holder is post)

    def __exit__(self, *_: object) -> None:
        with self._stage.turn():
            self._holder = self._waiting.popleft() if self._waiting else None
            if self._holder is not None:
                self._stage.wake(self._holder)


class Full(Exception):
    """There is no room in a queue."""


class Queue:
    """As `queue.Queue(most)`, for one thread that takes."""

    def __init__(self, stage: Stage, most: int) -> None:
        self._stage = stage
        self._most = most
        self._taker: Post | None = None  # while it waits
        self.items: list[bytes] = []
        """What waits in it."""

    def put_nowait(self, item: bytes) -> None:
        """Full if it is."""
        with self._stage.turn():
            if len(self.items) >= self._most:
                raise Full
            self.items.append(item)
            if self._taker is not None:
                self._stage.wake(self._taker)
                self._taker = None

    def get(self) -> bytes:
        """The next one, as soon as there is one."""
        with self._stage.turn() as here:
            if not self.items:
                self._taker = here
                self._stage.wait_until("queue", lambda _: bool(self.items))
            return self.items.pop(0)


class Selector:
    """As one of `selectors`, for connections, of which those that want room are asked for it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._selector = selectors.DefaultSelector()

    def register(self, conn: Conn) -> None:
        self._selector.register(conn.sock, selectors.EVENT_READ, conn)

    def unregister(self, conn: Conn) -> None:
        self._selector.unregister(conn.sock)

    def ask_for_room(self, conn: Conn, wanted: bool) -> None:
        """Whether `conn` is registered for WRITE, too."""
        conn.wants_room = wanted
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        self._selector.modify(conn.sock, events, conn)

    def select(self) -> list[tuple[Conn, bool, bool]]:
        """Who is ready: for reading, for writing. One at least, unless the room is ended."""
        ready: list[Any] = []
        with self._stage.waits("select"):
            while not ready and not self._stage.ended:
                ready = self._selector.select(_patience())
        return [
            (key.data, bool(events & selectors.EVENT_READ), bool(events & selectors.EVENT_WRITE))
            for key, events in ready
        ]

    def close(self) -> None:
        self._selector.close()
