"""The helpers of the course "Networking with Python": programs and servers in the background, for the cells of a notebook to talk to.

This face names everything and imports nothing: a name loads its module when it is used, so that `import helpers` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers import panels as panels
    from helpers import pictures as pictures
    from helpers.exercises import check as check
    from helpers.exercises import hint as hint
    from helpers.exercises import progress as progress
    from helpers.exercises import solution as solution
    from helpers.link import Link as Link
    from helpers.machine import doctor as doctor
    from helpers.magics import load_ipython_extension as load_ipython_extension
    from helpers.programs import Program as Program
    from helpers.programs import background as background
    from helpers.programs import program as program
    from helpers.servers import EchoServer as EchoServer
    from helpers.servers import PrintServer as PrintServer
    from helpers.servers import Server as Server
    from helpers.watching import states as states
    from helpers.watching import watch as watch

_HOMES = {
    "EchoServer": "servers",
    "Link": "link",
    "PrintServer": "servers",
    "Program": "programs",
    "Server": "servers",
    "background": "programs",
    "check": "exercises",
    "doctor": "machine",
    "hint": "exercises",
    "load_ipython_extension": "magics",
    "program": "programs",
    "progress": "exercises",
    "solution": "exercises",
    "states": "watching",
    "watch": "watching",
}

_ROOMS = {"panels", "pictures"}  # packages

__all__ = [*_HOMES, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"helpers.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}; it has: {', '.join(sorted(__all__))}")
    value = globals()[name] = getattr(importlib.import_module(f"helpers.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
