"""A pytest plugin (see `addopts`): which tests must run in one process when they are spread over several."""

from __future__ import annotations

import pytest

PORT_65431 = "port 65431"
"""The group of whatever uses the lecture's port; a computer has it only once."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A notebook is one kernel: its cells run in their order, in one process. One group for all, as some use the lecture's port.
    # The tests of the browser share one JupyterLab, in which that lesson is run too.
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file.endswith(".ipynb") or file.startswith("tests/browser/"):
            item.add_marker(pytest.mark.xdist_group(PORT_65431))
        if file.startswith("tests/browser/"):
            item.add_marker(pytest.mark.slow)
