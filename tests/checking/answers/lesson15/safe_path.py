"""Answers to safe_path, of lesson 15."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = []
WRONG: list[Wrong] = []
