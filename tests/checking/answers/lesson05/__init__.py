"""Answers to the exercises of lesson 5: receiving until the end, and within a time. A file for each exercise."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson05 import receive_all, receive_within

RIGHT: dict[str, list[str]] = {"receive_all": receive_all.RIGHT, "receive_within": receive_within.RIGHT}
WRONG: dict[str, list[Wrong]] = {"receive_all": receive_all.WRONG, "receive_within": receive_within.WRONG}
