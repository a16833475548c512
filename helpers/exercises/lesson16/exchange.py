"""An exchange of datagrams with a call: hears each that the function sends, in turn, and says how it waits, hangs and ends. What `ask` and `send_all` are heard with.

Who may import it: the exercises of this lesson.
"""

from __future__ import annotations

import abc
import time
from collections.abc import Callable

from helpers.checking.bounds import Rest
from helpers.checking.call import Call
from helpers.checking.datagrams import Datagram, DatagramPeer, Repeat, sends, soonest_repeat
from helpers.checking.judge import Judge
from helpers.checking.limits import SHORTEST_TRY
from helpers.checking.verdicts import Fell, Hangs, Spins
from helpers.exercises.lesson16.waiting import usual_wait
from helpers.exercises.slow import no_time_left


class Exchange(abc.ABC):
    """A call that sends datagrams to a peer of the judge's."""

    SILENT: str
    """What to say where it waits before it has sent anything."""

    def __init__(self, judge: Judge, peer: DatagramPeer, call: Call) -> None:
        self.judge = judge
        self.peer = peer
        self.call = call
        self.soon: Fell | None = None
        """What to say where it sends again too early; None: what its exercise says of that."""
        self._taken: int | None = None  # the port that it had, and that another program has now

    def hear(self, rest: Rest | None = None) -> Datagram:
        """The next datagram. Fell if none comes. `rest`: looks meanwhile whether it waits."""
        datagram = self.hear_or_end(rest)
        if datagram is None:
            raise self.how_it_ended()
        return datagram

    def hear_or_end(self, rest: Rest | None = None) -> Datagram | None:
        """The next datagram; None where the call is over, and there are no more. Fell if it is not one that may come now."""
        try:
            datagram = self.peer.receive(self.call, rest)
        except Spins:
            raise
        except Hangs as error:
            raise self._hangs(error) from None
        if datagram is not None:
            self._look_at(datagram)
        elif fell := self._why_it_ended():
            raise fell
        return datagram

    def be_held_up(self, meanwhile: Callable[[], None]) -> None:
        """Let its machine be busy with something else, until its time is over, and this happen meanwhile. (It has sent something twice before: so long does it wait.)"""
        wait = usual_wait(self.call)
        with self.judge.held_up():
            meanwhile()
            time.sleep(2 * wait + SHORTEST_TRY)  # the next wait may be twice as long

    def note_taken(self, address: tuple[str, int]) -> None:
        """Another program has the address from which the call before has sent."""
        self._taken = address[1]

    def _why_it_ended(self) -> Fell | None:
        """What is wrong with how it ended: its port is taken, or no time was left, as a scenario has it, or a busy machine."""
        if any(each.method == "bind" and each.error for each in self.call.socket_calls) and self._taken is not None:
            return Fell(
                f"It raised {self.call.error}{self.call.remark}: it binds its socket to a port of its own choice, {self._taken}, which it had the last time, and which another program has now; so would a second call that runs at the same time. "
                "Who sends first needs no bind: the system gives the socket a port that is free."
            )
        # Its waits have ended by a timeout before, so that it is none whose socket never waits.
        waits = any(each.receives and each.error == "TimeoutError" for each in self.call.socket_calls)
        return no_time_left(self.call) if waits else None

    def must_have_waited(self) -> None:
        """Fell if it has sent a datagram again before an answer to it could be there."""
        soonest = soonest_repeat(self.call)
        if soonest is not None and soonest.seconds < SHORTEST_TRY:
            raise self.soon or self._sent_again(soonest)

    def _hangs(self, error: Hangs) -> Fell:
        if self._has_heard():
            return error
        self.call.doing_now()
        if sends(self.call):
            return elsewhere()
        return Fell(f"{self.SILENT} ({error.sentence})")

    @abc.abstractmethod
    def _has_heard(self) -> bool:
        """Whether a datagram has come."""

    @abc.abstractmethod
    def _look_at(self, datagram: Datagram) -> None:
        """Count it. Fell if it may not come now."""

    @abc.abstractmethod
    def _sent_again(self, soonest: Repeat) -> Fell:
        """What to say of a datagram that was sent again too early."""

    @abc.abstractmethod
    def how_it_ended(self) -> Fell:
        """What to say where the call is over, and something was to come."""


def elsewhere() -> Fell:
    """It has sent something, and nothing has come to the judge."""
    return Fell("It has sent something, but not to the address that it was given: nothing came there.")
