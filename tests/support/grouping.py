"""A pytest plugin (see `addopts`): which tests must run in one process when they are spread over several."""

from __future__ import annotations

import pytest

PORT_65431 = "port 65431"
"""The group of whatever uses the lecture's port; a computer has it only once."""


SLIDES = "slides"
"""The group of whatever walks through slides, live or as handouts: long, and in need of a browser, but of no port."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file.startswith("tests/browser/"):
            item.add_marker(pytest.mark.slow)
        if (group := group_of(file)) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(group))


def group_of(file: str) -> str | None:
    # A notebook is one kernel: its cells run in their order, in one process. One group for all, as some use the lecture's port.
    if file.endswith(".ipynb"):
        return PORT_65431
    if file in ("tests/browser/test_present.py", "tests/browser/test_handouts.py"):
        return SLIDES
    # The others share one JupyterLab, in which that lesson is run too.
    return PORT_65431 if file.startswith("tests/browser/") else None
