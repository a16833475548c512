"""What came of the learner's checks: a line each in `attempts.jsonl`, beside the progress file; and, for whoever wants it, the same lines where the class's instructor sees them.

Comes in: how a check went. Goes out: a line of JSON, and what such lines tell, whoever wrote them. Who may import it: the exercises' front, and `class_page` with its command, which reads what is shared.

Two files, and two questions. `progress.json` says how far somebody has come: it alone is asked what holds, what was tried, what is next. `attempts.jsonl` says what happened, check after check, and nothing
of the above is worked out from it: either may be deleted, and the other goes on. There is no code in it, and no text of the learner's: numbers, a time, and the exercise's name.

What is shared lies in a folder that the class gives each learner (NETWORKING_COURSE_CLASS names it, see `class_page/shared.py`). That the file is there is the learner's yes: `share` makes it, `take_back` deletes it,
and nobody else does either.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from helpers.checking.exercise import Exercise
from helpers.checking.report import Report
from helpers.exercises.progress_file import alone
from helpers.notebook.files import open_file
from helpers.notebook.learner import CLASS_VARIABLE, folder
from helpers.recording.fields import (
    Damaged,
    Told,
    line_of,
    object_in,
    seconds_or_none,
    text,
    truth,
    whole,
    whole_or_none,
)

NAME = "attempts.jsonl"
LARGEST = 1 << 20
"""Bytes of such a file, some six thousand checks; then nothing is added any more. What is there stays: it is the learner's."""
LONGEST = 1_000
"""Bytes of a line that is read."""
MOST = 1_000
"""Scenarios that an exercise may have, in a line that is to be believed."""
LONG = 1e6
"""Seconds that a check may take, in such a line."""
FULL = LARGEST - LONGEST
"""Bytes in such a file, to which nothing is added."""
TIME = "%Y-%m-%dT%H:%M:%SZ"
TAIL = 64 << 10
"""Bytes of such a file that are looked at, the last ones: some four hundred checks."""
ADDING = os.O_RDWR | os.O_APPEND


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A check that came to its end."""

    time: float
    """When it did, in seconds since 1970."""
    exercise: str
    """Its key."""
    holds: bool
    held: int | None
    """Scenarios in which it held; None where only one was played."""
    of: int
    """How many there are."""
    scenario: int | None
    """The number of the one in which it fell, 0 where it fell before the first; None if it did not fall."""
    misconception: int | None
    """Its number in the course's list; None where it is none of these."""
    only: int | None
    """The number of the one scenario that was played; None: all."""
    seed: int | None
    """None where it was no number of an ordinary size."""
    seconds: float
    """That the check took."""


def file() -> Path:
    """Where they are kept."""
    return folder() / NAME


def _off() -> Path:
    """That this file is there says that the learner wants none kept."""
    return folder() / "attempts.off"


def shared_file() -> Path | None:
    """Where those lie that are shared, if they are; None where there is no class."""
    given = os.environ.get(CLASS_VARIABLE)
    # Where no such user is, as in ~nobody/class, the words stay as they are: nothing is found there, and no check fails.
    return Path(os.path.expanduser(given)).absolute() / NAME if given else None


def is_kept() -> bool:
    return not os.path.lexists(_off())


def is_shared() -> bool:
    path = shared_file()
    return is_kept() and path is not None and os.path.isfile(path) and not os.path.islink(path)


def is_full(path: Path) -> bool:
    """Whether nothing is added to it any more."""
    try:
        return os.lstat(path).st_size >= FULL
    except OSError:
        return False


def note(exercise: Exercise, report: Report, seconds: float) -> None:
    """Add a line for a check that came to its end, to both files if it is shared. One that cannot be written is lost, and no reason to fail."""
    if not is_kept():
        return
    line = line_of(_told(_of_report(exercise, report, seconds)))
    with contextlib.suppress(OSError):
        file().parent.mkdir(parents=True, exist_ok=True)
        _append(file(), line, ADDING | os.O_CREAT)
    with contextlib.suppress(OSError):
        if is_shared() and (path := shared_file()):
            _append(path, line, ADDING)


def _of_report(exercise: Exercise, report: Report, seconds: float) -> Attempt:
    fell = report.fallen
    titles = [each.title for each in exercise.scenarios]
    return Attempt(
        time.time(),
        exercise.key,
        report.passed,
        None if report.only else report.held,
        report.scenarios,
        None if fell is None else titles.index(fell.scenario) + 1 if fell.scenario in titles else 0,
        None if fell is None else fell.misconception,
        report.only,
        report.seed if type(report.seed) is int and abs(report.seed) < 1 << 63 else None,
        seconds,
    )


