"""What a patient of the clinic is: a sick program that is to be mended, its callers up to its illness, which call is to blame, and its row in the table of symptoms.

Comes in: nothing. Goes out: `Patient`, of which each module of a patient makes one. Who may import it: this folder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from helpers.checking.exercise import Exercise
from helpers.exercises.lesson19.bed import Bed


@dataclasses.dataclass(frozen=True)
class Patient:
    """A sick program, and all that is known of its illness."""

    number: int
    illness: str
    """Its name, as the table of symptoms has it: "a starved client"."""
    complaint: str
    """What somebody tells who has called it, and knows nothing of its source: a sentence."""
    exercise: Exercise
    """`mend_1(listener)`, with the sick program as `sick`."""
    falls_ill: Callable[[Bed], None]
    """The program is started and called, up to its illness; all of it happens."""
    seats: tuple[str, ...]
    """The calls, by their names, of which each is a right answer to "where does it sit?": the first is the one that the table names."""
    yes: str
    """Why the picture shows that it is that call: sentences."""
    no: Mapping[str, str]
    """For every other call of the picture, by its name: what in the picture speaks against it."""
    symptom: str
    """What one sees of it, whoever has it: a row of the table."""
    states: str
    """What the kernel's states say of it, for the table."""
    mend: str
    """The smallest mend, for the table, in a few words."""
    lesson: int
    """In which it was met."""
