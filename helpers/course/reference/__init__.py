"""The course's reference: the pages beside the notebooks to which one comes back. Common mistakes, glossary, index, cheat sheet, what you see and what it means.

Comes in: the lessons as they are stored, the exercises, the mistakes, the patients. Goes out: pages in Markdown; `write` puts them beside the notebooks. For the commands `reference` and `handout`, and for
tests, which hold the pages to what this room makes, and what it says to the code. Nothing is run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from helpers.checking.misconceptions import PAGE
from helpers.course.lessons import CHEAT_SHEET, GLOSSARY, INDEX, NOTEBOOKS, SEEN
from helpers.course.reference import calls, glossary, mistakes, seen
from helpers.course.reference.lessons import Lessons, stored

PAGES: dict[str, Callable[[Lessons], str]] = {
    PAGE: mistakes.page,
    GLOSSARY: glossary.page,
    INDEX: glossary.index,
    CHEAT_SHEET: calls.page,
    SEEN: seen.page,
}
"""By the names of their files: what makes each."""


def write(folder: Path = NOTEBOOKS) -> list[Path]:
    """Write every page anew; those that have changed come back."""
    changed = []
    for name, page in PAGES.items():
        path, text = folder / name, page(stored())
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed
