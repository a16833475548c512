"""Answers to the exercise of lesson 18: a TLS connection. Right ones and wrong ones, a file for each kind."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson18 import more_wrong_open_tls, right_open_tls, wrong_open_tls

RIGHT: dict[str, list[str]] = {"open_tls": right_open_tls.RIGHT}
WRONG: dict[str, list[Wrong]] = {"open_tls": [*wrong_open_tls.WRONG, *more_wrong_open_tls.WRONG]}
