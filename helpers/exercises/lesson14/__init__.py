"""Lesson 14: the messages of a protocol of one's own, written and read. A file for each exercise; what both are held to is the specification."""

from __future__ import annotations

from helpers.exercises.lesson14.encoding import encode
from helpers.exercises.lesson14.feeding import feed

EXERCISES = [encode, feed]
