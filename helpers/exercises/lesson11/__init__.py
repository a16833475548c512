"""Lesson 11: a room. A line for everybody, and a server that many talk through; a file for each exercise.

Who may import it: the exercises' front.
"""

from __future__ import annotations

from helpers.exercises.lesson11.broadcasting import broadcast as broadcast
from helpers.exercises.lesson11.serving import room_server as room_server

EXERCISES = [broadcast, room_server]
