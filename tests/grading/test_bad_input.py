"""Whatever somebody hands in gets its line, and nobody else pays for it."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.grading.handed_in import grade, hand_in, notebook, right, solution, table
from tests.support.ordinary import needs_sandbox

pytestmark = pytest.mark.slow


def with_receive(source: str) -> bytes:
    """Lesson 08, right but for `receive_exactly`."""
    return right({"receive_exactly": source})


def body(line: str, outside: str = "", more: str = "") -> bytes:
    """With a `receive_exactly` of which this is the body."""
    return with_receive(
        f"import os, sys, time, subprocess, threading, socket\n{outside}\ndef receive_exactly(conn, n{more}):\n    {line}\n"
    )


FORGED = json.dumps({"exercise": "receive_exactly", "state": "holds", "sentence": "", "held": 14, "of": 14, "scenario": "", "misconception": None, "flags": [], "likeness": "", "seconds": 0})  # fmt: skip

FORGER = f"""
import glob, os
def receive_exactly(conn, n):
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(handle, b'''{FORGED}\\n''')
        except OSError:
            pass
    return b"forged"
"""

DAEMON = """if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                for pid in filter(str.isdigit, os.listdir("/proc")):
                    if int(pid) != os.getpid():
                        try: os.kill(int(pid), 9)
                        except OSError: pass
        os._exit(0)
    return conn.recv(n)
"""

MESSAGES = solution("receive_messages")

SUBMISSIONS: dict[str, tuple[bytes, str, str]] = {
    "right": (right(), "holds", ""),
    "large": (right({"large": "# " + "x" * (50 << 20)}), "holds", ""),
    "a-shell": (
        notebook("!touch escaped\n%load_ext helpers\nfiles = !touch escaped", "%%bash\ntouch escaped", solution("receive_exactly"), "?socket\nsocket?", MESSAGES, solution("read_lines")),
        "holds", "",
    ),
    "mark-of-order": (codecs.BOM_UTF8 + right().replace(b"}, ", b"},\r\n"), "holds", ""),
    "format-3": (json.dumps({"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": each} for each in ("import socket", solution("receive_exactly"))]}]}).encode(), "holds", ""),
    "made-of-itself": (with_receive("count = 0\ncount += 1\n" + solution("receive_exactly") + "\nreceive_exactly.calls = [count]\nreceive_exactly = (lambda f: f)(receive_exactly)"), "holds", ""),
    "prints-a-verdict": (body(f"print({FORGED!r}, flush=True); return b'x'"), "fell", "returned b'x'"),
    "closes-everything": (body("os.closerange(0, 1000); return b'x'"), "fell", "closed file descriptors"),
    "kills-its-parent": (body("os.kill(os.getppid(), 9); return b'x'"), "fell", "returned b'x'"),
    "threads": (body("\n    while True: threading.Thread(target=time.sleep, args=[100], daemon=True).start()"), "fell", ""),
    "broken-json": (right()[:-20], "unreadable", "It is no notebook"),
    "brackets": (b"[" * 200_000, "unreadable", "nested too deeply"),
    "odd-cells": (json.dumps({"cells": [None, 3, {"cell_type": "code", "source": 7}, {"cell_type": "code"}]}).encode(), "missing", "No cell defines receive_exactly."),
    "cell-of-brackets": (with_receive("(" * 200_000), "missing", "No cell defines"),
    "no-python": (with_receive("import socket\n\ndef receive_exactly(conn, n)\n    return 1"), "no Python", "line 3: expected ':'"),
    "stub": (with_receive('def receive_exactly(conn, n):\n    """What follows."""\n    ...'), "not started", ""),
    "loop-at-definition": (body("return conn.recv(n)", "def forever():\n    while True: pass", ", x=forever()"), "fell", "work without end"),
    "waits-at-definition": (body("return LONG", "LONG = time.sleep(1000)"), "fell", "wait for something that does not happen"),
    "falls-at-definition": (body("return conn.recv(n * ZERO)", "ZERO = 1 / 0"), "fell", "ZeroDivisionError: division by zero"),
    "exits-at-definition": (body("return conn.recv(n)", "", ", x=os._exit(0)"), "fell", "ended"),
    "exits": (body("os._exit(0)"), "fell", "ended"),
    "forks": (body("\n    while True: os.fork()"), "fell", ""),
    "memory": (body("return b'x' * (1 << 40)"), "fell", "memory"),
    "output": (body("\n    while True: os.write(1, b'x' * (1 << 20))"), "fell", "prints without end"),
    "disk": (body("\n    with open('/tmp/large', 'wb') as file:\n        while True: file.write(b'x' * (1 << 20))"), "fell", ""),
    "forged": (with_receive(FORGER), "fell", ""),
    "kills": (body("os.kill(-1, 9)"), "fell", ""),
    "daemon": (body(f"\n    {DAEMON}"), "fell", ""),
}  # fmt: skip
"""What is handed in; the state of its `receive_exactly`, and some words of the sentence."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The marks of all of these, the working folder, and what the command said."""
    needs_sandbox()
    here = tmp_path_factory.mktemp("class")
    for name, (content, _, _) in SUBMISSIONS.items():
        hand_in(here / "submissions", name, content)
    said = grade("submissions", "receive_exactly", "--seed", 1, cwd=here)
    return table(here / "marks"), here, said


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_each_gets_its_line(name: str, graded: Any) -> None:
    rows, _, said = graded
    _, state, words = SUBMISSIONS[name]
    row = rows[name, "receive_exactly"]
    assert (row["state"], words in row["sentence"]) == (state, True), (row, said.stderr)


