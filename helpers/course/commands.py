"""The commands of ``python3 -m helpers``, as they run inside the course's environment.

A bare Python reads this file too, to list the commands: what a command needs is imported inside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from helpers.course.environment import REQUIREMENTS, ROOT, Trouble

FIRST_LESSON = "notebooks/00-start-here.ipynb"


def lab(arguments: list[str]) -> int:
    """Open JupyterLab on the first lesson, your copy of it; further arguments go to JupyterLab."""
    from helpers.course.copies import prepare
    from helpers.notebook.learner import FOLDER_VARIABLE, folder, how_to_get, lessons

    if any(argument.startswith(("--ServerApp.root_dir", "--notebook-dir")) for argument in arguments):
        # lessons of somebody's own
        return open_jupyterlab({"--LabApp.default_url": f"/lab/tree/{FIRST_LESSON}"}, arguments)
    # Kernels are to mean the same folder, whatever happens to its rights.
    os.environ[FOLDER_VARIABLE] = str(folder())
    for name in prepare():
        print(f"The course has a newer version of {name} than yours, which you have changed. {how_to_get(name)}")
    print(f"Your lessons are in {lessons()}", flush=True)
    return open_jupyterlab(beginning_at(folder(), FIRST_LESSON), arguments)


def fresh(arguments: list[str]) -> int:
    """Put a lesson back as the course has it: `fresh 04`. Yours is kept beside it."""
    from helpers.course.copies import fresh as renew

    print(*renew(arguments), sep="\n")
    return 0


def edit(arguments: list[str]) -> int:
    """Open JupyterLab on the lessons as they are stored, to change the course itself: `edit 04`, or the first."""
    from helpers.course.lessons import find_lessons

    named = arguments[:1] if arguments and not arguments[0].startswith("-") else []
    lesson = find_lessons(named)[0].resolve()
    if not lesson.is_relative_to(ROOT):
        raise Trouble(f"{lesson} is no lesson of this course, which is in {ROOT}.")
    return open_jupyterlab(beginning_at(ROOT, lesson.relative_to(ROOT).as_posix()), arguments[len(named) :])


def present(arguments: list[str]) -> int:
    """Show a lesson as live slides: `present 03`; further arguments go to JupyterLab."""
    from helpers.course.lessons import find_lessons
    from helpers.course.presenting import slides

    if not arguments or arguments[0].startswith("-"):
        raise Trouble("Which lesson? Name it first, by its number or its file, as in: present 03")
    with slides(find_lessons(arguments[:1])[0]) as options:
        return open_jupyterlab(options, arguments[1:])


def test(arguments: list[str]) -> int:
    """Run all that CI runs, or with --quick what takes seconds. Other arguments go to pytest, which then runs alone."""
    linters = [["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "helpers", "tests"]]
    if arguments == ["--quick"]:
        return run_all([*linters, ["pytest", "tests", "-m", "not slow"]])
    if arguments:
        return run_all([["pytest", *arguments]])
    return run_all([*linters, ["pytest"]])


def store(arguments: list[str]) -> int:
    """Run lessons from the top and store their outputs: `store 04 05`, or without arguments all of them."""
    from helpers.course.storing import store_lessons

    return store_lessons(arguments)


def reference(arguments: list[str]) -> int:
    """Write the pages beside the lessons anew: common mistakes, glossary, index, cheat sheet, what you see."""
    from helpers.course.reference import write

    if arguments:
        raise Trouble(f"It writes all pages, and wants no {' '.join(arguments)}.")
    changed = write()
    print(*(f"{path.name} written" for path in changed), sep="\n") if changed else print("All pages are as they were.")
    return 0


def handout(arguments: list[str]) -> int:
    """Write lessons as files that need no network, a page to print and slides: `handout 03`, or all of them."""
    from helpers.course.handouts import write_handouts

    return write_handouts(arguments)


def site(arguments: list[str]) -> int:
    """Write the whole course as a web site that needs no network, into site/: `site`, or `site --to FOLDER`."""
    from helpers.course.site import write_site

    return write_site(arguments)


def grade(arguments: list[str]) -> int:
    """Judge a folder of submissions, `grade submissions 08`, or your own notebooks: what holds, what fell and why."""
    from helpers.course.grades import grade as judge

    return judge(arguments)


def class_(arguments: list[str]) -> int:
    """Show a class on one page while it works: `class FOLDER`, from the attempts that learners share."""
    from helpers.course.at_work import class_at_work

    return class_at_work(arguments)


def hub(arguments: list[str]) -> int:
    """A class on one machine: `hub start` runs JupyterHub for it; `hub handout`, `hub early`, `hub collect 08`."""
    from helpers.course.hub.command import hub as run

    return run(arguments)


def pack(arguments: list[str]) -> int:
    """Write a zip for a room without network: the course, and what it is installed from. `pack --help` says more."""
    from helpers.course.packing import write_pack

    return write_pack(arguments)


def lock(arguments: list[str]) -> int:
    """Make requirements.txt from pyproject.toml; --upgrade moves every version to the newest."""
    options = ["--universal", "--python-version", "3.11", "--all-extras"]  # one file for every platform and Python
    looks = ["--quiet", "--annotation-style", "line", "--custom-compile-command", "python3 -m helpers lock"]
    files = ["pyproject.toml", "--output-file", REQUIREMENTS.name]
    return run_all([["uv", "pip", "compile", *options, *looks, *arguments, *files]])


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "lab": lab,
    "fresh": fresh,
    "present": present,
    "handout": handout,
    "pack": pack,
    "grade": grade,
    "class": class_,
    "hub": hub,
    "site": site,
    "edit": edit,
    "store": store,
    "reference": reference,
    "lock": lock,
    "test": test,
}
"""In the order in which they are listed: for learners, for whoever teaches, for whoever changes the course."""

WITH_OPTIONS = {"handout", "pack", "grade", "class", "hub", "site"}
"""Those that answer `--help` themselves, at length; of the others there is a line to say."""

FOR_DEVELOPERS = {"test", "site", "store", "lock"}
"""Those that need what is for whoever changes the course (`dev` in pyproject.toml): the first of them brings it."""


def beginning_at(root: Path, file: str) -> dict[str, object]:
    """JupyterLab's options to show this folder and open that file in it. What was open in another copy of the course, or in another folder of it, is none of its business."""
    from helpers.notebook.learner import folder

    return {
        "--ServerApp.root_dir": root,
        "--LabApp.default_url": f"/lab/tree/{file}",
        "--LabApp.workspaces_dir": folder() / ".workspaces" / root.name,
    }


