"""The program's half of a program in a process of its own: it is the main thread of that process, its module is `__main__`, and it sees nothing of what stands here.

Comes in: the program, and commands, as lines on a pipe. Goes out: events, as lines on another one (`messages`). A thread that Python does not count listens meanwhile. Traced sockets are in their place, and
nothing else of what programs in threads need: signals, threads, streams and the end of a process are the real ones. Who imports it: `main`. What it imports is a part of the time that a program
takes to start.
"""

from __future__ import annotations

import _thread
import atexit
import builtins
import dis  # noqa: F401  # it and `selectors` are needed later: by then a learner's file may be called so
import importlib.machinery
import io
import linecache
import os
import selectors  # noqa: F401
import signal
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from helpers.running.plain import join_thread, plain_sleep
from helpers.running.processes import spawning, streams
from helpers.running.processes.channels import Channels, end_with_all
from helpers.running.processes.messages import (
    Answer,
    Asks,
    Event,
    Fell,
    Listening,
    Load,
    Loaded,
    SaysWhy,
    StartTape,
    Stop,
    StopTape,
    TellRest,
    event_line,
    read_command,
)
from helpers.running.tracebacks import traceback_of
from helpers.running.transcript import Transcript
from helpers.sockets import install as sockets
from helpers.sockets import owners
from helpers.sockets.registry import activity
from helpers.sockets.stacks import OtherStacks

if TYPE_CHECKING:
    from helpers.running.processes.tapes import Tapes

STOPPED = 0.05
"""Seconds in which somebody who ends because of Ctrl-C hears whether that was a stop."""
HEARD = 0.03
"""Seconds after which Ctrl-C is given once more to a main thread that still stands where it stood: it came between Python's last look and the call. TIMES times at most."""
TIMES = 10
THREADS_END = 0.2
"""Seconds that its threads have to end after it was stopped; a terminal would wait for another Ctrl-C."""


class ThisProcess(owners.Owner):
    """To whom all threads of the process belong."""

    def __init__(self, name: str, tell: Callable[[Event], None]) -> None:
        super().__init__(name)
        self._tell = tell

    def listening(self, address: Any) -> None:
        super().listening(address)
        self._tell(Listening(address))

    # Nobody raises exceptions in its threads but Python itself.

    def shield(self) -> bool:
        return False

    def unshield(self) -> None:
        pass


