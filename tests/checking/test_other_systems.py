"""The judge where nobody says what a process does (no /proc), where text has a region's encoding, and where there are no signals: macOS and Windows."""

from __future__ import annotations

import math
import os
import pathlib
import types
from typing import Any

import pytest

from helpers.checking import process as processes
from helpers.checking.bounds import Watch
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.play import play
from helpers.checking.process import Process
from helpers.checking.subject import packed
from helpers.checking.verdicts import Hangs
from helpers.exercises import progress_file
from helpers.notebook.files import write
from tests.checking.test_checking import RIGHT, function, judged
from tests.checking.test_checking import no_process_left as no_process_left
from tests.support.another_system.fixtures import HERE, SYSTEMS, as_on
from tests.support.another_system.likeness import WINDOWS
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # together; each is a check or several


@pytest.mark.parametrize("on", SYSTEMS)
def test_the_functions_process_is_like_the_judges(on: str) -> None:
    """Or the tests that are run as on another system would try only half of the judge."""
    with as_on(on):
        report = judged(f"assert hasattr(conn, '_wait') is {on != HERE}, type(conn)\n{RIGHT}")
    assert report.passed, report.describe()


def test_a_function_prints_as_in_a_notebook_whatever_the_encoding_of_the_region() -> None:
    with as_on(WINDOWS):
        report = judged("print('→ ü\\n\\ud800')\nprint('→', file=sys.stderr)\nreturn b''")
    assert report.output == "→ ü\n\\ud800\n→\n" and "returned b''" in report.results[-1].sentence


@pytest.mark.parametrize("on", SYSTEMS)
def test_pressing_ctrl_c_raises_nothing_in_the_judge(on: str) -> None:
    with as_on(on):
        process = Process(packed(function("time.sleep(1000)")))
        try:
            process.interrupt()
        finally:
            process.end()


def test_one_that_is_still_starting_does_not_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "TASKS", "/no/proc/{}/task")
    process = Process(packed(function("pass")))
    try:
        while process.start_up == math.inf:
            assert not process.rests() or process.start_up < math.inf
        assert eventually(process.rests, 20)
    finally:
        process.end()


def test_one_that_waits_for_a_program_of_its_own_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it waited for longer than it takes to see that the program does nothing."""
    used = iter([1.0, 2.0, 2.0])
    process: Any = types.SimpleNamespace(
        seconds=lambda: 0.0, rests=lambda: True, printed=0, memory=lambda: 0, start_up=0.0, exit_code=None, has_loaded=True,
        offspring_seconds=lambda: next(used),
    )  # fmt: skip
    clock = iter(range(100))
    monkeypatch.setattr("helpers.checking.bounds.time.monotonic", lambda: float(next(clock)) / 10)
    watch = Watch(process, types.SimpleNamespace(), busy=1, idle=0.1, others_rest=lambda: True)  # type: ignore[arg-type]
    monkeypatch.setattr(watch, "_give_up", lambda at_last: (_ for _ in ()).throw(Hangs("")))
    looks = 0
    with pytest.raises(Hangs):
        while looks < 50:
            looks += 1
            watch.look()
    assert looks == 6  # two looks each time until it is at rest, and its program has worked twice


def test_a_lock_that_is_being_deleted_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows opening it is not permitted in that moment."""
    plain, left = os.open, [PermissionError(13, "pending"), PermissionError(13, "pending")]

    def opened(path: Any, *args: Any) -> Any:
        if str(path).endswith(".lock") and left:
            raise left.pop()
        return plain(path, *args)

    monkeypatch.setattr(progress_file, "TAKEN", (FileExistsError, PermissionError))
    monkeypatch.setattr(os, "open", opened)
    progress_file.note("greet", started=True, passed=True)
    assert progress_file.state("greet") == "holds" and not left


def test_a_file_that_somebody_reads_is_replaced_a_little_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    plain, left = os.replace, [PermissionError(13, "in use"), PermissionError(13, "in use")]

    def replaced(new: Any, path: Any) -> None:
        if left:
            raise left.pop()
        plain(new, path)

    monkeypatch.setattr(os, "replace", replaced)
    write(tmp_path / "progress.json", b"{}")
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("on", SYSTEMS)
def test_pieces_arrive_apart_also_where_nobody_says_what_was_taken(on: str) -> None:
    pieces = Exercise(8, "take(conn, n)", "", ("", "", ""), "", "")

    @pieces.scenario(1, "in pieces")
    def in_pieces(judge: Judge) -> None:
        peer, call = judge.talk(5)
        peer.send(b"a", b"b", b"c")
        peer.end()
        call.must_return(b"a")

    with as_on(on):
        report = play(pieces, function("return conn.recv(n)"), 1, lambda *_: None)
    assert report.passed, report.describe()
