"""Answers to the exercises of lesson 8."""

from __future__ import annotations

from tests.checking.answers import Right, Wrong
from tests.checking.answers.lesson08 import read_lines, receive_exactly, receive_messages

RIGHT: dict[str, Right] = {
    "receive_exactly": receive_exactly.RIGHT,
    "read_lines": read_lines.RIGHT,
    "receive_messages": receive_messages.RIGHT,
}
WRONG: dict[str, Wrong] = {
    "receive_exactly": receive_exactly.WRONG,
    "read_lines": read_lines.WRONG,
    "receive_messages": receive_messages.WRONG,
}
