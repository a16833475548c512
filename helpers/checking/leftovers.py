"""What a function leaves behind when its call is over: the socket that it was given as it was found, its own sockets closed.

Comes in: a call that is over. Goes out: `Fell`. It is asked after each scenario of each exercise, so that none needs a scenario for it. Who may import it: play.
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
    if not call.keeps and call.forgot_to_close():
        raise Fell(
            f"{_ended(call)}, and a socket that it had made was left open. `with` closes it on every way out, also where an error ends the function."
        )


def _look_at_socket(call: Call, found: Found) -> None:
    if found.read_on:
        raise Fell(
            f"{_ended(call)}, and a thread that it left behind still waits in recv: it will take the next bytes, and whoever reads next misses them."
        )
    if not found.is_open:
        raise Fell(
            f"{_ended(call)}, and it had closed the connection that it was given (with, or close). Whoever called it may have more to say, and closes it: leave it open."
        )
    if found.shut:
        raise Fell(
            f"{_ended(call)}, and it had shut down the connection that it was given. Whoever called it may have more to say: leave it as it was found."
        )
    if found.timeout != call.lent:
        raise Fell(
            f"{_ended(call)}, and its socket, which came {_waiting(call.lent)}, is now {_waiting(found.timeout)}: the caller's next recv or send meets that. "
            "Leave it as it was found: keep conn.gettimeout() at the beginning, and settimeout() it back in a finally."
        )


def _ended(call: Call) -> str:
    return "It came back" if call.error is None else f"It raised {call.error}"


def _waiting(timeout: float | None) -> str:
    if timeout is None:
        return "without a timeout"
    return f"with a timeout of {timeout:.3g} s" if timeout else "non-blocking (a timeout of 0)"
