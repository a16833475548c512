"""The face of a package: it names everything and imports nothing, so that importing it costs next to nothing. A name loads its module when it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(
    package: str, homes: Mapping[str, str], rooms: tuple[str, ...] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` for `package`. `homes`: the module of each name, within the package; `rooms`: packages in it."""
    everything = [*homes, *rooms]

    def load(name: str) -> Any:
        if name in rooms:
            return import_module(f"{package}.{name}")
        if name not in homes:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}; it has: {', '.join(sorted(everything))}"
            )
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *everything})

    return load, names, everything
