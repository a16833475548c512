"""What a call on a traced socket leaves behind: an entry on each tape that runs, and the count of its stream's bytes.

Comes in: each call, from the traced socket, through `note()`, `took()` and `gave()`. Goes out: a `Tape` with its `Entry`s, in the order in which the calls came back,
which `recording` turns into events. Each call asks `running`; what follows it costs next to nothing while that is False.
"""

from __future__ import annotations

import collections
import functools
import itertools
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from threading import get_ident
from typing import Any, NamedTuple

from helpers.sockets import owners


class Caller(NamedTuple):
    """Whoever makes a call."""

    thread: str
    """The thread's name."""
    program: str | None
    """The name of the program or server that the thread belongs to; None: the notebook."""


class Bypassed(NamedTuple):
    """Bytes that went past a socket's methods: the kernel has moved them, and its trace has not counted them. None: nobody can say."""

    sent: int | None = None
    received: int | None = None


class Trace:
    """What is remembered of a socket, also after it is gone."""

    __slots__ = (
        "number", "role", "family", "kind", "program", "sent", "received", "seen", "seen_again", "find", "since", "local", "peer", "bound", "listener", "mate", "across", "inner",
        "handles", "finished", "ended", "queue", "early", "left", "bypassed", "piecemeal", "tls", "__weakref__",
    )  # fmt: skip

    def __init__(self, family: int, kind: int, program: str | None) -> None:
        self.number = next(_numbers)
        self.role = "unconnected" if kind == socket.SOCK_STREAM else "datagram"
        """client: it has tried to connect. server: made by `accept`. listening, pair, datagram: what they are."""
        self.family = family
        self.kind = kind
        """SOCK_STREAM, SOCK_DGRAM, …"""
        self.program = program
        """Who made it: the name of its owner; None: the notebook."""
        self.sent = 0
        """Bytes sent so far."""
        self.received = 0
        """Bytes received so far, without those that were only looked at."""
        self.seen = 0
        """How far somebody has looked ahead (MSG_PEEK) at last."""
        self.seen_again = 0
        """The same where it was the second look, which brought nothing new: whoever looks so waits for more."""
        self.find: Callable[[], Any] = lambda: None
        """The socket itself, as long as there is one."""
        self.since = 0
        """Its place among all connects and listens, of whichever process (`registry.step`); 0: none of them."""
        self.local: Any = None
        """Its address, once it has one and a tape has met it."""
        self.peer: Any = None
        self.bound: Any = None
        """What `bind` was given."""
        self.listener: Trace | None = None
        """The listening socket that accepted it, or that it called."""
        self.mate: Trace | None = None
        """The other end, where it is in this process."""
        self.across: Trace | None = None
        """Of a link's socket: the one to which it passes on what it receives."""
        self.handles = 1
        """How many sockets of this process it is: `dup` makes another one of the same."""
        self.finished = False
        """Whether it will send no more: closed, or shut down."""
        self.ended = False
        """Whether it has seen the end of the stream."""
        self.queue: dict[Any, Trace] = {}
        """A listening socket's clients, of this process, that it has not accepted yet, by their addresses."""
        self.early: weakref.WeakValueDictionary[Any, Trace] | None = None
        """The connections that it accepted before their clients came back from `connect`."""
        self.left = False
        """Whether its program has left it open, and whoever ends the program closes it."""
        self.piecemeal = 0
        """How many calls of `sendall` are under way of which the system takes one piece after the other."""
        self.bypassed = Bypassed()
        """Of a socket that was closed while a tape ran: what had gone past it."""
        self.inner = False
        """Whether it is a library's own, which no program sees: asyncio wakes its loop through a pair of sockets."""
        self.tls: TLSTrace | None = None
        """What is remembered of TLS on it; None: it has spoken none. What it counts then as sent and received are the bytes of records, as they pass on the wire, and of those that a tape has."""

    def look(self, end: int) -> None:
        """Somebody has looked at the stream up to `end`, and taken nothing."""
        if end == self.seen:
            self.seen_again = end
        self.seen = end


