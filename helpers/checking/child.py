"""The learner's half of a check: a process of its own, in which nothing but the learner's function runs.

It is told what to do by lines on its standard input, and answers by lines on what was its standard output. Whatever the function prints goes to
the standard error, which the judge bounds. A second thread listens meanwhile, so that the judge can ask what a call that does not come back is waiting for.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

from helpers import sockets
from helpers.checking import plain
from helpers.tapes import Entry, Tape, Trace

MEMORY = 1 << 30
"""Bytes of memory above what the process has when it starts, where the system can bound them."""
RECORDED = 2000
"""Calls of which the judge is told."""


def main() -> None:
    commands = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    for fd, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, 2)):
        os.dup2(target, fd)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    Child(commands, answers).run()


class Child:
    def __init__(self, commands: BinaryIO, answers: Any) -> None:
        self._commands = commands
        self._answers = answers
        self._lock = threading.Lock()
        self._calls: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._function: Any = None
        self._tape = Tape(RECORDED)
        self._thread = threading.get_ident()

    def run(self) -> None:
        sockets.install()
        self._load()
        threading.Thread(target=self._listen, name="judge", daemon=True).start()
        while (call := self._calls.get()) is not None:
            self._call(call)
        os._exit(0)  # threads that were left behind are none of ours to wait for

    def _load(self) -> None:
        import cloudpickle

        size = json.loads(self._commands.readline())["size"]
        _bound_memory()
        self._function = cloudpickle.loads(self._commands.read(size))
        self._tell(event="loaded")

    def _listen(self) -> None:
        for each in self._commands:
            command = json.loads(each)
            if command["do"] == "state":
                self._tell(event="state", **self._state())
            else:
                self._calls.put(command)
        os._exit(0)  # the judge has gone

    def _tell(self, **event: Any) -> None:
        with self._lock:
            self._answers.write(plain.line(event))

    def _call(self, command: dict[str, Any]) -> None:
        self._tape = Tape(RECORDED)
        before = {id(each) for each in sockets.live_sockets()}
        given: list[socket.socket] = []
        try:
            args = [*self._sockets(command, given), *(plain.decode(each) for each in command["args"])]
            self._tape.start()
            if command.get("iterate"):
                args = [*args[:-1], iter(args[-1])]
            result = self._function(*args)
            if command.get("each"):
                for item in result:
                    self._tell(event="item", value=plain.encode(item))
                result = None
            answer = self._returned(result, given, before)
        except BaseException as error:
            answer = self._raised(error)
        self._tape.stop()
        self._tell(**answer, **self._state())
        for each in sockets.live_sockets():
            if id(each) not in before:
                each.close()

    def _sockets(self, command: dict[str, Any], given: list[socket.socket]) -> Iterator[Any]:
        """The socket that the function is given, if it is given one."""
        if command.get("connect"):
            conn = socket.create_connection(tuple(command["connect"]))
            conn.settimeout(command.get("timeout"))
            for option, value in command.get("options", ()):
                conn.setsockopt(socket.SOL_SOCKET, option, value)
            given.append(conn)
            self._tell(event="connected", address=list(conn.getsockname()))
            yield conn
        if command.get("listen"):
            listener = socket.create_server(("127.0.0.1", 0))
            given.append(listener)
            self._tell(event="listening", address=list(listener.getsockname()))
            yield listener

    def _returned(self, result: Any, given: list[socket.socket], before: set[int]) -> dict[str, Any]:
        answer: dict[str, Any] = {"event": "returned", "value": plain.encode(result)}
        if isinstance(result, socket.socket):
            answer["socket"] = _described(result)
        del result
        gc.collect()
        ours = [id(each) for each in given]
        left = [each for each in sockets.live_sockets() if id(each) not in before and id(each) not in ours]
        answer["left_open"] = len(left)
        answer["given_open"] = all(each.fileno() >= 0 for each in given)
        return answer

    def _raised(self, error: BaseException) -> dict[str, Any]:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        try:
            text = str(error)[:300]
        except Exception:
            text = ""
        frame, line = error.__traceback__, None
        while frame is not None:
            line, frame = frame.tb_lineno, frame.tb_next
        return {"event": "raised", "kinds": kinds, "text": text, "line": line}

    def _state(self) -> dict[str, Any]:
        """What its sockets have done so far, and what they are waiting for."""
        if not self._tape.began:
            return {"entries": [], "traces": []}
        try:
            entries = list(self._tape.entries(len(self._tape)))
            under_way = [each for each in sockets.calls_under_way() if not each.trace.inner]
        except Exception:  # it changes while it is looked at
            return {"entries": [], "traces": []}
        seen: dict[int, Trace] = {}
        rows = [_row(each, seen) for each in (*entries, *under_way) if not each.trace.inner]
        for trace in list(seen.values()):
            if trace.listener is not None:
                seen.setdefault(trace.listener.number, trace.listener)
        return {"entries": rows, "traces": [_trace(each) for each in seen.values()]}


def _described(sock: socket.socket) -> dict[str, Any]:
    """What can be said of a socket that the function has returned, while it is open."""
    try:
        listens = bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        return {"type": int(sock.type), "listens": listens, "address": list(sock.getsockname())[:2]}
    except OSError as error:
        return {"error": type(error).__name__}


def _row(entry: Entry, seen: dict[int, Trace]) -> list[Any]:
    seen[entry.trace.number] = entry.trace
    more = dataclasses.asdict(_More.of(entry)) if entry.more else None
    made = (
        entry.more.detail[0] if entry.call == "accept" and entry.more and isinstance(entry.more.detail, tuple) else None
    )
    if isinstance(made, Trace):
        seen[made.number] = made
    return [
        entry.trace.number, entry.call, entry.begun, entry.ended, entry.thread.name, plain.encode(entry.data), entry.size, entry.asked, entry.offset,
        more, made.number if isinstance(made, Trace) else None,
    ]  # fmt: skip


@dataclasses.dataclass
class _More:
    error: str | None
    detail: Any
    flags: int
    timeout: float | None

    @classmethod
    def of(cls, entry: Entry) -> _More:
        assert entry.more is not None
        error, detail, flags, timeout = entry.more
        if entry.call == "accept" and isinstance(detail, tuple):
            detail = detail[1]
        return cls(error, _plain_detail(detail), int(flags), timeout)


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
    }


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
