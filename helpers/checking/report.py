"""What a check has found: in words, in HTML, and with the conversation that broke the function.

Comes in: the results of scenarios. Goes out: text and HTML. Who may import it: play, demonstration, display, and the exercises' front.
"""

from __future__ import annotations

import dataclasses

from helpers.checking import prose
from helpers.checking.misconceptions import MISCONCEPTIONS, PAGE
from helpers.pictures.drawing import Picture
from helpers.recording.events import Recorded
from helpers.words import listed, many, visible

LINES = 20
"""Of what the function printed, the last ones."""
COLUMNS = 160
"""Characters of such a line, the first ones."""
NOT_THERE = "not there yet"


@dataclasses.dataclass(frozen=True)
class Result:
    """How the function did in one scenario."""

    scenario: str
    held: bool
    sentence: str = ""
    """What went wrong, and why; or what is not there. "" where it held."""
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
    extra: str = ""
    """What the scenario tries, by name, where the task leaves that to the learner; "" where the task asks for it."""
    not_there: bool = False
    """Whether it has no such extra: it neither held nor fell."""

    @property
    def fell(self) -> bool:
        return not self.held and not self.not_there

    @property
    def verdict(self) -> str:
        return "held" if self.held else NOT_THERE if self.not_there else "fell"


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
    remark: str = ""
    """What there is to say of one that holds, and is no part of the verdict; "" if nothing is."""
    shown_in: int | None = dataclasses.field(default=None, repr=False, compare=False)
    """The number of the cell, as it was run, beneath which it stands already."""

    @property
    def passed(self) -> bool:
        """Whether it held in every scenario, but for extras that are not there."""
        return self.started and len(self.results) == self.scenarios and self.fallen is None

    @property
    def held(self) -> int:
        """In how many scenarios it held."""
        return sum(result.held for result in self.results)

    @property
    def fallen(self) -> Result | None:
        """The scenario in which it fell; None if it did not."""
        return next((result for result in self.results if result.fell), None)

    @property
    def headline(self) -> str:
        if not self.started:
            return f"{self.name}: not started"
        if self.passed:
            asked = sum(not result.extra for result in self.results)
            return f"{self.name}: it holds, in all {asked} scenarios{self._extras()}"
        if self.interrupted:
            return f"{self.name}: the check was interrupted, {self.held} of {self.scenarios} scenarios held so far"
        if self.fallen:
            return f"{self.name}: it fell in scenario {self.fallen.number} of {self.scenarios}"
        if self.only and (missing := next((result for result in self.results if result.not_there), None)):
            return f"{self.name}: {missing.extra}, an extra, is {NOT_THERE} in scenario {self.only}, the only one that was played, of {self.scenarios}"
        if self.only and self.held:
            return f"{self.name}: it holds in scenario {self.only}, the only one that was played, of {self.scenarios}"
        return f"{self.name}: {self.held} of {self.scenarios} scenarios so far"

    def _extras(self) -> str:
        """Which extras held, and which are not there, for the end of a headline; "" where the exercise has none."""
        extras = list(dict.fromkeys(result.extra for result in self.results if result.extra))
        missing = {result.extra for result in self.results if result.not_there}
        there = {result.extra for result in self.results if result.held}
        said = [
            f"{listed(names)} {word}"
            for word, names in (
                ("held", [each for each in extras if each not in missing]),
                ("held in part", [each for each in extras if each in missing & there]),
                (NOT_THERE, [each for each in extras if each not in there]),
            )
            if names
        ]
        return f"; extras: {', '.join(said)}" if said else ""

    def describe(self) -> str:
        """All of it in plain text."""
        lines = [self.headline]
        for result in self.results:
            lines.append(f"  {result.verdict}  {result.scenario}")
            if result.not_there:
                lines.append(f"        {result.sentence}")
            if result.fell:
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

    def as_html(self, linked: bool = True) -> str:
        """All of it, with the conversation drawn. `linked`: whether the list of common mistakes lies beside the page."""
        rows = [self._row(result, linked) for result in self.results]
        if self.interrupted:
            rows.append(
                f'{_item()}<span aria-hidden="true">■</span> interrupted: {prose.as_html(self.interrupted)}</li>'
            )
        after = "".join(f"<p{self._beside()}>{prose.as_html(line)}</p>" for line in self._after())
        printed = ""
        if lines := self._printed():
            title = self._printed_title()
            printed = f"<p>{prose.as_html(title)}</p>{prose.block(title, chr(10).join(lines))}"
        headline = f"<p><strong>{prose.as_html(self.headline)}</strong></p>"
        return prose.whole(f'{headline}<ul style="padding-left: 1em">{"".join(rows)}</ul>{after}{printed}') + (
            picture.as_html() if (picture := self.picture()) is not None else ""
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

    def _row(self, result: Result, linked: bool) -> str:
        beside = "" if result.fell else self._beside()
        mark = f'<span aria-hidden="true">{_MARKS[result.verdict]}</span>'
        row = f"{_item(beside)}{mark} {result.verdict}: {prose.as_html(result.scenario)}"
        if result.held:
            return f"{row}</li>"
        if result.not_there:
            return f"{row}<br>{prose.as_html(result.sentence)}</li>"
        first, *others = self._why(result)
        lines = [f"<strong>{prose.as_html(first)}</strong>", *map(prose.as_html, others)]
        more: list[str] = []
        calls = prose.block("How it was called", "\n".join(result.calls)) if result.calls else ""
        if result.misconception in MISCONCEPTIONS:
            number = f"number {result.misconception}"
            # JupyterLab underlines no link, and its colour alone is too near to that of the text.
            link = f'<a href="{PAGE}#Number-{result.misconception}" style="text-decoration: underline">{number}</a>'
            mistake = prose.as_html(_mistake(result.misconception))
            more.append(mistake.replace(number, link, 1) if linked else mistake)
        more.append(f"To run just this again: <code>{prose.as_html(self._again(result))}</code>")
        aside = "".join(f'<span class="{BESIDE}"><br>{line}</span>' for line in more)
        return "<br>".join([row, *lines]) + f"{aside}{calls}</li>"

    def _beside(self) -> str:
        """The class of what stands beside a fall; "" where there is none."""
        return "" if not any(result.fell for result in self.results) else f' class="{BESIDE}"'

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
        """What is to be done next; or what there is to say where all is done."""
        if self.passed and self.remark:
            return [self.remark]
        left = self.scenarios - len(self.results)
        if not self.started or self.interrupted or not left:
            return []
        if self.only and not self.fallen:
            return [f"To play all {self.scenarios}: helpers.check({self.name}{self.arguments})"] if self.results else []
        return [f"Scenarios not tried yet: {left}."] if self.fallen and not self.only else []

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

    def picture(self) -> Picture | None:
        """The conversation that broke it; None where there is none to be drawn."""
        broken = self.fallen.recording if self.fallen else None
        # A socket that was made and closed, or asked for an address that is none, makes no picture of anything.
        if broken is None or not broken.conversations:
            return None
        from helpers import pictures

        return pictures.conversation(broken)


_MARKS = {"held": "✓", "fell": "✗", NOT_THERE: "○"}
BESIDE = "helpers-beside"
"""By which a style sheet knows what is for whoever reads a report, and has no room on a slide (`course/presenting.css`)."""


def _mistake(number: int | None) -> str:
    each = MISCONCEPTIONS[number or 0]
    return f"A common mistake, number {number} of the course's list: {each.mistake}. {each.truth}"


def _bounded(line: str) -> str:
    over = len(line) - COLUMNS
    return line if over <= 0 else f"{line[:COLUMNS]}… ({many(over, 'character')} more)"


def _item(attributes: str = "") -> str:
    return f'<li{attributes} style="list-style: none">'
