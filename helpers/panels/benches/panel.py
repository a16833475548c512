"""The socket bench: the calls of a conversation on buttons, pressed in any order. Each press makes the real call on a real socket.

Comes in: presses, from a cell or from the live widget. Goes out: the lines that they ran and what became of them, the state of each socket, the picture of the
life cycle. The cell that makes a bench closes the one it made before.
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import reprlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from helpers import pictures
from helpers.notebook import boxes
from helpers.notebook.cell import running_cell
from helpers.panels.benches.line import ADDRESS, CODE, LONGEST, Line
from helpers.panels.benches.side import Side
from helpers.panels.benches.sockets import MODULE, BenchSocket, kernel_states, stage_of
from helpers.panels.excerpt import Excerpt, excerpt
from helpers.panels.panel import Panel, part_of, stored
from helpers.pictures.drawing import Picture
from helpers.pictures.kernel import MEANINGS
from helpers.recording.events import Event, Recorded
from helpers.recording.recorder import Recording
from helpers.running.install import install
from helpers.running.rest import wait_for_rest
from helpers.sockets.owners import Guard, Stopped
from helpers.words import visible

CLIENT, SERVER = "the client's program", "the server's program"
SOCKETS = {"client": CLIENT, "server": SERVER, "conn": SERVER}
"""The names of the sockets, each with the program that makes its calls: one call at a time."""
PRESSES = [f"{name}.{call}" for name in SOCKETS for call in CODE if (name, call) != ("conn", "create")]
"""What can be pressed. Only `accept` makes a `conn`."""

LINES = 200
"""Lines after which the bench asks to start over: more nobody reads."""
CALLS = 2000
"""Calls that are recorded while a line runs, those of others among them."""
REST = 0.25
"""Seconds that a press takes at most, until its call has returned, or waits. Most take two milliseconds."""
CONNECT = 4.0
"""Seconds for a `connect` that was pressed ahead: to be refused takes two on Windows."""

FIRST = "Press create on the server or on the client. Every button makes its call, and any order is allowed."

_benches: dict[str, tuple[str, list[SocketBench]]] = {}  # by the cell that made them: in which run of it, and which


def bench(*presses: str) -> SocketBench:
    """A bench with two sockets to be made, and the calls of both on buttons. `presses` are done ahead, in this order.

    Each press is a real call. It runs in a program of its socket's side, the client's or the server's, so that one may wait while the other
    goes on. What it gives, or raises, stands in the bench, with the line of code; below, the life cycle of the sockets. As the last line of
    a cell the bench is shown; a cell that runs again closes the one it made before. ValueError for a press that there is no button for.

    >>> helpers.panels.bench("server.create", "server.bind", "server.listen")
    """
    for press in presses:
        _check(press)
    made = SocketBench()
    _close_former(made)
    made.begin(presses)
    return made


def _close_former(made: SocketBench) -> None:
    """Close what the cell that makes this one made when it ran before."""
    cell, run = running_cell()
    if cell is None:
        return
    former_run, benches = _benches.get(cell, ("", []))
    if run != former_run:
        for bench in benches:
            bench.close()
        benches = []
    _benches[cell] = run, [*benches, made]


def _check(press: str) -> None:
    if press not in PRESSES:
        raise ValueError(f"The bench has no button {press!r}. It has: {', '.join(PRESSES)}.")


def _of_bench(recording: Recorded, numbers: Collection[int]) -> Excerpt:
    """Of a recording, what the bench's own sockets did, by their numbers."""
    events = [_as_in_a_cell(event) for event in recording.events if event.socket.number in numbers]
    return excerpt(recording, events, numbers)


def _as_in_a_cell(event: Event) -> Event:
    """The call as somebody's who pressed for it: what failed counts, as it would not in a server that only ends."""
    error = "KeyboardInterrupt" if event.error == Stopped.__name__ else event.error
    return dataclasses.replace(event, program=None, error=error)


class SocketBench(Panel):
    """Made by `bench`."""

    label = "socket bench"
    script = pathlib.Path(__file__).with_name("bench")

    def __init__(self) -> None:
        super().__init__()
        install()
        self._looking = Guard()
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

    def press(self, press: str, text: str | bytes = "hello") -> None:
        """Press a button: "server.create", "client.send"… `text` is what `send` sends. ValueError where there is no such button.

        Returns when the call has returned or raised, or waits for something; after `REST` seconds at the latest.
        """
        _check(press)
        if not isinstance(text, str | bytes):
            raise TypeError(
                f"What is sent is a text or bytes: bench.press('client.send', b'hello'). This is {reprlib.repr(text)}."
            )
        data = text[:LONGEST] if isinstance(text, bytes) else text[:LONGEST].encode("utf-8", "replace")
        name, call = press.split(".")
        with self._action() as goes:
            if goes:
                self._press(name, call, data)

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
        return "\n".join(["import socket", *(line.as_code for line in [*self._ended, *self._under_way])])

    @property
    def error(self) -> str:
        """What the latest press raised, as this system words it."""
        return visible(self._error)

    @property
    def namespace(self) -> dict[str, Any]:
        """What the lines know by name: `socket`, and what they have made so far, `server`, `address`, `client`, `conn`."""
        return self._namespace

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
            stored(self._picture),
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
        stage = stage_of(self._namespace.get(name))
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
            self._status = line.as_sentence

    def _wait_for_rest(self) -> None:
        """Wait until every call has returned, or waits itself."""
        alive = [side.threads for side in self._sides.values()]
        wait_for_rest(REST, lambda: {thread.ident or 0 for each in alive for thread in each()})

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
        self._sides = {program: Side(program, self._line_ended) for program in (CLIENT, SERVER)}
        self._namespace: dict[str, Any] = {"socket": MODULE}
        self._ended: list[Line] = []
        self._under_way: list[Line] = []
        self._numbers: set[int] = set()  # of the bench's own sockets
        self._parts: list[Excerpt] = []  # of the recordings before
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
            self._status = "; ".join(line.as_sentence for line in ended)
            self._error = "\n".join(line.words for line in ended if line.error)

    def _recorded(self) -> list[Excerpt]:
        """What the bench's sockets did, press by press: in the order of the presses, not of causes alone."""
        self._numbers |= {sock._trace.number for sock in self._sockets().values()}
        if self._recording is None:
            return self._parts
        if any(side.line is not None for side in self._sides.values()):
            return [*self._parts, _of_bench(self._recording, self._numbers)]
        self._recording.stop()
        self._parts.append(_of_bench(self._recording, self._numbers))
        self._recording = None
        return self._parts

    def _sockets(self) -> dict[str, BenchSocket]:
        """Those that there are, by their names."""
        return {name: self._namespace[name] for name in SOCKETS if name in self._namespace}

    def _look_at_sockets(self) -> list[dict[str, str]]:
        """For each what it is, in Python and in the kernel: as a whole (`words`), and in parts."""
        made = self._sockets()
        states, missing = kernel_states(made)
        ended = any(sock.fileno() < 0 and sock._trace.peer and name not in states for name, sock in made.items())
        self._missing = missing if ended else ""
        return [self._row(name, made.get(name), states.get(name, "")) for name in SOCKETS]

    def _row(self, name: str, sock: BenchSocket | None, state: str) -> dict[str, str]:
        side = self._sides[SOCKETS[name]]
        line = side.line
        stage = stage_of(sock) or ("not there yet: accept makes it" if name == "conn" else "not there yet")
        if line is not None:
            stage += f", waits in {line.call}" if line.name == name else f"; {side.busy}"
        if not state and stage_of(sock) not in ("", "created"):
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
