"""How a lesson is cut into slides: what its notebook says of each cell, as JupyterLab and nbconvert understand it too.

In: the cells of a notebook. Out: the same cells, grouped by slide. For live slides (`presenting`), `handouts`, the `site` and the `reference`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

Cell = TypeVar("Cell", bound=Mapping[str, Any])

NEW_SLIDE = ("slide", "subslide")
NOT_SHOWN = ("notes", "skip")


def slide_type(cell: Mapping[str, Any]) -> str:
    """What a cell is to be on slides: slide, subslide, fragment, skip, notes, or "-", which goes on with what stands before."""
    return cell["metadata"].get("slideshow", {}).get("slide_type") or "-"


def is_shown(cell: Mapping[str, Any]) -> bool:
    """Whether the room sees it."""
    return slide_type(cell) not in NOT_SHOWN


def cut(cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells of each slide, with its notes; those before the first slide are the first's. A cell that is skipped stands on none."""
    slides: list[list[Cell]] = []
    shown = False  # something of the last of them
    for cell in cells:
        if slide_type(cell) == "skip":
            continue
        if not slides or (shown and slide_type(cell) in NEW_SLIDE):
            slides.append([])
            shown = False
        slides[-1].append(cell)
        shown = shown or is_shown(cell)
    return slides
