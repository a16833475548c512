"""How a function fails: the exceptions that end a scenario, and the sentences that say why. What a function returned is compared and spelled out here too.

A scenario raises `Fell`, or calls something that does. Who may import it: everything on the judge's side, and the exercises.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable

from helpers.checking.differences import difference
from helpers.checking.limits import IDLE, LONGEST, MEMORY
from helpers.checking.messages import CUT_OFF, FORKED, Doing
from helpers.checking.plain import Digest, Odd, digest
from helpers.checking.source import NotDefined
from helpers.recording import events


class Fell(Exception):
    """The function did not hold. `sentence`: what happened, and why; `misconception`: its number in the course's table, or None.

    `about`: of many peers those whom it is about, by their names; the picture shows their conversations alone. Nobody: it shows all.
    `calls`: of a function without sockets, how it was called and what it gave, a line each: what stands where others have a picture.
    """

    def __init__(
        self, sentence: str, misconception: int | None = None, about: Iterable[str] = (), calls: Iterable[str] = ()
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.misconception = misconception
        self.about = frozenset(about)
        self.calls = tuple(calls)


class Hangs(Fell):
    """The call will never come back."""


class Spins(Hangs):
    """Because it works and works."""


class Slow(Spins):
    """It works to some purpose, but for too long."""


class Sleeps(Fell):
    """It has slept for longer than anybody waits: no scenario's own words for one who hangs would be true of it."""


class NotStarted(Exception):
    """The function is still a stub."""


class NotThere(Exception):
    """An extra that the function does not have, and need not. `sentence`: what it did, and what the extra would be. (One that is there and does the wrong thing has `Fell`.)"""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def waits_for_ever(method: str | None, doing: Doing = Doing(), timeout: float | None = None) -> Fell:  # noqa: B008  # it is immutable
    """It waits in this method of a socket, which has that timeout; or in something else, where `method` is None."""
    where = at_line(doing)
    if method is not None and timeout:
        return Hangs(
            f"It waits in {method}(){where}, and nothing more will come: after {timeout:g} s its socket's timeout ends that, with TimeoutError."
        )
    if method is not None:
        return Hangs(f"It never comes back: it waits in {method}(){where}, and nothing more will come.")
    if doing.pause is not None:
        return sleeps(doing.pause, doing.pauses, where)
    return Hangs(f"It never comes back: it waits{where}{',' if where else ''} for something that does not happen.")


def sleeps(pause: float, pauses: int, where: str) -> Sleeps:
    """It sleeps for so many seconds, and has slept so often. `where`: in which line."""
    if pause > LONGEST:
        return Sleeps(f"It sleeps for {pause:,g} s{where}, and before that is over it never comes back.")
    if pause <= IDLE:
        return Sleeps(
            f"It sleeps again and again{where}, {pause:g} s at a time and {pauses} times so far, and nothing happens in between: its loop does not come to an end."
        )
    return Sleeps(
        f"It sleeps for {pause:g} s{where}, and whoever talks to it has nothing to do but wait: more than {IDLE:g} s is not waited for here. "
        "No sleep is needed: a call that waits, such as recv, takes just as long as it must."
    )


def spins_at_the_end() -> Spins:
    """It uses the processor without end: its last receives brought b''."""
    return Spins("It goes round and round: recv gives b'' again and again, because the stream has ended.", 11)


def spins(doing: Doing, refused: str | None) -> Spins:
    """It uses the processor, and nothing comes of it. `refused`: the method of a socket that does not wait, and had nothing for it."""
    if refused is not None:
        return Spins(
            f"It goes round and round{at_line(doing)}: its socket does not wait, so that {refused} raises BlockingIOError whenever nothing is there, and it asks again at once."
        )
    return Spins(f"It works without end{at_line(doing)}, as it seems: in a loop that nothing stops.")


