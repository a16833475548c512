"""What can be shown live, and worked by the controls that a page has for it: a program's command window, a panel.

`LiveWidget` shows whatever is made so, and knows neither programs nor panels. The browser's side of the names is in controls.js.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any, Protocol


class Interactive(Protocol):
    """There are three of each, which say the same: a live one (a widget), one in HTML for a page without a kernel, and plain text."""

    @property
    def label(self) -> str:
        """What a screen reader calls it."""
        ...

    @property
    def script(self) -> pathlib.Path:
        """Its live side, without the suffix: a .js and a .css file of that name."""
        ...

    def describe(self) -> str:
        """It as it is now, in plain text."""
        ...

    def as_html(self) -> str:
        """It as it is now, to be seen later, on a page without a kernel (see `helpers.notebook.boxes`): it says nothing of what will be then."""
        ...

    def as_text(self) -> str:
        """The same in plain text."""
        ...

    def fixed(self) -> dict[str, Any]:
        """What the live side needs to know once, by name; JSON."""
        ...

    def seen(self) -> dict[str, Any]:
        """What there is to see now: parts by name, JSON. A part travels to the browser when it has changed."""
        ...

    def obey(self, message: dict[str, Any]) -> None:
        """Do what a control asks for. What makes no sense is overlooked."""
        ...

    def close(self) -> None:
        """Nobody shows it any more."""
        ...

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in whatever thread, whenever there is something new to see."""
        ...
