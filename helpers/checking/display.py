"""A check as it runs: each scenario shown before it is played, in a notebook; in a terminal the report at its end.

Comes in: an exercise, and its results as they come. Goes out: what stands under the cell. Who may import it: the exercises' front, `check`.
"""

from __future__ import annotations

import dataclasses
import html
import sys
from typing import Any

from helpers.checking.exercise import Exercise, Scenario
from helpers.checking.report import Report, Result


class Progress:
    """What is seen of a check while it runs, and at its end."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._handle: Any = None
        self._so_far: tuple[list[Result], Scenario] | None = None
        ipython = sys.modules.get("IPython")
        self._shell: Any = ipython.get_ipython() if ipython is not None else None
        self._in_notebook = getattr(self._shell, "kernel", None) is not None

    def show(self, results: list[Result], playing: Scenario) -> None:
        """`playing` begins now; these are the results before it."""
        self._so_far = results, playing
        # A kernel that is restarted meanwhile cannot say so any more.
        self._show_so_far(f"now: {playing.title}", "If this line stays, the check was broken off: run the cell again.")

    def break_off(self) -> None:
        """It was interrupted, and comes to no end."""
        if self._so_far is not None:
            _, playing = self._so_far
            self._show_so_far(f"interrupted in: {playing.title}", "Run the cell again for the whole check.")

    def _show_so_far(self, *lines: str) -> None:
        if not self._in_notebook or self._so_far is None:
            return
        results, _ = self._so_far
        report = Report(self._exercise.name, True, results, len(self._exercise.scenarios), 0)
        self._display(
            {
                "text/plain": "\n  ".join([report.describe(), *lines]),
                "text/html": f"{report.as_html()}<p>{'<br>'.join(map(html.escape, lines))}</p>",
            }
        )

    def finish(self, report: Report) -> Report:
        """It has come to its end. The report, which now knows where it stands already."""
        if self._in_notebook:
            self._display(report.as_bundle())
        else:
            print(report.describe())
        return report if self._shell is None else dataclasses.replace(report, shown_in=self._shell.execution_count)

    def _display(self, bundle: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
