"""`python3 -m helpers class`: the class on one page while it works, from the attempts that learners share.

In: the class's folder (`class_page/shared.py` says what is in it), and lessons or exercises that narrow it. Out: two files, written anew whenever something has changed, until somebody presses Ctrl-C. For whoever teaches.

Files, and no server: a page in a file can be opened from a disk, and on a hub, where the browser is on another computer, by JupyterLab; it needs no port, and stays whole when this ends.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers.checking.exercise import Exercise
from helpers.class_page.marks import Shown
from helpers.class_page.shared import shared
from helpers.class_page.working import working
from helpers.course.environment import Trouble
from helpers.course.grades import above_0, chosen, write_class
from helpers.course.showing import cells_to_show
from helpers.exercises.attempts_file import Attempt
from helpers.grading.marks import CLASS, CLASS_UNNAMED
from helpers.notebook.learner import CLASS_VARIABLE
from helpers.words import is_or_are, many

OUT = Path("class")
EVERY = 2.0
"""Seconds between two looks into the folder."""
REFRESH = 10
"""Seconds after which a browser reads the page anew."""


def class_at_work(arguments: Sequence[str]) -> int:
    """Write the pages until Ctrl-C."""
    wanted = parse(arguments)
    if not wanted.folder.is_dir():
        raise Trouble(
            f"There is no folder {wanted.folder}: name the one that has a folder for each learner, to which {CLASS_VARIABLE} leads learners."
        )
    wanted.out.mkdir(parents=True, exist_ok=True)
    pages = Pages(wanted.folder, chosen(wanted.what), wanted.hours, wanted.out)
    count = pages.look(time.time())
    print(
        f"{wanted.out / CLASS}, and {CLASS_UNNAMED} for the projector: open them in a browser, they are written anew as long as this runs. "
        f"{many(count, 'learner')} {is_or_are(count)} on them so far. Ctrl-C ends it.",
        flush=True,
    )
    try:
        while True:
            time.sleep(EVERY)
            pages.look(time.time())
    except KeyboardInterrupt:
        pages.end(time.time())
        print("\nStopped. The pages stay as they are.")
        return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers class",
        description="Show the class on one page while it works: who is stuck and which mistakes are made, from the attempts that learners share.",
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="the class's folder, which has one for each learner"
    )
    parser.add_argument(
        "what", nargs="*", metavar="LESSON or EXERCISE", help="of these alone, such as 08 or read_lines; all if none"
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help=f"where to, {OUT} if not said")
    parser.add_argument("--hours", type=above_0, default=3, help="how far back attempts count; 3 if not said")
    return parser.parse_args(arguments)


class Pages:
    """The two files, and what stands on them."""

    def __init__(self, folder: Path, exercises: Sequence[Exercise], hours: int, out: Path) -> None:
        self._folder = folder
        self._exercises = exercises
        self._lengths = {each.key: len(each.scenarios) for each in exercises}
        self._hours = hours
        self._out = out
        self._shown: dict[int, Shown] = {}
        self._written: object = None

    def look(self, now: float) -> int:
        """Write them, if an attempt has come, or a minute has gone. The number of learners who share."""
        attempts = self._attempts(now)
        if (state := (attempts, int(now // 60))) != self._written:
            self._write(attempts, now, REFRESH)
            self._written = state
        return len(attempts)

    def end(self, now: float) -> None:
        """Write them once more, as pages that stay as they are."""
        self._write(self._attempts(now), now, refresh=0)

    def _attempts(self, now: float) -> dict[str, list[Attempt]]:
        try:
            return shared(self._folder, self._lengths, now - self._hours * 3600, now)
        except OSError as error:
            raise Trouble(
                f"{self._folder} cannot be read: {error.strerror}. Whoever teaches has to be in its group."
            ) from None

    def _write(self, attempts: Mapping[str, Sequence[Attempt]], now: float, refresh: int) -> None:
        met = {each.misconception for theirs in attempts.values() for each in theirs if each.misconception}
        self._shown |= cells_to_show(met - self._shown.keys(), self._out)
        write_class(self._out, working(attempts, self._exercises, self._shown, self._hours, now), refresh)
