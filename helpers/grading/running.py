"""One process that judges: started in its sandbox, read line by line, ended whatever it does. What it says is bounded, and looked at.

Comes in: a notebook, the exercises that are wanted of it. Goes out: a verdict for each, whatever happens. Who may import it: outcomes, and the command.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from helpers.checking.exercise import Exercise
from helpers.exercises import exercises
from helpers.grading import verdict
from helpers.grading.sandbox import ELSEWHERE, MISSING, PACKAGE, Refused, in_sandbox, refuse_root, why_not
from helpers.grading.verdict import NO_VERDICT, UNREADABLE, Verdict
from helpers.recording.fields import Told, line_of

LINE = 16 << 20
"""Bytes of a line that is looked at."""
COMPLAINTS = 4_000
"""Bytes kept of what it writes to its standard error, the last ones."""
STARTS = 30.0
"""Seconds that it has to start, on however busy a machine, beyond those that were given to each exercise."""
A_LOOK = 0.1
"""Seconds between two looks whether somebody wants it to stop."""
ENDS = 2.0
"""Seconds that its pipes have to close when it has ended."""


class Settings(NamedTuple):
    """How submissions are judged."""

    seed: int
    seconds: int = 60
    """For each exercise, of the clock: whoever needs more gets no verdict."""
    sandboxed: bool = True
    compiled: str = ""
    """A folder of `compiling`, for sandboxes."""
    given: Mapping[int, Sequence[str]] = {}
    """For a lesson's number, the names that its notebook defines itself: none of them is a slip of the pen."""


class Stopped(Exception):
    """Somebody wants no more verdicts."""


def try_sandbox() -> None:
    """Refused, with what to mend, unless a sandbox runs here."""
    refuse_root()
    if sys.platform != "linux":
        raise Refused(ELSEWHERE)
    if shutil.which("bwrap") is None:
        raise Refused(f"{MISSING} With --no-sandbox they run as you do, and may read and change whatever you may.")
    run = Run(b'{"cells": []}', [], Settings(0), threading.Event())
    if not run.is_ready:
        raise Refused(why_not(run.complaints))


def judge(
    notebook: bytes, wanted: Sequence[Exercise], settings: Settings, stop: threading.Event, folder: Path | None = None
) -> list[Verdict]:
    """A verdict for each of the exercises of a lesson that are `wanted`, in their order. `folder`: in which they run, without a sandbox."""
    verdicts: list[Verdict] = []
    while left := wanted[len(verdicts) :]:
        run = Run(notebook, left, settings, stop, folder)
        verdicts += run.verdicts
        if run.unreadable:
            verdicts += [
                Verdict(each.key, UNREADABLE, run.unreadable, of=len(each.scenarios))
                for each in wanted[len(verdicts) :]
            ]
        # Of one that ended in the middle the next run begins with that exercise, alone in a sandbox: only then it is to blame.
        elif len(verdicts) < len(wanted) and (run.is_late or not run.verdicts):
            verdicts.append(
                Verdict(wanted[len(verdicts)].key, NO_VERDICT, run.why, of=len(wanted[len(verdicts)].scenarios))
            )
    return verdicts


class Run:
    """A process that judges, from its start to its end."""

    def __init__(
        self, notebook: bytes, wanted: Sequence[Exercise], settings: Settings, stop: threading.Event, folder: Path | None = None
    ) -> None:  # fmt: skip
        self.verdicts: list[Verdict] = []
        """Those that it gave, in order; no more than were asked for."""
        self.is_ready = self.is_late = False
        self.unreadable = ""
        """Why it could not read the notebook."""
        self.why = ""
        """Why it said no more, in a sentence."""
        self._wanted = wanted
        self._seconds = settings.seconds
        self._said: queue.Queue[bytes | None] = queue.Queue(100)
        self._complaints = b""
        self._readers: list[threading.Thread] = []
        with contextlib.ExitStack() as stack:
            given = stack.enter_context(tempfile.TemporaryFile())
            given.write(line_of(_request(wanted, settings)) + notebook)
            given.seek(0)
            here = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self._process = _start(given, settings, here)
            try:
                self._listen(stop)
            finally:
                self._end()

    @property
    def complaints(self) -> str:
        """What it wrote to its standard error, the end of it."""
        return self._complaints.decode("utf-8", "replace")

    def _listen(self, stop: threading.Event) -> None:
        assert self._process.stdout is not None and self._process.stderr is not None
        for read, stream in ((self._read_lines, self._process.stdout), (self._read_complaints, self._process.stderr)):
            reader = threading.Thread(target=read, args=[stream], name="helpers: grading", daemon=True)
            self._readers.append(reader)
            reader.start()
        until = time.monotonic() + self._seconds + STARTS
        while time.monotonic() < until:
            if stop.is_set():
                raise Stopped
            try:
                line = self._said.get(timeout=A_LOOK)
            except queue.Empty:
                continue
            if line is None or not self._takes(verdict.read_line(line)):
                self._say_why()
                return
            until = time.monotonic() + self._seconds
        self.is_late = True
        self.why = f"There was no verdict within {self._seconds} s."

    def _takes(self, told: Told) -> bool:
        """Whether this line makes sense here."""
        if not self.is_ready:
            self.is_ready = told.get("ready") is True
            return self.is_ready
        if isinstance(why := told.get("unreadable"), str):
            self.unreadable = why[: verdict.SENTENCE]
            return True
        try:
            self.verdicts.append(verdict.read(told, self._wanted[len(self.verdicts)]))
        except (ValueError, LookupError):
            return False
        return True

    def _say_why(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDS)
        code = self._process.poll()
        last = self.complaints.strip().splitlines()
        said = f": {last[-1][:200]}" if last and not self.is_ready else ""
        self.why = f"The process that judged it ended before it had a verdict (exit status {code}){said}."

    def _read_lines(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (line := stream.readline(LINE)).endswith(b"\n"):
                self._said.put(line)
        self._said.put(None)

    def _read_complaints(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(stream.fileno(), 1 << 16):
                self._complaints = (self._complaints + data)[-COMPLAINTS:]

    def _end(self) -> None:
        """Nothing of it is left: with the first process of a sandbox all others end."""
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        until = time.monotonic() + ENDS
        while any(each.is_alive() for each in self._readers) and time.monotonic() < until:
            with contextlib.suppress(queue.Empty):  # it may have said more than anybody wanted to hear
                self._said.get(timeout=0.01)
        for stream, reader in zip((self._process.stdout, self._process.stderr), self._readers, strict=False):
            if stream is not None and not reader.is_alive():  # without a sandbox something that hid may keep the pipe
                stream.close()


def _request(wanted: Sequence[Exercise], settings: Settings) -> Told:
    lesson = wanted[0].lesson if wanted else 0
    return {
        "lesson": lesson,
        # Of all exercises: told, since each sandbox would have to load all lessons to know them.
        "given": [*settings.given.get(lesson, ()), *(each.name for each in exercises())],
        "wanted": [each.key for each in wanted],
        "seed": settings.seed,
        "seconds": settings.seconds * max(len(wanted), 1),
        "sandboxed": settings.sandboxed,
    }


def _start(given: BinaryIO, settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "helpers.grading.inside"]
    environment = {"PATH": os.defpath} if settings.sandboxed else {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.Popen(
        in_sandbox(command, settings.compiled) if settings.sandboxed else command,
        stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=folder, start_new_session=True,
    )  # fmt: skip