def test_what_one_exercise_does_costs_no_other(tmp_path: Path) -> None:
    needs_sandbox()
    for name in ("daemon", "kills", "exits-at-definition"):
        hand_in(tmp_path / "submissions", name, SUBMISSIONS[name][0])
    grade("submissions", "receive_exactly", "receive_messages", cwd=tmp_path)
    rows = table(tmp_path / "marks")
    assert [row["state"] for row in rows.values()] == ["fell", "holds"] * 3, rows


def test_no_cell_is_run(graded: Any) -> None:
    _, here, _ = graded
    assert not [*here.rglob("escaped")]


def test_every_submission_is_told_as_it_comes(graded: Any) -> None:
    _, here, said = graded
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[0].startswith("The seed is 1")
    assert {line.split()[0] for line in lines[1:-1]} == set(SUBMISSIONS)
    assert lines[-1].startswith(f"{len(SUBMISSIONS)} submissions in ")
    assert {path.stem for path in (here / "marks").glob("*.html")} == {*SUBMISSIONS, "class", "class-no-names"}


LINKED: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (lambda path: path.symlink_to("/etc/passwd"), "link"),
    "pipe": (os.mkfifo if hasattr(os, "mkfifo") else lambda path: path.mkdir(), "no file"),
    "folder": (lambda path: path.mkdir(), "no file"),
}


@pytest.mark.parametrize("name", LINKED)
def test_what_is_no_file_is_not_opened(name: str, tmp_path: Path) -> None:
    needs_sandbox()
    make, words = LINKED[name]
    (tmp_path / "submissions" / name).mkdir(parents=True)
    make(tmp_path / "submissions" / name / "08-a-stream-not-messages.ipynb")
    grade("submissions", "read_lines", cwd=tmp_path)
    row = table(tmp_path / "marks")[name, "read_lines"]
    assert row["state"] == "unreadable" and words in row["sentence"], row


def test_a_folder_that_is_a_link_is_nobodys(tmp_path: Path) -> None:
    needs_sandbox()
    hand_in(tmp_path / "elsewhere", "ada", right())
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "grace").symlink_to(tmp_path / "elsewhere" / "ada")
    (tmp_path / "submissions" / "notes.txt").write_text("no learner")
    said = grade("submissions", cwd=tmp_path)
    assert said.returncode == 1 and "has no folders" in said.stderr
