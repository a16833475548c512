"""Lesson 8: receiving exactly n bytes, lines, and messages with a length in front, from a stream."""

from __future__ import annotations

from helpers.exercises.lesson08.read_lines import read_lines
from helpers.exercises.lesson08.receive_exactly import receive_exactly
from helpers.exercises.lesson08.receive_messages import receive_messages

EXERCISES = [receive_exactly, receive_messages, read_lines]
