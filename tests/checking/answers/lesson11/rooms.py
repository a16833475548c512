"""Right rooms: with a selector, with asyncio, with socketserver. (With threads and queues: the solution.)"""

from __future__ import annotations

SELECT = """
import select

def room_server(listener):
    '''select.select, and a dict for each thing that has to be remembered.'''
    names, incoming, outgoing, closing = {}, {listener: b''}, {}, set()

    def send_to_all(line, but=None):
        for sock in list(names):
            if sock is not but:
                outgoing[sock] += line
        for sock in list(names):
            if sock in names and len(outgoing[sock]) > 2 ** 20:
                goodbye(sock)

    def goodbye(sock):
        incoming.pop(sock, None)
        outgoing.pop(sock, None)
        closing.discard(sock)
        sock.close()
        if sock in names:
            send_to_all(b'* ' + names.pop(sock) + b' left\\n')

    def take(sock, line):
        if sock in names:
            send_to_all(names[sock] + b': ' + line + b'\\n', sock)
        elif 0 < len(line) <= 20 and line not in names.values():
            names[sock] = line
            send_to_all(b'* ' + line + b' joined\\n')
        else:
            outgoing[sock] += b'! that name will not do\\n'
            closing.add(sock)

    def read(sock):
        data = sock.recv(10_000)
        incoming[sock] += data
        while sock in incoming and sock not in closing:
            line, newline, rest = incoming[sock].partition(b'\\n')
            if len(line) > 65_536:
                return goodbye(sock)
            if not newline:
                break
            incoming[sock] = rest
            take(sock, line[:-1] if line.endswith(b'\\r') else line)
        if not data and sock in outgoing:
            closing.add(sock)
            if sock in names:
                send_to_all(b'* ' + names.pop(sock) + b' left\\n')

    listener.setblocking(False)
    while True:
        for sock in [sock for sock in closing if not outgoing[sock]]:
            goodbye(sock)
        readers = [sock for sock in incoming if sock not in closing]
        writers = [sock for sock in outgoing if outgoing[sock]]
        readable, writable, _ = select.select(readers, writers, [])
        for sock in writable:
            try:
                outgoing[sock] = outgoing[sock][sock.send(outgoing[sock]):]
            except BlockingIOError:
                continue
            except (OSError, KeyError):
                goodbye(sock)
        for sock in readable:
            if sock is listener:
                conn, _ = listener.accept()
                conn.setblocking(False)
                incoming[conn] = outgoing[conn] = b''
            elif sock in incoming:
                try:
                    read(sock)
                except BlockingIOError:
                    continue
                except OSError:
                    goodbye(sock)
"""

STREAMS = """
import asyncio

def room_server(listener):
    asyncio.run(serve(listener))

async def serve(listener):
    members = {}

    def tell(line, but=None):
        for name, writer in list(members.items()):
            if writer is but:
                continue
            writer.write(line)
            if writer.transport.get_write_buffer_size() > 1 << 20:
                del members[name]
                writer.transport.abort()
                tell(b'* %s left\\n' % name)

    async def client(reader, writer):
        name = None
        try:
            while True:
                line = await reader.readuntil(b'\\n')
                line = line[:-1].removesuffix(b'\\r')
                if len(line) > 65536:
                    break
                if name is not None:
                    tell(b'%s: %s\\n' % (name, line), but=writer)
                elif not 0 < len(line) <= 20 or line in members:
                    writer.write(b'! no\\n')
                    break
                else:
                    name = line
                    members[name] = writer
                    tell(b'* %s joined\\n' % name)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass
        finally:
            if name is not None and members.get(name) is writer:
                del members[name]
                tell(b'* %s left\\n' % name)
            writer.close()

    server = await asyncio.start_server(client, sock=listener, limit=65537)
    async with server:
        await server.serve_forever()
"""

PROTOCOL = """
import asyncio

class Member(asyncio.Protocol):
    '''Callbacks, not coroutines.'''

    def __init__(self, room):
        self.room, self.name, self.buffer = room, None, b''

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *lines, self.buffer = (self.buffer + data).split(b'\\n')
        for line in lines:
            if self.transport.is_closing():
                return
            self.line_received(line.removesuffix(b'\\r'))
        if len(self.buffer) > 65536:
            self.leave()
            self.transport.abort()

    def line_received(self, line):
        if len(line) > 65536:
            self.leave()
            self.transport.abort()
        elif self.name is not None:
            self.tell(self.name + b': ' + line + b'\\n', but=self)
        elif not line or len(line) > 20 or line in self.room:
            self.transport.write(b'! no such name\\n')
            self.transport.close()
        else:
            self.name = line
            self.room[line] = self
            self.tell(b'* ' + line + b' joined\\n')

    def tell(self, line, but=None):
        for member in list(self.room.values()):
            if member is not but:
                member.transport.write(line)
                if member.transport.get_write_buffer_size() > 1 << 20:
                    member.leave()
                    member.transport.abort()

    def leave(self):
        if self.room.get(self.name) is self:
            del self.room[self.name]
            self.tell(b'* ' + self.name + b' left\\n')

    def eof_received(self):
        self.leave()
        return False

    def connection_lost(self, error):
        self.leave()

def room_server(listener):
    room = {}
    async def main():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Member(room), sock=listener)
        await server.serve_forever()
    asyncio.run(main())
"""

SOCKETSERVER = """
import collections
import socket
import socketserver
import threading

class Handler(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.changed = threading.Condition(self.server.lock)
        self.outbox = collections.deque()
        self.waiting = 0
        self.done = False
        self.name = None

    def put(self, line):
        self.outbox.append(line)
        self.waiting += len(line)
        if self.waiting > 1 << 20:
            try:
                self.request.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.changed.notify_all()

    def write(self):
        try:
            while True:
                with self.changed:
                    self.changed.wait_for(lambda: self.outbox or self.done)
                    if not self.outbox:
                        return
                    line = self.outbox.popleft()
                self.request.sendall(line)
                with self.changed:
                    self.waiting -= len(line)
        except OSError:
            pass

    def lines(self):
        while line := self.rfile.readline(65_538):
            line, end = line[:-1], line[-1:]
            if end != b'\\n':
                return
            yield line[:-1] if line.endswith(b'\\r') else line

    def handle(self):
        room = self.server.members
        lines = self.lines()
        try:
            name = next(lines, None)
            if name is None:
                return
            with self.server.lock:
                ok = 0 < len(name) < 21 and name not in room
                if ok:
                    room[name] = self
                    self.server.tell(b'* ' + name + b' joined\\n')
            if not ok:
                self.wfile.write(b'! choose another name\\n')
                return
            writer = threading.Thread(target=self.write)
            writer.start()
            try:
                for line in lines:
                    with self.server.lock:
                        self.server.tell(name + b': ' + line + b'\\n', self)
            except OSError:
                pass
            with self.server.lock:
                del room[name]
                self.server.tell(b'* ' + name + b' left\\n')
                self.done = True
                self.changed.notify_all()
            writer.join()
        except OSError:
            pass

class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    def tell(self, line, but=None):
        for each in list(self.members.values()):
            if each is not but:
                each.put(line)

def room_server(listener):
    server = Server(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.members = {}
    server.lock = threading.RLock()
    server.serve_forever()
"""

RIGHT = [SELECT, STREAMS, PROTOCOL, SOCKETSERVER]
