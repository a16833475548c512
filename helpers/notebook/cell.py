"""Which cell is running: for what a cell makes, and makes anew when it runs again.

Comes in: what IPython knows of the request that it serves. Goes out: names to compare, nothing to show. A socket bench uses it.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class RunOfCell(NamedTuple):
    """A run of a cell."""

    cell: str | None
    """What the notebook calls the cell; None where that is not known, as in a script."""
    run: str
    """What the kernel calls this run of it."""


def running_cell() -> RunOfCell:
    """The cell that is running now, and which run of it this is."""
    try:
        from IPython.core.getipython import get_ipython

        parent: dict[str, Any] = get_ipython().get_parent()  # type: ignore[union-attr]
    except (ImportError, AttributeError):
        return RunOfCell(None, "")
    return RunOfCell(parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id", ""))
