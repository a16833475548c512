"""The socket bench: the calls of a conversation on buttons, pressed in any order. Each press makes the real call on a real socket."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from helpers import boxes, console, kernel_view, pictures, sockets, threads
from helpers.console import visible
from helpers.events import Event, shown
from helpers.link import sock_diag
from helpers.panels.panel import Panel, part_of
from helpers.pictures.drawing import Picture
from helpers.pictures.kernel import MEANINGS
from helpers.recording import Recording

CODE = {
    "create": "{name} = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "bind": "{name}.bind(('127.0.0.1', 0))",
    "listen": "{name}.listen()",
    "accept": "conn, addr = {name}.accept()",
    "connect": "{name}.connect(address)",
    "send": "{name}.sendall({data!r})",
    "recv": "{name}.recv(1024)",
    "close": "{name}.close()",
}
"""The buttons, and the line that each of them runs."""
ADDRESS = "address = server.getsockname()"
"""Follows the server's `bind`, as in lesson 3, or a `listen` without one, for which the system chooses the address: the clients' `connect` goes
there, also when the server is closed."""

CLIENT, SERVER = "the client's program", "the server's program"
SOCKETS = {"client": CLIENT, "server": SERVER, "conn": SERVER}
"""The names of the sockets, each with the program that makes its calls: one call at a time."""
PRESSES = [f"{name}.{call}" for name in SOCKETS for call in CODE if (name, call) != ("conn", "create")]
"""What can be pressed. Only `accept` makes a `conn`."""

LINES = 200
"""Lines after which the bench asks to start over: more nobody reads."""
LONGEST = 100
"""Characters of a text that is sent at most."""
CALLS = 2000
"""Calls that are recorded while a line runs, those of others among them."""
REST = 0.25
"""Seconds that a press takes at most, until its call has returned, or waits. Most take two milliseconds."""
SETTLED, PAUSE = 0.1, 0.002
"""Seconds for which the kernel's states may go on changing after a press (the peer's system may let the confirmation wait), and between two looks."""
CONNECT = 4.0
"""Seconds for a `connect` that was pressed ahead: to be refused takes two on Windows."""

FIRST = "Press create on the server or on the client. Every button makes its call, and any order is allowed."

_benches: dict[str, SocketBench] = {}  # by the cell that made them


def bench(*presses: str) -> SocketBench:
    """A bench with two sockets to be made, and the calls of both on buttons. `presses` are done ahead, in this order.

    Each press is a real call. It runs in a program of its socket's side, the client's or the server's, so that one may wait while the other
    goes on. What it gives, or raises, stands in the bench, with the line of code; below, the life cycle of the sockets. As the last line of
    a cell the bench is shown; a cell that runs again closes the one it made before. ValueError for a press that there is no button for.

    >>> helpers.panels.bench("server.create", "server.bind", "server.listen")
    """
    for press in presses:
        _check(press)
    cell = _this_cell()
    if cell is not None and (former := _benches.pop(cell, None)) is not None:
        former.close()
    made = SocketBench()
    if cell is not None:
        _benches[cell] = made
    made.begin(presses)
    return made


def _check(press: str) -> None:
    if press not in PRESSES:
        raise ValueError(f"The bench has no button {press!r}. It has: {', '.join(PRESSES)}.")


def _this_cell() -> str | None:
    """What the notebook calls the cell that is running; None where that is not known."""
    try:
        from IPython.core.getipython import get_ipython

        parent = get_ipython().get_parent()  # type: ignore[union-attr]
    except (ImportError, AttributeError):
        return None
    return parent.get("metadata", {}).get("cellId")


class _BenchSocket(sockets.PollingSocket):
    """Waits in short turns on every system: an interrupt of its call leaves the socket as it is, as it would in a cell."""

    __slots__ = ()

    if sockets.WOKEN_BY_SHUTDOWN:
        _connect = sockets.Socket._connect  # after one in turns that was refused, Linux refuses to try again

    # A call that this socket cannot make has nothing to wait for: the system says so at once.

    def _accept(self) -> Any:
        return super()._accept() if self._trace.role == "listening" else socket.SocketType._accept(self)  # type: ignore[attr-defined]

    def _recv(self, *args: Any) -> bytes:
        return super()._recv(*args) if self._has_peer() else socket.SocketType.recv(self, *args)

    def _send(self, *args: Any) -> int:
        return super()._send(*args) if self._has_peer() else socket.SocketType.send(self, *args)

    def _has_peer(self) -> bool:
        return self._trace.peer is not None and self.fileno() >= 0

    def _accepted(self, fd: int, address: Any) -> tuple[sockets.Socket, Any]:
        made = type(self)(self.family, self.type, self.proto, fileno=fd)
        made.setblocking(True)  # macOS hands down what the listening one is
        return made, address


_BenchSocket.__name__ = _BenchSocket.__qualname__ = "socket"
_BenchSocket.__module__ = "socket"

_MODULE = types.SimpleNamespace(socket=_BenchSocket, AF_INET=socket.AF_INET, SOCK_STREAM=socket.SOCK_STREAM)
"""What the lines know as `socket`."""


@dataclasses.dataclass(eq=False)
class Line:
    """A press: its code, and what became of it."""

    name: str
    call: str
    code: str
    stage: str
    """What its socket was when it was pressed."""
    running: bool = True
    waited: bool = False
    value: bytes = b""
    """What `recv` gave."""
    error: str = ""
    """The name of the class of what it raised."""
    words: str = ""
    """The same as the system words it. The course's notes are left out: they speak of cells to run, and here is none."""
    reason: str = ""
    """The same in our words, which are alike on every system."""
    dropped: list[str] = dataclasses.field(default_factory=list)
    """The names of open sockets that were lost: nothing refers to them any more."""

    def fell(self, error: BaseException) -> None:
        interrupted = isinstance(error, KeyboardInterrupt)  # a Stopped is one
        self.error = "KeyboardInterrupt" if interrupted else type(error).__name__
        self.words = self.error if interrupted else traceback.format_exception_only(error)[0].rstrip()
        self.reason = _reason(self, error)

    @property
    def outcome(self) -> str:
        """What became of it, in a few words; nothing where it has only returned."""
        said = ["waited"] if self.waited and not self.error else []
        if self.error:
            said.append(f"{self.error}: {self.reason}" if self.reason else self.error)
        elif self.call == "recv":
            bytes_shown = shown(self.value, len(self.value), 2 * LONGEST)
            said.append(f"→ {bytes_shown}" + ("" if self.value else ", the end: the peer sends no more"))
        elif self.call == "accept":
            said.append("conn is a new socket")
        said += [f"closes the {name} of before, to which nothing refers any more" for name in self.dropped]
        return "; ".join(said)

    @property
    def told(self) -> str:
        """It and its outcome, in a sentence."""
        first = self.code.splitlines()[0]
        if self.running:
            return f"{first} waits {_WAITS.get(self.call, '')}".rstrip()
        if not self.outcome:
            return f"{first} has returned"
        return f"{first} {self.outcome}" if self.outcome.startswith("→") else f"{first}: {self.outcome}"

    @property
    def written(self) -> str:
        """It and its outcome, as code."""
        if self.running:
            return f"# {self.code}  (waits)"
        first, *more = self.code.splitlines()
        commented = f"{first}  # {self.outcome}" if self.outcome else first
        return commented if self.error else "\n".join([commented, *more])


