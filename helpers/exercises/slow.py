"""A peer that is slow, and is not dead: what every exercise that waits for one has to stand.

Who may import it: the exercises.
"""

from __future__ import annotations

from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, shown


def must_wait(judge: Judge, call: Call, what: str) -> None:
    """Say nothing for a while. Fell if the function does not wait so long. `what`: the peer, and what it has to say yet, such as "the peer had only said half of it"."""
    if not judge.be_slow(call):
        return
    if "TimeoutError" in call.kinds or call.error == "BlockingIOError":
        raise Fell(
            f"{what}, and was silent for a moment; it gave up, with {call.error}. A slow peer is not a dead one, and nobody asked it to hurry: wait for what recv brings."
        )
    got = f"raised {call.error}" if call.error is not None else _given(call)
    raise Fell(
        f"{what}, and was silent for a moment; it {got}. A pause is not the end: nothing yet is not nothing more. Only b'' says that nothing more comes."
    )


def must_be_broken(call: Call, when: str) -> None:
    """Fell unless it lets the error of a broken connection through. `when`: "the peer broke the connection off after 3 of 5 bytes"."""
    if call.error is None:
        raise Fell(
            f"Where {when}, it {_given(call)}, as if that were the end. recv raised ConnectionResetError, which is no end of the stream: whoever calls has to know, so let it through.",
            21,
        )
    failed = next((each.error for each in reversed(call.socket_calls) if each.error), None)
    if "ConnectionError" in call.kinds or ("OSError" in call.kinds and call.error == failed):
        return  # what the socket raised last, though it may be a bare OSError: of shutdown, where there is no connection any more
    said = {"EOFError": "the peer has ended its stream", "TimeoutError": "no time was left"}
    meaning = f" {call.error} says that {said[call.error]}, which is another thing." if call.error in said else ""
    raise Fell(
        f"Where {when}, it raised {call.error}.{meaning} ConnectionResetError says just what happened, and is what whoever calls expects: let it through as it is.",
        21,
    )


def no_time_left(call: Call) -> Fell | None:
    """It gave a socket what was left of its time, and nothing was left; None where its error is another one."""
    if "BlockingIOError" not in call.kinds and not ("ValueError" in call.kinds and "imeout" in call.text):
        return None
    return Fell(
        f"No time was left before it received, and settimeout was given what it cannot use: that raised {call.error} ({call.text}). settimeout takes nothing negative, and makes of 0 a socket that does not wait. "
        "Look first whether anything is left; if not, the time is over."
    )


def _given(call: Call) -> str:
    return f"yielded {shown(call.items)} and ended" if call.items else f"returned {shown(call.value)}"
