"""A bout: the learner's attack on one server of the judge's, which runs in a process of its own, and harms nobody.

Comes in: a server, a function of a listening socket. Goes out: whether it fell, and how. An attack waits (`target`) until something comes, or until the server *rests*: that is decided here, by what both processes
do and what the kernel holds, and by no clock; on a busy machine it only takes longer. Who may import it: judge, and the exercises.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, TypeVar

from helpers.checking.call import Call
from helpers.checking.limits import ANSWER, IN_VAIN, SETTLES, SMALL, SPINS
from helpers.checking.messages import (
    Activity,
    CallFunction,
    Event,
    Listening,
    Rested,
    State,
    StateNow,
    TellActivity,
    TellState,
)
from helpers.checking.on_the_way import is_between
from helpers.checking.process import Gone, Process
from helpers.checking.subject import packed
from helpers.checking.verdicts import Fell, Hangs, Spins, at_line, shown

T = TypeVar("T", bound=Event)
Listener = socket.socket
VERDICTS = ("AssertionError", "ConnectionError", "EOFError", "TimeoutError")
"""What an attack raises where a server is wrong: what it has found itself, and what a socket says of a server that is gone, or silent."""


class Opponent:
    """A server of the judge's, in a process of its own."""

    def __init__(self, server: Callable[[Listener], object]) -> None:
        self.process = Process(packed(server))
        try:
            self.process.send(CallFunction(listen=True, options=((socket.SO_SNDBUF, SMALL),)))
            listening = self._answer(Listening)
            assert listening is not None, "the judge's server does not start"
        except BaseException:
            self.process.end()
            raise
        self.address = ("127.0.0.1", listening.port)
        self.moved = -1
        """Bytes that it has sent and received so far, when it last told of it."""
        self._used = 0.0

    def __enter__(self) -> Opponent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.end()

    def state(self) -> State:
        """What its sockets have done."""
        told = self._answer(StateNow, self.process.ask(TellState()))
        return told.state if told is not None else State()

    def activity(self) -> Activity | None:
        activity = self._answer(Activity, self.process.ask(TellActivity()))
        self.moved = activity.moved if activity is not None else self.moved
        return activity

    def _answer(self, kind: type[T], number: int = 0) -> T | None:
        """The next thing of this kind that its process says, in answer to the question of that `number`; for a while. Fell if the process is gone: none of these servers ends it."""
        until = time.monotonic() + ANSWER
        while time.monotonic() < until:
            match self.process.event(0.01):
                case Gone():
                    raise Fell(
                        "The server's process has been ended, from outside. An attack shows what a server does to those who talk to it, by its sockets, and leaves processes alone."
                    )
                case event if isinstance(event, kind) and self.process.answered >= number:
                    return event
        return None

    def spins(self) -> bool:
        """Whether it has worked for long, and nothing came of it. To be asked again and again."""
        used = self.process.seconds()
        if used < self._used + SPINS:
            return False
        before, self._used = self.moved, used
        self.activity()
        return self.moved == before


