"""The table of symptoms: one row for each patient, made of what the clinic knows of it, to be looked at and printed.

Comes in: the patients. Goes out: `Symptoms`, which is shown as the last line of a cell. Who may import it: the clinic.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from helpers.checking import prose
from helpers.exercises.lesson19.patient import Patient

HEADS = ("illness", "what you see", "the call", "what the kernel says", "the smallest mend", "lesson")
_CELL = f'style="border: {prose.LINE}; padding: 4px 8px; text-align: left; vertical-align: top"'


@dataclasses.dataclass(frozen=True)
class Symptoms:
    """The table."""

    patients: Sequence[Patient]

    def __getitem__(self, rows: slice | int) -> Symptoms:
        """Some of its rows, or one: `symptoms()[:4]` fits on a slide."""
        return Symptoms(self.patients[rows] if isinstance(rows, slice) else [self.patients[rows]])

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each patient, under `HEADS`."""
        return [
            (f"{each.number} · {each.illness}", each.symptom, f"`{each.seats[0]}`", each.states, each.mend, str(each.lesson))
            for each in self.patients
        ]  # fmt: skip

    def describe(self) -> str:
        """It in plain text: a paragraph for each patient."""
        return "\n\n".join(
            "\n".join([row[0], *(f"   {head}: {word}" for head, word in zip(HEADS[1:], row[1:], strict=True))])
            for row in self.rows()
        )

    def as_html(self) -> str:
        """It as a table, in black lines, for a page of paper."""
        heads = "".join(f'<th scope="col" {_CELL}>{head}</th>' for head in HEADS)
        rows = "".join(f"<tr>{_row(each)}</tr>" for each in self.rows())
        return prose.whole(
            '<div tabindex="0" role="region" aria-label="the table of symptoms" style="overflow-x: auto">'  # in a narrow window
            f'<table class="helpers-symptoms" style="border-collapse: collapse"><tr>{heads}</tr>{rows}</table></div>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.describe(), "text/html": self.as_html()}

    def __repr__(self) -> str:
        return self.describe()


def _row(words: Sequence[str]) -> str:
    first, *others = map(prose.as_html, words)
    return f'<th scope="row" {_CELL}>{first}</th>' + "".join(f"<td {_CELL}>{each}</td>" for each in others)
