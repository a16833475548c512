"""Answers to receive_exactly, of lesson 8."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
def receive_exactly(conn, n):
    data = bytearray(n)
    view = memoryview(data)
    at = 0
    while at < n:
        took = conn.recv_into(view[at:])
        if took == 0:
            raise EOFError("too short")
        at += took
    return bytes(data)
""",
    """
def receive_exactly(conn, n):
    pieces = []
    while n:
        piece = conn.recv(min(n, 4096))
        if piece == b"":
            raise EOFError
        pieces.append(piece)
        n -= len(piece)
    return b"".join(pieces)
""",
    """
import socket
def receive_exactly(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data), socket.MSG_WAITALL)
        if not piece:
            raise EOFError(len(data))
        data += piece
    return data
""",
    """
def receive_exactly(conn, n):
    file = conn.makefile("rb", buffering=0)
    data = b""
    while len(data) < n and (piece := file.read(n - len(data))):
        data += piece
    file.close()
    if len(data) < n:
        raise EOFError("the end")
    return data
""",
    """
class TooShort(EOFError):
    pass
def pieces(conn, n):
    while n > 0:
        piece = conn.recv(n)
        yield piece
        n = n - len(piece) if piece else 0
def receive_exactly(conn, n):
    data = b"".join(pieces(conn, n))
    if len(data) != n:
        raise TooShort(n - len(data))
    return data
""",
    """
import select
def receive_exactly(conn, n):
    before = conn.gettimeout()
    data = bytearray()
    while len(data) < n:
        select.select([conn], [], [])
        conn.setblocking(False)
        try:
            piece = conn.recv(n - len(data))
        except BlockingIOError:
            continue
        finally:
            conn.settimeout(before)
        if not piece:
            raise EOFError("ended")
        data.extend(piece)
    return bytes(data)
""",
    """
import socket
def receive_exactly(conn, n):
    data = b""
    while len(data) < n:
        seen = conn.recv(min(n - len(data), 100_000), socket.MSG_PEEK)
        if not seen:
            raise EOFError("ended")
        data += conn.recv(len(seen))
    return data
""",
    """
import threading
def receive_exactly(conn, n):
    data, errors = [], []
    def work():
        left = n
        try:
            while left:
                piece = conn.recv(left)
                if not piece:
                    raise EOFError("ended")
                data.append(piece)
                left -= len(piece)
        except (OSError, EOFError) as error:
            errors.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return b"".join(data)
""",
    """
import io
def receive_exactly(conn, n):
    def rest(n):
        if n == 0:
            return
        piece, address = conn.recvfrom(n)
        if not piece:
            raise EOFError()
        out.write(piece)
        return len(piece)
    out = io.BytesIO()
    while out.tell() != n:
        rest(n - out.tell())
    return out.getvalue()
""",
]

_EXACTLY = "def receive_exactly(conn, n):\n"

