"""The folder `binder/` by the rules of repo2docker, which builds the course's image on Binder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from helpers.course.environment import ROOT
from helpers.course.lessons import find_lessons
from helpers.notebook.learner import FOLDER_VARIABLE

pytestmark = pytest.mark.slow  # git, and a JupyterLab

BINDER = ROOT / "binder"


def requirements() -> list[str]:
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_bring_the_package_and_what_it_needs_as_it_is_pinned() -> None:
    pinned, package = requirements()
    assert (BINDER / pinned.removeprefix("-c ")).resolve() == ROOT / "requirements.txt"  # seen from the file
    assert (ROOT / package.removeprefix("-e ") / "pyproject.toml").is_file()  # seen from the root


def test_nothing_in_the_root_is_meant_for_binder() -> None:
    """With a folder `binder/`, repo2docker does not look at the root."""
    read_by_repo2docker = {"postBuild", "runtime.txt", "apt.txt", "environment.yml", "start", "Dockerfile", "setup.py"}
    assert not read_by_repo2docker & {path.name for path in ROOT.iterdir()}


def test_runtime_is_a_python_that_the_course_takes() -> None:
    runtime = re.fullmatch(r"python-3\.(\d+)\n", (BINDER / "runtime.txt").read_text(encoding="utf-8"))
    least = re.fullmatch(
        r">=3\.(\d+)", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    )
    assert runtime and least
    assert int(runtime[1]) >= int(least[1])


@pytest.mark.skipif(sys.platform == "win32", reason="Binder's machines run Linux")
def test_post_build_runs_and_stops_at_the_first_failure() -> None:
    script = BINDER / "postBuild"
    assert os.access(script, os.X_OK)
    assert "\nset -e\n" in script.read_text(encoding="utf-8")

    def status(prefix: str) -> int:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.call([script], env=os.environ | {"NB_PYTHON_PREFIX": prefix, "PATH": path}, timeout=60)

    assert status(sys.prefix) == 0
    assert status("/no/such/prefix") != 0


def test_badge_opens_a_lesson() -> None:
    assert all((ROOT / lesson).is_file() for lesson in badges())


def badges() -> list[str]:
    """The lessons that the README's badges open."""
    badges = re.findall(r"mybinder\.org/v2/[^\s)\"]+", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert badges, "the README has no badge"
    lessons = [re.search(r"[?&]urlpath=lab(?:/|%2F)tree(?:/|%2F)(.+)", badge) for badge in badges]
    assert all(lessons), badges
    return [lesson[1].replace("%2F", "/") for lesson in lessons if lesson]


@pytest.mark.skipif(sys.platform == "win32", reason="Binder's machines run Linux")
def test_the_badges_address_shows_the_lesson_without_its_answers(tmp_path: Path) -> None:
    """`start` is given the command that starts Jupyter: here one that says how it would be configured."""
    command = [str(BINDER / "start"), sys.executable, "-m", "jupyter", "server", "--show-config-json"]
    env = os.environ | {FOLDER_VARIABLE: str(tmp_path / "own"), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    root = Path(json.loads(done.stdout)["ServerApp"]["root_dir"])
    assert root == tmp_path / "own"
    for lesson in badges():
        cells = json.loads((root / lesson).read_bytes())["cells"]
        assert not any(cell.get("outputs") for cell in cells)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_lesson_runs_in_binders_environment(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    unwanted = shutil.ignore_patterns(".venv", ".git", ".*_cache", "__pycache__", "screenshots")
    shutil.copytree(ROOT, clone, ignore=unwanted)
    prefix = tmp_path / "prefix"
    venv.create(prefix, with_pip=True, symlinks=os.name != "nt")
    python = prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def run(*command: object, must_do: bool = True) -> bool:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        done = subprocess.run(list(map(str, command)), cwd=clone, capture_output=True, encoding="utf-8", env=kept)
        assert done.returncode == 0 or not must_do, done.stdout + done.stderr
        return done.returncode == 0

    wanted = ["install", "--quiet", "--requirement", "binder/requirements.txt"]
    # repo2docker uses pip, which takes minutes where uv takes seconds; but only pip may have been told where to find packages.
    if not run(sys.executable, "-m", "uv", "pip", *wanted, "--python", python, must_do=False):
        run(python, "-m", "pip", *wanted, "--no-compile")
    ours = ROOT / "helpers" / "course" / "prefix"
    settings = list(ours.rglob("*.json"))
    assert settings
    for setting in settings:
        assert (prefix / setting.relative_to(ours)).is_file()
    assert not list(prefix.rglob("playwright"))  # a learner needs no developers' tools
    # One that leaves the lecture's port alone, for the lessons that another process runs meanwhile.
    lesson = next(path for path in find_lessons([]) if "65431" not in path.read_text(encoding="utf-8"))
    run(python, "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", f"notebooks/{lesson.name}")
