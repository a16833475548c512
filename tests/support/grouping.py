"""A pytest plugin (see `addopts`): which tests must run in one process when they are spread over several.

A group runs on one worker, test after test: for what a computer has only once, and for what is dear to start and can be shared. Several groups of a few minutes keep
all workers busy; a single long one would be waited for. And their order: what takes minutes begins at once, and beside it runs what waits; small tests come last, so that no worker is without one at the end.
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from pathlib import Path

import nbformat
import pytest

from helpers.course.environment import ROOT
from tests.lessons import hygiene

PORT_65431 = "port 65431"
"""The group of whatever uses the lecture's port; a computer has it only once."""

SLIDES = "slides"
"""The group of whatever shows live slides: long, and in need of a browser, but of no port."""

HANDOUTS = "handouts"
"""The group of whatever reads handouts, with a browser or without: those of all lessons are written once."""

SITE = "site"
"""The group of whatever reads the site, with a browser or without: it is built once."""

LAB = "lab"
"""The group of whatever shares one JupyterLab in a browser."""

GRADED = "graded"
"""The group of whatever looks at one class that was graded, with all that is handed in badly."""

DEAR = {"handouts_of_all", "the_site"}
"""What takes seconds to make: tests that ask for it are slow."""

HALVES = 2
"""Groups over which the lessons are spread where each lesson is taken from its beginning to its end in a browser."""


WHOLE = "lessons", "slides"
"""What is done with a whole lesson in a browser, by the kinds of their groups."""


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file.startswith("tests/browser/") or not DEAR.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
        if (group := group_of(file)) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(group))
    yield
    if hasattr(config, "workerinput"):  # one of several workers, which are given the tests in this order
        items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    """When a test has its turn, where several workers share them: the smaller the sooner."""
    group = item.get_closest_marker("xdist_group")
    if group is not None and group.args[0].rpartition(" ")[0] in WHOLE:
        return 0  # minutes of the processor
    if item.path.name == "test_exercises.py":
        return 1  # most of their time is waiting
    return 2 if group is not None else 3


def group_of(file: str) -> str | None:
    if file.endswith(".ipynb"):  # one kernel: its cells run in their order, in one process
        return PORT_65431 if uses_the_port(ROOT / file) else file
    if file == "tests/browser/test_present.py":
        return SLIDES
    if file in ("tests/course/test_handouts.py", "tests/browser/test_handouts.py"):
        return HANDOUTS
    if file in ("tests/course/test_site.py", "tests/browser/test_site.py"):
        return SITE
    if file == "tests/grading/test_bad_input.py":
        return GRADED
    return LAB if file.startswith("tests/browser/") else None


def of_a_lesson(kind: str, lesson: Path) -> pytest.MarkDecorator:
    """The group of a test that takes this whole lesson. `kind`: what such tests share."""
    half = f"{kind} {int(lesson.name[:2]) // 2 % HALVES}"
    return pytest.mark.xdist_group(PORT_65431 if uses_the_port(lesson) else half)


@functools.cache
def uses_the_port(lesson: Path) -> bool:
    return hygiene.uses_the_lectures_port(nbformat.read(lesson, as_version=4))
