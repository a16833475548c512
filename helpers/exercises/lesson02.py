"""Lesson 2: whether a server is at an address."""

from __future__ import annotations

import sys
import time

from helpers.checking.bounds import Rest
from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown, works_in_silence
from helpers.exercises.unanswered import (
    A_SECOND,
    NOWHERE,
    TOO_LONG,
    TOO_SHORT,
    bound,
    full_queue,
    is_out_of_reach,
    seconds_asked,
)

EVER = 5.0
"""Seconds after which it has, whatever it did in the meantime."""

# Windows asks three times, for about two seconds, before it believes a refusal: within one second it is silence.
REFUSED = ("refused", "no answer") if sys.platform == "win32" else ("refused",)

is_anyone_there = Exercise(
    lesson=2,
    signature="is_anyone_there(address)",
    brief="Try to connect, and say nothing. Return 'open', 'refused', or 'no answer' if a second brings none. "
    "Any other error is neither, and is let through. Leave no socket open.",
    tidies=True,
    hints=(
        "Which error does `connect` raise for a refusal, and which one for silence? What ends its waiting?",
        "`settimeout(1)` before `connect`, a `try` around `connect`, and an `except` clause for each of the two errors.",
        "`with` a socket: `s.settimeout(1)`; in a `try`, `s.connect(address)`; `except ConnectionRefusedError: return 'refused'`; `except TimeoutError: return "
        "'no answer'`. And after it, `return 'open'`.",
    ),
    solution="""
import socket

def is_anyone_there(address) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(1)
        try:
            s.connect(address)
        except ConnectionRefusedError:
            return 'refused'
        except TimeoutError:
            return 'no answer'
        return 'open'
""",
    reasons="A refusal is an answer of the machine: nobody listens on this port. A timeout is no answer at all. So each has an `except` of its own, and any other "
    "error is let through, since it is neither. `with` closes the socket in all three cases.",
)


@is_anyone_there.scenario(1, "a server that takes the call, and says nothing")
def _open(judge: Judge) -> None:
    _ask_silent_server(judge)


@is_anyone_there.scenario(1, "a port on which nobody listens")
def _refused(judge: Judge) -> None:
    _must_be_refused(judge.call(bound(judge).getsockname()))


@is_anyone_there.scenario(1, "a place that keeps silent")
def _silent(judge: Judge) -> None:
    judge.busy = 3.0  # which is told below, in other words
    begun = time.monotonic()
    call = judge.call(full_queue(judge).getsockname())
    rest = _finish_in_time(judge, call)
    waited = seconds_asked(call) or time.monotonic() - begun
    if call.error == "TimeoutError":
        raise Fell("It raised TimeoutError, which says that no answer came in time. Catch it, and return 'no answer'.")
    _must_not_raise(call)
    _must_have_been_quick(call)
    if call.value == "refused":
        raise Fell(
            "It returned 'refused', but nobody refused anything: no answer came, and the socket's timeout ended the waiting. A refusal is an answer; silence is TimeoutError.",
            16,
        )
    _must_be(call, "no answer", "where nobody answered")
    if waited < TOO_SHORT and sys.platform != "win32":
        raise Fell(
            f"It gave up after {waited:.2f} s. The answer of a server far away, or busy, may take longer than that: a slow peer is not a dead one. It has a second.",
            16,
        )
    if rest.is_missing():
        raise works_in_silence()
    _must_have_closed(call)


@is_anyone_there.scenario(2, "no socket left open, and not a word said")
def _left(judge: Judge) -> None:
    call = judge.call(bound(judge).getsockname())
    _must_be_refused(call)
    _must_have_closed(call)
    call, got = _ask_silent_server(judge)
    _must_have_closed(call)
    if got:
        raise Fell(
            f"It sent {shown(got)} to a server of which it only was to know whether it is there. connect alone shows that."
        )


@is_anyone_there.scenario(2, "a server that starts after the first try")
def _starts(judge: Judge) -> None:
    server = bound(judge)
    _must_be_refused(judge.call(server.getsockname()))
    server.listen()
    call = judge.call(server.getsockname())
    call.finish(idle=TOO_LONG)
    _must_not_raise(call)
    _must_be(call, "open", "where a server has started since the last call")


