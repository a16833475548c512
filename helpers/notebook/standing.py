"""What stands live under the notebook's cells: for a page that is opened onto this kernel, and finds none of it in the notebook's file.

Comes in: what a cell shows. Goes out: the same, by cell, to the extension of JupyterLab's that the course brings (`course/prefix/…/reconnect.js`). A cell that runs again has nothing
standing until it shows something.
"""

from __future__ import annotations

from typing import Any

from IPython.core.getipython import get_ipython

from helpers.notebook.cell import running_cell

_standing: dict[str, list[dict[str, Any]]] = {}


def note(data: dict[str, Any]) -> None:
    """The cell that runs shows this output, which is live."""
    cell = running_cell().cell
    if cell is None:
        return
    shell: Any = get_ipython()
    shell.events.register("pre_run_cell", _forget)  # once, however often this is called
    _standing.setdefault(cell, []).append(data)


def _forget(info: object) -> None:
    _standing.pop(running_cell().cell or "", None)


class Standing:
    """What stands under which cell, as the page asks for it: as JSON."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"application/json": _standing}
