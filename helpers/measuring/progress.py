"""A load while it runs, and at its end: in a notebook a line that is renewed, and then the words in its place; in a terminal a line that is written over.

Comes in: how far it is. Goes out: what stands under the cell. `load` shows it.
"""

from __future__ import annotations

import sys
from typing import Any

from helpers.checking import prose
from helpers.measuring.result import Load
from helpers.sockets import owners
from helpers.words import many, visible

BROKEN_OFF = "If this line stays, the load was broken off: run the cell again."
"""A kernel that is restarted meanwhile cannot say so any more."""


class Progress:
    """What is seen of a load."""

    def __init__(self, name: str) -> None:
        self._name = visible(name)
        self._handle: Any = None
        # What a program in the background shows, it shows in its own window, as text.
        self._in_notebook = owners.owner() is None and _has_kernel()
        self._in_terminal = not self._in_notebook and sys.stdout.isatty()
        self._width = 0

    def show(self, answers: int, waiting: int) -> None:
        """So many answers have come so far; so many clients wait for more."""
        line = f"{self._name}: {many(answers, 'answer')} so far, {many(waiting, 'client')} not served to the end yet"
        if self._in_notebook:
            self._display(f"{line}\n{BROKEN_OFF}", prose.whole(f"<p>{prose.as_html(line)}<br>{BROKEN_OFF}</p>"))
        elif self._in_terminal:
            self._write_over(line)

    def finish(self, load: Load) -> None:
        """It has come to its end."""
        if self._in_notebook:
            self._display(load.describe(), load.as_html())
            return
        if self._in_terminal:
            self._write_over("")
        print(prose.wrapped(load.describe()))

    def interrupt(self) -> None:
        """Somebody has interrupted it, or it could not go on."""
        line = f"{self._name}: the load was broken off"
        if self._in_notebook:
            self._display(line, prose.whole(f"<p>{prose.as_html(line)}</p>"))
        elif self._in_terminal:
            self._write_over("")

    def _write_over(self, line: str) -> None:
        print(f"\r{line.ljust(self._width)}" + ("" if line else "\r"), end="", flush=True)
        self._width = len(line)

    def _display(self, text: str, html: str) -> None:
        from IPython.display import display

        bundle = {"text/plain": text, "text/html": html}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _has_kernel() -> bool:
    ipython = sys.modules.get("IPython")
    return getattr(ipython.get_ipython() if ipython is not None else None, "kernel", None) is not None
