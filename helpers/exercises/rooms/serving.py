"""How `room_server(listener)` is started, for the exercises of that name.

Comes in: a judge. Goes out: a room in which nobody is yet. Who may import it: lessons 11 and 12.
"""

from __future__ import annotations

from helpers.checking.judge import Judge
from helpers.exercises.rooms.room import Room


def open_room(judge: Judge, *, sparing: bool = False, stuttering: bool = False, small: bool = False) -> Room:
    return Room(judge, *judge.listen(sparing=sparing, stuttering=stuttering, small=small))
