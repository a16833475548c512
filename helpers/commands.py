"""The commands of ``python3 -m helpers``, as they run inside the course's environment.

A bare Python reads this file too, to list the commands: what a command needs is imported inside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from helpers.environment import REQUIREMENTS, ROOT, Trouble

FIRST_LESSON = "notebooks/00-start-here.ipynb"


def lab(arguments: list[str]) -> int:
    """Open JupyterLab on the first lesson; further arguments go to JupyterLab."""
    from jupyterlab.labapp import LabApp

    ours = {"--ServerApp.root_dir": ROOT, "--LabApp.default_url": f"/lab/tree/{FIRST_LESSON}"}
    given = {argument.partition("=")[0] for argument in arguments}  # JupyterLab takes each option only once
    LabApp.launch_instance([*(f"{name}={value}" for name, value in ours.items() if name not in given), *arguments])
    return 0


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
    from helpers.storing import store_lessons

    return store_lessons(arguments)


def lock(arguments: list[str]) -> int:
    """Make requirements.txt from pyproject.toml; --upgrade moves every version to the newest."""
    options = ["--universal", "--python-version", "3.11", "--all-extras"]  # one file for every platform and Python
    looks = ["--quiet", "--annotation-style", "line", "--custom-compile-command", "python3 -m helpers lock"]
    files = ["pyproject.toml", "--output-file", REQUIREMENTS.name]
    return run_all([["uv", "pip", "compile", *options, *looks, *arguments, *files]])


COMMANDS: dict[str, Callable[[list[str]], int]] = {"lab": lab, "test": test, "store": store, "lock": lock}


def run_all(tools: Sequence[Sequence[str]]) -> int:
    """Run each tool from the root, whether or not one before it failed, and say at the end which failed."""
    import subprocess

    # Windows would read text in the encoding of its region; every file here is UTF-8.
    environment = os.environ | {"PYTHONUTF8": "1"}
    failed = []
    for tool in tools:
        print("$", *tool, flush=True)
        if subprocess.call([sys.executable, "-m", *tool], cwd=ROOT, env=environment) != 0:
            failed.append(" ".join(tool))
    if failed:
        raise Trouble("Failed: " + "; ".join(failed))
    return 0
