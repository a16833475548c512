"""How something interactive stands under its cell: as plain text, as HTML for a page without a kernel and, where there is a kernel, as a live widget.

Comes in: an `Interactive`. Goes out: its forms by media type, as IPython wants them of `_repr_mimebundle_`. Cheap to import: the widget's module is loaded when
the first one is shown.
"""

from __future__ import annotations

from typing import Any

from helpers.notebook import standing
from helpers.notebook.boxes import STORED, WIDGET_VIEW
from helpers.notebook.interactive import Interactive


def live_view(content: Interactive) -> dict[str, Any] | None:
    """A new live widget of `content`, as an output refers to it; None where there is no kernel, or no widget to be had."""
    try:
        from IPython.core.getipython import get_ipython

        if getattr(get_ipython(), "kernel", None) is None:
            return None
        from helpers.notebook.widget import LiveWidget  # 150 ms, needed where something is shown
    except ImportError:
        return None
    return {"version_major": 2, "version_minor": 0, "model_id": LiveWidget(content).model_id}


def forms(content: Interactive, view: dict[str, Any] | None) -> dict[str, Any]:
    """`content` as it is now, in every form that a notebook may want, by media type. `view`: what `live_view` gave."""
    html = content.as_html()
    if view is None:
        return {"text/plain": content.describe(), "text/html": html}
    # Where the live view is not to be had, what stands beside it is of the past.
    data = {"text/plain": f"{content.as_text()}\n({STORED})", "text/html": html, WIDGET_VIEW: view}
    standing.note(data)
    return data
