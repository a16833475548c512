"""Loops of asyncio that wait for a program's child processes, on Linux.

Comes in: the end of such a loop, before that of the child, as a stop brings it. Goes out: no descriptor. asyncio waits for a child with a descriptor of the system's for it (a pidfd), from Python 3.12 on, and closes it
when the child ends: a loop that ends first leaves it open, which nobody notices in a process that ends as well.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from helpers.running.per_program.children import whose
from helpers.sockets.replacing import Replacements


def watch() -> None:
    """To be called when a program starts a child: asyncio is loaded by then, if it is for asyncio that it starts."""
    kind = getattr(sys.modules.get("asyncio.unix_events"), "_UnixSelectorEventLoop", None)
    if kind is not None:
        _patches(kind).install()


def uninstall() -> None:
    if _patches.cache_info().currsize:
        _patches(sys.modules["asyncio.unix_events"]._UnixSelectorEventLoop).uninstall()


@functools.cache
def _patches(kind: Any) -> Replacements:
    replaced = Replacements()
    replaced.add(kind, close=_closes(kind.close))
    return replaced


def _closes(plain: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(plain)
    def close(loop: Any) -> None:
        left = list(_pidfds(loop)) if whose() is not None and not loop.is_closed() else []
        plain(loop)
        for descriptor in left:
            os.close(descriptor)

    return close


def _pidfds(loop: Any) -> Iterator[int]:
    """Those with which it still waits."""
    for key in list(loop._selector.get_map().values()):
        reader = key.data[0]
        waits = getattr(reader, "_callback", None)
        if getattr(waits, "__name__", "") == "_do_wait" and "Pidfd" in type(getattr(waits, "__self__", None)).__name__:
            yield key.fd