def undefined(why: str) -> Fell:
    """It cannot be had in a process of its own. `why`: the class of an error, and what it says."""
    kind, _, said = why.partition(": ")
    if kind == NotDefined.__name__:
        return Fell(f"It was never called: {said}.")
    return Fell(f"It cannot be brought into a process of its own. ({why})")


def works_where_it_is_defined() -> Fell:
    """It was never called: what defines it does not come to an end."""
    return Fell(
        "It was never called: the lines that define it, or that these need, work without end. In a cell with a function let the lines outside of it make constants, and nothing more."
    )


def waits_where_it_is_defined() -> Fell:
    """Nor was this one."""
    return Fell(
        "It was never called: the lines that define it, or that these need, wait for something that does not happen. In a cell with a function let the lines outside of it make constants, and nothing more."
    )


def is_slow(doing: Doing, busy: float) -> Slow:
    """It has used so many seconds of the processor, and goes on with its work."""
    return Slow(
        f"It is too slow: {busy:g} s of work are not enough for it, and it is getting on, but slowly{_seen(doing)}. "
        "Does each turn of a loop take only a byte or two, or copy or search all that came before?"
    )


def goes_on_for_too_long() -> Slow:
    """It sends and receives, and does not come to an end."""
    return Slow(
        f"It goes on and on: for {LONGEST:g} s bytes have come and gone, and it has not come back. What ends its loop?"
    )


def asked_to_type(line: int | None) -> Fell:
    """It has called `input`, which raised EOFError."""
    where = f", in line {line} of the cell" if line else ""
    return Fell(
        f"It called input(){where}, and in a check nobody types: that raised EOFError. What it needs it is given, as its arguments and by its socket."
    )


def reads_twice(whose: str) -> str:
    """Two of its threads read from one connection."""
    return (
        f"Two of its threads were in recv of {whose} at the same time: each takes what comes when it is its turn, and nobody has it all. "
        "One thread reads from a connection, and gives the others what they need."
    )


def takes_a_part(whose: str, taken: bytes) -> str:
    """A thread has received what another one needed."""
    return (
        f"One of its threads had received {shown(taken)} of {whose}, and another one the rest: each takes what comes when it is its turn, and nobody has it all. "
        "One thread reads from a connection, and gives the others what they need."
    )


def _seen(doing: Doing) -> str:
    """Where it was when somebody looked: any line of the loop in which it is."""
    return f"; when it was looked at, it was in line {doing.line} of the cell" if doing.line else ""


def at_line(doing: Doing) -> str:
    return f", in line {doing.line} of the cell" if doing.line else ""


def works_in_silence() -> Spins:
    """It uses the processor where it has nothing to do but wait."""
    return Spins(
        "Nothing comes for a while, and it keeps the processor busy all the time, looking again and again. Let the system wait: a blocking call, or select without a timeout of 0, "
        "comes back when something is there, and uses nothing until then."
    )


def waits_without_end_for_a_datagram(method: str, doing: Doing, connected: bool) -> Fell:
    """It waits in this method of a datagram socket without a timeout. `connected`: whether it has connected it before."""
    said = f"It waits in {method}(){at_line(doing)} without a timeout, and nothing will come. A datagram that is lost is lost, and nobody says so: wait for a moment (settimeout), and send it again."
    if not connected:
        return Hangs(said)
    return Hangs(
        f"{said} connect() of a datagram socket has sent nothing and asked nobody: it only noted the address. Nobody need be there.",
        40,
    )


def waits_too_long_for_a_datagram(doing: Doing, longest: float) -> Fell:
    """It waits for longer than that for an answer; or for something that does not happen."""
    return Hangs(
        f"It waits{at_line(doing)}, and for more than {longest:g} s nothing has come that it waits for, and it has sent nothing. What is lost does not come later: 0.2 s are enough here, then send it again, or give up."
    )


def prints_without_end(most: int) -> Fell:
    """It has printed more than `most` bytes, and has not come back."""
    return Fell(f"It prints without end: more than {most:,} bytes.")


