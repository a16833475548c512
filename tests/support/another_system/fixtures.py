"""Fixtures for the tests that run as on other systems too: `each_kind_of_socket` gives a test two forms, the mark `everywhere` three."""

from __future__ import annotations

import contextlib
import pathlib
import zlib
from collections.abc import Iterator

import pytest

import helpers.link.link  # noqa: F401  # before a test makes it look like another system's
from helpers.running.group import stop_all
from helpers.running.install import install, uninstall
from tests.support.another_system.likeness import MAC, VARIABLE, WINDOWS, look_like, look_like_for_starters

HERE = "here"
SYSTEMS = [HERE, MAC, WINDOWS]
CHILD = pathlib.Path(__file__).with_name("child")


ONE_IN = 6
"""Of the tests that have each kind of socket, so many run as on Windows."""


def is_wanted(item: pytest.Item) -> bool:
    """Whether a test is to run in this form: as on this system always, as on the others one in so many; what a platform skips is of Linux alone."""
    params = getattr(item, "callspec", None) and item.callspec.params  # type: ignore[attr-defined]
    if not params:
        return True
    mark, chance = item.get_closest_marker("everywhere"), zlib.crc32(item.nodeid.encode())
    if mark is not None and params["system"] != HERE:
        return item.get_closest_marker("skipif") is None and chance % int(mark.kwargs.get("one_in", 1)) == 0
    return params.get("each_kind_of_socket") != WINDOWS or chance % ONE_IN == 0


def system_of(item: pytest.Item) -> str:
    """The system that a test, in this form, runs as on."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return str(params.get("system") or params.get("each_kind_of_socket") or HERE)


@contextlib.contextmanager
def as_on(system: str) -> Iterator[None]:
    """In this block, this process and those that it starts look as they do on that system."""
    with pytest.MonkeyPatch.context() as patch:
        if system != HERE:
            look_like(system, patch)
            look_like_for_starters(system, patch)
            patch.setenv(VARIABLE, system)
            patch.syspath_prepend(str(CHILD))
        if system == WINDOWS:
            patch.setenv("PYTHONIOENCODING", "cp1252")
        yield
        stop_all()
        uninstall()


@pytest.fixture
def system(request: pytest.FixtureRequest) -> Iterator[str]:
    """The system that this process looks like."""
    with as_on(request.param):
        yield request.param


@pytest.fixture(params=SYSTEMS)
def each_kind_of_socket(request: pytest.FixtureRequest) -> Iterator[None]:
    """As on this system, and as on the others, where sockets wait in short turns."""
    with as_on(request.param):
        install()
        yield
