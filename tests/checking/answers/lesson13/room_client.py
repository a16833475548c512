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
            writer.writelines([line, b"\\n"])
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    try:
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(speak())
            buffer = bytearray()
            while True:
                data = await reader.read(4096)
                if not data:
                    break
                buffer += data
                while (at := buffer.find(b"\\n", max(len(buffer) - len(data), 0))) >= 0:
                    hear(bytes(buffer[:at]))
                    del buffer[:at + 1]
                    data = bytes(buffer)
            speaking.cancel()
    finally:
        writer.close()
""",
    # gather, whose listener ends the speaker
    """
import asyncio

async def room_client(reader, writer, say, hear):
    tasks = []

    async def listen():
        parts = []
        try:
            while chunk := await reader.read(1 << 16):
                head, *tail = chunk.split(b"\\n")
                parts.append(head)
                for piece in tail:
                    hear(b"".join(parts))
                    parts = [piece]
        finally:
            tasks[0].cancel()

    async def speak():
        try:
            async for line in say:
                writer.write(line + b"\\n")
                await writer.drain()
            writer.write_eof()
        except asyncio.CancelledError:
            if not listening.done() and not listening.cancelling() and asyncio.current_task() is not tasks[0]:
                raise

    tasks.append(asyncio.create_task(speak()))
    listening = asyncio.create_task(listen())
    try:
        await asyncio.gather(listening, tasks[0])
    except asyncio.CancelledError:
        if not tasks[0].cancelled() or not listening.done() or listening.cancelled():
            raise
    finally:
        listening.cancel()
        tasks[0].cancel()
        await asyncio.wait([listening, tasks[0]])
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

WRONG: list[Wrong] = []
