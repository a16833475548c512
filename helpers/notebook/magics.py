"""What `%load_ext helpers` brings into a notebook: traced sockets, `%%background`, `%%watch`, and what stands under the cells.

Comes in: cells, from IPython. Goes out: programs and recordings, shown beneath the cells; errors without our frames. IPython calls it, by way of the package's face.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import itertools
import pathlib
import shlex
import sys
from _sitebuiltins import Quitter
from collections.abc import Callable
from types import CodeType, TracebackType
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display as untyped_display

from helpers.notebook import command_window, learner
from helpers.running.install import install
from helpers.running.per_program.asking import routed_getpass, routed_input
from helpers.running.program import Program
from helpers.running.programs import background
from helpers.running.tracebacks import drop_our_frames, linked, traceback_of
from helpers.watching.watcher import watch

# These two come without types.
display: Callable[[object], object] = untyped_display
_ends_with_semicolon: Callable[[str], bool] = DisplayHook.semicolon_at_end_of_expression

USAGE = "Write it so: %%background server.py  (optional: --type 'a line to type ahead', again for each line, --save FILE, and --process)"

LONGEST_WAY = 100
"""Errors that led to one another, of which IPython shows each; of a longer way all are shown as a terminal shows them."""


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%%background: {message}. {USAGE}")


_arguments = _Arguments(prog="%%background", add_help=False)
_arguments.add_argument("name", metavar="NAME")
_arguments.add_argument("--type", dest="typed", metavar="TEXT", action="append", default=[])
_arguments.add_argument("--save", metavar="FILE", type=pathlib.Path)

_arguments.add_argument("--process", action="store_true")


def run_in_background(line: str, cell: str) -> None:
    """`%%background NAME [--type TEXT]… [--save FILE] [--process]`: run the cell as a program of its own, in a process of its own if so told, and show its command window."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"%%background: {error}. {USAGE}") from None
    options = _arguments.parse_args(words)
    if options.save:
        _save(cell, options.save)
    display(background(cell, options.name, options.typed, options.process))


def run_watched(line: str, cell: str) -> None:
    """`%%watch [NAME]`: run the cell, and draw the conversation beneath it. `NAME`: the variable that the recording goes into."""
    name = line.strip()
    if name and not name.isidentifier():
        raise UsageError(f"%%watch: {name!r} is no name for a variable. Write %%watch, or %%watch recording.")
    shell: Any = get_ipython()
    code = _compiled(shell, cell)
    recording = watch()
    try:
        with recording:
            for each in code:
                exec(each, shell.user_ns)  # in the notebook's own namespace, as the cell would run without the magic
    finally:
        if name:
            shell.push({name: recording})
        display(recording)


def _compiled(shell: Any, cell: str) -> list[CodeType]:
    """The cell's statements, the last one so that its value is shown if it is an expression."""
    source = shell.transform_cell(cell)
    file = shell.compile.cache(source, _number(shell), cell)
    try:
        nodes = shell.transform_ast(shell.compile.ast_parse(source, filename=file)).body
        shows = nodes and isinstance(nodes[-1], ast.Expr) and not _ends_with_semicolon(source)
        last = [nodes.pop()] if shows else []
        return [
            shell.compile(ast.Module(nodes, []), file, "exec"),
            shell.compile(ast.Interactive(last), file, "single"),
        ]
    except SyntaxError as error:
        if "await" in str(error) or "async" in str(error):
            raise UsageError(
                "%%watch cannot run `await` in a cell. Leave the magic out, and write `with helpers.watch() as recording:` "
                "around it, then `recording` as the last line."
            ) from None
        raise


def _number(shell: Any) -> int:
    """Of the cell that runs, as it stands beside it; IPython counts on before it runs a cell that is kept in its history."""
    return max(len(shell.history_manager.input_hist_parsed) - 1, 1)


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """`%load_ext helpers`. The name `helpers` comes with it."""
    install()
    shell: Any = ipython  # most of it is untyped
    shell.push({"helpers": sys.modules["helpers"]})  # not imported here: the package's face names this module
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        # What a kernel makes of `input` and `getpass` while a cell runs, and what it puts back when that has run: a program may ask later.
        for names, routed in (
            (("raw_input", "_sys_raw_input"), routed_input),
            (("getpass", "_save_getpass"), routed_getpass),
        ):
            for each in names:
                if (plain := getattr(kernel, each, None)) is not None:
                    setattr(kernel, each, routed(plain))
    _keep_exit(shell)
    # Whatever else is shown has a `_repr_mimebundle_`. A program knows no notebook, since its room is below this one.
    shell.display_formatter.mimebundle_formatter.for_type(Program, command_window.as_bundle)
    shell.register_magic_function(run_in_background, "cell", "background")
    shell.register_magic_function(run_watched, "cell", "watch")
    shell.set_custom_exc((Exception, KeyboardInterrupt), _show_error)
    shell.events.register("post_run_cell", _forget_that_it_is_loaded)  # once, however often this is called
    if notice := learner.notice():
        print(notice)


def _keep_exit(shell: Any) -> None:
    """IPython takes `exit` and `quit` away while a cell runs, for its own, which a cell goes on to find: programs need Python's."""
    for name in ("exit", "quit"):
        shell.builtin_trap.auto_builtins.pop(name, None)
        if not hasattr(builtins, name):
            setattr(builtins, name, Quitter(name, "Ctrl-D"))


def _show_error(
    ipython: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    """Show `error`, whatever its class and its causes are like. It raises nothing: IPython would never call it again."""
    try:
        _begin_in_the_watched_cell(trace)
        drop_our_frames(error)
        if _is_shown_by_ipython(error):
            ipython.showtraceback((kind, error, trace), tb_offset=tb_offset)
            return
    except Exception:
        pass  # a class that tells lies of itself
    _show_text(ipython, kind, traceback_of(error))


def _is_shown_by_ipython(error: BaseException) -> bool:
    """Groups it has Python print, with its own frames; a very long way to an error it cannot follow; for a thousand frames it takes ten seconds."""
    links = list(itertools.islice(linked(error), LONGEST_WAY + 1))
    if len(links) > LONGEST_WAY or any(isinstance(link, BaseExceptionGroup | RecursionError) for link in links):
        return False
    str(error)  # which is sent, beside what is shown
    for link in links:
        getattr(link, "__notes__", ())  # may raise, and IPython would show that with frames of its own
    return True


def _show_text(ipython: InteractiveShell, kind: type[BaseException], text: str) -> None:
    shell: Any = ipython
    *_, last = text.rstrip().splitlines()
    shell._showtraceback(kind, last.partition(": ")[2], text.splitlines())  # what a kernel sends an error with


def _begin_in_the_watched_cell(trace: TracebackType) -> None:
    """Leave out how the cell came to be run: of what stands before it, IPython expects one frame, and drops it."""
    inner: TracebackType | None = trace
    while inner is not None:
        if inner.tb_frame.f_code is run_watched.__code__:
            trace.tb_next = inner.tb_next
            return
        inner = inner.tb_next


def _forget_that_it_is_loaded(result: object) -> None:
    # So that a first cell that is run again does not say that there was no need to.
    shell: Any = get_ipython()
    shell.extension_manager.loaded.discard("helpers")


def _save(cell: str, path: pathlib.Path) -> None:
    try:
        path.write_text(cell.rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"%%background: cannot write {path}: {error.strerror}. Choose another FILE for --save."
        ) from None
