"""Commands run as an ordinary user, also where the tests run as root: in a user namespace, in which root is somebody else."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

SOMEBODY = 1000


def as_ordinary_user(command: Sequence[str]) -> list[str]:
    """The command that runs it so. Whoever is root outside may still read what is root's: that Python may lie there."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return [*command]
    return ["unshare", "--user", f"--map-user={SOMEBODY}", f"--map-group={SOMEBODY}", *command]


def needs_sandbox() -> None:
    """Without a sandbox the test is skipped. Not in CI, where nobody reads of skips; but for a kernel that allows no user namespaces nothing can be done there, either."""
    if why := _why_none():
        if os.environ.get("CI") and has_namespaces():
            pytest.fail(why)
        pytest.skip(why)


def has_namespaces() -> bool:
    """Whether the kernel allows them, by which root becomes an ordinary user: in a chroot it does not."""
    return (
        sys.platform == "linux" and subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode == 0
    )


@functools.cache
def _why_none() -> str:
    if sys.platform != "linux":
        return "the sandbox (bubblewrap) is there on Linux alone"
    tried = "from helpers.grading.running import try_sandbox; try_sandbox()"
    done = subprocess.run(as_ordinary_user([sys.executable, "-c", tried]), capture_output=True, text=True)
    return f"no sandbox runs here: {done.stderr.strip()[-1000:]}" if done.returncode else ""
