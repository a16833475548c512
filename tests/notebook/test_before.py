"""A kernel of the course's environment before `%load_ext helpers`: a cell that is run too early says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from nbclient import NotebookClient

from helpers.course.environment import ROOT
from tests.support.notebooks import code_cell, notebook_of

CONFIG = ROOT / "helpers" / "course" / "prefix" / "etc" / "ipython" / "ipython_kernel_config.json"
"""What IPython finds in an environment in which the course is installed."""

DO = "Run the first cell of this notebook"


@pytest.fixture(scope="module")
def kernel() -> Iterator[NotebookClient]:
    client = NotebookClient(notebook_of(), timeout=20, allow_errors=True, extra_arguments=[f"--config={CONFIG}"])
    with client.setup_kernel():
        yield client


def said(client: NotebookClient, source: str) -> str:
    """All that is seen under a cell of this source."""
    cell: Any = code_cell(source)
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    return "\n".join("\n".join([*each.get("traceback", ()), each.get("text", "")]) for each in cell.outputs)


@pytest.mark.slow
def test_what_comes_with_the_first_cell_says_so_and_afterwards_is_there(kernel: NotebookClient) -> None:
    for magic in ("background", "watch"):
        assert f"%%{magic} comes with the course's helpers" in said(kernel, f"%%{magic} server.py\n1 / 0")
    for early in ("%%background\nprint()", "helpers.check(1)", "s = socket.socket()", "%%watch\n1 / 0"):
        assert DO in said(kernel, early), early
    assert DO not in said(kernel, "unknown") and "unknown" in said(kernel, "unknown")
    assert "helpers" not in said(
        kernel, "import sys\nprint(*(name for name in sys.modules if name.endswith('magics')))"
    )
    assert not said(kernel, "import socket\n%load_ext helpers")
    assert DO not in said(kernel, "unknown")
    assert not said(kernel, "%%watch\nsocket.socket().close()")
