"""The learner's copies of the lessons: made, brought up to date, kept, had fresh again; with a small course whose versions come and go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.course import commands, copies
from helpers.course.environment import ROOT, Trouble
from helpers.course.lessons import NOTEBOOKS, find_lessons
from helpers.notebook import learner

LESSON = "04-two-command-windows.ipynb"
ANSWER = {"output_type": "stream", "name": "stdout", "text": ["the answer\n"]}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lessons of a small course, of which the learner has nothing yet."""
    folder = tmp_path / "course"
    folder.mkdir()
    monkeypatch.setattr(copies, "NOTEBOOKS", folder)
    monkeypatch.setenv(learner.FOLDER_VARIABLE, str(tmp_path / "a learner's, with a space"))
    store(folder / LESSON, "print('version 1')")
    store(folder / "05-waiting.ipynb", "waiting = 1")
    (folder / "server.py").write_text("# version 1\n")
    (folder / "INSTRUCTORS.md").write_text("The answers.")
    return folder


def store(path: Path, *code: str) -> None:
    """A lesson as the course has it, with its answers."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{n}",
            "source": [text],
            "metadata": {},
            "outputs": [ANSWER],
            "execution_count": n,
        }
        for n, text in enumerate(code, start=1)
    ]
    title = {"cell_type": "markdown", "id": "title", "source": ["# A lesson, with é"], "metadata": {}}
    metadata = {"language_info": {"name": "python"}, "kernelspec": {"name": "python3"}}
    notebook = {"cells": [title, *cells], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def mine(name: str = LESSON) -> Path:
    return learner.lessons() / name


def change(path: Path, changing: Callable[[Any], object]) -> bytes:
    """Change a notebook as JupyterLab would: what then stands in the file."""
    notebook = json.loads(path.read_bytes())
    changing(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path.read_bytes()


def write_code(notebook: Any) -> None:
    notebook["cells"][1]["source"] = "print('mine')"


def run_it(notebook: Any) -> None:
    notebook["cells"][1] |= {"outputs": [ANSWER], "execution_count": 1}


def add_a_cell(notebook: Any) -> None:
    notebook["cells"].append(notebook["cells"][1] | {"id": "new"})


def take_one_out(notebook: Any) -> None:
    del notebook["cells"][1]


def look_only(notebook: Any) -> None:
    """What JupyterLab may write for somebody who has only opened it."""
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.99"}
    notebook["cells"][0]["metadata"]["collapsed"] = True
    notebook["cells"][1]["source"] = ["".join(notebook["cells"][1]["source"])]


# Made ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", find_lessons([]), ids=lambda path: path.stem)
def test_no_lesson_of_the_course_is_spoiled(path: Path) -> None:
    """Nor is anything else lost: with its outputs put back it is the same lesson."""
    stored = json.loads(path.read_bytes())
    copy = json.loads(copies.unspoiled(path.read_bytes()))
    for theirs, ours in zip(stored["cells"], copy["cells"], strict=True):
        if ours["cell_type"] == "code":
            assert (ours["outputs"], ours["execution_count"]) == ([], None)
            ours |= {key: theirs[key] for key in ("outputs", "execution_count")}
    copy["metadata"]["language_info"] = stored["metadata"]["language_info"]
    assert copy == stored


def test_a_copy_says_of_its_kernel_what_the_kernel_says() -> None:
    """Or JupyterLab would change it when it is opened. (ipykernel, once imported, changes what widgets talk through: in a process of its own.)"""
    asks = "import json; from ipykernel.ipkernel import IPythonKernel; print(json.dumps(IPythonKernel.language_info))"
    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True, timeout=60)
    assert copies.language() == json.loads(told.stdout)


def test_a_learner_gets_the_lessons_and_what_they_need(course: Path) -> None:
    assert copies.prepare() == []
    assert sorted(path.name for path in learner.lessons().iterdir()) == [LESSON, "05-waiting.ipynb", "server.py"]
    assert b"the answer" not in mine().read_bytes()
    assert "é" in mine().read_text(encoding="utf-8")
    assert mine("server.py").read_text() == "# version 1\n"
    assert b"the answer" in (course / LESSON).read_bytes()  # for readers, nbval and handouts


def test_nothing_is_written_where_nothing_is_new(course: Path) -> None:
    copies.prepare()
    before = {path: path.stat().st_mtime_ns for path in learner.lessons().iterdir()}
    assert copies.prepare() == []
    assert {path: path.stat().st_mtime_ns for path in learner.lessons().iterdir()} == before


def test_what_is_deleted_or_renamed_is_there_again_and_nothing_else_is_touched(course: Path) -> None:
    copies.prepare()
    write = change(mine(), write_code)
    mine().rename(mine("my try.ipynb"))
    mine("server.py").unlink()
    (learner.lessons() / "notes.txt").write_text("mine")
    assert copies.prepare() == []
    assert mine("my try.ipynb").read_bytes() == write
    assert b"version 1" in mine().read_bytes()
    assert mine("server.py").exists() and mine("notes.txt").read_text() == "mine"


def test_a_lesson_that_cannot_be_read_keeps_no_other_away(course: Path) -> None:
    for number, content in enumerate((b"", b"\xff", b"{}", b"[1]", b'{"cells": [1], "metadata": {}}')):
        (course / f"1{number}-broken.ipynb").write_bytes(content)
    assert copies.prepare() == []
    assert len(list(learner.lessons().iterdir())) == 3
    (course / LESSON).write_bytes(b"")
    assert copies.prepare() == []
    assert b"version 1" in mine().read_bytes()


# A newer version of the course -----------------------------------------------------------------------------------------


def test_untouched_lessons_become_the_newer_version(course: Path) -> None:
    copies.prepare()
    change(mine("05-waiting.ipynb"), look_only)  # opened, and saved
    store(course / LESSON, "print('version 2')")
    store(course / "05-waiting.ipynb", "waiting = 2")
    (course / "server.py").write_text("# version 2\n")
    assert copies.prepare() == []
    assert b"version 2" in mine().read_bytes() and b"waiting = 2" in mine("05-waiting.ipynb").read_bytes()
    assert mine("server.py").read_text() == "# version 2\n"


@pytest.mark.parametrize("changing", [write_code, run_it, add_a_cell, take_one_out])
def test_what_a_learner_did_is_kept_and_the_learner_hears_of_the_newer_version(
    course: Path, changing: Callable[[Any], object]
) -> None:
    copies.prepare()
    before = change(mine(), changing)
    assert copies.prepare() == []  # nothing is newer
    store(course / "05-waiting.ipynb", "waiting = 2")
    assert copies.prepare() == []  # of this lesson nothing
    store(course / LESSON, "print('version 2')")
    assert copies.prepare() == copies.prepare() == [LESSON]  # at every start
    assert mine().read_bytes() == before


def test_new_outputs_alone_are_no_newer_version(course: Path) -> None:
    copies.prepare()
    change(mine(), write_code)
    change(course / LESSON, lambda notebook: notebook["cells"][1].update(outputs=[]))
    assert copies.prepare() == []


def test_a_damaged_lesson_is_the_learners_too(course: Path) -> None:
    copies.prepare()
    mine().write_bytes(b"{")
    store(course / LESSON, "print('version 2')")
    assert copies.prepare() == [LESSON]
    assert mine().read_bytes() == b"{"


def test_who_writes_the_newer_version_has_it(course: Path) -> None:
    """As with a file copied by hand."""
    copies.prepare()
    change(mine(), write_code)
    store(course / LESSON, "print('version 2')")
    mine().write_bytes(copies.unspoiled((course / LESSON).read_bytes()))
    assert copies.prepare() == []
    store(course / LESSON, "print('version 3')")
    assert copies.prepare() == []
    assert b"version 3" in mine().read_bytes()


def test_a_lesson_that_the_course_drops_goes_unless_it_was_changed(course: Path) -> None:
    copies.prepare()
    change(mine(), write_code)
    (course / LESSON).rename(course / "04-renamed.ipynb")
    (course / "05-waiting.ipynb").unlink()
    assert copies.prepare() == []
    assert sorted(path.name for path in learner.lessons().glob("*.ipynb")) == ["04-renamed.ipynb", LESSON]


@pytest.mark.parametrize("record", ["", "[]", '{"made": 1, "newer": []}', None])
def test_without_a_record_nothing_that_was_changed_is_lost(course: Path, record: str | None) -> None:
    copies.prepare()
    before = change(mine(), write_code)
    if record is None:
        (learner.folder() / learner.RECORD).unlink()
    else:
        (learner.folder() / learner.RECORD).write_text(record)
    assert copies.prepare() == []
    assert mine().read_bytes() == before
    store(course / LESSON, "print('version 2')")
    assert copies.prepare() == [LESSON]
    assert mine().read_bytes() == before


# Fresh again -----------------------------------------------------------------------------------------------------------


def test_a_broken_lesson_can_be_had_fresh_and_the_learners_is_kept(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies.prepare()
    first = change(mine(), write_code)
    store(course / LESSON, "print('version 2')")
    copies.prepare()

    assert commands.fresh(["04"]) == 0
    said = capsys.readouterr().out
    assert f"{mine()} is fresh. Yours is 04-two-command-windows-mine.ipynb now." in said
    assert b"version 2" in mine().read_bytes()
    assert mine("04-two-command-windows-mine.ipynb").read_bytes() == first
    assert learner.record()["newer"] == copies.prepare() == []

    second = change(mine(), take_one_out)
    commands.fresh([str(mine())])
    assert mine("04-two-command-windows-mine.ipynb").read_bytes() == first
    assert mine("04-two-command-windows-mine-2.ipynb").read_bytes() == second


def test_what_was_not_changed_is_not_kept_twice(course: Path) -> None:
    assert commands.fresh(["5", "server.py"]) == 0
    assert sorted(path.name for path in learner.lessons().iterdir()) == ["05-waiting.ipynb", "server.py"]
    commands.fresh(["05"])
    assert sorted(path.name for path in learner.lessons().iterdir()) == ["05-waiting.ipynb", "server.py"]


@pytest.mark.parametrize("wanted", [[], ["99"], ["notes.txt"]])
def test_fresh_what(course: Path, wanted: list[str]) -> None:
    with pytest.raises(Trouble, match=r"^(Which lesson\?|There is no lesson)"):
        commands.fresh(wanted)


# The folder, and what a lesson says --------------------------------------------------------------------------------------


def test_the_folder_lies_in_the_courses_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So a fresh copy of the course begins anew, and deleting it deletes all. Git does not see it."""
    monkeypatch.delenv(learner.FOLDER_VARIABLE, raising=False)
    assert learner.folder() == ROOT / "my-course"
    assert "/my-course/" in (ROOT / ".gitignore").read_text().splitlines()
    assert learner.lessons().name == NOTEBOOKS.name

    monkeypatch.setattr("os.access", lambda *_: False)  # a course that a class shares, and may only read
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert learner.folder() == tmp_path / "my-networking-course"


