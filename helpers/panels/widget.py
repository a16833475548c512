"""The live side of a panel: what is in the browser, and what it hears and says."""

from __future__ import annotations

import pathlib
import threading
from typing import Any

import anywidget
import traitlets

from helpers import boxes
from helpers.panels.panel import Panel

_FOLDER = pathlib.Path(__file__).parent


def _read(*names: str | pathlib.Path) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


class PanelWidget(anywidget.AnyWidget):
    """Shows `panel`, and passes on to it what is done to the controls.

    Its script is controls.js, which all panels share, and the panel's own; in the browser's model stand what `Panel.fixed` and `Panel.seen` give.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._painting = threading.Lock()
        known = {"label": panel.label, **panel.fixed(), **panel.seen()}
        self.add_traits(**{name: traitlets.Any().tag(sync=True) for name in known})
        self._esm = _read("controls.js", f"{panel.script}.js")
        self._css = _read(boxes.STYLE, "panel.css", f"{panel.script}.css")
        # In the browser, style sheets are told apart by this name: one for all kinds of panels would be that of the latest alone.
        super().__init__(_anywidget_id=f"helpers.panels.{panel.script}", **known)
        self.on_msg(self._obey)
        if hasattr(self.comm, "on_close"):
            self.comm.on_close(lambda message: panel.close())
        panel.watch_for_changes(self.refresh)
        self.refresh()  # what changed meanwhile

    def refresh(self) -> None:
        """Show what there is to see now. Called from several threads."""
        with self._painting, self.hold_sync():
            for name, value in self._panel.seen().items():
                if getattr(self, name) != value:
                    setattr(self, name, value)

    def _obey(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        """What the browser sends: what `Panel.obey` takes, with an `id` that goes back when it is done."""
        try:
            self._panel.obey(content)
        finally:
            try:
                self.refresh()
            finally:
                self.send({"done": content.get("id")})
