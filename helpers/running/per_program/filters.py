"""`warnings.filters`: which warnings are shown, ignored, or raised. Each program has its own list, which begins as a copy of the notebook's.

Comes in: `warnings.filterwarnings` and its like, and each warning. Goes out: what the running program's list says of it. A program that has all warnings raised would else have them raised in the
kernel's own threads.
"""

from __future__ import annotations

import types
import warnings
from typing import Any

from helpers.running.per_program import here
from helpers.running.per_program.standing import Routed, give_class, take_class
from helpers.sockets.owners import Owner, PerOwner
from helpers.sockets.replacing import Replacements

_module: Any = warnings


def _copied(_: Owner) -> dict[str, list[Any]]:
    return {"filters": list(vars(warnings)["filters"])}


_own = PerOwner(_copied)


def _place(module: types.ModuleType) -> dict[str, Any]:
    """What the running thread's list is kept in."""
    program = here.program()
    return vars(module) if program is None else _own.of(program)


class _Warnings(Routed):
    """The class of the module `warnings` while it is routed: the interpreter, too, asks the module for this list at each warning."""

    @property
    def filters(self) -> Any:
        return _place(self)["filters"]

    @filters.setter
    def filters(self, value: Any) -> None:
        _place(self)["filters"] = value


def _add(*item: Any, append: bool) -> None:
    """Up to Python 3.13 the module's own finds the list without asking the module."""
    if here.program() is None:
        return _plain_add(*item, append=append)  # type: ignore[no-any-return]
    found = _module.filters
    if not append and item in found:
        found.remove(item)  # so that it stands in front of the others
    if item not in found:
        found.insert(len(found) if append else 0, item)
    _module._filters_mutated()


def _reset() -> None:
    if here.program() is None:
        return _plain_reset()
    _module.filters[:] = []
    _module._filters_mutated()


_plain_add: Any = getattr(_module, "_add_filter", None)
_plain_reset = warnings.resetwarnings

_replaced = Replacements()
if not hasattr(warnings, "_get_filters"):
    _replaced.add(warnings, _add_filter=_add, resetwarnings=_reset)


def install() -> None:
    """Route it. Twice does no harm."""
    if give_class(warnings, _Warnings):
        _replaced.install()


def uninstall() -> None:
    """Put it back as it was."""
    if take_class(warnings, _Warnings):
        _replaced.uninstall()
