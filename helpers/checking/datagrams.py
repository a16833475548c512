"""The judge's end where the function sends datagrams: it hears each of them, and answers, or does not; from one address or from several.

Comes in: a datagram socket of this process, and what waits for a call (`Wait`). Goes out: datagrams, both ways. Who may import it: the judge, and the exercises for its types.

Nothing here is lost by chance: what comes to a `DatagramPeer` is heard, and the scenario decides what the network does to it. A function that has sent a datagram waits, as long as it likes, for an answer that may not come: it does
not hang as long as it would go on by itself. How long it has waited is read off its own calls, on its own clock: a slow machine, or a slow judge, makes no wait shorter.
"""

from __future__ import annotations

import contextlib
import math
import socket
from collections.abc import Callable, Iterable
from typing import NamedTuple

from helpers.checking.bounds import Rest
from helpers.checking.call import Call, Wait
from helpers.checking.limits import IDLE, LONGEST_TRY, SHORTEST_TRY
from helpers.checking.messages import SocketCall
from helpers.checking.verdicts import (
    Hangs,
    Sleeps,
    Spins,
    waits_too_long_for_a_datagram,
    waits_without_end_for_a_datagram,
)
from helpers.sockets import owners
from helpers.sockets.plain import is_ready
from helpers.sockets.tapes import now

LARGEST = 65_535
"""Bytes of a datagram, more than any has."""


class Datagram(NamedTuple):
    """One that the function has sent."""

    data: bytes
    source: tuple[str, int]
    """Where an answer goes."""


class DatagramPeer:
    """A datagram socket of the judge's, at an address of its own."""

    def __init__(self, sock: socket.socket, name: str, wait: Wait) -> None:
        """`name`: its lane in the picture."""
        self._sock = sock
        self._wait = wait
        self._owner = owners.Owner(name)
        self.address: tuple[str, int] = sock.getsockname()
        self._answered: list[float] = []  # when, on the clock of tapes

    def receive(self, call: Call, rest: Rest | None = None) -> Datagram | None:
        """The next datagram that the function sends; None if its call is over, and there are no more. Fell if it waits for ever, or longer than anybody should.

        `rest`: looks meanwhile whether it does wait.
        """

        def is_there() -> bool:
            if rest is not None:
                rest.look()
            return self.has_datagram()

        while wait_for_a_try(self._wait, is_there, call):
            # Windows tells here that what was sent before found nobody (WSAECONNRESET, 10054).
            with owners.on_behalf_of(self._owner), contextlib.suppress(ConnectionResetError):
                return Datagram(*self._sock.recvfrom(LARGEST))
        return None

    def has_datagram(self) -> bool:
        """Whether one of the function's is there that has not been received."""
        return is_ready(self._sock, reading=True)

    def send(self, data: bytes, target: tuple[str, int]) -> None:
        """Send a datagram to the function. (When it has closed its socket, nobody is there to hear it.)"""
        with owners.on_behalf_of(self._owner), contextlib.suppress(ConnectionError):
            self._sock.sendto(data, target)

    def answer(self, datagram: Datagram, data: bytes) -> None:
        """Send this to where the datagram came from, at once: the function has not waited for long since it sent something."""
        self.send(data, datagram.source)
        self._answered.append(now())

    def close(self) -> None:
        """From now on nobody is at its address."""
        self._sock.close()

    def was_late(self, calls: Iterable[Call]) -> bool:
        """Whether an answer came later to one of their datagrams than everybody waits: what a function has made of that, nobody can blame it for."""
        sent = [each.begun for call in calls for each in sends(call) if each.begun is not None]
        before = (max((each for each in sent if each < at), default=at) for at in self._answered)
        return any(at - begun > SHORTEST_TRY for at, begun in zip(self._answered, before, strict=True))


def finish(wait: Wait, call: Call) -> None:
    """Wait until the call is over. Fell if it waits for ever, or longer than anybody should."""
    wait_for_a_try(wait, lambda: call.over, call)


