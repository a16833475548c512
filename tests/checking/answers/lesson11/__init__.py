"""Answers to the exercises of lesson 11: a line for all, and the room. A file for each exercise; the room's right answers stand apart."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson11 import broadcast, rooms, wrong_rooms

RIGHT: dict[str, list[str]] = {"broadcast": broadcast.RIGHT, "room_server": rooms.RIGHT}
WRONG: dict[str, list[Wrong]] = {"broadcast": broadcast.WRONG, "room_server": wrong_rooms.WRONG}
