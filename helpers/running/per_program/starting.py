"""How a program in a thread starts a process: `subprocess`, `os.fork`, `os.system` and their kin.

Comes in: those calls, from a program's thread. Goes out: a process that prints into the program's window, reads nothing (its stdin is empty: nobody could tell for whom a line was typed), and ends
with the program. For everybody else they do what they always do. What would take the whole notebook with it (`os.exec…`), or needs a terminal (`pty.spawn`), says so.
"""

from __future__ import annotations

import errno
import functools
import inspect
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, TextIO

from helpers.running.group import ThreadGroup, forget_all
from helpers.running.per_program import children, descriptors, event_loops, exits, multi, signals, streams
from helpers.running.per_program.children import Children, plain_popen, plain_waitpid, whose
from helpers.running.program import OWN_PROCESS
from helpers.running.tracebacks import traceback_of
from helpers.sockets.owners import shielded
from helpers.sockets.replacing import Replacements

_POPEN = inspect.signature(plain_popen)


class _Forking(threading.local):
    """What the running thread forks a child for."""

    terminal = False
    """It gets one of its own."""
    command = False
    """It becomes one: `subprocess` calls a function of the learner's in it (preexec_fn), and does all the rest."""

    @contextmanager
    def to(self, **for_what: bool) -> Iterator[None]:
        vars(self).update(for_what)
        try:
            yield
        finally:
            vars(self).update(dict.fromkeys(for_what, False))


_forking = _Forking()

_plain: dict[str, Any] = dict(vars(os))
_write, _exit = os.write, os._exit


@contextmanager
def _starting() -> Iterator[Children | None]:
    """The children of the program, or server, in whose thread this is called; None: it has none, and everything is as ever. A stop waits: what is just started would be lost."""
    with shielded():
        yield children.here()


@functools.wraps(plain_popen)
def _popen(self: subprocess.Popen[Any], *args: Any, **options: Any) -> None:
    try:
        given = _POPEN.bind(self, *args, **options)
    except TypeError:
        return plain_popen(self, *args, **options)  # which says what is wrong
    if whose() is None:
        return plain_popen(self, *args, **options)
    event_loops.watch()
    with _starting() as mine, _forking.to(command=True):
        assert mine is not None
        leads = _adapt(given.arguments, mine.writes)
        plain_popen(*given.args, **given.kwargs)
        mine.add(self.pid, leads, self.poll)


def _adapt(given: dict[str, Any], screen: int) -> bool:
    """Let a process that would print and read where its program does print into `screen`, and read nothing. Whether it leads a group of its own."""
    prints = given.get("stdout") is None or given.get("stderr") is None
    if given.get("stdin") is None:
        given["stdin"] = subprocess.DEVNULL
    for stream in ("stdout", "stderr"):
        if given.get(stream) is None:
            given[stream] = screen
    if prints:
        given["env"] = _as_on_a_terminal(given.get("env"))
    if os.name != "posix" or given.get("preexec_fn") is not None:
        return False  # a function that begins a session must find no group of its own; and on Windows there are none
    if not given.get("start_new_session") and given.get("process_group") is None:
        given["process_group"] = 0
    return True