def strays() -> Fell:
    """It has written where only its process speaks to the judge."""
    return Fell("It wrote into file descriptors that are not its own.")


def left_a_thread(ended: str) -> Fell:
    """One of its threads runs on. `ended`: how its call did, as `leftovers.ended` says it."""
    return Fell(f"{ended} and left a thread that runs on: its program would never end. join() waits for a thread.")


def took_memory() -> Fell:
    """Its process is larger than it may be."""
    return Fell(f"It took more than {MEMORY >> 20} MB of memory.")


def wanted_memory(method: str | None, asked: int) -> Fell:
    """The system refused it the memory that it asked for; in this method of a socket, for so many bytes, or elsewhere (None)."""
    if method is not None:
        return Fell(
            f"It called {method} for {asked:,} bytes, which is more than {MEMORY >> 20} MB of memory. Where does that number come from, and who has looked at it?"
        )
    return Fell(f"It asked for more than {MEMORY >> 20} MB of memory.")


def ended_its_process(code: int | None) -> Fell:
    """Its process has ended, with this exit code (less than 0: by a signal); or says no more (None)."""
    if code is None or code == CUT_OFF:
        return Fell("It closed file descriptors that are not its own, and cut itself off.")
    if code == FORKED:
        return Fell("It starts one process after another, without end.")
    if code < 0:
        return Fell(f"It was ended by a signal ({_signal(-code)}), and with it any program that would use it.")
    return Fell(f"It ended its whole process (exit code {code}), and with it any program that would use it.")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def same(value: object, expected: object) -> bool:
    """Whether a plain value is just `expected`, types included. (A digest is the same as the bytes that it was made of.)"""
    if isinstance(value, Digest) and type(expected) is bytes:
        return value == digest(expected)
    if type(value) is not type(expected):
        return False
    if isinstance(value, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(value) == len(expected) and all(map(same, value, expected))
    if isinstance(value, dict) and isinstance(expected, dict):
        return value.keys() == expected.keys() and all(same(value[key], expected[key]) for key in expected)
    return bool(value == expected) or (value != value and expected != expected)


def not_the_same(value: object, expected: object) -> Fell:
    """It returned this, and not that."""
    said = f"It returned {shown(value)} where {shown(expected)} was to come"
    if value is None:
        return Fell(f"{said}: is there a return, on every way out?")
    if type(value) is bytes and type(expected) is bytes:
        return Fell(f"{said}: {difference(value, expected)}.")
    if type(value) is str and type(expected) is bytes:
        return Fell(f"{said}: that is text, and what a socket carries is bytes.")
    return Fell(f"{said}.")


MADE = {
    "generator": "`yield` makes one of a function, and nothing of it has run",
    "coroutine": "`async def` makes one of a function, and nothing of it has run: write `def`",
    "async_generator": "`async def` with `yield` makes one, and nothing of it has run",
    "function": "are its parentheses missing?",
    "method": "are its parentheses missing?",
    "builtin_function_or_method": "are its parentheses missing?",
    "type": "a class: are its parentheses missing?",
    "bytearray": "which can be changed: bytes(…) makes bytes of it",
    "memoryview": "bytes(…) makes bytes of it",
    "map": "nothing of it has run: list(…) makes a list of it",
    "filter": "nothing of it has run: list(…) makes a list of it",
    "ValueError": "`raise` raises an error, `return` only gives it back",
    "EOFError": "`raise` raises an error, `return` only gives it back",
}
"""What is told of a value by the name of its type."""


def shown(value: object) -> str:
    """A value for a sentence, cut where it is long."""
    if isinstance(value, Odd) and value.kind in MADE:
        return f"{value!r} ({MADE[value.kind]})"
    if isinstance(value, bytes):
        return events.short_repr(value[:4096] if len(value) <= 4096 else value[:64], len(value), 60)
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:50]}…{text[-20:]}"
