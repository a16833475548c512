"""`python3 -m helpers lab`, and what else opens JupyterLab: on which folder, with which settings, and what its server then does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.course import commands, copies, environment, transport
from helpers.notebook.boxes import WIDGET_VIEW
from helpers.notebook.learner import FOLDER_VARIABLE
from tests.support.waiting import eventually

ROOT = environment.ROOT


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab that `lab` opened, and the folder in which all is that is the learner's or Jupyter's."""
    folder = tmp_path_factory.mktemp("lab")
    server = ["port=0", "token=", "disable_check_xsrf=True"]
    options = ["--no-browser", "--allow-root", *(f"--ServerApp.{option}" for option in server)]
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.course.front_door", "lab", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ
        | {"JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder), FOLDER_VARIABLE: str(folder / "own")},
    ) as process:
        assert process.stderr
        address = next(line for line in process.stderr if "http://127.0.0.1" in line)
        log = threading.Thread(target=process.stderr.read)  # or it would fill the pipe
        log.start()
        host = address.strip().split("http://")[1].split("/")[0]
        assert eventually(lambda: listens(int(host.partition(":")[2])), 30)  # it says so a little before it does
        yield f"http://{host}", folder
        process.terminate()
        log.join()


def listens(port: int) -> bool:
    """Whether somebody does, on this machine."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
@pytest.mark.xdist_group("lab")
def test_lab_opens_the_first_lesson_without_its_answers(lab: tuple[str, Path]) -> None:
    address, folder = lab
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.url == f"{address}/lab/tree/{commands.FIRST_LESSON}"
    with urllib.request.urlopen(f"{address}/api/contents/{commands.FIRST_LESSON}", timeout=30) as answer:
        cells = json.load(answer)["content"]["cells"]
    assert not any(cell.get("outputs") for cell in cells)
    assert (folder / "own" / commands.FIRST_LESSON).is_file()


@pytest.mark.slow
@pytest.mark.xdist_group("lab")
def test_lab_keeps_to_a_workspace_of_its_own(lab: tuple[str, Path]) -> None:
    """What was open in another copy of the course is not opened here."""
    address, folder = lab
    body = json.dumps({"data": {}, "metadata": {"id": "default"}}).encode()
    urllib.request.urlopen(
        urllib.request.Request(f"{address}/lab/api/workspaces/default", body, method="PUT"), timeout=30
    ).close()
    assert list((folder / "own" / ".workspaces").rglob("*.jupyterlab-workspace"))
    assert not (folder / "lab").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("lab")
def test_nobody_listens_to_what_kernels_say(lab: tuple[str, Path]) -> None:
    address, folder = lab
    with urllib.request.urlopen(urllib.request.Request(f"{address}/api/kernels", b"{}", method="POST")) as answer:
        kernel = json.load(answer)["id"]
    known = json.loads((folder / f"kernel-{kernel}.json").read_text())
    urllib.request.urlopen(urllib.request.Request(f"{address}/api/kernels/{kernel}", method="DELETE")).close()
    assert known["transport"] == "ipc" or "curve_publickey" in known  # else ipykernel warns, and rightly


def test_kernels_bear_a_folder_with_a_long_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name of a Unix socket has about a hundred bytes."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / ("é" * 60)))
    assert transport.kernels_apart() == {"--MappingKernelManager.transport_encryption": "auto"}
    assert [transport.fits(Path("/" + "x" * length), 107) for length in (56, 57)] == [True, False]


@pytest.mark.slow
@pytest.mark.xdist_group("lab")
def test_lab_asks_nothing_about_news(lab: tuple[str, Path]) -> None:
    address, _ = lab
    with urllib.request.urlopen(f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification") as answer:
        settings = json.load(answer)["schema"]["properties"]
    assert settings["fetchNews"]["default"] == "false"
    assert settings["checkForUpdates"]["default"] is False


@pytest.mark.slow
@pytest.mark.xdist_group("lab")
def test_lab_saves_no_widget_view_that_has_html_beside_it(lab: tuple[str, Path]) -> None:
    address, _ = lab
    view = {WIDGET_VIEW: {"model_id": "gone"}, "text/plain": "Window()"}
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": data} for data in (view, view | {"text/html": "w"})
    ]
    cell = {"cell_type": "code", "id": "a", "source": "", "metadata": {}, "execution_count": 1, "outputs": outputs}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body = json.dumps({"type": "notebook", "format": "json", "content": notebook}).encode()
    url = f"{address}/api/contents/saved.ipynb"
    with urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"), timeout=30) as answer:
        assert answer.status == 201
    with urllib.request.urlopen(url, timeout=30) as answer:
        saved = json.load(answer)["content"]["cells"][0]["outputs"]
    assert [sorted(output["data"]) for output in saved] == [sorted(view), ["text/html", "text/plain"]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[dict[str, object], list[str]]]:
    """What JupyterLab would have been started with: our options, and those that were given."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "own"))
    wanted: list[tuple[dict[str, object], list[str]]] = []
    monkeypatch.setattr(commands, "open_jupyterlab", lambda ours, given: wanted.append((ours, given)))
    return wanted


def test_who_changes_the_course_edits_the_stored_lessons(
    opened: list[tuple[dict[str, object], list[str]]], tmp_path: Path
) -> None:
    commands.edit(["04", "--no-browser"])
    commands.edit(["--no-browser"])
    fourth, first = opened
    assert (fourth[0]["--ServerApp.root_dir"], fourth[1]) == (ROOT, ["--no-browser"])
    assert fourth[0]["--LabApp.default_url"] == "/lab/tree/notebooks/04-two-command-windows.ipynb"
    assert first[0]["--LabApp.default_url"] == f"/lab/tree/{commands.FIRST_LESSON}"
    assert first[1] == ["--no-browser"]
    assert not (tmp_path / "own").exists()
    elsewhere = tmp_path / "x.ipynb"
    elsewhere.touch()
    with pytest.raises(environment.Trouble, match="is no lesson of this course"):
        commands.edit([str(elsewhere)])


def test_lab_shows_another_folder_to_who_names_one(
    opened: list[tuple[dict[str, object], list[str]]], tmp_path: Path
) -> None:
    commands.lab(["--ServerApp.root_dir=/elsewhere"])
    commands.lab([])
    elsewhere, ours = opened
    assert "--ServerApp.root_dir" not in elsewhere[0]
    assert ours[0]["--ServerApp.root_dir"] == tmp_path / "own"


def test_lab_says_that_a_lesson_has_a_newer_version(
    opened: list[tuple[dict[str, object], list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(copies, "prepare", lambda: ["04-two-command-windows.ipynb"])
    commands.lab([])
    said = capsys.readouterr().out
    assert said.startswith("The course has a newer version of 04-two-command-windows.ipynb than yours, which you have")
    assert "-m helpers fresh 04. Yours is kept beside it.\nYour lessons are in " in said
