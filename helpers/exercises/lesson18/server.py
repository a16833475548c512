"""A TLS server of the judge's, without a thread and without a socket of its own: bytes in, bytes out; and those who take the call and speak no TLS, or stop in the middle.

Comes in: a door of the judge's, and what is to be played at it. Goes out: what the function said, as it came and as it was meant. Who may import it: the exercises of lesson 18.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.limits import IDLE, LONGEST
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell
from helpers.sockets.plain import is_ready

KEPT = 200
"""Bytes of what came that are kept as they came."""
HANDSHAKE = 0x16
"""The first byte of a TLS record that carries a part of a handshake."""
ANSWER = (b"I am the one", b" whom you asked for, ", b"x" * 20_000, b"\n")
"""What the right server says, in pieces, each a record (of at most 16,384 bytes) or two."""
WELCOME = (b"welcome\n",)
"""What others say."""
MOST_TALKS = 20
"""Connections of one call: who is refused, and calls again so often, does not give up."""


class Talk:
    """One connection, as the server has it. This one takes the call, and says nothing."""

    def __init__(self) -> None:
        self.first = b""
        """The first bytes, as they came."""
        self.heard = b""
        """What was said to it, as it could read it."""
        self.ends = ""
        """How it ends the connection, when it has nothing more to send: "close", "reset", "" for not at all."""
        self.shaken = False
        """Whether a handshake has come to its end."""
        self.kept = b""
        """What it keeps back of its answer."""

    def hear(self, data: bytes) -> bytes:
        """This has come (b"" at the end of the stream); what to send."""
        self.first = (self.first + data)[:KEPT]
        return self.answer(data)

    def answer(self, data: bytes) -> bytes:
        return b""

    @property
    def speaks_tls(self) -> bool:
        """Whether what came begins as a TLS client does."""
        return self.first[:1] == bytes([HANDSHAKE])


class Banner(Talk):
    """A server of something else, which does not know what to do with what it is told."""

    def answer(self, data: bytes) -> bytes:
        self.heard, self.ends = self.heard + data, "close"
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" if data else b""


class Echo(Talk):
    """A server that gives back whatever comes."""

    def answer(self, data: bytes) -> bytes:
        self.heard += data
        return data


class BreaksOff(Talk):
    """A server that ends the connection when it has heard something."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self._how = how

    def answer(self, data: bytes) -> bytes:
        self.ends = self._how
        return b""


class Tls(Talk):
    """A TLS server. When a line has been said to it, it answers."""

    def __init__(
        self, context: ssl.SSLContext, most: int | None = None, ends: str = "", answer: Sequence[bytes] = WELCOME
    ) -> None:
        """`most`: bytes that it sends at most; then it `ends` the connection in that way. `answer`: in pieces, each of which is a record or more."""
        super().__init__()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._most, self._how = most, ends
        self._pieces = list(answer)

    def answer(self, data: bytes) -> bytes:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        try:
            self._go_on()
        except ssl.SSLWantReadError:  # more has to come
            pass
        except ssl.SSLError:  # the function has had enough, which is its right; or what came was no TLS
            self.ends = "close"
        reply = self._outgoing.read()
        if self._most is None:
            return reply
        if reply:
            self.ends = self._how
            self.kept += reply[self._most :]
        return reply[: self._most]

    def _go_on(self) -> None:
        if not self.shaken:
            self._tls.do_handshake()
            self.shaken = True
        while not self.heard.endswith(b"\n") and (piece := self._tls.read(1 << 14)):
            self.heard += piece
        while self.heard.endswith(b"\n") and self._pieces:
            self._tls.write(self._pieces.pop(0))


@dataclass
class Server:
    """What stands at a door: a new talk for each connection."""

    judge: Judge
    call: Call
    new_talk: Callable[[], Talk]
    slow: float = 0.0
    """Seconds that it takes before it answers for the first time."""
    talks: list[Talk] = field(default_factory=list)
    dripped: int = 0
    """Bytes that the function has taken one by one."""
    _open: list[tuple[Peer, Talk]] = field(default_factory=list)

    def serve(self, door: object, idle: float = IDLE) -> None:
        """Play, until the call is over. Fell if the function hangs, or calls again and again."""
        self.judge.wait(lambda: self._turn(door), self.call, idle)

    def drip(self, door: object, pause: float) -> bool:
        """Play for so many seconds, and then send one byte of what is kept back; whether the function has taken that."""
        until = time.monotonic() + pause
        self.judge.wait(lambda: self._turn(door) or time.monotonic() >= until, self.call, LONGEST)
        if self.call.over or not self._open:
            return False
        peer, talk = self._open[-1]
        with contextlib.suppress(ConnectionError):
            talk.kept = talk.kept[peer.push(talk.kept[:1]) :]
        taken = peer.wait_until_taken()
        self.dripped += taken
        return taken

    def _turn(self, door: object) -> bool:
        if is_ready(door, reading=True) and not self.call.over:  # type: ignore[arg-type]
            peer, talk = self.judge.accept(door, self.call), self.new_talk()  # type: ignore[arg-type]
            self.talks.append(talk)
            self._open.append((peer, talk))
            if len(self.talks) > MOST_TALKS:
                raise Fell(
                    f"It has called {MOST_TALKS} times, and calls again: an error of the handshake is an answer, and whoever asks again gets the same. Let the error through."
                )
        for each in list(self._open):
            self._listen(*each)
        return self.call.over

    def _listen(self, peer: Peer, talk: Talk) -> None:
        try:
            while (data := peer.take()) is not None:
                self._reply(peer, talk, data)
                if not data or talk.ends:
                    return
        except ConnectionError:
            self._leave(peer, talk, "close")

    def _reply(self, peer: Peer, talk: Talk, data: bytes) -> None:
        reply = talk.hear(data)
        if self.slow and not self.call.over:
            seconds, self.slow = self.slow, 0.0
            self.judge.pause(seconds, self.call)
        with contextlib.suppress(ConnectionError):
            while reply and (taken := peer.push(reply)):
                reply = reply[taken:]
        if not data or talk.ends:
            self._leave(peer, talk, talk.ends or "close")

    def _leave(self, peer: Peer, talk: Talk, how: str) -> None:
        self._open.remove((peer, talk))
        if how == "reset":
            peer.reset()
        else:
            peer.close()
