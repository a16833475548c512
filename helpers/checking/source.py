"""A function that is still source: it comes to be in the learner's process, where it is unpickled, and nowhere else. A default argument is code, and so is a decorator.

Comes in: the lines of a notebook that define a function. Goes out: something that `play` takes in a function's place. Who may import it: both sides of the wire, and whoever takes functions
out of notebooks; so it imports nothing that the learner's process need not load anyway.
"""

from __future__ import annotations

import linecache
import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Cell(NamedTuple):
    """What is needed of a cell: its lines at their places, the others empty, so that a line has the number that its writer knows."""

    file: str
    text: str


class Source:
    """A function, by the lines that define it and those that they need."""

    def __init__(
        self, name: str, cells: Sequence[Cell], is_async: bool = False, flags: int = 0, variables: Sequence[str] = ()
    ) -> None:
        """`flags`: what `from __future__ import` says, for `compile`. `variables`: those of the notebook that it uses, but for what is made to be used so."""
        self.name = name
        self.cells = tuple(cells)
        self.is_async = is_async
        self.flags = flags
        self.variables = tuple(variables)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return define, (self.name, self.cells, self.flags)


class NotDefined(Exception):
    """The lines that define it raise an error."""


def define(name: str, cells: Sequence[Cell], flags: int) -> Any:
    """The function, in a namespace of its own, as a notebook has one."""
    module = types.ModuleType("__main__")
    for file, text in cells:
        linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
        try:
            exec(compile(text, file, "exec", flags, dont_inherit=True), module.__dict__)
        except BaseException as error:
            raise NotDefined(
                f"the lines that define it, or that these need, raise {type(error).__name__}: {error}"
            ) from None
    if name not in module.__dict__:
        raise NotDefined(f"no line that was run defines {name}")
    return module.__dict__[name]
