"""How a program ends, and what it has asked to be called then.

Comes in: `os._exit`, `os.abort`, `atexit.register` in a program's thread, and `SystemExit` out of its code. Goes out: the end of that program, where a process of its own would end: the
kernel lives on. What it has registered is called when its last thread has ended, on its behalf, in reverse order; what a library registers is for the process, as ever.
"""

from __future__ import annotations

import atexit
import operator
import os
import sys
from collections.abc import Callable
from typing import Any

from helpers.running.group import ThreadGroup
from helpers.running.per_program import children, here
from helpers.running.per_program.whose_code import called_by_library
from helpers.running.program import OWN_PROCESS, Program
from helpers.running.tracebacks import traceback_of
from helpers.sockets import owners
from helpers.sockets.owners import Owner, PerOwner, Stopped
from helpers.sockets.replacing import Replacements

_Call = tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]


def _none_yet(_: Owner) -> list[_Call]:
    return []


_registered = PerOwner(_none_yet)

_plain_register, _plain_unregister = atexit.register, atexit.unregister
_plain_run, _plain_clear, _plain_count = atexit._run_exitfuncs, atexit._clear, atexit._ncallbacks
_plain_exit, _plain_abort = os._exit, os.abort


def tell(end: SystemExit) -> None:
    """Print what a program ends with, as Python does: a text is for who reads, a number for who called it."""
    if end.code is not None and not isinstance(end.code, int):
        print(end.code, file=sys.stderr)


def status_of(end: SystemExit) -> tuple[int, bool]:
    """The status that a shell would have of it, and whether it says why instead."""
    if end.code is None:
        return 0, False
    return (end.code & 0xFF, False) if isinstance(end.code, int) else (1, True)


def say_goodbye(program: ThreadGroup) -> None:
    """Call what `program` has registered, the last first. A stop ends the call that it meets, and not those that follow."""
    registered = _registered.of(program)
    calls = registered[::-1]  # what one of them registers comes too late, as everywhere
    registered.clear()
    fresh = program.shield()  # so that no stop breaks this loop
    with owners.on_behalf_of(program):
        for function, args, kwargs in calls:
            try:
                program.unshield()
                try:
                    function(*args, **kwargs)
                finally:
                    program.shield()
            except Stopped:
                continue
            except BaseException as error:
                sys.stderr.write(f"Exception ignored in atexit callback {function!r}:\n{traceback_of(error)}")
    if fresh:
        program.unshield()


def leave_at_once(program: ThreadGroup, status: int) -> None:
    """End `program` from one of its threads: nothing that it does on its way out is heard any more. `status`: what a shell would have of it."""
    program.has_left = True
    if isinstance(program, Program):
        program.exit_status = status
    program.stop_threads()
    raise Stopped


def _exit(status: int) -> Any:
    program = here.program()
    if program is None:
        _plain_exit(status)
    leave_at_once(program, operator.index(status) & 0xFF)


def _abort() -> Any:
    if here.program() is None:
        _plain_abort()
    raise RuntimeError(
        "os.abort() ends a process, and this program runs in a thread of the notebook's, which would end with it. "
        f"Give it a process of its own: {OWN_PROCESS}."
    )


def go_on_in_child() -> None:
    """In a process that a program forked: it ends as a process does. What the notebook has registered is no affair of it."""
    _plain_clear()
    program = here.program()
    for function, args, kwargs in _registered.of(program) if program is not None else []:
        _plain_register(function, *args, **kwargs)


def say_goodbye_in_child(program: ThreadGroup) -> None:
    """Call what is registered in a process that `program` forked, by it and by libraries."""
    with owners.on_behalf_of(program):
        _plain_run()


def _who() -> ThreadGroup | None:
    """The program for which something is registered; None: it is for the process."""
    return None if children.is_child() else here.program()


def _mine() -> list[_Call] | None:
    """What the program has registered whose code calls; None: a library's code calls, or no program's."""
    program = _who()
    return None if program is None or called_by_library("helpers") else _registered.of(program)


def _register(*args: Any, **kwargs: Any) -> Any:
    mine = _mine()
    if mine is None or not args or not callable(args[0]):
        return _plain_register(*args, **kwargs)  # which says what is wrong
    function, *rest = args
    mine.append((function, tuple(rest), kwargs))
    return function


def _unregister(function: Any, /) -> None:
    mine = _mine()
    if mine is None:
        return _plain_unregister(function)
    mine[:] = [call for call in mine if call[0] != function]


def _run() -> None:
    program = _who()
    if program is None:
        return _plain_run()
    say_goodbye(program)


def _clear() -> None:
    program = _who()
    if program is None:
        return _plain_clear()
    _registered.of(program).clear()


def _count() -> int:
    program = _who()
    return _plain_count() if program is None else len(_registered.of(program))


def _ends_program(plain: Callable[..., object]) -> Callable[..., object]:
    """`exit` and `quit` as IPython has them, which a function from a cell finds: they end the kernel."""

    def quit(self: Any, *args: Any, **kwargs: Any) -> object:
        if owners.owner() is None:
            return plain(self, *args, **kwargs)
        raise SystemExit(*args)

    return quit


_replaced = Replacements()
_replaced.add(atexit, register=_register, unregister=_unregister)
_replaced.add(atexit, _run_exitfuncs=_run, _clear=_clear, _ncallbacks=_count)
_replaced.add(os, _exit=_exit, abort=_abort)
if "IPython.core.autocall" in sys.modules:
    _module: Any = sys.modules["IPython.core.autocall"]
    for _kind in (_module.ExitAutocall, _module.ZMQExitAutocall):
        _replaced.add(_kind, __call__=_ends_program(_kind.__call__))

install, uninstall = _replaced.install, _replaced.uninstall
