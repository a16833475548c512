"""Descriptors 0, 1 and 2, where a program names them by their numbers: they are its window, and not the terminal in which Jupyter was started.

Comes in: `os.read`, `os.write`, `os.isatty` and `os.get_terminal_size` of those three. Goes out: what is typed into the window of the running thread's program, and what is shown there; for all
other descriptors, and everybody else, what these functions always do.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from helpers.running.per_program import streams
from helpers.sockets import owners
from helpers.sockets.owners import Owner
from helpers.sockets.replacing import Replacements

_NAMES = {0: "stdin", 1: "stdout", 2: "stderr"}
SIZE = os.terminal_size((80, 24))
"""Columns and lines, as of a terminal that does not say: a window wraps at its own width."""


def _read(who: Owner, fd: int, length: int, /) -> bytes:
    data: bytes = _stream(who, fd).buffer.read1(length)
    return data


def _write(who: Owner, fd: int, data: Any, /) -> int:
    size: int = _stream(who, fd).buffer.write(data)
    return size


def _isatty(who: Owner, fd: int, /) -> bool:
    return who.has_window


def _size(who: Owner, fd: int = 1, /) -> os.terminal_size:
    return SIZE


def _stream(who: Owner, fd: int) -> Any:
    """Its own, also where it has put something else in the place of `sys.stdout`."""
    return streams.own(who)[f"__{_NAMES[fd]}__"]


def _routed(plain: Callable[..., Any], mine: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        fd = args[0] if args else kwargs.get("fd", 1)
        who = owners.owner() if fd in _NAMES else None
        return plain(*args, **kwargs) if who is None else mine(who, *args, **kwargs)

    return call


_MINE: dict[str, Callable[..., Any]] = {"read": _read, "write": _write, "isatty": _isatty, "get_terminal_size": _size}
_replaced = Replacements()
for _name, _mine in _MINE.items():
    if hasattr(os, _name):
        _replaced.add(os, **{_name: _routed(getattr(os, _name), _mine)})

install, uninstall = _replaced.install, _replaced.uninstall
