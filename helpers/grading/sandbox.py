"""The sandbox of a judge: bubblewrap, which takes no root. Nothing in it can reach a network, a file but the course and Python itself, or another process; what is written there is gone with it.

Comes in: nothing but the system. Goes out: the command that runs something in it; or a sentence that says what to mend. Who may import it: running, and the command.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
ROOM = 64 << 20
"""Bytes that a program can write there."""
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Folders beside /usr; in most systems of today links into it."""
SETTINGS = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl", "/etc/pki", "/etc/localtime")  # fmt: skip
"""What looks names up, finds libraries, knows whom to trust."""

MISSING = "There is no bubblewrap here, in which submissions are judged (`sudo apt install bubblewrap`, or your system's way)."
ELSEWHERE = (
    "Submissions are judged in a sandbox (bubblewrap), which there is on Linux alone: take a computer, a virtual machine or a container with Linux. "
    "With --no-sandbox they run here as you do, and may read and change whatever you may."
)


class Refused(Exception):
    """There is no sandbox, or nobody should begin; what to do about it, in a sentence."""


def in_sandbox(program: list[str], compiled: str = "") -> list[str]:
    """The command that runs `program` in a sandbox of its own, as its first process: with it all others end, and none of them can end it.

    `compiled`: a folder of `compiling`; "" where there is none.
    bubblewrap's own first process would have the descriptors too that a program in there must not find.
    """
    return [
        shutil.which("bwrap") or "bwrap",
        "--unshare-all", "--as-pid-1", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "grading",
        "--clearenv", *_variables(compiled),
        "--ro-bind", "/usr", "/usr", *_system(),
        "--proc", "/proc", "--dev", "/dev", "--size", str(ROOM), "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
        "--size", str(ROOM), "--tmpfs", "/tmp", "--chdir", "/tmp", *_python(compiled), "--remount-ro", "/",
        "--", *program,
    ]  # fmt: skip


def _variables(compiled: str) -> Iterator[str]:
    values = {"HOME": "/tmp", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    if compiled:
        values["PYTHONPYCACHEPREFIX"] = compiled
    for name, value in values.items():
        yield from ("--setenv", name, value)


def _system() -> Iterator[str]:
    for folder in SYSTEM:
        if os.path.islink(folder):
            yield from ("--symlink", os.readlink(folder), folder)
        elif os.path.isdir(folder):
            yield from ("--ro-bind", folder, folder)
    for path in SETTINGS:
        yield from ("--ro-bind-try", path, path)


def _python(compiled: str) -> Iterator[str]:
    """Python, the environment and the package, wherever they lie; nothing that lies beside them."""
    for folder in (sys.base_prefix, sys.prefix, str(PACKAGE), *([compiled] if compiled else [])):
        for path in dict.fromkeys([folder, os.path.realpath(folder)]):
            if not path.startswith("/usr/"):
                yield from ("--ro-bind", path, path)


def refuse_root() -> None:
    """Refused, if this is root: from a sandbox that has a hole nobody should come out as root."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        raise Refused("grade runs programs that strangers wrote: start it as an ordinary user, not as root.")


def why_not(said: str) -> str:
    """What is to be mended, where a sandbox did not run. `said`: what bubblewrap, or Python in it, said of it."""
    last = said.strip().splitlines()[-1][:300] if said.strip() else "it said nothing"
    if any(words in said for words in ("uid map", "new namespace", "clone", "unshare", "RTM_NEWADDR", "loopback")):
        how = (
            "This system lets ordinary users make no namespaces. On Ubuntu (23.10 or newer) AppArmor forbids it: until the next start `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` "
            "allows it, and a profile for /usr/bin/bwrap with `userns,` for good; elsewhere `sudo sysctl -w kernel.unprivileged_userns_clone=1`. In a container whoever starts it has to allow it "
            "(Docker: `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`)."
        )
    elif "Permission denied" in said:
        how = f"Something that Python needs cannot be read: {sys.base_prefix}, {sys.prefix} and {PACKAGE} have to be readable for the user who grades."
    else:
        how = "Try `bwrap --ro-bind / / true` in a terminal, which has to say nothing."
    return f"The sandbox does not run: {last}\n{how}\nWith --no-sandbox submissions run as you do, and may read and change whatever you may."
