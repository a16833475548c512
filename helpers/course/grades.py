"""`python3 -m helpers grade`: what was handed in, judged; or one's own notebooks.

In: a folder of folders, and lessons or exercises that narrow it. Out: a line for each learner as it comes, and the files of `grading.marks`. For whoever teaches, for CI, and for a learner before handing in.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from helpers.checking.exercise import Exercise
from helpers.class_page.marks import ClassPage, asked, marks_of
from helpers.class_page.page import as_html
from helpers.course.environment import Trouble
from helpers.course.lessons import find_lessons
from helpers.course.showing import cells_to_show
from helpers.exercises import exercises
from helpers.grading import marks
from helpers.grading.cells import code_of
from helpers.grading.compiling import compiled
from helpers.grading.outcomes import Outcome, cores, outcomes
from helpers.grading.running import Settings, try_sandbox
from helpers.grading.sandbox import Refused, refuse_root
from helpers.grading.submissions import Part, Submission, is_learners, left_out, submissions
from helpers.grading.verdict import FELL, HOLDS
from helpers.notebook import learner
from helpers.notebook.files import write
from helpers.words import listed, many, noun, visible

OUT = Path("marks")
FEW = 5
"""Names in a sentence."""
MOST_DIGITS = 9
"""Of a number in a command line."""
SUMMARY = "GITHUB_STEP_SUMMARY"
"""The environment variable in which GitHub says where a step may write what its reader sees first."""


def grade(arguments: Sequence[str]) -> int:
    """Judge what the command line names."""
    wanted = parse(arguments)
    named = list(wanted.what)
    folder = Path(named.pop(0)) if named and _is_place(named[0]) else None
    seed = random.randrange(1_000_000) if wanted.seed is None else wanted.seed
    these = chosen(named)
    try:
        if folder is None:
            return _own(these, Settings(seed, wanted.seconds, False, "", given_by_lessons(these)), wanted.jobs)
        if wanted.no_sandbox:
            refuse_root()
        else:
            try_sandbox()
    except Refused as why:
        raise Trouble(str(why)) from None
    with compiled() as folder_compiled:
        settings = Settings(seed, wanted.seconds, not wanted.no_sandbox, folder_compiled, given_by_lessons(these))
        return _class(folder, these, settings, wanted.jobs, wanted.out)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers grade",
        description="Judge the exercises that learners have handed in, each in a sandbox, without running their notebooks; or, without a folder, your own.",
    )
    parser.add_argument(
        "what", nargs="*", metavar="FOLDER, LESSON or EXERCISE",
        help="a folder that has a folder for each learner, such as submissions/ada/08-….ipynb; then lessons (08) or exercises (read_lines), all if none",
    )  # fmt: skip
    parser.add_argument(
        "--out",
        type=Path,
        default=OUT,
        metavar="FOLDER",
        help=f"where to, {OUT} if not said; of your own notebooks nothing is written",
    )
    parser.add_argument(
        "--jobs",
        type=above_0,
        default=2 * cores(),
        help="how many at a time; twice as many as there are cores if not said, since half of the time they wait",
    )
    parser.add_argument("--seconds", type=above_0, default=60, help="for each exercise; 60 if not said")
    parser.add_argument("--seed", type=_seed, help="of the random input, the same for all; printed")
    parser.add_argument("--no-sandbox", action="store_true", help="let submissions run as you do, with all your rights")
    return parser.parse_args(arguments)


def above_0(text: str) -> int:
    """A count in a command line."""
    if not text.isdecimal() or len(text) > MOST_DIGITS or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{visible(text)!r} is no whole number above 0")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"{visible(text)!r} is no whole number of at most {MOST_DIGITS} digits")
    return int(text)


def _is_place(word: str) -> bool:
    """Whether a folder is meant by it, and no lesson or exercise."""
    return os.path.isdir(word) or "/" in word or os.sep in word


def chosen(named: Sequence[str]) -> list[Exercise]:
    """The exercises that these words mean; all of them if there is none. Trouble about a word that means nothing."""
    every = list(exercises())
    picked = [each for word in named for each in _meant(word, every)] if named else every
    return [each for each in every if each in picked]


def _meant(word: str, every: Sequence[Exercise]) -> list[Exercise]:
    if found := [each for each in every if word in (each.name, each.key)]:
        return found
    lesson = find_lessons([word])[0].name[:2] if word.isdigit() else ""
    if found := [each for each in every if f"{each.lesson:02}" == lesson]:
        return found
    names = ", ".join(dict.fromkeys(each.name for each in every))
    raise Trouble(
        f"{visible(word)!r} is no folder, no lesson with exercises, and no exercise. A folder comes first, as in: grade submissions 08. The exercises are: {names}."
    )


def given_by_lessons(these: Sequence[Exercise]) -> dict[int, list[str]]:
    """By the lessons' numbers, the names that the course's own notebooks define."""
    wanted = {each.lesson for each in these}
    paths = {int(path.name[:2]): path for path in find_lessons([])}
    codes = {lesson: code_of(path.read_bytes()) for lesson, path in paths.items() if lesson in wanted}
    return {lesson: sorted({name for each in code.statements for name in each.binds}) for lesson, code in codes.items()}


def _class(folder: Path, these: Sequence[Exercise], settings: Settings, jobs: int, out: Path) -> int:
    """A folder of learners. 0 when each has its line."""
    if not folder.is_dir():
        raise Trouble(f"There is no folder {folder}: name one that has a folder for each learner.")
    if is_learners(out, folder):
        raise Trouble(
            f"{out} is no place for marks, since learners' folders lie there, or it is one: name another folder by --out."
        )
    found = submissions(folder, these, {path.name for path in find_lessons([])}, out)
    if not found:
        raise Trouble(f"{folder} has no folders: it has to have one for each learner, such as {folder / 'ada'}.")
    if not any(each.parts for each in found):
        raise Trouble(
            f"In {many(len(found), 'folder')} of {folder} is no notebook of the course: its name begins with its lesson's number, as in {found[0].name}/08-….ipynb."
        )
    beside = left_out(folder)
    try:
        marks.prepare(out)
    except OSError as why:
        raise Trouble(f"{why} Close it where it is open, or name another folder by --out.") from None
    _say_seed(settings)
    begun = time.monotonic()
    done = _judged(found, settings, jobs, out=out)
    done = marks.with_alike(done)
    table = marks.write_table(out, done)
    _say_in_summary(done)
    took = marks.total(len(done), time.monotonic() - begun)
    judged = "" if len(done) == len(found) else f"Stopped after {len(done)} of {len(found)} submissions. "
    if beside:
        print(
            f"Only folders are judged, not what lies beside them: {listed(beside, FEW)}. A link to a folder is none, and an archive has to be unpacked."
        )
    page = write_class(out, class_page(out, these, done, f"{judged}The seed was {settings.seed}."))
    print(
        f"{took} The table is {table}; a page to give back to each is beside it. The class on one page: {page}, and {marks.CLASS_UNNAMED} for the projector."
    )
    return 0 if len(done) == len(found) else 1


def class_page(out: Path, these: Sequence[Exercise], done: Sequence[Outcome], remark: str) -> ClassPage:
    """The class, as it has done. `out`: where its page will lie. `remark`: how it was judged."""
    found = marks_of(done)
    these = [each for each in these if any(mark.exercise == each.key for mark in found)]
    lessons = [f"{lesson:02}" for lesson in dict.fromkeys(each.lesson for each in these)]
    return ClassPage(
        f"The class: {noun(len(lessons), 'lesson')} {listed(lessons)}" if lessons else "The class",
        [asked(each) for each in these],
        found,
        shown=cells_to_show({each.misconception for each in found if each.misconception}, out),
        remark=remark,
    )


def write_class(out: Path, page: ClassPage, refresh: int = 0) -> Path:
    """Its page, and beside it the one in which nobody is named. `refresh`: as for `as_html`."""
    for name, names in ((marks.CLASS_UNNAMED, False), (marks.CLASS, True)):
        write(out / name, as_html(page, names, refresh).encode("utf-8", "backslashreplace"))
    return out / marks.CLASS


def _own(these: Sequence[Exercise], settings: Settings, jobs: int) -> int:
    """One's own notebooks: they run with one's own rights anyway, as in JupyterLab. 0 when all that was asked for holds."""
    folder = learner.lessons()
    found = []
    for lesson in dict.fromkeys(each.lesson for each in these):
        path = next(iter(sorted(folder.glob(f"{lesson:02}-*.ipynb"))), None)
        found.append(Submission(f"lesson {lesson:02}", [Part([each for each in these if each.lesson == lesson], path)]))
    if all(part.path is None for each in found for part in each.parts):
        raise Trouble(
            f"In {folder} are no lessons of yours: python3 -m helpers lab makes them. To judge what others handed in, name the folder."
        )
    _say_seed(settings)
    done = _judged(found, settings, jobs, folder=folder)
    _say_in_summary(done)
    verdicts = [each for outcome in done for each in outcome.verdicts]
    for each in verdicts:
        if each.state == FELL and each.report is not None:
            print(f"\n{each.report.describe()}")
    held = sum(each.state == HOLDS for each in verdicts)
    print(f"\n{held} of {many(len(verdicts), 'exercise')} {'holds' if len(verdicts) == 1 else 'hold'}.")
    return 0 if held == len(verdicts) else 1


def _say_seed(settings: Settings) -> None:
    print(f"The seed is {settings.seed}: with --seed {settings.seed} the random input is the same again.", flush=True)


def _judged(
    found: Sequence[Submission], settings: Settings, jobs: int, folder: Path | None = None, out: Path | None = None
) -> list[Outcome]:
    """All outcomes, in the order of the submissions; each is told as it comes, and its page written into `out`. Of an interrupted run those that there are."""
    progress = _Progress(len(found))
    done: dict[str, Outcome] = {}
    with closing(outcomes(found, settings, jobs, folder)) as coming:
        try:
            for each in coming:
                done[each.name] = each
                if out is not None:
                    marks.write_page(out, each)
                progress.say(marks.line(each), len(done))
        except KeyboardInterrupt:
            print(f"\nStopped after {len(done)} of {len(found)}.", file=sys.stderr)
    return [done[each.name] for each in found if each.name in done]


class _Progress:
    """Lines that stay, and in a terminal below them one that says how far it is."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = time.monotonic()
        self._is_terminal = sys.stdout.isatty()
        if self._is_terminal:
            print(f"0 of {count}", end="", flush=True)

    def say(self, line: str, done: int) -> None:
        if not self._is_terminal:
            print(line, flush=True)
            return
        left = (time.monotonic() - self._begun) / done * (self._count - done)
        now = f"{done} of {self._count}, about {left:.0f} s more" if done < self._count else ""
        print(f"\r{' ' * 60}\r{line}\n{now}", end="", flush=True)


def _say_in_summary(done: Sequence[Outcome]) -> None:
    if path := os.environ.get(SUMMARY):
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(marks.summary(done))
