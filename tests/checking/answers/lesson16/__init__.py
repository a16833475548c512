"""Answers to the exercises of lesson 16: a question and its answer, and pieces that are acknowledged. Two files for each exercise."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson16 import ask, send_all, wrong_ask, wrong_send_all

RIGHT: dict[str, list[str]] = {"ask": ask.RIGHT, "send_all": send_all.RIGHT}
WRONG: dict[str, list[Wrong]] = {"ask": wrong_ask.WRONG, "send_all": wrong_send_all.WRONG}
PICTURED = {
    wrong_ask.ANYBODY: "Midnight.' (from stranger's sendto",
    wrong_send_all.APPRENTICE: "receiver: sendto(b'\\x00\\x00', …)",
}
"""What the picture shows, in words, where these have fallen."""
