"""The records of a recording: plain, typed, immutable; and `Recorded`, what has them.

Nothing comes in: `history` makes them. Who imports it: whoever reads a recording. What draws one asks for a `Recorded`, not for the `Recording` that `watch` gives: a recording
that was put together otherwise (the judge's, a test's, one without its links) is as good.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from helpers.sockets.tapes import EOF, KEPT_HEAD, LARGE, RAGGED_END, Passage

Role = Literal["client", "server", "listening", "datagram", "pair", "unconnected"]


BROKEN = ("ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError")
"""What a call raises on a connection that its peer has ended."""

LEFT_OPEN, STAYS_OPEN = 1, 2
"""How a socket was closed: its program had left it open; it stays open, somebody else has it too. (No fields of their own: there are a great many events.)"""


@dataclasses.dataclass(frozen=True, slots=True)
class End:
    """A socket, as the recording knows it: a listening one, or one end of a conversation."""

    number: int
    """Counted in this process, in the order in which sockets were made."""
    role: Role
    """client: it connects. server: made by `accept`. listening: it accepts. pair: one of a `socketpair`. datagram: UDP."""
    program: str | None
    """The program or server that made it, by its name; None: the notebook, or whoever runs this."""
    local: Any = None
    """Its own address, as `getsockname` gives it; None before it has one."""
    peer: Any = None
    """Its peer's address; None where it has no peer."""
    bound: Any = None
    """The address that `bind` was given; None where the system chose."""
    listener: int | None = None
    """The number of the listening socket that accepted it, or that it called, where that is known."""
    across: int | None = None
    """Of a link's socket (`helpers.Link`): the number of the one to which it passes on what it receives. (`helpers.DatagramLink`: of those towards the server, the one for all clients.)"""


CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
"""Kinds of TLS records."""