def keep(wanted: bool) -> None:
    """Whether checks are noted from now on. OSError, with a sentence, where that cannot be remembered."""
    with _said(f"{_off()} says by being there that nothing is to be noted, and cannot be changed"):
        if wanted:
            return _off().unlink(missing_ok=True)
        _off().parent.mkdir(parents=True, exist_ok=True)
        _off().touch()
    take_back()


def share() -> None:
    """From now on the instructor sees each attempt. LookupError where there is no class, OSError where its folder does not take them."""
    path = shared_file()
    if path is None:
        raise LookupError(
            f"There is no class here to share them with: {CLASS_VARIABLE} names no folder. A class's hub sets it; ask who runs yours."
        )
    keep(True)
    with _said(f"{path} cannot be made, so nothing is shared"):
        handle = open_file(path, ADDING | os.O_CREAT, 0o640)
        try:
            if hasattr(os, "fchmod"):
                # Whatever the learner's umask is: the folder's group, who teaches, may read it.
                os.fchmod(handle, 0o640)
        finally:
            os.close(handle)


def take_back() -> None:
    """Nothing is shared any more, also of what was. OSError, with a sentence, where the file does not go."""
    if (path := shared_file()) is not None:
        with _said(f"{path} cannot be deleted, so it is shared as before"):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """An OSError in this block says what it means."""
    try:
        yield
    except OSError as error:
        raise OSError(f"{what}: {error.strerror}.") from None


def _append(path: Path, line: bytes, flags: int) -> None:
    """In one write, behind whatever is there: two kernels may do it at once."""
    # Windows has no such write: its C library looks for the end first.
    with alone() if sys.platform == "win32" else contextlib.nullcontext():
        handle = open_file(path, flags)
        try:
            size = os.fstat(handle).st_size
            if size >= FULL:
                return
            if size:
                os.lseek(handle, -1, os.SEEK_END)
                # The disk was full in the middle of a line; or another kernel is just writing one, and an empty line comes behind it.
                if os.read(handle, 1) != b"\n":
                    line = b"\n" + line
            os.write(handle, line)
        finally:
            os.close(handle)


def _told(attempt: Attempt) -> Told:
    when = datetime.fromtimestamp(attempt.time, UTC).strftime(TIME)
    return {**dataclasses.asdict(attempt), "time": when, "seconds": round(attempt.seconds, 2)}


def read(content: bytes) -> list[Attempt]:
    """What the lines of such a file tell, in their order. Whoever owns it may have written anything: a line that is none of ours is left out."""
    found = []
    for line in content.split(b"\n"):
        with contextlib.suppress(ValueError, LookupError, RecursionError):
            if 0 < len(line) <= LONGEST:
                found.append(_attempt(object_in(line)))
    return found


def _attempt(told: Told) -> Attempt:
    """ValueError or LookupError if it is none."""
    of = _number(told["of"], MOST)
    attempt = Attempt(
        datetime.strptime(text(told["time"]), TIME).replace(tzinfo=UTC).timestamp(),
        text(told["exercise"]),
        truth(told["holds"]),
        _number_or_none(told["held"], of),
        of,
        _number_or_none(told["scenario"], of),
        _number_or_none(told["misconception"], MOST),
        _number_or_none(told["only"], of),
        whole_or_none(told["seed"]),
        _seconds(told["seconds"]),
    )
    if attempt.holds and attempt.scenario is not None:
        raise Damaged("it holds, and fell")
    return attempt


def _seconds(told: object) -> float:
    seconds = seconds_or_none(told)
    if seconds is None or not 0 <= seconds <= LONG:
        raise Damaged("out of bounds")
    return seconds


def _number(told: object, most: int) -> int:
    number = whole(told)
    if not 0 <= number <= most:
        raise Damaged("out of bounds")
    return number


def _number_or_none(told: object, most: int) -> int | None:
    return None if told is None else _number(told, most)


def tail(path: Path, owner: int | None = None) -> bytes:
    """The end of such a file, TAIL bytes at most; nothing where it is no file, out of reach, or not the `owner`'s, a user's number. Waits for nobody, and follows no link."""
    try:
        handle = open_file(path)
    except OSError:
        return b""
    try:
        kind = os.fstat(handle)
        if owner not in (None, kind.st_uid):
            return b""
        os.lseek(handle, max(kind.st_size - TAIL, 0), os.SEEK_SET)
        return os.read(handle, TAIL)
    except OSError:
        return b""
    finally:
        os.close(handle)
