"""`threading` and `_thread`, as a program finds them: its own threads, and no others, numbered from one, the first of them the main one.

Comes in: calls of the two modules in a program's thread, and the errors with which its threads end. Goes out: what a process of the program's own would have and print; for everybody
else, what there always is. What counts all threads of the process elsewhere (`sys._current_frames()`, `faulthandler`) goes on doing so.
"""

from __future__ import annotations

import _thread
import itertools
import operator
import re
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from helpers.running.group import ThreadGroup, group
from helpers.running.per_program import here
from helpers.running.per_program.standing import Routed, give_class, take_class
from helpers.running.plain import start_new_thread
from helpers.running.tracebacks import drop_our_frames, is_our_file, traceback_of
from helpers.sockets import owners
from helpers.sockets.owners import Owner, PerOwner, Stopped
from helpers.sockets.replacing import Replacements

_plain_enumerate, _plain_main_thread = threading.enumerate, threading.main_thread
_plain_newname: Callable[[str], str] = threading._newname  # type: ignore[attr-defined]
_plain_interrupt_main = _thread.interrupt_main
_plain_pool_number: Callable[[], int] = ThreadPoolExecutor._counter  # type: ignore[attr-defined]


class _Threads:
    """What a program has of this for itself."""

    def __init__(self, _: Owner) -> None:
        self.main: threading.Thread | None = None
        self.number = itertools.count(1).__next__
        """Of the next thread without a name."""
        self.bare = itertools.count(1).__next__
        self.pool = itertools.count().__next__
        self.hooks: dict[str, Any] = {}
        """What it has set: "excepthook", and what its new threads are traced with, "trace" and "profile"."""


_threads = PerOwner(_Threads)


class _MainThread(threading.Thread):
    """The first thread of a program. To everybody else it is one of many, and is called otherwise."""

    def __init__(self, program: ThreadGroup, target: Callable[[], object]) -> None:
        super().__init__(target=target, name="MainThread", daemon=False)
        self._program = program

    @property
    def name(self) -> str:
        inside = here.program() is self._program
        return self._name if inside else f"helpers: {self._program.name} (1)"

    @name.setter
    def name(self, name: str) -> None:
        self._name = str(name)


class _BareThread(threading.Thread):
    """What `_thread.start_new_thread` starts. `threading` does not know it, as everywhere, until the thread asks for itself."""

    def __init__(self, mine: ThreadGroup, function: Callable[..., object], *args: Any) -> None:
        name = f"_thread-{_threads.of(mine).bare()} ({getattr(function, '__name__', '')})"
        super().__init__(None, function, name, *args, daemon=True)
        self.function = function

    def run(self) -> None:
        known: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
        known.pop(threading.get_ident(), None)
        try:
            super().run()
        finally:
            known[threading.get_ident()] = self  # which takes it out of there


def first(program: ThreadGroup, target: Callable[[], object]) -> threading.Thread:
    """The first thread of `program`, which has yet to be started."""
    thread = _threads.of(program).main = _MainThread(program, target)
    return thread


def begin(program: ThreadGroup) -> None:
    """Called in each thread of `program` as it begins."""
    hooks = _threads.of(program).hooks
    if "profile" in hooks:
        sys.setprofile(hooks["profile"])
    if "trace" in hooks:
        sys.settrace(hooks["trace"])


def end() -> None:
    """Called in each thread of a program when its code has come to its end: whoever traces it has nothing to do with what comes now."""
    sys.setprofile(None)
    sys.settrace(None)


def called(program: ThreadGroup, thread: threading.Thread) -> str:
    """What a recording calls a thread of `program`: each program has a `MainThread`, and a `Thread-1`."""
    return f"{program.name}: {thread._name}"  # type: ignore[attr-defined]  # `name` depends on who asks


def _as_python_says(function: Callable[..., object], trace: str) -> str:
    """What Python prints when a thread that `_thread` has started ends with an error."""
    if sys.version_info < (3, 13):
        return f"Exception ignored in thread started by: {function!r}\n{trace}"
    without_marks = re.sub(r"^ +[~^]+\n", "", trace, flags=re.MULTILINE)
    return f"Exception ignored in thread started by {function!r}:\n{without_marks}"