def _reason(line: Line, error: BaseException) -> str:
    """Why a call fails, in words that are the same on every system."""
    if isinstance(error, NameError):
        return _NAMES.get(error.name or "", "")
    for kind, reason in _ERRORS.items():
        if isinstance(error, kind) and (
            line.stage == "connected" or kind in (KeyboardInterrupt, ConnectionRefusedError)
        ):
            return reason
    return _CLOSED if line.stage == "closed" else _STAGES.get((line.call, line.stage), "")


_WAITS = {
    "accept": "for a client: connect one, or stop waiting",
    "connect": "for an answer",
    "recv": "for bytes: let the peer send or close, or stop waiting",
    "send": "for room: the peer has to receive",
}
_NAMES = {
    "client": "there is no client yet; create makes one",
    "server": "there is no server yet; create makes one",
    "conn": "there is no conn yet; accept makes one",
    "address": "no address is known yet; the server's bind gives it one",
}
_ERRORS = {
    KeyboardInterrupt: "you stopped it while it waited",
    ConnectionRefusedError: "nobody listens at this address",
    ConnectionResetError: "the peer has broken the connection off",
    ConnectionAbortedError: "the connection is broken off",
    BrokenPipeError: "the peer has closed, and takes no more bytes",
}
_CLOSED = "a closed socket does nothing any more; create makes a new one"
_NO_PEER = "it is not connected: there is nobody to talk to"
_ONE_ADDRESS = "it has an address already"
_STAGES = {
    **{(call, stage): _NO_PEER for call in ("send", "recv") for stage in ("created", "bound")},
    **{
        (call, "listening"): "a listening socket never talks; the conn that accept makes does"
        for call in ("send", "recv")
    },
    **{(call, "broken off"): "the connection is broken off" for call in ("send", "recv")},
    ("accept", "created"): "it does not listen yet",
    ("accept", "bound"): "it does not listen yet",
    ("accept", "connected"): "it is one end of a connection; only a listening socket accepts",
    ("bind", "bound"): _ONE_ADDRESS,
    ("bind", "listening"): _ONE_ADDRESS,
    ("bind", "connected"): _ONE_ADDRESS,
    ("listen", "connected"): "it is one end of a connection, and a socket does not listen and talk",
    ("connect", "connected"): "it is connected already, and a socket has one peer",
    ("connect", "listening"): "it listens, and a socket does not listen and talk",
}


