"""A judge for a server of the learner's own: an attack can be tried in the notebook, and seen, before it is checked.

Comes in: a program or a server that runs in the background. Goes out: what an attack is given (`target`). Who may import it: the face (`helpers.sparring`).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any

from helpers.checking.target import Target
from helpers.running.install import install
from helpers.sockets import tapes
from helpers.words import visible

LONGEST = 10.0
"""Seconds that a server may work, or sleep, before nothing more is expected of it."""


def sparring(server: Any) -> Target:
    """A judge, as `attack(judge)` is given it, for a server that runs in the background: `attack(helpers.sparring(helpers.program("server.py")))`. What the attack raises is raised here.

    TypeError for what is no such server, RuntimeError for one that does not listen.
    """
    install()
    if not callable(rests := getattr(server, "wait_for_rest", None)):
        raise TypeError(
            f"sparring takes a program or a server that runs in the background, as helpers.program('server.py') gives it; this is {visible(repr(server))[:100]}."
        )
    address = getattr(server, "address", None)
    if address is None:
        raise RuntimeError("That server does not listen: nobody can connect to it.")

    def wait(came: Callable[[float], bool]) -> bool:
        if not came(0):
            rests(LONGEST)
            rested = tapes.now()
            tapes.hand_over(rested, rested, tapes.EVERYBODY, get_ident())  # what comes now had not to be waited for
        return came(0)

    return Target((address[0], address[1]), wait)
