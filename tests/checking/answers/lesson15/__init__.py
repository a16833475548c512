"""Answers to the exercises of lesson 15: reading a request, and finding its file. A file for each exercise."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson15 import read_request, safe_path, wrong_read_request

RIGHT: dict[str, list[str]] = {"read_request": read_request.RIGHT, "safe_path": safe_path.RIGHT}
WRONG: dict[str, list[Wrong]] = {"read_request": wrong_read_request.WRONG, "safe_path": safe_path.WRONG}
