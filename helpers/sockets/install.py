"""Puts the traced socket in the place of `socket.socket`, and takes it back out.

`TRACED` is the class for this system: `Socket` where `shutdown()` wakes every blocked call (Linux), else `PollingSocket`. Who calls `install()`:
`helpers.running.install`, which does the same for threads and streams. Sockets that were made before stay what they were, and are no instances of what is called `socket.socket` from then on: a metaclass
could say that they are, and would be in the way of whoever gives a class of sockets a metaclass of their own.
"""

from __future__ import annotations

import functools
import select
import socket
import sys
from typing import Any

from helpers.sockets import default_timeout, tapes
from helpers.sockets.arriving import WhenImported
from helpers.sockets.owners import shielded
from helpers.sockets.plain import Plain, pair_of_plain, plain_create_server, plain_select, plain_socketpair
from helpers.sockets.polling import PollingSocket
from helpers.sockets.replacing import Replacements
from helpers.sockets.selecting import select_in_turns
from helpers.sockets.tapes import (
    note,
    now,
)
from helpers.sockets.traced import Socket, is_traced
from helpers.sockets.waking import WOKEN_BY_SHUTDOWN

TRACED: type[Socket] = Socket if WOKEN_BY_SHUTDOWN else PollingSocket


def install() -> None:
    """Put the traced socket in the place of `socket.socket`. Once is enough, twice does no harm. What others have put there stays."""
    if _is_ours_or_plain(socket.socket):
        socket.socket = TRACED  # type: ignore[misc]
    _replaced.install()
    default_timeout.install()
    _when_ssl_comes.wait()
    if sys.platform == "win32":
        from helpers.sockets import loops  # which loads asyncio: on other systems nobody needs it

        loops.install()
        select.select = select_in_turns


def uninstall() -> None:
    """Put the plain one back; sockets made in between stay traced. What others have put there stays."""
    if _is_ours_or_plain(socket.socket):
        socket.socket = Plain  # type: ignore[misc]
    _replaced.uninstall()
    default_timeout.uninstall()
    _when_ssl_comes.give_up()
    if "helpers.sockets.tls" in sys.modules:
        from helpers.sockets import tls

        tls.uninstall()
    if sys.platform == "win32":
        from helpers.sockets import loops

        loops.uninstall()
        select.select = plain_select


def _install_tls() -> None:
    from helpers.sockets import tls  # which loads `ssl`

    tls.install(in_turns=issubclass(TRACED, PollingSocket))


_when_ssl_comes = WhenImported("ssl", _install_tls)
"""It takes some 15 ms to load."""


def _is_ours_or_plain(kind: type[socket.socket]) -> bool:
    return kind in (Plain, Socket, PollingSocket)


_INNER = ("asyncio.", "helpers.")
"""Modules whose pairs of sockets wake a loop, and are no part of anybody's conversation."""


@functools.wraps(plain_socketpair)
def _socketpair(*args: Any, **kwargs: Any) -> Any:
    with shielded():  # for a moment they are only descriptors
        pair: Any = tuple(
            socket.socket(each.family, each.type, each.proto, each.detach()) for each in pair_of_plain(*args, **kwargs)
        )
    one, other = pair
    if not is_traced(one) or not is_traced(other):
        return pair
    one._trace.mate, other._trace.mate = other._trace, one._trace
    one._trace.role = other._trace.role = "pair"
    one._trace.inner = other._trace.inner = sys._getframe(1).f_globals.get("__name__", "").startswith(_INNER)
    if tapes.running:
        for each in pair:
            note(each._trace, "socketpair", now())
    return pair


@functools.wraps(plain_create_server)
def _create_server(*args: Any, **kwargs: Any) -> Any:
    """The plain one raises another error than that of its `bind`, and leaves the advice behind."""
    try:
        return plain_create_server(*args, **kwargs)
    except OSError as error:
        for advice in getattr(error.__context__, "__notes__", ()):
            error.add_note(advice)
        raise


_replaced = Replacements()
_replaced.add(socket, socketpair=_socketpair, create_server=_create_server)
