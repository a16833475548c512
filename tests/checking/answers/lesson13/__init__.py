"""Lesson 13: right and wrong answers, a file for each exercise."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson13 import room_client, serve_room

RIGHT: dict[str, list[str]] = {"room_client": room_client.RIGHT, "serve_room": serve_room.RIGHT}
WRONG: dict[str, list[Wrong]] = {"room_client": room_client.WRONG, "serve_room": serve_room.WRONG}
