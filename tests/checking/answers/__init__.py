"""Answers to the exercises: right ones, written as differently as possible, and wrong ones, each with the reason for which it must fall."""

from __future__ import annotations

Right = list[str]
"""Sources."""
Wrong = list[tuple[str, int | None, str]]
"""Source, the number of the misconception (None: it is none of them), and a part of the sentence."""
