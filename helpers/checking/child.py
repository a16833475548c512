"""The learner's half of a check: a process of its own, in which nothing but the learner's function runs.

It is told what to do by lines on its standard input, and answers by lines on what was its standard output. Whatever the function prints goes to
the standard error, which the judge bounds. A second thread listens meanwhile, so that the judge can ask what a call that does not come back is waiting for.
"""

from __future__ import annotations

import builtins
import gc
import mmap
import os
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import thread as pools
from json import loads  # by name: the function may do what it likes to the modules
from typing import Any, BinaryIO

from helpers.checking import plain
from helpers.sockets.install import TRACED, install
from helpers.sockets.registry import live_sockets
from helpers.sockets.tapes import Entry, Tape, Trace
from helpers.sockets.waiting import calls_under_way

MEMORY = 1 << 30
"""Bytes of memory above what the process has when it starts, where the system can bound them."""
RECORDED = 2000
"""Calls of which the judge is told."""
LINE = 8 << 20
"""Bytes of an answer to the judge, at most."""
FORKS = 50
"""Times that it, and what it starts, may fork."""
THREADS_END = 1.0
"""Seconds that threads have to end after the function has come back."""
CUT_OFF, FORKED = 97, 98
"""Exit codes: it cannot speak to the judge any more; it has forked too often."""

_PlainSocket = socket.socket


def main() -> None:
    commands = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    for fd, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, 2)):
        os.dup2(target, fd)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    child = Child(commands, answers)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=child.count_fork, after_in_child=child.mute)
    child.run()


