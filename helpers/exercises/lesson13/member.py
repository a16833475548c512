"""A member of the room, with asyncio: one coroutine for each, and one dict for all."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.rooms import SCENES, Room, attack

GUESTS = 8
"""Who come, and go again."""

serve_room = Exercise(
    lesson=13,
    signature="async def serve_room(reader, writer, room)",
    brief="Serve one member of the room: it is called for each client, with streams, and with one dict for all, empty in the beginning, which is yours to use. The first line is the name: all, the newcomer too, hear `* ada joined`. Each further line goes to all others, "
    "as `ada: line`. Whoever ends, or breaks off, has left: all others hear `* ada left`. A name that is empty, taken, or longer than 20 bytes is turned away with a line that begins with `! `. A `\\r` before the newline is dropped; a line has 65,536 bytes at most, and whoever sends more is put out. "
    "A member that does not read holds up nobody; whoever has more than 1 MiB waiting is put out. In the end the writer is closed, and no task is left.",
    hints=(
        "What has to be in `room`, so that the coroutine of one member reaches all the others? What may happen between two lines of your code, and what only where you await?",
        "Keep the writers, by name: `room[name] = writer`. `writer.write` never waits, so that a loop over all of them, without any `await` in it, holds up nobody. But what it cannot send it keeps: "
        "`writer.transport.get_write_buffer_size()` says how much that is. Which call ends a connection without waiting for what is unsent?",
        "`reader.readuntil(b'\\n')` raises IncompleteReadError at the end, and LimitOverrunError beyond 64 KiB. A `try` around the whole, `except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError): pass`, and in the `finally` "
        "`del room[name]`, tell the others, and `writer.close()`. Whoever has too much waiting: `writer.transport.abort()`.",
    ),
    solution='''
import asyncio

MOST_WAITING = 1 << 20

async def serve_room(reader, writer, room):
    """Serve one member; room has the writers of all, by name."""

    async def next_line():
        line = await reader.readuntil(b"\\n")
        return line.removesuffix(b"\\n").removesuffix(b"\\r")

    def tell(line, but=None):
        for other, its_writer in room.items():
            if other != but:
                its_writer.write(line + b"\\n")
                if its_writer.transport.get_write_buffer_size() > MOST_WAITING:
                    its_writer.transport.abort()

    name = None
    try:
        wanted = await next_line()
        if not 0 < len(wanted) <= 20 or wanted in room:
            writer.write(b"! a name has 1 to 20 bytes, and is nobody else's\\n")
            return
        name = wanted
        room[name] = writer
        tell(b"* " + name + b" joined")
        while True:
            tell(name + b": " + await next_line(), but=name)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass
    finally:
        if name is not None:
            del room[name]
            tell(b"* " + name + b" left")
        writer.close()
''',
    reasons="There is one thread, and it changes hands only where somebody awaits: in `tell` nobody does, so that the dict cannot change under the loop, no line lies within another, and nobody waits for a slow reader. `write` sends what the system takes, and keeps the rest; "
    "the bound on what it keeps takes the place of `drain`, which would wait. `abort` ends a connection at once: the coroutine of that member meets the end of its stream, and leaves like everybody. `close` sends what waits first. "
    "`readuntil` gives whole lines, however they were cut, and its limit happens to be the room's. The name is free again, and told of, in a `finally`: on every way out.",
    serves=True,
)


def _open_room(judge: Judge, *, sparing: bool = False, stuttering: bool = False, small: bool = False) -> Room:
    return Room(judge, *judge.listen(sparing=sparing, stuttering=stuttering, small=small, streams=True))


attack(serve_room, _open_room, [each for each in SCENES if not each.whole])


@serve_room.scenario(3, f"{GUESTS} come and go: no task is left, and no connection")
def _nothing_left(judge: Judge) -> None:
    room = _open_room(judge)
    (ada,) = room.join("ada")
    for at in range(GUESTS):
        (guest,) = room.join(f"guest-{at}")
        guest.line(b"good bye")
        (guest.break_off if at % 2 else guest.end)()
        room.all_hear(b"* %s left\n" % guest.name.encode(), by=guest, but=[guest])
        if not at % 2:
            guest.must_be_let_go(f"{guest.name} ended its half of the connection: it has left, and is let go", 12)
    room.rest()
    room.call.ask_state()
    loop = room.call.loop
    if loop.writers:
        raise Fell(
            f"{GUESTS} members have come and gone, and {loop.writers} of their writers are still open: each keeps a file descriptor, until there are no more. `writer.close()` in a `finally` closes it on every way out.",
            about=["ada", "guest-0"],
        )
    if loop.tasks >= GUESTS:
        raise Fell(
            f"{GUESTS} members have come and gone, and {loop.tasks} tasks run on ({loop.task}()): nobody ends them. Whoever waits in a queue waits for ever, unless its task is cancelled, or told that nothing more comes.",
            about=["ada", "guest-0"],
        )
    ada.line(b"all alone")
