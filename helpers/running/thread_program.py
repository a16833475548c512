"""A program that runs in threads of this process: the course's default.

Comes in: source, or a function. Goes out: a `Program` whose first thread executes it; what it prints, raises, and listens at, while it does. `programs` makes them.
"""

from __future__ import annotations

import io
import linecache
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from helpers.running.bell import Bell
from helpers.running.callables import require_no_coroutine
from helpers.running.group import STOP_TIMEOUT, ThreadGroup, group
from helpers.running.install import install
from helpers.running.per_program import (
    children,
    exits,
    logs,
    main_module,
    modules,
    multi,
    signals,
    streams,
    threads,
)
from helpers.running.program import Program
from helpers.running.tracebacks import drop_our_frames, traceback_of
from helpers.sockets import owners
from helpers.sockets.kernel import time_wanted
from helpers.sockets.owners import Stopped

GOODBYE = 1.0
"""Seconds that what it has registered with `atexit` may take, once it is stopped."""


class ThreadProgram(Program, ThreadGroup):
    """A program in threads of its own, with a namespace and a screen of its own."""

    has_window = True
    when_it_computes = ", which slows everything else down"

    def __init__(self, code: Callable[[], object] | str, name: str, typed: Iterable[str] = ()) -> None:
        ThreadGroup.__init__(self, name)
        Program.__init__(self, name, typed)
        self._code = code
        self._namespace: dict[str, Any] = {}
        self._key = Bell()  # rings when a line is typed
        self._ending = False
        self._last = 0  # the thread that ends it, when all that remain are daemons
        self._main: threading.Thread | None = None
        self._unwound: list[BaseException] = []  # errors, kept to its end

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
        with signals.interrupted(self):
            ended = self.stop_threads()
        if group() is self:
            raise Stopped
        if not ended:
            raise RuntimeError(
                f"The program {self.name!r} cannot be stopped: it is inside a call that Python cannot interrupt. "
                "Restart the kernel to be rid of it."
            )
        has_begun = self._main is not None and self._main.ident is not None
        if not has_begun or not self._ended.wait(STOP_TIMEOUT):  # its last thread says so, if there was one
            self._has_ended()

    def start_and_wait(self) -> None:
        with modules.set_aside(self, borrows=callable(self._code)):
            super().start_and_wait()

    def start(self) -> None:
        install()
        multi.install()
        main = threads.first(self, self._execute)
        self._main = main
        self.take(main)

    def wait_for_rest(self, timeout: float) -> None:
        ThreadGroup.wait_for_rest(self, timeout)

    def _seconds_wanted(self) -> float:
        if self._main is None or self._main.native_id is None:
            return 0.0
        return time_wanted(self._main.native_id) or _seconds_used(self._main)

    # What follows is called by the threads of the program.

    def write(self, text: str) -> None:
        if self.has_left or (self._last and owners.owner() is self and threading.get_ident() != self._last):
            return  # what its daemon threads say when it ends, nobody hears
        with owners.shielded():  # a lock is taken on the way, and whoever looks at the program is told
            children.drain(self)
            Program.write(self, text)

    def read_line(self, hidden: bool = False) -> str:
        """The next line typed for it, newline included; '' once where its input was ended. Its window shows it, unless it is `hidden`."""
        while True:
            try:
                line = self._typed.popleft()
            except IndexError:
                self._ask(hidden)
            else:
                if not hidden:
                    self.write(line)
                return line

    def listening(self, address: tuple[Any, ...]) -> None:
        with owners.shielded():
            super().listening(address)
            self._settled.set()
            self._changed()

    def name_of(self, thread: threading.Thread) -> str:
        return threads.called(self, thread)

    def begins(self, thread: threading.Thread) -> None:
        threads.begin(self)

    def ends(self, thread: threading.Thread) -> None:
        threads.end()

    def unwound(self, error: BaseException) -> None:
        """What stands in the frames, such as a socket, is lost no sooner than in a terminal: there Python keeps the last error of the main thread, and all threads end with the process."""
        if isinstance(error, Stopped) or threading.current_thread() is self._main:
            self._unwound.append(error)

    def fell(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt) and self._stop_asked:
            return  # `asyncio.run` raises one of its own when Ctrl-C has cancelled what it ran
        if not threads.tell(self, error) and not self.has_left:
            self._errors.write(traceback_of(error))

    def finished(self) -> None:
        if self._ending:
            return  # a thread has ended that was started at the end
        self._ending = True
        self.shield()
        multi.close(self)
        children.wait_for_end(self, self.stopping.wait)
        self._due[threading.current_thread()] = time.monotonic() + GOODBYE
        if not self.has_left:
            exits.say_goodbye(self)
        self._last = threading.get_ident()
        self.stop_threads()  # daemon threads end with the program, and so do sockets that it left open
        logs.end(self)
        with owners.on_behalf_of(self):  # what is destroyed may print
            self._unwound.clear()
            self._namespace.clear()
        modules.end(self)
        streams.end(self)
        if self.exit_status is None:
            self.exit_status = 1 if self.error else -signal.SIGINT if self._stop_asked else 0
        self._has_ended()

    def _execute(self) -> None:
        signals.begin(self)
        try:
            self._run_code()
        finally:
            self.dismiss_workers()
            multi.dismiss_pools(self.threads())

    def _run_code(self) -> None:
        try:
            self._run_to_its_end()
        except SystemExit as end:
            exits.tell(end)
            self.exit_status, self._says_why = exits.status_of(end)

    def _run_to_its_end(self) -> None:
        if callable(self._code):
            require_no_coroutine(self._code(), self._code)
            return
        multi.has_source(self, self.name, self._code)
        module = main_module.make(self, self.name)
        self._namespace = vars(module)
        streams.own(self)["argv"] = [self.name]
        lines = io.StringIO(f"{self._code}\n", newline=None).readlines()  # as Python reads them from a file
        for name in (self.name, os.path.abspath(self.name)):  # so that a traceback shows its lines, and a debugger
            linecache.cache[name] = (len(self._code), None, lines, name)
        try:
            exec(compile(self._code, self.name, "exec", dont_inherit=True), self._namespace)
        except Exception as error:
            if (hook := streams.own(self).get("excepthook")) is None:
                raise
            self.unwound(error)
            drop_our_frames(error)
            hook(type(error), error, error.__traceback__)
        finally:
            threads.end()

    def _take_typed(self, line: str) -> None:
        self._typed.append(line)
        self._key.set()

    def _ask(self, hidden: bool) -> None:
        self._key.clear()
        if self._typed:
            return
        try:
            self._asks(True, hidden)
            self._key.wait()
        finally:
            self._asks(False)

    def _asks(self, asking: bool, hidden: bool = False) -> None:
        with owners.shielded():
            Program._asks(self, asking, hidden)


def _seconds_used(thread: threading.Thread) -> float:
    """Of the processor; 0.0 where the system does not tell (macOS, Windows)."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return 0.0
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0)) if thread.is_alive() else 0.0
    except OSError:
        return 0.0
