"""Members of the room: right ones, in several designs, and wrong ones as they are written by those who begin with asyncio."""

from __future__ import annotations

import textwrap

from helpers.exercises.lesson13 import member
from tests.checking.answers import Wrong

RIGHT = [
    # a queue and a task for each member, which counts what waits in both
    """
import asyncio

class Member:
    def __init__(self, writer):
        self.writer = writer
        self.queue = asyncio.Queue()
        self.waiting = 0
        self.task = asyncio.create_task(self.run())

    def send(self, line):
        self.waiting += len(line)
        if self.waiting > 1 << 20:
            self.writer.transport.abort()
        else:
            self.queue.put_nowait(line)

    async def run(self):
        while (line := await self.queue.get()) is not None:
            self.writer.write(line)
            await self.writer.drain()
            self.waiting -= len(line)

async def lines(reader):
    try:
        while True:
            line = await reader.readuntil(b"\\n")
            yield line[:-1].removesuffix(b"\\r")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return

def tell(room, line, but=None):
    for name, member in list(room.items()):
        if name != but:
            member.send(line)

async def serve_room(reader, writer, room):
    coming = lines(reader)
    name = await anext(coming, None)
    if name is None or not name or len(name) > 20 or name in room:
        if name is not None:
            writer.write(b"! no\\n")
        writer.close()
        return
    me = room[name] = Member(writer)
    try:
        tell(room, b"* %s joined\\n" % name)
        async for line in coming:
            tell(room, b"%s: %s\\n" % (name, line), but=name)
    finally:
        del room[name]
        tell(room, b"* %s left\\n" % name)
        me.queue.put_nowait(None)
        try:
            await me.task
        except ConnectionError:
            pass
        writer.close()
""",
    # readline, its ValueError, and a class that stands in the room
    """
import asyncio

class Room:
    def __init__(self):
        self.writers = {}

    def say(self, line, sender=None):
        full = []
        for name, writer in self.writers.items():
            if name == sender:
                continue
            writer.write(line)
            if writer.transport.get_write_buffer_size() > 2**20:
                full.append(writer)
        for writer in full:
            writer.transport.abort()

async def serve_room(reader, writer, room):
    members = room.setdefault("the room", Room())
    name = b""
    try:
        line = await reader.readline()
        if not line.endswith(b"\\n"):
            return
        name = line.rstrip(b"\\r\\n")
        if name == b"" or len(name) > 20 or name in members.writers:
            name = b""
            writer.write(b"! choose another name\\n")
            await writer.drain()
            return
        members.writers[name] = writer
        members.say(b"* " + name + b" joined\\n")
        while (line := await reader.readline()).endswith(b"\\n"):
            text = line[:-1]
            if text.endswith(b"\\r"):
                text = text[:-1]
            members.say(name + b": " + text + b"\\n", sender=name)
    except (ValueError, OSError):
        pass
    finally:
        if members.writers.get(name) is writer:
            del members.writers[name]
            members.say(b"* " + name + b" left\\n")
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass
""",
    # a TaskGroup for each member: one task hears, one speaks; a bytearray and an event between them
    """
import asyncio

class Outbox:
    def __init__(self, writer):
        self.writer, self.out, self.more, self.over = writer, bytearray(), asyncio.Event(), False

    def put(self, line):
        self.out += line
        self.more.set()
        if len(self.out) > 1 << 20:
            self.writer.transport.abort()

    async def run(self):
        while self.out or not self.over:
            await self.more.wait()
            self.more.clear()
            while self.out:
                piece = bytes(self.out[:65536])
                del self.out[:65536]
                self.writer.write(piece)
                await self.writer.drain()

    def end(self):
        self.over = True
        self.more.set()

async def lines_of(reader):
    buffer = bytearray()
    while len(buffer) <= 65537 and (data := await reader.read(4096)):
        buffer += data
        while (at := buffer.find(b"\\n")) >= 0:
            line = bytes(buffer[:at]).removesuffix(b"\\r")
            del buffer[:at + 1]
            if len(line) > 65536:
                return
            yield line

def tell(room, line, but=None):
    for name in room:
        if name != but:
            room[name].put(line)

async def take_part(lines, name, room):
    try:
        async for line in lines:
            tell(room, b"%s: %s\\n" % (name, line), but=name)
    except OSError:
        pass
    outbox = room.pop(name)
    tell(room, b"* %s left\\n" % name)
    outbox.end()

async def serve_room(reader, writer, room):
    lines, outbox = lines_of(reader), None
    try:
        name = await anext(lines)
        if not name or len(name) > 20 or name in room:
            writer.write(b"! not that name\\n")
            return
        outbox = room[name] = Outbox(writer)
        tell(room, b"* %s joined\\n" % name)
        async with asyncio.TaskGroup() as group:
            group.create_task(take_part(lines, name, room))
            speaking = group.create_task(outbox.run())
            speaking.add_done_callback(lambda _: writer.close())
    except* (OSError, StopAsyncIteration):
        pass
    finally:
        if outbox is not None and room.get(name) is outbox:
            del room[name]
            tell(room, b"* %s left\\n" % name)
        writer.close()
""",
    # a task that speaks, cancelled when hearing is over; a deque between them, and functions in the room
    """
import asyncio
import collections

async def speak(writer, waiting, wake):
    while True:
        await wake.wait()
        wake.clear()
        while waiting:
            writer.write(waiting.popleft())
            await writer.drain()

async def serve_room(reader, writer, room):
    waiting, wake = collections.deque(), asyncio.Event()

    def send(line):
        waiting.append(line)
        wake.set()
        if sum(map(len, waiting)) > 1 << 20:
            writer.transport.abort()

    def tell(line, but=None):
        for each in room.values():
            if each is not but:
                each(line)

    speaking = asyncio.create_task(speak(writer, waiting, wake))
    name = None
    try:
        first = (await reader.readuntil(b"\\n"))[:-1].removesuffix(b"\\r")
        if 1 <= len(first) <= 20 and first not in room:
            name = first
            room[name] = send
            tell(b"* %s joined\\n" % name)
            while True:
                line = await reader.readuntil(b"\\n")
                tell(b"%s: %s\\n" % (name, line[:-1].removesuffix(b"\\r")), but=send)
        send(b"! no\\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        pass
    finally:
        if name is not None:
            del room[name]
            tell(b"* %s left\\n" % name)
        for line in waiting:
            writer.write(line)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        writer.close()
""",
]

