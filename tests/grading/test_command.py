"""`python3 -m helpers grade`, as whoever teaches uses it, and as a learner does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from helpers.course import grades
from helpers.course.environment import Trouble
from helpers.exercises import exercises, exercises_of
from helpers.grading.outcomes import Outcome
from helpers.grading.sandbox import why_not
from helpers.grading.verdict import FELL, HOLDS, Verdict
from tests.grading.answers import answers, graded
from tests.grading.handed_in import LESSON_08, grade, hand_in, notebook, right, solution, table
from tests.support.ordinary import as_ordinary_user, has_namespaces, needs_sandbox
from tests.support.waiting import eventually

ONE_IN = 250
"""Of all answers: `python -m tests.grading.answers` grades the others."""


@pytest.mark.slow
def test_an_answer_in_its_lesson_has_its_own_verdict(tmp_path: Path) -> None:
    needs_sandbox()
    assert graded(list(answers())[::ONE_IN], tmp_path) == []


@pytest.mark.slow
def test_the_same_seed_gives_the_same_verdicts(tmp_path: Path) -> None:
    needs_sandbox()
    wrong = "def read_lines(conn):\n    while data := conn.recv(1024):\n        yield data"
    for name in ("ada", "ben", "cem"):
        hand_in(tmp_path / "submissions", name, right({"read_lines": wrong}))
    said = {}
    for jobs in (1, 4):
        grade("submissions", "read_lines", "receive_messages", "--seed", 3, "--jobs", jobs, "--out", f"marks{jobs}", cwd=tmp_path)  # fmt: skip
        rows = table(tmp_path / f"marks{jobs}")
        said[jobs] = {key: {**row, "seconds": ""} for key, row in rows.items()}
    assert said[1] == said[4] and len(said[1]) == 6
    assert said[1]["ada", "read_lines"]["flags"] == "is alike but for names and comments: ben and cem"
    assert said[1]["ada", "receive_messages"]["flags"] == "is the course's own answer"  # fmt: skip


INSIDE = """
import os, socket
def receive_exactly(conn, n):
    found = []
    for path in ("/etc/shadow", "/etc/passwd", "/var", {here!r}):
        if os.path.exists(path):
            found.append(path)
    for path in ("/usr/x", "/etc/x", "/x", {package!r} + "/x"):
        try:
            open(path, "w")
            found.append("wrote " + path)
        except OSError:
            pass
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=1)
        found.append("a network")
    except OSError:
        pass
    return repr((found, sorted(name for _, name in socket.if_nameindex()), os.environ.get("SECRET"))).encode()
