"""The command window of a program: what stands under a `%%background` cell.

There are three of it, which say the same: a live one (a widget, with a stop button and a line to type into), one in HTML for a page without
a kernel, and plain text (`Program.describe`).
"""

from __future__ import annotations

import pathlib
import queue
import threading
import time
import weakref
from typing import Any

import anywidget
import traitlets

from helpers.notebook import boxes
from helpers.notebook.boxes import WIDGET_VIEW
from helpers.running.programs import Program
from helpers.words import visible

_FOLDER = pathlib.Path(__file__).parent

FRAME = 0.05
"""Seconds between two updates of a window at least: faster than that nobody reads, and a browser has other things to do."""
BYTES_A_SECOND = 500_000
"""How much a program that prints for ever may send to the browser: a full window waits longer for its next update."""


class CommandWindow(anywidget.AnyWidget):
    """The live window of `program`."""

    _esm = (_FOLDER / "command_window.js").read_text(encoding="utf-8")
    _css = "\n".join(path.read_text(encoding="utf-8") for path in (boxes.STYLE, _FOLDER / "command_window.css"))

    name = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    output = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    running = traitlets.Bool().tag(sync=True)
    reads = traitlets.Bool().tag(sync=True)
    """Whether it has asked for input: from then on the line to type into stays."""

    def __init__(self, program: Program) -> None:
        self._program = program
        super().__init__(name=visible(program.name), **self._seen())
        self.on_msg(self._obey)
        _painter.start()
        reference = weakref.ref(self)
        program.watch_for_changes(lambda: _painter.mark(reference))
        _painter.mark(reference)  # what changed meanwhile

    def refresh(self) -> int:
        """Show what there is to see now; only the painter does. Gives back how many characters that were, where anything changed."""
        seen = self._seen()
        changed = {name: value for name, value in seen.items() if getattr(self, name) != value}
        with self.hold_sync():
            for name, value in changed.items():
                setattr(self, name, value)
        return len(changed.get("output", ""))

    def _seen(self) -> dict[str, Any]:
        program = self._program
        return {
            "status": program.status,
            "output": visible(program.output),
            "error": visible(program.error or ""),
            "running": program.running,
            "reads": program.has_asked,
        }

    def _obey(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        """What the browser sends: `{"do": "stop"}` or `{"do": "type", "line": …}`."""
        program = self._program
        try:
            if content.get("do") == "stop":
                program.stop()
            elif content.get("do") == "type" and program.running:
                program.type(str(content.get("line", "")))
        except RuntimeError as error:
            program.write(f"{error}\n")


class _Painter:
    """Updates the windows in which something changed, from one thread of its own, at a rate that a browser can take."""

    def __init__(self) -> None:
        self._marked: set[weakref.ref[CommandWindow]] = set()
        self._queue: queue.SimpleQueue[weakref.ref[CommandWindow]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def mark(self, window: weakref.ref[CommandWindow]) -> None:
        """There is something new to see in `window`. Called from the program's threads, at every print: it must cost next to nothing."""
        if window not in self._marked:
            self._marked.add(window)
            self._queue.put(window)

    def start(self) -> None:
        """Called from the notebook's thread, when a window is shown."""
        if self._thread is None or not self._thread.is_alive():  # a window that could not be painted was its end
            self._thread = threading.Thread(target=self._paint, name="helpers: command windows", daemon=True)
            self._thread.start()

    def _paint(self) -> None:
        while True:
            reference = self._queue.get()
            self._marked.discard(reference)
            if (window := reference()) is None:
                continue
            time.sleep(max(FRAME, window.refresh() / BYTES_A_SECOND))


_painter = _Painter()


def as_html(program: Program) -> str:
    """The window as it is now, for a page without a kernel."""
    name = program.name
    return boxes.frame(
        f"command window of {name}",
        boxes.title(name, program.status),
        boxes.text(f"output of {name}", program.output),
        boxes.text(f"error of {name}", program.error or "", fell=True),
        widest="62em",
    )


def as_bundle(program: Program) -> dict[str, Any]:
    """The window in every form that a notebook may want, by media type."""
    window = CommandWindow(program)
    return {
        "text/plain": program.describe(),
        "text/html": as_html(program),
        WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": window.model_id},
    }
