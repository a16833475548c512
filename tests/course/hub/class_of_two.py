"""A real hub, on a machine of its own (`tests/support/stage.py`), and two learners in two browsers. `test_hub.py` starts this."""

from __future__ import annotations

import grp
import ipaddress
import json
import os
import pwd
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from playwright.sync_api import Page, expect

from helpers.course.environment import ROOT
from helpers.course.hub.configuration import DATA_VARIABLE
from helpers.course.hub.early import start_early
from helpers.course.hub.learners import Learner
from helpers.course.hub.serving import FIRST
from helpers.notebook.learner import AT_HOME
from tests.course.hub.prying import MACHINES
from tests.support import browsing, stage
from tests.support.browsing import Lab, Notebook, open_notebook
from tests.support.waiting import eventually

HUB = "http://127.0.0.1:8000"
DATA = "/run/hub"
LESSON = "notebooks/04-two-command-windows.ipynb"
HUNDRED = 100 << 20


def hub_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "helpers.course.front_door", "hub", *arguments]


@pytest.fixture(scope="module")
def class_() -> list[Learner]:
    found = stage.set_up(["ada", "bea"], "prof")
    for each in found:
        Path(each.home).chmod(0o755)  # as on a machine whose instructor knows nothing of it
        # JupyterLab's commands, for a test to call: a learner may configure it.
        write(each, Path(each.home, ".jupyter/jupyter_server_config.json"), {"LabApp": {"expose_app_in_browser": True}})
    return found


def write(owner: Learner, path: Path, content: object) -> None:
    """A file of the learner's own."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700)
        os.chown(path.parent, owner.uid, owner.gid)
    path.write_text(json.dumps(content))
    os.chown(path, owner.uid, owner.gid)


@pytest.fixture
def service() -> Iterator[int]:
    """A program of the machine's, which listens on all addresses; its port. The machine also passes packets on, as one with containers does."""
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    with socket.create_server(("0.0.0.0", 0)) as listens:
        yield listens.getsockname()[1]


@pytest.fixture(scope="module", autouse=True)
def hub(class_: list[Learner]) -> Iterator[Path]:
    """It runs; gives back its log."""
    os.environ[DATA_VARIABLE] = DATA
    log = Path("/run/hub.log")
    with log.open("wb") as said, subprocess.Popen(hub_command("start"), cwd=ROOT, stdout=said, stderr=said) as process:
        try:
            assert eventually(lambda: process.poll() is not None or answers(f"{HUB}/hub/login"), 60), log.read_text()
            assert process.poll() is None, log.read_text()
            yield log
        finally:
            process.terminate()
            print(log.read_text()[-5000:])
    assert process.returncode == 0


def answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=5).close() or True)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


