"""What is noted of checks, by whose leave and for whom; and that nothing that happens to it costs more than a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

import helpers
from helpers import exercises
from helpers.checking.report import Report, Result
from helpers.exercises import attempts_file
from helpers.exercises.attempts_file import LARGEST, TAIL, read
from helpers.notebook.learner import CLASS_VARIABLE
from tests.checking.test_progress import HASTY, RIGHT, checked

EXERCISE = exercises.find("receive_exactly")
SCENARIOS = len(EXERCISE.scenarios)
FIELDS = ["time", "exercise", "holds", "held", "of", "scenario", "misconception", "only", "seed", "seconds"]


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a class has a place for what this learner shares."""
    (tmp_path / "class").mkdir()
    monkeypatch.setenv(CLASS_VARIABLE, str(tmp_path / "class"))
    return tmp_path / "class" / "attempts.jsonl"


@pytest.fixture(autouse=True)
def no_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CLASS_VARIABLE, raising=False)


def lines(path: Path | None = None) -> list[dict[str, Any]]:
    """All that are not empty."""
    every = (path or attempts_file.file()).read_text(encoding="ascii").splitlines()
    return [json.loads(line) for line in every if line]


def fall(seconds: float = 0.25) -> None:
    """A check that fell, noted without playing it."""
    results = [Result("held", True), Result(EXERCISE.scenarios[1].title, False, "It fell.", 2)]
    attempts_file.note(EXERCISE, Report(EXERCISE.name, True, results, SCENARIOS, 1), seconds)


def test_a_check_is_noted_in_numbers_and_without_code() -> None:
    begun = int(time.time())
    checked(HASTY)
    checked(RIGHT)
    checked(HASTY, only=3)
    fell, held, one = lines()
    assert list(fell) == FIELDS
    assert {name: fell[name] for name in FIELDS[1:-1]} == {
        "exercise": "receive_exactly", "holds": False, "held": 1, "of": SCENARIOS, "scenario": 2, "misconception": 2, "only": None, "seed": 1,
    }  # fmt: skip
    assert (held["holds"], held["held"], held["scenario"], held["misconception"]) == (True, SCENARIOS, None, None)
    assert (one["holds"], one["held"], one["scenario"], one["only"]) == (False, None, 3, 3)
    assert all(0 < each["seconds"] < 60 for each in lines())
    first, second, third = read(attempts_file.file().read_bytes())
    assert begun <= first.time <= second.time <= third.time <= time.time()
    assert (first.exercise, first.scenario, first.misconception, second.holds) == ("receive_exactly", 2, 2, True)


def test_a_stub_is_no_attempt_and_no_text_of_a_learners_is_noted() -> None:
    checked("def receive_exactly(conn, n):\n    raise NotImplementedError")
    assert not attempts_file.file().exists()
    module = types.ModuleType("__main__")
    exec(HASTY, module.__dict__)
    for seed in ("my own words", 10**400):
        exercises.check(module.__dict__["receive_exactly"], seed=seed, only=2)  # type: ignore[arg-type]
    assert [each["seed"] for each in lines()] == [None, None]


def test_what_falls_before_the_first_scenario_did_not_fall_in_it() -> None:
    checked("mine = (i for i in range(3))\ndef receive_exactly(conn, n):\n    return next(mine)")
    (fell,) = lines()
    assert (fell["scenario"], fell["held"]) == (0, 0)
    assert [each.scenario for each in read(attempts_file.file().read_bytes())] == [0]


def test_who_wants_none_noted_says_so_once() -> None:
    fall()
    said = helpers.attempts(keep=False).describe()
    assert "Your checks are not noted." in said and f"{attempts_file.file()} has what was noted before" in said
    fall()
    assert len(lines()) == 1
    helpers.attempts(keep=True)
    fall()
    assert len(lines()) == 2 and "Each check is noted in" in repr(helpers.attempts())


def test_nobody_is_shown_anything_unless_the_learner_says_so(shared: Path) -> None:
    fall()
    assert not shared.exists() and "Your instructor does not see them." in helpers.attempts().describe()
    said = helpers.attempts(share=True).describe()
    assert "Your instructor sees those that come from now on" in said
    assert shared.read_bytes() == b"", "what was before is not shared"
    fall(0.5)
    assert lines(shared) == lines()[1:] and len(lines()) == 2
    if os.name == "posix":
        assert shared.stat().st_mode & 0o777 == 0o640
    said = helpers.attempts().describe()
    assert said.count(shared.read_text().strip()) == 2, (
        "the very lines, in the learner's own file and in the shared one"
    )
    helpers.attempts(share=True)
    assert len(lines(shared)) == 1, "said twice"
    said = helpers.attempts(share=False).describe()
    assert not shared.exists() and "Your instructor does not see them." in said
    fall()
    assert not shared.exists() and len(lines()) == 3


