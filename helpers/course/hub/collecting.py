"""Collecting: each learner's notebooks, read with the learner's own rights, into a folder that `grade` takes.

In: learners, lessons. Out: `submissions/NAME/08-….ipynb`, and a sentence for each learner. What comes over is looked at field by field: the learner may have written it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from helpers.course.environment import Trouble
from helpers.course.hub.learners import Answer, Learner, act_as
from helpers.course.hub.sending import LARGEST, MOST, NOTEBOOK
from helpers.notebook.files import write
from helpers.words import in_a_line, listed, many

SECONDS = 60
"""For one lesson of one learner."""
AT_ONCE = 4
LONGEST = 2000
"""Bytes of a line that tells of a file."""


class Collected(NamedTuple):
    """What came of one learner."""

    files: dict[str, bytes]
    """By their names, each of which is a file's and no way to another folder."""
    troubles: list[str]


def collect(class_: Sequence[Learner], lessons: Sequence[str], to: Path) -> Iterator[str]:
    """Write what there is of these lessons, the names of the course's notebooks; a sentence for each learner. What was collected before is replaced by what there is now, and stays where there is nothing."""
    _make(to)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda each: _collected(each, lessons, to), class_)


def _collected(learner: Learner, lessons: Sequence[str], to: Path) -> str:
    """One lesson after the other, so that not all of it is in memory at once."""
    names, troubles = [], []
    for lesson in lessons:
        answer = act_as(learner, "helpers.course.hub.sending", lesson, seconds=SECONDS, most=MOST * (LARGEST + 1000))
        found = read(answer, lesson)
        troubles += found.troubles
        for name, content in found.files.items():
            _make(to / learner.name)
            write(to / learner.name / name, content)
            _give(to / learner.name / name)
            names.append(name)
    said = [listed(names)] if names else []
    return f"{learner.name}: {'; '.join(said + list(dict.fromkeys(troubles))) or 'nothing'}"


def read(answer: Answer, lesson: str) -> Collected:
    """What `sending` has written, or whoever was in its place."""
    files: dict[str, bytes] = {}
    troubles = []
    rest = io.BytesIO(answer.out)
    for _ in range(MOST):
        if not (line := rest.readline(LONGEST)):
            break
        try:
            told = json.loads(line)
            name, size = str(told["name"]), told.get("size")
            if size is None:
                troubles.append(f"{in_a_line(name[:100])}: {in_a_line(str(told['why'])[:100])}")
                continue
            if not NOTEBOOK.fullmatch(name) or name[:3] != lesson[:3]:
                raise ValueError(name)
            if type(size) is not int or not 0 <= size <= min(LARGEST, len(answer.out) - rest.tell()):
                raise ValueError(size)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return Collected(files, [*troubles, "what came was cut off, or is not what was asked for"])
        files[name] = rest.read(size)
    if answer.status is None:
        troubles.append("reading was ended: it took too long, or was too much")
    elif answer.status:
        troubles.append("reading came to no end: something of the learner's, or the machine, ended it")
    return Collected(files, troubles)


def total(learners: int, to: Path) -> str:
    whose = "" if _caller()[0] else f"It is root's: chown -R YOU {to}. "
    return (
        f"{many(learners, 'learner')}. {whose}To judge it, as yourself and not as root: python3 -m helpers grade {to}"
    )


def _make(folder: Path) -> None:
    """Only in a folder of the instructor's own may root write, and one on whose way there all are: elsewhere a learner could have put a link, or could put one there now."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _give(folder)
    above = folder.parent.resolve()
    if _others_write(folder, but=0) or any(_others_write(each, but=stat.S_ISVTX) for each in (above, *above.parents)):
        raise Trouble(
            f"{folder} is no folder of yours, or others may write in it or above it: name one of your own, by --to."
        )


def _others_write(folder: Path, but: int) -> bool:
    """Whether others than root and whoever called sudo could put something there, `but` if it has this mode, in which nobody takes away what is another's."""
    kind = folder.lstat()
    user, group = _caller()
    if not stat.S_ISDIR(kind.st_mode) or kind.st_uid not in (0, user):
        return True
    theirs = kind.st_mode & stat.S_IWOTH or (kind.st_mode & stat.S_IWGRP and kind.st_gid not in (0, group))
    return bool(theirs) and not kind.st_mode & but


def _give(path: Path) -> None:
    """To whoever called sudo: `grade` refuses root."""
    os.chown(path, *_caller(), follow_symlinks=False)


def _caller() -> tuple[int, int]:
    user, group = (os.environ.get(name, "") for name in ("SUDO_UID", "SUDO_GID"))
    return (int(user), int(group)) if user.isdecimal() and group.isdecimal() else (0, 0)
