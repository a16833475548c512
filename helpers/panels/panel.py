"""What every panel is: an `Interactive` that may be closed, and is shown as the last line of a cell.

Comes in: messages of a control, from the live widget; calls of the panel's own methods, from a cell. Goes out: what there is to see. The four kinds of panels,
in the folders beside this module, use it.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable
from typing import Any, ClassVar

from helpers.notebook import output
from helpers.pictures.drawing import Picture
from helpers.sockets.owners import Guard


def part_of(picture: Picture | None) -> dict[str, str]:
    """A picture as a part of what is seen: `pictureBox` of controls.js shows it."""
    if picture is None:
        return {"image": "", "alt": "", "words": ""}
    return {"image": str(picture.image), "alt": picture.alt, "words": picture.text}


def stored(picture: Picture | None) -> str:
    """A picture as a part of a page without a kernel; nothing where there is none."""
    return f'<div style="padding: 5px 8px">{picture.as_html()}</div>' if picture else ""


class Panel:
    """Something to play with, which stands under a cell whose last line it is."""

    label: ClassVar[str]
    """What a screen reader calls it."""
    script: ClassVar[pathlib.Path]
    """Its live side, without the suffix: a .js and a .css file of that name."""

    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []
        self._lock = Guard()  # some kernels call back from several threads
        self.closed = False
        """Whether it does nothing any more."""

    def describe(self) -> str:
        """The panel in plain text."""
        raise NotImplementedError

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel (see `helpers.notebook.boxes`)."""
        raise NotImplementedError

    def as_text(self) -> str:
        """The same in plain text."""
        return self.describe()

    def fixed(self) -> dict[str, Any]:
        """What the live panel needs to know once, by name; JSON."""
        return {}

    def seen(self) -> dict[str, Any]:
        """What there is to see now, for the live panel: parts by name, JSON. A part travels to the browser when it has changed."""
        raise NotImplementedError

    def obey(self, message: dict[str, Any]) -> None:
        """Do what a control of the live panel asks for. What makes no sense is overlooked."""
        with self._lock:
            if self.closed:
                return
            try:
                self._do(message)
            except (LookupError, ValueError):
                return

    def close(self) -> None:
        """End what goes on in it; from now on it does nothing, and says so."""
        if self.closed:
            return
        self.closed = True
        self._end()
        self._changed()
        self._watchers.clear()

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in whatever thread, whenever there is something new to see."""
        self._watchers.append(callback)

    def _do(self, message: dict[str, Any]) -> None:
        """Do what `message` asks for; LookupError or ValueError where it makes no sense."""
        raise NotImplementedError

    def _end(self) -> None:
        """End what goes on."""

    def _changed(self) -> None:
        for callback in list(self._watchers):
            callback()

    @functools.cached_property
    def _view(self) -> dict[str, Any] | None:
        """One for all the cells that show it, so that they stay the same."""
        return output.live_view(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return output.forms(self, self._view)
