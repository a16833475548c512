"""The learner's half of a check: a process of its own, in which nothing but the learner's function runs.

Comes in: commands, as lines on a pipe. Goes out: events, as lines on another one. Whatever the function prints goes to the standard output, which the judge bounds. A second thread listens meanwhile, so that the judge can ask what a call that does not come back is waiting for. Who may import it: nobody;
`process` starts it. What it imports is a part of the half second that a check takes: no psutil, IPython, matplotlib or pictures.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import mmap
import os
import queue
import select
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import thread as pools
from typing import Any

from helpers.checking.callables import innermost
from helpers.checking.limits import FORKS, MEMORY, RECORDED, STACK, THREADS_END
from helpers.checking.messages import (
    CUT_OFF,
    FORKED,
    CallFunction,
    Cancel,
    Command,
    Connected,
    CountThreads,
    CountWriters,
    Doing,
    Event,
    Found,
    Item,
    Left,
    Listening,
    Load,
    Loaded,
    Raised,
    Release,
    Rested,
    Returned,
    ReturnedSocket,
    Say,
    State,
    StateNow,
    TellActivity,
    TellState,
    ThreadsLeft,
    Unloadable,
    Writers,
)
from helpers.checking.plain import Argument, Bulk, simplified
from helpers.checking.ports import quiet_port
from helpers.checking.special import AbortingListener, Sparing, SparingListener, StutteringListener, Trickling
from helpers.checking.taped import state_of
from helpers.checking.target import Asking, Sleepers, Target, keep_to_sockets
from helpers.checking.ways import in_its_way
from helpers.checking.wire import event_line, read_command  # by name: the function may do what it likes to the modules
from helpers.recording.fields import TEXT
from helpers.running.processes.channels import Channels
from helpers.running.processes.template import become_a_copy
from helpers.sockets.install import TRACED, install
from helpers.sockets.plain import is_ready
from helpers.sockets.registry import live_sockets, meet_all
from helpers.sockets.stacks import OtherStacks
from helpers.sockets.tapes import Tape, now
from helpers.sockets.waiting import calls_under_way

_PlainSocket = socket.socket
_plain_excepthook = threading.excepthook
_plain_select = select.select


def main() -> None:
    names = sys.argv[1:]
    if len(names) == 1:  # it is a template, and a copy of it goes on
        import cloudpickle  # noqa: F401  # as each copy will

        names = become_a_copy(int(names[0]))
    child = Child(Channels(names))
    for stream in (sys.stdout, sys.stderr):  # as in a notebook, also where a terminal knows few characters (Windows)
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    signal.signal(signal.SIGINT, child.interrupt)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=child.count_fork)
    child.run()


class Child:
    """The process, while it runs: what the judge has told it, and what it knows of the call."""

    def __init__(self, channels: Channels) -> None:
        self._commands = channels.commands
        self._answers = channels
        self._calls: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._payload = b""
        self._function: Any = None
        self._tape = Tape(RECORDED)
        self._token = ""
        self._under_way = False
        self._threads: set[threading.Thread] = set()  # that were there before the call
        self._kept: list[socket.socket] = []  # that stay open after the call
        self._cell: str | None = None  # the file that the function's code says it is from
        self._runs = threading.main_thread().ident
        self._pause: float | None = None  # seconds of the `time.sleep` in which that thread is
        self._slept = 0
        self._longest = 0.0
        self._asked = False
        self._thread_error: str | None = None  # of the first thread that fell
        self._event_loop: Any = None  # in which it runs, if it is an async def
        self._asking = Asking(self._tell)
        self._sleepers = Sleepers()
        self._keeps_to_sockets = False  # whether attacks are held to that
        self._awaits_room = 0  # sockets that the last `select.select` was to look at for writing
        self._forks = mmap.mmap(-1, 2)  # shared with all that it starts

    def count_fork(self) -> None:
        """Before each fork, in whichever of its processes; after too many it ends."""
        count = int.from_bytes(self._forks[:], "big") + 1
        if count > FORKS:
            os._exit(FORKED)
        self._forks[:] = count.to_bytes(2, "big")

    def interrupt(self, *_: object) -> None:
        """Ctrl-C: it is meant for the function."""
        if self._under_way:
            raise KeyboardInterrupt

    def run(self) -> None:
        """Do what the judge says, until it goes."""
        install()
        time.sleep = self._sleep  # type: ignore[assignment]
        builtins.input = self._input
        threading.excepthook = self._thread_fell
        select.select = self._select
        threading.stack_size(STACK)
        self._load()
        threading.Thread(target=self._listen, name="judge", daemon=True).start()
        while True:
            self._do(self._calls.get())

    def _load(self) -> None:
        import cloudpickle

        load = read_command(self._commands.readline())
        assert isinstance(load, Load)
        self._token = load.token
        self._payload = self._commands.read(load.size)
        _bound_memory()
        sys.path.insert(0, "")  # last: the function finds what lies beside its notebook, and nothing here did
        try:
            self._function = cloudpickle.loads(self._payload)
        except BaseException as error:
            self._tell(Unloadable(f"{type(error).__name__}: {error}"))
            os._exit(1)
        code = getattr(innermost(self._function), "__code__", None)
        self._cell = code.co_filename if code is not None else None
        self._tell(Loaded())

    def _sleep(self, seconds: float, /) -> None:
        """`time.sleep`, of which the judge can ask."""
        thread = threading.get_ident()
        if thread != self._runs:
            return self._sleepers.sleep(thread, seconds)
        self._slept += 1
        self._pause = _bounded(seconds)
        self._longest = max(self._longest, self._pause)
        if self._event_loop is not None:
            self._event_loop.note_sleep(self._pause)
        try:
            return self._sleepers.sleep(thread, seconds)
        finally:
            self._pause = None

    def _select(self, rlist: Any, wlist: Any, xlist: Any, *timeout: Any) -> Any:
        """`select.select`, of which the judge can ask."""
        writers = list(wlist)
        self._awaits_room = len(writers)
        return _plain_select(rlist, writers, xlist, *timeout)

    def _thread_fell(self, args: threading.ExceptHookArgs) -> None:
        """Beside the traceback, which is printed as everywhere."""
        if self._thread_error is None and args.exc_value is not None:
            self._thread_error = self._told(args.exc_value)[:TEXT]
        _plain_excepthook(args)

    def _told(self, error: BaseException) -> str:
        raised = self._raised(error)
        where = f", in line {raised.line} of the cell" if raised.line else ""
        return f"{raised.kinds[0]}{where}: {raised.text or 'without a word'}"

    def _input(self, prompt: object = "", /) -> str:
        """`input`: nobody is there to type."""
        self._asked = True
        raise EOFError("input() was called, and in a check nobody types")

    def _listen(self) -> None:
        try:
            for each in self._commands:
                command = read_command(each)
                if isinstance(command, TellState):
                    self._tell(StateNow(self._state()))
                elif isinstance(command, (Say, Cancel)):
                    if self._event_loop is not None:
                        self._event_loop.take(command)
                elif isinstance(command, TellActivity):
                    self._tell(self._sleepers.activity())
                elif isinstance(command, Rested):
                    self._asking.take(command)
                elif isinstance(command, CountWriters):
                    self._tell(Writers(max(self._awaits_room, _registered_writers())))
                else:
                    self._calls.put(command)
        except BaseException:
            os._exit(CUT_OFF)
        os._exit(0)  # the judge has gone; threads that were left behind are none of ours to wait for

    def _tell(self, event: Event) -> None:
        line = event_line(event, self._token)
        try:
            self._answers.write(b"\n" + line)  # whatever the function has written there ends here
        except OSError:
            os._exit(CUT_OFF)

    def _do(self, command: Command) -> None:
        match command:
            case CallFunction():
                self._call(command)
            case CountThreads():
                self._tell(ThreadsLeft(self._left_threads()))
            case Release():
                self._release()

    def _call(self, command: CallFunction) -> None:
        self._tape = Tape(RECORDED)
        self._slept, self._longest, self._asked, self._thread_error = 0, 0.0, False, None
        self._event_loop = None
        self._awaits_room = 0
        self._threads = set(threading.enumerate())
        # Mostly the program is started anew: what the last one has left in its variables is gone.
        if (command.listen or command.attack) and not command.as_left:
            self._function = self._fresh()
        before = {id(each) for each in live_sockets()}
        given: list[socket.socket] = []
        answer: Returned | Raised
        result = None
        try:
            self._under_way = True
            result = self._result(command, given)  # lives as long as this call: a socket that is forgotten is closed
            self._under_way = False
            answer = self._returned(result)
        except BaseException as error:
            self._under_way = False
            answer = self._raised(error)
        answer = answer._replace(left=self._left(before | {id(each) for each in (*given, result)}))
        if command.connect is not None and given and not command.streams:
            answer = answer._replace(found=self._found(given[0]))
        self._tape.stop()
        rest = simplified(_rest(given[0])) if command.rest else None
        if isinstance(answer, Returned):
            answer = answer._replace(rest=rest)
        self._tell(answer._replace(state=self._state()))
        made = [each for each in live_sockets() if id(each) not in before]
        if command.keep:
            self._kept += made
            return
        for each in made:
            each.close()

    def _result(self, command: CallFunction, given: list[socket.socket]) -> Any:
        """Call the function; what it returns at last. `given`: to take the socket that it is given."""
        if command.streams:
            self._make_event_loop(command)  # before the judge hears that it is connected, and has something to say
        args = [*self._sockets(command, given), *self._target(command), *map(_argument, command.args)]
        self._tape.start()
        if command.streams:
            return self._event_loop.run(self._function, given[0], command.listen)
        if command.iterate:
            args = [*args[:-1], iter(args[-1])]
        function = in_its_way(command.way, self._function)
        result = function(*args)
        for more in command.again:
            self._tell(Item(simplified(result)))
            result = function(*given, *map(_argument, more))
        if command.each == "together":
            return repr(list(result)).encode()
        if command.each:
            for item in result:
                self._tell(Item(simplified(item)))
            return None
        return result

    def _target(self, command: CallFunction) -> Iterator[Target]:
        """What it is to attack, if it is an attack."""
        if command.attack is not None:
            if not self._keeps_to_sockets:
                self._keeps_to_sockets = True
                keep_to_sockets(lambda: self._under_way)
            yield Target(command.attack, self._asking.wait)

    def _make_event_loop(self, command: CallFunction) -> None:
        from helpers.checking.event_loop import EventLoop  # few need it, and it takes a while

        self._event_loop = EventLoop(command, self._tell, self._told)

    def _fresh(self) -> Any:
        import cloudpickle

        return cloudpickle.loads(self._payload)

    def _release(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _sockets(self, command: CallFunction, given: list[socket.socket]) -> Iterator[socket.socket]:
        """The socket that the function is given, if it is given one."""
        if command.connect is not None:
            kind = Sparing if command.sparing else Trickling if command.trickling else TRACED
            conn = kind(socket.AF_INET, socket.SOCK_STREAM)
            conn.connect(command.connect)
            self._tell(Connected(conn.getsockname()[1]))
            conn.settimeout(command.timeout)
            for option, value in command.options:
                conn.setsockopt(socket.SOL_SOCKET, option, value)
            given.append(conn)
            yield conn
        if command.listen:
            listener = _kind_of_listener(command)(socket.AF_INET, socket.SOCK_STREAM)
            for option, value in command.options:  # its connections have them too
                listener.setsockopt(socket.SOL_SOCKET, option, value)
            listener.bind(("127.0.0.1", quiet_port()))
            listener.listen()
            given.append(listener)
            self._tell(Listening(listener.getsockname()[1]))
            yield listener

    def _returned(self, result: Any) -> Returned:
        returned = _described(result) if isinstance(result, _PlainSocket) else None
        return Returned(simplified(result), socket=returned)

    def _left(self, known: set[int]) -> Left:
        """What the call leaves behind, beside the sockets that are `known`. What of it would reach into the next call is taken back: no scenario is to meet what another one has set."""
        gc.collect()
        made = sum(id(each) not in known for each in live_sockets())
        left = Left(len(self._new_threads()), made, socket.getdefaulttimeout(), _alarm())
        socket.setdefaulttimeout(None)
        if left.alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return left

    def _new_threads(self) -> list[threading.Thread]:
        """The function's threads that would keep a program from ending; those of a pool end by themselves."""
        pooled = getattr(pools, "_threads_queues", ())
        return [
            each
            for each in threading.enumerate()
            if each not in self._threads and not each.daemon and each not in pooled
        ]

    def _running_threads(self) -> int:
        """How many threads the function has started that run now; those of a pool wait to be used again."""
        pooled = getattr(pools, "_threads_queues", ())
        return sum(each not in self._threads and each not in pooled for each in threading.enumerate())

    def _left_threads(self) -> int:
        """How many of them do not come to their end."""
        until = time.monotonic() + THREADS_END
        for each in self._new_threads():
            with contextlib.suppress(RuntimeError):  # Ctrl-C came while it was being started, and it never was
                each.join(max(until - time.monotonic(), 0))
        return len(self._new_threads())

    def _raised(self, error: BaseException) -> Raised:
        kinds = tuple(_name(kind) for kind in type(error).__mro__)
        try:
            text = str(error)[:TEXT]
        except Exception:
            text = ""
        line = None
        for frame, at in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == self._cell:
                line = at
        return Raised(kinds, text, line, args=simplified(error.args))

    def _doing(self) -> Doing:
        traces = meet_all()
        return Doing(
            self._line(),
            self._pause,
            self._slept,
            self._longest,
            self._asked,
            self._thread_error,
            moved=sum(trace.sent + trace.received for trace in traces),
            threads=self._running_threads(),
            connections=sum(trace.role == "server" for trace in traces),
        )

    def _line(self) -> int | None:
        """The line of the cell in which the function's own thread is."""
        with OtherStacks() as frames:
            frame = frames.get(self._runs or 0)
            while frame is not None and frame.f_code.co_filename != self._cell:
                frame = frame.f_back
            return frame.f_lineno if frame is not None else None

    def _found(self, sock: Any) -> Found:
        """How it has left the socket that it was given."""
        at = now()
        shut = any(
            each.call == "shutdown" and each.trace is sock._trace and not (each.more and each.more.error)
            for each in self._tape.entries(len(self._tape))
        )
        return Found(_is_open(sock), shut, sock.gettimeout(), at, _is_waited_on(sock, "recv"))

    def _state(self) -> State:
        """What its sockets have done so far, and what they are waiting for."""
        if not self._tape.began:
            return State()
        try:
            entries = list(self._tape.entries(len(self._tape)))
            under_way = [each for each in calls_under_way() if not each.trace.inner]
        except Exception:  # it changes while it is looked at
            return State()
        state = state_of([*entries, *under_way], self._doing())
        return state._replace(loop=self._event_loop.look()) if self._event_loop is not None else state


