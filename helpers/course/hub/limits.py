"""How much memory and how many processes a learner may have, and no more of the processor than others who want it: a control group (cgroup) of the learner's own, which every process that the server starts is in as well.

In: a learner's number, bytes. Out: files into which a process writes "0" to be in the group. Linux has two versions of them; where neither is to be had, as in many containers, there is no limit, and whoever asked is told so.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

MOUNTED = Path("/sys/fs/cgroup")
PROCESSES = 512
"""Threads too, of all of a learner's processes together."""


def parent() -> str:
    """What the groups of this hub's learners lie in. Numbers are a hub's own, and groups are the whole machine's: a second hub, in another network (the tests' is), has its own."""
    return f"networking-course-{os.stat('/proc/self/ns/net').st_ino}"


def open_limits(number: int, memory: int, mounted: Path = MOUNTED) -> list[Path]:
    """Make the group. Raises OSError where there can be none."""
    if (mounted / "cgroup.controllers").exists():  # version 2: one tree for all
        above = mounted / parent()
        above.mkdir(exist_ok=True)
        with suppress(OSError):
            (above / "cgroup.subtree_control").write_text("+cpu")
        (above / "cgroup.subtree_control").write_text("+memory +pids")
        return [_group(above / str(number), {"memory.max": memory, "pids.max": PROCESSES}, {"memory.swap.max": 0})]
    return [
        _group(
            mounted / "memory" / parent() / str(number),
            {"memory.limit_in_bytes": memory},
            {"memory.memsw.limit_in_bytes": memory},
        ),
        _group(mounted / "pids" / parent() / str(number), {"pids.max": PROCESSES}, {}),
        *([_group(mounted / "cpu" / parent() / str(number), {}, {})] if (mounted / "cpu").exists() else []),
    ]


def _group(folder: Path, limits: dict[str, int], without_swap: dict[str, int]) -> Path:
    if not folder.parents[1].joinpath("cgroup.procs").exists():
        raise FileNotFoundError(f"there is no control group {folder.parents[1]}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in limits.items():
        (folder / name).write_text(str(value))
    for name, value in without_swap.items():
        if (folder / name).exists():  # only where the system counts it
            (folder / name).write_text(str(value))
    return folder / "cgroup.procs"


def close_limits(number: int, mounted: Path = MOUNTED) -> None:
    """Take the group away, if nothing runs in it. What does is in the next one of this number."""
    for above in (mounted / parent(), *(mounted / each / parent() for each in ("memory", "pids", "cpu"))):
        with suppress(OSError):
            (above / str(number)).rmdir()
            above.rmdir()  # after the last one


def end_processes(number: int, mounted: Path = MOUNTED) -> bool:
    """Kill what runs in the group: kernels whose server was killed, and what they have started. Nothing may be started there from then on, or what forks all the time would be too quick. Whether nothing was left."""
    for above in (mounted / parent(), mounted / "pids" / parent()):
        with suppress(OSError):
            (above / str(number) / "pids.max").write_text("0")
    left = processes(number, mounted)
    for each in left:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    return not left


def processes(number: int, mounted: Path = MOUNTED) -> list[int]:
    """What runs in the group."""
    for above in (mounted / parent(), mounted / "memory" / parent()):
        try:
            return [int(line) for line in (above / str(number) / "cgroup.procs").read_text().split()]
        except OSError:
            continue
    return []
