"""The receiver of `send_all`: hears each datagram, looks whether it is the one that may come now, and counts how often it comes.

Who may import it: the scenarios of `send_all`.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.checking.datagrams import Datagram, Repeat, has_received, has_sent, in_turn, sends
from helpers.checking.differences import difference
from helpers.checking.judge import Judge
from helpers.checking.limits import SHORTEST_TRY
from helpers.checking.verdicts import Fell, shown
from helpers.exercises.lesson16.exchange import Exchange, elsewhere
from helpers.exercises.lesson16.waiting import must_not_sleep
from helpers.words import many

TAKEN = "Did it take it for the acknowledgement? recvfrom gives two things, `data, sender = s.recvfrom(65535)`; sender has to be address, and data just the two bytes that stood in front of the piece."
"""What an acknowledgement is."""
TRIES = 10
"""Times that a piece is sent at most."""


class Receiver(Exchange):
    """A call of `send_all`, and the receiver."""

    SILENT = "It has sent nothing yet, and waits already."

    def __init__(self, judge: Judge, pieces: Sequence[bytes], iterate: bool = False) -> None:
        """`iterate`: it is given an iterator of them."""
        peer = judge.datagrams("receiver")
        super().__init__(judge, peer, judge.call(peer.address, list(pieces), iterate=iterate))
        self.ahead: Fell | None = None
        """What to say where it goes on to the next piece too early; None: just that."""
        self.raised = ""
        """What to say beside an error that is none of its own."""
        self.heard = [0] * len(pieces)
        """How often each piece has come."""
        self._pieces = pieces
        self._iterates = iterate
        self._acknowledged = 0  # so many of them

    def acknowledge(self, datagram: Datagram, times: int = 1) -> None:
        """Let it have the acknowledgement of this piece, so many of them."""
        for _ in range(times):
            self.peer.answer(datagram, datagram.data[:2])
        self._acknowledged = max(self._acknowledged, _number(datagram.data) + 1)

    def acknowledge_all(self, times: int = 1) -> None:
        """Acknowledge whatever comes from now on; Fell unless that is all the pieces, and it comes back."""
        while (datagram := self.hear_or_end()) is not None:
            self.acknowledge(datagram, times)
        self.must_have_waited()
        if not any(each > 1 for each in self.heard):
            must_not_sleep(self.call)
        if self.call.error is not None or self._acknowledged < len(self.heard):
            raise self.how_it_ended()

    def must_have_waited(self) -> None:
        self.call.doing_now()
        if (number := self._sent_ahead()) is not None:
            raise Fell(
                f"It sent piece {number} when piece {number - 1} was not acknowledged yet: so there were two on their way (a window). That is quicker, and another protocol: this one is stop and wait, in which the next piece goes when the "
                "acknowledgement of the last one has come."
            )
        super().must_have_waited()

    def _sent_ahead(self) -> int | None:
        """A piece that it sent just behind the one before, and had received nothing since; None if there is none."""
        newest, sent, heard = -1, 0.0, True
        for each in in_turn(self.call):
            if has_received(each):
                heard = True
            elif has_sent(each):
                number, begun = _number(each.data), each.begun or 0.0
                if number > newest and not heard and begun - sent < SHORTEST_TRY:
                    return number
                if number > newest:
                    newest, heard = number, False
                sent = begun
        return None

    def _sent_again(self, soonest: Repeat) -> Fell:
        if cut := self._cut():
            return cut
        if soonest.received:
            return Fell(
                f"The acknowledgement of piece {_number(soonest.number)} came, it received that, and sent the piece again all the same, after {soonest.seconds:.3f} s. {TAKEN}"
            )
        if soonest.waited:
            return Fell(
                f"It waited for {soonest.seconds:.3f} s, and sent piece {_number(soonest.number)} again: an acknowledgement that is on its way takes longer than that. Wait for about 0.2 s, a fifth of a second: timeouts are in seconds."
            )
        return Fell(
            f"It sent piece {_number(soonest.number)} again after {soonest.seconds:.3f} s, without waiting for the acknowledgement of the first one, which takes its time. Send, wait for about 0.2 s, and send again only when none has come.",
            38,
        )

    def _cut(self) -> Fell | None:
        """It has received only a part of an acknowledgement; None if it has not."""
        for each in self.call.socket_calls:
            if has_received(each) and each.size == each.asked < 2:
                return Fell(
                    f"It called {each.method} for {many(each.asked, 'byte')}, and an acknowledgement has 2: a datagram comes whole, or is cut, and the rest of it is lost. Ask for at least 2."
                )
        return None

    def goes_on(self) -> bool:
        """Whether it has sent something that is not heard yet, or is over."""
        return self.call.over or self.peer.has_datagram()

    def must_have_given_up(self) -> None:
        """Fell unless it has sent the last piece ten times, and raised TimeoutError."""
        last = sum(map(bool, self.heard)) - 1
        if self.heard[last] < TRIES and "TimeoutError" in self.call.kinds:
            raise self.how_it_ended()
        self.must_have_waited()
        self.call.must_raise(TimeoutError, f"piece {last} was sent ten times, and not acknowledged")

    def _look_at(self, datagram: Datagram) -> None:
        """Fell unless this is the next piece, and all before it are acknowledged; or the last one again."""
        data = datagram.data
        expected = self.heard.index(0) if 0 in self.heard else len(self.heard)
        number = _number(data)
        if len(data) < 2 or number > expected or (number == expected and not self._is_piece(data, number)):
            raise self._no_piece(data, expected)
        if not self._is_piece(data, number):
            raise Fell(
                f"Number {number} came once more, and with other bytes, {shown(data[2:])}: the receiver takes it for piece {number} again, and throws it away. Each piece has a number of its own; two bytes count up to 65,535."
            )
        if number < expected - 1:
            raise Fell(
                f"It sent piece {number} again, though it had gone on to piece {expected - 1} already: what is acknowledged is done with."
            )
        if number > self._acknowledged:
            self._must_not_go_on(number)
        self.heard[number] += 1
        if self.heard[number] > TRIES:
            self.must_have_waited()
            raise Fell(
                f"Piece {number} came for the {self.heard[number]}th time: ten times in all are enough, the first one too, then TimeoutError."
            )

    def _must_not_go_on(self, number: int) -> None:
        self.must_have_waited()
        raise self.ahead or Fell(
            f"Piece {number} came, and piece {number - 1} was not acknowledged yet: it may be lost, and nobody will send it again. Wait for its acknowledgement, and then go on."
        )

    def _is_piece(self, data: bytes, number: int) -> bool:
        return number < len(self._pieces) and data[2:] == self._pieces[number]

    def _no_piece(self, data: bytes, at: int) -> Fell:
        """Why this is not the piece of number `at`, nor one before it."""
        came = f"The datagram {shown(data)} came"
        if at == len(self._pieces):
            return Fell(f"{came} after the last piece: nothing more was to be sent.")
        piece, number = self._pieces[at], at.to_bytes(2, "big")
        said = f"{came}, where {number!r} and {shown(piece)} were to come"
        if data == piece:
            return Fell(
                f"{came}: a number, in 2 bytes, has to stand in front of the piece, or nobody can tell a piece that comes twice from the next one."
            )
        if data == number and piece:
            return Fell(
                f"{came}, and nothing behind the number: each send is a datagram of its own. Number and piece go in one: number + piece."
            )
        if at and data[2:] == self._pieces[at - 1]:
            return Fell(
                f"{came}, and {shown(data[2:])} had come before, with another number: the receiver takes it for a new piece. What is sent again has the number that it had."
            )
        if data[2:] == piece and data[:2] == at.to_bytes(2, "little"):
            return Fell(
                f"{said}: that is the number in little-endian. The protocol has it big-endian, to_bytes(2, 'big')."
            )
        if at == 0 and data[:2] == b"\0\1":
            return Fell(f"{said}: pieces are counted from 0.")
        if data == piece + number:
            return Fell(f"{said}: the number stands behind the piece, and belongs in front of it.")
        if piece and data.endswith(piece) and len(data) != len(piece) + 2:
            return Fell(
                f"{said}: that is {many(len(data) - len(piece), 'byte')} in front of the piece, and the protocol has 2 there: to_bytes(2, 'big')."
            )
        if data[:2] == number and not piece:
            return Fell(f"{said}: an empty piece is one too, and has a number.")
        if data[:2] == number:
            return Fell(f"{said}: {difference(data[2:], piece)}.")
        return Fell(f"{said}: the number in 2 bytes, big-endian and counted from 0, and the piece.")

    def _has_heard(self) -> bool:
        return any(self.heard)

    def how_it_ended(self) -> Fell:
        """It is over, and something was to come, or it has raised an error."""
        call, came = self.call, sum(map(bool, self.heard))
        self.must_have_waited()
        if "TimeoutError" in call.kinds and came:
            last = came - 1
            if came > 1 and sum(self.heard) == TRIES:
                return Fell(
                    f"It raised TimeoutError when it had sent {TRIES} datagrams in all, {self.heard[last]} of them with piece {last}: each piece has ten tries of its own. Count them anew for each."
                )
            if self._acknowledged > last:
                return self._not_taken(last)
            return Fell(
                f"It gave up piece {last} after {self.heard[last]} of {TRIES} tries: it may be lost, or its acknowledgement. Send it again when none has come, up to ten times in all."
            )
        if not came and sends(call):
            return elsewhere()
        if self._iterates and call.error == "TypeError" and "iterator" in call.text:
            return Fell(
                f"It raised TypeError{call.remark}: pieces was an iterator, which has neither a length nor an index. `for at, piece in enumerate(pieces)` goes through whatever has pieces."
            )
        if self.raised and call.error is not None and not call.misuse():
            return Fell(f"It raised {call.error}{call.remark}: {self.raised}")
        call.must_not_raise()
        if self._iterates and not came:
            return Fell(
                "It came back, and no piece has come. It was given an iterator, which gives each piece once: whoever has gone through it before has nothing left to send."
            )
        return Fell(
            f"It came back, and {came} of {len(self.heard)} pieces had come, of which {self._acknowledged} were acknowledged. Whoever calls it takes all for sent."
        )

    def _not_taken(self, last: int) -> Fell:
        """It raised TimeoutError, though the acknowledgement of its last piece had come."""
        if cut := self._cut():
            return cut
        came = f"It raised TimeoutError, and the acknowledgement of piece {last} had come"
        if any(has_received(each) and each.data == last.to_bytes(2, "big") for each in self.call.socket_calls):
            return Fell(f"{came}, and it had received that. {TAKEN}")
        return Fell(f"{came}.")


def _number(data: bytes) -> int:
    return int.from_bytes(data[:2], "big")