SOLUTION = member.serve_room.solution
"""What most of the wrong ones are, but for a line or two."""

WRITES = """
                its_writer.write(line + b"\\n")
                if its_writer.transport.get_write_buffer_size() > MOST_WAITING:
                    its_writer.transport.abort()
"""
FINALLY = """    finally:
        if name is not None:
            del room[name]
            tell(b"* " + name + b" left")
        writer.close()
"""
TELLS = (
    SOLUTION.replace("    def tell", "    async def tell").replace(" tell(", " await tell(").replace("def await", "def")
)


def telling(lines: str, loop: str = "list(room.items())") -> str:
    """The solution, but for how a line gets to one of the others: `tell` is a coroutine."""
    told = "".join(f"                {each}\n" for each in lines.splitlines())
    return TELLS.replace(WRITES, f"\n{told}").replace("in room.items()", f"in {loop}")


QUEUES = """
import asyncio

async def speak(queue, writer):
    while True:
        writer.write(await queue.get())
        await writer.drain()

async def serve_room(reader, writer, room):
    name = await reader.readline()
    name = name.rstrip(b"\\r\\n") if name.endswith(b"\\n") else b""
    if not name or len(name) > 20 or name in room:
        writer.write(b"! no\\n")
        writer.close()
        return
    queue = asyncio.Queue()
    task = asyncio.create_task(speak(queue, writer))
    room[name] = queue, writer

    def tell(line, but=None):
        for other, (queue, its) in room.items():
            if other != but:
                queue.put_nowait(line + b"\\n")
                if sum(map(len, queue._queue)) > 1 << 20:
                    its.transport.abort()

    tell(b"* %s joined" % name)
    try:
        while (line := await reader.readline()).endswith(b"\\n"):
            tell(b"%s: %s" % (name, line[:-1].removesuffix(b"\\r")), but=name)
    except (OSError, ValueError):
        pass
    finally:
        del room[name]
        tell(b"* %s left" % name)
        while not queue.empty():
            await asyncio.sleep(0.001)
        writer.close()
"""
"""A queue and a task for each; nobody ends the task."""

