"""`sys.modules["__main__"]`: each program that was given as source is its own `__main__`, as each script is.

Comes in: whoever looks there (`pickle`, `typing.get_type_hints`, `dataclasses`, `unittest`, `import __main__`). Goes out: the attributes of the running program's module; for everybody else
those of the notebook, or of the script that was started. The module object is the same as ever; its class looks whose the running thread is.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import types
from typing import Any

from helpers.running.per_program.standing import give_class, standing, take_class
from helpers.sockets.owners import Owner, PerOwner

_modules: PerOwner[list[types.ModuleType]] = PerOwner(lambda who: [])


def make(who: Owner, file: str) -> types.ModuleType:
    """The `__main__` of `who`, as `python3 file` makes it."""
    module = types.ModuleType("__main__")
    vars(module).update(__builtins__=builtins, __file__=os.path.abspath(file), __cached__=None)
    _modules.of(who).append(module)
    return module


def _own() -> types.ModuleType | None:
    found = _modules.here()
    return found[0] if found else None


class _Main(standing(types.ModuleType, lambda module: _own())):  # type: ignore[misc]
    """The class of `sys.modules["__main__"]` while it is routed."""

    def __reduce__(self) -> tuple[Any, ...]:
        """For cloudpickle, which knows modules by their class."""
        return importlib.import_module, (self.__name__,)


def install() -> None:
    """Route it. Twice does no harm."""
    give_class(sys.modules["__main__"], _Main)


def uninstall() -> None:
    """Put it back as it was."""
    take_class(sys.modules["__main__"], _Main)