class _Side(threads.ThreadGroup):
    """One of the two programs: it makes one call at a time, in a thread that is there as long as the call takes."""

    def __init__(self, name: str, ended: Callable[[], None]) -> None:
        super().__init__(name)
        self._ended = ended
        self.line: Line | None = None
        """The one that is under way."""
        self._namespace: dict[str, Any] = {}

    @property
    def busy(self) -> str:
        """Why it can do nothing else now."""
        return f"{self.name} waits in {self.line.name}.{self.line.call}" if self.line is not None else ""

    def begin(self, namespace: dict[str, Any]) -> None:
        """Run `line`, and do not wait for it. RuntimeError where the system gives no more threads."""
        self._namespace = namespace
        try:
            self.spawn(self._run_line, self.line, namespace)
        except BaseException:
            if not self.threads():
                self.line = None
            raise

    def interrupt(self) -> bool:
        """End the call that waits, as an interrupted cell does: its socket stays as it is. Whether it has ended."""
        self.stopped = True
        line = self.line
        if line is not None and line.call == "connect" and line.name in self._namespace:
            sockets.wake(
                self._namespace[line.name]
            )  # on Linux it is one long wait, and the socket of no use without it
        for thread in self.threads():
            thread.join(threads.STOP_TIMEOUT)
        self.stopped = False
        return self.line is None

    def fell(self, error: BaseException) -> None:
        """A line keeps what it raises."""

    def write(self, text: str) -> None:
        """A line prints nothing."""

    def finished(self) -> None:
        self.line = None
        self._ended()

    def _run_line(self, line: Line, namespace: dict[str, Any]) -> None:
        before = {name: each for name, each in namespace.items() if isinstance(each, socket.SocketType)}
        try:
            line.value = (eval if line.call == "recv" else exec)(line.code, namespace) or b""  # one of `CODE`
        except BaseException as error:
            line.fell(error)
        while before:
            name, former = before.popitem()
            if namespace.get(name) is former:
                continue
            if former.fileno() >= 0:
                line.dropped.append(name)
                # Nothing refers to it any more, and Python would close it, with a warning that here nobody could heed.
                socket.close(socket.SocketType.detach(former))
        line.running = False


