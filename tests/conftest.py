"""What every test is held to: it leaves no thread, no descriptor and no listening socket behind."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from helpers.running.group import stop_all
from helpers.running.install import uninstall
from helpers.running.processes import copies
from helpers.sockets.plain import Plain
from tests.support.another_system.fixtures import HERE, SYSTEMS, as_on, is_wanted, system_of
from tests.support.another_system.fixtures import each_kind_of_socket as each_kind_of_socket
from tests.support.another_system.fixtures import system as system
from tests.support.another_system.likeness import VARIABLE

# In the background of a shell Ctrl-C is ignored, and what the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

IS_LINUX = sys.platform == "linux"  # while a test runs as on another system, it says something else

LASTING = {"helpers: command windows"}
"""Threads that are made once and stay."""


class Held(NamedTuple):
    """What the process has of each thing that can be leaked."""

    threads: set[str]
    descriptors: int
    listeners: set[str]


def held() -> Held:
    process = psutil.Process()
    descriptors = (
        process.num_fds() - len(copies.lasting()) if os.name == "posix" else 0
    )  # Windows counts handles of every kind
    listeners = {*(own_listeners() if IS_LINUX else listeners_of(process))}
    names = {f"{thread.name} ({thread.ident})" for thread in threading.enumerate() if thread.name not in LASTING}
    return Held(names, descriptors, listeners)


def listeners_of(process: psutil.Process) -> Iterator[str]:
    for each in process.net_connections("inet"):
        if each.status == psutil.CONN_LISTEN:
            yield str(each.laddr)


def own_listeners() -> Iterator[str]:
    """The same on Linux. For what psutil reads there the kernel walks through its tables of all connections: 7 ms, twice a test."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # no socket, or that of the list itself
            sock = Plain(fileno=int(name))
            try:
                if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    yield str(sock.getsockname())
            finally:
                sock.detach()  # it is somebody else's


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


GARBAGE_OF_ALL = 200
"""After so many tests all that there is is looked through for garbage: what several have shared, and let go of at last."""
done = itertools.count(1)


def collect_garbage() -> None:
    """That of a test. What is there before it is left out: to look through all of it after each test took a third of the tests' time."""
    gc.collect()
    if next(done) % GARBAGE_OF_ALL == 0:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def handouts_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the handouts of all lessons, written once for all who read them, with a browser or without."""
    from helpers.course import handouts  # takes a second, which few workers need to spend

    folder = tmp_path_factory.mktemp("handouts")
    assert handouts.write_handouts(["--to", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def the_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site, built once for all who read it, with a browser or without, by a process that is refused any network."""
    folder = tmp_path_factory.mktemp("web") / "site"
    done = subprocess.run([sys.executable, "-c", WITHOUT_NETWORK, "--to", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


WITHOUT_NETWORK = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        sys.exit(f"{event} {arguments} while the site is built")

sys.addaudithook(refuse)
from helpers.course.site import write_site
sys.exit(write_site(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = held()  # garbage of the last test is gone: it looked for it at its end
    yield
    stop_all()
    uninstall()
    collect_garbage()
    after = held()
    assert after.threads <= before.threads, "threads are left behind"
    assert after.listeners <= before.listeners, "sockets still listen"
    assert after.descriptors <= before.descriptors, "descriptors are left open"


@pytest.fixture(autouse=True)
def as_asked_for() -> Iterator[None]:
    """`TESTS_AS_ON=darwin` (or win32) before the command: each test runs as on that system."""
    with as_on(os.environ.get(VARIABLE, HERE)):
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that is marked `everywhere` runs as on each system."""
    if metafunc.definition.get_closest_marker("everywhere"):
        metafunc.fixturenames.insert(0, "system")
        metafunc.parametrize("system", SYSTEMS, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test that has many forms, and is marked `everywhere(one_in=10)`, so many run as on other systems: the same ones each time. None of these is in the quick half."""
    items[:] = [each for each in items if is_wanted(each)]
    for each in items:
        if system_of(each) != HERE:
            each.add_marker(pytest.mark.slow)
