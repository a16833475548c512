"""A call of the learner's function, as the judge sees it: what came of it, and what it must do.

Comes in: the events of its process. Goes out: values, errors, what its sockets did; `Fell` where it does what it should not. It is given what waits for it (`Wait`), and
knows no judge. Who may import it: bounds, peer, judge, and the exercises.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from helpers.checking.limits import ANSWER, IDLE, PROCESS_ENDS
from helpers.checking.messages import (
    Awaited,
    Cancel,
    Command,
    Connected,
    CountWriters,
    Doing,
    Found,
    Item,
    Listening,
    Loop,
    Raised,
    Returned,
    ReturnedSocket,
    Say,
    SocketCall,
    State,
    StateNow,
    TellState,
    Unloadable,
    Unreadable,
    Writers,
)
from helpers.checking.misuse import misused, slipped
from helpers.checking.plain import Value
from helpers.checking.process import Gone, Process
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
    wanted_memory,
)
from helpers.sockets.tapes import FORGOTTEN

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
        self.threads = 0
        """Threads of its own that were running when it came back."""
        self.left_open = 0
        """Sockets that it has made and not closed."""
        self.socket: ReturnedSocket | None = None
        """If it returned one."""
        self.found: Found | None = None
        """How it left the connected socket that it was given, if it was given one."""
        self.lent: float | None = None
        """The timeout of that socket, when it was given."""
        self.keeps = False
        """Whether the sockets that it makes are to stay open."""
        self.address: tuple[str, int] | None = None
        """Where the listening socket that it was given listens."""
        self.connected: tuple[str, int] | None = None
        """From where the socket that it was given is connected."""
        self.awaits = False
        """Whether it has given back a coroutine, where that is asked for."""
        self.state: State | None = None
        """What its sockets did, and what it waits for; None before its process has said so."""
        self._writers: int | None = None  # the answer to the last `CountWriters`
        self._process = process
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
        return misused(self.state, self.kinds, self.text) or slipped(self.kinds, self.text, self.line)

    def hear(self, timeout: float) -> None:
        """Take in what the process says, within `timeout` seconds. Fell for what no function may do."""
        match self._process.event(timeout):
            case Gone():
                self.ended()
            case Unloadable(text):
                raise Fell(f"It cannot be brought into a process of its own. ({text})")
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
            case StateNow(state):
                self.state = state
            case Writers(sockets):
                self._writers = sockets
            case Returned() as returned:
                self.over, self.state, self.left_open = True, returned.state, returned.left_open
                self.value, self.rest, self.found = returned.value, returned.rest, returned.found
                self.threads, self.socket = returned.threads, returned.socket
                self._look_at_sleep()
            case Raised() as raised:
                self.over, self.state, self.left_open = True, raised.state, raised.left_open
                self.kinds, self.text, self.line, self.found = raised.kinds, raised.text, raised.line, raised.found
                self.error, self.args = raised.kinds[0], raised.args
                self._look_at_error()

    def ask_state(self) -> None:
        """Ask what it waits for; for a moment, since its process may be beyond answering."""
        before = self.state
        self._ask(TellState(), lambda: self.state is not before)

    def writers(self) -> int:
        """Of how many sockets it wants to know just now when they can be written to: in `select.select`, or in a selector."""
        self._writers = None
        self._ask(CountWriters(), lambda: self._writers is not None)
        return self._writers or 0

    def _ask(self, command: Command, is_answered: Callable[[], bool]) -> None:
        self._process.send(command)
        limit = time.monotonic() + ANSWER
        while not is_answered() and not self.over and time.monotonic() < limit:
            with contextlib.suppress(Fell):
                self.hear(0.01)

    def has_gone_on(self, watched: Callable[[], bool]) -> bool:
        """Whether it has come any further since its process last told of it, looked at as long as it is `watched`, or until it is over."""
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

    def forgot_to_close(self) -> bool:
        """Whether it has left a socket open, or for Python to collect."""
        forgotten = (each.method == "close" and each.detail == FORGOTTEN for each in self.socket_calls)
        return self.left_open > 0 or any(forgotten)

    def saw_the_end(self) -> bool:
        """Whether it has received nothing: the end of the stream. (Of the first calls only, as many as are recorded.)"""
        return any(
            each.receives and not each.waits and each.size == 0 and each.asked != 0 for each in self.socket_calls
        )

    def spins_at_the_end(self) -> bool:
        """Whether the last things that it received were nothing."""
        last = [each for each in self.socket_calls if not each.waits][-2:]
        return len(last) > 1 and all(each.receives and each.size == 0 for each in last)

    def _look_at_sleep(self) -> None:
        """Fell if it has slept for longer than it would have been let: otherwise that would depend on when somebody looked."""
        if self.doing.longest > IDLE and not self.awaits:  # of a coroutine there is more to say
            raise sleeps(self.doing.longest, self.doing.pauses, "")

    def _look_at_error(self) -> None:
        if self.error == "NotImplementedError":
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
