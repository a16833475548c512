"""What of a hub can be tried without one: what JupyterHub is told, limits, what a learner's process may say, the image and the chart's values."""

from __future__ import annotations

import io
import ipaddress
import json
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from helpers.course.environment import ROOT, Trouble
from helpers.course.front_door import main
from helpers.course.hub.collecting import Collected, read
from helpers.course.hub.learners import Answer
from helpers.course.hub.sending import LARGEST, MOST, NOTEBOOK, ODD, send
from helpers.notebook.learner import AT_HOME

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a hub on one machine is for Linux")

HUB = ROOT / "helpers" / "course" / "hub"
LESSON = "08-a-stream-not-messages.ipynb"


class Told:
    """As JupyterHub's configuration: a section is there as soon as it is named."""

    def __getattr__(self, name: str) -> Any:
        section = SimpleNamespace()
        setattr(self, name, section)
        return section


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What `jupyterhub_config.py` tells JupyterHub, which need not be installed."""
    from helpers.course.hub import configuration

    monkeypatch.setenv(configuration.DATA_VARIABLE, str(tmp_path))
    (tmp_path / configuration.PRIVATE).mkdir()
    c = Told()
    source = (HUB / "jupyterhub_config.py").read_text(encoding="utf-8")
    exec(compile(source, "jupyterhub_config.py", "exec"), {"get_config": lambda: c})
    return c


def test_a_class_is_let_in_and_no_start_is_refused(told: Told) -> None:
    assert "learners" in told.PAMAuthenticator.allowed_groups
    assert told.JupyterHub.concurrent_spawn_limit == 0
    assert min(told.Spawner.http_timeout, told.Spawner.start_timeout) >= 200
    assert told.JupyterHub.bind_url.startswith("http://127.0.0.1")


def test_secrets_are_roots_and_the_same_at_the_next_start(told: Told, tmp_path: Path) -> None:
    from helpers.course.hub.configuration import token

    (service,) = told.JupyterHub.services
    assert service["api_token"] == token()
    assert len(token()) == 64
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert [stat.S_IMODE(each.stat().st_mode) for each in files] == [0o600]


def test_the_chart_says_the_same(told: Told) -> None:
    values = yaml.safe_load((HUB / "values.yaml").read_text(encoding="utf-8"))
    server = values["singleuser"]
    assert server["cmd"][1:] == told.Spawner.cmd[1:]
    assert server["defaultUrl"] == told.Spawner.default_url
    assert server["memory"]["limit"] == told.Spawner.mem_limit
    assert server["startTimeout"] == told.Spawner.start_timeout
    assert values["hub"]["config"]["KubeSpawner"]["http_timeout"] == told.Spawner.http_timeout
    assert values["hub"]["concurrentSpawnLimit"] == told.JupyterHub.concurrent_spawn_limit


DOCKERFILE = (HUB / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_is_made_of_what_is_there() -> None:
    copied = [source for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for source in line.split()[:-1]]
    assert {"helpers", "notebooks", "requirements.txt"} <= set(copied)
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_image_runs_what_the_chart_runs(told: Told) -> None:
    command = json.loads(re.findall(r"^CMD (.+)$", DOCKERFILE, re.M)[0])
    assert command[1:] == told.Spawner.cmd[1:]


def test_the_course_lies_outside_of_home_in_the_image() -> None:
    first, home = re.findall(r"^WORKDIR (.+)$", DOCKERFILE, re.M)
    assert home == re.findall(r"HOME=(\S+)", DOCKERFILE)[0]
    assert not Path(first).is_relative_to(home)
    assert yaml.safe_load((HUB / "values.yaml").read_text())["singleuser"]["storage"]["homeMountPath"] == home


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
def test_limits_by_version_2_of_control_groups(tmp_path: Path) -> None:
    """On a folder in the place of /sys/fs/cgroup. (Which version a machine has is the machine's choice: the other one is tried by the hub's own tests, where it is there.)"""
    from helpers.course.hub import limits

    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "cgroup.procs").touch()
    parent = tmp_path / limits.parent()
    parent.mkdir()
    (parent / "cgroup.procs").touch()
    (files,) = limits.open_limits(7, 400 << 20, tmp_path)
    assert files == parent / "7" / "cgroup.procs"
    assert (parent / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (parent / "7" / "memory.max").read_text() == str(400 << 20)
    assert int((parent / "7" / "pids.max").read_text()) > 100


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
def test_what_is_left_of_a_server_is_killed_and_starts_nothing_more(tmp_path: Path) -> None:
    from helpers.course.hub import limits

    group = tmp_path / limits.parent() / "7"
    group.mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as kernel:
        (group / "cgroup.procs").write_text(f"{kernel.pid}\n")
        assert not limits.end_processes(7, tmp_path)
        assert kernel.wait() == -signal.SIGKILL
    assert (group / "pids.max").read_text() == "0"
    (group / "cgroup.procs").write_text("")
    assert limits.end_processes(7, tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
def test_no_limits_where_there_are_no_control_groups(tmp_path: Path) -> None:
    from helpers.course.hub.limits import open_limits

    with pytest.raises(OSError):
        open_limits(7, 400 << 20, tmp_path)


def test_every_learner_has_addresses_of_their_own() -> None:
    from helpers.course.hub import network

    ours = [network.Network(number).address(at) for number in range(1, network.MOST) for at in range(4)]
    assert len(set(ours)) == len(ours)
    within = ipaddress.ip_network(f"{network.PREFIX}.0.0/16")
    assert all(ipaddress.ip_address(each) in within for each in (ours[0], ours[-1]))
    assert network.HUB not in ours
    for number in (0, network.MOST):
        with pytest.raises(Trouble, match="there are addresses for"):
            network.open_network(number)


# What a learner's process may say ------------------------------------------------------------------------------------

BAD = {
    "another folder": b'{"name": "../../etc/cron.d/08-x.ipynb", "size": 2}\n{}',
    "another lesson": b'{"name": "09-x.ipynb", "size": 2}\n{}',
    "another file": b'{"name": "08-x.sh", "size": 2}\n{}',
    "a name of two lines": b'{"name": "08-x\\n.ipynb", "size": 2}\n{}',
    "more than there is": b'{"name": "08-x.ipynb", "size": 200}\n{}',
    "less than nothing": b'{"name": "08-x.ipynb", "size": -1}\n{}',
    "too large": b'{"name": "08-x.ipynb", "size": 1e99}\n{}',
    "no number": b'{"name": "08-x.ipynb", "size": true}\n{}',
    "no JSON": b"hello\n",
    "brackets": b"[" * 200_000,
    "a list": b"[]\n",
    "no text": b"\xff\xfe\n",
    "a number that Python does not read": b'{"name": "08-x.ipynb", "size": ' + b"1" * 5000 + b"}\n{}",
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_said_badly_is_no_file(what: str) -> None:
    found = read(Answer(0, BAD[what]), LESSON)
    assert not found.files
    assert found.troubles


def test_what_came_before_is_kept() -> None:
    found = read(Answer(None, b'{"name": "08-x.ipynb", "size": 2}\n{}{"name": "08-y.ipynb", "size": 9}\n{'), LESSON)
    assert found.files == {"08-x.ipynb": b"{}"}
    assert len(found.troubles) == 1


def test_a_reason_is_a_line_of_text() -> None:
    found = read(Answer(0, json.dumps({"name": "08-\n\x1b[2J", "why": "x" * 10_000}).encode() + b"\n"), LESSON)
    (said,) = found.troubles
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 400


def test_no_more_than_is_allowed_is_taken() -> None:
    out = b"".join(b'{"name": "08-%d.ipynb", "size": 0}\n' % number for number in range(1000))
    assert len(read(Answer(0, out), LESSON).files) == MOST
    assert len(read(Answer(0, b'{"name": "x", "why": "y"}\n' * 1_000_000), LESSON).troubles) == MOST


def test_what_is_sent_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / AT_HOME / "notebooks"
    folder.mkdir(parents=True)
    contents = {LESSON: os.urandom(1000), "08-a-stream-not-messages-Copy1.ipynb": b"", "08-mine (2).ipynb": b"\n{}\n"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    for name in ("09-x.ipynb", "09-ü.ipynb", "08-ü.txt", "08-Lösung.ipynb"):
        (folder / name).write_bytes(b"")
    with (folder / "08-large.ipynb").open("wb") as file:
        file.truncate(LARGEST + 1)
    found = _sent(tmp_path)
    assert found.files == contents
    assert found.troubles == [f"08-large.ipynb: larger than {LARGEST >> 20} MB"]
    assert next(iter(found.files)) == LESSON
    (folder / "08-large.ipynb").unlink()
    assert _sent(tmp_path) == Collected(contents, [f"08-Lösung.ipynb: {ODD}"])


def _sent(home: Path) -> Collected:
    out = io.BytesIO()
    send(str(home), LESSON, out)
    return read(Answer(0, out.getvalue()), LESSON)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_taken_is_a_line_of_text(tmp_path: Path) -> None:
    folder = tmp_path / AT_HOME / "notebooks"
    folder.mkdir(parents=True)
    for name in (b"08-\n\x1b[2J.ipynb", b"08-\xff.ipynb", b"08-" + 246 * b"\x01" + b".ipynb"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"")
    found = _sent(tmp_path)
    assert len(found.troubles) == 3 and not found.files
    assert all(each.isprintable() and ODD in each for each in found.troubles), found.troubles


@pytest.mark.parametrize("lesson", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_the_courses_own_names_are_collected(lesson: str) -> None:
    assert NOTEBOOK.fullmatch(lesson)


def test_a_server_is_for_the_class_alone() -> None:
    from helpers.course.hub.learners import of_class

    for name, why in {"root": "gets no server", "no-such-account": "has no account"}.items():
        with pytest.raises(Trouble, match=why):
            of_class(name)


# The command line ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may")
def test_only_root_may() -> None:
    from helpers.course.hub.command import hub

    with pytest.raises(Trouble, match="sudo python3 -m helpers hub|needs Linux"):
        hub(["handout"])


@pytest.mark.parametrize("line", ["", "collect", "early --what", "nonsense"])
def test_what_is_no_command_is_said_in_a_line(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    from helpers.course.hub.command import hub

    with pytest.raises(SystemExit):
        hub(shlex.split(line))
    assert "python3 -m helpers hub" in capsys.readouterr().err


def test_the_front_door_knows_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    assert re.search(r"^  hub +A class on one machine", capsys.readouterr().out, re.M)
