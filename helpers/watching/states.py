"""`states(…)`: what the kernel says of sockets, look by look, as a picture.

Comes in: whose sockets. Goes out: `States`, a `KernelView` (which asks the kernel) that can be drawn. Lessons use it, by way of `helpers.states`.
"""

from __future__ import annotations

from typing import Any

from helpers import pictures
from helpers.pictures.drawing import Picture
from helpers.watching.drawn import Drawn
from helpers.watching.kernel_view import KernelView


class States(Drawn, KernelView):
    """The kernel's view, look by look."""

    def draw(self) -> Picture:
        """The states as a picture."""
        return pictures.states(self)


def states(*whom: Any) -> States:
    """What the kernel says about the ends that belong to `whom`: sockets, (host, port) addresses, programs, servers.

    Of a listening socket, an address, a program or a server these are it and all its connections; of a connected socket, that connection.
    Connections that have ended before (TIME_WAIT) are left out: make the view first, then close.
    ValueError for what has no TCP states, TypeError for what is none of these.
    """
    if not whom:
        raise TypeError("Say whose states: states(server.address), states(listener), states(client).")
    return States(*whom)
