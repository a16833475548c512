"""The live panel of a link: what is in the browser, and what it hears and says."""

from __future__ import annotations

import pathlib
import threading
from typing import Any

import anywidget
import traitlets

from helpers.panels.links import LinkPanel
from helpers.panels.settings import DIRECTIONS, SCALES, spoken

_FOLDER = pathlib.Path(__file__).parent


class LinkWidget(anywidget.AnyWidget):
    """Shows `panel`, and passes on to it what is done to the controls."""

    _esm = (_FOLDER / "panel.js").read_text(encoding="utf-8")
    _css = (_FOLDER / "panel.css").read_text(encoding="utf-8")

    name = traitlets.Unicode().tag(sync=True)
    scales = traitlets.Dict().tag(sync=True)
    directions = traitlets.Dict().tag(sync=True)
    controls = traitlets.Dict().tag(sync=True)
    run = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)

    def __init__(self, panel: LinkPanel) -> None:
        self._panel = panel
        self._painting = threading.Lock()
        super().__init__(name=panel.name, scales=_SCALES, directions=DIRECTIONS, **self._seen())
        self.on_msg(self._obey)
        if hasattr(self.comm, "on_close"):
            self.comm.on_close(lambda message: panel.close())
        panel.watch_for_changes(self.refresh)
        self.refresh()  # what changed meanwhile

    def refresh(self) -> None:
        """Show what there is to see now. Called from several threads."""
        with self._painting, self.hold_sync():
            for name, value in self._seen().items():
                if getattr(self, name) != value:
                    setattr(self, name, value)

    def _seen(self) -> dict[str, Any]:
        panel = self._panel
        return {"controls": panel.as_controls(), "run": panel.as_run(), "picture": panel.as_picture()}

    def _obey(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        """What the browser sends: what `LinkPanel.obey` takes, with an `id` that goes back when it is done."""
        try:
            self._panel.obey(content)
        finally:
            self.refresh()
            self.send({"done": content.get("id")})


_SCALES = {
    fault: {"meaning": scale.meaning, "texts": [spoken(fault, value) for value in scale.values]}
    for fault, scale in SCALES.items()
}
