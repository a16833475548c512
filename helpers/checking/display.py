"""A check as it runs: each scenario shown before it is played, in a notebook; in a terminal the report at its end. Hints and solutions in the same two ways.

Comes in: an exercise, and its results as they come. Goes out: what stands under the cell. Who may import it: the exercises' front, the clinic; and whoever asks whether it is in a notebook.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

from helpers.checking import prose
from helpers.checking.exercise import Exercise, Scenario
from helpers.checking.report import Report, Result
from helpers.pictures.drawing import Picture

BROKEN_OFF = "If this line stays, the check was broken off: run the cell again."
"""A kernel that is restarted meanwhile cannot say so any more."""


class Progress:
    """What is seen of a check while it runs, and at its end."""

    def __init__(self, exercise: Exercise, seed: int, only: int | None = None) -> None:
        self._exercise = exercise
        self._seed = seed
        self._only = only
        self._handle: Any = None
        self._shell = shell()
        self._in_notebook = is_notebook(self._shell)
        self._results: list[Result] = []
        self._playing = ""
        self._report: Report | None = None  # when it has come to its end

    def show(self, results: list[Result], playing: Scenario) -> None:
        """`playing` begins now; these are the results before it."""
        self._results, self._playing = list(results), playing.title
        if not self._in_notebook:
            return
        report, now = self._so_far(), f"now: {playing.title}"
        self._display(
            {
                "text/plain": f"{report.describe()}\n  {now}\n  {BROKEN_OFF}",
                "text/html": f"{report.as_html()}{prose.whole(f'<p>{prose.as_html(now)}<br>{prose.as_html(BROKEN_OFF)}</p>')}",
            }
        )

    def interrupt(self) -> None:
        """Somebody has interrupted it: what stands there is not going on any more."""
        if self._report is None:
            self.finish(dataclasses.replace(self._so_far(), interrupted=self._playing or "before the first scenario"))
        else:
            undrawn = [dataclasses.replace(each, recording=None) for each in self._report.results]
            self.finish(dataclasses.replace(self._report, results=undrawn, interrupted="its picture, as it was drawn"))

    def finish(self, report: Report) -> Report:
        """It has come to its end. The report, which now knows where it stands already."""
        self._report = report
        if self._in_notebook:
            self._display(report.as_bundle())
        else:
            print(prose.wrapped(report.describe()))
        return report if self._shell is None else dataclasses.replace(report, shown_in=self._shell.execution_count)

    def _so_far(self) -> Report:
        scenarios = len(self._exercise.scenarios)
        return Report(
            self._exercise.name,
            True,
            self._results,
            scenarios,
            self._seed,
            only=self._only,
            arguments=self._exercise.arguments,
        )

    def _display(self, bundle: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def say(sentence: str, code: str = "", picture: Picture | None = None) -> None:
    """A hint; or a solution, with its reasons behind the code; or what a picture behind it shows."""
    text = "\n\n".join(filter(None, (code, sentence, picture.describe() if picture is not None else "")))
    if not is_notebook(shell()):
        print(prose.wrapped(text))
        return
    from IPython.display import display

    above = prose.block("the solution", code) if code else ""
    below = picture.as_html() if picture is not None else ""
    display(
        {"text/plain": text, "text/html": prose.whole(f"{above}<p>{prose.as_html(sentence)}</p>") + below},
        raw=True,
    )


def shell() -> Any:
    """IPython's, where the code runs in it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def is_notebook(shell: Any) -> bool:
    """Whether it has a kernel: what it shows may be HTML."""
    return getattr(shell, "kernel", None) is not None
