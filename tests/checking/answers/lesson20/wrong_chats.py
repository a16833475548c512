"""Wrong chats: the room of lesson 11 as it was, and right chats with one mistake in them."""

from __future__ import annotations

from helpers.exercises.lesson11 import room_server
from helpers.exercises.lesson20.chat import chat_server
from tests.checking.answers import Wrong
from tests.checking.answers.lesson20.chats import CALLBACKS, SELECT, SELECTOR, THREADS

STREAMS = chat_server.solution


def changed(source: str, *changes: tuple[str, str]) -> str:
    """The source with these parts replaced."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source


ROOM = room_server.solution.replace("room_server", "chat_server")

POURED = """
            if not ok(member, name):
                conn.sendall(b'! no\\n')
                return
            with lock:
                past = list(history)
            conn.sendall(b''.join(past))
            come_in(member, name)
"""

OF_THE_ROOM: list[Wrong] = [
    (ROOM, None, "nothing of what was said before came"),
    (  # one client after another
        changed(THREADS, ("threading.Thread(target=serve, args=(conn,)).start()", "serve(conn)")),
        26,
        "the server waits in recv for ada alone, and grace stands in the backlog",
    ),
    (changed(THREADS, ("line.removesuffix(b'\\r')", "line")), None, "as netcat and telnet send it"),
    (changed(THREADS, ("(name, line)\n        tell(line, but=member)", "(name, line)\n        tell(line)")), None, "and not back to who said it"),
    (changed(THREADS, ("line.removesuffix(b'\\r')", "line.decode().removesuffix('\\r').encode()")), 24, "Lines are bytes, and need not be text"),
    (changed(THREADS, ("                tell(b'* %s left\\n' % name)\n", "")), None, "was to hear b'* ada left\\n'"),
    (changed(STREAMS, (" or name in self.members:\n", ":\n")), None, "which is taken"),
]  # fmt: skip

OF_PRIVATE_LINES: list[Wrong] = [
    (  # said to all, with the @
        changed(STREAMS, ('if line.startswith(b"@"):', "if False:")),
        None,
        "is private, and is never passed on to all",
    ),
    (  # everybody hears it
        changed(STREAMS, ('            self.send(to, b"@%s: %s\\n" % (name, text))', '            self.tell(b"@%s: %s\\n" % (name, text), but=name)')),
        None,
        "and by nobody else",
    ),
    (  # an echo for who wrote it
        changed(STREAMS, ('            self.send(to, b"@%s: %s\\n" % (name, text))', '            self.send(to, b"@%s: %s\\n" % (name, text)); self.send(name, b"@%s: %s\\n" % (name, text))')),
        None,
        "not by who wrote it either",
    ),
    (changed(STREAMS, ('b"@%s: %s\\n"', 'b"%s: %s\\n"')), None, "was to come"),
    (changed(STREAMS, ('b"@%s: %s\\n" % (name, text)', 'b"@%s: %s\\n" % (to, text)')), None, "was to come"),
    (  # in silence
        changed(STREAMS, ('self.send(name, b"! nobody', 'len(b"! nobody')),
        None,
        "and is told nothing",
    ),
    (  # a KeyError
        changed(THREADS, ("            if to in members:\n", "            if True:\n")),
        None,
        "had the connection closed instead",
    ),
    (  # all are told of it
        changed(STREAMS, ('self.send(name, b"! nobody', 'self.tell(b"! nobody')),
        None,
        "is for who has made a mistake",
    ),
    (  # and let go
        changed(STREAMS, ('b"! nobody of that name is here\\n")', 'b"! nobody of that name is here\\n"); self.members[name].close()')),
        None,
        "where b'ada: nobody is not there",
    ),
    (  # not to oneself
        changed(STREAMS, ("if to in self.members:", "if to in self.members and to != name:")),
        None,
        "where b'@ada: a note to myself\\n' was to come",
    ),
    (  # split at any blank
        changed(STREAMS, ("*line[1:].partition(b\" \")[::2])", "line[1:].split()[0], b\" \".join(line[1:].split()[1:]))")),
        None,
        "was to come",
    ),
    (  # without a text it is for all
        changed(STREAMS, ('if line.startswith(b"@"):', 'if line.startswith(b"@") and b" " in line:')),
        None,
        "is private, and is never passed on to all",
    ),
    (  # a blank before it does not matter
        changed(STREAMS, ('if line.startswith(b"@"):', 'line = line.lstrip()\n        if line.startswith(b"@"):')),
        None,
        "as strip() or lstrip() takes them off",
    ),
    (  # names in any case
        changed(STREAMS, ("if to in self.members:", "to = to.lower()\n        if to in self.members:")),
        None,
        "nobody has such a name",
    ),
    (  # the addressee as it is searched for
        changed(STREAMS, ("if to in self.members:", "to = next((each for each in self.members if to and each.startswith(to)), to)\n        if to in self.members:")),
        None,
        "nobody has such a name",
    ),
    (  # what is readable is a line
        changed(SELECT, ("            line, newline, rest = incoming[sock].partition(b'\\n')", "            line, newline, rest = incoming[sock].partition(b'\\n')\n            if incoming[sock].startswith(b'@') and not newline: newline, rest = b'x', b''")),
        30,
        "a part of a line was taken for the whole",
    ),
]  # fmt: skip

OF_THE_HISTORY: list[Wrong] = [
    (  # behind the newcomer's own name
        changed(STREAMS, ("[*self.history.lines, joined]", "[joined, *self.history.lines]")),
        None,
        "the history comes first",
    ),
    (  # the newest first
        changed(STREAMS, ("*self.history.lines, joined", "*reversed(self.history.lines), joined")),
        None,
        "and the oldest first",
    ),
    (  # all that was told
        changed(STREAMS, ("    def tell(self, line, but=None):\n", "    def tell(self, line, but=None):\n        self.history.add(line)\n"), ("        self.history.add(said)\n", "")),
        None,
        "who came and who left is no part of the history",
    ),
    (  # private lines as well
        changed(STREAMS, ('            self.send(to, b"@%s: %s\\n" % (name, text))', '            self.send(to, b"@%s: %s\\n" % (name, text)); self.history.add(b"@%s: %s\\n" % (name, text))')),
        None,
        "a private line is for one member, and no part of the history",
    ),
    (  # only of those who are there
        changed(STREAMS, ("        del self.members[name]\n", "        del self.members[name]\n        if not self.members: self.history = History()\n")),
        None,
        "nothing of what was said before came",
    ),
    (  # what members said goes with them
        changed(STREAMS, ("        del self.members[name]\n", "        del self.members[name]\n        self.history.lines = collections.deque(each for each in self.history.lines if not each.startswith(name + b': '))\n")),
        None,
        "was to hear",
    ),
    (changed(STREAMS, ("len(self.lines) > MOST_LINES or ", "")), None, "which is too old"),
    (changed(STREAMS, ("len(self.lines) > MOST_LINES", "len(self.lines) >= MOST_LINES")), None, "was missing or came too late"),
    (changed(STREAMS, (" or self.size > MOST_BYTES", "")), None, "which is too old"),
    (  # bytes of the text alone
        changed(STREAMS, ("        self.size += len(line)\n", "        self.size += len(line.partition(b': ')[2]) - 1\n"), ("self.size -= len(self.lines.popleft())", "self.size -= len(self.lines.popleft().partition(b': ')[2]) - 1")),
        None,
        "which is too old",
    ),
    (  # emptied when it is full
        changed(STREAMS, ("            self.size -= len(self.lines.popleft())", "            self.lines.clear(); self.size = 0")),
        None,
        "came",
    ),
    (  # each newcomer takes it away
        changed(STREAMS, ("*self.history.lines, joined", "*(self.history.lines.popleft() for _ in list(self.history.lines)), joined")),
        None,
        "came",
    ),
    (  # one for all chats of the program
        changed(STREAMS, ("        self.history = History()\n", "        self.history = HISTORY\n"), ("class Chat:\n", "HISTORY = History()\n\n\nclass Chat:\n")),
        None,
        "the history ends with the server",
    ),
    (  # a class's, which is the same
        changed(STREAMS, ("        self.lines = collections.deque()\n        self.size = 0                   # bytes of all of them\n", "        pass\n"), ("    def __init__(self):\n        pass\n", "    lines, size = collections.deque(), 0\n")),
        None,
        "the history ends with the server",
    ),
    (  # a default value, which is made once
        changed(STREAMS, ("async def main(listener):", "async def main(listener, chat=Chat()):"), ("Chat().serve", "chat.serve")),
        None,
        "the history ends with the server",
    ),
    (  # cut when somebody asks for it
        changed(STREAMS, ("        while len(self.lines) > MOST_LINES or self.size > MOST_BYTES:\n            self.size -= len(self.lines.popleft())", ""), ("        self.send(name, b\"\".join", "        lines = self.history.lines\n        while len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_BYTES:\n            lines.popleft()\n        self.send(name, b\"\".join")),
        None,
        "it keeps what nobody will ever hear",
    ),
    (  # text
        changed(STREAMS, ("        self.lines.append(line)\n", "        line = line.decode(errors='replace').encode()\n        self.lines.append(line)\n")),
        None,
        "it was",
    ),
    (  # the history is sent by whoever lets them in, with the lock in hand
        changed(THREADS, ("            for line in history:\n                put(member, line)\n", "            for line in history:\n                member.conn.sendall(line)\n")),
        29,
        "the server waits in sendall for bob, and all wait with it",
    ),
    (  # given the history first, and made a member when it has read it
        changed(THREADS, (
            "            for line in history:\n                put(member, line)\n            members[name] = member\n",
            "            past = list(history)\n        member.conn.sendall(b''.join(past))\n        with lock:\n            members[name] = member\n",
        )),
        29,
        "the server waits in sendall for bob",
    ),
    (  # given the history first, and made a member when its number has been looked up somewhere
        changed(THREADS, (
            "                put(member, line)\n            members[name] = member\n",
            "                put(member, line)\n        __import__('time').sleep(0.01)\n        with lock:\n            members[name] = member\n",
        )),
        None,
        "is one step",
    ),
    (  # made a member first
        changed(THREADS, (
            "            for line in history:\n                put(member, line)\n            members[name] = member\n            tell(b'* %s joined\\n' % name)\n",
            "            members[name] = member\n        __import__('time').sleep(0.01)\n        with lock:\n            for line in history:\n                put(member, line)\n            tell(b'* %s joined\\n' % name)\n",
        )),
        None,
        "is one step",
    ),
]  # fmt: skip

OF_THE_CROWD: list[Wrong] = [
    (  # private lines are sent by who writes them, past the queue, whose writer gathers for a moment
        changed(THREADS, ("                put(members[to], b'@%s: %s\\n' % (name, text))", "                members[to].conn.sendall(b'@%s: %s\\n' % (name, text))"), ("                member.conn.sendall(line)\n", "                __import__('time').sleep(0.01)\n                member.conn.sendall(line)\n")),
        None,
        "overtakes what waits there",
    ),
    (  # answers as well
        changed(THREADS, ("                put(member, b'! not here: %s\\n' % to)", "                member.conn.sendall(b'! not here: %s\\n' % to)")),
        29,
        "the server waits in sendall for bob, and all wait with it",
    ),
    (  # private lines are not counted
        changed(THREADS, ("                put(members[to], b'@%s: %s\\n' % (name, text))", "                members[to].lines.put(b'@%s: %s\\n' % (name, text))")),
        29,
        "and he is still in the chat",
    ),
    (changed(STREAMS, ("if writer.transport.get_write_buffer_size() > MOST_WAITING:", "if False:")), 29, "and he is still in the room"),
    (changed(STREAMS, ("1 << 20", "1 << 19")), None, "less than 1 MiB waits for him"),
    (  # names as they come
        changed(STREAMS, ("not NAME.fullmatch(name)", "not 0 < len(name) <= 20")),
        None,
        "A client gave the name b'@grace'",
    ),
    (changed(STREAMS, ("NAME.fullmatch", "NAME.match")), None, "a name of 21 bytes"),
    (  # letters of all the world
        changed(STREAMS, ("not NAME.fullmatch(name)", "not re.fullmatch(r'[\\w-]{1,20}', name.decode('utf-8', 'replace'))")),
        None,
        "rich'",
    ),
    (changed(STREAMS, ("[A-Za-z0-9_-]", "[A-Za-z0-9]")), None, "- gave the name"),
    (  # who left comes back with the name, and is put out by what the first one left behind
        changed(STREAMS, ("            if name is not None and self.members.get(name) is writer:\n                self.leave(name)\n            writer.close()", "            if name is not None and self.members.get(name) is writer:\n                self.leave(name)\n            writer.transport.abort()")),
        None,
        "closed",
    ),
    (  # the selector's buffer is not bounded
        changed(SELECTOR, ("if len(client.outgoing) > 1 << 20:", "if False:")),
        29,
        "and he is still in the room",
    ),
    (  # always asked for writing
        changed(SELECTOR, ("        if client.outgoing:\n            events |= ", "        if True:\n            events |= ")),
        31,
        "registered for writing",
    ),
]  # fmt: skip

FOUND_LATER: list[Wrong] = [
    (  # one line goes for each that comes, however large it is
        changed(STREAMS, ("        while len(self.lines) > MOST_LINES", "        if len(self.lines) > MOST_LINES")),
        None,
        "which is too old",
    ),
    (changed(STREAMS, ("self.size > MOST_BYTES", "self.size >= MOST_BYTES")), None, "was missing or came too late"),
    (  # where a line is too large, older ones fill the place
        changed(STREAMS, ("[*self.history.lines, joined]", "[*fit(self.history.lines), joined]"), (" or self.size > MOST_BYTES", ""), ("class Chat:", "def fit(lines):\n    size, found = 0, []\n    for each in reversed(lines):\n        if size + len(each) <= MOST_BYTES:\n            size += len(each)\n            found.append(each)\n    return found[::-1]\n\nclass Chat:")),
        None,
        "which is too old",
    ),
    (  # what comes behind a bad name is a name
        changed(CALLBACKS, ("            if self.transport.is_closing():\n                return\n", "")),
        None,
        "what came behind that name is nobody's line",
    ),
    (changed(STREAMS, ("[A-Za-z0-9_-]", "[A-Za-z0-9_.-]")), None, "A client gave the name b'a.b'"),
    (changed(STREAMS, ("[A-Za-z0-9_-]", "[A-z0-9-]")), None, "A client gave the name b'a^b'"),
    (  # a command of its own
        changed(STREAMS, ('        said = b"%s: %s', '        if line == b"/help":\n            return self.send(name, b"! no help\\n")\n        said = b"%s: %s')),
        None,
        "which is a line as any other",
    ),
    (  # answers are not counted
        changed(THREADS, ("put(member, b'! not here: %s\\n' % to)", "member.lines.put(b'! not here: %s\\n' % to)\n                member.waiting += 0")),
        29,
        "An answer b'! ' counts as all else does",
    ),
    (  # who has left is a member until all is sent
        changed(SELECTOR, ("        client.ended = True\n        if members.get(client.name) is client:\n            del members[client.name]\n", "        gone, client.ended = client.ended, True\n        if members.get(client.name) is client and not gone:\n"), ("            client.conn.close()\n", "            client.conn.close()\n            if members.get(client.name) is client:\n                del members[client.name]\n")),
        None,
        "who has left, though not all that waits for him is sent",
    ),
    (  # the end of the stream is an empty line
        changed(STREAMS, ('readuntil(b"\\n")', "readline()")),
        11,
        "is the end of the stream, and not a line",
    ),
    (  # who is put out has not left
        changed(STREAMS, ("            writer.transport.abort()\n            self.leave(name)", "            writer.transport.abort()\n            del self.members[name]")),
        None,
        "who is put out has left, and all others are told",
    ),
]  # fmt: skip

OF_DETAILS: list[Wrong] = [
    # blanks behind the @ do not matter, nor does what stands behind the name
    (changed(STREAMS, ('line[1:].partition(b" ")', 'line[1:].lstrip().partition(b" ")')), None, "wrote b'@ grace hello', and nobody has such a name"),
    (changed(STREAMS, ("        if to in self.members:\n", '        to = to.rstrip(b",:")\n        if to in self.members:\n')), None, "wrote b'@grace: hello', and nobody has such a name"),
    # an answer that is no line, or begins with something else
    (changed(STREAMS, ("nobody of that name is here\\n", "nobody of that name is here")), None, "and heard b'! nobody of that name is here', without a newline"),
    (changed(STREAMS, ('b"! nobody', 'b"!nobody')), None, "one line that begins with b'! '"),
    # names of two sizes are one
    (changed(STREAMS, ("or name in self.members:", "or name.lower() in [each.lower() for each in self.members]:")), None, "which is one, and free"),
    # the history is told to all again, or lacks what the newcomer said, or what says nothing
    (changed(STREAMS, ('        self.send(name, b"".join([*self.history.lines, joined]))\n', '        self.tell(b"".join(self.history.lines))\n        self.send(name, joined)\n')), None, "where b'* ada joined\\n' was to come"),
    (changed(STREAMS, ("*self.history.lines, joined", '*(each for each in self.history.lines if not each.startswith(name + b": ")), joined')), None, "was missing or came too late"),
    (changed(STREAMS, ("self.history.add(said)", "line and self.history.add(said)")), None, "was missing or came too late"),
    (changed(STREAMS, ("self.history.add(said)", 'self.history.add(said[:-1] + b"\\r\\n")')), None, "it was b'linus: good morning\\r\\n'"),
    (changed(STREAMS, ("MOST_BYTES = 100", "MOST_BYTES = 101")), None, "which is too old"),
    # told twice that somebody left
    (changed(STREAMS, ('        self.tell(b"* %s left\\n" % name)\n', '        self.tell(b"* %s left\\n" % name)\n' * 2)), None, "heard b'* ada left\\n' where"),
]  # fmt: skip

WRONG: list[Wrong] = [*OF_DETAILS, *OF_THE_ROOM, *OF_PRIVATE_LINES, *OF_THE_HISTORY, *OF_THE_CROWD, *FOUND_LATER]
