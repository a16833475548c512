"""A call of `ask`, and the server that it asks: hears each try, looks whether it is one, and counts them.

Who may import it: the scenarios of `ask`.
"""

from __future__ import annotations

from collections.abc import Mapping

from helpers.checking.datagrams import Datagram, DatagramPeer, Repeat, sends
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, shown
from helpers.exercises.lesson16.exchange import Exchange, elsewhere
from helpers.words import many

TAKEN = "recvfrom gives two things, `data, sender = s.recvfrom(65535)`; sender has to be address, and data[:2] the two bytes that stood in front of the question."
"""What an answer is."""
QUESTION, ANSWER = b"What time is it?", b"A quarter past three."


class Asked(Exchange):
    """A call of `ask`."""

    SILENT = "It has sent nothing yet, and waits already: who asks, sends first."

    def __init__(
        self, judge: Judge, question: bytes = QUESTION, tries: int = 3, server: DatagramPeer | None = None
    ) -> None:
        """`server`: one that an earlier call has asked; None: a new one."""
        peer = server or judge.datagrams()
        super().__init__(judge, peer, judge.call(peer.address, question, tries))
        self.tries = tries
        self.heard: list[Datagram] = []
        """Its tries so far."""
        self._question = question

    @property
    def number(self) -> bytes:
        """Of the question: the two bytes in front of it."""
        return self.heard[0].data[:2]

    def must_return(
        self,
        expected: bytes,
        instead: Mapping[bytes, Fell] | None = None,
        gave_up: Fell | None = None,
        raised: str = "",
    ) -> None:
        """Fell unless it returns this. `instead`: what to say of other answers that it may take for it; `gave_up`: of one that raises TimeoutError; `raised`: beside any other error."""
        while self.hear_or_end() is not None:
            pass  # on a busy machine it has tried once more before the answer was there
        value = self.call.value
        if isinstance(value, bytes) and value in (instead or {}):
            raise (instead or {})[value]
        if value != expected and (cut := self._cut(len(self.number + expected))):
            raise cut
        self.must_have_waited()
        if "TimeoutError" in self.call.kinds:
            raise gave_up or self._not_taken(len(self.number + expected))
        if raised and self.call.error is not None and not self.call.misuse():
            raise Fell(f"It raised {self.call.error}{self.call.remark}: {raised}")
        if value == self.number + expected:
            raise Fell(
                f"It returned {shown(value)}: the two bytes of the number are the protocol's, and no part of the answer."
            )
        self.call.must_return(expected)

    def _cut(self, size: int) -> Fell | None:
        """It has received only a part of the answer, which has `size` bytes; None if it has not."""
        for each in self.call.socket_calls:
            if each.receives and not each.error and each.size == each.asked < size:
                return Fell(
                    f"It called {each.method} for {each.asked:,} bytes, and the answer has {size:,}: a datagram comes whole, or is cut, and the rest of it is lost; the next call brings the next datagram. Ask for 65535, more than any datagram has."
                )
        return None

    def _not_taken(self, size: int) -> Fell:
        """It raised TimeoutError, though an answer of `size` bytes had come."""
        came = "The answer had come, from the address that was asked and with the number of the question"
        if any(each.receives and not each.error and each.size == size for each in self.call.socket_calls):
            return Fell(
                f"{came}; it received that, went on, and raised TimeoutError. Did it take it for the answer? {TAKEN} "
                "Or has it waited for more? A datagram is all of it: nothing more belongs to it, and no b'' comes behind it."
            )
        return Fell(f"{came}, and it raised TimeoutError.")

    def _sent_again(self, soonest: Repeat) -> Fell:
        if soonest.received:
            return Fell(
                f"The answer came, it received that, and sent its question again all the same, after {soonest.seconds:.3f} s. When the answer has come, return it, and send nothing more. Did it take it for the answer? {TAKEN}"
            )
        if soonest.waited:
            return Fell(
                f"It waited for {soonest.seconds:.3f} s, and sent its question again: an answer that is on its way takes longer than that. Wait for about 0.2 s, a fifth of a second: timeouts are in seconds."
            )
        return Fell(
            f"It sent its question again after {soonest.seconds:.3f} s, without waiting for an answer: that takes its time, and the server gets the same question {_times(len(self.heard))}. "
            "First wait, for about 0.2 s; send again only when no answer has come.",
            38,
        )

    def _look_at(self, datagram: Datagram) -> None:
        """Fell if that is no try of this question, or one too many."""
        if datagram.data[2:] != self._question or len(datagram.data) < 2:
            raise self._no_try(datagram.data)
        if self.heard and datagram.data[:2] != self.number:
            raise Fell(
                f"Its first try had the number {self.number!r}, and another one has {datagram.data[:2]!r}. It is the same question: with the same number the server knows that, and an answer to the first try, which comes late, is an answer. "
                "Choose the number once, before the loop."
            )
        self.heard.append(datagram)
        if len(self.heard) > self.tries:
            self.call.doing_now()
            self.must_have_waited()
            raise Fell(
                f"It was to send its question {_times(self.tries)} at most, and a {_ordinal(len(self.heard))} datagram came: tries counts all datagrams, the first one too."
            )

    def _no_try(self, data: bytes) -> Fell:
        question, came = self._question, f"The datagram {shown(data)} came"
        if len(data) < 2 or data == question:
            return Fell(f"{came}: a number, in 2 bytes, has to stand in front of the question.")
        if len(data) == 2:
            return Fell(
                f"{came}, and nothing behind the number: each send is a datagram of its own. Number and question go in one: number + question."
            )
        if question and data.endswith(question):
            return Fell(
                f"{came}: that is {many(len(data) - len(question), 'byte')} in front of the question, and the protocol has 2 there: number.to_bytes(2, 'big')."
            )
        if question and data.startswith(question):
            return Fell(f"{came}: the number stands behind the question, and belongs in front of it.")
        return Fell(f"{came}, where 2 bytes of a number and {shown(question)} were to come.")

    def _has_heard(self) -> bool:
        return bool(self.heard)

    def how_it_ended(self) -> Fell:
        """It is over, and another try was to come."""
        call, tried = self.call, len(self.heard)
        if "TimeoutError" in call.kinds and tried:
            self.must_have_waited()
            return Fell(
                f"It gave up after {tried} of {self.tries} tries: what was sent may be lost, or its answer, and nobody says so. Send it again when no answer has come, as often as it may."
            )
        if not tried and sends(call):
            return elsewhere()
        call.must_not_raise()
        if not tried:
            return Fell(f"It returned {shown(call.value)}, and no datagram has come to the address that it was given.")
        return Fell(
            f"It returned {shown(call.value)} after {tried} of {self.tries} tries, and nothing had been answered."
        )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _ordinal(count: int) -> str:
    return {2: "second", 3: "third"}.get(count, f"{count}th")
