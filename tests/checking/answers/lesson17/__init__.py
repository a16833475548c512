"""Lesson 17: right and wrong answers, a file for each exercise."""

from __future__ import annotations

from tests.checking.answers.lesson17 import connect_any, read_name

RIGHT = {"connect_any": connect_any.RIGHT, "read_name": read_name.RIGHT}
WRONG = {"connect_any": connect_any.WRONG, "read_name": read_name.WRONG}