class Record(NamedTuple):
    """A TLS record: what is on the wire, and what is in it."""

    kind: int
    """As its header says it: 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data. 0: records that were counted, and not seen, however many they are."""
    version: int
    """As its header says it: 0x0303 is that of TLS 1.2, and of TLS 1.3, which calls itself so in records."""
    size: int
    """Bytes, with the five of its header."""
    inner: int
    """What it is, as its ends know it: TLS 1.3 writes 23 on all that is encrypted."""
    messages: tuple[int, ...] = ()
    """The types of handshake messages that begin in it, or the number of an alert. Nothing else of them is kept."""

    @property
    def encrypted(self) -> bool:
        """Whether it is known to hide what it is."""
        return self.kind != self.inner


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """One call of one socket's method, which has returned or raised, or (`ended` is None) was still waiting when the recording ended.

    Of a `sendall` between whose bytes those of others stand, there is one for each piece: its `size` is less than what was `asked`.

    On a TLS socket there are two kinds: its calls, which give and take plaintext and move no bytes of the stream (`tls`); and the `records` that they write and read, which do, and are no calls.
    """

    order: int
    """Its place in `recording.events`: causes before effects."""
    call: str
    """The method's name: socket, bind, listen, accept, connect, send, sendall, sendto, recv, recv_into, recvfrom, shutdown, close, …"""
    socket: End
    """Whose method. For `accept` the listening socket."""
    program: str | None
    """The program or server in whose thread it was called; None: the notebook, or whoever runs this."""
    thread: str
    """That thread's name."""
    data: bytes = b""
    """The bytes sent or received, or, of a send that failed before it sent any, given; of more than 64 the first 40 and the last 24; of more than 4096 the first 64."""
    size: int = 0
    """How many bytes were sent or received."""
    asked: int = 0
    """How many bytes a send was given, or for how many at most a receive asked; the backlog of `listen`."""
    offset: int | None = None
    """Place of the first of these bytes in the stream from this end (send) or to it (receive), from 0; None without a stream."""
    begun: float | None = None
    """Seconds from the beginning of the recording to that of the call; None if it began before."""
    ended: float | None = None
    """The same for its end; None if it was still waiting."""
    error: str | None = None
    """The name of the class of what it raised, such as TimeoutError."""
    timeout: float | None = None
    """Seconds after which the socket gives up waiting, where it did (error is TimeoutError)."""
    address: Any = None
    """What bind, connect, sendto were given; whom accept and recvfrom met."""
    accepted: End | None = None
    """The socket that `accept` made."""
    peek: bool = False
    """Whether the bytes stay where they are, to be received once more (MSG_PEEK)."""
    how: int | None = None
    """What shutdown was given: socket.SHUT_RD, SHUT_WR or SHUT_RDWR. Of listen the backlog; None: it was given none. Of close `LEFT_OPEN`, `STAYS_OPEN`, or None.
    Of a call that its own program ended by `shutdown`: the direction that was shut down, socket.SHUT_RD or SHUT_WR."""
    reset: bool = False
    """close: whether it broke the connection off (RST): bytes waited unread, or SO_LINGER said so."""
    forgotten: bool = False
    """close: whether nobody called it. Nothing referred to the socket any more, and Python closed it."""
    follows: tuple[int, ...] = ()
    """The calls of other threads, by their `order`, that were over because one thread has started the other, or waited for its end, or until it rested."""
    thread_number: int | None = None
    """Which thread it was, where two have one name: counted in the recording. None: not known."""

    @property
    def tls(self) -> bool:
        """Whether it is a call of a TLS socket: its bytes are plaintext, its `offset` is counted in that."""
        return False

    @property
    def told(self) -> str | None:
        """Of such a call: why it raised, in the words of OpenSSL; how the stream ended; the version that was agreed on; how much is pending."""
        return None

    @property
    def records(self) -> tuple[Record, ...]:
        """The TLS records that it is, one behind the other (call: "send record", "recv record"): `size` is that of all, `data` the header of the first."""
        return ()

    @property
    def shared(self) -> bool:
        """Of a close: whether the socket stays open, because somebody else has it too (`dup`, another process). The peer hears nothing of it."""
        return self.call == "close" and self.how == STAYS_OPEN

    @property
    def end(self) -> Role:
        """Which end called it."""
        return self.socket.role

    @property
    def left(self) -> bool:
        """close: whether its program did not call it. The program was ended, and what it had left open was closed for it."""
        return self.call == "close" and self.how == LEFT_OPEN

    @property
    def shut(self) -> bool:
        """Whether it was its own program's `shutdown` that ended it: then a receive brings b'', an `accept` or a send raises. The peer has done nothing."""
        return self.how is not None and (self.receives or self.sends or self.call == "accept")

    @property
    def waited(self) -> float:
        """Seconds between its beginning and its end, as far as they lie in the recording; 0.0 where it had no end."""
        return self.ended - (self.begun or 0.0) if self.ended is not None else 0.0

    @property
    def sends(self) -> bool:
        """Whether it moves bytes of the stream, as they pass on the wire."""
        return self.call.startswith("send") and not self.tls

    @property
    def receives(self) -> bool:
        return self.call.startswith("recv") and not self.tls

    @property
    def says(self) -> bool:
        """Whether a program has given bytes to it, encrypted or not."""
        return self.call.startswith("send") and not self.records or self.call == "write"

    @property
    def hears(self) -> bool:
        return self.call.startswith("recv") and not self.records or self.call == "read"

    @property
    def end_of_stream(self) -> bool:
        """Whether a receive brought b'' because the peer will send no more. On a TLS socket: because its stream ended, and not because it said so (close_notify)."""
        if self.tls:
            return self.told == RAGGED_END or self.error == EOF
        done = self.receives and self.error is None and self.ended is not None
        return done and self.size == 0 and self.asked > 0 and self.offset is not None and not self.shut

    @property
    def broken(self) -> bool:
        """Whether it raised because the peer, or a link, had broken the connection off, or was gone."""
        return self.error in BROKEN and not self.shut

    def short_repr(self, most: int = 40) -> str:
        """`data` as `repr`, cut in the middle to about `most` characters, with the number of all bytes where some are left out."""
        return short_repr(self.data, self.size, most)


