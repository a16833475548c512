"""`input`, `getpass.getpass` and `breakpoint`: a program asks in its window, everybody else where they always do.

Comes in: calls of these functions. Goes out: the lines that were typed for the program of the running thread. A notebook's kernel puts functions of its own in their place while a cell
runs: the magics have those routed as well.
"""

from __future__ import annotations

import builtins
import functools
import getpass
import sys
import types
from collections.abc import Callable
from typing import Any

from helpers.running.tracebacks import is_our_file
from helpers.running.unseen import ask_unseen
from helpers.sockets import owners
from helpers.sockets.arriving import WhenImported


def routed_input(plain: Callable[[str], str]) -> Callable[[str], str]:
    """`input`, for a program from what is typed into its window, for everybody else `plain`. Given a routed one, gives it back."""

    def ask(prompt: object = "", /) -> str:
        sys.stdout.write(str(prompt))
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            who = owners.owner()
            raise EOFError("EOF when reading a line" if who is not None and who.has_window else "nobody types here")
        return line.removesuffix("\n")

    return _routed(plain, ask)


def routed_getpass(plain: Callable[..., str]) -> Callable[..., str]:
    """`getpass.getpass`: what is typed is not shown."""

    def ask(prompt: str = "Password: ", stream: Any = None, *, echo_char: str | None = None) -> str:
        who = owners.owner()
        assert who is not None
        # Past whatever `sys.stdout` is: a terminal is asked itself.
        return ask_unseen(who.write, functools.partial(who.read_line, hidden=True), prompt, echo_char)

    return _routed(plain, ask)


def _routed(plain: Callable[..., Any], mine: Callable[..., Any]) -> Callable[..., Any]:
    """`mine` for a program or server, `plain` for everybody else."""
    if getattr(plain, "is_routed", False):
        return plain

    @functools.wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        return (plain if owners.one_of_several() is None else mine)(*args, **kwargs)

    call.is_routed = True  # type: ignore[attr-defined]
    return call


def _debug(*args: Any, header: str | None = None, **kwargs: Any) -> None:
    """`breakpoint()`, with the debugger that a terminal has: a kernel puts IPython's in its place, which asks in the cell that runs."""
    debugger = _debugger()
    if header is not None:
        debugger.message(header)
    debugger.set_trace(_caller())


def _debugger() -> Any:
    import pdb

    plain: Any = next(each for each in pdb.Pdb.__mro__ if each.__module__ == "pdb")

    class Debugger(plain):  # type: ignore[misc]
        """It shows nothing of what runs the program."""

        def get_stack(self, *args: Any) -> tuple[list[tuple[types.FrameType, int]], int]:
            stack, at = super().get_stack(*args)
            first = max((place for place, (frame, _) in enumerate(stack, start=1) if _is_ours(frame)), default=0)
            return stack[first:], at - first

    return Debugger(nosigint=True, skip=["helpers.*"])


def _caller() -> types.FrameType:
    """The frame in which the program has called."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_ours(frame: types.FrameType) -> bool:
    return is_our_file(frame.f_code.co_filename)


def install() -> None:
    """Route them. Called again whenever a program starts: others replace them too."""
    builtins.input = routed_input(builtins.input)  # type: ignore[assignment]
    getpass.getpass = routed_getpass(getpass.getpass)
    vars(sys)["breakpointhook"] = _routed(sys.breakpointhook, _debug)
    _when_pdb_comes.wait()


def _route_debugger() -> None:
    module: Any = sys.modules["pdb"]
    if hasattr(module, "set_trace"):  # a learner's own file may be called so
        module.set_trace = _routed(module.set_trace, _debug)


_when_pdb_comes = WhenImported("pdb", _route_debugger)
"""It takes 30 ms to load, which those are spared that have no need of it."""


def uninstall() -> None:
    """Put back what was there."""
    builtins.input = _plain(builtins.input)
    getpass.getpass = _plain(getpass.getpass)
    sys.breakpointhook = _plain(sys.breakpointhook)
    _when_pdb_comes.give_up()
    if hasattr(module := sys.modules.get("pdb"), "set_trace"):
        vars(module)["set_trace"] = _plain(module.set_trace)  # type: ignore[union-attr]


def _plain(function: Any) -> Any:
    return function.__wrapped__ if getattr(function, "is_routed", False) else function
