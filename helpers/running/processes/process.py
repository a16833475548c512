"""A process of Python's beside this one: started, listened to, and ended with whatever it has started. Nothing of it is left, whatever it does.

Comes in: what it is to run, and lines to tell it. Goes out: the lines that it says, and what it prints. `ProcessProgram` and the judge's `Process` are such processes, of which each says what is in
its lines; the other side is `channels`. Who imports it: those two.

Beside its standard streams it has two pipes on which only the helpers speak, here and there. When the one that leads there comes to its end, this process is gone, and the other one ends itself
and what it has started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import psutil

from helpers.running.plain import start_thread
from helpers.running.processes.channels import MARK, end_offspring, marked
from helpers.running.processes.copies import Copy, copy, new_token
from helpers.running.processes.pipes import is_readable
from helpers.sockets.kernel import time_wanted

LINE_READ = 16 << 20
"""Bytes of a line that is looked at."""
AT_A_TIME = 1 << 16
"""Bytes of what it prints that are read at a time."""
IN_A_PIPE = 1 << 17
"""Bytes that a pipe holds at most, and some more: when so many are read, then whatever was printed before."""
LAST_WORDS = 2.0
"""Seconds for which somebody waits, once all of it is ended, for the threads that listen to it."""

TASKS, CHILDREN = "/proc/{}/task", "/proc/{}/task/{}/children"
"""Where Linux says what threads a process has, and whom each has started."""

_all: weakref.WeakSet[ChildProcess] = weakref.WeakSet()


class ChildProcess:
    """A process that this one has started, in a group of its own."""

    def __init__(
        self,
        run: Sequence[str],
        name: str,
        environment: dict[str, str],
        has_keyboard: bool = False,
        has_template: bool = False,
    ) -> None:
        """`run`: what Python is to run; it is given the pipes as arguments. `name`: of the threads that listen to it. `has_keyboard`: whether it has a standard input, which is a pipe.

        `has_template`: whether it is a copy, where the system makes some; what is run is given a socket then, and asks for the pipes (`template`). It has no keyboard.
        """
        self._name = name
        self.token = new_token()
        """To be in each line that it says: what runs in it, and may find the pipe, does not know it."""
        there, self._tells = os.pipe()
        self._says, back = os.pipe()
        try:
            self._process = self._begin(
                run,
                {**os.environ, "PYTHONPATH": _path(), "PYTHONUNBUFFERED": "1", **environment},
                there,
                back,
                has_keyboard,
                has_template,
            )
        except BaseException:  # interrupted: should it have begun, it sees that nobody is here
            os.close(self._tells)
            os.close(self._says)
            raise
        finally:
            os.close(there)
            os.close(back)
        self.pid = self._process.pid
        self._writing = threading.Lock()
        self._hearing = threading.Lock()
        self._given_up = False
        self._readers: list[threading.Thread] = []
        self._unheard = ["nobody listens yet"]  # whoever takes this out has to close the pipes
        try:
            self._info = psutil.Process(self.pid)
            self._begun = self._info.create_time()
            _all.add(self)
        except BaseException:  # interrupted, and nobody will know of it
            self._process.kill()
            self._process.wait()
            os.close(self._take_says())
            self._close()
            raise

    def _begin(
        self,
        run: Sequence[str],
        environment: dict[str, str],
        there: int,
        back: int,
        has_keyboard: bool,
        has_template: bool,
    ) -> subprocess.Popen[bytes] | Copy:
        if has_template and (made := copy(run, environment, self.token, there, back)) is not None:
            return made
        return subprocess.Popen(
            [sys.executable, *run, *_names(there, back)],
            stdin=subprocess.PIPE if has_keyboard else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
            env={**environment, MARK: self.token}, **_inherits(there, back),
        )  # fmt: skip

    def _listen(self) -> None:
        """From now on `_heard`, `_printed` and `_gone` are called."""
        says = threading.Thread(target=self._read_lines, name=f"helpers: {self._name} (says)", daemon=True)
        prints = threading.Thread(target=self._read_output, name=f"helpers: {self._name} (prints)", daemon=True)
        self._readers = [says, prints]
        start_thread(
            prints
        )  # which starts the other one: it may be interrupted here, and then nobody knows whether it will run

    # What whoever has such a process does with what comes from it, in threads that are made for that.

    def _heard(self, line: bytes) -> None:
        """It has said `line`. Whatever was printed before is read."""
        raise NotImplementedError

    def _printed(self, data: bytes) -> None:
        """It has printed `data`, or something that it has started has."""
        raise NotImplementedError

    def _left(self) -> None:
        """It says no more; what it has started may still run, and print."""

    def _has_printed_all(self) -> None:
        """It has ended, and nobody holds its output any more."""

    def _gone(self) -> None:
        """And it says no more."""

    def _closed(self) -> None:
        """And its pipes are closed."""

    # What is told to it, and known of it.

    def tell(self, line: bytes) -> None:
        with self._writing, contextlib.suppress(OSError):  # it has ended, which is seen elsewhere
            while line:
                line = line[os.write(self._tells, line) :]

    def read_on(self) -> None:
        """Wait until what it has printed so far is read; not for ever, since it may go on."""
        with self._hearing:
            if not self._output.closed:
                self._read_printed()

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def interrupt(self) -> None:
        """As Ctrl-C does. (Not on Windows, where nothing interrupts a blocked call, and `send_signal` knows no SIGINT.)"""
        with contextlib.suppress(OSError, ValueError):
            self._process.send_signal(signal.SIGINT)

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Meanwhile it does not run, as on a machine that is busy with something else."""
        with contextlib.suppress(psutil.Error):
            self._info.suspend()
        try:
            yield
        finally:
            with contextlib.suppress(psutil.Error):
                self._info.resume()

    def seconds(self) -> float:
        """Of the processor, used so far."""
        with contextlib.suppress(psutil.Error):
            times = self._info.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def seconds_wanted(self) -> float:
        """For which its main thread used the processor, or waited for its turn to."""
        return time_wanted(self.pid, self.pid) or self.seconds()

    def memory(self) -> int:
        """Bytes that it has now."""
        with contextlib.suppress(psutil.Error):
            return int(self._info.memory_info().rss)
        return 0

    def open_files(self) -> list[str]:
        """Paths of the files that it has open just now, one for each time; none where the system does not say, or not surely (Windows)."""
        if sys.platform == "win32":
            return []
        with contextlib.suppress(psutil.Error, OSError):
            return [each.path for each in self._info.open_files()]
        return []

    def offspring(self) -> list[psutil.Process]:
        """The processes that it has started."""
        if _has_no_children(self.pid):
            return []
        with contextlib.suppress(psutil.Error):
            return list(self._info.children(recursive=True))
        return []

    def offspring_seconds(self) -> float:
        """Of the processor, used so far by the processes that it has started and that run."""
        used = 0.0
        for each in self.offspring():
            with contextlib.suppress(psutil.Error):
                times = each.cpu_times()
                used += times.user + times.system
        return used

    def hidden(self) -> list[psutil.Process]:
        """What it has started, also what has left its group and lost its parent."""
        return [each for each in marked(self.token, self._begun) if each.pid != self.pid]

    def end(self) -> None:
        """End it, and whatever it has started. Nothing of it is left."""
        self._end_all()
        if self._must_close():
            os.close(self._take_says())
            self._close()
            return
        prints = self._readers[1] if self._readers else None
        if prints is not None and prints.is_alive() and prints is not threading.current_thread():
            prints.join(LAST_WORDS)
            self._given_up = True  # somebody who hides holds its output
            prints.join()

    def _must_close(self) -> bool:
        """Whether nobody listens, nor will any more. (Whoever asks first is the one who does.)"""
        try:
            self._unheard.pop()
        except IndexError:
            return False
        return True

    def _end_all(self) -> None:
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()
        end_offspring(self.token, self._begun, self.pid, self.offspring())
        self._process.wait()

    # The threads that listen.

    def _read_lines(self) -> None:
        with open(self._says, "rb", closefd=False) as says:
            while line := says.readline(LINE_READ):
                with self._hearing:
                    self._read_printed()
                    self._heard(line)
        os.close(self._take_says())
        self._left()

    def _take_says(self) -> int:
        """The pipe that it speaks through, to be closed. From now on its number may be somebody else's."""
        says, self._says = self._says, -1
        return says

    def _read_output(self) -> None:
        if not self._must_close():
            return  # its start was interrupted
        start_thread(self._readers[0])
        while self._wait_for_output():
            with self._hearing:
                if not self._take():
                    break
        self._process.wait()
        self._has_printed_all()
        self._readers[0].join()
        self._gone()
        self._close()
        self._closed()

    def _wait_for_output(self) -> bool:
        """Whether there may be some; False: nobody waits for it any more."""
        while not self._given_up and not is_readable(self._output.fileno(), 0.5):
            pass
        return not self._given_up

    def _read_printed(self) -> None:
        size = 0
        while size < IN_A_PIPE and is_readable(self._output.fileno()):
            taken = self._take()
            if not taken:
                break
            size += taken

    def _take(self) -> int:
        """Read some of what it has printed; how many bytes. 0: the end."""
        if not is_readable(self._output.fileno()):
            return 1  # somebody else has taken it
        data = os.read(self._output.fileno(), AT_A_TIME)
        if data:
            self._printed(data)
        return len(data)

    @property
    def _output(self) -> BinaryIO:
        assert self._process.stdout is not None
        return self._process.stdout  # type: ignore[return-value]

    def _close(self) -> None:
        with self._writing:
            tells, self._tells = self._tells, -1
            os.close(tells)
        with self._hearing:  # somebody may just read what it has printed
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


