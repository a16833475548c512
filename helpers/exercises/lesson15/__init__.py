"""Lesson 15: a request, read from a connection; and the file that it may have. A file for each exercise."""

from __future__ import annotations

from helpers.exercises.lesson15 import malformed, smuggling  # noqa: F401  # they have scenarios of read_request
from helpers.exercises.lesson15.paths import safe_path
from helpers.exercises.lesson15.requests import read_request

EXERCISES = [read_request, safe_path]
