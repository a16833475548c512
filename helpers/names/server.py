"""A name server that is real, and can be told to lie.

In: names with their addresses, and what it is told to do about some of them. Out: a `Service` that answers questions over UDP and TCP, on one port of this computer. For learners.

>>> with NameServer({"www.example.org": ["127.0.0.1"]}) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
...     s.sendto(question, server.address)
...     s.recv(512)
"""

from __future__ import annotations

import collections
import dataclasses
import socket
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Never, Self, TypeVar, overload

import dns.message
import dns.rcode

from helpers.names import spoiling, tables
from helpers.names.answering import (
    DATAGRAM,
    NoQuestion,
    answer_to,
    asked_in_words,
    in_words,
    question_in,
    refusal,
)
from helpers.names.tables import Known, NameSet, NameTable
from helpers.running.servers import LOGGED, Server
from helpers.sockets import owners
from helpers.words import listed

T = TypeVar("T")

STRANGER = "stranger"
"""Who sends what comes from another port than the server's, as a picture calls them."""
LARGEST = 65535
"""Bytes of a datagram, and of a message over TCP."""
LONGEST_TTL = 2**31 - 1
_TRIES = 20
"""Ports that are tried until one is free for UDP and TCP."""
_PAUSE = 0.05
"""Seconds after an error that would come again at once."""


