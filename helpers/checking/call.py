"""A call of the learner's function, as the judge sees it: what came of it, and what it must do.

Comes in: the events of its process. Goes out: values, errors, what its sockets did; `Fell` where it does what it should not. It is given what waits for it (`Wait`), and
knows no judge. Who may import it: bounds, peer, judge, and the exercises.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from helpers.checking.limits import ANSWER, IDLE, PROCESS_ENDS
from helpers.checking.messages import (
    Activity,
    Asked,
    Awaited,
    Cancel,
    Connected,
    CountWriters,
    Doing,
    Found,
    Item,
    Left,
    Listening,
    Loop,
    Raised,
    Returned,
    ReturnedSocket,
    Say,
    SocketCall,
    State,
    StateNow,
    TellActivity,
    TellState,
    Unloadable,
    Unreadable,
    Writers,
)
from helpers.checking.misuse import misused, slipped
from helpers.checking.plain import Value
from helpers.checking.process import Gone, Process, Question
from helpers.checking.verdicts import (
    Fell,
    Hangs,
    NotStarted,
    asked_to_type,
    ended_its_process,
    not_the_same,
    same,
    shown,
    sleeps,
    undefined,
    wanted_memory,
)
from helpers.sockets.tapes import FORGOTTEN

NOT_WITH_TLS = ("only stream sockets are supported", "Can't dup() ")
"""How the words of a NotImplementedError begin that `ssl` has raised, and no function that is still to be written."""
LOOKS = 5
"""At the sockets that its process has, before a connection is taken for a stranger's."""
A_MOMENT = 0.01
"""Seconds between two of them."""


class Wait(Protocol):
    """What waits, and looks meanwhile whether the function does what none should: `Judge.wait`."""

    def __call__(self, ready: Callable[[], bool], call: Call, idle: float = IDLE) -> bool: ...


