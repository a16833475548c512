"""What is done as soon as somebody imports a module, which takes a while to load, and which most programs never need.

Comes in: a module's name, and what is to be done. Who may import it: everybody.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from collections.abc import Callable
from typing import Any


class WhenImported:
    """Calls `then` once, when the module of that name has been loaded, before whoever imports it has it. It stands in `sys.meta_path` from `wait` until then, or until `give_up`."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then

    @property
    def _finders(self) -> list[Any]:
        return sys.meta_path

    def wait(self) -> None:
        """Call it at once, where the module is there already."""
        if self._name in sys.modules:
            self._then()
        elif self not in self._finders:
            self._finders.insert(0, self)

    def give_up(self) -> None:
        if self in self._finders:
            self._finders.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Python asks here for each module that is imported."""
        if name != self._name:
            return None
        self.give_up()
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_go_on(module: types.ModuleType) -> None:
                load(module)
                self._then()

            spec.loader.exec_module = load_and_go_on  # type: ignore[method-assign]
        return spec