def wait_for_a_try(wait: Wait, ready: Callable[[], bool], call: Call) -> bool:
    """As `Judge.wait`, for a function that waits for a datagram, or sleeps a little between two tries: it goes on by itself when its own time is over."""
    rounds, tried = 0, -1
    while True:
        try:
            return wait(ready, call)
        except Spins:
            raise
        except (Hangs, Sleeps) as fell:
            if isinstance(fell, Sleeps) and call.doing.longest > IDLE:
                raise
            before, tried = tried, _tried(call)
            rounds = rounds + 1 if tried == before else 1  # it may have tried again, and nobody was there to hear it
        if rounds > 1 and (method := _waits_without_end(call)) is not None:
            raise waits_without_end_for_a_datagram(method, call.doing, _is_connected(call))
        if rounds * IDLE >= LONGEST_TRY:
            raise waits_too_long_for_a_datagram(call.doing, LONGEST_TRY)


def _tried(call: Call) -> int:
    """How often it has sent something by now, or tried to."""
    call.doing_now()
    return sum(each.sends for each in call.socket_calls)


def sends(call: Call) -> list[SocketCall]:
    """The datagrams that the function has sent, as far as its process has told of them. (Of the first calls only.)"""
    return [each for each in call.socket_calls if has_sent(each)]


def has_sent(each: SocketCall) -> bool:
    """Whether this call has sent a datagram."""
    return each.sends and not each.error and not each.waits


def has_received(each: SocketCall) -> bool:
    """Whether this call has brought a datagram."""
    return each.receives and not each.error and not each.waits


def in_turn(call: Call) -> list[SocketCall]:
    """The calls of its sockets as one leads to the other: a send when it begins, anything else when it is over.

    They are told of when they are over. But where another thread receives, the answer to a datagram may have been received before the `sendto` comes back that has sent it.
    """
    return sorted(call.socket_calls, key=_moment)


def _moment(each: SocketCall) -> float:
    begun, ended = each.begun or 0.0, math.inf if each.ended is None else each.ended
    return begun if each.sends else ended


class Repeat(NamedTuple):
    """A datagram that the function has sent once more, and the time from one to the next."""

    seconds: float
    """On the function's own clock."""
    number: bytes
    """The first two bytes of both."""
    received: bool
    """Whether something came meanwhile that it received, and that begins with the same number."""
    waited: bool
    """Whether it waited meanwhile, and nothing came in time."""


def repeats(call: Call) -> list[Repeat]:
    """Where the function has sent a datagram with the same number again, in their order."""
    calls = in_turn(call)
    last: dict[bytes, int] = {}  # where in `calls`
    found = []
    for at, each in enumerate(calls):
        if not has_sent(each):
            continue
        number = each.data[:2]
        if number in last:
            before, meanwhile = calls[last[number]], calls[last[number] : at]
            found.append(
                Repeat(
                    (each.begun or 0.0) - (before.begun or 0.0),
                    number,
                    any(has_received(between) and between.data[:2] == number for between in meanwhile),
                    any(between.receives and between.error == "TimeoutError" for between in meanwhile),
                )
            )
        last[number] = at
    return found


def soonest_repeat(call: Call) -> Repeat | None:
    """Where the function has waited for the shortest time before it sent a datagram again; None where it has sent none twice."""
    return min(repeats(call), default=None)


def _waits_without_end(call: Call) -> str | None:
    """The method in which its own thread waits, of a socket without a timeout. (A thread that it has started may wait so, as long as the first one does not.)"""
    waiting = call.waits()
    if waiting is None or not waiting.receives or waiting.thread != "MainThread":
        return None
    return waiting.method if call.timeout_of(waiting) is None else None


def _is_connected(call: Call) -> bool:
    return any(each.connects and not each.error for each in call.socket_calls)
