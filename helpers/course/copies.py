"""The learner's copies of the lessons: without outputs, so that nothing answers before it is asked, and never written over once the learner has changed them.

In: the lessons in `notebooks/`, and what lies in the learner's folder already. Out: the same lessons there, as new as they can be had without loss. For `lab`, `fresh`, Binder, the hub, and the site's downloads.
"""

from __future__ import annotations

import hashlib
import json
import platform
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from helpers.course.environment import Trouble
from helpers.course.lessons import NOTEBOOKS, files_of, find_lesson
from helpers.notebook import learner
from helpers.notebook.files import write

LARGEST = 200 << 20
"""Bytes of a lesson, with all that a learner has had it print."""
MINE = "mine"
"""What a lesson's name ends with when its place is taken by a fresh one."""


class Copy(NamedTuple):
    """A lesson, or a file that lessons need, and where the learner has it."""

    name: str
    content: bytes
    """What the course has, fit for a learner."""

    @property
    def path(self) -> Path:
        return learner.lessons() / self.name

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.content)

    def there(self) -> bytes | None:
        """What the learner has."""
        return content(self.path)


def content(path: Path) -> bytes | None:
    """What is in a learner's file. Of what cannot be read, is no file (a folder, a pipe), or is larger than a lesson can be, nothing: it is the learner's, whatever it is, and stays."""
    try:
        there = path.stat()
        return path.read_bytes() if stat.S_ISREG(there.st_mode) and there.st_size <= LARGEST else b""
    except FileNotFoundError:
        return None
    except OSError:
        return b""


def prepare() -> list[str]:
    """Give the learner what is missing, and the newest version of all that the learner has not changed. The names of those that are changed and have a newer one."""
    not_in_the_courses_own()
    made: dict[str, str] = learner.record()["made"]
    newer = [copy.name for copy in copies(NOTEBOOKS) if not bring(copy, made)]
    for name in made.keys() - {path.name for path in files_of(NOTEBOOKS)}:
        drop(learner.lessons() / name, made.pop(name))
    save(made, newer)
    return newer


def not_in_the_courses_own() -> None:
    """The stored lessons are never taken for the learner's."""
    if learner.lessons().resolve() == NOTEBOOKS.resolve():
        raise Trouble(f"{learner.FOLDER_VARIABLE} names the course's own folder, {learner.folder()}: name another.")


def bring(copy: Copy, made: dict[str, str]) -> bool:
    """Whether the learner now has the newest version. `made`: what each copy was made from."""
    there = copy.there()
    if there is None or fingerprint(there) in (made.get(copy.name), copy.fingerprint):
        if there != copy.content:
            write(copy.path, copy.content)
        made[copy.name] = copy.fingerprint
        return True
    return made.setdefault(copy.name, copy.fingerprint) == copy.fingerprint


def drop(path: Path, made: str) -> None:
    """Take away what the course has no longer, if the learner has not changed it."""
    there = content(path)
    if there is not None and fingerprint(there) == made:
        path.unlink()


def fresh(wanted: list[str]) -> list[str]:
    """Put these lessons, named by number or file, as the course has them in the place of the learner's, which are kept beside. A sentence for each."""
    if not wanted:
        raise Trouble("Which lesson? Name it by its number or its file, as in: fresh 04")
    not_in_the_courses_own()
    there = {copy.name: copy for copy in copies(NOTEBOOKS)}
    names = [find_lesson(Path(name).name, [Path(each) for each in there]).name for name in wanted]
    known = learner.record()
    said = [renew(there[name]) for name in names]
    save(
        known["made"] | {name: there[name].fingerprint for name in names},
        [name for name in known["newer"] if name not in names],
    )
    return said


def renew(copy: Copy) -> str:
    """Put it in the place of the learner's. What was done, as a sentence."""
    there = copy.there()
    kept = ""
    if there is not None and fingerprint(there) != copy.fingerprint:
        mine = name_for_mine(copy.path)
        copy.path.rename(mine)
        kept = f" Yours is {mine.name} now."
    write(copy.path, copy.content)
    return f"{copy.path} is fresh.{kept} If it is open in JupyterLab: File > Reload Notebook from Disk."


def name_for_mine(path: Path) -> Path:
    """A name that nothing has yet."""
    names = (path.with_stem(f"{path.stem}-{MINE}{number}") for number in ["", *(f"-{n}" for n in range(2, 1000))])
    return next(name for name in names if not name.exists())


def save(made: dict[str, str], newer: Iterable[str]) -> None:
    """Write down what the copies were made from."""
    text = json.dumps({"made": dict(sorted(made.items())), "newer": list(newer)}, indent=1)
    write(learner.folder() / learner.RECORD, text.encode())


# What a copy is ------------------------------------------------------------------------------------------------------


def copies(folder: Path) -> Iterable[Copy]:
    """A copy of each lesson in `folder`, and of what they need. What cannot be read stays behind."""
    for path in files_of(folder):
        with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
            content = path.read_bytes()
            yield Copy(path.name, unspoiled(content) if path.suffix == ".ipynb" else content)


def unspoiled(content: bytes) -> bytes:
    """A notebook without its outputs. It names the kernel's language as the kernel will, or JupyterLab would change it as soon as it is opened."""
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook["metadata"]["language_info"] = language()
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def language() -> dict[str, Any]:
    """What a kernel of this Python says of its language. (To ask ipykernel itself would cost a second.)"""
    return {
        "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": f"ipython{sys.version_info.major}",
        "version": platform.python_version(),
    }


def fingerprint(content: bytes) -> str:
    """What tells whether somebody has changed something. Of a notebook its cells count, with their outputs: in what it says beyond them JupyterLab writes what it likes."""
    with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        cells = json.loads(content)["cells"]
        told = [
            [cell["cell_type"], "".join(cell["source"]), cell.get("outputs"), cell.get("attachments")] for cell in cells
        ]
        content = json.dumps(told).encode()
    return hashlib.sha256(content).hexdigest()
