"""Where a patient falls ill: its program runs in the background, its callers are programs too, all of it is recorded, and the kernel is asked.

    bed.run("with socket.create_server(('127.0.0.1', 0)) as listener:\\n    mend_1(listener)")   # the sick program, and what starts it
    bed.record()                                                                          # from here on it is in the picture
    bed.call("ada", lambda conn: conn.recv(1024))                                         # a caller, who waits there for ever if need be
    bed.look("ada says nothing")                                                          # a row of the kernel's states
    bed.note("open descriptors", "2")                                                     # what else there is to see

Comes in: the source of the sick program. Goes out: a `Chart`. Everybody here is brought to rest before the next one does anything, so that each run is the same; at the end all are stopped, and nothing is left.
Who may import it: the patients, and the clinic.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from helpers.exercises.lesson19.chart import Chart, Vital, Vitals
from helpers.recording.events import Event
from helpers.running.thread_program import ThreadProgram
from helpers.sockets.registry import meet_all
from helpers.watching.states import States
from helpers.watching.watcher import Watch

RESTS = 0.3
"""Seconds that anybody here has to come to rest, on a machine that has nothing else to do: one that spins never does."""
ILL = 20.0
"""Seconds of wall-clock time in which whatever has to happen has happened, on any machine."""
LISTENS = "with socket.create_server(('127.0.0.1', 0)) as listener:\n    {name}(listener)"
"""How a server of the clinic is started."""


class Bed:
    """Where one patient lies."""

    def __init__(self, number: int, name: str, source: str) -> None:
        """`name`: of the function in `source`, which is sick."""
        self.name = name
        self.program: ThreadProgram | None = None
        """The sick one."""
        self.turns = 0
        """How often its first thread has called the methods that were to be counted (`run`)."""
        self._number = number
        self._source = source
        self._recording = Watch()
        self._states: States | None = None
        self._vitals: list[Vital] = []
        self._programs = contextlib.ExitStack()
        self._recorded = contextlib.ExitStack()

    def run(self, main: str = LISTENS, counted: str = "", name: str = "") -> ThreadProgram:
        """Start the sick program, and wait until it waits for somebody. `main`: what starts it, where that is not a listening socket; "{name}" is the function. `counted`: the name of a Python method whose calls are counted.
        `name`: its lane in the picture, where it is started once more."""
        source = f"import socket\n{self._source.strip()}\n\n{main.format(name=self.name)}\n"
        self.program = self.start(name or f"patient {self._number}", lambda: self._execute(source, counted))
        if self.program.address is not None and self._states is None:
            self._states = States(self.program)
        return self.program

    def record(self) -> None:
        """From here on all is in the picture."""
        self._recorded.enter_context(self._recording)

    def stop_recording(self) -> None:
        """What comes now is not in the picture."""
        self._recorded.close()

    def call(self, name: str, talk: Callable[[socket.socket], object]) -> ThreadProgram:
        """Somebody connects to the sick program and talks with it; comes back when there is nothing more to do for anybody: he may wait then. `name`: the lane in the picture."""
        address = self.address

        def caller() -> None:
            with socket.create_connection(address) as conn:
                talk(conn)

        return self.start(name, caller)

    def visit(self, name: str, talk: Callable[[socket.socket], object]) -> None:
        """Somebody connects to the sick program, talks with it, and goes; comes back when they have gone. `name`: as for `call`."""
        caller = self.call(name, talk)
        self.wait(lambda: not caller.running)

    def serve(self, name: str, talk: Callable[[socket.socket], object]) -> tuple[str, int]:
        """Somebody whom the sick program calls, where it is a client: the address. `talk`: with each who connects, one after another."""

        def server() -> None:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                while True:
                    conn, _ = listener.accept()
                    with conn:
                        talk(conn)

        program = self.start(name, server)
        assert program.address is not None
        self._states = States(program)
        return program.address[0], program.address[1]

    def start(self, name: str, code: Callable[[], object]) -> ThreadProgram:
        """A program of that name in the background; comes back when it, and all others, wait for something or have ended."""
        program = ThreadProgram(code, name)
        self._programs.callback(program.stop)
        program.start()
        program.wait_for_rest(RESTS)
        self.rest()
        return program

    def rest(self) -> None:
        """Wait until the sick program has nothing to do; not for long, since one that spins always has."""
        if self.program is not None:
            self.program.wait_for_rest(RESTS)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait until something has happened that is bound to happen. TimeoutError if it does not: the clinic itself is ill then."""
        until = time.monotonic() + ILL
        while not ready():
            if time.monotonic() > until:
                raise TimeoutError(f"Patient {self._number} did not fall ill as it should have: {ready!r}.")
            time.sleep(0.001)

    def watch(self, *whom: Any) -> None:
        """Ask the kernel about these from now on: sockets, addresses, programs; of others than the sick program, which is asked about anyway if it listens."""
        self._states = States(*whom)

    def look(self, label: str) -> None:
        """Ask the kernel. `label`: what has happened, for the row of the picture."""
        if self._states is not None:
            self.rest()
            self._states.look(label)

    def calls(self, method: str) -> list[Event]:
        """Of that method, by anybody, which are in the picture so far."""
        return [each for each in self._recording.so_far().events if each.call == method]

    def note(self, what: str, value: str) -> None:
        """What else shows the illness. What is another at each run begins with "measured: "."""
        self._vitals.append(Vital(what, value))

    def open_sockets(self) -> int:
        """How many sockets the sick program holds open, each with a descriptor."""
        self.rest()
        return sum(self.program is not None and each.program == self.program.name for each in meet_all())

    @property
    def address(self) -> tuple[str, int]:
        """Where the sick program listens."""
        assert self.program is not None and self.program.address is not None
        return self.program.address[0], self.program.address[1]

    def chart(self, title: str, complaint: str) -> Chart:
        """What there is to see."""
        self.stop_recording()
        return Chart(title, complaint, self._recording, self._states, Vitals(self._vitals))

    def close(self) -> None:
        """All go home; nothing of it is left."""
        self.stop_recording()
        self._programs.close()

    def _execute(self, source: str, counted: str) -> None:
        """The program, as a file of its own would run."""
        module = types.ModuleType("__main__")
        if counted:
            sys.setprofile(lambda frame, event, _: self._count(frame, event, counted))
        try:
            exec(compile(source, f"patient {self._number}", "exec", dont_inherit=True), module.__dict__)
        finally:
            if counted:
                sys.setprofile(None)

    def _count(self, frame: types.FrameType, event: str, counted: str) -> None:
        if event == "call" and frame.f_code.co_name == counted:
            self.turns += 1
