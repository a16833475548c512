"""Lesson 8: receiving exactly n bytes, lines, and messages, from a stream. A file for each exercise."""

from __future__ import annotations

from helpers.exercises.lesson08.exactly import receive_exactly
from helpers.exercises.lesson08.lines import read_lines
from helpers.exercises.lesson08.messages import receive_messages

EXERCISES = [receive_exactly, receive_messages, read_lines]
