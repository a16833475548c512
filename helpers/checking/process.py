"""The learner's process, from the judge's side: started, told what to do, listened to, and ended whatever it does.

Comes in: the function, as cloudpickle writes it, and commands. Goes out: events, and what the system says of the process. Who may import it: the judge's side alone
(it needs psutil, which the learner's process does not load).
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any, TypeAlias

import psutil

from helpers.checking import wire
from helpers.checking.limits import KEPT, LINE_READ, PRINTED_IS_READ, THREADS_TOLD
from helpers.checking.messages import Bare, Command, CountThreads, Event, Load, Loaded, ThreadsLeft

MARK = "NETWORKING_COURSE_CHECK"
"""An environment variable that all its offspring has, wherever it hides."""


class Gone(Bare):
    """It will say no more."""


Said: TypeAlias = Event | Gone


class Process:
    """The process in which the learner's function runs."""

    def __init__(self, payload: bytes) -> None:
        """`payload`: the function, as cloudpickle writes it."""
        self._token = f"{os.getpid()}-{secrets.token_hex(8)}"
        # Without the last variable each thread would reserve 64 MB that it never uses, and the bound counts them.
        environment = {**os.environ, MARK: self._token, "PYTHONPATH": _path(), "MALLOC_ARENA_MAX": "2"}
        options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}  # ended with what it starts
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-P", "-m", "helpers.checking.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options,
        )  # fmt: skip
        try:
            self._start(payload)
        except BaseException:  # interrupted
            self.end()
            raise

    def _start(self, payload: bytes) -> None:
        self._info = psutil.Process(self._process.pid)
        self._begun = self._info.create_time()
        self._events: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self.printed = 0
        """Bytes that it has printed."""
        self.start_up = math.inf
        """Seconds of the processor that it took to start, and to load the function; infinite until it has."""
        self._tail = b""
        self.strayed = False
        """Whether the function has written where only its process speaks to the judge."""
        self._readers = [
            threading.Thread(target=each, name="helpers: judge", daemon=True)
            for each in (self._read_events, self._read_output)
        ]
        for each in self._readers:
            each.start()
        self._write(wire.command_line(Load(len(payload), self._token)) + payload)

    def output(self, size: int) -> str:
        """The last `size` bytes of what it has printed, as far as they are kept."""
        return self._tail[max(len(self._tail) - size, 0) :].decode("utf-8", "replace")

    def read_on(self) -> None:
        """Wait until what it has printed so far is read; not for ever, since it may go on."""
        deadline, quiet = time.monotonic() + PRINTED_IS_READ, 0
        while (
            quiet < 3 and time.monotonic() < deadline
        ):  # the reader may have what is not there any more, and not kept it yet
            quiet = quiet + 1 if not self._has_unread_output() else 0
            time.sleep(0.0005)

    def _has_unread_output(self) -> bool:
        if not hasattr(select, "poll"):  # Windows can ask a socket only
            return False
        assert self._process.stderr is not None
        poll = select.poll()
        poll.register(self._process.stderr.fileno(), select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def send(self, command: Command) -> None:
        """Tell it what to do."""
        self._write(wire.command_line(command))

    def event(self, timeout: float) -> Said | None:
        """The next thing it says; None if nothing comes within `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def interrupt(self) -> None:
        """As Ctrl-C does. (Not on Windows, where nothing interrupts a blocked call.)"""
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGINT)

    def seconds(self) -> float:
        """Of the processor, used so far."""
        with contextlib.suppress(psutil.Error):
            times = self._info.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def rests(self) -> bool:
        """Whether each of its threads waits for something: one that could run, and gets no processor, does not rest.

        That stands in /proc. Where there is none (macOS, Windows), nobody knows, and every process counts as resting.
        """
        tasks = f"/proc/{self._process.pid}/task"
        try:
            threads = os.listdir(tasks)  # at once: an iterator would be left open where somebody interrupts a check
        except OSError:
            return True
        return not {"R", "D"} & {_state(f"{tasks}/{thread}/stat") for thread in threads}

    def memory(self) -> int:
        """Bytes that it has now."""
        with contextlib.suppress(psutil.Error):
            return int(self._info.memory_info().rss)
        return 0

    def offspring(self) -> list[psutil.Process]:
        """The processes that it has started."""
        with contextlib.suppress(psutil.Error):
            return list(self._info.children(recursive=True))
        return []

    def hidden(self) -> list[psutil.Process]:
        """What it has started, also what has left its group and lost its parent."""
        found = []
        for each in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                # An age is cheap to ask for, an environment is not, and a shared host has thousands of processes.
                if each.pid == self._process.pid or each.create_time() < self._begun:
                    continue
                if each.environ().get(MARK) == self._token:
                    found.append(each)
        return found

    def left_threads(self) -> int:
        """How many threads of the function run on, now that it has come back; 0 if its process does not say."""
        self.send(CountThreads())
        while (event := self.event(THREADS_TOLD)) is not None:
            if isinstance(event, ThreadsLeft):
                return event.threads
            if isinstance(event, Gone):
                break
        return 0

    def end(self) -> None:
        """End it, and whatever it has started. Nothing of it is left."""
        for _ in range(20):  # they may start others meanwhile
            offspring = [*self.offspring(), *self.hidden()]
            if os.name == "posix":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            for each in offspring:
                with contextlib.suppress(psutil.Error):
                    each.kill()
            if not offspring:
                break
            psutil.wait_procs(offspring, timeout=0.2)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            reader = self._readers[pipe is self._process.stderr]
            if pipe is not self._process.stdin and reader.ident is not None:
                reader.join(2)
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which is seen elsewhere
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(LINE_READ):
            event = wire.read_event(line, self._token)
            if event is None:
                self.strayed = self.strayed or line != b"\n"
            elif isinstance(event, Loaded):
                self.start_up = self.seconds()
            else:
                self._events.put(event)
        self._events.put(Gone())

    def _read_output(self) -> None:
        assert self._process.stderr is not None
        while data := os.read(self._process.stderr.fileno(), 65536):
            self.printed += len(data)
            self._tail = (self._tail + data)[-KEPT:]


def _path() -> str:
    """Where this process finds its modules, for one that is to find the same: not in the current folder first, where a learner's file may be called as one of them."""
    return os.pathsep.join(os.path.abspath(each) for each in sys.path if each)


def _state(task: str) -> str:
    """The state of a thread: "R" for one that runs or could."""
    try:
        with open(task, "rb") as file:
            return chr(file.read().rpartition(b") ")[2][0])
    except (OSError, IndexError):  # it has ended
        return ""
