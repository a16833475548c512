"""A class on a hub: what a start costs, what a server takes, for how many lesson 04 holds when all run it at once, each in a network of their own and all in the hub's; and what each lesson takes of a learner's memory. As root, on Linux:

python -m tests.benchmarks.hub 20
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from helpers.course.environment import ROOT
from helpers.course.hub import limits
from helpers.course.hub.configuration import DATA_VARIABLE
from helpers.course.hub.learners import Learner
from helpers.notebook.learner import AT_HOME
from tests.support import stage
from tests.support.waiting import eventually

HUB = [sys.executable, "-m", "helpers.course.front_door", "hub"]
MB = 1 << 20


def main(count: int) -> None:
    class_ = stage.set_up([f"learner{number:03}" for number in range(count)])
    os.environ[DATA_VARIABLE] = "/run/hub"
    with open("/run/hub.log", "wb") as log, subprocess.Popen([*HUB, "start"], cwd=ROOT, stdout=log, stderr=log) as hub:
        try:
            assert eventually(lambda: _answers() or hub.poll() is not None, 60)
            begun = time.monotonic()
            said = stage.run(*HUB, "early").splitlines()
            ready = sum(each.endswith(": ready") for each in said)
            print(
                f"{ready} of {count} servers ready after {time.monotonic() - begun:.0f} s, {psutil.cpu_count()} cores"
            )
            servers = [_server(each) for each in class_]
            spent = [sum(each.cpu_times()[:4]) for each in servers]
            print(f"a start: {sum(spent) / count:.1f} core-seconds (of the server's own process)")
            for what, take in (("resident", lambda each: each.memory_info().rss), ("of its own", _own)):
                print(f"a server's memory, {what}: {sum(take(each) for each in servers) / count / MB:.0f} MB")
            numbers = {each.name: _number(server) for each, server in zip(class_, servers, strict=True)}
            lesson(class_, "04", "in a network each", lambda each: [f"--net=/run/netns/{numbers[each.name]}"])
            for who, how in ((class_[:1], "in the hub's network, alone"), (class_, "in the hub's network")):
                lesson(who, "04", how, lambda each: ["--net=/proc/1/ns/net"])
            one = class_[0]
            for path in sorted(Path(one.home, AT_HOME, "notebooks").glob("[0-9]*.ipynb")):
                within_limits(one, path.name[:2], numbers[one.name])
        finally:
            hub.terminate()


def _answers() -> bool:
    try:
        urllib.request.urlopen("http://127.0.0.1:8000/hub/login", timeout=5).close()
        return True
    except OSError:
        return False


def _server(learner: Learner) -> psutil.Process:
    return next(
        each
        for each in psutil.process_iter(["uids"])
        if each.info["uids"].real == learner.uid and "jupyterhub.singleuser" in each.cmdline()
    )


def _own(process: psutil.Process) -> int:
    return int(process.memory_full_info().uss)


def _number(server: psutil.Process) -> str:
    """The name of its network: the one whose file is the process'."""
    mine = os.stat(f"/proc/{server.pid}/ns/net").st_ino
    return next(each.name for each in Path("/run/netns").iterdir() if each.stat().st_ino == mine)


def lesson(class_: Sequence[Learner], number: str, where: str, network: Callable[[Learner], list[str]]) -> None:
    """All run it at once, from its first cell to its last."""
    begun = time.monotonic()
    running = [_run(each, number, network(each)) for each in class_]
    held = [_held(each.communicate()[0]) for each in running]
    print(f"lesson {number}, {where}: {sum(held)} of {len(held)} in {time.monotonic() - begun:.0f} s", flush=True)


def within_limits(learner: Learner, number: str, network: str) -> None:
    """What is at most taken, of the limits that the learner's group has, with the server, a kernel, and what runs the lesson. Cached files count for the limit, and are given up when it is reached: they are none of it."""
    name = f"{limits.parent()}/{network.rpartition('-')[2]}"
    groups = [limits.MOUNTED / each / name for each in ("", "memory", "pids")]
    groups = [each for each in groups if each.exists()]
    process = _run(learner, number, [f"--net=/run/netns/{network}"], groups)
    memory = threads = 0
    with ThreadPoolExecutor(1) as pool:
        out = pool.submit(lambda: process.communicate()[0])
        while not out.done():
            memory, threads = max(memory, _memory(groups[0])), max(threads, _threads(groups[-1]))
            time.sleep(0.02)
    held = "held" if _held(out.result()) else "fell, or shows an error on purpose"
    print(f"lesson {number}: {held}, {memory / MB:.0f} MB, {threads} threads", flush=True)


def _memory(group: Path) -> int:
    stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    return int(stat.get("anon") or stat["total_rss"])  # of version 2 of control groups, or of 1


def _threads(group: Path) -> int:
    return int((group / "pids.current").read_text())


def _run(learner: Learner, number: str, network: list[str], groups: Sequence[Path] = ()) -> subprocess.Popen[bytes]:
    (path,) = Path(learner.home, AT_HOME, "notebooks").glob(f"{number}-*.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--stdout", path]
    within = [word for each in groups for word in ("sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(each))]
    rights = ["setpriv", f"--reuid={learner.uid}", f"--regid={learner.gid}", "--clear-groups"]
    return subprocess.Popen(
        [*within, "nsenter", *network, *rights, *map(str, command)],
        cwd=path.parent,
        env={"HOME": learner.home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _held(out: bytes) -> bool:
    """Whether no cell fell, and no program found its port taken."""
    try:
        cells = json.loads(out)["cells"]
    except ValueError:
        return False
    shown = json.dumps([cell.get("outputs") for cell in cells])
    return '"output_type": "error"' not in shown and "Address already in use" not in shown


if __name__ == "__main__":
    if stage.is_on_stage():
        main(int(sys.argv[1]))
    else:
        command = [sys.executable, "-m", "tests.benchmarks.hub", *sys.argv[1:]]
        sys.exit(subprocess.call(stage.on_stage(command), env=os.environ | {stage.VARIABLE: "set"}))