class Child:
    def __init__(self, commands: BinaryIO, answers: Any) -> None:
        self._commands = commands
        self._answers = answers
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._function: Any = None
        self._tape = Tape(RECORDED)
        self._token = ""
        self._threads: set[threading.Thread] = set()  # that were there before the call
        self._kept: list[socket.socket] = []  # that stay open after the call
        self._forks = mmap.mmap(-1, 2)  # shared with all that it starts

    def count_fork(self) -> None:
        count = int.from_bytes(self._forks[:], "big") + 1
        if count > FORKS:
            os._exit(FORKED)
        self._forks[:] = count.to_bytes(2, "big")

    def mute(self) -> None:
        """In a process that the function has forked: only the first one speaks to the judge."""
        self._answers = open(os.devnull, "wb", buffering=0)  # noqa: SIM115

    def run(self) -> None:
        install()
        self._load()
        threading.Thread(target=self._listen, name="judge", daemon=True).start()
        while (call := self._calls.get()) is not None:
            self._call(call)
        os._exit(0)  # threads that were left behind are none of ours to wait for

    def _load(self) -> None:
        import cloudpickle

        header = loads(self._commands.readline())
        self._token = header["token"]
        payload = self._commands.read(header["size"])
        _bound_memory()
        try:
            self._function = cloudpickle.loads(payload)
        except BaseException as error:
            self._tell(event="unloadable", text=f"{type(error).__name__}: {error}"[:300])
            os._exit(1)
        self._tell(event="loaded")

    def _listen(self) -> None:
        try:
            for each in self._commands:
                command = loads(each)
                if command["do"] == "state":
                    self._tell(event="state", **self._state())
                else:
                    self._calls.put(command)
        except BaseException:
            os._exit(CUT_OFF)
        os._exit(0)  # the judge has gone

    def _tell(self, **event: Any) -> None:
        try:
            line = plain.line({**event, "token": self._token})
        except MemoryError:
            line = b""
        if not line or len(line) > LINE:
            line = plain.line(
                {
                    **event,
                    "value": {"odd": "too large to be looked at"},
                    "entries": [],
                    "traces": [],
                    "token": self._token,
                }
            )
        try:
            with self._lock:
                self._answers.write(b"\n" + line)  # whatever the function has written there ends here
        except OSError:
            os._exit(CUT_OFF)

    def _call(self, command: dict[str, Any]) -> None:
        if command["do"] == "left":
            return self._tell(event="left", threads=self._left_threads())
        if command["do"] == "release":
            return self._release()
        self._tape = Tape(RECORDED)
        self._threads = set(threading.enumerate())
        before = {id(each) for each in live_sockets()}
        given: list[socket.socket] = []
        try:
            args = [*self._sockets(command, given), *(plain.argument(each) for each in command["args"])]
            self._tape.start()
            if command.get("iterate"):
                args = [*args[:-1], iter(args[-1])]
            result = self._function(*args)
            for more in command.get("again", ()):
                self._tell(event="item", value=plain.encode(result))
                result = self._function(*given, *more)
            if command.get("each") == "together":
                result = repr(list(result)).encode()
            elif command.get("each"):
                for item in result:
                    self._tell(event="item", value=plain.encode(item))
                result = None
            answer = self._returned(result, given)
        except BaseException as error:
            answer = self._raised(error)
        answer["left_open"] = _left_open(given, before)
        self._tape.stop()
        if command.get("rest"):
            answer["rest"] = plain.encode(_rest(given[0]))
        self._tell(**answer, **self._state())
        made = [each for each in live_sockets() if id(each) not in before]
        if command.get("keep"):
            self._kept += made
            return
        for each in made:
            each.close()

    def _release(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _sockets(self, command: dict[str, Any], given: list[socket.socket]) -> Iterator[Any]:
        """The socket that the function is given, if it is given one."""
        if command.get("connect"):
            conn = (_Sparing if command.get("sparing") else TRACED)(socket.AF_INET, socket.SOCK_STREAM)
            conn.connect(tuple(command["connect"]))
            conn.settimeout(command.get("timeout"))
            for option, value in command.get("options", ()):
                conn.setsockopt(socket.SOL_SOCKET, option, value)
            given.append(conn)
            self._tell(event="connected", address=list(conn.getsockname()))
            yield conn
        if command.get("listen"):
            listener = (_SparingListener if command.get("sparing") else TRACED)(socket.AF_INET, socket.SOCK_STREAM)
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            given.append(listener)
            self._tell(event="listening", address=list(listener.getsockname()))
            yield listener

    def _returned(self, result: Any, given: list[socket.socket]) -> dict[str, Any]:
        answer: dict[str, Any] = {"event": "returned", "value": plain.encode(result)}
        if isinstance(result, _PlainSocket):
            answer["socket"] = _described(result)
        answer["threads"] = len(self._new_threads())
        answer["given_open"] = all(each.fileno() >= 0 for each in given)
        return answer

    def _new_threads(self) -> list[threading.Thread]:
        """The function's threads that would keep a program from ending; those of a pool end by themselves."""
        pooled = getattr(pools, "_threads_queues", ())
        return [
            each
            for each in threading.enumerate()
            if each not in self._threads and not each.daemon and each not in pooled
        ]

    def _left_threads(self) -> int:
        """How many of them do not come to their end."""
        for each in self._new_threads():
            each.join(THREADS_END)
        return len(self._new_threads())

    def _raised(self, error: BaseException) -> dict[str, Any]:
        kinds = [_name(kind) for kind in type(error).__mro__]
        try:
            text = str(error)[:300]
        except Exception:
            text = ""
        frame, line = error.__traceback__, None
        cell = getattr(getattr(self._function, "__code__", None), "co_filename", None)
        while frame is not None:
            if frame.tb_frame.f_code.co_filename == cell:
                line = frame.tb_lineno
            frame = frame.tb_next
        return {"event": "raised", "kinds": kinds, "text": text, "line": line}

    def _state(self) -> dict[str, Any]:
        """What its sockets have done so far, and what they are waiting for."""
        if not self._tape.began:
            return {"entries": [], "traces": []}
        try:
            entries = list(self._tape.entries(len(self._tape)))
            under_way = [each for each in calls_under_way() if not each.trace.inner]
        except Exception:  # it changes while it is looked at
            return {"entries": [], "traces": []}
        seen: dict[int, Trace] = {}
        rows = [_row(each, seen) for each in (*entries, *under_way) if not each.trace.inner]
        for trace in list(seen.values()):
            if trace.listener is not None:
                seen.setdefault(trace.listener.number, trace.listener)
        return {"entries": rows, "traces": [_trace(each) for each in seen.values()]}


def _name(kind: type) -> str:
    """The name of a built-in class; of another one, with its module: whoever calls a class of their own EOFError has not raised EOFError."""
    name = kind.__name__
    return name if getattr(builtins, name, None) is kind else f"{kind.__module__}.{name}"


class _Sparing(TRACED):  # type: ignore[valid-type,misc]
    """A socket that takes two thirds of what it is given to send, and at least a byte: there may be room for no more at any time, on any system."""

    __slots__ = ()

    def _send(self, data: Any, flags: int = 0) -> int:
        whole = memoryview(data).cast("B")
        return super()._send(whole[: max(1, len(whole) * 2 // 3)], flags)


class _SparingListener(TRACED):  # type: ignore[valid-type,misc]
    """A listening socket whose connections are sparing."""

    __slots__ = ()

    def _accepted(self, fd: int, address: Any) -> tuple[socket.socket, Any]:
        connection, address = super()._accepted(fd, address)
        connection.__class__ = _Sparing
        return connection, address


def _left_open(given: list[socket.socket], before: set[int]) -> int:
    """How many sockets the function has made and not closed."""
    gc.collect()
    known = before | {id(each) for each in given}
    return sum(id(each) not in known for each in live_sockets())


def _rest(sock: socket.socket) -> bytes | None:
    """What is still to be read, up to the end of the stream; None if the socket is closed."""
    try:
        sock.settimeout(None)
        return b"".join(iter(lambda: sock.recv(1 << 16), b""))
    except OSError:
        return None


def _described(sock: socket.socket) -> dict[str, Any]:
    """What can be said of a socket that the function has returned, while it is open."""
    try:
        listens = bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        return {
            "family": int(sock.family), "type": int(sock.type), "listens": listens, "address": list(sock.getsockname())[:2]
        }  # fmt: skip
    except OSError as error:
        return {"error": type(error).__name__}


def _row(entry: Entry, seen: dict[int, Trace]) -> list[Any]:
    seen[entry.trace.number] = entry.trace
    made = (
        entry.more.detail[0] if entry.call == "accept" and entry.more and isinstance(entry.more.detail, tuple) else None
    )
    if isinstance(made, Trace):
        seen[made.number] = made
    return [
        entry.trace.number, entry.call, entry.begun, entry.ended, entry.thread.name, plain.encode(entry.data), entry.size, entry.asked, entry.offset,
        _more(entry), made.number if isinstance(made, Trace) else None,
    ]  # fmt: skip


def _more(entry: Entry) -> dict[str, Any] | None:
    if entry.more is None:
        return None
    detail = entry.more.detail
    if entry.call == "accept" and isinstance(detail, tuple):
        detail = detail[1]
    return entry.more._replace(detail=_plain_detail(detail), flags=int(entry.more.flags))._asdict()


def _plain_detail(detail: Any) -> Any:
    if isinstance(detail, (tuple, list)):
        return [_plain_detail(each) for each in detail]
    return detail if isinstance(detail, (str, int, float, type(None))) else None


def _trace(trace: Trace) -> dict[str, Any]:
    return {
        "number": trace.number,
        "family": int(trace.family),
        "kind": int(trace.kind),
        "role": trace.role,
        "local": _plain_detail(trace.local),
        "peer": _plain_detail(trace.peer),
        "bound": _plain_detail(trace.bound),
        "since": trace.since,
        "listener": trace.listener.number if trace.listener is not None else None,
        "timeout": _timeout(trace.find()),
    }


def _timeout(sock: socket.socket | None) -> float | None:
    return sock.gettimeout() if sock is not None and sock.fileno() >= 0 else None


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
