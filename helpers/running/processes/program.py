"""A program that runs in a process of its own: signals, `multiprocessing`, `fork`, its own logging, its own memory, its own part of the processor.

Comes in: source, or a function, which travels as cloudpickle writes it. Goes out: a `Program`; what its process prints, raises, asks, where it listens, and what its sockets do while somebody watches. `programs`
makes them. The process itself: `process.ChildProcess` from here, `child` from inside.
"""

from __future__ import annotations

import codecs
import contextlib
import itertools
import os
import pathlib
import shutil
import threading
from collections.abc import Callable, Iterable
from typing import Any

from helpers.recording.carried import Reader
from helpers.running import rest
from helpers.running.bell import Bell
from helpers.running.group import endings
from helpers.running.processes import spawning, together
from helpers.running.processes.channels import NAME
from helpers.running.processes.messages import (
    Answer,
    Asks,
    Event,
    Fell,
    Listening,
    Load,
    Loaded,
    Recorded,
    RecordedAll,
    SaysWhy,
    StartTape,
    Stop,
    StopTape,
    TellRest,
    command_line,
    read_event,
)
from helpers.running.processes.process import ChildProcess, end_all
from helpers.running.processes.together import Ask, SharedTape
from helpers.running.program import Program

GRACE = 2.0
"""Seconds that a program has to end itself when it is stopped; then it is ended, with whatever it has started."""
START = 10.0
"""Seconds that Python may take to begin, on a very busy machine, before `background` comes back all the same."""
_SCRIPT = str(pathlib.Path(__file__).with_name("main.py"))


