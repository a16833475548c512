"""All patients of the clinic, in their order. Who may import it: the clinic, and the face of this folder."""

from __future__ import annotations

from helpers.exercises.lesson19 import (
    deadlocked,
    leaking,
    localhost,
    lost,
    spinning,
    starved,
    swallowed,
    time_wait,
)
from helpers.exercises.lesson19.patient import Patient

PATIENTS: list[Patient] = [
    starved.PATIENT,
    deadlocked.PATIENT,
    spinning.PATIENT,
    leaking.PATIENT,
    swallowed.PATIENT,
    localhost.PATIENT,
    lost.PATIENT,
    time_wait.PATIENT,
]
"""In the order of their numbers."""
