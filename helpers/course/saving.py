"""What JupyterLab's server calls when it saves a notebook: see prefix/etc.

In: a notebook as JupyterLab hands it over. Out: the same one, changed in place, fit to be opened without a kernel. For the server, and for `storing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpers.notebook.boxes import WIDGET_VIEW

Output = dict[str, Any]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """What JupyterLab's server calls when it starts: see prefix/etc."""
    server.contents_manager.register_pre_save_hook(drop_widget_views)


def drop_widget_views(model: dict[str, Any], **_: object) -> None:
    """Save a notebook without the views of its widgets: JupyterLab's server calls this before every save.

    A view needs the widget's state, which ends with the kernel: opened again, the notebook would show "model not
    found". So where HTML stands beside a view, the HTML alone is saved. The page in the browser stays live.
    Should this fail, the server notes it in its log and saves the notebook as it is.
    """
    if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
        return
    for cell in model["content"].get("cells", []):
        for output in cell.get("outputs", []):
            drop_view(output, beside={"text/html"})


def drop_view(output: Output, beside: Iterable[str]) -> None:
    """Drop a widget's view from `output` where something of the types `beside` says the same without a kernel."""
    data = output.get("data", {})
    if WIDGET_VIEW in data and any(kind in data for kind in beside):
        del data[WIDGET_VIEW]
