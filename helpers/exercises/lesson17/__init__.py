"""Lesson 17: the addresses of a name, tried one after another, and the names in a message of DNS. A file for each exercise."""

from __future__ import annotations

from helpers.exercises.lesson17.connecting import connect_any
from helpers.exercises.lesson17.reading import read_name

EXERCISES = [connect_any, read_name]
