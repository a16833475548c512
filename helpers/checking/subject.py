"""What is judged: the learner's function, by the name that the notebook has for it, packed with whatever of the notebook it uses.

Comes in: anything that can be called. Goes out: the exercise's name, the function as cloudpickle writes it, the variables of the notebook in it; or a sentence that says why that cannot be. Who may import it:
play, bout, and the exercises' front.
"""

from __future__ import annotations

import ast
import dis
import functools
import io
import itertools
import queue
import re
import selectors
import sys
import threading
import traceback
import types
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import cloudpickle

from helpers.checking.callables import cached, innermost
from helpers.checking.source import Source
from helpers.checking.verdicts import Fell
from helpers.words import listed, visible


def name_of(thing: Any, names: Collection[str], variables: Mapping[str, Any]) -> str | None:
    """Under which of `names` it goes: its own name, or a variable's, or that of the function in it; None under none. `variables`: of whoever gave it."""
    if (own := getattr(thing, "__name__", None)) in names:
        return str(own)
    for name in names:
        if name in variables and variables[name] is thing:
            return name
    inner = innermost(thing)
    return inner.__name__ if inner is not None and inner.__name__ in names else None


def packed(thing: Any) -> bytes:
    """As cloudpickle writes it. Fell if something in it cannot go along; which variable that is."""
    try:
        return _dumped(thing)
    except Exception as error:
        raise _stays(thing, error) from None


def variables_of(thing: Any) -> dict[str, Any]:
    """The notebook's variables that the function uses, but for what is made to be used so: modules, functions, classes, CONSTANTS."""
    if isinstance(thing, Source):
        return dict.fromkeys(thing.variables)
    return {
        name: value
        for name, value in _used(thing)
        if not (callable(value) or isinstance(value, types.ModuleType) or name.isupper() or name.startswith("_"))
    }


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]
    """As cloudpickle's, and what it would look for by a name that the other process does not have: a function of the notebook under `lru_cache`."""

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, functools._lru_cache_wrapper) and not _is_importable(thing):
            return cached, (thing.__wrapped__, dict(thing.cache_parameters()))
        if isinstance(thing, staticmethod):
            return staticmethod, (thing.__func__,)
        if type(thing) is itertools.count:  # says no longer of itself how to make it anew (Python 3.14)
            return itertools.count, ast.literal_eval(repr(thing).removeprefix("count")[:-1] + ",)")
        if make := _made_anew(thing):
            return make, ()
        return super().reducer_override(thing)


MADE_ANEW = (threading.local, queue.SimpleQueue, weakref.WeakKeyDictionary, weakref.WeakSet)
"""What has nothing to take along, and a program makes once at its beginning: in the other process it is made again. (Locks and selectors likewise.)"""


def _made_anew(thing: Any) -> Callable[[], Any] | None:
    """What makes it; None where that is not what is to be done with it."""
    if type(thing) is type(threading.Lock()):
        return threading.Lock
    if type(thing) is type(threading.RLock()):
        return threading.RLock
    if isinstance(thing, selectors.BaseSelector) and not thing.get_map():
        return type(thing)
    return type(thing) if type(thing) in MADE_ANEW else None


def _is_importable(thing: Any) -> bool:
    module = sys.modules.get(thing.__module__)
    return thing.__module__ != "__main__" and getattr(module, thing.__qualname__, None) is thing


def _dumped(thing: Any) -> bytes:
    file = io.BytesIO()
    _Packer(file).dump(thing)
    return file.getvalue()


def _stays(thing: Any, error: Exception) -> Fell:
    """Why it cannot go along into a process of its own."""
    said = traceback.format_exception_only(error)[-1].strip()[:200]
    if found := _culprit(thing):
        name, value = found
        return Fell(
            f"It uses `{name}`, a variable of the notebook ({_described(value)}), which cannot go along into a process of its own: "
            f"use what the function is given{_parameters(thing)}, not a variable from outside. ({said})"
        )
    what = re.search(r"'([\w.]+)' object", str(error))
    inside = f"an object of type {what[1]}" if what else "something"
    return Fell(
        f"It uses {inside} of the notebook that cannot go along into a process of its own: use what the function is given, not a variable from outside. ({said})"
    )


def _parameters(thing: Any) -> str:
    """What it calls what it is given."""
    function = innermost(thing)
    names = function.__code__.co_varnames[: function.__code__.co_argcount] if function is not None else ()
    return f", {listed([f'`{name}`' for name in names])}" if names else ""


def _described(value: Any) -> str:
    kind = type(value).__name__.lstrip("_")
    return f"{'an' if kind[:1] in 'AEIOaeio' else 'a'} {visible(kind)[:60]}"


def _culprit(thing: Any, seen: Collection[int] = ()) -> tuple[str, Any] | None:
    """The variable that cannot go along, by its name: one that the function uses, or a function that it calls."""
    for name, value in _used(thing):
        if id(value) in seen or _goes_along(value):
            continue
        deeper = _culprit(value, {*seen, id(thing), id(value)}) if innermost(value) is not None else None
        return deeper or (name, value)
    return None


def _goes_along(value: Any) -> bool:
    try:
        _dumped(value)
    except Exception:
        return False
    return True


def _used(thing: Any) -> Iterator[tuple[str, Any]]:
    """The variables from outside that the function in it uses: the notebook's, and those of a function around it."""
    function = innermost(thing)
    if function is None:
        return
    for name in dict.fromkeys(_global_names(function.__code__)):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not set yet
            continue


def _global_names(code: types.CodeType) -> Iterator[str]:
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(each.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)
