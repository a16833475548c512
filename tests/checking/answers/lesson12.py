"""Lesson 12: right and wrong rooms in one thread. Some of the wrong ones do what published servers do, in our own words."""

from __future__ import annotations

from helpers.exercises.lesson11 import room_server as with_threads
from helpers.exercises.lesson12 import room_server
from tests.checking.answers import Wrong
from tests.checking.answers.lesson11.rooms import PROTOCOL, SELECT, SOCKETSERVER, STREAMS

RIGHT: dict[str, list[str]] = {"room_server": [SELECT, STREAMS, PROTOCOL]}

ALWAYS_FOR_WRITE = """
import selectors

def room_server(listener):
    sel = selectors.DefaultSelector()
    listener.setblocking(False)
    sel.register(listener, selectors.EVENT_READ, data=None)
    clients = []

    def everybody(line, but=None):
        for c in clients:
            if c is not but and c['name'] is not None:
                c['outb'] += line

    def gone(c):
        if c in clients:
            clients.remove(c)
            sel.unregister(c['sock'])
            c['sock'].close()
            if c['name'] is not None:
                everybody(b'* ' + c['name'] + b' left\\n')

    def line_came(c, line):
        if c['name'] is None:
            if not line or len(line) > 20 or line in [o['name'] for o in clients]:
                c['outb'] += b'! bad name\\n'
                c['closing'] = True
                return
            c['name'] = line
            everybody(b'* ' + line + b' joined\\n')
        else:
            everybody(c['name'] + b': ' + line + b'\\n', c)

    def service(c, mask):
        if mask & selectors.EVENT_READ and not c['closing']:
            data = c['sock'].recv(1024)
            if not data:
                return gone(c)
            c['inb'] += data
            while b'\\n' in c['inb'] and not c['closing']:
                line, c['inb'] = c['inb'].split(b'\\n', 1)
                line_came(c, line.removesuffix(b'\\r'))
        if mask & selectors.EVENT_WRITE:
            if c['outb']:
                sent = c['sock'].send(c['outb'])
                c['outb'] = c['outb'][sent:]
            elif c['closing']:
                gone(c)

    while True:
        for key, mask in sel.select(timeout=None):
            if key.data is None:
                conn, addr = listener.accept()
                conn.setblocking(False)
                c = {'sock': conn, 'name': None, 'inb': b'', 'outb': b'', 'closing': False}
                clients.append(c)
                sel.register(conn, selectors.EVENT_READ | selectors.EVENT_WRITE, data=c)
            else:
                try:
                    service(key.data, mask)
                except OSError:
                    gone(key.data)
"""

SENDALL = """
import select

def room_server(listener):
    socks = [listener]
    names = {}
    buffers = {}

    def tell(msg, but=None):
        for s in list(names):
            if s is not but:
                try:
                    s.sendall(msg)
                except OSError:
                    drop(s)

    def drop(s):
        if s not in socks:
            return
        socks.remove(s)
        buffers.pop(s, None)
        name = names.pop(s, None)
        s.close()
        if name is not None:
            tell(b'* %s left\\n' % name)

    while True:
        readable, _, _ = select.select(socks, [], [])
        for s in readable:
            if s is listener:
                c, _ = s.accept()
                socks.append(c)
                buffers[c] = b''
                continue
            if s not in socks:
                continue
            try:
                data = s.recv(4096)
            except OSError:
                data = b''
            if not data:
                drop(s)
                continue
            buffers[s] += data
            while s in socks and b'\\n' in buffers[s]:
                line, buffers[s] = buffers[s].split(b'\\n', 1)
                line = line.removesuffix(b'\\r')
                if s in names:
                    tell(b'%s: %s\\n' % (names[s], line), s)
                elif not line or len(line) > 20 or line in names.values():
                    s.sendall(b'! no\\n')
                    drop(s)
                else:
                    names[s] = line
                    tell(b'* %s joined\\n' % line)
"""

FIRST_MESSAGE_ONLY = """
import selectors

def room_server(listener):
    sel = selectors.DefaultSelector()
    sel.register(listener, selectors.EVENT_READ)
    names = {}
    pending = {}

    def tell(msg, but=None):
        for s in list(names):
            if s is not but:
                s.sendall(msg)

    while True:
        for key, _ in sel.select():
            s = key.fileobj
            if s is listener:
                c, _ = s.accept()
                pending[c] = b''
                sel.register(c, selectors.EVENT_READ)
                continue
            try:
                data = s.recv(1024)
            except ConnectionError:
                data = b''
            if not data:
                sel.unregister(s)
                s.close()
                if s in names:
                    tell(b'* ' + names.pop(s) + b' left\\n')
                continue
            pending[s] += data
            if b'\\n' not in pending[s]:
                continue
            line = pending[s].split(b'\\n')[0].rstrip(b'\\r')
            pending[s] = b''
            if s in names:
                tell(names[s] + b': ' + line + b'\\n', s)
            elif not line or len(line) > 20 or line in names.values():
                s.sendall(b'! sorry\\n')
                sel.unregister(s)
                s.close()
            else:
                names[s] = line
                tell(b'* ' + line + b' joined\\n')
"""

