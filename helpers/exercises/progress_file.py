"""How far the learner has come, kept in a file in the learner's folder, across kernels.

Comes in: how a check went. Goes out: the state of an exercise, and how far it came. Who may import it: the exercises' front, and the overview.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

from helpers.notebook.files import write
from helpers.notebook.learner import folder
from helpers.pictures.progress import HOLDS, NOT_STARTED, TRIED

LOCKED = 1.0
"""Seconds that another kernel may take to change the file."""
STATES = (NOT_STARTED, TRIED, HOLDS)
TRIES = "tries"
"""Beside the states: of each exercise how far its last try came, and the day."""
MOST = 1000
"""Scenarios that an exercise may have, in a file that is to be believed."""
TAKEN = (FileExistsError, PermissionError) if sys.platform == "win32" else (FileExistsError,)
"""What says that another kernel has the lock; on Windows the second one, while it is being deleted."""


def file() -> pathlib.Path:
    """Where it is kept."""
    return folder() / "progress.json"


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known of an exercise."""

    state: str = NOT_STARTED
    held: int | None = None
    """Scenarios in which it held, at the last try of all of them; None: not known, as in files of older versions."""
    scenarios: int = 0
    """Those that there were."""
    day: str = ""
    """Of the last try, such as 2026-11-30."""


def known() -> dict[str, Known]:
    """Of each exercise that was tried, by its key. Nothing of a file that is damaged, or of a kind that this version does not know."""
    try:
        content: Any = json.loads(file().read_text(encoding="utf-8"))
        states: dict[Any, Any] = dict(content["exercises"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    tries = content.get(TRIES)
    far = tries if isinstance(tries, dict) else {}
    return {str(name): _known(value, far.get(name)) for name, value in states.items() if value in STATES}


def state(name: str) -> str:
    """One of STATES."""
    return known().get(name, Known()).state


def tried(name: str) -> bool:
    return state(name) != NOT_STARTED


def note(name: str, started: bool, passed: bool, held: int | None = None, scenarios: int = 0) -> None:
    """Remember a check: in how many of its scenarios it held; None where they were not all tried, and what is known of that stays.

    What held once stays so. A file that cannot be written is no reason to fail.
    """
    if not started:
        return
    with contextlib.suppress(OSError), alone():
        every = known()
        before = every.get(name, Known())
        if before.state == HOLDS and not passed:
            return
        if held is None:
            held, scenarios = before.held, before.scenarios
        now = Known(HOLDS if passed else TRIED, held, scenarios, time.strftime("%Y-%m-%d"))
        if now != before:
            _write({**every, name: now})


@contextlib.contextmanager
def alone() -> Iterator[None]:
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


def _known(state: str, far: object) -> Known:
    """`far`: how far it has come, as the file has it; what in it is nonsense counts as not known."""
    if not isinstance(far, dict):
        return Known(state)
    held, scenarios, day = (far.get(name) for name in ("held", "scenarios", "day"))
    day = day if isinstance(day, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII) else ""
    if type(held) is int and type(scenarios) is int and 0 <= held <= scenarios <= MOST:
        return Known(state, held, scenarios, day)
    return Known(state, day=day)


def _write(every: dict[str, Known]) -> None:
    """States as in every file of version 1, so that an older version of the course reads them; how far it was, beside them."""
    content = {
        "version": 1,
        "exercises": {name: each.state for name, each in every.items()},
        TRIES: {
            name: {"held": each.held, "scenarios": each.scenarios, "day": each.day}
            for name, each in every.items()
            if each.day
        },
    }
    write(file(), json.dumps(content, indent=1).encode())
