"""Answers to attack, of lesson 20: attacks that fell the wrong servers and spare the right ones, however they are written."""

from __future__ import annotations

RIGHT: list[str] = [
    # a table of what is sent and what is to come, read to its end
    """
import socket

LONG = b'x' * 60
TALKS = [
    ([b'3 ha\\n', b'2  ho \\n'], [b'hahaha', b' ho  ho ']),
    ([b'1 a\\n2 b\\n\\n1 c\\n'], [b'a', b'bb', None, b'c']),
    ([b'2', b' x', b'\\n'], [b'xx']),
    (['1 Z\u00fcrich\\n'.encode()[:4], 'Z\u00fcrich\\n'.encode()[2:]], ['Z\u00fcrich'.encode()]),
    ([b'ten x\\n1 x\\n'], [None, b'x']),
    ([b'9999 ' + LONG + b'\\n'], [LONG * 9999]),
]

def hear(s):
    everything = b''
    while data := s.recv(4096):
        everything += data
    return everything.split(b'\\n')

def talk(judge, pieces, answers):
    with judge.connect() as s:
        for piece in pieces:
            s.sendall(piece)
            judge.rest()
        s.shutdown(socket.SHUT_WR)
        *lines, rest = hear(s)
        assert rest == b'' and len(lines) == len(answers), (lines, rest)
        for line, answer in zip(lines, answers):
            assert line == answer or (answer is None and line[:1] == b'?'), line

def attack(judge):
    for pieces, answers in TALKS:
        talk(judge, pieces, answers)
    silent, half, lazy, rude = [judge.connect() for _ in range(4)]
    lazy.sendall(b'9999 ' + LONG * 10 + b'\\n')
    rude.sendall(b'9999 ' + LONG * 10 + b'\\n')
    judge.rest()
    rude.close()                     # with bytes unread: RST
    judge.rest()
    half.sendall(b'1 h')
    judge.rest()
    talk(judge, [b'1 x\\n'], [b'x'])
""",
    # files
    """
import socket
import struct

def line(file):
    said = file.readline()
    if not said.endswith(b'\\n'):
        raise EOFError('no whole line')
    return said

def attack(judge):
    s = judge.connect()
    file = s.makefile('rb')
    def asks(question, answer, cut=0):
        s.sendall(question[:cut])
        if cut:
            judge.rest()
        s.sendall(question[cut:])
        assert line(file).startswith(answer), question
    for n in range(4):
        asks(b'%d  a b \\n' % n, b' a b ' * n + b'\\n')
    for question in b'\\n', b'x\\n', b'x x\\n', b'-1 x\\n':
        asks(question, b'?')
    asks(b'2 hello\\n', b'hellohello\\n', 4)
    asks('2 \u00e9\\n'.encode(), '\u00e9\u00e9\\n'.encode(), 3)
    s.sendall(b'1 a\\n1 b\\n')
    assert line(file) + line(file) == b'a\\nb\\n'

    other = judge.connect()
    other.sendall(b'2 half of ')
    judge.rest()
    asks(b'1 whole\\n', b'whole\\n')
    other.sendall(b'a line\\n')
    assert line(other.makefile('rb')) == b'half of a line' * 2 + b'\\n'
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    other.close()

    lazy = judge.connect()
    lazy.sendall(b'9000 ' + b'z' * 500 + b'\\n')
    lazy.shutdown(socket.SHUT_WR)
    judge.rest()
    asks(b'1 still here\\n', b'still here\\n')
    with lazy.makefile('rb') as whole:
        assert len(whole.read()) == 9000 * 500 + 1
""",
    # nobody waits: what has come is looked at when the server rests
    """
class Client:
    def __init__(self, judge):
        self.judge = judge
        self.s = judge.connect()
        self.s.setblocking(False)
        self.heard = b''

    def says(self, *pieces):
        for piece in pieces:
            self.s.send(piece)
            self.judge.rest()
        return self

    def hears(self):
        try:
            while data := self.s.recv(1 << 20):
                self.heard += data
                self.judge.rest()
            self.heard += b'<end>'
        except BlockingIOError:
            pass
        heard, self.heard = self.heard, b''
        return heard

def attack(judge):
    import socket
    ada, grace, lazy, silent = (Client(judge) for _ in range(4))
    assert ada.says(b'1 \\t x \\n').hears() == b'\\t x \\n'
    assert ada.says(b'1', b'2 x', b'', b'\\n').hears() == b'x' * 12 + b'\\n'
    assert ada.says(b'1 x\\n1 y\\n').hears() == b'x\\ny\\n'
    assert ada.says(b'1 \\xe4', b'\\xb8\\x96\\n').hears() == b'\\xe4\\xb8\\x96\\n'
    for wrong in b'\\n', b'one x\\n', b' 1 x\\n':
        heard = ada.says(wrong).hears()
        assert heard[:1] == b'?' and heard.count(b'\\n') == 1 and heard[-1:] == b'\\n'
    grace.says(b'3 gr')
    assert grace.hears() == b''
    assert ada.says(b'1 ada\\n').hears() == b'ada\\n'
    assert grace.says(b'ace\\n').hears() == b'gracegracegrace\\n'
    lazy.says(b'9999 ' + b'.' * 200 + b'\\n')
    assert ada.says(b'1 ada\\n').hears() == b'ada\\n'
    lazy.s.shutdown(socket.SHUT_WR)
    judge.rest()
    heard = lazy.hears()
    assert heard == b'.' * 9999 * 200 + b'\\n<end>', len(heard)
    grace.says(b'9999 ' + b'g' * 900 + b'\\n').s.close()
    judge.rest()
    assert ada.says(b'1 ada\\n').hears() == b'ada\\n'
""",
    # a thread for each client, and a long timeout of one's own
    """
import queue
import socket
import threading

def attack(judge):
    errors = queue.Queue()

    def client(name, *talk):
        try:
            s = judge.connect()
            s.settimeout(15)
            buffer = b''
            for question, answer in talk:
                for piece in question:
                    s.sendall(piece)
                    judge.rest()
                while buffer.count(b'\\n') < answer.count(b'\\n'):
                    data = s.recv(100_000)
                    if not data:
                        raise AssertionError(f'{name}: it hung up')
                    buffer += data
                if buffer != answer and answer != b'?\\n':
                    raise AssertionError(f'{name}: {buffer[:40]}')
                if answer == b'?\\n' and not buffer.startswith(b'?'):
                    raise AssertionError(f'{name}: {buffer[:40]}')
                buffer = b''
            s.shutdown(socket.SHUT_WR)
            assert s.recv(1) == b'', f'{name}: it stays'
        except Exception as error:
            errors.put(error)

    silent, lazy, gone, half = [judge.connect() for _ in range(4)]
    half.sendall(b'7 ')
    lazy.sendall(b'9999 ' + b'lazy' * 100 + b'\\n')
    gone.sendall(b'9999 ' + b'gone' * 100 + b'\\n')
    gone.shutdown(socket.SHUT_WR)
    judge.rest()
    talks = {
        'ada': [([b'2 a ', b'\\n'], b'a a \\n'), ([b'1 b\\n2 c\\n'], b'b\\ncc\\n')],
        'grace': [([b'x\\n'], b'?\\n'), ([b'x x\\n'], b'?\\n'), ([b'\\n'], b'?\\n'), ([b'0 g\\n'], b'\\n')],
        'linus': [([b'3 \\xc3', b'\\xa4\\n'], '\u00e4\u00e4\u00e4\\n'.encode()), ([b'9999 ' + b'l' * 99 + b'\\n'], b'l' * 99 * 9999 + b'\\n')],
    }
    threads = [threading.Thread(target=client, args=(name, *talk)) for name, talk in talks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not errors.empty():
        raise errors.get()
    data, size = b'', 0
    while data := gone.recv(100_000):
        size += len(data)
    assert size == 400 * 9999 + 1
    lazy.close()
    judge.rest()
    with judge.connect() as last:
        last.sendall(b'1 last\\n')
        assert last.makefile().readline() == 'last\\n'
""",
]