@dataclasses.dataclass(frozen=True, slots=True)
class PlaintextCall(Event):
    """One of a TLS socket. (Classes of their own: a field more would cost every event of every recording eight bytes.)"""

    said_of_it: str | None = None

    @property
    def tls(self) -> bool:
        return True

    @property
    def told(self) -> str | None:
        return self.said_of_it


@dataclasses.dataclass(frozen=True, slots=True)
class RecordRun(Event):
    """TLS records that one call wrote, or read."""

    run: tuple[Record, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        return self.run


def short_repr(data: bytes, size: int, most: int) -> str:
    """`repr` of `size` bytes, of which `data` was kept, cut in the middle to about `most` characters."""
    whole = repr(data)
    if size == len(data) and len(whole) <= most:
        return whole
    room = max(most - len(f"b'…' ({size:,} bytes)"), 2)
    # Of bytes that were not kept, some belong between the head and the tail: the cut goes through there.
    head, tail = (data, data) if size == len(data) else (data[:KEPT_HEAD], data[KEPT_HEAD:] if size <= LARGE else b"")
    first, last = _repr_within(head, room - room // 3, end=False), _repr_within(tail, room // 3, end=True)
    return f"b'{first}…{last}' ({size:,} bytes)"


def _repr_within(data: bytes, most: int, end: bool) -> str:
    """The repr, without its quotes, of as many bytes at the beginning (or `end`) of `data` as fit into `most` characters."""
    pieces: list[str] = []
    for byte in reversed(data) if end else data:
        piece = "\\'" if byte == 39 else repr(bytes([byte]))[2:-1]
        if sum(map(len, pieces)) + len(piece) > most:
            break
        pieces.append(piece)
    return "".join(reversed(pieces) if end else pieces)


class Flow(NamedTuple):
    """Bytes on their way from one call to another. Where one end is not recorded, its event is None."""

    sent: Event | None
    received: Event | None
    size: int


@dataclasses.dataclass(frozen=True)
class Conversation:
    """A connection (or two datagram sockets that talk), both ends as far as they are known."""

    number: int
    """From 1, in the order of their first events."""
    client: End | None
    """The end that connected; of a pair the first, of datagrams the one that sent first. None: in another process."""
    server: End | None
    events: tuple[Event, ...]
    """The calls on either end, `connect` and `accept` among them."""
    flows: tuple[Flow, ...]
    """For every received byte of the recording, which call sent it. Peeks are not among them."""
    unread: tuple[Flow, ...]
    """Bytes sent and not received in the recording by an end that is known: `received` is None."""
    unsure: tuple[Flow, ...] = ()
    """Bytes behind others that were not recorded (they went past the socket's methods): nobody knows who received them, or (`sent` is None; these are among the flows, too) who sent
    them."""


def missing_of(recording: object) -> Sequence[str]:
    """What is not known of a recording, a sentence each: programs in processes of their own may be gone before they can tell. Not every `Recorded` has such a thing."""
    return getattr(recording, "missing", ())


def whole_of(recording: object) -> Mapping[int, bytes]:
    """All the bytes of receives of which `Event.data` has not all, by `Event.order`; of the first ones only (`tapes.WHOLE`), and not every `Recorded` has such a thing."""
    found: Mapping[int, bytes] = getattr(recording, "whole", {})
    return found


def passages_of(recording: object) -> Mapping[int, Passage]:
    """What links for datagrams (`helpers.DatagramLink`) did to them: which datagram each call of theirs moved, and what became of it, by `Event.order`. Not every `Recorded` has such a thing."""
    found: Mapping[int, Passage] = getattr(recording, "passages", {})
    return found


class Recorded(Protocol):
    """What a picture is drawn from: a recording, or whatever tells its calls in the same way."""

    @property
    def events(self) -> Sequence[Event]:
        """The calls, causes before effects."""
        ...

    @property
    def conversations(self) -> Sequence[Conversation]:
        """Who talked with whom, in the order of their first calls."""
        ...

    @property
    def dropped(self) -> int:
        """Calls that were not kept, because the recording was full."""
        ...