def test_who_wants_none_noted_takes_back_what_is_shared(shared: Path) -> None:
    helpers.attempts(share=True)
    fall()
    helpers.attempts(keep=False)
    assert not shared.exists()
    with pytest.raises(ValueError, match="What is not noted cannot be shared"):
        helpers.attempts(keep=False, share=True)
    helpers.attempts(share=True)
    fall()
    assert len(lines(shared)) == 1 and helpers.attempts().kept, "to share is to keep"


@pytest.mark.parametrize("word", ["no", 0, "", [False]], ids=str)
def test_a_word_that_is_neither_yes_nor_no_changes_nothing(word: Any, shared: Path) -> None:
    helpers.attempts(keep=False)
    for said in ({"keep": word}, {"share": word}):
        with pytest.raises(TypeError, match="is True or False, and not .*: nothing has changed"):
            helpers.attempts(**said)
    assert not helpers.attempts().kept and not shared.exists()


def test_where_there_is_no_class_nothing_can_be_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "They stay in that folder of yours: there is no class here" in helpers.attempts().describe()
    assert "\nThere is no class here to share them with." in helpers.attempts(keep=False).describe()
    helpers.attempts(keep=True)
    with pytest.raises(LookupError, match="There is no class here"):
        helpers.attempts(share=True)
    monkeypatch.setenv(CLASS_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(OSError, match=r"cannot be made, so nothing is shared: No such file or directory\.$"):
        helpers.attempts(share=True)
    helpers.attempts(share=False)
    fall()
    assert len(lines()) == 1 and not (tmp_path / "nowhere").exists()


def test_what_cannot_be_taken_back_is_said_to_be_shared(shared: Path) -> None:
    shared.mkdir()
    with pytest.raises(OSError, match="cannot be deleted, so it is shared as before"):
        helpers.attempts(keep=False)
    assert not helpers.attempts().kept, "nothing more is noted all the same"


def test_a_long_file_is_shown_by_its_end() -> None:
    for _ in range(12):
        fall()
    said = helpers.attempts().describe()
    assert "its last 10 lines" in said and said.count('"receive_exactly"') == 10


NOTES = """
import sys
from helpers import exercises
from helpers.checking.report import Report
from helpers.exercises import attempts_file
exercise = exercises.find("receive_exactly")
report = Report(exercise.name, True, [], len(exercise.scenarios), int(sys.argv[1]))
for number in range(1000):
    attempts_file.note(exercise, report, number)
"""


def test_two_kernels_at_once_tear_no_line(shared: Path) -> None:
    helpers.attempts(share=True)
    writers = [subprocess.Popen([sys.executable, "-c", NOTES, name]) for name in "12"]
    assert [each.wait(60) for each in writers] == [0, 0]
    for path in (shared, attempts_file.file()):
        found = lines(path)
        assert len(found) == 2000
        for seed in (1, 2):
            assert [each["seconds"] for each in found if each["seed"] == seed] == list(range(1000))


def test_what_another_kernel_writes_at_the_last_moment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    fall(1)
    plain, theirs = os.write, attempts_file.file().read_bytes().replace(b": 1}", b": 2}")

    def write(handle: int, line: bytes) -> int:
        with open(attempts_file.file(), "ab") as file:
            file.write(theirs)
        return plain(handle, line)

    monkeypatch.setattr(os, "write", write)
    fall(3)
    assert [each["seconds"] for each in lines()] == [1, 2, 3]


FULL = """
import resource
from helpers.exercises import attempts_file
size = attempts_file.file().stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, resource.RLIM_INFINITY))
import sys
sys.argv = ["", "3"]
NOTES
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no limits to files")
def test_a_disk_that_is_full_costs_the_line_and_no_check() -> None:
    fall()
    source = FULL.replace("NOTES", NOTES.replace("1000", "2"))
    subprocess.run([sys.executable, "-c", source], check=True)
    assert not attempts_file.file().read_bytes().endswith(b"\n"), "a line is torn"
    fall()
    content = attempts_file.file().read_bytes()
    assert [each.seconds for each in read(content)] == [0.25, 0.25] and len(content.splitlines()) == 3


def test_a_check_does_without_a_folder_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CLASS_VARIABLE, str(tmp_path / "file"))
    monkeypatch.setenv("NETWORKING_COURSE_DATA", str(tmp_path / "file" / "below"))
    checked(HASTY)
    assert "none so far" in helpers.attempts().describe()
    with pytest.raises(OSError, match="says by being there that nothing is to be noted, and cannot be changed"):
        helpers.attempts(keep=False)


def test_a_class_that_no_folder_can_be_made_of_costs_no_check(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    monkeypatch.setenv(CLASS_VARIABLE, "~no-such-user/class")
    fall()
    assert len(lines()) == 1 and not helpers.attempts().shared
    monkeypatch.setenv(CLASS_VARIABLE, str(shared.parent))
    helpers.attempts(share=True)
    shared.write_bytes((b" " * 99 + b"\n") * (LARGEST // 100))
    assert (
        "It is full, and nothing is added to it: share=True begins it anew after that." in helpers.attempts().describe()
    )


def instead(path: Path, what: str) -> None:
    """Something else in the place of the file."""
    elsewhere = path.parent / "elsewhere"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "link":
        elsewhere.write_text("mine")
        path.symlink_to(elsewhere)
    elif what == "link to nothing":
        path.symlink_to(elsewhere)


@pytest.mark.parametrize("what", ["folder", "pipe", "link", "link to nothing"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes, and links for few")
def test_whatever_else_stands_there_is_left_as_it_is(what: str, tmp_path: Path, shared: Path) -> None:
    for path in (attempts_file.file(), shared):
        instead(path, what)
    before = sorted(tmp_path.rglob("*"))
    fall()
    assert sorted(tmp_path.rglob("*")) == before
    assert all(each.read_text() == "mine" for each in before if each.name == "elsewhere")
    assert helpers.attempts().lines == [] and not helpers.attempts().shared
    with pytest.raises(OSError, match="cannot be made, so nothing is shared: (it is a|Is a directory)"):
        helpers.attempts(share=True)


def test_it_stops_to_grow_one_day() -> None:
    content = (b" " * 99 + b"\n") * (LARGEST // 100)
    attempts_file.file().write_bytes(content)
    fall()
    assert attempts_file.file().read_bytes() == content
    attempts_file.file().write_bytes(content[:-2000] + json.dumps(GOOD).encode().ljust(1999) + b"\n")
    said = helpers.attempts().describe()
    assert "is full, and nothing is added to it: its only line is this." in said and "Each check is noted" not in said
    attempts_file.file().write_bytes(content[:-1000])
    assert "none so far" in helpers.attempts().describe()
    fall()
    assert len(read(attempts_file.tail(attempts_file.file()))) == 1
    assert len(attempts_file.tail(attempts_file.file())) == TAIL


GOOD = {"time": "2026-11-30T09:00:00Z", "exercise": "receive_exactly", "holds": False, "held": 1, "of": 14, "scenario": 2, "misconception": 2, "only": None, "seed": 1, "seconds": 0.2}  # fmt: skip
BAD: list[tuple[str, Any]] = [
    ("time", "yesterday"), ("time", 3), ("time", "2026-11-30T09:00:00+00:00"), ("time", "0000-00-00T00:00:00Z"), ("time", None), ("time", "9" * 400), ("exercise", None),
    ("exercise", "x" * 400), ("exercise", ["receive_exactly"]), ("holds", "yes"), ("holds", True), ("holds", 0), ("held", 15), ("held", -1), ("held", 1.0), ("held", True), ("of", 10**9), ("of", -3),
    ("of", None), ("scenario", 15), ("scenario", "two"), ("scenario", -1), ("misconception", 10**30), ("misconception", "<b>"), ("only", 99), ("seed", 10**30), ("seed", "words"), ("seconds", "long"),
    ("seconds", float("inf")), ("seconds", float("nan")), ("seconds", -1.0), ("seconds", 10**300),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD, ids=str)
def test_a_line_whose_field_is_none_is_left_out(field: str, value: object) -> None:
    bad = json.dumps({**GOOD, field: value}).encode()
    assert [each.scenario for each in read(b"\n".join([bad, json.dumps(GOOD).encode(), bad]))] == [2]


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"null", b"3", b'"x"', b"\xff\xfe", b"{}", b"[" * 900, b'{"a":' * 150, b"9" * 900, b" " * 5000, b"\x00" * 70_000, json.dumps(GOOD).encode() + b" " * 1000, b'{"time": 1e999}'],
    ids=lambda line: str(line[:20]),
)  # fmt: skip
def test_a_line_that_is_none_is_left_out(line: bytes) -> None:
    good = json.dumps(GOOD).encode()
    assert len(read(b"\n".join([good, line, good, good[:50]]))) == 2
    attempts_file.file().write_bytes(b"\n".join([good, line, b"\x1b[31m<b>red</b>"]))
    said = helpers.attempts().describe()
    assert "\x1b" not in said and max(map(len, said.splitlines())) < 500


@pytest.mark.everywhere
def test_it_is_noted_on_every_system() -> None:
    fall()
    fall()
    assert len(lines()) == 2
    assert sorted(each.name for each in attempts_file.file().parent.iterdir()) == ["attempts.jsonl"]
