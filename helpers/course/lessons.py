"""The lessons as files: found by number, read.

In: what a command was told (`04`, or a file). Out: paths and notebooks, or a `Trouble` that says what is wrong. For every command that is about lessons.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from helpers.checking.misconceptions import PAGE
from helpers.course.environment import ROOT, Trouble

NOTEBOOKS = ROOT / "notebooks"
BESIDE = {".ipynb", ".py", ".txt", ".png", ".svg", ".jpg"}
"""What of a folder of lessons a lesson may need: other lessons, programs, pictures. And the reference, to which lessons and reports lead."""
GLOSSARY, INDEX, CHEAT_SHEET, SEEN = "GLOSSARY.md", "INDEX.md", "CHEAT-SHEET.md", "WHAT-YOU-SEE.md"
REFERENCE = (PAGE, GLOSSARY, INDEX, CHEAT_SHEET, SEEN)
"""The pages of the reference (`reference/` writes them)."""
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
"""In Markdown."""
CELL = "cell-id="
"""How a link names a cell of a notebook, behind the #: JupyterLab and nbconvert understand it."""


def anchor(heading: str) -> str:
    """By which a link finds a heading, in Markdown without emphasis, as JupyterLab has it."""
    return heading.replace("`", "").replace(" ", "-")


def find_lessons(wanted: list[str], folder: Path = NOTEBOOKS) -> list[Path]:
    """The lessons that `wanted` names, by number (`04`) or by file; all of them where it names none."""
    lessons = sorted(folder.glob("[0-9][0-9]-*.ipynb"))
    return [find_lesson(name, lessons) for name in wanted] if wanted else lessons


def find_lesson(name: str, lessons: list[Path]) -> Path:
    """The lesson that `name` means."""
    for path in lessons:
        if path.name == name or path.name.startswith(f"{name.zfill(2)}-"):
            return path
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name)
    known = "".join(f"\n  {path.name}" for path in lessons)
    raise Trouble(f"There is no lesson {name!r}: name it by its number, as in 04, or its file. There are:{known}")


def files_of(folder: Path) -> list[Path]:
    """The lessons in `folder`, and what they may need that lies beside them."""
    return sorted(path for path in folder.iterdir() if path.suffix in BESIDE or path.name in REFERENCE)


def text_of(output: Any) -> str:
    """What an output says in plain text: printed, returned, raised."""
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.get("data", {}).get("text/plain", ""))


def read(path: Path) -> Any:
    """The notebook at `path`."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    # No text, no JSON, or JSON of something else.
    except (ValueError, LookupError, AttributeError, nbformat.ValidationError) as error:
        raise Trouble(f"{path} is damaged or no notebook: open it in JupyterLab to see what it holds.") from error