class Told(Generic[T]):
    """Something that a name server is told: whatever is set is made by `make`, or refused by it."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, server: None, owner: type) -> Self: ...
    @overload
    def __get__(self, server: NameServer, owner: type) -> T: ...
    def __get__(self, server: NameServer | None, owner: type) -> Self | T:
        return self if server is None else vars(server)[self._name]

    def __set__(self, server: NameServer, value: Any) -> None:
        vars(server)[self._name] = self._make(value)


def _ttl(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_TTL:
        raise ValueError(f"ttl is a whole number of seconds, such as 60. It cannot be {value!r}.")
    return value


@dataclasses.dataclass
class _Reply:
    """What is sent to somebody who asked."""

    data: bytes | None
    """None: nothing."""
    delay: float = 0
    """Seconds, before it is sent."""
    before: bytes | None = None
    """What comes first, from the same address."""
    from_elsewhere: bytes | None = None
    """What comes first, from another one."""


class NameServer(Server):
    """Answers questions of DNS about the names that it is given, over UDP and TCP, at `address`; `log` has a line for each question.

    `names`: for each name a list of addresses, of IPv4 and IPv6; or another name, as text: it is an alias of that one. A name that it does not have, in a zone that it has (`example.org`, if it has
    `www.example.org`), does not exist (NXDOMAIN); of others it does not speak (REFUSED). `ttl`: for how many seconds an answer may be kept.

    What it is told to do about some names; all of it may be changed while it runs:

    - `lies={name: addresses}`: answers with these instead.
    - `loops={name}`: the name in its answer's record is a pointer to itself; of an alias, the one that it stands for.
    - `truncates={name}`: over UDP its answer has no records, and says that it is truncated; over TCP it is whole.
    - `silent={name}`: does not answer.
    - `delays={name: seconds}`: answers so much later.
    - `cuts={name: bytes}`: of its answer only so many bytes are sent (fewer than 0: so many are missing at its end).
    - `spoofs={name: addresses}`: over UDP, before it answers, an answer with these comes from another port, with the right id.
    - `wrong_ids={name: addresses}`: over UDP, before it answers, an answer with these comes from its own port, with another id.

    For `spoofs` and `wrong_ids` a set of names will do: they get addresses that belong to nobody.
    """

    names = Told[NameTable[Known]](tables.table_of_known)
    lies = Told[NameTable[Known]](tables.table_of_known)
    spoofs = Told[NameTable[Known]](tables.table_of_false)
    wrong_ids = Told[NameTable[Known]](tables.table_of_false)
    delays = Told[NameTable[float]](tables.table_of_delays)
    cuts = Told[NameTable[int]](tables.table_of_cuts)
    loops = Told[NameSet](NameSet)
    truncates = Told[NameSet](NameSet)
    silent = Told[NameSet](NameSet)
    ttl = Told[int](_ttl)

    def __init__(
        self,
        names: Mapping[str, Iterable[str] | str],
        *,
        ttl: int = 60,
        lies: Mapping[str, Iterable[str] | str] | None = None,
        loops: Iterable[str] = (),
        truncates: Iterable[str] = (),
        silent: Iterable[str] = (),
        delays: Mapping[str, float] | None = None,
        cuts: Mapping[str, int] | None = None,
        spoofs: Mapping[str, Iterable[str] | str] | Iterable[str] | None = None,
        wrong_ids: Mapping[str, Iterable[str] | str] | Iterable[str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        **misspelt: Never,
    ) -> None:
        for name in misspelt:
            raise TypeError(f"{_unheard_of(name)} (And host, port: where it listens.)")
        super().__init__(self._answer_stream, host, port)
        for name, value in (
            ("names", names), ("ttl", ttl), ("lies", lies), ("loops", loops), ("truncates", truncates), ("silent", silent),
            ("delays", delays), ("cuts", cuts), ("spoofs", spoofs), ("wrong_ids", wrong_ids),
        ):  # fmt: skip
            setattr(self, name, value)
        self._datagrams: socket.socket | None = None
        self._questions: collections.deque[str] = collections.deque(maxlen=LOGGED)
        self._answered = 0

    def __setattr__(self, name: str, value: object) -> None:
        # What is misspelt would be set, and do nothing.
        if not name.startswith("_") and "_answered" in vars(self) and not hasattr(self, name):
            raise AttributeError(_unheard_of(name))
        super().__setattr__(name, value)

    @property
    def log(self) -> list[str]:
        """What it was asked, and what it answered, a line each."""
        return list(self._questions)

    def wait(self, served: int = 1, timeout: float | None = None) -> bool:
        """Wait until `served` questions have been dealt with, at most `timeout` seconds. Whether they have."""
        with self._progress:
            return self._progress.wait_for(lambda: self._answered >= served, timeout)

    def _listen(self) -> socket.socket:
        """A listening socket; and, at the same address, one for datagrams."""
        family = socket.AF_INET6 if ":" in self._wanted[0] else socket.AF_INET
        for tries_left in reversed(range(_TRIES)):
            listener = self._listen_at(family)
            datagrams = socket.socket(family, socket.SOCK_DGRAM)
            try:
                datagrams.bind(listener.getsockname())
            except OSError:
                datagrams.close()
                listener.close()
                if self._wanted[1] or not tries_left:
                    raise
                continue
            self._datagrams = datagrams
            return listener
        raise AssertionError

    def _serve(self) -> None:
        super()._serve()
        self.spawn(self._answer_datagrams, self._datagrams, daemon=True)

    # Over UDP

    def _answer_datagrams(self, sock: socket.socket) -> None:
        self.shield()  # a stop raises its exception where it waits before it answers; this loop looks for itself
        while not self.stopping.is_set() and sock.fileno() >= 0:
            try:
                data, sender = sock.recvfrom(LARGEST)
            except ConnectionError:
                continue  # Windows: somebody who was answered had gone
            except OSError:
                self.stopping.wait(_PAUSE)
                continue
            if self.stopping.is_set():
                return
            reply = self._reply(data, "UDP")
            if not (reply.delay and self._spawns_late(sock, reply, sender)):
                self._send(sock, reply, sender)

    def _spawns_late(self, sock: socket.socket, reply: _Reply, sender: Any) -> bool:
        """Send it later; False where the system has no more threads."""
        try:
            self.spawn(self._send_late, sock, reply, sender, daemon=True)
        except RuntimeError:
            self._questions.append("the system has no more threads: the answer is not late")
            return False
        return True

    def _send_late(self, sock: socket.socket, reply: _Reply, sender: Any) -> None:
        self._send_false(sock, reply, sender)
        time.sleep(reply.delay)
        self._send(sock, dataclasses.replace(reply, before=None, from_elsewhere=None), sender)

    def _send(self, sock: socket.socket, reply: _Reply, sender: Any) -> None:
        self._send_false(sock, reply, sender)
        if reply.data is not None:
            self._send_datagram(sock, reply.data, sender)
        self._has_answered()

    def _send_false(self, sock: socket.socket, reply: _Reply, sender: Any) -> None:
        if reply.from_elsewhere is not None:
            with (
                owners.on_behalf_of(owners.Owner(STRANGER)),  # in a picture, too, it is somebody else
                socket.socket(sock.family, socket.SOCK_DGRAM) as stranger,
            ):
                stranger.bind((self._wanted[0], 0))
                self._send_datagram(stranger, reply.from_elsewhere, sender)
        if reply.before is not None:
            self._send_datagram(sock, reply.before, sender)

    def _send_datagram(self, sock: socket.socket, data: bytes, sender: Any) -> None:
        try:
            sock.sendto(data, sender)
        except OSError as error:  # nobody can be reached there, such as at port 0
            if not self.stopping.is_set():
                self._questions.append(f"an answer could not be sent: {error.strerror}")

    # Over TCP

    def _answer_stream(self, conn: socket.socket, addr: Any) -> None:
        """Message after message, each with its length in two bytes in front."""
        try:
            while (length := _exactly(conn, 2)) and (data := _exactly(conn, int.from_bytes(length, "big"))):
                reply = self._reply(data, "TCP")
                if reply.delay:
                    time.sleep(reply.delay)
                if reply.data is not None:
                    conn.sendall(struct.pack("!H", len(reply.data)) + reply.data)
                self._has_answered()
        except ConnectionError:
            pass  # a client that breaks off is no fault of the server's

    # What is answered

    def _reply(self, data: bytes, over: str) -> _Reply:
        """What is sent for `data`; it stands in the log."""
        try:
            question = question_in(data)
        except NoQuestion as none:
            self._questions.append(f"over {over}: {none}")
            return _Reply(none.answer)
        try:
            return self._reply_to(question, over)
        except Exception as error:
            self.fell(error)
            self._questions.append(f"{asked_in_words(question)} over {over}: SERVFAIL")
            return _Reply(refusal(data, dns.rcode.SERVFAIL))

    def _reply_to(self, question: dns.message.Message, over: str) -> _Reply:
        name = question.question[0].name
        response, notes = self._answer(question, self.lies), []
        words = in_words(response)
        most = LARGEST if over == "TCP" else min(max(question.payload, 512), DATAGRAM)
        reply = _Reply(spoiling.wire(response, most), self.delays.by_name().get(name, 0.0))
        if name in self.lies:
            notes.append("a lie")
        if over == "UDP":
            notes += self._add_false(reply, question)
            if name in self.truncates:
                reply.data = spoiling.truncated(response)
        if reply.data is not None and spoiling.is_truncated(reply.data):
            notes.append("truncated")
        if name in self.loops:
            reply.data = spoiling.looping(response)
            notes.append("a loop")
        if name in self.cuts and reply.data is not None:
            reply.data = reply.data[: self.cuts[name]]
            notes.append(f"cut after {len(reply.data)} bytes")
        if reply.delay:
            notes.append(f"{reply.delay:g} s late")
        if name in self.silent:
            reply.data, words = None, "silence"
        self._questions.append(
            f"{asked_in_words(question)} over {over}: {words}" + (f" ({', '.join(notes)})" if notes else "")
        )
        return reply

    def _add_false(self, reply: _Reply, question: dns.message.Message) -> Iterable[str]:
        """The answers that come before the right one; and what they are, in words."""
        name = question.question[0].name
        if name in self.spoofs and (false := self._answer(question, self.spoofs)).answer:
            reply.from_elsewhere = spoiling.wire(false)
            yield f"and before it {in_words(false)} from another port"
        if name in self.wrong_ids and (false := self._answer(question, self.wrong_ids)).answer:
            reply.before = spoiling.renumbered(spoiling.wire(false))
            yield f"and before it {in_words(false)} with another id"

    def _answer(self, question: dns.message.Message, instead: NameTable[Known]) -> dns.message.Message:
        """What is true, but for what stands in `instead`."""
        return answer_to(question, {**self.names.by_name(), **instead.by_name()}, self.ttl)

    def _has_answered(self) -> None:
        with self._progress:
            self._answered += 1
            self._progress.notify_all()


def _unheard_of(name: str) -> str:
    told = listed([each for each, what in vars(NameServer).items() if isinstance(what, Told)])
    return f"A name server has no {name!r}; it is told {told}."


def _exactly(conn: socket.socket, size: int) -> bytes:
    """So many bytes; b'' where the stream ends before."""
    data = bytearray()
    while len(data) < size:
        if not (piece := conn.recv(size - len(data))):
            return b""
        data += piece
    return bytes(data)
