"""Answers to each exercise, for the judge to judge: right ones, however they are written, and wrong ones, each with the reason why it falls.

A module, or a package with a file for each exercise, for each lesson, with two tables by the exercise's name: `RIGHT`, and `WRONG`.
"""

from __future__ import annotations

from typing import TypeAlias

Wrong: TypeAlias = tuple[str, int | None, str]
"""Source, the number of the misconception that it falls for (None: none of these), and words of the sentence that says so."""
