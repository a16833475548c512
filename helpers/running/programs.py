"""Programs that run in the background, each with a namespace and a screen of its own, as if started in a terminal.

>>> program = background("print('hello')", name="greeter")
>>> program.wait(2)
True
>>> program.output
'hello\\n'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from helpers.running.callables import require_code
from helpers.running.install import install
from helpers.running.program import REST, Program
from helpers.running.rest import wait_for_rest
from helpers.running.thread_program import ThreadProgram

if TYPE_CHECKING:
    from helpers.running.processes.program import ProcessProgram

_programs: dict[str, Program] = {}


def background(
    code: Callable[[], object] | str, name: str | None = None, typed: Iterable[str] = (), process: bool = False
) -> Program:
    """Run `code`, a function or Python source, as a program of its own in a background thread; with `process=True`, in a process of its own.

    `name` is what its window and `program(name)` call it; a running program of that name is stopped first. `typed` are lines typed
    ahead for its `input()`. It starts when the other programs rest, so that it meets nobody in the middle of what was set off before. Returns
    when it listens, ends, or waits for input (after a second at most).
    """
    require_code(code)
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name is what its window is called, such as 'server.py'; this is {type(name).__name__}.")
    if isinstance(typed, str):
        raise TypeError("typed is a list of lines, such as ['hello', '']; this is one str.")
    if not isinstance(typed, Iterable):
        raise TypeError(f"typed is a list of lines, such as ['hello', '']; this is {type(typed).__name__}.")
    name = name or getattr(code, "__name__", None) or "program"
    install()
    if name in _programs:
        _programs[name].stop()
    wait_for_rest(REST)
    program = _programs[name] = _kind(process)(code, name, typed)
    try:
        program.start_and_wait()
    except KeyboardInterrupt:  # the cell was interrupted: whoever did that wants it gone
        program.stop()
        raise
    return program


def _kind(process: bool) -> type[ThreadProgram] | type[ProcessProgram]:
    if not process:
        return ThreadProgram
    from helpers.running.processes.program import ProcessProgram  # few need it, and it takes a while

    return ProcessProgram


def program(name: str) -> Program:
    """The program that was last started under `name`. LookupError if there is none."""
    if name not in _programs:
        known = ", ".join(map(repr, _programs)) or "none so far"
        raise LookupError(f"There is no program named {name!r} (there is: {known}). Run the cell that starts it first.")
    return _programs[name]


def listening_at(address: tuple[str, int]) -> str | None:
    """The name of the running program that listens at (host, port); None if none of these does."""
    return next((name for name, each in _programs.items() if each.running and each.address == address), None)
