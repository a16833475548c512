"""Signals: a stop is a program's Ctrl-C, and the program may say what that does. All others come to a process, and there is one for all programs.

Comes in: `signal.signal` and its like in a program's thread, `os.kill` of its own process, and a stop. Goes out: the handler of SIGINT is called as Ctrl-C has it called in a terminal; where a
thread cannot have what is asked for, a sentence says so. Nothing of it reaches the kernel, which would die of some of it. SIGTERM can be handled as well: a program may send it
to itself.
"""

from __future__ import annotations

import operator
import os
import signal
import socket
import sys
import threading
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from helpers.running.bell import Bell
from helpers.running.group import ThreadGroup
from helpers.running.per_program import here
from helpers.running.per_program.exits import leave_at_once
from helpers.running.per_program.whose_code import called_by_library
from helpers.running.program import OWN_PROCESS
from helpers.running.tracebacks import is_our_file
from helpers.sockets import owners
from helpers.sockets.owners import Owner, PerOwner, Stopped
from helpers.sockets.plain import Plain
from helpers.sockets.replacing import Replacements
from helpers.sockets.stacks import OtherStacks
from helpers.sockets.waiting import socket_in
from helpers.sockets.waking import wake

GRACE = 1.2
"""Seconds in which a program may end by itself once its handler has come back: one that looks every second whether it should go on does."""

IN_A_THREAD = f"This program runs in a thread, and signals come to a process. Give it one of its own: {OWN_PROCESS}."

_FOR_PROGRAMS = {"asyncio.unix_events", "asyncio.runners"}
"""Libraries whose handlers are the program's doing: `add_signal_handler`, and `asyncio.run`, which cancels what it runs at Ctrl-C."""

