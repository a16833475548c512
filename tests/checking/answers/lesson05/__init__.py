"""Answers to the exercises of lesson 5."""

from __future__ import annotations

from tests.checking.answers import Right, Wrong
from tests.checking.answers.lesson05 import receive_all, receive_within

RIGHT: dict[str, Right] = {"receive_all": receive_all.RIGHT, "receive_within": receive_within.RIGHT}
WRONG: dict[str, Wrong] = {"receive_all": receive_all.WRONG, "receive_within": receive_within.WRONG}
