"""Which files were handed in: a folder with a folder for each learner, in which anything may lie.

Comes in: a folder, and the exercises that are wanted. Goes out: for each learner the notebooks that count, or why there is none. Nothing is opened that could be a link out of the folder, or wait for ever. Who may import it: outcomes, the command, and `class_page`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple

from helpers.checking.exercise import Exercise
from helpers.notebook.files import open_file
from helpers.words import in_a_line, shortened

LARGEST = 200 << 20
"""Bytes of a notebook that is read."""
WITHIN = ("", "my-course/notebooks", "notebooks")
"""Where in a learner's folder notebooks may lie, the first that has one counts: it may be a copy of the course's folder, in which the learner's own stand beside the course's."""

FOLDERS = 100
"""Of a learner's, in which somebody looks whether a notebook lies elsewhere."""
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")
"""So end the names of files in which notebooks may be."""
NUMBERED = re.compile(r"\d\d-")
"""So begin the names of the course's notebooks."""
LONGEST = 60
"""Characters of a name that is shown in a sentence."""


class Part(NamedTuple):
    """A notebook, and what is wanted of it."""

    exercises: Sequence[Exercise]
    path: Path | None
    """None where none was handed in."""
    unreadable: str = ""
    """Why nobody can say whether there is one, in a sentence."""
    others: Sequence[str] = ()
    """The names of what may be meant as well; where none was handed in, of what may be meant for it; as they can be shown."""


class Submission(NamedTuple):
    """What one learner has handed in."""

    name: str
    """The folder's, as it can be shown."""
    parts: Sequence[Part]


class NotRead(Exception):
    """It is not to be read, or cannot be; why, in a sentence."""


def submissions(
    folder: Path, exercises: Sequence[Exercise], names: Iterable[str], out: Path | None = None
) -> list[Submission]:
    """Those of all learners, by their names. Of lessons that nobody has handed in nothing is said. `names`: of the course's notebooks; `out`: a folder that is nobody's, wherever it lies."""
    folders = sorted(
        each
        for each in folder.iterdir()
        if _is_folder(each) and not _is_nobodys(each.name) and not (out and out.exists() and each.samefile(out))
    )
    found = {each: _parts(each, exercises, names) for each in folders}
    names_shown = told_apart([shown(each.name) for each in folders])
    handed_in = {lesson for there in found.values() for lesson, part in there.items() if part.path is not None}
    return [
        Submission(name, [part for lesson, part in found[each].items() if lesson in handed_in or len(found[each]) == 1])
        for name, each in zip(names_shown, folders, strict=True)
    ]


def is_learners(out: Path, folder: Path) -> bool:
    """Whether marks that are written into `out` would lie among what was handed in: where the learners' folders are, in one of them, or in the place of one."""
    out, folder = out.resolve(), folder.resolve()
    if out == folder or folder in out.parent.parents:
        return True
    return out.parent == folder and any(_notebooks(out / within) for within in WITHIN)


def _notebooks(folder: Path) -> list[str]:
    """The names of the course's notebooks there."""
    names = os.listdir(folder) if _is_folder(folder) else []
    return [each for each in names if _is_courses(each)]


def _is_courses(name: str) -> bool:
    """Whether a notebook of the course may be called so."""
    return name.endswith(".ipynb") and NUMBERED.match(name) is not None


def left_out(folder: Path) -> list[str]:
    """What lies beside the learners' folders and is none, as it can be shown: a link to one, an archive, a notebook."""
    return _shown(each.name for each in sorted(folder.iterdir()) if not _is_folder(each) and not _is_nobodys(each.name))


def told_apart(names: Sequence[str]) -> list[str]:
    """With a number where several are the same: two files may differ in what cannot be shown."""
    return [name if name not in names[:at] else f"{name} ({at + 1})" for at, name in enumerate(names)]


def shown(name: str) -> str:
    """A file's name, which may be anything, as a line of text."""
    return in_a_line(os.fsencode(name).decode("utf-8", "backslashreplace"))


def read(path: Path) -> bytes:
    """What is in a notebook. NotRead if it is no file of its own, or too large, or out of reach."""
    try:
        with open(open_file(path), "rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST:
                raise NotRead(f"It is larger than {LARGEST >> 20} MB.")
            return file.read(LARGEST)
    except OSError as error:
        raise NotRead(f"It cannot be read: {error.strerror}.") from None


def _is_nobodys(name: str) -> bool:
    """Whether a program made it for itself: it is hidden, or it is what a Mac adds to an archive."""
    return name.startswith(".") or name == "__MACOSX"


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _parts(folder: Path, exercises: Sequence[Exercise], names: Iterable[str]) -> dict[int, Part]:
    """By the lessons' numbers."""
    lessons = groupby(exercises, lambda exercise: exercise.lesson)
    parts = {lesson: _part(folder, list(wanted), names) for lesson, wanted in lessons}
    if missing := [lesson for lesson, part in parts.items() if part.path is None]:
        elsewhere = [*_elsewhere(folder)]
        for lesson in missing:
            there = [each for each in elsewhere if each.rpartition("/")[2].startswith(f"{lesson:02}-")]
            parts[lesson] = parts[lesson]._replace(others=[*parts[lesson].others, *_shown(there)])
    return parts


def _elsewhere(folder: Path) -> Iterator[str]:
    """Notebooks of the course that lie where none is looked for, such as in the folder that somebody packed into an archive."""
    for where, folders, files in islice(os.walk(folder), FOLDERS):
        folders[:] = sorted(each for each in folders if not _is_nobodys(each))
        within = Path(where).relative_to(folder).as_posix()
        if within not in (".", *WITHIN):
            yield from (f"{within}/{each}" for each in sorted(files) if _is_courses(each))


def _part(folder: Path, exercises: Sequence[Exercise], names: Iterable[str]) -> Part:
    """Of a lesson: its notebook under the name that the course has for it, or else the first by its name."""
    number = f"{exercises[0].lesson:02}"
    unreadable = ""
    others: list[str] = []
    for within in WITHIN:
        where = folder / within
        if not all(_is_folder(each) for each in (where, *list(where.parents)[: len(Path(within).parts)])):
            continue
        try:
            there = sorted(os.listdir(where))
        except OSError as error:
            unreadable = f"The folder that was handed in cannot be read: {error.strerror}."
            continue
        meant = [each for each in there if _may_be_meant(each, number)]
        found = [each for each in meant if each.startswith(f"{number}-") and each.endswith(".ipynb")]
        if found:
            this = next((each for each in found if each in names), found[0])
            return Part(exercises, where / this, "", _shown(each for each in meant if each != this))
        others += [f"{within}/{each}" if within else each for each in meant]
    return Part(exercises, None, unreadable, _shown(others))


def _shown(names: Iterable[str]) -> list[str]:
    return [shortened(shown(each), LONGEST) for each in names]


def _may_be_meant(name: str, number: str) -> bool:
    """Whether a file of that name may be the lesson's notebook all the same: renamed, or in another form."""
    if name.lower().endswith(ARCHIVES):
        return name[0] != "."
    return name.startswith(number) or (name.endswith(".ipynb") and not _is_courses(name) and name[0] != ".")
