"""`python3 -m helpers pack`: what is in the zip, for whom; and that the course starts from it where there is no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

import helpers
from helpers.course import environment, packing
from helpers.course.environment import ROOT, Trouble
from helpers.course.lessons import find_lessons
from helpers.course.packing import Target
from helpers.notebook.learner import FOLDER_VARIABLE
from tests.course.test_front_door import base_python, without_settings
from tests.support import hosts

# What is packed ------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small course, with what is a learner's in it, and what was made."""
    root = tmp_path / "course"
    monkeypatch.setattr(packing, "ROOT", root)
    monkeypatch.setenv(FOLDER_VARIABLE, str(root / "seat 7"))
    for name in (
        "pyproject.toml",
        ".ci/run",
        "notebooks/01.ipynb",
        "notebooks/new.ipynb",
        "helpers/pictures/handouts/page.html",
        "my-course/notebooks/01.ipynb",
        "seat 7/notebooks/01.ipynb",
        "notebooks/.ipynb_checkpoints/01.ipynb",
        "helpers/__pycache__/x.pyc",
        ".venv/bin/python",
        "handouts/01.html",
        "tests/screenshots/01.png",
        "marks/marks.csv",
        "submissions/ada/08.ipynb",
        "wheels/old.whl",
        "networking-with-python-1.0.0-windows-python3.12.zip",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    shutil.copy(ROOT / ".gitignore", root)
    return root


OURS = [".ci/run", ".gitignore", "helpers/pictures/handouts/page.html", "notebooks/01.ipynb", "pyproject.toml"]


def packed() -> list[str]:
    return [path.as_posix() for path in packing.files()]


def test_without_git_all_is_packed_that_is_not_ignored(course: Path) -> None:
    assert packed() == sorted([*OURS, "notebooks/new.ipynb"])


@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
@pytest.mark.slow
def test_what_git_keeps_is_packed_as_it_is_now(course: Path) -> None:
    git("init", "--quiet", cwd=course)
    git("add", *OURS, "seat 7", cwd=course)
    (course / ".ci/run").unlink()
    assert packed() == OURS[1:]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")
@pytest.mark.slow
def test_a_repository_in_which_the_course_merely_lies_does_not_count(course: Path) -> None:
    git("init", "--quiet", cwd=course.parent)
    assert packed() == sorted([*OURS, "notebooks/new.ipynb"])


def git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.mark.skipif(sys.platform == "win32", reason="to make a link takes a privilege on Windows")
def test_a_link_is_not_followed(course: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    (course / "notebooks" / "link.txt").symlink_to(tmp_path / "secret")
    assert "notebooks/link.txt" not in packed()


def test_a_pack_that_is_not_finished_is_not_there(course: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        packing.write_zip(tmp_path / "pack.zip", [Path("pyproject.toml")], [tmp_path / "gone.whl"], [])
    assert not list(tmp_path.glob("pack*"))


# For whom ------------------------------------------------------------------------------------------------------------


def test_what_a_system_needs_is_packed_for_it_and_not_what_this_one_needs() -> None:
    on = {system: set(packing.pinned(Target(system, "3.12"), "3.12.0")) for system in packing.SYSTEMS}
    names = {system: {environment.name_of(pin) for pin in pins} for system, pins in on.items()}
    assert {"pywinpty", "colorama"} <= names["windows"] - names["linux-x86_64"]
    assert {"appnope"} == names["macos-arm64"] - names["linux-x86_64"]
    assert {"pexpect"} <= names["linux-x86_64"] - names["windows"]
    assert not any("playwright" in pins or "pytest" in pins for pins in names.values())


def test_another_python_gets_other_versions() -> None:
    older, newer = (
        dict(pin.split("==") for pin in packing.pinned(Target(None, f"3.{n}"), f"3.{n}.0")) for n in (11, 13)
    )
    assert older["numpy"] != newer["numpy"] and older["jupyterlab"] == newer["jupyterlab"]


def test_its_name_says_for_whom_it_is() -> None:
    targets = [Target("windows", "3.12"), Target("windows", "3.13"), Target("macos-arm64", "3.12")]
    name = f"networking-with-python-{helpers.__version__}-windows-macos-arm64-python3.12-3.13.zip"
    assert packing.file_name(targets) == name
    assert str(Target(None, "3.12")) == f"Python 3.12 on {packing.this_system()}"


@pytest.mark.parametrize("wrong", ["3.10", "4.0", "3", "3.x", "3.12.1", "3.٣٣", "", "python3.12"])
def test_a_python_that_the_course_does_not_take(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        packing.parse(["--python", wrong])
    assert f"{wrong!r} is no Python that the course takes, as 3.11 is" in capsys.readouterr().err


@pytest.mark.slow
def test_a_package_that_is_not_to_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "pins", lambda everything: ["no-such-package==1.0"])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Trouble, match=r"The packages for Python 3.12 on windows could not.* no-such-package==1.0$"):
        packing.write_pack(["--platform", "windows", "--python", "3.12", "--to", str(tmp_path / "new")])
    assert not list((tmp_path / "new").iterdir())


# The course starts from it -------------------------------------------------------------------------------------------


def without_network() -> tuple[list[str], dict[str, str]]:
    """What is put before a command for it to have no network, not even loopback, and its variables: where a system has no such thing, pip at least is sent to nobody."""
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    return [*(hosts.way_there() or [])], without_settings() | nowhere


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_installed_and_a_lesson_runs_without_network(tmp_path: Path) -> None:
    assert packing.write_pack(["--to", str(tmp_path)]) == 0
    (pack,) = tmp_path.glob("*.zip")
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(tmp_path)
    pack.unlink()  # a hundred megabytes
    course = tmp_path / "networking-with-python"

    way, env = without_network()
    env[FOLDER_VARIABLE] = str(tmp_path / "own")
    command = [*way, base_python(), "-m", "helpers", "fresh", "01"]
    done = subprocess.run(command, cwd=course, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (course / ".venv").is_dir() and "is fresh." in done.stdout

    # In its environment, whose kernel has a loopback.
    lesson = nbformat.read(tmp_path / "own" / "notebooks" / find_lessons(["01"])[0].name, as_version=4)
    ran = nbformat.v4.new_notebook(cells=[cell for cell in lesson.cells if cell.cell_type == "code"][:4])
    nbformat.write(ran, tmp_path / "first cells.ipynb")
    inside = course / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run = ["-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(tmp_path / "first cells.ipynb")]
    done = subprocess.run([str(inside), *run], cwd=course / "notebooks", env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    cells = nbformat.read(tmp_path / "first cells.ipynb", as_version=4).cells
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]
    shutil.rmtree(course)  # four hundred
