"""The standard streams of a program in a process of its own: pipes, which behave to the program as a terminal does.

Comes in: lines, which stand in the pipe as soon as they are typed. Goes out: what the program prints, and each line that it has read, as a terminal shows what was typed. Whoever made the process is told when the
program begins to wait for a line, and when it goes on. Who imports it: `child`.
"""

from __future__ import annotations

import getpass
import io
import os
import sys
from collections.abc import Callable
from typing import Any

from helpers.running.processes.pipes import is_readable

Asks = Callable[[bool, bool], None]
"""Called when it waits for a line from now on, or no longer; and whether that is not to be seen."""
A_WHILE = 60.0
"""Seconds that it waits at a time; it is interrupted in between."""


class Keyboard(io.RawIOBase):
    """Under `sys.stdin`: a line at a time, as a terminal gives them."""

    name = "<stdin>"
    mode = "rb"

    def __init__(self, asks: Asks) -> None:
        self._asks = asks
        self.hidden = False
        self.waits = False
        """Whether its thread waits for a line, and has not taken the last byte of it just now."""

    def readable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def readinto(self, buffer: Any) -> int:
        line = self._line(len(buffer))
        if not self.hidden:
            echo(line)
        buffer[: len(line)] = line
        return len(line)

    def _line(self, most: int) -> bytes:
        line = bytearray()  # no more than that is taken out of the pipe: `select` is to find the next one there
        waits = False
        try:
            while len(line) < most and not line.endswith(b"\n"):
                if not self.has_line():
                    if not waits:
                        waits = True
                        self._asks(True, self.hidden)
                    self.waits = True
                    while not is_readable(0, A_WHILE):
                        pass  # where nothing interrupts a read that waits, Python looks here for Ctrl-C
                    self.waits = False
                if not (byte := os.read(0, 1)):
                    break
                line += byte
        finally:
            self.waits = False
            if waits:
                self._asks(False, self.hidden)
        return bytes(line)

    def has_line(self) -> bool:
        """Whether something was typed that it has not read."""
        return is_readable(0)


def echo(line: bytes) -> None:
    """Show what was typed."""
    while line:
        line = line[os.write(1, line) :]


def install(asks: Asks) -> Keyboard:
    """Put the streams in their places."""
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        errors = stream.errors if stream is sys.stderr else "strict"
        stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")
        stream.isatty = lambda: True  # type: ignore[method-assign]
    keyboard = Keyboard(asks)
    reader = io.BufferedReader(keyboard)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(reader, encoding="utf-8", errors="strict")  # type: ignore[misc]
    plain = getpass.getpass

    def ask(prompt: str = "Password: ", stream: Any = None, *, echo_char: str | None = None) -> str:
        echo(str(prompt).encode())  # past whatever `sys.stdout` is: a terminal is asked itself
        keyboard.hidden = True
        try:
            line = sys.__stdin__.readline()  # type: ignore[union-attr]
        finally:
            keyboard.hidden = False
        echo(((echo_char or "") * len(line.removesuffix("\n")) + "\n").encode())
        if not line:
            raise EOFError
        return line.removesuffix("\n")

    ask.__name__, ask.__qualname__, ask.__module__, ask.__doc__ = "getpass", "getpass", "getpass", plain.__doc__
    getpass.getpass = ask
    return keyboard
