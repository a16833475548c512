"""How far somebody has come: what a check notes, what is read of any file, and how it is shown."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import types
from typing import Any

import pytest

from helpers import exercises
from helpers.course.lessons import NOTEBOOKS
from helpers.exercises import progress_file
from helpers.exercises.progress_file import Known
from helpers.exercises.titles import Title, titles
from helpers.notebook.learner import FOLDER_VARIABLE

RIGHT = "def receive_exactly(conn, n):\n    data = b''\n    while len(data) < n:\n        part = conn.recv(n - len(data))\n        if not part:\n            raise EOFError('cut')\n        data += part\n    return data"
HASTY = "def receive_exactly(conn, n):\n    return conn.recv(n)"


def checked(source: str, only: int | None = None) -> None:
    module = types.ModuleType("__main__")
    exec(compile(source, "<cell>", "exec", dont_inherit=True), module.__dict__)
    exercises.check(module.__dict__["receive_exactly"], seed=1, only=only)


def row() -> str:
    """What the overview says of the exercise."""
    (line,) = [line for line in exercises.progress().describe().splitlines() if line.startswith("  receive_exactly")]
    return " ".join(line.split())


def test_a_check_notes_how_far_it_came() -> None:
    assert row() == "receive_exactly not started"
    checked(HASTY)
    far = progress_file.known()["receive_exactly"]
    scenarios = len(exercises.find("receive_exactly").scenarios)
    assert (far.state, far.held, far.scenarios) == ("tried", 1, scenarios) and far.day
    assert row() == f"receive_exactly tried, 1 of {scenarios} (last tried on {far.day})"
    checked(HASTY, only=3)
    assert progress_file.known()["receive_exactly"] == far, "of one scenario alone nothing is known of the others"
    checked(RIGHT)
    assert row() == "receive_exactly holds"
    checked(HASTY)
    assert row() == "receive_exactly holds"


def test_files_of_older_versions_are_read_on_and_theirs_read_ours() -> None:
    written({"version": 1, "exercises": {"greet": "holds", "receive_exactly": "tried"}})
    assert progress_file.known() == {"greet": Known("holds"), "receive_exactly": Known("tried")}
    assert row() == "receive_exactly tried"
    progress_file.note("receive_exactly", True, False, 4, 14)
    content = json.loads(progress_file.file().read_text())
    assert (content["version"], content["exercises"]) == (1, {"greet": "holds", "receive_exactly": "tried"})
    assert list(content["tries"]) == ["receive_exactly"]


NONSENSE: list[Any] = [
    3, [], "x", {"receive_exactly": 3}, {"receive_exactly": {"held": "4", "scenarios": 14}}, {"receive_exactly": {"held": 15, "scenarios": 14}},
    {"receive_exactly": {"held": -1, "scenarios": 14}}, {"receive_exactly": {"held": True, "scenarios": 14}}, {"receive_exactly": {"held": 1, "scenarios": 10**9}},
    {"receive_exactly": {"held": 4}}, {"receive_exactly": {"day": "<b>today</b>"}}, {"receive_exactly": {"day": 3, "held": None}},
]  # fmt: skip


@pytest.mark.parametrize("tries", NONSENSE)
def test_nonsense_about_how_far_it_came_counts_as_not_known(tries: object) -> None:
    written({"version": 1, "exercises": {"receive_exactly": "tried"}, "tries": tries})
    assert progress_file.known() == {"receive_exactly": Known("tried")}
    assert row() == "receive_exactly tried"


def written(content: object) -> None:
    progress_file.file().parent.mkdir(parents=True, exist_ok=True)
    progress_file.file().write_text(json.dumps(content))


def test_what_is_next_is_the_first_that_does_not_hold_with_a_way_to_its_lesson() -> None:
    every = list(exercises.exercises())
    for each in every[:3]:
        progress_file.note(each.key, started=True, passed=True)
    html = exercises.progress().as_html()
    assert "<img alt=" in html and f"<code>{every[3].name}</code>" in html
    file = html.partition('<a href="')[2].partition('"')[0]
    assert (NOTEBOOKS / file).is_file() and file.startswith(f"{every[3].lesson:02}-")
    for each in every[3:]:
        progress_file.note(each.key, started=True, passed=True)
    assert "href" not in exercises.progress().as_html()
    assert repr(exercises.progress()).startswith(f"{len(every)} of {len(every)} exercises hold\n")


def test_exercises_of_one_name_are_told_apart_by_their_lessons() -> None:
    later = exercises.find("room_server", lesson=12)
    progress_file.note(later.key, True, False, 3, 22)
    said = exercises.progress().describe()
    assert said.count("room_server        tried, 3 of 22") == 1 and "room_server        not started" in said


def test_lessons_are_called_as_their_first_cells_say(tmp_path: pathlib.Path) -> None:
    found = titles()
    assert found[8] == Title("08 · A stream, not messages", "08-a-stream-not-messages.ipynb")
    for name, content in {
        "01-a": "{",
        "02-b": '{"cells": []}',
        "03-c": '{"cells": [{"source": 3}]}',
        "04-d": '{"cells": [{"source": ["# Four\\n", "x"]}]}',
    }.items():
        (tmp_path / f"{name}.ipynb").write_text(content)
    words = [title.words for title in titles(tmp_path).values()]
    assert words == ["lesson 1", "lesson 2", "lesson 3", "Four"]
    assert titles(tmp_path / "nowhere") == {}


def test_what_held_once_stays_so() -> None:
    for passed, state in (False, "tried"), (True, "holds"), (False, "holds"):
        progress_file.note("receive_exactly", started=True, passed=passed)
        assert progress_file.state("receive_exactly") == state
    assert "1 of" in exercises.progress().describe()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"3", b'"x"', b"\xff\xfe", b'{"version": 1}', b'{"exercises": []}', b'{"exercises": {"receive_exactly": 3}}',
        b'{"version": 99, "exercises": {"receive_exactly": "known by heart", "other": {}}}', b"[" * 100_000, b'{"exercises": {"receive_exactly": []}}',
    ],
)  # fmt: skip
def test_a_bad_or_foreign_file_counts_as_none(content: bytes) -> None:
    progress_file.file().parent.mkdir(parents=True, exist_ok=True)
    progress_file.file().write_bytes(content)
    assert progress_file.state("receive_exactly") == "not started"
    assert exercises.progress().describe() and exercises.progress().as_html()
    progress_file.note("receive_exactly", started=True, passed=True)
    assert progress_file.state("receive_exactly") == "holds"
    assert json.loads(progress_file.file().read_text())["exercises"] == {"receive_exactly": "holds"}


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
        progress_file.note("receive_exactly", started=True, passed=True)
        assert progress_file.state("receive_exactly") == "not started"
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "progress.json").mkdir()
    progress_file.note("receive_exactly", started=True, passed=True)
    assert progress_file.state("receive_exactly") == "not started"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "progress.json"]


NOTES = "import sys; from helpers.exercises import progress_file; [progress_file.note(f'{sys.argv[1]}{number}', True, True) for number in range(100)]"


def test_two_kernels_at_once_leave_a_good_file() -> None:
    writers = [subprocess.Popen([sys.executable, "-c", NOTES, name]) for name in "ab"]
    assert [each.wait(20) for each in writers] == [0, 0]
    known = json.loads(progress_file.file().read_text())["exercises"]
    assert {"a99", "b99"} & set(known) and set(known.values()) == {"holds"}
    assert [each.name for each in progress_file.file().parent.iterdir()] == ["progress.json"]
