"""Puts functions of this package in the place of the standard library's, and takes them out again.

Comes in: pairs of a module, or class, and what stands in it under its names from now on. Goes out: what stood there before. `sockets` and `running` use it.
"""

from __future__ import annotations

from typing import Any


class Replacements:
    """What is replaced together."""

    def __init__(self) -> None:
        self._all: list[tuple[Any, str, Any, Any]] = []

    def add(self, where: Any, **mine: Any) -> None:
        """Put these in the place of what `where` has by these names; a name that it does not have (another system, another Python) is left out."""
        for name, value in mine.items():
            if hasattr(where, name):
                self._all.append((where, name, getattr(where, name), value))

    def install(self) -> None:
        """Put all of them in place, but where somebody else has put something else. Twice does no harm."""
        for where, name, plain, mine in self._all:
            if getattr(where, name) == plain:  # a method of a class is another object each time
                setattr(where, name, mine)

    def uninstall(self) -> None:
        """Put back what was there, but where somebody else has put something else since."""
        for where, name, plain, mine in self._all:
            if getattr(where, name) is mine:
                setattr(where, name, plain)
