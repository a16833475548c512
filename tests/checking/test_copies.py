"""The judge's processes are copies of one that is there: each is as one that was started just now, and nothing that happens to that one does harm."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.messages import CallFunction
from helpers.checking.play import play
from helpers.checking.process import Process
from helpers.checking.subject import packed
from helpers.running.processes import copies
from tests.checking.test_exercises import function
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each is started")


@pytest.fixture(autouse=True)
def a_template_of_its_own() -> Iterator[None]:
    copies.end_template()
    yield
    copies.end_template()
    assert not copies.lasting() and not psutil.Process().children(recursive=True)


def said(body: str) -> Any:
    """What a function with this body returns in a check; or its error."""
    answers: list[Any] = []
    made = Exercise(8, "tell()", "", ("", "", ""), "", "")

    @made.scenario(1, "it tells")
    def tell(judge: Judge) -> None:
        call = judge.call().finish()
        answers.append(call.value if call.error is None else call.text)

    source = "import os, sys, signal, time, psutil\ndef tell():\n" + textwrap.indent(body, "    ")
    report = play(made, function(source, "tell"), 1, lambda *_: None)
    return answers[0] if report.passed else report.results[-1].sentence


def test_each_check_has_a_process_of_its_own_and_there_is_one_template() -> None:
    told = [said("return os.getpid(), os.getppid(), os.getpgrp() == os.getpid()") for _ in range(3)]
    assert len({pid for pid, _, _ in told}) == 3
    assert {(parent, leads) for _, parent, leads in told} == {(*copies.lasting(), True)}


def test_a_copy_begins_anew() -> None:
    """What another one did to its modules, and drew by chance, is nothing to it."""
    body = "import random\nbefore = getattr(random, 'mine', 0)\nrandom.mine = 1\nreturn before, random.getrandbits(64)"
    told = [said(body) for _ in range(3)]
    assert [before for before, _ in told] == [0, 0, 0] and len({drawn for _, drawn in told}) == 3


def test_it_has_no_more_descriptors_than_one_that_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "fds = [f'/proc/self/fd/{fd}' for fd in range(64)]\nreturn sorted(os.readlink(each).partition(':')[0] for each in fds if os.path.lexists(each))"

    def descriptors() -> list[str]:
        """What they lead to; but for libffi, which keeps its own file open from the first use of ctypes on (Debian's newest)."""
        return [each for each in said(body) if "libffi" not in each]

    copied = descriptors()
    monkeypatch.setattr(copies, "makes_copies", lambda: False)
    assert copied == descriptors()


def test_it_is_where_the_notebook_is_now_and_knows_what_that_knows(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import of_mine\nreturn os.getcwd(), os.environ.get('OF_MINE'), of_mine.WHO"
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "of_mine.py").write_text(f"WHO = {number}")
        monkeypatch.chdir(folder)
        monkeypatch.setenv("OF_MINE", str(number))
        assert said(body) == (str(folder), str(number), number)
        if number == 0:
            first = copies.lasting()
    monkeypatch.delenv("OF_MINE")
    assert said("return os.environ.get('OF_MINE')") is None
    assert copies.lasting() == first


def test_what_python_reads_as_it_starts_asks_for_another_template(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("return sys.flags.dev_mode") is False
    first = copies.lasting()
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    assert said("return sys.flags.dev_mode") is True
    assert copies.lasting() != first and not psutil.pid_exists(*first)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_whoever_ends_the_template_is_judged_and_so_is_the_next(how: str) -> None:
    assert said(f"os.kill(os.getppid(), signal.{how})\nreturn 5") == 5
    assert said("return 6") == 6


def test_one_that_is_stopped_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said("return 5") == 5
    (first,) = copies.lasting()
    monkeypatch.setattr(copies, "ANSWERS", 0.2)
    os.kill(first, signal.SIGSTOP)
    assert said("return 6") == 6
    assert copies.lasting() != [first]


def test_how_it_ended_is_known() -> None:
    for end, code in ("os._exit(7)", 7), ("os.kill(os.getpid(), signal.SIGKILL)", -9):
        process = Process(packed(function(f"import os, signal\ndef f(): {end}", "f")))
        try:
            process.send(CallFunction())
            while process.exit_code is None:
                process.event(0.01)
            assert process.exit_code == code
        finally:
            process.end()


NOTEBOOK = """
import sys, time
from helpers.checking.process import Process
from helpers.checking.subject import packed
from helpers.running.processes import copies
def f(): pass
process = Process(packed(f))
print(process.pid, *copies.lasting(), flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(1000)", "process.end()"])
def test_nothing_is_left_when_the_notebook_ends(then: str) -> None:
    with subprocess.Popen([sys.executable, "-c", NOTEBOOK.format(then=then)], stdout=subprocess.PIPE) as notebook:
        assert notebook.stdout is not None
        pids = [int(each) for each in notebook.stdout.readline().split()]
        assert len(pids) == 2
        if "sleep" in then:
            notebook.kill()
    assert eventually(lambda: not any(_lives(each) for each in pids), 20)


def test_one_that_nobody_needs_ends(tmp_path: pathlib.Path) -> None:
    source = "from helpers.running.processes import template\ntemplate.UNUSED = 0.1\ntemplate.become_a_copy(int(__import__('sys').argv[1]))"
    made = copies.Template(["-c", source], os.environ)
    try:
        assert eventually(lambda: not _lives(made.pid), 20)
    finally:
        made.end()


def _lives(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False
