"""The clinic: `patient(n)` shows a sick program from outside, `diagnose(n, call)` says whether that is the call where its illness sits, `symptoms()` is the table of all.

Comes in: the number of a patient. Goes out: pictures and sentences. Who may import it: the face (`helpers.patient`, `helpers.diagnose`, `helpers.symptoms`).
"""

from __future__ import annotations

import re

from helpers.checking.display import say
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.chart import Chart
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.lesson19.symptoms import Symptoms
from helpers.exercises.lesson19.ward import PATIENTS
from helpers.running.install import install
from helpers.words import listed, visible

CALL = re.compile(
    r"(?:[A-Za-z_]\w*\s*:?=\s*)?(?:await\s+)?(?:[A-Za-z_]\w*\s*\.\s*)*([A-Za-z_]\w*)\s*(?:\(.*\))?", re.DOTALL
)
"""A call, as one writes it, or copies it from a line: `recv`, `conn.recv`, `data = conn.recv(1024)`."""
QUOTES = " \t\r\n`'\""
"""What may stand around it."""
LONGEST = 40
"""Characters of what was given, that are said again."""


def patient(number: int) -> Chart:
    """Let patient `number` fall ill: its program runs with its callers up to that, and what was to be seen is shown. Its source is not. ValueError if there is no such patient."""
    this = _find(number)
    install()
    bed = Bed(this.number, this.exercise.name, this.exercise.sick)
    try:
        this.falls_ill(bed)
        return bed.chart(f"Patient {this.number}", this.complaint)
    finally:
        bed.close()


def diagnose(number: int, call: object) -> None:
    """Say whether `call` is the one where the illness of patient `number` sits, such as "accept", and what in the picture speaks for it, or against it. ValueError if there is no such patient."""
    say(_answer(_find(number), call))


def symptoms() -> Symptoms:
    """The table of symptoms, of all patients: what one sees, which call it is, what the kernel says, the smallest mend."""
    return Symptoms(PATIENTS)


def _find(number: object) -> Patient:
    for each in PATIENTS:
        if type(number) is int and each.number == number:
            return each
    numbers = listed([str(each.number) for each in PATIENTS])
    raise ValueError(f"The patients have numbers, {numbers}, and each is called by its own; this is {_given(number)}.")


def _given(what: object) -> str:
    """What stood where a number or a name belongs."""
    try:
        return visible(repr(what))[:LONGEST]
    except Exception:  # its own repr may do anything
        return f"of the type {type(what).__name__}"


def _answer(this: Patient, call: object) -> str:
    number = this.number
    if call is ...:
        return f"Which call is it? Write its name in the place of the dots: helpers.diagnose({number}, 'accept'), if you suspect accept."
    if not isinstance(call, str):
        return f"A call is named by its name, in quotes: helpers.diagnose({number}, 'accept'). This is {_given(call)}."
    found = CALL.fullmatch(call.strip(QUOTES))
    name = found[1] if found is not None else ""
    if name in this.seats:
        return f"Yes, `{name}`. {this.yes}"
    if name in this.no:
        return f"No, it is not `{name}`. {this.no[name]}"
    known = listed([f"`{each}`" for each in sorted({*this.seats, *this.no})])
    return f"No call named {visible(call)[:LONGEST]!r} has a part in it. What there is to suspect of patient {number}: {known}."