def _as_on_a_terminal(env: Mapping[str, str] | None) -> dict[str, str]:
    """Python shows each line at once there, and in UTF-8; what it does with a pipe can be set."""
    plain = dict(os.environ if env is None else env)
    return {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"} | plain


def _fork() -> int:
    with _starting() as mine:
        pid: int = _plain["fork"]()
        if mine is not None and pid:
            _lead(pid)
            mine.add(pid)
    if pid and mine is not None and sys.version_info >= (3, 12) and threading.active_count() > 1:
        # Python says so of every fork here, of the notebook's threads, to whoever called it, which is this module.
        said = f"This process (pid={os.getpid()}) is multi-threaded, use of fork() may lead to deadlocks in the child."
        warnings.warn(said, DeprecationWarning, stacklevel=2)
    return pid


def _forkpty() -> tuple[int, int]:
    if whose() is not None and _called_by_spawn():
        raise RuntimeError(
            "pty.spawn() lets a program talk with the terminal that this one runs in. A program in a window has no terminal: "
            "start the file in a terminal, or use subprocess.run()."
        )
    with _starting() as mine, _forking.to(terminal=True):
        pid, terminal = _plain["forkpty"]()
        if mine is not None and pid:
            mine.add(pid)
    return pid, terminal


def _called_by_spawn() -> bool:
    frame = sys._getframe(2)
    return any(
        each is not None and each.f_code.co_name == "spawn" and each.f_globals.get("__name__") == "pty"
        for each in (frame, frame.f_back)
    )


def _lead(pid: int) -> None:
    """Let the child lead a group of its own. Parent and child both do it: whoever comes first."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass  # it does so itself, or leads a session


def _system(command: Any) -> int:
    if whose() is None:
        return int(_plain["system"](command))
    code = subprocess.Popen(command, shell=True).wait()
    if sys.platform == "win32":
        return code
    return code << 8 if code >= 0 else -code  # as `wait` puts it


def _spawns(name: str) -> Callable[..., int]:
    """`os.posix_spawn`, or `posix_spawnp`."""
    plain = _plain.get(name)

    def spawn(path: Any, argv: Any, env: Any, **options: Any) -> int:
        with _starting() as mine:
            if mine is None:
                return plain(path, argv, env, **options)  # type: ignore[misc, no-any-return]
            screen = [(os.POSIX_SPAWN_DUP2, mine.writes, stream) for stream in (1, 2)]
            nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
            options["file_actions"] = [nothing, *screen, *(options.get("file_actions") or ())]
            if not options.get("setsid"):
                options.setdefault("setpgroup", 0)
            pid: int = plain(path, argv, env, **options)  # type: ignore[misc]
            mine.add(pid)
            return pid

    return spawn


def _waitpid(pid: int, options: int, /) -> tuple[int, int]:
    """Any child (-1) is any of the program's own."""
    if pid != -1 or whose() is None:
        return plain_waitpid(pid, options)
    with _starting() as mine:
        pids = mine.pids() if mine is not None else []
    pause = 0.001
    while True:
        if (ended := _any_ended(pids, options)) is not None:
            return ended
        if options & os.WNOHANG:
            return 0, 0
        threading.Event().wait(pause)  # which a stop ends
        pause = min(pause * 2, 0.02)


def _any_ended(pids: list[int], options: int) -> tuple[int, int] | None:
    """The first of them that has ended, with its status. ChildProcessError: none is left to wait for."""
    left = False
    for pid in pids:
        try:
            ended = plain_waitpid(pid, options | os.WNOHANG)
        except ChildProcessError:
            continue
        if ended[0]:
            return ended
        left = True
    if not left:
        raise ChildProcessError(errno.ECHILD, os.strerror(errno.ECHILD))
    return None


def _wait() -> tuple[int, int]:
    return _plain["wait"]() if whose() is None else _waitpid(-1, 0)


def _execs(name: str) -> Callable[..., NoReturn]:
    """`os.execv` or `os.execve`, by which the other six go."""

    def execute(*args: Any, **options: Any) -> NoReturn:
        if whose() is not None:
            raise RuntimeError(
                f"os.{name}() puts another program in the place of the whole process, which this program shares with the notebook. "
                f"Give it a process of its own: {OWN_PROCESS}."
            )
        _plain[name](*args, **options)
        raise AssertionError  # it never comes back

    return execute


def go_on_in_child() -> None:
    """A process was forked. That of a program is the program, all alone: it prints into the same window, and ends where the program ends."""
    mine = forget_all()
    # What becomes a command is given its streams by `subprocess`, and loses all others.
    screen = children.forget_all(mine) if not _forking.command else None
    if mine is None:
        return
    if screen is not None:
        if not _forking.terminal:
            _take_streams(screen)
            os.setpgid(0, 0)
        os.close(screen)
    own = streams.own(mine)
    for name, stream in _opened().items():
        own[name] = own[f"__{name}__"] = stream
    mine.write = _print  # type: ignore[method-assign]
    mine.read_line = lambda hidden=False: own["__stdin__"].readline()  # type: ignore[method-assign]
    mine.fell = functools.partial(_fell, mine)  # type: ignore[method-assign]
    mine.finished = functools.partial(_finished, mine)  # type: ignore[method-assign]
    for each in (sys.modules[__name__], multi, signals, descriptors):  # what a process can have, it has
        each.uninstall()
    exits.go_on_in_child()
    os._exit = _exit
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL)):
        signal.signal(number, handler)  # the notebook's are none of its own


def _opened() -> dict[str, TextIO]:
    """The standard streams of a process, as on a terminal."""
    return {
        "stdin": open(0, encoding="utf-8", errors="replace", closefd=False),
        "stdout": open(1, "w", buffering=1, encoding="utf-8", closefd=False),
        "stderr": open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False),
    }


def _take_streams(screen: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, stream in ((nothing, 0), (screen, 1), (screen, 2)):
        os.dup2(source, stream)
    os.close(nothing)


def _print(text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    while data:
        data = data[_write(1, data) :]


def _fell(child: ThreadGroup, error: BaseException) -> None:
    _print(traceback_of(error))
    child.exit_status = 1  # type: ignore[attr-defined]


def _finished(child: ThreadGroup) -> None:
    """Its last thread has ended."""
    try:
        exits.say_goodbye_in_child(child)
        for name in streams.OUTPUTS:
            streams.own(child)[name].flush()
    finally:
        _exit(getattr(child, "exit_status", None) or 0)


_replaced = Replacements()
_replaced.add(subprocess.Popen, __init__=_popen)
_replaced.add(os, system=_system, execv=_execs("execv"), execve=_execs("execve"))
if os.name == "posix":
    _replaced.add(os, fork=_fork, forkpty=_forkpty, wait=_wait, waitpid=_waitpid)
    _replaced.add(os, posix_spawn=_spawns("posix_spawn"), posix_spawnp=_spawns("posix_spawnp"))

install, uninstall = _replaced.install, _replaced.uninstall
