"""What a function leaves behind when its call is over: the socket that it was given as it was found, its own sockets closed, nothing set that counts for the whole program.

Comes in: a call that is over. Goes out: `Fell`. It is asked after each scenario of each exercise, so that none needs a scenario for it. Who may import it: play, and the judge.
"""

from __future__ import annotations

from helpers.checking.call import Call
from helpers.checking.messages import Found
from helpers.checking.verdicts import Fell


def look_at(call: Call) -> None:
    """Fell if it has left something open, or has not left its socket as it was."""
    if not call.over:
        return
    if call.found is not None and "ConnectionError" not in call.kinds:  # a broken one is of no use to anybody
        _look_at_socket(call, call.found)
    _look_at_program(call)
    if not call.keeps and call.forgot_to_close():
        raise Fell(
            f"{ended(call)}, and a socket that it had made was left open. `with` closes it on every way out, also where an error ends the function."
        )


def _look_at_program(call: Call) -> None:
    """What belongs to no socket, and to the whole program."""
    if call.left.default_timeout is not None:
        raise Fell(
            f"{ended(call)}, and socket.setdefaulttimeout({call.left.default_timeout:.3g}) goes on counting: every socket that the program makes from now on, anywhere in it, {_begins(call.left.default_timeout)}. "
            "settimeout() is for one socket, create_connection(…, timeout=…) for the one that it makes."
        )
    if call.left.alarm:
        raise Fell(
            f"{ended(call)}, and its alarm is still set: it rings in the middle of whatever the program does then. signal.alarm(0) in a finally; or settimeout(), which needs no alarm."
        )


def _begins(timeout: float) -> str:
    return f"gives up after {timeout:.3g} s" if timeout else "is non-blocking"


def _look_at_socket(call: Call, found: Found) -> None:
    if found.read_on:
        raise Fell(
            f"{ended(call)}, and a thread that it left behind still waits in recv: it will take the next bytes, and whoever reads next misses them."
        )
    if not found.is_open:
        raise Fell(
            f"{ended(call)}, and it had closed the connection that it was given (with, or close). Whoever called it may have more to say, and closes it: leave it open."
        )
    if found.shut:
        raise Fell(
            f"{ended(call)}, and it had shut down the connection that it was given. Whoever called it may have more to say: leave it as it was found."
        )
    if found.timeout != call.lent:
        raise Fell(
            f"{ended(call)}, and its socket, which came {_waiting(call.lent)}, is now {_waiting(found.timeout)}: the caller's next recv or send meets that. "
            "Leave it as it was found: keep conn.gettimeout() at the beginning, and settimeout() it back in a finally."
        )


def ended(call: Call) -> str:
    """How it ended, for the beginning of a sentence about what it has left."""
    return "It came back" if call.error is None else f"It raised {call.error}"


def _waiting(timeout: float | None) -> str:
    if timeout is None:
        return "without a timeout"
    return f"with a timeout of {timeout:.3g} s" if timeout else "non-blocking (a timeout of 0)"