WRONG: list[Wrong] = [
    (_EXACTLY + "    return conn.recv(n)", 2, "at most n"),
    (_EXACTLY + "    data = conn.recv(n)\n    if not data:\n        raise EOFError\n    return data", 2, "at most n"),
    (_EXACTLY + "    return conn.recv(1024)", 2, "at most n"),
    (_EXACTLY + "    return conn.recv(n) + conn.recv(n)", None, "nothing more will come"),
    (_EXACTLY + "    return conn.recv(n).decode()", None, "which is bytes"),
    (
        _EXACTLY
        + "    data = bytearray()\n    while len(data) < n:\n        data += conn.recv(n - len(data))\n    return data",
        None,
        "bytearray",
    ),
    (_EXACTLY + "    print(conn.recv(n))", None, "returned None"),
    (_EXACTLY + "    return b'hello'", None, "was to come"),
    (
        _EXACTLY + "    data = ''\n    while len(data) < n:\n        data += conn.recv(n - len(data))\n    return data",
        None,
        "TypeError",
    ),
    (_EXACTLY + "    while True:\n        pass", None, "without end"),
    (_EXACTLY + "    import time\n    time.sleep(100)", None, "never comes back"),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        data += conn.recv(n - len(data))\n    return data",
        11,
        "goes round",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if piece:\n            data += piece\n    return data",
        11,
        "goes round",
    ),
    (
        _EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(1024)\n    return data[:n]",
        3,
        "lost",
    ),
    (
        _EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(1024)\n    return data",
        3,
        "next message",
    ),
    (
        _EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(n)\n    return data",
        3,
        "next message",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while True:\n        piece = conn.recv(1024)\n        if not piece:\n            return data[:n]\n        data += piece",
        None,
        "nothing more will come",
    ),
    (
        _EXACTLY
        + "    data = conn.makefile('rb').read(n)\n    if len(data) < n:\n        raise EOFError\n    return data",
        3,
        "lost",
    ),
    (
        _EXACTLY
        + "    with conn.makefile('rb') as file:\n        data = file.read(n)\n    if len(data) < n:\n        raise EOFError\n    return data",
        3,
        "lost",
    ),
    (
        _EXACTLY
        + "    with conn:\n        data = b''\n        while len(data) < n:\n            piece = conn.recv(n - len(data))\n            if not piece:\n                raise EOFError\n            data += piece\n        return data",
        None,
        "stay as it was",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            break\n        data += piece\n    return data",
        None,
        "half a message",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            return None\n        data += piece\n    return data",
        None,
        "asks for EOFError",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise ConnectionError('ended')\n        data += piece\n    return data",
        None,
        "asks for EOFError",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece and data:\n            raise EOFError\n        if not piece:\n            return b''\n        data += piece\n    return data",
        None,
        "before the first",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while True:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise EOFError\n        data += piece\n        if len(data) == n:\n            return data",
        None,
        "n = 0",
    ),
    (
        _EXACTLY
        + "    data = conn.recv(1)\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise EOFError\n        data += piece\n    return data",
        None,
        "n is 0",
    ),
    (
        """
kept = b""
def receive_exactly(conn, n):
    global kept
    while len(kept) < n:
        piece = conn.recv(1024)
        if not piece:
            raise EOFError
        kept += piece
    data, kept = kept[:n], kept[n:]
    return data
""",
        3,
        "left to read",
    ),
    (
        """
kept = b""
def receive_exactly(conn, n):
    global kept
    while len(kept) < n:
        piece = conn.recv(n - len(kept))
        if not piece:
            raise EOFError
        kept += piece
    data, kept = kept, b""
    return data
""",
        None,
        "was to come",
    ),
    (
        """
import socket
def receive_exactly(conn, n):
    data = conn.recv(n, socket.MSG_WAITALL)
    if len(data) < n:
        raise EOFError
    return data
""",
        2,
        "not the end of it",
    ),
    (
        """
import socket
def receive_exactly(conn, n):
    while len(conn.recv(n, socket.MSG_PEEK)) < n:
        pass
    return conn.recv(n)
""",
        None,
        "without end",
    ),
    (
        """
import socket
def receive_exactly(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data), socket.MSG_PEEK)
        if not piece:
            raise EOFError
        data += piece
    return data
""",
        None,
        "was to come",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        try:\n            piece = conn.recv(n - len(data))\n        except OSError:\n            return data\n        if not piece:\n            raise EOFError\n        data += piece\n    return data",
        21,
        "broke",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        try:\n            piece = conn.recv(n - len(data))\n        except OSError as error:\n            raise ValueError('broken') from error\n        if not piece:\n            raise EOFError\n        data += piece\n    return data",
        21,
        "it raised ValueError",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(1)\n        if not piece:\n            raise EOFError\n        data += piece\n    return data",
        None,
        "second of work",
    ),
    (
        _EXACTLY
        + "    data = []\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise EOFError\n        data += piece\n    return bytes(data).strip()",
        None,
        "at the ends",
    ),
    (
        _EXACTLY
        + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(min(n - len(data), 65536))\n        if not piece:\n            raise EOFError\n        data += piece\n        if len(data) > 1 << 20:\n            return data\n    return data",
        None,
        "are not the",
    ),
    (  # right, and too slow from the second call on a connection on: that is no byte lost
        """
last = []

def receive_exactly(conn, n):
    if conn in last:
        sum(range(10**9))
    last[:] = [conn]
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
""",
        None,
        "works without end",
    ),
]
