"""Lesson 9: right and wrong ways to send everything, and to ask and read."""

from __future__ import annotations

from tests.checking.answers import Right, Wrong
from tests.checking.answers.lesson09 import ask_and_read, send_everything

RIGHT: dict[str, Right] = {"send_everything": send_everything.RIGHT, "ask_and_read": ask_and_read.RIGHT}
WRONG: dict[str, Wrong] = {"send_everything": send_everything.WRONG, "ask_and_read": ask_and_read.WRONG}