class Child:
    """The process, while it runs."""

    def __init__(self, channels: Channels, load: Load, program: bytes) -> None:
        self.run: Callable[..., object] = exec
        self.args: tuple[Any, ...] = ()
        self._channels = channels
        self._token = load.token
        self._pid = os.getpid()
        self._stopping = False
        self._tapes: Tapes | None = None
        self._prepare_signals()
        owners.own_process(ThisProcess(load.name, self._tell))
        sockets.install()
        streams.install(lambda asking, hidden: self._tell(Asks(asking, hidden)))
        self._set_up(load)
        self._take(load, program)
        for tape, limit in load.tapes:
            self._asked().start(tape, limit)
        _thread.start_new_thread(self._listen, ())
        self._tell(Loaded())

    def _prepare_signals(self) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the notebook was started with
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, [])

    def _set_up(self, load: Load) -> None:
        """The rest of what a script finds, and what is called when it ends."""
        for name, value in (("PYTHONPATH", load.path), ("PYTHONUNBUFFERED", None)):
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        sys.argv[:] = [load.name]
        sys.excepthook = self._fell
        threading.excepthook = self._thread_fell
        atexit.register(self._end)  # as the first, so it is called last
        # There is a thread that is none of the program's.
        warnings.filterwarnings("ignore", r"This process .* is multi-threaded", DeprecationWarning)

    def _take(self, load: Load, program: bytes) -> None:
        """Make the program what is run."""
        file = os.path.abspath(load.name)
        module = types.ModuleType("__main__")
        loader = importlib.machinery.SourceFileLoader("__main__", file)
        vars(module).update(__builtins__=builtins, __file__=file, __cached__=None, __loader__=loader)
        sys.modules["__main__"] = module
        if not load.is_source:
            self._take_function(program)
            return
        sys.path.insert(0, os.getcwd())
        source = program.decode("utf-8", "surrogatepass")
        lines = io.StringIO(f"{source}\n", newline=None).readlines()  # as Python reads them from a file
        for name in (load.name, file):  # so that a traceback shows its lines, and a debugger
            linecache.cache[name] = (len(source), None, lines, name)
        spawning.let_be_spawned(source, file, self._token)
        try:
            self.args = compile(source, load.name, "exec", dont_inherit=True), vars(module)
        except Exception as error:
            self.run, self.args = _raise, (error,)

    def _take_function(self, program: bytes) -> None:
        import cloudpickle

        sys.path.insert(0, os.getcwd())  # afterwards: a learner's file may be called as one of the modules that we need
        try:
            self.run = cloudpickle.loads(program)
        except Exception as error:
            self.run, self.args = _raise, (error,)

    # What is called when the program ends.

    def over(self, error: BaseException | None) -> None:
        """Its main thread has come to its end, by `error` if that is not None."""
        if isinstance(error, SystemExit):
            if error.code is not None and not isinstance(error.code, int):
                self._tell(SaysWhy())
        elif error is not None:
            self._show(error)
        if error is None or isinstance(error, KeyboardInterrupt):
            self._leave_threads(isinstance(error, KeyboardInterrupt))

    def _show(self, error: BaseException) -> None:
        """Have it shown, as Python does, by the hook that the program may have put in its place."""
        hook, sys.excepthook = sys.excepthook, lambda *_: None
        trace = error.__traceback__
        try:
            hook(type(error), error, trace.tb_next if trace is not None else None)
        except Exception as second:
            self._fell(type(second), second, second.__traceback__)

    def _fell(self, kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
        self._tell_error(error)

    def _thread_fell(self, args: Any) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self._tell_error(args.exc_value)

    def _tell_error(self, error: BaseException) -> None:
        text = Transcript()
        text.write(traceback_of(error))
        if os.getpid() == self._pid:
            self._tell(Fell(str(text), isinstance(error, KeyboardInterrupt)))
        elif not isinstance(error, KeyboardInterrupt):
            sys.stderr.write(str(text))  # of something that it has forked: in a terminal that speaks for itself

    def _leave_threads(self, interrupted: bool) -> None:
        """Stopped, it does not wait for its threads as long as Python does, which is until somebody presses Ctrl-C again."""
        if os.getpid() != self._pid or not _lasting_threads():
            return
        end = time.monotonic() + STOPPED
        while interrupted and not self._stopping and time.monotonic() < end:
            plain_sleep(0.002)
        if not self._stopping:
            return
        end = time.monotonic() + THREADS_END
        while (left := _lasting_threads()) and time.monotonic() < end:
            join_thread(left[0], 0.01)
        if left:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            if os.name == "posix":
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.kill(self._pid, signal.SIGINT)
            os._exit(1)

    def _end(self) -> None:
        """At the very end: what it has recorded goes over. Sockets that it left open end with it."""
        if os.getpid() != self._pid:
            return
        if self._channels.is_abandoned():  # with the notebook its standard input has come to its end
            end_with_all(self._token)
        if self._tapes is not None:
            self._tapes.end()

    # The thread that listens.

    def _listen(self) -> None:
        """Do what whoever made this process says, until it goes; then end all there is."""
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())  # they are for the main thread
        try:
            for line in self._channels.commands:
                self._obey(line)
        finally:
            end_with_all(self._token)

    def _obey(self, line: bytes) -> None:
        match read_command(line):
            case Stop():
                self._stopping = True
                self._interrupt()
            case TellRest(ask, seconds):
                self._asked().wait_for_rest(seconds)
                self._tell(Answer(ask, activity()))
            case StartTape(ask, tape, limit):
                self._asked().start(tape, limit)
                self._tell(Answer(ask, ()))
            case StopTape(ask, tape):
                self._asked().stop(tape)
                self._tell(Answer(ask, ()))

    def _interrupt(self) -> None:
        """Ctrl-C, for this process and what it has started. Who was just about to wait, and has not heard it, is told again."""
        if os.name != "posix":
            return _press_ctrl_c()
        stood = _main_stands()
        os.killpg(os.getpgrp(), signal.SIGINT)
        for _ in range(TIMES):
            plain_sleep(HEARD)
            if _main_stands() != stood or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
                break
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _asked(self) -> Tapes:
        """What answers to whoever records: it is loaded when somebody does."""
        if self._tapes is None:
            from helpers.running.processes.tapes import Tapes

            self._tapes = Tapes(self._tell)
        return self._tapes

    def _tell(self, event: Event) -> None:
        try:
            self._channels.write(event_line(event, self._token))
        except OSError:
            pass  # nobody listens any more, which is seen elsewhere


def begin(channels: Sequence[str]) -> Child:
    """The program of this process, ready to run."""
    pipes = Channels(channels)
    load = read_command(pipes.commands.readline())
    assert isinstance(load, Load)
    return Child(pipes, load, pipes.commands.read(load.size))


def _press_ctrl_c() -> None:
    """In the main thread, from another one, where no signal comes from another process (Windows). `_thread.interrupt_main` would let `time.sleep` sleep on: github.com/python/cpython/issues/74112."""
    if hasattr(signal, "pthread_kill"):  # so the tests can try it
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def _raise(error: Exception) -> None:
    raise error


def _main_stands() -> tuple[int, int]:
    """The place where the main thread is."""
    with OtherStacks() as frames:
        frame = frames.get(threading.main_thread().ident or 0)
    return (id(frame), frame.f_lasti) if frame is not None else (0, 0)


def _lasting_threads() -> list[threading.Thread]:
    """Those for which a process waits at its end."""
    return [each for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()]
