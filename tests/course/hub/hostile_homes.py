"""Handing out to, and collecting from, homes in which anything lies: on a machine of its own (`tests/support/stage.py`), by `python3 -m helpers hub` as root. `test_hub.py` starts this."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.course.environment import ROOT, Trouble
from helpers.course.hub.collecting import collect
from helpers.course.hub.learners import Learner, act_as
from helpers.course.hub.sending import LARGEST, MOST
from helpers.grading.submissions import submissions
from helpers.notebook.learner import AT_HOME
from tests.support import stage

LESSON = "08-a-stream-not-messages.ipynb"
OWN = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
"""A notebook that its learner has changed."""


def lessons(home: Path) -> Path:
    folder = home / AT_HOME / "notebooks"
    folder.mkdir(parents=True)
    return folder


def industrious(home: Path) -> None:
    (lessons(home) / LESSON).write_bytes(OWN)


def links(home: Path) -> None:
    (lessons(home) / LESSON).symlink_to("/etc/shadow")
    (lessons_of(home) / "08-mine.ipynb").symlink_to("/home/industrious/my-networking-course/notebooks/" + LESSON)


def links_a_folder(home: Path) -> None:
    (home / AT_HOME).symlink_to("/home/industrious/my-networking-course")


def has_a_pipe(home: Path) -> None:
    os.mkfifo(lessons(home) / LESSON)


def has_ten_gigabytes(home: Path) -> None:
    with (lessons(home) / LESSON).open("wb") as file:
        file.truncate(10 << 30)


def has_strange_names(home: Path) -> None:
    folder = lessons(home)
    for name in (
        "08-a\nb.ipynb",
        "08-\x1b[31m.ipynb",
        "08-=cmd().ipynb",
        "08-\u202e.ipynb",
        "08-" + "n" * 200 + ".ipynb",
    ):
        (folder / name).write_bytes(OWN)


def has_many(home: Path) -> None:
    folder = lessons(home)
    for number in range(300):
        (folder / f"08-{number:03}.ipynb").write_bytes(OWN)
    (folder / LESSON).write_bytes(OWN)


def has_brackets(home: Path) -> None:
    (lessons(home) / LESSON).write_bytes(b"[" * 200_000)


def has_a_folder(home: Path) -> None:
    (lessons(home) / LESSON).mkdir()


def has_a_file_for_a_folder(home: Path) -> None:
    (home / AT_HOME).write_bytes(OWN)


def runs_what_it_can(home: Path) -> None:
    """Where Python, or a shell, would look for it."""
    version = "{}.{}".format(*sys.version_info[:2])
    site = home / ".local" / "lib" / f"python{version}" / "site-packages"
    site.mkdir(parents=True)
    for name in ("usercustomize.py", "sitecustomize.py", "helpers.py"):
        (site / name).write_text(f"open({str(home / 'ran')!r}, 'w')")
    (home / "helpers.py").write_text(f"open({str(home / 'ran')!r}, 'w')")
    (home / ".bashrc").write_text("touch ~/ran")
    (home / ".profile").write_text("touch ~/ran")
    industrious(home)


def is_closed(home: Path) -> None:
    home.chmod(0)


def lessons_of(home: Path) -> Path:
    return home / AT_HOME / "notebooks"


HOMES: dict[str, Callable[[Path], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        industrious,
        links,
        links_a_folder,
        has_a_pipe,
        has_ten_gigabytes,
        has_strange_names,
        has_many,
        has_brackets,
        has_a_folder,
        has_a_file_for_a_folder,
        runs_what_it_can,
        is_closed,
    )
}
INSTRUCTOR = 61_900
"""Who calls sudo."""


@pytest.fixture(scope="module")
def class_() -> list[Learner]:
    found = stage.set_up(list(HOMES))
    for each in found:
        HOMES[each.name](Path(each.home))
        stage.run("chown", "--recursive", "--no-dereference", f"{each.uid}:{each.gid}", each.home)
    return found


def hub(*arguments: str) -> list[str]:
    """What it says, within bounds that none of these homes may exceed."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers.course.front_door", "hub", *arguments],
        cwd=ROOT,
        env=os.environ | {"SUDO_UID": str(INSTRUCTOR), "SUDO_GID": str(INSTRUCTOR)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_lessons_are_handed_out_and_nothing_is_written_over(class_: list[Learner]) -> None:
    before = Path("/etc/shadow").read_bytes()
    said = dict(line.split(": ", 1) for line in hub("handout"))
    assert list(said) == sorted(HOMES)
    failed = {"links-a-folder", "has-a-file-for-a-folder", "is-closed"}
    assert {name for name, told in said.items() if told.startswith("not handed out")} == failed
    assert {name for name, told in said.items() if told == "is up to date"} == set(HOMES) - failed
    for name in ("industrious", "has-many", "runs-what-it-can"):
        assert (lessons_of(Path("/home", name)) / LESSON).read_bytes() == OWN
    assert (lessons_of(Path("/home/has-a-pipe")) / LESSON).is_fifo()
    assert (lessons_of(Path("/home/links")) / LESSON).is_symlink()
    assert Path("/etc/shadow").read_bytes() == before
    assert not Path("/home/runs-what-it-can/ran").exists()


def test_what_is_handed_out_is_the_learners_and_has_no_answers(class_: list[Learner]) -> None:
    (one,) = [each for each in class_ if each.name == "industrious"]
    files = list(lessons_of(Path(one.home)).iterdir())
    assert {(each.stat().st_uid, each.stat().st_mode & 0o777) for each in files if each.name != LESSON} == {(one.uid, 0o600)}  # fmt: skip
    notebooks = [json.loads(each.read_bytes()) for each in files if each.suffix == ".ipynb"]
    assert len(notebooks) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    assert not any(cell.get("outputs") for notebook in notebooks for cell in notebook["cells"])


def test_collected_is_what_is_a_learners_own_file(class_: list[Learner]) -> None:
    to = Path("/run/submissions")
    *lines, last = hub("collect", "08", "--to", str(to))
    said = dict(line.split(": ", 1) for line in lines)
    assert list(said) == sorted(HOMES)
    assert last.startswith("12 learners.")
    found = {str(each.relative_to(to)): each.read_bytes() for each in to.rglob("*") if each.is_file()}
    handed_in = {f"{name}/{LESSON}": OWN for name in ("industrious", "has-many", "runs-what-it-can")}
    more = {f"has-many/08-{number:03}.ipynb": OWN for number in range(MOST - 1)}
    brackets = {f"has-brackets/{LESSON}": b"[" * 200_000}
    as_handed_out = found.pop(f"has-strange-names/{LESSON}")
    assert found == handed_in | more | brackets
    assert json.loads(as_handed_out)["cells"]
    assert said["links"] == f"{LESSON}: it is a link, and no file; 08-mine.ipynb: it is a link, and no file"
    assert said["has-a-pipe"] == said["has-a-folder"] == f"{LESSON}: it is a folder, a pipe, or a device, and no file"
    assert said["has-ten-gigabytes"] == f"{LESSON}: larger than {LARGEST >> 20} MB"
    assert said["links-a-folder"] == said["has-a-file-for-a-folder"] == f"{AT_HOME}/notebooks: Not a directory"
    assert said["is-closed"] == f"{AT_HOME}/notebooks: Permission denied"


def test_what_was_collected_is_whose_sudo_it_was_and_can_be_graded(class_: list[Learner]) -> None:
    to = Path("/run/submissions")
    there = [to, *to.rglob("*")]
    assert {(each.stat().st_uid, each.stat().st_mode & 0o077) for each in there} == {(INSTRUCTOR, 0)}
    from helpers.course.grades import chosen

    parts = {each.name: each.parts[0].path for each in submissions(to, chosen(["08"]), {LESSON})}
    assert parts["has-many"] == to / "has-many" / LESSON


def test_nothing_is_collected_into_a_learners_folder(class_: list[Learner], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may write there, or above it, could put a link there."""
    monkeypatch.setenv("SUDO_UID", str(INSTRUCTOR))
    monkeypatch.setenv("SUDO_GID", str(INSTRUCTOR))
    one = [each for each in class_ if each.name == "industrious"]
    theirs, open_to_all, link = (Path("/run", name) for name in ("theirs", "open-to-all", "link"))
    theirs.mkdir()
    os.chown(theirs, class_[0].uid, class_[0].gid)
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    link.symlink_to("/etc")
    for folder in (theirs, theirs / "below", open_to_all, open_to_all / "below", link):
        with pytest.raises(Trouble, match="is no folder of yours, or others may write in it"):
            list(collect(one, [LESSON], folder))
    assert not [*theirs.rglob("*.ipynb"), *open_to_all.rglob("*.ipynb")]
    open_to_all.chmod(0o1777)  # as /tmp: nobody takes away there what is another's
    assert list(collect(one, [LESSON], open_to_all / "mine")) == [f"industrious: {LESSON}"]


TRACES = """
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
end = time.monotonic() + 60
while time.monotonic() < end:
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            command = open(f"/proc/{pid}/cmdline", "rb").read()
        except OSError:
            continue
        if b"http.server" in command and not libc.ptrace(0x4206, int(pid), 0, 0):  # PTRACE_SEIZE
            print("traces", flush=True)
            time.sleep(60)
"""


def test_who_traces_what_collects_keeps_nobody_waiting(class_: list[Learner]) -> None:
    """The end of a process is told to who traces it: until that one has asked for it, nobody else is told."""
    learner = class_[0]
    with subprocess.Popen(
        [sys.executable, "-I", "-c", TRACES],
        user=learner.uid,
        group=learner.gid,
        extra_groups=[],
        stdout=subprocess.PIPE,
    ) as tracer:
        try:
            begun = time.monotonic()
            assert act_as(learner, "http.server", "--bind", "0.0.0.0", "0", seconds=3, most=10_000).status is None
            assert time.monotonic() - begun < 30
            assert tracer.stdout
            assert os.read(tracer.stdout.fileno(), 100) == b"traces\n"
        finally:
            tracer.kill()


def test_who_takes_too_long_is_ended(class_: list[Learner]) -> None:
    """A program of the learner's in the place of ours: it says nothing, or it does not end."""
    answer = act_as(class_[0], "code", seconds=5, most=10)  # reads what is typed: nothing
    assert answer.status == 0
    answer = act_as(class_[0], "this", seconds=20, most=10)
    assert answer == (None, b"")
    answer = act_as(class_[0], "http.server", "--bind", "0.0.0.0", "0", seconds=1, most=10_000)
    assert answer == (None, b"")
