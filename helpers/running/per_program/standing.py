"""One object for everybody that is another one for each program.

Comes in: a class, and what an object of it stands for in the running thread. Goes out: a class for that object, which has it look there at each access to an attribute; and one for modules of
which that holds for some names only. Other modules of this folder use it, where the same object is in many hands already: a logger that a library keeps, a module.
"""

from __future__ import annotations

import importlib
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


class Routed(types.ModuleType):
    """A class for a module some of whose names are properties, and lie in its dictionary as well, for code in C.

    Code that has run often remembers that it found a name in the dictionary of a module, and Python 3.14 then asks no property of a class like this one, as long as that looks names
    up as a module does. So this one does it as an object does; what that does not find, a module has words for.
    """

    __getattribute__ = object.__getattribute__

    def __getattr__(self, name: str) -> Any:
        return types.ModuleType.__getattribute__(self, name)

    def __reduce__(self) -> tuple[Any, ...]:
        """For cloudpickle, which knows modules by their class: a function that uses one goes along into another process."""
        return importlib.import_module, (self.__name__,)


def give_class(module: types.ModuleType, kind: type[types.ModuleType]) -> bool:
    """Have `module` be of the class `kind`, if it is of none of its own. Whether it was so."""
    if type(module) is not types.ModuleType:
        return False
    module.__class__ = kind
    return True


def take_class(module: types.ModuleType, kind: type[types.ModuleType]) -> bool:
    """Put back what `give_class` has done. Whether it had that class."""
    if type(module) is not kind:
        return False
    module.__class__ = types.ModuleType
    return True
