"""A program in the background, as whoever looks at it sees it: its window, what it printed, what is typed into it, whether it runs.

Comes in: what its code does, from `ThreadProgram` or `ProcessProgram`, which run it. Goes out: `Program`, which is the same for both. The notebook shows it; `programs` starts it.
"""

from __future__ import annotations

import collections
import signal
from collections.abc import Callable, Iterable
from typing import Any

from helpers.running.bell import Bell
from helpers.running.terminal import Run
from helpers.running.transcript import TerminalTranscript, Transcript
from helpers.words import visible

OWN_PROCESS = "%%background NAME --process, or helpers.background(…, process=True)"
"""How a program gets a process of its own, where a thread cannot do what a process can."""

PATIENCE = 1.0
"""Seconds for which starting a program waits until it listens, ends, or waits for input."""
REST = 0.1
"""Seconds for which it then waits for the program to come to rest, so that what it prints on its way there is seen."""


class Program:
    """A program in the background. Made by `background`."""

    def __init__(self, name: str, typed: Iterable[str] = ()) -> None:
        self.name = name
        self.address: tuple[Any, ...] | None = None
        """Where it listens, (host, port) for IPv4; None before it does."""
        self.has_asked = False
        """Whether it has ever waited for input."""
        self.exit_status: int | None = None
        """With which it has ended, as `echo $?` says it: 0, or what `sys.exit` was given; 1 if it fell; the negative number of the signal that ended it. None while it runs."""
        self.hidden = False
        """Whether it waits for a line that nobody shall see: a password."""
        self._transcript = TerminalTranscript()
        self._errors = Transcript()
        self._typed = collections.deque(f"{line}\n" for line in typed)
        self._asking = False
        self._computing = False
        self._stop_asked = False
        self._says_why = False  # it has ended with a message instead of a status
        self._settled = Bell()
        self._ended = Bell()
        self._watchers: list[Callable[[], None]] = []

    @property
    def output(self) -> str:
        """What it has printed, on both streams, and what was typed into it, as a terminal shows it, without colours. Cut in the middle when long."""
        return str(self._transcript)

    @property
    def screen(self) -> list[Run]:
        """The same with its colours: texts beside each other, each with its style."""
        return self._transcript.runs

    @property
    def printed(self) -> str:
        r"""The same character by character, as a file would have it: with escape codes, and with what a `\r` has overwritten."""
        return self._transcript.exact

    @property
    def error(self) -> str | None:
        """The traceback it fell with, as text; None if it did not fall."""
        return str(self._errors) or None

    @property
    def running(self) -> bool:
        return not self._ended.is_set()

    @property
    def status(self) -> str:
        """What it does, in a few words."""
        if not self.running:
            return self._how_it_ended()
        if self._asking:
            return "running, waits for input"
        if self.address:
            return f"running, listens on {self.address}"
        if self._computing:
            return f"running, and never waits: it computes without a pause{self.when_it_computes}"
        return "running"

    when_it_computes = ""
    """What that does to others."""

    def _how_it_ended(self) -> str:
        if self.error:
            return "fell"
        status = self.exit_status or 0
        if self._stop_asked or not status or self._says_why:
            return "stopped" if self._stop_asked else "ended"
        return f"ended with status {status}" if status > 0 else f"was killed ({_signal(-status)})"

    @property
    def past(self) -> str:
        """What it does now, in words for later: they say nothing of what it will be doing then."""
        if not self.running:
            return self.status
        if self._asking:
            return "waited for input"
        if self.address:
            return f"listened on {self.address}"
        return "computed without a pause" if self._computing else "had not ended"

    def type(self, line: str) -> None:
        """Type `line` and Enter, for its next `input()`; a line it does not ask for yet is kept. RuntimeError if it has ended."""
        if not self.running:
            raise RuntimeError(
                f"The program {self.name!r} has ended: nobody reads what you type. Start it again first."
            )
        self._take_typed(f"{line}\n")

    def end_input(self) -> None:
        """End its input, as Ctrl-D does in a terminal: after the lines that were typed, it reads the end of the file once. RuntimeError if it has ended."""
        if not self.running:
            raise RuntimeError(f"The program {self.name!r} has ended: nobody reads its input. Start it again first.")
        self._take_typed("")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most `timeout` seconds (None: for ever). Whether it has."""
        return self._ended.wait(timeout)

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in whatever thread, whenever there is something new to see."""
        self._watchers.append(callback)

    def describe(self, status: str = "") -> str:
        """Its command window, as plain text; with its `status` in other words, where they are given."""
        lines = [visible(f"{self.name}: {status or self.status}")]
        for text in (self.output, self.error or ""):
            lines += [f"| {line}" for line in visible(text).splitlines()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<program {self.name!r}: {self.status}>"

    # What a kind of program does in its own way.

    def start(self) -> None:
        """Run it, once, and wait for nothing. `background` starts it as well, and waits until it has settled."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it, as Ctrl-C ends a program in a terminal: `with` blocks unwind, the port is free. One that has ended stays as it is.

        RuntimeError if it cannot be ended.
        """
        raise NotImplementedError

    def wait_for_rest(self, timeout: float) -> None:
        """Wait until each of its threads waits for something: a peer, a time, a line of input; `timeout` seconds at most."""
        raise NotImplementedError

    def _seconds_wanted(self) -> float:
        """Seconds for which its main thread has used the processor, or waited for its turn to; 0.0 where the system does not tell."""
        raise NotImplementedError

    def _take_typed(self, line: str) -> None:
        """Have `line`, which ends with a newline, read by it; '': the end of its input."""
        raise NotImplementedError

    # What follows is called by those who start it, and by what it does.

    def start_and_wait(self) -> None:
        """Run it, and wait until it listens, ends, or waits for input; a second at most."""
        self.start()
        self.wait_until_settled()

    def wait_until_settled(self) -> None:
        if not self._settled.wait(PATIENCE):
            self._computing = self.running and self._seconds_wanted() > PATIENCE / 2
        elif self.running and not self._asking:
            self.wait_for_rest(REST)

    def write(self, text: str) -> None:
        """It has printed `text`, or says something of its own in its window."""
        self._transcript.write(text)
        self._changed()

    def _asks(self, asking: bool, hidden: bool = False) -> None:
        """It waits for a line from now on, or no longer; for one that is `hidden` while it is typed, and afterwards."""
        self._asking = asking
        self.hidden = asking and hidden
        if asking:
            self.has_asked = True
            self._settled.set()
        self._changed()

    def _has_ended(self) -> None:
        self._ended.set()
        self._settled.set()
        self._changed()

    def _changed(self) -> None:
        for callback in self._watchers:
            callback()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
