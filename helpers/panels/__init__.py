"""Panels: pictures to play with. Each is worked by keyboard alone, and tells what it shows in words too (`describe()`).

As in `helpers` itself, a name loads its module when it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.panels.benches import SocketBench as SocketBench
    from helpers.panels.benches import bench as bench
    from helpers.panels.links import LinkPanel as LinkPanel
    from helpers.panels.links import link as link
    from helpers.panels.texts import TextPanel as TextPanel
    from helpers.panels.texts import text as text

_HOMES = {
    "SocketBench": "benches",
    "bench": "benches",
    "LinkPanel": "links",
    "link": "links",
    "TextPanel": "texts",
    "text": "texts",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.panels' has no attribute {name!r}; it has: {', '.join(sorted(_HOMES))}")
    value = globals()[name] = getattr(importlib.import_module(f"helpers.panels.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
