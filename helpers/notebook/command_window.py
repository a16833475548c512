"""The command window of a program: what stands under a `%%background` cell.

Comes in: a `Program`, and what is done to the controls of its window. Goes out: its three forms, which say the same: a live one (with a stop button and a
line to type into), one in HTML for a page without a kernel, and plain text (`Program.describe`). The magics show it.
"""

from __future__ import annotations

import pathlib
import uuid
import weakref
from collections.abc import Callable
from typing import Any

from helpers.notebook import boxes, output
from helpers.notebook.colours import css
from helpers.notebook.painting import Paintable, Painter
from helpers.running.program import REST, Program
from helpers.words import visible

FRAME = 0.05
"""Seconds between two updates of a window at least: faster than that nobody reads, and a browser has other things to do."""
BYTES_A_SECOND = 500_000
"""How much a program that prints for ever may send to the browser: a full window waits longer for its next update."""

_painter = Painter("helpers: command windows")


class CommandWindow:
    """The window of `program`; an `Interactive`."""

    script = pathlib.Path(__file__).with_name("command_window")

    def __init__(self, program: Program) -> None:
        self._program = program
        self.label = f"command window of {visible(program.name)}"
        self._key = uuid.uuid4().hex  # by which the page knows it again
        self._output = ""  # as it was seen last
        self._watchers: list[Callable[[], None]] = []

    def describe(self) -> str:
        """The window in plain text."""
        return self._program.describe()

    def as_html(self) -> str:
        """The window as it is now, to be seen later, on a page without a kernel."""
        program = self._program
        return boxes.frame(
            self.label,
            boxes.title(program.name, program.past),
            boxes.styled(f"output of {program.name}", ((text, css(style)) for text, style in program.screen)),
            boxes.text(f"error of {program.name}", program.error or "", fell=True),
            widest="62em",
        )

    def as_text(self) -> str:
        """The same in plain text."""
        return self._program.describe(self._program.past)

    def fixed(self) -> dict[str, Any]:
        return {"name": visible(self._program.name), "key": self._key}

    def seen(self) -> dict[str, Any]:
        program = self._program
        parts = [(visible(text), css(style)) for text, style in program.screen]
        self._output = "".join(text for text, _ in parts)
        return {
            "status": program.status,
            "output": self._output,
            "styles": [(_length(text), style) for text, style in parts] if any(style for _, style in parts) else [],
            "error": visible(program.error or ""),
            "running": program.running,
            "reads": program.has_asked,  # from then on the line to type into stays
            "hidden": program.hidden,
        }

    def obey(self, message: dict[str, Any]) -> None:
        """`{"do": "stop"}`, `{"do": "type", "line": …}` or `{"do": "end"}`, of its input. What cannot be done, the program's output says."""
        program = self._program
        try:
            match message:
                case {"do": "stop"}:
                    program.stop()
                case {"do": "type", "line": str(line)} if program.running:
                    program.type(line)
                case {"do": "end"} if program.running:
                    program.end_input()
        except RuntimeError as error:
            program.write(f"{error}\n")

    def close(self) -> None:
        """The program goes on without its window."""
        self._watchers.clear()

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in the painter's thread, when there is something new to see: not at every print, but as often as a browser can take it."""
        self._watchers.append(callback)
        _painter.start()
        reference: weakref.ref[Paintable] = weakref.ref(self)  # a program outlives windows
        self._program.watch_for_changes(lambda: _painter.mark(reference))

    def paint(self) -> float:
        """Have shown what there is to see now. Gives back the seconds until the next time at least. Called by the painter."""
        before = self._output
        for callback in list(self._watchers):
            callback()  # it asks for `seen`
        sent = len(self._output) if self._output != before else 0
        return max(FRAME, sent / BYTES_A_SECOND)


def _length(text: str) -> int:
    """As JavaScript counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def as_bundle(program: Program) -> dict[str, Any]:
    """A new window of `program` in every form that a notebook may want, by media type."""
    program.wait_for_rest(REST)  # what another program sent it meanwhile is seen
    window = CommandWindow(program)
    return output.forms(window, output.live_view(window))
