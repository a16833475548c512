"""Answers to receive_all, of lesson 5."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        if not data:
            break
        answer += data
    return answer
""",
    """
def receive_all(conn):
    return b''.join(iter(lambda: conn.recv(65536), b''))
""",
    """
def receive_all(conn):
    with conn.makefile('rb') as file:
        return file.read()
""",
    """
def receive_all(conn):
    answer = b''
    while piece := conn.recv(1):
        answer += piece
    return answer
""",
    """
def receive_all(conn):
    kept, window = bytearray(), bytearray(4096)
    while size := conn.recv_into(window):
        kept += window[:size]
    return bytes(kept)
""",
    """
import select

def receive_all(conn):
    pieces = []
    while True:
        select.select([conn], [], [])
        pieces.append(conn.recv(10_000))
        if not pieces[-1]:
            return b''.join(pieces)
""",
    """
def receive_all(conn):
    before = conn.gettimeout()
    conn.settimeout(0.05)
    pieces = []
    try:
        while True:
            try:
                piece = conn.recv(1024)
            except TimeoutError:
                continue
            if piece == b'':
                return b''.join(pieces)
            pieces.append(piece)
    finally:
        conn.settimeout(before)
""",
    """
import socket

def receive_all(conn):
    answer = b''
    while piece := conn.recv(5000, socket.MSG_WAITALL):
        answer += piece
    return answer
""",
    """
import socket

def pieces(conn):
    while conn.recv(1, socket.MSG_PEEK):
        yield conn.recv(700)

def receive_all(conn):
    with conn.dup() as twin:
        return b''.join(pieces(twin))
""",
    """
import threading

class Reader(threading.Thread):
    def __init__(self, conn):
        super().__init__()
        self.conn, self.answer, self.error = conn, b'', None
    def run(self):
        try:
            while data := self.conn.recv(1024):
                self.answer += data
        except OSError as error:
            self.error = error

def receive_all(conn):
    reader = Reader(conn)
    reader.start()
    reader.join()
    if reader.error:
        raise reader.error
    return reader.answer
""",
    """
def receive_all(conn):
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except ConnectionError as error:
        raise type(error)(f'broken off after {len(answer)} bytes') from error
    return answer
""",
]

WRONG: list[Wrong] = [
    ("def receive_all(conn): return conn.recv(1024)", 1, "with one send"),
    ("def receive_all(conn): return conn.recv(1_000_000)", 2, "A short piece is not the end"),
    ("def receive_all(conn): return conn.recv(1024) + conn.recv(1024)", 1, "with one send"),
    (
        """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        answer += data
        if len(data) < 1024:
            return answer
""",
        2,
        "A short piece is not the end",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while True:
        answer += conn.recv(1024)
    return answer
""",
        11,
        "round and round",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        if data is None:
            return answer
        answer += data
""",
        11,
        "round and round",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while not answer.endswith(b'\\n'):
        answer += conn.recv(1024)
    return answer
""",
        11,
        "round and round",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while data := conn.recv(1024):
        answer += data
    conn.sendall(b'more?')
    conn.settimeout(None)
    import threading
    threading.Event().wait()
""",
        None,
        "though the peer has closed",
    ),
    (
        """
def receive_all(conn):
    while True:
        data = conn.recv(1024)
        if not data:
            return data
""",
        None,
        "0 bytes",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        if not data:
            break
        answer += data
""",
        None,
        "None",
    ),
    (
        """
def receive_all(conn):
    answer = ''
    while data := conn.recv(1024):
        answer += data.decode()
    return answer
""",
        None,
        "text",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while data := conn.recv(1024):
        answer += data.decode().encode()
    return answer
""",
        None,
        "UnicodeDecodeError",
    ),
    (
        """
def receive_all(conn):
    answer = ''
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "TypeError",
    ),
    (
        """
def receive_all(conn):
    pieces = []
    while data := conn.recv(1024):
        pieces.append(data)
    return pieces
""",
        None,
        "pieces",
    ),
    (
        """
def receive_all(conn):
    answer = bytearray()
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "bytearray",
    ),
    (
        """
answer = b''

def receive_all(conn):
    global answer
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "earlier call",
    ),
    (
        """
def receive_all(conn, pieces=[]):
    while data := conn.recv(1024):
        pieces.append(data)
    return b''.join(pieces)
""",
        None,
        "earlier call",
    ),
    (
        """
def receive_all(conn):
    answer = conn.recv(1024)
    while len(answer) % 1024 == 0:
        answer += conn.recv(1024)
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        11,
        "round and round",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while data := conn.recv(1024):
        answer += data
    return answer.strip()
""",
        None,
        "not the 40 that the peer sent",
    ),
    (
        """
def receive_all(conn):
    conn.settimeout(0.2)
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except TimeoutError:
        pass
    return answer
""",
        None,
        "A pause is not the end",
    ),
    (
        """
def receive_all(conn):
    conn.settimeout(1)
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except TimeoutError:
        pass
    return answer
""",
        None,
        "A pause is not the end",
    ),
    (
        """
import select

def receive_all(conn):
    answer = b''
    while select.select([conn], [], [], 0.3)[0]:
        data = conn.recv(1024)
        if not data:
            break
        answer += data
    return answer
""",
        None,
        "A pause is not the end",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except ConnectionResetError:
        pass
    return answer
""",
        21,
        "broke the connection off",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    while True:
        try:
            data = conn.recv(1024)
        except OSError:
            return b''
        if not data:
            return answer
        answer += data
""",
        21,
        "broke the connection off",
    ),
    (
        """
def receive_all(conn):
    answer = b''
    for _ in range(100):
        answer += conn.recv(1024)
    return answer
""",
        None,
        "102,400 bytes",
    ),
    (
        """
import socket

def receive_all(conn):
    return conn.recv(100_000, socket.MSG_WAITALL)
""",
        21,
        "broke the connection off",
    ),
]
