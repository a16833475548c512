"""Answers to send_everything, of lesson 9."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
def send_everything(conn, data):
    view = memoryview(data)
    while view:
        view = view[conn.send(view):]
""",
    """
def send_everything(conn, data):
    if not isinstance(data, (bytes, bytearray)):
        raise TypeError("bytes are needed")
    total = 0
    while total < len(data):
        count = conn.send(data[total:total + 4096])
        if count == 0:
            raise RuntimeError("socket connection broken")
        total += count
""",
    """
import select

def send_everything(conn, data):
    timeout, rest = conn.gettimeout(), memoryview(data)
    conn.setblocking(False)
    try:
        while len(rest):
            if not select.select([], [conn], [], timeout)[1]:
                raise TimeoutError("no room in time")
            try:
                rest = rest[conn.send(rest):]
            except BlockingIOError:
                pass
    finally:
        conn.settimeout(timeout)
""",
    """
def send_everything(conn, data):
    def left(at):
        return memoryview(data)[at:]

    at = conn.send(data)
    while at != len(data):
        at += conn.send(left(at))
    return at
""",
    """
class Sender:
    def __init__(self, conn):
        self.conn = conn

    def send(self, data):
        if data:
            taken = self.conn.send(data)
            return data[taken:]

def send_everything(conn, data):
    if type(data) is str:
        raise TypeError
    sender = Sender(conn)
    while data:
        data = sender.send(data)
""",
    """
def send_everything(conn, data):
    if isinstance(data, str):
        raise TypeError("a str")
    queue = [data[at:at + 1000] for at in range(0, len(data), 1000)][::-1]
    while queue:
        piece = queue.pop()
        if rest := piece[conn.send(piece):]:
            queue.append(rest)
""",
    """
import io

def send_everything(conn, data):
    if isinstance(data, str):
        raise TypeError("a str")
    stream = io.BytesIO(data)
    while piece := stream.read(65536):
        sent = conn.send(piece)
        stream.seek(sent - len(piece), io.SEEK_CUR)
""",
]

WRONG: list[Wrong] = [
    ("def send_everything(conn, data):\n    conn.send(data)", 6, "the rest is yours"),
    ("def send_everything(conn, data):\n    conn.settimeout(None)\n    conn.send(data)", 6, "the rest is yours"),
    ("def send_everything(conn, data):\n    conn.sendall(data)", None, "sendall"),
    ("def send_everything(conn, data):\n    pass\n    return conn", 6, "0 of 5"),
    ("import os\ndef send_everything(conn, data):\n    os.write(conn.fileno(), data)", None, "something else"),
    (
        "def send_everything(conn, data):\n    while data:\n        conn.send(data)\n",
        None,
        "where the last one stopped",
    ),
    (
        "def send_everything(conn, data):\n    sent = 0\n    while sent < len(data):\n        sent += conn.send(data)",
        None,
        "where the last one stopped",
    ),
    (
        "def send_everything(conn, data):\n    sent = 0\n    while sent < len(data):\n        sent = conn.send(data[sent:])",
        None,
        "where the last one stopped",
    ),
    (
        "def send_everything(conn, data):\n    for at in range(0, len(data), 100):\n        conn.send(data[at:at + 100])",
        6,
        "with holes",
    ),
    (
        "def send_everything(conn, data):\n    for at in range(0, len(data), 2):\n        conn.send(data[at:at + 2])",
        6,
        "with holes",
    ),
    (
        "def send_everything(conn, data):\n    sent = conn.send(data)\n    if sent < len(data):\n        conn.send(data[sent:])",
        6,
        "the rest is yours",
    ),
    (
        "def send_everything(conn, data):\n    sent = 0\n    while sent < len(data) - 1:\n        sent += conn.send(data[sent:])",
        6,
        "the rest is yours",
    ),
    (
        "def send_everything(conn, data):\n    sent = 0\n    while sent <= len(data):\n        sent += conn.send(data[sent:])",
        None,
        "without end",
    ),
    (
        """
def send_everything(conn, data):
    if isinstance(data, str):
        data = data.encode()
    while data:
        data = data[conn.send(data):]
""",
        7,
        "the str 'hello'",
    ),
    (
        "def send_everything(conn, data):\n    data = data.encode()\n    while data:\n        data = data[conn.send(data):]",
        7,
        "bytes already",
    ),
    (
        """
def send_everything(conn, data):
    if isinstance(data, str):
        raise ValueError("no str")
    while data:
        data = data[conn.send(data):]
""",
        7,
        "TypeError",
    ),
    (
        """
def send_everything(conn, data):
    while True:
        data = data[conn.send(data):]
        if not data:
            raise EOFError("done")
""",
        None,
        "EOFError",
    ),
    (
        """
def send_everything(conn, data):
    while data:
        try:
            data = data[conn.send(data):]
        except TimeoutError:
            pass
""",
        None,
        "TimeoutError is for the caller",
    ),
    (
        """
def send_everything(conn, data):
    while data:
        try:
            data = data[conn.send(data):]
        except TimeoutError:
            return
""",
        None,
        "TimeoutError is for the caller",
    ),
    (
        """
def send_everything(conn, data):
    conn.settimeout(None)
    while data:
        data = data[conn.send(data):]
""",
        None,
        "TimeoutError is for the caller",
    ),
    (
        """
def send_everything(conn, data):
    try:
        while data:
            data = data[conn.send(data):]
    except ConnectionError:
        return
""",
        21,
        "broken off",
    ),
    (
        """
def send_everything(conn, data):
    while data:
        try:
            data = data[conn.send(data):]
        except ConnectionError:
            pass
""",
        21,
        "for ever",
    ),
    (
        """
def send_everything(conn, data):
    if isinstance(data, str):
        raise TypeError("a str")
    for at in range(len(data)):
        while not conn.send(data[at:at + 1]):
            pass
""",
        None,
        "too slow",
    ),
    (
        """
def send_everything(conn, data):
    if isinstance(data, str):
        raise TypeError("a str")
    for byte in data.rstrip(b"\\0"):
        conn.send(bytes(byte))
""",
        None,
        "arrived",
    ),
    ("def send_everything(conn, data):\n    conn.recv(1024)", None, "recv"),
    (
        "def send_everything(conn, data):\n    conn.close()\n    conn.send(data)",
        None,
        "OSError",
    ),
    (
        """
already = []

def send_everything(conn, data):
    if isinstance(data, str):
        raise TypeError("a str")
    already.append(data)
    rest = b"".join(already)
    while rest:
        rest = rest[conn.send(rest):]
""",
        None,
        "arrived",
    ),
]
