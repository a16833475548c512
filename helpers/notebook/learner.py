"""The folder of what is the learner's own: the lessons as the learner has them, how far the learner has come, and JupyterLab's workspaces.

Comes in: an environment variable, if somebody wants it elsewhere. Goes out: where it is, and whether the course has a newer version of the lesson that is open. Who may import it: the
magics, the progress file, and of `course` whatever fills the folder.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from typing import Any

FOLDER_VARIABLE = "NETWORKING_COURSE_DATA"
"""An environment variable with another folder."""
CLASS_VARIABLE = "NETWORKING_COURSE_CLASS"
"""An environment variable with one more folder, the learner's own, in which the class's instructor looks for what is shared."""
COURSE = pathlib.Path(__file__).resolve().parents[2]
NAME = "my-course"
AT_HOME = "my-networking-course"
"""What it is called in a learner's home."""
RECORD = ".lessons.json"
"""In the folder: what the lessons were made from (`made`), and which of them have a newer version (`newer`). `course/copies.py` writes it."""
LESSON_VARIABLE = "JPY_SESSION_NAME"
"""In which Jupyter's server tells a kernel its notebook's path."""


def folder() -> pathlib.Path:
    """Where it is: in the course's own folder, so that it goes where that goes. Where nobody may write there, as in a course that a class shares, in the user's home."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return pathlib.Path(given).expanduser().absolute()
    beside = COURSE / NAME
    if (COURSE / "notebooks").is_dir() and os.access(beside if beside.exists() else COURSE, os.W_OK):
        return beside
    return pathlib.Path.home() / AT_HOME


def lessons() -> pathlib.Path:
    """Where in it the learner's lessons lie. The folder has the name of the one that they come from: so a lesson's address in JupyterLab is the same for both."""
    return folder() / "notebooks"


def record() -> dict[str, Any]:
    """What RECORD says: nothing where there is none, or where it is damaged."""
    try:
        known: Any = json.loads((folder() / RECORD).read_text(encoding="utf-8"))
        return {"made": dict(known["made"]), "newer": list(known["newer"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {"made": {}, "newer": []}


def notice() -> str:
    """What the learner who has opened a lesson should know of it: that there is a newer version, or nothing."""
    lesson = pathlib.Path(os.environ.get(LESSON_VARIABLE, ""))
    if lesson.parent != lessons() or lesson.name not in record()["newer"]:
        return ""
    return f"The course has a newer version of this lesson. Yours stays as it is. {how_to_get(lesson.name)}"


def how_to_get(lesson: str) -> str:
    """What brings the course's own version of this lesson, or file."""
    python = "py" if sys.platform == "win32" else "python3"
    name = lesson[:2] if lesson[:2].isdigit() else lesson
    return f'To have the new one, in a terminal: cd "{COURSE}", then {python} -m helpers fresh {name}. Yours is kept beside it.'