HEARD = {signal.SIGINT, signal.SIGTERM}
"""Those that a program in a thread may handle."""
_IGNORED = {getattr(signal, name, None) for name in ("SIGPIPE", "SIGXFSZ", "SIGXFZ")}
"""By Python, unless it is told otherwise."""
_WITHOUT_EFFECT = {getattr(signal, name, None) for name in ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH")}
"""On a process that has said nothing of them."""

_plain_signal, _plain_getsignal, _plain_raise_signal = signal.signal, signal.getsignal, signal.raise_signal
_plain_set_wakeup_fd, _plain_kill = signal.set_wakeup_fd, os.kill
_plain_pause, _plain_killpg = getattr(signal, "pause", None), getattr(os, "killpg", None)  # not on Windows


class _Signals:
    """What a program has said about signals."""

    def __init__(self, _: Owner | None = None) -> None:
        self.first = 0
        """Its first thread."""
        self.handling = 0
        """The thread in which a handler runs, if that is another one: it does so on behalf of the first."""
        self.handlers: dict[int, Any] = {}
        self.wakeup = -1
        self.came = Bell()

    def handler(self, number: int) -> Any:
        if number == signal.SIGINT:
            return self.handlers.get(number, signal.default_int_handler)
        return self.handlers.get(number, signal.SIG_IGN if number in _IGNORED else signal.SIG_DFL)

    def is_first(self) -> bool:
        return threading.get_ident() in (self.first, self.handling)

    def frame(self) -> types.FrameType | None:
        """Where its first thread is."""
        with OtherStacks() as frames:
            frame = frames.get(self.first)
            while frame is not None and is_our_file(frame.f_code.co_filename):
                frame = frame.f_back
            return frame

    def call_handler(self, number: int, frame: Any) -> None:
        try:
            if self.wakeup >= 0 and os.name == "posix":  # the loop of asyncio waits for the number there
                os.write(self.wakeup, bytes([number]))
            self.handler(number)(int(number), frame)
        finally:
            self.came.set()


_signals = PerOwner(_Signals)


def begin(program: ThreadGroup) -> None:
    """Called in the first thread of `program`, which is the one that may handle signals."""
    _signals.of(program).first = threading.get_ident()


@contextmanager
def interrupted(program: ThreadGroup) -> Iterator[None]:
    """Press Ctrl-C, and give `program` its time to end by itself. It is stopped in the block: what its handler has raised is raised in its first thread."""
    mine = _signals.of(program)
    handler = mine.handler(signal.SIGINT)
    if not callable(handler) or handler is signal.default_int_handler or owners.owner() is program:
        yield
        return
    raised: list[BaseException] = []
    with _kept_open(program) as kept:
        thread = program.spawn(_handle, mine, raised)
        thread.join(GRACE)
        if raised:
            program.instead[mine.first] = _like(raised[0])
        elif not thread.is_alive():
            _wake_closed(kept)
            _wait_for_end(program)
        program.kept += [twin for _, twin in kept]
        yield
        program.kept.clear()


def _handle(mine: _Signals, raised: list[BaseException]) -> None:
    mine.handling = threading.get_ident()
    try:
        mine.call_handler(signal.SIGINT, mine.frame())
    except BaseException as error:
        raised.append(error)
    finally:
        mine.handling = 0


def _wait_for_end(program: ThreadGroup) -> None:
    deadline = time.monotonic() + GRACE
    while (alive := program.threads()) and time.monotonic() < deadline:
        alive[0].join(0.02)


def _like(error: BaseException) -> type[BaseException]:
    """A class that, instantiated without arguments, gives an error like this one: another thread's can only be given a class to raise."""
    kind = type(error)
    if kind in (KeyboardInterrupt, Stopped):
        return Stopped

    def init(self: BaseException, *_: object) -> None:
        self.args = error.args
        self.__dict__.update(error.__dict__)
        if isinstance(error, SystemExit):
            self.code = error.code  # type: ignore[attr-defined]
        else:
            self.__cause__ = error

    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__init__": init}
    try:
        return type(kind.__name__, (kind,), names)
    except TypeError:  # a class that will have no subclass
        return Stopped


_Pairs = list[tuple[socket.socket, socket.socket]]


@contextmanager
def _kept_open(program: ThreadGroup) -> Iterator[_Pairs]:
    """The sockets in which its threads are blocked, each with a twin: a handler may close the one, and then only the other can wake the thread.

    In a terminal the signal itself would have broken the call off.
    """
    with OtherStacks() as frames:
        found = [socket_in(frames[each.ident]) for each in program.threads() if each.ident in frames]
    pairs = [
        (sock, Plain(fileno=socket.dup(sock.fileno()))) for sock in found if sock is not None and sock.fileno() >= 0
    ]
    try:
        yield pairs
    finally:
        for _, twin in pairs:
            twin.close()


def _wake_closed(pairs: _Pairs) -> None:
    for sock, twin in pairs:
        if sock.fileno() < 0:
            wake(twin)


def _signal(number: int, handler: Any) -> Any:
    program = here.program()
    if program is None:
        return _plain_signal(number, handler)
    mine = _signals.of(program)
    by_library = called_by_library("helpers") and sys._getframe(1).f_globals.get("__name__") not in _FOR_PROGRAMS
    if by_library or not mine.is_first():
        raise ValueError("signal only works in main thread of the main interpreter")
    if not callable(handler) and handler not in (signal.SIG_IGN, signal.SIG_DFL):
        raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
    if not 1 <= operator.index(number) < signal.NSIG:
        raise ValueError("signal number out of range")
    before = mine.handler(number)
    if number in HEARD:
        mine.handlers[number] = handler
    elif handler != before:
        raise ValueError(IN_A_THREAD)
    return before


def _getsignal(number: int) -> Any:
    program = here.program()
    known = program is not None and number in signal.valid_signals()
    return _signals.of(program).handler(number) if program is not None and known else _plain_getsignal(number)


def _set_wakeup_fd(fd: int, /, **kwargs: Any) -> int:
    program = here.program()
    if program is None:
        return _plain_set_wakeup_fd(fd, **kwargs)
    mine = _signals.of(program)
    if not mine.is_first():
        raise ValueError("set_wakeup_fd only works in main thread of the main interpreter")
    before, mine.wakeup = mine.wakeup, operator.index(fd)
    return before


def _raise_signal(number: int, /) -> None:
    program = here.program()
    if program is None:
        return _plain_raise_signal(number)
    _send(program, number)


def _kill(pid: int, number: int, /) -> None:
    program = here.program()
    if program is None or number == 0 or not _hits_this_process(pid):
        return _plain_kill(pid, number)
    try:
        if pid != os.getpid():
            raise ValueError(IN_A_THREAD)
        _send(program, number)
    except ValueError as error:
        raise PermissionError(str(error)) from None


def _hits_this_process(pid: int) -> bool:
    return pid in (os.getpid(), 0, -1) or (hasattr(os, "getpgrp") and pid == -os.getpgrp())


def _killpg(group: int, number: int, /) -> None:
    if here.program() is None:
        assert _plain_killpg is not None
        return _plain_killpg(group, number)  # type: ignore[no-any-return]
    _kill(-group, number)


def _send(program: ThreadGroup, number: int) -> None:
    """`program` sends this to itself."""
    mine = _signals.of(program)
    handler = mine.handler(number)
    if handler == signal.SIG_IGN or (handler == signal.SIG_DFL and number in _WITHOUT_EFFECT):
        return
    if handler == signal.SIG_DFL:
        if number not in HEARD:
            raise ValueError(IN_A_THREAD)
        leave_at_once(program, -number)
    if mine.is_first():
        return mine.call_handler(number, sys._getframe(2))
    try:
        mine.call_handler(number, mine.frame())
    except BaseException as error:
        program.raise_in(mine.first, KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else _like(error))


def _pause() -> None:
    program = here.program()
    if program is None:
        assert _plain_pause is not None
        _plain_pause()
        return
    came = _signals.of(program).came
    came.clear()
    came.wait()


def _refused(plain: Any, harmless: Any = None) -> Any:
    """In the place of `plain`: what no thread can have. `harmless`: of its arguments, whether they ask for nothing; what it gives back then."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        if here.program() is None:
            return plain(*args, **kwargs)
        if harmless is not None and (answer := harmless(*args)) is not None:
            return answer[0]
        raise ValueError(IN_A_THREAD)

    return refuse


_HARMLESS = {
    "alarm": lambda seconds: None if seconds else (0,),
    "setitimer": lambda which, seconds, interval=0.0: None if seconds else ((0.0, 0.0),),
    "siginterrupt": lambda number, flag: (None,) if number in HEARD else None,
}
_REFUSED = (*_HARMLESS, "sigwait", "sigwaitinfo", "sigtimedwait", "pthread_kill")

_replaced = Replacements()
_replaced.add(signal, signal=_signal, getsignal=_getsignal, set_wakeup_fd=_set_wakeup_fd)
_replaced.add(signal, raise_signal=_raise_signal, pause=_pause)
for _name in _REFUSED:
    if hasattr(signal, _name):
        _replaced.add(signal, **{_name: _refused(getattr(signal, _name), _HARMLESS.get(_name))})
_replaced.add(os, kill=_kill, killpg=_killpg)

install, uninstall = _replaced.install, _replaced.uninstall
