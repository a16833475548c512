"""How a function fails: the exceptions that end a scenario, and the sentences that say why. What a function returned is compared and spelled out here too.

A scenario raises `Fell`, or calls something that does. Who may import it: everything on the judge's side, and the exercises.
"""

from __future__ import annotations

import signal

from helpers.checking.limits import MEMORY
from helpers.checking.messages import CUT_OFF, FORKED
from helpers.checking.plain import Digest, digest
from helpers.recording import events


class Fell(Exception):
    """The function did not hold. `sentence`: what happened, and why; `misconception`: its number in the course's table, or None."""

    def __init__(self, sentence: str, misconception: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.misconception = misconception


class Hangs(Fell):
    """The call will never come back."""


class Spins(Hangs):
    """Because it works and works."""


class NotStarted(Exception):
    """The function is still a stub."""


def waits_for_ever(method: str | None) -> Hangs:
    """It waits in this method of a socket; None: in something else."""
    if method is None:
        return Hangs("It never comes back: it waits for something.")
    return Hangs(f"It never comes back: it waits in {method}(), and nothing more will come.")


def spins(at_the_end: bool) -> Spins:
    """It uses the processor without end. `at_the_end`: its last receives brought b''."""
    if at_the_end:
        return Spins("It goes round and round: recv gives b'' again and again, because the stream has ended.", 11)
    return Spins("It works without end, in a loop that nothing stops.")


def works_in_silence() -> Spins:
    """It uses the processor where it has nothing to do but wait."""
    return Spins(
        "Nothing comes for a while, and it keeps the processor busy all the time, looking again and again. Let the system wait: a blocking call, or select without a timeout of 0, "
        "comes back when something is there, and uses nothing until then."
    )


def prints_without_end(most: int) -> Fell:
    """It has printed more than `most` bytes, and has not come back."""
    return Fell(f"It prints without end: more than {most:,} bytes.")


def took_memory() -> Fell:
    """Its process is larger than it may be."""
    return Fell(f"It took more than {MEMORY >> 20} MB of memory.")


def wanted_memory() -> Fell:
    """The system refused it the memory that it asked for."""
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
    return bool(value == expected) or (value != value and expected != expected)


def shown(value: object) -> str:
    """A value for a sentence, cut where it is long."""
    if isinstance(value, bytes):
        return events.short_repr(value[:4096] if len(value) <= 4096 else value[:64], len(value), 60)
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:50]}…{text[-20:]}"
