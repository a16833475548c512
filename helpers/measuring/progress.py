"""A load while it runs, and at its end: in a notebook a line that is renewed, and the words beneath; in a terminal a line that is written over.

Comes in: how far it is. Goes out: what stands under the cell. `load` shows it.

In a notebook the line says in the end what it said in the beginning, and the words are an output of their own: what compares lessons (nbval) sees an output as it came first, and is told of no later change.
"""

from __future__ import annotations

import sys
from typing import Any

from helpers.checking import prose
from helpers.checking.display import is_notebook, shell
from helpers.measuring.plan import Plan
from helpers.measuring.result import Load
from helpers.sockets import owners
from helpers.words import many, visible


class Progress:
    """What is seen of a load."""

    def __init__(self, name: str, plan: Plan) -> None:
        self._handle: Any = None
        self._begun = f"{visible(name)}: a load of {many(plan.clients, 'client')}"
        # What a program in the background shows, it shows in its own window, as text.
        self._in_notebook = owners.owner() is None and is_notebook(shell())
        self._in_terminal = not self._in_notebook and sys.stdout.isatty()
        self._width = 0
        self._write(self._begun)

    def show(self, answers: int, waiting: int) -> None:
        """So many answers have come so far; so many clients wait for more."""
        self._write(f"{self._begun}, {many(answers, 'answer')} so far, {waiting:,} not served to the end yet")

    def finish(self, load: Load) -> None:
        """It has come to its end."""
        if self._in_notebook:
            self._write(self._begun)
            self._display(load.describe(), load.as_html())
            return
        self._write("")
        print(prose.wrapped(load.describe()))

    def interrupt(self) -> None:
        """Somebody has interrupted it, or it could not go on."""
        self._write(f"{self._begun}, broken off" if self._in_notebook else "")

    def _write(self, line: str) -> None:
        """In place of the line that stands there."""
        if self._in_terminal:
            print(f"\r{line.ljust(self._width)}" + ("" if line else "\r"), end="", flush=True)
            self._width = len(line)
        elif self._in_notebook and self._handle is None:
            self._handle = self._display(line, _paragraph(line))
        elif self._in_notebook:
            self._handle.update({"text/plain": line, "text/html": _paragraph(line)}, raw=True)

    def _display(self, text: str, html: str) -> Any:
        from IPython.display import display

        return display({"text/plain": text, "text/html": html}, raw=True, display_id=True)


def _paragraph(line: str) -> str:
    return prose.whole(f"<p>{prose.as_html(line)}</p>")
