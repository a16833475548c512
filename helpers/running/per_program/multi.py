"""`multiprocessing` and process pools, for a program in a thread: its children know its source, print into its window, and end when it does.

Comes in: a `Process` that one of its threads starts, by whatever method. Goes out: a child whose `__main__` is the program's source, as it is for a script; and at the program's end what the end of
a script does: pools and managers are closed, daemons ended. With "spawn" and "forkserver" a child is no copy of this process: what it has to know is sent with what multiprocessing sends anyway.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from helpers.running import group
from helpers.running.group import ThreadGroup
from helpers.running.per_program import children
from helpers.running.plain import start_thread
from helpers.sockets.owners import Guard, Owner, PerOwner, shielded
from helpers.sockets.replacing import Replacements

PATIENCE = 2.0
"""Seconds for which pools and managers may take to close."""

CHILD = """
import os, sys
descriptor = screen.detach()
if sys.platform == "win32":
    import msvcrt
    descriptor = msvcrt.open_osfhandle(descriptor, os.O_WRONLY)
for stream in 1, 2:
    os.dup2(descriptor, stream)
os.close(descriptor)
if hasattr(os, "setpgid"):
    os.setpgid(0, 0)
sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)
sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)

def begin(path):
    import io, linecache, types
    module = types.ModuleType("__mp_main__")
    module.__file__ = path
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    linecache.cache[path] = len(source), None, io.StringIO(source, newline=None).readlines(), path
    exec(compile(source, path, "exec", dont_inherit=True), vars(module))

if source is not None:
    from multiprocessing import spawn
    spawn._fixup_main_from_path = begin
