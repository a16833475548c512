"""One object for everybody that is another one for each program.

Comes in: a class, and what an object of it stands for in the running thread. Goes out: a class for that object, which has it look there at each access to an attribute. Other modules of
this folder use it, where the same object is in many hands already: a logger that a library keeps, a module.
"""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from typing import Any, TypeVar

from helpers.sockets import owners

T = TypeVar("T")


def standing(kind: type[T], own: Callable[[Any], Any]) -> type[T]:
    """A class for objects of the class `kind`: in threads that have an owner, each has the attributes of `own(itself)`; elsewhere, or where that is None, its own ones."""
    plain_get, whose, here = kind.__getattribute__, owners.of, threading.get_ident

    def get(self: Any, name: str) -> Any:
        if whose(here()) is None:  # the notebook's, which must not wait for what is none of its business
            return plain_get(self, name)
        other = own(self)
        return plain_get(self, name) if other is None else getattr(other, name)

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


def give_class(module: types.ModuleType, kind: type[types.ModuleType]) -> None:
    """Have `module` be of the class `kind`, whose properties stand before what lies in the module's dictionary.

    Code that has run often remembers where in the dictionary it found a name, and Python 3.14 does not look at the class again, until there is a name more.
    """
    module.__class__ = kind
    vars(module)["__given_class__"] = kind
    del vars(module)["__given_class__"]
