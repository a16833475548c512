"""The two pipes on which the helpers speak with a process that they have started, from inside that process; and how what it has started is found, and ended.

Comes in: what the pipes are called, as arguments. Goes out: lines, both ways. Who imports it: the judge's `child`, the `child` of a program, and `process`, on the other side. It imports nothing that such a
process need not load anyway.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

from helpers.sockets.owners import PROCESS_MARK, PROGRAM_NAME

MARK = PROCESS_MARK
NAME = PROGRAM_NAME


NEARLY = 0.3
"""Seconds for which a process that ends, and whose keyboard has come to its end, waits to see whether its starter is gone. (After Ctrl-D too.)"""
BECOMES = 1.0
"""Seconds that a process may take at most to become another program: it takes a fraction of a thousandth, and as long as it gets no processor."""


class Channels:
    """What the process hears, and what it says. Only the process itself speaks: nothing that it forks does."""

    def __init__(self, names: Sequence[str]) -> None:
        there, back = (_descriptor(name, flags) for name, flags in zip(names, (os.O_RDONLY, 0), strict=True))
        for fd in (there, back):
            os.set_inheritable(fd, False)
        self.commands: BinaryIO = os.fdopen(there, "rb")
        self._back = back
        self._saying = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._mute)

    def write(self, line: bytes) -> None:
        """OSError if nobody listens."""
        # Bounded, since whoever has the lock may have been interrupted in the moment of taking it.
        taken = self._saying.acquire(timeout=1)
        try:
            while line:
                line = line[os.write(self._back, line) :]
        finally:
            if taken:
                self._saying.release()

    def is_abandoned(self) -> bool:
        """Whether whoever has started this process has gone, as far as the system tells at once, or nearly so: of the pipes of a process that is gone, Linux closes this one after the keyboard's."""
        if not hasattr(select, "poll"):
            return False
        return _has_hung_up(self.commands.fileno(), NEARLY if _has_hung_up(0, 0) else 0)

    def _mute(self) -> None:
        self._saying = threading.Lock()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (self.commands.fileno(), self._back):
            with contextlib.suppress(OSError):
                os.dup2(nowhere, fd, inheritable=False)
        os.close(nowhere)


def _has_hung_up(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLHUP)
    return bool(poll.poll(seconds * 1000))


def _descriptor(name: str, flags: int) -> int:
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.open_osfhandle(int(name), flags)
    return int(name)


def end_with_all(token: str) -> None:
    """Whoever has started this process has gone: end it, and whatever it has started."""
    try:
        import psutil

        end_offspring(token, psutil.Process().create_time(), os.getpid(), [])
    finally:
        if os.name == "posix":
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)


def end_offspring(token: str, since: float, but: int, others: Sequence[Any]) -> None:
    """End the processes that carry this token, `but` one, and the `others`."""
    import psutil

    for _ in range(20):  # they may start others meanwhile
        offspring = [*others, *(each for each in marked(token, since) if each.pid != but)]
        for each in offspring:
            with contextlib.suppress(psutil.Error):
                each.kill()
        if not offspring:
            break
        psutil.wait_procs(offspring, timeout=0.2)
        others = []


def marked(token: str, since: float) -> list[Any]:
    """The processes, no older than `since`, that carry this token."""
    import psutil

    found = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            # An age is cheap to ask for, an environment is not, and a shared host has thousands of processes.
            if (
                each.create_time() >= since
                and _environment(each).get(MARK) == token
                and each.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(each)
    return found


def _environment(process: Any) -> dict[str, str]:
    """Its environment. A process that is just becoming another program (`exec`) has none for a moment, though whoever has started it goes on already: it is looked at again."""
    import psutil

    until = time.monotonic() + BECOMES
    while not (found := process.environ()) and _is_becoming(process) and time.monotonic() < until:
        psutil.wait_procs([process], timeout=0.002)
    return dict(found or process.environ())  # it may have become it between the two looks


def _is_becoming(process: Any) -> bool:
    """Whether it has no arguments yet either. The system's own threads (Linux: children of process 2) never have any."""
    return sys.platform == "linux" and not process.cmdline() and process.ppid() != 2
