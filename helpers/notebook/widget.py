"""The live side of a panel: what is in the browser, and what it hears and says."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import anywidget
import traitlets

from helpers.notebook import boxes

_FOLDER = pathlib.Path(__file__).parent


def _read(*paths: pathlib.Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


class Playable(Protocol):
    """What can be shown live: a panel."""

    label: ClassVar[str]
    """What a screen reader calls it."""
    script: ClassVar[pathlib.Path]
    """Its live side, without the suffix: a .js and a .css file of that name."""

    def fixed(self) -> dict[str, Any]:
        """What the live side needs to know once, by name; JSON."""
        ...

    def seen(self) -> dict[str, Any]:
        """What there is to see now: parts by name, JSON."""
        ...

    def obey(self, message: dict[str, Any]) -> None:
        """Do what a control asks for."""
        ...

    def close(self) -> None:
        """Nobody shows it any more."""
        ...

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in whatever thread, whenever there is something new to see."""
        ...


class PanelWidget(anywidget.AnyWidget):
    """Shows `panel`, and passes on to it what is done to the controls.

    Its script is controls.js, which all panels share, and the panel's own; in the browser's model stand what `Panel.fixed` and `Panel.seen` give.
    """

    def __init__(self, panel: Playable) -> None:
        self._panel = panel
        self._painting = threading.Lock()
        known = {"label": panel.label, **panel.fixed(), **panel.seen()}
        self.add_traits(**{name: traitlets.Any().tag(sync=True) for name in known})
        self._esm = _read(_FOLDER / "controls.js", panel.script.with_suffix(".js"))
        self._css = _read(boxes.STYLE, _FOLDER / "panel.css", panel.script.with_suffix(".css"))
        # In the browser, style sheets are told apart by this name: one for all kinds of panels would be that of the latest alone.
        super().__init__(_anywidget_id=f"helpers.panels.{panel.script.name}", **known)
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
