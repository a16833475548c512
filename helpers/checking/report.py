"""What a check has found: in words, in HTML, and with the conversation that broke the function.

Comes in: the results of scenarios. Goes out: text and HTML. Who may import it: play, display, and the exercises' front.
"""

from __future__ import annotations

import dataclasses
import html
from typing import Any

from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.recording.recorder import Recording
from helpers.words import visible


@dataclasses.dataclass(frozen=True)
class Result:
    """How the function did in one scenario."""

    scenario: str
    held: bool
    sentence: str = ""
    """What went wrong, and why; "" where it held."""
    misconception: int | None = None
    """Its number in the course's table; None where it is none of these."""
    recording: Recording | None = None
    """The conversation that broke it, both ends; None where nobody talked."""


@dataclasses.dataclass(frozen=True)
class Report:
    """The results, in the order in which the scenarios were played. The first that fell ended the check."""

    name: str
    started: bool
    results: list[Result]
    scenarios: int
    """How many there are."""
    seed: int
    """For `helpers.check(function, seed=…)`: the same random input again."""
    output: str = ""
    """What the function printed, the beginning of it."""
    shown_in: int | None = dataclasses.field(default=None, repr=False, compare=False)
    """The number of the cell, as it was run, beneath which it stands already."""

    @property
    def passed(self) -> bool:
        """Whether it held in every scenario."""
        return self.started and len(self.results) == self.scenarios and all(result.held for result in self.results)

    def describe(self) -> str:
        """All of it in plain text."""
        lines = [self.headline]
        for result in self.results:
            lines.append(f"  {'held' if result.held else 'fell'}  {result.scenario}")
            if not result.held:
                lines += [f"        {line}" for line in self._why(result)]
        if self.output and not self.passed:
            lines += ["  It printed:", *(f"  | {line[:100]}" for line in visible(self.output).splitlines()[:10])]
        return visible("\n".join(lines))

    @property
    def headline(self) -> str:
        if not self.started:
            return f"{self.name}: not started"
        held = sum(result.held for result in self.results)
        if self.passed:
            return f"{self.name}: it holds, in all {self.scenarios} scenarios"
        if any(not result.held for result in self.results):
            return f"{self.name}: it fell in scenario {len(self.results)} of {self.scenarios}"
        return f"{self.name}: {held} of {self.scenarios} scenarios so far"

    def __repr__(self) -> str:
        return f"<report: {self.headline}>"

    def as_bundle(self) -> dict[str, str]:
        """For a notebook."""
        return {"text/html": self.as_html(), "text/plain": self.describe()}

    def _ipython_display_(self) -> None:
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        # Otherwise it stands there: the check was the cell's last line.
        if shell is None or self.shown_in != shell.execution_count:
            display(self.as_bundle(), raw=True)

    def as_html(self) -> str:
        """All of it, with the conversation drawn."""
        rows = []
        for result in self.results:
            mark, word = ("✓", "held") if result.held else ("✗", "fell")
            rows.append(
                f'<li style="list-style: none"><span aria-hidden="true">{mark}</span> {word}: {_safe(result.scenario)}'
            )
            if not result.held:
                rows += [
                    f"<br>{'<strong>' if not at else ''}{_safe(line)}{'</strong>' if not at else ''}"
                    for at, line in enumerate(self._why(result))
                ]
            rows.append("</li>")
        printed = f"<p>It printed:</p><pre>{_safe(self.output[:500])}</pre>" if self.output and not self.passed else ""
        return f'<div style="max-width: 62em"><p><strong>{_safe(self.headline)}</strong></p><ul style="padding-left: 1em">{"".join(rows)}</ul>{printed}</div>{self._picture()}'

    def _why(self, result: Result) -> list[str]:
        lines = [result.sentence]
        if result.misconception in MISCONCEPTIONS:
            lines.append(
                f"A common mistake, number {result.misconception} of the course's list: {MISCONCEPTIONS[result.misconception]}."
            )
        if self.scenarios > len(self.results):
            lines.append(f"Scenarios not tried yet: {self.scenarios - len(self.results)}.")
        lines.append(f"To run just this again: helpers.check({self.name}, seed={self.seed})")
        return lines

    def _picture(self) -> str:
        broken = next((result.recording for result in self.results if not result.held and result.recording), None)
        if broken is None or not broken.events:
            return ""
        from helpers import pictures

        bundle: dict[str, Any] = pictures.conversation(broken)._repr_mimebundle_()
        return str(bundle["text/html"])


def _safe(text: str) -> str:
    return html.escape(visible(text))