def _name(kind: type) -> str:
    """The name of a built-in class; of another one, with its module: whoever calls a class of their own EOFError has not raised EOFError."""
    name = kind.__name__
    module = "asyncio" if kind.__module__.startswith("asyncio.") else kind.__module__  # as it is written everywhere
    return name if getattr(builtins, name, None) is kind else f"{module}.{name}"


def _kind_of_listener(command: CallFunction) -> Any:
    if command.aborting:
        return AbortingListener
    return SparingListener if command.sparing else StutteringListener if command.stuttering else TRACED


def _registered_writers() -> int:
    """Sockets that are registered for EVENT_WRITE in one of the selectors that live."""
    found = [each for each in gc.get_objects() if isinstance(each, selectors.BaseSelector)]
    maps = [dict(each.get_map() or {}) for each in found]
    return sum(bool(key.events & selectors.EVENT_WRITE) for keys in maps for key in keys.values())


def _bounded(seconds: object) -> float:
    """As a time that can be told; 0.0 for what is none, which sleep itself refuses."""
    return max(0.0, min(float(seconds), 1e9)) if isinstance(seconds, (int, float)) else 0.0


def _argument(value: Argument) -> Any:
    """A value as the function is given it."""
    return bytes(value) if isinstance(value, Bulk) else value


