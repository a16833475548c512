"""A machine with accounts of its own, for tests that need several users: namespaces of mounts, network and processes, in which /etc/passwd and /home are others. With the last process all of it is gone.

Comes in: names. Goes out: a command that runs another one on such a machine; and, called there, the accounts. The machine outside is never changed.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pytest

from helpers.course.environment import ROOT
from helpers.course.hub.learners import GROUP, TEACHERS, Learner, learners

VARIABLE = "NETWORKING_COURSE_STAGE"
"""Set on the stage. Outside of it, as `required`, it says that a test which cannot have one fails: for the one place in CI where root and namespaces are known to be had."""
UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
FIRST = 61_000
"""The first user's number, and the group's: no machine has it."""
PASSWORD = "swordfish"


def on_stage(command: Sequence[str]) -> list[str]:
    return [*UNSHARE, *command]


def is_on_stage() -> bool:
    return os.environ.get(VARIABLE) == "set"


def needs(*modules: str) -> None:
    """Without what it needs the test is skipped, and says why; where CI is known to have it, it fails."""
    if why := why_none(*modules):
        if os.environ.get(VARIABLE) == "required":
            pytest.fail(why)
        pytest.skip(why)


@functools.cache
def why_none(*modules: str) -> str:
    """Why there can be no machine with accounts of its own; nothing if there can."""
    if sys.platform != "linux":
        return "accounts and networks for a test are there on Linux alone (namespaces)"
    if os.geteuid() != 0:
        return f"only root can have accounts and networks for a test: sudo {VARIABLE}=required {sys.executable} -m pytest -n 0 tests/course/hub"
    tries = ["sh", "-c", "mount -t tmpfs tmpfs /home && ip link set lo up"]
    tried = subprocess.run(on_stage(tries), capture_output=True, text=True)
    if tried.returncode:
        return f"root may make no namespaces here, as in many containers, or there is no `ip` (iproute2): {tried.stderr.strip()}"
    for module in modules:
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode:
            return f"{module} is not installed: pip install --constraint requirements.txt --editable '.[hub]'"
    return ""


def set_up(names: Sequence[str], teacher: str = "") -> list[Learner]:
    """Once, on the stage: these accounts, of the group of learners, and one of the group of those who teach; homes that are empty, and closed."""
    assert is_on_stage()
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    # Learners have to come to these, also where they lie in somebody's home.
    needed = [ROOT, Path(sys.prefix), Path(sys.base_prefix)]
    closed = {each for place in needed for each in place.parents if not each.stat().st_mode & 0o001}
    _cover({Path("/home"), *closed}, needed)
    secret = run("openssl", "passwd", "-6", PASSWORD).strip()
    users = list(enumerate([*names, *([teacher] if teacher else [])], FIRST + 2))
    groups = [f"{GROUP}:x:{FIRST}:{','.join(names)}", *([f"{TEACHERS}:x:{FIRST + 1}:{teacher}"] if teacher else [])]
    _add("/etc/group", [*groups, *(f"{name}:x:{uid}:" for uid, name in users)])
    _add("/etc/passwd", [f"{name}:x:{uid}:{uid}::/home/{name}:/bin/bash" for uid, name in users])
    _add("/etc/shadow", [f"{name}:{secret}:20000:0:99999:7:::" for _, name in users])
    for uid, name in users:
        home = Path("/home", name)
        home.mkdir(mode=0o700)
        os.chown(home, uid, uid)
    return learners()


def _add(file: str, lines: Iterable[str]) -> None:
    """A copy with these lines in the file's place."""
    copy = Path("/run", Path(file).name)
    copy.write_text(Path(file).read_text() + "".join(f"{line}\n" for line in lines))
    copy.chmod(Path(file).stat().st_mode)
    run("mount", "--bind", copy, file)


def _cover(folders: Collection[Path], but: Iterable[Path]) -> None:
    """Put an empty folder, open to all, in the place of each of these, `but` for what of these places lies below it."""
    covered = [each for each in folders if not any(each != other and each.is_relative_to(other) for other in folders)]
    held = {}
    for number, place in enumerate(but):
        if any(place.is_relative_to(each) for each in covered):
            held[place] = Path("/run", f"held-{number}")
            held[place].mkdir()
            run("mount", "--rbind", place, held[place])
    for each in covered:
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", each)
    for place, hold in held.items():
        place.mkdir(parents=True, exist_ok=True)
        run("mount", "--rbind", hold, place)


def run(*command: object) -> str:
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout
