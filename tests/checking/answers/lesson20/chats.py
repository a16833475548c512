"""Right chats: with threads and queues, one thread that decides for all, a selector, select, asyncio's callbacks, its streams where a writer waits for itself alone. (Without that: the solution.)"""

from __future__ import annotations

from helpers.exercises.lesson20.chat import chat_server

THREADS = """
import collections
import queue
import re
import socket
import threading

LONGEST_LINE, MOST_WAITING = 65_536, 1 << 20
MOST_LINES, MOST_BYTES = 100, 1 << 18

class Member:
    def __init__(self, conn):
        self.conn = conn
        self.lines = queue.Queue()
        self.waiting = 0

def chat_server(listener):
    '''The room of lesson 11, and what is new.'''
    members = {}
    history = collections.deque()
    lock = threading.Lock()

    def put(member, line):
        member.lines.put(line)
        member.waiting += len(line)
        if member.waiting > MOST_WAITING:
            hang_up(member.conn)

    def tell(line, but=None):
        for member in members.values():
            if member is not but:
                put(member, line)

    def write(member):
        try:
            while (line := member.lines.get()) is not None:
                member.conn.sendall(line)
                with lock:
                    member.waiting -= len(line)
        except OSError:
            hang_up(member.conn)

    def come_in(member, name):
        with lock:
            if not re.fullmatch(rb'[A-Za-z0-9_-]{1,20}', name) or name in members:
                return False
            for line in history:
                put(member, line)
            members[name] = member
            tell(b'* %s joined\\n' % name)
        return True

    def hear(member, name, line):
        if line[:1] == b'@':
            to, _, text = line[1:].partition(b' ')
            if to in members:
                put(members[to], b'@%s: %s\\n' % (name, text))
            else:
                put(member, b'! not here: %s\\n' % to)
            return
        line = b'%s: %s\\n' % (name, line)
        tell(line, but=member)
        history.append(line)
        while len(history) > MOST_LINES or sum(map(len, history)) > MOST_BYTES:
            history.popleft()

    def serve(conn):
        with conn:
            lines = read_lines(conn)
            name = next(lines, None)
            if name is None:
                return
            member = Member(conn)
            if not come_in(member, name):
                conn.sendall(b'! no\\n')
                return
            writer = threading.Thread(target=write, args=(member,))
            writer.start()
            for line in lines:
                with lock:
                    hear(member, name, line)
            with lock:
                del members[name]
                tell(b'* %s left\\n' % name)
            member.lines.put(None)
            writer.join()

    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:
            continue
        threading.Thread(target=serve, args=(conn,)).start()

def read_lines(conn):
    buffer = b''
    while len(buffer) <= LONGEST_LINE:
        try:
            data = conn.recv(65_536)
        except OSError:
            return
        if not data:
            return
        *lines, buffer = (buffer + data).split(b'\\n')
        for line in lines:
            if len(line) > LONGEST_LINE:
                return
            yield line.removesuffix(b'\\r')

def hang_up(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
"""

ONE_DECIDES = """
import itertools
import queue
import socket
import string
import threading

LETTERS = set((string.ascii_letters + string.digits + '-_').encode())

def chat_server(listener):
    '''Readers and writers are threads that know nothing; one thread has all that is shared, and no lock is needed.'''
    events = queue.Queue()
    threading.Thread(target=decide, args=(events,), daemon=True).start()
    for key in itertools.count():
        conn, _ = listener.accept()
        out = queue.Queue()
        events.put((key, 'came', (conn, out)))
        threading.Thread(target=read, args=(key, conn, events), daemon=True).start()

def read(key, conn, events):
    try:
        with conn.makefile('rb') as file:
            while (line := file.readline(65_537)).endswith(b'\\n'):
                events.put((key, 'line', line[:-1].removesuffix(b'\\r')))
            if len(line) > 65_536:
                shut(conn)
    except OSError:
        pass
    events.put((key, 'end', None))

def write(key, conn, out, events):
    for piece in iter(out.get, None):
        try:
            conn.sendall(piece)
        except OSError:
            shut(conn)
        events.put((key, 'sent', len(piece)))
    shut(conn)
    conn.close()

def shut(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass

def decide(events):
    clients, names, past = {}, {}, []

    def send(key, piece):
        client = clients[key]
        client['out'].put(piece)
        client['waits'] += len(piece)
        if client['waits'] > 1_048_576 and not client['mute']:
            client['mute'] = True
            shut(client['conn'])

    def tell(line, but=None):
        for key in list(names.values()):
            if key != but:
                send(key, line)

    def line(key, client, text):
        name = client['name']
        if name is None:
            if not 1 <= len(text) <= 20 or set(text) - LETTERS or text in names:
                send(key, b'! this is no name, or it is taken\\n')
                client['over'] = True
                client['out'].put(None)
                return
            for each in past:
                send(key, each)
            client['name'] = text
            names[text] = key
            tell(b'* ' + text + b' joined\\n')
        elif text.startswith(b'@'):
            at = (text + b' ').index(b' ')
            if text[1:at] in names:
                send(names[text[1:at]], b'@' + name + b': ' + text[at + 1:] + b'\\n')
            else:
                send(key, b'! who is that?\\n')
        else:
            said = name + b': ' + text + b'\\n'
            past.append(said)
            del past[:-100]
            while sum(map(len, past)) > 262_144:
                del past[0]
            tell(said, key)

    def end(key, client):
        if client['name'] is not None:
            del names[client['name']]
            tell(b'* ' + client['name'] + b' left\\n')
        client['out'].put(None)
        del clients[key]

    while True:
        key, what, with_it = events.get()
        if what == 'came':
            conn, out = with_it
            clients[key] = {'conn': conn, 'out': out, 'waits': 0, 'name': None, 'mute': False, 'over': False}
            threading.Thread(target=write, args=(key, conn, out, events), daemon=True).start()
        elif key in clients and what == 'sent':
            clients[key]['waits'] -= with_it
        elif key in clients and what == 'end':
            end(key, clients[key])
        elif key in clients and what == 'line' and not clients[key]['over']:
            line(key, clients[key], with_it)
"""

SELECTOR = """
import collections
import selectors

class Client:
    def __init__(self, conn):
        self.conn, self.name = conn, None
        self.incoming, self.outgoing = bytearray(), bytearray()
        self.ended = False

def is_name(name):
    text = name.decode('ascii', 'replace')
    return 0 < len(text) <= 20 and text.isascii() and all(each.isalnum() or each in '-_' for each in text)

def chat_server(listener):
    '''The room of lesson 12, and what is new.'''
    selector = selectors.DefaultSelector()
    members, past = {}, collections.deque(maxlen=100)

    def expect(client):
        if client.conn.fileno() < 0:
            return
        if client.ended and not client.outgoing:
            selector.unregister(client.conn)
            client.conn.close()
            return
        events = 0 if client.ended else selectors.EVENT_READ
        if client.outgoing:
            events |= selectors.EVENT_WRITE
        selector.modify(client.conn, events, client)

    def send(client, line):
        client.outgoing += line
        expect(client)
        if len(client.outgoing) > 1 << 20:
            drop(client)

    def tell(line, but=None):
        for client in list(members.values()):
            if client is not but and not client.ended:
                send(client, line)

    def leave(client):
        client.ended = True
        if members.get(client.name) is client:
            del members[client.name]
            tell(b'* %s left\\n' % client.name)

    def drop(client):
        client.outgoing.clear()
        leave(client)
        expect(client)

    def hear(client, line):
        if client.name is None:
            if not is_name(line) or line in members:
                client.ended = True
                send(client, b'! ' + line[:40].hex().encode() + b' is no name\\n')
                return
            for each in past:
                send(client, each)
            client.name = line
            members[line] = client
            tell(b'* %s joined\\n' % line)
        elif line.startswith(b'@'):
            to, *text = line[1:].split(b' ', 1)
            if to not in members:
                send(client, b'! no\\n')
            else:
                send(members[to], b'@%s: %s\\n' % (client.name, b''.join(text)))
        else:
            line = b'%s: %s\\n' % (client.name, line)
            past.append(line)
            while sum(map(len, past)) > 1 << 18:
                past.popleft()
            tell(line, but=client)

    def take(client):
        data = client.conn.recv(1 << 16)
        if not data:
            leave(client)
        client.incoming += data
        while not client.ended and (at := client.incoming.find(b'\\n')) >= 0:
            line = bytes(client.incoming[:at])
            del client.incoming[:at + 1]
            if len(line) > 65536:
                return drop(client)
            hear(client, line.removesuffix(b'\\r'))
        if len(client.incoming) > 65536:
            drop(client)

    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            client = key.data
            try:
                if client is None:
                    conn, _ = listener.accept()
                    conn.setblocking(False)
                    selector.register(conn, selectors.EVENT_READ, Client(conn))
                    continue
                if events & selectors.EVENT_WRITE:
                    del client.outgoing[:client.conn.send(client.outgoing)]
                if events & selectors.EVENT_READ:
                    take(client)
            except BlockingIOError:
                pass
            except OSError:
                if client is not None:
                    drop(client)
            if client is not None:
                expect(client)
"""

SELECT = """
import select

NAME = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

def chat_server(listener):
    '''select.select, and a dict for each thing that has to be remembered; the history is one piece of bytes.'''
    names, incoming, outgoing, closing = {}, {listener: b''}, {}, set()
    past = b''

    def send(sock, line):
        outgoing[sock] += line
        if len(outgoing[sock]) > 2 ** 20:
            goodbye(sock)

    def send_to_all(line, but=None):
        for sock in list(names):
            if sock is not but and sock in names:
                send(sock, line)

    def goodbye(sock):
        incoming.pop(sock, None)
        outgoing.pop(sock, None)
        closing.discard(sock)
        sock.close()
        if sock in names:
            send_to_all(b'* ' + names.pop(sock) + b' left\\n')

    def take(sock, line):
        nonlocal past
        if sock not in names:
            if 0 < len(line) <= 20 and not line.strip(NAME) and line not in names.values():
                names[sock] = line
                send(sock, past)
                send_to_all(b'* ' + line + b' joined\\n')
            else:
                outgoing[sock] += b'! that name will not do\\n'
                closing.add(sock)
        elif line.startswith(b'@'):
            to, blank, text = line.partition(b' ')
            for other, name in list(names.items()):
                if name == to[1:]:
                    send(other, b'@' + names[sock] + b': ' + text + b'\\n')
                    break
            else:
                send(sock, b'! ' + to + b' is not here\\n')
        else:
            line = names[sock] + b': ' + line + b'\\n'
            past += line
            while len(past) > 262_144 or past.count(b'\\n') > 100:
                past = past[past.index(b'\\n') + 1:]
            send_to_all(line, sock)

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

CALLBACKS = """
import asyncio
import re

class Member(asyncio.Protocol):
    '''Callbacks, not coroutines.'''

    def __init__(self, members, past):
        self.members, self.past, self.name, self.buffer = members, past, None, b''

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *lines, self.buffer = (self.buffer + data).split(b'\\n')
        for line in lines:
            if self.transport.is_closing():
                return
            self.put_out() if len(line) > 65536 else self.line_received(line.removesuffix(b'\\r'))
        if len(self.buffer) > 65536:
            self.put_out()

    def line_received(self, line):
        if self.name is None:
            self.come_in(line)
        elif match := re.match(rb'@([^ ]*) ?(.*)', line, re.DOTALL):
            to = self.members.get(match[1])
            to.send(b'@%s: %s\\n' % (self.name, match[2])) if to else self.send(b'! nobody is called %s\\n' % match[1][:20])
        else:
            line = self.name + b': ' + line + b'\\n'
            self.past[:] = (self.past + [line])[-100:]
            while sum(map(len, self.past)) > 262144:
                self.past.pop(0)
            self.tell(line, but=self)

    def come_in(self, name):
        if not re.fullmatch(rb'[-\\w]{1,20}', name) or name in self.members:
            self.transport.write(b'! no such name\\n')
            self.transport.close()
            return
        self.name = name
        self.members[name] = self
        self.transport.writelines(self.past)
        self.tell(b'* ' + name + b' joined\\n')

    def send(self, line):
        self.transport.write(line)
        if self.transport.get_write_buffer_size() > 1 << 20:
            self.put_out()

    def tell(self, line, but=None):
        for member in list(self.members.values()):
            if member is not but and not member.transport.is_closing():
                member.send(line)

    def put_out(self):
        self.transport.abort()
        self.leave()

    def leave(self):
        if self.members.get(self.name) is self:
            del self.members[self.name]
            self.tell(b'* ' + self.name + b' left\\n')

    def eof_received(self):
        self.leave()
        return False

    def connection_lost(self, error):
        self.leave()

def chat_server(listener):
    members, past = {}, []
    async def main():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Member(members, past), sock=listener)
        await loop.create_future()
    asyncio.run(main())
"""

# Whoever reads none of its answers is heard no more, so that nothing grows.
DRAINS = chat_server.solution.replace(
    "                self.hear(name, await read_line(reader))\n",
    "                self.hear(name, await read_line(reader))\n                await writer.drain()\n",
)
assert "drain()" in DRAINS

RIGHT = [THREADS, ONE_DECIDES, SELECTOR, SELECT, CALLBACKS, DRAINS]
