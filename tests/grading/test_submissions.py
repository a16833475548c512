"""Which of the files in a class's folder count."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from helpers import exercises
from helpers.grading.outcomes import outcomes
from helpers.grading.running import Settings
from helpers.grading.submissions import (
    FOLDERS,
    LARGEST,
    NotRead,
    Submission,
    is_learners,
    left_out,
    read,
    shown,
    submissions,
)
from helpers.grading.verdict import FELL, HOLDS, UNREADABLE, Verdict

NAMES = ["05-waiting.ipynb", "08-a-stream-not-messages.ipynb"]


def hand_in(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("{}")


def found(folder: Path, *lessons: int) -> list[Submission]:
    return submissions(folder, [each for each in exercises.exercises() if each.lesson in lessons], NAMES)


def paths(folder: Path, *lessons: int) -> dict[str, list[str | None]]:
    """For each learner the notebooks, lesson by lesson."""
    return {
        each.name: [part.path.relative_to(folder).as_posix() if part.path else None for part in each.parts]
        for each in found(folder, *lessons)
    }


def test_each_learner_has_the_lessons_that_somebody_has_handed_in(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/05-waiting.ipynb", "ada/08-mine.ipynb", "ben/05-waiting.ipynb", "cem/notes.txt")
    assert paths(tmp_path, 5, 7, 8) == {
        "ada": ["ada/05-waiting.ipynb", "ada/08-mine.ipynb"],
        "ben": ["ben/05-waiting.ipynb", None],
        "cem": [None, None],
    }


def test_a_lesson_that_was_named_is_asked_of_all(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/05-waiting.ipynb")
    (submission,) = found(tmp_path, 8)
    assert [(part.path, [each.name for each in part.exercises]) for part in submission.parts] == [
        (None, ["receive_exactly", "receive_messages", "read_lines"])
    ]


def test_of_several_the_one_that_is_called_as_the_courses_counts(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/08-a-copy.ipynb", "ada/08-a-stream-not-messages.ipynb", "ben/08-b.ipynb", "ben/08-a.ipynb")
    assert paths(tmp_path, 8) == {"ada": ["ada/08-a-stream-not-messages.ipynb"], "ben": ["ben/08-a.ipynb"]}
    assert [each.parts[0].others for each in found(tmp_path, 8)] == [["08-a-copy.ipynb"], ["08-b.ipynb"]]


def test_who_has_handed_in_several_and_does_not_hold_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hand_in(tmp_path, "ada/08-a.ipynb", "ada/08-b.ipynb", "ada/mine.ipynb")
    made = [Verdict("receive_exactly", FELL, flags=("uses helpers",)), Verdict("read_lines", HOLDS)]
    monkeypatch.setattr("helpers.grading.outcomes.judge", lambda *_: made)
    (outcome,) = outcomes(found(tmp_path, 8), Settings(1), 1)
    assert [each.flags for each in outcome.verdicts] == [
        ("uses helpers", "is not the only notebook: there is 08-b.ipynb and mine.ipynb"),
        (),
    ]


def test_a_folder_may_be_the_learners_copy_of_the_course(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/notebooks/08-a.ipynb", "ben/my-course/notebooks/08-a.ipynb", "ben/notebooks/08-a.ipynb")
    assert paths(tmp_path, 8) == {"ada": ["ada/notebooks/08-a.ipynb"], "ben": ["ben/my-course/notebooks/08-a.ipynb"]}


def test_what_may_be_meant_is_told(tmp_path: Path) -> None:
    hand_in(
        tmp_path,
        "ada/my 08.ipynb",
        "ada/08_a.ipynb",
        "ada/05-waiting.ipynb",
        "ada/.x.ipynb",
        "ada/notes.txt",
        "ada/notebooks/08-a.html",
    )
    (submission,) = found(tmp_path, 8)
    assert submission.parts[0].others == ["08_a.ipynb", "my 08.ipynb", "notebooks/08-a.html"]
    (verdict, *_) = next(outcomes([submission], Settings(1), 1)).verdicts
    assert (
        verdict.sentence
        == "No notebook of lesson 08 was handed in. There is 08_a.ipynb, my 08.ipynb and notebooks/08-a.html: it has to be like 08-….ipynb, or notebooks/08-….ipynb."
    )
    assert verdict.handed_in
    hand_in(tmp_path, "ben/notes.txt")
    (verdict, *_) = next(outcomes(found(tmp_path, 8)[1:], Settings(1), 1)).verdicts
    assert verdict.sentence == "No notebook of lesson 08 was handed in." and not verdict.handed_in


def test_what_lies_too_deep_or_is_packed_is_told(tmp_path: Path) -> None:
    hand_in(
        tmp_path,
        "ada/my homework/my-course/notebooks/08-a.ipynb",
        "ada/my homework/05-a.ipynb",
        "ada/__MACOSX/my homework/._08-a.ipynb",
        "ada/__MACOSX/08-a.ipynb",
        "ada/.ipynb_checkpoints/08-a-checkpoint.ipynb",
        "ben/homework.ZIP",
        "ben/.hidden.zip",
        "cem/notebooks/notes.txt",
    )
    assert {each.name: each.parts[0].others for each in found(tmp_path, 8)} == {
        "ada": ["my homework/my-course/notebooks/08-a.ipynb"], "ben": ["homework.ZIP"], "cem": [],
    }  # fmt: skip


def test_of_many_folders_some_are_looked_into(tmp_path: Path) -> None:
    for at in range(FOLDERS + 10):
        hand_in(tmp_path, f"ada/{at}/08-a.ipynb")
    (submission,) = found(tmp_path, 8)
    assert len(submission.parts[0].others) < FOLDERS


def test_what_lies_beside_the_folders_is_told(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/08-a.ipynb", "ben.zip", "08-a.ipynb", ".DS_Store")
    assert left_out(tmp_path) == ["08-a.ipynb", "ben.zip"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root, and Windows, read any folder")
def test_a_folder_out_of_reach_is_not_called_empty(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/08-a.ipynb")
    (tmp_path / "ada").chmod(0)
    try:
        (verdict, *_) = next(outcomes(found(tmp_path, 8), Settings(1), 1)).verdicts
    finally:
        (tmp_path / "ada").chmod(0o700)
    assert (verdict.state, verdict.handed_in) == (UNREADABLE, True) and "Permission denied" in verdict.sentence


def test_where_the_marks_go_is_nobodys(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/08-a.ipynb", "marks/ada.html")
    these = list(exercises.exercises_of(8))
    assert [each.name for each in submissions(tmp_path, these, NAMES, tmp_path / "ada" / ".." / "marks")] == ["ada"]
    assert [each.name for each in submissions(tmp_path, these, NAMES, tmp_path / "elsewhere")] == ["ada", "marks"]


def test_where_marks_may_go(tmp_path: Path) -> None:
    """Else whoever's folder it is would get no line, or everybody's marks."""
    hand_in(tmp_path, "class/ada/08-a.ipynb", "class/ben/my-course/notebooks/08-a.ipynb", "class/marks/ada.html")
    for there in ("class", "class/ada", "class/ada/marks", "class/ben", "class/../class/ben/x/y"):
        assert is_learners(tmp_path / there, tmp_path / "class"), there
    for there in ("class/marks", "class/week 2", "marks", ".", "class2"):
        assert not is_learners(tmp_path / there, tmp_path / "class"), there


def test_what_is_no_learners_folder(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/08-a.ipynb", ".git/08-a.ipynb", "08-a.ipynb", "__MACOSX/ada/._08-a.ipynb")
    assert [*paths(tmp_path, 8)] == ["ada"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_cannot_be_shown_are_told_apart(tmp_path: Path) -> None:
    for name in (b"\xff", b"\\xff", b"a\nb"):
        os.makedirs(os.path.join(os.fsencode(tmp_path), name))
    names = [each.name for each in found(tmp_path, 8)]
    assert len(set(names)) == 3 and all(name.isprintable() for name in names), names
    assert shown("Zoë") == "Zoë"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_not_followed(tmp_path: Path) -> None:
    hand_in(tmp_path, "elsewhere/08-a.ipynb", "class/ada/x", "class/ben/x")
    (tmp_path / "class/ada/notebooks").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "class/ben/08-a.ipynb").symlink_to(tmp_path / "elsewhere/08-a.ipynb")
    (tmp_path / "class/cem").symlink_to(tmp_path / "elsewhere")
    assert paths(tmp_path / "class", 8) == {"ada": [None], "ben": ["ben/08-a.ipynb"]}
    assert left_out(tmp_path / "class") == ["cem"]
    with pytest.raises(NotRead, match="a link"):
        read(tmp_path / "class/ben/08-a.ipynb")


def test_what_is_too_large_or_gone_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(LARGEST + 1)  # it has no bytes yet
    with pytest.raises(NotRead, match="larger than 200 MB"):
        read(tmp_path / "large")
    with pytest.raises(NotRead, match="cannot be read"):
        read(tmp_path / "gone")
    (tmp_path / "text").write_bytes(b"a\r\n\x1ab")
    assert read(tmp_path / "text") == b"a\r\n\x1ab"
