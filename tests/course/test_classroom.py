"""`.github/classroom.yml`: the template of a workflow for a learner's repository, and its step, run as GitHub runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.course.commands import COMMANDS
from helpers.course.environment import ROOT
from helpers.course.grades import chosen, parse
from tests.grading.handed_in import notebook, solution

WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "classroom.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["check"]["steps"]
STEP = STEPS[-1]
START = "python3 -m helpers "


def test_it_is_a_workflow() -> None:
    assert {"push", "workflow_dispatch"} == set(WORKFLOW[True])  # `on` is a truth in YAML 1.1
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all(("uses" in step) != ("run" in step) for step in STEPS)
    folders = {step["with"]["path"] for step in STEPS if step.get("uses", "").startswith("actions/checkout@")}
    assert folders == {"mine", "course"} and STEP["working-directory"] == "course"


def test_its_command_is_there_and_understands_what_it_is_told() -> None:
    assert STEP["run"].startswith(START)
    command, *words = STEP["run"].partition(" #")[0].removeprefix(START).split()
    assert command in COMMANDS and words == ["$LESSONS"]
    named = parse(WORKFLOW["env"]["LESSONS"].split()).what
    assert [each.name for each in chosen(named)] == ["receive_exactly", "receive_messages", "read_lines"]


@pytest.mark.skipif(sys.platform == "win32", reason="the step's shell is bash, on Linux")
@pytest.mark.parametrize("holds", [True, False])
def test_the_step_shows_the_table_and_says_whether_all_holds(holds: bool, tmp_path: Path) -> None:
    """With the environment that there is: the front door would make one."""
    written = solution("parse_numbers") if holds else "def parse_numbers(data):\n    return [int(data)]"
    (tmp_path / "mine" / "notebooks").mkdir(parents=True)
    (tmp_path / "mine" / "notebooks" / "07-parsing.ipynb").write_bytes(notebook(written))
    (value,) = STEP["env"].values()
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LESSONS": "parse_numbers",
        "NETWORKING_COURSE_DATA": value.replace("${{ github.workspace }}", str(tmp_path)),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    run = STEP["run"].replace(START, f"'{sys.executable}' -m helpers.course.front_door ")
    done = subprocess.run(["bash", "-e", "-c", run], cwd=ROOT, env=variables, capture_output=True, text=True)
    table = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert (done.returncode == 0) == holds, done.stderr
    assert f"| lesson 07 | parse_numbers | {'holds' if holds else 'fell'} |" in table
