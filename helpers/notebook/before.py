"""What a kernel of the course's environment knows before `%load_ext helpers`: that it has to come first.

A cell that is run too early (the first one was passed over, its click was lost, the kernel was restarted) says what to do, instead of "magic not found" or a bare NameError. IPython loads
this module when a kernel starts, as `course/prefix/etc/ipython` tells it to: it imports nothing of the helpers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

FIRST = "Run the first cell of this notebook, the one with `%load_ext helpers`, and then this one again."

MAGICS = "background", "watch"
BROUGHT = "helpers", "socket"
"""The names that the first cell of every lesson brings."""


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Called by IPython when a kernel starts. `%load_ext helpers` puts the real things in the place of all this."""
    shell: Any = ipython  # most of it is untyped
    for name in MAGICS:
        shell.register_magic_function(_stub(name), "cell", name)
    shell.set_custom_exc((NameError,), _show_error)


def _stub(name: str) -> Callable[[str, str], NoReturn]:
    def too_early(line: str, cell: str) -> NoReturn:
        raise UsageError(f"%%{name} comes with the course's helpers, which are not loaded yet. {FIRST}")

    return too_early


def _show_error(
    ipython: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    # It raises nothing: IPython would never call it again. A learner's own kind of NameError may lie of everything.
    try:
        if isinstance(error, NameError) and error.name in BROUGHT:
            error.add_note(f"`{error.name}` comes with the first cell. {FIRST}")
        ipython.showtraceback((kind, error, trace), tb_offset=tb_offset)
    except Exception:
        print(f"{kind.__name__}: it cannot be shown", file=sys.stderr)
