"""The processes that a program has started: what they print goes to its window, and they end with it.

Comes in: a process that one of a program's threads has started (`starting` and `multi` see to that), and what it prints, through a pipe that all of them share. Goes out: that text, to the
program; signals to the processes when it is stopped. Whoever stops a group ends them, `thread_program` waits for them.

None is left behind, not even when this process is killed: a guardian, a small process of each program that has children, waits for the end of a pipe that only this process holds, and ends
them then. Each child leads a process group of its own, so that what it has started ends with it, and so that a Ctrl-C that is meant for a cell does not meet it.
"""

from __future__ import annotations

import codecs
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable

from helpers.running import group
from helpers.running.group import ThreadGroup
from helpers.running.plain import plain_sleep, start_thread
from helpers.sockets.owners import Guard

GRACE = 0.3
"""Seconds between asking a child to end (SIGTERM) and ending it (SIGKILL)."""
TIMEOUT = 2.0
"""Seconds for which the end of the children is waited for."""
AT_ONCE = 256 * 1024
"""Bytes that are taken from the pipe at once: a child that prints for ever must not keep its program from printing."""

plain_popen = subprocess.Popen.__init__
plain_waitpid = os.waitpid
_killpg: Callable[[int, int], None] | None = getattr(os, "killpg", None)  # not on Windows
_read, _write = os.read, os.write

_all: weakref.WeakKeyDictionary[ThreadGroup, Children] = weakref.WeakKeyDictionary()
_making = Guard()

GUARD = """
import os, signal, sys
pids = set()
for line in sys.stdin.buffer:
    (pids.add if line[:1] == b"+" else pids.discard)(int(line[1:]))
for pid in pids:
    for end in (getattr(os, "killpg", os.kill), os.kill):
        try:
            end(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except OSError:
            pass
"""


class Child:
    """A process that a program has started."""

    def __init__(self, pid: int, leads: bool, late: bool) -> None:
        import psutil

        self.pid = pid
        self.leads = leads and _killpg is not None
        """Whether it leads a process group, to which belongs what it starts."""
        self.due = time.monotonic() + (GRACE if late else 0)
        """From when on it is asked to end, when its program is stopped. `late`: it was started after that, by a program that cleans up."""
        self.told: float | None = None
        """When it was asked to end."""
        self.poll: Callable[[], Callable[[], object] | None] | None = None
        """Where it belongs to an object: a reference to what that one waits with, so that it takes note."""
        try:
            self._process = psutil.Process(pid)  # which tells it from a later one of the same number
        except psutil.Error:
            self._process = None

    def is_there(self) -> bool:
        """Whether it, or what it has started, has not ended."""
        import psutil

        try:
            process = self._process
            if process is not None and process.is_running():
                return bool(process.status() != psutil.STATUS_ZOMBIE) or self._leads_others()
        except psutil.Error:
            pass
        return not psutil.pid_exists(self.pid) and self._leads_others()

    def _leads_others(self) -> bool:
        if not self.leads or _killpg is None:
            return False
        try:
            _killpg(self.pid, 0)
        except OSError:
            return False
        import psutil

        # They may all have ended, and only wait to be waited for.
        return any(_is_in(self.pid, each) for each in psutil.pids())

    def is_over(self) -> bool:
        """Whether nothing is left to do with it: it has ended, the program has waited for it, and it has left nothing running. One that has ended and was not waited for is the program's to wait for."""
        import psutil

        try:
            if self._process is not None and self._process.is_running():
                return False
        except psutil.Error:
            pass
        return not self._leads_others()

    def reap(self) -> None:
        """Wait for it, if it has ended and nobody has done so."""
        poll = self.poll() if self.poll is not None else None
        if poll is not None:
            poll()
            return
        try:
            plain_waitpid(self.pid, getattr(os, "WNOHANG", 0) if os.name == "posix" else 0)
        except OSError:
            pass  # somebody has, or it is the child of another (of multiprocessing's fork server)

    def end(self, kill: bool) -> None:
        """Ask it to end, and what it has started with it; or `kill` them."""
        if self.leads and _killpg is not None:
            try:
                _killpg(self.pid, signal.SIGKILL if kill else signal.SIGTERM)
                return
            except OSError:
                pass  # it leads none yet
        import psutil

        try:
            if self._process is not None:
                others = [] if self.leads else self._process.children(recursive=True)
                for each in (self._process, *others):
                    (each.kill if kill else each.terminate)()
        except psutil.Error:
            pass  # it has ended


def _is_in(group: int, pid: int) -> bool:
    """Whether this process belongs to a process group, and has not ended."""
    import psutil

    try:
        return os.getpgid(pid) == group and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except (OSError, psutil.Error):
        return False


