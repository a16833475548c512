"""The live widget that command windows and panels share: what is in the browser, and what it hears and says.

Comes in: an `Interactive`. Goes out: its parts to the browser's model, whenever one has changed; to it, what is done to the controls there. It is imported when
the first one is shown (anywidget takes 150 ms), by `output`; a test may make one itself.
"""

from __future__ import annotations

import pathlib
import uuid
from typing import Any

import anywidget
import traitlets

from helpers.notebook import boxes
from helpers.notebook.interactive import Interactive
from helpers.sockets.owners import Guard

_FOLDER = pathlib.Path(__file__).parent


def _read(*paths: pathlib.Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


class LiveWidget(anywidget.AnyWidget):
    """Shows `content`, and passes on to it what is done to the controls.

    Its script is controls.js, which all share, and the content's own; in the browser's model stand what `Interactive.fixed` and `Interactive.seen` give, and by which `id` the browser knows it.
    """

    def __init__(self, content: Interactive) -> None:
        self._content = content
        self._refreshing = Guard()
        known = {"id": uuid.uuid4().hex, "label": content.label, **content.fixed(), **content.seen()}
        self.add_traits(**{name: traitlets.Any().tag(sync=True) for name in known})
        self._esm = _read(_FOLDER / "controls.js", content.script.with_suffix(".js"))
        self._css = _read(boxes.STYLE, _FOLDER / "controls.css", content.script.with_suffix(".css"))
        # In the browser, style sheets are told apart by this name: one for all would be that of the latest alone.
        super().__init__(model_id=known["id"], _anywidget_id=f"helpers.{content.script.name}", **known)
        self.on_msg(self._obey)
        if hasattr(self.comm, "on_close"):
            self.comm.on_close(lambda message: content.close())
        content.watch_for_changes(self.refresh)
        self.refresh()  # what changed meanwhile

    def refresh(self) -> None:
        """Show what there is to see now. Called from several threads."""
        with self._refreshing, self.hold_sync():
            for name, value in self._content.seen().items():
                if getattr(self, name) != value:
                    setattr(self, name, value)

    def _obey(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        """What the browser sends: what `Interactive.obey` takes, with an `id` that goes back when it is done."""
        try:
            self._content.obey(content)
        finally:
            try:
                self.refresh()
            finally:
                self.send({"done": content.get("id")})