def _alarm() -> float:
    """Seconds until the alarm that is set; 0.0: none is, or the system has none (Windows)."""
    return signal.getitimer(signal.ITIMER_REAL)[0] if hasattr(signal, "getitimer") else 0.0


def _is_waited_on(sock: Any, method: str) -> bool:
    """Whether another thread is blocked in a receive of it (or in accept), and would take what is meant for whoever comes next."""
    me = threading.get_ident()
    under_way = calls_under_way() if threading.active_count() > 2 else []  # beside this one and the judge's
    return any(
        each.trace is sock._trace and each.call.startswith(method) and each.thread.ident != me for each in under_way
    )


def _is_open(sock: socket.socket) -> bool:
    try:
        sock.getsockname()
    except OSError:
        return False
    return True


def _rest(sock: socket.socket) -> bytes | None:
    """What is still to be read, up to the end of the stream; None if the socket is closed."""
    try:
        sock.settimeout(None)
        return b"".join(iter(lambda: sock.recv(1 << 16), b""))
    except OSError:
        return None


def _described(sock: socket.socket) -> ReturnedSocket:
    """What can be said of a socket that the function has returned, while it is open."""
    try:
        listens = bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        address = sock.getsockname()
        called = listens and is_ready(sock, reading=True)
    except OSError:
        return ReturnedSocket(is_open=False)
    host, port = address[:2] if isinstance(address, tuple) else ("", 0)
    return ReturnedSocket(
        True,
        int(sock.family),
        int(sock.type),
        listens,
        str(host),
        int(port),
        sock.gettimeout(),
        called,
        _is_waited_on(sock, "accept"),
    )


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows: the judge looks from outside
        return
    with open("/proc/self/statm") if os.path.exists("/proc/self/statm") else open(os.devnull) as file:
        pages = file.read().split()
    if pages:
        limit = int(pages[0]) * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
