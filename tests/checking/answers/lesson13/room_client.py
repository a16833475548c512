"""Clients of the room: right ones, in several styles, and wrong ones as they are written by those who begin with asyncio."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT = [
    # a TaskGroup, which the end of hearing cancels
    """
import asyncio

async def room_client(reader, writer, say, hear):
    async def speak():
        async for line in say:
            writer.write(line)
            writer.write(b"\\n")
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    try:
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(speak())
            buffer = bytearray()
            while data := await reader.read(4096):
                buffer += data
                while b"\\n" in data:
                    line, _, data = bytes(buffer).partition(b"\\n")
                    hear(line)
                    buffer = bytearray(data)
            speaking.cancel()
    finally:
        writer.close()
""",
    # gather, and a listener that ends the speaker
    """
import asyncio

async def room_client(reader, writer, say, hear):
    async def listen():
        parts = []
        while chunk := await reader.read(1 << 16):
            head, *tail = chunk.split(b"\\n")
            parts.append(head)
            for piece in tail:
                hear(b"".join(parts))
                parts = [piece]

    async def speak():
        async for line in say:
            writer.write(line + b"\\n")
            await writer.drain()
        writer.write_eof()

    hearing, speaking = asyncio.create_task(listen()), asyncio.create_task(speak())
    hearing.add_done_callback(lambda _: speaking.cancel())
    try:
        for result in await asyncio.gather(hearing, speaking, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass
""",
    # whichever comes first, in one loop
    """
import asyncio

async def room_client(reader, writer, say, hear):
    reading = asyncio.ensure_future(reader.read(65536))
    saying = asyncio.ensure_future(anext(say))
    buffer = b""
    try:
        while True:
            waiting = {reading} | ({saying} if saying else set())
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if reading in done:
                data = reading.result()
                if not data:
                    return
                *lines, buffer = (buffer + data).split(b"\\n")
                for line in lines:
                    hear(line)
                reading = asyncio.ensure_future(reader.read(65536))
            if saying and saying in done:
                try:
                    line = saying.result()
                except StopAsyncIteration:
                    writer.write_eof()
                    saying = None
                    continue
                saying = asyncio.ensure_future(speak(writer, line, say))
    finally:
        tasks = [task for task in (reading, saying) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()

async def speak(writer, line, say):
    writer.write(line + b"\\n")
    await writer.drain()
    return await anext(say)
""",
    # readuntil, and what it says of a line that is too long for it
    """
import asyncio
import contextlib

async def read_line(reader):
    parts = []
    while True:
        try:
            return b"".join(parts) + await reader.readuntil(b"\\n")
        except asyncio.LimitOverrunError as error:
            parts.append(await reader.readexactly(error.consumed))

async def room_client(reader, writer, say, hear):
    async def speak():
        async for line in say:
            writer.write(line + b"\\n")
            await writer.drain()
        writer.write_eof()

    speaking = asyncio.create_task(speak())
    try:
        while True:
            line = await read_line(reader)
            hear(line[:-1])
    except asyncio.IncompleteReadError:
        pass
    finally:
        speaking.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await speaking
        writer.close()
""",
    # a queue between whoever reads and whoever hears, and a def that gives back a coroutine
    """
import asyncio

class Client:
    def __init__(self, reader, writer, say, hear):
        self.reader, self.writer, self.say, self.hear = reader, writer, say, hear
        self.queue = asyncio.Queue(10)

    async def run(self):
        tasks = [asyncio.create_task(each) for each in (self.receive(), self.report(), self.send())]
        try:
            done, _ = await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            self.writer.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def receive(self):
        rest = b""
        while data := await self.reader.read(10_000):
            *lines, rest = (rest + data).split(b"\\n")
            for line in lines:
                await self.queue.put(line)
        await self.queue.put(None)

    async def report(self):
        while (line := await self.queue.get()) is not None:
            self.hear(line)

    async def send(self):
        async for line in self.say:
            self.writer.write(line + b"\\n")
            await self.writer.drain()
        self.writer.write_eof()

def room_client(reader, writer, say, hear):
    return Client(reader, writer, say, hear).run()
""",
]

HEAD = """
import asyncio

async def room_client(reader, writer, say, hear):
    async def speak():
        async for line in say:
            writer.write(line + b"\\n")
            await writer.drain()
        writer.write_eof()

    async def listen():
        rest = b""
        while data := await reader.read(65536):
            *lines, rest = (rest + data).split(b"\\n")
            for line in lines:
                hear(line)

"""
"""How most of them begin: two coroutines, right in themselves."""

ENDED = (
    HEAD
    + """
    speaking = asyncio.create_task(speak())
    try:
        await listen()
    finally:
        speaking.cancel()
        writer.close()
        await asyncio.gather(speaking, return_exceptions=True)
"""
)
"""And how they may end. What is wrong comes before, or in another place."""

WRONG: list[Wrong] = [
    # one after the other
    (
        HEAD
        + """
    await speak()
    await listen()
""",
        None,
        "As long as there is nothing to say, `async for` waits in `say`",
    ),
    (
        HEAD
        + """
    await listen()
    await speak()
""",
        None,
        "waits for a line of the server's first",
    ),
    (
        """
async def room_client(reader, writer, say, hear):
    async for line in say:
        writer.write(line + b"\\n")
        await writer.drain()
        hear((await reader.readline()).rstrip(b"\\n"))
    writer.close()
""",
        None,
        "As long as there is nothing to say",
    ),
    # blocking calls (32)
    (
        ENDED.replace(
            "    async def listen():",
            """
    async def listen():
        import time
        time.sleep(5)""",
        ),
        32,
        "It calls time.sleep(5), in line",
    ),
    (
        """
import asyncio
import time

async def room_client(reader, writer, say, hear):
    lines = []

    async def collect():
        while line := await reader.readline():
            lines.append(line[:-1])

    task = asyncio.create_task(collect())
    while not task.done():
        while lines:
            hear(lines.pop(0))
        time.sleep(0.01)
""",
        32,
        "time.sleep(0.01)",
    ),
    (
        """
import threading

async def room_client(reader, writer, say, hear):
    def listen():
        conn = writer.get_extra_info("socket")
        threading.Event().wait()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    thread.join()
""",
        32,
        "It is blocked in line",
    ),
    # write is not send (33), and other coroutines that nobody awaits
    (ENDED.replace("            await writer.drain()\n", ""), 33, "wait in its writer"),
    (
        ENDED.replace("        writer.write_eof()", "        await writer.drain()\n        writer.write_eof()").replace(
            "            await writer.drain()\n        await", "        await"
        ),
        33,
        "after each write",
    ),
    (ENDED.replace("await writer.drain()", "writer.drain()"), None, "It called writer.drain() and did not await"),
    (
        HEAD
        + """
    speak()
    await listen()
    writer.close()
""",
        None,
        "It called speak() and did not await",
    ),
    (
        """
async def room_client(reader, writer, say, hear):
    while True:
        line = reader.readline()
        hear(line.rstrip(b"\\n"))
""",
        None,
        "A coroutine has run nothing yet",
    ),
    # tasks that nobody keeps or ends
    (
        HEAD
        + """
    asyncio.create_task(speak())
    asyncio.create_task(listen())
""",
        None,
        "2 tasks of its own had only begun",
    ),
    (
        HEAD
        + """
    asyncio.create_task(speak())
    await listen()
    writer.close()
""",
        None,
        "a task of its own runs on (speak())",
    ),
    (
        HEAD
        + """
    await asyncio.gather(speak(), listen())
    writer.close()
""",
        None,
        "it waits for more to say, and nobody will hear that",
    ),
    (
        HEAD
        + """
    tasks = [asyncio.create_task(speak()), asyncio.create_task(listen())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    writer.close()
""",
        12,
        "came back while the server went on",
    ),
    (
        HEAD
        + """
    asyncio.create_task(speak())
    listening = asyncio.create_task(listen())
    while not listening.done():
        await asyncio.sleep(0.01)
    writer.close()
""",
        None,
        "A task of its own has ended with ConnectionResetError",
    ),
    (
        HEAD
        + """
    speaking = asyncio.create_task(speak())
    listening = asyncio.create_task(listen())
    while not listening.done():
        await asyncio.sleep(0)
""",
        None,
        "It goes round and round",
    ),
    # loops
    (
        HEAD
        + """
    asyncio.run(listen())
""",
        None,
        "A loop runs already",
    ),
    (
        """
def room_client(reader, writer, say, hear):
    for line in say:
        writer.write(line)
""",
        None,
        "It is an ordinary function",
    ),
    (
        """
async def room_client(reader, writer, say, hear):
    while line := await reader.readline():
        yield line
""",
        None,
        "There is a `yield` in it",
    ),
    (
        HEAD.replace("async for line in say", "for line in say")
        + """
    await asyncio.gather(speak(), listen())
""",
        None,
        "`async for`",
    ),
    # lines
    (
        ENDED.replace("read(65536):", "readline():").replace(
            '            *lines, rest = (rest + data).split(b"\\n")\n', "            lines = [data.rstrip(b'\\n')]\n"
        ),
        None,
        "What no newline has ended is no line",
    ),
    (
        ENDED.replace("        while data := await reader.read(65536):", "        async for data in reader:").replace(
            '            *lines, rest = (rest + data).split(b"\\n")\n',
            "            lines = [data[:-1]] if data.endswith(b'\\n') else []\n",
        ),
        None,
        "readline raised ValueError",
    ),
    (
        ENDED.replace("read(65536)", "readuntil(b'\\n')")
        .replace("    try:", "    try:\n      try:")
        .replace(
            "        await listen()", "        await listen()\n      except asyncio.IncompleteReadError:\n        pass"
        ),
        None,
        "readuntil raised LimitOverrunError",
    ),
    (
        ENDED.replace(
            '            *lines, rest = (rest + data).split(b"\\n")\n', "            lines = data.split(b'\\n')[:-1]\n"
        ),
        1,
        "what one read gives is no line",
    ),
    (
        ENDED.replace('            *lines, rest = (rest + data).split(b"\\n")\n', "            lines = [data[:-1]]\n"),
        1,
        "which is more than one line",
    ),
    (ENDED.replace('split(b"\\n")', "splitlines(True)"), None, "it has read that, and keeps it"),
    (ENDED.replace("hear(line)", "hear(line.decode())"), 24, "which is text"),
    (ENDED.replace("hear(line)", "hear(line.strip())"), None, "spaces at its ends belong to it"),
    (ENDED.replace("hear(line)", "hear(line + b'\\n')"), None, "without its newline"),
    (ENDED.replace("hear(line)", "await hear(line)"), None, "gives nothing to be awaited"),
    (ENDED.replace('line + b"\\n")', "line)"), None, "a newline ends each line"),
    (
        """
import asyncio

async def room_client(reader, writer, say, hear):
    async def speak():
        async for line in say:
            writer.write(line + b"\\n")
            await writer.drain()
        writer.write_eof()

    speaking = asyncio.create_task(speak())
    data = await reader.read()
    for line in data.split(b"\\n")[:-1]:
        hear(line)
    await speaking
    writer.close()
""",
        None,
        "as soon as the line is whole",
    ),
    # the end
    (ENDED.replace("        writer.write_eof()\n", ""), 12, "write_eof"),
    (ENDED.replace("writer.write_eof()", "writer.close()"), 12, "came back while the server went on"),
    (
        ENDED.replace(
            "        while data := await reader.read(65536):",
            "        while True:\n            data = await reader.read(65536)",
        ),
        11,
        "It goes round and round",
    ),
    (ENDED.replace("        writer.close()\n", ""), None, "its writer is still open"),
    (
        HEAD.replace("reader.read(65536)", "asyncio.wait_for(reader.read(65536), 0.3)") + ENDED[len(HEAD) :],
        None,
        "Nobody said anything for a moment, and it raised TimeoutError",
    ),
    # errors, and the cancel
    (
        ENDED.replace("    finally:", "    except Exception:\n        pass\n    finally:"),
        21,
        "as if that were the end of the stream",
    ),
    (
        ENDED.replace("    finally:", "    except asyncio.CancelledError:\n        pass\n    finally:"),
        None,
        "it has swallowed CancelledError",
    ),
    (
        ENDED.replace(
            "await listen()",
            "while True:\n            try:\n                return await listen()\n            except asyncio.CancelledError:\n                pass",
        ),
        None,
        "It was cancelled, and goes on",
    ),
    (
        ENDED.replace(
            "                hear(line)",
            "                try:\n                    hear(line)\n                except Exception:\n                    pass",
        ),
        None,
        "An error of hear is for the caller",
    ),
    (
        HEAD
        + """
    speaking = asyncio.create_task(speak())
    await listen()
    speaking.cancel()
    writer.close()
""",
        None,
        "a task of its own runs on (speak())",
    ),
]