class Rests:
    """Whether nothing more is to be expected: neither of the server, nor of the attack, nor of the kernel between them."""

    def __init__(self, opponent: Opponent, process: Process, call: Call) -> None:
        """`process`: the attack's, which is at its `call`."""
        self._opponent = opponent
        self._process = process
        self._call = call
        self._last: object = None  # what both had done when the attack was last told
        self._in_vain = 0
        self._is_told = False

    def answer(self) -> None:
        """If the attack waits, and all rests, tell it so. To be called again and again. Fell if it asks for ever."""
        asked = self._call.asked
        if asked > self._call.answered and (self._all_rest() or self._opponent.spins()):
            if self._in_vain > IN_VAIN:
                raise Fell(
                    f"It asks again and again{at_line(self._call.doing_now())} whether anything comes: {IN_VAIN} times the server was at rest, and nothing had happened since the last time. Who sends nothing more gets nothing more."
                )
            self._call.answered, self._is_told = asked, True
            self._process.send(Rested(asked))

    def _all_rest(self) -> bool:
        if not (self._process.rests() and self.server_rests()):
            return False
        told = self._call.ask_activity()
        if told is None or told.asleep or not self.server_rests() or self._is_on_the_way(told):
            return False
        done = told, self._opponent.moved
        self._in_vain = self._in_vain + 1 if done == self._last else 0
        self._last = done
        return True

    def others_rest(self) -> bool:
        """Whether nothing is to be expected but of the attack itself. (One that is owed an answer waits for the judge.)"""
        if self._call.asked > self._call.answered:
            return False
        if self._is_told:  # just now: on a busy machine it takes a while to hear of it, and does not rest meanwhile
            self._is_told = False
            return False
        return self.server_rests() and not self._is_on_the_way(self._call.ask_activity() or Activity())

    def _is_on_the_way(self, attack: Activity) -> bool:
        port = self._opponent.address[1]
        ends = [(("127.0.0.1", here), ("127.0.0.1", there)) for here, there in attack.connections if there == port]
        return any(is_between(socket.AF_INET, here, there) for here, there in ends)

    def server_rests(self) -> bool:
        """Whether the server has been seen to rest at two moments between which it did nothing, and sleeps nowhere."""
        server = self._opponent
        if not server.process.rests():
            return False
        before = server.activity()
        return _settles(server.process) and before is not None and not before.asleep and server.activity() == before


def _settles(process: Process) -> bool:
    """Whether it rests, now that it has answered."""
    until = time.monotonic() + SETTLES
    while not (rests := process.rests()) and time.monotonic() < until:
        time.sleep(0.0002)
    return rests


class Outcome(NamedTuple):
    """What came of a bout."""

    fell: bool
    """Whether the server did."""
    why: str = ""
    """What the attack raised, and in which line."""
    received: int = 0
    """How often it has received something, as far as its calls are recorded."""


def outcome_of(call: Call) -> Outcome:
    """What a call of the attack, which is over, says of the server. Fell: of the attack itself."""
    received = sum(each.receives and each.size > 0 for each in call.socket_calls)
    if call.error is None and call.value is not None:
        raise Fell(
            f"It returned {shown(call.value)}, and what it returns counts for nothing: `assert` says that a server is wrong, and an attack that comes back has found nothing."
        )
    if call.error is None:
        return Outcome(False, received=received)
    if not (set(VERDICTS) & set(call.kinds) or _is_cut_off(call)):
        _say_whose_error(call)
    where = f" in line {call.line}" if call.line else ""
    return Outcome(True, f"{call.error}{where}{call.remark}", received)


def waits_elsewhere(call: Call, error: Fell) -> Fell | None:
    """What to say of an attack that waits, and in no method of a socket: in select, say, or in an event loop, which know nothing of the judge."""
    if not isinstance(error, Hangs) or isinstance(error, Spins) or call.over or call.waits() is not None:
        return None
    return Fell(
        f"{error.sentence} If that is select, or asyncio: recv, send and makefile know when the server rests, and nothing else does. Call judge.rest() first; then what is to come is there, and a timeout of 0 will do."
    )


def _is_cut_off(call: Call) -> bool:
    """Whether it has met a connection that the server has broken off: `shutdown` and `getpeername` say so by a plain OSError."""
    arguments = call.args if isinstance(call.args, tuple) else ()
    return call.error == "OSError" and arguments[:1] == (errno.ENOTCONN,) and call.misuse() is None


def _say_whose_error(call: Call) -> None:
    if not {"ValueError", "LookupError"} & set(call.kinds):
        call.must_not_raise()
    where = f", in line {call.line} of the cell" if call.line else ""
    raise Fell(
        f"It raised {call.error}{where}: {call.text or 'without a word'}. A wrong server may answer anything, or nothing at all: compare its bytes as they are, with `assert`. "
        "Any other error than AssertionError, and what the sockets raise, is the attack's own.",
        25 if call.error == "ValueError" else None,
    )
