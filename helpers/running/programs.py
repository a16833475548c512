"""Programs that run in a background thread, each with a namespace and a screen of its own, as if started in a terminal.

>>> program = background("print('hello')", name="greeter")
>>> program.wait(2)
True
>>> program.output
'hello\\n'
"""

from __future__ import annotations

import builtins
import collections
import linecache
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from helpers.running.bell import Bell
from helpers.running.console import Transcript
from helpers.running.group import STOP_TIMEOUT, ThreadGroup, group
from helpers.running.install import install
from helpers.running.tracebacks import traceback_of
from helpers.sockets import owners
from helpers.sockets.owners import Stopped
from helpers.words import visible

PATIENCE = 1.0
"""Seconds for which starting a program waits until it listens, ends, or waits for input."""
REST = 0.1
"""Seconds for which it then waits for the program to come to rest, so that what it prints on its way there is seen."""

_programs: dict[str, Program] = {}


class Program(ThreadGroup):
    """A program in the background. Made by `background`."""

    def __init__(self, code: Callable[[], object] | str, name: str, typed: Iterable[str] = ()) -> None:
        super().__init__(name)
        self._code = code
        self._namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        self._transcript = Transcript()
        self._errors = Transcript()
        self._key = Bell()  # rings when a line is typed
        self._typed = collections.deque(f"{line}\n" for line in typed)
        self._asking = False
        self.has_asked = False
        """Whether it has ever waited for input."""
        self._computing = False
        self._stop_asked = False
        self._settled = Bell()
        self._ended = Bell()
        self._watchers: list[Callable[[], None]] = []

    @property
    def output(self) -> str:
        """What it has printed, on both streams, and what was typed into it, as a terminal shows it. Cut in the middle when long."""
        return str(self._transcript)

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
            return "fell" if self.error else "stopped" if self._stop_asked else "ended"
        if self._asking:
            return "running, waits for input"
        if self.address:
            return f"running, listens on {self.address}"
        if self._computing:
            return "running, and never waits: it computes without a pause, which slows everything else down"
        return "running"

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
        self._typed.append(f"{line}\n")
        self._key.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most `timeout` seconds (None: for ever). Whether it has."""
        return self._ended.wait(timeout)

    def stop(self) -> None:
        """End it, as Ctrl-C ends a program in a terminal: `with` blocks unwind, the port is free. One that has ended stays as it is.

        RuntimeError if it cannot be ended: it is inside a call that Python cannot interrupt.
        """
        if self.running:
            self._stop()
        for thread in self.threads():  # it has ended, all but its last breath
            thread.join(STOP_TIMEOUT)

    def _stop(self) -> None:
        self._stop_asked = True
        ended = self.stop_threads()
        if group() is self:
            raise Stopped
        if not ended:
            raise RuntimeError(
                f"The program {self.name!r} cannot be stopped: it is inside a call that Python cannot interrupt. "
                "Restart the kernel to be rid of it."
            )
        if not self._ended.wait(STOP_TIMEOUT):
            self.finished()

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

    # What follows is called by the threads of the program, and by those who start it.

    def start(self) -> None:
        """Run it, once, in a thread of its own, and wait for nothing. `background` starts it as well, and waits until it has settled."""
        install()
        self.spawn(self._execute)

    def _start_and_wait(self) -> None:
        """Run it, and wait until it listens, ends, or waits for input; a second at most."""
        thread = self.spawn(self._execute)
        processor_time = _processor_clock(thread)
        if not self._settled.wait(PATIENCE):
            self._computing = self.running and processor_time() > PATIENCE / 2
        elif self.running and not self._asking:
            self.wait_for_rest(REST)

    def write(self, text: str) -> None:
        self._transcript.write(text)
        self._changed()

    def read_line(self) -> str:
        while True:
            try:
                line = self._typed.popleft()
            except IndexError:
                self._ask()
            else:
                self.write(line)
                return line

    def listening(self, address: tuple[Any, ...]) -> None:
        super().listening(address)
        self._settled.set()
        self._changed()

    def fell(self, error: BaseException) -> None:
        self._errors.write(traceback_of(error))

    def finished(self) -> None:
        self.stop_threads()  # daemon threads end with the program, and so do sockets that it left open
        with owners.on_behalf_of(self):  # what is destroyed may print
            self._namespace.clear()
        self._ended.set()
        self._settled.set()
        self._changed()

    def _execute(self) -> None:
        try:
            self._run_code()
        finally:
            self.dismiss_workers()

    def _run_code(self) -> None:
        if callable(self._code):
            self._code()
            return
        lines = self._code.splitlines(keepends=True)
        linecache.cache[self.name] = (len(self._code), None, lines, self.name)  # so that a traceback shows its lines
        try:
            exec(compile(self._code, self.name, "exec", dont_inherit=True), self._namespace)
        except SystemExit as exit:
            if isinstance(exit.code, str):
                self.write(f"{exit.code}\n")

    def _ask(self) -> None:
        self._key.clear()
        if self._typed:
            return
        self._asking = self.has_asked = True
        self._settled.set()
        self._changed()
        try:
            self._key.wait()
        finally:
            self._asking = False
            self._changed()

    def _changed(self) -> None:
        for callback in self._watchers:
            callback()


def background(code: Callable[[], object] | str, name: str | None = None, typed: Iterable[str] = ()) -> Program:
    """Run `code`, a function or Python source, as a program of its own in a background thread.

    `name` is what its window and `program(name)` call it; a running program of that name is stopped first. `typed` are lines typed
    ahead for its `input()`. Returns when the program listens, ends, or waits for input (after a second at most).
    """
    if not callable(code) and not isinstance(code, str):
        raise TypeError(f"A program is a function, or its source as a str; this is {type(code).__name__}.")
    if isinstance(typed, str):
        raise TypeError("typed is a list of lines, such as ['hello', '']; this is one str.")
    name = name or getattr(code, "__name__", None) or "program"
    install()
    if name in _programs:
        _programs[name].stop()
    program = _programs[name] = Program(code, name, typed)
    try:
        program._start_and_wait()
    except KeyboardInterrupt:  # the cell was interrupted: whoever did that wants it gone
        program.stop()
        raise
    return program


def program(name: str) -> Program:
    """The program that was last started under `name`. LookupError if there is none."""
    if name not in _programs:
        known = ", ".join(map(repr, _programs)) or "none so far"
        raise LookupError(f"There is no program named {name!r} (there is: {known}). Run the cell that starts it first.")
    return _programs[name]


def _processor_clock(thread: threading.Thread) -> Callable[[], float]:
    """How many seconds of processor time `thread` has used; always 0.0 where the system does not tell (macOS, Windows)."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return lambda: 0.0
    assert thread.ident is not None

    def seconds() -> float:
        try:
            return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0)) if thread.is_alive() else 0.0
        except OSError:
            return 0.0

    return seconds
