"""What is noted of the learner's checks, and who sees it: in words, with the very lines.

Comes in: the files that `attempts_file` keeps. Goes out: an `Attempts`. Who may import it: the exercises' front.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from helpers.exercises import attempts_file
from helpers.words import is_or_are, many, shortened, visible

LINES = 10
"""Of each file, the last ones are shown."""
COLUMNS = 300


@dataclasses.dataclass(frozen=True)
class Attempts:
    """As the last line of a cell it is shown."""

    kept: bool
    """Whether checks are noted."""
    file: Path
    lines: list[str]
    """Those of the file, the last TAIL bytes of it."""
    shared: bool
    """Whether the class's instructor sees them."""
    shared_file: Path | None
    """None where there is no class."""
    shared_lines: list[str]
    full: bool = False
    """Whether nothing is added to the file any more."""
    shared_full: bool = False

    def describe(self) -> str:
        """It in words."""
        return "\n".join([*self._noted(), "", *self._seen()])

    def __repr__(self) -> str:
        return self.describe()

    def _noted(self) -> list[str]:
        if not self.kept:
            yours = f" {self.file} has what was noted before; it is yours to delete." if self.lines else ""
            return [f"Your checks are not noted.{yours} To have them noted again: helpers.attempts(keep=True)"]
        if not self.lines:
            return [f"Each check is noted in {self.file}: none so far. To end that: helpers.attempts(keep=False)"]
        if self.full:
            return [
                f"{self.file} is full, and nothing is added to it: {_last(self.lines)} {is_or_are(min(len(self.lines), LINES))} {'this' if len(self.lines) == 1 else 'these'}. It is yours to delete; the next check begins it anew.",
                *_shown(self.lines),
            ]
        return [
            f"Each check is noted in {self.file}, in numbers, without your code; {_last(self.lines)}. To end that: helpers.attempts(keep=False)",
            *_shown(self.lines),
        ]

    def _seen(self) -> list[str]:
        if not self.shared:
            if self.shared_file is None:
                stay = "They stay in that folder of yours: there" if self.kept else "There"
                return [f"{stay} is no class here to share them with."]
            return [
                "Your instructor does not see them. To show those that come from now on: helpers.attempts(share=True)"
            ]
        undone = "To take them back, all of them: helpers.attempts(share=False)"
        if self.shared_full:
            undone = f"It is full, and nothing is added to it: share=True begins it anew after that. {undone}"
        if not self.shared_lines:
            return [f"Your instructor sees those that come from now on, in {self.shared_file}. {undone}"]
        return [
            f"Your instructor sees this, in {self.shared_file}; {_last(self.shared_lines)}. {undone}",
            *_shown(self.shared_lines),
        ]


def attempts() -> Attempts:
    """As it is at this moment."""
    shared = attempts_file.shared_file()
    is_shared = attempts_file.is_shared()
    return Attempts(
        attempts_file.is_kept(),
        attempts_file.file(),
        _lines(attempts_file.file()),
        is_shared,
        shared,
        _lines(shared) if shared is not None and is_shared else [],
        attempts_file.is_full(attempts_file.file()),
        shared is not None and attempts_file.is_full(shared),
    )


def _lines(path: Path) -> list[str]:
    """As they are, whoever wrote them."""
    text = attempts_file.tail(path).decode("utf-8", "backslashreplace")
    return [line for line in text.split("\n") if line.strip()]


def _last(lines: list[str]) -> str:
    return (
        f"its last {LINES} lines"
        if len(lines) > LINES
        else "its only line"
        if len(lines) == 1
        else f"its {many(len(lines), 'line')}"
    )


def _shown(lines: list[str]) -> list[str]:
    return [f"  {shortened(visible(line), COLUMNS)}" for line in lines[-LINES:]]