def _has_no_children(pid: int) -> bool:
    """Whether Linux says at once that it has none, as nearly always: psutil looks through all processes of the machine. (A child whose thread ends goes to another thread: then nothing is said.)"""
    try:
        for thread in os.listdir(TASKS.format(pid)):
            with open(CHILDREN.format(pid, thread), "rb") as file:
                if file.read(1):
                    return False
    except OSError:
        return False
    return True


def _names(*fds: int) -> list[str]:
    """What the other process calls these pipes."""
    if sys.platform == "win32":
        import msvcrt

        return [str(msvcrt.get_osfhandle(fd)) for fd in fds]
    return [str(fd) for fd in fds]


def _inherits(*fds: int) -> dict[str, Any]:
    """Options of `Popen`: it has these pipes as well, and a group of its own, with which it is ended."""
    if sys.platform == "win32":
        handles = [int(name) for name in _names(*fds)]
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
        return {"startupinfo": startup, "creationflags": subprocess.CREATE_NO_WINDOW}
    # No session of its own: Linux gives each session a share of the processor, and two of them hand over to each other three times as slowly.
    return {"pass_fds": fds, "process_group": 0}


def _path() -> str:
    """Where this process finds its modules, for one that is to find the same: not in the current folder first, where a learner's file may be called as one of them."""
    return os.pathsep.join(os.path.abspath(each) for each in sys.path if each)


def end_all() -> None:
    """End those that are left, and wait for the threads that listen to those that have just ended."""
    for each in list(_all):
        # The number of one that nobody reads any more may be somebody else's by now.
        if any(reader.is_alive() for reader in each._readers):
            each.end()


def _forget_all() -> None:
    """In a process that was forked: it must not keep open what tells the others that this one has gone."""
    for each in list(_all):
        for fd in (each._tells, each._says):
            with contextlib.suppress(OSError):  # -1: it is closed
                os.close(fd)
        if each._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                os.close(each._process.stdin.fileno())
    _all.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
