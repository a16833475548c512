"""Answers to the exercises of lesson 9: sending everything, and asking and reading. A file for each exercise."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson09 import ask_and_read, send_everything

RIGHT: dict[str, list[str]] = {"send_everything": send_everything.RIGHT, "ask_and_read": ask_and_read.RIGHT}
WRONG: dict[str, list[Wrong]] = {"send_everything": send_everything.WRONG, "ask_and_read": ask_and_read.WRONG}
