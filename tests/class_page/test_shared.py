"""What of a class's folder is listened to: the learners' own files, and nothing that pretends to be one."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from helpers import exercises
from helpers.class_page.shared import shared
from helpers.exercises import attempts_file
from helpers.exercises.attempts_file import TAIL, Attempt

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="whom a file belongs to is asked on POSIX systems: no hub runs on Windows"
)

EXERCISES = {each.key: len(each.scenarios) for each in exercises.exercises()}
NOW = 1_796_000_000
OURS = {"time": "2026-11-30T00:53:00Z", "exercise": "receive_exactly", "holds": False, "held": 1, "of": 14, "scenario": 2, "misconception": 2, "only": None, "seed": 1, "seconds": 0.2}  # fmt: skip


def at(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW + seconds))


def line(seconds: float = -60, **changed: object) -> bytes:
    return json.dumps({**OURS, "time": at(seconds), **changed}).encode() + b"\n"


def share(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "attempts.jsonl").write_bytes(content)
    return folder / name / "attempts.jsonl"


def found(folder: Path) -> dict[str, list[Attempt]]:
    return shared(folder, EXERCISES, NOW - 3600, NOW)


def test_each_learner_who_shares_has_the_attempts_of_these_hours_in_order(tmp_path: Path) -> None:
    share(tmp_path, "learner-b", line(-10, scenario=3) + line(-20, scenario=1) + line(-4000) + line(100))
    share(tmp_path, "learner-a", line())
    share(tmp_path, "learner-c", b"")
    (tmp_path / "learner-d").mkdir()
    (tmp_path / "notes.txt").write_bytes(line())
    share(tmp_path, ".hidden", line())
    assert list(found(tmp_path)) == ["learner-a", "learner-b"]
    assert [each.scenario for each in found(tmp_path)["learner-b"]] == [1, 3]


def test_what_a_line_says_of_exercises_that_the_course_has_not_is_not_listened_to(tmp_path: Path) -> None:
    share(
        tmp_path,
        "learner-a",
        line(exercise="<script>alert(1)</script>") + line(of=13) + line(exercise="greet", of=8, scenario=1),
    )
    assert [each.exercise for each in found(tmp_path)["learner-a"]] == ["greet"]


def test_a_flood_is_read_by_its_end(tmp_path: Path) -> None:
    path = share(tmp_path, "learner-a", b"")
    with open(path, "r+b") as file:
        file.truncate(50 << 30)  # takes no room
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + line())
    assert len(found(tmp_path)["learner-a"]) == 1
    path.write_bytes(line() * 10_000)
    assert len(found(tmp_path)["learner-a"]) == TAIL // len(line())


def test_whoever_has_a_users_name_has_to_be_that_user(tmp_path: Path) -> None:
    import pwd

    mine = pwd.getpwuid(os.getuid()).pw_name
    somebody = next(each.pw_name for each in pwd.getpwall() if each.pw_uid != os.getuid())
    for name in (mine, somebody, "learner-a"):
        share(tmp_path, name, line())
    assert list(found(tmp_path)) == sorted([mine, "learner-a"])
    tmp_path.chmod(0o777)
    assert list(found(tmp_path)) == [mine], "where everybody makes folders, anybody may have made learner-a"


def test_a_file_that_is_somebody_elses_is_not_listened_to(tmp_path: Path) -> None:
    path = share(tmp_path, "learner-a", line())
    assert attempts_file.tail(path, os.getuid()) == line()
    assert attempts_file.tail(path, os.getuid() + 1) == b""


def test_nothing_in_a_files_place_is_followed_or_waited_for(tmp_path: Path) -> None:
    elsewhere = share(tmp_path / "elsewhere", "learner-a", line())
    folder = tmp_path / "class"
    for name in ("a", "b", "c"):
        (folder / name).mkdir(parents=True)
    (folder / "a" / "attempts.jsonl").symlink_to(elsewhere)
    os.mkfifo(folder / "b" / "attempts.jsonl")
    (folder / "c" / "attempts.jsonl").mkdir()
    (folder / "d").symlink_to(elsewhere.parent)
    assert found(folder) == {}


def test_a_name_is_shown_as_a_line(tmp_path: Path) -> None:
    share(tmp_path, "ada\n\x1b[31m", line())
    assert list(found(tmp_path)) == ["ada\\n\\x1b[31m"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_two_names_that_look_the_same_are_two(tmp_path: Path) -> None:
    for name in (b"\xff", b"\\xff"):
        share(tmp_path, os.fsdecode(name), line())
    assert len(found(tmp_path)) == 2
