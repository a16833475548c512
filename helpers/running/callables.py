"""Whether a function can be what it was given for: a server's handler, a program's code.

Comes in: whatever a learner gave. Goes out: nothing, or a TypeError whose sentence says what to write instead; only where there is no doubt. `servers` and `programs` ask.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any


def require_handler(given: Any) -> None:
    """`given` is to be called as `given(conn, addr)` for each connection, in a thread of its own."""
    kind = _kind(given)
    if kind is None:
        raise TypeError(
            f"A server calls its handler for each connection, so that is a function: helpers.Server(handler). This is {_shown(given)}."
        )
    if kind:
        raise TypeError(f"A handler is a function that is called as handler(conn, addr); {_name(given)} is {kind}")
    if not _takes(given, 2):
        raise TypeError(
            "A handler is called with two arguments, the connection and the client's address: def handler(conn, addr). "
            f"{_name(given)} is {_name(given)}{_signature(given)}."
        )


def require_code(given: Any) -> None:
    """`given` is a program: its source, or a function that is called once, without arguments."""
    if isinstance(given, str):
        return
    kind = _kind(given)
    if kind is None:
        raise TypeError(f"A program is a function, or its source as a str; this is {type(given).__name__}.")
    if kind:
        raise TypeError(f"A program is a function that is called once; {_name(given)} is {kind}")
    if not _takes(given, 0):
        raise TypeError(
            f"A program is a function that is called without arguments; {_name(given)} is {_name(given)}{_signature(given)}. "
            f"Give it what it needs: helpers.background(lambda: {_name(given)}(…))."
        )


def require_no_coroutine(result: Any, given: Any) -> None:
    """`result` is what a call of `given` came back with."""
    if inspect.iscoroutine(result):
        result.close()  # or Python would warn, somewhere, some time, that nobody has awaited it
        raise TypeError(f"{_name(given)} gave back what an async def gives back, of which nothing has run. {_ASYNC}")


_ASYNC = (
    "Write it with def instead of async def; or keep it, and let a loop run it: asyncio.start_server(…) for a server, "
    "asyncio.run(…) for a program."
)


def _kind(given: Any) -> str | None:
    """What it is instead of a function, as the end of a sentence; "" if it is one; None if it cannot be called."""
    if not callable(given):
        return None
    if isinstance(given, type):
        return "a class, of which a call makes an object, and no more. Give a function, or a method of such an object."
    while isinstance(given, functools.partial):
        given = given.func
    called = given if inspect.isroutine(given) else type(given).__call__
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(called):
        return f"an async def, of which a call runs nothing. {_ASYNC}"
    if inspect.isasyncgenfunction(called):
        return f"an async def with a yield, of which a call runs nothing. {_ASYNC}"
    if inspect.isgeneratorfunction(called):
        return "a generator, as there is a yield in it: a call of it runs nothing. Take the yield out."
    return ""


def _takes(given: Any, count: int) -> bool:
    """Whether it can be called with so many arguments; True where nobody knows."""
    try:
        signature = inspect.signature(given, follow_wrapped=False)
    except (TypeError, ValueError):  # one that is written in C, or says something strange
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _signature(given: Any) -> str:
    parameters = inspect.signature(given, follow_wrapped=False).parameters.values()
    return f"({', '.join(str(each.replace(annotation=each.empty)) for each in parameters)})"


def _name(given: Any) -> str:
    while isinstance(given, functools.partial):
        given = given.func
    name = getattr(given, "__name__", None)
    return name if isinstance(name, str) else type(given).__name__


def _shown(given: Any) -> str:
    return f"the number {given}" if type(given) is int else type(given).__name__