class TLSTrace:
    """What is remembered of the TLS that is spoken on a socket."""

    __slots__ = ("seen", "ragged", "counted", "written", "writer", "read", "reader")

    writer: Thread
    """The thread that wrote `written`."""
    reader: Thread
    """The thread that read `read`."""

    def __init__(self, seen: bool) -> None:
        self.seen = seen
        """Whether its records are seen."""
        self.ragged = False
        """Whether the peer's stream has ended without close_notify."""
        self.counted: tuple[int, int] | None = None
        """Where the records are not seen: the bytes that the kernel has sent and received by now, as far as they are on a tape, or were there before it."""
        self.written: bytes | None = None
        """The header of a record of application data that is on no tape yet: it is noted with the call that writes it. None: there is none."""
        self.read: bytes | None = None
        """The same of one that a call reads."""


class Thread:
    """A thread that has made a call. The system may give its `ident` to another one later."""

    __slots__ = ("ident", "name")

    def __init__(self, ident: int, name: str) -> None:
        self.ident = ident
        self.name = name


class Entry(NamedTuple):
    """A call on a tape."""

    trace: Trace
    call: str
    begun: float | None
    """On the clock `now`; None: before any tape ran."""
    ended: float | None
    """None: it had not come back when the tape was stopped."""
    thread: Thread
    data: bytes
    """Of more than KEPT bytes the first KEPT_HEAD and the last KEPT_TAIL, of more than LARGE the first KEPT."""
    size: int
    """Bytes sent or received."""
    asked: int
    """Bytes that a send was given, or that a receive asked for at most; the backlog."""
    offset: int
    """How many bytes the socket had sent, or received, before these."""
    more: More | None


class More(NamedTuple):
    """What few entries have."""

    error: str | None = None
    """The name of the exception's class."""
    detail: Any = None
    """bind, connect, sendto, recvfrom: an address. accept: (trace, address). shutdown: how. listen: the backlog, if it was given one. close: how it ended."""
    flags: int = 0
    timeout: float | None = None
    """The socket's, where the error is a TimeoutError."""
    whole: bytes | None = None
    """All that a receive brought, where that is more than KEPT bytes and there was room."""
    passage: Passage | None = None
    """Of a call of a link for datagrams."""


class Passage(NamedTuple):
    """What a link for datagrams did to the one that this call of the link's moved. The link says so: it is not worked out from the bytes."""

    number: int
    """The datagram's own: the same where the link took it, and wherever it handed it over."""
    far: int
    """The link's socket towards the server, by its number: each client has another one."""
    lost: bool = False
    """Where the link took it: it goes no further."""
    doubled: bool = False
    """Where it was handed over: it is the double."""
    corrupted: bool = False
    """Where it was handed over: one bit is not what it was."""
    held: float = 0.0
    """Where it was handed over: the seconds for which it had to wait, as its faults have it."""
    refused: bool = False
    """Where it was handed over: the system there has said that nobody has the port."""


now = time.perf_counter

KEPT_HEAD, KEPT_TAIL = 40, 24
KEPT = KEPT_HEAD + KEPT_TAIL
LARGE = 4096
"""More bytes than that in one call are bulk: of those only the first KEPT are kept, since each slice of them costs a part of what moving them costs."""

WHOLE, AT_ONCE = 1 << 18, 1 << 14
"""So many bytes of receives are kept whole, of the first ones after a tape has started, of each at most so many: a message can be looked at, and bulk costs nothing (to hold pieces of 64 KiB makes the next ones 2 % slower)."""

RESET, FORGOTTEN, LEFT, LEFT_AND_RESET, SHARED = "reset", "forgotten", "left", "left, reset", "shared"
"""How a `close` ended: the connection was broken off (RST); nobody closed it, Python collected the socket; its program left it open and was ended; it stays open, somebody else has it too."""

TLS_WRITES = frozenset({"tls.send", "tls.sendall", "tls.write"})
"""Those of a TLS socket that write plaintext."""

TLS, TLS_MESSAGE = "tls.", "tls.message"
"""How calls of a TLS socket begin that give or take plaintext, and move no bytes of the stream; and what is said within a record: `asked` is its kind * 256 + its number, `offset` 1 where it was sent."""

SEND_RECORD, RECEIVE_RECORD = "send record", "recv record"

