"""The capstone C: an attack on servers that the judge has planted, twelve of them wrong and six of them right."""

from __future__ import annotations

from helpers.exercises.lesson20.attacker.attacking import attack as attack