class Seat(NamedTuple):
    """A learner, and the learner's browser."""

    learner: Learner
    page: Page

    @property
    def lab(self) -> Lab:
        return Lab(f"{HUB}/user/{self.learner.name}/", "", Path(self.learner.home, AT_HOME))

    def open(self, path: str) -> Notebook:
        return open_notebook(self.page, self.lab, path)

    def write(self, name: str, *cells: str) -> None:
        """A notebook of these cells."""
        of_code: dict[str, object] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        told = [of_code | {"id": f"cell-{number}", "source": cell} for number, cell in enumerate(cells)]
        content = {"cells": told, "metadata": browsing.KERNEL, "nbformat": 4, "nbformat_minor": 5}
        write(self.learner, self.lab.root / name, content)

    def run(self, name: str, *cells: str) -> None:
        """The same, run, in a kernel that stays."""
        self.write(name, *cells)
        self.open(name).run_all()

    def outputs(self, name: str) -> list[str]:
        """What the cells of a notebook that was saved have shown."""
        return [json.dumps(cell["outputs"]) for cell in self.lab.cells(name) if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def seats(hub: Path, class_: list[Learner]) -> Iterator[Sequence[Seat]]:
    """Both have logged in."""
    expect.set_options(timeout=browsing.PATIENCE * 1000)
    with browsing.browser() as browser:
        contexts = [browser.new_context(viewport=browsing.SIZE) for _ in class_]
        for context in contexts:
            context.add_init_script(browsing.NEVER_IDLE)
        both = [Seat(learner, context.new_page()) for learner, context in zip(class_, contexts, strict=True)]
        for each in both:
            log_in(each)
        yield both


def sign_in(page: Page, name: str, further: str) -> None:
    page.goto(f"{HUB}/hub/login?next={further}")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(stage.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def log_in(seat: Seat) -> None:
    sign_in(seat.page, seat.learner.name, "")
    seat.page.wait_for_url(f"**/user/{seat.learner.name}{FIRST}", timeout=6 * browsing.PATIENCE * 1000)
    # The first lesson opens by itself.
    browsing.wait_for(seat.page, "window.jupyterapp && document.querySelector('.jp-Notebook .jp-Cell')")
    Notebook(seat.page).wait_until_idle()


def test_servers_are_started_before_the_hour(class_: list[Learner]) -> None:
    """And a second time nothing happens to them."""
    for _ in range(2):
        done = subprocess.run(hub_command("early"), cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == [f"{each.name}: ready" for each in class_]
    done = subprocess.run(hub_command("early", "nobody-of-ours"), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "'nobody-of-ours' is nobody of the group learners" in done.stderr


def test_nobody_else_gets_a_server() -> None:
    """Whoever teaches may add users to the hub, who would be anybody on the machine."""
    said = list(start_early([Learner("root", 0, 0, "/root"), Learner("nobody", 65534, 65534, "/")]))
    assert [each.partition(" is ")[0] for each in said] == [
        "root: not started, the hub says 403 'root'",
        "nobody: not started, the hub says 403 'nobody'",
    ]


def test_a_second_hub_is_refused_and_the_first_goes_on(class_: list[Learner]) -> None:
    servers = [things_of(each)["address"] for each in class_]
    done = subprocess.run(hub_command("start"), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "A hub runs on this machine already" in done.stderr
    assert [things_of(each)["address"] for each in class_] == servers


def test_lesson_04_runs_for_both_at_once(seats: Sequence[Seat]) -> None:
    notebooks = [each.open(LESSON) for each in seats]
    for seat, notebook in zip(seats, notebooks, strict=True):
        assert not any(json.loads(each) for each in seat.outputs(LESSON)), "the lesson came with answers"
        notebook.choose("Run", "Run All Cells")
    for seat, notebook in zip(seats, notebooks, strict=True):
        notebook.has_run(-1, 6 * browsing.PATIENCE)
        notebook.wait_until_idle()
        notebook.save()
        browsing.picture(seat.page, f"hub-{seat.learner.name}.png")
        shown = seat.outputs(LESSON)
        assert not any('"output_type": "error"' in each for each in shown)
        whole = "".join(shown)
        assert "Connection from: <socket.socket" in whole
        assert "Address already in use" not in whole


def test_neither_sees_the_other(seats: Sequence[Seat], service: int, hub: Path) -> None:
    """Ada listens on 65431, with a kernel in which something is going on; what Bea tries she could do herself. Where there can be no firewall, the hub says so, and it is true."""
    ada, bea = seats
    bea.page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    ada.page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    ada.run("listens.ipynb", "import socket\nserver = socket.create_server(('127.0.0.1', 65431))")
    them = things_of(ada.learner) | {"service": service}
    assert them["sockets"], "no socket of a kernel: it is not reached by IPC"
    assert pry(ada, them) >= {"port 65431", "the server", "home", "a notebook", "what is shared"} | {
        f"socket {each}" for each in them["sockets"]
    }
    assert pry(bea, them) == (MACHINES if "There is no firewall" in hub.read_text() else set())


def pry(seat: Seat, them: dict[str, Any]) -> set[str]:
    found = seat.lab.root / "found.json"
    seat.run(
        "pries.ipynb",
        f"import json, pathlib, sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tests.course.hub.prying import pry\n"
        f"pathlib.Path({str(found)!r}).write_text(json.dumps(pry({them!r})))",
    )
    return set(json.loads(found.read_text()))


def things_of(learner: Learner) -> dict[str, Any]:
    """What root knows of a learner."""
    processes = [each for each in psutil.process_iter(["uids"]) if each.info["uids"].real == learner.uid]
    server = next(each for each in processes if "jupyterhub.singleuser" in each.cmdline())
    address = re.search(r"//([\d.]+):(\d+)", server.environ()["JUPYTERHUB_SERVICE_URL"])
    assert address
    sockets = [each for each in Path(learner.home).rglob("kernel-*-ipc-*") if each.is_socket()]
    return {
        "name": learner.name,
        "home": learner.home,
        "pids": [each.pid for each in processes],
        "sockets": [str(each) for each in sockets],
        "address": [address[1], int(address[2])],
        "cable": str(ipaddress.ip_address(address[1]) - 1),
        "shared": f"{DATA}/class/{learner.name}",
        "secrets": f"{DATA}/hub",
    }


def test_nobody_opens_the_others_jupyterlab(seats: Sequence[Seat]) -> None:
    ada, bea = seats
    with bea.page.context.new_page() as page:
        answer = page.goto(f"{HUB}/user/{ada.learner.name}/api/contents")
        assert answer
        assert answer.status == 403
        answer = page.goto(f"{HUB}/user/{bea.learner.name}/api/contents")
        assert answer
        assert answer.status == 200


def test_whoever_teaches_sees_who_is_there_and_learners_do_not(seats: Sequence[Seat]) -> None:
    ada, _ = seats
    browser = ada.page.context.browser
    assert browser
    with browser.new_context() as context, context.new_page() as page:
        sign_in(page, "prof", "/hub/admin")
        expect(page.get_by_role("cell", name="bea")).to_be_visible()
    with ada.page.context.new_page() as page:
        answer = page.goto(f"{HUB}/hub/admin")
        assert answer
        assert answer.status == 403


def test_what_is_shared_whoever_teaches_may_read(class_: list[Learner]) -> None:
    ada, bea = class_
    prof = pwd.getpwnam("prof")
    as_others = {"prof": (prof.pw_uid, grp.getgrnam("instructors").gr_gid), "ada": ada[1:3], "bea": bea[1:3]}
    shares = f"umask 027; echo shared > {DATA}/class/ada/attempts.jsonl"
    subprocess.run(["sh", "-c", shares], user=ada.uid, group=ada.gid, extra_groups=[], check=True)

    def reads(name: str) -> bool:
        uid, gid = as_others[name]
        read = ["cat", f"{DATA}/class/ada/attempts.jsonl"]
        return subprocess.run(read, user=uid, group=gid, extra_groups=[], capture_output=True).stdout == b"shared\n"

    assert [name for name in as_others if reads(name)] == ["prof", "ada"]


def test_homes_are_closed_also_where_they_were_not(class_: list[Learner]) -> None:
    assert {Path(each.home).stat().st_mode & 0o777 for each in class_} == {0o700}


def test_whoever_takes_too_much_memory_loses_a_kernel_and_nobody_else_does(seats: Sequence[Seat], hub: Path) -> None:
    if "No limit of memory" in hub.read_text():
        pytest.skip("there are no control groups here that could be written: the hub says so in its log")
    ada, bea = seats
    server = things_of(ada.learner)["address"]
    ada.write("much.ipynb", f"all_of_it = b'x' * (10 * {HUNDRED})")
    ada.open("much.ipynb").choose("Run", "Run All Cells")
    expect(ada.page.get_by_role("dialog").get_by_text("Kernel Restarting")).to_be_visible()
    assert things_of(ada.learner)["address"] == server
    bea.run("little.ipynb", "1 + 1")
