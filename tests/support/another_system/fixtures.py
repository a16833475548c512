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


def is_wanted(item: pytest.Item) -> bool:
    """Whether a test is to run in this form: as on this system always, as on the others one in so many."""
    mark, spec = item.get_closest_marker("everywhere"), getattr(item, "callspec", None)
    if mark is None or spec is None or spec.params.get("system", HERE) == HERE:
        return True
    return zlib.crc32(item.nodeid.encode()) % int(mark.kwargs.get("one_in", 1)) == 0


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


@pytest.fixture(params=[HERE, MAC])
def each_kind_of_socket(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sockets are this system's own; then those of macOS and Windows, which wait in short turns."""
    with as_on(request.param):
        install()
        yield
