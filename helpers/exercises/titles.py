"""What the lessons are called, read from their own first cells, and the files that they stand in.

Comes in: the folder with the course's lessons. Goes out: titles and file names, by number. Who may import it: the overview.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any, NamedTuple

from helpers.notebook.learner import COURSE

LESSONS = COURSE / "notebooks"


class Title(NamedTuple):
    """What a lesson is called."""

    words: str
    """Such as "08 · A stream, not messages"."""
    file: str = ""
    """The notebook's name; "" where there is none here."""


def titles(folder: pathlib.Path = LESSONS) -> dict[int, Title]:
    """Of every lesson there. One that cannot be read is called by its number."""
    return {int(path.name[:2]): _title(path) for path in sorted(folder.glob("[0-9][0-9]-*.ipynb"))}


def _title(path: pathlib.Path) -> Title:
    try:
        source: Any = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]
        heading = "".join(source).splitlines()[0].removeprefix("# ")
    except (OSError, ValueError, LookupError, TypeError):
        return Title(f"lesson {int(path.name[:2])}", path.name)
    number, _, name = heading.partition(" · ")
    return Title(f"{number.zfill(2)} · {name}" if name else heading, path.name)
