"""Cells to be shown again, out of the lessons as they are stored."""

from __future__ import annotations

import shutil
from pathlib import Path

from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.course.lessons import NOTEBOOKS
from helpers.course.showing import cells_to_show


def test_each_mistake_has_a_cell_with_something_to_see(tmp_path: Path) -> None:
    shown = cells_to_show(MISCONCEPTIONS, tmp_path)
    assert list(shown) == list(MISCONCEPTIONS)
    for number, each in shown.items():
        assert each.code and each.title and (each.picture or each.printed), number
        assert bool(each.picture) == bool(each.alt) == bool(each.told) == bool(each.width), number
        assert (tmp_path / each.link).resolve().is_file(), each.link


def test_a_cell_has_its_picture_and_what_it_printed() -> None:
    (shown,) = cells_to_show([3], NOTEBOOKS).values()
    assert (shown.lesson, shown.title, shown.cell, shown.link) == (8, "A stream, not messages", "line-lost", "08-a-stream-not-messages.ipynb")  # fmt: skip
    assert shown.printed == "b'tea'\nnothing" and shown.picture.startswith("data:image/svg+xml,")
    assert (
        "sendall(b'tea\\nmilk\\n')" in shown.told and "TimeoutError" in shown.alt and shown.code.startswith("%%watch")
    )


def test_what_is_not_there_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    shutil.copy(NOTEBOOKS / "01-a-first-conversation.ipynb", tmp_path / "a folder")
    shown = cells_to_show([1, 7, 99], tmp_path, tmp_path / "a folder")
    assert [each.link for each in shown.values()] == ["a%20folder/01-a-first-conversation.ipynb"]
