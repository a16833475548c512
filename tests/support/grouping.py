"""A pytest plugin (see `addopts`): which tests must run in one process when they are spread over several.

A group runs on one worker, test after test: for what a computer has only once, and for what is dear to start and can be shared. Several groups of a few minutes keep
all workers busy; a single long one would be waited for.
"""

from __future__ import annotations

import functools
from pathlib import Path

import nbformat
import pytest

from helpers.course.environment import ROOT
from tests.lessons import hygiene

PORT_65431 = "port 65431"
"""The group of whatever uses the lecture's port; a computer has it only once."""

SLIDES = "slides"
"""The group of whatever shows slides, live or as handouts: long, and in need of a browser, but of no port."""

LAB = "lab"
"""The group of whatever shares one JupyterLab in a browser."""

HALVES = 2
"""Groups over which the lessons are spread where each lesson is taken from its beginning to its end in a browser."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file.startswith("tests/browser/"):
            item.add_marker(pytest.mark.slow)
        if (group := group_of(file)) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(group))


def group_of(file: str) -> str | None:
    if file.endswith(".ipynb"):  # one kernel: its cells run in their order, in one process
        return PORT_65431 if uses_the_port(ROOT / file) else file
    if file in ("tests/browser/test_present.py", "tests/browser/test_handouts.py"):
        return SLIDES
    return LAB if file.startswith("tests/browser/") else None


def of_a_lesson(kind: str, lesson: Path) -> pytest.MarkDecorator:
    """The group of a test that takes this whole lesson. `kind`: what such tests share."""
    half = f"{kind} {int(lesson.name[:2]) // 2 % HALVES}"
    return pytest.mark.xdist_group(PORT_65431 if uses_the_port(lesson) else half)


@functools.cache
def uses_the_port(lesson: Path) -> bool:
    return hygiene.uses_the_lectures_port(nbformat.read(lesson, as_version=4))
