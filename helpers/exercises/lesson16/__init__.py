"""Lesson 16: a question and its answer as datagrams; and pieces, one after another, each acknowledged. A file for each exercise."""

from __future__ import annotations

from helpers.exercises.lesson16.asking import ask
from helpers.exercises.lesson16.sending import send_all

EXERCISES = [ask, send_all]
