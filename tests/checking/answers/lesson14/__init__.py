"""Lesson 14: right and wrong answers, a file for each exercise."""

from __future__ import annotations

from tests.checking.answers.lesson14 import encode, feed

RIGHT = {"encode": encode.RIGHT, "feed": feed.RIGHT}
WRONG = {"encode": encode.WRONG, "feed": feed.WRONG}
