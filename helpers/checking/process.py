"""The learner's process, from the judge's side: started, told what to do, listened to, and ended whatever it does.

Comes in: the function, as cloudpickle writes it, and commands. Goes out: events, and what the system says of the process. Who may import it: the judge's side alone
(it needs psutil, which the learner's process does not load). How such a process is held: `running.processes`.
"""

from __future__ import annotations

import collections
import math
import os
import time
from typing import TypeAlias

from helpers.checking import wire
from helpers.checking.limits import KEPT, THREADS_TOLD, TICK
from helpers.checking.messages import (
    Activity,
    Command,
    CountThreads,
    CountWriters,
    Event,
    Load,
    Loaded,
    StateNow,
    TellActivity,
    TellState,
    ThreadsLeft,
    Writers,
)
from helpers.recording.fields import Bare
from helpers.running.bell import Bell
from helpers.running.processes.channels import MARK as MARK
from helpers.running.processes.process import TASKS, ChildProcess
from helpers.sockets.kernel import thread_state, time_of_process

A_MOMENT = 0.04
"""Seconds of wall-clock time between two looks at what a process uses, where that is all that can be seen."""


class Gone(Bare):
    """It will say no more."""


Said: TypeAlias = Event | Gone
Question: TypeAlias = TellState | CountWriters | TellActivity
"""What it answers whatever the function does meanwhile, in the order in which it was asked."""


class Process(ChildProcess):
    """The process in which the learner's function runs."""

    def __init__(self, payload: bytes) -> None:
        """`payload`: the function, as cloudpickle writes it."""
        # No SimpleQueue: on a busy machine one whose `get` wakes a moment late waits for ever (its timeout has become negative; Python 3.11).
        self._events: collections.deque[Said] = collections.deque()
        self._said = Bell()
        self.asked = self.answered = 0
        """How many questions it was asked, and how many answers of it were heard."""
        self.printed = 0
        """Bytes that it has printed."""
        self.start_up = math.inf
        """Seconds of the processor that it took to start, and to load the function; infinite until it has."""
        self._tail = b""
        self._looked = self._used = 0.0  # when somebody looked what it uses, and how much that was
        self._was_idle = False
        self.strayed = False
        """Whether the function has written where only its process speaks to the judge."""
        # Without the variable each thread would reserve 64 MB that it never uses, and the bound counts them.
        super().__init__(["-P", "-m", "helpers.checking.child"], "judge", {"MALLOC_ARENA_MAX": "2"}, has_template=True)
        try:
            self._listen()
            self.tell(wire.command_line(Load(len(payload), self.token)) + payload)
        except BaseException:  # interrupted
            self.end()
            raise

    @property
    def has_loaded(self) -> bool:
        """Whether the function is defined there."""
        return self.start_up < math.inf

    def output(self, size: int) -> str:
        """The last `size` bytes of what it has printed, as far as they are kept."""
        return self._tail[max(len(self._tail) - size, 0) :].decode("utf-8", "replace")

    def send(self, command: Command) -> None:
        """Tell it what to do."""
        self.tell(wire.command_line(command))

    def ask(self, question: Question) -> int:
        """Ask it something. It is answered when so many answers were heard."""
        self.send(question)
        self.asked += 1
        return self.asked

    def event(self, timeout: float) -> Said | None:
        """The next thing it says; None if nothing comes within `timeout` seconds."""
        self._said.clear()
        if not self._events:
            self._said.wait(timeout)
        event = self._events.popleft() if self._events else None
        if isinstance(event, StateNow | Writers | Activity):
            self.answered = min(self.answered + 1, self.asked)  # a process that lies may answer what nobody asked
        return event

    def _tell_judge(self, said: Said) -> None:
        self._events.append(said)
        self._said.set()

    def rests(self) -> bool:
        """Whether each of its threads waits for something: one that could run, and gets no processor, does not rest.

        That stands in /proc. Where there is none (macOS, Windows), one that uses no processor counts as resting; but not while it is still starting: a scanner of viruses
        may look through each file that it loads.
        """
        ran = time_of_process(self.pid)
        try:
            # At once: an iterator would be left open where somebody interrupts a check.
            threads = os.listdir(TASKS.format(self.pid))
        except OSError:
            return self.has_loaded and self._uses_no_processor()
        if {"R", "D"} & {thread_state(int(thread), self.pid) for thread in threads}:
            return False
        # Where threads wake each other in turn, each may have been asleep when it was looked at.
        return time_of_process(self.pid) == ran

    def exact_seconds(self) -> float:
        """Of the processor, used so far: as exactly as the system says it."""
        return time_of_process(self.pid) or self.seconds()

    def _uses_no_processor(self) -> bool:
        """Whether it has used none for a moment: for two steps of the clock that Windows has for that, which are of 15.6 ms."""
        now = time.monotonic()
        if now >= self._looked + A_MOMENT:
            used = self.seconds()
            self._was_idle, self._used, self._looked = used < self._used + TICK, used, now
        return self._was_idle

    def left_threads(self) -> int:
        """How many threads of the function run on, now that it has come back; 0 if its process does not say."""
        self.send(CountThreads())
        while (event := self.event(THREADS_TOLD)) is not None:
            if isinstance(event, ThreadsLeft):
                return event.threads
            if isinstance(event, Gone):
                break
        return 0

    def _heard(self, line: bytes) -> None:
        event = wire.read_event(line, self.token)
        if event is None:
            self.strayed = self.strayed or line != b"\n"
        elif isinstance(event, Loaded):
            self.start_up = self.seconds()
        else:
            self._tell_judge(event)

    def _printed(self, data: bytes) -> None:
        self.printed += len(data)
        self._tail = (self._tail + data)[-KEPT:]

    def _left(self) -> None:
        self._tell_judge(Gone())