class Children:
    """The processes that `who` has started, and the pipe they print into."""

    def __init__(self, who: ThreadGroup) -> None:
        import psutil  # noqa: F401  # now: between the start of a child and its being known there is to be no import, which takes long

        self._who = weakref.ref(who)
        self._children: list[Child] = []
        self._lock = Guard()  # whom it writes to asks for the rest of what was printed, in the same thread
        self._delivers = False
        self._closing = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._reads, self.writes = os.pipe()
        if os.name == "posix":
            os.set_blocking(self._reads, False)
        self._guardian, self._guards = _start_guardian()
        self._reader = threading.Thread(target=self._read, name=f"helpers: {who.name} (its children)", daemon=True)
        start_thread(self._reader)

    def add(self, pid: int, leads: bool = True, poll: Callable[[], object] | None = None) -> None:
        """A process has been started. `poll`: the method of the object that it belongs to which waits for it, if it has ended."""
        who = self._who()
        others = [child for child in self._children if child.pid != pid]
        gone = [child for child in others if child.is_over()]
        self._children = [child for child in others if child not in gone]
        self._children.append(Child(pid, leads, who is not None and who.stopping.is_set()))
        if poll is not None:
            self._children[-1].poll = weakref.WeakMethod(poll)
        for child in gone:
            self._guard(b"-", child.pid)
        self._guard(b"+", pid)

    def pids(self) -> list[int]:
        return [child.pid for child in self._children]

    def present(self) -> list[Child]:
        """Those that have not ended."""
        return [child for child in self._children if child.is_there()]

    def drain(self) -> None:
        """Pass on what they have printed so far: it was printed before whatever comes now."""
        with self._lock:
            if self._delivers or self._closing:
                return
            self._delivers = True
            try:
                self._deliver()
            finally:
                self._delivers = False

    def tell(self, soon: bool = False) -> None:
        """Ask them to end; those that do not, end them. Called again and again. `soon`: also those that clean up."""
        now = time.monotonic()
        for child in self.present():
            if child.told is None:
                if soon or now > child.due:
                    child.told = now
                    child.end(kill=False)
            elif now > child.told + GRACE:
                child.end(kill=True)

    def close(self) -> None:
        """End them all, and give back what this has taken."""
        deadline = time.monotonic() + TIMEOUT
        pause = 0.0005
        while self.present() and time.monotonic() < deadline:
            self.tell(soon=True)
            plain_sleep(pause)
            pause = min(pause * 2, 0.02)
        getattr(subprocess, "_cleanup", int)()  # it keeps those that nobody has waited for, with their pipes
        for child in self._children:
            child.reap()
        self.drain()
        with self._lock:
            self._closing = True
        _write(self.writes, b"\n")  # the reader wakes, and sees that it is over
        self._reader.join(TIMEOUT)
        for each in (self._reads, self.writes, self._guards):
            if each is not None:
                os.close(each)
        if self._guardian is not None:
            self._guardian.wait()

    def forget(self) -> None:
        """In a process that was forked: close what is this process's."""
        for each in (self._reads, self.writes, self._guards):
            if each is not None:
                os.close(each)

    def _guard(self, sign: bytes, pid: int) -> None:
        if self._guards is None:
            return
        try:
            _write(self._guards, b"%b%d\n" % (sign, pid))
        except OSError:
            pass  # somebody has ended the guardian

    def _deliver(self) -> None:
        who = self._who()
        taken = 0
        while taken < AT_ONCE and (data := _read_ready(self._reads)):
            taken += len(data)
            text = self._decoder.decode(data)
            if who is not None and text:
                who.write(text.replace("\r\n", "\n") if sys.platform == "win32" else text)

    def _read(self) -> None:
        wait = _waiter(self._reads)
        while not self._closing:
            wait()
            self.drain()


def _start_guardian() -> tuple[subprocess.Popen[bytes] | None, int | None]:
    """The process that ends the children should this one be killed, and the pipe by whose end it knows."""
    reads, writes = os.pipe()
    guardian: subprocess.Popen[bytes] = subprocess.Popen.__new__(subprocess.Popen)
    try:
        plain_popen(
            guardian, [sys.executable, "-I", "-S", "-c", GUARD],
            stdin=reads, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError:  # no process to be had: the children's own will say so
        os.close(writes)
        return None, None
    finally:
        os.close(reads)
    return guardian, writes


def _read_ready(pipe: int) -> bytes:
    """What lies in `pipe` now."""
    if sys.platform == "win32":
        import _winapi
        import msvcrt

        if not _winapi.PeekNamedPipe(msvcrt.get_osfhandle(pipe), 0)[0]:
            return b""
    try:
        return _read(pipe, 65536)
    except BlockingIOError:
        return b""


def _waiter(pipe: int) -> Callable[[], object]:
    """What waits until something lies in `pipe`. Windows offers nothing that does: there it is looked for, again and again."""
    if not hasattr(select, "poll"):
        return lambda: plain_sleep(0.02)
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return poll.poll


_is_child = False


def is_child() -> bool:
    """Whether this process was forked by a program, and is the program now: what it starts is its own affair, and its parent's no more."""
    return _is_child


def whose() -> ThreadGroup | None:
    """The program, or server, in whose thread this is called; None: nobody's whose children are to be looked after."""
    return None if _is_child else group.group()


def here() -> Children | None:
    """Its children: it may start one now."""
    who = whose()
    if who is None:
        return None
    with _making:
        found = _all.get(who)
        if found is None:
            found = _all[who] = Children(who)
        return found


def drain(who: ThreadGroup) -> None:
    """Let `who` have what its children have printed so far."""
    if _all and (found := _all.get(who)) is not None:
        found.drain()


def wait_for_end(who: ThreadGroup, hurry: Callable[[float], object]) -> None:
    """`who` has done all that it does itself: wait for its children, as long as `hurry`, which waits some seconds, gives nothing."""
    pause = 0.001
    while (found := _all.get(who)) is not None and found.present() and not hurry(pause):
        pause = min(pause * 2, 0.05)


def forget_all(mine: ThreadGroup | None) -> int | None:
    """In a process that was forked: none of them is its own. What those of `mine` print into, which stays open."""
    global _is_child
    _is_child = True
    kept = _all.get(mine) if mine is not None else None
    screen = os.dup(kept.writes) if kept is not None else None
    for each in list(_all.values()):
        each.forget()
    _all.clear()
    return screen


def _tell(who: ThreadGroup) -> None:
    if _all and (found := _all.get(who)) is not None:
        found.tell()


def _end(who: ThreadGroup) -> None:
    if _all and (found := _all.pop(who, None)) is not None:
        found.close()


group.while_stopping.append(_tell)
group.when_stopped.append(_end)
