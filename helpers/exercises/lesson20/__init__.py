"""Exercises of lesson 20: the capstones."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.exercises.lesson20.attacker import attack
from helpers.exercises.lesson20.chat import chat_server
from helpers.exercises.lesson20.files import serve_files

EXERCISES: list[Exercise] = [chat_server, serve_files, attack]
