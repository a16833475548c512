"""What a program in the background prints, and what is typed into it: each thread's goes to and comes from its owner.

Comes in: calls of `print` and `input`, and of `sys.stdout`, `sys.stderr`, `sys.stdin`. Goes out: the same text to the program or server whose thread it is, or to the
stream that was there before. Text that a background thread prints would otherwise land in whatever cell is running (which one depends on ipykernel's version).
"""

from __future__ import annotations

import builtins
import functools
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from helpers.sockets import owners


class _Routed:
    """A standard stream that asks, at each call, whose thread is calling."""

    def __init__(self, plain: TextIO) -> None:
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class Screen(_Routed):
    """In the place of `sys.stdout` and `sys.stderr`."""

    def write(self, text: str) -> int:
        who = owners.owner()
        if who is None:
            return self._plain.write(text)
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        who.write(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if owners.owner() is None:
            self._plain.flush()

    def isatty(self) -> bool:
        return owners.owner() is None and self._plain.isatty()


class Keyboard(_Routed):
    """In the place of `sys.stdin`."""

    def readline(self, *limit: int) -> str:
        who = owners.owner()
        return self._plain.readline(*limit) if who is None else who.read_line()

    def read(self, *limit: int) -> str:
        return self._plain.read(*limit) if owners.owner() is None else "".join(self)

    def __next__(self) -> str:
        if owners.owner() is None:
            return next(self._plain)
        if line := self.readline():
            return line
        raise StopIteration

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain) if owners.owner() is None else iter(self.readline, "")

    def fileno(self) -> int:
        if owners.owner() is None:
            return self._plain.fileno()
        raise io.UnsupportedOperation("a program in the background has no terminal")

    def isatty(self) -> bool:
        return owners.owner() is None and self._plain.isatty()


def routed_input(plain: Callable[[str], str]) -> Callable[[str], str]:
    """`input`, for a program from what is typed into its window, for everybody else `plain`. Given a routed one, gives it back."""
    if getattr(plain, "is_routed", False):
        return plain

    @functools.wraps(plain)
    def ask(prompt: object = "", /) -> str:
        who = owners.owner()
        if who is None:
            return plain(prompt)  # type: ignore[arg-type]
        who.write(str(prompt))
        line = who.read_line()
        if not line:
            raise EOFError("nobody types here")
        return line.removesuffix("\n")

    ask.is_routed = True  # type: ignore[attr-defined]
    return ask


def install() -> None:
    """Route the standard streams. Called again whenever a program starts: others (a test, `redirect_stdout`) replace them too."""
    for name, routed in (("stdout", Screen), ("stderr", Screen), ("stdin", Keyboard)):
        plain = getattr(sys, name)
        if not isinstance(plain, _Routed):
            setattr(sys, name, routed(plain))
    builtins.input = routed_input(builtins.input)  # type: ignore[assignment]


def uninstall() -> None:
    """Put the streams back that were there."""
    for name in ("stdout", "stderr", "stdin"):
        routed = getattr(sys, name)
        if isinstance(routed, _Routed):
            setattr(sys, name, routed._plain)
    builtins.input = getattr(builtins.input, "__wrapped__", builtins.input)
