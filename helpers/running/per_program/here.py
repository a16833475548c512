"""The program in whose thread something happens.

Comes in: nothing. Goes out: the program whose code runs here, in a thread of its own or in a handler of a server that it has made; None: the notebook's, or a server's of the
notebook. The other modules of this folder ask it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from helpers.running.group import ThreadGroup, groups
from helpers.running.program import Program
from helpers.sockets import owners


def program() -> ThreadGroup | None:
    """Whose code the running thread executes."""
    return behind(threading.get_ident())


def behind(ident: int | None) -> ThreadGroup | None:
    """Whose code the thread with this `ident` executes."""
    who = owners.of(ident) if ident is not None else None
    while who is not None and not isinstance(who, Program):
        who = who.maker
    return who if isinstance(who, ThreadGroup) else None


def programs() -> Iterator[ThreadGroup]:
    """All that there are, those that have ended included as long as somebody knows them."""
    return (each for each in groups() if isinstance(each, Program))
