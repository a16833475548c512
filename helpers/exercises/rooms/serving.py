"""How `room_server(listener)` is started, for the exercises of that name.

Comes in: a judge. Goes out: a room in which nobody is yet. Who may import it: lessons 11 and 12.
"""

from __future__ import annotations

import socket

from helpers.checking.judge import Judge
from helpers.exercises.rooms.room import Room

SMALL = 1 << 16
"""Bytes that wait in the system for a client, where its connection is small: the rest waits in the server."""


def open_room(judge: Judge, *, sparing: bool = False, stuttering: bool = False, small: bool = False) -> Room:
    options = [(socket.SO_SNDBUF, SMALL)] if small else []
    return Room(judge, *judge.listen(sparing=sparing, stuttering=stuttering, options=options))
