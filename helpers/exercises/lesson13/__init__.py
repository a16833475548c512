"""Lesson 13: a client and a member of the room, with asyncio. A file for each exercise."""

from __future__ import annotations

from helpers.exercises.lesson13.client import room_client
from helpers.exercises.lesson13.member import serve_room

EXERCISES = [room_client, serve_room]