class Call:
    """A call of the function."""

    def __init__(self, process: Process, wait: Wait) -> None:
        self.items: list[Value] = []
        """What it has yielded so far."""
        self.value: Value = None
        """What it has returned."""
        self.error: str | None = None
        """The name of the class of what it has raised."""
        self.kinds: Sequence[str] = ()
        """That, and the names of its base classes."""
        self.text = ""
        """What the error says."""
        self.args: Value = ()
        """What that error was made with: `(400, "why")` of `BadRequest(400, "why")`."""
        self.line: int | None = None
        """Of the cell, where the error came from it."""
        self.over = False
        self.rest: Value = None
        """What it left to be read, if that was asked for; None if it closed the socket."""
        self.left = Left()
        """What it has left behind, when it is over."""
        self.socket: ReturnedSocket | None = None
        """If it returned one."""
        self.found: Found | None = None
        """How it left the connected socket that it was given, if it was given one."""
        self.lent: float | None = None
        """The timeout of that socket, when it was given."""
        self.keeps = False
        """Whether the sockets that it makes are to stay open."""
        self.kind: int = socket.SOCK_STREAM
        """Of the sockets that it is to use."""
        self.address: tuple[str, int] | None = None
        """Where the listening socket that it was given listens."""
        self.connected: tuple[str, int] | None = None
        """From where the socket that it was given is connected."""
        self.awaits = False
        """Whether it has given back a coroutine, where that is asked for."""
        self.state: State | None = None
        """What its sockets did, and what it waits for; None before its process has said so."""
        self.asked = self.answered = 0
        """Of an attack: the number of the last question whether the server rests, and of the last that was answered."""
        self._activity: Activity | None = None  # the answer to the last `TellActivity`
        self._writers: int | None = None  # the answer to the last `CountWriters`
        self._process = process
        self._before = process.asked  # what was asked of the calls before, and may still be answered
        self._wait = wait

    @property
    def socket_calls(self) -> Sequence[SocketCall]:
        """The calls of its sockets, as far as its process has told of them."""
        return self.state.calls if self.state is not None else ()

    @property
    def doing(self) -> Doing:
        """What it was at, when its process last told of it."""
        return self.state.doing if self.state is not None else Doing()

    @property
    def loop(self) -> Loop:
        """The event loop of a function with streams, when its process last told of it."""
        return (self.state.loop if self.state is not None else None) or Loop()

    @property
    def remark(self) -> str:
        """What its error says, for the end of a sentence; "" if it says nothing."""
        return f" ({self.text[:120]})" if self.text else ""

    def say(self, *lines: bytes | None) -> None:
        """Let there be more lines for it to say. None: no more come."""
        for line in lines:
            self._process.send(Say(line))

    def cancel(self) -> None:
        """Cancel its coroutine."""
        self._process.send(Cancel())

    def finish(self, hangs: Fell | None = None, idle: float = IDLE) -> Call:
        """Wait until it is over. `hangs`: what to say if it never is."""
        try:
            self._wait(lambda: self.over, self, idle)
        except Hangs as error:
            raise hangs or error from None
        return self

    def settle(self) -> None:
        """Wait until it is over, if it is about to be."""
        with contextlib.suppress(Hangs):
            self.finish()

    def doing_now(self) -> Doing:
        """What it is at just now; at the end, where that is over."""
        if not self.over:
            self.ask_state()
        return self.doing

    def must_return(self, expected: Value, hangs: Fell | None = None) -> None:
        """Fell unless it returns just this. (`bytes` stand for themselves and for a great many of them.)"""
        self.finish(hangs)
        self.must_not_raise()
        if not same(self.value, expected):
            raise not_the_same(self.value, expected)

    def must_raise(
        self, kind: type[BaseException], when: str, hangs: Fell | None = None, misconception: int | None = None
    ) -> None:
        """Fell unless it raises such an error. `when`: where that is asked for, such as "the stream ended in mid-message"."""
        self.finish(hangs)
        if self.error is None:
            got = f"yielded {shown(self.items)}" if self.items else f"returned {shown(self.value)}"
            raise Fell(f"It {got} where {when}: that asks for {kind.__name__}.", misconception)
        if kind.__name__ not in self.kinds:
            if fell := self.misuse():
                raise fell
            raise Fell(
                f"It raised {self.error} where {when}: that asks for {kind.__name__}.{self.remark}", misconception
            )

    def must_not_raise(self, misconception: int | None = None) -> None:
        if self.error is not None:
            if fell := self.misuse():
                raise fell
            where = f", in line {self.line} of the cell" if self.line else ""
            raise Fell(f"It raised {self.error}{where}: {self.text or 'without a word'}.", misconception)

    def misuse(self) -> Fell | None:
        """What it did with a socket that made it raise its error; None where that cannot be seen."""
        return misused(self.state, self.kinds, self.text, self.kind) or slipped(self.kinds, self.text, self.line)

    def hear(self, timeout: float) -> None:
        """Take in what the process says, within `timeout` seconds. Fell for what no function may do."""
        match self._process.event(timeout):
            case Gone():
                self.ended()
            case Unloadable(text):
                raise undefined(text)
            case Unreadable():
                raise Fell("What its process says makes no sense: it has changed something that Python itself needs.")
            case Awaited():
                self.awaits = True
            case Listening(port):
                self.address = ("127.0.0.1", port)
            case Connected(port):
                self.connected = ("127.0.0.1", port)
            case Item(value):
                self.items.append(value)
            case StateNow() | Writers() | Activity() as answer:
                self._take(answer)
            case Asked(number):
                self.asked = max(self.asked, number)
            case Returned() as returned:
                self._end(returned)
                self.value, self.rest, self.socket = returned.value, returned.rest, returned.socket
                self._look_at_sleep()
            case Raised() as raised:
                self._end(raised)
                self.kinds, self.text, self.line = raised.kinds, raised.text, raised.line
                self.error, self.args = raised.kinds[0], raised.args
                self._look_at_error()
                self._look_at_sleep()

    def _take(self, answer: StateNow | Writers | Activity) -> None:
        """Unless it comes too late: of the call before, or when this one has told how it ended."""
        if self.over or self._process.answered <= self._before:
            return
        match answer:
            case StateNow(state):
                self.state = state
            case Writers(sockets):
                self._writers = sockets
            case Activity():
                self._activity = answer

    def _end(self, ended: Returned | Raised) -> None:
        """It is over, however it ended: what it has left is told in both cases."""
        self.over, self.state = True, ended.state
        self.left, self.found = ended.left, ended.found

    def ask_state(self) -> None:
        """Ask what it waits for; for a moment, since its process may be beyond answering."""
        self._ask(TellState())

    def writers(self) -> int:
        """Of how many sockets it wants to know just now when they can be written to: in `select.select`, or in a selector."""
        self._writers = None
        self._ask(CountWriters())
        return self._writers or 0

    def ask_activity(self) -> Activity | None:
        """What its process is about just now; None if it does not say."""
        self._activity = None
        self._ask(TellActivity())
        return self._activity

    def _ask(self, question: Question) -> None:
        number, limit = self._process.ask(question), time.monotonic() + ANSWER
        while self._process.answered < number and not self.over and time.monotonic() < limit:
            with contextlib.suppress(Fell):
                self.hear(0.01)

    def has_gone_on(self, watched: Callable[[], bool]) -> bool:
        """Whether it has come any further since its process last told of it, looked at as long as it is `watched`, or until it is over.

        One that does not answer is in the midst of a single call: what it tells of in the end is how far it had come before that.
        """
        if self._process.answered < self._process.asked:
            return self.over
        before = self._way()
        while watched() and not self.over:
            self.hear(0.01)
        self.ask_state()
        return self.over or self._way() != before

    def _way(self) -> tuple[int, int, int, frozenset[tuple[int, str]]]:
        """How far it has come. (To ask the same again, and to get the same, is no way.)"""
        done = [each for each in self.socket_calls if not each.waits and not each.error]
        return (
            self.doing.moved,
            len(self.items),
            sum(each.method == "accept" for each in done),
            frozenset((each.socket, each.method) for each in done),
        )

    def may_be_at(self, address: tuple[str, int]) -> bool:
        """Whether one of its sockets is at this end of a connection; or whether that is not known."""
        for _ in range(LOOKS):  # the connection is there a moment before its connect has come back
            if not self.over:
                self.ask_state()
            known = {each.local for each in self.state.sockets} if self.state is not None else set()
            if not known or address in known:
                return True
            with contextlib.suppress(Fell):
                self.hear(A_MOMENT)
        return False

    def waits(self) -> SocketCall | None:
        """The call of a socket in which it waits."""
        return next((each for each in reversed(self.socket_calls) if each.waits), None)

    def waits_in(self) -> str | None:
        """Its method, such as "recv"."""
        waiting = self.waits()
        return waiting.method if waiting is not None else None

    def timeout_of(self, call: SocketCall | None) -> float | None:
        """Seconds: the timeout of the socket in that call."""
        if call is None or self.state is None:
            return None
        return next((each.timeout for each in self.state.sockets if each.number == call.socket), None)

    def refused(self) -> str | None:
        """The method of a socket that last raised BlockingIOError; None if another call came after it."""
        last = next((each for each in reversed(self.socket_calls) if not each.waits), None)
        if self.awaits:  # the sockets of an event loop never wait
            return None
        return last.method if last is not None and last.error == "BlockingIOError" else None

    def timeout(self) -> float:
        """The longest timeout, in seconds, of the sockets that it uses just now; 0.0 if they have none."""
        self.ask_state()
        return max((each.timeout or 0.0 for each in self.state.sockets), default=0.0) if self.state else 0.0

    def read_by_two(self) -> SocketCall | None:
        """A receive that one of its threads began while another one was still in a receive of the same socket; None if there was none. (Of the first calls only.)"""
        last: dict[int, SocketCall] = {}
        for call in (each for each in self.socket_calls if each.receives):
            before = last.get(call.socket)
            if before is not None and before.ident != call.ident and (call.begun or 0.0) < (before.ended or 0.0):
                return call
            last[call.socket] = call
        return None

    def read_in_between(self) -> Iterator[SocketCall]:
        """The receives that one of its threads made between two of another thread, of the same socket. (Of the first calls only.)

        That is no mistake by itself: threads may serve a connection in turn, and hand over what they have received.
        """
        of: dict[int, list[SocketCall]] = {}
        for each in self.socket_calls:
            if each.receives:
                of.setdefault(each.socket, []).append(each)
        for calls in of.values():
            for before, call, behind in zip(calls, calls[1:], calls[2:], strict=False):
                if before.ident == behind.ident != call.ident:
                    yield call

    def forgot_to_close(self) -> bool:
        """Whether it has left a socket open, or for Python to collect."""
        forgotten = (each.method == "close" and each.detail == FORGOTTEN for each in self.socket_calls)
        return self.left.sockets > 0 or any(forgotten)

    def saw_the_end(self) -> bool:
        """Whether it has received nothing: the end of the stream. (Of the first calls only, as many as are recorded.)"""
        return any(
            each.receives and not each.waits and each.size == 0 and each.asked != 0 for each in self.socket_calls
        )

    def spins_at_the_end(self) -> bool:
        """Whether the last things that it received were nothing, from a stream."""
        last = [each for each in self.socket_calls if not each.waits][-2:]
        streams = self.kind == socket.SOCK_STREAM
        return streams and len(last) > 1 and all(each.receives and each.size == 0 and not each.error for each in last)

    def _look_at_sleep(self) -> None:
        """Fell if it has slept for longer than it would have been let: otherwise that would depend on when somebody looked."""
        if self.doing.longest > IDLE and not self.awaits:  # of a coroutine there is more to say
            raise sleeps(self.doing.longest, self.doing.pauses, "")

    def _look_at_error(self) -> None:
        if self.error == "NotImplementedError" and not self.text.startswith(NOT_WITH_TLS):
            raise NotStarted
        if self.error == "EOFError" and self.doing.asked:
            raise asked_to_type(self.line)
        if "SystemExit" in self.kinds:
            raise Fell("It called sys.exit(), which ends the whole program; a function that is done returns.")
        if self.error == "MemoryError":
            failed = next((each for each in self.socket_calls if each.error == "MemoryError"), None)
            raise wanted_memory(failed.method if failed else None, failed.asked if failed else 0)

    def ended(self) -> None:
        """Fell: its process has ended, or says no more."""
        self.over = True
        deadline = time.monotonic() + PROCESS_ENDS
        while (code := self._process.exit_code) is None and time.monotonic() < deadline:
            time.sleep(0.001)
        raise ended_its_process(code)
