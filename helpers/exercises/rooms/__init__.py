"""The room of lessons 10 to 13, as the judge plays it: the same scenes for every server that speaks its protocol, however it was started.

    from helpers.exercises.rooms import Room, SCENES, attack

    def open_room(judge: Judge, **how: bool) -> Room:      # how: sparing, stuttering, small; as `Judge.listen` has them
        return Room(judge, *start(judge, how))             # the address, and the call that runs the server

    attack(room_server, open_room, SCENES)                 # or some of them: [each for each in SCENES if not each.whole]

Comes in: a judge, an address, a call. Goes out: `Fell`, with a sentence that says who waited for whom. `room` has the room and its members, `why` the sentences, `scenes` and `crowds` what happens in it.
A scene is a function of a `Room`, or of a kind of room that can do more (`lesson20/chat`), which hears of all that is said and may have newcomers welcomed; `Scene.whole` says that it asks something of the whole server, which one who serves a single member cannot do anything about (Ctrl-C, connections left open).
Who may import it: the exercises.
"""

from __future__ import annotations

from helpers.exercises.rooms.attacking import SCENES as SCENES
from helpers.exercises.rooms.attacking import attack as attack
from helpers.exercises.rooms.room import Member as Member
from helpers.exercises.rooms.room import Room as Room
from helpers.exercises.rooms.room import Scene as Scene
