"""`select.select` in short turns, on Windows: nothing there wakes one that waits, not `shutdown()`, and not Ctrl-C.

What `selectors` has on Windows, and with it asyncio and socketserver, waits in `select.select` as well. Comes in: its calls. Goes out: the same answers; between two turns Python
is in charge, so that a stop, or an interrupt of the kernel, gets in, as with a `PollingSocket`. `install` puts it there; `running` asks `is_ready_in` whether a thread in it rests.
"""

from __future__ import annotations

import time
import types
from typing import Any

from helpers.sockets.owners import let_a_stop_in, owner
from helpers.sockets.plain import plain_select
from helpers.sockets.polling import OTHER_TURN, OWNER_TURN


def select_in_turns(*args: Any) -> Any:
    """As `select.select`."""
    try:
        rlist, wlist, xlist, *rest = args
        wanted = list(rlist), list(wlist), list(xlist)
        seconds = rest[0] if rest else None
        deadline = None if seconds is None else time.monotonic() + seconds
        if len(rest) > 1 or (seconds is not None and seconds <= 0):
            return plain_select(*args)
    except (TypeError, ValueError):
        return plain_select(*args)  # which says what is wrong
    turn = OWNER_TURN if owner() else OTHER_TURN
    while True:
        left = turn if deadline is None else min(turn, max(deadline - time.monotonic(), 0))
        found = plain_select(*wanted, left)
        let_a_stop_in()
        if any(found) or left < turn:
            return found


def is_ready_in(frame: types.FrameType) -> bool:
    """Whether there is something to do for the thread that waits in this frame of `select_in_turns`."""
    wanted = frame.f_locals.get("wanted")
    try:
        return wanted is not None and any(map(bool, plain_select(*wanted, 0)))
    except (OSError, ValueError):  # closed meanwhile
        return False
