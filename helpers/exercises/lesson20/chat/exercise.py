"""The exercise chat_server, in any design.

Comes in: scenes. Goes out: what is asked, hints, one answer with its reasons. Who may import it: the face of this folder.
"""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.exercises.lesson20.chat import crowds, talks
from helpers.exercises.lesson20.chat.place import Chat, open_chat
from helpers.exercises.rooms import SCENES, attack
from helpers.exercises.rooms.room import Scene

chat_server = Exercise(
    lesson=20,
    signature="chat_server(listener)",
    brief="Serve a chat, for ever, by the specification of *A · A chat*: the room of lesson 11, in which whoever comes late hears the last 100 lines that were said to all, 262,144 bytes of them at most, before it is told that it has joined; "
    "and in which a line b'@grace hello' from ada is heard by grace alone, as b'@ada: hello\\n', or, where there is no grace, answered with one line that begins with b'! '. A name has 1 to 20 of the letters A to Z and a to z, the digits, - and _. "
    "Threads, a selector, asyncio: the design is yours. `listener` is listening already.",
    hints=(
        "Begin with your room of lesson 11, 12 or 13, and let the check say what is missing. Then two questions. Where are the lines of the history kept, who adds to them, and who throws the oldest away? And between the moment at which a newcomer is given them and the one at which it is a member: "
        "may somebody speak?",
        "A deque for the history, and a number beside it: the bytes of all its lines as they are heard. Each line that is said to all is added, and while there are too many lines, or bytes, `popleft`. A newcomer's output, its queue or buffer, gets the history, then it becomes a member, then all are told: "
        "one step, under the lock that a speaker takes too, or without an `await` in it. `line.partition(b' ')` cuts a private line where the specification does.",
        "`hear(name, line)`: if the line begins with b'@', `to, _, text = line[1:].partition(b' ')`; is `to` a member? `send(to, b'@%s: %s\\n' % (name, text))`, and otherwise `send(name, b'! nobody of that name is here\\n')`. If not, it is b'%s: %s\\n' % (name, line): `tell` it to the others, and add it to the history, in one step. "
        "`send` is the one place that counts what waits for a member, and puts it out: history, private lines and answers go through it as all else does.",
    ),
    solution='''
import asyncio
import collections
import re

LONGEST_LINE, MOST_WAITING = 65_536, 1 << 20
MOST_LINES, MOST_BYTES = 100, 1 << 18
NAME = re.compile(rb"[A-Za-z0-9_-]{1,20}")


class History:
    """What was said to all, as far back as a newcomer hears it."""

    def __init__(self):
        self.lines = collections.deque()
        self.size = 0                   # bytes of all of them

    def add(self, line):
        self.lines.append(line)
        self.size += len(line)
        while len(self.lines) > MOST_LINES or self.size > MOST_BYTES:
            self.size -= len(self.lines.popleft())


class Chat:
    def __init__(self):
        self.members = {}               # their writers, by their names
        self.history = History()

    # Nothing here awaits: what one of these does is one step for everybody else.

    def send(self, name, data):
        """To one member. Nobody waits for it: what the system does not take stays in the writer's buffer."""
        writer = self.members[name]
        writer.write(data)
        if writer.transport.get_write_buffer_size() > MOST_WAITING:
            writer.transport.abort()
            self.leave(name)

    def tell(self, line, but=None):
        for name in list(self.members):
            if name != but and name in self.members:    # who is put out leaves meanwhile
                self.send(name, line)

    def join(self, name, writer):
        """Whether there is such a name, and it is free."""
        if not NAME.fullmatch(name) or name in self.members:
            return False
        self.members[name] = writer
        joined = b"* %s joined\\n" % name
        self.send(name, b"".join([*self.history.lines, joined]))
        self.tell(joined, but=name)
        return True

    def leave(self, name):
        del self.members[name]
        self.tell(b"* %s left\\n" % name)

    def hear(self, name, line):
        if line.startswith(b"@"):
            self.whisper(name, *line[1:].partition(b" ")[::2])
            return
        said = b"%s: %s\\n" % (name, line)
        self.history.add(said)
        self.tell(said, but=name)

    def whisper(self, name, to, text):
        if to in self.members:
            self.send(to, b"@%s: %s\\n" % (name, text))
        else:
            self.send(name, b"! nobody of that name is here\\n")

    async def serve(self, reader, writer):
        name = None
        try:
            first = await read_line(reader)
            if not self.join(first, writer):
                writer.write(b"! a name has 1 to 20 letters, digits, - or _, and must be free\\n")
                return
            name = first
            while self.members.get(name) is writer:
                self.hear(name, await read_line(reader))
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass                        # broken off; the end; a line that is too long
        finally:
            if name is not None and self.members.get(name) is writer:
                self.leave(name)
            writer.close()              # when all that waits has been sent


async def read_line(reader):
    """The next line. EOFError: there is none any more; LimitOverrunError: it is too long."""
    line = await reader.readuntil(b"\\n")
    return line[:-1].removesuffix(b"\\r")


async def main(listener):
    server = await asyncio.start_server(Chat().serve, sock=listener, limit=LONGEST_LINE)
    await asyncio.Event().wait()        # until Ctrl-C; serve_forever would then wait, in some Pythons, for all who are connected


def chat_server(listener):
    asyncio.run(main(listener))
''',
    reasons="Of the three designs, asyncio leaves the fewest things to be remembered. Its one thread changes hands only where somebody awaits, and nobody does while a line is passed on or a newcomer comes in: so the history and the joining are one step, without any lock, and each line is heard once, "
    "as history or as a member. (With threads that step needs the lock which speakers take too; with a selector it is one step by itself as well.) `send` is the only way to a member: history, private lines, news and answers count alike in what waits, and whoever lets more than 1 MiB of it wait is put out, in one place. "
    "The history is bounded in lines and in bytes, as it grows: a bound in lines alone is 6 MiB with the longest lines, and a history that is cut only when somebody asks for it has no bound at all. A name is matched against what is allowed, not searched for what is not: so it can hold no blank, no colon, no `@`, and each line that is heard has one meaning, "
    "whoever has sent it. `members.get(name) is writer` asks whether a coroutine still is that member: it may have been put out, and another one may have the name by then.",
    serves=True,
)

ALL: list[Scene[Chat]] = [*SCENES, *talks.SCENES, *crowds.SCENES]
attack(chat_server, open_chat, ALL)
