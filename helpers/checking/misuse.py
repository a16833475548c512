"""Why a call of the learner's raised an error, where the calls of its sockets show it: a socket that was never connected, connected twice, used after it was closed, or is the wrong one.

Comes in: what its sockets did, and what the error says. Goes out: a sentence, or nothing where the calls show nothing. Who may import it: call.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.checking.messages import SocketCall, State
from helpers.checking.verdicts import Fell

ENDS = ("send", "recv", "shutdown", "makefile", "getpeername")
"""How methods begin that need a connection."""


def misused(state: State | None, kinds: Sequence[str], text: str) -> Fell | None:
    """What it did with a socket that made it raise this error; None where it cannot be seen."""
    if state is None or "OSError" not in kinds:
        return None
    at = next((at for at, each in reversed([*enumerate(state.calls)]) if each.error), None)
    if at is None or state.calls[at].error not in kinds:
        return None
    failed = state.calls[at]
    before = [each for each in state.calls[:at] if each.socket == failed.socket]
    said = f"That raised {failed.error}: {text}." if text else f"That raised {failed.error}."
    return (
        _after_close(failed, before, said)
        or _without_wait(failed, said)
        or _without_connection(failed, before, _role(state, failed.socket), said)
        or _twice(failed, before, said)
        or _not_listening(failed, before, said)
    )


def _role(state: State, number: int) -> str:
    return next((each.role for each in state.sockets if each.number == number), "")


def _after_close(failed: SocketCall, before: Sequence[SocketCall], said: str) -> Fell | None:
    if not any(each.method == "close" for each in before):
        return None
    if failed.connects:
        return Fell(
            f"It called connect on a socket that it had closed. A closed socket stays closed: make a new one. {said}",
            22,
        )
    return Fell(f"It called {failed.method} on a socket that it had closed before: close it when all is done. {said}")


def _without_wait(failed: SocketCall, said: str) -> Fell | None:
    if failed.error != "BlockingIOError":
        return None
    return Fell(
        f"Its socket does not wait: with setblocking(False), or a timeout of 0, {failed.method} raises an error where nothing is there yet. {said}"
    )


def _without_connection(failed: SocketCall, before: Sequence[SocketCall], role: str, said: str) -> Fell | None:
    if not failed.method.startswith(ENDS):
        return None
    if role == "listening":
        return Fell(
            f"It called {failed.method} on the listening socket, which carries no bytes: accept() gives the connection with the client. {said}"
        )
    if role in ("server", "pair", "datagram") or any(each.connects for each in before) or role == "client":
        return None
    return Fell(f"It called {failed.method} on a socket that was never connected: connect(address) comes first. {said}")


def _twice(failed: SocketCall, before: Sequence[SocketCall], said: str) -> Fell | None:
    if not failed.connects:
        return None
    if not any(each.connects and not each.error and not each.waits for each in before):
        return None
    return Fell(f"It called connect twice on one socket, which was connected already: once is enough. {said}")


def _not_listening(failed: SocketCall, before: Sequence[SocketCall], said: str) -> Fell | None:
    if failed.method != "accept" or any(each.method == "listen" for each in before):
        return None
    return Fell(f"It called accept on a socket that does not listen: bind and listen() come first. {said}")