def tell(program: ThreadGroup, error: BaseException) -> bool:
    """Say in the window that the running thread has ended with `error`. False: it is the main one, with which the program falls."""
    mine = _threads.of(program)
    thread = owners.thread_here()
    if thread is None or thread is mine.main:
        return False
    if isinstance(thread, _BareThread):
        _say(_as_python_says(thread.function, traceback_of(error)))
        return True
    drop_our_frames(error)
    trace = error.__traceback__
    while trace is not None and is_our_file(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    hook = mine.hooks.get("excepthook") or _excepthook
    try:
        hook(threading.ExceptHookArgs((type(error), error.with_traceback(trace), trace, thread)))
    except Exception as wrong:
        wrong.__suppress_context__ = True
        _say(f"Exception in threading.excepthook:\n{traceback_of(wrong)}")
    return True


def _excepthook(args: Any, /) -> None:
    """What prints the error with which a thread of a program has ended, unless the program says otherwise."""
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else threading.get_ident()
        error = args.exc_value if args.exc_value is not None else args.exc_type()
        _say(f"Exception in thread {name}:\n{traceback_of(error)}")


def _say(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)


# What stands in the place of the functions


def _enumerate() -> list[threading.Thread]:
    program = here.program()
    everybody = _plain_enumerate()
    if program is None:
        return everybody
    main = _threads.of(program).main
    mine = [each for each in everybody if each is not main and _is_of(each, program)]
    return mine if main is None else [main, *mine]  # it counts as long as the program runs


def _is_of(thread: threading.Thread, program: ThreadGroup) -> bool:
    """Whether it is one that the code of `program` has started, or that asked for itself there."""
    return not thread.name.startswith("helpers: ") and (program.has(thread) or here.behind(thread.ident) is program)


def _active_count() -> int:
    return len(_enumerate())


def _main_thread() -> threading.Thread:
    program = here.program()
    main = _threads.of(program).main if program is not None else None
    return main or _plain_main_thread()


def _newname(template: str = "Thread-%d") -> str:
    program = here.program()
    return _plain_newname(template) if program is None else template % _threads.of(program).number()


class _PoolNumber:
    """In the place of a counter in a class: an object that becomes no method there."""

    def __call__(self) -> int:
        program = here.program()
        return _plain_pool_number() if program is None else _threads.of(program).pool()


def _start_new(*args: Any) -> int:
    mine = group()
    if mine is None or not _can_be_started(*args):
        return start_new_thread(*args)  # which says what is wrong
    function, positional, *rest = args
    thread = _BareThread(mine, function, positional, *rest)
    thread.start()
    return thread.ident or 0


def _can_be_started(function: Any = None, args: Any = None, *rest: Any) -> bool:
    return callable(function) and isinstance(args, tuple) and (not rest or (len(rest) == 1 and isinstance(*rest, dict)))


def _interrupt_main(number: int = signal.SIGINT, /) -> None:
    if here.program() is None:
        return _plain_interrupt_main(number)  # type: ignore[arg-type]
    if not 1 <= operator.index(number) < signal.NSIG:
        raise ValueError("signal number out of range")
    if number in signal.valid_signals() and callable(signal.getsignal(signal.Signals(number))):
        signal.raise_signal(number)


def _setter(kind: str, plain: Callable[[Any], None], now: Callable[[Any], None] | None = None) -> Callable[[Any], None]:
    """`threading.settrace` and its like: for a program's own threads. `now`: what it does in the running one as well. (Those that run already are not reached.)"""

    def put(func: Any) -> None:
        program = here.program()
        if program is None:
            return plain(func)
        _threads.of(program).hooks[kind] = func
        if now is not None:
            now(func)

    return put


def _getter(kind: str, plain: Callable[[], Any]) -> Callable[[], Any]:
    def get() -> Any:
        program = here.program()
        return plain() if program is None else _threads.of(program).hooks.get(kind)

    return get


# `threading.excepthook`, which is put there


class _Router:
    """In the dictionary of `threading`, where a thread that ends looks: everybody's but the programs', whose own are called by `tell`."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain

    def __call__(self, args: Any) -> None:
        if not issubclass(args.exc_type, Stopped):  # a stop that came when the thread had just ended of itself
            self.plain(args)


class _Threading(Routed):
    """The class of `threading` while it is routed."""

    @property
    def __excepthook__(self) -> Any:
        return vars(self)["__excepthook__"] if here.program() is None else _excepthook

    @property
    def excepthook(self) -> Any:
        program = here.program()
        if program is not None:
            return _threads.of(program).hooks.get("excepthook", _excepthook)
        hook = vars(self)["excepthook"]
        return hook.plain if isinstance(hook, _Router) else hook

    @excepthook.setter
    def excepthook(self, hook: Any) -> None:
        program = here.program()
        if program is not None:
            _threads.of(program).hooks["excepthook"] = hook
        elif isinstance(router := vars(self)["excepthook"], _Router):
            router.plain = hook
        else:
            vars(self)["excepthook"] = hook

    @excepthook.deleter
    def excepthook(self) -> None:
        program = here.program()
        if program is not None:
            _threads.of(program).hooks.pop("excepthook", None)
        else:
            del vars(self)["excepthook"]


_replaced = Replacements()
_replaced.add(threading, enumerate=_enumerate, active_count=_active_count)  # which `activeCount` calls
_replaced.add(threading, main_thread=_main_thread, _newname=_newname)
for _kind in ("trace", "profile"):
    _plain_set: Any = getattr(threading, f"set{_kind}")
    _replaced.add(threading, **{f"set{_kind}": _setter(_kind, _plain_set)})
    _replaced.add(threading, **{f"get{_kind}": _getter(_kind, getattr(threading, f"get{_kind}"))})
    if hasattr(threading, f"set{_kind}_all_threads"):  # since Python 3.12
        _plain_set = getattr(threading, f"set{_kind}_all_threads")
        _replaced.add(threading, **{f"set{_kind}_all_threads": _setter(_kind, _plain_set, getattr(sys, f"set{_kind}"))})
_replaced.add(_thread, start_new_thread=_start_new, start_new=_start_new, interrupt_main=_interrupt_main)
_replaced.add(ThreadPoolExecutor, _counter=_PoolNumber())


def install() -> None:
    """Route them. Twice does no harm."""
    _replaced.install()
    if give_class(threading, _Threading):
        names = vars(threading)
        names["excepthook"] = _Router(names["excepthook"])


def uninstall() -> None:
    """Put back what was there, or what others have put in its place meanwhile."""
    _replaced.uninstall()
    if take_class(threading, _Threading):
        hook = vars(threading).get("excepthook")
        if isinstance(hook, _Router):
            threading.excepthook = hook.plain
