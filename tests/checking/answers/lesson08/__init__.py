"""Answers to the exercises of lesson 8: receiving exactly n bytes, lines, and messages. A file for each exercise."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson08 import read_lines, receive_exactly, receive_messages

RIGHT: dict[str, list[str]] = {
    "receive_exactly": receive_exactly.RIGHT,
    "read_lines": read_lines.RIGHT,
    "receive_messages": receive_messages.RIGHT,
}
WRONG: dict[str, list[Wrong]] = {
    "receive_exactly": receive_exactly.WRONG,
    "read_lines": read_lines.WRONG,
    "receive_messages": receive_messages.WRONG,
}
