"""A program as a terminal has it: what `python3 file.py` writes there, with somebody who types; to be compared with the same program in a window."""

from __future__ import annotations

import codecs
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

PATIENCE = 30.0
"""Seconds that anything may take at most, on a busy machine."""

needs_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminals that Python can open"
)


def in_terminal(file: Path, source: str, typed: Iterable[tuple[str, str]] = (), then: str = "") -> str:
    """What stands in a terminal in which `file`, with this source, was run by `python3`.

    `typed`: pairs of what is waited for (the end of what stands there) and the line that is typed then. `then`: keys that are pressed after that.
    """
    import fcntl
    import termios

    file.write_text(source, encoding="utf-8")
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, file.name], stdin=theirs, stdout=theirs, stderr=theirs, cwd=file.parent, start_new_session=True,
        env={**os.environ, "TERM": "dumb", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    try:
        return _conversation(ours, [*typed], then)
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def _conversation(terminal: int, typed: list[tuple[str, str]], then: str) -> str:
    seen, place, deadline = "", 0, time.monotonic() + PATIENCE
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while time.monotonic() < deadline:
        if typed and seen[place:].endswith(typed[0][0]):
            place = len(seen)
            os.write(terminal, f"{typed.pop(0)[1]}\n".encode())
        elif then and not typed:
            os.write(terminal, then.encode())
            then = ""
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so that nobody has it open any more
            return seen
        if not data:
            return seen
        seen += decoder.decode(data).replace("\r\n", "\n")
    raise AssertionError(f"it did not end; {typed} were not asked for; so far it has written {seen!r}")


IN_THIS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes a terminal its program's own, so that Ctrl-C in the one ends the other."""


class Terminal:
    """A terminal in which one program runs: one sees what it shows, and types into it."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ours, theirs = os.openpty()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", IN_THIS_TERMINAL, *command],
                cwd=folder,
                env=os.environ | {"TERM": "dumb", "PYTHONUTF8": "1"},
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
        finally:
            os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def shows(self, pattern: str) -> None:
        """Wait until what it shows matches `pattern`."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            assert self._look(deadline), f"{pattern!r} is not in {self.shown!r}"

    def ends(self) -> int:
        """Wait until its program has ended. Its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._look(deadline):
            pass
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()  # does nothing to one that has ended
        self.process.wait(PATIENCE)
        os.close(self._ours)

    def _look(self, deadline: float) -> bool:
        """Wait for what it shows next. False: nothing will come, or nothing came in time."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        try:
            data = os.read(self._ours, 4096) if ready else b""
        except OSError:  # so Linux says that the program has ended
            data = b""
        self.shown += self._decoder.decode(data).replace("\r\n", "\n")
        return bool(data)
