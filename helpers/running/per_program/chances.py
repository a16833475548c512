"""`random`: each program has its own sequence, which its own `random.seed` begins.

Comes in: what a program's thread takes out of the module `random`. Goes out: the methods of a generator of the program's own, where everybody else finds those of the process's.
"""

from __future__ import annotations

import random
import types
from typing import Any

from helpers.running.per_program import here
from helpers.running.per_program.standing import Routed, give_class, take_class
from helpers.sockets.owners import PerOwner

_shared: Any = random._inst
_own = PerOwner(lambda who: random.Random())


class _Chances(Routed):
    """The class of the module `random` while it is routed."""


def _routed(name: str) -> property:
    def get(module: types.ModuleType) -> Any:
        program = here.program()
        plain = vars(module)[name]
        if program is None or getattr(plain, "__self__", None) is not _shared:  # somebody has put something else there
            return plain
        return getattr(_own.of(program), name)

    def put(module: types.ModuleType, value: Any) -> None:
        vars(module)[name] = value

    return property(get, put)


for _name, _function in vars(random).items():
    if getattr(_function, "__self__", None) is _shared:
        setattr(_Chances, _name, _routed(_name))


def install() -> None:
    """Route it. Twice does no harm."""
    give_class(random, _Chances)


def uninstall() -> None:
    """Put it back as it was."""
    take_class(random, _Chances)