WRONG: list[Wrong] = [
    # a slow reader holds up all
    (
        telling("its_writer.write(line + b'\\n')\nawait its_writer.drain()"),
        29,
        "waits in `drain` until there is room for bob",
    ),
    (
        telling("its_writer.write(line + b'\\n')\nawait asyncio.gather(*[each.drain() for each in room.values()])"),
        29,
        "waits in `drain` until there is room for bob",
    ),
    (
        telling(
            "async with room.setdefault(b'the lock of all, no name', LOCK):\n    its_writer.write(line + b'\\n')\n    await its_writer.drain()"
        )
        .replace("list(room.items())", "[each for each in room.items() if each[1] is not LOCK]")
        .replace("MOST_WAITING =", "LOCK = asyncio.Lock()\nMOST_WAITING ="),
        29,
        "waits in `drain` until there is room for bob",
    ),
    # or what waits for it grows and grows
    (
        SOLUTION.replace(WRITES, "\n                its_writer.write(line + b'\\n')\n"),
        33,
        "bytes wait in the writer of bob",
    ),
    (
        telling("asyncio.create_task(send(its_writer, line + b'\\n'))").replace(
            "async def serve_room",
            "async def send(writer, line):\n    writer.write(line)\n    await writer.drain()\n\nasync def serve_room",
        ),
        33,
        "bytes wait in the writer of bob",
    ),
    # blocking calls
    (telling("its_writer.write(line + b'\\n')\nimport time\ntime.sleep(0.01)"), 32, "time.sleep(0.01)"),
    (
        telling("its_writer.write(line + b'\\n')\nimport time\ntime.sleep(3)"),
        32,
        "while it serves ada",
    ),
    (
        SOLUTION.replace(
            "        name = wanted\n",
            "        name = wanted\n        if room: __import__('threading').Event().wait()\n",
        ),
        32,
        "ada waits for grace",
    ),
    # what others change meanwhile
    (
        telling(f"{textwrap.dedent(WRITES).lstrip()}await asyncio.sleep(0)", "room.items()"),
        None,
        "changed size during iteration",
    ),
    # tasks and coroutines
    (QUEUES, None, "tasks run on (speak())"),
    (TELLS.replace(" await tell(", " tell("), None, "It called tell() and did not await"),
    (SOLUTION.replace("await reader.readuntil", "reader.readuntil"), None, "A coroutine has run nothing yet"),
    (
        SOLUTION.replace("async def serve_room", "async def serve").replace(
            'b"* " + name + b" joined")', 'b"* " + name + b" joined")'
        )
        + """

async def serve_room(reader, writer, room):
    asyncio.run(serve(reader, writer, room))
""",
        None,
        "A loop runs already",
    ),
    (
        """
def serve_room(reader, writer, room):
    room[reader.readline()] = writer
""",
        None,
        "It is an ordinary function",
    ),
    (SOLUTION.replace("        writer.close()\n", ""), 12, "the connection stays open"),
    (
        SOLUTION.replace(
            "async def serve_room(reader, writer, room):",
            "async def serve_room(reader, writer, members):\n    room = {}",
        ),
        None,
        "grace",
    ),
    # lines, and the end
    (
        SOLUTION.replace(
            'readuntil(b"\\n")\n', "read(1024)\n        if not line:\n            raise ConnectionError\n"
        ),
        1,
        "One read gives what is there",
    ),
    (
        SOLUTION.replace(", ConnectionError):", "):")
        .replace(
            FINALLY,
            FINALLY.replace("    finally:\n", "").replace("        ", "    ", 1).replace("\n        ", "\n    "),
        )
        .replace("            return\n", "            writer.close()\n            return\n"),
        None,
        "has ended with ConnectionResetError",
    ),
    (
        SOLUTION.replace(
            'reader.readuntil(b"\\n")\n', "reader.readline()\n        if not line:\n            raise ConnectionError\n"
        ),
        None,
        "is no line when the stream ends",
    ),
    (
        SOLUTION.replace("                tell(name", "                tell(name").replace(
            'tell(name + b": " + await next_line(), but=name)',
            "tell((name.decode() + ': ' + (await next_line()).decode()).encode(), but=name)",
        ),
        None,
        "has ended with UnicodeDecodeError",
    ),
    (
        SOLUTION.replace(
            "            tell(name + b",
            "            try:\n                line = await next_line()\n            except Exception:\n                continue\n            tell(name + b",
        ).replace("await next_line(), but", "line, but"),
        11,
        "It goes round and round",
    ),
    (SOLUTION.replace(" or wanted in room", ""), None, "which is taken"),
    (SOLUTION.replace("raise NotImplementedError", "").replace(", but=name)", ")"), None, "said"),
]
