"""Answers to the exercises of lesson 19: mends of eight sick programs. Right ones and wrong ones, a file for each patient."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson19 import (
    deadlocked,
    leaking,
    localhost,
    lost,
    spinning,
    starved,
    swallowed,
    time_wait,
)

RIGHT: dict[str, list[str]] = {
    "mend_1": starved.RIGHT,
    "mend_2": deadlocked.RIGHT,
    "mend_3": spinning.RIGHT,
    "mend_4": leaking.RIGHT,
    "mend_5": swallowed.RIGHT,
    "mend_6": localhost.RIGHT,
    "mend_7": lost.RIGHT,
    "mend_8": time_wait.RIGHT,
}
WRONG: dict[str, list[Wrong]] = {
    "mend_1": starved.WRONG,
    "mend_2": deadlocked.WRONG,
    "mend_3": spinning.WRONG,
    "mend_4": leaking.WRONG,
    "mend_5": swallowed.WRONG,
    "mend_6": localhost.WRONG,
    "mend_7": lost.WRONG,
    "mend_8": time_wait.WRONG,
}
