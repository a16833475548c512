"""Pictures of what happened: each an image with an alt text, and the same told in words (`describe()`).

As in `helpers` itself, a name loads its module when it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.pictures.characters import encoding as encoding
    from helpers.pictures.drawing import Picture as Picture
    from helpers.pictures.kernel import states as states
    from helpers.pictures.life_cycles import life_cycle as life_cycle
    from helpers.pictures.sequence import conversation as conversation
    from helpers.pictures.stairs import stream as stream

_HOMES = {
    "Picture": "drawing",
    "conversation": "sequence",
    "encoding": "characters",
    "life_cycle": "life_cycles",
    "states": "kernel",
    "stream": "stairs",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(
            f"module 'helpers.pictures' has no attribute {name!r}; it has: {', '.join(sorted(_HOMES))}"
        )
    value = globals()[name] = getattr(importlib.import_module(f"helpers.pictures.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