@is_anyone_there.scenario(2, "a place to which no way leads")
def _no_way(judge: Judge) -> None:
    if not is_out_of_reach(NOWHERE):
        return  # this system asks all the same
    call = judge.call(NOWHERE).finish(idle=TOO_LONG)
    failed = next(
        (each.error for each in reversed(call.socket_calls) if each.connects and each.detail == NOWHERE), None
    )
    if failed is None or call.error is not None or call.value == "no answer":  # which is not wrong: there was none
        return
    raise Fell(
        f"It returned {shown(call.value)} for {NOWHERE}, to which no way leads: connect raised {failed}, and that is neither a refusal nor silence. "
        "Catch ConnectionRefusedError and TimeoutError, each by its name, and let any other error through.",
        16,
    )


@is_anyone_there.scenario(3, "a server at another loopback address")
def _elsewhere(judge: Judge) -> None:
    try:
        server = bound(judge, f"127.{judge.chance.randrange(1, 250)}.6.7")
    except OSError:  # Linux and Windows have them all, others only the one
        server = bound(judge)
    server.listen()
    address = server.getsockname()
    call = judge.call(address)
    call.finish(idle=TOO_LONG)
    _must_not_raise(call)
    _must_be(call, "open", f"where a server listens, at {address}")


def _ask_silent_server(judge: Judge) -> tuple[Call, bytes]:
    """Let it call a server that says nothing. What the server heard."""
    door = judge.door()
    call = judge.call(door.getsockname())
    peer = judge.accept(door, call)
    try:
        call.finish(idle=TOO_LONG)
    except Hangs as error:
        if not str(call.waits_in()).startswith("recv"):
            raise
        raise Fell(
            "It is connected, and waits in recv. A server need not say anything: that connect came back is the answer."
        ) from error
    if any(each.receives and each.error == "TimeoutError" for each in call.socket_calls):
        raise Fell(
            "It was connected, and waited in recv for a word that never came: its timeout ended that, and had nothing to do with connect. "
            "A server need not say anything: that connect came back is the answer, and that is 'open'."
        )
    _must_not_raise(call)
    _must_be(call, "open", "where a server had taken the call")
    return call, peer.read_all(100)


def _must_be_refused(call: Call) -> None:
    call.finish(idle=TOO_LONG)
    if call.error == "ConnectionRefusedError":
        raise Fell(
            "It raised ConnectionRefusedError: the machine's answer that nobody listens on this port. Catch it, and return 'refused'."
        )
    _must_not_raise(call)
    if call.value == "no answer" and call.value not in REFUSED:
        raise Fell(
            "It returned 'no answer', but there was one: connect raised ConnectionRefusedError, the machine's word that nobody listens on this port. Silence is TimeoutError.",
            16,
        )
    if call.value not in REFUSED or not isinstance(call.value, str):
        _must_be(call, "refused", "where nobody listens on the port")


def _must_be(call: Call, expected: str, where: str) -> None:
    if call.value is None:
        raise Fell(f"It returned None {where}: {expected!r} was to be returned.")
    if not same(call.value, expected):
        raise Fell(f"It returned {shown(call.value)} {where}: that is {expected!r}.")


def _must_have_closed(call: Call) -> None:
    if call.forgot_to_close():
        raise Fell(
            f"It returned {shown(call.value)}, and its socket was left open. A `with` block closes it on every way out, and when connect raises an error."
        )


def _finish_in_time(judge: Judge, call: Call) -> Rest:
    """Wait until it is over; whether it rested meanwhile. Fell if a second is not enough for it."""
    begun = time.monotonic()
    rest = judge.watch_rest()

    def late_or_over() -> bool:
        rest.look()
        return call.over or time.monotonic() > begun + EVER

    late = Fell(
        "More than a second has passed, and it still waits. settimeout(1), before connect, ends that; without it connect would go on asking, on Linux for two minutes."
    )
    try:
        judge.wait(late_or_over, call, idle=TOO_LONG)
    except Spins:
        raise
    except Hangs:
        raise late from None
    if not call.over:
        raise late
    return rest


def _must_have_been_quick(call: Call) -> None:
    """Fell if a socket's timeout was more than a second. (A clock would say so of any function, on a busy machine.)"""
    waited = seconds_asked(call)
    if waited > A_SECOND:
        raise Fell(f"It waited {waited:g} s for an answer; a second was all the time it had.")


def _must_not_raise(call: Call) -> None:
    """Fell if it raised an error, or tried a closed socket, which raises one that it may have caught."""
    tried = [each.error for each in call.socket_calls if each.connects and not each.waits]
    if tried[-1:] == ["OSError"] or "Bad file descriptor" in call.text or "10038" in call.text:
        raise Fell(
            "It used a socket that had been closed, perhaps in an earlier call. A closed socket stays closed: make a new one each time.",
            22,
        )
    call.must_not_raise()


EXERCISES = [is_anyone_there]