READLINE = """
import selectors

def room_server(listener):
    sel = selectors.DefaultSelector()
    sel.register(listener, selectors.EVENT_READ)
    names = {}
    pending = {}
    files = {}

    def tell(msg, but=None):
        for s in list(names):
            if s is not but:
                s.sendall(msg)

    while True:
        for key, _ in sel.select():
            s = key.fileobj
            if s is listener:
                c, _ = s.accept()
                pending[c] = b''
                files[c] = c.makefile('rb')
                sel.register(c, selectors.EVENT_READ)
                continue
            try:
                data = files[s].readline()
            except ConnectionError:
                data = b''
            if not data:
                sel.unregister(s)
                files[s].close()
                s.close()
                if s in names:
                    tell(b'* ' + names.pop(s) + b' left\\n')
                continue
            pending[s] += data
            if b'\\n' not in pending[s]:
                continue
            line = pending[s].split(b'\\n')[0].rstrip(b'\\r')
            pending[s] = b''
            if s in names:
                tell(names[s] + b': ' + line + b'\\n', s)
            elif not line or len(line) > 20 or line in names.values():
                s.sendall(b'! sorry\\n')
                sel.unregister(s)
                s.close()
            else:
                names[s] = line
                tell(b'* ' + line + b' joined\\n')
"""


PICTURED = {
    ALWAYS_FOR_WRITE: " joined\\n') → 15 bytes",
    SENDALL: " bytes) (still waits)",
    FIRST_MESSAGE_ONLY: "recv(1024) → b'lo\\nand goo'",
}
"""Of those that do what published servers do, what the picture of their fall shows: all that was to be sent has gone; the wait for one who does not read; the piece with a line's end and the next one's beginning."""


def changed(*changes: tuple[str, str], source: str = room_server.solution) -> str:
    """The source with these parts replaced."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source


WRONG: dict[str, list[Wrong]] = {
    "room_server": [
        (ALWAYS_FOR_WRITE, 31, "registered for writing, though nothing waits to be sent"),
        (SENDALL, 29, "the server waits in sendall for bob"),
        (  # the same on sockets that do not wait
            changed(
                ("                socks.append(c)", "                c.setblocking(False); socks.append(c)"),
                (
                    "                except OSError:\n                    drop(s)",
                    "                finally:\n                    pass",
                ),
                source=SENDALL,
            ),
            29,
            "sendall has sent a part by then",
        ),
        (FIRST_MESSAGE_ONLY, 30, "and was thrown away. That a socket is readable means that some bytes are there"),
        (  # a recv for a line, without any buffer
            changed(
                ("pending[s] += data", "pending[s] = data"),
                ("if b'\\n' not in pending[s]", "if False"),
                source=FIRST_MESSAGE_ONLY,
            ),
            30,
            "ada had sent a part of the name, which was taken for the whole",
        ),
        (READLINE, 30, "for the rest of that line, and hears nobody else"),
        (  # one line a turn, and the rest waits for the next piece
            changed(("for line in lines:", "for line in lines[:1]:")),
            30,
            "One recv may bring several lines",
        ),
        (with_threads.solution, None, "6 threads beside the main one run for them"),
        (SOCKETSERVER, None, "here one thread is to serve all"),
        (  # EVENT_WRITE, and never off again
            changed(
                (
                    "        if client.outgoing:\n            events |=",
                    "        if client.outgoing or client.name:\n            events |=",
                )
            ),
            31,
            "registered for writing, though nothing waits to be sent",
        ),
        (  # looks again and again
            changed(("selector.select():", "selector.select(0):")),
            None,
            "select without a timeout of 0",
        ),
        (  # what waits is lost
            changed(
                (
                    "        client.ended = True\n        if members",
                    "        client.ended = True; client.outgoing.clear()\n        if members",
                )
            ),
            None,
            "the connection was closed with output left",
        ),
        (  # what waits grows
            changed(("if len(client.outgoing) > MOST_WAITING:", "if False:")),
            29,
            "and he is still in the room",
        ),
        (  # a reset ends the room
            changed(
                ("        except OSError:                 # it has broken off,", "        except TimeoutError:  #")
            ),
            21,
            "and that was the end of the room for everybody",
        ),
        (  # the end of a stream that nobody looks for
            changed(("        if not data:\n            leave(client)\n", "")),
            11,
            "recv gives b'' again and again",
        ),
    ]
}
