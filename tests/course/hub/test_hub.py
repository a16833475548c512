"""A class on one machine, as it is: a hub, two browsers, homes in which anything lies. On a machine of its own, made of namespaces, where there can be one; else these tests say why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.course.environment import ROOT
from tests.support import browsing, stage

pytestmark = pytest.mark.slow  # a hub, two JupyterLabs, two browsers

HERE = Path(__file__).parent


def passes_on_stage(file: str, tmp_path: Path) -> None:
    """These tests, in a pytest of their own, where they are root of a machine that nobody else uses."""
    options = ["-n", "0", "-p", "no:cacheprovider", "--no-header", "--durations=0", f"--basetemp={tmp_path / 'inner'}"]
    done = subprocess.run(
        stage.on_stage([sys.executable, "-m", "pytest", *options, str(HERE / file)]),
        cwd=ROOT,
        env=os.environ | {stage.VARIABLE: "set"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
    assert " passed" in done.stdout
    print(done.stdout)


def test_two_learners_on_a_hub(tmp_path: Path) -> None:
    stage.needs("jupyterhub", "configurable_http_proxy")
    browsing.find_browser()
    passes_on_stage("class_of_two.py", tmp_path)


def test_homes_in_which_anything_lies(tmp_path: Path) -> None:
    stage.needs()
    passes_on_stage("hostile_homes.py", tmp_path)
