"""Whatever can be called, and what function of the learner's is inside: a lambda, a `partial`, something under `lru_cache`, an object with `__call__`.

Comes in: what `check` was given. Goes out: the function of the learner's in it, if there is one. Who may import it: both sides of the wire; so it imports nothing that the learner's
process need not load anyway.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

DEEPEST = 20
"""Wrappers around wrappers."""


def innermost(thing: Any) -> types.FunctionType | None:
    """The function whose code runs at last; None where it is none of Python's (a builtin, a class)."""
    for _ in range(DEEPEST):
        if isinstance(thing, types.FunctionType) and not hasattr(thing, "__wrapped__"):
            return thing
        inner = _inside(thing)
        if inner is None:
            return thing if isinstance(thing, types.FunctionType) else None
        thing = inner
    return None


def _inside(thing: Any) -> Any:
    """What the outermost wrapper of `thing` is around; None if it is no wrapper."""
    if isinstance(thing, functools.partial):
        return thing.func
    if isinstance(thing, (types.MethodType, staticmethod)):
        return thing.__func__
    # Without a look at instances: an object may have any attribute that it is asked for.
    if isinstance(thing, (types.FunctionType, functools._lru_cache_wrapper)):
        return getattr(thing, "__wrapped__", None)
    if isinstance(thing, (type, types.BuiltinFunctionType)):
        return None
    return getattr(type(thing), "__call__", None)  # noqa: B004  # that is not the question


def cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """`function` under `lru_cache`, with nothing in the cache: how it comes into the learner's process."""
    return functools.lru_cache(**parameters)(function)
