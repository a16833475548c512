"""What every test is held to: it leaves no thread, no descriptor and no listening socket behind."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from typing import NamedTuple

import psutil
import pytest

from helpers.running.group import stop_all
from helpers.running.install import uninstall
from tests.support.another_system.fixtures import HERE, SYSTEMS, as_on, is_wanted
from tests.support.another_system.fixtures import each_kind_of_socket as each_kind_of_socket
from tests.support.another_system.fixtures import system as system
from tests.support.another_system.likeness import VARIABLE

# In the background of a shell Ctrl-C is ignored, and what the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LASTING = {"helpers: command windows"}
"""Threads that are made once and stay."""


class Held(NamedTuple):
    """What the process has of each thing that can be leaked."""

    threads: set[str]
    descriptors: int
    listeners: set[str]


def held() -> Held:
    process = psutil.Process()
    descriptors = process.num_fds() if os.name == "posix" else 0  # Windows counts handles of every kind
    listeners = {str(each.laddr) for each in process.net_connections("inet") if each.status == psutil.CONN_LISTEN}
    names = {f"{thread.name} ({thread.ident})" for thread in threading.enumerate() if thread.name not in LASTING}
    return Held(names, descriptors, listeners)


def pytest_collection_finish() -> None:
    """What is there before the first test is never garbage: it need not be looked through twice a test, which took half of the tests' time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = held()  # garbage of the last test is gone: it looked for it at its end
    yield
    stop_all()
    uninstall()
    gc.collect()
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
    """Of a test that has many forms, and is marked `everywhere(one_in=10)`, so many run as on other systems: the same ones each time."""
    items[:] = [each for each in items if is_wanted(each)]
