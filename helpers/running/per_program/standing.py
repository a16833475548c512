"""One object for everybody that is another one for each program.

Comes in: a class, and what an object of it stands for in the running thread. Goes out: a class for that object, which has it look there at each access to an attribute. Other modules of
this folder use it, where the same object is in many hands already: a logger that a library keeps, a module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def standing(kind: type[T], own: Callable[[Any], Any]) -> type[T]:
    """A class for objects of the class `kind`: each has the attributes of `own(itself)`, and its own ones where that is None."""

    def get(self: Any, name: str) -> Any:
        other = own(self)
        return kind.__getattribute__(self, name) if other is None else getattr(other, name)

    def put(self: Any, name: str, value: Any) -> None:
        other = own(self)
        if other is None:
            kind.__setattr__(self, name, value)
        else:
            setattr(other, name, value)

    def remove(self: Any, name: str) -> None:
        other = own(self)
        if other is None:
            kind.__delattr__(self, name)
        else:
            delattr(other, name)

    names = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__getattribute__": get,
        "__setattr__": put,
        "__delattr__": remove,
    }
    return type(kind.__name__, (kind,), names)
