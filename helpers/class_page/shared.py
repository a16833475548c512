"""The attempts that learners share with whoever teaches: a folder with a folder for each learner, in which anything may lie.

Comes in: the class's folder. Goes out: for each learner who shares, the attempts of the last hours. Who may import it: the course, which shows the page while the class works.

The class's folder is made by whoever runs the class, before the first hour:

    /srv/class           its group is those who teach; mode 0751, so that no learner makes a folder in it, or lists it
    /srv/class/ada       belongs to ada, its group is those who teach; mode 2750, so that what ada puts into it has that group. No other learner gets in

In ada's environment NETWORKING_COURSE_CLASS is /srv/class/ada. It stays empty until ada says `helpers.attempts(share=True)`: then `attempts.jsonl` is in it, with mode 0640; `share=False` deletes it.

A file is believed to be ada's where it belongs to the system's user ada, as the folder does. Where there is no such user, as in a container, it has to belong to whom the folder belongs to, and the class's folder must be
one in which not everybody makes folders.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from helpers.exercises import attempts_file
from helpers.exercises.attempts_file import Attempt
from helpers.grading.submissions import shown, told_apart

LEARNERS = 2_000
"""Folders that are looked at."""
AHEAD = 60
"""Seconds that a learner's clock may be ahead of this one."""


def shared(folder: Path, exercises: Mapping[str, int], since: float, now: float) -> dict[str, list[Attempt]]:
    """By the learners' names, the attempts between these two times, the oldest first. `exercises`: by their keys, how many scenarios each has; what a line says of others is not listened to."""
    found = {}
    learners = sorted(_learners(folder))
    for (name, owner), learner in zip(learners, told_apart([shown(name) for name, _ in learners]), strict=True):
        these = [
            each
            for each in _read(attempts_file.tail(folder / name / attempts_file.NAME, owner))
            if since <= each.time <= now + AHEAD and exercises.get(each.exercise) == each.of
        ]
        if these:
            found[learner] = sorted(these, key=lambda each: each.time)
    return found


@lru_cache(LEARNERS)
def _read(content: bytes) -> tuple[Attempt, ...]:
    """Asked every few seconds, while most files are as they were."""
    return tuple(attempts_file.read(content))


def _learners(folder: Path) -> Iterator[tuple[str, int | None]]:
    """Their folders' names, and to whom the file in each has to belong; None: nobody can say (Windows)."""
    anybody_makes_folders = bool(folder.stat().st_mode & stat.S_IWOTH)
    with os.scandir(folder) as entries:
        for each, _ in zip(entries, range(LEARNERS), strict=False):
            if each.name.startswith(".") or not each.is_dir(follow_symlinks=False):
                continue
            if sys.platform == "win32":
                yield each.name, None
                continue
            owner, user = each.stat(follow_symlinks=False).st_uid, _user(each.name)
            if user == owner or (user is None and not anybody_makes_folders):
                yield each.name, owner


@cache
def _user(name: str) -> int | None:
    """The number of the system's user of that name; None if there is none."""
    if sys.platform == "win32":
        return None
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None
