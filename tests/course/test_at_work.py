"""`python3 -m helpers class`: when its pages are written, and what is said where they cannot be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from helpers import exercises
from helpers.course import at_work
from helpers.course.at_work import Pages
from helpers.course.environment import Trouble
from tests.class_page.test_shared import NOW, line


def fell(folder: Path, name: str, seconds_ago: float, misconception: int | None = 2) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    with open(folder / name / "attempts.jsonl", "ab") as file:
        file.write(line(-seconds_ago, misconception=misconception))


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "class").mkdir()
    return Pages(tmp_path / "class", list(exercises.exercises_of(8)), 1, tmp_path / "out")


def html(tmp_path: Path, name: str = "class.html") -> str:
    return (tmp_path / "out" / name).read_text(encoding="utf-8")


def test_they_are_written_when_something_has_changed_or_a_minute_has_gone(tmp_path: Path, pages: Pages) -> None:
    assert pages.look(NOW) == 0
    (tmp_path / "out" / "class.html").unlink()
    assert pages.look(NOW + 1) == 0
    assert not (tmp_path / "out" / "class.html").exists(), "nothing has changed"
    fell(tmp_path / "class", "adelaide", 10)
    assert pages.look(NOW + 1) == 1 and "adelaide" in html(tmp_path)
    assert "adelaide" not in html(tmp_path, "class-no-names.html")
    (tmp_path / "out" / "class.html").unlink()
    pages.look(NOW + 61)
    assert time.strftime("As of %H:%M:", time.localtime(NOW + 61)) in html(tmp_path)
    assert pages.look(NOW + 3700) == 0, "an hour later"
    pages.end(NOW + 3700)
    assert "<script>" not in html(tmp_path)


def test_the_cell_to_show_again_stands_there_with_its_picture(tmp_path: Path, pages: Pages) -> None:
    fell(tmp_path / "class", "adelaide", 10, misconception=1)
    pages.look(NOW)
    assert 'src="data:image/svg+xml' in html(tmp_path) and "cell <code>slice</code>" in html(tmp_path)


def test_other_exercises_than_those_that_are_named_are_not_on_it(tmp_path: Path) -> None:
    fell(tmp_path, "adelaide", 10)
    assert Pages(tmp_path, [exercises.find("read_lines")], 1, tmp_path / "out").look(NOW) == 0


def test_what_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Trouble, match="There is no folder .*nowhere: name the one that has a folder for each learner"):
        at_work.class_at_work([str(tmp_path / "nowhere")])
    with pytest.raises(Trouble, match="no lesson with exercises"):
        at_work.class_at_work([str(tmp_path), "recieve", "--out", str(tmp_path / "out")])
    for bad in (["--hours", "0"], ["--hours", "nan"], ["--hours", "x"], []):
        with pytest.raises(SystemExit):
            at_work.parse([str(tmp_path), *bad] if bad else [])
    pages = Pages(tmp_path / "gone", list(exercises.exercises_of(8)), 1, tmp_path / "out")
    with pytest.raises(Trouble, match="gone cannot be read: No such file or directory"):
        pages.look(NOW)