TLS_RECORD = "tls.record"
"""A record that passes through other calls, as those of asyncio: `offset` is its place in the stream, `asked` 1 where it is sent."""

CLEAN_END, RAGGED_END = "close_notify", "no close_notify"
"""How a TLS stream has ended that a receive brought b'' of."""

EOF = "SSLEOFError"
"""What a call of a TLS socket raises where that is an error."""

running = False
"""Whether any tape runs."""

_WIDTH = len(Entry._fields)
# All tapes that run at the same time share one list: the fields of one entry after the other. (An object for each entry would keep the
# garbage collector busy, and a list for each tape would cost a loop at each call.) It takes no more when it has `_full` fields.
_fields: list[Any] = []
_full = 0
_refused = 0  # entries that came when it was full
_room_for_whole = 0


class Tape:
    """The entries of all calls from `start` to `stop`, up to `limit` of them; `dropped` is how many more there were."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.began = 0.0
        """When it was started, on the clock `now`."""
        self._fields: list[Any] = []
        self._first = 0
        self._last: int | None = None
        self._refused = 0
        self._owners: dict[int, str | None] = {}

    def start(self) -> None:
        """Record from now on. RuntimeError if it was started before."""
        global running, _fields, _full, _room_for_whole
        with _guard:
            if self.began:
                raise RuntimeError("A recording is made once. For another one call helpers.watch() again.")
            if not _running:
                _fields = []
            _running.append(self)
            self._fields, self._first, self._refused = _fields, len(_fields), _refused
            _full, _room_for_whole = _room(), WHOLE
            self._owners = {thread: who.name for thread, who in owners.everybody().items()}
            self.began = now()
            running = True

    def stop(self) -> None:
        """Record no more."""
        global running, _full
        with _guard:
            if self not in _running:
                return
            settle_all()
            _running.remove(self)
            running = bool(_running)
            _full = _room()
            self._last, self._refused = self._end(), _refused - self._refused

    @property
    def dropped(self) -> int:
        refused = self._refused if self._last is not None else _refused - self._refused
        return refused + max((self._end() - self._first) // _WIDTH - self.limit, 0)

    def __len__(self) -> int:
        """How many entries there are so far."""
        return min((self._end() - self._first) // _WIDTH, self.limit)

    def forget(self) -> None:
        """Let the entries of a tape that was stopped go; how many there were stays known."""
        self._fields = []

    def entries(self, length: int) -> Iterator[Entry]:
        """The first `length` of them, in the order in which calls came back; a TLS record that was noted with its call is one more."""
        fields = itertools.islice(self._fields, self._first, self._first + length * _WIDTH)
        entries = map(Entry._make, zip(*[fields] * _WIDTH, strict=True))
        return _apart(entries) if _any_secured else entries

    def threads(self) -> dict[Thread, None]:
        """The threads that made the calls, in the order of their first ones."""
        column = self._first + Entry._fields.index("thread")
        return dict.fromkeys(itertools.islice(self._fields, column, self._first + len(self) * _WIDTH, _WIDTH))

    def callers(self, length: int) -> Iterator[Caller]:
        """Who made the call, for each of `entries(length)`."""
        changes = collections.deque(change for change in list(owners.changes) if change[0] >= self.began)
        names = dict(self._owners)
        for entry in self.entries(length):
            while changes and entry.ended is not None and changes[0][0] <= entry.ended:
                _, thread, name = changes.popleft()
                names[thread] = name
            yield Caller(entry.thread.name, names.get(entry.thread.ident))

    def _end(self) -> int:
        return len(self._fields) if self._last is None else self._last


def _room() -> int:
    """How many fields the list may have for the tapes that run."""
    return max((tape._first + tape.limit * _WIDTH for tape in _running), default=0)


def caller(thread: Thread) -> Caller:
    """Whose a thread is now."""
    who = owners.of(thread.ident)
    return Caller(thread.name, who.name if who is not None else None)


_running: list[Tape] = []
_guard = owners.Guard()
_numbers = itertools.count(1)
here = threading.local()
"""`.thread`: the running one, as soon as it has an entry."""
_any_secured = False  # whether there has been any
_secured: weakref.WeakValueDictionary[int, Trace] = weakref.WeakValueDictionary()
# Those of sockets whose records are seen, by their numbers. (Not a WeakSet: another thread may add one while they are looked at.)


def note(
    trace: Trace,
    call: str,
    begun: float | None,
    data: bytes = b"",
    size: int = 0,
    asked: int = 0,
    offset: int = 0,
    more: More | None = None,
    ended: float | None = None,
    thread: Thread | None = None,
) -> None:
    """Leave an entry on the tapes that run. It ended just now, or (`ended`) when that is known better; the running thread made the call, or (`thread`) another one."""
    global _refused
    if len(_fields) >= _full:
        _refused += 1
        return
    if thread is None:
        try:
            thread = here.thread
        except AttributeError:
            thread = _meet_thread()
    _fields.extend((trace, call, begun, ended or now(), thread, data, size, asked, offset, more))


def size_of_record(header: bytes) -> int:
    """Bytes of a TLS record, with its header. Of what is no TLS, five were read as if they were one."""
    return 5 + (header[3] << 8 | header[4]) if header[1] == 3 else 5


def note_written(trace: Trace, tls: TLSTrace, call: str, begun: float | None, data: bytes, size: int) -> None:
    """Leave an entry of a call that wrote `size` bytes of plaintext, and with it the record that it wrote them in, where that has none yet."""
    global _refused
    header = tls.written
    if header is None:
        return note(trace, call, begun, data, size, size)
    tls.written, place = None, trace.sent
    trace.sent = place + 5 + (header[3] << 8 | header[4])
    if len(_fields) >= _full:
        _refused += 1
        return
    _fields.extend((trace, call, begun, now(), tls.writer, data, size, size, place, header))


def note_read(trace: Trace, tls: TLSTrace, call: str, begun: float | None, data: bytes, size: int, asked: int) -> None:
    """The same of a call that read `size` bytes, of `asked`."""
    global _refused
    header = tls.read
    if header is None:
        return note(trace, call, begun, data, size, asked)
    tls.read, place = None, trace.received
    trace.received = place + 5 + (header[3] << 8 | header[4])
    if len(_fields) >= _full:
        _refused += 1
        return
    _fields.extend((trace, call, begun, now(), tls.reader, data, size, asked, place, header))


def _apart(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Each call, and before it the record that was noted with it: its header stands there as `more`, its place as `offset`."""
    for entry in entries:
        header: Any = entry.more
        if type(header) is not bytes:
            yield entry
            continue
        record = SEND_RECORD if entry.call in TLS_WRITES else RECEIVE_RECORD
        size = size_of_record(header)
        yield entry._replace(call=record, data=header, size=size, asked=size, more=None)
        yield entry._replace(offset=0, more=None)


