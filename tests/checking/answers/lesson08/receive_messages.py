"""Answers to receive_messages, of lesson 8."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
import struct

def receive_messages(conn):
    buffer = bytearray()
    while True:
        while len(buffer) >= 4:
            (n,) = struct.unpack_from('!I', buffer)
            if n > 2**20:
                raise ValueError('too large')
            if len(buffer) < 4 + n:
                break
            yield bytes(buffer[4:4 + n])
            del buffer[:4 + n]
        data = conn.recv(65536)
        if not data:
            break
        buffer += data
    if buffer:
        raise EOFError('in mid-message')
""",
    """
def receive_messages(conn):
    with conn.makefile('rb') as stream:
        while head := stream.read(4):
            if len(head) < 4:
                raise EOFError('in a length')
            n = int.from_bytes(head, 'big')
            if n > 1_048_576:
                raise ValueError(f'{n} bytes')
            body = stream.read(n)
            if len(body) < n:
                raise EOFError('in a message')
            yield body
""",
    """
import socket

class Messages:
    def __init__(self, conn):
        self.conn = conn
    def __iter__(self):
        return self
    def take(self, n, at_border=False):
        view = bytearray(n)
        got = 0
        while got < n:
            size = self.conn.recv_into(memoryview(view)[got:])
            if not size:
                if at_border and not got:
                    raise StopIteration
                raise EOFError
            got += size
        return bytes(view)
    def __next__(self):
        n = int.from_bytes(self.take(4, at_border=True), 'big')
        if n > 1 << 20:
            raise ValueError(n)
        return self.take(n)

def receive_messages(conn):
    return Messages(conn)
""",
]

_EXACTLY = """
def exactly(conn, n):
    data = b''
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError('too early')
        data += piece
    return data
"""

_LOOP = """
def receive_messages(conn):
    while True:
        head = {head}
        if not head:
            return
        n = int.from_bytes(head, {order})
        if n > {most}:
            raise ValueError(n)
        yield {body}
"""


def _messages(
    head: str = "exactly_or_end(conn)", body: str = "exactly(conn, n)", order: str = "'big'", most: str = "2**20"
) -> str:
    border = """
def exactly_or_end(conn):
    first = conn.recv(1)
    return first and first + exactly(conn, 3)
"""
    return _EXACTLY + border + _LOOP.format(head=head, body=body, order=order, most=most)


WRONG: list[Wrong] = [
    (_messages(head="conn.recv(4)"), 5, "in pieces"),
    (_messages(body="conn.recv(n)"), 5, "in pieces"),
    (_messages(head="conn.recv(4)", body="conn.recv(n)"), 5, "in pieces"),
    (_messages(body="exactly(conn, n - 1)"), 4, "read as the next length"),
    (_messages(body="exactly(conn, max(n - 4, 0))"), 4, "read as the next length"),
    (_messages(order="'little'"), 4, "other bytes for a length"),
    (_messages(body="exactly(conn, n + 4)"), 3, "the next message"),
    (_messages(body="str(exactly(conn, n), 'latin-1')"), None, "which is bytes"),
    (_messages(body="exactly(conn, n) if n else None"), None, "which is bytes"),
    (_messages(most="2**40"), 25, "Its first byte counts too"),
    (_messages(order="'big', signed=True"), 25, "have no sign"),
    (_messages().replace("(head, 'big')", "(head[1:], 'big')"), 25, "Its first byte counts too"),
    (
        _messages(head="exactly_or_end(conn) if select.select([conn], [], [], 0.3)[0] else b''").replace(
            "def exactly(", "import select\n\ndef exactly(", 1
        ),
        None,
        "A pause is not the end",
    ),
    (_messages(most="2**20 - 1"), None, "ValueError"),
    (_messages(most="2**21"), 25, "1,048,577"),
    (
        """
def receive_messages(conn):
    while data := conn.recv(65536):
        yield data[4:]
""",
        5,
        "in pieces",
    ),
    (
        """
def receive_messages(conn):
    while data := conn.recv(65536):
        n = int.from_bytes(data[:4], 'big')
        yield data[4:4 + n]
""",
        5,
        "in pieces",
    ),
    (
        _EXACTLY
        + """
def receive_messages(conn):
    while True:
        n = int.from_bytes(exactly(conn, 4), 'big')
        if n > 2**20:
            raise ValueError(n)
        yield exactly(conn, n)
""",
        None,
        "behind a whole message",
    ),
    (
        """
def receive_messages(conn):
    data = b''
    while piece := conn.recv(65536):
        data += piece
    while data:
        n = int.from_bytes(data[:4], 'big')
        if n > 2**20:
            raise ValueError(n)
        if len(data) < 4 + n:
            raise EOFError
        yield data[4:4 + n]
        data = data[4 + n:]
""",
        12,
        "both wait for ever",
    ),
    (
        _EXACTLY
        + """
def receive_messages(conn):
    try:
        while True:
            n = int.from_bytes(exactly(conn, 4), 'big')
            if n > 2**20:
                raise ValueError(n)
            yield exactly(conn, n)
    except EOFError:
        return
""",
        None,
        "EOFError",
    ),
]
