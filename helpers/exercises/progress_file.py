"""How far the learner has come, kept in a file in the learner's folder, across kernels.

Comes in: how a check went. Goes out: the state of an exercise, and an overview of all. Who may import it: the exercises' front.
"""

from __future__ import annotations

import contextlib
import dataclasses
import html
import json
import os
import pathlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from helpers.notebook.learner import FOLDER_VARIABLE as FOLDER_VARIABLE
from helpers.notebook.learner import folder, write

LOCKED = 1.0
"""Seconds that another kernel may take to change the file."""
STATES = ("not started", "tried", "holds")
TAKEN = (FileExistsError, PermissionError) if sys.platform == "win32" else (FileExistsError,)
"""What says that another kernel has the lock; on Windows the second one, while it is being deleted."""


def file() -> pathlib.Path:
    """Where it is kept."""
    return folder() / "progress.json"


def state(name: str) -> str:
    """One of STATES."""
    return _read().get(name, STATES[0])


def tried(name: str) -> bool:
    return state(name) != STATES[0]


def note(name: str, started: bool, passed: bool) -> None:
    """Remember a check. What held once stays so. A file that cannot be written is no reason to fail."""
    if not started:
        return
    with contextlib.suppress(OSError), _alone():
        known = _read()
        reached = STATES[2] if passed or known.get(name) == STATES[2] else STATES[1]
        if known.get(name) != reached:
            _write({**known, name: reached})


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other kernel changes the file in this block; for a second at most, since whoever holds the lock may have died."""
    lock = file().with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + LOCKED
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except TAKEN:
            if time.monotonic() > until:
                break
            time.sleep(0.002)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _read() -> dict[str, str]:
    """What is known; nothing of a file that is damaged, or of a kind that this version does not know."""
    try:
        known: Any = json.loads(file().read_text(encoding="utf-8"))
        exercises = known["exercises"]
        return {str(name): value for name, value in exercises.items() if value in STATES}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _write(known: dict[str, str]) -> None:
    write(file(), json.dumps({"version": 1, "exercises": known}, indent=1).encode())


@dataclasses.dataclass(frozen=True)
class Overview:
    """Lesson, exercise and state of each."""

    rows: list[tuple[int, str, str]]

    def describe(self) -> str:
        held = sum(state == STATES[2] for _, _, state in self.rows)
        lines = [f"{held} of {len(self.rows)} exercises hold"]
        lines += [f"  lesson {lesson}  {name:18} {state}" for lesson, name, state in self.rows]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.describe()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.describe(), "text/html": self.as_html()}

    def as_html(self) -> str:
        """As a table."""
        held = sum(state == STATES[2] for _, _, state in self.rows)
        rows = "".join(
            f"<tr><td>{lesson}</td><td><code>{html.escape(name)}</code></td><td>{state}</td></tr>"
            for lesson, name, state in self.rows
        )
        head = "<tr><th scope='col'>lesson</th><th scope='col'>exercise</th><th scope='col'>state</th></tr>"
        return f"<table><caption>{held} of {len(self.rows)} exercises hold</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