class _Part:
    """Of a recording, what the bench's own sockets did, by their numbers."""

    def __init__(self, recording: Recording, numbers: set[int]) -> None:
        self.events = [_as_in_a_cell(event) for event in recording.events if event.socket.number in numbers]
        self.conversations = [
            talk
            for talk in recording.conversations
            if any(end is not None and end.number in numbers for end in (talk.client, talk.server))
        ]
        self.dropped = recording.dropped


def _as_in_a_cell(event: Event) -> Event:
    """The call as somebody's who pressed for it: what failed counts, as it would not in a server that only ends."""
    error = "KeyboardInterrupt" if event.error == threads.Stopped.__name__ else event.error
    return dataclasses.replace(event, program=None, error=error)


class SocketBench(Panel):
    """Made by `bench`."""

    label = "socket bench"
    script = "bench"

    def __init__(self) -> None:
        super().__init__()
        threads.install()
        console.install()
        self._looking = threading.Lock()
        self._acting = False
        self._recording: Recording | None = None  # there is one while a line runs
        self._picture: Picture = pictures.life_cycle()
        self._begin_anew()

    def begin(self, presses: Iterable[str]) -> None:
        """Press these, one after the other."""
        try:
            for press in presses:
                self.press(press)
                self._wait_for_connect()
        except BaseException:  # the cell was interrupted
            self.close()
            raise

    def press(self, press: str, text: str = "hello") -> None:
        """Press a button: "server.create", "client.send"… `text` is what `send` sends. ValueError where there is no such button.

        Returns when the call has returned or raised, or waits for something; after `REST` seconds at the latest.
        """
        _check(press)
        name, call = press.split(".")
        with self._action() as goes:
            if goes:
                self._press(name, call, text[:LONGEST].encode("utf-8", "replace"))

    def stop_waiting(self, name: str) -> None:
        """Interrupt the call in which the program of the socket `name` waits. The socket stays as it is. ValueError for another name."""
        if name not in SOCKETS:
            raise ValueError(f"The bench has no socket {name!r}. It has: {', '.join(SOCKETS)}.")
        with self._action() as goes:
            if goes and not self._sides[SOCKETS[name]].interrupt():
                self._status = (
                    "The call cannot be stopped: Python cannot interrupt it. Restart the kernel to be rid of it."
                )

    def start_over(self) -> None:
        """Close everything, and begin with nothing."""
        with self._action() as goes:
            if goes:
                self._end()
                self._begin_anew()

    # What there is to see

    @property
    def status(self) -> str:
        """What happened last."""
        return "closed; run the cell again for a new bench" if self.closed else self._status

    @property
    def program(self) -> str:
        """The lines, in the order in which their calls came to an end, so that one may run them so; then those that wait."""
        return "\n".join(["import socket", *(line.written for line in [*self._ended, *self._under_way])])

    @property
    def error(self) -> str:
        """What the latest press raised, as this system words it."""
        return visible(self._error)

    def describe(self) -> str:
        """The panel in plain text."""
        lines = [self.label, *(f"- {row['name']}: {row['words']}" for row in self._rows), ""]
        lines += [*(f"    {line}" for line in self.program.splitlines()), "", self.status]
        lines += [self._missing] if self._missing else []
        return "\n".join([*lines, "", self._picture.describe()])

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel."""
        return boxes.frame(
            self.label,
            *(boxes.title(row["name"], row["words"], above=number > 0) for number, row in enumerate(self._rows)),
            boxes.title("Latest", self.status, mono=False, above=True),
            boxes.text("the program", self.program),
            boxes.text("what is missing", self._missing),
            f'<div style="padding: 5px 8px">{self._picture.as_html()}</div>',
        )

    def fixed(self) -> dict[str, Any]:
        return {"names": list(SOCKETS), "calls": list(CODE), "presses": PRESSES, "longest": LONGEST}

    def seen(self) -> dict[str, Any]:
        picture = self._picture
        return {
            "rows": self._rows,
            "said": {"status": self.status, "error": self.error, "missing": self._missing, "closed": self.closed},
            "program": self.program,
            "picture": part_of(picture),
        }

    def __repr__(self) -> str:
        return f"<socket bench: {self.status}>"

    # What is done

    def _do(self, message: dict[str, Any]) -> None:
        match message:
            case {"do": "press", "press": str(press), "text": str(text)}:
                self.press(press, text)
            case {"do": "stop", "name": str(name)}:
                self.stop_waiting(name)
            case {"do": "start over"}:
                self.start_over()
            case _:
                raise ValueError(message)

    @contextlib.contextmanager
    def _action(self) -> Iterator[bool]:
        """Something is done in this block, and looked at afterwards. Gives whether the bench is still open."""
        with self._lock:
            self._acting = True
            try:
                yield not self.closed
            finally:
                self._acting = False
                self._look()
        self._changed()

    def _press(self, name: str, call: str, data: bytes) -> None:
        side = self._sides[SOCKETS[name]]
        if side.line is not None:
            self._status = f"{name}.{call} has to wait its turn: {side.busy}"
            return
        if len(self._ended) >= LINES:
            self._status = f"{LINES} lines are enough for one program. Start over for more"
            return
        stage = _stage(self._namespace.get(name))
        code = CODE[call].format(name=name, data=data)
        if (name, call) == ("server", "bind") or (name, call, stage) == ("server", "listen", "created"):
            code += f"\n{ADDRESS}"
        line = Line(name, call, code, stage)
        with self._looking:
            if self._recording is None:
                self._recording = Recording(CALLS)
                self._recording.start()
            side.line = line
            self._under_way.insert(0, line)
            self._error = ""
        try:
            side.begin(self._namespace)
        except RuntimeError as error:
            self._under_way.remove(line)
            self._status = f"The call cannot be made: {error}"
            return
        self._wait_for_rest()
        if line.running:
            line.waited = True
            self._status = line.told

    def _wait_for_rest(self) -> None:
        """Wait until every call has returned, or waits itself."""
        alive = [side.threads for side in self._sides.values()]
        threads.wait_for_rest(REST, lambda: {thread.ident or 0 for each in alive for thread in each()})

    def _wait_for_connect(self) -> None:
        for side in self._sides.values():
            if side.line is not None and side.line.call == "connect":
                for thread in side.threads():
                    thread.join(CONNECT)

    def _end(self) -> None:
        """Nothing goes on, and nothing is left open."""
        with self._lock:
            for side in self._sides.values():
                side.interrupt()
                side.stop_threads()  # closes its sockets
            self._look()  # which ends the recording

    def _begin_anew(self) -> None:
        self._sides = {program: _Side(program, self._line_ended) for program in (CLIENT, SERVER)}
        self._namespace: dict[str, Any] = {"socket": _MODULE}
        self._ended: list[Line] = []
        self._under_way: list[Line] = []
        self._numbers: set[int] = set()  # of the bench's own sockets
        self._parts: list[_Part] = []  # of the recordings before
        self._status, self._error, self._missing = FIRST, "", ""
        self._rows: list[dict[str, str]] = []
        self._look()

    # What has become of it

    def _line_ended(self) -> None:
        """Called in the thread of a line, when that has ended."""
        if self._acting or self.closed:  # whoever acts looks afterwards
            return
        self._look()
        self._changed()

    def _look(self) -> None:
        """See what the calls have done. Called from several threads."""
        with self._looking:
            self._file_lines()
            self._rows = self._look_at_sockets()
            try:
                self._picture = pictures.life_cycle(*self._recorded())
            except Exception as error:  # the buttons still work
                self._error = f"The life cycle cannot be drawn: {type(error).__name__}: {error}"

    def _file_lines(self) -> None:
        """The one that was pressed last comes first among those that have ended: the others waited for it."""
        ended = [line for line in self._under_way if not line.running]
        for line in ended:
            self._under_way.remove(line)
        self._ended += ended
        if ended:
            self._status = "; ".join(line.told for line in ended)
            self._error = "\n".join(line.words for line in ended if line.error)

    def _recorded(self) -> list[Any]:
        """What the bench's sockets did, press by press: in the order of the presses, not of causes alone."""
        self._numbers |= {sock._trace.number for sock in self._sockets().values()}
        if self._recording is None:
            return self._parts
        if any(side.line is not None for side in self._sides.values()):
            return [*self._parts, _Part(self._recording, self._numbers)]
        self._recording.stop()
        self._parts.append(_Part(self._recording, self._numbers))
        self._recording = None
        return self._parts

    def _sockets(self) -> dict[str, _BenchSocket]:
        """Those that there are, by their names."""
        return {name: self._namespace[name] for name in SOCKETS if name in self._namespace}

    def _look_at_sockets(self) -> list[dict[str, str]]:
        """For each what it is, in Python and in the kernel: as a whole (`words`), and in parts."""
        made = self._sockets()
        states, missing = _kernel_states(made)
        ended = any(sock.fileno() < 0 and sock._trace.peer and name not in states for name, sock in made.items())
        self._missing = missing if ended else ""
        return [self._row(name, made.get(name), states.get(name, "")) for name in SOCKETS]

    def _row(self, name: str, sock: _BenchSocket | None, state: str) -> dict[str, str]:
        side = self._sides[SOCKETS[name]]
        line = side.line
        stage = _stage(sock) or ("not there yet: accept makes it" if name == "conn" else "not there yet")
        if line is not None:
            stage += f", waits in {line.call}" if line.name == name else f"; {side.busy}"
        if not state and _stage(sock) not in ("", "created"):
            state = "not listed"
        means = MEANINGS.get(state, "")
        kernel = f"; the kernel: {state}{f' ({means})' if means else ''}" if state else ""
        return {
            "name": name,
            "stage": stage,
            "waits": line.call if line is not None and line.name == name else "",
            "busy": "yes" if line is not None else "",
            "kernel": state,
            "means": means,
            "words": stage + kernel,
        }


