"""A check as it runs: each scenario shown before it is played, in a notebook or as lines in a terminal."""

from __future__ import annotations

import sys
from typing import Any

from helpers.checking.exercise import Exercise, Scenario
from helpers.checking.report import Report, Result


class Progress:
    """What is seen of a check while it runs, and at its end."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._handle: Any = None
        self._in_notebook = _in_notebook()

    def show(self, results: list[Result], playing: Scenario | None) -> None:
        """`playing` begins now; these are the results before it."""
        if not self._in_notebook:
            return
        report = Report(self._exercise.name, True, results, len(self._exercise.scenarios), 0)
        self._display(_Running(report, playing.title if playing else ""))

    def finish(self, report: Report) -> None:
        """It has come to its end."""
        if self._in_notebook:
            self._display(report)
        else:
            print(report.describe())

    def _display(self, what: Any) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(what, display_id=True)
        else:
            self._handle.update(what)


class _Running:
    def __init__(self, report: Report, playing: str) -> None:
        self._report = report
        self._playing = playing

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        words = f"{self._report.name}: now {self._playing}"
        return {"text/plain": words}


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