def note_record(trace: Trace, written: bool, header: bytes, thread: Thread | None = None) -> None:
    """Leave an entry of a record by itself, at its place in the stream."""
    when, size = now(), size_of_record(header)
    if written:
        call, place = SEND_RECORD, trace.sent
        trace.sent = place + size
    else:
        call, place = RECEIVE_RECORD, trace.received
        trace.received = place + size
    note(trace, call, when, header, size, size, place, None, when, thread)


def settle(trace: Trace) -> None:
    """Note the records that wait for their call: something is to stand behind them, or nobody knows when it comes back."""
    tls = trace.tls
    if tls is None:
        return
    header, tls.written = tls.written, None
    if header is not None:
        note_record(trace, True, header, tls.writer)
    header, tls.read = tls.read, None
    if header is not None:
        note_record(trace, False, header, tls.reader)


def settle_all() -> None:
    """The same of all sockets, before somebody reads a tape."""
    for known in _secured.valuerefs():
        if (trace := known()) is not None:
            settle(trace)


def secure(trace: Trace, seen: bool) -> None:
    """TLS is spoken on its socket from now on; whether its records are seen."""
    global _any_secured
    trace.tls = TLSTrace(seen)
    if seen:
        _any_secured = True
        _secured[trace.number] = trace


def _meet_thread() -> Thread:
    """The running thread, which is new here."""
    ident = get_ident()
    thread = here.thread = Thread(ident, owners.name_of(ident))
    return thread