def _stage(sock: socket.socket | None) -> str:
    """Where in its life `sock` is; nothing where there is none."""
    if sock is None:
        return ""
    if sock.fileno() < 0:
        return "closed"
    trace = sock._trace  # type: ignore[attr-defined]
    if trace.role == "listening":
        return "listening"
    try:
        if trace.peer is not None:
            return "connected" if sock.getpeername() else ""
    except OSError:
        return "broken off"
    return "bound" if trace.bound is not None else "created"


def _kernel_states(made: dict[str, _BenchSocket]) -> tuple[dict[str, str], str]:
    """What the kernel says of each socket that it lists, the closed ones too; and in words what it does not show here."""
    ends = {name: (sock._trace.local, sock._trace.peer) for name, sock in made.items() if _may_be_listed(sock)}
    deadline = time.monotonic() + SETTLED
    while True:
        states, missing = _ask_about(ends)
        if not _PASSING & set(states.values()) or time.monotonic() >= deadline:
            return states, missing
        threads.plain_sleep(PAUSE)


_PASSING = {"FIN_WAIT1", "CLOSING", "LAST_ACK"}
"""States that last for a moment, where both ends are on one computer."""


def _may_be_listed(sock: _BenchSocket) -> bool:
    """Whether the kernel may list it: a connection that was closed lives on there."""
    return sock._trace.peer is not None or (sock.fileno() >= 0 and sock._trace.role == "listening")


def _ask_about(ends: dict[str, tuple[Any, Any]]) -> tuple[dict[str, str], str]:
    if not ends:
        return {}, ""
    if sock_diag.works():  # a thousand times quicker than the whole list
        return {name: state for name, end in ends.items() if (state := sock_diag.state(*end))}, ""
    entries, missing = kernel_view.ask()
    listed = {(entry.local, entry.remote): entry.state for entry in entries}
    return {name: listed[end] for name, end in ends.items() if listed.get(end) in MEANINGS}, missing