def test_the_stored_lessons_are_never_taken_for_the_learners(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course.rename(course.with_name("notebooks"))
    monkeypatch.setattr(copies, "NOTEBOOKS", course.with_name("notebooks"))
    monkeypatch.setenv(learner.FOLDER_VARIABLE, str(course.parent))
    for command in (copies.prepare, lambda: copies.fresh(["04"])):
        with pytest.raises(Trouble, match="names the course's own folder"):
            command()
    assert b"the answer" in (course.with_name("notebooks") / LESSON).read_bytes()


def test_a_lesson_says_that_it_has_a_newer_version(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies.prepare()
    change(mine(), write_code)
    store(course / LESSON, "print('version 2')")
    copies.prepare()
    assert learner.notice() == ""  # no notebook
    for path in (mine("05-waiting.ipynb"), course / LESSON):
        monkeypatch.setenv(learner.LESSON_VARIABLE, str(path))
        assert learner.notice() == ""
    monkeypatch.setenv(learner.LESSON_VARIABLE, str(mine()))
    assert learner.notice().startswith("The course has a newer version of this lesson. Yours stays as it is.")
    assert f'cd "{ROOT}", then ' in learner.notice() and "-m helpers fresh 04. " in learner.notice()
    commands.fresh(["04"])
    assert learner.notice() == ""


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(copies.LARGEST + 1)


STRANGE: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "ten gigabytes, or nearly": make_large,
    "brackets": lambda path: path.write_bytes(b"[" * 200_000),
    "a link to itself": lambda path: path.symlink_to(path),
    "a pipe": lambda path: os.mkfifo(path),  # type: ignore[attr-defined, unused-ignore]
}


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are made otherwise there")
@pytest.mark.parametrize("what", STRANGE)
def test_what_is_no_lesson_stays_and_keeps_nobody_waiting(course: Path, what: str) -> None:
    copies.prepare()
    mine().unlink()
    STRANGE[what](mine())
    kind = mine().lstat().st_mode
    store(course / LESSON, "print('version 2')")
    store(course / "05-waiting.ipynb", "waiting = 2")
    assert copies.prepare() == [LESSON]
    assert mine().lstat().st_mode == kind
    assert b"waiting = 2" in mine("05-waiting.ipynb").read_bytes()