"""


@pytest.mark.slow
def test_a_sandbox_has_nothing_but_python_and_the_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_sandbox()
    monkeypatch.setenv("SECRET", "x")
    (tmp_path / "secret").write_text("x")
    source = INSIDE.format(here=str(tmp_path / "secret"), package=str(Path(grades.__file__).parents[1]))
    hand_in(tmp_path / "submissions", "ada", right({"receive_exactly": source}))
    grade("submissions", "receive_exactly", "--seed", 1, cwd=tmp_path)
    sentence = table(tmp_path / "marks")["ada", "receive_exactly"]["sentence"]
    assert "([], ['lo'], None)" in sentence, sentence


@pytest.mark.slow
def test_who_takes_too_long_gets_no_verdict_and_others_theirs(tmp_path: Path) -> None:
    needs_sandbox()
    endless = "def forever():\n    while True: pass\n\ndef receive_exactly(conn, n, x=forever()):\n    return x"
    hand_in(tmp_path / "submissions", "ada", right({"receive_exactly": endless}))
    hand_in(tmp_path / "submissions", "ben", notebook("x = 1"))
    grade("submissions", "08", "--seconds", 1, cwd=tmp_path)
    rows = table(tmp_path / "marks")
    assert rows["ada", "receive_exactly"]["sentence"] == "There was no verdict within 1 s."
    assert {rows["ben", name]["state"] for name in LESSON_08} == {"missing"}


@pytest.mark.slow
def test_interrupted_it_leaves_nothing_behind_but_marks(tmp_path: Path) -> None:
    needs_sandbox()
    waits = "import time\nLONG = time.sleep(1000)\ndef read_lines(conn): return LONG"
    hand_in(tmp_path / "submissions", "ada", notebook("x = 1"))
    for name in ("ben", "cem", "dan", "eve"):
        hand_in(tmp_path / "submissions", name, right({"read_lines": waits}))
    command = [sys.executable, "-m", "helpers.course.front_door", "grade", "submissions", "read_lines", "--jobs", "1"]
    with subprocess.Popen(as_ordinary_user(command), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:  # fmt: skip
        assert started.stdout is not None
        while not started.stdout.readline().startswith("ada"):
            pass
        assert eventually(
            lambda: len(_descendants(started.pid)) > 3, 30
        )  # bubblewrap, the judge, its template and a copy of it
        there = _descendants(started.pid)
        started.send_signal(signal.SIGINT)
        _, complaints = started.communicate()
    assert started.returncode == 1 and "Stopped after" in complaints, complaints
    assert eventually(lambda: not any(each.is_running() for each in there))
    assert table(tmp_path / "marks")["ada", "read_lines"]["state"] == "missing"
    assert "Stopped after 1 of 5 submissions." in (tmp_path / "marks" / "class.html").read_text(encoding="utf-8")


def _descendants(pid: int) -> list[psutil.Process]:
    return list(psutil.Process(pid).children(recursive=True))


def test_nobody_judges_as_root(tmp_path: Path) -> None:
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("these tests do not run as root")
    hand_in(tmp_path / "submissions", "ada", right())
    for more in ([], ["--no-sandbox"]):
        command = [sys.executable, "-m", "helpers.course.front_door", "grade", "submissions", *more]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert said.returncode == 1 and "as an ordinary user, not as root" in said.stderr
    assert not (tmp_path / "marks").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is there on Linux alone")
def test_without_a_sandbox_nothing_begins_unless_told(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not has_namespaces():
        pytest.skip("root cannot become an ordinary user here: the kernel allows no user namespaces")
    hand_in(tmp_path / "submissions", "ada", right())
    said = (
        grade("submissions", "read_lines", cwd=tmp_path, PATH="/nowhere") if os.geteuid() else _without_path(tmp_path)
    )
    assert said.returncode == 1 and "There is no bubblewrap here" in said.stderr and "--no-sandbox" in said.stderr
    assert not (tmp_path / "marks").exists()


def _without_path(folder: Path) -> subprocess.CompletedProcess[str]:
    """As root, whose way to another user is a program that has to be found."""
    command = [
        "/usr/bin/env",
        "PATH=/nowhere",
        sys.executable,
        "-m",
        "helpers.course.front_door",
        "grade",
        "submissions",
    ]
    return subprocess.run(as_ordinary_user(command), cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_told_so_it_judges_without_one(tmp_path: Path) -> None:
    hand_in(tmp_path / "submissions", "ada", right())
    hand_in(tmp_path / "submissions", "=1+1", notebook('def read_lines(conn):\n    """What."""\n    ...'))
    (tmp_path / "submissions" / "ben.zip").write_bytes(b"PK")
    said = grade("submissions", "read_lines", "--no-sandbox", "--seed", 1, cwd=tmp_path)
    assert "not what lies beside them: ben.zip." in said.stdout
    rows = table(tmp_path / "marks")
    assert said.returncode == 0, said.stderr
    assert (rows["ada", "read_lines"]["state"], rows["'=1+1", "read_lines"]["state"]) == ("holds", "not started")


SAID = {
    "bwrap: setting up uid map: Permission denied": "apparmor_restrict_unprivileged_userns",
    "bwrap: No permissions to create new namespace": "apparmor_restrict_unprivileged_userns",
    "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted": "apparmor_restrict_unprivileged_userns",
    "bwrap: execvp /x/python: Permission denied": "have to be readable",
    "bwrap: execvp /x/python: No such file or directory": "bwrap --ro-bind / / true",
    "": "it said nothing",
}


@pytest.mark.parametrize("said", SAID, ids=range(len(SAID)))
def test_what_to_mend_is_said(said: str) -> None:
    assert SAID[said] in why_not(said) and "--no-sandbox" in why_not(said)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["08"], [*LESSON_08]),
        (["8"], [*LESSON_08]),
        (["read_lines", "greet"], ["greet", "read_lines"]),
        (["room_server"], ["room_server", "room_server (lesson 12)"]),
        (["11", "broadcast"], ["broadcast", "room_server"]),
    ],
)
def test_lessons_and_exercises_narrow_it(words: list[str], keys: list[str]) -> None:
    assert [each.key for each in grades.chosen(words)] == keys


@pytest.mark.parametrize("word", ["99", "00", "read_line", "submissions", ""])
def test_a_word_that_means_nothing(word: str) -> None:
    with pytest.raises(Trouble):
        grades.chosen([word])


@pytest.mark.parametrize(
    "bad",
    [
        ["--jobs", "0"],
        ["--seconds", "-1"],
        ["--jobs", "x"],
        ["--seed", "x"],
        ["--seed", "9" * 30],
        ["--seconds", "1.5"],
    ],
)
def test_an_option_that_makes_no_sense(bad: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        grades.parse(bad)
    assert f"{bad[0]}: '{bad[1]}' is no whole number" in capsys.readouterr().err


class TestOnesOwn:
    """`grade` alone, or with lessons: a learner's own notebooks, for whom no sandbox is needed."""

    pytestmark = pytest.mark.slow

    def own(self, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return grade(*arguments, cwd=folder, NETWORKING_COURSE_DATA=str(folder), **environment)

    def test_all_that_was_asked_for_holds(self, tmp_path: Path) -> None:
        hand_in(tmp_path, "notebooks", right({"read_lines": "def read_lines(conn): ..."}))
        said = self.own(tmp_path, "receive_exactly", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
        assert said.returncode == 0, said.stderr
        assert said.stdout.endswith("1 of 1 exercise holds.\n")
        assert "| lesson 08 | receive_exactly | holds | 14 of 14 |" in (tmp_path / "summary").read_text()
        assert not (tmp_path / "marks").exists()

    def test_something_does_not(self, tmp_path: Path) -> None:
        hand_in(tmp_path, "notebooks", right({"read_lines": "def read_lines(conn):\n    yield conn.recv(1)"}))
        said = self.own(tmp_path, "read_lines", "receive_messages")
        assert said.returncode == 1
        assert "read_lines: it fell in scenario 1 of 19" in said.stdout and "1 of 2 exercises hold." in said.stdout

    def test_what_lies_beside_the_notebook_is_found(self, tmp_path: Path) -> None:
        hand_in(tmp_path, "notebooks", notebook("from mine import read_lines as mine\nread_lines = mine"))
        (tmp_path / "notebooks" / "mine.py").write_text(solution("read_lines"))
        assert self.own(tmp_path, "read_lines").returncode == 0

    def test_there_are_none(self, tmp_path: Path) -> None:
        said = self.own(tmp_path, "08")
        assert said.returncode == 1 and "helpers lab makes them" in said.stderr


def test_the_class_has_its_page_and_one_without_names(tmp_path: Path) -> None:
    """Where no sandbox is needed: out of verdicts."""
    these = exercises_of(8)
    fell = Verdict("read_lines", FELL, "It waits.", 1, 19, these[2].scenarios[1].title, 1)
    done = [
        Outcome("ada", [Verdict(each.key, HOLDS, "", len(each.scenarios), len(each.scenarios)) for each in these]),
        *(Outcome(f"ben {at}", [fell]) for at in range(3)),
    ]
    page = grades.write_class(tmp_path, grades.class_page(tmp_path, list(exercises()), done, "The seed was 3."))
    named, unnamed = page.read_text(encoding="utf-8"), (tmp_path / "class-no-names.html").read_text(encoding="utf-8")
    assert "<h1>The class: lesson 08</h1>" in named and '<a href="ben%201.html">ben 1</a>' in named
    for written in (named, unnamed):
        assert "3 learners: “one <code>send</code>, one <code>recv</code>”" in written and written.count("<img") == 1
    assert grades.class_page(tmp_path, these, [], "").title == "The class"
    assert "ben" not in unnamed and "It waits." not in unnamed


def test_folders_without_a_notebook_are_no_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grades, "refuse_root", lambda: None)
    monkeypatch.setattr(grades, "compiled", lambda: contextlib.nullcontext(""))  # which takes a while
    (tmp_path / "submissions" / "ada").mkdir(parents=True)
    with pytest.raises(Trouble, match="In 1 folder of .* is no notebook of the course: .* as in ada/08-….ipynb"):
        grades.grade([str(tmp_path / "submissions"), "--no-sandbox", "--out", str(tmp_path / "marks")])
    assert not (tmp_path / "marks").exists()


def test_what_the_lessons_define_is_known() -> None:
    given = grades.given_by_lessons(exercises_of(8))
    assert [*given] == [8] and {"receive_message", "read_lines"} < {*given[8]}
