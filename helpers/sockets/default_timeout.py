"""The timeout that new sockets begin with: each program and server has its own, as a process does.

Comes in: `socket.setdefaulttimeout`, which Python keeps once for the whole process. Goes out: `of_new_sockets()`, which the traced socket asks when it is made, by a call or by
`accept`. The process's own stays None, so that no plain socket of this package ever gives up because of what somebody else has set. `install` puts it in place.
"""

from __future__ import annotations

import socket

from helpers.sockets.owners import Owner, PerOwner
from helpers.sockets.plain import Plain, plain_getdefaulttimeout, plain_setdefaulttimeout


class _Timeout:
    """That of one owner."""

    def __init__(self, _: Owner | None = None) -> None:
        self.seconds: float | None = None


_notebook = _Timeout()
_owners = PerOwner(_Timeout)

ever_set = False
"""Whether anybody has set one. Until then a new socket need not ask."""


def of_new_sockets() -> float | None:
    """Seconds, for those that the running thread makes; None: they block."""
    return (_owners.here() or _notebook).seconds


def set_for_new_sockets(timeout: float | None) -> None:
    global ever_set
    with Plain() as probe:  # which says what is wrong with it, and rounds it, as any socket does
        probe.settimeout(timeout)
        (_owners.here() or _notebook).seconds = probe.gettimeout()
    ever_set = True


def install() -> None:
    """Ask whose thread it is. What was set before is the notebook's."""
    if socket.getdefaulttimeout is of_new_sockets:
        return
    if (before := plain_getdefaulttimeout()) is not None or ever_set:
        set_for_new_sockets(before)
        plain_setdefaulttimeout(None)
    socket.getdefaulttimeout = of_new_sockets
    socket.setdefaulttimeout = set_for_new_sockets


def uninstall() -> None:
    """Give back to the process what the notebook has set."""
    if socket.getdefaulttimeout is not of_new_sockets:
        return
    socket.getdefaulttimeout = plain_getdefaulttimeout
    socket.setdefaulttimeout = plain_setdefaulttimeout
    plain_setdefaulttimeout(_notebook.seconds)
