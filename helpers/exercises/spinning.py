"""What a server works for that should rest: one thread whose selector is told of room for writing, say, at every turn.

Who may import it: the exercises.
"""

from __future__ import annotations

from helpers.checking.call import Call
from helpers.checking.verdicts import Fell, Sleeps, Slow

ALWAYS_WRITABLE = (
    "Nothing comes for a while, and it keeps the processor busy: {sockets} registered for writing, though nothing waits to be sent. A socket can nearly always be written to, "
    "so that select comes back at once, again and again. Ask for EVENT_WRITE only while there is something in the output buffer."
)

ASKS_IN_VAIN = (
    "Nobody says anything, and {sockets} registered for writing, though nothing waits to be sent: select comes back at once, at every turn. A pause in the loop makes it turn more slowly, and everybody wait for the pause. "
    "Ask for EVENT_WRITE only while there is something in the output buffer."
)

SLEEPS_IN_VAIN = ASKS_IN_VAIN.replace("Nobody says anything, and", "It sleeps at every turn of its loop, and", 1)


def must_ask_for_nothing(call: Call) -> None:
    """Fell if it is told of room for writing where nothing is to be written; however slowly it turns."""
    if writers := 0 if call.over or call.awaits else call.writers():
        raise Fell(ASKS_IN_VAIN.format(sockets=_sockets(writers)), 31)


def what_it_spins_for(call: Call, error: Fell) -> Fell:
    """`error`, with the reason for it, where its sockets show one."""
    if isinstance(error, Slow):
        return error
    writers = call.writers() if not call.over else 0
    if not writers or error.misconception is not None or call.awaits:  # asyncio's loop registers what it needs
        return error
    reason = SLEEPS_IN_VAIN if isinstance(error, Sleeps) else ALWAYS_WRITABLE
    return Fell(reason.format(sockets=_sockets(writers)), 31)


def _sockets(writers: int) -> str:
    return "a socket is" if writers == 1 else f"{writers} sockets are"