"""
"""Runs in a child before anything of the program does: from then on it prints into the window, and has the source that stands in a cell, perhaps in no file."""


class _Own:
    """What a program has of `multiprocessing`."""

    def __init__(self, who: Owner) -> None:
        self.source: tuple[str, str] | None = None
        """Its name, and its text; None where it is a function."""
        self.processes: weakref.WeakSet[Any] = weakref.WeakSet()
        self.closing: weakref.WeakSet[Any] = weakref.WeakSet()
        """What multiprocessing is to do at its end."""
        self.closer: threading.Thread | None = None


_own = PerOwner(_Own)
_beginning = Guard()
_users: weakref.WeakSet[ThreadGroup] = weakref.WeakSet()
"""Those that use the two helping processes of multiprocessing, its fork server and its resource tracker."""


def has_source(who: ThreadGroup, name: str, text: str) -> None:
    """`who` is the program of this name and source."""
    _own.of(who).source = name, text


class _Sent:
    """Becomes, in the child, a call of `exec`, before anything else is read there."""

    def __init__(self, screen: int, source: str | None) -> None:
        self._screen = screen
        self._source = source

    def __reduce__(self) -> tuple[Any, ...]:
        from multiprocessing import reduction

        module: Any = reduction
        if sys.platform == "win32":
            import _winapi
            import msvcrt

            screen = module.DupHandle(msvcrt.get_osfhandle(self._screen), _winapi.FILE_GENERIC_WRITE)
        else:
            screen = module.DupFd(self._screen)
        return exec, (CHILD, {"screen": screen, "source": self._source})


class _Patches:
    """The places of multiprocessing that ask whose the running thread is. Made, and multiprocessing loaded, when the first program starts."""

    def __init__(self) -> None:
        from multiprocessing import process, resource_tracker, spawn, util

        self._tracker: Any = resource_tracker._resource_tracker
        self._spawn: Any = spawn
        self._start = process.BaseProcess.start
        self._prepare = self._spawn.get_preparation_data
        self._finalize = util.Finalize.__init__
        self._send = resource_tracker.ResourceTracker._send  # type: ignore[attr-defined]
        self.are_shared = True
        """Whether the notebook itself uses the helping processes; they stay then."""
        replaced = Replacements()
        replaced.add(process.BaseProcess, start=self._start_process())
        replaced.add(spawn, get_preparation_data=self._prepare_child)
        replaced.add(util.Finalize, __init__=self._note_finalizer())
        replaced.add(resource_tracker.ResourceTracker, _send=self._track())
        self.install, self.uninstall = replaced.install, replaced.uninstall

    def _start_process(self) -> Callable[[Any], None]:
        plain = self._start

        @functools.wraps(plain)
        def start(process: Any) -> None:
            who = children.whose()
            with shielded():
                self._uses(who)
                mine = children.here()
                plain(process)
                if who is not None and mine is not None:
                    mine.add(process.pid, poll=process.is_alive)
                    _own.of(who).processes.add(process)

        return start

    def _track(self) -> Callable[..., None]:
        plain = self._send

        @functools.wraps(plain)
        def send(tracker: Any, command: str, *args: Any) -> None:
            if command == "REGISTER":
                self._uses(children.whose())
            plain(tracker, command, *args)

        return send

    def _uses(self, who: ThreadGroup | None) -> None:
        """`who` is about to use the helping processes; they start when they are first used."""
        if who is None:
            self.are_shared = True
            return
        if self._tracker._fd is None:
            self.are_shared = False
        _users.add(who)

    def _prepare_child(self, name: str) -> dict[str, Any]:
        data: dict[str, Any] = self._prepare(name)
        who = children.whose()
        if who is None:
            return data
        for key in ("init_main_from_name", "init_main_from_path"):
            data.pop(key, None)
        if sys._getframe(1).f_globals.get("__name__") == "multiprocessing.forkserver":
            return data  # which serves several programs, and runs none of them
        source = _own.of(who).source
        if source is not None:
            data["init_main_from_path"] = os.path.abspath(source[0])
        mine = children.here()
        assert mine is not None  # it has an owner
        return {"helpers": _Sent(mine.writes, source[1] if source else None)} | data

    def _note_finalizer(self) -> Callable[..., None]:
        plain = self._finalize

        @functools.wraps(plain)
        def note(finalizer: Any, *args: Any, **options: Any) -> None:
            plain(finalizer, *args, **options)
            if (who := children.whose()) is not None:
                _own.of(who).closing.add(finalizer)

        return note

    def end_helping_processes(self) -> None:
        """They were started for programs, and there is none left that uses them."""
        from multiprocessing import forkserver

        self.are_shared = True
        server = getattr(forkserver, "_forkserver", None)
        if pid := getattr(server, "_forkserver_pid", None):
            # On a busy machine it may still be starting, and end later than a stop may take. It has nothing to put away; the tracker has.
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for each in (server, self._tracker):
            stop = getattr(each, "_stop", None)
            if stop is not None:
                stop()


@functools.cache
def _patches() -> _Patches:
    return _Patches()


def install() -> None:
    _patches().install()


def uninstall() -> None:
    if _patches.cache_info().currsize:
        _patches().uninstall()


def dismiss_pools(threads: Iterable[threading.Thread]) -> None:
    """Let the process pools go to which these threads see, when they have done what was submitted, as the end of a script does."""
    module: Any = sys.modules.get("concurrent.futures.process")
    for thread in threads if module is not None else ():
        if isinstance(thread, module._ExecutorManagerThread):
            executor = thread.executor_reference()
            if executor is not None:
                executor.shutdown(wait=False)


def close(who: ThreadGroup) -> None:
    """Close its pools and managers, and end its daemons: the end of a script does so before it waits for the others."""
    own = _own.of(who) if who in _users or "multiprocessing.util" in sys.modules else None
    if own is None or not (own.closing or own.processes):
        return
    with _beginning:
        # A stop may come just as its last thread ends: who ends daemons while a pool is being closed ends its workers, and one of them holds the lock that the pool needs.
        if own.closer is None or not own.closer.is_alive():
            name = f"helpers: {who.name} (closing)"
            own.closer = threading.Thread(target=_close, args=(own,), name=name, daemon=True)
            try:
                start_thread(own.closer)
            except (
                RuntimeError
            ):  # Python itself ends, and starts no more threads: whoever is there is ended all the same
                return
    own.closer.join(PATIENCE)  # a pool whose worker was killed may wait for ever, and its program with it


def _close(own: _Own) -> None:
    keys = {each: each._key for each in list(own.closing)}
    due = [each for each, key in keys.items() if key is not None and key[0] is not None and key[0] >= 0]
    for each in sorted(due, key=lambda each: keys[each], reverse=True):
        try:
            each()
        except Exception:
            pass  # as at the end of a script, where the others are closed all the same
    for process in list(own.processes):
        try:
            if process.daemon and process.is_alive():
                process.terminate()
        except (OSError, ValueError, AttributeError):
            pass  # closed, or ended


def _end(who: ThreadGroup) -> None:
    """All its children have ended."""
    if who not in _users:
        return
    from multiprocessing import active_children

    for process in list(_own.of(who).processes):
        # The exception of a stop may have met a thread just as it had waited for its end, and had not yet written that down.
        if getattr(process._popen, "returncode", 0) is None:
            process._popen.returncode = -signal.SIGTERM
    active_children()  # lets go of those that have ended
    _users.discard(who)
    closer = _own.of(who).closer
    if not _users and not _patches().are_shared and not (closer is not None and closer.is_alive()):
        _patches().end_helping_processes()


group.before_stopping.append(close)
group.when_stopped.append(_end)