def open_jupyterlab(ours: Mapping[str, object], arguments: list[str]) -> int:
    """Start JupyterLab with our options, but for those that the arguments give, until whoever started it ends it."""
    from jupyterlab.labapp import LabApp

    from helpers.course.transport import kernels_apart

    # Otherwise it tries fewer ports than a class needs that shares a machine.
    os.environ.setdefault("JUPYTER_PORT_RETRIES", "1000")
    given = {argument.partition("=")[0] for argument in arguments}  # JupyterLab takes each option only once
    options = [f"{name}={value}" for name, value in {**kernels_apart(), **ours}.items() if name not in given]
    try:
        LabApp.launch_instance([*options, *arguments])
    finally:
        end_idle_workers()
    return 0


def end_idle_workers() -> None:
    """Let the threads end that JupyterLab's server leaves behind where it is ended while a page loads: they wait for work that nobody gives any more, and
    Python, at its end, for them (github.com/jupyterlab/jupyterlab/issues/10442): Ctrl-C would have to be pressed once more.
    """
    import threading

    from anyio._backends._asyncio import WorkerThread  # no public name leads to those of a loop that has ended

    for thread in threading.enumerate():
        if isinstance(thread, WorkerThread) and not thread.stopping:
            thread.stop()


def run_all(tools: Sequence[Sequence[str]]) -> int:
    """Run each tool from the root, whether or not one before it failed, and say at the end which failed."""
    import subprocess

    # Windows would read text in the encoding of its region; every file here is UTF-8.
    environment = os.environ | {"PYTHONUTF8": "1"}
    # Where that is set, as in many containers, each of the thousand processes that the tests start compiles the helpers anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    failed = []
    for tool in tools:
        print("$", *tool, flush=True)
        if subprocess.call([sys.executable, "-m", *tool], cwd=ROOT, env=environment) != 0:
            failed.append(" ".join(tool))
    if failed:
        raise Trouble("Failed: " + "; ".join(failed))
    return 0
