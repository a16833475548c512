"""What a check has found: in words, in HTML, and with the conversation that broke the function.

Comes in: the results of scenarios. Goes out: text and HTML. Who may import it: play, display, and the exercises' front.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from helpers.checking import prose
from helpers.checking.misconceptions import MISCONCEPTIONS, PAGE
from helpers.recording.events import Recorded
from helpers.words import listed, many, visible

LINES = 20
"""Of what the function printed, the last ones."""
COLUMNS = 160
"""Characters of such a line, the first ones."""


@dataclasses.dataclass(frozen=True)
class Result:
    """How the function did in one scenario."""

    scenario: str
    held: bool
    sentence: str = ""
    """What went wrong, and why; "" where it held."""
    misconception: int | None = None
    """Its number in the course's table; None where it is none of these."""
    recording: Recorded | None = None
    """The conversation that broke it, both ends; None where nobody talked."""
    thread_error: str = ""
    """What a thread of the function's has raised, and what that says; "" if none did."""
    calls: tuple[str, ...] = ()
    """Of a function without sockets: how it was called and what it gave, a line each."""
    number: int = 0
    """Of the scenario."""
    again: int = 0
    """The number of the scenario in which the same can be seen again: this one, or one before it."""


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
    """What the function printed, the end of it."""
    cut: int = 0
    """Bytes that it had printed before."""
    variables: tuple[str, ...] = ()
    """The notebook's variables that the function uses."""
    only: int | None = None
    """The number of the one scenario that was to be played; None: all."""
    arguments: str = ""
    """What is to be said to `check` beside the function: which lesson's exercise it is, where several have that name."""
    interrupted: str = ""
    """The scenario that was played when somebody interrupted the check; "" if nobody did."""
    shown_in: int | None = dataclasses.field(default=None, repr=False, compare=False)
    """The number of the cell, as it was run, beneath which it stands already."""

    @property
    def passed(self) -> bool:
        """Whether it held in every scenario."""
        return self.started and len(self.results) == self.scenarios and all(result.held for result in self.results)

    @property
    def headline(self) -> str:
        if not self.started:
            return f"{self.name}: not started"
        held = sum(result.held for result in self.results)
        if self.passed:
            return f"{self.name}: it holds, in all {self.scenarios} scenarios"
        if self.interrupted:
            return f"{self.name}: the check was interrupted, {held} of {self.scenarios} scenarios held so far"
        if fallen := next((result for result in self.results if not result.held), None):
            return f"{self.name}: it fell in scenario {fallen.number} of {self.scenarios}"
        if self.only and held:
            return f"{self.name}: it holds in scenario {self.only}, the only one that was played, of {self.scenarios}"
        return f"{self.name}: {held} of {self.scenarios} scenarios so far"

    def describe(self) -> str:
        """All of it in plain text."""
        lines = [self.headline]
        for result in self.results:
            lines.append(f"  {'held' if result.held else 'fell'}  {result.scenario}")
            if not result.held:
                lines += [f"        {line}" for line in self._why(result)]
                lines += [f"        | {line}" for line in result.calls]
                if result.misconception in MISCONCEPTIONS:
                    lines.append(f"        {_mistake(result.misconception)} (In notebooks/{PAGE}.)")
                lines.append(f"        To run just this again: {self._again(result)}")
        if self.interrupted:
            lines.append(f"  interrupted  {self.interrupted}")
        lines += [f"  {line}" for line in self._after()]
        if printed := self._printed():
            lines += [f"  {self._printed_title()}", *(f"  | {line}" for line in printed)]
        return visible("\n".join(lines))

    def as_html(self) -> str:
        """All of it, with the conversation drawn."""
        rows = [self._row(result) for result in self.results]
        if self.interrupted:
            rows.append(f'{_ITEM}<span aria-hidden="true">■</span> interrupted: {prose.as_html(self.interrupted)}</li>')
        after = "".join(f"<p>{prose.as_html(line)}</p>" for line in self._after())
        printed = ""
        if lines := self._printed():
            title = self._printed_title()
            printed = f"<p>{prose.as_html(title)}</p>{prose.block(title, chr(10).join(lines))}"
        headline = f"<p><strong>{prose.as_html(self.headline)}</strong></p>"
        return (
            prose.whole(f'{headline}<ul style="padding-left: 1em">{"".join(rows)}</ul>{after}{printed}')
            + self._picture()
        )

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

    def _row(self, result: Result) -> str:
        mark, word = ("✓", "held") if result.held else ("✗", "fell")
        row = f'{_ITEM}<span aria-hidden="true">{mark}</span> {word}: {prose.as_html(result.scenario)}'
        if result.held:
            return f"{row}</li>"
        first, *others = self._why(result)
        lines = [f"<strong>{prose.as_html(first)}</strong>", *map(prose.as_html, others)]
        calls = prose.block("How it was called", "\n".join(result.calls)) if result.calls else ""
        if result.misconception in MISCONCEPTIONS:
            number = f"number {result.misconception}"
            # JupyterLab underlines no link, and its colour alone is too near to that of the text.
            link = f'<a href="{PAGE}#Number-{result.misconception}" style="text-decoration: underline">{number}</a>'
            lines.append(prose.as_html(_mistake(result.misconception)).replace(number, link, 1))
        lines.append(f"To run just this again: <code>{prose.as_html(self._again(result))}</code>")
        return "<br>".join([row, *lines]) + f"{calls}</li>"

    def _why(self, result: Result) -> list[str]:
        lines = [result.sentence]
        if result.thread_error:
            lines.append(f"A thread of its own had ended by then, with {result.thread_error}.")
        if self.variables and not any(f"`{name}`" in result.sentence for name in self.variables):
            names = listed([f"`{name}`" for name in self.variables])
            few = len(self.variables) == 1
            lines.append(
                f"By the way: {names} in it {'is a variable' if few else 'are variables'} of the notebook. If {'that is' if few else 'these are'} "
                "to be what the function is given, use the names between the parentheses of its def."
            )
        return lines

    def _again(self, result: Result) -> str:
        return f"helpers.check({self.name}{self.arguments}, only={result.again}, seed={self.seed})"

    def _after(self) -> list[str]:
        """What is to be done next."""
        left = self.scenarios - len(self.results)
        fell = any(not result.held for result in self.results)
        if not self.started or self.interrupted or not left:
            return []
        if self.only and not fell:
            return [f"To play all {self.scenarios}: helpers.check({self.name}{self.arguments})"] if self.results else []
        return [f"Scenarios not tried yet: {left}."] if fell and not self.only else []

    def _printed(self) -> list[str]:
        """The last lines that the function printed, in as many characters as can be looked at."""
        if self.passed:
            return []
        return [_bounded(line) for line in visible(self.output).splitlines()[-LINES:]]

    def _printed_title(self) -> str:
        lines = len(visible(self.output).splitlines())
        if self.cut:
            return (
                f"It printed a great deal, of which this is the end ({many(self.cut, 'byte')} before it are left out):"
            )
        if lines > LINES:
            return f"It printed {lines} lines, of which these are the last {LINES}:"
        return "It printed:"

    def _picture(self) -> str:
        broken = next((result.recording for result in self.results if not result.held and result.recording), None)
        # A socket that was made and closed, or asked for an address that is none, makes no picture of anything.
        if broken is None or not broken.conversations:
            return ""
        from helpers import pictures

        bundle: dict[str, Any] = pictures.conversation(broken)._repr_mimebundle_()
        return str(bundle["text/html"])


_ITEM = '<li style="list-style: none">'


def _mistake(number: int | None) -> str:
    each = MISCONCEPTIONS[number or 0]
    return f"A common mistake, number {number} of the course's list: {each.mistake}. {each.truth}"


def _bounded(line: str) -> str:
    over = len(line) - COLUMNS
    return line if over <= 0 else f"{line[:COLUMNS]}… ({many(over, 'character')} more)"