class ProcessProgram(Program):
    """A program in a process of its own."""

    def __init__(self, code: Callable[[], object] | str, name: str, typed: Iterable[str] = ()) -> None:
        super().__init__(name, typed)
        self._source = code.encode("utf-8", "surrogatepass") if isinstance(code, str) else _packed(code, name)
        self._is_source = isinstance(code, str)
        self._process: _Process | None = None
        self._typing = threading.Lock()
        self._input = b""  # the rest of what was typed, for which there was no room yet
        self._no_more_input = False
        self._begun = Bell()
        self._tapes_at_their_end: dict[int, SharedTape] = {}
        self._asks_of: dict[int, Ask] = {}
        self._numbers = itertools.count(1)
        self._reader = Reader(name)
        self._start_up = 0.0

    @property
    def pid(self) -> int | None:
        """The number of its process; None before it is started."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        rest.across_processes = True
        self._process = _Process(self)
        together.live[self] = None
        shared = list(together.tapes.values())
        for tape in shared:
            tape.begins(self.name)
        tapes = tuple((tape.number, tape.limit) for tape in shared)
        path = os.environ.get("PYTHONPATH")
        if (
            os.name == "posix"
        ):  # before it begins: on a busy machine it would find nothing, and ask, while this thread waits for its turn
            self._feed()
        load = Load(self.name, len(self._source), self._is_source, self._process.token, path, tapes)
        try:
            self._process.begin(load, self._source)
        except BaseException:  # interrupted
            together.live.pop(self, None)
            raise
        self._feed()  # Windows: to write into a full pipe blocks until somebody reads

    def start_and_wait(self) -> None:
        self.start()
        self._begun.wait(START)
        self.wait_until_settled()

    def stop(self) -> None:
        """End it, as Ctrl-C ends a program in a terminal: `with` blocks unwind, the port is free. What does not end by itself is ended, with whatever it has started."""
        process = self._process
        if process is None:
            return
        if self.running:
            self._stop_asked = True
            if self._begun.is_set():
                process.tell(command_line(Stop()))
                if self._ended.wait(GRACE):
                    return
        process.end()

    def wait_for_rest(self, timeout: float) -> None:
        self.ask_rest(timeout).wait(timeout)

    def end_input(self) -> None:
        """Type Ctrl-D: nothing more will be typed, and it reads the end."""
        self._no_more_input = True
        self._feed()

    def _seconds_wanted(self) -> float:
        return self._process.seconds_wanted() - self._start_up if self._process is not None else 0.0

    def _take_typed(self, line: str) -> None:
        self._typed.append(line)
        self._feed()

    def _feed(self) -> bool:
        """Put what was typed into its standard input, as far as there is room: `select` is to find it there. Whether any of it went in."""
        with self._typing:
            while self._typed:
                self._input += self._typed.popleft().encode("utf-8", "surrogateescape")
            before = len(self._input)
            if self._process is not None:
                self._input = self._process.feed(self._input)
                if self._no_more_input and not self._input:
                    self._process.end_input()
            return len(self._input) < before

    # What others ask of it, who record.

    def ask_rest(self, seconds: float) -> Ask:
        return self._ask(lambda number: TellRest(number, seconds))

    def ask_start(self, tape: SharedTape) -> Ask:
        tape.begins(self.name)
        return self._ask(lambda number: StartTape(number, tape.number, tape.limit))

    def ask_stop(self, tape: SharedTape) -> Ask:
        self._tapes_at_their_end[tape.number] = tape
        return self._ask(lambda number: StopTape(number, tape.number))

    def _ask(self, command: Callable[[int], TellRest | StartTape | StopTape]) -> Ask:
        number, ask = next(self._numbers), Ask()
        self._asks_of[number] = ask
        if self._process is not None:
            self._process.tell(command_line(command(number)))
        if self not in together.live:
            ask.answer(None)
        return ask

    # What its process says, in the thread that listens to it.

    def heard(self, event: Event) -> None:
        match event:
            case Loaded():
                assert self._process is not None
                self._start_up = self._process.seconds_wanted()
                self._begun.set()
            case Listening(address):
                self.address = self.address or address  # type: ignore[assignment]
                self._settled.set()
                self._changed()
            case Asks(asking, hidden):
                if not (asking and self._feed()):
                    self._asks(asking, hidden)
            case Fell(text, interrupted):
                if not (interrupted and self._stop_asked):
                    self._errors.write(text)
            case SaysWhy():
                self._says_why = True
            case Answer(number, activity):
                if (ask := self._asks_of.pop(number, None)) is not None:
                    ask.answer(activity)
            case Recorded(number, carried):
                if (tape := self._tape(number)) is not None:
                    tape.add(self._reader.rows(carried))
            case RecordedAll(number, dropped):
                if (tape := self._tape(number)) is not None:
                    tape.ends(self.name, dropped)
                    self._tapes_at_their_end.pop(number, None)

    def _tape(self, number: int) -> SharedTape | None:
        return together.tapes.get(number) or self._tapes_at_their_end.get(number)

    def left(self, status: int) -> None:
        """Its process has gone; what it has started may run on."""
        together.live.pop(self, None)
        self.exit_status = status
        self._begun.set()
        for tape in (*together.tapes.values(), *self._tapes_at_their_end.values()):
            tape.lost(self.name, self._how_it_ended())
        for ask in list(self._asks_of.values()):
            ask.answer(None)
        self._asks_of.clear()

    def gone(self) -> None:
        """Nothing of it is left."""
        self._asks(False)
        self._has_ended()


class _Process(ChildProcess):
    """The process of a program."""

    def __init__(self, program: ProcessProgram) -> None:
        self._program = program
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        super().__init__([_SCRIPT], program.name, {NAME: program.name}, has_keyboard=True)
        if os.name == "posix":
            os.set_blocking(self._keyboard, False)

    def begin(self, load: Load, program: bytes) -> None:
        try:
            self._listen()
            self.tell(command_line(load) + program)
        except BaseException:  # interrupted
            self.end()
            raise

    def feed(self, data: bytes) -> bytes:
        """Write into its standard input; what there was no room for."""
        with contextlib.suppress(OSError):  # no room; or nobody reads any more, and what is typed is lost
            while data:
                data = data[os.write(self._keyboard, data) :]
        return data

    def end_input(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    @property
    def _keyboard(self) -> int:
        assert self._process.stdin is not None
        return -1 if self._process.stdin.closed else self._process.stdin.fileno()

    def _heard(self, line: bytes) -> None:
        event = read_event(line, self.token)
        if event is not None:
            self._program.heard(event)

    def _printed(self, data: bytes) -> None:
        if text := self._decoder.decode(data):
            self._program.write(text)

    def _left(self) -> None:
        self._program.left(self._process.wait())

    def _has_printed_all(self) -> None:
        self._end_all()
        shutil.rmtree(spawning.folder(self.token), ignore_errors=True)

    def _gone(self) -> None:
        if text := self._decoder.decode(b"", final=True):
            self._program.write(text)

    def _closed(self) -> None:
        self._program.gone()


def _packed(function: Any, name: str) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(function))
    except Exception as error:
        raise TypeError(
            f"The function {name!r} cannot go along into a process of its own, because of something that it uses from the notebook: "
            f"make that inside the function. ({type(error).__name__}: {error})"
        ) from None


def _stop_all() -> None:
    for each in list(together.live):
        if isinstance(each, ProcessProgram):
            each.stop()
    end_all()


endings.append(_stop_all)