class Handover(NamedTuple):
    """That one thread went on from what another one had done: it was started by it, waited for its end or until it rested, or took from a queue what the other had put there.

    What the first one did before came before what the second one did afterwards.
    """

    given: float
    """When the first one had done it."""
    taken: float
    """When the second one went on. Times are as in `Entry`, threads by their `ident`."""
    giver: int
    """`EVERYBODY`: all others."""
    taker: int


EVERYBODY = 0
"""No thread's `ident`."""
handed_over: collections.deque[Handover] = collections.deque(maxlen=20_000)
"""While tapes run."""


def hand_over(given: float, taken: float, giver: int | None, taker: int | None) -> None:
    """Called when one thread goes on from what another one has done."""
    if running and giver is not None and taker is not None:
        handed_over.append(Handover(given, taken, giver, taker))


def took(
    trace: Trace, call: str, begun: float | None, data: Any, size: int, asked: int, flags: int, address: Any = None
) -> None:
    """Called when `size` bytes, the first of `data`, were received."""
    aside = flags and bool(flags & ASIDE)
    offset = trace.received
    if aside:
        trace.look(offset + size)
    else:
        trace.received = offset + size
    if not size:
        trace.ended = True
    if running:
        more, all_of_it = _more(None, address, int(flags)), whole(data, size)
        if all_of_it is not None:
            more = more._replace(whole=all_of_it)
        note(trace, call, begun, kept(data, size), size, asked, offset, more)


def gave(
    trace: Trace,
    call: str,
    begun: float | None,
    data: Any,
    size: int,
    error: str | None = None,
    detail: Any = None,
    flags: int = 0,
    timeout: float | None = None,
) -> None:
    """Called when `size` bytes, the first of `data`, were sent, perhaps before an error."""
    moved = in_stream(size, flags)
    offset = trace.sent
    trace.sent = offset + moved
    if running:
        more = _more(error, detail, int(flags), timeout)
        shown = given(data) if error and not size else kept(data, size)
        note(trace, call, begun, shown, size, size_of(data), offset, more)


def noted() -> int:
    """How many entries there are on the tapes that run, with those for which there was no room."""
    return len(_fields) // _WIDTH + _refused


_known_more = functools.lru_cache(1000)(More)


def _more(*fields: Any) -> More:
    """The same object for the same fields: most datagrams of a socket come from a few addresses."""
    try:
        return _known_more(*fields)
    except TypeError:  # a host may be a bytearray
        return More(*fields)


def in_stream(size: int, flags: int) -> int:
    """How many of `size` bytes that were sent are part of the stream: the last urgent one travels beside it."""
    return size - 1 if size and flags & URGENT else size


def kept(data: Any, size: int) -> bytes:
    """What a tape keeps of the first `size` bytes of `data`."""
    if type(data) is not bytes:
        view = memoryview(data).cast("B")[:size] if size else b""
        data = bytes(view[:KEPT] if size > LARGE else view)
    whole: bytes = data
    if size > LARGE:
        return whole[:KEPT]
    if size > KEPT:
        return whole[:KEPT_HEAD] + whole[size - KEPT_TAIL : size]
    return whole[:size]


def whole(data: Any, size: int) -> bytes | None:
    """All of the `size` bytes that a receive brought, the first of `data`, where they are more than `kept` keeps, and no bulk, and while there is room."""
    global _room_for_whole
    if not KEPT < size <= AT_ONCE or size > _room_for_whole:
        return None
    _room_for_whole -= size
    return data if type(data) is bytes else bytes(memoryview(data).cast("B")[:size])


def given(data: Any) -> bytes:
    """What a tape keeps of what a send was given that failed: perhaps because it is nothing that can be sent."""
    try:
        return kept(data, size_of(data))
    except (TypeError, ValueError, BufferError):
        return b""


def size_of(data: Any) -> int:
    """How many bytes a send is given; 0 for what cannot be sent."""
    if type(data) is bytes:
        return len(data)
    try:
        return memoryview(data).nbytes
    except TypeError:
        return 0


URGENT = int(socket.MSG_OOB)
ASIDE = int(socket.MSG_PEEK | socket.MSG_OOB | getattr(socket, "MSG_ERRQUEUE", 0))
"""Flags of a receive that leaves the stream where it is."""
